"""XML -> starts, texts and ends of elements, without entities, and with bounded depth, tags and names.

Expat keeps each open element, each name and an unfinished tag in memory; a hostile file is made of these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn, Protocol
from xml.parsers import expat

from cmh_graph.align.files.limits import DEEPEST_MARKUP, LONGEST_TAG, MOST_NAMES
from cmh_graph.align.files.packed import AGAIN
from cmh_graph.errors import SourceError


class Listener(Protocol):
    """Hears of elements by their local name: `c` for `<x:c>`. Attributes keep their prefix."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None: ...
    def text(self, text: str) -> None: ...
    def end(self, name: str) -> None: ...


def hear(pieces: Iterable[bytes], listener: Listener, path: Path, part: str = "") -> Iterator[None]:
    """Feed XML to the listener; yields after each piece, so that what it gathered can be handed on.

    Raises SourceError where the XML is not well formed, declares entities, or outgrows the limits."""
    where = f"{path}, part {part}" if part else str(path)
    names: dict[str, str] = {}
    parser = expat.ParserCreate(intern=names)
    parser.buffer_text = True
    parser.buffer_size = 1 << 16
    depth = 0
    hear_start, hear_end = listener.start, listener.end

    def refuse(what: str) -> NoReturn:
        raise SourceError(what, where=f"{where}, line {parser.CurrentLineNumber}", mend=AGAIN)

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST_MARKUP:
            refuse(f"more than {DEEPEST_MARKUP} elements lie inside one another")
        hear_start(name.rpartition(":")[2] if ":" in name else name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        hear_end(name.rpartition(":")[2] if ":" in name else name)

    def doctype(*_: object) -> None:
        # Office programs write none; entities that grow or point outside begin here.
        refuse("the XML inside declares a document type or entities, which we refuse")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = listener.text
    parser.StartDoctypeDeclHandler = doctype
    parser.EntityDeclHandler = doctype
    fed = 0
    try:
        for piece in pieces:
            fed += len(piece)
            parser.Parse(piece, False)
            if fed - max(parser.CurrentByteIndex, 0) > LONGEST_TAG + len(piece):
                refuse(f"a tag is longer than {LONGEST_TAG >> 20} MB")
            if len(names) > MOST_NAMES:
                refuse(f"there are more than {MOST_NAMES:,} different names of elements")
            yield
        parser.Parse(b"", True)
        yield
    except (LookupError, ValueError):
        # Expat asks Python for encodings that it does not know itself.
        refuse("the file is damaged: the XML inside names an encoding that no office program uses")
    except expat.ExpatError as error:
        raise SourceError(
            f"the file is damaged: the XML inside is broken ({expat.errors.messages.get(error.code, 'error')})",
            where=f"{where}, line {error.lineno}", mend=AGAIN,
        ) from None  # fmt: skip
