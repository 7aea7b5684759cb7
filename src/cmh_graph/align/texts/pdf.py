"""A PDF -> its text, read in a process of its own (docs/decisions/0008)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cmh_graph.align.files.confined import confined
from cmh_graph.align.files.limits import MOST_PAGES, MOST_TEXT, PDF_MEMORY, PDF_SECONDS

_SCRIPT: Final = Path(__file__).with_name("pdf_reader.py")


def pdf_text(path: Path) -> str:
    """The text of all pages in order, pages parted by a line break.

    Raises SourceError if the PDF is protected, damaged, holds pictures of pages only, has more than
    limits.MOST_PAGES pages, or takes more memory or time than the limits allow."""
    arguments = [str(path.absolute()), str(MOST_PAGES), str(MOST_TEXT)]
    mend = "open the description in a word processor and save it as .docx, or give the Word file it was made from"
    pages = confined(
        _SCRIPT, arguments, memory=PDF_MEMORY, seconds=PDF_SECONDS, path=path, mend=mend
    )  # fmt: skip
    return "\n".join(str(page["text"]) for page in pages)
