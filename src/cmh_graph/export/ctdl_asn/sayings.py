"""How CTDL says what our things say: texts by language, and status and notes as a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from cmh_graph.export.identifiers import ctid_of
from cmh_graph.model import IStatement, Says
from cmh_graph.namespaces import PREFIXES

LANGUAGE: Final = "en"
#: What a keyword that tells a status begins with.
_TOLD: Final = "status: "
#: What the line of a comment begins with that tells the status of each I statement.
_STATEMENTS: Final = "I statements: "
_STATUS: Final = re.compile(r"Status: ([a-z]+)\.")


def english(text: str) -> dict[str, str]:
    """A text in its language."""
    return {LANGUAGE: text}


def all_english(texts: Iterable[str]) -> list[dict[str, str]]:
    """Several texts, each in its language."""
    return [english(one) for one in texts]


def node(class_: str, iri: str, **said: Any) -> dict[str, Any]:
    """A node of a class with its CTID and what is said of it, empty values left out.

    said: property -> value, its name with "__" for the colon."""
    properties = {name.replace("__", ":"): value for name, value in said.items()}
    found = {"@type": class_, "@id": iri, "ceterms:ctid": ctid_of(iri), **properties}
    return {name: value for name, value in found.items() if value not in ("", [], {}, None)}


def comment(says: Says | None, notes: Sequence[str]) -> str:
    """Status first, then the notes, each on a line of its own."""
    return "\n".join([*([f"Status: {says.status}."] if says else []), *notes])


def read_comment(text: str) -> tuple[str, list[str]]:
    """The status ("" if none) and the notes of a comment."""
    lines = text.split("\n") if text else []
    found = _STATUS.fullmatch(lines[0]) if lines else None
    return (found[1], lines[1:]) if found else ("", lines)


def status_keyword(says: Says | None) -> list[dict[str, str]]:
    """The status as a keyword, for classes that have no comment."""
    return all_english([_TOLD + says.status] if says else [])


def read_keywords(keywords: Iterable[Mapping[str, str]]) -> list[str]:
    """The statuses among some keywords."""
    texts = [text_of(one) for one in keywords]
    return [one.removeprefix(_TOLD) for one in texts if one.startswith(_TOLD)]


def statuses_line(statements: Sequence[IStatement]) -> str:
    """A line that tells the status of each I statement, in their order; "" if there are none."""
    return _STATEMENTS + ", ".join(one.says.status for one in statements) + "." if statements else ""


def read_statuses(lines: Iterable[str]) -> tuple[list[str], list[str]]:
    """The statuses of I statements that some lines tell, and the other lines."""
    told = [one for one in lines if one.startswith(_STATEMENTS)]
    statuses = [one for line in told for one in line.removeprefix(_STATEMENTS).rstrip(".").split(", ")]
    return statuses, [one for one in lines if not one.startswith(_STATEMENTS)]


def sources(says: Says | None) -> list[str]:
    """The IRIs of the sources of a thing."""
    return [PREFIXES["source"] + key for key in sorted(says.sources)] if says else []


def text_of(value: Mapping[str, str] | None) -> str:
    """The English text of a text by language; "" if none."""
    return value.get(LANGUAGE, "") if value else ""
