"""The skills passport: a page that keeps what people write in their browser, and files that come back as they went."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docx import Document

from built import opened_framework
from cmh_graph.errors import BadParameter, UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.papers.passport import FORM, RATINGS, Passport, ahp_passport, passport_of, write

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "src/cmh_graph/papers/templates/passport.js"


@pytest.fixture(scope="module")
def framework() -> Iterator[Framework]:
    yield opened_framework()


@pytest.fixture(scope="module")
def made(framework: Framework) -> Passport:
    return passport_of(framework, "peer-support-worker")


def _about(page: bytes) -> dict[str, Any]:
    text = page.decode()
    start = text.index('id="data">') + len('id="data">')
    held: dict[str, Any] = json.loads(text[start : text.index("</script>", start)])
    return held


def _node(code: str, *values: object) -> Any:
    """Run the page's own script in Node; code sees `P` and the values as v[0], v[1] ..."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed: install nodejs to try the page's script")
    program = (
        f"const P = require({json.dumps(str(SCRIPT))}); const v = JSON.parse(require('fs').readFileSync(0));"
        f"(async () => {{ {code} }})().then((x) => console.log(JSON.stringify(x)),"
        " (e) => console.log(JSON.stringify({error: e.message})));"
    )
    run = subprocess.run(
        [node, "-e", program],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(run.stdout)


def _answers(about: dict[str, Any]) -> dict[str, dict[str, str]]:
    keys = [entry["key"] for section in about["sections"] for entry in section["entries"]]
    nasty = 'I said </w:t> & "x" <script>alert(1)</script> \u0001 \U0001f600 é'
    found = {key: {"rating": RATINGS[n % 4], "evidence": "", "badge": ""} for n, key in enumerate(keys[:-1])}
    found[keys[0]] = {"rating": RATINGS[2], "evidence": nasty, "badge": "https://badges.example/1"}
    return found


def test_the_page_asks_no_network_and_keeps_nothing(made: Passport) -> None:
    page = write(made).decode()
    assert "default-src 'none'" in page and "form-action 'none'" in page
    for never in (
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "fetch(",
        "XMLHttpRequest",
        "document.cookie",
        "src=",
    ):
        assert never not in page, never
    assert write(made) == write(made)


def test_every_skill_of_the_role_is_rated_at_its_level(framework: Framework, made: Passport) -> None:
    entries = [entry for section in made.sections for entry in section.entries]
    asked = {
        need.skill_level
        for need in framework.role("peer-support-worker").requirements
        if need.kind == "skill"
    }
    assert {entry.key.removeprefix("skill-level/") for entry in entries} == asked
    assert all(entry.statements and entry.achievement for entry in entries)
    page = write(made).decode()
    assert page.count('type="radio"') == len(entries) * len(RATINGS)


@pytest.mark.parametrize("stage", ["support", "senior", "ap"])
def test_an_ahp_stage_shows_what_it_expects_and_its_eight_domains(framework: Framework, stage: str) -> None:
    found = ahp_passport(framework, stage)
    assert sum(section.label.startswith("Domain ") for section in found.sections) == 8
    assert any(text.startswith("Education expected: ") for text in found.about)
    assert passport_of(framework, f"ahp-{stage}") == found


def test_what_is_saved_comes_back(made: Passport) -> None:
    about = _about(write(made))
    answers = _answers(about)
    saved = _node("return P.made(v[0], v[1]);", about, answers)
    assert saved["form"] == FORM and saved["entries"][0]["achievement"]["type"] == ["Achievement"]
    back = _node("return P.read(v[1], v[0], v[2]);", about, saved, list(RATINGS))
    assert back == {"entries": answers, "strange": 0}


def test_a_word_file_opens_elsewhere_and_comes_back_even_packed_anew(made: Passport) -> None:
    about = _about(write(made))
    answers = _answers(about)
    packed = base64.b64decode(
        _node("return Buffer.from(P.docx(v[0], v[1])).toString('base64');", about, answers)
    )
    document = Document(io.BytesIO(packed))
    text = "\n".join(one.text for one in document.paragraphs)
    assert about["title"] in text and "<script>alert(1)</script>" in text and "Where I am: on my own" in text
    again = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        assert old.testzip() is None
        for name in old.namelist():
            new.writestr(name, old.read(name))
    wanted = {**answers}
    first = next(iter(wanted))
    # A control character has no place in XML, so that it is the one thing that a Word file cannot bring back.
    wanted[first] = {**wanted[first], "evidence": wanted[first]["evidence"].replace("\u0001", "\\u0001")}
    for one in (packed, again.getvalue()):
        back = _node(
            "return P.read(await P.open(new Uint8Array(Buffer.from(v[1], 'base64'))), v[0], v[2]);",
            about,
            base64.b64encode(one).decode(),
            list(RATINGS),
        )
        found = back["entries"]
        assert found.keys() == wanted.keys()
        assert {key: each["rating"] for key, each in found.items()} == {
            k: e["rating"] for k, e in wanted.items()
        }
        assert found[first]["badge"] == "https://badges.example/1" and "<script>" in found[first]["evidence"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no skills passport"),
        (b"hello", "no skills passport"),
        (b'{"form": "other"}', "no skills passport"),
        (b"[" * 100_000, "no skills passport"),
        (b"PK\x03\x04 cut short", "no Word document"),
        (b"x" * (6 << 20), "larger than a passport"),
    ],
    ids=["empty", "text", "other form", "deep", "cut short", "large"],
)
def test_a_file_that_is_no_passport_is_told_so(made: Passport, data: bytes, says: str) -> None:
    found = _node(
        "return P.read(await P.open(new Uint8Array(Buffer.from(v[1], 'base64'))), v[0], v[2]);",
        _about(write(made)),
        base64.b64encode(data).decode(),
        list(RATINGS),
    )
    assert says in found["error"]


def test_a_packed_bomb_is_refused(made: Passport) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("customXml/item1.xml", b" " * (30 << 20))
    found = _node(
        "return await P.open(new Uint8Array(Buffer.from(v[0], 'base64')));",
        base64.b64encode(bomb.getvalue()).decode(),
    )
    assert "larger than a passport" in found["error"]


def test_strangers_are_told(framework: Framework) -> None:
    with pytest.raises(UnknownThing):
        passport_of(framework, "ahp-wizard")
    with pytest.raises(BadParameter):
        ahp_passport(framework, "wizard")
