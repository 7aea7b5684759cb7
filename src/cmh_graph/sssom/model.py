"""A mapping set as it stands in its file, and a row with its IRIs written out.

Slots of our own, declared as extension_definitions in each file that has them:

cmh_status            who says so: a status of the framework (seed, public, inferred, confirmed)
cmh_review_state      candidate, accepted, rejected or superseded
cmh_review_reason     why a person decided so, in their words
cmh_target_digest     what the target was when it was accepted: see cmh_graph.sssom.targets
cmh_machine_proposal  the key of the role that the machine proposed first, or "none"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.store import NamedNode

State = Literal["candidate", "accepted", "rejected", "superseded"]
STATES: Final[tuple[State, ...]] = get_args(State)
NO_TERM_FOUND: Final = PREFIXES["sssom"] + "NoTermFound"

#: Our review slots: name -> property, type of its values.
REVIEW_SLOTS: Final = MappingProxyType(
    {
        "cmh_review_state": (CMH + "reviewState", PREFIXES["xsd"] + "anyURI"),
        "cmh_review_reason": (CMH + "reviewReason", PREFIXES["xsd"] + "string"),
        "cmh_target_digest": (CMH + "targetDigest", PREFIXES["xsd"] + "string"),
        "cmh_machine_proposal": (CMH + "machineProposal", PREFIXES["xsd"] + "string"),
    }
)
#: Prefixes that SSSOM itself defines, so that a file may leave them out of its curie_map.
_BUILT_IN: Final = ("owl", "rdf", "rdfs", "semapv", "skos", "sssom", "xsd")


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its columns, as written. line: place in the file, from 1; 0 for a row made by us.

    raw: the bytes of its line or lines as text with their end; "" if the row was made or changed."""

    cells: Mapping[str, str]
    line: int = 0
    raw: str = ""

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def having(self, **cells: str) -> Row:
        """The row with other cells; itself if they are the same."""
        if all(self[column] == value for column, value in cells.items()):
            return self
        return replace(self, cells={**self.cells, **cells}, raw="")


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A mapping set as it stands. head: the lines before the table, with their ends; columns: of the table.

    title_line: the line of column names as it stands, "" if made or changed. end: how lines end."""

    path: Path
    head: tuple[str, ...]
    metadata: Mapping[str, Any]
    columns: tuple[str, ...]
    title_line: str
    rows: tuple[Row, ...]
    end: str = "\n"
    _prefixes: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def prefixes(self) -> Mapping[str, str]:
        """The prefixes of curie_map, and SSSOM's own."""
        return {name: PREFIXES[name] for name in _BUILT_IN} | {
            str(name): str(base) for name, base in (self.metadata.get("curie_map") or {}).items()
        }

    def said(self, slot: str) -> str:
        """What the header says in a slot; "" where it says nothing, or a list."""
        value = self.metadata.get(slot)
        # Never str() of a list: a header with anchors could make it endless.
        return value if isinstance(value, str) else ""

    def expand(self, curie: str, column: str, line: int) -> str:
        """The IRI of a prefixed name. Raises SourceError with its place if the prefix is not defined, or if no
        IRI may have such characters."""
        if not curie:
            raise SourceError(
                "this cell is empty",
                where=f"{self.path}, line {line}, column {column}",
                mend="fill it with a prefixed name, such as skos:closeMatch",
            )
        prefix, colon, local = curie.partition(":")
        known = self._prefixes or self.prefixes
        if not colon or prefix not in known:
            raise SourceError(
                f"'{curie}' has a prefix that the file does not define",
                where=f"{self.path}, line {line}, column {column}",
                mend="add the prefix to curie_map in the header",
            )
        return self.checked(known[prefix] + local, curie, column, line)

    def checked(self, iri: str, said: str, column: str, line: int) -> str:
        """An IRI if it is one; otherwise SourceError with its place."""
        try:
            return NamedNode(iri).value
        except ValueError:
            raise SourceError(
                f"'{said}' makes no IRI: it has a character that no IRI may have, or its prefix is none",
                where=f"{self.path}, line {line}, column {column}",
                mend="write the character in percent form, such as %20 for a blank, or correct curie_map",
            ) from None

    def shorten(self, iri: str) -> str:
        """The prefixed name of an IRI by the file's own prefixes; SourceError if none fits."""
        known = self._prefixes or self.prefixes
        best = max(
            (one for one in known.items() if iri.startswith(one[1])),
            key=lambda one: len(one[1]),
            default=None,
        )
        if best is None:
            raise SourceError(
                f"the file has no prefix for {iri}",
                where=f"{self.path}, header",
                mend="add one to curie_map in the header",
            )
        return f"{best[0]}:{iri[len(best[1]) :]}"

    def iri(self, row: Row, column: str) -> str:
        """The IRI in a cell; "" if it is empty."""
        return self.expand(row[column], column, row.line) if row[column] else ""

    def state(self, row: Row) -> State | None:
        """The state of a row, None if it has none. Raises SourceError for a word that is no state."""
        cell = row["cmh_review_state"]
        if not cell:
            return None
        name = cell.rsplit(":", 1)[-1].rsplit("/", 1)[-1].strip().lower()
        if name not in STATES:
            raise SourceError(
                f"'{cell}' is no state of a mapping",
                where=f"{self.path}, line {row.line}, column cmh_review_state",
                mend=f"use review-state: with one of {', '.join(STATES)}",
            )
        return name


@dataclass(frozen=True, slots=True)
class MappingRow:
    """One row. IRIs are full; subject is "" for a label that is no thing of ours. line: place in the file, from 1.

    negated: the row says that this is no match. state: None in a set that nobody reviews in the file."""

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
    negated: bool = False
    state: State | None = None
    confidence: str = ""
    reviewer: str = ""
    review_date: str = ""
    reason: str = ""
    digest: str = ""
    object_version: str = ""
    proposal: str = ""

    @property
    def is_no_match(self) -> bool:
        """Whether the row says that the scheme was searched and holds nothing that fits."""
        return self.object == NO_TERM_FOUND

    @property
    def is_exact(self) -> bool:
        """Whether the row says that the two are interchangeable."""
        return self.predicate == PREFIXES["skos"] + "exactMatch" and not self.is_no_match and not self.negated


@dataclass(frozen=True, slots=True)
class MappingSet:
    """A mapping set: its metadata as read, and its rows in file order."""

    path: Path
    metadata: Mapping[str, Any]
    rows: tuple[MappingRow, ...]
