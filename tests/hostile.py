"""Files that mean harm, or are broken as real ones are: each made on the spot, with why, and how it must end."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {one} "{f"&{before};" * 10}">' for before, one in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@dataclass(frozen=True, slots=True)
class Hostile:
    """says: words of the error; empty if the file is read, and then rows says what becomes of it:
    how many rows of titles, and how many rejects."""

    name: str
    why: str
    make: Callable[[Path], None]
    says: str = ""
    rows: tuple[int, int] = (0, 0)


# --- workbooks ----------------------------------------------------------------------------------------------


def cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def sheet(*rows: str, before: str = "") -> str:
    return f'{HEAD}{before}<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


PLAIN = sheet(
    f'<row r="1">{cell("A1", "Job title")}{cell("B1", "Band")}</row>',
    f'<row r="2">{cell("A2", "Support worker")}{cell("B2", "3")}</row>',
)
RELS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}">'
    f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
BOOK = (
    f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
    '<sheet name="Posts" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
XLSX: Mapping[str, str] = {
    "xl/workbook.xml": BOOK,
    "xl/_rels/workbook.xml.rels": RELS,
    "xl/worksheets/sheet1.xml": PLAIN,
}


def packed(parts: Mapping[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", method) as out:
            for name, text in parts.items():
                out.writestr(name, text)

    return make


def xlsx(**parts: str | bytes) -> Callable[[Path], None]:
    names = {
        "sheet": "xl/worksheets/sheet1.xml",
        "strings": "xl/sharedStrings.xml",
        "rels": "xl/_rels/workbook.xml.rels",
    }
    return packed({**XLSX, **{names[key]: text for key, text in parts.items()}})


def ods(*rows: str, before: str = "", manifest: str = "") -> Callable[[Path], None]:
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'{HEAD}{before}<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}:table:1.0" '
        f'xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Posts">'
        f"{''.join(rows)}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = manifest or (
        f'{HEAD}<manifest:manifest xmlns:manifest="{office}:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return packed({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


def ods_row(*texts: str, row: str = "", column: str = "") -> str:
    cells = "".join(f"<table:table-cell{column}><text:p>{text}</text:p></table:table-cell>" for text in texts)
    return f"<table:table-row{row}>{cells}</table:table-row>"


def docx(body: str, before: str = "") -> Callable[[Path], None]:
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return packed(
        {
            "word/document.xml": f'{HEAD}{before}<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>'
        }
    )


def bomb(name: str, parts: Mapping[str, str], size: int) -> Callable[[Path], None]:
    """A part of nothing but spaces, which pack a thousand to one."""

    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for other, text in parts.items():
                out.writestr(other, text)
            with out.open(name, "w") as part:
                part.write(HEAD.encode() + b"<a>")
                for _ in range(size >> 20):
                    part.write(b" " * (1 << 20))
                part.write(b"</a>")

    return make


def lying(make: Callable[[Path], None], name: str, claimed: int) -> Callable[[Path], None]:
    """The same zip, claiming that a part unpacks to another size."""

    def change(path: Path) -> None:
        make(path)
        data = bytearray(path.read_bytes())
        at = data.find(b"PK\x01\x02")
        while data[at + 46 : at + 46 + struct.unpack_from("<H", data, at + 28)[0]] != name.encode():
            at = data.find(b"PK\x01\x02", at + 4)
        struct.pack_into("<I", data, at + 24, claimed)
        path.write_bytes(data)

    return change


def locked(path: Path) -> None:
    """A zip whose parts say that they are encrypted."""
    xlsx()(path)
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    at = data.find(b"PK\x03\x04")
    while at >= 0:
        data[at + 6] |= 1
        at = data.find(b"PK\x03\x04", at + 4)
    path.write_bytes(data)


def cut(path: Path) -> None:
    xlsx()(path)
    path.write_bytes(path.read_bytes()[:300])


def crowded(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as out:
        for number in range(10_500):
            out.writestr(f"xl/{number}", "")


def climbing(path: Path) -> None:
    """Names and links in a zip that lead out of any folder it may be unpacked to."""
    with zipfile.ZipFile(path, "w") as out:
        for name, text in XLSX.items():
            out.writestr(name, text)
        out.writestr("../../escaped.txt", "no")
        link = zipfile.ZipInfo("xl/worksheets/sheet2.xml")
        link.external_attr = 0o120777 << 16
        out.writestr(link, "/etc/passwd")


def text(content: str | bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return make


def container(words: bytes = b"") -> Callable[[Path], None]:
    return text(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000 + words + b"\x00" * 2000)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def many_rows(path: Path) -> None:
    row = b"<row><c t='inlineStr'><is><t>HCA</t></is></c></row>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for name, content in XLSX.items():
            if "sheet1" not in name:
                out.writestr(name, content)
        with out.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(f'<worksheet xmlns="{MAIN}"><sheetData><row>{cell("A1", "Job title")}</row>'.encode())
            for _ in range(1_010):
                part.write(row * 1_000)
            part.write(b"</sheetData></worksheet>")


TABLES: tuple[Hostile, ...] = (
    Hostile("strings.xlsx", "80 MB of shared texts in 80 KB, honest about it.",
            bomb("xl/sharedStrings.xml", XLSX, 80 << 20), "unpacks to more than the 64 MB"),
    Hostile("lying.xlsx", "The same, claiming 100 bytes.",
            lying(bomb("xl/sharedStrings.xml", XLSX, 80 << 20), "xl/sharedStrings.xml", 100), "damaged"),
    Hostile("sheet.xlsx", "A sheet that claims 3 GB.",
            lying(xlsx(), "xl/worksheets/sheet1.xml", 3 << 30), "unpacks to more than the 1,024 MB"),
    Hostile("book.xlsx", "The list of sheets itself is a bomb.",
            bomb("xl/workbook.xml", {k: v for k, v in XLSX.items() if "workbook.xml" not in k}, 20 << 20),
            "unpacks to more than the 16 MB"),
    Hostile("bomb.ods", "A sheet of an OpenDocument file that claims 3 GB.",
            lying(ods(ods_row("Job title")), "content.xml", 3 << 30), "unpacks to more than the 1,024 MB"),
    Hostile("laughs.xlsx", "Entities that grow tenfold eight times.", xlsx(sheet=sheet("&i;", before=LAUGHS)),
            "declares a document type or entities"),
    Hostile("laughs-strings.xlsx", "The same among the shared texts.", xlsx(strings=LAUGHS + "<sst/>"),
            "declares a document type or entities"),
    Hostile("laughs.ods", "The same in an OpenDocument file.", ods(before=LAUGHS),
            "declares a document type or entities"),
    Hostile("outside.xlsx", "An entity that would read a file of this machine.",
            xlsx(sheet=sheet("&a;", before=OUTSIDE)), "declares a document type or entities"),
    Hostile("deep.xlsx", "Elements inside one another, 100,000 deep.", xlsx(sheet=HEAD + "<a>" * 100_000),
            "lie inside one another"),
    Hostile("tag.xlsx", "A single tag of 4 MB.", xlsx(sheet=HEAD + f'<worksheet a="{"x" * (4 << 20)}"/>'),
            "a tag is longer than 1 MB"),
    Hostile("names.xlsx", "10,000 names of elements, each of which a parser keeps.",
            xlsx(sheet=HEAD + "<w>" + "".join(f"<a{n}/>" for n in range(10_000)) + "</w>"), "different names"),
    Hostile("far.xlsx", "One cell in the last corner of the sheet, which makes some readers ask for 17 billion cells.",
            xlsx(sheet=sheet(f'<row r="1">{cell("A1", "Job title")}</row>',
                             f'<row r="1048576">{cell("XFD1048576", "HCA")}</row>')), rows=(0, 1)),
    Hostile("nowhere.xlsx", "Cells with places that no sheet has are taken where they stand.",
            xlsx(sheet=sheet(f"<row>{cell('A1', 'Job title')}</row>", f"<row>{cell('ZZZZZZ9', 'HCA')}</row>")),
            rows=(1, 0)),
    Hostile("many.xlsx", "More rows than a sheet can have, refused before the first is handed out.", many_rows,
            "more than 1,000,000 rows"),
    Hostile("repeated.ods", "A row that says it is there a thousand million times.",
            ods(ods_row("Job title"), ods_row("HCA", row=' table:number-rows-repeated="999999999"')),
            "more than 1,000,000 rows"),
    Hostile("wide.ods", "A cell that says so.",
            ods(ods_row("Job title"), ods_row("HCA", column=' table:number-columns-repeated="999999999"')),
            rows=(1, 0)),
    Hostile("blank.ods", "Blank rows to the end of the sheet are what every such file has.",
            ods(ods_row("Job title"), ods_row("HCA"), ods_row("", row=' table:number-rows-repeated="1048574"')),
            rows=(1, 0)),
    Hostile("locked.xlsx", "Parts behind a password.", locked, "protected by a password"),
    Hostile("locked.ods", "An OpenDocument file says so in its manifest.",
            ods(manifest=HEAD + '<m><encryption-data xmlns="m"/></m>'), "protected by a password"),
    Hostile("rare.xlsx", "Packed in a way that gives back any amount at once.",
            packed(XLSX, method=zipfile.ZIP_LZMA), "packed in a way"),
    Hostile("crowded.xlsx", "10,500 files in one zip.", crowded, "more than 10,000 files"),
    Hostile("climbing.xlsx", "Names and links that lead outside: nothing is unpacked.", climbing, rows=(1, 0)),
    Hostile("elsewhere.xlsx", "A sheet that lies on the web is no sheet.",
            xlsx(rels=RELS.replace('Target="worksheets/sheet1.xml"', 'TargetMode="External" Target="http://127.0.0.1/x"')),
            "no sheet of cells"),
    Hostile("cut.xlsx", "The download broke off.", cut, "damaged"),
    Hostile("zeros.xlsx", "A zip's first bytes and nothing of one.", text(b"PK\x03\x04" + b"\x00" * 500), "damaged"),
    Hostile("text.xlsx", "A CSV called .xlsx.", text("Job title\nHCA\n"), "does not hold what such a file holds"),
    Hostile("encoding.xlsx", "XML in an encoding that does not exist.",
            xlsx(sheet=PLAIN.replace("UTF-8", "UTF-99")), "names an encoding"),
    Hostile("codec.xlsx", "XML in an encoding that is none but a codec of Python.",
            xlsx(sheet=PLAIN.replace("UTF-8", "zlib_codec")), "names an encoding"),
    Hostile("broken.xlsx", "XML that ends in the middle.", xlsx(sheet=PLAIN[:200]), "XML inside is broken"),
    Hostile("other.zip", "A zip of anything.", packed({"hello.txt": "hello"}), "this is a zip file"),
    Hostile("old.xls", "A workbook of the old kind.", container(), "old kind (.xls)"),
    Hostile("secret.xlsx", "A workbook behind a password.", container("EncryptedPackage".encode("utf-16-le")),
            "protected by a password"),
    Hostile("page.xls", "What many HR systems call Excel is a web page.",
            text("<html><table><tr><td>Job title</td></table>"),
            "a web page saved as .xls"),
    Hostile("old.xml", "So is this.", text(HEAD + '<?mso-application progid="Excel.Sheet"?><Workbook/>'), "XML file"),
    Hostile("binary.xlsb", "A binary workbook.", packed({"xl/workbook.bin": b"\x00"}), "(.xlsb)"),
    Hostile("mac.numbers", "Apple's own.", packed({"Index/Document.iwa": b"\x00"}), "Numbers"),
    Hostile("list.csv.gz", "A packed list.", text(b"\x1f\x8b\x08" + b"\x00" * 50), "compressed"),
    Hostile("list.png", "A picture of a list.", text(b"\x89PNG\r\n\x1a\n" + b"\x00" * 50), "a picture"),
    Hostile("list.docx", "A list in a Word table.", docx("<w:p/>"), "a Word document, not a list"),
    Hostile("list.pdf", "A list as PDF.", text(b"%PDF-1.7\n"), "a PDF, not a list"),
    Hostile("empty.csv", "Nothing.", text(""), "the file is empty"),
    Hostile("nulls.csv", "Null bytes only.", text(b"\x00" * 100_000), "blank or null bytes"),
    Hostile("noise.csv", "Bytes that are no text.", text(bytes(range(256)) * 40), "it is no text"),
    Hostile("null.csv", "Null bytes in a cell are dropped.", text("Job title\nSupport\x00 worker\n"), rows=(1, 0)),
    Hostile("line.csv", "A line of 5 million characters costs one reject.",
            text("Job title\nHCA\n" + "x" * 5_000_000 + "\nHCA\n"), rows=(2, 1)),
    Hostile("one-line.csv", "A file of one such line.", text("x" * 5_000_000), "longer than 1,000,000 characters"),
    Hostile("commas.csv", "A row of a million cells.", text("Job title\n" + "x," * 400_000 + "\nHCA\n"), rows=(1, 1)),
    Hostile("quotes.csv", "Each line opens a quotation mark.", text('Job title\n' + '"HCA\n' * 3_000), rows=(0, 3_000)),
    Hostile("script.csv", "A script in a title is text.", text("Job title\n<script>alert(1)</script>\n"), rows=(1, 0)),
    Hostile("formula.csv", "A formula in a title is text.", text('Job title\n"=HYPERLINK(""http://127.0.0.1"",""x"")"\n'),
            rows=(1, 0)),
    Hostile("brackets.json", "A million open brackets.", text("[" * 1_000_000), "more than 100 brackets are open"),
    Hostile("braces.json", "A hundred thousand objects inside one another.", text('{"a":' * 100_000),
            "more than 100 brackets are open"),
    Hostile("deep.jsonl", "The same in one line.", text('{"title":"HCA"}\n' + '{"a":' * 100_000 + "\n"), rows=(1, 1)),
    Hostile("text.json", "One text of 5 million characters costs one reject.",
            text('[{"title":"HCA"},{"title":"' + "x" * 5_000_000 + '"},{"title":"HCA"}]'), rows=(2, 1)),
    Hostile("cut.json", "The download broke off.", text('[{"title":"HCA"},{"tit'), "ends in the middle"),
    Hostile("wrong.json", "A bracket of the wrong kind.", text('[{"title":"HCA"]}'), "closes what was not opened"),
    Hostile("number.json", "A number of 100,000 digits costs one reject.",
            text('[{"title":"HCA"},{"title":' + "9" * 100_000 + "}]"), rows=(1, 1)),
    Hostile("nothing.json", "JSON without a list.", text('{"colour": "red"}'), "no list of posts"),
    Hostile("context.jsonld", "A context on the web is not fetched.",
            text('{"@context":"http://127.0.0.1:9/c.jsonld","@type":"JobPosting","title":"HCA"}'), "we fetch nothing"),
    Hostile("import.jsonld", "Nor is one that a context imports.",
            text('{"@context":{"@version":1.1,"@import":"http://127.0.0.1:9/c"},"title":"HCA"}'), "we fetch nothing"),
    Hostile("schema.jsonld", "schema.org's is known.",
            text('{"@context":"https://schema.org/","@type":"JobPosting","title":"HCA"}'), rows=(1, 0)),
    Hostile("imports.ttl", "What an ontology imports is left where it is.",
            text('<> <http://www.w3.org/2002/07/owl#imports> <http://127.0.0.1:9/x> .\n'
                 '<a> a <http://www.w3.org/ns/org#Post> ; <http://www.w3.org/2000/01/rdf-schema#label> "HCA" .'),
            rows=(1, 0)),
    Hostile("laughs.rdf", "Entities that grow, in RDF/XML.", text(LAUGHS + "<rdf:RDF/>"), "entities"),
    Hostile("outside.rdf", "An entity that would read a file of this machine.", text(OUTSIDE + "<rdf:RDF/>"),
            "entities"),
    Hostile("deep.jsonld", "A million open brackets as RDF.", text('{"@id":' + "[" * 1_000_000), "RDF is broken"),
    Hostile("deep.ttl", "Millions of nested things take more memory than a reader may have.",
            text("<a> <b> " + "[ <b> " * 3_000_000),
            "1024 MB of memory"),
    Hostile("broken.ttl", "A statement that is none, with its place.", text('<a> <b> "x" .\n<a> <b> c .\n'), "line 2"),
    Hostile("empty.ttl", "RDF that says nothing.", text("# nothing\n"), "nothing that has a title"),
    Hostile("pipe.csv", "A pipe that nobody writes to would wait for ever.", pipe, "a pipe or a device"),
    Hostile("loop.csv", "A link to itself.", loop, "cannot be opened"),
    Hostile("folder", "A folder without a list.", Path.mkdir, "holds no list"),
)  # fmt: skip


# --- descriptions -------------------------------------------------------------------------------------------


def pdf(pages: list[bytes], *, extra: str = "", tree: str = "", trailer: str = "") -> Callable[[Path], None]:
    """A PDF of hand-made pages, each a stream of drawing commands. tree: another page tree instead."""
    return text(pdf_bytes(pages, extra=extra, tree=tree, trailer=trailer))


def pdf_bytes(pages: list[bytes], *, extra: str = "", tree: str = "", trailer: str = "") -> bytes:
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        (tree or f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>").encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, content in enumerate(pages):
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * n} 0 R "
        objects.append((page + f"/Resources << /Font << /F1 3 0 R >> >> {extra} >>").encode())
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for place in places:
        out.write(b"%010d 00000 n \n" % place)
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n"
    out.write(end.encode())
    return out.getvalue()


def written(*lines: str) -> bytes:
    """Drawing commands that write lines of text."""
    shown = "".join(f"({line}) Tj 0 -14 Td " for line in lines)
    return f"BT /F1 11 Tf 50 800 Td {shown} ET".encode("cp1252")


def encrypted(path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(pdf_bytes([written("Job description")]))))
    writer.encrypt("secret", algorithm="RC4-128")
    writer.write(path)


PICTURE = b"q 595 0 0 842 0 0 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \x00 EI Q"
TEXTS: tuple[Hostile, ...] = (
    Hostile("bomb.docx", "110 MB of spaces in 110 KB.", bomb("word/document.xml", {}, 110 << 20),
            "unpacks to more than the 100 MB"),
    Hostile("lying.docx", "The same, claiming 100 bytes.",
            lying(bomb("word/document.xml", {}, 110 << 20), "word/document.xml", 100), "damaged"),
    Hostile("laughs.docx", "Entities that grow tenfold eight times.", docx("<w:p/>", before=LAUGHS),
            "declares a document type or entities"),
    Hostile("long.docx", "More text than any description has.",
            docx("<w:p><w:r><w:t>" + "work " * 500_000 + "</w:t></w:r></w:p>"), "more than 2,000,000 characters"),
    Hostile("empty.docx", "A document without a word.", docx("<w:p/>"), "holds no text"),
    Hostile("headless.docx", "A Word file without its text.", packed({"word/styles.xml": "<a/>"}), "no text part"),
    Hostile("old.doc", "A Word file of the old kind.", container(), "old kind (.doc)"),
    Hostile("book.xlsx", "A workbook is no description.", xlsx(), "a workbook, not a description"),
    Hostile("letter.rtf", "Rich text.", text("{\\rtf1 Job description}"), "rich text"),
    Hostile("locked.pdf", "A PDF behind a password.", encrypted, "protected by a password"),
    Hostile("picture.pdf", "A scanned page holds no text.", pdf([PICTURE]), "only pictures of its pages"),
    Hostile("cut.pdf", "The download broke off.",
            text(pdf_bytes([written("Job description")])[:150]), "damaged or was cut off"),
    Hostile("circle.pdf", "A page tree that holds itself.",
            pdf([], tree="<< /Type /Pages /Kids [2 0 R] /Count 1 >>"), "damaged"),
    Hostile("pages.pdf", "300 pages.", pdf([written("Job description")] * 300), "has 300 pages"),
    Hostile("large.pdf", "21 MB.", text(b"%PDF-1.4\n" + b"x" * 21_000_000), "larger than the 20 MB"),
    Hostile("pipe.txt", "A pipe that nobody writes to.", pipe, "a pipe or a device"),
    Hostile("empty.txt", "Nothing.", text(""), "the file is empty"),
)  # fmt: skip
