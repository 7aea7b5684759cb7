"""CSV, Parquet and SQLite hold the same tables, pass the validators of others, and give back what they carry."""

from __future__ import annotations

import csv
import doctest
import io
import json
import sqlite3
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from built import framework_graph, framework_written
from cmh_graph.align.cells import FORMULA_STARTS
from cmh_graph.errors import SourceError
from cmh_graph.export import FORMATS, Edition, write_export
from cmh_graph.export.format import Format, Written
from cmh_graph.export.tables.csv_set import DATA_PACKAGE, METADATA
from cmh_graph.export.tables.design import design
from cmh_graph.export.tables.relation import Table
from cmh_graph.export.tables.views import VIEWS
from cmh_graph.namespaces import BASE, CMH, GRAPH_CATALOGUE, PREFIXES
from cmh_graph.store import (
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    canonical_nquads,
    graph_of,
    parse_rdf,
    read_quads,
    text_of,
)

ROOT = Path(__file__).parent.parent
CASES = ROOT / "tests" / "cases" / "export_tables"
PYTHON = ROOT / ".venv-tables" / "bin" / "python"
TABLES = ("csv", "parquet", "sqlite")
DEFECTS: list[dict[str, str]] = tomllib.loads((CASES / "defects.toml").read_text(encoding="utf-8"))["case"]
FORMULAS: list[dict[str, str]] = tomllib.loads((CASES / "formulas.toml").read_text(encoding="utf-8"))["case"]


def needs_validators(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that asks the packages of .venv-tables."""
    reason = "the validators have an environment of their own; run: make tables-validators"
    return pytest.mark.outside(pytest.mark.skipif(not PYTHON.exists(), reason=reason)(test))


HEADER = (("owl", "versionInfo", "1"), ("dcterms", "issued", "2026-01-02"))


@pytest.fixture(scope="module")
def edition() -> Edition:
    return Edition.of(framework_graph().nquads)


@pytest.fixture(scope="module")
def hostile() -> Edition:
    return Edition.of(canonical_nquads(read_quads(CASES / "hostile.ttl", GRAPH_CATALOGUE)))


@pytest.fixture(scope="module")
def written() -> dict[str, Written]:
    """What each format writes of the framework."""
    return {name: framework_written(name) for name in TABLES}


@pytest.fixture(scope="module")
def slice_(edition: Edition) -> Edition:
    """A part of the framework that a slow judge can read: some kinds, and a planted formula."""
    kept = (
        "role",
        "band-assignment",
        "placement",
        "pathway-stage",
        "vocab/band",
        "vocab/status",
        "figure",
        "evidence",
    )
    quads = [
        quad
        for quad in edition.quads
        if any(text_of(quad.subject).startswith(f"{BASE}{kind}/") for kind in kept)
        or text_of(quad.subject) == f"{BASE}ns"
    ]
    role = NamedNode(f"{BASE}role/planted")
    planted = Literal('=HYPERLINK("http://example.org")', language="en")
    return Edition(
        (*quads, Quad(role, NamedNode(PREFIXES["skos"] + "prefLabel"), planted, NamedNode(GRAPH_CATALOGUE)))
    )


def made(texts: list[tuple[str, Literal]]) -> Edition:
    """A small edition: a thing for each (property, literal)."""
    graph = NamedNode(GRAPH_CATALOGUE)
    header = [
        Quad(NamedNode(f"{BASE}ns"), NamedNode(PREFIXES[prefix] + name), Literal(text), graph)
        for prefix, name, text in HEADER
    ]
    rows = [
        Quad(NamedNode(f"{BASE}role/r{number % 4}"), NamedNode(prop), value, graph)
        for number, (prop, value) in enumerate(texts)
    ]
    return Edition((*header, *rows))


def cells_of(files: dict[str, bytes]) -> list[tuple[str, str, str]]:
    """Every cell of the CSV files: (file, column, text)."""
    return [
        (name, column, cell)
        for name, data in files.items()
        if name.endswith(".csv")
        for row in csv.DictReader(io.StringIO(data.decode(), newline=""))
        for column, cell in row.items()
    ]


# --- what is carried ---


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("which", ["edition", "hostile"])
def test_reading_gives_exactly_what_is_carried(
    name: str, which: str, written: dict[str, Written], request: pytest.FixtureRequest
) -> None:
    edition: Edition = request.getfixturevalue(which)
    one = written[name] if which == "edition" else FORMATS[name].write(edition)
    assert FORMATS[name].read is not None
    assert one.carried is not None
    assert FORMATS[name].read(one.files) == one.carried
    assert one.carried <= set(edition.stated)
    assert FORMATS[name].write(Edition(tuple(edition.quads))).files == one.files


@pytest.mark.parametrize("name", TABLES)
def test_only_what_has_no_name_is_lost(edition: Edition, written: dict[str, Written], name: str) -> None:
    """Of the framework: statements of blank nodes, and links to them. A cell holds everything else."""
    carried = written[name].carried or set()
    lost = [triple for triple in edition.stated if triple not in carried]
    assert lost
    assert all("_:" in (str(triple.subject)[:2], str(triple.object)[:2]) for triple in lost)


def test_what_a_cell_cannot_hold_is_counted_as_lost(hostile: Edition) -> None:
    carried = FORMATS["csv"].write(hostile).carried or set()
    lost = {text_of(triple.object) for triple in hostile.stated if triple not in carried}
    assert {"", "=1", "2026-02-30", "A key outside ASCII"} <= lost
    assert {"=A1", "1.50", "12.0", "A key like a formula", "Gweithiwr"} & lost == set()


RISKY = st.text(alphabet="='-+@| a\n\r\t,\"", max_size=5)
NUMBERS = st.from_regex(r"\A[+-]?[0-9]{1,20}(\.[0-9]{1,3})?\Z")
LITERALS = st.one_of(
    st.builds(Literal, st.text(max_size=6)),
    st.builds(lambda text, tag: Literal(text, language=tag), RISKY, st.sampled_from(["en", "cy"])),
    st.builds(
        lambda text, kind: Literal(text, datatype=NamedNode(PREFIXES["xsd"] + kind)),
        NUMBERS,
        st.sampled_from(["integer", "decimal", "double", "boolean", "date"]),
    ),
)
PROPERTIES = st.sampled_from(
    [CMH + name for name in ("note", "Note", "key")]
    + [PREFIXES["skos"] + name for name in ("note", "prefLabel")]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(PROPERTIES, LITERALS), max_size=10))
def test_whatever_is_stated_comes_back_from_all(texts: list[tuple[str, Literal]]) -> None:
    edition = made(texts)
    for name in TABLES:
        format: Format = FORMATS[name]
        written = format.write(edition)
        assert format.read is not None
        assert format.read(written.files) == written.carried
    for file, column, cell in cells_of(dict(FORMATS["csv"].write(edition).files)):
        number = cell.lstrip("+-").replace(".", "", 1).isdigit()
        assert not cell.startswith(FORMULA_STARTS) or number, (file, column, cell)


@pytest.mark.parametrize("case", FORMULAS, ids=[case["why"] for case in FORMULAS])
def test_no_cell_can_start_a_formula(case: dict[str, str]) -> None:
    edition = made([(PREFIXES["skos"] + "prefLabel", Literal(case["text"], language="en"))])
    written = FORMATS["csv"].write(edition)
    cells = [
        cell
        for file, column, cell in cells_of(dict(written.files))
        if file == "tables/role.csv" and column == "label"
    ]
    assert cells == [case["cell"]], case["why"]


def test_nothing_hostile_starts_a_formula(hostile: Edition) -> None:
    numbers = {"order", "value"}
    for file, column, cell in cells_of(dict(FORMATS["csv"].write(hostile).files)):
        assert not cell.startswith(FORMULA_STARTS) or column in numbers, (file, column, cell)


# --- the design ---


def test_every_thing_has_one_row(edition: Edition) -> None:
    things = {
        iri
        for iri in edition.about
        if iri.startswith(BASE) and iri != f"{BASE}ns" and ("#" not in iri or "/ns#" in iri)
    }
    made = design(edition)
    rows = [row["iri"] for table in made.tables if table.about == "{iri}" for row in table.rows]
    assert len(rows) == len(set(rows))
    assert set(rows) == things == {row["iri"] for row in made.table("thing").rows}


@pytest.mark.parametrize("which", ["edition", "hostile"])
def test_keys_hold(which: str, request: pytest.FixtureRequest) -> None:
    tables = {table.name: table for table in design(request.getfixturevalue(which)).tables}
    assert len({name.lower() for name in tables}) == len(tables)
    for table in tables.values():
        names = [column.name.lower() for column in table.columns]
        assert len(set(names)) == len(names), table.name
        keys = [tuple(row[name] for name in table.primary_key) for row in table.rows]
        assert len(set(keys)) == len(keys), table.name
        for key in table.foreign_keys:
            there = {row[key.reference] for row in tables[key.table].rows}
            assert {row[key.column] for row in table.rows if key.column in row} <= there, (table.name, key)


def test_every_column_is_described(edition: Edition) -> None:
    described: list[Table] = [
        table for table in design(edition).tables if table.name not in ("statement", "term")
    ]
    assert [table.name for table in described if not table.title] == []
    bare = [
        f"{table.name}.{column.name}"
        for table in described
        for column in table.columns
        if not column.description
    ]
    assert bare == []


# --- what others say ---


def verdicts(wanted: dict[str, tuple[str, Path]]) -> dict[str, Any]:
    """name -> verdict, for name -> (judge, folder of an export)."""
    arguments = {name: f"{judge}={folder / 'tables'}" for name, (judge, folder) in wanted.items()}
    done = subprocess.run(
        [PYTHON, ROOT / "tests" / "tables_validators.py", *arguments.values()],
        capture_output=True, text=True, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: found[argument] for name, argument in arguments.items()}


@pytest.fixture(scope="module")
def found(
    written: dict[str, Written], slice_: Edition, hostile: Edition, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Verdicts on the framework (on a part of it, where the judge is slow), the hostile edition and its defects."""
    folder = tmp_path_factory.mktemp("tables")
    good = dict(FORMATS["csv"].write(hostile).files)
    write_export(good, folder / "hostile")
    write_export(written["csv"].files, folder / "framework")
    write_export(FORMATS["csv"].write(slice_).files, folder / "slice")
    wanted = {
        "framework csvw": ("csvw", folder / "framework"),
        "framework frictionless": ("frictionless", folder / "slice"),
        "hostile csvw": ("csvw", folder / "hostile"),
        "hostile frictionless": ("frictionless", folder / "hostile"),
    }
    for number, case in enumerate(DEFECTS):
        text = good[case["file"]].decode()
        assert case["find"] in text, case
        broken = {**good, case["file"]: text.replace(case["find"], case["put"], 1).encode()}
        write_export(broken, folder / str(number))
        wanted[case["why"]] = (case["judge"], folder / str(number))
    return verdicts(wanted)


@pytest.mark.parametrize("which", ["framework", "hostile"])
@pytest.mark.parametrize("judge", ["csvw", "frictionless"])
@needs_validators
def test_the_tables_pass(found: dict[str, Any], which: str, judge: str) -> None:
    assert found[f"{which} {judge}"]["wrong"] == []


@pytest.mark.parametrize("case", DEFECTS, ids=[case["why"] for case in DEFECTS])
@needs_validators
def test_a_defect_is_refused(found: dict[str, Any], case: dict[str, str]) -> None:
    assert found[case["why"]]["wrong"] != [], case["why"]


@pytest.fixture(scope="module")
def of_slice(slice_: Edition) -> Written:
    return FORMATS["csv"].write(slice_)


@pytest.fixture(scope="module")
def found_by_csv2rdf(of_slice: Written, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    folder = tmp_path_factory.mktemp("csvw")
    write_export(of_slice.files, folder / "good")
    misspelt = of_slice.files[METADATA].replace(b"ns#rollsUpTo", b"ns#rollUpTo")
    write_export({**of_slice.files, METADATA: misspelt}, folder / "misspelt")
    judged = verdicts({name: ("csv2rdf", folder / name) for name in ("good", "misspelt")})
    return {
        name: {str(triple) for triple in parse_rdf(one["triples"].encode(), RdfFormat.N_TRIPLES)}
        for name, one in judged.items()
    }


@needs_validators
def test_it_finds_what_is_carried(of_slice: Written, found_by_csv2rdf: dict[str, set[str]]) -> None:
    assert of_slice.carried is not None
    # It does not know of the apostrophe before a formula.
    expected = {str(triple).replace('"=HYPERLINK', "\"'=HYPERLINK") for triple in of_slice.carried}
    assert found_by_csv2rdf["good"] == expected


@needs_validators
def test_a_misspelt_property_is_seen(found_by_csv2rdf: dict[str, set[str]]) -> None:
    assert found_by_csv2rdf["misspelt"] != found_by_csv2rdf["good"]


def test_the_descriptions_list_every_file(written: dict[str, Written]) -> None:
    files = written["csv"].files
    there = {name.removeprefix("tables/") for name in files if name.endswith(".csv")}
    assert {table["url"] for table in json.loads(files[METADATA])["tables"]} == there
    assert {one["path"] for one in json.loads(files[DATA_PACKAGE])["resources"]} == there


# --- SQLite and Parquet ---


@pytest.fixture
def database(written: dict[str, Written]) -> sqlite3.Connection:
    found = sqlite3.connect(":memory:")
    found.deserialize(written["sqlite"].files["cmh.sqlite"])
    return found


def test_sqlite_finds_no_fault(database: sqlite3.Connection) -> None:
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_sqlite_sees_a_link_to_nothing(database: sqlite3.Connection) -> None:
    database.execute("UPDATE requirement SET role = 'nobody' WHERE key = (SELECT max(key) FROM requirement)")
    assert database.execute("PRAGMA foreign_key_check").fetchall() != []


def test_every_view_of_sqlite_has_rows(database: sqlite3.Connection) -> None:
    views = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
    assert views == set(VIEWS)
    for view in views:
        assert database.execute(f"SELECT count(*) FROM {view}").fetchone()[0] > 0, view
    of_roles = database.execute(
        "SELECT count(*), count(DISTINCT requirement) FROM role_requirements"
    ).fetchone()
    assert of_roles == database.execute("SELECT count(*), count(*) FROM requirement").fetchone()


def test_sqlite_names_no_version_of_its_library(written: dict[str, Written]) -> None:
    data = written["sqlite"].files["cmh.sqlite"]
    assert int.from_bytes(data[96:100], "big") == 3_040_000
    assert data[24:28] == data[92:96] == (1).to_bytes(4, "big")


def test_a_broken_parquet_is_refused_by_others(written: dict[str, Written], tmp_path: Path) -> None:
    path = tmp_path / "role.parquet"
    data = written["parquet"].files["parquet/role.parquet"]
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(duckdb.Error):
        duckdb.sql(f"SELECT * FROM '{path}'").fetchall()


# --- numbers ---

COUNTED = ("role", "skill", "requirement", "step", "source")


def count_csv(folder: Path) -> dict[str, int]:
    return {
        kind: sum(
            1 for _ in csv.DictReader((folder / f"tables/{kind}.csv").open(newline="", encoding="utf-8"))
        )
        for kind in COUNTED
    }


def count_parquet(folder: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind in COUNTED:
        (row,) = duckdb.sql(f"SELECT count(DISTINCT key) FROM '{folder}/parquet/{kind}.parquet'").fetchall()
        found[kind] = row[0]
    return found


def count_sqlite(folder: Path) -> dict[str, int]:
    database = sqlite3.connect(f"file:{folder}/cmh.sqlite?mode=ro", uri=True)
    return {kind: database.execute(f"SELECT count(*) FROM {kind}").fetchone()[0] for kind in COUNTED}


def count_xlsx(folder: Path) -> dict[str, int]:
    sheets = dict(zip(COUNTED, ("Roles", "Skills", "Requirements", "Steps", "Sources"), strict=True))
    book = CalamineWorkbook.from_path(folder / "cmh.xlsx")
    return {kind: len(book.get_sheet_by_name(sheet).to_python()) - 1 for kind, sheet in sheets.items()}


def test_every_load_counts_the_same(edition: Edition, written: dict[str, Written], tmp_path: Path) -> None:
    for one in (*written.values(), FORMATS["xlsx"].write(edition)):
        write_export(one.files, tmp_path)
    numbers = {kind: len({s for s in edition.about if s.startswith(f"{BASE}{kind}/")}) for kind in COUNTED}
    assert min(numbers.values()) > 0
    for count in (count_csv, count_parquet, count_sqlite, count_xlsx):
        assert count(tmp_path) == numbers, count.__name__


# --- files of strangers ---


@pytest.mark.parametrize(
    ("name", "files", "why"),
    [
        ("csv", {}, "there is no description"),
        ("csv", {METADATA: b"[]"}, "the description is another"),
        ("csv", {METADATA: b"{" * 9}, "the description is broken"),
        ("parquet", {"parquet/role.parquet": b"PAR1"}, "no Parquet"),
        ("sqlite", {"cmh.sqlite": b"SQLite format 3\0" + bytes(100)}, "no database"),
        ("sqlite", {}, "no file"),
    ],
)
def test_other_files_are_refused(name: str, files: dict[str, bytes], why: str) -> None:
    read = FORMATS[name].read
    assert read is not None
    with pytest.raises(SourceError):
        read(files)


def test_a_view_in_the_place_of_a_table_is_refused(hostile: Edition) -> None:
    """Reading a stranger's view could go on for ever."""
    database = sqlite3.connect(":memory:")
    database.deserialize(FORMATS["sqlite"].write(hostile).files["cmh.sqlite"])
    database.executescript(
        "PRAGMA foreign_keys = OFF; ALTER TABLE role RENAME TO other; CREATE VIEW role AS SELECT * FROM other;"
    )
    read = FORMATS["sqlite"].read
    assert read is not None
    with pytest.raises(SourceError):
        read({"cmh.sqlite": database.serialize()})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda files: files | {"tables/role.csv": b"\xff\xfe"}, "not UTF-8"),
        (lambda files: files | {"tables/role.csv": b"key,label\n"}, "a column is missing"),
        (
            lambda files: {name: data for name, data in files.items() if name != "tables/role.csv"},
            "a table is missing",
        ),
    ],
)
def test_a_changed_csv_set_is_refused(
    hostile: Edition, change: Callable[[dict[str, bytes]], dict[str, bytes]], why: str
) -> None:
    read = FORMATS["csv"].read
    assert read is not None
    with pytest.raises(SourceError) as error:
        read(change(dict(FORMATS["csv"].write(hostile).files)))
    assert "role.csv" in error.value.where


def test_columns_may_change_places(hostile: Edition) -> None:
    """A spreadsheet or a BI tool may write them in another order, with a mark before the first byte."""
    written = FORMATS["csv"].write(hostile)
    rows = list(csv.reader(io.StringIO(written.files["tables/role.csv"].decode(), newline="")))
    output = io.StringIO(newline="")
    csv.writer(output).writerows([row[::-1] for row in rows])
    read = FORMATS["csv"].read
    assert read is not None
    changed = {**written.files, "tables/role.csv": b"\xef\xbb\xbf" + output.getvalue().encode()}
    assert read(changed) == written.carried


def test_derived_statements_are_left_out(edition: Edition) -> None:
    derived = {q.triple for q in edition.quads if graph_of(q) == f"{BASE}graph/derived"} - set(edition.stated)
    assert not derived & design(edition).carried


# --- the page ---


def test_the_code_on_the_page_is_true(
    written: dict[str, Written], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in written.values():
        write_export(one.files, tmp_path / "exchange")
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(ROOT / "docs" / "formats" / "tables.md"), module_relative=False)
    assert tried > 0
    assert failed == 0
