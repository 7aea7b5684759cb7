"""The query page: the query, examples to begin with, and the answer or what went wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from cmh_graph.errors import CmhGraphError, QueryForbidden, QuerySyntax, QueryTooLong, QueueFull
from cmh_graph.framework import Framework
from cmh_graph.settings import Settings
from cmh_graph.web.pages.query_answer import LONGEST_ADDRESS, MOST_ROWS
from cmh_graph.web.pages.query_examples import PATH, Example, examples, find_example, grouped

_PLACE: Final = re.compile(r"line (\d+), column (\d+)")
#: Letters of a line that are shown around the place of an error.
_AROUND: Final = 60


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may take, for people."""

    seconds: str
    rows: str
    megabytes: str
    shown: str

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(
            f"{settings.query_seconds:g}",
            f"{settings.query_rows:,}",
            f"{settings.query_bytes / 1_000_000:g}",
            f"{MOST_ROWS:,}",
        )


def query_page(framework: Framework, limits: Limits, *, text: str = "", name: str = "") -> dict[str, Any]:
    """What query.html shows before anything is asked. text: a query; name: of an example, whose query it is otherwise.

    Raises UnknownThing for a name that no example has."""
    found = examples(framework)
    chosen = find_example(framework, name) if name else None
    if not text:
        text = (chosen or next(iter(found.values()))).text
    return {
        "section": "/data",
        "crumbs": [{"text": "Home", "href": "/"}, {"text": "Data and downloads", "href": "/data"}],
        "title": "Ask the graph",
        "chosen": chosen,
        "query": text,
        "permalink": permalink(text, chosen),
        "groups": [
            {"name": group, "examples": listed, "open": chosen in listed} for group, listed in grouped(found)
        ],
        "count": len(found),
        "limits": limits,
    }


def permalink(text: str, chosen: Example | None = None) -> str:
    """The address that fills the editor with a query; "" where it would be too long to travel."""
    if chosen is not None and _same(text, chosen.text):
        return chosen.address
    address = f"{PATH}?{urlencode({'query': text})}"
    return address if len(address) <= LONGEST_ADDRESS else ""


def _same(one: str, other: str) -> bool:
    # A form sends lines with both their ends.
    return one.replace("\r\n", "\n").strip() == other.strip()


def problem_values(error: CmhGraphError, text: str) -> dict[str, Any]:
    """What answer.html shows of a query that was not answered: in words, and at its place in the text."""
    headings: dict[type[CmhGraphError], str] = {
        QuerySyntax: "The query cannot be read",
        QueryForbidden: "This service does not do that",
        QueryTooLong: "The query was stopped",
        QueueFull: "The service is busy",
    }
    heading = headings.get(type(error), "The query was not answered")
    what = error.what[:1].upper() + error.what[1:]
    values: dict[str, Any] = {
        "heading": heading,
        "what": what.removeprefix("The query does not parse: ").rstrip("."),
        "mend": (error.mend[:1].upper() + error.mend[1:]).rstrip("."),
        "where": error.where,
        "again": isinstance(error, QueueFull),
    }
    values["what"] = values["what"][:1].upper() + values["what"][1:]
    place = _PLACE.search(error.where)
    lines = text.replace("\r\n", "\n").split("\n")
    if place is None or not 1 <= int(place[1]) <= len(lines):
        return values
    line, column = int(place[1]), max(1, int(place[2]))
    shown = lines[line - 1].expandtabs(1)
    start = max(0, column - 1 - _AROUND)
    return {
        **values,
        "line": line,
        "column": column,
        "before": ("…" if start else "") + shown[start : column - 1],
        "at": shown[column - 1 : column] or " ",
        "after": shown[column : column + _AROUND],
    }
