"""A table of titles -> candidates.csv, mappings.sssom.tsv, rejects.csv, report.md and report.json."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from cmh_graph import __version__
from cmh_graph.align.cells import inert
from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.mapping_set import MappingSetWriter, subject_base
from cmh_graph.align.report import MOST_LISTED, AlignmentSummary, Unmatched, as_json, as_markdown
from cmh_graph.align.tables.read_table import Field, Reject, TitleRow, read_table
from cmh_graph.align.titles.aligner import Aligner, Alignment

CANDIDATE_COLUMNS = ("row", "key", "title", "rank", "role", "rolls_up_to", "confidence", "zone", "why")
REJECT_COLUMNS = ("row", "line", "reason", "raw")
PROGRESS_EVERY = 1000

Progress = Callable[[int], None]


def align(
    table: Iterable[TitleRow | Reject], labels: RoleLabels, *, top: int = 5, progress: Progress | None = None
) -> Iterator[tuple[TitleRow, Alignment] | Reject]:
    """Align rows one by one, in order; rejects pass through. progress: called with the rows done so far."""
    aligner = Aligner(labels, top=top)
    for done, row in enumerate(table, start=1):
        if isinstance(row, Reject):
            yield row
        else:
            found = aligner.align(
                row.title,
                band=row.band,
                employer_type=f"{row.employer_type} {row.employer}".strip(),
                description=row.description,
            )
            yield row, found
        if progress and done % PROGRESS_EVERY == 0:
            progress(done)


def candidate_lines(row: TitleRow, found: Alignment) -> Iterator[tuple[str, ...]]:
    """The lines of candidates.csv for a row: one per candidate, or one that says why there is none."""
    start = (str(row.row), inert(row.key), inert(row.title))
    if not found.candidates:
        yield (*start, "0", "", "", f"{found.confidence:.3f}", "none", inert(found.why))
    for one in found.candidates:
        yield (
            *start,
            str(one.rank),
            one.role,
            one.rolls_up_to,
            f"{one.confidence:.3f}",
            one.zone,
            inert(one.why),
        )


def run(
    path: Path,
    out_dir: Path,
    labels: RoleLabels,
    *,
    columns: Mapping[Field, str] | None = None,
    sheet: str | None = None,
    base: str | None = None,
    version: str = __version__,
    mapping_date: str = "",
    top: int = 5,
    progress: Progress | None = None,
) -> AlignmentSummary:
    """Align a file and write what was found to out_dir. Files appear only when all are whole.

    columns: our field -> the file's column name. base: what the IRIs of the titles start with.
    version: of the mapping set. Raises SourceError and BadParameter as read_table does; then the files of
    an earlier run are left as they were."""
    table = read_table(path, columns, sheet)
    out_dir.mkdir(parents=True, exist_ok=True)
    zones: Counter[str] = Counter({"accept": 0, "review": 0, "none": 0})
    roles: Counter[str] = Counter()
    nothing: dict[str, Unmatched] = {}
    nothing_seen: set[int] = set()
    rejects: list[Reject] = []
    subjects: dict[str, int] = {}
    rows = rejected = 0
    names = ("candidates.csv", "mappings.sssom.tsv", "rejects.csv", "report.md", "report.json")
    halves = {name: out_dir / f".{name}.{os.getpid()}.part" for name in names}
    try:
        with ExitStack() as files:
            opened = {
                name: files.enter_context(half.open("w", encoding="utf-8", newline=""))
                for name, half in halves.items()
            }
            candidates = csv.writer(opened["candidates.csv"], lineterminator="\n")
            candidates.writerow(CANDIDATE_COLUMNS)
            reject_rows = csv.writer(opened["rejects.csv"], lineterminator="\n")
            reject_rows.writerow(REJECT_COLUMNS)
            mappings = MappingSetWriter(
                opened["mappings.sssom.tsv"],
                name=path.stem,
                base=subject_base(path, base),
                version=version,
                tool_version=__version__,
                mapping_date=mapping_date,
            )
            for one in align(table.rows, labels, top=top, progress=progress):
                rows += 1
                if isinstance(one, Reject):
                    rejected += 1
                    reject_rows.writerow((one.row, one.line, one.reason, inert(one.raw)))
                    if len(rejects) < MOST_LISTED:
                        rejects.append(one)
                    continue
                row, found = one
                candidates.writerows(candidate_lines(row, found))
                _write_mappings(mappings, _subject(mappings, row, subjects), row, found, labels)
                zones[found.zone] += 1
                if found.candidates:
                    roles[found.candidates[0].role] += 1
                else:
                    _count_unmatched(nothing, nothing_seen, row, found)
            if progress:
                progress(rows)
            summary = AlignmentSummary(
                table.name,
                {str(field): name for field, name in table.used.items()},
                rows,
                rows - rejected,
                rejected,
                dict(zones),
                dict(sorted(roles.items())),
                tuple(sorted(nothing.values(), key=lambda one: (-one.rows, one.first_row))),
                len(nothing_seen),
                tuple(rejects),
                tuple(table.notes),
            )
            opened["report.md"].write(as_markdown(summary))
            opened["report.json"].write(as_json(summary))
        for name, half in halves.items():
            half.replace(out_dir / name)
    finally:
        for half in halves.values():
            half.unlink(missing_ok=True)
    return summary


def _subject(mappings: MappingSetWriter, row: TitleRow, seen: dict[str, int]) -> str:
    """The row's own identifier; where a key occurs twice, the later rows add their number."""
    name = row.key or str(row.row)
    first = seen.setdefault(name, row.row)
    return mappings.subject(name if first == row.row else f"{name}-row{row.row}")


def _write_mappings(
    mappings: MappingSetWriter, subject: str, row: TitleRow, found: Alignment, labels: RoleLabels
) -> None:
    if not found.candidates:
        mappings.no_match(subject, row.title, confidence=1 - found.confidence, why=found.why)
        return
    for one in found.candidates:
        if one.zone == "none" or (found.zone == "accept" and one.rank > 1):
            continue
        features = one.scored.features
        mappings.match(
            subject,
            row.title,
            one.role,
            labels.name(one.role),
            alike=not features.level_clash
            and features.head >= 0.5
            and one.scored.entry.role.rolls_up_to is not None,
            exact=features.exact,
            confidence=one.confidence,
            matched=one.scored.entry.text,
            why=f"{one.zone}: {one.why}" + (f"; counts as {one.rolls_up_to}" if one.rolls_up_to else ""),
        )


def _count_unmatched(nothing: dict[str, Unmatched], seen: set[int], row: TitleRow, found: Alignment) -> None:
    title = row.title.casefold()
    seen.add(hash(title))
    held = nothing.get(title)
    if held:
        nothing[title] = Unmatched(held.title, held.first_row, held.rows + 1, held.why)
    elif len(nothing) < MOST_LISTED:
        nothing[title] = Unmatched(row.title, row.row, 1, found.why)
