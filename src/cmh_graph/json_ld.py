"""Triples -> JSON-LD with plain property names, and the context that gives the names their meaning.

The context is drawn from the graph itself: a property whose values are all links is typed "@id", one whose texts
are all English carries that language, and so on; so values are plain strings, numbers and booleans wherever that
loses nothing. It is embedded in every answer, so that an answer can be read without the network.

Values are made from canonical N-Triples or N-Quads, line by line: a string there is a JSON string already, so a
million statements need no objects of their own.
"""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import BASE, CMH, PREFIXES
from cmh_graph.statement_lines import after_subject, lines_of
from cmh_graph.store import Triple

_RDF_TYPE: Final = PREFIXES["rdf"] + "type"
_XSD: Final = PREFIXES["xsd"]
#: Prefix of links to our things: cmh-graph:role/hcsw. Our kinds are no prefixes here: "status" is a property.
_OURS: Final = "cmh-graph"
_SPACES: Final = (
    "cmh",
    "skos",
    "dcterms",
    "dc",
    "schema",
    "owl",
    "rdfs",
    "xsd",
    "sssom",
    "vann",
    "prov",
    "org",
)
_PREFIXES: Final = frozenset({*_SPACES, _OURS})
#: What a value needs to be read aright: "<" for a link, otherwise what follows the string in N-Triples.
_LINK: Final = "<"
_BOOLEAN: Final = f"^^<{_XSD}boolean>"
_INTEGER: Final = f"^^<{_XSD}integer>"
#: Written in another way, they would come back changed: JSON has no +1 and no 01, and readers round beyond 2^53.
_PLAIN_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,14}")
#: How many lines are looked at to guess names and kinds, and how many values of one property are remembered: of those
#: that have more, most come once.
_SAMPLED: Final = 20_000
_REMEMBERED: Final = 2_000
_PLAIN_NAME: Final = re.compile(r"[A-Za-z][\w-]*", re.ASCII)
_BASE_OPENS: Final = f"<{BASE}"
_CMH_OPENS: Final = f"<{CMH}"
_OURS_OPEN: Final = _BASE_OPENS.encode()
_TERMS_OPEN: Final = _CMH_OPENS.encode()
#: A property and its value: the name as the start of a JSON member, the value as JSON, and the two together.
_Said: TypeAlias = tuple[bytes, bytes, bytes]
_NOTHING: Final[_Said] = (b"", b"", b"")


class JsonLd:
    """Writes triples of one graph, all with the same context."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        """triples: all that may have to be written."""
        kinds: dict[str, set[str]] = {}
        for triple in triples:
            kinds.setdefault(triple.predicate.value, set()).add(_kind(str(triple.object)))
        self.words: Final = Words(
            kinds, {prop: next(iter(found)) if len(found) == 1 else None for prop, found in kinds.items()}
        )
        self.context: Final[dict[str, Any]] = self.words.context()

    def write(self, triples: Iterable[Triple]) -> bytes:
        """A document with one node for each subject, in the order given."""
        nodes: dict[str, dict[str, list[str]]] = {}
        for triple in triples:
            properties = nodes.setdefault(str(triple.subject), {})
            said = triple.object
            value = f"<<( {said} )>>" if isinstance(said, Triple) else str(said)
            properties.setdefault(str(triple.predicate), []).append(value)
        lines = (
            f"{subject} {predicate} {value} .".encode()
            for subject, properties in nodes.items()
            for predicate, values in properties.items()
            for value in values
        )
        return document(self.context, self.words.nodes(lines))


def write_lines(text: bytes, *, left_out: str = "") -> tuple[bytes, dict[str, Any]]:
    """The document for canonical N-Triples or N-Quads whose lines about one thing stand together, and its context.

    left_out: the IRI of a graph whose lines are left out. The result is what JsonLd gives for the same triples. Names
    and kinds are guessed from a sample and judged at the end, so that one pass is enough unless a rare property upsets
    the guess. Raises SourceError for a line that is no statement."""
    not_wanted = f"<{left_out}>".encode()
    kinds = _sampled_kinds(text, not_wanted)
    words = Words(kinds, kinds, learning=True)
    body = _body(words.nodes(lines_of(text), not_wanted))
    if words.mixed or words.names != _property_names(words.kinds):
        kinds = words.kinds | dict.fromkeys(words.mixed)
        words = Words(kinds, kinds)
        body = _body(words.nodes(lines_of(text), not_wanted))
    context = words.context()
    return _framed_by(context, body), context


def document(context: Mapping[str, Any], nodes: Iterable[bytes]) -> bytes:
    """Context and nodes as one JSON-LD document."""
    return _framed_by(context, _body(nodes))


def _body(nodes: Iterable[bytes]) -> bytes:
    # Joined a thousand at a time: a million nodes in a list would take as much again as their text.
    body = io.BytesIO()
    nodes = iter(nodes)
    between = b""
    while some := list(itertools.islice(nodes, 1000)):
        body.write(between)
        body.write(b",\n".join(some))
        between = b",\n"
    return body.getvalue()


def _framed_by(context: Mapping[str, Any], body: bytes) -> bytes:
    head = json.dumps(context, ensure_ascii=False, indent=1)
    return b"".join((b'{"@context": ', head.encode(), b',\n"@graph": [\n', body, b"\n]}"))


def _sampled_kinds(text: bytes, left_out: bytes) -> dict[str, str | None]:
    """property -> kind, or None for several, in lines spread over the whole."""
    found: dict[str, str | None] = {}
    for start in range(0, len(text), 1 + len(text) // _SAMPLED):
        begin = text.rfind(b"\n", 0, start) + 1
        line = text[begin : text.find(b"\n", begin)]
        predicate, value, graph = after_subject(line.partition(b" ")[2])
        if graph != left_out:
            prop, kind = predicate[1:-1].decode(), _kind(value.decode())
            if found.setdefault(prop, kind) != kind:
                found[prop] = None
    return found


@dataclass(slots=True)
class _Plain:
    """How most values of a property are written. key: its name as the start of a JSON member. end: what values end with
    in N-Triples that are plain strings in JSON. met: how many are remembered."""

    key: bytes
    are_links: bool
    end: bytes
    met: int = 0


class Words:
    """How the terms of one graph are written: names of properties, short links, and values.

    kinds: property -> the kind that all its values have, None if they have several. With learning, a property's kind is
    that of its first value, and mixed holds the properties of which a later value had another."""

    def __init__(
        self, properties: Collection[str], kinds: Mapping[str, str | None], *, learning: bool = False
    ) -> None:
        self.names: Final = _property_names(properties)
        self.kinds: Final = dict(kinds)
        self.mixed: Final[set[str]] = set()
        self._learning: Final = learning
        self._taken: Final = {*self.names.values(), *_PREFIXES}
        self._plain: Final[dict[bytes, _Plain]] = {}

    def context(self) -> dict[str, Any]:
        """What the names mean, by name."""
        context: dict[str, Any] = {"@version": 1.1, "@vocab": CMH, "id": "@id", "type": "@type", _OURS: BASE}
        context.update({prefix: PREFIXES[prefix] for prefix in _SPACES})
        for prop in sorted(self.names, key=self.names.__getitem__):
            meaning: dict[str, str] = {"@id": _compact(prop)}
            kind = self.kinds.get(prop)
            if kind == _LINK:
                meaning["@type"] = "@id"
            elif kind and kind.startswith("@"):
                meaning["@language"] = kind[1:]
            elif kind and kind not in (_BOOLEAN, _INTEGER):
                meaning["@type"] = _compact(kind[3:-1])
            context[self.names[prop]] = meaning
        return context

    def nodes(self, lines: Iterable[bytes], left_out: bytes = b"<>") -> Iterator[bytes]:
        """One JSON object as text for each subject; canonical lines, those about one thing together.

        left_out: a graph in N-Quads whose lines are left out. A statement in several graphs is written once."""
        remembered: dict[bytes, _Said] = {}
        known = remembered.get
        subject = key = first = b""
        parts: list[bytes] = []
        several: list[bytes] = []
        for line in lines:
            about, tail = line.split(b" ", 1)
            # Most pairs of property and value come again and again.
            said = known(tail)
            if said is None:
                said = self._said(tail, left_out, remembered)
            if said is _NOTHING:
                continue
            if about == subject and said[0] == key:
                if said[1] != (several[-1] if several else first):
                    several = several or [first]
                    several.append(said[1])
                continue
            if several:
                parts[-1] = b"%s[%s]" % (key, b", ".join(several))
                several = []
            key, first, whole = said
            if about == subject:
                parts.append(whole)
            else:
                if parts:
                    yield b",\n ".join(parts) + b"}"
                subject = about
                parts = [b'{"id": ' + self._link(about), whole]
        if several:
            parts[-1] = b"%s[%s]" % (key, b", ".join(several))
        if parts:
            yield b",\n ".join(parts) + b"}"

    def _said(self, tail: bytes, left_out: bytes, remembered: dict[bytes, _Said]) -> _Said:
        """What follows the subject in a line; _NOTHING for lines of a graph that is left out."""
        predicate, value, graph = after_subject(tail)
        if graph == left_out:
            return _NOTHING
        plain = self._plain.get(predicate)
        if plain is None:
            plain = self._plain[predicate] = self._plainly(predicate[1:-1].decode(), value.decode())
        if plain.are_links and value[:1] != b'"':
            text = self._link(value)
        elif plain.end and value.endswith(plain.end):
            text = value[: len(value) - len(plain.end) + 1]
        else:
            prop = predicate.decode()
            text = self.value(value.decode(), self.kind(prop[1:-1]), prop).encode()
        said = plain.key, text, plain.key + text
        if plain.met < _REMEMBERED:
            plain.met += 1
            remembered[tail] = said
        return said

    def _plainly(self, prop: str, value: str) -> _Plain:
        """How most values of a property are written, one of which is the given one."""
        if self._learning and prop != _RDF_TYPE and prop not in self.kinds:
            self.kinds[prop] = _kind(value)
        kind = self.kind(prop)
        has_end = kind not in (None, _LINK, _RDF_TYPE, _BOOLEAN, _INTEGER)
        end = f'"{kind}'.encode() if has_end else b""
        return _Plain(f'"{self.name(prop)}": '.encode(), kind == _LINK, end)

    def _link(self, value: bytes) -> bytes:
        """What link() gives; most are to our things."""
        if value.startswith(_OURS_OPEN) and not value.startswith((_TERMS_OPEN, _OURS_OPEN + b"//")):
            return b'"%s:%s"' % (_OURS.encode(), value[len(_OURS_OPEN) : -1])
        return self.link(value.decode()).encode()

    def kind(self, prop: str) -> str | None:
        """What a property's values are read as, as value() wants it."""
        return _RDF_TYPE if prop == _RDF_TYPE else self.kinds.get(prop)

    def name(self, prop: str) -> str:
        """The name of a property."""
        return "type" if prop == _RDF_TYPE else self.names.get(prop) or _compact(prop)

    def value(self, value: str, kind: str | None, predicate: str) -> str:
        """A value in N-Triples as JSON. kind: what its property's values are read as."""
        if value[0] != '"':
            if kind == _LINK:
                return self.link(value)
            if kind == _RDF_TYPE:
                return self._class(value)
            self._differs(kind, predicate)
            return f'{{"id": {self.link(value)}}}'
        if kind == _RDF_TYPE:
            raise SourceError(
                f"the class of a thing is the text {value}, which JSON-LD has no way to write",
                mend="give the IRI of a class",
            )
        end = value.rfind('"') + 1
        suffix = value[end:]
        if suffix == kind:
            if suffix == _INTEGER:
                if _PLAIN_INTEGER.fullmatch(value, 1, end - 1):
                    return value[1 : end - 1]
            elif suffix == _BOOLEAN:
                if value[1 : end - 1] in ("true", "false"):
                    return value[1 : end - 1]
            else:
                return value[:end]
        else:
            self._differs(kind, predicate)
        if not suffix:
            return f'{{"@value": {value[:end]}}}'
        if suffix[0] == "@":
            return f'{{"@value": {value[:end]}, "@language": "{suffix[1:]}"}}'
        return f'{{"@value": {value[:end]}, "@type": "{_compact(suffix[3:-1])}"}}'

    def _differs(self, kind: str | None, predicate: str) -> None:
        if self._learning and kind is not None:
            self.mixed.add(predicate[1:-1])

    def _class(self, value: str) -> str:
        """A class by its own name, if no property has it."""
        if value.startswith(_CMH_OPENS):
            local = value[len(_CMH_OPENS) : -1]
            if _PLAIN_NAME.fullmatch(local) and local not in self._taken:
                return f'"{local}"'
        return self.link(value)

    def link(self, value: str) -> str:
        """An IRI or blank node in N-Triples as a JSON string."""
        if value.startswith(_BASE_OPENS) and not value.startswith("//", len(_BASE_OPENS)):
            if value.startswith(_CMH_OPENS):
                return f'"cmh:{value[len(_CMH_OPENS) : -1]}"'
            return f'"{_OURS}:{value[len(_BASE_OPENS) : -1]}"'
        if value.startswith("<<"):
            raise SourceError(
                f"JSON-LD has no way to write a statement about a statement: {value}",
                mend="export it as Turtle or N-Quads",
            )
        return f'"{_compact(value[1:-1])}"' if value[0] == "<" else f'"{value}"'


def _kind(value: str) -> str:
    """What the value of a triple in N-Triples needs to be read aright."""
    return value[value.rfind('"') + 1 :] if value.startswith('"') else _LINK


def _property_names(properties: Iterable[str]) -> dict[str, str]:
    """A plain name for each property: its local name, or the prefixed one where another has that already."""
    names: dict[str, str] = {}
    taken: set[str] = {"id", "type"}
    for prop in sorted(properties, key=lambda prop: (not prop.startswith(CMH), prop)):
        if prop == _RDF_TYPE:
            continue
        local = prop.rsplit("#", 1)[-1].rsplit("/", 1)[-1]
        free = local not in taken and local not in _PREFIXES and _PLAIN_NAME.fullmatch(local)
        names[prop] = local if free and _compact(prop) != prop else _compact(prop)
        taken.add(names[prop])
    return names


def _compact(iri: str) -> str:
    """An IRI with a prefix of the context if one fits. What follows may not begin with "//": then it would be whole."""
    for prefix in _SPACES:
        space = PREFIXES[prefix]
        if iri.startswith(space) and not iri.startswith("//", len(space)):
            return f"{prefix}:{iri[len(space) :]}"
    if iri.startswith(BASE) and not iri.startswith("//", len(BASE)):
        return f"{_OURS}:{iri[len(BASE) :]}"
    if iri.partition(":")[0] in _PREFIXES and not iri.partition(":")[2].startswith("//"):
        raise SourceError(
            f"the IRI {iri} begins like one of our prefixes, so JSON-LD would take it for another",
            mend="export it as Turtle or N-Quads",
        )
    return iri
