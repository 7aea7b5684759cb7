"""A description as a file -> its text: plain text, Markdown, a Word document, or a PDF that holds text."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cmh_graph.align.files.encodings import encoding_of_bytes
from cmh_graph.align.files.kinds import kind_of, start_of
from cmh_graph.align.files.limits import LARGEST_TEXT, MOST_TEXT
from cmh_graph.align.texts.docx import docx_text
from cmh_graph.align.texts.pdf import pdf_text
from cmh_graph.errors import SourceError

_MEND: Final = "save the description as .docx, .txt, .md or as a PDF with text"
_PLAIN: Final = frozenset({".txt", ".md", ".text", ".markdown", ""})


def read_text(path: Path) -> str:
    """The text of a .txt, .md, .docx or .pdf file; paragraphs end in a line break, list items of Word files start
    with a bullet. At most limits.MOST_TEXT characters.

    Raises SourceError for another kind of file, one that is too large, or one that cannot be read."""
    start = start_of(path, _MEND)
    size = path.stat().st_size
    if size > LARGEST_TEXT:
        raise SourceError(
            f"the file is larger than the {LARGEST_TEXT // 1_000_000} MB that we read of a description",
            where=str(path), mend="give the description of one post alone",
        )  # fmt: skip
    kind = kind_of(path, start, _MEND)
    suffix = path.suffix.lower()
    if kind == "docx":
        text = docx_text(path)
    elif kind == "pdf":
        text = pdf_text(path)
    elif suffix in _PLAIN:
        data = path.read_bytes()
        text = (
            encoding_of_bytes(data)
            .decode(data)
            .replace("\x00", " ")
            .replace("\r\n", "\n")
            .replace("\r", "\n")
        )
    else:
        what = {
            "xlsx": "this is a workbook, not a description",
            "ods": "this is an OpenDocument file",
        }.get(kind, f"'{suffix}' is no text that we read")
        raise SourceError(what, where=str(path), mend=_MEND)
    if len(text) > MOST_TEXT:
        raise SourceError(
            f"the description has more than {MOST_TEXT:,} characters",
            where=str(path),
            mend="give the description of one post alone",
        )
    if not text.strip():
        raise SourceError("the document holds no text", where=str(path), mend=_MEND)
    return text
