"""A table of titles -> candidates.csv, mappings.sssom.tsv, rejects.csv, report.html, report.md and report.json."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from cmh_graph import __version__
from cmh_graph.align.cells import inert
from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.mapping_set import (
    MappingSetWriter,
    catalogue_name,
    catalogue_of,
    set_id,
    subject_base,
)
from cmh_graph.align.report import MOST_LISTED, AlignmentSummary, Unmatched, as_json, as_markdown
from cmh_graph.align.reports.alignment import alignment_page
from cmh_graph.align.reports.tally import Tally
from cmh_graph.align.review.kept import kept_decisions
from cmh_graph.align.review.learn import Learned
from cmh_graph.align.tables import Field, Reject, TitleRow, read_table
from cmh_graph.align.titles.aligner import BLOCK, Aligner, Alignment, Post
from cmh_graph.delimited import RowWriter
from cmh_graph.errors import BadParameter
from cmh_graph.namespaces import iri, key_of
from cmh_graph.partner import MAPPINGS

CANDIDATE_COLUMNS = ("row", "key", "title", "rank", "role", "rolls_up_to", "confidence", "zone", "why")
REJECT_COLUMNS = ("row", "line", "reason", "raw")
PROGRESS_EVERY = 1000
#: An IRI that ends in a name which an IRI may hold as it stands.
_IRI = re.compile(r"(https?://[^\s<>\"{}|^`\\]+[/#])[A-Za-z0-9._~-]+")
#: Notes on decided titles that are told one by one.
MOST_NOTES = 20

Progress = Callable[[int], None]


def align(
    table: Iterable[TitleRow | Reject],
    labels: RoleLabels,
    *,
    top: int = 5,
    progress: Progress | None = None,
    learned: Learned | None = None,
) -> Iterator[tuple[TitleRow, Alignment] | Reject]:
    """Align rows in blocks and in order; rejects pass through. progress: called with the rows done so far.

    learned: what an employer's decisions teach, to be used instead of the labels alone."""
    aligner = learned.aligner(labels, top) if learned else Aligner(labels, top=top)
    rest = iter(table)
    done = 0
    while rows := list(islice(rest, BLOCK)):
        found = aligner.align_all(post_of(row) for row in rows if isinstance(row, TitleRow))
        for row in rows:
            yield row if isinstance(row, Reject) else (row, next(found))
            done += 1
            if progress and done % PROGRESS_EVERY == 0:
                progress(done)


def post_of(row: TitleRow) -> Post:
    """What counts of a row when it is matched."""
    return Post(row.title, row.band, f"{row.employer_type} {row.employer}".strip(), row.description)


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
    learned: Learned | None = None,
    employer_type: str = "",
) -> AlignmentSummary:
    """Align a file and write what was found to out_dir. Files appear only when all are whole.

    path may be an employer's catalogue, a folder with source.toml: then its roles.csv is read. What people decided
    earlier, in out_dir's mapping set or in the catalogue's, is kept: such titles are not asked again, and a note says
    where the machine now thinks otherwise. learned: what an employer's decisions teach.

    columns: our field -> the file's column name. base: what the IRIs of the titles start with.
    version: of the mapping set. employer_type: for rows that name none. Raises SourceError and BadParameter as
    read_table does; then the files of an earlier run are left as they were."""
    catalogue = catalogue_of(path)
    table = read_table(catalogue or path, columns, sheet)
    name = catalogue_name(path)
    first, rows_of_table = _peek(_of_employer(table.rows, employer_type))
    base = base or _namespace(first)
    earlier = [out_dir / MAPPINGS, *([catalogue / MAPPINGS] if catalogue else [])]
    kept = kept_decisions(earlier, set_id(name))
    notes: list[str] = []
    settled = 0
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadParameter(
            f"the results cannot be written: {(error.strerror or str(error)).lower()}",
            where=str(out_dir),
            mend="give a folder that you may write to",
        ) from None
    zones: Counter[str] = Counter({"accept": 0, "review": 0, "none": 0})
    roles: Counter[str] = Counter()
    tally = Tally(labels)
    nothing: dict[str, Unmatched] = {}
    nothing_seen: set[int] = set()
    rejects: list[Reject] = []
    subjects: dict[str, int] = {}
    rows = rejected = 0
    names = ("candidates.csv", "mappings.sssom.tsv", "rejects.csv", "report.md", "report.json", "report.html")
    halves = {name: out_dir / f".{name}.{os.getpid()}.part" for name in names}
    try:
        with ExitStack() as files:
            opened = {
                name: files.enter_context(half.open("w", encoding="utf-8", newline=""))
                for name, half in halves.items()
            }
            candidates = RowWriter(opened["candidates.csv"])
            candidates.writerow(CANDIDATE_COLUMNS)
            reject_rows = RowWriter(opened["rejects.csv"])
            reject_rows.writerow(REJECT_COLUMNS)
            mappings = MappingSetWriter(
                opened["mappings.sssom.tsv"],
                name=name,
                base=subject_base(path, base),
                version=version,
                tool_version=__version__,
                mapping_date=mapping_date,
                kept=kept,
            )
            for one in align(rows_of_table, labels, top=top, progress=progress, learned=learned):
                rows += 1
                if isinstance(one, Reject):
                    rejected += 1
                    reject_rows.writerow((one.row, one.line, one.reason, inert(one.raw)))
                    if len(rejects) < MOST_LISTED:
                        rejects.append(one)
                    continue
                row, found = one
                candidates.writerows(candidate_lines(row, found))
                subject = mappings.subject(subject_key(row, subjects, base or ""))
                mappings.accepted(subject)
                tally.add(row, found, decided=kept.settled(subject, row.title))
                if kept.settled(subject, row.title):
                    settled += 1
                else:
                    _write_mappings(mappings, subject, row, found, labels, kept.denied(subject))
                mappings.others(subject)
                if (said := kept.note(subject, row.title, found.role or "none")) and len(notes) <= MOST_NOTES:
                    notes.append(said)
                zones[found.zone] += 1
                if found.candidates:
                    roles[found.candidates[0].role] += 1
                elif not kept.settled(subject, row.title):
                    _count_unmatched(nothing, nothing_seen, row, found)
            if progress:
                progress(rows)
            gone = mappings.left()
            notes = _notes(settled, notes, gone)
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
                (*table.notes, *notes),
            )
            summary = tally.added_to(summary)
            opened["report.html"].write(alignment_page(summary))
            opened["report.md"].write(as_markdown(summary))
            opened["report.json"].write(as_json(summary))
        for name, half in halves.items():
            half.replace(out_dir / name)
    finally:
        for half in halves.values():
            half.unlink(missing_ok=True)
    return summary


def _notes(settled: int, changed: list[str], gone: list[str]) -> list[str]:
    """What to say of earlier decisions."""
    out = [f"{settled} titles were decided earlier and are not asked again"] if settled else []
    out += changed[:MOST_NOTES]
    if len(changed) > MOST_NOTES:
        out.append("more decided titles have another proposal now; compare candidates.csv")
    if gone:
        keys = ", ".join(key_of(one) for one in gone[:5]) + (" ..." if len(gone) > 5 else "")
        out.append(f"{len(gone)} decided titles are not in the table any more and were kept: {keys}")
    return out


def _peek(rows: Iterator[TitleRow | Reject]) -> tuple[TitleRow | None, Iterator[TitleRow | Reject]]:
    """The first row with a title among the first few, and all the rows."""
    held = list(islice(rows, 50))
    return next((one for one in held if isinstance(one, TitleRow)), None), chain(held, rows)


def _of_employer(rows: Iterator[TitleRow | Reject], employer_type: str) -> Iterator[TitleRow | Reject]:
    """The rows, with the employer's type where they name none."""
    if not employer_type:
        return rows
    return (
        one if isinstance(one, Reject) or one.employer_type else replace(one, employer_type=employer_type)
        for one in rows
    )


def _namespace(first: TitleRow | None) -> str | None:
    """What the identifiers of a catalogue in RDF start with: they have IRIs of their own, which the mappings keep."""
    found = _IRI.fullmatch(first.key) if first else None
    return found.group(1) if found else None


def subject_key(row: TitleRow, seen: dict[str, int], base: str = "") -> str:
    """The row's own identifier, without the base; where a key occurs twice, the later rows add their number.

    seen: keys of the rows before -> their number; this row is added."""
    name = row.key.removeprefix(base) or str(row.row)
    first = seen.setdefault(name, row.row)
    return name if first == row.row else f"{name}-row{row.row}"


def _write_mappings(
    mappings: MappingSetWriter,
    subject: str,
    row: TitleRow,
    found: Alignment,
    labels: RoleLabels,
    denied: frozenset[str] = frozenset(),
) -> None:
    """The candidates of a title, without the roles that people denied for it."""
    if not found.candidates:
        mappings.no_match(subject, row.title, confidence=1 - found.confidence, why=found.why)
        return
    for one in found.candidates:
        if one.zone == "none" or (found.zone == "accept" and one.rank > 1) or iri("role", one.role) in denied:
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
