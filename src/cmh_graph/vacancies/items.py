"""A file -> the rows of a feed, as they stand: JSON-LD, JSON Lines, HTML or CSV, told by how the file begins."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cmh_graph.errors import SourceError
from cmh_graph.vacancies.item import Item, lines
from cmh_graph.vacancies.json_items import read_document, read_lines
from cmh_graph.vacancies.nodes import loads
from cmh_graph.vacancies.pages import read_page
from cmh_graph.vacancies.rows import read_rows

#: Largest file that is read as a whole, in bytes. JSON Lines and CSV are read line by line.
LARGEST_WHOLE: Final = 32_000_000
LARGEST: Final = 500_000_000
#: Most rows of one feed.
MOST: Final = 100_000


@dataclass(slots=True)
class Items:
    """The items of a file in order; notes grow while they are walked."""

    form: str
    items: Iterator[Item]
    notes: list[str] = field(default_factory=list)


def read_items(path: Path) -> Items:
    """What a file holds. Raises SourceError, with the place, for a file that is none of the kinds, or too large."""
    try:
        size = path.stat().st_size
        with path.open("rb") as opened:
            start = opened.read(4096)
    except OSError as error:
        raise SourceError(
            f"the feed cannot be opened: {error.strerror}", where=str(path), mend="check the path"
        ) from None
    kinds = "give JSON-LD, JSON Lines, a page with JSON-LD in it, or CSV"
    encoding = _encoding(path, start)
    head = start.decode(encoding, "replace").lstrip("\ufeff \t\r\n\x00")
    if not head:
        raise SourceError("the feed is empty", where=str(path), mend=kinds)
    if (
        start[:2] in (b"PK", b"\x1f\x8b")
        or head.startswith(("%PDF", "{\\rtf"))
        or _is_binary(start, encoding)
    ):
        raise SourceError("this is no text file", where=str(path), mend=kinds)
    if head.startswith("<?xml") and "<html" not in head.lower():
        raise SourceError("XML feeds are not read", where=str(path), mend=kinds)
    lines_only = head[0] in "{[" and _is_json_lines(path, encoding)
    whole = head[0] in "{[<" and not lines_only
    if size > (LARGEST_WHOLE if whole else LARGEST):
        raise SourceError(
            f"the feed has {size:,} bytes; {LARGEST_WHOLE if whole else LARGEST:,} are read",
            where=str(path),
            mend="give it as JSON Lines, one posting on each line" if whole else "split it",
        )
    notes: list[str] = []
    if head[0] == "<":
        return Items("HTML", read_page(path.read_bytes().decode(encoding, "replace"), path), notes)
    if whole:
        return Items("JSON-LD", read_document(path.read_bytes().decode(encoding, "replace"), path), notes)
    if lines_only:
        return Items("JSON Lines", read_lines(path, encoding), notes)
    return Items("CSV", read_rows(path, encoding, notes), notes)


def _encoding(path: Path, start: bytes) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as opened:
            while block := opened.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _is_binary(start: bytes, encoding: str) -> bool:
    control = sum(byte < 32 and byte not in b"\t\r\n\x0c" for byte in start)
    return encoding != "utf-16" and control > max(20, len(start) // 20)


def _is_json_lines(path: Path, encoding: str) -> bool:
    """Whether the first line is an object of its own and something follows it, or the name says so."""
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return True
    first = ""
    for _, line in lines(path, encoding):
        if first and line.strip():
            return True
        if line.strip():
            first = line
            try:
                loads(line)
            except ValueError:
                return False
    return False
