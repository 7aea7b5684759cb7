"""Long lists: both engines give what the plain command gives, whatever breaks off on the way."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from built import ROOT, framework_store
from cmh_graph.align.batch import columns, local, spark, writing
from cmh_graph.align.batch.local import align_locally
from cmh_graph.align.batch.reading import CHARACTERS, parts_of, rows_of
from cmh_graph.align.batch.writing import cut
from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.align.labels import RoleLabels, packed
from cmh_graph.align.pipeline import run
from cmh_graph.errors import BadParameter, SourceError

SPARK = ROOT / ".spark"
RESULTS = ("rows", "candidates", "rejects")


@pytest.fixture(scope="module")
def labels() -> RoleLabels:
    return framework_labels(framework_store())


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder such as other programs leave: CSV and Parquet parts, broken rows, marks, titles that come again."""
    folder = tmp_path_factory.mktemp("lists")
    (folder / "north.csv").write_text(
        "Ref,Job Title,Pay band\n"
        "N1,Support Worker,3\nN2,STR worker,3\nN3,,4\nN4,Support Worker,3\n"
        'N5,"Peer support worker\n(bank)",3\nN6,=HYPERLINK("x"),2\n',
        encoding="utf-8",
    )
    (folder / "south.csv").write_bytes("Job title;Reference\nKrankenpflegér;S1\nHCA;S2\n".encode("utf-16"))
    table = pyarrow.table(
        {
            "title": ["Support Worker", None, "Community mental health nurse", "Chef"],
            "key": ["P1", "P2", "P3", "P4"],
            "band": ["3", "3", "6", None],
        }
    )
    (folder / "2025").mkdir()
    parquet.write_table(table, folder / "2025" / "part-0.parquet", row_group_size=2)
    (folder / "2025" / "feed.jsonl").write_text(
        '{"title": "Mental health nurse", "id": "J1"}\nno json\n{"title": "HCA", "id": "J2"}\n',
        encoding="utf-8",
    )
    (folder / "_SUCCESS").write_bytes(b"")
    (folder / ".hidden.csv").write_text("title\nnot read\n", encoding="utf-8")
    return folder


def read_csv(folder: Path) -> list[dict[str, str]]:
    return [
        row
        for part in sorted(folder.glob("part-*.csv"))
        for row in csv.DictReader(part.open(encoding="utf-8", newline=""))
    ]


def plain_answers(folder: Path, labels: RoleLabels, out: Path) -> Iterator[tuple[str, ...]]:
    """Each row of each file as the plain command answers it, one file at a time."""
    for part in parts_of(folder):
        if part.path.suffix == ".parquet":
            # The plain command reads no Parquet: the same rows as CSV.
            as_csv = out / f"{part.path.stem}.csv"
            held = parquet.read_table(part.path).to_pylist()
            with as_csv.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(held[0]))
                writer.writeheader()
                writer.writerows(held)
            path = as_csv
        else:
            path = part.path
        run(path, out / "plain", labels)
        with (out / "plain" / "candidates.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if int(row["rank"]) <= 1:
                    yield (
                        part.name,
                        row["row"],
                        row["key"],
                        row["title"],
                        row["role"],
                        row["confidence"],
                        row["zone"],
                    )


def answers(rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
    columns = ("file", "row", "key", "title", "role", "confidence", "zone")
    return [tuple(row[column] for column in columns) for row in rows]


@pytest.fixture(scope="module")
def local_csv(lists: Path, labels: RoleLabels, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("local")
    align_locally(lists, out, labels, format="csv", processes=2)
    return out


def test_every_row_has_the_answer_of_the_plain_command(
    lists: Path, labels: RoleLabels, local_csv: Path, tmp_path: Path
) -> None:
    found = read_csv(local_csv / "rows")
    assert answers(found) == sorted(
        plain_answers(lists, labels, tmp_path), key=lambda row: (row[0], int(row[1]))
    )
    assert len(found) == 12, "12 of the 15 rows have a title; the folder's marks are no lists"


def test_no_row_is_lost(lists: Path, local_csv: Path) -> None:
    rejects = [(row["file"], row["row"], row["line"]) for row in read_csv(local_csv / "rejects")]
    # Row 2 of the feed is no JSON; the others have no title. Parquet has no lines.
    assert rejects == [
        ("2025/feed.jsonl", "2", "2"),
        ("2025/part-0.parquet", "2", "0"),
        ("north.csv", "3", "4"),
    ]
    summary = json.loads((local_csv / "summary.json").read_text())
    assert summary["rows"] == 15 and summary["rejected"] == 3 and summary["files"] == 4
    assert sum(summary["zones"].values()) == 12


def test_each_different_post_is_matched_once(local_csv: Path) -> None:
    rows, candidates = read_csv(local_csv / "rows"), read_csv(local_csv / "candidates")
    first = [row["post"] for row in candidates if int(row["rank"]) <= 1]
    assert len(first) == len(set(first)) == len({row["post"] for row in rows}) == 9
    same = {row["post"] for row in rows if row["title"] == "Support Worker"}
    assert len(same) == 1, "the same title at the same band is the same post in every file"


def test_cells_start_no_formula(local_csv: Path) -> None:
    titles = [row["title"] for row in read_csv(local_csv / "rows")]
    assert '\'=HYPERLINK("x")' in titles and not any(title.startswith("=") for title in titles)


def test_parquet_holds_the_same(lists: Path, labels: RoleLabels, local_csv: Path, tmp_path: Path) -> None:
    align_locally(lists, tmp_path, labels, processes=1)
    for name in RESULTS:
        table = parquet.read_table(tmp_path / name)
        expected = read_csv(local_csv / name)
        assert table.num_rows == len(expected)
        for held, row in zip(table.to_pylist(), expected, strict=True):
            assert {column: _cell(value) for column, value in held.items()} == row


def _cell(value: Any) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return f"'{text}" if text.startswith("=") else text


class Stopped(Exception):
    """The run is broken off here."""


@pytest.mark.parametrize(
    ("moment", "kept"),
    [
        ("rows read", 0),  # in the middle of the first file: it is read again
        ("different posts matched", 4),  # all four files stay read
        ("lines of candidates written", 4),
    ],
)
def test_a_run_that_is_broken_off_goes_on(
    moment: str, kept: int, lists: Path, labels: RoleLabels, local_csv: Path, tmp_path: Path
) -> None:
    def stop(what: str, done: int, whole: int) -> None:
        if what == moment:
            raise Stopped

    with pytest.raises(Stopped):
        align_locally(lists, tmp_path, labels, format="csv", progress=stop)
    assert not (tmp_path / "rows").exists(), "results appear only when all are whole"
    seen: list[str] = []
    align_locally(lists, tmp_path, labels, format="csv", progress=lambda what, *_: seen.append(what))
    for name in RESULTS:
        assert read_csv(tmp_path / name) == read_csv(local_csv / name)
    assert ("rows read" not in seen) is (kept == 4)
    assert not (tmp_path / ".work").exists()


def test_another_list_is_not_taken_for_the_one_broken_off(
    lists: Path, labels: RoleLabels, tmp_path: Path
) -> None:
    mine = tmp_path / "lists"
    shutil.copytree(lists, mine)
    out = tmp_path / "out"

    def stop(what: str, done: int, whole: int) -> None:
        if what == "different posts matched":
            raise Stopped

    with pytest.raises(Stopped):
        align_locally(mine, out, labels, progress=stop)
    (mine / "south.csv").unlink()
    assert align_locally(mine, out, labels).files == 3


@pytest.mark.parametrize(
    ("made", "error", "says"),
    [
        ({}, SourceError, "no list that we read"),
        ({"a.parquet": b"PAR1 but nothing else"}, SourceError, "Parquet"),
        ({"a.csv": b"ward,beds\nJuniper,12\n"}, SourceError, "titles"),
    ],
)
def test_what_cannot_be_read_is_told(
    made: Mapping[str, bytes], error: type[Exception], says: str, labels: RoleLabels, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, content in made.items():
        (folder / name).write_bytes(content)
    with pytest.raises(error, match=says):
        align_locally(folder, tmp_path / "out", labels)
    assert not (tmp_path / "out" / "rows").exists()


def test_an_unknown_format_is_refused(lists: Path, labels: RoleLabels, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="xlsx"):
        align_locally(lists, tmp_path, labels, format="xlsx")


def test_a_long_file_comes_in_pieces(tmp_path: Path) -> None:
    """Nothing holds all rows of a file: a piece has a bounded number of them."""
    path = tmp_path / "long.csv"
    path.write_text("title\n" + "Support worker\n" * 45_000, encoding="utf-8")
    sizes = [len(piece["row"]) for piece in rows_of(parts_of(path)[0])]
    assert sizes == [20_000, 20_000, 5_000]


def test_long_texts_come_in_small_pieces(tmp_path: Path) -> None:
    """A piece has a bounded number of characters too, of posts and of what is said of rejects."""
    path = tmp_path / "long.csv"
    said = "Supports people. " * 290
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["title", "description"])
        rows.writerows([f"Support worker {number}" if number % 3 else "", said] for number in range(3_000))
    pieces = list(rows_of(parts_of(path)[0]))
    assert sum(len(piece["row"]) for piece in pieces) == 3_000
    sizes = [sum(sum(map(len, piece[name])) for name in ("description", "raw")) for piece in pieces]
    assert max(sizes) < CHARACTERS + 10_000 and len(sizes) == 3


def test_posts_that_are_forgotten_while_reading_are_matched_once(
    lists: Path, labels: RoleLabels, local_csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_MOST_MET", 1)
    align_locally(lists, tmp_path, labels, format="csv")
    for name in RESULTS:
        assert read_csv(tmp_path / name) == read_csv(local_csv / name)
    met = local._MetLately()
    piece = {name: ["a", "b", "", "a", "b"] for name in columns.POSTS}
    assert [met.others(piece)["post"] for _ in range(2)] == [["a", "b"], ["a"]], "only the last is remembered"


def test_too_little_memory_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(BadParameter, match="memory"), local._Tables(tmp_path / "out" / "work", "x", 128):
        raise OSError("Out of Memory Error: failed to pin block of size 256.0 KiB")


def test_files_are_full_before_the_next_begins() -> None:
    batch = pyarrow.record_batch({"n": list(range(25))})
    assert [one.num_rows for one in cut(batch, 7, 10)] == [3, 10, 10, 2]
    assert [one.num_rows for one in cut(batch.slice(0, 3), 7, 10)] == [3]


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_long_results_are_several_files_and_lose_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str
) -> None:
    """Files hold so many lines at most, whatever pieces the lines come in."""
    monkeypatch.setattr(writing, "_LINES", 10)
    name, (kinds, _) = next(iter(columns.RESULTS.items()))
    schema = writing.arrow_schema(kinds)
    first, kind = schema.names[0], schema.types[0]
    given = [str(number) if pyarrow.types.is_string(kind) else number for number in range(25)]
    whole = pyarrow.record_batch(
        [
            pyarrow.array(given if each == first else [None] * 25, schema.field(each).type)
            for each in schema.names
        ],
        schema=schema,
    )

    def result(table: str) -> list[pyarrow.RecordBatch]:
        return [whole.slice(0, 7), whole.slice(7)] if table == name else []

    writing.write_results(result, tmp_path, format, lambda *_: None)
    files = sorted((tmp_path / name).iterdir())
    assert [file.name for file in files] == [f"part-0000{number}.{format}" for number in range(3)]
    read = read_csv if format == "csv" else lambda folder: parquet.read_table(folder).to_pylist()
    assert [str(row[first]) for row in read(tmp_path / name)] == [str(one) for one in given]


def test_a_table_is_matched_as_files_are(labels: RoleLabels, local_csv: Path) -> None:
    """What Spark calls for tables, without Spark: posts are named and matched as the local engine does it."""
    pandas = pytest.importorskip("pandas")
    expected = read_csv(local_csv / "candidates")
    posts = {(row["title"].removeprefix("'"), row["band"], row["setting"]) for row in expected}
    rows = pandas.DataFrame(
        [(*one, None) for one in sorted(posts)] + [("", "3", "", None), (None, "", "", None)],
        columns=["title", "band", "setting", "description"],
    )
    named = list(spark.name_frames(iter([rows])))
    found = pandas.concat(spark.match_frames(iter(named), spark._Sent(packed(labels)), 5)).sort_values(
        ["post", "rank"]
    )
    assert [
        {column: _cell(value) for column, value in row.items()} for row in found.to_dict("records")
    ] == expected


@pytest.mark.spark
def test_spark_gives_the_same_rows(
    lists: Path, local_csv: Path, framework_snapshots: Path, tmp_path: Path
) -> None:
    """On a cluster of two workers in processes of their own, by the command; and a second run begins anew."""
    if not (SPARK / "pyspark").is_dir() or shutil.which("java") is None:
        pytest.skip("needs Java and what `make test-spark` installs")
    environment = {
        **os.environ,
        "PYTHONPATH": str(SPARK),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(tmp_path / "spill"),
        "CMH_GRAPH_SNAPSHOTS": str(framework_snapshots),
    }
    command = [
        sys.executable,
        "-m",
        "cmh_graph.cli",
        "align",
        str(lists),
        "--engine",
        "spark",
        "--format",
        "csv",
    ]
    done = subprocess.run(
        [*command, "--master", "local-cluster[2,1,1024]", "--out", str(tmp_path / "out")],
        env=environment, capture_output=True, text=True, timeout=600, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    for name in RESULTS:
        assert read_csv(tmp_path / "out" / name) == read_csv(local_csv / name)
    told, expected = (
        json.loads((folder / "summary.json").read_text()) for folder in (tmp_path / "out", local_csv)
    )
    assert {**told, "engine": ""} == {**expected, "engine": ""}


@pytest.mark.spark
def test_spark_matches_a_table(labels: RoleLabels, local_csv: Path, tmp_path: Path) -> None:
    """Without a file system and with no more of Spark than frames."""
    if not (SPARK / "pyspark").is_dir() or shutil.which("java") is None:
        pytest.skip("needs Java and what `make test-spark` installs")
    (tmp_path / "labels.json").write_bytes(packed(labels))
    program = """
import sys
from pathlib import Path
from cmh_graph.align.batch.spark import align_frame, session_for
from cmh_graph.align.labels import unpacked
session = session_for("local[2]")
made = [("Support Worker", "3"), ("HCA", None), ("HCA", None), (None, "3")]
rows = session.createDataFrame(made, "title string, band string")
found = align_frame(rows, unpacked(Path("labels.json").read_bytes()))
for row in sorted(map(tuple, found.collect())):
    print(row[1], row[4], row[5], sep="|")
session.stop()
"""
    environment = {
        **os.environ, "PYTHONPATH": str(SPARK), "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    wanted = [
        f"{row['title']}|{row['rank']}|{row['role']}"
        for row in read_csv(local_csv / "candidates")
        if (row["title"], row["band"]) in {("Support Worker", "3"), ("HCA", "")}
    ]
    assert sorted(done.stdout.split("\n")[:-1]) == sorted(wanted) and len(wanted) > 4
