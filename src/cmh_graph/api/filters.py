"""Query parameters that keep some of a list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import Request

from cmh_graph.api.representations import framework_of
from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.model import Key
from cmh_graph.search import near_misses

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that keeps some of a list.

    keep: whether a thing has a value. known: the values it can have; others are refused. closed: whether these
    are few and fixed, to be listed in the documentation."""

    name: str
    about: str
    keep: Callable[[Any, str], bool]
    known: Callable[[Framework], Collection[str]]
    closed: bool = True


def flag(name: str, about: str, read: Callable[[Any], bool | None]) -> Filter:
    """A filter of true and false. What the catalogue does not say is neither."""
    return Filter(
        name, about, lambda thing, value: read(thing) is (value == "true"), lambda _: ("true", "false")
    )


def concept(name: str, scheme: str, about: str, read: Callable[[Any], str | Iterable[str] | None]) -> Filter:
    """A filter by the concepts of a vocabulary."""
    return Filter(name, about, _holds(read), lambda framework: concepts(framework, scheme))


def link(name: str, kind: str, about: str, read: Callable[[Any], str | Iterable[str] | None]) -> Filter:
    """A filter by the keys of another kind of thing."""
    return Filter(name, about, _holds(read), lambda framework: framework.things(kind).keys(), closed=False)


def word(
    name: str, values: Sequence[str], about: str, read: Callable[[Any], str | Iterable[str] | None]
) -> Filter:
    """A filter by a few fixed words."""
    return Filter(name, about, _holds(read), lambda _: values)


def concepts(framework: Framework, scheme: str) -> tuple[str, ...]:
    """The keys of a vocabulary's concepts, in order."""
    found = framework.vocabularies.get(Key(scheme))
    return tuple(each.key for each in found.concepts) if found else ()


def _holds(read: Callable[[Any], str | Iterable[str] | None]) -> Callable[[Any, str], bool]:
    def keep(thing: Any, value: str) -> bool:
        held = read(thing)
        return held == value if held is None or isinstance(held, str) else value in set(held)

    return keep


STATUS: Final = concept(
    "status",
    "status",
    "who says it: seed, public, inferred (our judgement) or confirmed",
    lambda thing: thing.says.status if thing.says else None,
)


def filtered(request: Request, things: Iterable[T], filters: Sequence[Filter]) -> list[T]:
    """The things that every filter in the request keeps. Raises BadParameter for a value that is not known."""
    left = list(things)
    for each in filters:
        values = request.query_params.getlist(each.name)
        if not values:
            continue
        known = each.known(framework_of(request))
        for value in values:
            if value not in known:
                near = near_misses(value, list(known))
                hint = f"did you mean {' or '.join(near)}? " if near else ""
                rest = f"known are {', '.join(known)}" if len(known) <= 40 else ""
                raise BadParameter(
                    f"{value[:80]!r} is not a value of {each.name}",
                    where=f"parameter {each.name}",
                    mend=(hint + rest).strip() or "see the collection it names for the keys there are",
                )
        left = [thing for thing in left if any(each.keep(thing, value) for value in values)]
    return left
