"""What people decide about proposed mappings, kept in the mapping file itself.

reviewed_file  a mapping file with the columns that a review needs, and its titles
decide         a decision on a title -> the rows that record it
queue          the titles that wait, those of one wording together, by frequency and doubt
work           a file on the disk while people decide
keyboard       keys of a terminal, or lines of a pipe
screen         the queue -> a terminal of 80 columns, one key for each decision
sheet          the queue -> a table for a spreadsheet, and its decisions back
publish        a reviewed file -> checks -> the mapping set of an employer's catalogue
learn          decisions -> labels and coefficients for that employer
"""
