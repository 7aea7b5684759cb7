"""Every page that people open, judged by axe-core in a browser: no violation; nothing wider than a phone. Every
picture, measured there: no text outside its box.

axe-core comes by `make test` (npm), the browser by .ci/run (Debian's chromium); without them the tests are skipped."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from browser import Browser
from built import framework_store, opened_framework
from cmh_graph.align.catalogues.coverage import coverage
from cmh_graph.align.catalogues.posts import read_posts
from cmh_graph.align.catalogues.rationalise import rationalise
from cmh_graph.align.framework_labels import framework_labels, framework_names, unneeded_qualifications
from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.pipeline import run
from cmh_graph.align.reports.catalogue import coverage_page, rationalise_page
from cmh_graph.align.reports.comparison import TextOfPost, comparison_page
from cmh_graph.align.texts.advert import compare
from cmh_graph.align.texts.descriptions import Lexicon, read_description
from cmh_graph.framework import Framework
from cmh_graph.model import Key
from cmh_graph.papers import html, passport
from cmh_graph.papers.catalogue import OF_A_POST
from cmh_graph.papers.development_plan import development_plan
from cmh_graph.papers.post import post_of
from cmh_graph.pathways.answers import gap_answer, progressions_answer
from cmh_graph.pathways.network import network_of
from cmh_graph.pictures import svg
from cmh_graph.pictures.charts import comparison, heat_map
from cmh_graph.pictures.maps import step_map
from cmh_graph.pictures.ways import progression_picture, ways_in_and_on
from cmh_graph.reading import read
from cmh_graph.workforce import read_extract, workforce
from cmh_graph.workforce.files import CHARTS
from cmh_graph.workforce.paper import workforce_paper

ROOT = Path(__file__).resolve().parent.parent
#: Narrowest screen that a page must fit, in CSS pixels.
PHONE = 360
ADVERT = "You will support people at home, keep clear records and work in a team. A degree is essential. " * 8

pytestmark = pytest.mark.outside


@cache
def _framework() -> Framework:
    return opened_framework()


@cache
def _labels() -> RoleLabels:
    return framework_labels(framework_store())


def _post(name: str, role: str, band: str | None = None) -> bytes:
    return html.write(OF_A_POST[name](_framework(), post_of(_framework(), role, band=band)))


def _plan(start: str, to: str) -> bytes:
    found = gap_answer(_framework(), to, start)
    return html.write(development_plan(_framework(), found, start))


def _workforce() -> bytes:
    extract = read_extract(ROOT / "examples" / "northfield-staff.csv")
    found = workforce(
        _framework(), extract.rows, unit=extract.unit, supply="mental-health-nurse", notes=extract.notes
    )
    return html.write(workforce_paper(_framework(), found))


def _alignment(folder: Path) -> bytes:
    run(_list(folder), folder / "out", _labels())
    return (folder / "out" / "report.html").read_bytes()


def _list(folder: Path) -> Path:
    path = folder / "posts.csv"
    path.write_text(
        "Job title,Band\nHCA (Bank),2\nCPN,6\nPeer worker,3\nChief widget officer,\nPeer Support Worker,3\n",
        encoding="utf-8",
    )
    return path


def _rationalise(folder: Path) -> bytes:
    return rationalise_page(rationalise(read_posts(_list(folder), _labels()), _labels())).encode()


def _lexicon() -> Lexicon:
    return Lexicon(framework_names(framework_store()))


def _coverage(folder: Path) -> bytes:
    posts = read_posts(_list(folder), _labels())
    return coverage_page(coverage(posts, read(framework_store()), _lexicon())).encode()


def _comparison(folder: Path) -> bytes:
    advert, description = (
        TextOfPost(name, text, read_description(text, _lexicon()))
        for name, text in (("advert.txt", ADVERT), ("description.txt", ADVERT.replace("degree", "diploma")))
    )
    unneeded = unneeded_qualifications(framework_store(), "peer-support-worker")
    found = compare(advert.text, advert.found, description.text, description.found, unneeded)
    return comparison_page(found, advert, description, "Peer support worker").encode()


PAGES: Mapping[str, Callable[[Path], bytes]] = {
    "job description": lambda _: _post("job-description", "hcsw"),
    "job description at a band": lambda _: _post("job-description", "ahp-support-worker", "3"),
    "job description of a registered role": lambda _: _post("job-description", "mental-health-nurse"),
    "interview pack": lambda _: _post("interview-pack", "peer-support-worker"),
    "development plan": lambda _: _plan("hcsw", "mental-health-nurse"),
    "development plan without a way": lambda _: _plan("volunteer", "hcsw"),
    "passport": lambda _: passport.write(passport.passport_of(_framework(), "peer-support-worker")),
    "passport of a stage": lambda _: passport.write(passport.passport_of(_framework(), "ahp-senior")),
    "workforce view": lambda _: _workforce(),
    "report on an alignment": _alignment,
    "report on a tidier list": _rationalise,
    "report on coverage": _coverage,
    "report on two texts": _comparison,
}


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The one browser of this module."""
    return chromium


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault_and_the_page_fits_a_phone(
    name: str, browser: Browser, axe: str, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(PAGES[name](tmp_path))
    browser.open(page)
    assert _faults(browser, axe) == []
    browser.open(page, PHONE)
    assert browser.value("document.documentElement.scrollWidth") <= PHONE


def test_axe_is_awake(browser: Browser, axe: str, tmp_path: Path) -> None:
    """A page with known faults is found out: a script that never ran would find nothing anywhere."""
    page = tmp_path / "page.html"
    page.write_text(
        "<html><title></title><p style='color:#aaa'>pale<img src=''></p></html>", encoding="utf-8"
    )
    browser.open(page)
    assert {"html-has-lang", "image-alt", "color-contrast"} <= {one[0] for one in _faults(browser, axe)}


def _drawn() -> list[svg.Picture]:
    framework = _framework()
    families = [str(one.key) for one in framework.vocabularies[Key("family")].concepts]
    roles = [role for role in framework.roles.values() if role.form != "grouping"]
    network = network_of(framework)
    found = [step_map(framework), *(step_map(framework, family=one) for one in families), heat_map(framework)]
    found += [drawn for role in roles if (drawn := ways_in_and_on(framework, role)) is not None]
    found += [comparison(framework, one, other) for one, other in pairwise(roles)]
    for role in roles:
        answer = progressions_answer(framework, network, "jobseeker", role.key, k=1)
        found += [progression_picture(framework, one) for one in answer.progressions if one.steps]
    extract = read_extract(ROOT / "examples" / "northfield-staff.csv")
    view = workforce(framework, extract.rows, unit=extract.unit)
    return [*found, *(chart(view) for chart in CHARTS.values())]


#: Texts that stand outside the box of their group, or outside the picture.
_STRAY = """
[...document.querySelectorAll("svg")].flatMap(svg => {
  const whole = svg.viewBox.baseVal;
  const within = (one, box) => one.x >= box.x - 1 && one.y >= box.y - 1
    && one.x + one.width <= box.x + box.width + 1 && one.y + one.height <= box.y + box.height + 2;
  return [...svg.querySelectorAll("text")].filter(text => {
    const box = text.parentElement.querySelector(":scope > rect"), own = text.getBBox();
    return !within(own, whole) || (text.parentElement.tagName === "g" && box && !within(own, box.getBBox()));
  }).map(text => [svg.querySelector("title").textContent, text.textContent]);
})
"""


def test_no_text_leaves_its_box_or_its_picture(browser: Browser, tmp_path: Path) -> None:
    pictures = _drawn()
    assert len(pictures) > 100
    probe = "Confidentiality, consent and sharing information"
    drawn = "".join(one.markup(f"p{n}-") for n, one in enumerate(pictures))
    page = tmp_path / "page.html"
    page.write_text(
        f'<!doctype html><svg id="probe"><title>t</title><text font-family="Arial" font-size="100" y="80">{probe}'
        f"</text></svg><body>{drawn}",
        encoding="utf-8",
    )
    browser.open(page)
    width = browser.value("document.querySelector('#probe text').getBBox().width")
    if abs(width / svg.width_of(probe, 100) - 1) > 0.01:
        pytest.skip(
            "neither Arial nor letters of its widths are installed (Debian: apt-get install fonts-liberation)"
        )
    browser.value("document.querySelector('#probe').remove()")
    assert browser.value(_STRAY) == []
    # The measure is awake: a text that is too long for its box, and one outside its picture, are found.
    long = svg.group("g", [svg.box(1, 1, 50, 20, "#fff"), svg.words(3, 15, probe)])
    bad = svg.Picture(400, 40, "bad", "d", (long, svg.words(380, 30, "outside")))
    browser.value(f"document.body.insertAdjacentHTML('beforeend', {json.dumps(bad.markup('bad-'))}); 0")
    assert browser.value(_STRAY) == [["bad", probe], ["bad", "outside"]]


def _faults(browser: Browser, script: str) -> list[Any]:
    browser.value(f"{script}; 0")
    found: list[Any] = browser.value(
        "axe.run().then(r => r.violations.map(v => [v.id, v.impact, v.nodes.map(n => n.html.slice(0, 150))]))"
    )
    return found
