"""A date as feeds write it -> a day: ISO 8601 with or without a time, day first, or with the month's name."""

from __future__ import annotations

import datetime
import re
from typing import Final

#: Years outside are slips of the pen.
EARLIEST: Final = 2000
LATEST: Final = 2100
_TIME: Final = (
    r"(?:(?:T|,?\s+)\d{1,2}:?\d{2}(?::?\d{2}(?:[.,]\d{1,9})?)?"
    r"\s*(?:[ap]m)?\s*(?:Z|[A-Z]{2,4}|[+-]\d{2}:?\d{0,2})?)?"
)
_YEAR_FIRST: Final = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.IGNORECASE)
_BASIC: Final = re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}}){_TIME}", re.IGNORECASE)
_YEAR_LAST: Final = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.IGNORECASE)
_SHORT: Final = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}")
_DAY_MONTH: Final = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th)?[\s-]+([a-z]{{3,9}})\.?,?[\s-]+(\d{{4}}){_TIME}", re.IGNORECASE
)
_MONTH_DAY: Final = re.compile(
    rf"([a-z]{{3,9}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TIME}", re.IGNORECASE
)
_WEEKDAY: Final = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+", re.IGNORECASE)
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_MEND: Final = "write it as YYYY-MM-DD"


class DateFault(ValueError):
    """Why a text is no date that can be used, and how to mend it."""

    def __init__(self, reason: str, mend: str = _MEND) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend


def read_date(text: str, *, day_first: bool = True) -> datetime.date:
    """The day that a text names, in the time zone it is written in; a time of day is passed over.

    day_first: False where the feed has dates that can only be month first: then 03/04/2026 may mean two days.
    Raises DateFault for anything else, for days that do not exist and years outside EARLIEST to LATEST."""
    said = _WEEKDAY.sub("", " ".join(text.split()), count=1)
    if match := _YEAR_FIRST.fullmatch(said):
        year, month, day = match[1], match[3], match[4]
    elif match := _BASIC.fullmatch(said):
        year, month, day = match.groups()[:3]
    elif match := _YEAR_LAST.fullmatch(said):
        day, month, year = match[1], match[3], match[4]
        if int(month) > 12 >= int(day):
            raise DateFault(f"'{said[:40]}' has the month first")
        if not day_first and day != month:
            raise DateFault(f"'{said[:40]}' may mean two days: other dates of this feed have the month first")
    elif match := _DAY_MONTH.fullmatch(said):
        day, month, year = match[1], _month(match[2], said), match[3]
    elif match := _MONTH_DAY.fullmatch(said):
        month, day, year = _month(match[1], said), match[2], match[3]
    elif _SHORT.fullmatch(said):
        raise DateFault(f"'{said[:40]}' has a year of two digits")
    else:
        raise DateFault(f"'{said[:40]}' is no date")
    try:
        found = datetime.date(int(year), int(month), int(day))
    except ValueError:
        raise DateFault(f"'{said[:40]}' is a day that does not exist") from None
    if not EARLIEST <= found.year <= LATEST:
        raise DateFault(f"the year {found.year} cannot be meant")
    return found


def is_month_first(text: str) -> bool:
    """Whether a text can only be a date with the month first, such as 12/31/2026."""
    match = _YEAR_LAST.fullmatch(" ".join(text.split()))
    return bool(match) and int(match[3]) > 12 >= int(match[1])  # type: ignore[index]


def _month(name: str, said: str) -> str:
    for number, month in enumerate(_MONTHS, start=1):
        if month.startswith(name.lower()) or (name.lower() == "sept" and number == 9):
            return str(number)
    raise DateFault(f"'{said[:40]}' is no date")
