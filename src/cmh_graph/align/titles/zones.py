"""Accept, review or none: what we dare to say of a ranked title, and when the answer is 'none of these'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cmh_graph.align.titles.readings import Reading
from cmh_graph.align.titles.score import Scored
from cmh_graph.align.wording import rows_of, setting_words, stem, words

Zone = Literal["accept", "review", "none"]


@dataclass(frozen=True, slots=True)
class Limits:
    """accept, review: least confidence for the zone. margin: least lead over the next target to accept."""

    accept: float = 0.86
    review: float = 0.25
    margin: float = 0.06


@dataclass(frozen=True, slots=True)
class Clash:
    """Why a title lies outside the framework whatever role it resembles."""

    words: str
    kind: str
    inside: bool = True  # the words are the post's own, not those of its setting


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
    anywhere: bool


#: Posts whose work is the same in any field: only a corporate or facilities word puts them outside.
_SAME_ANYWHERE = frozenset({"administrator", "secretary", "volunteer", "advocate"})
#: Words that give a post another level: left without a match, a person should look.
_LEVEL_WORDS = frozenset(
    {
        stem(word)
        for word in (
            "assistant",
            "associate",
            "apprentice",
            "student",
            "manager",
            "director",
            "head",
            "officer",
        )
    }
)


#: Nouns that name a kind of post in any trade.
_GENERAL_KINDS = frozenset(
    {
        "worker",
        "assistant",
        "officer",
        "adviser",
        "specialist",
        "coordinator",
        "leader",
        "manager",
        "practitioner",
        "associate",
        "consultant",
        "trainer",
    }
)


@cache
def _rules() -> Mapping[str, tuple[_Rule, ...]]:
    """Clash rules by the first word of their phrase."""
    found: dict[str, tuple[_Rule, ...]] = {}
    for row in rows_of("outside.csv"):
        phrase = words(row["words"])
        kinds = frozenset(filter(None, row["heads"].split(";")))
        unless = frozenset(row["unless"].split())
        one = _Rule(phrase, kinds, row["kind"], unless, row["place"] == "anywhere")
        found[phrase[0]] = (*found.get(phrase[0], ()), one)
    return found


#: Words that make a post one of mental health, so that 'adult' or 'general' beside it is no clash.
_OUR_FIELD = frozenset({"mental", "psychiatry", "psychological", "psychotherapy"})


def find_clash(readings: Sequence[Reading]) -> Clash | None:
    """The first clash in the likeliest reading's own words; None if there is none."""
    if not readings:
        return None
    reading = readings[0]
    own = (*reading.core, *reading.tail)
    for rule, here, inside in _matches(reading, own):
        if (
            (inside or rule.anywhere or _field_of(reading, rule))
            and (not rule.heads or reading.head.kind in rule.heads)
            and not (reading.head.kind in _SAME_ANYWHERE and rule.kind not in {"corporate", "facilities"})
        ):
            return Clash(here, rule.kind, inside)
    return None


def _field_of(reading: Reading, rule: _Rule) -> bool:
    """Whether words after the noun name a nurse's field: 'Nurse (Learning Disability)'. 'Adult' and 'general'
    there say more often where the team works."""
    nursing = rule.kind == "another field of nursing" and reading.head.kind == "nurse"
    return nursing and not {stem(word) for word in rule.phrase} & (setting_words() | {"general"})


def odd_setting(reading: Reading) -> Clash | None:
    """A setting that would put other posts outside: a person should look."""
    return next(
        (
            Clash(here, rule.kind)
            for rule, here, inside in _matches(reading, (*reading.core, *reading.tail))
            if not inside and (rule.kind == "a children's post" or not rule.heads)
        ),
        None,
    )


def _matches(reading: Reading, own: tuple[str, ...]) -> Iterator[tuple[_Rule, str, bool]]:
    """Rules whose words are in a reading, the words, and whether they are its own or of its setting."""
    phrase = (*own, *reading.setting)
    everything = set(phrase)
    table = _rules()
    for place, word in enumerate(phrase):
        for rule in (*table.get(word, ()), *(table.get(word[:-1], ()) if word.endswith("s") else ())):
            end = place + len(rule.phrase)
            here = phrase[place:end]
            if (
                _singular(here) == _singular(rule.phrase)
                and not rule.unless & everything
                and not (rule.kind == "another field of nursing" and _OUR_FIELD & everything)
            ):
                yield rule, " ".join(here), end <= len(own)


def _singular(phrase: tuple[str, ...]) -> tuple[str, ...]:
    return (*phrase[:-1], phrase[-1].removesuffix("s"))


def decide(ranked: Sequence[Scored], readings: Sequence[Reading], limits: Limits) -> Decision:
    """The zone of a title. The exact name of a role is never a clash by its own words."""
    clash = find_clash(readings)
    if clash and not (clash.inside and ranked and ranked[0].features.exact and ranked[0].features.doubt == 0):
        return Decision("none", clash=clash)
    if not ranked or ranked[0].confidence < limits.review:
        return Decision("none")
    best = ranked[0]
    doubts = []
    if best.entry.role.rolls_up_to is None:
        doubts.append("this role has no target in the crosswalk, so a person must choose")
    if best.features.weak:
        doubts.append("this name is used in any trade and nothing says that the post is in care")
    if best.features.level_clash:
        doubts.append("one needs registration and the other does not")
    if best.features.head < 0.5:
        doubts.append("the nouns that say what kind of post it is differ")
    if best.features.band_distance >= 2:
        doubts.append(f"the pay band is {best.features.band_distance} steps away")
    if best.reading.head.kind == "nurse" and "mental" not in {
        *best.reading.core,
        *best.reading.tail,
        *best.reading.setting,
    }:
        doubts.append("no word says in which field of nursing")
    if _LEVEL_WORDS & ({stem(word) for word in best.reading.core} - best.entry.stems):
        doubts.append("a word of level or kind is left without a match")
    if setting := odd_setting(best.reading):
        doubts.append(f"'{setting.words}' names a setting of another kind")
    if best.features.doubt:
        doubts.append("only a less likely reading of the title fits")
    if best.entry.aside & set(best.features.missing):
        doubts.append(f"'{best.entry.label.text}' holds only for some titles of these words")
    if best.features.unexplained_cost >= 1.0:
        doubts.append("a telling word is left without a match")
    if len(best.reading.core) == 1 and best.reading.head.kind in _GENERAL_KINDS:
        doubts.append("the title is one general noun")
    if len(ranked) > 1 and best.confidence - ranked[1].confidence < limits.margin:
        doubts.append(f"{ranked[1].role} fits nearly as well")
    if best.confidence < limits.accept:
        doubts.append("the likeness is not close enough to accept unseen")
    return Decision("review" if doubts else "accept", tuple(doubts))
