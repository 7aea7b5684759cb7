"""The workforce view: cases worked by hand, laws, extracts that mean harm, and one answer whichever way it is asked."""

from __future__ import annotations

import csv
import json
import re
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import networkx as nx
import pytest
from docx import Document
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from built import opened_framework
from cmh_graph.align.review.learn import Reviewed
from cmh_graph.align.tables import read_table
from cmh_graph.align.titles.aligner import Post
from cmh_graph.api.app import create_app
from cmh_graph.api.routes.workforce import MOST_BYTES, MOST_ROWS
from cmh_graph.cli import app as commands
from cmh_graph.errors import BadParameter, SourceError, UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.pictures.share_charts import shares_chart, titles_chart
from cmh_graph.pictures.workforce_charts import bands_chart, roles_chart
from cmh_graph.settings import Settings
from cmh_graph.workforce import StaffRow, Workforce, read_extract, workforce
from cmh_graph.workforce.extract import rows_of_json
from cmh_graph.workforce.files import CHARTS, as_json, files
from cmh_graph.workforce.needs import need_of
from cmh_graph.workforce.paper import workforce_paper
from cmh_graph.workforce.personal import is_personal_column
from cmh_graph.workforce.small_numbers import FEWER, NOT_SHOWN, shown

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases" / "workforce"
EXAMPLE = ROOT / "examples" / "northfield-staff.csv"


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((CASES / name).read_text(encoding="utf-8"))["case"]
    return found


@pytest.fixture(scope="module")
def framework() -> Iterator[Framework]:
    yield opened_framework()


@pytest.fixture(scope="module")
def client(framework: Framework) -> TestClient:
    # Without its lifespan: nothing here runs a query.
    return TestClient(create_app(Settings(home=ROOT), framework))


@pytest.fixture(scope="module")
def example(framework: Framework) -> Workforce:
    extract = read_extract(EXAMPLE)
    return workforce(framework, extract.rows, supply="mental-health-nurse", notes=extract.notes)


class Told:
    """Answers as a case tells them, in place of the matching."""

    def __init__(self, answers: dict[str, list[str]]) -> None:
        self.answers = answers

    def align_all(self, posts: Iterable[Post]) -> Iterator[Any]:
        for post in posts:
            zone, role = self.answers.get(f"{post.title}/{post.band}") or self.answers[post.title]
            yield SimpleNamespace(
                zone=zone, role=role, why=f"told {zone}", parts=SimpleNamespace(bands=frozenset())
            )


def row(cells: Iterable[str]) -> StaffRow:
    title, band, team, count = cells
    return StaffRow(title, band, team, Decimal(count))


def four(counts: Any) -> list[float]:
    return [counts.decided, counts.accepted, counts.review, counts.none]


# --- by hand ---


@pytest.mark.parametrize("case", cases("by_hand.toml"), ids=lambda case: case["name"])
def test_a_case_worked_by_hand(framework: Framework, case: dict[str, Any]) -> None:
    found = workforce(
        framework,
        [row(cells) for cells in case["rows"]],
        supply=case.get("supply"),
        unit=case.get("unit", "headcount"),
        decided=[Reviewed(title, frozenset(roles)) for title, roles in case.get("decided", [])],
        aligner=Told(case["answers"]),
    )
    want = case["expect"]
    assert four(found.counts) == want["counts"]
    assert found.total == sum(want["counts"]) and found.unit == case.get("unit", "headcount")
    spread = found.spread
    assert [spread.titles, spread.placed, spread.roles, spread.several_titles, spread.several_roles] == want[
        "spread"
    ]
    got = [
        [s.headcount, s.of, -1 if s.share is None else s.share, s.unknown, s.unreviewed, s.inferred]
        for s in found.shares
    ]
    assert got == want["shares"]
    if "roles" in want:
        assert {one.role.key: four(one.counts) for one in found.roles} == want["roles"]
    if "bands" in want:
        assert {one.band: four(one.counts) for one in found.bands} == want["bands"]
    if "role_bands" in want:
        words = {True: "yes", False: "no", None: ""}
        bands = {
            one.role.key: [[b.band, b.headcount, words[b.fits]] for b in one.bands] for one in found.roles
        }
        assert bands == want["role_bands"]
    if "titles" in want:
        titles = {
            one.title: [[ref.key for ref in one.roles], [ref.key for ref in one.proposed]]
            for one in found.titles
        }
        assert titles == want["titles"]
    if "teams" in want:
        teams = {t.team: [t.headcount, t.decided, t.accepted, t.review, t.none] for t in found.teams}
        assert teams == want["teams"]
    if "roles_of_teams" in want:
        assert {one.team: dict(one.roles) for one in found.teams} == want["roles_of_teams"]
    if "supply" in want:
        assert found.supply is not None
        sources = found.supply.sources
        assert [
            [s.role.key, -1 if s.steps is None else s.steps, s.decided + s.accepted, s.review]
            for s in sources
        ] == want["supply"]


@pytest.mark.parametrize(
    ("role", "needed", "inferred"),
    [
        ("mental-health-support-worker", "none", False),  # stated by a public source
        ("volunteer-coordinator", "none", True),  # a DBS check is no qualification
        ("hcsw", "none", True),  # the Care Certificate is gained in post
        ("peer-support-worker", "other", False),  # any of two trainings, both below a degree
        (
            "assistant-practitioner",
            "other",
            False,
        ),  # a foundation degree or an apprenticeship: the easier one counts
        ("social-worker", "professional", False),
        (
            "psychological-therapist",
            "professional",
            False,
        ),  # not regulated, and no way in without postgraduate study
        ("recovery-college-tutor", "unknown", False),
    ],
)
def test_what_a_role_needs(framework: Framework, role: str, needed: str, inferred: bool) -> None:
    found = need_of(framework, framework.role(role))
    assert (found.needed, found.inferred) == (needed, inferred) and found.why


def test_supply_is_the_fewest_steps_that_networkx_finds(framework: Framework, example: Workforce) -> None:
    graph = nx.DiGraph()
    for step in framework.steps.values():
        ends = [(one.kind, one.key) for one in (step.from_position, step.to_position)]
        graph.add_edge(*ends)
    goal = ("role", "mental-health-nurse")
    assert example.supply is not None
    assert {one.role.key for one in example.supply.sources} == {one.role.key for one in example.roles}
    for one in example.supply.sources:
        start = ("role", one.role.key)
        steps = (
            nx.shortest_path_length(graph, start, goal)
            if start in graph and nx.has_path(graph, start, goal)
            else None
        )
        assert one.steps == steps, one.role.key
        assert len(one.way) == (0 if steps is None else steps + 1)
    steps_in_order = [one.steps for one in example.supply.sources]
    assert steps_in_order == sorted(steps_in_order, key=lambda n: (n is None, n or 0))


def test_a_role_that_nobody_can_supply_is_refused_with_words(framework: Framework) -> None:
    with pytest.raises(UnknownThing):
        workforce(framework, [], supply="no-such-role")
    with pytest.raises(BadParameter, match="group of roles"):
        workforce(framework, [], supply="regulated-professional")


# --- laws ---

_ANSWERS = {
    "HCA": ["accept", "hcsw"],
    "hca": ["accept", "hcsw"],
    "CPN": ["accept", "mental-health-nurse"],
    "Odd": ["review", "str-worker"],
    "Porter": ["none", ""],
    "Tutor": ["accept", "recovery-college-tutor"],
    "Lead": ["review", "peer-lead"],
}
_ROWS = st.lists(
    st.builds(
        StaffRow,
        st.sampled_from(sorted(_ANSWERS)),
        st.sampled_from(["", "2", "6", "5-6"]),
        st.sampled_from(["", "A", "B", "C", "b"]),
        st.decimals(0, 30, places=1),
    ),
    max_size=12,
)
_LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_LAW
@given(rows=_ROWS, data=st.data())
def test_the_order_of_rows_never_matters(
    framework: Framework, rows: list[StaffRow], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(rows))
    assert workforce(framework, rows, aligner=Told(_ANSWERS)) == workforce(
        framework, other, aligner=Told(_ANSWERS)
    )


@_LAW
@given(rows=_ROWS, data=st.data())
def test_splitting_a_count_over_two_rows_changes_nothing(
    framework: Framework, rows: list[StaffRow], data: st.DataObject
) -> None:
    parted = []
    for one in rows:
        part = data.draw(st.decimals(0, one.headcount, places=1))
        for count in (part, one.headcount - part):
            parted.append(StaffRow(one.title, one.band, one.team, count))
    assert workforce(framework, rows, aligner=Told(_ANSWERS)) == workforce(
        framework, parted, aligner=Told(_ANSWERS)
    )


@_LAW
@given(rows=_ROWS)
def test_totals_are_the_sums_of_their_parts(framework: Framework, rows: list[StaffRow]) -> None:
    found = workforce(framework, rows, aligner=Told(_ANSWERS))
    total = [float(sum((r.headcount for r in rows if _ANSWERS[r.title][0] == zone), Decimal(0))) for zone in
             ("accept", "review", "none")]  # fmt: skip
    assert four(found.counts) == [0, *total]
    for parts in (found.bands, found.titles):
        for n in range(4):
            assert sum(four(one.counts)[n] for one in parts) == pytest.approx(four(found.counts)[n])
    for n in range(3):
        assert sum(four(one.counts)[n] for one in found.roles) == pytest.approx(four(found.counts)[n])
    for one in found.roles:
        assert sum(band.headcount for band in one.bands) == pytest.approx(
            one.counts.decided + one.counts.accepted
        )
    for share in found.shares:
        assert share.headcount + share.unknown <= share.of + 1e-9
        assert share.of == pytest.approx(found.counts.decided + found.counts.accepted)


@_LAW
@given(rows=_ROWS)
def test_no_small_figure_of_a_team_is_shown(framework: Framework, rows: list[StaffRow]) -> None:
    found = workforce(framework, rows, aligner=Told(_ANSWERS))
    for team in found.teams:
        own = [team.headcount, team.decided, team.accepted, team.review, team.none]
        for figure in (*own, *(figure for _, figure in team.roles)):
            assert isinstance(figure, str) or figure == 0 or figure >= 5
        # One figure left out of a sum is no figure left out.
        assert sum(isinstance(one, str) for one in own) != 1
    for n in range(5):
        column = [[t.headcount, t.decided, t.accepted, t.review, t.none][n] for t in found.teams]
        assert len(column) < 2 or sum(isinstance(one, str) for one in column) != 1


@_LAW
@given(values=st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=2, max_size=5))
def test_what_is_left_out_cannot_be_subtracted(values: list[list[int]]) -> None:
    cells = {(r, c): Decimal(value) for r, line in enumerate(values) for c, value in enumerate(line)}
    lines = [[(r, c) for c in range(3)] for r in range(len(values))]
    lines += [[(r, c) for r in range(len(values))] for c in range(3)]
    found = shown(cells, lines)
    for line in lines:
        assert sum(isinstance(found[cell], str) for cell in line) != 1
    for cell, value in cells.items():
        assert (found[cell] == FEWER) == (0 < value < 5)
        assert found[cell] in (FEWER, NOT_SHOWN, value)


# --- reading ---


@pytest.mark.parametrize("case", cases("reading.toml"), ids=lambda case: case["why"][:40])
def test_an_extract_is_read(framework: Framework, tmp_path: Path, case: dict[str, Any]) -> None:
    path = tmp_path / "staff.csv"
    path.write_text(case["text"], encoding="utf-8")
    found = read_extract(path)
    got = [[one.title, one.band, one.team, str(one.headcount)] for one in found.rows]
    assert sorted(got) == sorted(case["rows"])
    assert found.unit == case.get("unit", "headcount")
    assert [one.reason for one in found.put_aside] == case.get("aside", [])
    for said in case.get("notes", []):
        assert any(said in note for note in found.notes), (said, found.notes)
    view = workforce(framework, found.rows, unit=found.unit, notes=found.notes)
    written = b"".join(
        content for name, content in files(framework, view).items() if not name.endswith(".docx")
    )
    for secret in case.get("nowhere", []):
        assert secret not in repr(found) and secret.encode() not in written


@pytest.mark.parametrize("kind", ["personal", "not_personal"])
def test_columns_about_people_are_known_by_name(kind: str) -> None:
    listed = tomllib.loads((CASES / "columns.toml").read_text(encoding="utf-8"))[kind]["names"]
    wrong = [name for name in listed if is_personal_column(name) != (kind == "personal")]
    assert not wrong


def test_a_column_about_people_is_refused_even_when_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    path.write_text("Job title,Surname,Headcount\nHCA,Secret,1\n", encoding="utf-8")
    for field in ("team", "title", "headcount"):
        with pytest.raises(BadParameter, match="about people") as error:
            read_extract(path, {field: "Surname"})  # type: ignore[dict-item]
        assert "Secret" not in str(error.value)
    with pytest.raises(BadParameter, match="no column 'Nothing'"):
        read_extract(path, {"team": "Nothing"})


def test_a_list_without_titles_is_refused_without_its_first_row(tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    path.write_text("Name,E-mail\nJane Secret,jane@secret.example\n", encoding="utf-8")
    with pytest.raises(SourceError) as error:
        read_extract(path)
    assert "secret" not in str(error.value).lower()


def test_a_list_of_titles_has_no_use_for_teams_and_counts() -> None:
    table = read_table(EXAMPLE)
    assert set(table.used) == {"title", "band"}
    first = next(one for one in table.rows)
    assert getattr(first, "team", None) == "" and getattr(first, "headcount", None) == ""


def test_a_workbook_is_read_as_its_csv(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Staff in post"])
    with EXAMPLE.open(encoding="utf-8", newline="") as lines:
        for cells in csv.reader(lines):
            sheet.append([int(cell) if cell.isdigit() else cell for cell in cells])
    path = tmp_path / "staff.xlsx"
    book.save(path)
    assert read_extract(path).rows == read_extract(EXAMPLE).rows


@pytest.mark.parametrize("count", ["-1", "100001", "Infinity", "NaN", "0.00001"])
def test_a_count_that_is_none_is_refused_in_python(count: str) -> None:
    with pytest.raises(BadParameter, match="headcount"):
        StaffRow("HCA", headcount=Decimal(count))


# --- papers, tables, charts ---


def test_the_same_extract_gives_the_same_bytes(framework: Framework, example: Workforce) -> None:
    again = workforce(
        framework, read_extract(EXAMPLE).rows, supply="mental-health-nurse", notes=read_extract(EXAMPLE).notes
    )
    assert files(framework, again) == files(framework, example)


def test_the_papers_open_and_say_what_must_be_said(
    framework: Framework, example: Workforce, tmp_path: Path
) -> None:
    made = files(framework, example)
    (tmp_path / "w.docx").write_bytes(made["workforce.docx"])
    document = Document(str(tmp_path / "w.docx"))
    said = "\n".join(paragraph.text for paragraph in document.paragraphs)
    page = made["workforce.html"].decode()
    for words in ("never added up", "fewer than 5", "What rests on matches that nobody reviewed", "left out"):
        assert words in page and words in made["workforce.md"].decode()
    assert "What rests on matches that nobody reviewed" in said and len(document.tables) >= 8
    assert "(inferred)" in page and "<script" not in page
    assert not re.search(r"src=|@import|url\(", page)


def test_text_of_the_extract_is_text_everywhere(framework: Framework) -> None:
    evil = [
        '=HYPERLINK("http://x.example")',
        "<script>alert(1)</script> nurse",
        "@SUM(A1)",
        "a | b [x](http://x.example)",
    ]
    rows = [StaffRow(title, "2", f"+{title}", Decimal(6)) for title in evil]
    made = files(framework, workforce(framework, rows, notes=evil))
    assert b"<script>" not in made["workforce.html"] and b"<script>" not in made["roles.svg"]
    assert "[x](http" not in made["workforce.md"].decode().replace("\\[x\\](http", "")
    for name, content in made.items():
        if name.endswith(".csv"):
            for cells in csv.reader(content.decode().splitlines()):
                assert not any(cell.startswith(("=", "+", "@", "-")) for cell in cells), (name, cells)


@pytest.mark.parametrize("draw", [roles_chart, bands_chart])
def test_a_chart_says_in_words_what_it_shows(example: Workforce, draw: Any) -> None:
    root = ElementTree.fromstring(draw(example).write())
    names = {"svg": "{http://www.w3.org/2000/svg}"}["svg"]
    assert root.get("role") == "img"
    description = root.findtext(f"{names}desc") or ""
    width = float(root.get("width", "0"))
    if draw is roles_chart:
        assert (
            "Healthcare support worker: 46 accepted by the matching, not reviewed, 8 to review" in description
        )
        assert "No role of the framework: 22 without a role" in description
    else:
        assert "Band 2: 32 accepted" in description and "No band stated" in description
    for box in root.iter(f"{names}rect"):
        assert float(box.get("x", "0")) + float(box.get("width", "0")) <= width + 0.1
    assert roles_chart(example).write() != bands_chart(example).write()


def test_a_share_is_drawn_as_long_as_it_is(example: Workforce) -> None:
    known = example.shares[0]
    half = replace(known, name="half", headcount=30, of=60, share=0.5, unknown=15)
    none = replace(known, name="none", headcount=0, of=0, share=None, unknown=0)
    found = replace(example, shares=(half, none))
    root = ElementTree.fromstring(shares_chart(found).write())
    name = "{http://www.w3.org/2000/svg}"
    bars = [
        group for group in root.iter(f"{name}g") if (group.findtext(f"{name}title") or "").startswith("Half")
    ]
    lengths = [float(one.get("width", "0")) for one in bars[0].iter(f"{name}rect")]
    assert lengths[0] == 2 * lengths[1] == 2 * lengths[2] == sum(lengths) / 2
    assert shares_chart(found).rows == (
        ("Half", "50.0%", "30", "60", "15"),
        ("None", "nobody to count", "0", "0", "0"),
    )


def test_titles_are_drawn_role_by_role(example: Workforce) -> None:
    drawn = titles_chart(example)
    wanted = {one.role.label: one.titles for one in example.roles if one.titles}
    assert {label: int(titles) for label, titles in drawn.rows} == wanted
    assert [int(titles) for _, titles in drawn.rows] == sorted(wanted.values(), reverse=True)
    assert f"{example.spread.placed} titles before, {example.spread.roles} roles after" in drawn.description


def test_every_chart_is_there_as_svg_and_png_with_its_table(framework: Framework, example: Workforce) -> None:
    made = files(framework, example)
    for name in CHARTS:
        assert made[f"{name}.svg"].startswith(b"<svg") and made[f"{name}.png"].startswith(b"\x89PNG")
        assert f"{name}.csv" in made


def test_an_empty_extract_gets_an_answer(framework: Framework) -> None:
    made = files(framework, workforce(framework, [], supply="hcsw"))
    assert "has no rows that count" in made["workforce.html"].decode()
    assert b"no rows that count" in made["roles.svg"]


# --- the command ---


def test_the_command_writes_what_python_gives(
    framework: Framework, example: Workforce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMH_GRAPH_HOME", str(ROOT))
    done = CliRunner().invoke(
        commands,
        ["workforce", str(EXAMPLE), "--supply", "mental-health-nurse", "--out", str(tmp_path / "out")],
    )
    assert done.exit_code == 0, done.output
    assert "349 headcount: 0 decided by people, 247 accepted, 80 to review, 22 without a role" in done.stdout
    for name, content in files(framework, example).items():
        assert (tmp_path / "out" / name).read_bytes() == content, name


def test_decisions_of_people_count_as_such(tmp_path: Path) -> None:
    mappings = ROOT / "examples" / "northfield" / "mappings.sssom.tsv"
    done = CliRunner().invoke(
        commands, ["workforce", str(EXAMPLE), "--mappings", str(mappings), "--out", str(tmp_path / "out")]
    )
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "out" / "workforce.json").read_text(encoding="utf-8"))
    assert found["counts"]["decided"] > 200 and found["counts"]["accepted"] < 50
    assert sum(found["counts"].values()) == found["total"] == 349


def test_a_hundred_thousand_rows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    times = 100_000 // (len(lines) - 1) + 1
    path.write_text("\n".join([lines[0], *(lines[1:] * times)]) + "\n", encoding="utf-8")
    done = CliRunner().invoke(commands, ["workforce", str(path), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert f"{349 * times} headcount: 0 decided by people, {247 * times} accepted" in done.stdout


# --- the service ---


def test_the_service_answers_as_python_does(
    framework: Framework, client: TestClient, example: Workforce
) -> None:
    body = EXAMPLE.read_bytes()
    got = client.post(
        "/v1/workforce?supply=mental-health-nurse", content=body, headers={"Content-Type": "text/csv"}
    )
    assert got.status_code == 200 and got.content == as_json(example)
    assert got.headers["cache-control"] == "no-store" and "etag" not in got.headers
    for form, suffix in (("html", ".html"), ("docx", ".docx"), ("md", ".md")):
        got = client.post(
            f"/v1/workforce?supply=mental-health-nurse&format={form}",
            content=body,
            headers={"Content-Type": "text/csv"},
        )
        assert got.content == files(framework, example)[f"workforce{suffix}"]
    got = client.post("/v1/workforce?format=bands.svg", content=body, headers={"Content-Type": "text/csv"})
    assert got.content == bands_chart(example).write() and got.headers["content-type"].startswith(
        "image/svg+xml"
    )


def test_rows_as_json_are_the_same_rows(framework: Framework, client: TestClient) -> None:
    with EXAMPLE.open(encoding="utf-8", newline="") as lines:
        rows = [
            {"title": r["Job title"], "band": r["Band"], "team": r["Team"], "headcount": int(r["Headcount"])}
            for r in csv.DictReader(lines)
        ]
    got = client.post("/v1/workforce", json={"rows": rows})
    assert got.status_code == 200
    assert got.content == as_json(workforce(framework, read_extract(EXAMPLE).rows))
    assert workforce_paper(framework, workforce(framework, rows_of_json(rows, most=100).rows)).title


_MANY = "Job title,Headcount\n" + "HCA,1\n" * (MOST_ROWS + 1)


@pytest.mark.parametrize(
    ("body", "kind", "query", "status", "says"),
    [
        (b"", "text/csv", "", 400, "empty"),
        (b"a,b\n1,2\n", "text/csv", "", 400, "no column holds the titles"),
        (b"PK\x03\x04", "text/csv", "", 400, ""),
        (_MANY.encode(), "text/csv", "", 400, "more than 5,000 rows"),
        (b"x" * (MOST_BYTES + 1), "text/csv", "", 413, "larger than 1,000,000 bytes"),
        (b"Job title\nHCA\n", "application/xml", "", 415, "neither CSV nor JSON"),
        (b"Job title\nHCA\n", "", "", 415, "neither CSV nor JSON"),
        (b"Job title\nHCA\n", "text/csv", "?supply=no-such", 404, "no role has the key"),
        (b"Job title\nHCA\n", "text/csv", "?supply=regulated-professional", 400, "group of roles"),
        (b"Job title\nHCA\n", "text/csv", "?other=1", 400, "other"),
        (b"Job title\nHCA\n", "text/csv", "?format=xml", 400, "no format"),
        (b"{", "application/json", "", 400, "not valid JSON"),
        (b"\xff", "application/json", "", 400, "not valid JSON"),
        (b"[" * 100_000, "application/json", "", 400, "nested too deeply"),
        (b"{}", "application/json", "", 400, "no list of rows"),
        (b'{"rows": 1}', "application/json", "", 400, "no list of rows"),
        (b'{"rows": [1]}', "application/json", "", 400, "no object"),
        (b'{"rows": [{}]}', "application/json", "", 400, "title is empty"),
        (b'{"rows": [{"title": 1}]}', "application/json", "", 400, "no text"),
        (b'{"rows": [{"title": "HCA", "surname": "Secret"}]}', "application/json", "", 400, "field that is not known"),
        (b'{"rows": [{"title": "a@secret.example"}]}', "application/json", "", 400, "person's data"),
        (b'{"rows": [{"title": "HCA", "headcount": -1}]}', "application/json", "", 400, "below 0"),
        (b'{"rows": [{"title": "HCA", "headcount": 1e300}]}', "application/json", "", 400, "no number"),
        (b'{"rows": [{"title": "HCA", "headcount": NaN}]}', "application/json", "", 400, "no number"),
        (b'{"rows": [{"title": "HCA", "headcount": true}]}', "application/json", "", 400, "no number"),
        (b'{"rows": [{"title": "HCA"}], "unit": "people"}', "application/json", "", 400, "unit"),
        (b'{"rows": [{"title": "HCA"}], "name": "Secret"}', "application/json", "", 400, "not known"),
        (json.dumps([{"title": "HCA"}] * (MOST_ROWS + 1)).encode(), "application/json", "", 400, "more than 5,000"),
    ],
)  # fmt: skip
def test_the_service_refuses_with_words(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    body: bytes, kind: str, query: str, status: int, says: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    got = client.post(f"/v1/workforce{query}", content=body, headers={"Content-Type": kind} if kind else {})
    assert got.status_code == status, got.text
    assert got.headers["content-type"] == "application/problem+json"
    assert says in got.json()["title"] and got.json()["mend"]
    assert "secret" not in got.text.lower() and str(tmp_path) not in got.text
    assert not list(tmp_path.iterdir())


def test_the_service_keeps_nothing(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    got = client.post("/v1/workforce", content=EXAMPLE.read_bytes(), headers={"Content-Type": "text/csv"})
    assert got.status_code == 200 and not list(tmp_path.iterdir())
    assert client.get("/v1/workforce").status_code == 405
