"""catalog.ttl and catalog.jsonld: the catalogue of what is published (DCAT-AP 3.0.1).

catalog            the catalogue
catalog#framework  all that the sources state, with every file that holds more than one mapping set
graph/..., graph/matches/...  its parts: named graphs, and mapping sets with files of their own
catalog#releases   the series of versions; release/1.0.0 is one of them
catalog#sparql, #api, #reconciliation, #case  the services
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from cmh_graph.export.descriptions.media_types import file_type_iri, kind_of, media_type_iri
from cmh_graph.export.descriptions.package import Description, File, Package
from cmh_graph.export.descriptions.parts import (
    BUILD,
    CATALOG,
    FRAMEWORK,
    PROJECT,
    Part,
    credit_of,
    graph_parts,
    is_mapping_file,
    licence_of,
    mapping_parts,
    title_of,
    versions,
)
from cmh_graph.export.descriptions.provenance import file_iri
from cmh_graph.export.descriptions.rdf import Said
from cmh_graph.export.edition import ONTOLOGY, Edition
from cmh_graph.export.format import Files
from cmh_graph.namespaces import BASE, CMH, PREFIXES

TURTLE: Final = "catalog.ttl"
JSON_LD: Final = "catalog.jsonld"
SERIES: Final = CATALOG + "#releases"
_EU: Final = "http://publications.europa.eu/resource/authority/"
_ENGLISH: Final = _EU + "language/ENG"
_PUBLIC: Final = _EU + "access-right/PUBLIC"
_IRREGULAR: Final = _EU + "frequency/IRREG"
_THEMES: Final = _EU + "data-theme"
#: Themes of the EU's table: health; education, culture and sport; population and society.
_THEME: Final = ("HEAL", "EDUC", "SOCI")
#: DCAT-AP asks for GeoNames where a place is no country of the EU's table.
_ENGLAND: Final = "https://sws.geonames.org/6269131/"
_SHA256: Final = "spdx:checksumAlgorithm_sha256"
_CONTACT: Final = CATALOG + "#contact"
_KEYWORDS: Final = (
    "mental health",
    "community mental health",
    "workforce",
    "careers",
    "skills",
    "competencies",
    "job roles",
    "pay bands",
)
#: name -> title, description, address, description of the address, standard.
_SERVICES: Final = {
    "sparql": (
        "SPARQL endpoint",
        "SPARQL 1.1 queries over all named graphs, read-only.",
        "sparql",
        "sparql",
        "https://www.w3.org/TR/sparql11-protocol/",
    ),
    "api": (
        "API",
        "Roles, skills, pathways and questions as JSON, JSON-LD, Turtle and N-Triples.",
        "v1",
        "openapi.json",
        "https://spec.openapis.org/oas/v3.1.0",
    ),
    "reconciliation": (
        "Reconciliation service",
        "Matches a column of job titles or skills with the framework, as OpenRefine asks.",
        "reconcile",
        "reconcile",
        "https://reconciliation-api.github.io/specs/0.2/",
    ),
    "case": (
        "CASE endpoint",
        "Competencies in the REST binding of 1EdTech CASE 1.1.",
        "ims/case/v1p1",
        "openapi.json",
        "https://www.imsglobal.org/spec/case/v1p1",
    ),
}
#: Format -> what its files follow, where the ending does not tell.
_FOLLOWS: Final = {
    "skos": "http://www.w3.org/TR/skos-reference",
    "csv": "https://www.w3.org/TR/tabular-data-model/",
    "esco": "http://data.europa.eu/esco/model",
    "case": "https://www.imsglobal.org/spec/case/v1p1",
    "ctdl-asn": "https://credreg.net/ctdlasn/terms",
    "schema-org": "https://schema.org/",
    "open-badges": "https://www.imsglobal.org/spec/ob/v3p0",
    **dict.fromkeys(
        ("turtle", "ntriples", "nquads", "trig", "rdfxml", "jsonld", "jsonld-expanded", "jsonld-framed"),
        ONTOLOGY,
    ),
}


def write(package: Package) -> Files:
    """catalog.ttl and catalog.jsonld, the same statements."""
    said = describe(package)
    return {TURTLE: said.turtle(), JSON_LD: said.json_ld()}


def describe(package: Package, host: str = BASE) -> Said:
    """The catalogue. host: what the addresses of the services begin with, with a "/" at the end."""
    edition, said = package.edition, Said()
    _add_catalogue(said, edition)
    _add_framework(said, edition)
    graphs, sets = graph_parts(edition), mapping_parts(edition)
    for part in (*graphs, *sets):
        _add_part(said, edition, part)
    _add_versions(said, edition)
    datasets = (FRAMEWORK, *(part.iri for part in (*graphs, *sets)))
    _add_services(said, edition, datasets, host)
    for file in package.files:
        if file.format is None and file.name not in _ABOUT:
            # Notices and other descriptions hold no data of the framework.
            said.link(FRAMEWORK, "rdfs:seeAlso", f"{BASE}exports/{quote(file.name)}")
        else:
            held = next((one for one in sets if is_mapping_file(file.name, one)), None)
            _add_file(said, edition, file, held)
    return said


def _add_catalogue(said: Said, edition: Edition) -> None:
    title = title_of(edition)
    said.type(CATALOG, "dcat:Catalog")
    said.text(CATALOG, "dcterms:title", f"{title}: catalogue")
    said.text(CATALOG, "dcterms:description", f"What is published of {title}: datasets, files and services.")
    said.link(CATALOG, "dcterms:license", licence_of(edition))
    said.link(CATALOG, "dcat:themeTaxonomy", _THEMES)
    said.link(CATALOG, "foaf:homepage", BASE)
    _add_common(said, edition, CATALOG)
    said.type(PROJECT, "foaf:Agent")
    said.value(PROJECT, "foaf:name", edition.text(ONTOLOGY, PREFIXES["dcterms"] + "publisher"))
    said.link(PROJECT, "foaf:homepage", BASE)
    # An address of the project, not of a person.
    said.type(_CONTACT, "vcard:Organization")
    said.value(_CONTACT, "vcard:fn", edition.text(ONTOLOGY, PREFIXES["dcterms"] + "publisher"))
    said.link(_CONTACT, "vcard:hasURL", BASE)
    said.type(_THEMES, "skos:ConceptScheme")
    said.text(_THEMES, "dcterms:title", "Data themes of the Publications Office of the European Union")
    said.type(_ENGLAND, "dcterms:Location")
    said.text(_ENGLAND, "skos:prefLabel", "England")
    said.type(licence_of(edition), "dcterms:LicenseDocument")


def _add_common(said: Said, edition: Edition, thing: str) -> None:
    said.link(thing, "dcterms:publisher", PROJECT)
    said.link(thing, "dcterms:language", _ENGLISH)
    said.link(thing, "dcterms:spatial", _ENGLAND)
    said.date(thing, "dcterms:issued", edition.issued)
    said.date(thing, "dcterms:modified", edition.issued)


def _add_dataset(
    said: Said, edition: Edition, iri: str, title: str, about: str, licence: str, credit: str
) -> None:
    said.type(iri, "dcat:Dataset")
    said.link(CATALOG, "dcat:dataset", iri)
    said.text(iri, "dcterms:title", title)
    said.text(iri, "dcterms:description", about)
    said.value(iri, "dcterms:identifier", iri)
    said.link(iri, "dcterms:license", licence)
    if licence:
        said.type(licence, "dcterms:LicenseDocument")
    _add_rights(said, iri, credit)
    said.link(iri, "dcterms:accessRights", _PUBLIC)
    said.link(iri, "dcat:contactPoint", _CONTACT)
    said.link(iri, "dcat:theme", *(f"{_THEMES}/{one}" for one in _THEME))
    said.text(iri, "dcat:keyword", *_KEYWORDS)
    said.link(iri, "dcterms:accrualPeriodicity", _IRREGULAR)
    said.link(iri, "dcterms:conformsTo", ONTOLOGY)
    said.link(iri, "prov:wasGeneratedBy", BUILD)
    said.link(iri, "dcat:landingPage", BASE)
    _add_common(said, edition, iri)


def _below(iri: str, name: str) -> str:
    """The IRI of something that belongs to a thing."""
    return f"{iri}{'/' if '#' in iri else '#'}{name}"


def _add_rights(said: Said, iri: str, credit: str) -> None:
    if credit:
        node = _below(iri, "rights")
        said.link(iri, "dcterms:rights", node)
        said.type(node, "dcterms:RightsStatement")
        said.text(node, "rdfs:label", credit)


def _add_provenance(said: Said, iri: str, told: str) -> None:
    if told:
        node = _below(iri, "provenance")
        said.link(iri, "dcterms:provenance", node)
        said.type(node, "dcterms:ProvenanceStatement")
        said.text(node, "rdfs:label", told)


def _add_framework(said: Said, edition: Edition) -> None:
    about = edition.text(ONTOLOGY, PREFIXES["dcterms"] + "description")
    _add_dataset(said, edition, FRAMEWORK, title_of(edition), about, licence_of(edition), credit_of(edition))
    said.value(FRAMEWORK, "dcat:version", edition.version)
    sources = sum(CMH + "Source" in edition.types(one) for one in edition.about)
    _add_provenance(
        said,
        FRAMEWORK,
        f"Each statement names its sources, which are listed in the catalogue part: {sources:,} of them.",
    )
    years = [year for one in edition.about for year in _years(edition.text(one, CMH + "payYear"))]
    if years:
        # What is dated in the graph is pay: other facts hold until a source says otherwise.
        period = CATALOG + "#pay-years"
        said.link(FRAMEWORK, "dcterms:temporal", period)
        said.type(period, "dcterms:PeriodOfTime")
        said.text(period, "rdfs:label", "The pay years that the catalogue covers")
        said.date(period, "dcat:startDate", f"{min(years)}-04-01")
        said.date(period, "dcat:endDate", f"{max(years) + 1}-03-31")


def _years(text: str) -> Iterable[int]:
    return (int(one) for one in re.findall(r"^(\d{4})/\d\d$", text))


def _add_part(said: Said, edition: Edition, part: Part) -> None:
    _add_dataset(said, edition, part.iri, part.title, part.description, part.licence, part.credit)
    said.value(part.iri, "dcat:version", part.version)
    _add_provenance(said, part.iri, part.statuses)
    said.link(part.iri, "dcterms:isPartOf", FRAMEWORK)
    said.link(FRAMEWORK, "dcterms:hasPart", part.iri)
    said.link(part.iri, "dcterms:relation", part.scheme)


def _add_versions(said: Said, edition: Edition) -> None:
    said.type(SERIES, "dcat:DatasetSeries")
    said.link(CATALOG, "dcat:dataset", SERIES)
    said.text(SERIES, "dcterms:title", f"Releases of {title_of(edition)}")
    said.text(
        SERIES,
        "dcterms:description",
        "Released versions never change and stay served: every address takes version=.",
    )
    said.link(SERIES, "dcterms:publisher", PROJECT)
    said.link(SERIES, "dcterms:accrualPeriodicity", _IRREGULAR)
    known = versions(edition)
    for before, one in zip((None, *known), known, strict=False):
        said.type(one.iri, "dcat:Dataset")
        said.link(CATALOG, "dcat:dataset", one.iri)
        said.text(one.iri, "dcterms:title", f"{title_of(edition)}, version {one.version}")
        said.text(one.iri, "dcterms:description", f"Version {one.version} of the framework.")
        said.text(one.iri, "adms:versionNotes", one.changes)
        said.value(one.iri, "dcat:version", one.version)
        said.value(one.iri, "dcterms:identifier", one.iri)
        said.date(one.iri, "dcterms:issued", one.issued)
        said.link(one.iri, "dcterms:publisher", PROJECT)
        said.link(one.iri, "dcterms:license", licence_of(edition))
        said.link(one.iri, "dcat:inSeries", SERIES)
        said.link(one.iri, "dcat:isVersionOf", FRAMEWORK)
        said.link(FRAMEWORK, "dcat:hasVersion", one.iri)
        if before:
            said.link(one.iri, "dcat:previousVersion", before.iri)
            said.link(one.iri, "dcat:prev", before.iri)
    said.link(SERIES, "dcat:first", known[0].iri)
    said.link(SERIES, "dcat:last", known[-1].iri)
    said.link(FRAMEWORK, "dcat:hasCurrentVersion", known[-1].iri)


def _add_services(said: Said, edition: Edition, datasets: Iterable[str], host: str) -> None:
    served = tuple(datasets)
    for name, (title, about, address, described, standard) in _SERVICES.items():
        iri = f"{CATALOG}#{name}"
        said.type(iri, "dcat:DataService")
        said.link(CATALOG, "dcat:service", iri)
        said.text(iri, "dcterms:title", title)
        said.text(iri, "dcterms:description", about)
        said.link(iri, "dcat:endpointURL", host + address)
        said.link(iri, "dcat:endpointDescription", host + described)
        said.link(iri, "dcterms:conformsTo", standard)
        said.link(iri, "dcat:servesDataset", *(served if name == "sparql" else (FRAMEWORK,)))
        said.link(iri, "dcterms:license", licence_of(edition))
        said.link(iri, "dcterms:accessRights", _PUBLIC)
        said.link(iri, "dcterms:publisher", PROJECT)
        said.link(iri, "dcat:contactPoint", _CONTACT)
        said.link(iri, "dcat:theme", *(f"{_THEMES}/{one}" for one in _THEME))
    for dataset in served:
        node = _below(dataset, "by-query")
        said.type(node, "dcat:Distribution")
        said.link(dataset, "dcat:distribution", node)
        said.text(node, "dcterms:title", "By SPARQL query")
        said.link(node, "dcat:accessURL", f"{host}sparql")
        said.link(node, "dcat:accessService", f"{CATALOG}#sparql")
        said.link(node, "dcterms:license", licence_of(edition))


def _add_file(said: Said, edition: Edition, file: File, part: Part | None) -> None:
    kind, iri = kind_of(file.name), file_iri(file.name)
    dataset = part.iri if part else FRAMEWORK
    address = f"{BASE}exports/{quote(file.name)}"
    said.type(iri, "dcat:Distribution")
    said.link(dataset, "dcat:distribution", iri)
    said.text(iri, "dcterms:title", f"{file.format.title}: {file.name}" if file.format else file.name)
    said.text(
        iri,
        "dcterms:description",
        f"For {file.format.loaded_by}." if file.format else _ABOUT.get(file.name, ""),
    )
    said.link(iri, "dcat:accessURL", address)
    said.link(iri, "dcat:downloadURL", address)
    said.link(iri, "dcat:mediaType", media_type_iri(kind.media_type))
    said.link(iri, "dcterms:format", file_type_iri(kind.file_type))
    if kind.packing:
        said.link(iri, "dcat:compressFormat", media_type_iri(kind.packing))
    said.value(iri, "dcat:byteSize", file.size, "xsd:nonNegativeInteger")
    checksum = f"{iri}/sha256"
    said.link(iri, "spdx:checksum", checksum)
    said.type(checksum, "spdx:Checksum")
    said.link(checksum, "spdx:algorithm", _SHA256)
    said.value(checksum, "spdx:checksumValue", file.sha256, "xsd:hexBinary")
    said.link(iri, "dcterms:license", part.licence if part else licence_of(edition))
    said.link(iri, "dcterms:rights", _below(dataset, "rights") if part is None or part.credit else "")
    said.link(
        iri, "dcterms:conformsTo", kind.follows or _FOLLOWS.get(file.format.name if file.format else "", "")
    )
    said.link(iri, "dcterms:language", _ENGLISH)
    said.date(iri, "dcterms:issued", edition.issued)


#: What comes with every export.
_ABOUT: Final = {"losses.csv": "What each format leaves out, counted by class and property."}

DESCRIPTION: Final = Description(
    name="dcat",
    title="DCAT-AP catalogue",
    loaded_by="data portals that harvest DCAT-AP, such as CKAN and data.europa.eu",
    write=write,
)
