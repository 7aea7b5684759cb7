"""The common form of measurements: what a ratio means, when a line is met, what moved, where results go."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
try:
    import record
    import whole
    from recording import baseline, plots
    from recording.lines import Growth, Line, growth_of, line_of
    from recording.reasons import Reason, reason_of
    from recording.reasons import read as read_reasons
finally:
    sys.path.remove(str(ROOT / "benchmarks"))


def _line(**given: object) -> Line:
    fields: dict[str, object] = {
        "work": "w",
        "scale": "1x",
        "unit": "s",
        "ours": [2.0],
        "theirs": [4.0],
        "peer": "p",
    }
    return Line(**{**fields, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("better", "ours", "theirs", "ratio"),
    [
        ("lower", [2.0], [4.0], (2, 2, 2)),
        ("higher", [2.0], [4.0], (0.5, 0.5, 0.5)),
        # Of each round, and not of the medians: the sides met the same machine in it.
        ("lower", [1.0, 2.0, 4.0], [3.0, 4.0, 4.0], (2, 1, 3)),
        # Unequal rounds: of the medians, and the ends of both.
        ("higher", [10.0, 20.0, 30.0], [10.0], (2, 1, 3)),
    ],
)
def test_a_ratio_above_one_means_that_ours_is_better(
    better: str, ours: list[float], theirs: list[float], ratio: tuple[float, float, float]
) -> None:
    found = _line(better=better, ours=ours, theirs=theirs).ratio
    assert found is not None
    assert (found.median, found.least, found.most) == ratio


@pytest.mark.parametrize(
    ("given", "met"),
    [
        ({}, None),
        ({"wanted": 2.0}, True),
        ({"wanted": 2.1}, False),
        ({"wanted": 2.0, "equal": False}, False),
        ({"equal": False}, False),
        ({"bound": 2.0}, True),
        ({"bound": 1.9}, False),
        ({"bound": 3.0, "wanted": 5.0}, False),
        ({"bound": 3.0, "better": "higher"}, False),
        ({"wanted": 1.0, "wrong": "a server ended"}, False),
        ({"wanted": 1.0, "ahead": 0.1, "accuracy": {"ours": 0.8, "p": 0.7}}, True),
        ({"wanted": 1.0, "ahead": 0.2, "accuracy": {"ours": 0.8, "p": 0.7}}, False),
    ],
)
def test_a_line_is_met_if_all_that_is_wanted_is_reached(given: dict[str, object], met: bool | None) -> None:
    assert _line(**given).met is met


@pytest.mark.parametrize(
    "given",
    [{"ours": []}, {"peer": ""}, {"theirs": []}, {"limit": 3.0}, {"theirs": [], "peer": "", "wanted": 1.0}],
)
def test_a_line_that_says_too_little_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"w, 1x"):
        _line(**given)


def test_growth_is_the_slope_of_the_logarithms_and_ours_above_the_limit_needs_a_reason() -> None:
    square = Growth("w", "ours", "s", {1: 1.0, 10: [100.0, 99.0, 101.0], 100: 10_000.0})
    assert square.exponent == pytest.approx(2)
    assert not square.explained
    assert Growth("w", "ours", "s", square.points, why="pairs").explained
    assert Growth("w", "a peer", "s", square.points).explained
    assert Growth("w", "ours", "s", {1: 1.0, 1000: 1500.0}).explained


def test_results_are_read_back_as_they_were_written() -> None:
    line = _line(wanted=1 / 1.5, equal=True, accuracy={"ours": 0.9}, limit=1.0, limit_is="zstd", note="n")
    assert line_of(line.as_json()).as_json() == line.as_json()
    growth = Growth("w", "ours", "s", {1: 1.0, 1000: [2.0]}, why="because")
    assert growth_of(growth.as_json()).as_json() == growth.as_json()


def test_what_moved_by_more_than_a_quarter_is_named() -> None:
    base = {
        "lines": [_line(scale=scale, theirs=[4.0]).as_json() for scale in ("same", "near", "far", "gone")]
    }
    fresh = [_line(scale="same"), _line(scale="near", theirs=[4.9]), _line(scale="far", theirs=[2.0])]
    said = baseline.moved({"lines": [line.as_json() for line in fresh]}, base)
    assert [sentence.split(":")[0] for sentence in said] == ["w | far | p", "w | gone | p"]
    assert "WORSE" in said[0]


@pytest.fixture
def trial(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Path]:
    options = argparse.Namespace(quick=True, results=tmp_path)
    with record.Record("trial", "A trial", options, {"peer": "1.0"}) as made:
        made.line(_line(wanted=3.0, note="a | b <i>"))
        made.growth(Growth("load", "ours", "s", {1: 1.0, 10: 10.0}))
    assert made.code == 1, "a line is short"
    yield tmp_path


def test_a_part_writes_its_results_and_the_table_over_all_names_them(trial: Path) -> None:
    assert sorted(path.name for path in trial.iterdir()) == [
        "trial-growth-1.svg", "trial-ratios.svg", "trial.json", "trial.md",
    ]  # fmt: skip
    page = (trial / "trial.md").read_text(encoding="utf-8")
    assert "A trial: small" in page
    assert "a \\| b &lt;i>" in page
    assert "**short**" in page


def test_a_trial_never_goes_where_results_are_committed() -> None:
    made = record.Record("trial", "A trial", argparse.Namespace(quick=True, results=None))
    assert made.folder != record.RESULTS
    assert record.Record("x", "X", argparse.Namespace(quick=False, results=None)).folder == record.RESULTS


def test_an_error_inside_writes_nothing(tmp_path: Path) -> None:
    options = argparse.Namespace(quick=True, results=tmp_path)
    with pytest.raises(ZeroDivisionError), record.Record("trial", "A trial", options):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_every_part_of_the_whole_is_a_script() -> None:
    for part in whole.PARTS:
        assert part.path.is_file(), part.name
        assert re.search(rf'Record\(\s*"{part.name}"', part.path.read_text(encoding="utf-8")), part.name


def test_a_line_that_is_short_is_told_with_its_reason() -> None:
    met, short = (
        _line(work="fast", ours=[1.0], theirs=[9.0], wanted=2.0),
        _line(work="slow", ours=[9.0], theirs=[1.0], wanted=2.0),
    )
    given = [
        Reason("x", ("* | nothing",), "No.", "0001-x.md"),
        Reason("x", ("slow | *",), "It is.", "0001-x.md"),
    ]
    assert reason_of(given, "x", short) == given[1]
    assert reason_of(given, "y", short) is None, "of another part"
    assert reason_of(given, "x", met) is None


def test_what_is_committed_is_met_or_explained_and_no_reason_is_left_over() -> None:
    """The table of results promises a reason for each line that is short; one for a line that is met misleads."""
    given, used = read_reasons(), set()
    for part, body in whole.results(record.RESULTS).items():
        for line in map(line_of, body["lines"]):
            reason = reason_of(given, part, line)
            assert line.met is not False or reason is not None, f"{part}: {line.key}"
            used.add(reason)
    assert [one for one in given if one not in used] == []
    for one in given:
        assert (record.ROOT / "docs" / "decisions" / one.decision).is_file(), one.decision


def test_plots_are_drawn_for_any_figures() -> None:
    lines = [_line(), _line(ours=[1e-6], theirs=[1e6], wanted=2.0, scale="x" * 300), _line(ours=[5.0, 6.0])]
    assert plots.ratios("<&>", lines).startswith(b"<svg")
    points = Growth("w", "ours", "s", {1: 0.0, 10: 1e-7, 1000: 1e9})
    assert plots.growth("t", "s", [points]).startswith(b"<svg")
