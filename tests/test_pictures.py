"""Pictures: they say in words what they show, hold no script, and nothing lies outside or on top of another."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cmh_graph.errors import BadParameter, MissingProgram
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.pathways.answers import progressions_answer
from cmh_graph.pathways.network import network_of
from cmh_graph.pictures import charts, layout, maps, svg

ROOT = Path(__file__).resolve().parent.parent
_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def framework() -> Iterator[Framework]:
    yield open_framework(home=ROOT)


@pytest.fixture(scope="module")
def pictures(framework: Framework) -> dict[str, svg.Picture]:
    way = progressions_answer(framework, network_of(framework), "hcsw", "mental-health-nurse").progressions[0]
    return {
        "map": maps.step_map(framework),
        "peer": maps.step_map(framework, family="lived-experience"),
        "way": maps.progression_picture(framework, way),
        "comparison": charts.comparison(framework, framework.role("hcsw"), framework.role("ot-assistant")),
        "heat map": charts.heat_map(framework),
    }


@pytest.mark.parametrize("name", ["map", "peer", "way", "comparison", "heat map"])
def test_a_picture_is_well_formed_named_and_described(pictures: dict[str, svg.Picture], name: str) -> None:
    root = ElementTree.fromstring(pictures[name].write())
    assert root.get("role") == "img" and root.get("aria-labelledby") == "name description"
    title, description = root.find(f"{_SVG}title"), root.find(f"{_SVG}desc")
    assert title is not None and title.text and description is not None and len(description.text or "") > 60
    assert not root.findall(f".//{_SVG}script") and not root.findall(f".//{_SVG}image")
    assert not re.search(rb"(?:href|url\(|@import)", pictures[name].write())


@pytest.mark.parametrize("name", ["map", "peer", "way", "comparison", "heat map"])
def test_boxes_lie_inside_and_not_on_one_another(pictures: dict[str, svg.Picture], name: str) -> None:
    picture = pictures[name]
    root = ElementTree.fromstring(picture.write())
    boxes = [
        tuple(float(one.get(key) or 0) for key in ("x", "y", "width", "height"))
        for one in root.findall(f".//{_SVG}g/{_SVG}rect")
    ]
    assert len(boxes) > 3
    for x, y, width, height in boxes:
        assert x >= 0 and y >= 0 and x + width <= picture.width + 0.2 and y + height <= picture.height + 0.2
    for (ax, ay, aw, ah), (bx, by, bw, bh) in itertools.combinations(boxes, 2):
        assert ax + aw <= bx + 0.2 or bx + bw <= ax + 0.2 or ay + ah <= by + 0.2 or by + bh <= ay + 0.2


def test_the_map_shows_every_step_and_marks_the_inferred(
    framework: Framework, pictures: dict[str, svg.Picture]
) -> None:
    text = pictures["map"].write().decode()
    for step in framework.steps.values():
        assert (
            f"<title>{svg.text_of(step.from_position.label)} to {svg.text_of(step.to_position.label)}</title>"
            in text
        )
    for group in re.findall(r"<g><title>([^<]*)</title><path ([^>]*)>", text):
        steps = [
            step
            for step in framework.steps.values()
            if svg.text_of(f"{step.from_position.label} to {step.to_position.label}") == group[0]
        ]
        assert ("stroke-dasharray" in group[1]) == all(step.says and step.says.is_inferred for step in steps)


def test_text_is_text(framework: Framework) -> None:
    drawn = svg.Picture(10, 10, "<script>", 'a "b" & \x00', (svg.words(1, 1, "<b>"), svg.group("</g>", [])))
    assert ElementTree.fromstring(drawn.write()) is not None
    assert b"<script>" not in drawn.write()


def test_the_same_picture_has_the_same_bytes(framework: Framework, pictures: dict[str, svg.Picture]) -> None:
    assert maps.step_map(framework).write() == pictures["map"].write()
    assert charts.heat_map(framework).write() == pictures["heat map"].write()


def test_without_graphviz_the_words_say_how_to_get_it(
    framework: Framework, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    with pytest.raises(MissingProgram, match="install graphviz"):
        maps.step_map(framework)


def test_an_unknown_family_is_told(framework: Framework) -> None:
    with pytest.raises(BadParameter, match="choose from"):
        maps.step_map(framework, family="wizards")
