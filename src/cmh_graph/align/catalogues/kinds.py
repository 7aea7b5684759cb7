"""What two titles must share before they can be one role: level, registration, age group, field and profession.

The words are in data/post_words.csv. The most common wrong merge is one level with another, so a level is
every level word of the title, not a step on one ladder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from cmh_graph.align.wording import rows_of, words


@dataclass(frozen=True, slots=True)
class PostWord:
    """Words that say something of a post. points: up or down the ladder, for words of level."""

    kind: str
    value: str
    points: str
    said: str


@dataclass(frozen=True, slots=True)
class Kind:
    """What a title says of its post beside the work itself; each is a set of values, empty if nothing is said.

    levels: of its own noun. head_level: the level word that is the head noun itself, which in 'healthcare
    assistant' names the work and not a grade. registered: None if the words do not say. conflict: two words that point
    to different levels, such as senior and trainee."""

    levels: frozenset[str]
    head_level: str
    registered: bool | None
    ages: frozenset[str]
    fields: frozenset[str]
    professions: frozenset[str]
    therapies: frozenset[str]
    conflict: tuple[str, str] | None = None

    @property
    def served(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Whom and how the post serves: two titles that differ here are never one role."""
        return self.ages, self.fields, self.therapies


@cache
def post_words() -> Mapping[tuple[str, ...], PostWord]:
    """The words of the package by their phrase in our one spelling."""
    return {
        words(row["words"]): PostWord(row["kind"], row["value"], row["points"], row["words"])
        for row in rows_of("post_words.csv")
    }


def said_in(phrase: Sequence[str]) -> list[PostWord]:
    """The known phrases of a title in order, the longest first at each place, without overlap."""
    table = post_words()
    found: list[PostWord] = []
    place = 0
    while place < len(phrase):
        for length in (4, 3, 2, 1):
            part = tuple(phrase[place : place + length])
            one = table.get(part) or table.get((*part[:-1], part[-1].removesuffix("s"))) if part else None
            if one and len(part) == length:
                found.append(one)
                place += length
                break
        else:
            place += 1
    return found


def kind_of(own: Sequence[Sequence[str]], beyond: Sequence[str], head: str, registered: bool | None) -> Kind:
    """own: the phrases that speak of the post itself; beyond: what follows a preposition, which speaks of
    something else: a 'secretary to the director' is no director. head: the head noun."""
    mine = [one for phrase in own for one in said_in(phrase)]
    every = [*mine, *said_in(beyond)]

    def values(kind: str, found: Sequence[PostWord]) -> frozenset[str]:
        return frozenset(one.value for one in found if one.kind == kind)

    levels = values("level", mine)
    head_word = post_words().get((head.rsplit(" ", 1)[-1],))
    head_level = head_word.value if head_word and head_word.kind == "level" else ""
    return Kind(
        levels,
        head_level,
        registered,
        values("age", every),
        values("field", every),
        values("profession", mine),
        values("therapy", mine),
        _conflict([one for one in mine if one.kind == "level"]),
    )


#: Posts that have helpers and learners by custom: an assistant manager is no contradiction.
_WITH_HELPERS = frozenset({"manager", "director", "head", "lead", "supervisor"})


def _conflict(levels: Sequence[PostWord]) -> tuple[str, str] | None:
    """The first word that points up and the first that points down, unless the one that points down comes first and
    the other is a post with helpers."""
    up = next((n for n, one in enumerate(levels) if one.points == "up"), None)
    down = next((n for n, one in enumerate(levels) if one.points == "down"), None)
    if up is None or down is None or (down < up and levels[up].value in _WITH_HELPERS):
        return None
    return levels[up].said, levels[down].said
