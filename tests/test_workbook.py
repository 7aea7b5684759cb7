"""The owner's workbook: what goes out comes back, every kind of slip has its outcome, and the Turtle
changes only where asked."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Callable
from copy import copy
from datetime import datetime
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font, PatternFill
from typer.testing import CliRunner

import hostile
from cmh_graph.cli import app
from cmh_graph.errors import BadParameter, BuildError, CmhGraphError, SourceError
from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.store import Literal, NamedNode, Term, read_quads
from cmh_graph.workbook import (
    Import,
    bring_back,
    import_data,
    import_text,
    lost,
    read_content,
    workbook_bytes,
    write_back,
)
from cmh_graph.workbook.blocks import read_blocks
from cmh_graph.workbook.cells import TOO_LONG, Cells
from cmh_graph.workbook.content import Content, carried
from cmh_graph.workbook.judge import Rules, read_rules
from cmh_graph.workbook.landing import new_texts, write_texts
from cmh_graph.workbook.layout import SHEETS
from cmh_graph.workbook.rows import read_pages
from cmh_graph.workbook.turtle import Writer, apply, edited, with_prefixes
from cmh_graph.workbook.words import guarded, plain, unguarded

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "workbook"
KINDNESS = tomllib.loads((CASES / "kindness.toml").read_text(encoding="utf-8"))["case"]
TURTLE = tomllib.loads((CASES / "turtle.toml").read_text(encoding="utf-8"))["case"]


# The small catalogue ----------------------------------------------------------------------------------------------


def small_home(folder: Path) -> Path:
    """A framework with our ontology, shapes and checks, and a catalogue of two roles."""
    (folder / "ontology").mkdir(parents=True)
    for file in (ROOT / "ontology").glob("*.ttl"):
        shutil.copy(file, folder / "ontology")
    shutil.copytree(ROOT / "ontology" / "vocab", folder / "ontology" / "vocab")
    shutil.copytree(CASES / "catalogue", folder / "ontology" / "catalogue")
    for name in ("shapes", "queries"):
        (folder / name).symlink_to(ROOT / name)
    _stand_ins(folder / "ontology")
    return folder


def _stand_ins(ontology: Path) -> None:
    """Sources that our vocabularies name and the small catalogue has not, so that checks find nothing
    before a test begins."""
    used = {
        name
        for folder in ("", "vocab")
        for path in (ontology / folder).glob("*.ttl")
        for name in re.findall(r"\bsource:([\w-]+)", path.read_text(encoding="utf-8"))
    }
    ours = (ontology / "catalogue" / "sources.ttl").read_text(encoding="utf-8")
    lines = [
        f"source:{name} a cmh:Source ; cmh:sourceKind status:public , status:seed ."
        for name in sorted(used)
        if f"source:{name} a" not in ours
    ]
    prefixes = [f"@prefix {name}: <{PREFIXES[name]}> ." for name in ("cmh", "source", "status")]
    (ontology / "vocab" / "stand-ins.ttl").write_text("\n".join([*prefixes, *lines]) + "\n", encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return small_home(tmp_path / "home")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """The small framework, not to be written to, and its workbook."""
    folder = small_home(tmp_path_factory.mktemp("workbook") / "home")
    return folder, workbook_bytes(read_content(folder))


@cache
def small_content(folder: Path) -> Content:
    return read_content(folder)


@cache
def rules() -> Rules:
    return read_rules(ROOT)


@pytest.fixture(scope="session")
def content() -> Content:
    """The real framework."""
    return read_content(ROOT)


@pytest.fixture(scope="session")
def whole(content: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workbook of the real framework."""
    path = tmp_path_factory.mktemp("whole") / "workbook.xlsx"
    path.write_bytes(workbook_bytes(content))
    return path


# What owners do ---------------------------------------------------------------------------------------------------


class Owner:
    """Does to a workbook what people do, by the headings and keys that they see."""

    def __init__(self, data: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(data))

    def do(self, what: str, *given: Any) -> None:
        getattr(self, what.replace(" ", "_"))(*given)

    def place(self, sheet: str, heading: str) -> int:
        page = self.book[sheet]
        return next(cell.column for cell in page[2] if cell.value == heading)

    def row(self, sheet: str, key: str) -> int:
        page = self.book[sheet]
        return next(
            n
            for n in range(3, page.max_row + 1)
            if str(page.cell(n, 1).value).strip().lower() == key.strip().lower()
        )

    def cell(self, sheet: str, key: str, heading: str) -> Any:
        return self.book[sheet].cell(self.row(sheet, key), self.place(sheet, heading))

    def set(self, sheet: str, key: str, heading: str, value: Any) -> None:
        cell = self.cell(sheet, key, heading)
        cell.value = value or None
        if isinstance(value, str) and value:
            cell.data_type = "s"

    def number(self, sheet: str, key: str, heading: str, value: float) -> None:
        self.cell(sheet, key, heading).value = value

    def boolean(self, sheet: str, key: str, heading: str, value: bool) -> None:
        self.cell(sheet, key, heading).value = value

    def formula(self, sheet: str, key: str, heading: str, value: str) -> None:
        self.cell(sheet, key, heading).value = value

    def long(self, sheet: str, key: str, heading: str, length: int) -> None:
        self.set(sheet, key, heading, ("words and more words, " * length)[:length].strip())

    def date(self, sheet: str, key: str, heading: str, day: str) -> None:
        cell = self.cell(sheet, key, heading)
        cell.value, cell.number_format = datetime.fromisoformat(day), "dd-mmm"

    def rich(self, sheet: str, key: str, heading: str, pieces: list[str]) -> None:
        blocks = [TextBlock(InlineFont(b=n == 1), piece) for n, piece in enumerate(pieces)]
        self.cell(sheet, key, heading).value = CellRichText(*blocks)

    def heading(self, sheet: str, old: str, new: str) -> None:
        self.book[sheet].cell(2, self.place(sheet, old)).value = new

    def unmark(self, sheet: str) -> None:
        for cell in self.book[sheet][1]:
            cell.value = None

    def copy_column(self, sheet: str, heading: str, to: int) -> None:
        page, place = self.book[sheet], self.place(sheet, heading)
        for n in range(1, page.max_row + 1):
            page.cell(n, to).value = page.cell(n, place).value

    def move_column(self, sheet: str, heading: str, to: int) -> None:
        page, place = self.book[sheet], self.place(sheet, heading)
        values = [page.cell(n, place).value for n in range(1, page.max_row + 1)]
        page.delete_cols(place)
        page.insert_cols(to)
        for n, value in enumerate(values, start=1):
            page.cell(n, to).value = value

    def delete_column(self, sheet: str, heading: str) -> None:
        self.book[sheet].delete_cols(self.place(sheet, heading))

    def extra_column(self, sheet: str, heading: str, text: str) -> None:
        page = self.book[sheet]
        place = page.max_column + 1
        page.cell(2, place).value, page.cell(3, place).value = heading, text

    def extra_sheet(self, name: str) -> None:
        page = self.book.create_sheet(name)
        page.append(["Monday", "Tuesday"])
        page.append(["me", "you"])

    def delete_sheet(self, name: str) -> None:
        del self.book[name]

    def rename_sheet(self, old: str, new: str) -> None:
        self.book[old].title = new

    def sheet_order(self, name: str, place: int) -> None:
        self.book.move_sheet(name, place - self.book.sheetnames.index(name))

    def delete_row(self, sheet: str, key: str) -> None:
        self.book[sheet].delete_rows(self.row(sheet, key))

    def blank_row(self, sheet: str, before: int) -> None:
        self.book[sheet].insert_rows(before)

    def hide_row(self, sheet: str, key: str) -> None:
        self.book[sheet].row_dimensions[self.row(sheet, key)].hidden = True

    def reverse_rows(self, sheet: str) -> None:
        page = self.book[sheet]
        rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=3)]
        for n, row in enumerate(reversed(rows), start=3):
            for place, value in enumerate(row, start=1):
                page.cell(n, place).value = value

    def copy_row(self, sheet: str, key: str) -> None:
        page = self.book[sheet]
        page.append([cell.value for cell in page[self.row(sheet, key)]])

    def set_last(self, sheet: str, heading: str, value: str) -> None:
        page = self.book[sheet]
        page.cell(page.max_row, self.place(sheet, heading)).value = value

    def new_row(self, sheet: str, cells: dict[str, Any]) -> None:
        page = self.book[sheet]
        n = max(n for n in range(1, page.max_row + 1) if any(cell.value for cell in page[n])) + 1
        for heading, value in cells.items():
            page.cell(n, self.place(sheet, heading)).value = value

    def merge(self, sheet: str, area: str) -> None:
        self.book[sheet].merge_cells(area)

    def colour(self, sheet: str, key: str) -> None:
        for cell in self.book[sheet][self.row(sheet, key)]:
            cell.fill, cell.font, cell.number_format = (
                PatternFill("solid", fgColor="FFFF00"),
                Font(bold=True),
                "General",
            )
            cell.alignment = copy(cell.alignment)

    def save(self, path: Path) -> Path:
        self.book.save(path)
        return path


def landed(found: Import) -> list[tuple[str, str, str]]:
    return sorted(
        (key_of(one.thing), change.column.heading, change.after)
        for one in found.landing
        if not one.new
        for change in one.changes
    )


@pytest.mark.parametrize("case", KINDNESS, ids=lambda case: case["name"])
def test_what_owners_do(case: dict[str, Any], small: tuple[Path, bytes], tmp_path: Path) -> None:
    folder, data = small
    if case.get("graph"):
        folder = small_home(tmp_path / "moved")
        for name, old, new in case["graph"]:
            file = folder / "ontology" / "catalogue" / name
            assert old in file.read_text(encoding="utf-8")
            file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    owner = Owner(data)
    for step in case["do"]:
        owner.do(*step)
    found = bring_back(
        owner.save(tmp_path / "back.xlsx"),
        folder,
        source=case.get("source", ""),
        columns=case.get("columns", ()),
        rules=rules(),
        content=None if case.get("graph") else small_content(folder),
    )
    told = import_text(found, folder, False)
    wanted = sorted(tuple(one) for one in case.get("lands", ()))
    assert [one[:2] for one in landed(found)] == [one[:2] for one in wanted], told
    for is_so, want in zip(landed(found), wanted, strict=True):
        assert want[2] in ("*", is_so[2]), told
    follows = sorted(
        (key_of(one.thing), change.column.heading, change.after)
        for one in found.landing
        for change in one.follows
    )
    assert follows == sorted(tuple(one) for one in case.get("follows", ())), told
    assert sorted(key_of(one.thing) for one in found.landing if one.new) == sorted(case.get("new", ())), told
    refused = sorted((one.sheet, one.cell) for one in found.refused)
    assert refused == sorted((sheet, cell) for sheet, cell, _ in case.get("refused", ())), told
    for sheet, cell, words in case.get("refused", ()):
        assert any(words in one.what and (one.sheet, one.cell) == (sheet, cell) for one in found.refused), (
            told
        )
    assert all(one.what and (one.mend or one.rule) for one in found.refused)
    for words in case.get("notes", ()):
        assert any(words in note for note in found.notes), (words, found.notes)
    assert len(found.notes) == len(case.get("notes", ())), found.notes
    assert {name: list(keys) for name, keys in found.missing.items()} == case.get("missing", {})
    assert found.older == case.get("older", 0)
    json.dumps(import_data(found, folder, False))
    assert bool(found.texts) == bool(found.landing)


def test_every_case_is_told_apart() -> None:
    assert len({case["name"] for case in [*KINDNESS, *TURTLE]}) == len(KINDNESS) + len(TURTLE)
    assert all(case["why"] for case in [*KINDNESS, *TURTLE])


# The text of the Turtle -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", TURTLE, ids=lambda case: case["name"])
def test_the_turtle_changes_only_where_asked(case: dict[str, Any], home: Path, tmp_path: Path) -> None:
    """Each case says which lines go and which come; all other lines of all files keep their bytes."""
    owner = Owner(workbook_bytes(read_content(home)))
    before = texts_of(home)
    for step in case["do"]:
        owner.do(*step)
    found = bring_back(owner.save(tmp_path / "back.xlsx"), home, source=case.get("source", ""), rules=rules())
    assert not found.refused, import_text(found, home, False)
    write_back(found, home)
    after = texts_of(home)
    lines = {
        name: [
            line
            for line in unified_diff(
                before.get(name, "").splitlines(), after[name].splitlines(), n=0, lineterm=""
            )
            if not line.startswith(("---", "+++", "@@"))
        ]
        for name in after
        if after[name] != before.get(name)
    }
    assert lines == {name: text.splitlines() for name, text in case["diff"].items()}, lines
    again = bring_back(owner.save(tmp_path / "again.xlsx"), home, rules=rules())
    assert not again.landing, "a second import of the same workbook asks for nothing more"


def texts_of(home: Path) -> dict[str, str]:
    folder = home / "ontology" / "catalogue"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode()
        for path in sorted(folder.rglob("*.ttl"))
    }


_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30
).filter(str.strip)
_TERMS = st.one_of(
    st.builds(
        lambda text: Literal(text, language="en"),
        st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30),
    ),
    st.builds(
        lambda number: Literal(str(number), datatype=NamedNode(PREFIXES["xsd"] + "integer")),
        st.integers(-99, 99),
    ),
    st.sampled_from(["true", "false"]).map(
        lambda word: Literal(word, datatype=NamedNode(PREFIXES["xsd"] + "boolean"))
    ),
    st.sampled_from(["skill/a.b", "skill/x-1", "role/y", "value/ü", "vocab/band/8a"]).map(
        lambda end: NamedNode("https://w3id.org/cmh-graph/" + end)
    ),
    st.just(NamedNode("https://example.org/a#b")),
)
_PROPERTIES = [
    PREFIXES[p] + n
    for p, n in (("skos", "note"), ("cmh", "asksFor"), ("dcterms", "source"), ("cmh", "order"))
]
_FILE = """# A file as people write it.
@prefix cmh: <https://w3id.org/cmh-graph/ns#> .
@prefix skill: <https://w3id.org/cmh-graph/skill/> . # skills
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

skill:one a cmh:Skill ; # first
    skos:note "One; with, all. signs # and \\"quotes\\""@en , # why
        '''long 'one' '''@en ;
    # between
    cmh:order 1 ;;
    cmh:asksFor skill:two, skill:one . # after

<https://w3id.org/cmh-graph/skill/two> a cmh:Skill; skos:note "x"@en.
skill:one cmh:order 2 .
# last
"""


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(_PROPERTIES), st.lists(_TERMS, min_size=1, max_size=4, unique_by=str), min_size=1
    ),
    st.booleans(),
)
def test_an_edited_text_says_what_was_wanted_and_the_rest_as_before(
    wanted: dict[str, list[Term]], two: bool
) -> None:
    """For any values: parsed by another parser the text states exactly these, comments stay, and other
    lines keep their bytes."""
    path = Path("x.ttl")
    file = read_blocks(path, _FILE)
    subject = "https://w3id.org/cmh-graph/skill/" + ("two" if two else "one")
    said = {PREFIXES["rdf"] + "type": [NamedNode(PREFIXES["cmh"] + "Skill")], **wanted}
    writer = Writer({name: one[0] for name, one in file.prefixes.items()})
    text = with_prefixes(apply(_FILE, edited(file, subject, said, _PROPERTIES, writer)), file, writer.lacking)
    stated = parsed(text)
    assert {one[1:] for one in stated if one[0] == subject} == {
        (name, str(v)) for name, values in said.items() for v in values
    }
    assert {one for one in stated if one[0] != subject} == {one for one in parsed(_FILE) if one[0] != subject}
    for comment in ("# A file as people write it.", "# skills", "# first", "# last"):
        assert comment in text
    if two:
        start, end = _FILE.index("skill:one a"), _FILE.index("<https://w3id.org/cmh-graph/skill/two>")
        assert _FILE[start:end] in text


@cache
def parsed(text: str) -> frozenset[tuple[str, str, str]]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.ttl"
        path.write_text(text, encoding="utf-8", newline="")
        return frozenset(
            (q.subject.value, q.predicate.value, str(q.object)) for q in read_quads(path, "urn:x")
        )


def test_our_tokenizer_reads_the_whole_framework_as_the_parser_does(content: Content) -> None:
    for path in sorted({*content.files.values(), *(ROOT / "ontology" / "vocab").glob("*.ttl")}):
        file = read_blocks(path, path.read_bytes().decode())
        ours = {(b.subject, s.property, str(o.term)) for b in file.blocks for s in b.said for o in s.objects}
        assert ours == {
            (q.subject.value, q.predicate.value, str(q.object)) for q in read_quads(path, "urn:x")
        }, path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<x:a> <x:b> [ <x:c> 1 ] .", "blank nodes and lists"),
        ("<x:a> <x:b> ( 1 2 ) .", "blank nodes and lists"),
        ("@base <x:> . <a> <b> <c> .", "only @prefix lines"),
        ("nope:a <x:b> <x:c> .", "the prefix nope: is not declared"),
        ("<x:a> <x:b> <x:c>", "ends within a block"),
        ('<x:a> <x:b> "open .', "not written as our Turtle is"),
        ('<x:a> <x:b> "\\q" .', "is no escape"),
    ],
)
def test_turtle_that_is_not_ours_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(SourceError, match=re.escape(says)) as error:
        read_blocks(Path("x.ttl"), "# one\n" + text)
    assert "line 2" in error.value.where


# Writing ----------------------------------------------------------------------------------------------------------


def changed(home: Path, tmp_path: Path) -> Import:
    owner = Owner(workbook_bytes(read_content(home)))
    owner.set("Skills", "warmth", "Definition", "Be warm.")
    owner.set("Roles", "guide", "Name", "Guide of others")
    return bring_back(owner.save(tmp_path / "back.xlsx"), home, rules=rules())


def test_files_are_written_all_or_none(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = changed(home, tmp_path)
    before = texts_of(home)
    assert len(found.texts) == 2
    real, calls = Path.replace, []

    def fails(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(BuildError, match="No space left"):
        write_back(found, home)
    assert texts_of(home) == before
    assert not list(home.rglob("*.part"))


def test_a_file_that_changed_meanwhile_is_left_alone(home: Path, tmp_path: Path) -> None:
    found = changed(home, tmp_path)
    skills = home / "ontology" / "catalogue" / "skills" / "comm.ttl"
    skills.write_text(skills.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    before = texts_of(home)
    with pytest.raises(SourceError, match="changed meanwhile"):
        write_back(found, home)
    assert texts_of(home) == before


def test_nothing_is_written_outside_the_catalogue(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.ttl"
    skills = home / "ontology" / "catalogue" / "skills" / "comm.ttl"
    skills.rename(elsewhere)
    skills.symlink_to(elsewhere)
    found = changed(home, tmp_path)
    text = elsewhere.read_bytes()
    with pytest.raises(SourceError, match="outside the catalogue"):
        write_texts(found.texts, home)
    assert elsewhere.read_bytes() == text


def test_line_ends_of_a_file_are_kept(home: Path, tmp_path: Path) -> None:
    skills = home / "ontology" / "catalogue" / "skills" / "comm.ttl"
    skills.write_bytes(skills.read_bytes().replace(b"\n", b"\r\n"))
    owner = Owner(workbook_bytes(read_content(home)))
    owner.set("Skills", "warmth", "Also called", "Kindness\nFriendliness")
    found = bring_back(owner.save(tmp_path / "back.xlsx"), home, rules=rules())
    write_back(found, home)
    data = skills.read_bytes()
    assert b"Kindness" in data and data.count(b"\n") == data.count(b"\r\n")


def test_a_source_of_ours_confirms_nothing(small: tuple[Path, bytes], tmp_path: Path) -> None:
    path = Owner(small[1]).save(tmp_path / "back.xlsx")
    for key, says in (("inference", "confirms nothing"), ("owner-2062", "no source with the key")):
        with pytest.raises(BadParameter, match=says):
            bring_back(path, small[0], source=key, rules=rules())


# The file ---------------------------------------------------------------------------------------------------------


@given(_WORDS)
def test_a_cell_gives_back_what_went_in_and_starts_no_formula(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


def test_no_formula_can_start_from_data(home: Path) -> None:
    skills = home / "ontology" / "catalogue" / "skills" / "comm.ttl"
    skills.write_text(
        skills.read_text(encoding="utf-8").replace("Give full", '=HYPERLINK(\\"http://x\\") Give'),
        encoding="utf-8",
    )
    data = workbook_bytes(read_content(home))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for name in packed.namelist():
            if name.startswith("xl/worksheets/"):
                assert b"<f>" not in packed.read(name) and b"<f " not in packed.read(name)
    assert Owner(data).cell("Skills", "active-listening", "Definition").value.startswith("'=HYPERLINK")
    path = home / "back.xlsx"
    path.write_bytes(data)
    assert not bring_back(path, home, rules=rules()).landing


def test_the_same_content_gives_the_same_bytes(
    small: tuple[Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert workbook_bytes(read_content(small[0])) == small[1]
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "one",
    [one for one in hostile.TABLES if one.name.endswith((".xlsx", ".xlsm", ".ods"))],
    ids=lambda one: one.name,
)
def test_hostile_files_are_refused_in_words(one: hostile.Hostile, tmp_path: Path) -> None:
    path = tmp_path / one.name.replace("/", "-")
    one.make(path)
    try:
        pages = read_pages(path)
    except CmhGraphError as error:
        assert error.what
    else:
        assert not one.says or one.rows, "a file that is refused elsewhere is refused here"
        assert all(len(page.rows) <= 20_000 for page in pages)


def test_a_book_of_another_kind_ends_in_time_and_in_words(small: tuple[Path, bytes], tmp_path: Path) -> None:
    """Thousands of unknown words: each is refused, the nearest are looked for a bounded number of times."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Requirements"
    page.append(["Key", "Role", "Kind", "Asks for", "Necessity", "Status", "Sources"])
    for n in range(1_500):
        page.append([f"key-{n}", f"nobody {n}", "skil", f"nothing {n}", "must", "sure", f"hearsay {n}"])
    path = tmp_path / "other.xlsx"
    book.save(path)
    found = bring_back(path, small[0], rules=rules())
    assert not found.landing and len(found.refused) >= 1_500
    assert len(import_text(found, small[0], False).splitlines()) < 700


def test_another_kind_of_file_is_refused(small: tuple[Path, bytes], tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Key,Name\na,b\n", encoding="utf-8")
    with pytest.raises(SourceError, match="not an Excel workbook"):
        bring_back(path, small[0], rules=rules())


# The real framework -----------------------------------------------------------------------------------------------


def test_everything_is_carried_or_listed_as_lost(content: Content) -> None:
    assert lost(content)[:5] == []


def test_every_property_of_a_sheet_has_its_heading_once(content: Content) -> None:
    for sheet in SHEETS:
        headings = [one.heading.casefold() for one in sheet.columns]
        assert len(set(headings)) == len(headings), sheet.name
        assert len({one.id for one in sheet.columns}) == len(sheet.columns)
        assert carried(sheet)
    assert len({sheet.name for sheet in SHEETS}) == len(SHEETS)


def test_what_is_written_into_cells_is_read_back(content: Content) -> None:
    """The round trip, statement by statement, on everything that the workbook carries."""
    cells = Cells(content)
    for sheet in SHEETS:
        for thing in content.of_sheet(sheet):
            for column in sheet.columns:
                if column.part != "key":
                    stated = cells.stated(column, thing)
                    assert column.many or column.kind == "type" or len(stated) <= 1, (thing, column.id)
                    text = cells.text(sheet, column, thing)
                    assert text != TOO_LONG
                    assert cells.read(sheet, column, guarded(text), stated) == stated, (thing, column.id)
                    values = cells.read(sheet, column, guarded(text), [])
                    assert isinstance(values, list)
                    assert [plain(str(one)) for one in values] == [plain(str(one)) for one in stated], (
                        thing,
                        column.id,
                    )


def test_an_untouched_workbook_changes_nothing(whole: Path) -> None:
    found = bring_back(whole, ROOT, rules=rules())
    assert (found.landing, found.refused, found.missing, found.older, found.texts) == ((), (), {}, 0, ())
    assert found.rows > 3_000


@pytest.mark.outside
def test_a_workbook_saved_by_libreoffice_changes_nothing(whole: Path, tmp_path: Path) -> None:
    program = shutil.which("libreoffice") or shutil.which("soffice")
    if not program:
        pytest.skip("LibreOffice is not installed")
    done = subprocess.run(
        [
            program,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(tmp_path),
            str(whole),
        ],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    saved = tmp_path / whole.name
    if not saved.exists():
        pytest.skip(
            f"LibreOffice cannot read workbooks here, perhaps its Calc is missing: {done.stderr.strip()[-200:]}"
        )
    found = bring_back(saved, ROOT, rules=rules())
    assert (found.landing, found.refused, found.missing, found.texts) == ((), (), {}, ()), import_text(
        found, ROOT, False
    )


#: sheet, key, heading, value, and for a wrong one the words of the refusal
TWELVE: tuple[tuple[str, str, str, Any, str], ...] = (
    ("I statements", "codeliver--support", "I statement", "I help to teach a session with a colleague.", ""),
    (
        "I statements",
        "coproduction--support",
        "I statement",
        "We invite people to shape what we do.",
        'begins with "I "',
    ),
    ("Requirements", "peer-support-worker--skill-resilience", "Necessity", "essential", ""),
    ("Requirements", "peer-support-worker--skill-share-lived", "Necessity", "Desirable", ""),
    ("Requirements", "hcsw--skill-boundaries", "Necessity", "essentiall", "'essentiall' is not known"),
    ("Roles", "befriender", "Definition", "Visits people as a volunteer and keeps them company.", ""),
    ("Skills", "codeliver", "Also called", "Co-teaching\nTeaching together", ""),
    ("Values", "empathy", "Notes", "The owner names it first.", ""),
    ("Steps", "peer-mentor-to-peer-support-worker", "By way of", "Promotion with the same employer", ""),
    ("Bands of roles", "peer-support-worker--general", "Bands", "Band 3\nBand 10", "'Band 10' is not known"),
    ("Titles", "advanced-practitioner", "Notes", "Seen in many adverts.", ""),
    ("Sources", "ac-approval", "Publisher", "Approvals office", ""),
)


def test_nine_land_three_are_refused_and_only_nine_things_change(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(ROOT / "ontology", home / "ontology")
    for name in ("shapes", "queries"):
        (home / name).symlink_to(ROOT / name)
    monkeypatch.setenv("CMH_GRAPH_HOME", str(home))
    owner = Owner(whole.read_bytes())
    for sheet, key, heading, value, _ in TWELVE:
        owner.set(sheet, key, heading, value)
    path = owner.save(tmp_path / "back.xlsx")
    before = texts_of(home)
    things_before = blocks_of(before)
    done = CliRunner().invoke(
        app, ["workbook", "import", str(path), "--source", "sel-who", "--write", "--format", "json"]
    )
    assert done.exit_code == 1, done.output
    told = json.loads(done.stdout)
    right = [one for one in TWELVE if not one[4]]
    assert told["cells"] == 9 == sum(len(one["cells"]) for one in told["changes"])
    assert {(one["key"], one["cells"][0]["column"]) for one in told["changes"]} == {
        (one[1], one[2]) for one in right
    }
    assert len(told["refused"]) == 3
    for sheet, key, heading, _, words in (one for one in TWELVE if one[4]):
        cell = owner.cell(sheet, key, heading).coordinate
        assert any(
            (one["sheet"], one["cell"]) == (sheet, cell) and words in one["what"] and one["mend"]
            for one in told["refused"]
        )
    things_after = blocks_of(texts_of(home))
    differ = {thing for thing in things_before if things_before[thing] != things_after[thing]}
    assert set(things_before) == set(things_after)
    assert {key_of(one) for one in differ} == {one[1] for one in right}
    assert len(differ) == 9
    without = {name: outside_blocks(text) for name, text in before.items()}
    assert without == {name: outside_blocks(text) for name, text in texts_of(home).items()}, (
        "comments and prefixes stay"
    )


def blocks_of(texts: dict[str, str]) -> dict[str, str]:
    return {
        block.subject: text[block.start : block.end]
        for name, text in texts.items()
        for block in read_blocks(Path(name), text).blocks
    }


def outside_blocks(text: str) -> str:
    return apply(text, [(block.start, block.end, "") for block in read_blocks(Path("x"), text).blocks])


def test_the_command_line_shows_first_and_writes_on_consent(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMH_GRAPH_HOME", str(home))
    run: Callable[..., Any] = CliRunner().invoke
    path = tmp_path / "new" / "workbook.xlsx"
    assert run(app, ["workbook", "export", "--to", str(path)]).exit_code == 0
    owner = Owner(path.read_bytes())
    owner.set("Skills", "warmth", "Definition", "Be warm.")
    owner.save(path)
    before = texts_of(home)
    shown = run(app, ["workbook", "import", str(path)])
    assert shown.exit_code == 0 and texts_of(home) == before
    assert "nothing is written" in shown.stdout and 'Be kind "as a person". -> Be warm.' in shown.stdout
    written = run(app, ["workbook", "import", str(path), "--write"])
    assert written.exit_code == 0 and "wrote ontology/catalogue/skills/comm.ttl" in written.stdout
    assert {name for name, text in texts_of(home).items() if text != before[name]} == {"skills/comm.ttl"}


def test_new_texts_refuse_to_say_anything_else(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If editing were wrong, the proof would stop it before anything is written."""
    content = read_content(home)
    thing = PREFIXES["skill"] + "warmth"
    wanted = {thing: {**content.things[thing], PREFIXES["skos"] + "note": [Literal("new", language="en")]}}
    monkeypatch.setattr("cmh_graph.workbook.landing.edited", lambda *_: [])
    with pytest.raises(BuildError, match="would not say what is wanted"):
        new_texts(content, wanted, [])


assert os.sep == "/", "paths in the cases are written with /"
