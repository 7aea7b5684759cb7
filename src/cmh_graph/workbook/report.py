"""An import as text for people, or as data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from cmh_graph.namespaces import key_of
from cmh_graph.workbook.back import Import
from cmh_graph.workbook.layout import sheet_of
from cmh_graph.workbook.proposals import Change, Proposal, Refusal

_SHOWN: Final = 160  # characters of a value
_LISTED: Final = 12  # things that are gone, and notes, before the rest is counted
_REFUSALS: Final = 200
_SIGNS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def import_text(found: Import, home: Path, written: bool) -> str:
    """The differences sheet by sheet, what is refused and how to mend it, and what to do next."""
    lines: list[str] = []
    page = ""
    for proposal in found.landing:
        if proposal.page != page:
            page = proposal.page
            lines += ["", page] if lines else [page]
        lines += _row(proposal)
    if found.refused:
        lines += ["", "Refused"] if lines else ["Refused"]
        for refusal in found.refused[:_REFUSALS]:
            lines += _refusal(refusal)
        if len(found.refused) > _REFUSALS:
            lines.append(f"  and {len(found.refused) - _REFUSALS:,} more; --format json lists all")
    for sheet, keys in found.missing.items():
        lines += ["", *_missing(sheet, keys)]
    told = [
        *(f"note: {_shown(one)}" for one in found.notes),
        *(f"warning: {_shown(one)}" for one in found.warnings),
    ]
    if found.older:
        told.append(
            f"note: {found.older} rows are older than the framework and unchanged by you: left as"
            " the framework has them"
        )
    if told:
        lines += ["", *told[: 4 * _LISTED]]
        if len(told) > 4 * _LISTED:
            lines.append(f"and {len(told) - 4 * _LISTED} more notes")
    lines += ["", *_sum(found, home, written)] if lines else _sum(found, home, written)
    return "\n".join(lines) + "\n"


def _row(proposal: Proposal) -> list[str]:
    what = (
        f"  new row {proposal.line}: {key_of(proposal.thing)}"
        if proposal.new
        else f"  row {proposal.line}: {key_of(proposal.thing)}"
    )
    return [what, *(_change(one) for one in [*proposal.changes, *proposal.follows])]


def _change(change: Change) -> str:
    before, after = _shown(change.before) or "(empty)", _shown(change.after) or "(empty)"
    because = f"  ({change.because})" if change.because else ""
    return f"    {change.cell or '':<6} {change.column.heading}: {before} -> {after}{because}"


def _refusal(refusal: Refusal) -> list[str]:
    lines = [f"  {_shown(refusal.where)}: {_shown(refusal.what, 400)}"]
    return lines + ([f"    mend: {_shown(refusal.mend, 600)}"] if refusal.mend else [])


def _missing(sheet: str, keys: tuple[str, ...]) -> list[str]:
    about = sheet_of(sheet)
    listed = ", ".join(keys[:_LISTED]) + (f" and {len(keys) - _LISTED} more" if len(keys) > _LISTED else "")
    retire = any(column.part == "retire" for column in about.columns)
    how = (
        "to take one out of use, keep its row and write yes under Retired"
        if retire
        else "to take one out of use, ask the person who keeps the framework to deprecate it"
    )
    return [f"Gone from {about.name}, and left as they are: {listed}", f"    {how}"]


def _sum(found: Import, home: Path, written: bool) -> list[str]:
    refused = f"{len(found.refused)} refused" if found.refused else "none refused"
    new = f" and {_count(found.new_rows, 'new row')}" if found.new_rows else ""
    if not found.landing:
        first = f"{found.rows:,} rows read: nothing to change, {refused}"
        return [first]
    verb = "landed" if written else "can land"
    lines = [f"{_count(found.cells, 'cell')}{new} in {_count(len(found.landing), 'thing')} {verb}, {refused}"]
    lines += [f"  {'wrote' if written else 'would write'} {_name(one.path, home)}" for one in found.texts]
    lines.append(
        "run cmh-graph build and cmh-graph validate next"
        if written
        else "nothing is written; add --write to put the changes into the Turtle"
    )
    return lines


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _name(path: Path, home: Path) -> str:
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else path.as_posix()


def _shown(text: str, most: int = _SHOWN) -> str:
    """A value on one line: lines parted by " | ", signs that a terminal would act on taken out, long ones
    cut in the middle."""
    text = " | ".join(line.strip() for line in text.split("\n"))
    text = _SIGNS.sub("", text)
    if len(text) <= most:
        return text
    return f"{text[: most // 2]} … {text[-most // 3 :]} ({len(text):,} characters)"


def import_data(found: Import, home: Path, written: bool) -> dict[str, Any]:
    """The same as plain data for programs."""
    return {
        "written": written,
        "rows": found.rows,
        "cells": found.cells,
        "new_rows": found.new_rows,
        "changes": [
            {
                "sheet": one.page,
                "row": one.line,
                "key": key_of(one.thing),
                "iri": one.thing,
                "new": one.new,
                "cells": [_as_data(change) for change in one.changes],
                "follows": [_as_data(change) for change in one.follows],
            }
            for one in found.landing
        ],
        "refused": [
            {"sheet": one.sheet, "cell": one.cell, "what": one.what, "mend": one.mend, "rule": one.rule}
            for one in found.refused
        ],
        "missing": {sheet: list(keys) for sheet, keys in found.missing.items()},
        "older": found.older,
        "notes": list(found.notes),
        "warnings": list(found.warnings),
        "files": [_name(one.path, home) for one in found.texts],
    }


def _as_data(change: Change) -> dict[str, str]:
    return {
        "cell": change.cell,
        "column": change.column.heading,
        "before": change.before,
        "after": change.after,
        "because": change.because,
    }
