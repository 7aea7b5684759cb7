"""Feeds of vacancies -> a register of them, linked to roles, skills and bands, as a graph of the feed's own.

dates      a date as people write it -> a date
salaries   a salary in schema.org's shapes or in words -> range, unit, currency
places     an address -> a town and a postcode area
inert      HTML -> text without markup, e-mail addresses and phone numbers
shapes     the flexible shapes of schema.org -> text
columns    the usual column names -> the names of schema.org
item       one row of a feed as it stands
nodes      a JSON text -> the nodes in it that are postings
json_items JSON-LD and JSON Lines -> rows
pages      a page with JSON-LD in it -> rows
rows       CSV -> rows
items      any of these files -> rows, with their lines
posting    a posting as it stands -> its fields, or a reject with field and mend
feed       all of these in order
links      what a vacancy was found to mean, with confidence and reason
linking    a posting -> its links to roles, bands, skills, values, experience and qualifications
register   what is known of a feed -> with a new reading merged in
folder     a register and its source.toml as files
intake     a feed and its folder -> the folder brought up to date
graph      a register -> statements in a named graph
things     a built graph -> vacancies for the API

Method: docs/decisions/0011-vacancies-kept-without-their-text.md.
"""
