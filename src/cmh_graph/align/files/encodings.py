"""Bytes -> text: UTF-8, UTF-16, UTF-32, Windows-1252, or a mixture of the first and the last."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

_MIXED: Final = "cmh-windows-1252"


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """What is not UTF-8 is taken as Windows-1252, byte by byte, so that one old cell does not spoil a file."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return bad.decode("cp1252", errors="replace"), error.end


codecs.register_error(_MIXED, _as_windows)

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """codec: for Python; words: for people; lines: how many there are, or more, never fewer."""

    codec: str
    words: str
    lines: int

    def open(self, path: Path) -> TextIO:
        """The text of a file, line ends as they are. Bytes that fit nothing become a replacement mark."""
        return path.open(encoding=self.codec, errors=self._errors, newline="")

    def decode(self, data: bytes) -> str:
        return data.decode(self.codec, errors=self._errors)

    @property
    def _errors(self) -> str:
        return _MIXED if self.codec.startswith("utf-8") else "replace"


def encoding_of(path: Path) -> Encoding:
    """How a file is written, from all of its bytes, a piece at a time."""
    with path.open("rb") as opened:
        start = opened.read(4096)
        codec = _codec(start)
        opened.seek(0)
        lines, valid, beyond = 1, True, False
        decoder = codecs.getincrementaldecoder("utf-8")()
        while piece := opened.read(1 << 20):
            lines += max(piece.count(b"\n"), piece.count(b"\r"))
            if codec.startswith("utf-8") and valid and not piece.isascii():
                beyond = True
                valid = _valid(decoder, piece)
        if valid and beyond:
            valid = _valid(decoder, b"", final=True)
    if codec == "utf-8" and not valid:
        return Encoding(codec, "Windows-1252 where it is not UTF-8", lines)
    return Encoding(codec, codec.removesuffix("-sig").upper(), lines)


def encoding_of_bytes(data: bytes) -> Encoding:
    """The same for bytes in hand."""
    codec = _codec(data[:4096])
    return Encoding(codec, codec.removesuffix("-sig").upper(), data.count(b"\n") + 1)


def _codec(start: bytes) -> str:
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name
    if len(start) >= 8:
        # Without a mark, UTF-16 shows by its null bytes: nearly all letters have one, and only one.
        half = len(start) // 2
        even, odd = start[0::2].count(0), start[1::2].count(0)
        if odd > half * 0.8 and even < half * 0.1:
            return "utf-16-le"
        if even > half * 0.8 and odd < half * 0.1:
            return "utf-16-be"
    return "utf-8"


def _valid(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final=final)
    except UnicodeDecodeError:
        return False
    return True
