"""Reports as pages: safe with any text, whole without the network, readable on paper, by ear and on a narrow screen.

html5rdf, a parser of the HTML standard, judges what a browser would make of a page."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5rdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from built import framework_store
from cmh_graph.align.catalogues.coverage import coverage
from cmh_graph.align.catalogues.posts import read_posts
from cmh_graph.align.catalogues.rationalise import rationalise
from cmh_graph.align.framework_labels import framework_labels, framework_names, unneeded_qualifications
from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.pipeline import run
from cmh_graph.align.reports import catalogue as catalogue_reports
from cmh_graph.align.reports.catalogue import coverage_page, rationalise_page
from cmh_graph.align.reports.comparison import LONGEST_QUOTE, TextOfPost, comparison_page, quoted, sections
from cmh_graph.align.texts.advert import compare
from cmh_graph.align.texts.descriptions import Lexicon, read_description
from cmh_graph.reading import read

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "northfield"
HOSTILE = (
    "<script>alert(1)</script> nurse",
    '"><img src=http://evil.example/x onerror=alert(1)>',
    "</style><style>@import 'http://evil.example/';</style> Porter",
    "{{ 7*7 }}{% raw %} Support worker",
    "</details></table><h1>Peer support worker",
    "javascript:alert(1)//Social worker",
    "Healthcare assistant &amp; &lt;b&gt; –‮ Nurse",
)
XHTML = "{http://www.w3.org/1999/xhtml}"


@cache
def labels() -> RoleLabels:
    return framework_labels(framework_store())


@cache
def lexicon() -> Lexicon:
    return Lexicon(framework_names(framework_store()))


def pages_of(path: Path, out: Path) -> dict[str, str]:
    """Every page about one list."""
    run(path, out, labels())
    posts = read_posts(path, labels())
    return {
        "alignment": (out / "report.html").read_text(encoding="utf-8"),
        "rationalise": rationalise_page(rationalise(posts, labels())),
        "coverage": coverage_page(coverage(posts, read(framework_store()), lexicon())),
    }


def comparison(advert: str, description: str, role: str = "peer-support-worker") -> tuple[str, Any]:
    first, second = read_description(advert, lexicon()), read_description(description, lexicon())
    found = compare(advert, first, description, second, unneeded_qualifications(framework_store(), role))
    texts = TextOfPost("advert.txt", advert, first), TextOfPost("description.txt", description, second)
    return comparison_page(found, *texts, labels().name(role)), (found, sections(found, *texts))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    with (folder / "<b>list<b>.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [("key", "title", "band", "description")]
        rows += [(f"<i>{n}", text, "3", text) for n, text in enumerate(HOSTILE)]
        rows += [
            ("", "", "<u>4", "no title"),
            ("k", "Staff nurse", "9", "x " * 80),
            ("k2", "STR wkr", "7", ""),
        ]
        csv.writer(file).writerows(rows)
    made = pages_of(folder / "<b>list<b>.csv", folder / "out")
    texts = [
        (EXAMPLE / "texts" / f"NF030-{side}.txt").read_text("utf-8") for side in ("advert", "description")
    ]
    made["comparison"] = comparison(*(text + "\n- Must have <script>x</script> degree" for text in texts))[0]
    return made


PAGES = ("alignment", "rationalise", "coverage", "comparison")


def elements(page: str, *names: str) -> Iterator[Any]:
    tree = html5rdf.parse(page)
    for one in tree.iter():
        if isinstance(one.tag, str) and (not names or one.tag.removeprefix(XHTML) in names):
            yield one


@pytest.mark.parametrize("name", PAGES)
def test_text_of_a_file_is_never_markup_and_nothing_is_loaded(pages: dict[str, str], name: str) -> None:
    allowed = {
        "html", "head", "meta", "title", "style", "body", "main", "footer", "nav", "h1", "h2", "h3", "p", "ul", "ol",
        "li", "a", "b", "strong", "code", "span", "div", "table", "caption", "thead", "tbody", "tr", "th", "td",
        "details", "summary",
    }  # fmt: skip
    tags = {one.tag.removeprefix(XHTML) for one in elements(pages[name])}
    assert tags <= allowed
    for one in elements(pages[name]):
        assert not {key for key in one.attrib if key.startswith("on") or key in ("src", "style")}
        assert one.attrib.get("href", "#").startswith("#")
    style = [one.text for one in elements(pages[name], "style")]
    assert len(style) == 1
    assert not re.search(r"url\(|@import|expression", style[0])
    policy = [one.attrib["content"] for one in elements(pages[name], "meta") if "http-equiv" in one.attrib]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert "49" not in re.findall(r"\b49\b", pages[name]), "text of a file was run as a template"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_heard_and_walked(pages: dict[str, str], name: str) -> None:
    page = pages[name]
    assert html5rdf.parse(page).attrib.get("lang") == "en-GB"
    ids = [one.attrib["id"] for one in elements(page) if "id" in one.attrib]
    assert len(ids) == len(set(ids))
    links = [one.attrib["href"][1:] for one in elements(page, "a")]
    assert links
    assert set(links) <= set(ids)
    assert len(list(elements(page, "h1"))) == 1
    levels = [int(one.tag[-1]) for one in elements(page, "h1", "h2", "h3")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for table in elements(page, "table"):
        heads = [one for one in table.iter() if one.tag == f"{XHTML}th"]
        assert table[0].tag == f"{XHTML}caption"
        assert "".join(table[0].itertext()).strip()
        assert all(one.attrib.get("scope") in ("col", "row") for one in heads)
    for region in elements(page, "div"):
        if region.attrib.get("role") == "region":
            assert region.attrib["aria-labelledby"] in ids


@pytest.mark.parametrize("name", PAGES)
def test_cells_name_their_column_for_narrow_screens(pages: dict[str, str], name: str) -> None:
    for table in elements(pages[name], "table"):
        head, *rows = [one for one in table.iter() if one.tag == f"{XHTML}tr"]
        columns = ["".join(cell.itertext()).strip() for cell in head]
        for row in rows:
            assert len(row) == len(columns)
            for cell, column in zip(row, columns, strict=True):
                assert cell.attrib.get("data-label", column) == column


def test_all_hostile_titles_are_shown_as_they_are(pages: dict[str, str]) -> None:
    for name in ("alignment", "rationalise", "coverage"):
        text = " ".join("".join(html5rdf.parse(pages[name]).itertext()).split())
        for title in HOSTILE[:6]:
            assert " ".join(title.split()) in text, (name, title)


def test_colours_can_be_read() -> None:
    """WCAG 2.1 AA: 4.5 to 1 for text, by the formula of the recommendation."""
    style = (ROOT / "src/cmh_graph/align/reports/templates/style.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", style))

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    pairs = [("ink", "#ffffff"), ("soft", "#ffffff"), ("link", "#ffffff"), ("soft", colours["fill"]),
             ("ink", colours["fill"]), ("mark", colours["markfill"]), ("ink", colours["markfill"])]  # fmt: skip
    for front, back in pairs:
        high, low = sorted((light(colours[front]), light(back)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (front, back)
    assert "display: table-header-group" in style
    assert "break-inside: avoid" in style
    assert "::details-content" in style


def test_the_same_list_gives_the_same_bytes_and_rows_add_up(tmp_path: Path) -> None:
    # A copy, as the example's own folder holds answers of people, which are counted apart.
    path = Path(shutil.copy(EXAMPLE / "roles.csv", tmp_path / "list.csv"))
    assert pages_of(path, tmp_path / "a") == pages_of(path, tmp_path / "b")
    summary = run(path, tmp_path / "c", labels())
    assert not sum(summary.decided.values())
    assert summary.rows == sum(summary.zones.values()) + summary.rejected
    accepted = sum(one.rows for role in summary.accepted for one in role.titles)
    assert accepted == summary.zones["accept"] == sum(role.rows for role in summary.accepted)
    assert sum(one.rows for one in summary.to_review) == summary.zones["review"]
    assert sum(one.rows for one in summary.unmatched) == summary.zones["none"]


def test_what_people_decided_is_counted_and_not_asked_again(tmp_path: Path) -> None:
    """The example's folder holds a mapping file with answers of people."""
    summary = run(EXAMPLE / "roles.csv", tmp_path, labels())
    listed = sum(one.rows for role in summary.accepted for one in role.titles)
    listed += sum(one.rows for one in (*summary.to_review, *summary.unmatched))
    decided = sum(summary.decided.values())
    assert decided > 0
    assert listed + decided == summary.aligned
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"{decided} decided by people earlier" in page


def test_long_lists_say_where_they_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_reports, "MOST_LISTED", 3)
    page = rationalise_page(rationalise(read_posts(EXAMPLE / "roles.csv", labels()), labels()))
    assert "The largest 3 of" in page
    assert "rationalise.csv" in page
    monkeypatch.setattr("cmh_graph.align.reports.tally.MOST_LISTED", 2)
    summary = run(Path(shutil.copy(EXAMPLE / "roles.csv", tmp_path / "list.csv")), tmp_path, labels())
    assert (len(summary.to_review), sum(len(one.titles) for one in summary.accepted)) == (2, 2)
    assert summary.review_titles > 2
    assert f"The first 2 of {summary.review_titles}" in (tmp_path / "report.html").read_text(encoding="utf-8")


# --- an advert beside its description ------------------------------------------------------------------------


def test_each_difference_stands_in_one_section_with_the_words_of_both_texts() -> None:
    advert = (
        "Band 4, 37.5 hours a week.\nEssential:\n- a level 3 diploma\n- good teamwork\nRegular supervision."
    )
    description = (
        "Band 3. 22.5 hours per week.\nNo formal qualifications are needed.\nDesirable:\n- good teamwork"
    )
    _, (found, made) = comparison(advert, description)
    by_key = {one.key: one for one in made}
    band = by_key["band"].lines
    assert [(one.advert, one.description) for one in band] == [("Band 4, 37.5 hours a week.", "Band 3.")]
    assert by_key["hours"].lines[0].description == "22.5 hours per week."
    assert "level 3 diploma" in by_key["not-needed"].lines[0].advert
    assert by_key["promises"].lines[0].advert == "Regular supervision."
    necessity = {one.what: (one.advert, one.description) for one in by_key["necessity"].lines}
    assert ("good teamwork", "good teamwork") in necessity.values()
    shown = sum(len(one.lines) for one in made)
    unneeded = {(one.key, one.only_in) for one in found if one.about == "not needed"}
    told_once = [one for one in found if one.about == "qualification" and (one.key, one.only_in) in unneeded]
    bands = [one for one in found if one.about == "band"]
    assert shown == len(found) - len(told_once) - max(0, len(bands) - 1)


def test_texts_that_agree_have_no_section() -> None:
    page, (found, made) = comparison("Band 3, 30 hours.", "Band 3, 30 hours.")
    assert not found
    assert not made
    assert "No differences were found." in page


@given(st.text(max_size=400), st.data())
@settings(max_examples=60, deadline=None)
def test_a_quotation_holds_its_words_and_no_more_than_its_length(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 60)))
    said = quoted(text, start, end)
    assert len(said) <= LONGEST_QUOTE + 4
    assert "\n" not in said
    words = text[start:end].strip(" •●▪*–-;\n")
    if words and "\n" not in words and ";" not in words and words == " ".join(words.split()):
        assert words in said
