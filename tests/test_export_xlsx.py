"""The workbook for people: it opens elsewhere, reads well, runs nothing, and gives back what it says it carries."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from built import framework_graph
from cmh_graph.errors import SourceError
from cmh_graph.export import FORMATS, Edition
from cmh_graph.export.format import Written
from cmh_graph.export.xlsx.format import FILE
from cmh_graph.export.xlsx.names import Names
from cmh_graph.export.xlsx.sheets import IDENTIFIER, SHEETS
from cmh_graph.namespaces import BASE, CMH, GRAPH_CATALOGUE
from cmh_graph.store import canonical_nquads, read_quads, text_of

CASES = Path(__file__).parent / "cases" / "export_tables"
SOFFICE = shutil.which("soffice")
CALC = Path("/usr/lib/libreoffice/program/libsclo.so")
needs_calc = [
    pytest.mark.outside,
    pytest.mark.skipif(
        not SOFFICE or not CALC.exists(),
        reason="LibreOffice Calc is not installed: apt install libreoffice-calc-nogui",
    ),
]


@pytest.fixture(scope="module")
def edition() -> Edition:
    return Edition.of(framework_graph().nquads)


@pytest.fixture(scope="module")
def hostile() -> Edition:
    return Edition.of(canonical_nquads(read_quads(CASES / "hostile.ttl", GRAPH_CATALOGUE)))


@pytest.fixture(scope="module")
def written(edition: Edition) -> Written:
    return FORMATS["xlsx"].write(edition)


@pytest.fixture(scope="module")
def book(written: Written) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(written.files[FILE]))


def read(data: bytes) -> set[object]:
    reader = FORMATS["xlsx"].read
    assert reader is not None
    return set(reader({FILE: data}))


def test_reading_gives_exactly_what_is_carried(edition: Edition, written: Written) -> None:
    assert written.carried is not None
    assert read(written.files[FILE]) == written.carried
    assert written.carried <= set(edition.stated)


def test_the_same_edition_gives_the_same_bytes(hostile: Edition) -> None:
    first, second = (FORMATS["xlsx"].write(Edition(tuple(hostile.quads))).files for _ in range(2))
    assert first == second


def test_hostile_texts_come_back_as_they_were(hostile: Edition) -> None:
    written = FORMATS["xlsx"].write(hostile)
    assert written.carried is not None
    assert read(written.files[FILE]) == written.carried
    assert written.carried <= set(hostile.stated)
    carried = {text_of(triple.object) for triple in written.carried}
    assert {'=HYPERLINK("http://example.org";"x")', "Looks like a key [role/same-1]", "Same"} <= carried


def test_no_text_becomes_a_formula(hostile: Edition) -> None:
    """Texts are texts, and one that begins like a formula is marked as quoted, for the day somebody edits it."""
    data = FORMATS["xlsx"].write(hostile).files[FILE]
    cells = [
        cell
        for sheet in openpyxl.load_workbook(io.BytesIO(data))
        for row in sheet.iter_rows()
        for cell in row
    ]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    risky = [
        cell
        for cell in cells
        if isinstance(cell.value, str) and cell.value.startswith(("=", "＝", "@", "+", "-"))
    ]
    assert risky
    assert all(cell.quotePrefix for cell in risky)


def test_every_requirement_is_said_in_words(edition: Edition, book: openpyxl.Workbook) -> None:
    rows = list(book["Requirements"].iter_rows(values_only=True))
    head = [str(heading) for heading in rows[0]]
    role, asked, choices = (head.index(heading) for heading in ("Role", "Asked for", "Choices"))
    assert len(rows) - 1 == len([iri for iri in edition.about if iri.startswith(f"{BASE}requirement/")])
    assert [row for row in rows[1:] if not row[role] or "[" in str(row[role])] == []
    assert [row for row in rows[1:] if not row[asked] and not row[choices]] == []


def test_what_is_inferred_is_shaded(edition: Edition, book: openpyxl.Workbook) -> None:
    sheet = book["Roles"]
    head = {str(cell.value): cell.column - 1 for cell in sheet[1]}
    for row in sheet.iter_rows(min_row=2):
        inferred = {
            text_of(term) for term in edition.objects(str(row[head[IDENTIFIER]].value), CMH + "inferredField")
        }
        for heading, name in (("Job family", "family"), ("Level", "frameworkLevel")):
            cell = row[head[heading]]
            assert (cell.fill.fill_type == "solid") == (CMH + name in inferred), cell.coordinate


@pytest.mark.parametrize("sheet", [sheet.name for sheet in SHEETS])
def test_a_sheet_is_easy_to_move_in(book: openpyxl.Workbook, sheet: str) -> None:
    page = book[sheet]
    assert page.freeze_panes == "B2"
    assert page.auto_filter.ref == page.dimensions
    assert page.print_title_rows == "$1:$1"
    assert all(dimension.width >= 8 for dimension in page.column_dimensions.values())
    assert all(8 < (page.row_dimensions[row].height or 0) < 409 for row in range(1, page.max_row + 1))


def test_the_first_sheet_lists_the_others(book: openpyxl.Workbook) -> None:
    listed = {row[0]: row[2] for row in book["Read me"].iter_rows(values_only=True) if row[2] is not None}
    for sheet in SHEETS:
        assert listed[sheet.name] == book[sheet.name].max_row - 1


def test_headings_are_unique_on_their_sheet() -> None:
    for sheet in SHEETS:
        headings = [column.heading for column in sheet.columns]
        assert len({*headings, IDENTIFIER}) == len(headings) + 1
        assert set(sheet.order) <= set(headings)


def test_another_reader_sees_the_same_rows(written: Written, book: openpyxl.Workbook) -> None:
    other = CalamineWorkbook.from_filelike(io.BytesIO(written.files[FILE]))
    assert other.sheet_names == book.sheetnames
    for sheet in SHEETS:
        assert len(other.get_sheet_by_name(sheet.name).to_python()) == book[sheet.name].max_row


@pytest.mark.parametrize(
    ("iri", "kinds", "shown", "why"),
    [
        ("role/a", ("role",), "Alone", "its name is enough"),
        ("role/b", ("role",), "Twin [role/b]", "two roles have the name"),
        ("skill/b", ("skill",), "Twin", "no other skill has it"),
        ("role/absent", ("role",), "[role/absent]", "it has no row"),
        ("role/d", ("role",), "Odd [role/a] [role/d]", "its name would be read as a key"),
    ],
)
def test_a_name_stands_for_one_thing(iri: str, kinds: tuple[str, ...], shown: str, why: str) -> None:
    names = Names(
        {
            f"{BASE}role/a": "Alone",
            f"{BASE}role/b": "Twin",
            f"{BASE}role/c": "Twin",
            f"{BASE}skill/b": "Twin",
            f"{BASE}role/d": "Odd [role/a]",
        }
    )
    assert names.shown(BASE + iri, kinds) == shown, why
    assert names.meant(shown, kinds) == BASE + iri, why


# --- files of strangers ---


def changed(data: bytes, change: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    change(book)
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def put_formula(book: openpyxl.Workbook) -> None:
    book["Roles"]["B2"] = "=1+2"


def rename_column(book: openpyxl.Workbook) -> None:
    book["Skills"]["A1"] = "Talent"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (put_formula, "Roles, B2"),
        (rename_column, "Skills, row 1"),
        (lambda book: book.remove(book["Steps"]), FILE),
    ],
)
def test_a_workbook_that_cannot_be_meant_is_refused(
    hostile: Edition, change: Callable[[openpyxl.Workbook], None], where: str
) -> None:
    with pytest.raises(SourceError) as error:
        read(changed(FORMATS["xlsx"].write(hostile).files[FILE], change))
    assert where in error.value.where


def test_columns_may_change_places(hostile: Edition) -> None:
    def move(book: openpyxl.Workbook) -> None:
        page = book["Sources"]
        rows = [[cell.value for cell in row][::-1] for row in page.iter_rows()]
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                page.cell(number, column).value = value
                if isinstance(value, str):
                    page.cell(number, column).data_type = "s"

    written = FORMATS["xlsx"].write(hostile)
    assert read(changed(written.files[FILE], move)) == written.carried


@pytest.mark.parametrize("data", [b"", b"not a workbook", b"PK\x03\x04 broken"])
def test_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError):
        read(data)


# --- LibreOffice ---


def as_csv(data: bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "cmh.xlsx").write_bytes(data)
    return subprocess.run(
        [str(SOFFICE), "--headless", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--convert-to",
         "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1",
         "--outdir", str(folder / "out"), str(folder / "cmh.xlsx")],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


class TestLibreOffice:
    """LibreOffice opens the workbook, and refuses one that is cut off."""

    pytestmark = needs_calc

    def test_it_shows_every_row(self, written: Written, book: openpyxl.Workbook, tmp_path: Path) -> None:
        done = as_csv(written.files[FILE], tmp_path)
        assert done.returncode == 0, done.stderr
        for sheet in ("Roles", "Sources", "Pay bands"):
            text = (tmp_path / "out" / f"cmh-{sheet}.csv").read_text(encoding="utf-8")
            for row in book[sheet].iter_rows(min_row=2, max_col=1, values_only=True):
                assert str(row[0]) in text

    def test_it_refuses_half_a_workbook(self, written: Written, tmp_path: Path) -> None:
        output = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(written.files[FILE])) as whole,
            zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as half,
        ):
            for name in whole.namelist():
                if name != "xl/workbook.xml":
                    half.writestr(name, whole.read(name))
        as_csv(output.getvalue(), tmp_path)
        assert not list((tmp_path / "out").glob("*.csv"))
