"""Complete answers kept in memory while the content stays the same."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from cmh_graph.sparql.answers import Answer

#: One answer may take this part of all that is kept.
_SHARE: Final = 16
#: What the answer and its key cost besides their bytes.
_BESIDE: Final = 500


class KeptAnswers:
    """The answers used last. most: bytes of all together; 0 keeps none."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._held: OrderedDict[bytes, Answer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: bytes) -> Answer | None:
        """The answer, if it is kept."""
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: bytes, answer: Answer) -> None:
        """Keep an answer, unless it is too large; others go for it."""
        size = len(answer.body) + _BESIDE
        if size > self._most // _SHARE or key in self._held:
            return
        self._held[key] = answer
        self._size += size
        while self._size > self._most:
            _, gone = self._held.popitem(last=False)
            self._size -= len(gone.body) + _BESIDE

    def clear(self) -> None:
        """Let go of all."""
        self._held.clear()
        self._size = 0
