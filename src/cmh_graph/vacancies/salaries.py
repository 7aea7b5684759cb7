"""What a post pays -> a range, its unit of time and its currency, from schema.org's shapes or from words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cmh_graph.vacancies.inert import one_line
from cmh_graph.vacancies.shapes import as_list, text

_UNITS: Final = (
    ("HOUR", re.compile(r"\b(?:hours?|hourly|hr|hur|ph|p/h|p\.h\.?)(?![a-z])", re.IGNORECASE)),
    ("DAY", re.compile(r"\b(?:days?|daily|pd|p/d)(?![a-z])", re.IGNORECASE)),
    ("WEEK", re.compile(r"\b(?:weeks?|weekly|wee|wk|pw|p/w)(?![a-z])", re.IGNORECASE)),
    ("MONTH", re.compile(r"\b(?:months?|monthly|mon|pcm|pm)(?![a-z])", re.IGNORECASE)),
    (
        "YEAR",
        re.compile(r"\b(?:years?|yearly|annum|annual(?:ly)?|ann|pa|p\.a\.?|yr)(?![a-z])", re.IGNORECASE),
    ),
)
_NUMBER: Final = r"(\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,7}(?:\.\d{1,2})?)\s?(k\b)?"
_MONEY: Final = re.compile(
    rf"(?:£|GBP\s?)\s?{_NUMBER}(?:\s*(?:-|–|—|to|and)\s*(?:£|GBP\s?)?\s?{_NUMBER})?", re.IGNORECASE
)
_BARE: Final = re.compile(rf"^{_NUMBER}(?:\s*(?:-|–|—|to)\s*{_NUMBER})?", re.IGNORECASE)
#: Hours of work, which are no unit of pay: "37.5 hours a week, £25,000".
_WORKED: Final = re.compile(
    r"(?<![£\d.,])\b\d{1,2}(?:\.\d{1,2})?\s*(?:hours?|hrs?)\b(?:\s*(?:per|a|an|/|each)\s*(?:week|wk|month|day))?",
    re.IGNORECASE,
)
_LARGEST: Final = Decimal(10_000_000)


@dataclass(frozen=True, slots=True)
class Salary:
    """minimum, maximum: decimal numbers as text, "" if open. unit: HOUR to YEAR, "" if not stated."""

    minimum: str
    maximum: str
    unit: str
    currency: str


def read_salary(
    base: Any, minimum: Any = None, maximum: Any = None, unit: Any = None, currency: Any = None
) -> Salary | None:
    """The salary that a posting states, None if it states none or no number can be read.

    base: schema.org's baseSalary in any shape, or words. The others: columns of an export. A minimum above the
    maximum is no salary."""
    said_unit, said_currency = text(unit), text(currency)
    low, high = _amount(minimum), _amount(maximum)
    for one in as_list(base):
        if low is not None or high is not None:
            break
        if isinstance(one, dict):
            said_currency = text(one.get("currency")) or text(one.get("salaryCurrency")) or said_currency
            value = next(iter(as_list(one.get("value"))), one)
            holder = value if isinstance(value, dict) else one
            said_unit = (
                text(holder.get("unitText"))
                or text(holder.get("unitCode"))
                or text(one.get("unitText"))
                or said_unit
            )
            low, high = _amount(holder.get("minValue")), _amount(holder.get("maxValue"))
            if low is None and high is None:
                low = high = _amount(holder.get("value") if isinstance(value, dict) else value)
        else:
            words = _WORKED.sub(" ", one_line(text(one)))
            found = _MONEY.search(words) or _BARE.match(words)
            if found:
                low = _scaled(found[1], found[2] or found[4])
                high = _scaled(found[3], found[4]) if found[3] else low
                # The unit stands behind the sum, if there is one there at all.
                behind = words[found.end() : found.end() + 40]
                said_unit = said_unit or (behind if _unit(behind) else words)
                said_currency = said_currency or ("GBP" if "£" in words or "gbp" in words.lower() else "")
    low_high = [number for number in (low, high) if number is not None]
    if not low_high or (low is not None and high is not None and low > high):
        return None
    code = said_currency.upper() if re.fullmatch(r"[A-Za-z]{3}", said_currency) else ""
    return Salary(_shown(low), _shown(high), _unit(said_unit), code or "GBP")


def _amount(value: Any) -> Decimal | None:
    said = text(value).replace("£", "").replace(",", "").strip()
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)\s?(k)?", said, re.IGNORECASE)
    return _scaled(match[1], match[2]) if match else None


def _scaled(number: str, thousands: str | None) -> Decimal | None:
    try:
        amount = Decimal(number.replace(",", "")) * (1000 if thousands else 1)
    except InvalidOperation:
        return None
    return amount if 0 < amount <= _LARGEST else None


def _shown(amount: Decimal | None) -> str:
    if amount is None:
        return ""
    rounded = amount.quantize(Decimal("0.01"))
    return str(rounded.to_integral_value()) if rounded == rounded.to_integral_value() else str(rounded)


def _unit(words: str) -> str:
    """The unit that is named first; an export that writes '£12.60 per hour, 37.5 hours a week' is paid by the hour."""
    found = [(match.start(), unit) for unit, pattern in _UNITS if (match := pattern.search(words))]
    return min(found)[1] if found else ""
