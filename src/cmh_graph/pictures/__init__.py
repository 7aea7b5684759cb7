"""Pictures of the framework as SVG and PNG, each with a text alternative and the table behind it.

svg              shapes and texts as SVG, escaped, with titles for screen readers
png              the same as PNG, with letters of our own choosing
layout           boxes and lines -> where they go, by Graphviz
maps             the whole map of steps, or one family's
ways             one progression; the steps into a role and on from it
charts           two roles side by side; skills by band
share_charts     shares of a workforce, and how many titles stand for one role
workforce_charts who holds which role, and at which band
"""
