"""Which CFDocuments a request asks for: filter, sort and fields as CASE 1.1 has them (REST binding, section 3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from cmh_graph.errors import BadParameter
from cmh_graph.export.case.meaning import Json

#: The fields of a CFDocument.
FIELDS: Final = (
    "identifier", "uri", "frameworkType", "caseVersion", "creator", "title", "lastChangeDateTime",
    "officialSourceURL", "publisher", "description", "subject", "subjectURI", "language", "version",
    "adoptionStatus", "statusStartDate", "statusEndDate", "licenseURI", "notes", "extensions", "CFPackageURI",
)  # fmt: skip
_CLAUSE: Final = r"([A-Za-z][A-Za-z.]{0,80})(!=|>=|<=|=|>|<|~)'((?:[^']|''){0,500})'"
_FILTER: Final = re.compile(rf"{_CLAUSE}(?: (AND|OR) {_CLAUSE})?")
_ORDERS: Final[dict[str, Callable[[str, str], bool]]] = {
    ">": lambda held, asked: held > asked,
    ">=": lambda held, asked: held >= asked,
    "<": lambda held, asked: held < asked,
    "<=": lambda held, asked: held <= asked,
}


def filter_documents(documents: Sequence[Json], text: str) -> list[Json]:
    """The documents that a filter keeps, such as title~'skills' AND version='1.0.0'. Case does not matter.

    Raises BadParameter for a filter of another form, and for a field that a CFDocument does not have."""
    found = _FILTER.fullmatch(text)
    if found is None:
        raise BadParameter(
            "the filter cannot be read",
            where="parameter filter",
            mend="write it as field='value', one AND or OR between two; predicates are = != > >= < <= ~",
        )
    field, predicate, value, logical, *second = found.groups()
    keep = [_clause(field, predicate, value)]
    if logical:
        keep.append(_clause(*second))
    decide = any if logical == "OR" else all
    return [one for one in documents if decide(clause(one) for clause in keep)]


def sort_documents(documents: Sequence[Json], field: str, *, descending: bool) -> list[Json]:
    """The documents by a field; in the order given if there is no such field, as the standard asks."""
    if field.partition(".")[0] not in FIELDS:
        return list(documents)
    return sorted(documents, key=lambda one: ",".join(_held(one, field)), reverse=descending)


def select_fields(documents: Sequence[Json], text: str) -> list[Json]:
    """The documents with just some fields, separated by commas; with all if one of them does not exist.

    Raises BadParameter if a name is blank."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise BadParameter(
            "a field has no name", where="parameter fields", mend="write fields=identifier,title"
        )
    if not set(names) <= set(FIELDS):
        return list(documents)
    return [{name: value for name, value in one.items() if name in names} for one in documents]


def _clause(field: str, predicate: str, value: str) -> Callable[[Json], bool]:
    if field.partition(".")[0] not in FIELDS:
        raise BadParameter(
            f"a CFDocument has no field {field[:50]!r}",
            where="parameter filter",
            mend=f"fields are {', '.join(FIELDS)}",
        )
    asked = value.replace("''", "'").casefold()
    parts = {part.strip() for part in asked.split(",")}

    def keeps(document: Json) -> bool:
        held = _held(document, field)
        several = isinstance(document.get(field.partition(".")[0]), list)
        if predicate in _ORDERS:
            return any(_ORDERS[predicate](one, asked) for one in held)
        if predicate == "~":
            return any(part in one for one in held for part in (parts if several else {asked}))
        same = set(held) == parts if several else held == [asked]
        return same if predicate == "=" else not same

    return keeps


def _held(document: Json, field: str) -> list[str]:
    """The texts in a field, with a dot in a field of each of its objects."""
    name, _, inner = field.partition(".")
    value: Any = document.get(name)
    values = value if isinstance(value, list) else [value]
    if inner:
        values = [one.get(inner) if isinstance(one, dict) else None for one in values]
    return [str(one).casefold() for one in values if isinstance(one, str | int)]
