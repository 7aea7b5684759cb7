"""What a question may name, a job or a concept of a closed scheme, and the words where it may not."""

from __future__ import annotations

from collections.abc import Iterable

from cmh_graph.errors import BadParameter
from cmh_graph.model import Concept, Key, Role
from cmh_graph.reading import Catalogue


def refuse_grouping(role: Role, where: str) -> None:
    """Raise BadParameter for a role that only groups others."""
    if role.form == "grouping":
        raise BadParameter(
            f"{role.key} names a group of roles, which is no job", where=where, mend="choose one of its roles"
        )


def refuse_position(catalogue: Catalogue, key: str, where: str) -> None:
    """Raise BadParameter for the key of a place that is no role, where a role is wanted."""
    position = catalogue.positions.get(Key(key))
    if position is not None:
        raise BadParameter(
            f"{position.label} is no role of the catalogue but a place on the way, and asks for nothing",
            where=where,
            mend="name a role",
        )


def concepts_of(catalogue: Catalogue, scheme: str) -> tuple[Concept, ...]:
    """The concepts of a closed scheme, in its order; none where the content has no such scheme."""
    vocabulary = catalogue.vocabularies.get(Key(scheme))
    return vocabulary.concepts if vocabulary is not None else ()


def refuse_unknown_concept(catalogue: Catalogue, scheme: str, given: Iterable[str | None]) -> None:
    """Raise BadParameter for a key that a closed scheme does not have; None is nothing to refuse."""
    known = sorted(str(concept.key) for concept in concepts_of(catalogue, scheme))
    strangers = sorted({one for one in given if one is not None} - set(known))
    if strangers:
        raise BadParameter(
            f"'{strangers[0]}' is not known",
            where=scheme,
            mend=f"choose from {', '.join(known)}" if known else "leave it out: there is none to choose from",
        )
