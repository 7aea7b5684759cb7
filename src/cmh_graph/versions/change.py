"""One change between two versions, and how it is written as data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cmh_graph.errors import SourceError
from cmh_graph.versions.facts import Statement
from cmh_graph.versions.semver import CLASSES, Class

Event = Literal["added", "removed", "retired", "reinstated", "mapped otherwise", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is different about one thing, or about one property of it.

    class_: breaking, additive or editorial; "class" in JSON. rule, why: the rule that decided, and its reason.
    part: graph, shapes or questions. event: added, removed, retired, reinstated or mapped otherwise concern the whole
    thing, changed concerns one property.
    thing: its IRI; a blank node that nothing points to is written out. kind: as in its IRI (role, requirement), or
    term, shape, question, mapping, ontology, thing. name: as people call it.
    property: prefixed name; "" where the whole thing is concerned. before, after: the values as people read them.
    removed, added: the statements that make the change, sorted; applying all changes gives the later version."""

    class_: Class
    part: str
    event: Event
    thing: str
    kind: str
    name: str
    property: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    rule: str
    why: str
    removed: tuple[Statement, ...]
    added: tuple[Statement, ...]

    def as_json(self) -> dict[str, Any]:
        """The change as plain data; statements are lists of subject, predicate and object."""
        return {
            "class": self.class_,
            "part": self.part,
            "event": self.event,
            "thing": self.thing,
            "kind": self.kind,
            "name": self.name,
            "property": self.property,
            "before": list(self.before),
            "after": list(self.after),
            "rule": self.rule,
            "why": self.why,
            "removed": [list(one) for one in self.removed],
            "added": [list(one) for one in self.added],
        }


def sort_key(change: Change) -> tuple[object, ...]:
    """What changes are sorted by: gravest first, then by part, kind, name and thing."""
    return (
        CLASSES.index(change.class_), change.part, change.kind, change.name, change.thing, change.event,
        change.property,
    )  # fmt: skip


def change_key(change: Change) -> str:
    """A name for a change among those of one release, the same on every machine: 16 hexadecimal digits."""
    said = "\n".join((change.part, change.event, change.thing, change.property))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def change_from_json(data: Mapping[str, Any], where: str = "changes.json") -> Change:
    """The change that as_json wrote. Raises SourceError if it is none."""
    try:
        return Change(
            class_=data["class"],
            before=tuple(data["before"]),
            after=tuple(data["after"]),
            removed=tuple(Statement(*one) for one in data["removed"]),
            added=tuple(Statement(*one) for one in data["added"]),
            **{name: str(data[name]) for name in _TEXTS},  # type: ignore[arg-type]
        )
    except (KeyError, TypeError) as error:
        raise SourceError(f"this is no change: {error}", where=where, mend="take the file from git") from None


_TEXTS = ("part", "event", "thing", "kind", "name", "property", "rule", "why")


def count_classes(changes: Iterable[Change]) -> dict[Class, int]:
    """class -> number of changes, every class named, gravest first."""
    counts: dict[Class, int] = dict.fromkeys(CLASSES, 0)
    for change in changes:
        counts[change.class_] += 1
    return counts
