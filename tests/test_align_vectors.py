"""The title vectors, the re-ranker's coefficients, and the figures that depend on limits."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmh_graph.align.labels import RoleFacts, RoleLabel, RoleLabels, read_labels
from cmh_graph.align.titles.aligner import Aligner
from cmh_graph.align.titles.evaluate import (
    GoldTitle,
    Judged,
    calibration_error,
    choose_limits,
    coverage_at,
    f1_of_proposed,
    judge,
    read_gold,
)
from cmh_graph.align.titles.features import Features
from cmh_graph.align.titles.rerank import IN_WORDS, chance, decisive, log_odds, shipped, values
from cmh_graph.align.titles.score import Weights
from cmh_graph.align.titles.vectors import TitleVectors, split_words, title_vectors
from cmh_graph.align.titles.zones import Limits

CASES = Path(__file__).parent / "cases" / "align"
DATA = resources.files("cmh_graph.align").joinpath("data")


@cache
def aligner() -> Aligner:
    return Aligner(read_labels(CASES / "labels.csv"))


def likeness(one: str, other: str) -> float:
    left, right = title_vectors().of([one, other])
    return float(left @ right)


def test_the_table_is_at_most_eight_megabytes_with_its_vocabulary() -> None:
    assert len(DATA.joinpath("title_vectors.npz").read_bytes()) <= 8_000_000


@pytest.mark.parametrize(
    ("title", "near", "far"),
    [
        ("cleaner", "janitor", "surgeon"),
        ("lorry driver", "truck driver", "lorry mechanic"),
        ("attorney", "solicitor", "electrician"),
        ("shop assistant", "sales clerk", "dental assistant"),
    ],
)
def test_synonyms_are_nearer_than_words_in_common(title: str, near: str, far: str) -> None:
    assert likeness(title, near) > likeness(title, far)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_vector_has_length_one_or_is_empty(text: str) -> None:
    (vector,) = title_vectors().of([text])
    assert np.isfinite(vector).all()
    assert float(np.linalg.norm(vector)) == pytest.approx(1.0, abs=1e-4) or not vector.any()


def test_case_accents_and_punctuation_do_not_matter() -> None:
    assert likeness("Café & Bar MANAGER", "cafe and bar - manager") == pytest.approx(1.0, abs=1e-5)
    assert split_words("Men's Health (Adults)") == ["mens", "health", "adults"]


def test_a_word_is_cut_into_the_longest_known_pieces() -> None:
    table = TitleVectors(["nurse", "nur", "##se", "##s"], np.ones((4, 2), np.int8), np.ones(4, np.float16))
    assert table.pieces("nurses") == [0, 3]
    assert table.pieces("nurxy") == []
    assert table.pieces("n" * 1000) == []


def test_an_unknown_script_has_no_vector_and_still_an_answer() -> None:
    assert not title_vectors().of(["护士", ""]).any()
    assert aligner().align("护士").zone == "none"


def test_importing_the_package_does_not_read_the_table() -> None:
    code = (
        "import cmh_graph.align.pipeline, cmh_graph.align.titles.vectors as v, sys;"
        "assert v.title_vectors.cache_info().currsize == 0; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# --- the re-ranker ---


def any_features() -> Features:
    return aligner().align("Mental health support worker", band="3").nearest[0].features


def test_every_feature_has_a_coefficient_and_a_name() -> None:
    assert set(values(any_features())) == set(shipped().of) == set(IN_WORDS)


def test_coefficients_point_the_way_a_reader_expects() -> None:
    of = shipped().of
    assert all(of[name] > 0 for name in ("label_covered", "title_covered", "head", "exact", "meaning",
                                         "meaning_lead", "in_field"))  # fmt: skip
    assert all(of[name] < 0 for name in ("keyword_missing", "no_target", "level_clash", "band_distance",
                                         "doubt", "unexplained", "weak"))  # fmt: skip
    assert shipped().slope > 0


def test_log_odds_undo_chance() -> None:
    for share in (0.001, 0.3, 0.5, 0.999):
        assert chance(log_odds(share)) == pytest.approx(share)
    assert 0 < chance(-1e9) < chance(1e9) <= 1


def test_the_decisive_features_are_those_that_differ() -> None:
    features = any_features()
    good, clash = (shipped().parts(one) for one in (features, features._replace(level_clash=True)))
    assert decisive(good, clash) == [IN_WORDS["level_clash"]]
    assert decisive(good, good) == []


def test_the_parts_add_up_to_the_score() -> None:
    scored = aligner().align("Recovery worker").nearest[0]
    total = shipped().start + sum(shipped().parts(scored.features).values())
    assert chance(total) == pytest.approx(scored.score)


def test_the_explanation_names_meaning_only_where_it_is_near() -> None:
    for title in ("Behavioral Health Technician", "Nursing aide", "Jobs coach", "Psychiatric orderly"):
        for one in aligner().align(title).candidates:
            features = one.scored.features
            said = features.meaning >= 0.6 and not features.exact
            assert ("near in meaning" in one.why) == said


def test_an_unseen_synonym_is_found_by_meaning() -> None:
    with_vectors = aligner().align("Nursing aide").nearest
    assert with_vectors[0].target == "mental-health-support-worker"


def test_without_vectors_meaning_counts_nothing() -> None:
    plain = Aligner(read_labels(CASES / "labels.csv"), weights=Weights(vectors=False))
    assert all(one.features.meaning == 0 for one in plain.align("Nursing aide").nearest)


@pytest.mark.parametrize("title", ["Receptionist", "Personal assistant", "Supervisor", "Operational manager"])
def test_a_name_of_any_trade_is_not_accepted_without_a_word_of_care(title: str) -> None:
    assert aligner().align(title).zone != "accept"


def test_evidence_of_care_comes_from_title_description_or_employer() -> None:
    labels = RoleLabels([RoleLabel("admin", "Receptionist")], [RoleFacts("admin", "admin", frozenset({"2"}))])
    one = Aligner(labels)

    def weak(title: str, description: str = "", employer: str = "") -> bool:
        found = one.align(title, employer_type=employer, description=description)
        return found.nearest[0].features.weak

    assert weak("Receptionist")
    assert not weak("Receptionist - ward")
    assert not weak("Receptionist", description="patient")
    assert not weak("Receptionist", employer="NHS trust")


# --- figures that depend on limits ---


def judged(confidence: float, right: bool, gold: bool = True, clash: bool = False) -> Judged:
    title = GoldTitle("", "", "", "", "", frozenset({"a"} if gold else ()), "plain")
    return Judged(title, int(right), confidence, clash, False, ("a",), "review")


def test_figures_on_made_up_answers() -> None:
    held = [judged(0.9, True), judged(0.8, True), judged(0.7, False), judged(0.1, False, gold=False)]
    assert coverage_at(held) == 0.5
    assert coverage_at(held, 0.6) == 0.75
    assert calibration_error([judged(0.95, True)] * 20) == pytest.approx(0.05)
    tried = [one.under(Limits(accept=0.75, review=0.5)) for one in held]
    assert [one.zone for one in tried] == ["accept", "accept", "review", "none"]
    assert f1_of_proposed(tried) == pytest.approx(2 * 2 / (3 + 3))
    chosen = choose_limits(held)
    assert 0.7 < chosen.accept <= 0.8 and chosen.review > 0.1


def test_judging_with_the_shipped_limits_gives_the_zone_of_the_pipeline() -> None:
    for title in read_gold(CASES / "title-alignment-dev.csv"):
        found = judge(title, aligner())
        assert found.under(aligner().limits).zone == found.zone
