"""Papers that managers and staff use, made from the framework.

document          what a paper is made of: texts that know their status and sources
post, asked       the post that a paper is about, and what it asks for in words
bands             how the bands of a role and those beside it differ
job_description   job description and person specification
interview_pack    values-based questions, shortlisting grid, scoring sheet
development_plan  from a gap to what closes it
passport          a page to fill in, which keeps what people write in their browser
html, docx, markdown  the formats that every paper can be had in
policy            what browsers may do with a paper that is served
catalogue         which papers there are, by name
"""
