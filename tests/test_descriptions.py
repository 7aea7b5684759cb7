"""Descriptions: what they ask for, where, how firmly, and what nothing in the framework answers to."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmh_graph.align.framework_labels import framework_names, unneeded_qualifications
from cmh_graph.align.texts.advert import compare
from cmh_graph.align.texts.clauses import clauses_of
from cmh_graph.align.texts.descriptions import LONGEST, Lexicon, read_description
from cmh_graph.align.texts.read_text import read_text
from cmh_graph.build import build
from cmh_graph.errors import SourceError
from cmh_graph.store import Store, parse_nquads

ROOT = Path(__file__).parent.parent
CASES = tomllib.loads((ROOT / "tests/cases/align/descriptions.toml").read_text(encoding="utf-8"))["case"]
STORE = Store.from_quads(parse_nquads(build(ROOT).nquads))
LEXICON = Lexicon(framework_names(STORE))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"][:40])
def test_a_description_is_read(case: dict[str, Any]) -> None:
    found = read_description(case["text"], LEXICON)
    said = {(one.kind, one.key, one.text, one.necessity) for one in found.findings}
    keys = {(one.kind, one.key) for one in found.findings}
    for kind, key, text, necessity in case.get("finds", []):
        assert any((kind, key, necessity) == (k, i, n) and text in ("*", t) for k, i, t, n in said), (
            f"{case['why']}\nfound: {sorted(said)}"
        )
    for kind, key in case.get("misses", []):
        assert (kind, key) not in keys, case["why"]
    if not case.get("finds"):
        assert not said, case["why"]
    assert [one.text for one in found.unlinked if one.text in case.get("unlinked", [])] == case.get(
        "unlinked", []
    )


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
@settings(max_examples=150, deadline=None)
def test_every_finding_is_the_text_at_its_place(text: str) -> None:
    for one in read_description(text, LEXICON).findings:
        assert text[one.start : one.end] == one.text


@given(st.lists(st.sampled_from([case["text"] for case in CASES]), max_size=4))
@settings(max_examples=40, deadline=None)
def test_clauses_cover_the_text_without_overlap(texts: list[str]) -> None:
    text = "\n".join(texts)
    place = 0
    for clause in clauses_of(text):
        assert clause.start >= place
        assert clause.text == text[clause.start : clause.end]
        assert not text[place : clause.start].strip()
        place = clause.end
    assert not text[place:].strip()


@given(st.permutations([case["text"] for case in CASES if "\n" not in case["text"]]))
@settings(max_examples=15, deadline=None)
def test_paragraphs_without_headings_are_read_alone(texts: list[str]) -> None:
    """The order of paragraphs does not change what is found in them."""
    together = read_description("\n".join(texts), LEXICON)
    alone = sorted(
        (f.kind, f.key, f.text) for text in texts for f in read_description(text, LEXICON).findings
    )
    assert sorted((f.kind, f.key, f.text) for f in together.findings) == alone


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(SourceError, match="characters"):
        read_description("a " * LONGEST, LEXICON)


def test_a_cue_for_something_unknown_is_refused() -> None:
    names = framework_names(STORE)
    names["skill"] = {key: name for key, name in names["skill"].items() if key != "safeguarding"}
    with pytest.raises(SourceError) as error:
        Lexicon(names)
    assert "cues.csv, line" in error.value.where


ADVERT = (
    "Support Worker (Band 3). A level 3 diploma is essential. Ongoing training is provided. 30 hours a week."
)
DESCRIPTION = (
    "Support Worker, band 4, 37.5 hours. Desirable: level 3 diploma. Regular supervision. "
    "Essential: record keeping."
)


def test_an_advert_and_its_description_are_compared() -> None:
    found = compare(
        ADVERT, read_description(ADVERT, LEXICON),
        DESCRIPTION, read_description(DESCRIPTION, LEXICON),
        unneeded_qualifications(STORE, "mental-health-support-worker"),
    )  # fmt: skip
    said = {(one.about, one.key, one.only_in) for one in found}
    assert {
        ("band", "3", "advert"),
        ("band", "4", "description"),
        ("hours", "hours", "both"),
        ("necessity", "diploma-l3", "both"),
        ("not needed", "diploma-l3", "advert"),
        ("offer", "training", "advert"),
        ("offer", "supervision", "description"),
        ("skill", "records", "description"),
    } <= said
    assert ("not needed", "diploma-l3", "description") not in said, (
        "a desirable qualification excludes nobody"
    )


def test_a_text_does_not_differ_from_itself() -> None:
    for case in CASES:
        found = read_description(case["text"], LEXICON)
        assert compare(case["text"], found, case["text"], found) == []


def test_what_a_role_asks_for_is_never_unneeded() -> None:
    assert "rn-l6" not in unneeded_qualifications(STORE, "mental-health-nurse")
    assert "st0896" not in unneeded_qualifications(STORE, "peer-support-worker"), "one of an any-of group"
    assert "dbs" not in unneeded_qualifications(STORE, "hcsw"), "a check is no formal qualification"
    assert "no formal qualification" in unneeded_qualifications(STORE, "hcsw")["degree"]


def docx(path: Path, body: str, name: str = "word/document.xml") -> Path:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body.replace("<w:document", f'<w:document xmlns:w="{space}"'))
    return path


def test_a_word_document_is_read(tmp_path: Path) -> None:
    path = docx(
        tmp_path / "jd.docx",
        "<w:document><w:body><w:p><w:r><w:t>Essential:</w:t></w:r></w:p><w:p><w:pPr><w:numPr/></w:pPr>"
        "<w:r><w:t>Record </w:t></w:r><w:r><w:t>keeping</w:t></w:r></w:p></w:body></w:document>",
    )
    assert read_text(path) == "Essential:\n• Record keeping"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: docx(p / "a.docx", "<w:document>"), "cannot be read"),
        (lambda p: docx(p / "b.docx", "<w:document/>", "word/other.xml"), "no readable Word document"),
        (
            lambda p: docx(p / "c.docx", '<!DOCTYPE x [<!ENTITY a "b">]><w:document>&a;</w:document>'),
            "cannot be read",
        ),
        (lambda p: docx(p / "d.docx", "<w:document>" + " " * 25_000_000 + "</w:document>"), "larger than"),
        (lambda p: (p / "e.pdf").write_bytes(b"%PDF") and p / "e.pdf", "no text that we read"),
        (lambda p: p / "none.txt", "cannot be opened"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_with_words(tmp_path: Path, make: Any, says: str) -> None:
    with pytest.raises(SourceError) as error:
        read_text(make(tmp_path))
    assert says in error.value.what


def test_an_old_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes("a person’s wellbeing – £20".encode("cp1252"))
    assert read_text(path) == "a person’s wellbeing – £20"
