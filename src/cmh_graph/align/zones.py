"""Accept, review or none: what we dare to say of a ranked title, and when the answer is 'none of these'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from .readings import Reading
from .score import Scored
from .wording import rows_of, words

Zone = Literal["accept", "review", "none"]


@dataclass(frozen=True, slots=True)
class Limits:
    """accept, review: least confidence for the zone. margin: least lead over the next target to accept."""

    accept: float = 0.86
    review: float = 0.40
    margin: float = 0.06


@dataclass(frozen=True, slots=True)
class Clash:
    """Why a title lies outside the framework whatever role it resembles."""

    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class Decision:
    """zone of the first candidate; doubts: why it is not accepted; clash: why none fits."""

    zone: Zone
    doubts: tuple[str, ...] = ()
    clash: Clash | None = None


@dataclass(frozen=True, slots=True)
class _Rule:
    phrase: tuple[str, ...]
    heads: frozenset[str]
    kind: str
    unless: frozenset[str]


@cache
def _rules() -> Mapping[str, tuple[_Rule, ...]]:
    """Clash rules by the first word of their phrase."""
    found: dict[str, tuple[_Rule, ...]] = {}
    head_kinds = sorted({row["class"] for row in rows_of("head_words.csv")}, key=len, reverse=True)
    for row in rows_of("outside.csv"):
        phrase = words(row["words"])
        left, kinds = f" {row['heads']} ", set()
        for kind in head_kinds:  # kinds may hold a space, so the longest is taken first
            if f" {kind} " in left:
                kinds.add(kind)
                left = left.replace(f" {kind} ", "  ")
        unless = frozenset(row["unless"].split())
        found[phrase[0]] = (*found.get(phrase[0], ()), _Rule(phrase, frozenset(kinds), row["kind"], unless))
    return found


#: Words that make a post one of mental health, so that 'adult' or 'general' beside it is no clash.
_OUR_FIELD = frozenset({"mental", "psychiatry", "psychological", "psychotherapy"})


def find_clash(readings: Sequence[Reading]) -> Clash | None:
    """The first clash in the likeliest reading's core words."""
    if not readings:
        return None
    reading = readings[0]
    phrase = (*reading.core, *reading.tail)
    table = _rules()
    for place, word in enumerate(phrase):
        for rule in (*table.get(word, ()), *table.get(word.removesuffix("s"), ())):
            size = len(rule.phrase)
            here = phrase[place : place + size]
            same = here[:-1] == rule.phrase[:-1] and here[-1].removesuffix("s") == rule.phrase[-1].removesuffix("s")
            if not same or (rule.heads and reading.head.kind not in rule.heads):
                continue
            if rule.unless & set(phrase) or (rule.kind == "another field of nursing" and _OUR_FIELD & set(phrase)):
                continue
            return Clash(" ".join(here), rule.kind)
    # A learner for a registered field of nursing: the field often stands after the noun.
    return None


def decide(ranked: Sequence[Scored], readings: Sequence[Reading], limits: Limits) -> Decision:
    """The zone of a title. Exact names of a role are never a clash."""
    clash = find_clash(readings)
    if clash and not (ranked and ranked[0].features.exact and ranked[0].features.doubt == 0):
        return Decision("none", clash=clash)
    if not ranked or ranked[0].confidence < limits.review:
        return Decision("none")
    best = ranked[0]
    doubts = []
    if best.entry.role.rolls_up_to is None:
        doubts.append("this role has no target in the crosswalk, so a person must choose")
    if best.features.level_clash:
        doubts.append("one needs registration and the other does not")
    if best.features.head < 0.5:
        doubts.append("the nouns that say what kind of post it is differ")
    if best.features.band_distance >= 2:
        doubts.append(f"the pay band is {best.features.band_distance} steps away")
    if len(ranked) > 1 and best.confidence - ranked[1].confidence < limits.margin:
        doubts.append(f"{ranked[1].role} fits nearly as well")
    if best.confidence < limits.accept:
        doubts.append("the likeness is not close enough to accept unseen")
    return Decision("review" if doubts else "accept", tuple(doubts))
