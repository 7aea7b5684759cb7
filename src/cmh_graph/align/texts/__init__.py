"""A job description or an advert -> what it asks for and offers, each finding with its words.

read_text     a file -> its text
layout        a text -> passages, with the necessity that headings, columns and marks give them
clauses       passages -> clauses and words, each with its necessity
cues          a clause -> the cues that stand in it
descriptions  clauses -> findings by cues, and what nothing answers to
advert        two texts of one post -> what only one of them says
evaluate      labelled texts and findings -> precision, recall, what a confidence is worth
"""
