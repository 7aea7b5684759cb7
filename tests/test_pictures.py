"""Pictures: they say in words what they show, hold no script, and nothing lies outside or on top of another."""

from __future__ import annotations

import csv
import io
import itertools
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from built import opened_framework
from cmh_graph.cli.pictures import picture
from cmh_graph.errors import BadParameter, MissingProgram, UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.pathways.answers import progressions_answer
from cmh_graph.pathways.network import network_of
from cmh_graph.pictures import charts, layout, maps, svg, ways
from cmh_graph.pictures.png import DPI, MOST_DOTS, png

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("map", "peer", "way", "comparison", "heat map", "ways")
_SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def framework() -> Iterator[Framework]:
    yield opened_framework()


@pytest.fixture(scope="module")
def pictures(framework: Framework) -> dict[str, svg.Picture]:
    way = progressions_answer(framework, network_of(framework), "hcsw", "mental-health-nurse").progressions[0]
    return {
        "map": maps.step_map(framework),
        "peer": maps.step_map(framework, family="lived-experience"),
        "way": ways.progression_picture(framework, way),
        "comparison": charts.comparison(framework, framework.role("hcsw"), framework.role("ot-assistant")),
        "heat map": charts.heat_map(framework),
        "ways": _ways(framework, "team-leader"),
    }


def _ways(framework: Framework, role: str) -> svg.Picture:
    found = ways.ways_in_and_on(framework, framework.role(role))
    assert found is not None
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_well_formed_named_and_described(pictures: dict[str, svg.Picture], name: str) -> None:
    root = ElementTree.fromstring(pictures[name].write())
    assert root.get("role") == "img" and root.get("aria-labelledby") == "name description"
    title, description = root.find(f"{_SVG}title"), root.find(f"{_SVG}desc")
    assert title is not None and title.text and description is not None and len(description.text or "") > 60
    assert not root.findall(f".//{_SVG}script") and not root.findall(f".//{_SVG}image")
    assert not re.search(rb"(?:href|url\(|@import)", pictures[name].write())


@pytest.mark.parametrize("name", NAMES)
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


@pytest.mark.parametrize("name", NAMES)
def test_the_table_behind_a_picture_is_whole_and_starts_no_formula(
    pictures: dict[str, svg.Picture], name: str
) -> None:
    picture = pictures[name]
    assert picture.columns and picture.rows
    assert all(len(row) == len(picture.columns) for row in picture.rows)
    rows = list(csv.reader(io.StringIO(picture.table().decode(), newline="")))
    assert rows[0] == list(picture.columns) and len(rows) == 1 + len(picture.rows)
    nasty = svg.Picture(1, 1, "n", "d", (), ("a",), (("=1+1",), ('x, "y"',)))
    assert nasty.table() == b'a\n\'=1+1\n"x, ""y"""\n'


def test_the_ways_of_a_role_are_its_steps(framework: Framework) -> None:
    for role in framework.roles.values():
        drawn = ways.ways_in_and_on(framework, role)
        for where, steps, side in (
            ("before", framework.steps_to(role), "from_position"),
            ("after", framework.steps_from(role), "to_position"),
        ):
            wanted = {getattr(one, side).label for one in steps if one.step_kind != "sideways"}
            told = {row[1] for row in drawn.rows if row[0] == where} if drawn else set()
            assert told == wanted, role.key
            boxes = drawn.markup() if drawn else ""
            more = len(wanted) - ways.MOST_SHOWN
            assert (f"and {more} more in the table" in boxes) == (more > 0) or more <= 0


def test_a_way_says_what_its_steps_say(framework: Framework, pictures: dict[str, svg.Picture]) -> None:
    answer = progressions_answer(framework, network_of(framework), "hcsw", "mental-health-nurse")
    way = answer.progressions[0]
    rows = pictures["way"].rows
    assert [(row[1], row[2]) for row in rows] == [
        (one.from_position.label, one.to_position.label) for one in way.steps
    ]
    for row, step in zip(rows, way.steps, strict=True):
        assert ("assumed" in row[5]) == (step.months_are_assumed and step.minimum_months > 0)
        assert (row[6] == "yes") == bool(step.says and step.says.is_inferred)


@pytest.mark.parametrize("name", NAMES)
def test_a_png_is_sharp_and_the_same_each_time(pictures: dict[str, svg.Picture], name: str) -> None:
    picture = pictures[name]
    made = png(picture)
    # The whole map takes seconds, and is drawn by the same code.
    assert name == "map" or made == png(picture)
    width, height = struct.unpack(">II", made[16:24])
    assert made[:8] == b"\x89PNG\r\n\x1a\n" and width * height <= MOST_DOTS * 1.01
    if picture.width * picture.height < 1e6:
        assert abs(width - picture.width * DPI / 96) < 2 and abs(height - picture.height * DPI / 96) < 2
    # A picture whose letters were not found would pack to a fraction of its size.
    assert len(made) > 20_000


def test_a_png_needs_nothing_of_the_machine_and_is_never_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (svg.words(10, 40, "Peer support worker", size=30),)
    with_letters = png(svg.Picture(400, 60, "n", "d", text))
    assert with_letters != png(svg.Picture(400, 60, "n", "d", ()))
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setenv("FONTCONFIG_FILE", "/nowhere")
    assert png(svg.Picture(400, 60, "n", "d", text)) == with_letters
    width, height = struct.unpack(">II", png(svg.Picture(40_000, 30_000, "n", "d", ()))[16:24])
    assert width * height <= MOST_DOTS * 1.01
    image = '<image href="file:///etc/passwd" width="9" height="9"/>'
    empty = png(svg.Picture(40, 40, "n", "d", ()))
    assert png(svg.Picture(40, 40, "n", "d", (image,))) == empty, "nothing is read from elsewhere"


def test_two_pictures_on_a_page_keep_their_names_apart(pictures: dict[str, svg.Picture]) -> None:
    both = pictures["way"].markup("a-") + pictures["ways"].markup("b-")
    ids = re.findall(r'\bid="([^"]+)"', both)
    assert len(ids) == len(set(ids)) == 4 and 'aria-labelledby="b-name b-description"' in both


def test_lines_are_as_wide_as_asked_and_lose_nothing() -> None:
    text = "Confidentiality, consent and sharing information Donaudampfschifffahrtsgesellschaft"
    for width in (40.0, 90.0, 300.0):
        lines = svg.wrapped(text, width, 11)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(svg.width_of(line, 11) <= width for line in lines)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "poem"}, "choose from"),
        ({"name": "ways"}, "of one role"),
        ({"name": "comparison", "start": "hcsw"}, "between two roles"),
        ({"name": "ways", "start": "hcsv"}, "did you mean hcsw"),
        ({"name": "ways", "start": "regulated-professional"}, "group of roles"),
        ({"name": "progression", "start": "hcsw", "to": "hcsw"}, ""),
        ({"name": "progression", "start": "psychiatrist", "to": "volunteer"}, ""),
        ({"name": "heat-map", "format": ["gif"]}, "svg, png"),
        ({"name": "heat-map", "out": Path("x.gif")}, "svg, png"),
    ],
)
def test_a_picture_that_cannot_be_is_told(
    framework: Framework,
    arguments: dict[str, Any],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cmh_graph.framework.open", lambda: framework)
    with pytest.raises((BadParameter, UnknownThing)) as raised:
        picture(**{"out": tmp_path / "x" / "x.svg", **arguments})
    assert says in str(raised.value) and not (tmp_path / "x").exists()


def test_the_command_writes_the_picture_and_its_table(
    framework: Framework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cmh_graph.framework.open", lambda: framework)
    picture("ways", "hcsw", format=["svg", "png", "svg"], out=tmp_path / "a.svg")
    drawn = _ways(framework, "hcsw")
    assert (tmp_path / "a.svg").read_bytes() == drawn.write()
    assert (tmp_path / "a.png").read_bytes() == png(drawn)
    assert (tmp_path / "a.csv").read_bytes() == drawn.table()
    assert capsys.readouterr().out.split() == [str(tmp_path / f"a.{one}") for one in ("svg", "png", "csv")]
