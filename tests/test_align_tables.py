"""Files in, files out: what can be read, what is refused, and that no row is lost."""

from __future__ import annotations

import csv
import json
import tomllib
import tracemalloc
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmh_graph.align import run
from cmh_graph.align.labels import read_labels
from cmh_graph.align.pipeline import CANDIDATE_COLUMNS
from cmh_graph.align.tables.read_table import LONGEST_LINE, Reject, TitleRow, read_table
from cmh_graph.errors import BadParameter, CmhGraphError, SourceError

CASES = Path(__file__).parent / "cases" / "align"
LABELS = read_labels(CASES / "labels.csv")
TABLES: list[Mapping[str, Any]] = tomllib.loads((CASES / "tables.toml").read_text(encoding="utf-8"))["case"]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def candidates(out: Path) -> list[dict[str, str]]:
    with (out / "candidates.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("case", TABLES, ids=[case["why"] for case in TABLES])
def test_tables(case: Mapping[str, Any], tmp_path: Path) -> None:
    path = write(tmp_path / "posts.csv", case["text"], case.get("encoding", "utf-8"))
    if "error" in case:
        with pytest.raises(CmhGraphError) as caught:
            read_table(path, case.get("columns"))
        assert case["error"] in str(caught.value), case["why"]
        return
    found = list(read_table(path, case.get("columns")).rows)
    assert [one.title for one in found if isinstance(one, TitleRow)] == case["rows"], case["why"]
    rejects = [one for one in found if isinstance(one, Reject)]
    expected = case.get("rejects", [])
    assert [one.line for one in rejects] == [line for line, _ in expected], case["why"]
    assert all(reason in one.reason for one, (_, reason) in zip(rejects, expected, strict=True))
    assert [one.row for one in found] == list(range(1, len(found) + 1)), "rows are numbered without gaps"


def test_missing_title_column_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read_table(write(tmp_path / "a.csv", "colour,size\nred,2\n"))
    assert "--title-column" in caught.value.mend


def test_workbook_with_heading_merged_cells_blanks_and_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["Northfield Trust posts"])
    page.merge_cells("A1:C1")
    page.append([])
    page.append(["Code", "Job Title", "Band"])
    page.append([101.0, "HCA", 3])
    page.append([])
    page.append([102, None, 4])
    page.append(["103", "=1+1", "8a"])
    book.create_sheet("Notes").append(["nothing here"])
    book.save(tmp_path / "posts.xlsx")
    table = read_table(tmp_path / "posts.xlsx")
    found = list(table.rows)
    assert isinstance(found[0], TitleRow)
    assert (found[0].key, found[0].title, found[0].band, found[0].line) == ("101", "HCA", "3", 4)
    assert [one.line for one in found if isinstance(one, Reject)] == [6, 7], (
        "a formula has no stored value here"
    )
    assert any("header is on line 3" in note for note in table.notes)


def test_workbook_sheets_are_searched_and_chosen(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["read me"])
    second = book.create_sheet("Posts")
    second.append(["title"])
    second.append(["Volunteer"])
    book.save(tmp_path / "posts.xlsx")
    assert [one.title for one in read_table(tmp_path / "posts.xlsx").rows if isinstance(one, TitleRow)] == [
        "Volunteer"
    ]
    with pytest.raises(BadParameter, match="no sheet"):
        read_table(tmp_path / "posts.xlsx", sheet="Elsewhere")


def test_hostile_workbooks_are_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/sharedStrings.xml", "w") as part,
    ):
        for _ in range(80):
            part.write(b" " * (1 << 20))
    corrupt = tmp_path / "corrupt.xlsx"
    corrupt.write_bytes(b"PK\x03\x04" + b"\x00" * 500)
    not_a_book = tmp_path / "other.xlsx"
    with zipfile.ZipFile(not_a_book, "w") as packed:
        packed.writestr("hello.txt", "hello")
    old = tmp_path / "old.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0" + b"\x01" * 500)
    tracemalloc.start()
    for path in (bomb, corrupt, not_a_book, old):
        with pytest.raises(SourceError):
            list(read_table(path).rows)
    assert tracemalloc.get_traced_memory()[1] < 50 << 20
    tracemalloc.stop()


def test_workbook_with_xml_entities_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["title"])
    book.active.append(["Volunteer"])
    book.save(tmp_path / "plain.xlsx")
    evil = tmp_path / "evil.xlsx"
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as packed, zipfile.ZipFile(evil, "w") as out:
        for item in packed.infolist():
            data = packed.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                data = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + data.split(b"?>", 1)[-1]
            out.writestr(item.filename, data)
    with pytest.raises(SourceError):
        list(read_table(evil).rows)


def test_an_endless_line_is_rejected_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("title\nVolunteer\n")
        for _ in range(40):
            out.write("x" * LONGEST_LINE)
        out.write("\nBefriender\n")
    tracemalloc.start()
    found = list(read_table(path).rows)
    assert tracemalloc.get_traced_memory()[1] < 30 << 20
    tracemalloc.stop()
    assert [one.title for one in found if isinstance(one, TitleRow)] == ["Volunteer", "Befriender"]
    assert [one.line for one in found if isinstance(one, Reject)] == [3]


def test_files_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    pdf = tmp_path / "jd.pdf"
    pdf.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 4)
    for path in (pdf, tmp_path / "absent.csv", tmp_path):
        with pytest.raises(SourceError):
            read_table(path)


def test_run_writes_every_row_once(tmp_path: Path) -> None:
    path = write(
        tmp_path / "posts.csv",
        "id,title,band\n1,HCA,3\n1,Porter,2\n2,=cmd()|calc,3\n3,,4\n@4,-Support worker,3\n,Staff nurse,5\n",
    )
    calls: list[int] = []
    summary = run(path, tmp_path / "out", LABELS, progress=calls.append)
    lines = candidates(tmp_path / "out")
    assert tuple(lines[0]) == CANDIDATE_COLUMNS
    assert summary.rows == 6 and summary.aligned == 5 and summary.rejected == 1 and calls == [6]
    assert {line["row"] for line in lines} == {"1", "2", "3", "5", "6"}
    first = lines[0]
    assert (first["role"], first["rolls_up_to"], first["zone"]) == (
        "hcsw",
        "mental-health-support-worker",
        "accept",
    )
    porter = [line for line in lines if line["row"] == "2"]
    assert (
        len(porter) == 1
        and porter[0]["role"] == ""
        and porter[0]["rank"] == "0"
        and porter[0]["zone"] == "none"
    )
    for line in lines:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line.values())
    with (tmp_path / "out" / "rejects.csv").open(encoding="utf-8") as rejected:
        assert [(one["row"], one["line"], one["reason"]) for one in csv.DictReader(rejected)] == [
            ("4", "5", "the title is empty")
        ]
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["zones"] == dict(summary.zones) and sum(report["zones"].values()) == 5
    assert "Porter" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert not list((tmp_path / "out").glob(".*")), "no half-written file is left"


def test_mapping_set_is_sound_sssom(tmp_path: Path) -> None:
    path = write(tmp_path / "my posts.csv", "key,title\nA 1,HCA\nA 1,Porter\nB,Staff nurse\n,TBC\n")
    run(path, tmp_path / "out", LABELS)
    text = (tmp_path / "out" / "mappings.sssom.tsv").read_text(encoding="utf-8")
    header = [line[1:] for line in text.splitlines() if line.startswith("#")]
    slots = {line.split(": ", 1)[0]: line.split(": ", 1)[-1] for line in header if not line.startswith(" ")}
    assert {
        "curie_map:",
        "mapping_set_id",
        "mapping_set_version",
        "license",
        "subject_source",
    } <= slots.keys()
    assert slots["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert "mapping_date" not in slots, "a clock would make the same input give other bytes"
    prefixes = {line.split(":")[0].strip() for line in header if line.startswith("  ")}
    body = [line for line in text.splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(body, delimiter="\t"))
    for row in rows:
        for column in ("subject_id", "predicate_id", "object_id", "mapping_justification"):
            assert row[column].split(":")[0] in prefixes, column
        assert row["predicate_id"] in {"skos:closeMatch", "skos:relatedMatch"}, "exactMatch needs a person"
        assert row["mapping_justification"] in {
            "semapv:LexicalMatching", "semapv:LexicalSimilarityThresholdMatching",
        }  # fmt: skip
        assert 0 <= float(row["confidence"]) <= 1
    subjects = list(dict.fromkeys(row["subject_id"] for row in rows))
    assert subjects == ["title:A-1", "title:A-1-row2", "title:B", "title:4"]
    assert {row["object_id"] for row in rows if row["subject_id"] == "title:4"} == {"sssom:NoTermFound"}


def test_running_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    path = CASES / "title-alignment-dev.csv"
    for name in ("a", "b"):
        run(path, tmp_path / name, LABELS)
    for one in (tmp_path / "a").iterdir():
        assert one.read_bytes() == (tmp_path / "b" / one.name).read_bytes()


def test_a_refused_file_leaves_the_last_answer(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(write(tmp_path / "a.csv", "title\nHCA\n"), out, LABELS)
    before = (out / "candidates.csv").read_bytes()
    with pytest.raises(SourceError):
        run(write(tmp_path / "b.csv", "colour\nred\n"), out, LABELS)
    assert (out / "candidates.csv").read_bytes() == before


def test_markup_in_a_title_stays_text(tmp_path: Path) -> None:
    run(write(tmp_path / "a.csv", "title\n<script>alert(1)</script>\n"), tmp_path / "out", LABELS)
    assert "<script>" not in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")


cell = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(rows=st.lists(st.tuples(cell, cell), max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_in_are_rows_out(rows: list[tuple[str, str]], tmp_path: Path) -> None:
    path = tmp_path / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL)
        writer.writerow(("key", "title"))
        writer.writerows(rows)
    summary = run(path, tmp_path / "out", LABELS)
    answered = {line["row"] for line in candidates(tmp_path / "out")}
    with (tmp_path / "out" / "rejects.csv").open(encoding="utf-8", newline="") as lines:
        rejected = {line["row"] for line in csv.DictReader(lines)}
    assert not answered & rejected
    assert sorted(map(int, answered | rejected)) == list(range(1, summary.rows + 1))
    assert summary.rows >= sum(1 for _, title in rows if title.replace("\x00", "").strip())
