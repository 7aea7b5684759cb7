"""A staff extract as a file or as JSON -> rows of title, band, team and count.

Nothing else of an extract is kept: other columns are walked past, and those about people are named in a note."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

from cmh_graph.align.files.limits import LONGEST_TITLE
from cmh_graph.align.tables import Field, Reject, Table, TitleRow, read_table
from cmh_graph.align.tables.columns import spellings
from cmh_graph.align.tables.title_rows import one_line, stands_for_nothing
from cmh_graph.errors import BadParameter, SourceError
from cmh_graph.workforce.personal import is_personal_column, personal_in

Unit = Literal["headcount", "FTE"]

#: Most people that one row may stand for. A row of an extract is a post, or a title in a team.
MOST_IN_A_ROW: Final = 100_000
#: Rows put aside that are listed one by one.
MOST_LISTED: Final = 1000
LONGEST_TEAM: Final = 200

TEAM_NAMES: Final = (
    "team", "team name", "department", "dept", "department name", "ward", "service", "unit", "org unit",
    "organisation unit", "service line", "directorate", "locality", "workplace", "base",
)  # fmt: skip
HEADCOUNT_NAMES: Final = (
    "headcount", "head count", "number of staff", "no of staff", "staff count", "number of people", "people", "heads",
    "count", "staff in post", "number in post", "in post", "employees", "number of employees", "staff",
)  # fmt: skip
FTE_NAMES: Final = (
    "fte", "wte", "full time equivalent", "whole time equivalent", "contracted wte", "contracted fte", "actual wte",
    "actual fte", "wte in post", "fte in post", "sum of fte", "sum of wte",
)  # fmt: skip

_COUNT: Final = re.compile(r"\d{1,9}(?:\.\d{1,4}0*)?|\.\d{1,4}0*")
_COMMAS: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A title and how many hold it. headcount: people or FTE, from 0 to MOST_IN_A_ROW with at most 4 decimals.

    Raises BadParameter for any other count and for an empty title."""

    title: str
    band: str = ""
    team: str = ""
    headcount: Decimal = Decimal(1)
    employer_type: str = ""

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise BadParameter("the title is empty", where="title", mend="give the title of the post")
        number = Decimal(str(self.headcount))
        fault = _fault_of(number)
        if fault:
            raise BadParameter(fault, where="headcount", mend="give a number of people, or FTE")
        object.__setattr__(self, "headcount", number)


@dataclass(frozen=True, slots=True)
class PutAside:
    """A row that is not counted, and why. What it holds is not repeated."""

    row: int
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Extract:
    """rows: those that count. unit: what the counts are. put_aside: the first MOST_LISTED rows that do not count.

    notes: how the extract was taken, for its reader."""

    rows: tuple[StaffRow, ...]
    unit: Unit
    put_aside: tuple[PutAside, ...]
    notes: tuple[str, ...]


def read_extract(
    path: Path,
    columns: Mapping[Field, str] | None = None,
    sheet: str | None = None,
    *,
    most: int | None = None,
) -> Extract:
    """The rows of an extract in any format of read_table. columns: names of columns that the usual names do not find.

    A row without a headcount counts as 1; one with 0 is passed over. Refused, with their row: a count that is no
    number or below 0, a cell that is about a person where a title should be. most: rows that may be read.
    Raises SourceError as read_table does, or for too many rows, BadParameter for a column about people."""
    chosen = dict(columns or {})
    for field, name in chosen.items():
        if is_personal_column(name):
            raise BadParameter(
                f"column '{name}' is about people and is not used",
                where=f"{field.replace('_', ' ')} column",
                mend="take it out of the extract, and name a column of posts",
            )
    try:
        table, unit = _table(path, chosen, sheet)
        return _extract(table, unit, most)
    except SourceError as error:
        # The place may repeat the first row, which may be a person's.
        raise SourceError(
            error.what, where=error.where.partition(", first row")[0], mend=error.mend
        ) from None


def rows_of_json(given: Any, *, most: int) -> Extract:
    """The rows of {"rows": [...], "unit": "headcount"}, or of the list alone.

    A row has title, and may have band, team, headcount and employer_type; any other field is refused, as it may be a
    person's. Raises BadParameter naming the row and field, never what they hold."""
    unit: Unit = "headcount"
    if isinstance(given, dict):
        strangers = sorted(set(given) - {"rows", "unit"})
        if strangers:
            raise _bad("the body has a field that is not known", "body", "send rows, and unit if it is FTE")
        if given.get("unit", "headcount") not in ("headcount", "FTE"):
            raise _bad("the unit is not known", "unit", "choose from headcount, FTE")
        unit = given.get("unit", "headcount")
        given = given.get("rows")
    if not isinstance(given, list):
        raise _bad("there is no list of rows", "rows", 'send {"rows": [{"title": "HCA", "headcount": 3}]}')
    if len(given) > most:
        raise _too_many(most, "rows")
    rows, odd = [], _Odd()
    for number, one in enumerate(given, start=1):
        rows.append(_json_row(one, f"rows, item {number}"))
    kept = [row for row in rows if _is_kept(row, 0, odd)]
    return Extract(tuple(kept), unit, (), tuple(odd.notes()))


def _json_row(one: Any, where: str) -> StaffRow:
    known = ("title", "band", "team", "headcount", "employer_type")
    if not isinstance(one, dict):
        raise _bad("the row is no object", where, 'send {"title": "HCA", "headcount": 3}')
    if set(one) - set(known):
        raise _bad("the row has a field that is not known", where, f"send only {', '.join(known)}")
    texts = {}
    for name in ("title", "band", "team", "employer_type"):
        text = one.get(name, "")
        if not isinstance(text, str) or len(text) > LONGEST_TITLE:
            raise _bad(f"{name} is no text of at most {LONGEST_TITLE} characters", where, "send text")
        texts[name] = one_line(text)
    if personal_in(texts["title"]) or not texts["title"]:
        raise _bad("the title is empty or looks like a person's data", where, "send the title of the post")
    if personal_in(texts["team"]):
        raise _bad("the team looks like a person's data", where, "send the name of the team")
    count = one.get("headcount", 1)
    if isinstance(count, bool) or not isinstance(count, (int, float, str)):
        raise _bad("the headcount is no number", where, "send a number, or leave it out for 1")
    number = count_of(count if isinstance(count, str) else repr(count))
    if isinstance(number, str):
        raise _bad(number, where, "send a number of people, or FTE")
    return StaffRow(
        texts["title"], texts["band"], texts["team"][:LONGEST_TEAM], number, texts["employer_type"]
    )


def count_of(text: str) -> Decimal | str:
    """A count as written, or why it is none: '3', '0.6', '1,200'."""
    text = text.strip()
    if _COMMAS.fullmatch(text):
        text = text.replace(",", "")
    if text.startswith("-"):
        return "the headcount is below 0"
    if not text.isascii() or not _COUNT.fullmatch(text):
        return "the headcount is no number with at most 4 decimals"
    number = Decimal(text)
    return _fault_of(number) or number


def _fault_of(number: Decimal) -> str:
    if not number.is_finite():
        return "the headcount is no number"
    if number < 0:
        return "the headcount is below 0"
    if number > MOST_IN_A_ROW:
        return f"the headcount is more than {MOST_IN_A_ROW:,}"
    return "" if number == round(number, 4) else "the headcount has more than 4 decimals"


def _table(path: Path, chosen: Mapping[Field, str], sheet: str | None) -> tuple[Table, Unit]:
    """The table with the columns of team and count found, and what is counted."""
    own: tuple[Field, ...] = ("team", "headcount")
    first = read_table(path, {one: name for one, name in chosen.items() if one not in own}, sheet)
    title = first.used.get("title", "")
    if is_personal_column(title):
        raise SourceError(
            f"the only column that could hold titles, '{title}', is about people",
            where=path.name,
            mend="give an extract with a column 'Job title'",
        )
    columns: dict[Field, str] = {
        one: first.used[one] for one in ("title", "band", "employer_type") if one in first.used
    }
    free = [
        name
        for name in first.columns
        if name and name not in columns.values() and not is_personal_column(name)
    ]
    team = chosen.get("team") or _named(free, TEAM_NAMES)
    heads, fte = _named(free, HEADCOUNT_NAMES), _named(free, FTE_NAMES)
    count = chosen.get("headcount") or heads or fte
    if team:
        columns["team"] = team
    if count:
        columns["headcount"] = count
    unit: Unit = "FTE" if count and set(spellings(count)) & set(FTE_NAMES) else "headcount"
    if not team and not count:
        return first, unit
    return read_table(path, columns, sheet), unit


def _named(names: Sequence[str], usual: Iterable[str]) -> str:
    for wanted in usual:
        for name in names:
            if wanted in spellings(name):
                return name
    return ""


class _Odd:
    """What was odd, how often, and on which line first."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._first: dict[str, int] = {}

    def add(self, what: str, line: int) -> None:
        self._times[what] += 1
        self._first.setdefault(what, line)

    def notes(self) -> Iterable[str]:
        for what in sorted(self._times):
            line = f", the first on line {self._first[what]}" if self._first[what] else ""
            rows = "1 row" if self._times[what] == 1 else f"{self._times[what]:,} rows"
            yield f"{what}: {rows}{line}"


def _extract(table: Table, unit: Unit, most: int | None) -> Extract:
    rows: list[StaffRow] = []
    aside: list[PutAside] = []
    odd = _Odd()
    counted = "headcount" in table.used
    for number, one in enumerate(table.rows, start=1):
        if most is not None and number > most:
            raise _too_many(most, table.name)
        row = _row(one, odd, counted)
        if isinstance(row, StaffRow):
            if _is_kept(row, one.line, odd):
                rows.append(row)
            continue
        odd.add(f"put aside because {row}", one.line)
        if len(aside) < MOST_LISTED:
            aside.append(PutAside(one.row, one.line, row))
    refused = sorted({name for name in table.columns if is_personal_column(name)})
    notes = [*table.notes]
    # A column can hold as many characters as a cell; only what is a name is repeated.
    notes += [f"column '{one_line(name)[:60]}' is about people and was not used" for name in refused]
    if not counted:
        notes.append("there is no column of headcount or FTE: every row counts as 1")
    if "team" not in table.used:
        notes.append("there is no column of teams")
    return Extract(tuple(rows), unit, tuple(aside), (*notes, *odd.notes()))


def _row(one: TitleRow | Reject, odd: _Odd, counted: bool) -> StaffRow | str:
    """A row that counts, or why it does not."""
    if isinstance(one, Reject):
        return one.reason
    found = personal_in(one.title)
    if found:
        return f"the title cell holds {found}"
    team = one.team[:LONGEST_TEAM]
    if found := personal_in(team):
        odd.add(f"the team cell holds {found} and was left out", one.line)
        team = ""
    number: Decimal | str = Decimal(1)
    if one.headcount and not stands_for_nothing(one.headcount):
        number = count_of(one.headcount)
    elif counted:
        odd.add("without a headcount and counted as 1", one.line)
    if isinstance(number, str):
        return number
    return StaffRow(one.title, one.band[:100], team, number, one.employer_type[:100])


def _is_kept(row: StaffRow, line: int, odd: _Odd) -> bool:
    if not row.headcount:
        odd.add("passed over, as nobody holds them", line)
    return bool(row.headcount)


def _too_many(most: int, where: str) -> SourceError:
    return SourceError(
        f"the extract has more than {most:,} rows",
        where=where,
        mend="add up the rows with the same title, band and team, or use cmh-graph workforce on your own machine",
    )


def _bad(what: str, where: str, mend: str) -> BadParameter:
    return BadParameter(what, where=where, mend=mend)
