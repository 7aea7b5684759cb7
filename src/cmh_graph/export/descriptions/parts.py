"""The parts of an edition: what each is called, under which licence it stands, and whom it owes attribution.

The parts are our named graphs and the mapping sets. A partner's graph is no part of ours: its licence is the partner's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Final

from cmh_graph.export.edition import ONTOLOGY, Edition
from cmh_graph.namespaces import (
    BASE,
    CMH,
    GRAPH_CATALOGUE,
    GRAPH_DERIVED,
    GRAPH_MATCHES,
    GRAPH_ONTOLOGY,
    GRAPH_PARTNER,
    PREFIXES,
    key_of,
)
from cmh_graph.store import NamedNode, graph_of, text_of

#: The catalogue's own IRI; things that have no other name stand below it.
CATALOG: Final = BASE + "catalog"
#: All that the sources state.
FRAMEWORK: Final = CATALOG + "#framework"
PROJECT: Final = CATALOG + "#project"
BUILD: Final = CATALOG + "#build"
_DCT: Final = PREFIXES["dcterms"]
_SSSOM: Final = PREFIXES["sssom"]
_TYPE: Final = PREFIXES["rdf"] + "type"
_STATUS: Final = CMH + "status"
#: Named graph -> title, description, keywords.
_GRAPHS: Final = {
    GRAPH_ONTOLOGY: (
        "Ontology and vocabularies",
        "Classes, properties and concept schemes: pay bands, career, education and framework levels, settings.",
    ),
    GRAPH_CATALOGUE: (
        "Catalogue of roles, skills and pathways",
        "Roles, skills, values, requirements, pay, ways in, steps, resources and their sources.",
    ),
    GRAPH_MATCHES: (
        "Matches with other classifications",
        "All mapping sets in one named graph: rows that match and rows that found no match.",
    ),
    GRAPH_DERIVED: (
        "Derived statements",
        "What follows from the other parts by published rules; each of these statements can be made again.",
    ),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an edition.

    licence: an IRI. credit: the attribution that it owes. statuses: how many things in it have each status, "" if none
    has one. scheme: IRI of the classification that a mapping set leads to."""

    iri: str
    title: str
    description: str
    version: str
    licence: str
    credit: str
    statuses: str = ""
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the catalogue. issued: YYYY-MM-DD, "" if not stated. changes: what it says it changed."""

    iri: str
    version: str
    issued: str = ""
    changes: str = ""


def licence_of(edition: Edition) -> str:
    """The IRI of the licence that the ontology's header names; "" if it names none."""
    return _link(edition, ONTOLOGY, _DCT + "license")


def credit_of(edition: Edition) -> str:
    """Who is to be named for our own part, and what the header says of rights."""
    publisher = edition.text(ONTOLOGY, _DCT + "publisher")
    return " ".join(
        filter(None, (f"{publisher}." if publisher else "", edition.text(ONTOLOGY, _DCT + "rights")))
    )


def title_of(edition: Edition) -> str:
    """The title in the ontology's header."""
    return edition.text(ONTOLOGY, _DCT + "title")


def graph_parts(edition: Edition) -> tuple[Part, ...]:
    """Our named graphs, those that hold something."""
    statuses: dict[str, Counter[str]] = defaultdict(Counter)
    for quad in edition.quads:
        counts = statuses[graph_of(quad)]
        if quad.predicate.value == _STATUS:
            counts[key_of(text_of(quad.object))] += 1
    licence, credit = licence_of(edition), credit_of(edition)
    return tuple(
        Part(iri, title, about, edition.version, licence, credit, _told(statuses[iri]))
        for iri, (title, about) in _GRAPHS.items()
        if iri in statuses
    )


def mapping_parts(edition: Edition) -> tuple[Part, ...]:
    """Our mapping sets, each with the licence and the attribution that it states, by IRI."""
    found = []
    for iri in sorted(edition.about):
        if iri.startswith(GRAPH_MATCHES + "/") and _SSSOM + "MappingSet" in edition.types(iri):
            statuses = Counter(
                key_of(text_of(status))
                for row in edition.objects(iri, _SSSOM + "mappings")
                for status in edition.objects(text_of(row), _STATUS)
            )
            about = edition.text(iri, _DCT + "description")
            found.append(
                Part(
                    iri,
                    edition.text(iri, _DCT + "title") or key_of(iri),
                    about or "A mapping set.",
                    edition.text(iri, PREFIXES["owl"] + "versionInfo"),
                    _link(edition, iri, _DCT + "license"),
                    about,
                    _told(statuses),
                    _link(edition, iri, _SSSOM + "object_source"),
                )
            )
    return tuple(found)


def partners(edition: Edition) -> tuple[str, ...]:
    """The named graphs of partners, which the catalogue leaves out."""
    graphs = {graph_of(quad) for quad in edition.quads}
    return tuple(sorted(graph for graph in graphs if graph.startswith(GRAPH_PARTNER)))


def versions(edition: Edition) -> tuple[Version, ...]:
    """The versions that the catalogue lists, earliest first; the edition's own is the last."""
    from cmh_graph.versions.semver import is_version, read_version  # their package reads stores and shapes

    here = edition.version
    found = {here: Version(PREFIXES["release"] + here, here, edition.issued)}
    for iri in edition.about:
        if iri.startswith(PREFIXES["release"]) and CMH + "Release" in edition.types(iri):
            number = edition.text(iri, PREFIXES["owl"] + "versionInfo") or key_of(iri)
            if is_version(number) and (not is_version(here) or read_version(number) <= read_version(here)):
                issued = edition.text(iri, _DCT + "issued")
                found[number] = Version(iri, number, issued, edition.text(iri, CMH + "changes"))
    numbered = sorted((one for one in found if is_version(one)), key=read_version)
    return tuple(found[one] for one in (numbered or found))


def is_mapping_file(name: str, part: Part) -> bool:
    """Whether a file holds just this mapping set."""
    return name.startswith(f"mappings/{key_of(part.iri)}.")


def _link(edition: Edition, subject: str, predicate: str) -> str:
    """The first thing that a predicate leads to; "" if it leads to none, or to a text."""
    found = edition.objects(subject, predicate)
    return next((one.value for one in found if isinstance(one, NamedNode)), "")


def _told(counts: Counter[str]) -> str:
    said = ", ".join(f"{number:,} {status}" for status, number in sorted(counts.items()))
    return f"Each statement says where it comes from. Statements by status: {said}." if said else ""
