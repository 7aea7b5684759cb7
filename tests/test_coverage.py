"""Role lists against the framework. Cases in tests/cases/catalogues/coverage.toml."""

from __future__ import annotations

import csv
import json
import shutil
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from built import framework_store
from cmh_graph.align.catalogues.coverage import Coverage, coverage
from cmh_graph.align.catalogues.needs import bands_of, needs_professional_qualification
from cmh_graph.align.catalogues.posts import read_posts, text_kind
from cmh_graph.align.framework_labels import framework_labels, framework_names
from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.texts.descriptions import Lexicon
from cmh_graph.reading import Catalogue, read

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "tests" / "cases" / "catalogues"
CASES = tomllib.loads((FOLDER / "coverage.toml").read_text(encoding="utf-8"))["case"]


@cache
def labels() -> RoleLabels:
    return framework_labels(framework_store())


@cache
def lexicon() -> Lexicon:
    return Lexicon(framework_names(framework_store()))


@cache
def framework() -> Catalogue:
    return read(framework_store())


def found_in(path: Path) -> Coverage:
    return coverage(read_posts(path, labels()), framework(), lexicon())


def written(path: Path, posts: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("key", "title", "band", "description"), *posts])
    return path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"][:45])
def test_a_list_is_held_against_the_framework(case: dict[str, Any], tmp_path: Path) -> None:
    found = found_in(written(tmp_path / "list.csv", case["posts"]))
    said = found.as_dict()
    for name, keys in case.get("has", {}).items():
        assert set(keys) <= {one["key"] for one in said[name]}, (case["why"], name)
    for name, keys in case.get("has_not", {}).items():
        assert not set(keys) & {one["key"] for one in said[name]}, (case["why"], name)
    figures = {one.name: [one.count, one.of] for one in found.figures}
    for name, numbers in case.get("figures", {}).items():
        assert figures[name] == numbers, (case["why"], name)


def test_the_figures_add_up_and_the_answer_keeps_its_shape(tmp_path: Path) -> None:
    posts = [["K1", "Peer support worker", "6", ""], ["K2", "Porter", "2", ""], ["K3", "", "2", ""]]
    found = found_in(written(tmp_path / "list.csv", posts))
    said = json.loads(json.dumps(found.as_dict()))
    assert said["rows"] == 3 == sum(said["basis"].values()) + said["rejected"]
    assert {one["key"] for one in said["roles_without_post"]} | {
        one["key"] for one in said["roles_with_posts"]
    } == {key for key, role in framework().roles.items() if role.form != "grouping"}
    assert all(0 <= one["count"] <= one["of"] for one in said["figures"])
    outlier = said["bands"][0]
    assert {
        "key",
        "row",
        "title",
        "band",
        "role",
        "framework_bands",
        "steps",
        "source",
        "inferred",
        "basis",
    } <= (outlier.keys())
    assert (outlier["band"], outlier["framework_bands"], outlier["direction"]) == ("6", ["3", "4"], "above")
    assert outlier["source"]
    for one in said["skills_not_asked"]:
        assert {"key", "label", "asked_by", "inferred"} == one.keys()
    assert found_in(tmp_path / "list.csv").as_dict() == found.as_dict()


def test_texts_of_a_folder_belong_to_the_post_whose_key_begins_their_name(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "eastmere" / "texts", tmp_path / "texts")
    written(
        tmp_path / "roles.csv",
        [
            ["EM037", "Housing support worker", "", ""],
            ["EM04", "Advocate", "", ""],
            ["EM044", "Advocate", "", ""],
        ],
    )
    (tmp_path / "texts" / "em044-person-specification.txt").write_text("Empathy. " * 80, encoding="utf-8")
    (tmp_path / "texts" / "nobody.txt").write_text("Words.", encoding="utf-8")
    posts = read_posts(tmp_path, labels())
    texts = {one.key: [(text.kind, text.source) for text in one.texts] for one in posts.posts}
    assert texts["EM037"] == [("advert", "EM037-advert.txt"), ("description", "EM037-description.txt")]
    assert texts["EM04"] == []
    assert ("person specification", "em044-person-specification.txt") in texts["EM044"]
    assert any("nobody.txt" in note for note in posts.notes)
    missing = {one["key"]: one for one in found_in(tmp_path).values_missing}
    # The person specification is what values are looked for in, where there is one.
    assert missing["EM044"]["text"] == "em044-person-specification.txt"
    assert "empathy" not in {one["key"] for one in missing["EM044"]["values"]}


def test_answers_of_people_go_before_the_machines(tmp_path: Path) -> None:
    """The folder of the example holds a mapping file; its table alone does not bring it."""
    folder = ROOT / "examples" / "northfield"
    machine, decided = found_in(folder / "roles.csv"), found_in(folder)
    assert machine.decided_by_people == 0
    assert decided.decided_by_people > 0
    assert decided.basis["accepted"] > machine.basis["accepted"]
    assert sum(decided.basis.values()) == sum(machine.basis.values())
    # A healthcare assistant at band 5: the machine leaves it for review, people said what it is.
    basis = [{one["key"]: one["basis"] for one in found.bands}["NF018"] for found in (machine, decided)]
    assert basis == ["review", "accepted"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("NF030-advert", "advert"),
        ("NF030-description", "description"),
        ("NF030", "description"),
        ("NF030_person_spec", "person specification"),
        ("nf030 Person Specification v2", "person specification"),
        ("NF030-job-advertisement", "advert"),
    ],
)
def test_a_files_name_says_what_it_is(name: str, kind: str) -> None:
    assert text_kind(name) == kind


def test_every_regulated_role_needs_a_professional_qualification() -> None:
    for key, role in framework().roles.items():
        needs = needs_professional_qualification(role, framework())
        asked = {
            one.asks_for.key for one in role.requirements if one.kind == "none-required" and one.asks_for
        }
        if role.is_regulated:
            assert needs, key
        elif not {one.kind for one in role.requirements} & {"qualification", "registration", "any-of"}:
            assert not needs, (key, asked)
        bands, source, _ = bands_of(role, framework())
        assert bool(bands) == bool(source), key


def test_every_case_file_is_used() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"coverage.toml", "rationalise.toml"}
