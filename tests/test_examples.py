"""The worked examples: whole, of the promised size, and their workbooks hold the same posts as their tables."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cmh_graph.align.tables.read_table import read_table
from cmh_graph.align.tables.rows import Reject
from cmh_graph.partner import read_partner

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
EMPLOYERS = ("northfield", "eastmere")


def table(employer: str) -> list[dict[str, str]]:
    with (EXAMPLES / employer / "roles.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("employer", EMPLOYERS)
def test_a_catalogue_is_whole(employer: str) -> None:
    partner = read_partner(EXAMPLES / employer)
    assert 60 <= len(partner.posts) <= 100
    about = tomllib.loads((EXAMPLES / employer / "source.toml").read_text(encoding="utf-8"))
    assert (
        about["sha256"]["roles.csv"]
        == hashlib.sha256((EXAMPLES / employer / "roles.csv").read_bytes()).hexdigest()
    )
    assert "made up" in about["owner"]
    assert "made up" in (EXAMPLES / "README.md").read_text(encoding="utf-8")
    described = [post for post in partner.posts if post.description]
    assert 0.8 <= len(described) / len(partner.posts) < 1, "most posts are described, some are not"


@pytest.mark.parametrize("employer", EMPLOYERS)
def test_a_workbook_holds_the_posts_of_its_table(employer: str) -> None:
    found = list(read_table(EXAMPLES / f"{employer}.xlsx").rows)
    rejects = [one for one in found if isinstance(one, Reject)]
    posts = [one for one in found if not isinstance(one, Reject)]
    assert [(one.key, one.title) for one in posts] == [(row["key"], row["title"]) for row in table(employer)]
    # The total at the end of the trust's sheet has no title.
    assert len(rejects) == (1 if employer == "northfield" else 0)
    assert [one.description for one in posts] == [row["description"] for row in table(employer)]
    if employer == "northfield":
        assert [one.band.removeprefix("Band ") for one in posts] == [row["band"] for row in table(employer)]


def test_workbooks_are_made_with_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(EXAMPLES / "make_workbooks.py"), str(tmp_path)], check=True)
    for employer in EMPLOYERS:
        made, kept = tmp_path / f"{employer}.xlsx", EXAMPLES / f"{employer}.xlsx"
        assert made.read_bytes() == kept.read_bytes(), (
            "run examples/make_workbooks.py after a change of roles.csv"
        )


def test_a_text_belongs_to_a_post_of_its_employer() -> None:
    for employer in EMPLOYERS:
        keys = {row["key"] for row in table(employer)}
        for path in (EXAMPLES / employer / "texts").iterdir():
            assert path.stem.rsplit("-", 1)[1] in ("advert", "description")
            assert path.stem.split("-")[0] in keys or path.stem.startswith("support-worker-")
