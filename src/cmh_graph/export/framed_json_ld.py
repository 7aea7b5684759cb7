"""JSON-LD, framed: one object for each thing, with its requirements, band assignments and other parts inside it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Set
from typing import Any, Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.packing import packed
from cmh_graph.json_ld import JsonLd, Words, document
from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.store import RdfFormat, Triple, parse_rdf

FILE: Final = "cmh.framed.jsonld"
#: Links to what is part of a thing.
PARTS: Final = frozenset(
    CMH + name
    for name in (
        "anyOf",
        "hasBandAssignment",
        "hasFigure",
        "hasIStatement",
        "hasPlacement",
        "hasRegulation",
        "hasRequirement",
        "hasRung",
        "hasStage",
    )
)
#: Links from a part to its thing -> the name under which the thing holds the part.
REVERSED: Final[Mapping[str, str]] = {
    CMH + "ofSkill": "hasSkillLevel",
    CMH + "meansRole": "hasTitleMeaning",
    PREFIXES["owl"] + "annotatedSource": "hasMapping",
}
_INDENT: Final = " "


def write(edition: Edition) -> Written:
    """cmh.framed.jsonld: what the sources state. Every statement stands in it once."""
    triples = edition.stated
    plain = JsonLd(triples)
    context: dict[str, Any] = dict(plain.context)
    for prop, name in REVERSED.items():
        context[name] = {"@reverse": prop, "@type": "@id"}
    frame = _Frame(edition.ntriples.decode(), plain.words)
    return Written(packed({FILE: document(context, (one.encode() for one in frame.objects())) + b"\n"}))


class _Frame:
    """The things of one graph, and which of them stand inside which."""

    def __init__(self, ntriples: str, words: Words) -> None:
        self._words = words
        self._about: dict[str, dict[str, list[str]]] = {}
        for line in ntriples.split("\n"):
            if line:
                subject, predicate, value = line.split(" ", 2)
                self._about.setdefault(subject, {}).setdefault(predicate[1:-1], []).append(value[:-2])
        self._owner = self._owners()
        #: owner -> link -> its parts
        self._held: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for part, (owner, link) in self._owner.items():
            if link in REVERSED:
                self._held[owner][link].append(part)

    def _owners(self) -> dict[str, tuple[str, str]]:
        """part -> the one thing it belongs to, and the link between them. A part of two things stands by itself."""
        claims: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for subject, properties in self._about.items():
            for link, values in properties.items():
                for value in values:
                    if link in PARTS and value in self._about:
                        claims[value].append((subject, link))
                    elif link in REVERSED and value in self._about:
                        claims[subject].append((value, link))
        owners: dict[str, tuple[str, str]] = {}
        for part, found in claims.items():
            if len(found) == 1 and part != found[0][0]:
                # A circle of parts would leave all of them out: its last member stands by itself.
                above = found[0][0]
                while above in owners and above != part:
                    above = owners[above][0]
                if above != part:
                    owners[part] = found[0]
        return owners

    def objects(self) -> list[str]:
        """One JSON object as text for each thing that is no part, in order."""
        return [self._object(subject, "") for subject in self._about if subject not in self._owner]

    def _object(self, subject: str, indent: str) -> str:
        deeper = indent + _INDENT
        owner, link = self._owner.get(subject, ("", ""))
        members = [f'"id": {self._words.link(subject)}']
        for prop, values in self._about[subject].items():
            if prop == link and link in REVERSED:
                # That it belongs to its owner is said by where it stands; it may point to others that say nothing.
                values = [value for value in values if value != owner]
                if not values:
                    continue
            kind = self._words.kind(prop)
            written = [
                self._object(value, deeper)
                if prop in PARTS and self._owner.get(value) == (subject, prop)
                else self._words.value(value, kind, f"<{prop}>")
                for value in values
            ]
            members.append(f"{json.dumps(self._words.name(prop))}: {_one_or_list(written, deeper)}")
        for prop, parts in self._held[subject].items():
            written = [self._object(part, deeper) for part in parts]
            members.append(f'"{REVERSED[prop]}": {_one_or_list(written, deeper)}')
        return "{" + f",\n{deeper}".join(members) + "}"


def _one_or_list(written: list[str], indent: str) -> str:
    if len(written) == 1:
        return written[0]
    return "[" + (f",\n{indent}" if written[0].startswith("{") else ", ").join(written) + "]"


def read(files: Files) -> Set[Triple]:
    """The statements of cmh.framed.jsonld. Raises SourceError if it does not parse."""
    return {quad.triple for quad in parse_rdf(files[FILE], RdfFormat.JSON_LD)}


FORMAT: Final = Format(
    name="jsonld-framed",
    title="JSON-LD, framed",
    loaded_by="web pages and programs that want a thing with all its parts in one object",
    write=write,
    read=read,
)
