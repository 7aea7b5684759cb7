"""The framework's own statements, thing by thing, as the workbook sees them: from the files, as authored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import BASE, GRAPH_CATALOGUE, GRAPH_MATCHES, KINDS, PREFIXES, compact
from cmh_graph.sources import framework_files
from cmh_graph.store import Literal, NamedNode, Quad, Term
from cmh_graph.workbook.columns import EN, Sheet
from cmh_graph.workbook.layout import SHEETS

TYPE: Final = PREFIXES["rdf"] + "type"
LABEL: Final = PREFIXES["skos"] + "prefLabel"
#: property -> values, in the order of the file
Statements: TypeAlias = dict[str, list[Term]]


@dataclass(slots=True)
class Content:
    """things: IRI -> its statements. files: IRI -> the catalogue file that states it. quads: all that the
    framework states.

    linked: (property, IRI pointed to) -> the things that point there."""

    home: Path
    things: dict[str, Statements]
    files: dict[str, Path]
    quads: list[Quad]
    issued: str = ""
    linked: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def values(self, thing: str, property: str) -> list[Term]:
        """What a thing states of one property."""
        return self.things.get(thing, {}).get(property, [])

    def label(self, thing: str) -> str:
        """Its English name; "" if it has none."""
        for term in self.values(thing, LABEL):
            if isinstance(term, Literal) and term.language == EN:
                return term.value
        return ""

    def classes(self, thing: str) -> set[str]:
        """Its classes, prefixed."""
        return {compact(one.value) for one in self.values(thing, TYPE) if isinstance(one, NamedNode)}

    def of_sheet(self, sheet: Sheet) -> Iterator[str]:
        """The things that a sheet lists, in the order of the files."""
        wanted = {PREFIXES["cmh"] + name.partition(":")[2] for name in sheet.classes}
        for thing in self.files:
            if any(
                isinstance(one, NamedNode) and one.value in wanted for one in self.things[thing].get(TYPE, ())
            ):
                yield thing

    def of_kind(self, kind: str) -> Iterator[str]:
        """The things under one prefix, in the order of the files."""
        start = PREFIXES[kind]
        for thing in self.things:
            if thing.startswith(start) and "/" not in thing[len(start) :]:
                yield thing


def read_content(home: Path) -> Content:
    """What the files below home/ontology state. Raises SourceError where one cannot be read."""
    things: dict[str, Statements] = {}
    files: dict[str, Path] = {}
    quads: list[Quad] = []
    linked: dict[tuple[str, str], list[str]] = {}
    header = BASE + "ns"
    for file in framework_files(home):
        stated = list(file.quads())
        quads += stated
        if file.graph == GRAPH_MATCHES:
            continue
        for quad in stated:
            subject = node_value(quad.subject)
            if file.graph == GRAPH_CATALOGUE and files.setdefault(subject, file.path) != file.path:
                raise SourceError(
                    f"{compact(subject)} is stated in two files: {files[subject].name} and {file.path.name}",
                    where=str(file.path),
                    mend="keep all of one thing in one block",
                )
            value = quad.object
            things.setdefault(subject, {}).setdefault(quad.predicate.value, []).append(value)
            if isinstance(value, NamedNode):
                linked.setdefault((quad.predicate.value, value.value), []).append(subject)
    issued = next(
        (
            one.value
            for one in things.get(header, {}).get(PREFIXES["dcterms"] + "issued", ())
            if isinstance(one, Literal)
        ),
        "",
    )
    return Content(home, things, files, quads, issued, linked)


def node_value(node: object) -> str:
    """The IRI of a node, or the text of a literal."""
    return node.value if isinstance(node, NamedNode | Literal) else str(node)


def kind_of(thing: str) -> str:
    """The prefix under which a thing stands: role, skill, status ...; "" if it is none of ours."""
    if not thing.startswith(BASE):
        return ""
    start, _, key = thing.rpartition("/")
    if not key:
        return ""
    return _PREFIX_OF.get(start + "/", "")


_PREFIX_OF: Final = {
    iri: name
    for name, iri in PREFIXES.items()
    if iri.startswith(BASE) and name not in {"graph", "vocab"} and (name in KINDS or "/vocab/" in iri)
}


def carried(sheet: Sheet) -> frozenset[str]:
    """The properties that the sheet's columns carry, in full."""
    return frozenset(column.property for column in sheet.columns if column.property and not column.inverse)


def sheets_by_class() -> dict[str, Sheet]:
    """Class, prefixed -> the sheet that lists its things."""
    return {name: sheet for sheet in SHEETS for name in sheet.classes}
