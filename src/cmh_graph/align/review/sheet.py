"""The queue -> a table to fill in with a spreadsheet program, and the filled table -> decisions."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cmh_graph.align.cells import inert
from cmh_graph.align.review.decide import RELATIONS, Decision, Reviewer
from cmh_graph.align.review.queue import Waiting
from cmh_graph.align.review.reviewed_file import rows_by_subject
from cmh_graph.align.review.work import Work
from cmh_graph.delimited import RowWriter
from cmh_graph.errors import BadParameter, SourceError
from cmh_graph.namespaces import key_of
from cmh_graph.sssom.targets import Targets

CHOICES: Final = 5
#: What people fill in: decision, and where needed role, relation and reason.
FILLED: Final = ("decision", "role", "relation", "reason")
_LARGEST: Final = 20_000_000
_WORDS: Final = {
    "accept": "accept",
    "yes": "accept",
    "exact": "exact",
    "also": "also",
    "reject": "reject",
    "none": "none",
    "skip": "",
}


def sheet_columns() -> tuple[str, ...]:
    """Columns of the table, those to be filled in first."""
    proposals = [f"{name}_{number}" for number in range(1, CHOICES + 1) for name in ("role", "sure", "why")]
    return ("title", *FILLED, "posts", "note", *proposals, "subjects")


def as_sheet(waiting: Sequence[Waiting]) -> str:
    """The queue as CSV, one line for each group of titles, in the order of the queue; no cell starts a formula."""
    out = io.StringIO(newline="")
    rows = RowWriter(out)
    rows.writerow(sheet_columns())
    for one in waiting:
        note = f"decided before, but {one.stale}" if one.stale else "" if one.choices else one.why_none
        cells = [one.titles[0][1], "", "", "", "", str(len(one.titles)), note]
        for choice in one.choices[:CHOICES]:
            sure = "" if choice.confidence is None else f"{choice.confidence:.0%}"
            cells += [choice.name, sure, choice.why]
        cells += [""] * (len(sheet_columns()) - 1 - len(cells))
        rows.writerow([inert(cell) for cell in (*cells, " ".join(key_of(each) for each in one.subjects))])
    return out.getvalue()


def read_sheet(
    path: Path, work: Work, reviewer: str = "", date: str = "", waiting: Sequence[Waiting] | None = None
) -> list[tuple[Waiting, Decision]]:
    """The decisions in a filled table; lines without a decision are passed over.

    Columns: decision (accept, also, exact, reject, none, skip, or the number of a proposal) and subjects, or key; role
    (name or key), relation (exact, close, broad, narrow, related), reason, reviewer and date may be there. reviewer,
    date: for lines that name none.
    Raises SourceError that lists every line that cannot be used; then nothing is to be recorded."""
    rows = _table(path)
    queued = {subject: one for one in (waiting or work.waiting()) for subject in one.subjects}
    every = rows_by_subject(work.file)
    keys: dict[str, list[str]] = {}
    for subject in every:
        keys.setdefault(key_of(subject), []).append(subject)
    found: list[tuple[Waiting, Decision]] = []
    wrong: list[str] = []
    decided: dict[str, int] = {}
    for line, row in rows:
        word = row.get("decision", "").strip().lower()
        if not word or _WORDS.get(word) == "":
            continue
        try:
            subjects = _subjects(row, every, keys)
            if word != "also" and (doubled := [one for one in subjects if one in decided]):
                raise BadParameter(f"{key_of(doubled[0])} is decided on line {decided[doubled[0]]} already")
            by = Reviewer(row.get("reviewer", "") or reviewer, row.get("date", "") or date)
            for subject in subjects:
                decided[subject] = line
                label = every[subject][0]["subject_label"]
                one = queued.get(subject) or Waiting("", ((subject, label),), (), "", 0.0)
                title = next(title for each, title in one.titles if each == subject)
                alone = Waiting(
                    one.wording, ((subject, title),), one.choices, one.why_none, one.doubt, one.stale
                )
                found.append((alone, _decision(word, row, alone, by, work.targets)))
        except BadParameter as error:
            wrong.append(f"    line {line}: {error.what}")
    if wrong:
        shown = "\n".join(wrong[:20]) + (f"\n    and {len(wrong) - 20} more" if len(wrong) > 20 else "")
        count = f"{len(wrong)} line{'' if len(wrong) == 1 else 's'}"
        raise SourceError(
            f"{count} of the table cannot be used, so no decision was recorded:\n{shown}",
            where=str(path),
            mend="correct the lines, or empty their decision, and run it again",
        )
    return found


def _decision(word: str, row: Mapping[str, str], one: Waiting, by: Reviewer, targets: Targets) -> Decision:
    reason = _plain(row.get("reason", ""))
    if word == "none":
        return Decision("none", by, reason=reason, shown=tuple(choice.target for choice in one.choices))
    relation = row.get("relation", "").strip().lower()
    kind = _WORDS.get(word)
    role = _plain(row.get("role", ""))
    if word.isdigit():
        if not 1 <= int(word) <= len(one.choices):
            raise BadParameter(f"there is no proposal {word} for '{one.titles[0][1]}'")
        kind, target = "accept", one.choices[int(word) - 1].target
    elif kind is None:
        raise BadParameter(
            f"'{word}' is no decision: write accept, also, exact, reject, none, skip or a number"
        )
    elif role:
        found = targets.role(role)
        if found is None:
            raise BadParameter(f"there is no role '{role}'")
        target = found.iri
    elif one.choices:
        target = one.choices[0].target
    else:
        raise BadParameter(f"no role is proposed for '{one.titles[0][1]}': name one in the column role")
    if kind == "exact":
        kind, relation = "accept", "exact"
    if relation and relation not in RELATIONS:
        raise BadParameter(f"'{relation}' is no relation: write one of {', '.join(RELATIONS)}")
    if kind == "reject":
        return Decision("reject", by, target, reason=reason)
    return Decision("also" if kind == "also" else "accept", by, target, relation, reason)


def _subjects(
    row: Mapping[str, str], every: Mapping[str, object], keys: Mapping[str, Sequence[str]]
) -> list[str]:
    named = (row.get("subjects") or row.get("subject_id") or row.get("key") or "").split()
    if not named:
        raise BadParameter("the column subjects is empty, so nobody can tell which posts are meant")
    out = []
    for name in named:
        name = _plain(name).removeprefix("title:")
        found = [name] if name in every else list(keys.get(name, ()))
        if not found:
            # The employer's own key, without the catalogue's name before it.
            found = [one for key, ones in keys.items() if key.partition("-")[2] == name for one in ones]
        if len(found) != 1:
            raise BadParameter(
                f"the mapping file has {'no' if not found else 'several'} titles with the key '{name}'"
            )
        out.append(found[0])
    return out


def _table(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Line and cells by lower-case column of each row of a CSV or TSV table."""
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), mend="check the path")
    if path.stat().st_size > _LARGEST:
        raise SourceError("the table of decisions is too large", where=str(path), mend="split it")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(
            "the table is not in UTF-8",
            where=str(path),
            mend='save it as "CSV UTF-8" in the spreadsheet program',
        ) from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        columns = [name.strip().lower() for name in next(lines, [])]
        if "decision" not in columns:
            raise SourceError(
                "the table has no column decision",
                where=f"{path}, line 1",
                mend="write the table with --write-decisions and fill in its column decision",
            )
        out, start = [], lines.line_num + 1
        for cells in lines:
            out.append((start, dict(zip(columns, cells, strict=False))))
            start = lines.line_num + 1
    except csv.Error as error:
        raise SourceError(
            f"the table cannot be read: {error}", where=str(path), mend="save it as CSV again"
        ) from None
    return out


def _plain(cell: str) -> str:
    """A cell without the apostrophe that kept it from being a formula."""
    return cell.strip().removeprefix("'")
