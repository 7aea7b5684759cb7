"""ro-crate-metadata.json: every file with checksum, licence and attribution, as an RO-Crate 1.2.

The file must stand in the folder of the files that it lists; the folder is then a crate that archives take in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from cmh_graph.export.descriptions import dcat, provenance, void
from cmh_graph.export.descriptions.media_types import kind_of
from cmh_graph.export.descriptions.package import Description, File, Package
from cmh_graph.export.descriptions.parts import (
    CATALOG,
    FRAMEWORK,
    Part,
    credit_of,
    is_mapping_file,
    licence_of,
    mapping_parts,
    title_of,
)
from cmh_graph.export.descriptions.provenance import SOFTWARE_LICENCE, software_iri
from cmh_graph.export.edition import ONTOLOGY
from cmh_graph.export.format import Files
from cmh_graph.namespaces import BASE, PREFIXES

FILE: Final = "ro-crate-metadata.json"
SPECIFICATION: Final = "https://w3id.org/ro/crate/1.2"
_PROJECT: Final = BASE
_LICENCE_NAMES: Final = {
    "https://creativecommons.org/licenses/by/4.0/": "Creative Commons Attribution 4.0 International (CC BY 4.0)",
    SOFTWARE_LICENCE: "Apache License 2.0",
}
_IDENTIFIER: Final = "#identifier"
_CONTACT: Final = "#contact"
_ENGLAND: Final = "https://sws.geonames.org/6269131/"
#: What comes with every export -> name, description.
_ABOUT: Final = {
    "losses.csv": ("Losses", "What each format leaves out, counted by class and property."),
    "manifest.json": ("Manifest", "Size and SHA-256 of every other file, this crate's metadata included."),
    "ATTRIBUTION.md": ("Attribution", "Whom to name for what, source by source."),
    "LICENSE-CONTENT": ("Licence of the content", "How the content may be used."),
    provenance.FILE: ("Provenance", "Source files, software and steps that led to the files, as PROV-O."),
    void.FILE: ("VoID", "What the graph holds, counted."),
    dcat.TURTLE: ("Catalogue", "The catalogue in DCAT-AP 3, as Turtle."),
    dcat.JSON_LD: ("Catalogue", "The catalogue in DCAT-AP 3, as JSON-LD."),
}

Entity = dict[str, Any]


def write(package: Package) -> Files:
    """ro-crate-metadata.json. It names manifest.json without a checksum: the manifest lists this file."""
    edition = package.edition
    sets = mapping_parts(edition)
    licence = licence_of(edition)
    files = [_file(one, _part_of(one, sets), package) for one in package.files]
    files.append(_named("manifest.json", {"encodingFormat": "application/json", "license": _link(licence)}))
    entities: list[Entity] = [
        {
            "@id": FILE,
            "@type": "CreativeWork",
            "name": f"RO-Crate metadata of {title_of(edition)}",
            "conformsTo": _link(SPECIFICATION),
            "about": _link("./"),
        },
        _root(package, files),
        *_folders(files, package),
        *sorted(files, key=lambda one: str(one["@id"])),
        *_context(package, sets),
    ]
    document = {"@context": f"{SPECIFICATION}/context", "@graph": entities}
    return {FILE: (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()}


def _root(package: Package, files: Iterable[Entity]) -> Entity:
    edition = package.edition
    folders = {f"{one['@id'].split('/')[0]}/" for one in files if "/" in one["@id"]}
    single = {str(one["@id"]) for one in files if "/" not in one["@id"]}
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": title_of(edition),
        "description": edition.text(ONTOLOGY, PREFIXES["dcterms"] + "description"),
        "identifier": _link(_IDENTIFIER),
        "version": edition.version,
        "datePublished": edition.issued,
        "license": _link(licence_of(edition)),
        "creditText": credit_of(edition),
        "publisher": _link(_PROJECT),
        "author": _link(_PROJECT),
        "inLanguage": "en",
        "spatialCoverage": _link(_ENGLAND),
        "url": CATALOG,
        "keywords": "mental health, workforce, careers, skills, linked data",
        "mentions": _link(software_iri(package.origin.software)),
        "hasPart": _links(folders | single),
    }


def _folders(files: Iterable[Entity], package: Package) -> list[Entity]:
    """The folders, each with the files of its format."""
    titles = {one.name: one.format.title for one in package.files if one.format}
    found: dict[str, list[str]] = {}
    for one in files:
        name = str(one["@id"])
        if "/" in name:
            found.setdefault(name.split("/")[0] + "/", []).append(name)
    return [
        {
            "@id": folder,
            "@type": "Dataset",
            "name": ", ".join(sorted({titles[one] for one in names if one in titles})) or folder,
            "description": f"{len(names)} files.",
            "datePublished": package.edition.issued,
            "license": _link(licence_of(package.edition)),
            "hasPart": _links(names),
        }
        for folder, names in sorted(found.items())
    ]


def _file(file: File, part: Part | None, package: Package) -> Entity:
    edition, kind = package.edition, kind_of(file.name)
    said: Entity = {
        "name": f"{file.format.title}: {file.name}" if file.format else file.name,
        "encodingFormat": kind.outer,
        "contentSize": str(file.size),
        "sha256": file.sha256,
        "license": _link(part.licence if part and part.licence else licence_of(edition)),
    }
    if part and part.credit:
        said["creditText"] = part.credit
    if file.format:
        said["description"] = f"For {file.format.loaded_by}."
    if part:
        said["about"] = _link(part.iri)
    return _named(file.name, said)


def _named(name: str, said: Entity) -> Entity:
    title, about = _ABOUT.get(name, ("", ""))
    told = {"name": title, "description": about} if title else {}
    return {"@id": quote(name), "@type": "File", **said, **told}


def _part_of(file: File, sets: Iterable[Part]) -> Part | None:
    return next((one for one in sets if is_mapping_file(file.name, one)), None)


def _context(package: Package, sets: Iterable[Part]) -> list[Entity]:
    """The licences, the publisher, the place, the software and the mapping sets."""
    edition, software = package.edition, package.origin.software
    licences = sorted({licence_of(edition), SOFTWARE_LICENCE, *(one.licence for one in sets)} - {""})
    return [
        *(
            {
                "@id": one,
                "@type": "CreativeWork",
                "name": _LICENCE_NAMES.get(one, one),
                "description": f"The licence at {one}",
            }
            for one in licences
        ),
        {
            "@id": _PROJECT,
            "@type": "Organization",
            "name": edition.text(ONTOLOGY, PREFIXES["dcterms"] + "publisher"),
            "url": BASE,
            "contactPoint": _link(_CONTACT),
        },
        # The project's address: nobody is named.
        {
            "@id": _CONTACT,
            "@type": "ContactPoint",
            "name": "The project",
            "contactType": "project",
            "url": BASE,
        },
        {
            "@id": _IDENTIFIER,
            "@type": "PropertyValue",
            "name": "IRI of the framework",
            "value": FRAMEWORK,
            "url": FRAMEWORK,
        },
        {
            "@id": SPECIFICATION,
            "@type": "CreativeWork",
            "name": "RO-Crate Metadata Specification 1.2",
            "version": "1.2",
        },
        {"@id": _ENGLAND, "@type": "Place", "name": "England"},
        {
            "@id": software_iri(software),
            "@type": "SoftwareApplication",
            "name": "cmh-graph",
            "version": software,
            "license": _link(SOFTWARE_LICENCE),
            "url": BASE,
        },
        *(
            {
                "@id": one.iri,
                "@type": "CreativeWork",
                "name": one.title,
                "description": one.description,
                "version": one.version,
                "license": _link(one.licence or licence_of(edition)),
                "creditText": one.credit,
            }
            for one in sets
            if any(is_mapping_file(file.name, one) for file in package.files)
        ),
    ]


def _link(iri: str) -> Entity:
    return {"@id": iri}


def _links(iris: Iterable[str]) -> list[Entity] | Entity:
    """Links by IRI; a single one stands by itself, as the specification asks."""
    found = [_link(one) for one in sorted(iris)]
    return found[0] if len(found) == 1 else found


DESCRIPTION: Final = Description(
    name="ro-crate",
    title="RO-Crate",
    loaded_by="research archives and repositories, such as Zenodo by way of its importers, WorkflowHub and Dataverse",
    write=write,
)
