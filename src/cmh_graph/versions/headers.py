"""The versions that files state by hand: the ontology's header, the list of releases, the mapping sets, the package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import CMH, PREFIXES, iri
from cmh_graph.sssom import read_mapping_set
from cmh_graph.versions.content import ONTOLOGY
from cmh_graph.versions.facts import Facts, literal_of
from cmh_graph.versions.semver import is_version, read_version

_HEADER = "ontology/cmh.ttl"
_LIST = "ontology/catalogue/releases.ttl"
_OWL, _DCTERMS = PREFIXES["owl"], PREFIXES["dcterms"]


@dataclass(frozen=True, slots=True)
class Headers:
    """What the files below home state. mapping_sets: file name -> (IRI of the set, its version)."""

    version: str
    issued: str
    version_iri: str
    mapping_sets: Mapping[str, tuple[str, str]]

    def version_iris(self) -> dict[str, Any]:
        """The version IRIs of ontology, catalogue and mapping sets, as a manifest has them."""
        return {
            "ontology": self.version_iri,
            "catalogue": iri("release", self.version),
            "mapping_sets": {
                name: {"id": set_iri, "version": version, "version_iri": f"{set_iri}/{version}"}
                for name, (set_iri, version) in sorted(self.mapping_sets.items())
            },
        }


def read_headers(home: Path, graph: Facts) -> Headers:
    """What the files state. Raises SourceError if the ontology's header has no version or date, or a mapping set no
    version."""

    def said(predicate: str) -> str:
        texts = sorted(graph.values(ONTOLOGY, predicate))
        if len(texts) != 1:
            raise SourceError(
                f"the ontology's header has {len(texts) or 'no'} {predicate.rpartition('/')[2].rpartition('#')[2]}",
                where=_HEADER,
                mend="state it once, by hand",
            )
        return literal_of(texts[0])[0] or texts[0][1:-1]

    sets = {}
    for path in sorted((home / "ontology" / "matches").glob("*.sssom.tsv")):
        metadata = read_mapping_set(path).metadata
        set_iri, version = metadata.get("mapping_set_id"), metadata.get("mapping_set_version")
        if not set_iri or not is_version(str(version)):
            raise SourceError(
                "the mapping set has no mapping_set_id or no mapping_set_version such as 1.2.0",
                where=f"{path.relative_to(home).as_posix()}, header",
                mend='write # mapping_set_version: "1.2.0"',
            )
        sets[path.name] = (str(set_iri), str(version))
    version = said(_OWL + "versionInfo")
    read_version(version, f"{_HEADER}, owl:versionInfo")
    return Headers(version, said(_DCTERMS + "issued"), said(_OWL + "versionIRI"), sets)


def disagreements(
    home: Path, graph: Facts, headers: Headers, software: str, changed_sets: Mapping[str, bool]
) -> list[str]:
    """Where the files do not agree on the version, each as what, where and mend in one line; empty if they do.

    changed_sets: name of a mapping file -> whether its rows differ from the last release."""
    version, found = headers.version, []
    if headers.version_iri != f"{ONTOLOGY}/{version}":
        found.append(f"{_HEADER}: owl:versionIRI is {headers.version_iri}; write <{ONTOLOGY}/{version}>")
    if software != version:
        found.append(
            f'src/cmh_graph/__init__.py: __version__ is {software}, the ontology says {version}; write "{version}"'
        )
    entry = iri("release", version)
    if f'"{version}"' not in graph.values(entry, _OWL + "versionInfo"):
        found.append(
            f'{_LIST}: release:{version} is missing, or has no owl:versionInfo "{version}"; add its block'
        )
    else:
        dates = {literal_of(text)[0] for text in graph.values(entry, _DCTERMS + "issued")}
        if dates != {headers.issued}:
            found.append(
                f"{_LIST}: release:{version} is dated {', '.join(sorted(dates)) or 'nowhere'}, "
                f"the ontology's header {headers.issued}; write the same date"
            )
        if not graph.values(entry, CMH + "changes"):
            found.append(f"{_LIST}: release:{version} does not say what changed; add cmh:changes")
    for name, (_, own) in sorted(headers.mapping_sets.items()):
        where = f"ontology/matches/{name}, header"
        if read_version(own) > read_version(version):
            found.append(
                f"{where}: mapping_set_version {own} is later than the release, {version}; write {version}"
            )
        elif changed_sets.get(name) and own != version:
            found.append(
                f'{where}: rows changed since the last release, mapping_set_version is still {own}; write "{version}"'
            )
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", headers.issued):
        found.append(f"{_HEADER}: dcterms:issued is {headers.issued[:40]}; write a date such as 2026-11-21")
    return found
