"""A graph on disk answers as one in memory does, and what reads it can do nothing else."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cmh_graph import framework, opening
from cmh_graph.errors import NoSnapshot, NotInThisStore, SourceError, UnknownThing
from cmh_graph.framework import ATTRIBUTE_OF, Framework
from cmh_graph.namespaces import GRAPH_DERIVED, PREFIXES
from cmh_graph.queries import load_questions
from cmh_graph.reading import asked
from cmh_graph.settings import Settings
from cmh_graph.snapshot import (
    DATASET,
    STORE,
    current_snapshot,
    shares_nothing,
    store_of,
    write_statements,
    write_store,
)
from cmh_graph.sparql.answers import Limits, QueryRequest, answer
from cmh_graph.sparql.functions import FACTS, teach_lookups
from cmh_graph.sparql.held import OnDisk, _in_a_child
from cmh_graph.sparql.worker_pool import WorkerPool
from cmh_graph.store import NamedNode, Quad, Store, lay_beside, text_of, write_on_disk
from cmh_graph.store.query_text import names_its_graphs

ROOT = Path(__file__).parent.parent
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
LIMITS = Limits(1_000_000, 500_000_000)


@pytest.fixture(scope="module")
def snapshots(framework_snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real graph with a store on disk."""
    folder = tmp_path_factory.mktemp("disk") / "build"
    shutil.copytree(framework_snapshots, folder)
    write_store(current_snapshot(folder))
    return folder


@pytest.fixture(scope="module")
def dataset(snapshots: Path) -> Path:
    return current_snapshot(snapshots) / DATASET


@pytest.fixture(scope="module")
def on_disk(dataset: Path) -> Iterator[Store]:
    folder = store_of(dataset)
    assert folder is not None
    store = Store.open(folder)
    teach_lookups(store)
    yield store


@pytest.fixture(scope="module")
def in_memory(framework_data: Any) -> Store:
    store: Store = framework_data.store
    teach_lookups(store)
    return store


# The default graph is the merge ---------------------------------------------------------------------------------

NODES = st.sampled_from([NamedNode(f"http://x/{name}") for name in "abc"])
GRAPHS = st.sampled_from([NamedNode(f"http://x/graph/{number}") for number in range(3)])
QUADS = st.lists(st.builds(Quad, NODES, NODES, NODES, GRAPHS), max_size=12)
MERGED = (
    COUNT,
    "SELECT ?s ?o { ?s <http://x/a>+ ?o }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "SELECT ?s (COUNT(?o) AS ?n) { ?s ?p ?o } GROUP BY ?s",
    "SELECT ?s ?p ?o FROM <http://x/graph/1> { ?s ?p ?o }",
    "SELECT ?s ?g FROM NAMED <http://x/graph/1> { GRAPH ?g { ?s ?p ?o } }",
    "SELECT ?s ?p ?o { ?s ?p ?o . GRAPH <http://x/graph/2> { ?s ?p ?o } }",
)


def rows(store: Store, text: str, **graphs: Any) -> list[dict[str, str]]:
    found = store.query(text, **graphs)
    names = [variable.value for variable in found.variables]  # type: ignore[union-attr]
    return sorted(({name: str(row[name]) for name in names} for row in found), key=str)  # type: ignore[union-attr, index]


@hypothesis_settings(max_examples=60, deadline=None)
@given(quads=QUADS)
def test_the_union_is_taken_only_where_it_is_the_merge(quads: list[Quad]) -> None:
    merged, chosen = Store.from_quads(quads), Store.from_quads(quads)
    if merged.has_union:
        # The same with the merge written out: how every graph was answered before.
        engine = chosen._engine
        chosen = Store(engine, apart=False)
    triples = {quad.triple for quad in quads}
    assert len(merged) == len(chosen) == len(triples)
    for text in MERGED:
        assert rows(merged, text) == rows(chosen, text)
    iris = [f"http://x/graph/{number}" for number in range(2)]
    assert rows(merged, COUNT, default_graphs=iris) == rows(chosen, COUNT, default_graphs=iris)


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("SELECT * FROM <http://x/g> { ?s ?p ?o }", True),
        ("SELECT * from<http://x/g>{ ?s ?p ?o }", True),
        ("SELECT * FROM NAMED <http://x/g> { ?s ?p ?o }", True),
        ("SELECT * # FROM <http://x/g>\n{ ?s ?p ?o }", False),
        ("SELECT * { ?s ?p 'not FROM <here>' }", False),
        ('SELECT * { ?s ?p """not\n"FROM" <here>""" }', False),
        ("SELECT ?from { ?from ex:from ?o }", False),
        ("PREFIX from: <http://x/> SELECT * { ?s from:a <http://x/FROM> }", False),
        ("SELECT * { ?s <http://x/FROM/a> ?o FILTER(?o < 3) } # FROM", False),
        ("SELECT * # it's\nFROM <http://x/g> { ?s ?p ?o }", True),
    ],
)
def test_a_query_that_names_its_graphs_is_told_from_one_that_says_the_word(text: str, has: bool) -> None:
    assert names_its_graphs(text) is has


def test_the_snapshot_says_whether_its_graphs_share_anything(dataset: Path, tmp_path: Path) -> None:
    assert shares_nothing(dataset.parent) is True
    assert shares_nothing(tmp_path) is None
    line = "<http://x/a> <http://x/b> <http://x/c> <http://x/g{}> .\n"
    both = tmp_path / DATASET
    both.write_text(line.format(1) + line.format(2))
    assert len(Store.load(both)) == 1, "a file that says nothing is looked through"
    write_on_disk(both, tmp_path / STORE)
    store = Store.open(tmp_path / STORE)
    assert (
        len(store) == 1 and len(list(store.quads())) == 2 and store.graphs() == ("http://x/g1", "http://x/g2")
    )


def test_statements_beside_that_are_known_already_are_counted_once(dataset: Path, tmp_path: Path) -> None:
    known = next(line for line in dataset.read_text().splitlines() if "/role/hcsw>" in line)
    beside = tmp_path / "beside.nq"
    beside.write_text(
        known.replace(known.split()[-2], "<http://x/g>")
        + '\n<http://x/a> <http://x/b> "new" <http://x/g> .\n'
    )
    alone = len(Store.load(dataset))
    assert len(Store.load(dataset, beside)) == alone + 1
    folder = store_of(dataset)
    assert folder is not None
    lay_beside(folder, tmp_path / "both", beside)
    both = Store.open(tmp_path / "both")
    assert len(both) == alone + 1 and "http://x/g" in both.graphs()
    assert len(Store.open(folder)) == alone, "the store that was there stays as it is"


# On disk -------------------------------------------------------------------------------------------------------


def test_every_question_has_the_same_answer(on_disk: Store, in_memory: Store) -> None:
    for question in load_questions(ROOT / "queries" / "questions").values():
        bindings = {}
        for parameter in question.parameters:
            prefix, _, name = parameter.example.partition(":")
            bindings[parameter.name] = PREFIXES[prefix] + name
        request = QueryRequest(question.text, "tsv", PREFIXES, bindings=bindings)
        ours, theirs = (answer(store, request, LIMITS) for store in (on_disk, in_memory))
        assert ours[1] == theirs[1], question.name
        assert sorted(ours[0].splitlines()) == sorted(theirs[0].splitlines()), question.name


def test_functions_look_up_the_same(on_disk: Store, in_memory: Store) -> None:
    calls = " ".join(f"BIND(cmhf:{fact.name}(?a, ?b) AS ?{fact.name})" for fact in FACTS)
    text = "SELECT * { VALUES ?a { role:hcsw role:advocate 3 } "
    text += f"{{ ?b a cmh:Role }} UNION {{ ?b a cmh:PayBand }} {calls} }}"
    assert rows(on_disk, text) == rows(in_memory, text)
    assert any("fewestSteps" in row for row in rows(on_disk, text))


def test_things_are_the_same_read_one_by_one(snapshots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = framework.open(snapshots, home=ROOT, in_memory=True)
    monkeypatch.setattr(opening, "MOST_STATEMENTS", 1000)
    disk = framework.open(snapshots, home=ROOT)
    assert disk.store.on_disk and disk.is_large and not memory.store.on_disk
    for kind in ATTRIBUTE_OF:
        ours, theirs = disk.things(kind), memory.things(kind)
        assert len(ours) == len(theirs) and list(ours) == list(theirs), kind
        assert all(ours[key] == theirs[key] and key in ours for key in theirs), kind
        assert "nothing-has-this-key" not in ours
    for role in memory.roles.values():
        assert disk.steps_from(role) == memory.steps_from(role)
        assert disk.steps_to(role) == memory.steps_to(role)
        assert disk.describe(role) == memory.describe(role)
    for kind in ("skill", "value", "experience", "qualification"):
        for thing in memory.things(kind).values():
            assert disk.roles_asking_for(thing) == memory.roles_asking_for(thing)
    assert {iri: disk.labels[iri] for iri in memory.labels} == dict(memory.labels)


def test_a_vocabulary_is_read_by_its_own_concepts(snapshots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Skills and job titles are concepts too: a page that names a status would read all of them."""
    monkeypatch.setattr(opening, "MOST_STATEMENTS", 1000)
    read: list[str] = []
    node = asked.AskedNodes._node
    monkeypatch.setattr(asked.AskedNodes, "_node", lambda self, iri: read.append(iri) or node(self, iri))
    vocabulary = framework.open(snapshots, home=ROOT).vocabularies["status"]
    assert len(vocabulary.concepts) > 2
    assert len(set(read)) < 30 * len(vocabulary.concepts)


def test_a_small_graph_on_disk_has_all_that_one_in_memory_has(snapshots: Path) -> None:
    disk = framework.open(snapshots, home=ROOT)
    assert disk.store.on_disk and not disk.is_large
    assert disk.search("peer") and list(disk.roles.values()) and disk.describe(disk.role("hcsw"))


def test_what_goes_through_too_much_is_refused(snapshots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "MOST_LISTED", 30)
    monkeypatch.setattr(opening, "MOST_STATEMENTS", 1000)
    disk: Framework = framework.open(snapshots, home=ROOT)
    assert disk.role("hcsw").label and len(disk.roles) > 30 and disk.band("3")
    for work in (lambda: list(disk.roles.values()), lambda: disk.search("peer"), lambda: disk.roles.items()):
        with pytest.raises(NotInThisStore):
            work()
    with pytest.raises(UnknownThing):
        disk.role("nobody")
    assert list(disk.vocabularies.values())


def test_a_store_that_is_not_there_or_broken_says_so(tmp_path: Path, dataset: Path) -> None:
    with pytest.raises(NoSnapshot):
        Store.open(tmp_path)
    folder = store_of(dataset)
    assert folder is not None
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    for table in broken.glob("*.sst"):
        table.write_bytes(b"no table")
    with pytest.raises(SourceError):
        Store.open(broken)


def test_a_load_that_fails_leaves_nothing(tmp_path: Path) -> None:
    folder = write_statements([b'<http://x/a> <http://x/b> "c" <http://x/g> .\n'], {}, tmp_path)
    (folder / DATASET).write_text("this is no statement\n")
    with pytest.raises(SourceError):
        write_store(folder)
    assert store_of(folder / DATASET) is None and not list(folder.glob(".draft-*"))


# Workers ---------------------------------------------------------------------------------------------------------


def test_workers_answer_from_disk_with_statements_beside(dataset: Path) -> None:
    beside = b'<http://x/a> <http://x/b> "beside" <http://x/g> .\n'

    async def run() -> tuple[bytes, int, frozenset[str], bytes]:
        pool = WorkerPool(dataset, Settings(query_workers=1), beside)
        await pool.start()
        try:
            text = "SELECT ?o { <http://x/a> ?p ?o }"
            found = await pool.run(QueryRequest(text, "csv", {}))
            files = {
                str(opened.readlink()) for pid in pool.workers for opened in Path(f"/proc/{pid}/fd").iterdir()
            }
            assert any(name.endswith(".sst") for name in files), "it reads the store on disk"
            await pool.reload(dataset, b"")
            again = await pool.run(QueryRequest(text, "csv", {}))
            return found.body, pool.triples, pool.graphs, again.body
        finally:
            await pool.close()

    body, triples, graphs, without = asyncio.run(run())
    assert body == b"o\r\nbeside\r\n" and without == b"o\r\n"
    assert triples == len(Store.load(dataset)) and GRAPH_DERIVED in graphs


@pytest.mark.parametrize("files", ["all open", "some not open"])
def test_a_worker_on_disk_reaches_nothing_else(dataset: Path, tmp_path: Path, files: str) -> None:
    """A query that calls out fails, and so does everything that a break into the engine would try first."""
    folder = tmp_path / STORE
    shutil.copytree(dataset.parent / STORE, folder)
    held = OnDisk(folder, ())
    own = tmp_path / "own.txt"
    own.write_text("outside")
    if files == "some not open":
        # What the engine opens as it needs it, here a file that it does not know.
        (folder / "999999.sst").write_bytes(b"later")
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    tries: dict[str, Callable[[], Any]] = {
        "socket": socket.socket,
        "read": own.read_text,
        "write": lambda: (folder / "new").write_text("x"),
        "run": lambda: os.execv("/bin/true", ["true"]),
        "remove": (folder / "CURRENT").unlink,
    }
    if files == "all open":
        # As in memory: another program is not kept from starting, but it could open nothing.
        del tries["run"], tries["remove"]

    def work() -> dict[str, str]:
        store = held.store()
        held.close_files()
        said = {"count": text_of(store.select(COUNT)[0]["n"])}
        for name, tried in tries.items():
            try:
                tried()
                said[name] = "done"
            except OSError:
                said[name] = "refused"
        if files == "some not open":
            said["later"] = (folder / "999999.sst").read_bytes().decode()
        try:
            list(store.query(f"SELECT * {{ SERVICE <{address}> {{ ?s ?p ?o }} }}"))  # type: ignore[arg-type]
            said["service"] = "done"
        except (OSError, RuntimeError):
            said["service"] = "refused"
        return said

    said = _in_a_child(work)
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.accept()
    listening.close()
    assert int(said.pop("count")) > 80_000
    if files == "some not open":
        assert said.pop("later") == "later"
    assert set(said.values()) == {"refused"}, said
