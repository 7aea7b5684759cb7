"""RDF/XML: the framework's own statements for older tools that read nothing else.

XML cannot hold everything that RDF can: no control characters, and no property or class whose IRI does not end as an
XML name does. Such statements are left out and counted.
"""

from __future__ import annotations

import io
import re
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Format, Written
from cmh_graph.export.packing import packed
from cmh_graph.namespaces import PREFIXES
from cmh_graph.store import Literal, NamedNode, RdfFormat, Triple, write_triples

FILE: Final = "cmh.rdf"
#: What XML 1.0 forbids even as a character reference.
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ENDS_AS_A_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*$")
_TYPE: Final = PREFIXES["rdf"] + "type"


def write(edition: Edition) -> Written:
    """cmh.rdf: what the sources state, as far as XML can hold it."""
    known = [triple for triple in edition.stated if _fits(triple)]
    output = io.BytesIO()
    write_triples(known, output, RdfFormat.RDF_XML, edition.prefixes)
    # A parser of XML turns a bare carriage return into a line feed. Outside of literals there is none.
    text = output.getvalue().replace(b"\r", b"&#xD;")
    return Written(packed({FILE: text}), None if len(known) == len(edition.stated) else frozenset(known))


def _fits(triple: Triple) -> bool:
    if not _ENDS_AS_A_NAME.search(triple.predicate.value):
        return False
    if triple.predicate.value == _TYPE and isinstance(triple.object, NamedNode):
        return bool(_ENDS_AS_A_NAME.search(triple.object.value))  # the first class of a thing is an element
    return not (isinstance(triple.object, Literal) and _NOT_XML.search(triple.object.value))


FORMAT: Final = Format(
    name="rdfxml",
    title="RDF/XML",
    loaded_by="older RDF tools",
    write=write,
    why_lost={"": "XML has no way to write this character or property name"},
)
