"""Papers: what each must hold, the marks it must carry, and that every format says the same."""

from __future__ import annotations

import io
import re
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from docx import Document
from docx.shared import Mm
from fastapi.testclient import TestClient

from built import opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.cli.papers import paper as paper_command
from cmh_graph.cli.pictures import picture as picture_command
from cmh_graph.errors import BadParameter, UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.papers import docx, html, markdown
from cmh_graph.papers.asked import in_words
from cmh_graph.papers.catalogue import FORMATS, OF_A_POST
from cmh_graph.papers.development_plan import development_plan
from cmh_graph.papers.document import (
    Illustration,
    Items,
    Paper,
    Paragraph,
    Said,
    Table,
    make_paper,
    paragraph,
)
from cmh_graph.papers.post import post_of
from cmh_graph.pathways.answers import gap_answer
from cmh_graph.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
CASES = tomllib.loads((ROOT / "tests/cases/papers/papers.toml").read_text(encoding="utf-8"))["case"]


@pytest.fixture(scope="module")
def framework() -> Iterator[Framework]:
    yield opened_framework()


@pytest.fixture(scope="module")
def client(framework: Framework) -> TestClient:
    # Without its lifespan: nothing here runs a query.
    return TestClient(create_app(Settings(home=ROOT), framework))


def _paper(framework: Framework, case: dict[str, object]) -> Paper:
    name, role = str(case["paper"]), str(case["role"])
    if name in OF_A_POST:
        band = case.get("band")
        return OF_A_POST[name](framework, post_of(framework, role, band=str(band) if band else None))
    lists = {
        field: case.get(field, ()) for field in ("skills", "experiences", "backgrounds", "qualifications")
    }
    start = case.get("from")
    found = gap_answer(framework, role, str(start) if start else None, **lists)  # type: ignore[arg-type]
    return development_plan(framework, found, str(start) if start else None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['paper']} {case['role']} {case['why'][:40]}")
def test_a_paper_holds_what_its_reader_needs(framework: Framework, case: dict[str, list[str]]) -> None:
    text = markdown.write(_paper(framework, case)).decode().replace("\\", "")
    for wanted in case.get("says", ()):
        assert wanted in text, case["why"]
    for unwanted in case.get("never", ()):
        assert unwanted not in text, case["why"]


def _texts(paper: Paper) -> Iterator[Said]:
    for block in paper.blocks:
        if isinstance(block, Paragraph):
            yield from block.texts
        elif isinstance(block, Items):
            yield from block.items
        elif isinstance(block, Table):
            for row in block.rows:
                yield from row


def _pictures(paper: Paper) -> list[Illustration]:
    return [block for block in paper.blocks if isinstance(block, Illustration)]


def _words_of_docx(made: bytes) -> str:
    document = Document(io.BytesIO(made))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return " ".join([*(one.text for one in document.paragraphs), *cells])


@pytest.mark.parametrize(
    "role", ["hcsw", "peer-support-worker", "volunteer", "mental-health-nurse", "team-leader"]
)
@pytest.mark.parametrize("name", OF_A_POST)
def test_every_text_and_mark_is_in_every_format(framework: Framework, name: str, role: str) -> None:
    paper = OF_A_POST[name](framework, post_of(framework, role))
    page = re.sub(r"<[^>]+>", "", html.write(paper).decode())
    page = page.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")
    word = _words_of_docx(docx.write(paper))
    plain = markdown.write(paper).decode().replace("\\", "")
    for said in _texts(paper):
        whole = said.text + paper.marks(said)
        assert whole in page and whole in word and " ".join(whole.split()) in plain, whole


@pytest.mark.parametrize("name", OF_A_POST)
def test_what_is_inferred_is_marked_wherever_it_stands(framework: Framework, name: str) -> None:
    for role in framework.roles.values():
        if role.form == "grouping":
            continue
        paper = OF_A_POST[name](framework, post_of(framework, role.key))
        inferred = {in_words(framework, need) for need in role.requirements if need.says.is_inferred}
        sure = {in_words(framework, need) for need in role.requirements if not need.says.is_inferred}
        for said in _texts(paper):
            if said.text in inferred - sure and said.status is not None:
                assert said.is_inferred and "(inferred)" in paper.marks(said), (role.key, said.text)


@pytest.mark.parametrize("name", OF_A_POST)
def test_a_necessity_or_level_that_we_chose_is_marked(framework: Framework, name: str) -> None:
    seen = 0
    for role in list(framework.roles.values())[::5]:
        if role.form == "grouping":
            continue
        post = post_of(framework, role.key)
        chosen = {
            need.asks_for.label: need.says.is_inferred or "necessity" in need.says.inferred_fields
            for need in post.requirements
            if need.asks_for is not None and need.necessity
        }
        level = any(
            need.says.is_inferred or "skill_level" in need.says.inferred_fields
            for need in post.requirements
            if need.kind == "skill"
        )
        paper = OF_A_POST[name](framework, post)
        for block in paper.blocks:
            if isinstance(block, Table) and "Needed" in block.columns:
                what = 0 if block.columns[0] != "Kind" else 1
                for row in block.rows:
                    cell = row[block.columns.index("Needed")]
                    if row[what].text in chosen:
                        assert cell.is_inferred == chosen[row[what].text], (role.key, row[what].text)
                        seen += 1
            if isinstance(block, Paragraph) and block.texts[0].text.startswith("All skills are asked for at"):
                assert block.texts[0].is_inferred == level
    assert seen > 50


def test_every_role_has_every_paper_and_the_bytes_are_the_same_each_time(framework: Framework) -> None:
    for role in list(framework.roles.values())[::20]:
        if role.form == "grouping":
            continue
        for make in OF_A_POST.values():
            paper = make(framework, post_of(framework, role.key))
            assert all(
                len(row) == len(block.columns)
                for block in paper.blocks
                if isinstance(block, Table)
                for row in block.rows
            )
            for one in FORMATS.values():
                assert one.write(paper) == one.write(make(framework, post_of(framework, role.key)))


def test_a_word_file_carries_no_time_and_no_author(framework: Framework) -> None:
    made = docx.write(OF_A_POST["job-description"](framework, post_of(framework, "hcsw")))
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        assert {one.date_time for one in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = packed.read("docProps/core.xml").decode()
    assert "python-docx" not in core
    document = Document(io.BytesIO(made))
    assert (
        next(one.style.name for one in document.paragraphs if one.style.name.startswith("Heading"))
        == "Heading 1"
    )
    assert all("w:tblHeader" in table.rows[0]._tr.xml for table in document.tables)


def test_text_of_the_graph_is_never_markup(framework: Framework) -> None:
    nasty = '<script>alert(1)</script> [x](javascript:1) | `a` \x00 "q"'
    paper = make_paper(
        framework, "x", nasty, nasty, [paragraph(nasty), Table(nasty, ("a",), ((Said(nasty),),))]
    )
    assert b"<script>" not in html.write(paper)
    assert "[x](javascript" not in markdown.write(paper).decode()
    assert docx.write(paper)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"role": "hcsw", "band": "7"}, BadParameter, "bands given are 2, 3"),
        ({"role": "hcsw", "band": "77"}, UnknownThing, "band"),
        ({"role": "hcsv"}, UnknownThing, "did you mean hcsw"),
        ({"role": "regulated-professional"}, BadParameter, "group of roles"),
        ({"role": "hcsw", "setting": "moon"}, BadParameter, "choose from"),
    ],
)
def test_a_post_that_cannot_be_says_why(
    framework: Framework, arguments: dict[str, str], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as raised:
        post_of(framework, **arguments)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("role", "start", "wanted"),
    [
        ("mental-health-nurse", "hcsw", ["The way from", "Healthcare support worker and"]),
        # No chain of steps: the paper says so, and compares the two all the same.
        ("hcsw", "volunteer", ["Volunteer and"]),
        # Nothing lies between a role and itself.
        ("hcsw", "hcsw", []),
        ("hcsw", None, []),
    ],
)
def test_a_plan_shows_the_way_and_the_two_roles(
    framework: Framework, role: str, start: str | None, wanted: list[str]
) -> None:
    found = gap_answer(framework, role, start, skills=() if start else ("active-listening",))
    paper = development_plan(framework, found, start)
    names = [one.picture.name for one in _pictures(paper)]
    assert len(names) == len(wanted) and all(map(str.startswith, names, wanted))
    assert ("The way there" in html.write(paper).decode()) == (start not in (None, role))


@pytest.mark.parametrize("role", ["hcsw", "volunteer", "team-leader"])
def test_every_format_has_the_pictures_or_says_the_same(framework: Framework, role: str) -> None:
    papers = [
        OF_A_POST["job-description"](framework, post_of(framework, role)),
        development_plan(
            framework, gap_answer(framework, role, "peer-support-worker"), "peer-support-worker"
        ),
    ]
    for paper in papers:
        drawn = [one.picture for one in _pictures(paper)]
        assert drawn
        page = html.write(paper).decode()
        assert page.count("<svg") == len(drawn)
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), "a name on two pictures leaves one of them without its words"
        document = Document(io.BytesIO(docx.write(paper)))
        shapes = document.inline_shapes
        assert len(shapes) == len(drawn)
        for shape, picture in zip(shapes, drawn, strict=True):
            about = shape._inline.docPr
            assert about.get("descr").startswith(f"{picture.name}. {picture.description}"[:60])
            assert shape.width <= Mm(210 - 2 * 18) and shape.height <= Mm(230)
            image = document.part.related_parts[
                shape._inline.graphic.graphicData.pic.blipFill.blip.embed
            ].image
            assert image.content_type == "image/png"
            # At least 180 dots to the inch on paper.
            assert image.px_width / (shape.width / Mm(25.4)) >= 180
        text = markdown.write(paper).decode()
        for one in _pictures(paper):
            cells = {cell for row in one.picture.rows for cell in row if len(cell) > 12}
            assert all(cell in text.replace("\\", "") for cell in cells if not one.in_words)


@pytest.mark.parametrize("role", ["hcsw", "ahp-support-worker", "occupational-therapist"])
def test_the_bands_of_a_role_stand_side_by_side(framework: Framework, role: str) -> None:
    paper = OF_A_POST["job-description"](framework, post_of(framework, role))
    table = next(
        one for one in paper.blocks if isinstance(one, Table) and one.caption == "How the bands differ"
    )
    bands = framework.role(role).bands
    own = [row[0].text for row in table.rows if "(this post)" in row[0].text]
    assert own == [f"{framework.band(key).label} (this post)" for key in bands]
    # No two rows are alike in what tells bands apart.
    assert len({(row[1].text, row[2].text) for row in table.rows}) == len(table.rows)
    assert "Band 1" not in [row[0].text for row in table.rows], "band 1 is closed to new posts"
    text = markdown.write(paper).decode()
    assert "No source tells the bands of this role apart" in text
    assert ("Stages of allied health support work" in text) == (role == "ahp-support-worker")


def test_shares_between_bands_are_counted_right(framework: Framework) -> None:
    paper = OF_A_POST["job-description"](framework, post_of(framework, "hcsw"))
    table = next(
        one for one in paper.blocks if isinstance(one, Table) and "counted, and no rule" in one.caption
    )
    cells = [cell for row in table.rows for cell in row[1:]]
    assert all(cell.is_inferred for cell in cells)
    told = 0
    for row in table.rows:
        keys = re.findall(r"Band (\w+)", row[0].text)
        for said in re.findall(
            r"([^;(]+) \((\d+) of (\d+), then (\d+) of (\d+)\)", "; ".join(c.text for c in row[1:])
        ):
            label, *figures = said
            for key, asking, of in zip(keys, figures[::2], figures[1::2], strict=True):
                roles = [
                    one for one in framework.roles.values() if one.form != "grouping" and key in one.bands
                ]
                labels = [
                    {need.asks_for.label for need in one.requirements if need.asks_for} for one in roles
                ]
                if int(of) == len(roles):
                    assert sum(label.strip() in one for one in labels) == int(asking), label
                    told += 1
    assert told


REFUSALS = tomllib.loads((ROOT / "tests/cases/papers/refusals.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", REFUSALS, ids=lambda case: case["why"][:50])
def test_what_cannot_be_is_refused_by_command_and_service_alike(
    framework: Framework,
    client: TestClient,
    case: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {key: case[key] for key in ("band", "employer_type", "setting", "from", "format") if key in case}
    got = client.get(f"/v1/papers/{case['paper']}/{quote(case['role'])}", params=asked)
    assert got.status_code == int(case["status"]), got.text
    problem = got.json()
    assert case["says"] in f"{problem['title']} {problem.get('mend')}"
    monkeypatch.setattr("cmh_graph.framework.open", lambda: framework)
    given: dict[str, Any] = {"start" if key == "from" else key: value for key, value in asked.items()}
    if "format" in given:
        given["format"] = [given["format"]]
    with pytest.raises((BadParameter, UnknownThing)) as raised:
        paper_command(case["paper"], case["role"], to=tmp_path / "out", **given)
    assert case["says"].casefold() in str(raised.value).casefold()
    assert not (tmp_path / "out").exists(), "nothing is written for a paper that cannot be"


@pytest.mark.parametrize("place", ["file/x", "file", "x\0y", "a" * 300])
def test_a_place_that_cannot_be_written_to_is_told(
    framework: Framework, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cmh_graph.framework.open", lambda: framework)
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadParameter, match="cannot be written"):
        paper_command("passport", "hcsw", to=tmp_path / place)
    with pytest.raises(BadParameter, match="cannot be written"):
        picture_command("ways", "hcsw", out=tmp_path / place / "x.svg")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["file"]


def test_files_are_named_after_the_post_and_lie_in_the_folder(
    framework: Framework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cmh_graph.framework.open", lambda: framework)
    for role in framework.roles.values():
        if role.form != "grouping":
            slug = post_of(framework, role.key).slug
            assert re.fullmatch(r"[a-z0-9-]+", slug), slug
    paper_command("job-description", "hcsw", band="3", setting="inpatient-ward", to=tmp_path, format=["md"])
    assert [one.name for one in tmp_path.iterdir()] == ["job-description-hcsw-band-3-inpatient-ward.md"]


@pytest.mark.parametrize(
    "address",
    ["job-description/hcsw?format=docx", "development-plan/senior-hcsw?from=hcsw", "passport/ahp-senior"],
)
def test_a_reader_who_has_the_paper_is_told_so_before_it_is_made(
    client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.get(f"/v1/papers/{address}")
    assert first.status_code == 200

    def never(*_: object, **__: object) -> Any:
        raise AssertionError("the paper was made")

    for name in ("post_of", "gap_answer", "passport_of", "development_plan"):
        monkeypatch.setattr(f"cmh_graph.api.routes.papers.{name}", never)
    again = client.get(f"/v1/papers/{address}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_a_star_is_no_tag_of_a_paper_that_is_not_there(client: TestClient) -> None:
    assert client.get("/v1/papers/job-description/hcsv", headers={"If-None-Match": "*"}).status_code == 404
    assert client.get("/v1/papers/job-description/hcsw", headers={"If-None-Match": "*"}).status_code == 304
    assert client.get("/v1/papers/job-description/hcsw", headers={"If-None-Match": '"x"'}).status_code == 200
