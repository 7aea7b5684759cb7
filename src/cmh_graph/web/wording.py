"""Words for people in place of keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cmh_graph.framework import Framework
from cmh_graph.model import Key, Says
from cmh_graph.namespaces import BASE

#: Status -> what a mark says, and what it means.
STATUSES: Final = {
    "seed": ("First documents", "stated in one of the documents the project began from"),
    "public": ("Public source", "stated on a public page; the sources are below"),
    "inferred": ("Our judgement", "no source that we read says it"),
    "confirmed": ("Confirmed", "confirmed by the owner of the fact"),
}


def status_words(says: Says | None, field: str = "") -> tuple[str, str]:
    """What the mark of a statement says, and what it means. field: the part of it that is shown, such as "bands"."""
    if says is None:
        return ("", "")
    inferred = says.is_inferred or (field and field in says.inferred_fields)
    return STATUSES["inferred" if inferred else says.status]


def path_of(thing: str) -> str:
    """The address of one of our IRIs on any host; other IRIs stay as they are."""
    return "/" + thing.removeprefix(BASE) if thing.startswith(BASE) else thing


def labels_of(framework: Framework, scheme: str, keys: Iterable[str]) -> list[str]:
    """The names of concepts of one scheme, in the order given; a key that is not known stands as it is."""
    vocabulary = framework.vocabularies.get(Key(scheme))
    names: dict[str, str] = (
        {concept.key: concept.label for concept in vocabulary.concepts} if vocabulary else {}
    )
    return [names.get(key, key) for key in keys]


def level_of(framework: Framework, skill_level: str) -> str:
    """The name of the framework level of a skill level's key, in small words: "senior level"."""
    name = labels_of(framework, "framework-level", [skill_level.rpartition("--")[2]])[0]
    return f"{name[:1].lower()}{name[1:]} level"
