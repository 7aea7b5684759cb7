"""Made data for measurements: of any size, valid by our shapes unless asked otherwise, the same for the same seed.

catalogue    a partner's catalogue: posts, titles, what the titles mean, mappings, roles with their parts
framework    the framework many times over: roles, skills and steps under new keys
"""
