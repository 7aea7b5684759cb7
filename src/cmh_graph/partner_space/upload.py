"""The bytes of an upload -> its statements in the organisation's graph, or what is wrong with them.

Nothing is fetched: no context, no entity, no import. To be run in a process that may die (judge_process.py)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cmh_graph.errors import BodyTooLarge, SourceError, UnsupportedBody
from cmh_graph.namespaces import PREFIXES, compact
from cmh_graph.partner_space.own_names import OwnNames
from cmh_graph.partner_space.verdicts import Fault, Limits, fault, refused, too_many_statements
from cmh_graph.store import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, iter_rdf

#: Media type -> the format it names.
UPLOADED: Final = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/trig": RdfFormat.TRIG,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
#: Faults told at once; the rest is counted.
MOST_FAULTS: Final = 100
LONGEST_IRI: Final = 1_000
_DECLARES: Final = tuple(PREFIXES[name] for name in ("owl", "rdfs", "sh"))
#: Of those vocabularies, what says something about a thing and declares nothing.
_HARMLESS: Final = frozenset(
    {
        *(PREFIXES["rdfs"] + name for name in ("label", "comment", "seeAlso", "isDefinedBy")),
        *(PREFIXES["owl"] + name for name in ("annotatedSource", "annotatedProperty", "annotatedTarget")),
        *(PREFIXES["owl"] + name for name in ("versionInfo", "deprecated", "sameAs")),
    }
)
_RDF_TYPE: Final = PREFIXES["rdf"] + "type"


def format_of(media_type: str) -> RdfFormat:
    """The format that a media type names. Raises UnsupportedBody for one we do not read."""
    known = UPLOADED.get(media_type)
    if known is None:
        raise UnsupportedBody(
            f"a body of type {media_type[:100]!r} is not read here"
            if media_type
            else "the body has no Content-Type",
            where="header Content-Type",
            mend=f"send one of {', '.join(UPLOADED)}",
        )
    return known


def read_upload(data: bytes, media_type: str, own: OwnNames, limits: Limits) -> list[Quad]:
    """The statements of an upload, each once, in the organisation's graph; literals as written.

    Raises UnsupportedBody, BodyTooLarge above the bytes or statements, and Refused with every fault found: what does
    not parse, things without a name, names of others, other graphs, declarations of an ontology, texts that are
    too long."""
    form = format_of(media_type)
    if len(data) > limits.bytes:
        raise BodyTooLarge(f"the upload is larger than {limits.bytes:,} bytes", mend="send less at once")
    text = _text(data)
    if form == RdfFormat.RDF_XML and re.search("<!DOCTYPE", text, re.IGNORECASE):
        raise refused(
            [
                fault(
                    "the XML has a document type (<!DOCTYPE>), which can hide entities that grow or fetch",
                    place(text, text.upper().index("<!DOCTYPE")),
                    "save it without one, or as Turtle",
                )
            ]
        )
    read: dict[Quad, None] = {}
    graph = NamedNode(own.graph)
    faults = Faults(Places(text, form, own.graph))
    try:
        for quad in iter_rdf(text.encode(), form, base=own.graph):
            if quad.graph_name not in (graph, DefaultGraph()):
                faults.of_graph(quad)
            read[Quad(quad.subject, quad.predicate, quad.object, graph)] = None
            if len(read) > limits.statements:
                raise too_many_statements(limits.statements)
    except SourceError as error:
        raise refused([fault(error.what, error.where, error.mend)]) from None
    for quad in read:
        faults.of_statement(quad, own, limits)
    faults.refuse()
    return list(read)


def place(text: str, at: int) -> str:
    """A place in a text, lines and columns counted from 1."""
    line = text.count("\n", 0, at) + 1
    return f"line {line}, column {at - text.rfind(chr(10), 0, at)}"


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        raise refused(
            [fault("the upload is not in UTF-8", place(before, len(before)), "save it as UTF-8")]
        ) from None


class Places:
    """Where the things of a text are first spoken about, as far as a look at it tells."""

    def __init__(self, text: str, form: RdfFormat, base: str) -> None:
        self._text = text
        self._lines = form not in (RdfFormat.JSON_LD, RdfFormat.RDF_XML)
        self._base = base
        self._found: dict[str, int] | None = None

    def of(self, iri: str) -> str:
        """The line and column of a thing; "" where the text does not show it."""
        if self._found is None:
            self._found = dict(self._look())
        at = self._found.get(iri)
        return "" if at is None else place(self._text, at)

    def _look(self) -> Iterator[tuple[str, int]]:
        prefixes = dict(re.findall(r"(?i)@?prefix\s+([\w.-]*):\s*<([^<>]*)>", self._text))
        prefixes |= dict(re.findall(r'"([\w.-]+)"\s*:\s*"([a-z]+://[^"\s]*[/#])"', self._text))
        if self._lines:
            token = r"(?m)^[ \t{]*(<[^>\s]*>|[\w.-]*:[^\s;,{}\[\]()\"<>]*)(?=\s)"
        else:
            token = r"(?:\"@id\"\s*:\s*|rdf:(?:about|ID)\s*=\s*)[\"']([^\"'\s]*)[\"']"
        seen: set[str] = set()
        for match in re.finditer(token, self._text):
            written = match[1].strip("<>")
            prefix, colon, local = written.partition(":")
            iri = prefixes[prefix] + local.replace("\\", "") if colon and prefix in prefixes else written
            if iri not in seen:
                seen.add(iri)
                yield iri, match.start(1)


class Faults:
    """The faults of one upload, the first of each kind about each thing, MOST_FAULTS at most."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._told: dict[tuple[str, str], Fault] = {}
        self._more = 0

    def add(self, what: str, thing: str = "", mend: str = "") -> None:
        """Note a fault about a thing, by its IRI."""
        if (what, thing) in self._told:
            return
        if len(self._told) >= MOST_FAULTS:
            self._more += 1
            return
        at = self._places.of(thing) if thing else ""
        where = f"{at} ({_cut(compact(thing))})" if at and thing else _cut(compact(thing))
        self._told[what, thing] = fault(what, where, mend)

    def refuse(self) -> None:
        """Raise Refused if there is any fault."""
        if self._told:
            raise refused(list(self._told.values()), self._more)

    def of_graph(self, quad: Quad) -> None:
        """A statement in a graph that is not the organisation's."""
        self.add(
            f"there are statements in the graph <{_cut(_name(quad.graph_name))}>",
            _name(quad.subject),
            "leave graph names out: everything lands in your organisation's graph",
        )

    def of_statement(self, quad: Quad, own: OwnNames, limits: Limits) -> None:
        """What is wrong with one statement by itself."""
        subject, predicate, value = quad.subject, quad.predicate.value, quad.object
        if isinstance(subject, BlankNode) or isinstance(value, BlankNode):
            # Without names two versions cannot be compared, nor can anybody point to the thing.
            self.add(
                "a thing has no name (a blank node)",
                _name(subject),
                f"give it an IRI of your own, such as <{own.example()}>",
            )
            return
        name = _name(subject)
        if not own.holds(name):
            self.add(
                "this is not one of your organisation's names, so nothing can be said about it here",
                name,
                f"name it <{own.example('{kind}')}> or the like; point to what others have, do not describe it",
            )
        declares = predicate.startswith(_DECLARES) and predicate not in _HARMLESS
        if isinstance(value, NamedNode) and predicate == _RDF_TYPE:
            declares = declares or value.value.startswith(_DECLARES)
        if declares:
            self.add(
                f"{_cut(compact(predicate))} declares a term or a rule, which a catalogue does not",
                name,
                "use the terms of the ontology, see /ns",
            )
        if isinstance(value, Literal):
            if len(value.value) > limits.literal:
                self.add(
                    f"the text of {_cut(compact(predicate))} has more than {limits.literal:,} characters",
                    name,
                    "shorten it",
                )
        elif not isinstance(value, NamedNode):
            self.add("statements about statements are not read", name, "leave them out")
        if any(len(iri) > LONGEST_IRI for iri in _iris(quad)):
            self.add(f"an IRI has more than {LONGEST_IRI:,} characters", name, "shorten it")


def _iris(quad: Quad) -> Iterable[str]:
    return (term.value for term in (quad.subject, quad.predicate, quad.object) if isinstance(term, NamedNode))


def _name(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else ""


def _cut(text: str) -> str:
    return text if len(text) <= 120 else text[:119] + "…"
