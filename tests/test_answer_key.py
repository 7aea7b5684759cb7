"""The worked examples against an answer key that people wrote by reading them: tests/cases/align/answer_key.toml
for reports and comparisons, tests/cases/align/posts_key.csv for the role of each post."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from built import framework_store
from cmh_graph import framework
from cmh_graph.align.catalogues.coverage import coverage
from cmh_graph.align.catalogues.posts import Posts, read_posts
from cmh_graph.align.catalogues.rationalise import rationalise
from cmh_graph.align.framework_labels import framework_labels, framework_names, unneeded_qualifications
from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.texts.advert import Difference, compare
from cmh_graph.align.texts.descriptions import Lexicon, read_description

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "align"
KEY = tomllib.loads((CASES / "answer_key.toml").read_text(encoding="utf-8"))
POSTS = list(csv.DictReader((CASES / "posts_key.csv").read_text(encoding="utf-8").splitlines()))
EMPLOYERS = ("northfield", "eastmere")


@cache
def labels() -> RoleLabels:
    return framework_labels(framework_store())


@cache
def posts(employer: str) -> Posts:
    return read_posts(ROOT / "examples" / employer, labels())


@cache
def rationalised(employer: str) -> dict[str, Any]:
    return rationalise(posts(employer), labels()).as_dict()


@pytest.fixture(scope="module")
def covered(framework_snapshots: Path) -> dict[str, dict[str, Any]]:
    """employer -> the coverage report of its list and texts."""
    whole = framework.open(framework_snapshots)
    return {name: coverage(posts(name), whole, lexicon()).as_dict() for name in EMPLOYERS}


@cache
def lexicon() -> Lexicon:
    return Lexicon(framework_names(framework_store()))


@cache
def compared(advert: str, description: str, role: str) -> list[Difference]:
    said, described = ((ROOT / path).read_text(encoding="utf-8") for path in (advert, description))
    return compare(
        said,
        read_description(said, lexicon()),
        described,
        read_description(described, lexicon()),
        unneeded_qualifications(framework_store(), role),
    )


def checks(report: str) -> list[Any]:
    return [
        pytest.param(
            part,
            check,
            id=f"{part.get('post') or Path(part['file']).parent.name}-{number}",
        )
        for part in KEY[report]
        for number, check in enumerate(part["checks"], start=1)
    ]


@pytest.mark.parametrize(("pair", "check"), checks("compare"))
def test_an_advert_and_its_description_differ_as_a_reader_says(
    pair: dict[str, Any], check: dict[str, Any]
) -> None:
    found = compared(pair["advert"], pair["description"], pair["role"])
    said = {(one.about, one.key, one.only_in) for one in found}
    here = any(
        (about, key) == (check["about"], check["key"]) and check["in"] in ("*", side)
        for about, key, side in said
    )
    assert here is check["says"], f"{check['why']}\nreported: {sorted(said)}"


def test_the_key_is_whole() -> None:
    """Every post of both employers has a right answer; every text of the examples stands in a comparison."""
    for employer in EMPLOYERS:
        rows = (ROOT / "examples" / employer / "roles.csv").read_text(encoding="utf-8").splitlines()
        assert [row["key"] for row in csv.DictReader(rows)] == [
            row["key"] for row in POSTS if row["employer"] == employer
        ]
    texts = {str(path.relative_to(ROOT)) for path in ROOT.glob("examples/*/texts/*")}
    assert texts == {pair[side] for pair in KEY["compare"] for side in ("advert", "description")}
    known = set(labels().facts)
    assert {role for row in POSTS for role in row["role"].split(";")} - {"NONE"} <= known
    assert all(row["why"] for row in POSTS)
    assert sum(len(part["checks"]) for report in KEY.values() for part in report) >= 40


@pytest.mark.parametrize("employer", EMPLOYERS)
def test_what_is_accepted_unseen_is_right(employer: str) -> None:
    """Of the posts accepted, at least 95% have a role that the key allows; of all posts, at least 80%.

    A narrower role counts as the role that it rolls up to. A post sent to none is right where the key says NONE."""
    key = {row["key"]: set(row["role"].split(";")) for row in POSTS if row["employer"] == employer}
    found = posts(employer)
    assert not found.rejected
    good = {}
    for one in found.posts:
        rolls = labels().facts[one.role].rolls_up_to if one.role else None
        good[one.key] = bool(({one.role, rolls} if one.role else {"NONE"}) & key[one.key])
    accepted = [one.key for one in found.posts if one.accepted]
    assert len(accepted) >= len(key) * 0.4
    assert sum(good[name] for name in accepted) >= len(accepted) * 0.95, [n for n in accepted if not good[n]]
    assert sum(good.values()) >= len(key) * 0.8, [name for name, is_good in good.items() if not is_good]


@pytest.mark.parametrize(("part", "check"), checks("rationalise"))
def test_titles_are_grouped_as_a_reader_says(part: dict[str, Any], check: dict[str, Any]) -> None:
    found = rationalised(Path(part["file"]).parent.name)
    group_of = {
        key: group["id"] for group in found["groups"] for title in group["titles"] for key in title["keys"]
    }
    assert group_of.keys() == {
        row["key"] for row in POSTS if row["employer"] == Path(part["file"]).parent.name
    }
    if "together" in check:
        assert len({group_of[key] for key in check["together"]}) == 1, check["why"]
    elif "apart" in check:
        assert len({group_of[key] for key in check["apart"]}) == len(check["apart"]), check["why"]
    else:
        eyed = {
            key
            for group in found["groups"]
            for title in group["titles"]
            if title["needs_eye"]
            for key in title["keys"]
        }
        assert set(check["eye"]) <= eyed, check["why"]


@pytest.mark.parametrize(("part", "check"), checks("coverage"))
def test_a_list_is_held_against_the_framework_as_a_reader_says(
    part: dict[str, Any], check: dict[str, Any], covered: dict[str, dict[str, Any]]
) -> None:
    lines = covered[Path(part["file"]).parent.name][check["list"]]
    assert (check["key"] in {line["key"] for line in lines}) is check["says"], check["why"]
