"""Data extension: the values of chosen properties for matched things, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.reconcile.entities import TYPE_OF_KIND, id_of, look_up, type_of
from cmh_graph.reconcile.properties import PROPERTY, Held, Property, told
from cmh_graph.reconcile.queries import read_json
from cmh_graph.search import near_misses

MOST_IDS: Final = 500
MOST_PROPERTIES: Final = 50
#: How near to a role a code of another body must be, for the setting "relation".
_SAME: Final = ("exactMatch", "closeMatch")

#: What people can set for each property they fetch, as the manifest tells it.
SETTINGS: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "limit",
        "label": "Limit",
        "type": "number",
        "default": 0,
        "help_text": "Most values for each row; 0 for all of them",
    },
    {
        "name": "content",
        "label": "Content",
        "type": "select",
        "default": "name",
        "help_text": "Names for people, or keys and codes for machines",
        "choices": [{"value": "name", "name": "Name"}, {"value": "key", "name": "Key or code"}],
    },
    {
        "name": "relation",
        "label": "Codes of other bodies",
        "type": "select",
        "default": "any",
        "help_text": "Which codes to fetch: wider, narrower and related ones too, or only the same occupation",
        "choices": [{"value": "any", "name": "Any"}, {"value": "same", "name": "Exact and close matches"}],
    },
)


@dataclass(frozen=True, slots=True)
class _Column:
    property: Property
    limit: int
    content: str
    relation: str


def extend(framework: Framework, text: str) -> dict[str, Any]:
    """The answer {meta, rows} to a data extension query. What a thing does not have is an empty list.

    So is every property of an identifier that names nothing; `notes` then says so. Raises BadParameter for a query
    that cannot be read, a property or setting that is not known, more than MOST_IDS things."""
    return _answer(framework, read_json(text, "extend"))


def extend_draft(framework: Framework, query: Any) -> dict[str, Any]:
    """The same answer as version 1.0-draft writes it: rows and their properties are lists, in the order asked for."""
    answer = _answer(framework, query)
    rows = [
        {"id": given, "properties": [{"id": pid, "values": values} for pid, values in row.items()]}
        for given, row in answer["rows"].items()
    ]
    return {**answer, "rows": rows}


def _answer(framework: Framework, query: Any) -> dict[str, Any]:
    ids, columns = _read(query)
    rows: dict[str, dict[str, list[dict[str, Any]]]] = {}
    notes = []
    for given in ids:
        thing = look_up(framework, given)
        if thing is None:
            notes.append(f"there is no entity {given[:100]!r}, so its row is empty")
        rows[given] = {
            column.property.id: []
            if thing is None or type_of(thing).id not in column.property.types
            else _cells(column, column.property.read(framework, thing))
            for column in columns
        }
    meta = [_meta(column) for column in columns]
    return {"meta": meta, "rows": rows, **({"notes": notes[:50]} if notes else {})}


def _meta(column: _Column) -> dict[str, Any]:
    found = {"id": column.property.id, "name": column.property.name}
    linked = TYPE_OF_KIND.get(column.property.links_to)
    return {**found, "type": linked.as_json()} if linked and column.content == "name" else found


def _cells(column: _Column, values: Iterable[Held]) -> list[dict[str, Any]]:
    found = [
        _cell(value, column.content)
        for value in values
        if not value.relation or column.relation == "any" or value.relation in _SAME
    ]
    return found[: column.limit] if column.limit else found


def _cell(value: Held, content: str) -> dict[str, Any]:
    if value.kind == "code":
        return {"str": value.key if content == "key" else told(value)}
    if value.kind in TYPE_OF_KIND and content == "name":
        return {"id": id_of(value.kind, value.key), "name": value.name}
    if isinstance(value.name, int):
        return {"int": value.name}
    return {"str": value.key if content == "key" else value.name}


def _read(query: Any) -> tuple[list[str], list[_Column]]:
    if not isinstance(query, dict):
        raise _refused(
            "a data extension query is a JSON object", "extend", 'send {"ids": [], "properties": []}'
        )
    for name in ("ids", "properties"):
        if not isinstance(query.get(name), list):
            raise _refused(
                f"the query has no list of {name}", f"extend, {name}", 'send {"ids": [], "properties": []}'
            )
    ids, given = query["ids"], query["properties"]
    if len(ids) > MOST_IDS or len(given) > MOST_PROPERTIES:
        raise _refused(
            f"the query has {len(ids)} ids and {len(given)} properties",
            "extend",
            f"send at most {MOST_IDS} ids and {MOST_PROPERTIES} properties at a time",
        )
    for place, each in enumerate(ids):
        if not isinstance(each, str):
            raise _refused("an id is a string", f"extend, ids, {place}", 'send for example "role/hcsw"')
    return ids, [_column(each, f"extend, properties, {place}") for place, each in enumerate(given)]


def _column(given: Any, where: str) -> _Column:
    if not isinstance(given, dict) or not isinstance(given.get("id"), str):
        raise _refused("a property is an object with an id", where, 'send for example {"id": "band"}')
    settings = {} if given.get("settings") is None else given["settings"]
    if not isinstance(settings, dict):
        raise _refused("settings is not an object", f"{where}, settings", 'send for example {"limit": 5}')
    if given["id"] not in PROPERTY:
        near = near_misses(given["id"], PROPERTY)
        hint = f"did you mean {' or '.join(near)}? " if near else ""
        raise _refused(
            f"there is no property {given['id'][:50]!r}",
            f"{where}, id",
            f"{hint}known are {', '.join(PROPERTY)}",
        )
    chosen = {each["name"]: each["default"] for each in SETTINGS}
    for name in settings:
        if name not in chosen:
            raise _refused(
                f"there is no setting {name[:50]!r}",
                f"{where}, settings",
                f"settings are {', '.join(chosen)}",
            )
    chosen |= settings
    for setting in SETTINGS:
        choices = [choice["value"] for choice in setting.get("choices", ())]
        if choices and chosen[setting["name"]] not in choices:
            raise _refused(
                f"{str(chosen[setting['name']])[:50]!r} is no choice of {setting['name']}",
                f"{where}, settings, {setting['name']}",
                f"choose {' or '.join(choices)}",
            )
    return _Column(
        PROPERTY[given["id"]],
        _limit(chosen["limit"], f"{where}, settings, limit"),
        chosen["content"],
        chosen["relation"],
    )


def _limit(given: Any, where: str) -> int:
    # Clients send what was typed into a form: "5" is as good as 5, and an empty field is none.
    text = str(given).strip() if isinstance(given, str | int | float) and not isinstance(given, bool) else "?"
    text = text.removesuffix(".0") or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise _refused(f"{str(given)[:50]!r} is not a limit", where, "use a whole number; 0 is no limit")
    return int(text)


def _refused(what: str, where: str, mend: str) -> BadParameter:
    return BadParameter(what, where=where, mend=mend)
