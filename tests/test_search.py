"""Searching by what people call things."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmh_graph.errors import BadParameter
from cmh_graph.framework import SEARCHED, Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.model import Key
from cmh_graph.search import LONGEST, Name, SearchIndex, read_abbreviations, words_of

ROOT = Path(__file__).resolve().parents[1]
CASES = tomllib.loads((ROOT / "tests" / "cases" / "api" / "search.toml").read_text("utf-8"))["case"]


@pytest.fixture(scope="module")
def framework(framework_snapshots: Path) -> Framework:
    return open_framework(framework_snapshots, home=ROOT)


@pytest.mark.parametrize("case", CASES, ids=[case["text"] for case in CASES])
def test_a_text_finds_what_people_mean(framework: Framework, case: dict[str, object]) -> None:
    found = [f"{hit.kind}/{hit.key}" for hit in framework.search(str(case["text"]))]
    if case.get("none"):
        assert found == [], case["why"]
    elif "first" in case:
        assert found[:1] == [case["first"]], case["why"]
    else:
        assert set(case["within"]) <= set(found[:5]), case["why"]  # type: ignore[arg-type]


def test_every_label_finds_its_thing_first_or_among_its_namesakes(framework: Framework) -> None:
    for kind in SEARCHED:
        for thing in framework.things(kind).values():
            if len(thing.label) > LONGEST:
                continue
            hits = framework.search(thing.label, limit=None)
            top = {(hit.kind, hit.key) for hit in hits if hit.score == hits[0].score}
            assert (kind, thing.key) in top, thing.label


def test_each_thing_is_found_once_and_best_first(framework: Framework) -> None:
    hits = framework.search("support", limit=None)
    assert len({(hit.kind, hit.key) for hit in hits}) == len(hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_kinds_narrow_the_search(framework: Framework) -> None:
    everything = framework.search("support", limit=None)
    skills = framework.search("support", kinds=("skill",), limit=None)
    assert [hit.key for hit in skills] == [hit.key for hit in everything if hit.kind == "skill"]


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=LONGEST + 5))
def test_no_text_breaks_the_search(text: str) -> None:
    index = SearchIndex([Name("role", Key("x"), "Peer worker", "Peer worker", "label")])
    if len(text) > LONGEST or not words_of(text):
        with pytest.raises(BadParameter):
            index.search(text)
    else:
        assert all(hit.key == "x" for hit in index.search(text))


def test_a_search_takes_no_scan_of_the_graph(framework: Framework) -> None:
    framework.search("warm")
    began = time.perf_counter()
    for _ in range(100):
        framework.search("peer support worker")
    # A tenth of what a scan of 3,000 labels was measured to take, with room for a busy machine.
    assert (time.perf_counter() - began) / 100 < 0.02


def test_abbreviations_may_be_absent(tmp_path: Path) -> None:
    assert read_abbreviations(tmp_path / "none.csv") == {}


def test_an_abbreviation_keeps_its_likeliest_reading_first(tmp_path: Path) -> None:
    table = tmp_path / "abbreviations.csv"
    table.write_text(
        "abbr,expansion,kind,other_readings\n"
        'HCA,healthcare assistant,role,"High Cost Area (pay), home care assistant"\n',
        "utf-8",
    )
    assert read_abbreviations(table) == {
        "hca": ("healthcare assistant", "High Cost Area", "home care assistant")
    }
