"""The documentation of the ontology, made from the graph and the shapes, so that it cannot say anything else.

triples       where the statements come from: a built graph and the shapes beside it, of now or of a release
constraints   shapes -> what they ask, in words
terms         statements of the ontology + what shapes ask -> plain values for a template
offline       the same as one HTML file without links to other files, for reading and printing
"""

from cmh_graph.ontology_docs.offline import offline_page
from cmh_graph.ontology_docs.terms import documentation
from cmh_graph.ontology_docs.triples import ONTOLOGY, ontology_triples, shape_triples

__all__ = ["ONTOLOGY", "documentation", "offline_page", "ontology_triples", "shape_triples"]
