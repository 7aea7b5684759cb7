"""Decisions on mappings: what they write, what stays as it was, what is asked, published and found stale."""

from __future__ import annotations

import csv
import os
import pty
import re
import select
import shlex
import shutil
import signal
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cmh_graph.align.review.decide import Decision, Reviewer, decide
from cmh_graph.align.review.keyboard import Keyboard
from cmh_graph.align.review.publish import publish
from cmh_graph.align.review.queue import core_wording, queue, wording
from cmh_graph.align.review.reviewed_file import COLUMNS, for_review, head_lines
from cmh_graph.align.review.screen import Screen
from cmh_graph.align.review.sheet import as_sheet, read_sheet
from cmh_graph.align.review.work import Work
from cmh_graph.build import Graph
from cmh_graph.cli import app
from cmh_graph.errors import BadParameter, CmhGraphError, SourceError
from cmh_graph.namespaces import PREFIXES, iri, key_of
from cmh_graph.snapshot import write_snapshot
from cmh_graph.sources import framework_files
from cmh_graph.sssom import MappingFile, parse_mapping_file, read_mapping_file, text_of_file
from cmh_graph.sssom.read import mapping_set
from cmh_graph.sssom.stale import stale_mappings
from cmh_graph.sssom.targets import Target, Targets, framework_targets
from cmh_graph.sssom.write import line_of
from cmh_graph.store import canonical_nquads

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "review"
BY = Reviewer("Northfield workforce team (made up)", "2026-11-22")
ROLES = {
    "hcsw": Target(iri("role", "hcsw"), "Healthcare support worker", "Gives care."),
    "str-worker": Target(iri("role", "str-worker"), "STR worker", "Gives time."),
    "nurse": Target(iri("role", "nurse"), "Nurse", "Nurses."),
    "old": Target(iri("role", "old"), "Old role", "Was.", True, (iri("role", "nurse"),)),
    "group": Target(iri("role", "group"), "Group", "Many.", grouping=True),
}
TARGETS = Targets("1.0.0", {one.iri: one for one in ROLES.values()})
HEAD = "".join(
    head_lines(
        {
            "mapping_set_id": "https://w3id.org/cmh-graph/mappings/small",
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "object_source": "vocab:roles",
        },
        {
            name: PREFIXES[name]
            for name in ("review-state", "role", "semapv", "skos", "sssom", "title", "vocab")
        }
        | {"esco": "http://data.europa.eu/esco/occupation/"},
    )
)


def cases(name: str) -> list[Any]:
    found = tomllib.loads((CASES / name).read_text(encoding="utf-8"))["case"]
    return [pytest.param(case, id=case["why"][:70]) for case in found]


def file_of(*rows: Mapping[str, str], path: str = "small.sssom.tsv") -> MappingFile:
    lines = [line_of([row.get(column, "") for column in COLUMNS]) for row in rows]
    return parse_mapping_file((HEAD + line_of(COLUMNS) + "".join(lines)).encode(), Path(path))


def accepted(**cells: str) -> dict[str, str]:
    """The cells of a sound accepted row."""
    return {
        "subject_id": "title:small-P1",
        "subject_label": "HCA Bank",
        "predicate_id": "skos:closeMatch",
        "object_id": "role:hcsw",
        "object_label": "Healthcare support worker",
        "mapping_justification": "semapv:LexicalMatching",
        "reviewer_label": BY.name,
        "object_source_version": "1.0.0",
        "review_date": "2026-11-20",
        "cmh_review_state": "review-state:accepted",
        "cmh_target_digest": ROLES["hcsw"].digest,
    } | cells


def candidate(title: str, role: str, sure: str, key: str = "P1") -> dict[str, str]:
    return {
        "subject_id": f"title:small-{key}",
        "subject_label": title,
        "predicate_id": "skos:closeMatch",
        "object_id": f"role:{role}" if role else "sssom:NoTermFound",
        "object_label": ROLES[role].name if role else "",
        "mapping_justification": "semapv:LexicalMatching",
        "confidence": sure,
        "comment": "review: like a label",
        "cmh_review_state": "review-state:candidate",
    }


def short(file: MappingFile, rows: Sequence[Any]) -> list[str]:
    return [
        f"{'-' if row['predicate_modifier'] == 'Not' else ''}{file.state(row)} "
        + ("none" if row["object_id"] == "sssom:NoTermFound" else key_of(file.iri(row, "object_id")))
        for row in rows
    ]


# --- what a decision writes ---


@pytest.mark.parametrize("case", cases("decisions.toml"))
def test_a_decision_gives_its_rows(case: Mapping[str, Any]) -> None:
    rows = []
    for said in case["before"]:
        state, role = said.removeprefix("-").split()
        row = candidate("HCA Bank", "" if role == "none" else role, "0.900")
        if state != "candidate":
            row |= {
                "cmh_review_state": f"review-state:{state}",
                "reviewer_label": "Earlier team",
                "review_date": "2026-01-02",
            }
        rows.append(row | ({"predicate_modifier": "Not", "confidence": ""} if said.startswith("-") else {}))
    file = file_of(*rows)
    said = case["decision"]
    decision = Decision(
        said["kind"],
        BY,
        iri("role", said["target"]) if "target" in said else "",
        said.get("relation", ""),
        "=a reason",
        tuple(iri("role", role) for role in said.get("shown", ())),
    )
    if "refused" in case:
        with pytest.raises(BadParameter, match=case["refused"]):
            decide(file, file.rows, decision, TARGETS)
        return
    after = decide(file, file.rows, decision, TARGETS)
    assert short(file, after) == case["after"], case["why"]
    first = after[0]
    for column, name in (
        ("predicate_id", "relation"),
        ("mapping_justification", "justification"),
        ("confidence", "confidence"),
    ):
        assert first[column] == case.get(name, first[column]), case["why"]
    for row in after:
        if file.state(row) != "candidate" and row["reviewer_label"] != "Earlier team":
            assert (row["reviewer_label"], row["review_date"]) == (BY.name, BY.date)
        assert not row["cmh_review_reason"].startswith("="), "a reason must not start a formula"
        assert not (row["predicate_modifier"] and row["confidence"]), "it was the machine's in the opposite"
    if (
        first["reviewer_label"] == BY.name
        and first["cmh_review_state"].endswith("accepted")
        and TARGETS.get(file.iri(first, "object_id"))
    ):
        target = TARGETS.get(file.iri(first, "object_id"))
        assert target is not None
        assert first["cmh_target_digest"] == target.digest
        assert first["object_source_version"] == "1.0.0"


def test_superseded_rows_keep_who_had_accepted_them() -> None:
    file = file_of(accepted(cmh_review_reason="same work"))
    after = decide(file, file.rows, Decision("accept", BY, iri("role", "nurse")), TARGETS)
    assert after[1]["cmh_review_reason"] == (
        f"replaced by 'Nurse'; accepted 2026-11-20 by {BY.name}: same work"
    )


@pytest.mark.parametrize(
    ("name", "date"),
    [("", "2026-11-22"), ("a@b.org", "2026-11-22"), ("A|B", "2026-11-22"), ("A", "today"), ("A", "")],
)
def test_a_decision_needs_a_name_and_a_day(name: str, date: str) -> None:
    with pytest.raises(BadParameter):
        Reviewer(name, date)


# --- what stays as it was ---


def test_a_decision_changes_only_the_lines_of_its_title(tmp_path: Path) -> None:
    path = tmp_path / "m.sssom.tsv"
    odd = 'title:small-P0\t"A ""B"" C"\tskos:closeMatch\t\trole:hcsw' + "\t" * (len(COLUMNS) - 5) + "\r\n"
    text = HEAD + "## a remark\n" + line_of(COLUMNS) + odd.replace("\t\trole", "\t\trole", 1)
    text = text.replace("\trole:hcsw\t\t", "\trole:hcsw\t\tsemapv:LexicalMatching", 1)
    text += "\n" + line_of([candidate("HCA", "hcsw", "0.9").get(column, "") for column in COLUMNS])
    path.write_bytes(text.encode())
    before = path.read_bytes()
    work = Work(path, TARGETS)
    assert path.read_bytes() == before, "looking changes nothing"
    one = next(one for one in work.waiting() if one.titles[0][1] == "HCA")
    work.decide(one, Decision("accept", BY, iri("role", "hcsw")))
    after = path.read_bytes()
    assert after.splitlines()[:-1] == before.splitlines()[:-1]
    assert work.undo() == one
    assert path.read_bytes() == before


CELLS = st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]), max_size=12)


@given(
    st.lists(st.lists(CELLS, min_size=5, max_size=5), max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_reading_and_writing_keeps_every_byte(rows: list[list[str]], end: str, last: bool) -> None:
    columns = ("subject_id", "predicate_id", "object_id", "mapping_justification", "unknown")
    text = f"#license: x{end}" + line_of(columns, end) + "".join(line_of(row, end) for row in rows)
    text = text if last else text.removesuffix(end)
    try:
        file = parse_mapping_file(text.encode(), Path("x"))
    except SourceError:
        return
    assert text_of_file(file) == text
    remade = replace(file, title_line="", rows=tuple(replace(row, raw="") for row in file.rows))
    again = parse_mapping_file(text_of_file(remade).encode(), Path("x"))
    assert [row.cells for row in again.rows] == [row.cells for row in file.rows]


def test_a_file_from_a_spreadsheet_program_is_read() -> None:
    text = '\ufeff"#curie_map:"\t\t\t\r\n"#  x: ""http://x/"""\t\t\t\r\n#license: y\t\t\t\r\n'
    text += "subject_id\tpredicate_id\tobject_id\tmapping_justification\r\nx:a\tx:b\tx:c\tx:d\r\n"
    file = parse_mapping_file(text.encode(), Path("x"))
    assert file.iri(file.rows[0], "object_id") == "http://x/c"
    assert text_of_file(file) == text


@pytest.mark.parametrize("head", ["", "#license: x\n", "# curie_map:\n#   x: http://x/\n# license: y\n"])
def test_any_mapping_file_can_be_reviewed(head: str) -> None:
    """The columns, prefixes and slots that a review needs are added; those of others stay, and so do their values."""
    text = head + "object_id\tsubject_id\tpredicate_id\tmapping_justification\tmine\n"
    text += "sssom:NoTermFound\tskos:a\tskos:closeMatch\tsemapv:x\tkept\n"
    file = for_review(parse_mapping_file(text.encode(), Path("x")))
    assert file.columns[:5] == ("object_id", "subject_id", "predicate_id", "mapping_justification", "mine")
    assert set(COLUMNS) <= set(file.columns)
    assert file.rows[0]["mine"] == "kept"
    assert {one["slot_name"] for one in file.metadata["extension_definitions"]} >= {"cmh_review_state"}
    assert text_of_file(for_review(file)) == text_of_file(file), "a second time changes nothing"


def test_a_file_that_somebody_else_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.sssom.tsv"
    path.write_text(text_of_file(file_of(candidate("HCA", "hcsw", "0.9"))))
    work = Work(path, TARGETS)
    theirs = path.read_text() + line_of([candidate("X", "nurse", "0.9", "P2").get(c, "") for c in COLUMNS])
    path.write_text(theirs)
    with pytest.raises(SourceError, match="somebody else changed"):
        work.decide(work.waiting()[0], Decision("accept", BY, iri("role", "hcsw")))
    assert path.read_text() == theirs
    assert [one.name for one in tmp_path.iterdir()] == ["m.sssom.tsv"], "no half-written file is left"


def test_a_merge_that_was_not_finished_is_refused_in_words() -> None:
    text = text_of_file(file_of(candidate("HCA", "hcsw", "0.9"))) + "<<<<<<< HEAD\n"
    with pytest.raises(SourceError, match="merge"):
        parse_mapping_file(text.encode(), Path("x"))


# --- what is asked ---


def test_titles_of_one_wording_are_asked_together_and_the_most_worth_first() -> None:
    file = file_of(
        candidate("Porter", "", "0.400", "P1"),
        candidate("HCA (Nights)", "hcsw", "0.900", "P2"),
        candidate("Hca - 0.6 WTE", "hcsw", "0.880", "P3"),
        candidate("HCA Band 7", "nurse", "0.500", "P4"),
        candidate("Support worker", "hcsw", "0.950", "P5"),
        accepted(subject_id="title:small-P6"),
    )
    found = queue(file, TARGETS)
    assert [([key_of(one) for one in each.subjects], round(each.worth, 3)) for each in found] == [
        (["small-P1"], 0.6),
        (["small-P4"], 0.5),
        (["small-P2", "small-P3"], 0.24),
        (["small-P5"], 0.05),
    ], "the band changed the proposal of P4, so it is asked alone; P6 is decided"
    assert wording("HCA (Nights)") == wording("Hca - 0.6 WTE") == "hca"
    assert core_wording("Healthcare Assistant - Juniper Ward") == core_wording("HCA (Bank)")


def test_a_renamed_post_is_asked_again() -> None:
    file = file_of(accepted(), candidate("Ward clerk", "", "0.7"))
    (one,) = queue(file, TARGETS)
    assert one.titles[0][1] == "Ward clerk"
    assert one.stale == "then the post was called 'HCA Bank'"


def sitting(path: Path, keys: str, lines: Sequence[str] = (), **more: Any) -> tuple[int, list[str]]:
    """A review with these keys; "" when they run out."""
    pressed, typed, said = iter(keys), iter(lines), []
    keyboard = Keyboard(lambda: next(pressed, ""), lambda question: next(typed, ""))
    return Screen(Work(path, TARGETS), BY, keyboard, said.append, **more).run(), said


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "m.sssom.tsv"
    file = file_of(
        candidate("Hca", "hcsw", "0.500", "P1"),
        candidate("Hca", "nurse", "0.300", "P1"),
        candidate("HCA (Nights)", "hcsw", "0.500", "P2"),
        candidate("HCA (Nights)", "nurse", "0.300", "P2"),
        candidate("Porter", "", "0.600", "P3"),
        candidate("STR \x1b[31mworker", "str-worker", "0.990", "P4"),
    )
    path.write_text(text_of_file(file))
    return path


def states(path: Path) -> list[str]:
    file = read_mapping_file(path)
    return [
        f"{file.iri(row, 'subject_id')[-2:]} {one}"
        for row, one in zip(file.rows, short(file, file.rows), strict=True)
        if file.state(row) != "candidate"
    ]


@pytest.mark.parametrize(
    ("keys", "lines", "expected"),
    [
        ("1q", [], ["P1 accepted hcsw", "P2 accepted hcsw"]),
        ("2n", [], ["P1 accepted nurse", "P2 accepted nurse", "P3 accepted none"]),
        ("n", [], ["P1 accepted none", "P1 -rejected hcsw", "P1 -rejected nurse",
                   "P2 accepted none", "P2 -rejected hcsw", "P2 -rejected nurse"]),
        ("x21", [], ["P1 accepted hcsw", "P1 -rejected nurse", "P2 accepted hcsw", "P2 -rejected nurse"]),
        ("1nu", [], ["P1 accepted hcsw", "P2 accepted hcsw"]),
        ("1nuu", [], []),
        ("s", [], []),
        ("sn1", [], ["P3 accepted none", "P4 accepted str-worker"]),
        ("o", ["no such"], []),
        ("o", ["str WORKER"], ["P1 accepted str-worker", "P2 accepted str-worker"]),
        ("p1", [], ["P1 accepted hcsw"]),
        ("9z?", [], []),
        ("", [], []),
    ],
)  # fmt: skip
def test_one_key_for_each_decision(small: Path, keys: str, lines: list[str], expected: list[str]) -> None:
    sitting(small, keys, lines)
    assert states(small) == expected


def test_exact_needs_its_own_key_and_a_reason_goes_with_one_decision(small: Path) -> None:
    sitting(small, "re1n", ["they do the same work"])
    file = read_mapping_file(small)
    exact, _, _, _, none, _ = file.rows
    assert (exact["predicate_id"], exact["cmh_review_reason"]) == ("skos:exactMatch", "they do the same work")
    assert (none["predicate_id"], none["cmh_review_reason"]) == ("skos:closeMatch", "")


def test_the_screen_fits_80_columns_and_no_title_steers_the_terminal(small: Path) -> None:
    left, said = sitting(small, "??ss?s")
    assert left == 4
    lines = [line for text in said for line in text.splitlines() if str(small) not in line]
    assert max(map(len, lines)) < 80
    assert not any("\x1b" in line for line in lines)
    assert any("50% sure" in line for line in lines)


def test_a_sitting_goes_on_where_the_last_one_stopped(small: Path) -> None:
    assert sitting(small, "1")[0] == 2
    assert sitting(small, "n")[0] == 1
    assert sitting(small, "1")[0] == 0


# --- by spreadsheet ---


def test_a_table_goes_out_is_filled_in_and_comes_back(small: Path, tmp_path: Path) -> None:
    work = Work(small, TARGETS)
    lines = list(csv.DictReader(as_sheet(work.waiting()).splitlines()))
    assert [(one["title"], one["posts"], one["role_1"]) for one in lines] == [
        ("Hca", "2", "Healthcare support worker"), ("Porter", "1", ""), ("STR \x1b[31mworker", "1", "STR worker"),
    ]  # fmt: skip
    lines[0] |= {"decision": "2", "reason": "band 5"}
    lines[1] |= {"decision": "none"}
    lines[2] |= {"decision": "exact"}
    table = tmp_path / "d.csv"
    with table.open("w", encoding="utf-8-sig", newline="") as out:
        rows = csv.DictWriter(out, lines[0].keys(), delimiter=";")
        rows.writeheader()
        rows.writerows(lines)
    work.decide_all(read_sheet(table, work, BY.name, BY.date))
    assert states(small) == [
        "P1 accepted nurse", "P2 accepted nurse", "P3 accepted none", "P4 accepted str-worker",
    ]  # fmt: skip
    assert read_mapping_file(small).rows[0]["cmh_review_reason"] == "band 5"
    assert work.waiting() == []


def test_a_table_may_give_a_title_two_roles(small: Path, tmp_path: Path) -> None:
    table = tmp_path / "d.csv"
    table.write_text("decision,role,key\naccept,hcsw,P4\nalso,Nurse,P4\n")
    work = Work(small, TARGETS)
    work.decide_all(read_sheet(table, work, BY.name, BY.date))
    assert states(small) == ["P4 accepted hcsw", "P4 accepted nurse"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("accept,,small-P9", "no titles with the key 'small-P9'"),
        ("maybe,,P1", "'maybe' is no decision"),
        ("accept,Queen,P1", "there is no role 'Queen'"),
        ("accept,,P3", "no role is proposed"),
        ("4,,P1", "there is no proposal 4"),
        ("accept,,", "the column subjects is empty"),
        ("accept,old,P1", "'old' is no role"),
        ("accept,,P1\nnone,,P1", "decided on line 2 already"),
    ],
)
def test_a_table_with_a_mistake_records_nothing_and_names_the_line(
    small: Path, tmp_path: Path, line: str, says: str
) -> None:
    before = small.read_bytes()
    table = tmp_path / "d.csv"
    table.write_text(f"decision,role,subjects\n{line}\nnone,,P4\n")
    work = Work(small, TARGETS)
    with pytest.raises((SourceError, BadParameter)) as error:
        work.decide_all(read_sheet(table, work, BY.name, BY.date))
    assert says in str(error.value)
    assert small.read_bytes() == before


# --- stale ---


@pytest.mark.parametrize("case", cases("stale.toml"))
def test_what_is_stale(case: Mapping[str, Any]) -> None:
    change = case.get("change", {})
    role = ROLES["hcsw"]
    things = dict(TARGETS.things)
    if change.get("gone"):
        del things[role.iri]
    else:
        replaced = (iri("role", change["replaced_by"]),) if "replaced_by" in change else ()
        things[role.iri] = replace(
            role,
            name=change.get("name", role.name),
            definition=change.get("definition", role.definition),
            deprecated=change.get("deprecated", False),
            replaced_by=replaced,
        )
    posts = case.get("posts")
    if posts is not None:
        posts = {iri("title", "small-P1"): title for title in posts.values()}
    file = file_of(accepted(**case.get("row", {})))
    found = stale_mappings(mapping_set(file), Targets("1.1.0", things), posts)
    assert [one.kind for one in found] == ([case["kind"]] if "kind" in case else []), case["why"]
    for one in found:
        assert case["says"] in one.why
        assert [key_of(new) for new in one.replacement] == case.get("replacement", [])
        waiting = queue(file, Targets("1.1.0", things), found, only_stale=True)
        assert [key_of(choice.target) for choice in waiting[0].choices][:1] == (
            case.get("replacement") or ([] if one.kind in ("deprecated", "gone") else ["hcsw"])
        ), "what the framework offers instead comes first"


def test_only_what_is_stale_is_asked_again(small: Path) -> None:
    sitting(small, "1n1")
    old = replace(ROLES["hcsw"], definition="Something else.")
    work = Work(small, Targets("1.1.0", {**TARGETS.things, old.iri: old}))
    (one,) = work.waiting(only_stale=True)
    assert [key_of(subject) for subject in one.subjects] == ["small-P1", "small-P2"]
    work.decide(one, Decision("accept", BY, old.iri))
    assert work.waiting() == []
    assert read_mapping_file(small).rows[0]["object_source_version"] == "1.1.0"


# --- publish ---


@pytest.fixture
def employer(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "source.toml").write_text(
        'name = "small"\nowner = "Small (made up)"\nemployer_type = "nhs-trust"\n'
        'licence = "CC BY 4.0"\ndate = 2026-11-22\n'
    )
    (folder / "roles.csv").write_text("key,title,band\nP1,HCA Bank,2\nP2,Porter,\n")
    return folder


@pytest.mark.parametrize("case", cases("publish.toml"))
def test_what_may_be_published(case: Mapping[str, Any], employer: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.sssom.tsv"
    rows = [accepted(**row) for row in case["rows"]]
    for row in rows:
        if row["object_id"] == "role:nurse":
            row["cmh_target_digest"] = ROLES["nurse"].digest
    path.write_text(text_of_file(file_of(*rows)))
    done = publish(path, employer, TARGETS, ROOT, several=case.get("several", False))
    said = [one.what for one in done.problems]
    assert any(case["says"] in one for one in said) if "says" in case else said == [], (case["why"], said)
    assert [one.kind for one in done.stale] == ([case["stale"]] if "stale" in case else [])
    assert done.path.exists() == done.written == (not {"says", "stale"} & case.keys())


def test_publishing_leaves_candidates_out_and_sorts_by_subject(employer: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.sssom.tsv"
    rows = [
        accepted(subject_id="title:small-P2", subject_label="Porter", object_id="sssom:NoTermFound",
                 object_label="", cmh_target_digest=""),
        candidate("HCA Bank", "nurse", "0.3"),
        accepted(),
    ]  # fmt: skip
    path.write_text(text_of_file(file_of(*rows)))
    done = publish(path, employer, TARGETS, ROOT)
    assert (done.counts, done.titles, done.undecided) == ({"accepted": 2}, 2, 0)
    assert [row["subject_id"] for row in read_mapping_file(done.path).rows] == [
        "title:small-P1",
        "title:small-P2",
    ]
    first = done.path.read_bytes()
    assert publish(done.path, employer, TARGETS, ROOT).written
    assert done.path.read_bytes() == first, "publishing what is published changes nothing"


# --- at a terminal ---


def within(*words: str, typed: str = "") -> Result:
    """A command within this process, its errors told and counted as the command line does."""
    done = CliRunner().invoke(app, list(words), input=typed)
    if isinstance(done.exception, CmhGraphError):
        done.stderr_bytes += f"error: {done.exception}\n".encode()
        done.exit_code = done.exception.exit_code
    return done


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMH_GRAPH_HOME", str(ROOT))


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of snapshots with what the framework states, which is all that labels are made of."""
    folder = tmp_path_factory.mktemp("snapshots")
    stated = [quad for file in framework_files(ROOT) for quad in file.quads()]
    write_snapshot(Graph(canonical_nquads(stated), {}, {}), folder)
    return folder


def test_the_commands_over_pipes(tmp_path: Path) -> None:
    real = framework_targets(ROOT)
    path = tmp_path / "m.sssom.tsv"
    row = candidate("HCA", "hcsw", "0.9") | {"object_label": real.name(iri("role", "hcsw"))}
    path.write_text(text_of_file(file_of(row)))
    assert within("review", str(path), typed="1\n").exit_code == 2, "nobody decided, on no day"
    done = within(
        "review", str(path), "--reviewer", "Team", "--date", "2026-11-22", typed="r\nsame work\n1\n"
    )
    assert done.exit_code == 0, done.stderr
    assert "0 posts still to decide" in done.stdout
    assert states(path) == ["P1 accepted hcsw"]
    assert read_mapping_file(path).rows[0]["cmh_review_reason"] == "same work"
    assert within("stale", str(path)).exit_code == 0
    path.write_text(path.read_text().replace(read_mapping_file(path).rows[0]["cmh_target_digest"], "0" * 16))
    done = within("stale", str(path))
    assert done.exit_code == 1
    assert "hcsw" in done.stdout and "--stale" in done.stderr
    sheet = tmp_path / "d.csv"
    assert within("review", str(path), "--stale", "--write-decisions", str(sheet)).exit_code == 0
    sheet.write_text(sheet.read_text().replace("HCA,,", "HCA,accept,", 1))
    done = within(
        "review", str(path), "--decisions", str(sheet), "--reviewer", "Team", "--date", "2026-11-23"
    )
    assert (done.exit_code, within("stale", str(path)).exit_code) == (0, 0), done.stderr


def test_at_a_terminal_one_key_is_enough_and_a_kill_loses_nothing(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    child, terminal = pty.fork()
    if child == 0:
        os.execv(
            sys.executable,
            [sys.executable, "-m", "cmh_graph.cli", "review", str(small), "--reviewer", "Team"],
        )
    shown = b""

    def until(text: bytes) -> None:
        nonlocal shown
        end = time.monotonic() + 60
        while text not in shown and time.monotonic() < end:
            if select.select([terminal], [], [], 0.2)[0]:
                shown += os.read(terminal, 65536)
        assert text in shown, shown.decode()

    try:
        until(b"3 questions left")
        os.write(terminal, b"1")
        until(b"2 questions left")
        os.kill(child, signal.SIGKILL)
    finally:
        os.waitpid(child, 0)
        os.close(terminal)
    assert states(small) == ["P1 accepted hcsw", "P2 accepted hcsw"]
    assert [one.name for one in small.parent.iterdir()] == [small.name]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", read_mapping_file(small).rows[0]["review_date"])


# --- the gate ---


def test_a_planted_stale_mapping_fails_the_build(
    employer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMH_GRAPH_SNAPSHOTS", str(tmp_path / "snapshots"))
    real = framework_targets(ROOT).get(iri("role", "hcsw"))
    assert real is not None
    path = tmp_path / "m.sssom.tsv"
    path.write_text(text_of_file(file_of(accepted(object_label=real.name, cmh_target_digest=real.digest))))
    assert within("publish", str(path), "--to", str(employer)).exit_code == 0
    home = tmp_path / "home"
    home.mkdir()
    for name in ("shapes", "queries", "ontology"):
        shutil.copytree(ROOT / name, home / name)
    role = home / "ontology" / "catalogue" / "roles" / "hcsw.ttl"
    text = role.read_text(encoding="utf-8")
    retired = "role:hcsw owl:deprecated true ; dcterms:isReplacedBy role:str-worker .\n"
    prefixes = "".join(
        f"@prefix {name}: <{PREFIXES[name]}> .\n"
        for name in ("owl", "dcterms", "role")
        if f"@prefix {name}:" not in text
    )
    role.write_text(prefixes + text + "\n" + retired, encoding="utf-8")
    monkeypatch.setenv("CMH_GRAPH_HOME", str(home))
    done = within("build", "--partner", str(employer))
    assert done.exit_code == 1
    assert "1 accepted mapping is stale" in done.stderr
    assert "is retired; use 'Support, time and recovery worker'" in done.stderr
    assert "review" in done.stderr and "--stale" in done.stderr
    assert within("publish", str(path), "--to", str(employer)).exit_code == 1


def test_every_case_file_is_used() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert not [path.name for path in CASES.iterdir() if path.name not in text]


# --- the page ---


def test_the_steps_of_the_page_work_in_order(
    tmp_path: Path, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/how-to/review-mappings.md: steps that write to a catalogue run on a copy, one after another."""
    monkeypatch.setenv("CMH_GRAPH_SNAPSHOTS", str(snapshot))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    page = (ROOT / "docs" / "how-to" / "review-mappings.md").read_text(encoding="utf-8")
    steps = [
        line.removeprefix("$ ")
        for kind, block in re.findall(r"```(console|sh)\n(.*?)```", page, re.S)
        for line in block.splitlines()
    ]
    assert sum("review" in step for step in steps) >= 4
    # The example is decided already; the page begins before that.
    (tmp_path / "examples" / "northfield" / "mappings.sssom.tsv").unlink()
    for step in steps:
        words = shlex.split(step)[1:]
        if words[0] == "build" and len(words) == 3:
            continue  # with both employers it is built further on
        if "--date" not in words and words[0] == "review" and "--write-decisions" not in words:
            words += ["--date", "2026-11-22"]
        done = within(*words, typed="1\nn\ns\nq\n")
        assert done.exit_code == 0, (step, done.output, done.exception)
        assert "decided earlier" not in done.output or "--learn" in words
        if "--write-decisions" in words:
            sheet = tmp_path / "decisions.csv"
            lines = list(csv.DictReader(sheet.read_text(encoding="utf-8").splitlines()))
            with sheet.open("w", encoding="utf-8", newline="") as out:
                rows = csv.DictWriter(out, lines[0].keys())
                rows.writeheader()
                rows.writerows(line | {"decision": "1" if line["role_1"] else "none"} for line in lines)
        if words[0] == "ask":
            assert "role:peer-support-worker" in done.output
