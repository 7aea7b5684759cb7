"""The map of the framework: every role once in the picture and once in the lists, filters that say what they do, and
nothing that only a picture tells."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import html5rdf
import pytest
from fastapi.testclient import TestClient

from browser import Browser
from cmh_graph.api.app import create_app
from cmh_graph.framework import Framework
from cmh_graph.model import Role
from cmh_graph.pictures.band_map import NO_BAND, UNPAID, band_map, column_of, families_of
from cmh_graph.settings import Settings
from test_assess_pages import NARROW, fw, site  # noqa: F401 -- fixtures

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def roles(fw: Framework) -> list[Role]:  # noqa: F811
    return [role for role in fw.roles.values() if role.form != "grouping"]


@pytest.fixture(scope="module")
def client(fw: Framework) -> TestClient:  # noqa: F811
    return TestClient(create_app(Settings(), fw), raise_server_exceptions=False)


def _main(page: str) -> ElementTree.Element:
    tree = html5rdf.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    found = tree.find(".//main")
    assert found is not None
    return found


def _listed(main: ElementTree.Element) -> list[str]:
    """The roles at the first place of each line of the lists, in order."""
    lists = [one for one in main.iter("ul") if one.get("class") == "app-band-list"]
    return [
        link.get("href", "")
        for one in lists
        for band in one.findall("li/ul")
        for line in band.findall("li")
        for link in line.findall("a")
    ]


def _pictured(main: ElementTree.Element) -> list[str]:
    return [
        link.get("href", "")
        for one in main.iter()
        if str(one.tag).rpartition("}")[2] == "svg"
        for link in one.iter()
        if str(link.tag).rpartition("}")[2] == "a"
    ]


def test_every_role_stands_once_in_the_picture_and_once_in_the_lists(
    client: TestClient, roles: list[Role]
) -> None:
    answer = client.get("/map")
    assert answer.status_code == 200
    main = _main(answer.text)
    wanted = sorted(f"/role/{role.key}" for role in roles)
    assert sorted(_pictured(main)) == wanted
    assert sorted(_listed(main)) == wanted


def test_every_step_from_a_role_and_from_outside_is_in_the_lists(client: TestClient, fw: Framework) -> None:  # noqa: F811
    text = client.get("/map").text
    for step in fw.steps.values():
        if step.to_position.kind == "role" or step.from_position.kind == "role":
            assert f'href="/{step.from_position.kind}/{step.from_position.key}"' in text
            assert f'href="/{step.to_position.kind}/{step.to_position.key}"' in text
    assert text.count("Our judgement") > 20


@pytest.mark.parametrize(
    ("query", "least"),
    [
        ("family=nursing", 4),
        ("band=3", 10),
        (f"band={UNPAID}", 4),
        (f"band={NO_BAND.replace(' ', '+')}", 5),
        ("entry=yes", 15),
        ("setting=community-mental-health-team", 5),
        ("family=support-workforce&entry=yes&band=2", 1),
        ("family=medical&entry=yes", 0),
    ],
)
def test_a_filter_shows_just_what_it_says(
    client: TestClient, roles: list[Role], query: str, least: int
) -> None:
    asked = dict(part.split("=") for part in query.replace("+", " ").split("&"))
    main = _main(client.get(f"/map?{query}").text)
    shown = _listed(main)
    wanted = [
        role
        for role in roles
        if asked.get("family", role.family) == role.family
        and ("setting" not in asked or asked["setting"] in role.settings)
        and ("band" not in asked or asked["band"] in (role.bands or (column_of(role),)))
        and (
            "entry" not in asked
            or any(
                need.kind == "none-required" and need.asks_for and need.asks_for.kind == "qualification"
                for need in role.requirements
            )
        )
    ]
    assert sorted(shown) == sorted(f"/role/{role.key}" for role in wanted) == sorted(_pictured(main))
    assert len(shown) >= least
    text = " ".join("".join(main.itertext()).split())
    assert f"{len(shown)} role" in text and "Show all" in text
    assert ("No role is like that" in text) == (not shown)
    if shown:
        assert all(one.get("open") is not None for one in main.iter("details"))


@pytest.mark.parametrize(
    "query", ["family=nobody", "setting=%3Cscript%3E", "band=33", "band=" + "9" * 5000, "colour=red"]
)
def test_a_choice_that_there_is_not_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/map?{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "<script>" not in answer.text.replace('<script src="/assets', "").replace(
        '<script type="module"', ""
    )


def test_boxes_of_the_picture_do_not_lie_on_one_another(fw: Framework, roles: list[Role]) -> None:  # noqa: F811
    for chosen in (roles, [role for role in roles if role.family == "psychological-professions"], roles[:1]):
        drawn = band_map(fw, chosen)
        tree = ElementTree.fromstring(drawn.markup())
        boxes = [
            tuple(float(box.get(name, "0")) for name in ("x", "y", "width", "height"))
            for group in tree.iter(f"{SVG}g")
            for box in group.findall(f"{SVG}rect")
        ]
        assert len(boxes) == len(chosen)
        for x, y, width, height in boxes:
            assert x >= 0 and x + width <= drawn.width and y >= 0 and y + height <= drawn.height
        for number, (x, y, width, height) in enumerate(boxes):
            for u, v, wide, high in boxes[number + 1 :]:
                assert x + width <= u or u + wide <= x or y + height <= v or v + high <= y
    assert band_map(fw, roles).markup() == band_map(fw, roles).markup()


def test_pay_rises_from_left_to_right_and_no_band_is_no_place_among_the_bands(
    fw: Framework,  # noqa: F811
    roles: list[Role],
) -> None:
    tree = ElementTree.fromstring(band_map(fw, roles).markup())
    left = {}
    for group in tree.iter(f"{SVG}g"):
        title, box = group.find(f"{SVG}title"), group.find(f"{SVG}rect")
        if title is not None and box is not None:
            left[title.text] = float(box.get("x", "0"))
    order = [UNPAID, *map(str, fw.bands), NO_BAND]
    placed = sorted((order.index(column_of(role)), left[role.label]) for role in roles)
    assert [x for _, x in placed] == sorted(x for _, x in placed)
    assert [len(members) for _, members in families_of(fw, roles)]


# --- in a browser ---


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    yield chromium
    chromium.scripts(on=True)


@pytest.mark.outside
@pytest.mark.parametrize("address", ["/map", "/map?family=lived-experience", "/map?family=medical&entry=yes"])
def test_the_map_is_sound_and_fits_a_phone(browser: Browser, site: str, axe: str, address: str) -> None:  # noqa: F811
    run = "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]))"
    browser.open(site + address, 1280)
    for width in (1280, NARROW):
        browser.resize(width, 800)
        time.sleep(0.2)
        browser.value("document.querySelectorAll('details').forEach(one => { one.open = true; }); 0")
        browser.value(f"{axe}; 0")
        assert browser.value(run) == []
        assert browser.value("document.documentElement.scrollWidth") <= width
    # The picture gives way to the lists, and no link in it is a stop of the tab key.
    assert browser.value("[...document.querySelectorAll('svg a')].every(a => a.tabIndex === -1)")
    assert not browser.value("document.querySelector('figure.app-map')?.getBoundingClientRect().height")


@pytest.mark.outside
def test_a_filter_is_chosen_with_scripts_off_and_the_map_prints_on_its_own(
    browser: Browser,
    site: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    browser.scripts(on=False)
    browser.open(site + "/map")
    browser.value(
        "document.querySelector('[name=family]').value = 'nursing'; document.querySelector('#entry').checked = false"
    )
    browser.go(lambda: browser.value("document.querySelector('main form button').click()"))
    assert "family=nursing" in browser.value("location.search")
    assert re.match(r"4 roles", browser.value("document.querySelector('main p strong').textContent"))
    browser.media("print")
    try:
        assert browser.value("document.querySelector('main form').getBoundingClientRect().height") == 0
        assert browser.value("document.querySelector('figure.app-map').getBoundingClientRect().height") > 50
    finally:
        browser.media("")
