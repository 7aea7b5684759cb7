"""A title -> the words it is compared by, and a form of it that can be shown: no noise, no short forms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from cmh_graph.align.catalogues.kinds import Kind, kind_of, said_in
from cmh_graph.align.titles.abbreviations import Expansion, Surroundings, write_out
from cmh_graph.align.titles.readings import read
from cmh_graph.align.titles.title_parts import TitleParts, title_parts
from cmh_graph.align.wording import JOINING, NO_HEAD, PREPOSITIONS, find_head, plain, rows_of, stem, words

#: Kinds of setting words that may be left off without making another post of it. Age groups, groups served
#: and kinds of therapy stay.
_LEFT_OFF = frozenset({"service", "place", "employer", "qualifier"})
#: Kinds of short forms that name a team or a law and no work.
_TEAM_KINDS = frozenset({"team", "organisation", "law", "funding"})
#: Kinds of short forms that are clearer as they stand, such as CBT and ASYE.
_KEPT_SHORT = frozenset({"therapy", "grade", "qualification"})

Form = tuple[frozenset[str], frozenset[str], str]
Spell = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class TitleForm:
    """A title made ready to compare.

    form: stems of the post's own words, stems of what follows a preposition or a cut, and the head noun's stem where it
    is a word of level; titles of one form are the same words. shown: the title without noise, written out, in sentence
    case. settings: what was left off. posts: how many posts the title seems to name. words: the written-out words, for
    the vectors. short_forms: those that were written out. written: the post's own words as the list has them.
    head: the stem of the head noun. slips: words that are spelt otherwise than our one spelling."""

    title: str
    form: Form
    kind: Kind
    shown: str
    settings: tuple[str, ...]
    posts: int
    words: tuple[str, ...]
    short_forms: tuple[str, ...] = ()
    written: str = ""
    head: str = ""
    slips: int = 0

    @property
    def named(self) -> bool:
        """Whether the title names a post at all; TBC does not."""
        return bool(self.form[0])


#: Why two phrases are the same words: these are ways to spell. Other reasons in the list, such as "same work", are
#: synonyms, which are no ground to call two posts outside the framework one.
_SPELLINGS = frozenset({"spelling", "US spelling", "plural", "short form", "usual short form"})


@cache
def _ways_to_spell() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    return {
        tuple(row["words"].split()): tuple(row["means"].split())
        for row in rows_of("same_words.csv")
        if row["why"] in _SPELLINGS
    }


def _spelling(text: str, spell: Spell) -> tuple[str, ...]:
    """The words of a text in one spelling and in no other words: a clerk stays a clerk."""
    found = [spell(word) for word in plain(text).split()]
    table = _ways_to_spell()
    out: list[str] = []
    while found:
        for length in (3, 2, 1):
            phrase = tuple(found[:length])
            means = table.get(phrase) or table.get((*phrase[:-1], phrase[-1].removesuffix("s")))
            if means and len(phrase) == length:
                out += means
                del found[:length]
                break
        else:
            out.append(found.pop(0))
    return tuple(out)


@cache
def _left_off() -> frozenset[str]:
    """Words that say where a post is and not what it is."""
    found = {row["word"] for row in rows_of("setting_words.csv") if row["why"] in _LEFT_OFF}
    return frozenset(found | {row["words"] for row in rows_of("post_words.csv") if row["kind"] == "site"})


@cache
def _places() -> frozenset[str]:
    return frozenset(stem(row["word"]) for row in rows_of("setting_words.csv") if row["why"] == "place")


def title_form(
    title: str,
    spell: Spell,
    *,
    bands: frozenset[str] = frozenset(),
    employer: str = "",
    sites: frozenset[str] = frozenset(),
) -> TitleForm:
    """Take a title apart as the alignment does, by its likeliest reading.

    spell: a misspelt word -> the known word, or the word itself. bands and employer choose between readings of short
    forms. sites: names of wards and houses that say where a post is."""
    parts = title_parts(title)
    around = Surroundings(title, bands or parts.bands, employer)

    def phrase_of(text: str) -> tuple[str, ...]:
        return words(" ".join(spell(word) for word in words(text)))

    readings = read(parts, around, phrase_of)
    if not readings:
        nothing: frozenset[str] = frozenset()
        kind = kind_of((), (), "", None)
        return TitleForm(title, (nothing, nothing, ""), kind, _one_line(title), (), 0, ())
    reading = readings[0]
    written = [write_out(segment, around)[0] for segment in parts.segments]
    phrases = [phrase_of(one.text) for one in written]
    core = next((n for n, phrase in enumerate(phrases) if " ".join(phrase) == reading.text), 0)
    others = [n for n in range(len(phrases)) if n != core and phrases[n]]
    beside = [n for n in others if not _is_setting(phrases[n], sites)]
    dropped = [parts.segments[n] for n in others if n not in beside]
    dropped += [team for one in written for team in one.teams]
    inside, beyond = _cut_at_preposition(_spelling(written[core].text, spell))
    own = _telling(_without_place(inside, sites))
    after = _telling((*beyond, *(word for n in beside for word in _spelling(written[n].text, spell))))
    teams = words(" ".join(team for one in written for team in one.teams))
    before, behind = _cut_at_preposition(phrases[core])
    kind = kind_of(
        (before, *(phrases[n] for n in others)), (*behind, *teams), reading.head.word, reading.registered
    )
    head = stem(reading.head.word)
    form = (
        frozenset(stem(word) for word in own or phrases[core]),
        frozenset(stem(word) for word in after),
        # A manager's assistant is no assistant manager; a podiatrist specialist is a specialist podiatrist.
        head if kind.head_level and kind.head_level != "specialist" else "",
    )
    shown = _shown(parts, core, beside, around, sites)
    posts = 1 + sum(_another_post(parts, phrases, core, n) for n in others)
    shorts = tuple(one.short for one in reading.expansions if one.kind not in _TEAM_KINDS)
    return TitleForm(
        title,
        form,
        kind,
        shown,
        tuple(dict.fromkeys(dropped)),
        posts,
        (*own, *after),
        shorts,
        parts.segments[core],
        head,
        len(set(plain(shown).split()) - set(_spelling(shown, spell))),
    )


def _another_post(parts: TitleParts, phrases: Sequence[tuple[str, ...]], core: int, n: int) -> bool:
    """Whether a piece beside the core, parted from it by a slash, names a post of its own.

    'Sister/Charge Nurse' and 'Chiropodist/Podiatrist' are one post under two names."""
    first, second = sorted((core, n))
    slash = rf"{re.escape(parts.segments[first])}\W*/\W*{re.escape(parts.segments[second])}"
    if second - first != 1 or not re.search(slash, parts.raw):
        return False
    one, other = (find_head(phrases[place])[0] for place in (core, n))
    told = [
        {word.value for word in said_in(phrases[place]) if word.kind == "profession"} for place in (core, n)
    ]
    return one.kind != other.kind and not (told[0] and told[0] == told[1])


def _telling(phrase: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in phrase if word not in JOINING)


def _cut_at_preposition(phrase: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """'Director of nursing' -> director; nursing. 'In charge nurse' has nothing before the preposition."""
    at = next((n for n, word in enumerate(phrase) if n and word in PREPOSITIONS), len(phrase))
    return tuple(phrase[:at]), tuple(phrase[at:])


def _without_place(phrase: tuple[str, ...], sites: frozenset[str]) -> tuple[str, ...]:
    """Without the words of places after the noun: 'support worker east' is a support worker."""
    # Head nouns are known by our one word for them: a clerk is an administrator there.
    end = find_head(tuple((words(word) or (word,))[0] for word in phrase))[1]
    while len(phrase) > end and _is_place(phrase[-1], sites):
        phrase = phrase[:-1]
    return phrase


def _is_place(word: str, sites: frozenset[str]) -> bool:
    return word.isdigit() or stem(word) in _places() or word in sites or word in _named_sites()


def _is_setting(phrase: Sequence[str], sites: frozenset[str]) -> bool:
    """Whether a piece of a title names only a place, a team or a service: 'CMHT East', 'Rowan Ward'.

    A piece that holds a noun of work or says whom the post serves is part of the post."""
    if not phrase:
        return True
    if find_head(tuple(phrase))[0] is not NO_HEAD or any(one.kind != "site" for one in said_in(phrase)):
        return False
    told = [word for word in phrase if word not in JOINING and not word.isdigit()]
    sited = bool(told) and any(one.kind == "site" for one in said_in(phrase[-1:]))
    return sited or all(
        word in _left_off() or word.removesuffix("s") in _left_off() or len(word) == 1 or word in sites
        for word in told
    )


@cache
def _named_sites() -> frozenset[str]:
    """Nouns of buildings that carry a name of their own, such as ward and lodge."""
    return frozenset({"ward", "house", "lodge", "court", "cottage", "villa"})


def site_names(titles: Iterable[str], known: Callable[[str], bool]) -> frozenset[str]:
    """Names of wards and houses in a list: words in capitals before such a noun that are no words of work.

    known: whether a word is one of the field. 'Juniper Ward' makes `juniper` a name, so that 'Ward clerk - Juniper' is
    a ward clerk; 'Stroke Ward' names no site, as stroke is a word of care."""
    nouns = "|".join(sorted(_named_sites()))
    pattern = re.compile(rf"\b([A-Z][A-Za-z'’]{{2,}})\s+(?i:{nouns})\b")
    found = {plain(match) for title in titles for match in pattern.findall(title)}
    return frozenset(word for word in found if word and " " not in word and not known(word))


# --- the form that is shown ---------------------------------------------------------------------------------


def _shown(
    parts: TitleParts, core: int, kept: Sequence[int], around: Surroundings, sites: frozenset[str]
) -> str:
    own = _spelt_out(parts.segments[core], around, sites)
    beside = [_spelt_out(parts.segments[n], around, frozenset()) for n in kept]
    if not own:
        return _one_line(parts.raw)
    text = own + (f" ({'; '.join(one for one in beside if one)})" if any(beside) else "")
    return _sentence_case(text, parts.raw.isupper())


def _spelt_out(segment: str, around: Surroundings, sites: frozenset[str]) -> str:
    """A segment with its short forms written out and its teams taken off."""
    written = write_out(segment, around)[0]
    readings: dict[str, Expansion] = {_bare(one.short): one for one in written.expansions}
    tokens = segment.split()
    out: list[str] = []
    place = 0
    while place < len(tokens):
        for size in (2, 1):
            bare = _bare("".join(tokens[place : place + size])) if size > 1 else _bare(tokens[place])
            one = readings.get(bare)
            if one and place + size <= len(tokens):
                if one.kind in _TEAM_KINDS and len(tokens) > size:
                    pass
                elif one.kind in _KEPT_SHORT:
                    out.extend(tokens[place : place + size])
                else:
                    out.append(one.reading + ("," if tokens[place + size - 1].endswith(",") else ""))
                place += size
                break
        else:
            out.append(tokens[place])
            place += 1
    while (
        len(out) > 1
        and _is_place(plain(out[-1]), sites)
        and find_head(words(" ".join(out[:-1])))[0] is not NO_HEAD
    ):
        out.pop()
    return " ".join(out).strip(" ,-")


def _bare(token: str) -> str:
    return re.sub(r"[^a-z0-9&]", "", token.lower())


def _sentence_case(text: str, shouted: bool) -> str:
    """'Senior Support Worker' -> 'Senior support worker'; NHS and CBT stay as they are."""
    out = []
    for word in text.split():
        bare = re.sub(r"[^A-Za-z]", "", word)
        short = bare.isupper() and 2 <= len(bare) <= 5 and not shouted
        mixed = any(char.isupper() for char in bare[1:]) and not bare.isupper()
        out.append(word if short or mixed else word.lower())
    said = " ".join(out)
    return said[:1].upper() + said[1:]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def misspelt(strange: Iterable[str], right: Mapping[str, int]) -> dict[str, str]:
    """Word that nobody knows -> the known word it is most likely a slip of, where there is one.

    right: known word -> rows of the list that hold it. A slip is one letter, or two neighbours changed over, off a word
    of six letters or more that begins alike; of several, the more frequent one, then the first in the alphabet."""
    by_first: dict[str, list[str]] = {}
    for word in sorted(right):
        if len(word) >= 6:
            by_first.setdefault(word[0], []).append(word)
    found: dict[str, str] = {}
    for word in sorted(strange):
        if len(word) < 6:
            continue
        near = process.extract(
            word, by_first.get(word[0], []), scorer=OSA.distance, score_cutoff=1, limit=None
        )
        if near:
            found[word] = min(near, key=lambda one: (-right[one[0]], one[0]))[0]
    return found
