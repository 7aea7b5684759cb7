"""Feeds of vacancies: read with their places, merged without doubles, linked with reasons, served by role and day."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tomllib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rdflib.compare import to_isomorphic
from typer.testing import CliRunner

from cmh_graph.api.app import create_app
from cmh_graph.build import build
from cmh_graph.cli import app
from cmh_graph.errors import BadParameter, CmhGraphError, SourceError
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.settings import Settings
from cmh_graph.snapshot import write_snapshot
from cmh_graph.store import Store, canonical_nquads, parse_nquads, text_of
from cmh_graph.vacancies.dates import DateFault, read_date
from cmh_graph.vacancies.feed import Feed, read_feed
from cmh_graph.vacancies.folder import (
    REGISTER,
    About,
    read_register,
    register_bytes,
    rejects_bytes,
    write_whole,
)
from cmh_graph.vacancies.graph import register_quads
from cmh_graph.vacancies.inert import text_of_html, without_contacts
from cmh_graph.vacancies.intake import TakenIn, take_in
from cmh_graph.vacancies.links import KINDS, Link
from cmh_graph.vacancies.places import read_place
from cmh_graph.vacancies.posting import Facts, Reject
from cmh_graph.vacancies.register import Merged, Register, Vacancy, merge
from cmh_graph.vacancies.salaries import read_salary
from cmh_graph.vacancies.things import read_vacancies

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "vacancies"
SAMPLE = ROOT / "examples" / "vacancies-sample"
GRAPHS = "https://w3id.org/cmh-graph/graph/source/"
PUBLIC = re.compile(r"^https://w3id\.org/cmh-graph/vacancy/[a-z0-9-]+-[A-Za-z0-9_~-]+$")


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((CASES / name).read_text(encoding="utf-8"))["case"]
    return found


def test_every_case_file_is_used() -> None:
    used = {"dates.toml", "salaries.toml", "places.toml", "inert.toml", "feeds.toml"}
    assert {path.name for path in CASES.iterdir()} == used
    assert all(case["why"] for name in used for case in cases(name))


# --- the parts of a posting ---


@pytest.mark.parametrize("case", cases("dates.toml"), ids=lambda case: case["text"])
def test_a_date_is_read_or_refused(case: dict[str, Any]) -> None:
    if "day" in case:
        assert read_date(case["text"]).isoformat() == case["day"], case["why"]
    else:
        with pytest.raises(DateFault, match=re.escape(case["says"])) as fault:
            read_date(case["text"])
        assert fault.value.mend, case["why"]


@given(st.dates(min_value=read_date("2000-01-01"), max_value=read_date("2100-12-31")))
def test_every_day_is_read_in_each_way_of_writing(day: Any) -> None:
    for form in (
        "%Y-%m-%d",
        "%d/%m/%Y",
        "%d.%m.%Y",
        "%d %B %Y",
        "%A %d %b %Y",
        "%B %d, %Y",
        "%Y-%m-%dT%H:%M:%SZ",
    ):
        assert read_date(day.strftime(form)) == day


@pytest.mark.parametrize("case", cases("salaries.toml"), ids=lambda case: str(case["base"])[:40])
def test_a_salary_is_read_or_left_out(case: dict[str, Any]) -> None:
    found = read_salary(case["base"])
    shown = [found.minimum, found.maximum, found.unit, found.currency] if found else []
    assert shown == case["pay"], case["why"]


@pytest.mark.parametrize("case", cases("places.toml"), ids=lambda case: str(case["place"])[:40])
def test_of_a_place_only_the_town_stays(case: dict[str, Any]) -> None:
    found = read_place(case["place"])
    assert [found.name, found.area] == case["keeps"], case["why"]


@pytest.mark.parametrize("case", cases("inert.toml"), ids=lambda case: case["html"][:30])
def test_text_of_a_feed_is_made_inert(case: dict[str, Any]) -> None:
    assert without_contacts(text_of_html(case["html"])) == case["text"], case["why"]


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "&lt;", "</", "<script>", "jo@", "020 ", "(" * 50])
def test_hostile_markup_is_read_in_one_go(piece: str) -> None:
    """No quadratic reading: what would take minutes fails the time limit of the run."""
    text = without_contacts(text_of_html(piece * (100_000 // len(piece))))
    assert len(text) <= 300_000


@pytest.mark.parametrize("piece", ["<a ", "<!--", "<script>", '<script type="application/ld+json">'])
def test_a_hostile_page_is_read_in_one_go(tmp_path: Path, piece: str) -> None:
    path = tmp_path / "page.html"
    path.write_text("<html>" + piece * (2_000_000 // len(piece)), encoding="utf-8")
    with pytest.raises(SourceError, match="no JSON-LD"):
        read_feed(path)


# --- whole feeds ---


def feed_of(tmp_path: Path, case: dict[str, Any]) -> Feed:
    path = tmp_path / case["file"]
    path.write_bytes(case["text"].encode(case.get("encoding", "utf-8")))
    return read_feed(path)


@pytest.mark.parametrize("case", cases("feeds.toml"), ids=lambda case: case["file"])
def test_a_feed_gives_its_postings_and_rejects(tmp_path: Path, case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(SourceError, match=case["error"]) as error:
            feed_of(tmp_path, case)
        assert error.value.where and error.value.mend, case["why"]
        return
    feed = feed_of(tmp_path, case)
    assert feed.rows == len(feed.postings) + len(feed.rejects)
    found = [one.facts for one in feed.postings]
    if "postings" in case:
        assert len(found) == len(case["postings"]), case["why"]
        for facts, known in zip(found, case["postings"], strict=True):
            assert {name: getattr(facts, name) for name in known} == known, case["why"]
    if "count" in case:
        assert len(found) == case["count"], case["why"]
    for facts in found:
        assert re.fullmatch(case.get("keys", ".+"), facts.key)
    rejects = case.get("rejects", [])
    assert [[one.line, one.field] for one in feed.rejects] == [one[:2] for one in rejects], case["why"]
    for one, (_, _, words) in zip(feed.rejects, rejects, strict=True):
        assert words in one.reason and one.mend, case["why"]
    for words in case.get("notes", []):
        assert words in " ".join(feed.notes), case["why"]
    kept = register_bytes({one.key: Vacancy(one) for one in found}).decode()
    for words in case.get("absent", []):
        assert words not in kept, case["why"]


def test_the_sample_is_read_whole() -> None:
    for name in ("feed.jsonld", "feed-later.jsonl"):
        feed = read_feed(SAMPLE / name)
        assert 20 <= feed.rows <= 30 and not feed.rejects
    register = read_register(SAMPLE)
    assert {one.facts for one in register.values()} == {
        one.facts for one in read_feed(SAMPLE / "feed.jsonld").postings
    }


def test_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("reading a feed went to the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    text = '{"@context": "https://evil.example/context", "@type": "JobPosting", "title": "Nurse", "identifier": "1",'
    text += ' "hiringOrganization": {"@id": "https://evil.example/org"}, "datePosted": "2026-11-01"}'
    (tmp_path / "feed.jsonld").write_text(text, encoding="utf-8")
    assert read_feed(tmp_path / "feed.jsonld").postings[0].facts.title == "Nurse"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        '{"@type": "JobPosting", "title": ' + '{"name":' * 3000 + '"x"' + "}" * 3001,
        '{"@type": "JobPosting", "title": ' + "9" * 6000 + "}",
        '[{"@type": "JobPosting"}' + ", {}" * 3 + "]" + "\x00" * 40,
    ],
    ids=["open lists", "deep title", "long number", "null bytes"],
)
def test_absurd_json_ends_in_a_clear_error_or_reject(tmp_path: Path, text: str) -> None:
    path = tmp_path / "feed.jsonld"
    path.write_text(text, encoding="utf-8")
    try:
        feed = read_feed(path)
        assert not feed.postings and all(one.mend for one in feed.rejects)
    except CmhGraphError as error:
        assert error.where and error.mend


def test_one_long_line_is_read_in_bounded_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "feed.jsonl"
    good = '{"@type": "JobPosting", "title": "Nurse", "hiringOrganization": "N", "datePosted": "2026-11-01"}'
    path.write_text('{"title": "' + "x" * 40_000_000 + '"}\n' + good + "\n", encoding="utf-8")
    tracemalloc.start()
    feed = read_feed(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(feed.postings), len(feed.rejects)) == (1, 1) and "longer than" in feed.rejects[0].reason
    assert peak < 30_000_000


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["JobPosting", "2026-11-01", "1/2/2026", "https://jobs.example/1", "SE1 1AA", "£9 an hour", "NaN"]
    ),
)
NAMES = st.sampled_from(
    ["@type", "@id", "@value", "@list", "@context", "@graph", "name", "value", "address", "identifier", "title",
     "description", "hiringOrganization", "jobLocation", "datePosted", "validThrough", "baseSalary", "url", "skills"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=10), min_size=1, max_size=4), st.booleans())
def test_any_json_ends_in_postings_rejects_or_a_clear_error(
    tmp_path: Path, rows: list[dict[str, Any]], as_lines: bool
) -> None:
    least = {"@type": "JobPosting", "title": "Nurse", "datePosted": "2026-11-01"}
    rows = [least | row for row in rows]
    path = tmp_path / ("feed.jsonl" if as_lines else "feed.json")
    path.write_text("\n".join(map(json.dumps, rows)) if as_lines else json.dumps(rows), encoding="utf-8")
    try:
        feed = read_feed(path, "Northfield")
    except SourceError as error:
        assert error.where and error.mend
        return
    assert feed.rows == len(feed.postings) + len(feed.rejects)
    assert all(one.reason and one.mend for one in feed.rejects)
    register = {one.facts.key: Vacancy(one.facts) for one in feed.postings}
    assert read_back(tmp_path, register) == register


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(alphabet='ab",;\n\t<\x00 1/', max_size=30), max_size=6))
def test_any_table_ends_in_postings_or_rejects(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "feed.csv"
    head = "title,employer,datePosted\nNurse,N,2026-11-01\n"
    path.write_text(head + "\n".join(lines), encoding="utf-8", newline="")
    feed = read_feed(path)
    assert feed.rows == len(feed.postings) + len(feed.rejects)
    assert "Nurse" in {one.facts.title for one in feed.postings}, (
        "a broken row costs itself, not the rows before it"
    )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(8)))
def test_the_order_of_rows_never_matters(tmp_path: Path, order: list[int]) -> None:
    """With doubles among them, some the same and some not."""
    rows = [
        {"@type": "JobPosting", "identifier": str(number % 3), "title": f"Nurse {number % 4}",
         "hiringOrganization": "N", "datePosted": f"2026-11-{1 + number % 2:02}"}
        for number in range(8)
    ]  # fmt: skip
    found = []
    for arranged in (rows, [rows[number] for number in order]):
        path = tmp_path / "feed.jsonl"
        path.write_text("\n".join(map(json.dumps, arranged)), encoding="utf-8")
        feed = read_feed(path)
        assert (len(feed.postings), len(feed.rejects)) == (3, 5)
        found.append(register_bytes({one.facts.key: Vacancy(one.facts) for one in feed.postings}))
    assert found[0] == found[1]


# --- the register ---

DAYS = ("2026-11-01", "2026-11-10", "2026-11-20")


@st.composite
def readings(draw: Callable[..., Any]) -> list[Vacancy]:
    keys = draw(st.lists(st.sampled_from("abcdef"), unique=True))
    return [
        Vacancy(
            Facts(
                key,
                key,
                draw(st.sampled_from(["Nurse", "Carer"])),
                "Northfield",
                draw(st.sampled_from(DAYS[:2])),
            )
        )
        for key in keys
    ]


def after(known: Register, read: Sequence[Vacancy], day: str) -> Merged:
    return merge(known, read, as_of=day)


@given(readings(), readings(), st.randoms(use_true_random=False))
def test_merging_a_then_b_gives_b_and_closes_the_rest(
    a: list[Vacancy], b: list[Vacancy], random: Any
) -> None:
    first = after({}, a, DAYS[1]).register
    merged = after(first, b, DAYS[2])
    in_b = {one.facts.key: one for one in b}
    only_a = {one.facts.key: replace(one, closed=DAYS[2]) for one in a if one.facts.key not in in_b}
    assert dict(merged.register) == in_b | only_a
    assert set(merged.closed) == set(only_a)
    # Again, on another day: nothing changes, not one byte.
    again = after(merged.register, b, "2026-12-31")
    assert register_bytes(again.register) == register_bytes(merged.register)
    assert set(again.unchanged) == set(in_b) and not (
        again.added or again.updated or again.reopened or again.closed
    )
    shuffled = list(b)
    random.shuffle(shuffled)
    assert register_bytes(after(first, shuffled, DAYS[2]).register) == register_bytes(merged.register)
    # Each vacancy of B is counted once.
    counts = (merged.added, merged.updated, merged.reopened, merged.relinked, merged.unchanged)
    assert sorted(key for keys in counts for key in keys) == sorted(in_b)


@given(readings(), readings())
def test_what_returns_is_open_again(a: list[Vacancy], b: list[Vacancy]) -> None:
    closed = after(after({}, a, DAYS[1]).register, b, DAYS[2]).register
    back = after(closed, a, "2026-12-01")
    assert all(not back.register[one.facts.key].closed for one in a)
    assert set(back.reopened) == {one.facts.key for one in a} - {one.facts.key for one in b}


def test_closing_needs_a_day() -> None:
    known = {"a": Vacancy(Facts("a", "a", "Nurse", "N", "2026-11-10"))}
    with pytest.raises(BadParameter, match="1 vacancy is gone") as error:
        merge(known, [])
    assert "--as-of" in error.value.where and "YYYY-MM-DD" in error.value.mend
    later = Vacancy(Facts("b", "b", "Nurse", "N", "2026-11-20"))
    with pytest.raises(
        BadParameter, match="cannot be of 2026-11-15: all it holds was posted from 2026-11-20"
    ):
        merge(known, [later], as_of="2026-11-15")
    withdrawn = merge(known, [], as_of="2026-11-01").register["a"]
    assert withdrawn.closed == "2026-11-10" and not withdrawn.is_open("2026-11-10"), "it was never open"


def test_a_row_that_cannot_be_read_does_not_close_its_vacancy() -> None:
    known = {key: Vacancy(Facts(key, key, "Nurse", "N", "2026-11-10")) for key in "ab"}
    merged = merge(known, [], as_of="2026-12-01", named_by_rejects={"a"})
    assert (merged.kept, merged.closed) == (("a",), ("b",))
    assert merged.register["a"] == known["a"]


@pytest.mark.parametrize(
    ("until", "closed", "day", "is_open"),
    [
        ("", "", "2026-11-09", False), ("", "", "2026-11-10", True), ("", "", "2030-01-01", True),
        ("2026-11-20", "", "2026-11-20", True), ("2026-11-20", "", "2026-11-21", False),
        ("2026-11-20", "2026-11-15", "2026-11-14", True), ("2026-11-20", "2026-11-15", "2026-11-15", False),
    ],
)  # fmt: skip
def test_when_a_vacancy_is_open(until: str, closed: str, day: str, is_open: bool) -> None:
    """On its last day it is open; on the day on which it was found to be gone it is not."""
    facts = Facts("a", "a", "Nurse", "N", "2026-11-10", valid_through=until)
    assert Vacancy(facts, closed=closed).is_open(day) is is_open


@pytest.mark.parametrize(
    "line",
    [
        "{", "[]", '{"key": "../../etc"}', '{"key": "a"}',
        '{"key": "a", "identifier": "a", "title": "N", "employer": "N", "date_posted": "2026-11-01", '
        '"url": "javascript:1"}',
        '{"key": "a", "identifier": "a", "title": "N", "employer": "N", "date_posted": "1/11/2026"}',
        '{"key": "a", "identifier": "a", "title": "N", "employer": "N", "date_posted": "2026-11-01", '
        '"links": [{"kind": "role", "key": "a b", "confidence": 1, "reason": "x"}]}',
    ],
)  # fmt: skip
def test_a_broken_register_is_refused_with_its_line(tmp_path: Path, line: str) -> None:
    good = register_bytes({"b": Vacancy(Facts("b", "b", "Nurse", "N", "2026-11-10"))}).decode()
    (tmp_path / REGISTER).write_text(good + line + "\n", encoding="utf-8")
    with pytest.raises(SourceError) as error:
        read_register(tmp_path)
    assert "line 2" in error.value.where


def test_rejects_cannot_start_a_formula() -> None:
    reject = Reject(1, 2, "title", "=1+1", "@mend", raw="=HYPERLINK(1)")
    (row,) = list(csv.reader(rejects_bytes([reject]).decode().splitlines()))[1:]
    assert not any(cell.startswith(("=", "@", "+", "-")) for cell in row)


def test_a_file_is_replaced_whole_and_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    inside = tmp_path / "folder"
    inside.mkdir()
    (inside / REGISTER).symlink_to(outside)
    write_whole(inside / REGISTER, b"new")
    assert outside.read_bytes() == b"mine" and (inside / REGISTER).read_bytes() == b"new"
    assert [path.name for path in inside.iterdir()] == [REGISTER]


# --- with the framework ---


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The framework with a partner's catalogue and the sample's feed."""
    folder = tmp_path_factory.mktemp("built")
    write_snapshot(build(ROOT, [ROOT / "examples" / "northfield", SAMPLE]), folder)
    return folder


@pytest.fixture(scope="module")
def fw(snapshots: Path) -> Framework:
    return open_framework(snapshots, home=ROOT)


@pytest.fixture(scope="module")
def store(fw: Framework) -> Store:
    return fw.store


@pytest.fixture(scope="module")
def taken(store: Store, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TakenIn]:
    """The sample's feed, read into a new folder."""
    folder = tmp_path_factory.mktemp("feeds") / "jobs"
    return folder, take_in(
        SAMPLE / "feed.jsonld", folder, store, owner="Example jobs board", licence="CC BY 4.0"
    )


def bytes_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_reading_the_same_feed_again_touches_nothing(store: Store, taken: tuple[Path, TakenIn]) -> None:
    folder, first = taken
    assert len(first.merged.added) == 24
    before = bytes_of(folder)
    again = take_in(SAMPLE / "feed.jsonld", folder, store)
    assert len(again.merged.unchanged) == 24 and not again.merged.added
    assert bytes_of(folder) == before


def test_a_later_feed_adds_updates_and_closes(
    store: Store, taken: tuple[Path, TakenIn], tmp_path: Path
) -> None:
    folder = tmp_path / "jobs"
    shutil.copytree(taken[0], folder)
    before = bytes_of(folder)
    with pytest.raises(BadParameter):
        take_in(SAMPLE / "feed-later.jsonl", folder, store)
    assert bytes_of(folder) == before, "what is refused writes nothing"
    done = take_in(SAMPLE / "feed-later.jsonl", folder, store, as_of="2026-12-01").merged
    assert (done.added, done.updated) == (("NF-2615", "OD-17"), ("NF-2609",))
    assert done.closed == ("NF-2602", "NF-2606", "NF-2607")
    register = read_register(folder)
    assert len(register) == 26 and register["NF-2602"].closed == "2026-12-01"
    lines = [json.loads(line)["key"] for line in (folder / REGISTER).read_text(encoding="utf-8").splitlines()]
    assert lines == sorted(lines)


def test_every_link_says_how_sure_it_is_and_why(taken: tuple[Path, TakenIn]) -> None:
    links = [link for one in taken[1].merged.register.values() for link in one.links]
    assert {link.kind for link in links} >= {"role", "band", "skill", "value", "experience", "qualification"}
    for link in links:
        assert 0 < link.confidence <= 1 and link.reason and link.kind in KINDS
        assert (link.zone in ("accept", "review")) == (link.kind == "role")


def linked(taken: tuple[Path, TakenIn], key: str, kind: str) -> list[str]:
    return [link.key for link in taken[1].merged.register[key].links if link.kind == kind]


@pytest.mark.parametrize(
    ("key", "kind", "expected", "why"),
    [
        ("NF-2601", "role", ["peer-support-worker"], "the title is a role's name"),
        ("NF-2602", "role", ["hcsw"], "an abbreviation"),
        ("EM-0102", "role", ["amhp"], "a council's post"),
        ("NF-2602", "band", ["2"], "in the title"),
        ("NF-2604", "band", ["6"], "in title and salary"),
        ("NF-2605", "band", ["6"], "in the text alone"),
        ("NF-2610", "band", ["4"], "in the words of the salary"),
        ("EM-0101", "band", [], "a council's scale point is no band"),
        ("NF-2611", "role", [], "a chef is no role of the framework"),
        ("NF-2611", "skill", [], "and a cook's meals are no skill in daily living"),
        ("NF-2613", "role", [], "children's nursing is another field"),
    ],
)
def test_what_the_sample_means(
    taken: tuple[Path, TakenIn], key: str, kind: str, expected: list[str], why: str
) -> None:
    assert linked(taken, key, kind) == expected, why


def test_findings_of_the_text_are_linked(taken: tuple[Path, TakenIn]) -> None:
    assert {"active-listening", "boundaries"} <= set(linked(taken, "NF-2601", "skill"))
    assert "lived" in linked(taken, "NF-2601", "experience")
    assert "nmc" in linked(taken, "NF-2604", "qualification")


def test_no_text_and_no_contact_is_kept(taken: tuple[Path, TakenIn]) -> None:
    folder, done = taken
    kept = (folder / REGISTER).read_text(encoding="utf-8")
    assert "020 7946" not in kept and "opendoor.example" not in kept and "walk beside others" not in kept
    assert any("contact" in note for note in done.feed.notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('kind = "catalogue"', "something else"),
        ('kind = "vacancies"', "does not say the owner"),
        ("=", "cannot be read"),
    ],
)
def test_another_folder_is_left_alone(store: Store, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "source.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=says):
        take_in(SAMPLE / "feed.jsonld", tmp_path, store)
    assert [path.name for path in tmp_path.iterdir()] == ["source.toml"]


def test_a_folder_name_must_fit_an_iri(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="cannot be the name"):
        take_in(SAMPLE / "feed.jsonld", tmp_path / "Jobs Board", store)


# --- graph and API ---


@pytest.fixture(scope="module")
def client(snapshots: Path, fw: Framework) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(snapshots=snapshots, query_workers=1), fw)) as client:
        yield client


def test_the_feed_has_a_graph_of_its_own(fw: Framework) -> None:
    graph = f"{GRAPHS}vacancies-sample"
    assert fw.graphs[graph] > 500
    rows = fw.sparql(f"SELECT DISTINCT ?v WHERE {{ GRAPH <{graph}> {{ ?v a cmh:Vacancy }} }}")
    assert len(rows) == 24 and all(PUBLIC.match(row.v) for row in rows)


def test_a_vacancy_is_a_job_posting_to_any_reader(fw: Framework) -> None:
    rows = fw.sparql(
        "SELECT ?v ?day WHERE { ?v a schema:JobPosting ; schema:datePosted ?day ; schema:hiringOrganization ?who }"
    )
    assert len(rows) == 24


def test_only_an_accepted_role_is_stated_outright_and_is_marked_inferred(fw: Framework) -> None:
    zones = fw.sparql(
        "SELECT ?zone (COUNT(*) AS ?n) WHERE { ?v schema:relevantOccupation ?role ; cmh:hasVacancyLink ?l ;"
        " cmh:inferredField schema:relevantOccupation . ?l cmh:linksTo ?role ; cmh:linkZone ?zone ;"
        " cmh:status status:inferred } GROUP BY ?zone"
    )
    assert [row.zone for row in zones] == ["accept"]
    assert fw.sparql('SELECT ?l WHERE { ?l cmh:linkZone "review" }'), "the sample has a proposal too"


def test_the_feed_passes_shapes_and_checks(fw: Framework, tmp_path: Path) -> None:
    """Judged by our shapes and checks together with the ontology and the types of the framework's things."""
    from cmh_graph.store import write_ntriples
    from cmh_graph.validate import read_checks, read_graph, validate

    feed = tmp_path / "feed.nt"
    with feed.open("wb") as opened:
        stated = list(fw.store.quads(f"{GRAPHS}vacancies-sample"))
        meant = {quad.object for quad in stated}
        types = (quad for quad in fw.store.quads() if quad.predicate.value == str(rdflib.RDF.type))
        write_ntriples([*stated, *(quad for quad in types if quad.subject in meant)], opened)
    graph = read_graph(feed)[0]
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        graph += read_graph(path)[0]
    wanted = ("vacancy", "text_with", "undeclared")
    checks = [one for one in read_checks(ROOT / "queries" / "checks") if one.name.startswith(wanted)]
    assert len(checks) >= 7
    shapes = rdflib.Graph()
    for name in ("vacancy", "provenance", "personal"):
        shapes.parse(ROOT / "shapes" / f"{name}.ttl")
    findings = validate(graph, shapes, checks)
    assert [one for one in findings if "cmh-graph/vacancy" in one.entity] == []


def test_cq_25_speaks_of_the_adverts_of_a_feed(fw: Framework) -> None:
    rows = fw.ask("cq-25", organisation="northfield")
    said = {row.document_name: row.mentions_learning for row in rows}
    assert said["Peer Support Worker - CMHT East"] is True and said["Occupational Therapist"] is False
    assert {row.role_name for row in rows} >= {"Peer support worker", "Occupational therapist"}


def items(client: TestClient, address: str) -> list[dict[str, Any]]:
    response = client.get(address)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["items"]
    return found


@pytest.mark.parametrize(
    ("day", "keys"),
    [
        ("2026-11-01", []),
        ("2026-11-02", ["vacancies-sample-NF-2601"]),
        ("2026-11-08", ["vacancies-sample-OD-11", "vacancies-sample-NF-2601"]),
        ("2026-12-06", ["vacancies-sample-OD-11", "vacancies-sample-NF-2601"]),
        ("2026-12-07", ["vacancies-sample-OD-11"]),
        ("2027-01-01", []),
    ],
)
def test_the_vacancies_of_a_role_that_are_open_on_a_day(
    client: TestClient, day: str, keys: list[str]
) -> None:
    assert [one["key"] for one in items(client, f"/v1/roles/peer-support-worker/vacancies?on={day}")] == keys


def test_platform_and_framework_point_at_each_other(client: TestClient) -> None:
    (one,) = items(client, "/v1/roles/peer-support-worker/vacancies?on=2026-11-02")
    assert one["iri"] == "https://w3id.org/cmh-graph/vacancy/vacancies-sample-NF-2601"
    assert (one["url"], one["identifier"]) == ("https://jobs.example/vacancy/NF-2601", "NF-2601")
    (link,) = one["roles"]
    assert link["to_iri"] == "https://w3id.org/cmh-graph/role/peer-support-worker"
    assert link["reason"] and link["confidence"] > 0.8 and link["says"]["status"] == "inferred"
    assert "roles" in one["says"]["inferred_fields"]
    assert client.get(f"/v1/vacancies/{one['key']}").json()["iri"] == one["iri"]


def test_a_proposal_reads_as_one(client: TestClient) -> None:
    page = client.get("/v1/vacancies?zone=review").json()
    assert page["total"] >= 1 and "proposal" in page["note"]
    proposed = {link["to"]["key"] for one in page["items"] for link in one["roles"]}
    for role in proposed:
        below = items(client, f"/v1/roles/{role}/vacancies?zone=review")
        assert below and all(link["zone"] == "review" for one in below for link in one["roles"])


def test_every_vacancy_is_listed_below_each_of_its_roles(client: TestClient) -> None:
    every = items(client, "/v1/vacancies?limit=200")
    assert len(every) == 24
    dates = [one["date_posted"] for one in every]
    assert dates == sorted(dates, reverse=True)
    for one in every:
        for link in one["roles"]:
            keys = [x["key"] for x in items(client, f"/v1/roles/{link['to']['key']}/vacancies?limit=200")]
            assert one["key"] in keys


def test_pages_and_filters(client: TestClient) -> None:
    first = client.get("/v1/vacancies?limit=10&on=2026-11-17").json()
    assert first["limit"] == 10 and "on=2026-11-17" in first["next"]
    walked, following = first["items"], first["next"]
    while following:
        page = client.get(following).json()
        walked, following = walked + page["items"], page["next"]
    assert len({one["key"] for one in walked}) == len(walked) == first["total"]
    assert {one["bands"][0] for one in items(client, "/v1/vacancies?band=6")} == {"6"}
    assert {one["employer"]["key"] for one in items(client, "/v1/vacancies?employer=northfield")} == {
        "northfield"
    }
    assert items(client, "/v1/vacancies?state=closed") == []


@pytest.mark.parametrize(
    ("address", "status", "kind", "mend"),
    [
        ("/v1/roles/amhp/vacancies?on=2026-02-30", 400, "bad-parameter", "YYYY-MM-DD"),
        ("/v1/roles/amhp/vacancies?on=01/12/2026", 400, "bad-parameter", "YYYY-MM-DD"),
        ("/v1/roles/amhp/vacancies?on=20261201", 400, "bad-parameter", "YYYY-MM-DD"),
        ("/v1/roles/amhp/vacancies?on=", 400, "bad-parameter", "YYYY-MM-DD"),
        ("/v1/roles/amhp/vacancies?on=2026-12-01&on=2026-12-02", 400, "bad-parameter", "one day"),
        ("/v1/roles/amhp/vacancies?no=2026-12-01", 400, "bad-parameter", "on"),
        ("/v1/roles/hcsv/vacancies", 404, "not-found", "hcsw"),
        ("/v1/vacancies/vacancies-sample-NF-260", 404, "not-found", "vacancies-sample-NF-260"),
        ("/v1/vacancies?zone=sure", 400, "bad-parameter", "accept"),
    ],
)
def test_refusals_have_the_one_body(
    client: TestClient, address: str, status: int, kind: str, mend: str
) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"].endswith(f"/{kind}") and mend in body["mend"]


def test_no_vacancies_is_an_empty_list_with_words(client: TestClient) -> None:
    page = client.get("/v1/roles/mental-health-pharmacist/vacancies").json()
    assert page["items"] == [] and page["total"] == 0 and "No vacancy" in page["note"]
    page = client.get("/v1/roles/amhp/vacancies?on=2030-01-01").json()
    assert page["items"] == [] and "2030-01-01" in page["note"]


def test_the_formats_of_a_vacancy_hold_the_same_triples(client: TestClient) -> None:
    address = "/v1/vacancies/vacancies-sample-NF-2601"
    turtle = rdflib.Graph().parse(data=client.get(f"{address}.ttl").text, format="turtle")
    linked = rdflib.Graph().parse(data=client.get(f"{address}.jsonld").text, format="json-ld")
    lines = rdflib.Graph().parse(data=client.get(f"{address}.nt").text, format="nt")
    assert to_isomorphic(turtle) == to_isomorphic(linked) == to_isomorphic(lines)
    vacancy = client.get(address).json()
    subjects = {str(subject) for subject in turtle.subjects()}
    assert {link["iri"] for link in (*vacancy["roles"], *vacancy["skills"])} <= subjects


def test_answers_fit_their_schema(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    for path, address in (
        ("/v1/vacancies", "/v1/vacancies?limit=200"),
        ("/v1/vacancies/{key}", "/v1/vacancies/vacancies-sample-NF-2601"),
        ("/v1/roles/{key}/vacancies", "/v1/roles/peer-support-worker/vacancies"),
    ):
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        checker = Draft202012Validator({**schema, "components": document["components"]})
        assert not [error.message for error in checker.iter_errors(client.get(address).json())][:2], path


QUERIES = re.findall(
    r"```sparql\n(.*?)```",
    (ROOT / "docs" / "how-to" / "point-at-vacancies.md").read_text(encoding="utf-8"),
    re.S,
)


@pytest.mark.parametrize("query", QUERIES, ids=["open", "skill"])
def test_the_queries_of_the_how_to_answer(fw: Framework, query: str) -> None:
    rows = fw.sparql(query)
    assert "vacancies-sample-NF-2601" in {row.vacancy.rpartition("/")[2] for row in rows}
    assert all(row.title for row in rows)


def test_a_closed_vacancy_is_told_as_closed() -> None:
    facts = Facts("1", "1", "Nurse", "N", "2026-11-01", valid_through="2026-12-01")
    links = (
        Link("role", "amhp", 0.5, "like it", zone="review"),
        Link("band", "6", 0.95, "the title says band 6"),
    )
    register = {"1": Vacancy(facts, links, closed="2026-11-20")}
    store = Store.from_quads(register_quads(About("jobs", "O", "L"), register))
    (one,) = read_vacancies(store).values()
    assert (one.key, one.state, str(one.closed_on)) == ("jobs-1", "closed", "2026-11-20")
    assert [(link.to.kind, link.to.key, link.zone) for link in (*one.roles, *one.bands)] == [
        ("role", "amhp", "review"),
        ("band", "6", None),
    ]
    for day in ("2026-10-31", "2026-11-01", "2026-11-19", "2026-11-20", "2026-12-01", "2026-12-02"):
        assert one.is_open(date.fromisoformat(day)) is register["1"].is_open(day)
    # Up for review: no role is stated outright.
    assert not store.ask("ASK { ?v schema:relevantOccupation ?role }")


def test_employers_that_the_graph_knows_keep_their_key() -> None:
    register = {
        key: Vacancy(Facts(key, key, "Nurse", name, "2026-11-01"))
        for key, name in (("1", "Known Trust"), ("2", "Other Trust"))
    }
    about = About("jobs", "O", "L", employers={"Known Trust": "northfield"})
    store = Store.from_quads(register_quads(about, register))
    named = {text_of(row["e"]): text_of(row.get("name")) for row in store.select(
        "SELECT ?e ?name { ?v schema:hiringOrganization ?e OPTIONAL { ?e skos:prefLabel ?name } }")}  # fmt: skip
    base = "https://w3id.org/cmh-graph/organisation/"
    assert named == {f"{base}northfield": "", f"{base}jobs-other-trust": "Other Trust"}


def test_the_command_counts_and_exits_with_findings(
    snapshots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMH_GRAPH_SNAPSHOTS", str(snapshots))
    feed, run = tmp_path / "feed.csv", CliRunner().invoke
    head = "title,employer,datePosted,reference\n"
    feed.write_text(head + "Nurse,N,2026-11-01,1\nCarer,N,1 Nov,2\n", encoding="utf-8")
    arguments = ["vacancies", str(feed), "--to", str(tmp_path / "jobs")]
    done = run(app, arguments)
    assert done.exit_code == 1, "a rejected row is a finding"
    assert "2 rows: 1 vacancies, 1 rejected" in done.stdout and "1 added, 0 updated" in done.stdout
    assert "line 3, datePosted: '1 Nov' is no date; write it as YYYY-MM-DD" in done.stderr
    assert "1 Nov" in (tmp_path / "jobs" / "rejects.csv").read_text(encoding="utf-8")
    feed.write_text(head + "Carer,N,2026-11-01,2\n", encoding="utf-8")
    done = run(app, [*arguments, "--as-of", "2026-12-01"])
    assert done.exit_code == 0 and "1 added, 0 updated, 0 reopened, 0 linked anew, 1 closed" in done.stdout
    assert not (tmp_path / "jobs" / "rejects.csv").exists()
    with pytest.raises(BadParameter, match="not written YYYY-MM-DD"):
        run(app, [*arguments, "--as-of", "1/12/2026"], catch_exceptions=False)


HOSTILE = '<script>alert("x")</script>'


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_any_title_is_inert_in_the_graph(tmp_path: Path, title: str) -> None:
    """Whatever a feed writes as a title ends as a literal that another reader reads back as it stands."""
    row = {"@type": "JobPosting", "identifier": "1", "title": f"Nurse {title} {HOSTILE}"}
    row |= {"hiringOrganization": HOSTILE + "N", "datePosted": "2026-11-01"}
    path = tmp_path / "feed.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps({"@type": "Thing"}), encoding="utf-8")
    (posting,) = read_feed(path).postings
    assert "<script" not in posting.facts.title and posting.facts.employer == "N"
    assert posting.facts.title.isprintable()
    register = {"1": Vacancy(posting.facts)}
    assert read_back(tmp_path, register) == register
    quads = parse_nquads(canonical_nquads(register_quads(About("jobs", "O", "L"), register)))
    data = "".join(f"{quad.subject} {quad.predicate} {quad.object} .\n" for quad in quads)
    labels = set(rdflib.Graph().parse(data=data, format="nt").objects(None, rdflib.SKOS.prefLabel))
    assert rdflib.Literal(posting.facts.title, lang="en") in labels


def read_back(folder: Path, register: Register) -> dict[str, Vacancy]:
    write_whole(folder / REGISTER, register_bytes(register))
    return dict(read_register(folder))
