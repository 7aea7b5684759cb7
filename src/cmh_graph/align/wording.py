"""How words are compared: one spelling, one stem, and the word lists of the package."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

#: Words that join others and say nothing of the post; a preposition ends the phrase that holds the head noun.
PREPOSITIONS = frozenset({"of", "to", "for", "in", "at", "with", "within", "on", "from", "by", "into"})
JOINING = PREPOSITIONS | {"and", "the", "a", "an", "or"}


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a CSV in the package's data folder."""
    text = resources.files("cmh_graph.align").joinpath("data", name).read_text(encoding="utf-8")
    return [{key: value or "" for key, value in row.items()} for row in csv.DictReader(text.splitlines())]


_WORD = re.compile(r"[a-z0-9]+")
_MARKS = str.maketrans(dict.fromkeys("'’`´") | {"&": " and "})


def plain_words(text: str) -> list[str]:
    """Lower-case words and digits without accents, `&` as `and`; punctuation parts words and is left out."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).casefold()
        text = "".join(char for char in text if not unicodedata.combining(char))
    if not text.isascii() or "'" in text or "&" in text or "`" in text:
        text = text.translate(_MARKS)
    return _WORD.findall(text.lower())


def plain(text: str) -> str:
    """The plain words of a text with single spaces."""
    return " ".join(plain_words(text))


@cache
def same_words() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Phrases written in more than one way, and the one that we compare with."""
    return {tuple(row["words"].split()): tuple(row["means"].split()) for row in rows_of("same_words.csv")}


@cache
def _starts_of_same_words() -> frozenset[str]:
    """The first word of each phrase of same_words, and the plurals of those that are one word."""
    return frozenset(word for phrase in same_words() for word in (phrase[0], f"{phrase[0]}s"))


@cache
def _longest_of_same_words() -> int:
    return max(map(len, same_words()))


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """The words of a text in one spelling, joining words left in: 'HC Advisor' -> ('hc', 'adviser')."""
    return words_of_long(text)


def words_of_long(text: str) -> tuple[str, ...]:
    """The same for texts that are too long to be kept."""
    found = plain_words(text)
    starts = _starts_of_same_words()
    if starts.isdisjoint(found):
        return tuple(found)
    # `co-ordinator`, `co-worker`: the hyphen went with the punctuation.
    table = same_words()
    longest = _longest_of_same_words()
    out: list[str] = []
    place = 0
    while place < len(found):
        if found[place] not in starts:
            out.append(found[place])
            place += 1
            continue
        for length in range(min(longest, len(found) - place), 0, -1):
            phrase = tuple(found[place : place + length])
            singular = (*phrase[:-1], phrase[-1].removesuffix("s"))
            means = table.get(phrase) or table.get(singular)
            if means:
                out.extend(means)
                place += length
                break
        else:
            out.append(found[place])
            place += 1
    # A second pass lets "behavioral health" become "behavioural health" and then "mental health".
    return tuple(out) if out == found else words_of_long(" ".join(out))


_ENDINGS = (
    ("ological", "olog"),
    ("ologists", "olog"),
    ("ologist", "olog"),
    ("ology", "olog"),
    ("iatrists", "iatr"),
    ("iatrist", "iatr"),
    ("iatric", "iatr"),
    ("iatry", "iatr"),
    ("apeutic", "ap"),
    ("apists", "ap"),
    ("apist", "ap"),
    ("apies", "ap"),
    ("apy", "ap"),
    ("istrators", "istr"),
    ("istrator", "istr"),
    ("istration", "istr"),
    ("istrative", "istr"),
    ("inators", "inat"),
    ("inator", "inat"),
    ("ination", "inat"),
    ("ements", ""),
    ("ement", ""),
    ("ments", ""),
    ("ment", ""),
    ("ations", ""),
    ("ation", ""),
    ("ational", ""),
    ("ities", "it"),
    ("ity", "it"),
    ("ancies", "anc"),
    ("ancy", "anc"),
    ("acies", "ac"),
    ("acy", "ac"),
    ("ates", "at"),
    ("ate", "at"),
    ("ings", ""),
    ("ing", ""),
    ("ors", ""),
    ("or", ""),
    ("ers", ""),
    ("er", ""),
    ("ants", ""),
    ("ant", ""),
    ("ies", "y"),
    ("es", ""),
    ("e", ""),
    ("s", ""),
)
#: The same by their last letter, in the same order.
_ENDINGS_BY_LAST = {
    last: tuple(one for one in _ENDINGS if one[0][-1] == last)
    for last in {ending[-1] for ending, _ in _ENDINGS}
}
#: Pairs that a stem would wrongly join: a carer is not care, a trainee is not a trainer.
_KEPT = {
    "carer": "carer",
    "carers": "carer",
    "nurses": "nurs",
    "nurse": "nurs",
    "nursing": "nurs",
    "trainer": "train",
    "peoples": "people",
    "older": "older",
    "user": "user",
    "users": "user",
    "secretaries": "secretary",
    "workers": "work",
    "worker": "work",
    "leader": "lead",
    "officer": "officer",
    "officers": "officer",
    "clinician": "clinician",
    "volunteer": "volunt",
    "volunteers": "volunt",
    "volunteering": "volunt",
    "voluntary": "volunt",
}


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The part that related words share: therapist, therapy -> therap. Light: short words stay."""
    if word in _KEPT:
        return _KEPT[word]
    for ending, instead in _ENDINGS_BY_LAST.get(word[-1:], ()):
        if word.endswith(ending) and len(word) - len(ending) >= 4 - len(instead):
            return word.removesuffix(ending) + instead
    return word


@dataclass(frozen=True, slots=True)
class Head:
    """The noun that says what kind of post it is. registered: None where the noun leaves it open."""

    word: str
    kind: str
    registered: bool | None
    near: frozenset[str] = frozenset()

    def __hash__(self) -> int:
        return hash(self.word)


NO_HEAD = Head("", "", None)


@cache
def heads() -> Mapping[tuple[str, ...], Head]:
    """Head nouns by their words; a phrase such as `social worker` goes before its last word."""
    registered = {"yes": True, "no": False, "": None}
    # A profession that lies outside is a head noun too: 'Radiographer - Manager' is about a radiographer.
    outside = {
        tuple(row["words"].split()): Head(row["words"], "outside", None)
        for row in rows_of("outside.csv")
        if not row["heads"] and row["kind"].startswith("another") and row["kind"] != "another service"
    }
    return outside | {
        tuple(row["word"].split()): Head(
            row["word"], row["class"], registered[row["registered"]], frozenset(row["near"].split())
        )
        for row in rows_of("head_words.csv")
    }


def head_at(phrase: tuple[str, ...], end: int) -> Head | None:
    """The head noun whose last word is phrase[end - 1], the longest that fits."""
    table = heads()
    for length in (3, 2, 1):
        if length > end:
            continue
        part = phrase[end - length : end]
        found = table.get(part) or table.get((*part[:-1], part[-1].removesuffix("s")))
        if found:
            return found
    return None


@cache
def _ends_of_heads() -> frozenset[str]:
    """The last words of head nouns, and their plurals."""
    return frozenset(word for phrase in heads() for word in (phrase[-1], f"{phrase[-1]}s"))


@lru_cache(maxsize=20_000)
def find_head(phrase: tuple[str, ...]) -> tuple[Head, int]:
    """The head noun of a phrase and the place after it; (NO_HEAD, len(phrase)) where there is none.

    What follows a preposition belongs to another noun: the head of 'secretary to consultant' is secretary."""
    ends = _ends_of_heads()
    if not ends.isdisjoint(phrase):
        end = len(phrase)
        if not PREPOSITIONS.isdisjoint(phrase):
            end = next((n for n, word in enumerate(phrase) if n and word in PREPOSITIONS), end)
        for limit in (end, len(phrase)):
            for place in range(limit, 0, -1):
                if phrase[place - 1] in ends and (found := head_at(phrase, place)):
                    return found, place
    return NO_HEAD, len(phrase)


@cache
def setting_words() -> frozenset[str]:
    """Stems of words that name a setting or a group served, not the work."""
    return frozenset(stem(row["word"]) for row in rows_of("setting_words.csv"))


@cache
def grade_words() -> Mapping[str, str]:
    """Words of grade, such as senior and trainee, and what they stand for."""
    return {row["word"]: row["grade"] for row in rows_of("grade_words.csv")}
