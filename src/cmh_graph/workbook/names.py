"""Things <-> the words that stand for them in a cell: a name where it is the only one, otherwise name and key."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from rapidfuzz import fuzz, process

from cmh_graph.namespaces import BASE, PREFIXES, key_of
from cmh_graph.workbook.content import Content, kind_of
from cmh_graph.workbook.words import folded

_IN_BRACKETS: Final = re.compile(r"\[([^\[\]]+)\]$")
#: So many words are listed whole when a word is not known.
_FEW: Final = 14
#: Nearest names are looked for so often; a workbook with more unknown words has another fault than spelling.
_SEARCHES: Final = 200
_ANY: Final = "use a name or key that the workbook lists; a new thing needs a row of its own"


class Names:
    """The words of the things under some prefixes."""

    def __init__(self, content: Content, kinds: tuple[str, ...], by_key: bool = False) -> None:
        self._kinds = kinds
        self._by_key = by_key
        self._searched = 0
        self._labels = {thing: content.label(thing) for kind in kinds for thing in content.of_kind(kind)}
        self._retired = {one for one in self._labels if content.values(one, PREFIXES["owl"] + "deprecated")}
        self._count()

    def _count(self) -> None:
        labels: dict[str, list[str]] = {}
        keys: dict[str, list[str]] = {}
        for thing, label in self._labels.items():
            if label:
                labels.setdefault(folded(label), []).append(thing)
            keys.setdefault(folded(key_of(thing)), []).append(thing)
        self._things_of_label, self._things_of_key = labels, keys

    def add(self, things: Iterable[tuple[str, str]]) -> None:
        """Let things be known that are new in the workbook: (IRI, name). Names that are taken stay with their thing."""
        for thing, label in things:
            if thing not in self._labels and kind_of(thing) in self._kinds:
                self._labels[thing] = label
        self._count()

    def word(self, thing: str) -> str:
        """What stands for a thing in a cell."""
        key, label = key_of(thing), self._labels.get(thing, "")
        sole = len(self._things_of_key.get(folded(key), ())) == 1
        full = key if sole else f"{kind_of(thing)}:{key}"
        if self._by_key or not label:
            return full
        name = folded(label)
        others = [one for one in self._things_of_key.get(name, ()) if one != thing]
        if len(self._things_of_label.get(name, ())) == 1 and not others and not _IN_BRACKETS.search(label):
            return label
        return f"{label} [{full}]"

    def words(self) -> list[str]:
        """All words that may be chosen, in the order of the files; what is retired is left out."""
        return [self.word(thing) for thing in self._labels if thing not in self._retired]

    def thing(self, text: str) -> str | None:
        """The thing that a word stands for: its name, its key, kind:key, or name [key]; None if unknown or not sure."""
        text = text.strip()
        found = _IN_BRACKETS.search(text)
        if found:
            one = self._by(found[1].strip())
            if one:
                return one
        return self._by(text)

    def _by(self, text: str) -> str | None:
        wanted = folded(text).removeprefix(folded(BASE))
        kind, _, key = wanted.replace("/", ":").rpartition(":")
        kind = kind.removeprefix("vocab:")
        if kind in self._kinds:
            one = PREFIXES[kind] + key
            hits = [thing for thing in self._things_of_key.get(key, ()) if kind_of(thing) == kind]
            return one if one in self._labels else hits[0] if len(hits) == 1 else None
        for known in (self._things_of_key, self._things_of_label):
            hits = known.get(wanted, [])
            if len(hits) == 1:
                return hits[0]
            exact = [thing for thing in hits if key_of(thing) == text]
            if len(exact) == 1:
                return exact[0]
        return None

    def ambiguous(self, text: str) -> list[str]:
        """The words of the things that a text could stand for, where there are several."""
        wanted = folded(text)
        hits = [*self._things_of_key.get(wanted, ()), *self._things_of_label.get(wanted, ())]
        hits = list(dict.fromkeys(hits))
        return [self.word(thing) for thing in hits] if len(hits) > 1 else []

    def near(self, text: str) -> str:
        """What to choose from, or what comes nearest, as words for a person."""
        words = self.words()
        if len(words) <= _FEW:
            return "choose from: " + ", ".join(words)
        self._searched += 1
        if self._searched > _SEARCHES:
            return _ANY
        found = process.extract(
            folded(text[:200]),
            {word: folded(word) for word in words},
            scorer=fuzz.WRatio,
            limit=3,
            score_cutoff=70,
        )
        if not found:
            return _ANY
        return "did you mean " + " or ".join(f"'{one[2]}'" for one in found) + "?"


class AllNames:
    """Names for each range of links, made when first asked for."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._made: dict[tuple[tuple[str, ...], bool], Names] = {}
        self._added: dict[str, str] = {}

    def of(self, kinds: tuple[str, ...], by_key: bool = False) -> Names:
        """The names of the things of some kinds."""
        if (kinds, by_key) not in self._made:
            names = Names(self._content, kinds, by_key)
            names.add(self._added.items())
            self._made[kinds, by_key] = names
        return self._made[kinds, by_key]

    def add(self, things: Iterable[tuple[str, str]]) -> None:
        """Let new things be known everywhere."""
        new = dict(things)
        self._added |= new
        for names in self._made.values():
            names.add(new.items())
