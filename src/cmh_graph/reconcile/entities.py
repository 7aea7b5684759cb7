"""What can be reconciled: five types of thing, and the identifiers by which replies name them.

An identifier is the kind and the key, role/hcsw, so that IDENTIFIER_SPACE + identifier is the permanent IRI;
SCHEMA_SPACE + the identifier of a type is the IRI of its class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cmh_graph.errors import UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.model import Thing
from cmh_graph.namespaces import BASE, CMH

IDENTIFIER_SPACE: Final = BASE
SCHEMA_SPACE: Final = CMH
#: Longer than any identifier.
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class EntityType:
    """A type of thing. kind: as in IRIs. collection: where its things are below /v1."""

    id: str
    name: str
    kind: str
    collection: str
    about: str

    def as_json(self) -> dict[str, Any]:
        """{id, name}, as replies name a type."""
        return {"id": self.id, "name": self.name}


TYPES: Final = (
    EntityType("Role", "Role", "role", "roles", "A kind of work in community mental health"),
    EntityType("Skill", "Skill", "skill", "skills", "Something a person can do"),
    EntityType("Value", "Value", "value", "values", "What a person holds to be important in the work"),
    EntityType(
        "Qualification",
        "Qualification",
        "qualification",
        "qualifications",
        "A qualification, apprenticeship standard or registration",
    ),
    EntityType("Title", "Job title", "title", "titles", "A job title and the roles it can mean"),
)
#: A query that names no type looks through these: names of job titles repeat those of roles.
WITHOUT_A_TYPE: Final = tuple(each for each in TYPES if each.id != "Title")
TYPE_OF_KIND: Final = {each.kind: each for each in TYPES}


def find_type(given: str) -> EntityType | None:
    """The type that an identifier, IRI, prefixed name or name means, in any case; None if there is none."""
    short = given.strip().removeprefix(SCHEMA_SPACE).removeprefix("cmh:").casefold()
    return next((each for each in TYPES if short in (each.id.casefold(), each.name.casefold())), None)


def id_of(kind: str, key: str) -> str:
    """The identifier of a thing: role/hcsw."""
    return f"{kind}/{key}"


def type_of(thing: Thing) -> EntityType:
    """The type of a thing. KeyError for kinds that are not reconciled."""
    return TYPE_OF_KIND[thing.iri.removeprefix(BASE).split("/", 1)[0]]


def look_up(framework: Framework, given: str) -> Thing | None:
    """The thing that an identifier names, also written as its IRI or as role:hcsw; None if there is none."""
    if len(given) > _LONGEST:
        return None
    short = given.strip().removeprefix(IDENTIFIER_SPACE)
    kind, mark, key = short.partition("/" if "/" in short else ":")
    if not mark or kind not in TYPE_OF_KIND:
        return None
    found: Thing | None = framework.things(kind).get(key)  # type: ignore[call-overload]
    return found


def find(framework: Framework, given: str) -> Thing:
    """The thing that an identifier names. Raises UnknownThing, with keys that are nearly so."""
    thing = look_up(framework, given)
    if thing is not None:
        return thing
    short = given.strip().removeprefix(IDENTIFIER_SPACE)
    kind, mark, key = short.partition("/" if "/" in short else ":")
    if mark and kind in TYPE_OF_KIND:
        framework.find(kind, key)  # raises, and knows the keys that are nearly so
    kinds = ", ".join(TYPE_OF_KIND)
    raise UnknownThing(
        f"there is no entity {given[:100]!r}",
        where=given[:100],
        mend=f"write kind and key, for example role/hcsw; kinds are {kinds}",
    )
