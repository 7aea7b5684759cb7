"""Files that mean harm end in words or in plain text, in bounded memory, without any connection or stray file."""

from __future__ import annotations

import csv
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hostile
from cmh_graph.align import run
from cmh_graph.align.files import confined
from cmh_graph.align.labels import read_labels
from cmh_graph.align.texts import pdf
from cmh_graph.align.texts.read_text import read_text
from cmh_graph.errors import CmhGraphError, SourceError

LABELS = Path(__file__).parent / "cases" / "align" / "labels.csv"
MEMORY = 150  # MB that a process may grow by, over what importing the package takes

#: Reads each file named on its command line, in a process whose memory ends at a limit.
READER = """
import json, resource, sys
from pathlib import Path
from cmh_graph.align.tables import TitleRow, read_table
from cmh_graph.align.texts.read_text import read_text
from cmh_graph.errors import CmhGraphError

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

kind, *paths = sys.argv[1:]
before = peak()
for path in paths:
    rows = rejects = 0
    said = {}
    try:
        if kind == "texts":
            read_text(Path(path))
        else:
            for one in read_table(Path(path)).rows:
                if isinstance(one, TitleRow):
                    rows += 1
                else:
                    rejects += 1
                    assert one.reason[0].isalpha()
    except CmhGraphError as error:
        said = {"what": error.what, "where": error.where, "mend": error.mend}
    print(json.dumps({"said": said, "rows": [rows, rejects], "grown": peak() - before}), flush=True)
"""


def read_apart(kind: str, cases: tuple[hostile.Hostile, ...], folder: Path) -> dict[str, dict[str, Any]]:
    for case in cases:
        case.make(folder / case.name)
    paths = [str(folder / case.name) for case in cases]
    done = subprocess.run(
        [sys.executable, "-c", READER, kind, *paths], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip([case.name for case in cases], map(json.loads, done.stdout.splitlines()), strict=True))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return read_apart("tables", hostile.TABLES, tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return read_apart("texts", hostile.TEXTS, tmp_path_factory.mktemp("texts"))


def judge(case: hostile.Hostile, found: dict[str, Any]) -> None:
    said = found["said"]
    if case.says:
        assert said, f"{case.why} It was read: {found['rows']}"
        assert case.says in f"{said['what']} {said['where']}", (case.why, said)
        assert said["where"] and said["mend"], "an error says where, and how to mend it"
        assert not re.search(r"Error\b|Exception|0x|<class", said["what"]), "words, not Python"
    else:
        assert not said, said
        assert tuple(found["rows"]) == case.rows, case.why
    assert found["grown"] < MEMORY, f"{found['grown']} MB"


@pytest.mark.parametrize("case", hostile.TABLES, ids=[case.name for case in hostile.TABLES])
def test_a_hostile_list(case: hostile.Hostile, tables: dict[str, dict[str, Any]]) -> None:
    judge(case, tables[case.name])


@pytest.mark.parametrize("case", hostile.TEXTS, ids=[case.name for case in hostile.TEXTS])
def test_a_hostile_description(case: hostile.Hostile, texts: dict[str, dict[str, Any]]) -> None:
    judge(case, texts[case.name])


def test_a_line_without_end_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    """A file of 100 MB that is one line and takes no room on the disk; a gigabyte differs in time only."""
    sparse = tmp_path / "sparse.csv"
    with sparse.open("wb") as out:
        out.write(b"Job title\nHCA\nx")
        out.truncate(100 << 20)
        out.seek(0, 2)
        out.write(b"\nHCA\n")
    case = hostile.Hostile("sparse.csv", "", lambda path: None)
    found = read_apart("tables", (case,), tmp_path)["sparse.csv"]
    assert found["rows"] == [2, 1], found
    assert found["grown"] < 30


def test_nothing_is_fetched(tmp_path: Path) -> None:
    """The address that the files name is really there, and nobody calls."""
    names = ("context.jsonld", "import.jsonld", "imports.ttl", "elsewhere.xlsx")
    cases = tuple(one for one in hostile.TABLES if one.name in names)
    assert len(cases) == len(names)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        made = []
        for case in cases:
            case.make(tmp_path / case.name)
            if case.name.endswith(("ld", "ttl")):
                text = (tmp_path / case.name).read_text(encoding="utf-8")
                assert "127.0.0.1:9/" in text
                (tmp_path / case.name).write_text(text.replace("127.0.0.1:9", f"127.0.0.1:{port}"))
            made.append(hostile.Hostile(case.name, case.why, lambda path: None))
        read_apart("tables", tuple(made), tmp_path)
        with pytest.raises(TimeoutError):
            server.accept()


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    hostile.climbing(inside / "climbing.xlsx")
    run(inside / "climbing.xlsx", inside / "out", read_labels(LABELS))
    assert {one.name for one in tmp_path.iterdir()} == {"a"}
    assert {one.name for one in inside.iterdir()} == {"climbing.xlsx", "out"}


def cells_of(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as lines:
        delimiter = "\t" if path.suffix == ".tsv" else ","
        for row in csv.reader((line for line in lines if not line.startswith("#")), delimiter=delimiter):
            yield from row


def test_results_start_no_formula_and_no_script(tmp_path: Path) -> None:
    """What a stranger wrote is in the results as text, also where a row is rejected."""
    evil = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1+1", "<script>alert(1)</script>")
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("key", "job title", "band", "employer"))
        for text in evil:
            writer.writerow((text, f"{text} HCA", text, text))
            writer.writerow((text, "", text, text))
    summary = run(path, tmp_path / "out", read_labels(LABELS))
    assert (summary.rows, summary.rejected) == (2 * len(evil), len(evil))
    for one in (tmp_path / "out").iterdir():
        if one.suffix in {".csv", ".tsv"}:
            assert not [
                cell for cell in cells_of(one) if cell.startswith(("=", "+", "-", "@", "\t", "\r"))
            ], one
        if one.suffix in {".md", ".html"}:
            assert "<script>alert" not in one.read_text(encoding="utf-8")


# --- what is confined ---------------------------------------------------------------------------------------


def script(path: Path, body: str) -> Path:
    path.write_text("import json, resource, sys\n" + body, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass",
            "more than 1 seconds of processor time",
        ),
        ("import os; os.abort()", "more than 64 MB of memory, or the file breaks its reader"),
        ("raise MemoryError", "more than 64 MB of memory"),
        ("print(json.dumps({'refused': 'it is odd', 'where': ', page 3', 'mend': 'mend it'}))", "it is odd"),
        ("print('{\"half')", "nothing"),
    ],
)
def test_a_reader_that_fails_is_told_in_words(body: str, words: str, tmp_path: Path) -> None:
    reader = script(tmp_path / "reader.py", body)
    found = confined.confined(
        reader, [], memory=64 << 20, seconds=1, path=tmp_path / "file.x", mend="try another"
    )
    if words == "nothing":
        with pytest.raises(SourceError, match="breaks its reader"):
            list(found)
        return
    with pytest.raises(SourceError) as caught:
        list(found)
    assert words in caught.value.what
    assert "file.x" in caught.value.where and caught.value.mend


def test_a_pdf_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "PDF_SECONDS", 1)
    path = tmp_path / "long.pdf"
    hostile.pdf([b"BT /F1 11 Tf " + b"(a) Tj " * 400_000] * 5)(path)
    with pytest.raises(SourceError, match=r"more than 1 seconds of processor time|more than we read"):
        read_text(path)


def test_a_pdf_with_text_is_read(tmp_path: Path) -> None:
    """Also one that is locked against printing only; its user password is empty."""
    from pypdf import PdfReader, PdfWriter

    hostile.pdf(
        [hostile.written("Job description", "Essential: a caring manner"), hostile.written("Band 3")]
    )(tmp_path / "plain.pdf")
    writer = PdfWriter(PdfReader(tmp_path / "plain.pdf"))
    writer.encrypt("", "owner", algorithm="RC4-128")
    writer.write(tmp_path / "no-printing.pdf")
    for name in ("plain.pdf", "no-printing.pdf"):
        lines = [line.strip() for line in read_text(tmp_path / name).splitlines() if line.strip()]
        assert lines == ["Job description", "Essential: a caring manner", "Band 3"]


def test_a_word_file_gives_its_paragraphs(tmp_path: Path) -> None:
    """Lists, tables and text boxes are read, once; what a reviser deleted is not."""

    def paragraph(text: str, before: str = "") -> str:
        return f"<w:p>{before}<w:r><w:t>{text}</w:t></w:r></w:p>"

    listed = "<w:pPr><w:numPr><w:ilvl w:val='0'/></w:numPr></w:pPr>"
    box = (
        "<w:p><w:r><mc:AlternateContent xmlns:mc='m'><mc:Choice>" + paragraph("In a box") + "</mc:Choice>"
        "<mc:Fallback>" + paragraph("In a box") + "</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    deleted = "<w:p><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:t>stays</w:t></w:r></w:p>"
    body = (
        paragraph("Support worker")
        + paragraph("Listens well", listed)
        + f"<w:tbl><w:tr><w:tc>{paragraph('Essential')}</w:tc></w:tr></w:tbl>"
        + box
        + deleted
        + "<w:p><w:r><w:t>Band</w:t><w:tab/><w:t>3</w:t></w:r></w:p>"
    )
    hostile.docx(body)(tmp_path / "job.docx")
    lines = [line for line in read_text(tmp_path / "job.docx").split("\n") if line]
    assert lines == ["Support worker", "• Listens well", "Essential", "In a box", "stays", "Band 3"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_plain_description_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "job.txt").write_bytes("Support worker – nights\r\nBand 3".encode(encoding))
    assert read_text(tmp_path / "job.txt") == "Support worker – nights\nBand 3"


def test_an_error_of_any_file_is_ours(tmp_path: Path) -> None:
    """Names that no file can have are told in the same words as other paths."""
    from cmh_graph.align.tables import read_table

    for name in ("nul\x00byte.csv", "x" * 300 + ".csv", "absent.csv"):
        for read in (read_table, read_text):
            with pytest.raises(CmhGraphError) as caught:
                read(tmp_path / name)
            assert caught.value.mend


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told by a stand-in, as tests may run as a user who may read everything."""
    from cmh_graph.align.tables import read_table

    (tmp_path / "list.csv").write_text("Job title\nHCA\n", encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match="cannot be opened: permission denied"):
        read_table(tmp_path / "list.csv")
