"""What each kind of page shows, as plain values for its template: one module for each kind.

role     a role: what it asks for, ways in and on, titles, codes
thing    any other thing, and the statements that things are made of
sections what it shows before its statements, by kind
terms    the ontology
listing  all things of a kind
find     from where you are to the role you want
have     roles by what a person has
compare  two roles side by side
search   what a text may mean
start    the start page
beside   data, employers, about
sourced  the sources behind a page
query          the query page, and what went wrong with a query
query_examples what it offers to begin with
query_answer   the answer to a query
query_picture  statements as a picture
api_reference  the API, by tag
api_schemas    what bodies and answers are made of
"""
