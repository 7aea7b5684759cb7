"""Accept, review or none: what we dare to say of a ranked title, and when the answer is 'none of these'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cmh_graph.align.titles.features import NEAR_KIND
from cmh_graph.align.titles.readings import Reading
from cmh_graph.align.titles.score import Ranking
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
    """zone of the first candidate; doubts: why it is not accepted; clash: why none fits; reason: what people
    said of a title without a role."""

    zone: Zone
    doubts: tuple[str, ...] = ()
    clash: Clash | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    phrase: tuple[str, ...]
    singular: tuple[str, ...]
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
    """Clash rules by each word that may begin their phrase: its first one, and the plural of that."""
    found: dict[str, tuple[_Rule, ...]] = {}
    for row in rows_of("outside.csv"):
        phrase = words(row["words"])
        kinds = frozenset(filter(None, row["heads"].split(";")))
        unless = frozenset(row["unless"].split())
        one = _Rule(phrase, _singular(phrase), kinds, row["kind"], unless, row["place"] == "anywhere")
        found[phrase[0]] = (*found.get(phrase[0], ()), one)
    plurals = {f"{word}s": rules for word, rules in found.items()}
    return {
        word: (*found.get(word, ()), *plurals.get(word, ())) for word in dict.fromkeys((*found, *plurals))
    }


#: Words that make a post one of mental health, so that 'adult' or 'general' beside it is no clash.
_OUR_FIELD = frozenset({"mental", "psychiatry", "psychological", "psychotherapy"})


def find_clash(readings: Sequence[Reading]) -> Clash | None:
    """The first clash in the likeliest reading's own words; None if there is none."""
    if not readings:
        return None
    reading = readings[0]
    if _holds_no_rule(reading):
        return None
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
    if _holds_no_rule(reading):
        return None
    return next(
        (
            Clash(here, rule.kind)
            for rule, here, inside in _matches(reading, (*reading.core, *reading.tail))
            if not inside and (rule.kind == "a children's post" or not rule.heads)
        ),
        None,
    )


def _holds_no_rule(reading: Reading) -> bool:
    beginning = _rules().keys()
    return (
        beginning.isdisjoint(reading.core)
        and beginning.isdisjoint(reading.tail)
        and beginning.isdisjoint(reading.setting)
    )


def _matches(reading: Reading, own: tuple[str, ...]) -> Iterator[tuple[_Rule, str, bool]]:
    """Rules whose words are in a reading, the words, and whether they are its own or of its setting."""
    phrase = (*own, *reading.setting)
    table = _rules()
    everything = set(phrase)
    for place, word in enumerate(phrase):
        for rule in table.get(word, ()):
            end = place + len(rule.phrase)
            here = phrase[place:end]
            if (
                _singular(here) == rule.singular
                and not rule.unless & everything
                and not (rule.kind == "another field of nursing" and _OUR_FIELD & everything)
            ):
                yield rule, " ".join(here), end <= len(own)


def _singular(phrase: tuple[str, ...]) -> tuple[str, ...]:
    return (*phrase[:-1], phrase[-1].removesuffix("s"))


#: The decision on a title that no rule refuses and no role fits.
_NOT_CLOSE = Decision("none")


def decide(ranked: Ranking, readings: Sequence[Reading], limits: Limits) -> Decision:
    """The zone of a title. The exact name of a role is never a clash by its own words."""
    clash = find_clash(readings)
    if clash and not (
        clash.inside and ranked and ranked.number(0, "exact") and not ranked.number(0, "doubt")
    ):
        return Decision("none", clash=clash)
    if not ranked or ranked.confidence < limits.review:
        return _NOT_CLOSE
    best = ranked.numbers(0)
    entry, reading = ranked.entry(0), ranked.reading(0)
    own = (*reading.core, *reading.tail)
    doubts = []
    if entry.role.rolls_up_to is None:
        doubts.append("this role has no target in the crosswalk, so a person must choose")
    if best["weak"]:
        doubts.append("this name is used in any trade and nothing says that the post is in care")
    if best["level_clash"]:
        doubts.append("one needs registration and the other does not")
    if best["head"] < NEAR_KIND:
        doubts.append("the nouns that say what kind of post it is differ")
    if best["band_distance"] >= 2:
        doubts.append(f"the pay band is {best['band_distance']:.0f} steps away")
    if reading.head.kind == "nurse" and "mental" not in own and "mental" not in reading.setting:
        doubts.append("no word says in which field of nursing")
    if any(word in _LEVEL_WORDS and word not in entry.stems for word in map(stem, reading.core)):
        doubts.append("a word of level or kind is left without a match")
    if setting := odd_setting(reading):
        doubts.append(f"'{setting.words}' names a setting of another kind")
    if best["doubt"]:
        doubts.append("only a less likely reading of the title fits")
    if entry.aside and not entry.aside.isdisjoint(ranked[0].features.missing):
        doubts.append(f"'{entry.label.text}' holds only for some titles of these words")
    if best["unexplained_cost"] >= 1.0:
        doubts.append("a telling word is left without a match")
    if len(reading.core) == 1 and reading.head.kind in _GENERAL_KINDS:
        doubts.append("the title is one general noun")
    if len(ranked) > 1 and best["confidence"] - ranked.number(1, "confidence") < limits.margin:
        doubts.append(f"{ranked.entry(1).role.key} fits nearly as well")
    if best["confidence"] < limits.accept:
        doubts.append("the likeness is not close enough to accept unseen")
    return Decision("review" if doubts else "accept", tuple(doubts))
