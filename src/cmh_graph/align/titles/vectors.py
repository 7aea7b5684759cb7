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
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

#: Longer words are no words; the cost of cutting one grows with its length.
_LONGEST_WORD = 40


class TitleVectors:
    """A table of word pieces. `##ing` is the piece `ing` inside a word.

    table: int8, one row per piece; scale: what a row is multiplied by."""

    def __init__(self, pieces: Sequence[str], table: NDArray[np.int8], scale: NDArray[np.float16]) -> None:
        self.size = int(table.shape[1])
        self._places: Mapping[str, int] = {piece: place for place, piece in enumerate(pieces)}
        self._table = table
        self._scale = scale.astype(np.float32)
        self._words: dict[str, Vectors] = {}

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

    def _word(self, word: str) -> Vectors:
        held = self._words.get(word)
        if held is None:
            rows = self.pieces(word)
            held = cast(
                "Vectors", (self._table[rows].astype(np.float32) * self._scale[rows, None]).sum(axis=0)
            )
            if len(self._words) < 50_000:
                self._words[word] = held
        return held

    def of(self, texts: Iterable[str]) -> Vectors:
        """One row of length 1 per text; a row of zeros for a text without a known word."""
        rows = [
            np.sum([self._word(word) for word in split], axis=0, dtype=np.float32)
            if (split := split_words(text))
            else np.zeros(self.size, dtype=np.float32)
            for text in texts
        ]
        found = np.asarray(rows, dtype=np.float32).reshape(-1, self.size)
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return cast("Vectors", found / np.where(length > 0, length, 1).astype(np.float32))


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
