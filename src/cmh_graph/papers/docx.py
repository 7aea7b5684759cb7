"""A paper as a Word document: real headings, lists and tables with header rows, the same bytes each time."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any, Final

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from cmh_graph.papers.document import Heading, Items, Paper, Paragraph, Said, Table

#: The one time that a packed file may carry, as its bytes must not depend on when it was made.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
#: Width of the text of an A4 page between its margins.
_MARGIN_MM: Final = 18
_PAGE_MM: Final = 210 - 2 * _MARGIN_MM


def write(paper: Paper) -> bytes:
    """The document as the bytes of a .docx file."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Mm(_MARGIN_MM))
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(10.5)
    _language(style)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = _printable(paper.title), "", ""
    properties.language = "en-GB"
    properties.created = properties.modified = datetime.datetime(*_NO_TIME[:3])
    document.add_heading(_printable(paper.title), level=1)
    document.add_paragraph(_printable(paper.subtitle))
    for block in paper.blocks:
        if isinstance(block, Heading):
            document.add_heading(_printable(block.text), level=block.level)
        elif isinstance(block, Paragraph):
            _fill(document.add_paragraph(), paper, block.texts)
        elif isinstance(block, Items):
            for one in block.items:
                _fill(document.add_paragraph(style="List Bullet"), paper, (one,))
        else:
            _table(document, paper, block)
    if paper.cited:
        document.add_heading("Sources", level=2)
        for cited in paper.cited:
            said = ", ".join(part for part in (cited.label, cited.publisher, cited.url) if part)
            document.add_paragraph(f"[{cited.number}] {_printable(said)}")
    section.footer.paragraphs[0].text = paper.footer
    section.footer.paragraphs[0].runs[0].font.size = Pt(8)
    made = io.BytesIO()
    document.save(made)
    return _repacked(made.getvalue())


def _language(style: Any) -> None:
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    style.element.get_or_add_rPr().append(language)


def _fill(target: Any, paper: Paper, texts: tuple[Said, ...]) -> None:
    for place, said in enumerate(texts):
        target.add_run((" " if place else "") + _printable(said.text))
        marks = paper.marks(said)
        if marks:
            run = target.add_run(marks)
            run.italic, run.font.size = True, Pt(8.5)


def _table(document: Any, paper: Paper, table: Table) -> None:
    caption = document.add_paragraph()
    caption.add_run(_printable(table.caption)).bold = True
    caption.paragraph_format.keep_with_next = True
    made = document.add_table(rows=1, cols=len(table.columns), style="Table Grid")
    # Screen readers and printers repeat the first row as the header of the table.
    header = OxmlElement("w:tblHeader")
    header.set(qn("w:val"), "true")
    made.rows[0]._tr.get_or_add_trPr().append(header)
    for cell, column in zip(made.rows[0].cells, table.columns, strict=True):
        cell.paragraphs[0].add_run(_printable(column)).bold = True
    for row in table.rows:
        added = made.add_row()
        # A row that breaks across pages cannot be filled in or read aloud as one.
        keep = OxmlElement("w:cantSplit")
        keep.set(qn("w:val"), "true")
        added._tr.get_or_add_trPr().append(keep)
        cells = added.cells
        for cell, said in zip(cells, row, strict=True):
            _fill(cell.paragraphs[0], paper, (said,))
    if table.widths:
        made.autofit = False
        for column, share in zip(made.columns, table.shares, strict=True):
            column.width = Mm(_PAGE_MM * share / 100)
            for cell in column.cells:
                cell.width = Mm(_PAGE_MM * share / 100)
    document.add_paragraph()


def _printable(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return "".join(char for char in text if char.isprintable() or char in "\t\n")


def _repacked(packed: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _NO_TIME), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
