"""Job titles -> the framework roles they may mean, in small steps whose values can be printed.

title_parts     a title -> its core words; band, hours, shift, contract kept as fields
abbreviations   core words -> the short forms written out, by what stands around them
wordings        what decides how a title is read: titles of one wording share one answer
readings        what is written out -> readings, the likeliest first
vectors         words -> a vector of their meaning
label_index     the labels that titles are compared with, and how much each of their words tells
label_arrays    the labels as arrays; reading_arrays: the readings of a block of titles
candidates      readings -> the labels worth scoring
features        a reading and a label -> what they have in common, for many pairs at once
rerank          features -> log-odds, with coefficients that were learned
score           log-odds -> scores, confidences and the roles of each title, best first
zones           the first roles -> accept, review or none
explain         the `why` in plain words
aligner         all of it, in order, for blocks of titles
evaluate        decisions and right answers -> accuracy, precision, recall
"""
