"""Mapping sets in SSSOM/TSV: a header in YAML, then a table with prefixed names."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from cmh_graph.align.cells import FORMULA_STARTS, inert
from cmh_graph.export.mapping_sets.slots import ROW_SLOTS, Slots
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.sssom import MappingSet, parse_mapping_file
from cmh_graph.sssom.read import mapping_set
from cmh_graph.sssom.write import line_of

_XSD: Final = PREFIXES["xsd"]
#: Prefixes for codes of other schemes, beside our own.
_CODES: Final = {
    "esco-occupation": "http://data.europa.eu/esco/occupation/",
    "isco": "http://data.europa.eu/esco/isco/C",
    "soc2020": BASE + "code/soc2020/",
    "onet": BASE + "code/onet/",
    "nhs-sds": BASE + "code/nhs-sds/",
    "wikidata": "http://www.wikidata.org/entity/",
}
_KNOWN: Final = {**PREFIXES, **_CODES}
_SPACE: Final = re.compile(r".*[/#]")
#: Slots of the whole set that stand in its header; a row that says otherwise gets a column.
_SHARED: Final = ("object_source", "object_source_version")
_TEXTS: Final = tuple(slot for slot, (_, kind) in ROW_SLOTS.items() if kind in ("text", "string"))
_LINKS: Final = tuple(
    slot for slot, (_, kind) in ROW_SLOTS.items() if kind == "link" and slot != "predicate_modifier"
)


def write_tsv(found: Slots) -> bytes:
    """The file of one set."""
    rows = [dict(row) for row in found.rows]
    for slot in _SHARED:
        for row in rows:
            if row.get(slot) == found.header.get(slot):
                row.pop(slot, None)
    used = {iri for row in rows for slot in _LINKS if (iri := row.get(slot))}
    used |= {iri for iri in (found.header.get("object_source"),) if iri}
    prefixes = _prefixes(used)
    columns = [
        slot for slot in ROW_SLOTS if slot in ("predicate_id", "object_id", "mapping_justification")
        or any(slot in row for row in rows)
    ]  # fmt: skip
    lines = [f"# {line}\n" for line in _header(found, prefixes, columns)]
    lines.append(line_of(columns))
    for row in rows:
        for slot in _LINKS:
            if slot in row:
                row[slot] = _short(row[slot], prefixes)
        for slot in _TEXTS:
            if slot in row:
                row[slot] = inert(row[slot])
        lines.append(line_of([row.get(slot, "") for slot in columns]))
    return "".join(lines).encode()


def _header(found: Slots, prefixes: dict[str, str], columns: list[str]) -> Iterable[str]:
    yield "curie_map:"
    for prefix, iri in prefixes.items():
        yield f"  {prefix}: {_quoted(iri)}"
    yield f"mapping_set_id: {_quoted(found.iri)}"
    for slot in ("mapping_set_version", "mapping_set_title", "mapping_set_description", "license"):
        if slot in found.header:
            yield f"{slot}: {_quoted(found.header[slot])}"
    if source := found.header.get("object_source"):
        yield f"object_source: {_quoted(_short(source, prefixes))}"
    if version := found.header.get("object_source_version"):
        yield f"object_source_version: {_quoted(version)}"
    ours = [slot for slot in columns if slot.startswith("cmh_")]
    if ours:
        yield "extension_definitions:"
    for slot in ours:
        predicate, kind = ROW_SLOTS[slot]
        yield f"  - slot_name: {slot}"
        yield f"    property: {_quoted(predicate)}"
        yield f"    type_hint: {_quoted(_XSD + ('anyURI' if kind == 'link' else 'string'))}"


def _quoted(text: str) -> str:
    """A YAML string in double quotes, which JSON's are; line breaks escaped, so it stays one line."""
    return (
        json.dumps(text, ensure_ascii=False)
        .replace("\x85", "\\N")
        .replace("\u2028", "\\L")
        .replace("\u2029", "\\P")
    )


def _prefixes(used: Iterable[str]) -> dict[str, str]:
    """prefix -> namespace for all IRIs, known ones by name, others as ns1, ns2 and so on."""
    found: dict[str, str] = {}
    others: list[str] = []
    for iri in sorted(used):
        fits = [one for one in _KNOWN.items() if iri.startswith(one[1])]
        best = max(fits, key=lambda one: len(one[1]), default=None)
        if best and "/" not in iri[len(best[1]) :]:
            found[best[0]] = best[1]
        elif (space := _SPACE.match(iri)) and space[0] not in others:
            others.append(space[0])
    named = {prefix: found[prefix] for prefix in _KNOWN if prefix in found}
    return named | {f"ns{number}": space for number, space in enumerate(others, 1)}


def _short(iri: str, prefixes: dict[str, str]) -> str:
    fits = [one for one in prefixes.items() if iri.startswith(one[1])]
    best = max(fits, key=lambda one: len(one[1]), default=None)
    return f"{best[0]}:{iri[len(best[1]) :]}" if best else iri


def read_tsv(data: bytes, name: str) -> MappingSet:
    """The set in a file that we wrote. Raises SourceError, with line and column, if it cannot be read."""
    file = parse_mapping_file(data, PurePosixPath(name))  # type: ignore[arg-type]
    rows = tuple(row.having(**{slot: _freed(row[slot]) for slot in _TEXTS if row[slot]}) for row in file.rows)
    return mapping_set(dataclasses.replace(file, rows=rows))


def _freed(text: str) -> str:
    """A text without the apostrophe that keeps it from being a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
