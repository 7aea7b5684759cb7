"""Writes short forms out. One short form can have several readings; the words around it decide."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from cmh_graph.align.wording import plain, plain_words, rows_of


@dataclass(frozen=True, slots=True)
class ReadingRule:
    """When a short form has this reading: `when` names the test, `given` the words it looks for."""

    reading: str
    when: str
    given: frozenset[str]
    why: str


@dataclass(frozen=True, slots=True)
class Abbreviation:
    short: str
    expansion: str
    kind: str
    others: tuple[str, ...]
    rules: tuple[ReadingRule, ...]


class Expansion(NamedTuple):
    """A short form as found, what we read it as, and the reason where context decided."""

    short: str
    reading: str
    kind: str
    why: str = ""


class Surroundings(NamedTuple):
    """What helps to choose a reading: the whole title, bands, the employer's type, the description."""

    text: str
    bands: frozenset[str] = frozenset()
    employer: str = ""


class _Deciding(NamedTuple):
    """All of the surroundings that a reading may hang on; nearby: words of the title."""

    one_case: bool
    nearby: frozenset[str]
    bands: frozenset[str]
    employer: str


#: Short forms that are English words too: read only when written in capitals.
_ALSO_WORDS = frozenset(
    {
        "cat",
        "hit",
        "cap",
        "spa",
        "salt",
        "tap",
        "hi",
        "li",
        "ac",
        "lac",
        "sas",
        "dit",
        "reg",
        "ops",
        "comm",
        "spec",
        "emp",
        "occ",
        "dep",
        "hon",
        "vol",
        "st",
    }
)
#: ... but these are common enough shortened words to be read in any case.
_ANY_CASE_KINDS = frozenset({"word", "qualifier"})


_NOT_IN_KEY = re.compile(r"[^a-z0-9& ]")
_TOKEN = re.compile(r"[^\s,]+")


@lru_cache(maxsize=50_000)
def _key(short: str) -> str:
    return _NOT_IN_KEY.sub("", short.lower())


@cache
def table() -> Mapping[str, Abbreviation]:
    """Every short form of the package by its plain key; bands and hours are read elsewhere."""
    rules: dict[str, list[ReadingRule]] = {}
    for row in rows_of("readings.csv"):
        given = frozenset(row["given"].lower().split())
        rules.setdefault(_key(row["abbreviation"]), []).append(
            ReadingRule(row["reading"], row["when"], given, row["why"])
        )
    found: dict[str, Abbreviation] = {}
    for row in rows_of("abbreviations.csv"):
        if row["kind"] in {"band", "noise"}:
            continue
        key = _key(row["abbr"])
        others = re.sub(r"\([^)]*\)", "", row["other_readings"]).split(";")
        found[key] = Abbreviation(
            row["abbr"],
            row["expansion"],
            row["kind"],
            tuple(other.strip() for other in others if other.strip()),
            tuple(rules.get(key, ())),
        )
    for row in rows_of("readings.csv"):
        key = _key(row["abbreviation"])
        found.setdefault(
            key, Abbreviation(row["abbreviation"], row["reading"], "role", (), tuple(rules[key]))
        )
    return found


@cache
def _beginnings() -> frozenset[str]:
    """Every short form of one word, and the first words of longer ones."""
    return frozenset(key.split(" ")[0] for key in table())


@lru_cache(maxsize=50_000)
def holds_short_form(segment: str) -> bool:
    """Whether a word of a segment may be, or begin, a short form; capitals make no difference to that."""
    return any(map(_begins_short_form, segment.split() if "," not in segment else _TOKEN.findall(segment)))


@lru_cache(maxsize=50_000)
def _begins_short_form(token: str) -> bool:
    return _key(token) in _beginnings()


def is_one_case(text: str) -> bool:
    """Whether all letters of a text are capitals, or all are small."""
    if text.isascii():
        return text == text.upper() or text == text.lower()
    letters = [char for char in text if char.isalpha()]
    return all(char.isupper() for char in letters) or all(char.islower() for char in letters)


@cache
def _words_that_decide() -> frozenset[str]:
    """The words that a short form's reading may hang on, wherever in the title they stand."""
    rules = (rule for entry in table().values() for rule in entry.rules if rule.when == "near")
    return frozenset(word for rule in rules for word in rule.given)


def words_nearby(text: str) -> frozenset[str]:
    """What of a title's words a reading of a short form may hang on."""
    return _words_that_decide().intersection(plain_words(text))


def _written_short(token: str, entry: Abbreviation, one_case: bool) -> bool:
    """Whether a token is this short form and not a word that happens to be spelt alike."""
    if token.isupper() or one_case or entry.kind in _ANY_CASE_KINDS:
        return True
    return (token.lower() not in _ALSO_WORDS and entry.short.isupper()) or token == entry.short


def _fits(rule: ReadingRule, place: int, tokens: Sequence[str], around: _Deciding) -> bool:
    match rule.when:
        case "near":
            return bool(rule.given & (around.nearby - {_key(tokens[place])}))
        case "before":
            return place + 1 < len(tokens) and plain(tokens[place + 1]).removesuffix("s") in rule.given
        case "after":
            return place > 0 and plain(tokens[place - 1]) in rule.given
        case "last":
            return place + 1 == len(tokens)
        case "first":
            return place == 0
        case "alone":
            return len(tokens) == 1
        case "employer":
            return bool(rule.given & set(plain_words(around.employer)))
        case "band":
            return bool(around.bands) and around.bands <= rule.given
        case _:
            raise ValueError(f"readings.csv: unknown test '{rule.when}'")


def _readings(entry: Abbreviation, place: int, tokens: Sequence[str], around: _Deciding) -> list[Expansion]:
    """The readings of one short form, the likeliest first."""
    fitting = [rule for rule in entry.rules if _fits(rule, place, tokens, around)]
    chosen = [Expansion(entry.short, rule.reading, entry.kind, rule.why) for rule in fitting[:1]]
    default = Expansion(entry.short, entry.expansion, entry.kind)
    other = [
        Expansion(entry.short, rule.reading, entry.kind, "another reading of it")
        for rule in entry.rules
        if rule not in fitting
    ]
    if entry.kind in {"word", "qualifier"}:
        other = []
    out: list[Expansion] = []
    for one in [*chosen, default, *other]:
        if one.reading not in {seen.reading for seen in out}:
            out.append(one)
    return out[:3]


class Written(NamedTuple):
    """A segment written out. rank 0 is the likeliest reading; teams: words that only name a team."""

    text: str
    expansions: tuple[Expansion, ...] = ()
    rank: int = 0
    teams: tuple[str, ...] = ()


def write_out(segment: str, around: Surroundings) -> tuple[Written, ...]:
    """Every reading of a segment, the likeliest first; at least one.

    Team, place and law words move to `teams`: 'STR worker CMHT' is an STR worker in a team."""
    if not holds_short_form(segment):
        return _as_it_is(segment)
    deciding = _Deciding(is_one_case(around.text), words_nearby(around.text), around.bands, around.employer)
    return _written_out(segment, deciding)


@lru_cache(maxsize=20_000)
def _as_it_is(segment: str) -> tuple[Written]:
    return (Written(" ".join(segment.replace(",", " ").split())),)


@lru_cache(maxsize=20_000)
def _written_out(segment: str, around: _Deciding) -> tuple[Written, ...]:
    tokens = _TOKEN.findall(segment)
    keys = [_key(token) for token in tokens]
    known = table()
    done: list[list[Expansion] | str] = []
    place = 0
    while place < len(tokens):
        entry, length = None, 1
        for size in (2, 1):
            found = known.get(" ".join(keys[place : place + size]))
            if found and len(tokens) - place >= size and (size == 1) == (" " not in found.short):
                if size == 1 and not _written_short(tokens[place].strip(".,'"), found, around.one_case):
                    continue
                entry, length = found, size
                break
        if entry is None:
            done.append(tokens[place])
        else:
            done.append(_readings(entry, place, tokens, around))
        place += length
    out: list[Written] = []
    for rank in range(3):
        if rank and not any(not isinstance(one, str) and len(one) > rank for one in done):
            break
        words_out: list[str] = []
        teams: list[str] = []
        used: list[Expansion] = []
        changed = False
        for one in done:
            if isinstance(one, str):
                words_out.append(one)
                continue
            pick = one[min(rank, len(one) - 1)] if not changed else one[0]
            changed = changed or (rank > 0 and pick is not one[0])
            used.append(pick)
            if pick.kind in {"team", "organisation", "law", "funding"} and len(done) > 1:
                teams.append(pick.reading)
            elif pick.kind == "therapy":
                # Which therapy is a setting; that it is one makes the post psychological.
                teams.append(pick.reading)
                words_out.append("psychological therapy")
            else:
                words_out.append(pick.reading)
        out.append(Written(" ".join(words_out), tuple(used), rank, tuple(teams)))
    return tuple(out)
