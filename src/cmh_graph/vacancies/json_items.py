"""JSON-LD and JSON Lines -> the rows of a feed, with the line of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cmh_graph.errors import SourceError
from cmh_graph.vacancies.columns import field_of
from cmh_graph.vacancies.item import LONGEST_LINE, Item, lines
from cmh_graph.vacancies.nodes import TYPE, json_fault, loads, postings
from cmh_graph.vacancies.shapes import as_list, local_name


def read_lines(path: Path, encoding: str) -> Iterator[Item]:
    for number, line in lines(path, encoding):
        if not line.strip():
            continue
        if len(line) >= LONGEST_LINE:
            yield Item({}, number, f"the line is longer than {LONGEST_LINE:,} characters", line)
            continue
        try:
            found = loads(line)
        except ValueError as error:
            yield Item({}, number, f"the line is no JSON: {json_fault(error)}", line)
            continue
        nodes = list(postings(found))
        if nodes:
            yield from (Item(one, number) for one in nodes)
        else:
            yield _plain(found, number, line)


def read_document(text: str, path: Path, first_line: int = 1) -> Iterator[Item]:
    """The postings of one JSON text; if none has a type, the objects of its list."""
    try:
        found = loads(text)
    except ValueError as error:
        place = (
            f", line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        )
        raise SourceError(
            f"the feed is no JSON: {json_fault(error)}",
            where=f"{path}{place}",
            mend="correct the text at this place; a feed cut off on its way is often the cause",
        ) from None
    nodes = list(postings(found))
    if nodes:
        starts = [match.start() for match in TYPE.finditer(text)]
        places = _line_numbers(text, starts, first_line) if len(starts) == len(nodes) else []
        for number, one in enumerate(nodes):
            yield Item(one, places[number] if places else 0)
        rows = [one for one in as_list(found) if not isinstance(one, dict)] if isinstance(found, list) else []
        yield from (_plain(one, 0, str(one)) for one in rows)
        return
    for one in _row_list(found):
        yield _plain(one, 0, json.dumps(one)[:400])


def _line_numbers(text: str, places: list[int], first: int) -> list[int]:
    """The line of each place of a text, places in order."""
    found, line, at = [], first, 0
    for place in places:
        line += text.count("\n", at, place)
        at = place
        found.append(line)
    return found


def _row_list(found: Any) -> list[Any]:
    """The rows of JSON without types: a list, or the only list of objects in an object, or the object itself."""
    if isinstance(found, list):
        return [one for one in found if not (isinstance(one, dict) and "@type" in one)]
    if isinstance(found, dict) and not {"@type", "@graph"} & found.keys():
        lists = [
            value
            for value in found.values()
            if isinstance(value, list) and any(isinstance(one, dict) for one in value)
        ]
        if len(lists) == 1 and not any(field_of(name) == "title" for name in found):
            return list(lists[0])
        if any(field_of(name) == "title" for name in found):
            return [found]
    return []


def _plain(found: Any, line: int, raw: str) -> Item:
    if not isinstance(found, dict):
        return Item({}, line, "this is no object that could be a posting", raw)
    kinds = [local_name(str(kind)) for kind in as_list(found.get("@type"))]
    if kinds:
        return Item({}, line, f"this is of type {', '.join(kinds)[:80]}, not JobPosting", raw)
    values: dict[str, Any] = {}
    for name, value in found.items():
        where = field_of(str(name))
        if where and where not in values and value not in (None, "", []):
            values[where] = value
    return Item(values, line) if values else Item({}, line, "no field of this object is known", raw)
