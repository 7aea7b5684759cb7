"""What an alignment did, for a person (report.md; report.html is in reports) and for a program (report.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from cmh_graph import __version__
from cmh_graph.align.tables import Reject


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A title that matched nothing, the first row it is on, how many rows have it, and why."""

    title: str
    first_row: int
    rows: int
    why: str


@dataclass(frozen=True, slots=True)
class AcceptedTitle:
    """A title that one role fits, the rows that have it, and why. inferred: matched by a name of our own judgement."""

    title: str
    first_row: int
    rows: int
    confidence: float
    why: str
    inferred: bool


@dataclass(frozen=True, slots=True)
class AcceptedRole:
    """A role, how many rows were accepted for it, and their titles, most rows first."""

    role: str
    label: str
    rows: int
    titles: tuple[AcceptedTitle, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A role that a person might choose for a title."""

    role: str
    label: str
    confidence: float
    why: str
    inferred: bool


@dataclass(frozen=True, slots=True)
class ReviewTitle:
    """A title that a person must choose for. why: what holds us back, in words."""

    title: str
    first_row: int
    rows: int
    why: tuple[str, ...]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class AlignmentSummary:
    """rows: data rows read; rows == aligned + rejected. Lists hold the first MOST_LISTED, counts everything.

    zones: by machine. decided: rows of each zone that people answered earlier, which stand in none of the lists.
    accepted: by role. accepted_titles, review_titles, unmatched_titles: how many titles differ, capitals aside."""

    table: str
    columns: Mapping[str, str]
    rows: int
    aligned: int
    rejected: int
    zones: Mapping[str, int]
    roles: Mapping[str, int]
    unmatched: tuple[Unmatched, ...]
    unmatched_titles: int
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...] = field(default=())
    accepted: tuple[AcceptedRole, ...] = field(default=())
    accepted_titles: int = 0
    to_review: tuple[ReviewTitle, ...] = field(default=())
    review_titles: int = 0
    decided: Mapping[str, int] = field(default_factory=lambda: {"accept": 0, "review": 0, "none": 0})
    version: str = __version__


#: Lists in the report stop here; candidates.csv and rejects.csv hold every row.
MOST_LISTED = 1000


def as_json(summary: AlignmentSummary) -> str:
    return json.dumps(asdict(summary), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def as_markdown(summary: AlignmentSummary) -> str:
    """The report as Markdown; text from the file is shown as text, never as markup."""
    lines = [
        f"# Titles of {_text(summary.table)} matched to framework roles",
        "",
        f"{summary.rows} rows: {summary.aligned} aligned, {summary.rejected} rejected.",
        "",
        "| Zone | Rows | Meaning |",
        "|---|---|---|",
        f"| accept | {summary.zones['accept']} | one role fits well, no other comes near; unreviewed |",
        f"| review | {summary.zones['review']} | a person must choose; candidates.csv says why |",
        f"| none | {summary.zones['none']} | no framework role fits |",
        "",
        "Columns used: "
        + (", ".join(f"{_text(v)} as {k}" for k, v in summary.columns.items()) or "none")
        + ".",
    ]
    lines += ["", *(f"- {_text(note)}" for note in summary.notes)] if summary.notes else []
    lines += ["", "## Roles proposed first", "", "| Role | Rows |", "|---|---|"]
    by_count = sorted(summary.roles.items(), key=lambda pair: (-pair[1], pair[0]))
    lines += [f"| {_text(role)} | {count} |" for role, count in by_count]
    lines += ["", f"## Matched nothing: {summary.unmatched_titles} titles", ""]
    lines += ["| Title | Rows | First row | Why |", "|---|---|---|---|"] if summary.unmatched else []
    lines += [
        f"| {_text(one.title)} | {one.rows} | {one.first_row} | {_text(one.why)} |"
        for one in summary.unmatched
    ]
    if summary.unmatched_titles > len(summary.unmatched):
        lines.append(f"\nThe first {len(summary.unmatched)} are listed; candidates.csv has them all.")
    lines += ["", f"## Rejected: {summary.rejected} rows", ""]
    lines += ["| Line | Reason | Starts with |", "|---|---|---|"] if summary.rejects else []
    lines += [f"| {one.line} | {_text(one.reason)} | {_text(one.raw)} |" for one in summary.rejects]
    if summary.rejected > len(summary.rejects):
        lines.append(f"\nThe first {len(summary.rejects)} are listed; rejects.csv has them all.")
    return "\n".join(lines) + "\n"


def _text(text: str) -> str:
    marks = {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "|": "\\|",
        "`": "\\`",
        "*": "\\*",
        "_": "\\_",
        "[": "\\[",
    }
    return "".join(marks.get(char, char) for char in " ".join(text.split()))
