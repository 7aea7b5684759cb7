"""A table of titles -> candidates.csv, mappings.sssom.tsv, rejects.csv, report.md and report.json."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from .. import __version__
from .abbreviations import Surroundings
from .candidates import LabelIndex
from .cells import inert
from .explain import explain_candidate, explain_none
from .labels import RoleLabels
from .mapping_set import MappingSetWriter, subject_base
from .read_table import Field, Reject, TitleRow, read_table
from .readings import read
from .report import MOST_LISTED, AlignmentSummary, Unmatched, as_json, as_markdown
from .score import Scored, Scorer, Weights
from .title_parts import TitleParts, band_list, title_parts
from .wording import JOINING, stem, words
from .zones import Decision, Limits, Zone, decide

CANDIDATE_COLUMNS = ("row", "key", "title", "rank", "role", "rolls_up_to", "confidence", "zone", "why")
REJECT_COLUMNS = ("row", "line", "reason", "raw")
PROGRESS_EVERY = 1000

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of candidates.csv without its row: a role, how sure we are and why.

    zone: of the first, what we decided; of the others, `review` if a person might choose it, else `none`."""

    rank: int
    role: str
    rolls_up_to: str
    confidence: float
    zone: Zone
    why: str
    scored: Scored

    @property
    def target(self) -> str:
        """The key that counts in evaluation."""
        return self.rolls_up_to or self.role


@dataclass(frozen=True, slots=True)
class Alignment:
    """A title with its candidates, best first. nearest holds them even where the zone is none."""

    zone: Zone
    why: str
    candidates: tuple[Candidate, ...]
    nearest: tuple[Scored, ...]
    parts: TitleParts
    decision: Decision

    @property
    def confidence(self) -> float:
        """Of the nearest role, proposed or not; 0 if there is none."""
        return self.nearest[0].confidence if self.nearest else 0.0


@dataclass(slots=True)
class Aligner:
    """Aligns one title at a time; keeps the answers of recent titles, as lists repeat themselves."""

    labels: RoleLabels
    weights: Weights = field(default_factory=Weights)
    limits: Limits = field(default_factory=Limits)
    top: int = 5
    _scorer: Scorer = field(init=False, repr=False)
    _align: Callable[[str, str, str, str], Alignment] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._scorer = Scorer(LabelIndex(self.labels), self.weights)
        self._align = lru_cache(maxsize=20_000)(self._one)

    def align(
        self, title: str, *, band: str = "", employer_type: str = "", description: str = ""
    ) -> Alignment:
        """The candidates of a title. Same arguments, same answer, whatever was asked before."""
        return self._align(title, band, employer_type, description[:5000])

    def _one(self, title: str, band: str, employer_type: str, description: str) -> Alignment:
        parts = title_parts(title)
        bands = band_list(band) or parts.bands
        around = Surroundings(title, bands, employer_type)
        readings = read(parts, around, self._scorer.index.spell)
        said = frozenset(stem(word) for word in words(description) if word not in JOINING)
        ranked = self._scorer.rank(readings, bands, said, employer_type)
        decision = decide(ranked, readings, self.limits)
        nearest = tuple(ranked[: self.top])
        if decision.zone == "none":
            why = explain_none(ranked, parts, decision, self.labels)
            return Alignment("none", why, (), nearest, parts, decision)
        candidates = tuple(
            Candidate(
                rank,
                one.role,
                one.target if one.target != one.role else "",
                one.confidence,
                decision.zone if rank == 1 else "review" if one.confidence >= self.limits.review else "none",
                explain_candidate(one, rank, ranked, parts, decision, self.labels),
                one,
            )
            for rank, one in enumerate(nearest, start=1)
        )
        return Alignment(decision.zone, candidates[0].why, candidates, nearest, parts, decision)


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
