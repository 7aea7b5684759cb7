"""What the last decisions of a visit changed, so that they can be taken back: on the disk, as long as the visit."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Final

from cmh_graph.visits.visit import Visit, failed

_NAME: Final = "undo.jsonl"
#: Decisions that can be taken back, one after the other.
_MOST: Final = 200
#: And no more than these characters of them; the last one is always kept.
_LONGEST: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Before:
    """Rows as they were before a decision: subject IRI -> rows -> cells, in the order of the file's columns.

    title: the first that the decision was about."""

    title: str
    rows: Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Journal:
    """The decisions of a visit that can be taken back, the last one last. Its lock must be held."""

    visit: Visit

    def last(self) -> Before | None:
        """What the last decision changed; None if there is none."""
        lines = self._lines()
        return Before(**json.loads(lines[-1])) if lines else None

    def add(self, before: Before) -> None:
        """Write down what a decision is about to change. Raises DataFailed where the disk fails."""
        lines = [*self._lines()[1 - _MOST :], json.dumps(asdict(before), ensure_ascii=False)]
        room = _LONGEST - len(lines[-1])
        first = len(lines) - 1
        while first and (room := room - len(lines[first - 1])) >= 0:
            first -= 1
        self._write(lines[first:])

    def drop_last(self) -> None:
        """Forget the last decision."""
        self._write(self._lines()[:-1])

    def forget(self) -> None:
        """Forget all of them."""
        self.visit.drop(_NAME)

    def _lines(self) -> list[str]:
        try:
            # Titles hold other line breaks than this one.
            return [
                line for line in (self.visit.folder / _NAME).read_text(encoding="utf-8").split("\n") if line
            ]
        except OSError:
            return []

    def _write(self, lines: Sequence[str]) -> None:
        path = self.visit.folder / _NAME
        half = path.with_name(f".{_NAME}.{os.getpid()}.part")
        try:
            half.write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
            half.replace(path)
        except OSError as error:
            raise failed(error) from error
        finally:
            with suppress(OSError):
                half.unlink(missing_ok=True)
