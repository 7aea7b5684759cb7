"""Papers that managers and staff use, made from the framework.

document          what a paper is made of: texts that know their status and sources
job_description   job description and person specification
interview_pack    values-based questions, shortlisting grid, scoring sheet
development_plan  from a gap to what closes it
html, docx, markdown  the formats that every paper can be had in
catalogue         which papers there are, by name
"""
