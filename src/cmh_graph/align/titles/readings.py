"""A title taken apart and written out -> the ways to read it: core words, head noun, grade, setting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cmh_graph.align.titles.abbreviations import Expansion, Surroundings, Written, write_out
from cmh_graph.align.titles.title_parts import TitleParts
from cmh_graph.align.wording import JOINING, NO_HEAD, PREPOSITIONS, Head, find_head, grade_words, words

#: A reading that is not the likeliest loses this share of its score, per step down.
UNLIKELY = 0.07
MOST_READINGS = 6


@dataclass(frozen=True, slots=True)
class Reading:
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
        if {"assistant", "cadet", "volunteer"} & set(self.core):
            return False
        if {"apprentice", "student"} & {*self.core, *self.setting}:
            return False
        if "learner" in self.grades:
            return None  # a trainee is on the way to the register, or to a post that needs none
        if "associate" in self.core and self.head.word == "psychologist":
            return False  # a clinical associate psychologist is on an accredited register only
        if self.head.registered is None and "registered" in (*self.core, *self.tail):
            return True
        return self.head.registered


Speller = Callable[[str], str]


def read(parts: TitleParts, around: Surroundings, spell: Speller) -> list[Reading]:
    """The readings of a title, the likeliest first; empty for a placeholder such as TBC."""
    written = [write_out(segment, around) for segment in parts.segments]
    phrases = [[_phrase(one, spell) for one in options] for options in written]
    with_head = [n for n, options in enumerate(phrases) if find_head(options[0])[0] is not NO_HEAD]
    # "Lead - Occupational Therapist": a grade that stands alone waits for the noun that follows.
    with_head.sort(key=lambda n: len(phrases[n][0]) == 1 and phrases[n][0][0] in grade_words())
    cores = with_head or list(range(len(phrases)))
    out: list[Reading] = []
    for step, core_place in enumerate(cores[:3]):
        setting = [
            word
            for n, options in enumerate(phrases)
            for word in (*(options[0] if n != core_place else ()), *_team_words(written[n][0]))
        ]
        for phrase, one in zip(phrases[core_place], written[core_place], strict=True):
            elsewhere = [e for n, w in enumerate(written) if n != core_place for e in w[0].expansions]
            out.append(
                _reading(phrase, one, setting, (*one.expansions, *elsewhere), UNLIKELY * (step + one.rank))
            )
    return out[:MOST_READINGS]


def _phrase(one: Written, spell: Speller) -> tuple[str, ...]:
    return words(" ".join(spell(word) for word in words(one.text)))


def _team_words(one: Written) -> list[str]:
    return [word for team in one.teams for word in words(team)]


def _reading(
    phrase: tuple[str, ...],
    one: Written,
    setting: Sequence[str],
    expansions: tuple[Expansion, ...],
    doubt: float,
) -> Reading:
    head, end = find_head(phrase)
    stop = next((n for n, word in enumerate(phrase) if n >= end and word in PREPOSITIONS), len(phrase))
    core = tuple(word for word in phrase[:end] if word not in JOINING)
    tail = tuple(word for word in phrase[end:stop] if word not in JOINING)
    beyond = [word for word in phrase[stop:] if word not in JOINING]
    grades = frozenset(
        grade_words()[word] for word in core if word in grade_words() and word != head.word
    ) | frozenset(grade_words()[word] for word in (*tail, *setting) if grade_words().get(word) == "learner")
    kept = tuple(dict.fromkeys(word for word in (*beyond, *setting) if word not in JOINING))
    return Reading(" ".join(phrase), core, tail, kept, head, grades, expansions, doubt)
