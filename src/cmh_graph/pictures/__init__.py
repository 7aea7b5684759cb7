"""Pictures of the framework as SVG, each with a text alternative.

svg         shapes and texts as SVG, escaped, with titles for screen readers
layout      boxes and lines -> where they go, by Graphviz
maps        the whole map of steps, and one progression
charts      two roles side by side; skills by band
"""
