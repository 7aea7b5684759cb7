"""What a person may mean who has typed the start of a name or identifier: things, types, properties."""

from __future__ import annotations

from typing import Any, Final

from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.model import Thing
from cmh_graph.reconcile.entities import (
    SCHEMA_SPACE,
    TYPE_OF_KIND,
    TYPES,
    find_type,
    id_of,
    look_up,
    type_of,
)
from cmh_graph.reconcile.properties import PROPERTIES, Property
from cmh_graph.search import LONGEST, words_of

LARGEST_LIMIT: Final = 50
DEFAULT_LIMIT: Final = 10

#: Properties that refine a query and are nothing to fetch.
_ONLY_ASKED: Final = (
    Property(
        "description",
        "Job description",
        "Text of the post's description or advert, to tell roles apart",
        ("Role",),
        lambda _framework, _thing: (),
    ),
)


def suggest_entities(
    framework: Framework, prefix: str, *, type_id: str = "", cursor: int = 0, limit: int = DEFAULT_LIMIT
) -> list[dict[str, Any]]:
    """Things as {id, name, description, notable}, best first; [] for a prefix without a word.

    type_id: only things of this type. cursor: how many to pass over. Raises BadParameter for a type that is not
    known and a prefix longer than the index searches."""
    _refuse_long(prefix)
    type_ = find_type(type_id) if type_id else None
    if type_id and type_ is None:
        known = ", ".join(each.id for each in TYPES)
        raise BadParameter(
            f"there is no type {type_id[:50]!r}", where="parameter type", mend=f"types are {known}"
        )
    found: dict[str, Thing] = {}
    named = look_up(framework, prefix)
    if named is not None and (type_ is None or type_of(named) == type_):
        found[named.iri] = named
    if words_of(prefix):
        kinds = (type_.kind,) if type_ else tuple(TYPE_OF_KIND)
        for hit in framework.search(prefix, kinds=kinds, limit=cursor + limit):
            thing = framework.find(hit.kind, hit.key)
            found.setdefault(thing.iri, thing)
    return [_entity(thing) for thing in list(found.values())[cursor : cursor + limit]]


def _entity(thing: Thing) -> dict[str, Any]:
    type_ = type_of(thing)
    described = {"description": thing.definition} if thing.definition else {}
    return {
        "id": id_of(type_.kind, thing.key),
        "name": thing.label,
        **described,
        "notable": [type_.as_json()],
    }


def suggest_types(prefix: str, *, cursor: int = 0, limit: int = DEFAULT_LIMIT) -> list[dict[str, Any]]:
    """Types as {id, name, description} whose name or identifier has a word that begins so; all for ""."""
    _refuse_long(prefix)
    found = [
        {**each.as_json(), "description": each.about} for each in TYPES if _begins(prefix, each.id, each.name)
    ]
    return found[cursor : cursor + limit]


def suggest_properties(prefix: str, *, cursor: int = 0, limit: int = DEFAULT_LIMIT) -> list[dict[str, Any]]:
    """Properties as {id, name, description} whose name or identifier has a word that begins so; all for ""."""
    _refuse_long(prefix)
    found = [each.as_json() for each in (*PROPERTIES, *_ONLY_ASKED) if _begins(prefix, each.id, each.name)]
    return found[cursor : cursor + limit]


def find_property(given: str) -> Property | None:
    """The property with an identifier; None if there is none."""
    return next((each for each in (*PROPERTIES, *_ONLY_ASKED) if each.id == given), None)


def _begins(prefix: str, *names: str) -> bool:
    asked = " ".join(words_of(prefix.strip().removeprefix(SCHEMA_SPACE)))
    if not asked:
        return not prefix.strip()
    for name in names:
        words = words_of(name.replace("_", " "))
        if any(" ".join(words[start:]).startswith(asked) for start in range(len(words))):
            return True
    return False


def _refuse_long(prefix: str) -> None:
    if len(prefix) > LONGEST:
        raise BadParameter(
            f"the text has {len(prefix)} characters",
            where="parameter prefix",
            mend=f"use at most {LONGEST} characters",
        )
