"""Titles to roles: cases, laws, and floors under the figures on the development titles."""

from __future__ import annotations

import csv
import os
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmh_graph.align.labels import RoleFacts, RoleLabel, RoleLabels, read_labels
from cmh_graph.align.titles.aligner import Aligner
from cmh_graph.align.titles.evaluate import align_gold, measure, read_gold
from cmh_graph.align.titles.title_parts import band_list, title_parts
from cmh_graph.align.wording import rows_of
from cmh_graph.errors import SourceError

CASES = Path(__file__).parent / "cases" / "align"
NHS_ROLES = Path(__file__).resolve().parents[2] / "shared" / "data" / "nhs-sds-job-roles.csv"


@cache
def aligner() -> Aligner:
    return Aligner(read_labels(CASES / "labels.csv"))


def cases(name: str) -> list[Any]:
    found: list[Mapping[str, Any]] = tomllib.loads((CASES / name).read_text(encoding="utf-8"))["case"]
    return [
        pytest.param(
            case,
            id=case.get("title", case["why"]) or "empty",
            marks=[pytest.mark.xfail(reason=case["broken"], strict=True)] if "broken" in case else [],
        )
        for case in found
    ]


@pytest.mark.parametrize("case", cases("titles.toml"))
def test_titles(case: Mapping[str, Any]) -> None:
    found = aligner().align(
        case["title"], band=case.get("band", ""), employer_type=case.get("employer_type", "NHS trust")
    )
    if "zone" in case:
        assert found.zone == case["zone"], f"{case['why']} Got: {found.why}"
    if "role" in case:
        assert found.candidates[0].target == case["role"], f"{case['why']} Got: {found.why}"
    if "not_role" in case:
        assert case["not_role"] not in {one.role for one in found.nearest}, case["why"]


@pytest.mark.parametrize("case", cases("title_parts.toml"))
def test_title_parts(case: Mapping[str, Any]) -> None:
    found = title_parts(case["title"])
    assert list(found.segments) == case["segments"], case["why"]
    assert sorted(found.bands) == case["bands"], case["why"]
    assert [part.kind for part in found.parts] == case["kinds"], case["why"]
    for part in found.parts:
        assert case["title"][part.start : part.end].strip() == part.text


def test_every_case_file_is_used() -> None:
    """Each file of cases is named by a test module, so a suite cannot shrink unseen."""
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert not [path.name for path in CASES.iterdir() if path.name not in tests]


def test_figures_on_development_titles_stay_above_their_floors() -> None:
    """Floors, not figures: benchmarks/align_accuracy.py prints those. The word lists were written with these
    titles in view, so unseen titles will do worse."""
    titles = read_gold(CASES / "title-alignment-dev.csv")
    figures = measure(titles, align_gold(titles, aligner()))
    assert (figures.at_1 or 0) >= 0.92
    assert (figures.at_5 or 0) >= 0.97
    assert (figures.accepted_right or 0) >= 0.95
    assert (figures.none_precision or 0) >= 0.85
    assert (figures.none_recall or 0) >= 0.9
    assert figures.accepted >= 0.6


@pytest.mark.outside
def test_nhs_role_names_all_get_an_answer() -> None:
    if not NHS_ROLES.exists():
        missing = f"{NHS_ROLES} is not there: data another body publishes is kept outside the repository"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with NHS_ROLES.open(encoding="utf-8", newline="") as lines:
        names = [row["display"] for row in csv.DictReader(lines)]
    found = [aligner().align(name) for name in names]
    assert len(found) == 392
    zones = [one.zone for one in found]
    assert zones.count("none") > 200, "most of the list is medical, corporate or technical"
    assert 20 <= zones.count("accept") <= 60


NOISE = ("Band 3", "B5", "Bd 4", "8a", "37.5 hours", "0.6 WTE", "Nights", "Bank", "FTC 12 months", "F/T",
         "fixed term", "maternity cover", "Days/Nights", "Part-time")  # fmt: skip
ROLES = sorted({row["label"] for row in csv.DictReader((CASES / "labels.csv").open(encoding="utf-8"))})


@given(
    st.sampled_from(ROLES),
    st.sampled_from(NOISE),
    st.sampled_from(["{t} {n}", "{n} {t}", "{t} - {n}", "{t} ({n})"]),
)
def test_noise_does_not_change_what_is_left(title: str, noise: str, form: str) -> None:
    assert title_parts(form.format(t=title, n=noise)).segments == title_parts(title).segments


@given(st.sampled_from(ROLES), st.sampled_from(["Nights", "FTC", "37.5 hours", "Bank"]))
@settings(max_examples=50, deadline=None)
def test_noise_does_not_change_the_answer(title: str, noise: str) -> None:
    bare, noisy = aligner().align(title), aligner().align(f"{title} - {noise}")
    assert [(one.role, one.score) for one in bare.nearest] == [(one.role, one.score) for one in noisy.nearest]


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_gets_one_answer_with_sound_numbers(title: str) -> None:
    found = aligner().align(title)
    assert found.zone in {"accept", "review", "none"} and found.why
    assert (found.zone == "none") == (not found.candidates)
    confidences = [one.confidence for one in found.nearest]
    assert all(0 <= one <= 1 for one in confidences)
    assert confidences == sorted(confidences, reverse=True)
    targets = [one.target for one in found.nearest]
    assert len(targets) == len(set(targets)), "a target is listed once, so that accuracy at 5 means something"


@given(st.permutations(ROLES[:12]))
@settings(max_examples=15, deadline=None)
def test_the_order_of_titles_does_not_matter(titles: list[str]) -> None:
    fresh = Aligner(read_labels(CASES / "labels.csv"))
    found = {title: fresh.align(title).why for title in titles}
    assert found == {title: aligner().align(title).why for title in titles}


def test_every_role_that_is_offered_can_be_found_by_its_preferred_label() -> None:
    labels = read_labels(CASES / "labels.csv")
    lost = []
    for label in labels.labels:
        facts = labels.facts[label.role]
        if label.kind != "preferred":
            continue
        found = aligner().align(label.text)
        if found.zone == "none" or found.candidates[0].target != facts.target:
            lost.append((label.text, found.zone, found.why))
    assert not lost


def test_roles_without_target_are_never_accepted_and_groupings_never_offered() -> None:
    labels = read_labels(CASES / "labels.csv")
    for label in labels.labels:
        found = aligner().align(label.text)
        if found.zone == "accept":
            assert labels.facts[found.candidates[0].role].rolls_up_to is not None
        assert all(labels.facts[one.role].offered for one in found.nearest)


def test_confidence_rises_with_score() -> None:
    scored = [one for title in ROLES for one in aligner().align(title).nearest]
    by_score = sorted(scored, key=lambda one: one.score)
    assert [one.confidence for one in by_score] == sorted(one.confidence for one in scored)


def test_explanation_and_score_follow_what_changes() -> None:
    fits = aligner().align("Mental health support worker Band 3")
    far = aligner().align("Mental health support worker Band 7")
    assert far.nearest[0].score < fits.nearest[0].score
    assert "pay band fits" in fits.candidates[0].why
    assert "pay band is" in far.candidates[0].why


def test_labels_without_facts_are_refused() -> None:
    with pytest.raises(SourceError, match="no facts"):
        RoleLabels([RoleLabel("nurse", "Nurse")], [])
    with pytest.raises(SourceError, match="no role label"):
        RoleLabels([RoleLabel("group", "Group")], [RoleFacts("group", None, offered=False)])


def test_one_role_is_enough_to_align() -> None:
    nurse = RoleFacts("nurse", "nurse", registered=True)
    one = Aligner(RoleLabels([RoleLabel("nurse", "Mental health nurse")], [nurse]))
    assert one.align("Mental health nurse").zone == "accept"
    assert one.align("Librarian").zone == "none"


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("3", "3"),
        ("Band 6 to 7", "6 7"),
        ("8a", "8a"),
        ("8a-8c", "8a 8b 8c"),
        ("unpaid", ""),
        ("Band Five", "5"),
        ("n/a", ""),
        ("8", "8a 8b 8c 8d"),
        ("2-4", "2 3 4"),
        ("B6/7", "6 7"),
        ("band3", "3"),
        ("PO2", ""),
        ("Sc6 - SO1", ""),
        ("£24,100", ""),
        ("£19.50 to £21 per hour", ""),
        ("SCP 7-12", ""),
    ],
)
def test_band_list(text: str, bands: str) -> None:
    assert band_list(text) == frozenset(bands.split())


def test_no_word_list_names_a_development_title() -> None:
    """The lists hold words and phrases; whole titles of the development set would be learning by heart."""
    titles = {
        one.title.casefold() for one in read_gold(CASES / "title-alignment-dev.csv") if " " in one.title
    }
    for name in ("same_words.csv", "outside.csv"):
        assert not titles & {row["words"].casefold() for row in rows_of(name)}


def test_measure_counts_what_it_says() -> None:
    titles = read_gold(CASES / "title-alignment-dev.csv")[:3]
    wrong = [replace(one, gold=frozenset({"psychiatrist"})) for one in titles]
    figures = measure(wrong, align_gold(wrong, aligner()))
    assert figures.at_1 == 0 and figures.accepted_right == 0 and figures.none_recall is None
