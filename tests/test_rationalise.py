"""Role lists: which titles are one role in disguise. Cases in tests/cases/catalogues/rationalise.toml."""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
import tempfile
import tomllib
from collections import defaultdict
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from built import framework_store
from cmh_graph.align.catalogues import posts as posts_module
from cmh_graph.align.catalogues.eye import CODES
from cmh_graph.align.catalogues.groups import group_posts
from cmh_graph.align.catalogues.posts import Post, Posts, band_name, band_of_pay, read_posts
from cmh_graph.align.catalogues.rationalise import COLUMNS, Rationalisation, csv_lines, rationalise
from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.align.labels import RoleLabels
from cmh_graph.errors import SourceError

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"
CASES = tomllib.loads((ROOT / "tests/cases/catalogues/rationalise.toml").read_text(encoding="utf-8"))["case"]
NHS, MIXED = SHARED / "nhs-sds-job-roles.csv", SHARED / "cmh-relevant-job-titles.csv.gz"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not in this checkout")


@cache
def labels() -> RoleLabels:
    return framework_labels(framework_store())


def found_in(path: Path, rows: list[tuple[str, str]]) -> Rationalisation:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("key", "title", "band"), *((f"K{n}", t, b) for n, (t, b) in enumerate(rows))]
        )
    return rationalise(read_posts(path, labels()), labels())


def split(text: str) -> tuple[str, str]:
    title, _, band = text.partition(" | ")
    return title, band


def groups_of(found: Rationalisation) -> dict[str, set[str]]:
    """Title -> the groups it is in."""
    places: dict[str, set[str]] = defaultdict(set)
    for group in found.groups:
        for one in group.titles:
            places[one.title].add(group.id)
    return places


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"][:45])
def test_a_list_is_grouped(case: dict[str, Any], tmp_path: Path) -> None:
    found = found_in(tmp_path / "list.csv", [split(one) for one in case["titles"]])
    places = groups_of(found)
    for titles in case.get("together", []):
        assert len(set.union(*(places[one] for one in titles))) == 1, (case["why"], titles)
    for titles in case.get("apart", []):
        for one, other in combinations(titles, 2):
            assert not places[one] & places[other], (case["why"], one, other)
    uses = {one.title: one for group in found.groups for one in group.titles}
    for title, codes in case.get("eye", {}).items():
        assert set(codes) <= set(uses[title].codes), (case["why"], title, uses[title].why)
    for title in case.get("quiet", []):
        assert not uses[title].needs_eye, (case["why"], title, uses[title].why)
    for title, house in case.get("house", {}).items():
        assert uses[title].house_title == house


def rows_once(found: Rationalisation, count: int) -> None:
    numbers = [number for group in found.groups for one in group.titles for number in one.row_numbers]
    assert sorted(numbers) == list(range(1, count + 1))
    assert all(group.rows == sum(one.rows for one in group.titles) for group in found.groups)
    assert len(list(csv_lines(found))) == count + 1
    assert {code for group in found.groups for one in group.titles for code in one.codes} <= CODES.keys()


_TITLES = sorted({split(one)[0] for case in CASES for one in case["titles"]})
_NOISE = ("", " - Nights", " (Bank)", " B3", " CMHT East", "/", " of")


@cache
def aligned() -> tuple[Post, ...]:
    """Every title of the cases with every noise and two bands, and some that are hardly titles, as aligned posts."""
    odd = ["=1+1", "™", "- -", "of the", "B5", "12345", "a", "ﬁ nurse", "Nurse nurse nurse", "/////x"]
    rows = [(title + noise, band) for title in _TITLES for noise in _NOISE for band in ("", "3", "SO1")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("title", "band"), *rows, *((one, "") for one in odd)])
        return tuple(read_posts(path, labels()).posts)


@given(st.data(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_every_row_is_in_one_group_and_the_order_of_the_list_does_not_matter(
    data: st.DataObject, order: random.Random
) -> None:
    drawn = data.draw(st.lists(st.sampled_from(aligned()), min_size=1, max_size=40))
    posts = [replace(one, row=number) for number, one in enumerate(drawn, start=1)]
    rows_once(rationalise(Posts("drawn", posts, [], 0, {}), labels()), len(posts))
    mixed = list(posts)
    order.shuffle(mixed)

    def parts(listed: list[Post]) -> set[frozenset[int]]:
        return {
            frozenset(member.post.row for member in group.members) for group in group_posts(listed, labels())
        }

    assert parts(mixed) == parts(posts)


#: Words of level and age by plain search in the title as written: another way than the software's own.
_APART = {
    name: re.compile(pattern, re.I)
    for name, pattern in (
        ("senior", r"\b(?:senior|snr)\b"),
        ("learner", r"\b(?:student|trainee|apprentice|cadet)"),
        ("manager", r"\bmanag"),
        ("consultant", r"\bconsultant\b"),
        ("specialist practitioner", r"\bspecialist practitioner\b"),
        ("principal", r"\bprincipal\b"),
        ("advanced", r"\badvanced\b"),
        ("director", r"\bdirector\b"),
        ("deputy", r"\bdeputy\b"),
        ("children", r"\bchild|\byouth\b|\bpaediatric|\byoung\b|\bnursery\b"),
        ("learning disability", r"\blearning disabilit"),
        ("music", r"\bmusic\b"),
        ("drama", r"\bdrama"),
    )
}


@needs_shared
@pytest.mark.parametrize(
    ("path", "count", "most"), [(NHS, 392, 390), (MIXED, 869, 760)], ids=["nhs", "mixed"]
)
def test_the_worked_examples_hold_no_merge_across_levels_or_ages(path: Path, count: int, most: int) -> None:
    found = rationalise(read_posts(path, labels()), labels())
    rows_once(found, count)
    for group in found.groups:
        for name, pattern in _APART.items():
            said = {bool(pattern.search(one.title)) for one in group.titles}
            assert len(said) == 1, (name, [one.title for one in group.titles])
    # Doubles and spellings do come together.
    assert len(found.groups) <= most
    assert rationalise(read_posts(path, labels()), labels()).as_dict() == found.as_dict()


def test_the_answer_for_programs_keeps_its_shape(tmp_path: Path) -> None:
    found = found_in(tmp_path / "list.csv", [("Porter", "2"), ("HCA", "2"), ("Healthcare assistant", "3")])
    said = json.loads(json.dumps(found.as_dict()))
    assert {
        "file",
        "rows",
        "rejected",
        "method",
        "version",
        "counts",
        "groups",
        "spelt_differently",
        "one_title_many",
    } <= (said.keys())
    group = next(one for one in said["groups"] if one["rows"] == 2)
    assert {"id", "role", "role_label", "band", "bands", "framework_bands", "house_title", "level", "registered",
            "basis", "house_titles"} <= group.keys()  # fmt: skip
    assert (group["role"], group["bands"], group["framework_bands"]) == ("hcsw", {"2": 1, "3": 1}, ["2", "3"])
    assert [one["band"] for one in group["house_titles"]] == ["2", "3"]
    use = group["titles"][0]
    assert (use["title"], use["rows"], use["row_numbers"], use["keys"]) == ("HCA", 1, [2], ["K1"])
    porter = next(one for one in said["groups"] if one["rows"] == 1)
    assert (porter["role"], porter["basis"]) == (None, "alone")


def test_cells_of_the_csv_start_no_formula(tmp_path: Path) -> None:
    found = found_in(tmp_path / "list.csv", [("=HYPERLINK(1) nurse", "@SUM"), ("+44 porter", "-1")])
    header, *lines = csv_lines(found)
    assert header == COLUMNS
    assert [line[0] for line in lines] == ["1", "2"]
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@"))]


def test_a_packed_list_is_read_and_a_bomb_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "list.csv.gz"
    packed.write_bytes(gzip.compress(b"title\nPorter\nNurse\n"))
    assert [one.title for one in read_posts(packed, labels()).posts] == ["Porter", "Nurse"]
    monkeypatch.setattr(posts_module, "MOST_UNPACKED", 1000)
    packed.write_bytes(gzip.compress(b"title\n" + b"Porter\n" * 300_000))
    with pytest.raises(SourceError, match="unpacks to more than"):
        read_posts(packed, labels())
    packed.write_bytes(b"\x1f\x8bnothing")
    with pytest.raises(SourceError, match="cannot be read"):
        read_posts(packed, labels())
    monkeypatch.setattr(posts_module, "MOST_POSTS", 1)
    (tmp_path / "long.csv").write_text("title\nPorter\nNurse\n", encoding="utf-8")
    with pytest.raises(SourceError, match="more than 1 posts"):
        read_posts(tmp_path / "long.csv", labels())


@pytest.mark.parametrize(
    ("text", "bands", "why"),
    [
        ("3", "3", "a bare band"),
        ("Band 6", "6", "the usual words"),
        ("AfC Band 8a", "8a", "with the scheme's name"),
        ("B5 - 6", "5-6", "a range"),
        ("Band 4 or 5", "4-5", "a choice"),
        ("Scale 5", "", "a council's scale point"),
        ("SO1", "", "a council's grade"),
        ("PO2", "", "a council's grade"),
        ("£24,300", "", "a salary"),
        ("Grade 7", "", "another employer's grade"),
        ("", "", "nothing"),
    ],
)
def test_only_agenda_for_change_bands_are_bands(text: str, bands: str, why: str) -> None:
    assert band_name(band_of_pay(text)) == bands, why
