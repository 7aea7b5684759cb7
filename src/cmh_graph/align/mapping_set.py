"""Proposals and earlier decisions -> an SSSOM mapping set (https://mapping-commons.github.io/sssom/), as TSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from cmh_graph.align.cells import inert
from cmh_graph.align.review.kept import IRI_COLUMNS, Kept
from cmh_graph.align.review.reviewed_file import COLUMNS, REVIEW_PREFIXES, head_lines
from cmh_graph.namespaces import BASE, GRAPH_PARTNER, PREFIXES
from cmh_graph.sssom.model import Row

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
CANDIDATE = "review-state:candidate"


def slug(text: str) -> str:
    """A text as part of an IRI: letters, digits, dot, underscore and hyphen; the rest percent-encoded."""
    return quote(re.sub(r"\s+", "-", text.strip()), safe="-._~") or "x"


def set_id(name: str) -> str:
    """The IRI of the mapping set of an employer's catalogue."""
    return f"{BASE}mappings/{slug(name)}"


class MappingSetWriter:
    """Writes the rows of one title after another. Machine rows are candidates, and never skos:exactMatch.

    base: what subject IRIs start with; mapping_date: only if the caller gives one, as a clock would make the
    same input give other bytes. kept: earlier decisions; their rows go where their title goes."""

    def __init__(
        self,
        out: TextIO,
        *,
        name: str,
        base: str,
        version: str,
        tool_version: str,
        mapping_date: str = "",
        kept: Kept | None = None,
    ) -> None:
        self._kept = kept or Kept()
        ours = base.startswith(PREFIXES["title"])
        self._title = PREFIXES["title"] if ours else base
        self._start = base.removeprefix(self._title)
        needed = {key: PREFIXES[key] for key in (*REVIEW_PREFIXES, "vocab")} | {"title": self._title}
        self._prefixes = {**self._kept.prefixes, **needed}
        self._columns = (*COLUMNS, *self._kept.columns)
        used = {key for rows in self._kept.rows.values() for row in rows for key in self._used(row)}
        for line in head_lines(
            {
                "mapping_set_id": set_id(name),
                "mapping_set_version": version,
                "mapping_set_title": f"Titles of {name} and framework roles",
                "mapping_set_description": "Proposed by machine where no reviewer is named. A cell that would start"
                " a formula in a spreadsheet has an apostrophe before it.",
                "license": LICENCE,
                "subject_source": GRAPH_PARTNER + slug(name),
                "object_source": "vocab:roles",
                "mapping_tool": "cmh-graph align",
                "mapping_tool_version": tool_version,
                "mapping_date": mapping_date,
            },
            {key: held for key, held in self._prefixes.items() if key in needed or key in used},
        ):
            out.write(line)
        self._rows = csv.writer(out, delimiter="\t", lineterminator="\n")
        self._rows.writerow(self._columns)
        self._written: set[str] = set()

    def subject(self, key: str) -> str:
        """The IRI of a title by its key in the table."""
        return f"{self._title}{self._start}{slug(key)}"

    def match(
        self, subject: str, title: str, role: str, label: str, *, alike: bool, exact: bool, confidence: float,
        matched: str, why: str,
    ) -> None:  # fmt: skip
        """alike: same function and level (closeMatch); otherwise only related."""
        self._write(
            subject_id=subject,
            subject_label=_cell(title),
            predicate_id="skos:closeMatch" if alike else "skos:relatedMatch",
            object_id=f"role:{role}",
            object_label=_cell(label),
            mapping_justification=_justification(exact=exact),
            confidence=f"{confidence:.3f}",
            # A bar would part the cell into several values.
            match_string=_cell(matched.replace("|", "/")),
            comment=_cell(why),
            cmh_review_state=CANDIDATE,
        )

    def no_match(self, subject: str, title: str, *, confidence: float, why: str) -> None:
        """confidence: how sure we are that the framework has no role for the title."""
        self._write(
            subject_id=subject,
            subject_label=_cell(title),
            predicate_id="skos:closeMatch",
            object_id="sssom:NoTermFound",
            mapping_justification=_justification(exact=False),
            confidence=f"{confidence:.3f}",
            comment=_cell(why),
            cmh_review_state=CANDIDATE,
        )

    def accepted(self, subject: str) -> None:
        """The rows by which a title was decided: accepted ones, which come before its candidates."""
        self._decided(subject, accepted=True)

    def others(self, subject: str) -> None:
        """Its rejected and superseded rows, which come after."""
        self._decided(subject, accepted=False)
        self._written.add(subject)

    def left(self) -> list[str]:
        """Write the decisions on titles that the table no longer has, by subject; gives their IRIs."""
        gone = sorted(self._kept.rows.keys() - self._written)
        for subject in gone:
            self.accepted(subject)
            self.others(subject)
        return gone

    def _decided(self, subject: str, *, accepted: bool) -> None:
        for row in self._kept.rows.get(subject, ()):
            if (row["cmh_review_state"] == "review-state:accepted") == accepted:
                short = {name: self._short(row[name]) for name in IRI_COLUMNS if "://" in row[name]}
                self._write(**{**row.cells, **short})

    def _write(self, **cells: str) -> None:
        if cells["subject_id"].startswith(self._title):
            cells["subject_id"] = f"title:{cells['subject_id'][len(self._title) :]}"
        self._rows.writerow([cells.get(column, "") for column in self._columns])

    def _short(self, iri: str) -> str:
        fits = [(len(base), name) for name, base in self._prefixes.items() if iri.startswith(base)]
        length, name = max(fits)
        return f"{name}:{iri[length:]}"

    def _used(self, row: Row) -> Iterable[str]:
        """The prefixes that a kept row needs."""
        for name in IRI_COLUMNS:
            if "://" in row[name]:
                yield self._short(row[name]).partition(":")[0]


def _justification(*, exact: bool) -> str:
    return "semapv:LexicalMatching" if exact else "semapv:LexicalSimilarityThresholdMatching"


def _cell(text: str) -> str:
    return inert(" ".join(text.replace("\0", " ").split()))


def catalogue_of(path: Path) -> Path | None:
    """The folder of the employer's catalogue that a path names: itself, or where its roles.csv lies; else None."""
    folder = path if path.is_dir() else path.parent
    named = path.is_dir() or path.name == "roles.csv"
    return folder if named and (folder / "source.toml").is_file() else None


def catalogue_name(path: Path) -> str:
    """How the titles of a file or folder are called: by the catalogue's folder, else by the file's name."""
    folder = catalogue_of(path)
    if folder:
        return folder.resolve().name
    return path.resolve().name if path.is_dir() else path.stem


def subject_base(path: Path, base: str | None) -> str:
    """What subject IRIs start with: the caller's base, or ours with the catalogue's name."""
    return base or f"{PREFIXES['title']}{slug(catalogue_name(path))}-"
