"""The pages on which an organisation sees and changes its own graph, after giving its token.

office      who has signed in, and what their organisation has
publishing  a reviewed list of job titles -> the organisation's graph
routes      the addresses

Method: docs/decisions/0040-partners-publish-by-form.md.
"""
