"""Papers: what each must hold, the marks it must carry, and that every format says the same."""

from __future__ import annotations

import io
import re
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docx import Document

from cmh_graph.errors import BadParameter, UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.papers import docx, html, markdown
from cmh_graph.papers.asked import in_words
from cmh_graph.papers.catalogue import FORMATS, OF_A_POST
from cmh_graph.papers.development_plan import development_plan
from cmh_graph.papers.document import Items, Paper, Paragraph, Said, Table, make_paper, paragraph
from cmh_graph.papers.post import post_of
from cmh_graph.pathways.answers import gap_answer

ROOT = Path(__file__).resolve().parent.parent
CASES = tomllib.loads((ROOT / "tests/cases/papers/papers.toml").read_text(encoding="utf-8"))["case"]


@pytest.fixture(scope="module")
def framework() -> Iterator[Framework]:
    yield open_framework(home=ROOT)


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
    return development_plan(framework, found)


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


def test_every_role_has_every_paper_and_the_bytes_are_the_same_each_time(framework: Framework) -> None:
    for role in list(framework.roles.values())[::6]:
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
