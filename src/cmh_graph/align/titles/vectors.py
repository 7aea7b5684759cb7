"""Our own title vectors: titles that mean alike point alike, even where they share no word.

A title is the sum of the vectors of its word pieces, one row each in data/title_vectors.npz; nothing else is
computed, so the same title gives the same vector on every machine. How the table was made:
training/title_vectors/README.md; why: docs/decisions/0006-title-vectors.md."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import chain
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

#: Longer words are no words; the cost of cutting one grows with its length.
_LONGEST_WORD = 40
#: Words whose vectors are kept; when there are more, keeping starts anew.
_MOST_WORDS = 50_000


class _KnownWords:
    """The vectors of words that were met, one row each; the first row is empty and stands for 'not known'."""

    def __init__(self, size: int) -> None:
        self.places: dict[str, int] = {}
        self.rows: Vectors = np.zeros((256, size), dtype=np.float32)
        self._filled = 1
        self._lock = Lock()

    def add(self, found: Mapping[str, Vectors | None]) -> None:
        """Keep the vectors of new words. A reader sees a word's place only after its row is there."""
        with self._lock:
            new = {word: vector for word, vector in found.items() if word not in self.places}
            if self._filled + len(new) > len(self.rows):
                more = np.zeros((2 * (self._filled + len(new)), self.rows.shape[1]), dtype=np.float32)
                more[: self._filled] = self.rows[: self._filled]
                self.rows = more
            for word, vector in new.items():
                if vector is None:
                    self.places[word] = 0
                else:
                    self.rows[self._filled] = vector
                    self.places[word] = self._filled
                    self._filled += 1


class TitleVectors:
    """A table of word pieces. `##ing` is the piece `ing` inside a word.

    table: int8, one row per piece; scale: what a row is multiplied by."""

    def __init__(self, pieces: Sequence[str], table: NDArray[np.int8], scale: NDArray[np.float16]) -> None:
        self.size = int(table.shape[1])
        self._places: Mapping[str, int] = {piece: place for place, piece in enumerate(pieces)}
        self._table = table
        self._scale = scale.astype(np.float32)
        self._known = _KnownWords(self.size)

    def pieces(self, word: str) -> list[int]:
        """The rows of a word, the longest known piece first each time; none if a part of it is unknown."""
        found: list[int] = []
        start = 0
        if len(word) > _LONGEST_WORD:
            return found
        while start < len(word):
            for end in range(len(word), start, -1):
                place = self._places.get(("##" if start else "") + word[start:end])
                if place is not None:
                    found.append(place)
                    start = end
                    break
            else:
                return []
        return found

    def _add(self, words: Sequence[str], known: _KnownWords) -> None:
        """Make the vectors of new words."""
        pieces = [self.pieces(word) for word in words]
        cut = {word: rows for word, rows in zip(words, pieces, strict=True) if rows}
        flat = [row for rows in cut.values() for row in rows]
        starts = np.cumsum([0, *map(len, cut.values())])[:-1]
        each = self._table[flat].astype(np.float32) * self._scale[flat, None]
        sums = np.add.reduceat(each, starts, axis=0) if cut else each
        known.add(dict.fromkeys(words) | dict(zip(cut, sums, strict=True)))

    def of(self, texts: Iterable[str]) -> Vectors:
        """One row of length 1 per text; a row of zeros for a text without a known word."""
        return self.of_words([split_words(text) for text in texts])

    def of_words(self, phrases: Sequence[Sequence[str]]) -> Vectors:
        """The same for phrases whose words are split already. A row is the same whatever else is asked for."""
        known = self._known
        if len(known.places) > _MOST_WORDS:
            known = self._known = _KnownWords(self.size)
        places = known.places
        if new := set(chain.from_iterable(phrases)) - places.keys():
            self._add(sorted(new), known)
        lengths = np.fromiter(map(len, phrases), dtype=np.intp, count=len(phrases))
        words = map(places.__getitem__, chain.from_iterable(phrases))
        flat = np.fromiter(words, dtype=np.intp, count=int(lengths.sum()))
        # The first words of all phrases, then the second ones of those that have two, and so on.
        order = np.argsort(-lengths, kind="stable")
        starts = (np.cumsum(lengths) - lengths)[order]
        longest = int(lengths.max(initial=0))
        having = np.searchsorted(-lengths[order], -np.arange(longest), side="left")
        sums = np.zeros((len(phrases), self.size), dtype=np.float32)
        for step in range(longest):
            some = int(having[step])
            sums[:some] += known.rows[flat[starts[:some] + step]]
        length = np.linalg.norm(sums, axis=1, keepdims=True)
        sums /= np.where(length > 0, length, 1).astype(np.float32)
        found = np.empty_like(sums)
        found[order] = sums
        return found


class Compared:
    """Vectors that others are compared with.

    A product of matrices rounds differently with their shapes, and numpy's library may spread a large one over
    threads. So the work is cut into tiles of one small size, filled up with zeros: how near two vectors are
    depends on these two alone."""

    _ROWS, _COLUMNS = 8, 32

    def __init__(self, vectors: Vectors) -> None:
        self.count = len(vectors)
        #: The vectors, and rows of zeros after them.
        self.rows = _filled_up(vectors, self._COLUMNS)

    def likeness(self, vectors: Vectors) -> Vectors:
        """How near each vector (row) is to each of ours (column), from -1 to 1."""
        tiles = self.rows.reshape(-1, self._COLUMNS, self.rows.shape[1]).swapaxes(1, 2)
        asked = _filled_up(vectors, self._ROWS).reshape(-1, 1, self._ROWS, vectors.shape[1])
        found: Vectors = (asked @ tiles).swapaxes(1, 2).reshape(-1, len(self.rows))
        return found[: len(vectors), : self.count]


def _filled_up(vectors: Vectors, to: int) -> Vectors:
    more = -len(vectors) % to
    return np.concatenate([vectors, np.zeros((more, vectors.shape[1]), dtype=np.float32)])


def split_words(text: str) -> list[str]:
    """Lower-case words and digits without accents; punctuation parts words and is left out."""
    text = unicodedata.normalize("NFKD", text).casefold()
    text = "".join(char for char in text if not unicodedata.combining(char))
    return re.findall(r"[a-z0-9]+", re.sub(r"['’`´]", "", text.replace("&", " and ")))


def read_table(source: Path | Traversable) -> TitleVectors:
    """A table as training/title_vectors writes it."""
    with source.open("rb") as file:
        held = np.load(file, allow_pickle=False)
        pieces = held["pieces"].tobytes().decode("ascii").split("\n")
        return TitleVectors(pieces, held["table"], held["scale"])


@cache
def title_vectors() -> TitleVectors:
    """The table of the package, read on first use."""
    return read_table(resources.files("cmh_graph.align").joinpath("data", "title_vectors.npz"))
