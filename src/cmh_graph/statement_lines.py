"""Canonical N-Quads and N-Triples as lines of bytes: cut into terms, and never made into objects.

In the canonical form a statement is a line, its terms stand one space apart, and the lines are in order. Method:
docs/decisions/0050-gaps-are-joined-and-lines-are-cut.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from cmh_graph.errors import SourceError

#: Bytes that are cut at once: lists of all lines of a large text would be larger than the text.
_BLOCK: Final = 1 << 17


def lines_of(text: bytes) -> Iterator[bytes]:
    """The lines of a text, without their ends."""
    return chain.from_iterable(_blocks(text))


def _blocks(text: bytes) -> Iterator[list[bytes]]:
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _BLOCK) + 1 or len(text)
        lines = text[start:end].split(b"\n")
        if not lines[-1]:
            lines.pop()
        yield lines
        start = end


def after_subject(tail: bytes) -> tuple[bytes, bytes, bytes]:
    """Predicate, object and graph of what follows the subject in a line; no graph is b"". Raises SourceError."""
    predicate, _, rest = tail.partition(b" ")
    try:
        if rest.startswith(b'"'):
            # Neither a language, a datatype nor the name of a graph has a quotation mark.
            end = rest.index(b" ", rest.rindex(b'"'))
        elif rest.startswith(b"<<"):
            end = rest.rindex(b")>>") + 3
        else:
            end = rest.index(b" ")
    except ValueError:
        raise SourceError(f"a line is no statement: ... {tail[:200].decode(errors='replace')}") from None
    return predicate, rest[:end], rest[end + 1 : -2]
