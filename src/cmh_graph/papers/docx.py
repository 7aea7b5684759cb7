"""A paper as a Word document: real headings, lists and tables with header rows, the same bytes each time."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any, Final

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from cmh_graph.papers.document import Heading, Illustration, Items, Paper, Paragraph, Said, Table
from cmh_graph.pictures.png import png

#: The one time that a packed file may carry, as its bytes must not depend on when it was made.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
#: Width of the text of an A4 page between its margins.
_MARGIN_MM: Final = 18
_PAGE_MM: Final = 210 - 2 * _MARGIN_MM
#: The tallest picture that leaves room for its heading on a page.
_TALLEST_MM: Final = 225
#: Height of a row that people write in.
_TALL_MM: Final = 9
_MM_PER_UNIT: Final = 25.4 / 96
#: Colours of headings and of the header row, with more than 4.5 to 1 between letters and ground.
_INK: Final = RGBColor(0x21, 0x2B, 0x32)
_BLUE: Final = RGBColor(0x00, 0x5E, 0xB8)
_HEADER: Final = "F0F4F5"
_HEADINGS: Final = (("Heading 1", 20, _INK), ("Heading 2", 14, _BLUE), ("Heading 3", 11.5, _INK))


def write(paper: Paper) -> bytes:
    """The document as the bytes of a .docx file."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Mm(_MARGIN_MM))
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Arial", Pt(10.5)
    style.paragraph_format.space_after = Pt(6)
    _language(style)
    for name, size, colour in _HEADINGS:
        _heading(document.styles[name], size, colour)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = _printable(paper.title), "", ""
    properties.language = "en-GB"
    properties.created = properties.modified = datetime.datetime(*_NO_TIME[:3])
    document.add_heading(_printable(paper.title), level=1)
    document.add_paragraph(_printable(paper.subtitle))
    for block in paper.blocks:
        if isinstance(block, Heading):
            heading = document.add_heading(_printable(block.text), level=block.level)
            heading.paragraph_format.page_break_before = True if block.new_page else None
        elif isinstance(block, Paragraph):
            _fill(document.add_paragraph(), paper, block.texts)
        elif isinstance(block, Items):
            for one in block.items:
                _fill(document.add_paragraph(style="List Bullet"), paper, (one,))
        elif isinstance(block, Illustration):
            _figure(document, block)
        else:
            _table(document, paper, block)
    if paper.cited:
        document.add_heading("Sources", level=2)
        for cited in paper.cited:
            said = ", ".join(part for part in (cited.label, cited.publisher, cited.url) if part)
            line = document.add_paragraph(f"[{cited.number}] {_printable(said)}")
            line.paragraph_format.space_after = Pt(2)
            line.runs[0].font.size = Pt(9)
    _footer(section.footer.paragraphs[0], paper.footer)
    made = io.BytesIO()
    document.save(made)
    return _repacked(made.getvalue())


def _language(style: Any) -> None:
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    style.element.get_or_add_rPr().append(language)


def _heading(style: Any, size: float, colour: RGBColor) -> None:
    style.font.name, style.font.size, style.font.color.rgb = "Arial", Pt(size), colour
    fonts = style.element.rPr.rFonts
    # A font of the theme goes before the named one, and is not there on every machine.
    for name in [one for one in fonts.attrib if one.endswith("Theme")]:
        del fonts.attrib[name]


def _footer(target: Any, text: str) -> None:
    """What the paper is made from, and which page of how many this is."""
    target.add_run(f"{text} Page ")
    for code, between in (("PAGE", " of "), ("NUMPAGES", "")):
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), code)
        run = target.add_run("1")
        field.append(run._r)
        target._p.append(field)
        run.font.size = Pt(8)
        if between:
            target.add_run(between)
    for run in target.runs:
        run.font.size = Pt(8)


def _figure(document: Any, figure: Illustration) -> None:
    """The picture at its own size, smaller where the page is, with its description for screen readers."""
    picture = figure.picture
    width = min(_PAGE_MM, picture.width * _MM_PER_UNIT, _TALLEST_MM * picture.width / picture.height)
    made = document.add_picture(io.BytesIO(png(picture)), width=Mm(width))
    about = made._inline.docPr
    about.set("name", _printable(picture.name))
    about.set("title", _printable(picture.name))
    about.set("descr", _printable(f"{picture.name}. {picture.description}"))


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
    caption.paragraph_format.space_after = Pt(3)
    made = document.add_table(rows=1, cols=len(table.columns), style="Table Grid")
    # Screen readers and printers repeat the first row as the header of the table.
    header = OxmlElement("w:tblHeader")
    header.set(qn("w:val"), "true")
    made.rows[0]._tr.get_or_add_trPr().append(header)
    _padded(made)
    for cell, column in zip(made.rows[0].cells, table.columns, strict=True):
        cell.paragraphs[0].add_run(_printable(column)).bold = True
        cell.paragraphs[0].paragraph_format.keep_with_next = True
        shade = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", _HEADER)):
            shade.set(qn(f"w:{name}"), value)
        cell._tc.get_or_add_tcPr().append(shade)
    for row in table.rows:
        added = made.add_row()
        # A row that breaks across pages cannot be filled in or read aloud as one.
        keep = OxmlElement("w:cantSplit")
        keep.set(qn("w:val"), "true")
        added._tr.get_or_add_trPr().append(keep)
        if table.to_fill:
            added.height = Mm(_TALL_MM)
        cells = added.cells
        for cell, said in zip(cells, row, strict=True):
            _fill(cell.paragraphs[0], paper, (said,))
    for row in made.rows:
        for cell in row.cells:
            cell.paragraphs[0].paragraph_format.space_after = Pt(0)
    if table.widths:
        made.autofit = False
        for column, share in zip(made.columns, table.shares, strict=True):
            column.width = Mm(_PAGE_MM * share / 100)
            for cell in column.cells:
                cell.width = Mm(_PAGE_MM * share / 100)
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _padded(table: Any) -> None:
    """Room between the lines of a table and its text, in twentieths of a point."""
    margins = OxmlElement("w:tblCellMar")
    for side, room in (("top", 40), ("left", 80), ("bottom", 40), ("right", 80)):
        one = OxmlElement(f"w:{side}")
        one.set(qn("w:w"), str(room))
        one.set(qn("w:type"), "dxa")
        margins.append(one)
    properties = table._tbl.tblPr
    look = properties.find(qn("w:tblLook"))
    # The schema wants the margins before the look.
    properties.insert(len(properties) if look is None else properties.index(look), margins)


def _printable(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return "".join(char for char in text if char.isprintable() or char in "\t\n")


def _repacked(packed: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _NO_TIME), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
