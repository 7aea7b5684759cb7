"""void.ttl: what the graph holds, counted (Vocabulary of Interlinked Datasets).

catalog#framework   what the sources state: partitions by class and property; dumps
graph/...           each named graph: totals
graph/derived       what follows by rule: partitions too
catalog#everything  both, as the SPARQL endpoint merges them: totals
catalog#links/...   a linkset for each mapping set and relation
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Set
from itertools import product
from typing import Final
from urllib.parse import quote

from cmh_graph.export.descriptions.counting import Counts, Row, count, row_of
from cmh_graph.export.descriptions.media_types import kind_of, media_type_iri
from cmh_graph.export.descriptions.package import Description, Package
from cmh_graph.export.descriptions.parts import (
    CATALOG,
    FRAMEWORK,
    PROJECT,
    graph_parts,
    licence_of,
    mapping_parts,
    partners,
    title_of,
)
from cmh_graph.export.descriptions.rdf import Said
from cmh_graph.export.edition import ONTOLOGY, Edition
from cmh_graph.export.format import Files
from cmh_graph.namespaces import BASE, CMH, GRAPH_DERIVED, PREFIXES, compact, key_of
from cmh_graph.store import Term, graph_of, text_of

FILE: Final = "void.ttl"
EVERYTHING: Final = CATALOG + "#everything"
_OWL: Final = PREFIXES["owl"]
_SSSOM: Final = PREFIXES["sssom"]
_SKOS: Final = PREFIXES["skos"]
_DUMPS: Final = frozenset(
    {"text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"}
)
#: Formats whose file is all that the sources state; the others hold a part, or graphs beside it.
_WHOLE: Final = frozenset({"turtle", "ntriples", "rdfxml", "jsonld", "jsonld-expanded"})
_FORMATS: Final = ("Turtle", "N-Triples", "RDF_XML", "JSON-LD")
#: Classes that show what the graph is about; the first thing of each is an example.
_SHOWN: Final = ("Role", "Skill", "Value", "Step", "Qualification")


def write(package: Package) -> Files:
    """void.ttl."""
    return {FILE: describe(package).turtle()}


def describe(package: Package, host: str = BASE) -> Said:
    """The description. host: what the addresses of the service begin with, with a "/" at the end."""
    edition, said = package.edition, Said()
    document = CATALOG + "#void"
    said.type(document, "void:DatasetDescription")
    said.text(document, "dcterms:title", f"VoID description of {title_of(edition)}")
    said.link(document, "foaf:primaryTopic", FRAMEWORK)
    said.date(document, "dcterms:issued", edition.issued)
    rows: dict[str, set[Row]] = defaultdict(set)
    for quad in edition.quads:
        rows[graph_of(quad)].add(row_of(quad.triple))
    stated = {row for graph, found in rows.items() if graph != GRAPH_DERIVED for row in found}
    everything = stated | rows[GRAPH_DERIVED]
    _add_framework(said, package, host, count(stated, partitions=True))
    for part in graph_parts(edition):
        derived = part.iri == GRAPH_DERIVED
        _add_dataset(said, part.iri, part.title, part.description, part.licence)
        _add_counts(said, part.iri, count(rows[part.iri], partitions=derived))
        said.link(EVERYTHING if derived else FRAMEWORK, "void:subset", part.iri)
    for iri in partners(edition):
        _add_dataset(
            said, iri, f"Catalogue of the partner {key_of(iri)}", "Under the partner's own terms.", ""
        )
        _add_counts(said, iri, count(rows[iri]))
        said.link(FRAMEWORK, "void:subset", iri)
    about = "All named graphs merged, derived statements included."
    _add_dataset(said, EVERYTHING, title_of(edition), about, licence_of(edition))
    _add_counts(said, EVERYTHING, count(everything))
    said.link(EVERYTHING, "void:subset", FRAMEWORK)
    said.link(EVERYTHING, "void:sparqlEndpoint", f"{host}sparql")
    _add_links(said, edition, everything)
    return said


def _add_framework(said: Said, package: Package, host: str, counts: Counts) -> None:
    edition = package.edition
    about = edition.text(ONTOLOGY, PREFIXES["dcterms"] + "description")
    _add_dataset(said, FRAMEWORK, title_of(edition), about, licence_of(edition))
    _add_counts(said, FRAMEWORK, counts)
    said.link(FRAMEWORK, "dcterms:publisher", PROJECT)
    said.type(PROJECT, "foaf:Agent")
    said.value(PROJECT, "foaf:name", edition.text(ONTOLOGY, PREFIXES["dcterms"] + "publisher"))
    said.link(FRAMEWORK, "foaf:homepage", BASE)
    said.date(FRAMEWORK, "dcterms:issued", edition.issued)
    said.value(FRAMEWORK, "dcat:version", edition.version)
    said.value(FRAMEWORK, "void:uriSpace", BASE)
    said.value(FRAMEWORK, "void:uriRegexPattern", f"^{re.escape(BASE)}")
    said.link(FRAMEWORK, "void:vocabulary", *counts.vocabularies)
    said.link(FRAMEWORK, "void:sparqlEndpoint", f"{host}sparql")
    said.link(FRAMEWORK, "void:feature", *(f"http://www.w3.org/ns/formats/{one}" for one in _FORMATS))
    said.link(FRAMEWORK, "void:exampleResource", *_examples(edition))
    for file in package.files:
        kind = kind_of(file.name)
        whole = file.format is not None and file.format.name in _WHOLE
        if whole and kind.media_type in _DUMPS and file.name.startswith("cmh."):
            address = f"{BASE}exports/{file.name}"
            said.link(FRAMEWORK, "void:dataDump", address)
            said.link(address, "dcterms:format", media_type_iri(kind.outer))


def _examples(edition: Edition) -> Iterator[str]:
    wanted = {CMH + name for name in _SHOWN}
    found: dict[str, str] = {}
    for iri in sorted(edition.about):
        for kind in wanted.intersection(edition.types(iri)) if not iri.startswith("_:") else ():
            found.setdefault(kind, iri)
    yield from sorted(found.values())


def _add_dataset(said: Said, iri: str, title: str, about: str, licence: str) -> None:
    said.type(iri, "void:Dataset")
    said.text(iri, "dcterms:title", title)
    said.text(iri, "dcterms:description", about)
    said.link(iri, "dcterms:license", licence)


def _add_counts(said: Said, iri: str, counts: Counts) -> None:
    said.count(iri, "void:triples", counts.triples)
    said.count(iri, "void:entities", counts.entities)
    said.count(iri, "void:distinctSubjects", counts.subjects)
    said.count(iri, "void:distinctObjects", counts.objects)
    said.count(iri, "void:classes", counts.classes_used)
    said.count(iri, "void:properties", counts.properties_used)
    for sort, found in (("class", counts.classes), ("property", counts.properties)):
        for name, part in found.items():
            node = f"{iri}{'/' if '#' in iri else '#'}{sort}/{quote(compact(name), safe=':/')}"
            said.link(iri, f"void:{sort}Partition", node)
            said.type(node, "void:Dataset")
            said.link(node, f"void:{sort}", name)
            said.count(node, "void:triples", part.triples)
            if sort == "class":
                said.count(node, "void:entities", part.entities)
            said.count(node, "void:distinctSubjects", part.subjects)
            said.count(node, "void:distinctObjects", part.objects)


def _add_links(said: Said, edition: Edition, rows: Set[Row]) -> None:
    """A linkset for each mapping set and relation: the links that the graph holds, not the rows that deny one."""
    for part in mapping_parts(edition):
        found = {
            link for row in edition.objects(part.iri, _SSSOM + "mappings") for link in _links(edition, row)
        }
        links = Counter(relation[1:-1] for _, relation, _ in found & rows)
        for relation, number in sorted(links.items()):
            if part.scheme:
                node = f"{CATALOG}#links/{key_of(part.iri)}/{key_of(relation)}"
                said.type(node, "void:Linkset", "void:Dataset")
                said.text(node, "dcterms:title", f"{part.title}: {key_of(relation)}")
                said.link(node, "dcterms:license", part.licence)
                said.text(node, "dcterms:rights", part.credit)
                said.link(node, "void:subjectsTarget", FRAMEWORK)
                said.link(node, "void:objectsTarget", part.scheme)
                said.link(node, "void:linkPredicate", relation)
                said.link(node, "dcterms:source", part.iri)
                said.count(node, "void:triples", number)
                said.link(EVERYTHING, "void:subset", node)
        if part.scheme and links:
            said.type(part.scheme, "void:Dataset")
            said.text(part.scheme, "dcterms:title", edition.text(part.scheme, _SKOS + "prefLabel"))
            said.text(part.scheme, "dcterms:rights", edition.text(part.scheme, PREFIXES["dc"] + "rights"))


def _links(edition: Edition, row: Term) -> Iterator[Row]:
    """The link that a row of a mapping set is about."""
    ends = (
        edition.objects(text_of(row), _OWL + f"annotated{one}") for one in ("Source", "Property", "Target")
    )
    for subject, relation, target in product(*ends):
        yield str(subject), str(relation), str(target)


DESCRIPTION: Final = Description(
    name="void",
    title="VoID",
    loaded_by="federated query engines and people who wonder what the graph holds",
    write=write,
)
