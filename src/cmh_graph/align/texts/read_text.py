"""A description as a file -> its text: plain text, Markdown, or a Word document."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Final

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from cmh_graph.errors import SourceError

#: Largest file, and largest document inside a Word file, in bytes.
LARGEST: Final = 20_000_000
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def read_text(path: Path) -> str:
    """The text of a .txt, .md or .docx file; paragraphs end in a line break, list items start with a bullet.

    Raises SourceError for another kind of file, one that is too large, or one that cannot be read."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SourceError(f"the file cannot be opened: {error.strerror}", where=str(path)) from None
    if size > LARGEST:
        raise SourceError(
            f"the file has {size:,} bytes; {LARGEST:,} are read", where=str(path), mend="split it"
        )
    suffix = path.suffix.lower()
    if suffix in (".txt", ".md", ".text", ""):
        return _decode(path.read_bytes())
    if suffix == ".docx":
        return _docx(path)
    raise SourceError(
        f"'{suffix}' is no text that we read",
        where=str(path),
        mend="save the description as .docx, .txt or .md",
    )


def _decode(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding).replace("\x00", " ")
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1").replace("\x00", " ")


def _docx(path: Path) -> str:
    mend = "open it in a word processor and save it again as .docx"
    try:
        with zipfile.ZipFile(path) as archive, archive.open("word/document.xml") as document:
            data = document.read(LARGEST + 1)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, EOFError) as error:
        raise SourceError(f"this is no readable Word document: {error}", where=str(path), mend=mend) from None
    if len(data) > LARGEST:
        raise SourceError(
            f"the document inside is larger than {LARGEST:,} bytes", where=str(path), mend="split it"
        )
    try:
        root = fromstring(data)
    except (ParseError, DefusedXmlException) as error:
        raise SourceError(
            f"the document inside cannot be read: {error}", where=str(path), mend=mend
        ) from None
    lines = []
    for paragraph in root.iter(f"{_WORD}p"):
        text = "".join(
            (node.text or "") if node.tag == f"{_WORD}t" else " "
            for node in paragraph.iter()
            if node.tag in (f"{_WORD}t", f"{_WORD}tab", f"{_WORD}br")
        )
        bullet = "• " if paragraph.find(f"{_WORD}pPr/{_WORD}numPr") is not None else ""
        lines.append(bullet + text)
    return "\n".join(lines)
