"""Earlier decisions on an employer's titles, found where a run would write: they outlive every run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cmh_graph.align.review.reviewed_file import COLUMNS, rows_by_subject
from cmh_graph.errors import SourceError
from cmh_graph.namespaces import key_of
from cmh_graph.sssom.model import MappingFile, Row
from cmh_graph.sssom.read import read_mapping_file
from cmh_graph.sssom.stale import same_title

#: Columns whose cells are prefixed names.
IRI_COLUMNS = ("subject_id", "predicate_id", "object_id", "mapping_justification", "object_source")


@dataclass(frozen=True, slots=True)
class Kept:
    """Decided rows by the IRI of their title, each cell with IRIs in full; other columns they have; their prefixes."""

    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)

    def settled(self, subject: str, title: str) -> bool:
        """Whether a title has an accepted answer for these very words, so that nobody need be asked."""
        return any(
            _state(row) == "accepted" and same_title(row["subject_label"], title)
            for row in self.rows.get(subject, ())
        )

    def denied(self, subject: str) -> frozenset[str]:
        """IRIs of what people said a title does not mean."""
        return frozenset(row["object_id"] for row in self.rows.get(subject, ()) if _state(row) == "rejected")

    def note(self, subject: str, title: str, proposed: str) -> str:
        """What a person should know of a decided title: that its words changed, or that the machine now proposes
        something else than it did when they decided; "" if nothing. proposed: a role's key, or "none"."""
        rows = [row for row in self.rows.get(subject, ()) if _state(row) == "accepted"]
        if not rows:
            return ""
        answer = "none" if rows[0]["object_id"].endswith("NoTermFound") else key_of(rows[0]["object_id"])
        if not self.settled(subject, title):
            return f"'{title}' was '{rows[0]['subject_label']}' when it was decided as {answer}: it is asked again"
        before = rows[0]["cmh_machine_proposal"]
        if not before or proposed in (before, answer):
            return ""
        return (
            f"'{title}' stays {answer}, as decided; the machine now proposes {proposed} instead of {before}"
        )


def kept_decisions(paths: Iterable[Path], set_id: str) -> Kept:
    """The decisions in some mapping files, those that are there; of two on one title the later day counts, then the
    file named first.

    set_id: of the set that is to be written. Raises SourceError if a file cannot be read, or holds decisions of another
    set, which writing there would mix up."""
    rows: dict[str, tuple[Row, ...]] = {}
    columns: list[str] = []
    prefixes: dict[str, str] = {}
    for path in paths:
        if not path.is_file():
            continue
        file = read_mapping_file(path)
        decided = {
            subject: found
            for subject, all_rows in rows_by_subject(file).items()
            if (
                found := tuple(
                    _full(file, row) for row in all_rows if file.state(row) not in (None, "candidate")
                )
            )
        }
        if decided and file.said("mapping_set_id") not in ("", set_id):
            raise SourceError(
                f"this file holds decisions on another catalogue: {file.said('mapping_set_id')}",
                where=str(path),
                mend="give another folder with --out",
            )
        for subject, found in decided.items():
            if subject not in rows or _last(found) > _last(rows[subject]):
                rows[subject] = found
        if decided:
            columns += [name for name in file.columns if name not in (*COLUMNS, *columns)]
            prefixes |= {name: base for name, base in file.prefixes.items() if name not in prefixes}
    return Kept(rows, tuple(columns), prefixes)


def _full(file: MappingFile, row: Row) -> Row:
    """The row with IRIs in full, so that it can go into a file with other prefixes."""
    full = {
        name: file.iri(row, name) for name in IRI_COLUMNS if row[name] and row[name] != "sssom:NoTermFound"
    }
    state = file.state(row)
    return Row({**row.cells, **full, "cmh_review_state": f"review-state:{state}" if state else ""}, row.line)


def _state(row: Row) -> str:
    return row["cmh_review_state"].removeprefix("review-state:")


def _last(rows: Iterable[Row]) -> str:
    return max((row["review_date"] for row in rows), default="")
