"""A visitor's list of job titles on the pages below /align: given, matched, reviewed, taken away.

lists      the list of a visit: what it is, and how far it is
matching   the process that reads the list and proposes roles
wording    the aligner's own words, without what only holds for commands
reviewing  the queue of a visit, and what a person decides on its groups
journal    what the last decisions changed, for undo
workbook   what was decided, as a workbook
results    the files a visitor takes away
tasks      the service's side of visits and runs: begin, watch, remove
door       whose visit it is, and how pages and forms are answered
giving     pages on which a list is given, watched, removed
deciding   pages on which titles are decided, and results taken away
routes     the addresses

Method: docs/decisions/0032-a-visitors-file-lives-in-one-folder.md and 0010-review-in-the-mapping-file.md.
"""
