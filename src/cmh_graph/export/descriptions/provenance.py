"""provenance.ttl: which files the graph was built from, by which software, and what was written of it (PROV-O).

There is no clock in here: dates are the date of issue, and activities have neither start nor end.
"""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import quote

from cmh_graph.export.descriptions.package import Description, Package
from cmh_graph.export.descriptions.parts import (
    BUILD,
    CATALOG,
    FRAMEWORK,
    PROJECT,
    graph_parts,
    licence_of,
    title_of,
)
from cmh_graph.export.descriptions.rdf import Said
from cmh_graph.export.edition import ONTOLOGY
from cmh_graph.export.format import Files
from cmh_graph.namespaces import BASE, GRAPH_DERIVED, PREFIXES

FILE: Final = "provenance.ttl"
GRAPH: Final = CATALOG + "#graph"
EXPORT: Final = CATALOG + "#export"
#: Of the software; it is not the content's.
SOFTWARE_LICENCE: Final = "https://www.apache.org/licenses/LICENSE-2.0"


def software_iri(version: str) -> str:
    """The IRI of the software in one version."""
    return f"{CATALOG}#software-{quote(version)}"


def source_iri(name: str) -> str:
    """The IRI of a source file as it was read."""
    return f"{CATALOG}#source/{quote(name)}"


def file_iri(name: str) -> str:
    """The IRI of a file that was written, which is also that of its distribution."""
    return f"{CATALOG}#file/{quote(name)}"


def write(package: Package) -> Files:
    """provenance.ttl."""
    edition, origin, said = package.edition, package.origin, Said()
    licence = licence_of(edition)
    software = software_iri(origin.software)
    said.type(software, "prov:SoftwareAgent")
    said.text(software, "rdfs:label", f"cmh-graph {origin.software}")
    said.value(software, "schema:softwareVersion", origin.software)
    said.link(software, "dcterms:license", SOFTWARE_LICENCE)
    said.type(PROJECT, "prov:Organization")
    said.text(PROJECT, "rdfs:label", edition.text(ONTOLOGY, PREFIXES["dcterms"] + "publisher"))
    said.link(software, "prov:actedOnBehalfOf", PROJECT)

    said.type(BUILD, "prov:Activity")
    said.text(
        BUILD, "rdfs:label", "Build: the sources are read, put into named graphs, and the rules are applied."
    )
    said.link(BUILD, "prov:wasAssociatedWith", software)
    for name, checksum in sorted(origin.sources.items()):
        source = source_iri(name)
        said.type(source, "prov:Entity")
        said.value(source, "rdfs:label", name)
        said.value(source, "schema:sha256", checksum)
        said.link(BUILD, "prov:used", source)
        said.link(GRAPH, "prov:wasDerivedFrom", source)

    said.type(GRAPH, "prov:Entity", "prov:Collection")
    said.text(GRAPH, "rdfs:label", f"{title_of(edition)}, version {edition.version}, as canonical N-Quads")
    said.value(GRAPH, "schema:sha256", hashlib.sha256(edition.nquads).hexdigest())
    said.date(GRAPH, "dcterms:issued", edition.issued)
    said.value(GRAPH, "dcat:version", edition.version)
    said.link(GRAPH, "dcterms:license", licence)
    said.link(GRAPH, "prov:wasGeneratedBy", BUILD)
    said.link(GRAPH, "prov:wasAttributedTo", PROJECT)
    said.link(GRAPH, "prov:specializationOf", FRAMEWORK)
    for part in graph_parts(edition):
        said.type(part.iri, "prov:Entity")
        said.text(part.iri, "rdfs:label", part.title)
        said.text(part.iri, "dcterms:provenance", part.statuses)
        said.link(part.iri, "prov:wasGeneratedBy", BUILD)
        said.link(GRAPH, "prov:hadMember", part.iri)
        if part.iri == GRAPH_DERIVED:
            said.link(part.iri, "prov:wasDerivedFrom", FRAMEWORK)
    said.type(FRAMEWORK, "prov:Entity")

    said.type(EXPORT, "prov:Activity")
    said.text(EXPORT, "rdfs:label", "Export: the graph is written in each format.")
    said.link(EXPORT, "prov:wasAssociatedWith", software)
    said.link(EXPORT, "prov:wasInformedBy", BUILD)
    said.link(EXPORT, "prov:used", GRAPH)
    for file in package.files:
        if file.name in origin.notices:
            continue
        entity = file_iri(file.name)
        said.type(entity, "prov:Entity")
        said.value(entity, "rdfs:label", file.name)
        said.link(entity, "prov:atLocation", f"{BASE}exports/{quote(file.name)}")
        said.value(entity, "schema:sha256", file.sha256)
        said.link(entity, "prov:wasGeneratedBy", EXPORT)
        said.link(entity, "prov:wasDerivedFrom", GRAPH)
    return {FILE: said.turtle()}


DESCRIPTION: Final = Description(
    name="prov",
    title="PROV-O",
    loaded_by="people who check where a file comes from, and stores that keep provenance",
    write=write,
)
