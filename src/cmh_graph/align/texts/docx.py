"""A Word document (.docx) -> its text, read as a stream."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cmh_graph.align.files.limits import MOST_TEXT
from cmh_graph.align.files.markup import hear
from cmh_graph.align.files.packed import damaged, member_pieces, open_packed

_UNPACKED: Final = 100 << 20  # bytes


def docx_text(path: Path) -> str:
    """Paragraphs, also those of tables and text boxes, one a line; list items start with a bullet. Text that a
    reviser has deleted is left out.

    Raises SourceError if the file is damaged, locked, hostile, or unpacks to more than a description can."""
    listener = _Paragraphs()
    with open_packed(path) as packed:
        name = next((one for one in packed.namelist() if one.lower() == "word/document.xml"), None)
        if name is None:
            raise damaged(path, "this is no readable Word document: it has no text part")
        pieces = member_pieces(packed, name, path, _UNPACKED, mend="give the description of one post alone")
        for _ in hear(pieces, listener, path, name):
            if listener.size > MOST_TEXT:
                # The caller refuses it; what is unfinished still counts.
                return "\n".join([*listener.lines, *map("".join, listener.open)])
    return "\n".join(listener.lines)


class _Paragraphs:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.size = 0
        self.open: list[list[str]] = []  # a text box is a paragraph within a paragraph
        self._listed: list[bool] = []
        self._heard = False
        self._aside = 0  # the second copy of a text box, for old programs

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Fallback":
            self._aside += 1
        if self._aside:
            return
        if name == "p":
            self.open.append([])
            self._listed.append(False)
        elif name == "numPr" and self._listed:
            self._listed[-1] = True
        elif name in {"tab", "br", "cr"} and self.open:
            self.open[-1].append(" ")
        elif name == "noBreakHyphen" and self.open:
            self.open[-1].append("-")
        self._heard = name == "t"

    def text(self, text: str) -> None:
        if self._heard and not self._aside and self.open and self.size <= MOST_TEXT:
            self.open[-1].append(text)
            self.size += len(text)

    def end(self, name: str) -> None:
        self._heard = False
        if name == "Fallback":
            self._aside -= 1
        elif name == "p" and not self._aside and self.open:
            text = "".join(self.open.pop())
            self.lines.append(("• " if self._listed.pop() else "") + text)
            self.size += 1
