"""The key of a new row: what the owner wrote, or made of its name or of what it joins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.store import Literal, NamedNode, Term
from cmh_graph.workbook.cells import Wrong
from cmh_graph.workbook.columns import Sheet
from cmh_graph.workbook.content import kind_of
from cmh_graph.workbook.words import slug

#: The form of every key in the catalogue.
KEY: Final = re.compile(r"[a-z0-9]+(?:-{1,2}[a-z0-9]+)*")
LONGEST_KEY: Final = 120

Values = Mapping[str, Sequence[Term]]


def given_key(text: str) -> str | Wrong:
    """The key as written, or why it cannot be one."""
    if KEY.fullmatch(text) and len(text) <= LONGEST_KEY:
        return text
    made = slug(text)[:LONGEST_KEY].strip("-")
    return Wrong(
        f"'{text[:60]}' cannot be a key: keys are small letters, digits and hyphens, up to {LONGEST_KEY}",
        f"write {made}, or leave the cell empty" if made else "leave the cell empty",
    )


def made_key(sheet: Sheet, values: Values, taken: Callable[[str], bool]) -> str | Wrong:
    """The key of a new row whose key is empty. taken: whether a key is in use."""
    if sheet.key == "name":
        name = next((one.value for one in values.get("skos:prefLabel", ()) if isinstance(one, Literal)), "")
        return slug(name)[:LONGEST_KEY].strip("-") or Wrong(
            "this row has neither a key nor a name", "fill the column Name"
        )
    parts = _JOINED[sheet.id](lambda id: _link(values, id))
    if parts is None:
        missing = [one.heading for one in sheet.columns if one.part == "identity" and not values.get(one.id)]
        return Wrong("this row does not say what it is about", f"fill {' and '.join(missing)}")
    first, *others = parts
    for one in parts:
        if not taken(one):
            return one
    if sheet.id in _NUMBERED:
        last = others[-1] if others else first
        return next(key for number in range(2, 10_000) if not taken(key := f"{last}-{number}"))
    return first


def _link(values: Values, id: str) -> str:
    return next((one.value for one in values.get(id, ()) if isinstance(one, NamedNode)), "")


Get = Callable[[str], str]
#: Of these one thing may have several.
_NUMBERED: Final = frozenset({"bands", "placements"})


def _requirement(get: Get) -> list[str] | None:
    group, asked = get("^cmh:anyOf"), get("cmh:asksFor")
    role = key_of(get("^cmh:hasRequirement")) or key_of(group).partition("--")[0]
    if not role:
        return None
    if get("rdf:type") == PREFIXES["cmh"] + "AnyOfRequirement":
        return [f"{role}--any-of-{number}" for number in range(1, 100)]
    return [f"{role}--{kind_of(asked)}-{key_of(asked)}"] if asked else None


def _pair(first: str, second: str, between: str = "--") -> Callable[[Get], list[str] | None]:
    def joined(get: Get) -> list[str] | None:
        one, other = key_of(get(first)), key_of(get(second))
        return [f"{one}{between}{other}"] if one and other else None

    return joined


def _step(get: Get) -> list[str] | None:
    keys = _pair("cmh:fromPosition", "cmh:toPosition", "-to-")(get)
    way = key_of(get("cmh:viaRoute"))
    return [*keys, f"{keys[0]}-by-{way}"] if keys and way else keys


def _own(id: str) -> Callable[[Get], list[str] | None]:
    return lambda get: [key_of(get(id))] if get(id) else None


def _bands(get: Get) -> list[str] | None:
    role, by = key_of(get("^cmh:hasBandAssignment")), key_of(get("cmh:assignedBy"))
    return [f"{role}--{by or 'general'}"] if role else None


def _placement(get: Get) -> list[str] | None:
    role = key_of(get("^cmh:hasPlacement"))
    what = "settings" if get("cmh:inSetting") else "employers"
    return [f"{role}--{what}"] if role else None


_JOINED: Final[Mapping[str, Callable[[Get], list[str] | None]]] = {
    "requirements": _requirement,
    "skill-levels": _pair("cmh:ofSkill", "cmh:atFrameworkLevel"),
    "i-statements": _own("^cmh:hasIStatement"),
    "steps": _step,
    "bands": _bands,
    "placements": _placement,
    "regulations": _own("^cmh:hasRegulation"),
    "title-meanings": _pair("cmh:title", "cmh:meansRole"),
}
