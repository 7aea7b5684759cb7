"""SSSOM mapping sets: TSV files -> rows -> statements of the graph.

Format: https://mapping-commons.github.io/sssom/ . A file opens with its metadata as YAML behind "#", then a table with
one mapping a row. We use one extension slot, cmh_status, for the status of a row.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import CMH, GRAPH_MATCHES, PREFIXES, iri, key_of
from cmh_graph.store import Literal, NamedNode, Quad

NO_TERM_FOUND: Final = PREFIXES["sssom"] + "NoTermFound"
_REQUIRED: Final = ("predicate_id", "object_id", "mapping_justification")
_RDF_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One row. IRIs are full; subject is "" for a label that is no thing of ours. line: place in the file, from 1."""

    subject: str
    subject_label: str
    predicate: str
    object: str
    object_label: str
    object_source: str
    justification: str
    comment: str
    status: str
    line: int

    @property
    def is_no_match(self) -> bool:
        """Whether the row says that the scheme was searched and holds nothing that fits."""
        return self.object == NO_TERM_FOUND


@dataclass(frozen=True, slots=True)
class MappingSet:
    """A mapping set: its metadata as read, and its rows in file order."""

    path: Path
    metadata: Mapping[str, Any]
    rows: tuple[MappingRow, ...]


def read_mapping_set(path: Path) -> MappingSet:
    """The mapping set in a TSV file.

    Raises SourceError, with line and column, where the header is no YAML, a required column is missing or a prefix is
    not in the file's curie_map."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise SourceError(
            f"the file is not in UTF-8: {error.reason}", where=str(path), mend="save it as UTF-8"
        ) from None
    head = [line[1:].removeprefix(" ") for line in lines if line.startswith("#")]
    try:
        metadata = yaml.safe_load("\n".join(head)) or {}
    except yaml.YAMLError as error:
        raise SourceError(f"the header is not YAML: {error}", where=str(path)) from None
    prefixes = {**metadata.get("curie_map", {})}
    body = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    table = list(csv.reader((line for _, line in body), delimiter="\t", quoting=csv.QUOTE_NONE))
    columns = table[0] if table else []
    missing = [name for name in _REQUIRED if name not in columns]
    if missing:
        raise SourceError(
            f"the mapping set has no column {', '.join(missing)}",
            where=str(path),
            mend="add the columns; https://mapping-commons.github.io/sssom/ lists them",
        )

    def expand(curie: str, column: str, line: int) -> str:
        prefix, colon, local = curie.partition(":")
        if not colon or prefix not in prefixes:
            raise SourceError(
                f"'{curie}' has a prefix that the file does not define",
                where=f"{path}, line {line}, column {column}",
                mend="add the prefix to curie_map in the header",
            )
        return str(prefixes[prefix]) + local

    default_source = metadata.get("object_source", "")
    rows = []
    for (line, _), cells in zip(body[1:], table[1:], strict=True):
        if len(cells) != len(columns):
            raise SourceError(
                f"this row has {len(cells)} cells, the table has {len(columns)} columns",
                where=f"{path}, line {line}",
                mend="part the cells by single tabs, and leave an empty cell empty",
            )
        row = dict(zip(columns, cells, strict=True))
        rows.append(
            MappingRow(
                subject=expand(row["subject_id"], "subject_id", line) if row.get("subject_id") else "",
                subject_label=row.get("subject_label", ""),
                predicate=expand(row["predicate_id"], "predicate_id", line),
                object=NO_TERM_FOUND
                if row["object_id"] == "sssom:NoTermFound"
                else expand(row["object_id"], "object_id", line),
                object_label=row.get("object_label", ""),
                object_source=expand(row.get("object_source") or default_source, "object_source", line),
                justification=expand(row["mapping_justification"], "mapping_justification", line),
                comment=row.get("comment", ""),
                status=expand(row["cmh_status"], "cmh_status", line) if row.get("cmh_status") else "",
                line=line,
            )
        )
    return MappingSet(path, metadata, tuple(rows))


def mapping_quads(mapping_set: MappingSet) -> Iterator[Quad]:
    """The rows as nodes of type cmh:Mapping in the matches graph, after SSSOM's own RDF form (OWL annotations).

    A node's IRI follows from its set, subject, predicate and object, so it stays the same while the row does."""
    graph = NamedNode(GRAPH_MATCHES)
    name = key_of(str(mapping_set.metadata.get("mapping_set_id", mapping_set.path.stem)))

    def say(node: NamedNode, predicate: str, value: NamedNode | Literal) -> Quad:
        return Quad(node, NamedNode(predicate), value, graph)

    owl, skos, sssom = PREFIXES["owl"], PREFIXES["skos"], PREFIXES["sssom"]
    for row in mapping_set.rows:
        digest = hashlib.sha256(
            "\t".join((row.subject, row.subject_label, row.predicate, row.object)).encode()
        )
        node = NamedNode(iri("mapping", f"{name}-{digest.hexdigest()[:12]}"))
        yield Quad(node, _RDF_TYPE, NamedNode(CMH + "Mapping"), graph)
        # Also by SSSOM's own name, for readers of the matches graph alone.
        yield Quad(node, _RDF_TYPE, NamedNode(sssom + "Mapping"), graph)
        # A label that is no thing of ours is matched as the literal that it is.
        subject = NamedNode(row.subject) if row.subject else Literal(row.subject_label, language="en")
        yield say(node, owl + "annotatedSource", subject)
        yield say(node, sssom + "subject_label", Literal(row.subject_label, language="en"))
        yield say(node, owl + "annotatedProperty", NamedNode(row.predicate))
        yield say(node, owl + "annotatedTarget", NamedNode(row.object))
        if row.object_label:
            yield say(node, sssom + "object_label", Literal(row.object_label, language="en"))
        yield say(node, sssom + "object_source", NamedNode(row.object_source))
        yield say(node, sssom + "mapping_justification", NamedNode(row.justification))
        if row.comment:
            yield say(node, skos + "note", Literal(row.comment, language="en"))
        inferred = iri("status", "inferred")
        yield say(node, CMH + "status", NamedNode(row.status or inferred))
        yield say(node, PREFIXES["dcterms"] + "source", NamedNode(_source_of(row)))


#: Where the codes of each scheme come from: the scheme's own entry among the sources, where it has one.
_SCHEME_SOURCES: Final = {
    "esco": "esco",
    "isco": "esco",
    "soc2020": "ons-soc",
    "onet": "onet",
    "sds": "ukcore-sds",
}


def _source_of(row: MappingRow) -> str:
    inferred = row.status in ("", iri("status", "inferred"))
    return iri(
        "source", "inference" if inferred else _SCHEME_SOURCES.get(key_of(row.object_source), "inference")
    )
