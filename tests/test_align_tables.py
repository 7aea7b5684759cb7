"""Files in, files out: what a run writes, and that no row is lost. Formats: test_tables_formats.py."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmh_graph.align import run
from cmh_graph.align.labels import read_labels
from cmh_graph.align.pipeline import CANDIDATE_COLUMNS
from cmh_graph.errors import SourceError
from cmh_graph.sssom import read_mapping_set

CASES = Path(__file__).parent / "cases" / "align"
LABELS = read_labels(CASES / "labels.csv")


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def candidates(out: Path) -> list[dict[str, str]]:
    with (out / "candidates.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


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
    header = yaml.safe_load("\n".join(line[1:] for line in text.splitlines() if line.startswith("#")))
    assert {
        "curie_map",
        "mapping_set_id",
        "mapping_set_version",
        "license",
        "subject_source",
    } <= header.keys()
    assert header["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert "mapping_date" not in header, "a clock would make the same input give other bytes"
    prefixes = header["curie_map"]
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
    assert [one.rpartition("posts-")[2] for one in subjects] == ["A-1", "A-1-row2", "B", "4"]
    assert {row["object_id"] for row in rows if row["subject_id"] == subjects[3]} == {"sssom:NoTermFound"}


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


def test_a_catalogue_in_rdf_keeps_its_own_identifiers(tmp_path: Path) -> None:
    """Its posts have IRIs: a mapping of anything else could not be joined with it."""
    source = tmp_path / "posts.ttl"
    source.write_text(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> ."
        '<https://hr.example.org/post/17> a skos:Concept ; skos:prefLabel "Healthcare assistant"@en .'
        '<https://hr.example.org/post/18> a skos:Concept ; skos:prefLabel "Finance officer"@en .',
        encoding="utf-8",
    )
    run(source, tmp_path / "out", LABELS)
    rows = read_mapping_set(tmp_path / "out" / "mappings.sssom.tsv").rows
    assert {row.subject for row in rows} == {f"https://hr.example.org/post/{n}" for n in (17, 18)}
