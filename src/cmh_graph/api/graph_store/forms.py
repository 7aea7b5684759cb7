"""A partner's graph in the formats of RDF. Same graph, same bytes, in every process."""

from __future__ import annotations

import io
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from cmh_graph.api.representations import JSON_LD, N_TRIPLES, TURTLE, Form
from cmh_graph.errors import NotAcceptable
from cmh_graph.store import Literal, RdfFormat, Triple, parse_nquads, write_quads, write_triples

N_QUADS: Final = Form("nq", "application/n-quads")
TRIG: Final = Form("trig", "application/trig")
RDF_XML: Final = Form("rdf", "application/rdf+xml")
#: For people; made elsewhere.
HTML: Final = Form("html", "text/html")
#: The first is sent to those who accept anything.
GRAPH_FORMS: Final = (TURTLE, N_TRIPLES, N_QUADS, TRIG, JSON_LD, RDF_XML)
#: Of those, what the log is written in beside JSON.
TRIPLE_FORMS: Final = (TURTLE, JSON_LD, N_TRIPLES)
#: What a property's IRI must end in to be the name of an element, and what no text in XML may hold.
_ELEMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*$")
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TRIPLES: Final = {
    TURTLE: RdfFormat.TURTLE,
    N_TRIPLES: RdfFormat.N_TRIPLES,
    JSON_LD: RdfFormat.JSON_LD,
    RDF_XML: RdfFormat.RDF_XML,
}


def write_graph(nquads: bytes, form: Form) -> bytes:
    """A graph, given as canonical N-Quads, in another format. Raises NotAcceptable where it cannot hold the graph."""
    if form is N_QUADS:
        return nquads
    quads = parse_nquads(nquads)
    if form is not TRIG:
        return write_as([quad.triple for quad in quads], form)
    output = io.BytesIO()
    write_quads(quads, output, RdfFormat.TRIG)
    return _prefixes_in_order(output.getvalue())


class WrittenGraphs:
    """Public graphs as they were written, so that a format is not written anew for everybody who asks.

    most: bytes that are kept; the least used go first. One graph is written at a time."""

    def __init__(self, most: int = 64_000_000) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._writing = threading.Lock()

    def write(self, sha256: str, form: Form, read: Callable[[], bytes]) -> bytes:
        """As write_graph. read: gives the canonical N-Quads, whose checksum is sha256."""
        key = (sha256, form.name)
        with self._writing:
            written = self._kept.get(key)
            if written is None:
                written = write_graph(read(), form)
                self._kept[key] = written
                while sum(map(len, self._kept.values())) > self._most:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(key)
        return written


def write_as(triples: Sequence[Triple], form: Form) -> bytes:
    """Some triples in one of the formats without graph names. Raises NotAcceptable where it cannot hold them."""
    if form is RDF_XML:
        _refuse_what_xml_cannot_hold(triples)
    output = io.BytesIO()
    # The engine writes prefixes in any order; where they cannot be sorted there are none.
    write_triples(triples, output, _TRIPLES[form], None if form is TURTLE else {})
    return _prefixes_in_order(output.getvalue()) if form is TURTLE else output.getvalue()


def _refuse_what_xml_cannot_hold(triples: Sequence[Triple]) -> None:
    for triple in triples:
        named = _ELEMENT.search(triple.predicate.value)
        text = triple.object.value if isinstance(triple.object, Literal) else ""
        if not named or _NOT_XML.search(text):
            raise NotAcceptable(
                f"RDF/XML cannot hold this graph: {'a text' if named else 'a property'} of it has no place in XML",
                mend="ask for text/turtle",
            )


def _prefixes_in_order(written: bytes) -> bytes:
    lines = written.splitlines(keepends=True)
    prefixes = sorted(line for line in lines if line.startswith(b"@prefix "))
    return b"".join([*prefixes, *lines[len(prefixes) :]])
