"""Which literals a typed cell can hold, and the value that a database or a workbook has for it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, TypeAlias

from cmh_graph.export.tables.relation import STRING, Column
from cmh_graph.namespaces import PREFIXES
from cmh_graph.store import Literal

Value: TypeAlias = str | int | bool | Decimal | datetime.date

_XSD: Final = PREFIXES["xsd"]
INTEGER: Final = _XSD + "integer"
DECIMAL: Final = _XSD + "decimal"
BOOLEAN: Final = _XSD + "boolean"
DATE: Final = _XSD + "date"
_NUMBER: Final = r"[+-]?(\d+(\.\d*)?|\.\d+)"
_DAY: Final = r"-?\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_ZONE: Final = r"(Z|[+-]\d\d:\d\d)?"
#: datatype -> what its texts look like. A cell of another XSD datatype would be refused by validators.
_PATTERNS: Final = {
    STRING: r"(?s).+",
    _XSD + "anyURI": r"\S+",
    BOOLEAN: r"true|false|1|0",
    INTEGER: r"[+-]?\d+",
    _XSD + "nonNegativeInteger": r"\d+",
    _XSD + "positiveInteger": r"\d*[1-9]\d*",
    DECIMAL: _NUMBER,
    _XSD + "double": _NUMBER + r"([eE][+-]?\d+)?",
    _XSD + "float": _NUMBER + r"([eE][+-]?\d+)?",
    DATE: _DAY + _ZONE,
    _XSD + "dateTime": _DAY + r"T\d\d:\d\d:\d\d(\.\d+)?" + _ZONE,
    _XSD + "gYear": r"-?\d{4,}" + _ZONE,
}
_INTEGERS: Final = frozenset({INTEGER, _XSD + "nonNegativeInteger", _XSD + "positiveInteger"})
_TYPES: Final[dict[str, type]] = {DECIMAL: Decimal, BOOLEAN: bool, DATE: datetime.date}
_DAYS: Final = frozenset({DATE, _XSD + "dateTime"})
_DIGITS: Final = 18  # decimals that a float of 64 bits, and so SQLite, can give back have fewer
_WORD: Final = 2**63  # integers of databases have 64 bits, one for the sign
NUMBERS: Final = frozenset({*_INTEGERS, DECIMAL, _XSD + "double", _XSD + "float"})


def can_hold(literal: Literal) -> bool:
    """Whether a cell can give a literal back: it is not empty and is what its datatype says it is."""
    datatype = literal.datatype.value
    if literal.language or not datatype.startswith(_XSD):
        return bool(literal.value) and not literal.direction
    if datatype not in _PATTERNS or not re.fullmatch(_PATTERNS[datatype], literal.value, re.ASCII):
        return False
    return datatype not in _DAYS or _is_day(literal.value)


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text[:10])
    except ValueError:  # the 31st of April, or a year that is out of reach
        return False
    return True


def type_of(column: Column, texts: Iterable[str]) -> type:
    """The Python type that gives back every text of a column letter by letter: int, bool, Decimal, date or else str.

    "1.50" and dates with a time zone make theirs a column of texts: as numbers and dates they would change."""
    wanted = int if column.datatype in _INTEGERS else _TYPES.get(column.datatype, str)
    if column.link or wanted is str:
        return str
    return wanted if all(_is_kept(wanted, text) for text in texts) else str


def _is_kept(wanted: type, text: str) -> bool:
    try:
        value = value_of(wanted, text)
    except ValueError:
        return False
    if isinstance(value, Decimal):
        return len(text) < _DIGITS and text_of_value(float(value)) == text
    return text_of_value(value) == text and (not isinstance(value, int) or abs(value) < _WORD)


def value_of(wanted: type, text: str) -> Value:
    """The value of a text as one of the types that type_of gives."""
    if wanted is bool:
        return text in ("true", "1")
    if wanted is int:
        return int(text)
    if wanted is Decimal:
        return Decimal(text)
    if wanted is datetime.date:
        return datetime.date.fromisoformat(text)
    return text


def text_of_value(value: object) -> str:
    """The text of a typed value, in the shortest form that XSD allows."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
