"""What assistants may ask, by the Model Context Protocol: read-only tools over one snapshot.

tool       a tool: what it takes, what it gives, and the function between
envelope   what every answer carries: release, statuses, sources, and what was left out
catalogue  search, list and show things; compare two roles
ways       gaps and progressions
asking     the questions, and SPARQL, in processes that can be stopped
titles     job titles -> roles
reading    roles and the ontology as texts to read, and prompts
server     all of it spoken over the standard streams
"""
