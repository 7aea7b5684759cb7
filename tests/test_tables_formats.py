"""Every format in: the same list gives the same rows, and odd lists are read or refused as their cases say."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pyoxigraph
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hostile
from cmh_graph.align.files import limits
from cmh_graph.align.tables import Reject, Table, TitleRow, delimited, ods, read_table, title_rows, xlsx
from cmh_graph.errors import BadParameter, CmhGraphError, SourceError

CASES = Path(__file__).parent / "cases" / "align" / "tables"
TEXTS: list[Mapping[str, Any]] = tomllib.loads((CASES / "text.toml").read_text(encoding="utf-8"))["case"]
SHEETS: list[Mapping[str, Any]] = tomllib.loads((CASES / "sheets.toml").read_text(encoding="utf-8"))["case"]
KNOWN = {
    "why", "name", "text", "bytes", "encoding", "rows", "rejects", "notes", "error", "columns", "used", "keys", "bands",
    "other_titles", "cells", "sheet",
}  # fmt: skip


def check(case: Mapping[str, Any], path: Path) -> None:
    """One case: its rows, rejects, notes and columns, or its error."""
    assert set(case) <= KNOWN, "a slip in a case would test nothing"
    if "error" in case:
        with pytest.raises(CmhGraphError) as caught:
            read_table(path, case.get("columns"), case.get("sheet"))
        assert case["error"] in str(caught.value), case["why"]
        return
    table = read_table(path, case.get("columns"), case.get("sheet"))
    found = list(table.rows)
    titles = [one for one in found if isinstance(one, TitleRow)]
    rejects = [one for one in found if isinstance(one, Reject)]
    assert [one.title for one in titles] == case["rows"], case["why"]
    expected = case.get("rejects", [])
    assert [one.line for one in rejects] == [line for line, _ in expected], rejects
    for one, (_, reason) in zip(rejects, expected, strict=True):
        assert reason in one.reason, case["why"]
    assert [one.row for one in found] == list(range(1, len(found) + 1)), "rows are numbered without gaps"
    for note in case.get("notes", []):
        assert any(note in one for one in table.notes), table.notes
    for ours, theirs in case.get("used", {}).items():
        assert table.used.get(ours) == theirs, case["why"]
    for name in ("key", "band"):
        if f"{name}s" in case:
            assert [getattr(one, name) for one in titles] == case[f"{name}s"], case["why"]
    if "other_titles" in case:
        assert [list(one.other_titles) for one in titles] == case["other_titles"], case["why"]


def test_every_case_file_is_used() -> None:
    assert {one.name for one in CASES.iterdir()} == {"text.toml", "sheets.toml"}


@pytest.mark.parametrize("case", TEXTS, ids=[case["why"] for case in TEXTS])
def test_texts(case: Mapping[str, Any], tmp_path: Path) -> None:
    path = tmp_path / case.get("name", "list.csv")
    data = (
        bytes.fromhex(case["bytes"])
        if "bytes" in case
        else case["text"].encode(case.get("encoding", "utf-8"))
    )
    path.write_bytes(data)
    check(case, path)


# --- workbooks ----------------------------------------------------------------------------------------------


def write_xlsx(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(list(row))
    book.save(path)


def write_ods(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    # pandas writes with odfpy, which is no longer kept; the format of a plain sheet is short enough.
    assert len(sheets) == 1
    (rows,) = sheets.values()
    body = []
    for row in rows:
        cells = [
            '<table:table-cell table:formula="of:=1+1"/>'
            if isinstance(one, str) and one.startswith("=")
            else "<table:table-cell/>"
            if one is None
            else f'<table:table-cell office:value-type="string"><text:p>{one}</text:p></table:table-cell>'
            for one in row
        ]
        body.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    hostile.ods(*body)(path)


WRITERS: Mapping[str, Callable[[Path, Mapping[str, Sequence[Sequence[Any]]]], None]] = {
    ".xlsx": write_xlsx,
    ".ods": write_ods,
}


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("case", SHEETS, ids=[case["why"] for case in SHEETS])
def test_sheets(case: Mapping[str, Any], ending: str, tmp_path: Path) -> None:
    rows = [[None if cell == "" else cell for cell in row] for row in case["cells"]]
    WRITERS[ending](tmp_path / f"list{ending}", {"Posts": rows})
    check(case, tmp_path / f"list{ending}")


def titles(table: Table) -> list[str]:
    return [one.title for one in table.rows if isinstance(one, TitleRow)]


def test_a_known_header_on_a_later_sheet_goes_before_a_guess(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_xlsx(
        path,
        {
            "Read me": [["Support worker posts of the trust"], ["Kept by the workforce officer"]],
            "Posts": [["Job title"], ["Volunteer"]],
        },
    )
    table = read_table(path)
    assert titles(table) == ["Volunteer"]
    assert "read sheet 'Posts', of 2: Read me, Posts" in table.notes
    assert titles(read_table(path, sheet="Read me"))[0] == "Support worker posts of the trust"
    with pytest.raises(BadParameter, match="no sheet 'Elsewhere'"):
        read_table(path, sheet="Elsewhere")


def test_a_hidden_sheet_is_read_last_and_hidden_rows_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Old"
    page.append(["Job title"])
    page.append(["Matron"])
    page.sheet_state = "hidden"
    page = book.create_sheet("New")
    page.append(["Job title"])
    page.append(["Volunteer"])
    page.append(["Befriender"])
    page.row_dimensions[3].hidden = True
    book.save(tmp_path / "book.xlsx")
    table = read_table(tmp_path / "book.xlsx")
    assert titles(table) == ["Volunteer", "Befriender"]
    assert "hidden rows were read as well: 1" in table.notes


def test_numbers_dates_and_faults_of_a_workbook(tmp_path: Path) -> None:
    import datetime

    book = openpyxl.Workbook()
    page = book.active
    page.append(["Job title", "Post number", "Band"])
    page.append(["Support worker", 1042.0, datetime.date(2026, 4, 3)])
    page.append(["#REF!", 7, "3"])
    page["A3"].data_type = "e"
    book.save(tmp_path / "book.xlsx")
    table = read_table(tmp_path / "book.xlsx")
    first, second = list(table.rows)
    assert isinstance(first, TitleRow) and (first.key, first.band) == ("1042", "")
    assert isinstance(second, Reject) and "#REF!" in second.reason
    assert any("a date where a band should be" in note for note in table.notes)


def test_a_workbook_whose_parts_have_other_names(tmp_path: Path) -> None:
    """Files from the web call their list of sheets xl/workbook2.xml, and say so; prefixes may stand before names."""
    main = '<Relationship Id="r" Type="http://x/officeDocument" Target="/xl/workbook2.xml"/>'
    sheet = (
        hostile.PLAIN.replace("<", "<x:")
        .replace("<x:/", "</x:")
        .replace("<x:?", "<?")
        .replace("xmlns", "xmlns:x")
    )
    hostile.packed(
        {
            "_rels/.rels": f'{hostile.HEAD}<Relationships xmlns="{hostile.PACKAGE}">{main}</Relationships>',
            "xl/workbook2.xml": hostile.BOOK,
            "xl/_rels/workbook2.xml.rels": hostile.RELS,
            "xl/worksheets/sheet1.xml": sheet,
        }
    )(tmp_path / "web.xlsx")
    assert titles(read_table(tmp_path / "web.xlsx")) == ["Support worker"]


def test_a_formula_is_read_by_its_saved_value(tmp_path: Path) -> None:
    saved = '<c r="A2" t="str"><f>B2</f><v>Support worker</v></c>'
    unsaved = '<c r="A3"><f>B3</f></c><c r="B3"><v>4</v></c>'
    rows = f'<row r="1">{hostile.cell("A1", "Job title")}</row><row r="2">{saved}</row><row r="3">{unsaved}</row>'
    hostile.xlsx(sheet=hostile.sheet(rows))(tmp_path / "book.xlsx")
    first, second = list(read_table(tmp_path / "book.xlsx").rows)
    assert isinstance(first, TitleRow) and first.title == "Support worker"
    assert isinstance(second, Reject) and "a formula without a saved value" in second.reason


cells = st.one_of(
    st.text(
        st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc"]), max_size=12
    ),
    st.integers(-10_000, 10_000),
)


@given(rows=st.lists(st.lists(cells, min_size=1, max_size=5), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("ending", WRITERS)
def test_cells_are_what_another_reader_finds(rows: list[list[Any]], ending: str, tmp_path: Path) -> None:
    """Judged by calamine, a reader in another language by other people."""
    path = tmp_path / f"any{ending}"
    rows = [["x" if str(cell).startswith("=") else cell for cell in row] for row in rows]
    if ending == ".ods":
        rows = [[escape(str(cell)) for cell in row] for row in rows]
    WRITERS[ending](path, {"Any": rows})
    found, walk = (xlsx.open_xlsx if ending == ".xlsx" else ods.open_ods)(path)
    ours = [[" ".join(cell.split()) for cell in record.cells] for record in walk(path, found[0], [])]
    theirs = [
        [" ".join(str(int(cell) if isinstance(cell, float) else cell).split()) for cell in row]
        for row in python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    ]

    def bare(table: list[list[str]]) -> list[list[str]]:
        # Calamine leaves out blank columns on the left, and keeps blank ones on the right.
        first = min((n for row in table for n, cell in enumerate(row) if cell), default=0)
        cut = [row[first : max((n + 1 for n, cell in enumerate(row) if cell), default=0)] for row in table]
        return [row for row in cut if row]

    assert bare(ours) == bare(theirs)


# --- the same list in every format --------------------------------------------------------------------------

POSTS = (
    ("N1", "HCA (Bank) Days/Nights", "2"),
    ("N2", "Support worker – nights", "3"),
    ("N3", "", "4"),
    ("N4", 'Nurse "RMN", ward', "5"),
    ("N5", "<b>Volunteer</b> & befriender", ""),
)


def as_delimited(path: Path, delimiter: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=delimiter).writerows([("key", "job title", "band"), *POSTS])


def as_json(path: Path) -> None:
    posts = [dict(zip(("key", "title", "band"), post, strict=True)) for post in POSTS]
    lines = "\n".join(json.dumps(post) for post in posts)
    path.write_text(lines if path.suffix == ".jsonl" else json.dumps({"posts": posts}), encoding="utf-8")


def as_ods(path: Path) -> None:
    escaped = [[escape(one) for one in post] for post in POSTS]
    write_ods(path, {"Posts": [["key", "job title", "band"], *escaped]})


def as_rdf(path: Path) -> None:
    org, label = "http://www.w3.org/ns/org#", "http://www.w3.org/2000/01/rdf-schema#label"
    form = pyoxigraph.RdfFormat.from_extension(path.suffix[1:])
    triples = []
    for key, title, band in POSTS:
        post = pyoxigraph.NamedNode(f"https://posts.example/{key}")
        kind = pyoxigraph.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
        triples.append(pyoxigraph.Triple(post, kind, pyoxigraph.NamedNode(org + "Post")))
        band_of = pyoxigraph.NamedNode("https://w3id.org/cmh-graph/ns#band")
        triples.append(pyoxigraph.Triple(post, band_of, pyoxigraph.Literal(band)))
        if title:
            triples.append(
                pyoxigraph.Triple(post, pyoxigraph.NamedNode(label), pyoxigraph.Literal(title, language="en"))
            )
    path.write_bytes(pyoxigraph.serialize(triples, format=form))


def as_esco_folder(path: Path) -> None:
    path.mkdir()
    with (path / "occupations_en.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(
            ("conceptType", "conceptUri", "iscoGroup", "preferredLabel", "altLabels", "description", "band")
        )
        for key, title, band in POSTS:
            writer.writerow(("Occupation", key, "5321", title, "one\nother", "does things", band))
    (path / "skills_en.csv").write_text("conceptUri,preferredLabel\nx,listen\n", encoding="utf-8")


EVERY: Mapping[str, Callable[[Path], None]] = {
    "list.csv": lambda path: as_delimited(path, ","),
    "list.tsv": lambda path: as_delimited(path, "\t"),
    "semicolons.csv": lambda path: as_delimited(path, ";"),
    "list.xlsx": lambda path: write_xlsx(path, {"Posts": [("key", "job title", "band"), *POSTS]}),
    "list.ods": as_ods,
    "list.json": as_json,
    "list.jsonl": as_json,
    "esco": as_esco_folder,
    **{f"list.{ending}": as_rdf for ending in ("ttl", "rdf", "jsonld", "nt", "nq", "trig")},
}


@pytest.mark.parametrize("name", EVERY)
def test_the_same_list_gives_the_same_rows(name: str, tmp_path: Path) -> None:
    EVERY[name](tmp_path / name)
    found = list(read_table(tmp_path / name).rows)
    assert len(found) == len(POSTS), "rows in are rows out and rejects"
    for (key, title, band), one in zip(POSTS, found, strict=True):
        assert isinstance(one, TitleRow if title else Reject)
        if isinstance(one, TitleRow):
            assert (one.key.rpartition("/")[2], one.title, one.band) == (key, title, band)


def test_a_partners_folder_gives_its_roles_and_employer_type(tmp_path: Path) -> None:
    (tmp_path / "roles.csv").write_text("key,title\nN1,Support worker\n", encoding="utf-8")
    (tmp_path / "other.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(SourceError, match="holds 2 lists"):
        read_table(tmp_path)
    (tmp_path / "source.toml").write_text('employer_type = "local-authority"\n', encoding="utf-8")
    (row,) = read_table(tmp_path).rows
    assert isinstance(row, TitleRow) and (row.title, row.employer_type) == (
        "Support worker",
        "local-authority",
    )


# --- long lists ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "rows"), [("csv", 100_000), ("jsonl", 20_000), ("json", 20_000), ("xlsx", 20_000)]
)
def test_long_lists_come_out_whole(ending: str, rows: int, tmp_path: Path) -> None:
    path = tmp_path / f"list.{ending}"
    named = [f"Support worker {n}" for n in range(rows)]
    if ending == "csv":
        path.write_text("\n".join(["title", *named]), encoding="utf-8")
    elif ending == "xlsx":
        cells = (f"<row>{hostile.cell('A1', title)}</row>" for title in ["title", *named])
        hostile.xlsx(sheet=hostile.sheet(*cells))(path)
    else:
        lines = [json.dumps({"title": title}) for title in named]
        path.write_text("\n".join(lines) if ending == "jsonl" else f"[{', '.join(lines)}]", encoding="utf-8")
    assert sum(isinstance(one, TitleRow) for one in read_table(path).rows) == rows


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json", "xlsx", "ods"])
def test_too_many_rows_are_refused_before_the_first(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cmh_graph.align.tables import json_rows

    for module in (delimited, title_rows, xlsx, ods, json_rows):
        monkeypatch.setattr(module, "MOST_ROWS", 1_000)
    monkeypatch.setattr(xlsx, "_COUNTED", 0)
    path = tmp_path / f"list.{ending}"
    for rows, refused in ((1_000, False), (1_002, True)):
        if ending == "csv":
            path.write_text("title\n" + "HCA\n" * rows, encoding="utf-8")
        elif ending == "xlsx":
            row = f"<row>{hostile.cell('A1', 'HCA')}</row>"
            hostile.xlsx(sheet=hostile.sheet(f"<row>{hostile.cell('A1', 'title')}</row>", row * rows))(path)
        elif ending == "ods":
            repeated = hostile.ods_row("HCA", row=f' table:number-rows-repeated="{rows}"')
            hostile.ods(hostile.ods_row("title"), repeated)(path)
        else:
            lines = [json.dumps({"title": "HCA"})] * rows
            path.write_text(
                "\n".join(lines) if ending == "jsonl" else f"[{', '.join(lines)}]", encoding="utf-8"
            )
        if refused:
            with pytest.raises(SourceError, match="more than 1,000 rows"):
                # An OpenDocument row that repeats itself is seen when it is reached.
                next(read_table(path, most_rows=1_000).rows)
        else:
            assert sum(1 for _ in read_table(path, most_rows=1_000).rows) == rows


def test_a_rejected_row_does_not_repeat_other_columns(tmp_path: Path) -> None:
    """A payroll extract holds names and numbers of people; results are passed on."""
    path = tmp_path / "payroll.csv"
    path.write_text('name,job title,band\nJane Example,,3\n"Jane Example,"x"y,3\n', encoding="utf-8")
    rejects = [one for one in read_table(path).rows if isinstance(one, Reject)]
    assert len(rejects) == 2
    assert not any("Jane" in one.raw + one.reason for one in rejects)


@given(text=st.text(st.sampled_from('ab,;\t|"\n\r\x00é{}[]:<title'), max_size=80))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("ending", ["csv", "json", "jsonl"])
def test_any_text_is_rows_and_rejects_or_a_clear_error(text: str, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"any.{ending}"
    path.write_bytes(text.encode())
    try:
        found = list(read_table(path).rows)
    except CmhGraphError as error:
        assert error.what and error.where and error.mend
        return
    assert [one.row for one in found] == list(range(1, len(found) + 1))
    assert all(one.reason[0].isalpha() for one in found if isinstance(one, Reject)), (
        "no reason starts a formula"
    )


def test_the_limits_are_those_of_the_how_to() -> None:
    page = (Path(__file__).parent.parent / "docs" / "how-to" / "bring-a-role-list.md").read_text(
        encoding="utf-8"
    )
    for said in (
        f"{limits.MOST_ROWS:,} rows",
        f"{limits.LONGEST_TITLE} characters",
        f"{limits.MOST_PAGES} pages",
    ):
        assert said in page, said
