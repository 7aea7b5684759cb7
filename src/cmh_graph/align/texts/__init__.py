"""A job description or an advert -> what it asks for and offers, each finding with its words.

read_text     a file -> its text
clauses       a text -> clauses, each with its necessity
descriptions  clauses -> findings by cues, and what nothing answers to
advert        two texts of one post -> what only one of them says
"""
