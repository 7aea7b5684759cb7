"""JSON text -> the entries of its arrays, one by one, each with its line; an entry is text of its own.

Only brackets, strings and line ends are looked at here, so neither a file of any length nor a million brackets
costs more memory than one entry. What is between them is parsed entry by entry (json_rows)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TextIO

from cmh_graph.align.files.limits import DEEPEST_JSON, LONGEST_ENTRY, MOST_BRACKETS

_PIECE: Final = 1 << 16  # characters
_LONGEST_KEY: Final = 200  # characters
_OUTSIDE: Final = re.compile(r'["{}\[\],:\n]')
_INSIDE: Final = re.compile(r'"[^"\\\n]*"|["{}\[\]\n]')
_IN_STRING: Final = re.compile(r'["\\\n]')
_LONGEST_AT_ALL: Final = 4 * LONGEST_ENTRY  # an entry beyond this ends the reading


class BrokenJson(Exception):
    """What is wrong, and on which line."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.what, self.line = what, line


@dataclass(frozen=True, slots=True)
class Entry:
    """path: keys that lead to the array, () for an array that is the whole file.
    text: as written; None where it is longer than LONGEST_ENTRY."""

    path: tuple[str, ...]
    line: int
    text: str | None


class _Reader:
    """Characters with their line, a piece at a time. What is passed over is kept while an entry is open."""

    def __init__(self, opened: TextIO) -> None:
        self._opened = opened
        self.piece = ""
        self.place = 0
        self.line = 1
        self.begun = 0  # the line on which the open entry begins
        self.open = False
        self._from = 0  # where in the piece it begins, or goes on
        self._kept: list[str] = []
        self._size = 0

    def fill(self) -> bool:
        """The next piece; False at the end of the file."""
        if self.open:
            self._keep(len(self.piece))
        self.piece = self._opened.read(_PIECE)
        self.place = self._from = 0
        return bool(self.piece)

    def begin(self, place: int) -> None:
        self.open, self.begun, self._from, self._kept, self._size = True, self.line, place, [], 0

    def _keep(self, place: int) -> None:
        self._size += place - self._from
        if self._size > _LONGEST_AT_ALL:
            raise BrokenJson(f"an entry is longer than {_LONGEST_AT_ALL:,} characters", self.begun)
        if self._size <= LONGEST_ENTRY:
            self._kept.append(self.piece[self._from : place])
        else:
            self._kept.clear()

    def end(self, path: tuple[str, ...], place: int) -> Entry:
        self._keep(place)
        self.open = False
        text = "".join(self._kept).strip() if self._size <= LONGEST_ENTRY else None
        self._kept = []
        return Entry(path, self.begun, text)


def entries(opened: TextIO) -> Iterator[Entry]:
    """All entries of arrays that lie in nothing but objects.

    Raises BrokenJson where brackets do not fit, an entry is too deep, or the text ends within one."""
    reader = _Reader(opened)
    around: list[str] = []  # keys of the objects around us
    path: tuple[str, ...] = ()
    key = last = ""
    in_array = False
    brackets = 0
    opens: list[str] = []  # the brackets that are open
    outside = 0  # how many of them are not within an entry
    while reader.place < len(reader.piece) or reader.fill():
        within = in_array and len(opens) > outside
        found = (_INSIDE if within else _OUTSIDE).search(reader.piece, reader.place)
        stop = found.start() if found else len(reader.piece)
        plain = in_array and not within
        if plain and not reader.open and reader.piece[reader.place : stop].strip("\ufeff \t\r"):
            reader.begin(reader.place)  # a number or a word as an entry
        reader.place = found.end() if found else stop
        if not found:
            continue
        mark = found.group()
        if mark[0] == '"':
            if plain and not reader.open:
                reader.begin(stop)
            # Within an entry most texts are passed over in one step.
            if len(mark) == 1:
                last = _string(reader)
        elif mark == "\n":
            reader.line += 1
        elif mark in "{[":
            if plain and not reader.open:
                reader.begin(stop)
            opens.append(mark)
            brackets += 1
            if brackets > MOST_BRACKETS:
                raise BrokenJson(f"it has more than {MOST_BRACKETS:,} brackets", reader.line)
            if len(opens) > DEEPEST_JSON:
                raise BrokenJson(f"more than {DEEPEST_JSON} brackets are open", reader.line)
            if not in_array and mark == "[":
                in_array, outside = True, len(opens)
                path = (*around[1:], key) if around else ()
            elif not in_array:
                around.append(key)
        elif mark in "}]":
            if in_array and len(opens) == outside and reader.open:
                yield reader.end(path, stop)
            if not opens or opens.pop() != ("{" if mark == "}" else "["):
                raise BrokenJson(f"'{mark}' closes what was not opened", reader.line)
            if in_array and len(opens) < outside:
                in_array = False
            elif not in_array and around:
                key = around.pop()
        elif mark == "," and plain:
            if reader.open:
                yield reader.end(path, stop)
        elif mark == ":" and not in_array:
            key = last
    if opens:
        raise BrokenJson("the file ends in the middle: a bracket stays open", reader.line)


def _string(reader: _Reader) -> str:
    """Pass over a string up to its closing mark; its beginning, for the name of a key."""
    start: list[str] = []
    length = 0
    while reader.place < len(reader.piece) or reader.fill():
        found = _IN_STRING.search(reader.piece, reader.place)
        stop = found.start() if found else len(reader.piece)
        if length < _LONGEST_KEY:
            start.append(reader.piece[reader.place : stop])
            length += stop - reader.place
        reader.place = found.end() if found else stop
        if not found:
            continue
        if found.group() == '"':
            return "".join(start)[:_LONGEST_KEY]
        if found.group() == "\n":
            reader.line += 1
        elif reader.place < len(reader.piece) or reader.fill():
            reader.line += reader.piece[reader.place] == "\n"
            reader.place += 1
    raise BrokenJson("the file ends in the middle of a text", reader.line)
