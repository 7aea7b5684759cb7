"""A title taken apart and written out -> the ways to read it: core words, head noun, grade, setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from cmh_graph.align.titles.abbreviations import Expansion, Surroundings, write_out
from cmh_graph.align.titles.title_parts import TitleParts
from cmh_graph.align.wording import JOINING, NO_HEAD, PREPOSITIONS, Head, find_head, grade_words, words

#: A reading that is not the likeliest loses this share of its score, per step down.
UNLIKELY = 0.07
NO_GRADES: frozenset[str] = frozenset()
MOST_READINGS = 6


_UNREGISTERED = frozenset({"assistant", "cadet", "volunteer"})
_STUDENTS = frozenset({"apprentice", "student"})
#: Without any of these the noun alone says whether a post needs registration.
_OF_REGISTRATION = _UNREGISTERED | _STUDENTS | {"associate", "registered"}


class Reading(NamedTuple):
    """One way to read a title. core: words up to the head noun; tail: words after it in the same phrase;
    setting: words of other segments and of team names. doubt grows from 0 with less likely readings."""

    text: str
    core: tuple[str, ...]
    tail: tuple[str, ...]
    setting: tuple[str, ...]
    head: Head
    grades: frozenset[str]
    expansions: tuple[Expansion, ...]
    doubt: float = 0.0

    @property
    def registered(self) -> bool | None:
        """Whether the post reads as one that needs registration; None if the words do not say."""
        if (
            not self.grades
            and _OF_REGISTRATION.isdisjoint(self.core)
            and _OF_REGISTRATION.isdisjoint(self.tail)
            and _OF_REGISTRATION.isdisjoint(self.setting)
        ):
            return self.head.registered
        if not _UNREGISTERED.isdisjoint(self.core):
            return False
        if not _STUDENTS.isdisjoint(self.core) or not _STUDENTS.isdisjoint(self.setting):
            return False
        if "learner" in self.grades:
            return None  # a trainee is on the way to the register, or to a post that needs none
        if "associate" in self.core and self.head.word == "psychologist":
            return False  # a clinical associate psychologist is on an accredited register only
        if self.head.registered is None and "registered" in (*self.core, *self.tail):
            return True
        return self.head.registered


#: The words of a text in one spelling, misspelt ones put right.
Phrases = Callable[[str], tuple[str, ...]]


def read(parts: TitleParts, around: Surroundings, phrase_of: Phrases) -> list[Reading]:
    """The readings of a title, the likeliest first; empty for a placeholder such as TBC."""
    written = [write_out(segment, around) for segment in parts.segments]
    phrases = [[phrase_of(one.text) for one in options] for options in written]
    if len(phrases) == 1:
        teams = [word for team in written[0][0].teams for word in words(team)]
        return [
            _reading(phrase, teams, one.expansions, UNLIKELY * one.rank)
            for phrase, one in zip(phrases[0], written[0], strict=True)
        ]
    with_head = [n for n, options in enumerate(phrases) if _parted(options[0]).head is not NO_HEAD]
    # "Lead - Occupational Therapist": a grade that stands alone waits for the noun that follows.
    if len(with_head) > 1:
        with_head.sort(key=lambda n: len(phrases[n][0]) == 1 and phrases[n][0][0] in grade_words())
    cores = with_head or list(range(len(phrases)))
    out: list[Reading] = []
    for step, core_place in enumerate(cores[:3]):
        setting: list[str] = []
        elsewhere: list[Expansion] = []
        for n, options in enumerate(phrases):
            likeliest = written[n][0]
            if n != core_place:
                setting += options[0]
                elsewhere += likeliest.expansions
            for team in likeliest.teams:
                setting += words(team)
        for phrase, one in zip(phrases[core_place], written[core_place], strict=True):
            out.append(_reading(phrase, setting, (*one.expansions, *elsewhere), UNLIKELY * (step + one.rank)))
    return out[:MOST_READINGS]


def _reading(
    phrase: tuple[str, ...], setting: Sequence[str], expansions: tuple[Expansion, ...], doubt: float
) -> Reading:
    text, head, core, tail, rest = _parted(phrase)
    kept = tuple(dict.fromkeys((*rest, *_telling(tuple(setting))))) if rest or setting else ()
    grades = grade_words()
    said = NO_GRADES
    words_of_grade = grades.keys()
    if not (
        words_of_grade.isdisjoint(core)
        and words_of_grade.isdisjoint(tail)
        and words_of_grade.isdisjoint(setting)
    ):
        said = frozenset(grades[word] for word in core if word in grades and word != head.word) | frozenset(
            grades[word] for word in (*tail, *setting) if grades.get(word) == "learner"
        )
    return Reading(text, core, tail, kept, head, said, expansions, doubt)


class _Parted(NamedTuple):
    """A phrase on its own: its words up to the head noun, after it, and from a preposition on."""

    text: str
    head: Head
    core: tuple[str, ...]
    tail: tuple[str, ...]
    rest: tuple[str, ...]


@lru_cache(maxsize=20_000)
def _parted(phrase: tuple[str, ...]) -> _Parted:
    head, end = find_head(phrase)
    stop = len(phrase)
    if not PREPOSITIONS.isdisjoint(phrase[end:]):
        stop = next(n for n in range(end, stop) if phrase[n] in PREPOSITIONS)
    parts = (phrase[:end], phrase[end:stop], phrase[stop:])
    if not JOINING.isdisjoint(phrase):
        parts = (_telling(parts[0]), _telling(parts[1]), _telling(parts[2]))
    return _Parted(" ".join(phrase), head, *parts)


def _telling(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a phrase that say something."""
    if JOINING.isdisjoint(phrase):
        return phrase
    return tuple(word for word in phrase if word not in JOINING)
