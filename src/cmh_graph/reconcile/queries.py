"""Query batches as clients send them -> Query values; what is wrong with one is said with its place.

Two forms are read: 0.2, where a batch is an object of queries by name, and 1.0-draft, where it is a list of
queries whose parts are conditions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from cmh_graph.errors import BadParameter
from cmh_graph.search import near_misses

MOST_QUERIES: Final = 50
LONGEST_TEXT: Final = 500
LONGEST_VALUE: Final = 10_000
MOST_PROPERTIES: Final = 20
MOST_VALUES: Final = 50
DEFAULT_LIMIT: Final = 5
LARGEST_LIMIT: Final = 25
_FIELDS: Final = ("query", "type", "limit", "properties", "type_strict")
_DRAFT_FIELDS: Final = ("type", "limit", "lang", "dir", "conditions")

Strictness: TypeAlias = Literal["any", "should", "all"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A property that candidates should have. values: each as text; of a reconciled value, (id, name).

    required: whether a candidate without it is left out; otherwise it only counts for less."""

    pid: str
    values: tuple[tuple[str, str], ...]
    required: bool = False

    @property
    def text(self) -> str:
        """The values as a person would read them."""
        return " / ".join(name for _, name in self.values)


@dataclass(frozen=True, slots=True)
class Query:
    """One query. types: () means that none was named. text: "" if there are only properties or an id.

    unusable: why a text that was given cannot be matched. notes: what was set aside in reading the query."""

    text: str = ""
    types: tuple[str, ...] = ()
    limit: int = DEFAULT_LIMIT
    properties: tuple[Wanted, ...] = ()
    type_strict: Strictness = "any"
    id: str = ""
    unusable: str = ""
    notes: tuple[str, ...] = ()

    def values(self, *pids: str) -> tuple[tuple[str, str], ...]:
        """The (id, text) values of the named properties."""
        return tuple(value for each in self.properties if each.pid in pids for value in each.values)


def read_json(text: str, where: str) -> Any:
    """The JSON value of a text. Raises BadParameter: not JSON, a name that occurs twice, NaN, too deep."""

    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise BadParameter(
                f"{twice[:50]!r} occurs twice in one object", where=where, mend="give each name once"
            )
        return found

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except json.JSONDecodeError as error:
        place = f"{where}, line {error.lineno}, column {error.colno}"
        raise BadParameter(
            f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}",
            where=place,
            mend="send a JSON object, percent-encoded if it is in an address or a form",
        ) from None
    except (ValueError, RecursionError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:100]
        raise BadParameter(f"this is not JSON we read: {what}", where=where, mend="send plain JSON") from None


def read_batch(text: str) -> dict[str, Query]:
    """The queries of a 0.2 batch by name, in their order. Raises BadParameter for the first that cannot be read.

    Refused is what a client does wrong: more than MOST_QUERIES, a query without a text or a property, a field that is
    not known, a limit that is no positive whole number. What a cell may hold is not: a blank text or one of more
    than LONGEST_TEXT characters is marked unusable, and of a longer value the first LONGEST_VALUE characters count.
    For clients send cells as they are, and one refusal would lose them the whole batch."""
    batch = read_json(text, "queries")
    if not isinstance(batch, dict):
        raise _refused(
            f"a batch is a JSON object of queries by name, and this is {_kind(batch)}",
            "queries",
            'send for example {"q0": {"query": "support worker", "type": "Role"}}',
        )
    _refuse_many(len(batch))
    return {name: _read(given, f"queries, {name[:50]}") for name, given in batch.items()}


def read_draft_batch(batch: Any) -> list[Query]:
    """The queries of a 1.0-draft batch, in their order. Raises BadParameter as read_batch does."""
    if not isinstance(batch, dict) or not isinstance(batch.get("queries"), list):
        raise _refused(
            "a batch of version 1.0-draft is a JSON object with a list of queries",
            "body",
            'send {"queries": [{"conditions": [{"matchType": "name", "propertyValue": "support worker"}]}]}',
        )
    _refuse_many(len(batch["queries"]))
    return [_read_draft(given, f"queries, {place}") for place, given in enumerate(batch["queries"])]


def _read(given: Any, where: str) -> Query:
    if not isinstance(given, dict):
        raise _refused(
            f"a query is a JSON object, and this is {_kind(given)}", where, 'send {"query": "..."}'
        )
    _refuse_fields(given, _FIELDS, where)
    text, unusable = _cell(given["query"], f"{where}, query") if "query" in given else ("", "")
    properties = given.get("properties", [])
    if not isinstance(properties, list):
        raise _refused("properties is not a list", f"{where}, properties", 'send [{"pid": "band", "v": "3"}]')
    if "query" not in given and not properties:
        raise _refused(
            "a query needs a text or a property, and this has neither",
            where,
            'give "query", or at least one of "properties"',
        )
    _refuse_many_properties(len(properties), where)
    notes: list[str] = []
    return Query(
        text=text,
        types=_types(given.get("type", []), f"{where}, type"),
        limit=_limit(given.get("limit", DEFAULT_LIMIT), f"{where}, limit"),
        properties=tuple(
            _property(each, f"{where}, properties, {place}", notes) for place, each in enumerate(properties)
        ),
        type_strict=_strictness(given.get("type_strict", "any"), f"{where}, type_strict"),
        unusable=unusable,
        notes=tuple(notes),
    )


def _read_draft(given: Any, where: str) -> Query:
    if not isinstance(given, dict):
        raise _refused(f"a query is a JSON object, and this is {_kind(given)}", where, "send an object")
    _refuse_fields(given, _DRAFT_FIELDS, where)
    conditions = given.get("conditions")
    if not isinstance(conditions, list) or not conditions:
        raise _refused(
            "a query needs at least one condition",
            f"{where}, conditions",
            'send [{"matchType": "name", "propertyValue": "support worker"}]',
        )
    _refuse_many_properties(len(conditions), where)
    if not isinstance(given.get("type", ""), str):
        raise _refused("a type is a string here", f"{where}, type", "name one type, or none")
    text, unusable, thing = "", "", ""
    wanted: list[Wanted] = []
    notes: list[str] = []
    for place, each in enumerate(conditions):
        at = f"{where}, conditions, {place}"
        if not isinstance(each, dict):
            raise _refused(f"a condition is a JSON object, and this is {_kind(each)}", at, "send an object")
        how = each.get("matchType")
        if how not in ("name", "id", "property"):
            raise _refused(
                "a condition needs a matchType that is known",
                f"{at}, matchType",
                "use name, id or property",
            )
        values = _values(each.get("propertyValue"), f"{at}, propertyValue", notes)
        if each.get("matchQualifier"):
            notes.append(
                f"the qualifier {str(each['matchQualifier'])[:50]} was set aside: there are none here"
            )
        if how != "name" and each.get("matchQuantifier", "any") != "any":
            # Taking "none" for "any" would turn the question round.
            notes.append(f"a condition with the quantifier {str(each['matchQuantifier'])[:50]} was set aside")
            continue
        if how == "property":
            required = each.get("required", False)
            if not isinstance(required, bool):
                raise _refused("required is neither true nor false", f"{at}, required", "use true or false")
            wanted.append(
                Wanted(_text(each.get("propertyId"), f"{at}, propertyId", LONGEST_TEXT), values, required)
            )
        elif how == "name":
            if not text:
                text, unusable = _cell(values[0][1], f"{at}, propertyValue")
        else:
            thing = thing or values[0][0]
    return Query(
        text=text,
        types=(given["type"],) if given.get("type") else (),
        limit=_limit(given.get("limit", DEFAULT_LIMIT), f"{where}, limit"),
        properties=tuple(wanted),
        id=thing,
        unusable=unusable,
        notes=tuple(notes),
    )


def _types(given: Any, where: str) -> tuple[str, ...]:
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise _refused("a type is a string, or a list of strings", where, 'for example "Role"')
    if len(found) > MOST_VALUES:
        raise _refused(f"there are {len(found)} types", where, f"name at most {MOST_VALUES}")
    return tuple(_text(each, where, LONGEST_TEXT) for each in found if each.strip())


def _limit(given: Any, where: str) -> int:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or given != given or given < 1 or (given < 1e9 and given != int(given)):
        raise _refused(
            f"{json.dumps(given)[:50]} is not a limit",
            where,
            f"use a whole number from 1; more than {LARGEST_LIMIT} candidates are never sent",
        )
    return int(min(given, LARGEST_LIMIT))


def _strictness(given: Any, where: str) -> Strictness:
    if given not in ("any", "should", "all"):
        raise _refused(f"{json.dumps(given)[:50]} is not a strictness", where, "use any, should or all")
    found: Strictness = given
    return found


def _property(given: Any, where: str, notes: list[str]) -> Wanted:
    if not isinstance(given, dict):
        raise _refused(f"a property is a JSON object, and this is {_kind(given)}", where, 'send {"pid", "v"}')
    for name in ("pid", "v"):
        if name not in given:
            near = next((other for other in given if other in ("id", "property", "value", "values")), "")
            hint = f"rename {near}: " if near else ""
            raise _refused(f"the property has no {name}", where, f'{hint}send {{"pid": "band", "v": "3"}}')
    return Wanted(
        _text(given["pid"], f"{where}, pid", LONGEST_TEXT).strip(), _values(given["v"], f"{where}, v", notes)
    )


def _values(given: Any, where: str, notes: list[str]) -> tuple[tuple[str, str], ...]:
    values = given if isinstance(given, list) else [given]
    if len(values) > MOST_VALUES:
        raise _refused(f"there are {len(values)} values", where, f"give at most {MOST_VALUES}")
    if not values:
        raise _refused("there is no value", where, "leave the property out where it is empty")
    return tuple(_value(each, where, notes) for each in values)


def _value(given: Any, where: str, notes: list[str]) -> tuple[str, str]:
    if isinstance(given, dict) and isinstance(given.get("id"), str):
        thing = _text(given["id"], where, LONGEST_TEXT)
        name = given.get("name")
        return thing, _cut(thing if name in (None, "") else name, where, notes)
    if isinstance(given, bool):
        return ("true" if given else "false",) * 2
    if isinstance(given, int | float):
        number = (
            str(int(given)) if given == given and abs(given) < 1e15 and given == int(given) else str(given)
        )
        return number, number
    if isinstance(given, str):
        return (_cut(given, where, notes).strip(),) * 2
    raise _refused(
        f"a value is a string, a number, true, false or an object with an id, and this is {_kind(given)}",
        where,
        "leave the property out where it is empty",
    )


def _cell(given: Any, where: str) -> tuple[str, str]:
    """The text to match without space around it, and why it cannot be matched, one of them empty."""
    text = _text(given, where).strip()
    if not text:
        return "", "the text holds no letter or digit, so nothing is like it"
    if len(text) > LONGEST_TEXT:
        return "", f"the text has {len(text)} characters; texts of more than {LONGEST_TEXT} are not matched"
    return text, ""


def _cut(given: Any, where: str, notes: list[str]) -> str:
    text = _text(given, where)
    if len(text) > LONGEST_VALUE:
        notes.append(f"of a value with {len(text)} characters the first {LONGEST_VALUE} were read")
    return text[:LONGEST_VALUE]


def _text(given: Any, where: str, longest: int | None = None) -> str:
    if not isinstance(given, str):
        raise _refused(f"this is {_kind(given)} where a string is needed", where, "send a string")
    if longest is not None and len(given) > longest:
        raise _refused(f"the text has {len(given)} characters", where, f"send at most {longest}")
    try:
        given.encode()
    except UnicodeEncodeError:
        raise _refused("the text holds half a character", where, "send whole Unicode characters") from None
    return given


def _refuse_fields(given: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for name in given:
        if name not in known:
            near = near_misses(name, known)
            hint = f"did you mean {' or '.join(near)}? " if near else ""
            raise _refused(
                f"a query has no field {name[:50]!r}", where, f"{hint}fields are {', '.join(known)}"
            )


def _refuse_many(number: int) -> None:
    if number > MOST_QUERIES:
        raise _refused(f"the batch has {number} queries", "queries", f"send at most {MOST_QUERIES} at a time")


def _refuse_many_properties(number: int, where: str) -> None:
    if number > MOST_PROPERTIES:
        raise _refused(f"the query has {number} properties", where, f"send at most {MOST_PROPERTIES}")


def _kind(given: Any) -> str:
    if given is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return names.get(type(given), "a number")


def _refused(what: str, where: str, mend: str) -> BadParameter:
    return BadParameter(what, where=where, mend=mend)
