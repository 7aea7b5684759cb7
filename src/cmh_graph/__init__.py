"""Community mental health roles, skills, values, pay bands and pathways as linked data."""

__version__ = "1.0.0"
