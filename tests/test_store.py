"""The store merges graphs as RDF asks, binds parameters as terms and speaks our errors."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from cmh_graph.errors import BadParameter, NoSnapshot, QueryRefused, QuerySyntax, SourceError
from cmh_graph.store import Literal, NamedNode, Quad, Store, Triple, text_of, used_prefixes

PEER, LISTEN, RIDE = (NamedNode(f"http://x/{name}") for name in ("peer", "listen", "ride"))
REQUIRES = NamedNode("http://x/requires")
ONE, TWO = NamedNode("http://g/1"), NamedNode("http://g/2")
SHARED = (PEER, REQUIRES, LISTEN)


@pytest.fixture
def store() -> Store:
    return Store.from_quads([Quad(*SHARED, ONE), Quad(*SHARED, TWO), Quad(PEER, REQUIRES, RIDE, TWO)])


def test_a_triple_that_two_graphs_share_counts_once(store: Store) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    assert text_of(store.select(count)[0]["n"]) == "2"
    assert len(store) == 2
    merged = store.query(count, default_graphs=[ONE.value, TWO.value])
    assert [text_of(row["n"]) for row in merged] == ["2"]  # type: ignore[union-attr]
    assert len(list(store.quads())) == 3
    assert len(list(store.quads(ONE.value))) == 1


def test_what_is_said_is_that_of_the_named_graphs(store: Store) -> None:
    """The merge that is held beside graphs which share a triple is no third one who says it."""
    assert not store.has_union
    said = sorted(map(str, store.find_said(PEER, REQUIRES)))
    assert said == sorted(map(str, [Quad(*SHARED, ONE), Quad(*SHARED, TWO), Quad(PEER, REQUIRES, RIDE, TWO)]))


def test_a_named_dataset_leaves_out_what_it_does_not_name(store: Store) -> None:
    graphs = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    assert store.graphs() == (ONE.value, TWO.value)
    assert len(list(store.query(graphs))) == 2  # type: ignore[arg-type]
    assert list(store.query(graphs, default_graphs=[ONE.value])) == []  # type: ignore[arg-type]
    assert not store.query("ASK { ?s ?p ?o }", named_graphs=[ONE.value])
    assert store.query(f"ASK FROM <{ONE.value}> {{ ?s ?p <{RIDE.value}> }}", [TWO.value])


def test_parameters_are_bound_as_terms(store: Store) -> None:
    text = "SELECT $skill ?role { ?role <http://x/requires> $skill }"
    assert store.select(text, skill=RIDE) == [{"skill": RIDE, "role": PEER}]
    assert store.select(text, skill=Literal("> ?x . } #")) == []
    with pytest.raises(BadParameter, match="role"):
        store.select("SELECT ?skill { ?role <http://x/requires> ?skill }", role=PEER)


def test_each_form_has_its_way_in(store: Store) -> None:
    assert store.ask("ASK { ?s ?p ?o }")
    assert store.construct("CONSTRUCT { ?s <http://x/p> 1 } WHERE { ?s ?p ?o }") == [
        Triple(PEER, NamedNode("http://x/p"), Literal(1))
    ]
    for wrong in (store.select, store.construct):
        with pytest.raises(QueryRefused):
            wrong("ASK {}")
    with pytest.raises(QueryRefused):
        store.ask("SELECT * {}")


def test_an_unbound_variable_has_no_key(store: Store) -> None:
    assert store.select("SELECT ?a ?b { BIND(1 AS ?a) }") == [{"a": Literal(1)}]
    assert store.select("SELECT * {}") == [{}]


def test_our_prefixes_need_no_declaration(store: Store) -> None:
    assert not store.ask("ASK { ?s cmh:requiresSkill ?o }")
    assert used_prefixes([Triple(NamedNode("https://w3id.org/cmh-graph/role/x"), REQUIRES, Literal(1))]) == {
        "role": "https://w3id.org/cmh-graph/role/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }


def test_a_syntax_error_says_where(store: Store) -> None:
    with pytest.raises(QuerySyntax) as caught:
        store.ask("ASK {\n  ?s ?p }")
    assert caught.value.where.startswith("line 2, column ")
    assert len(caught.value.what) < 400


def test_a_snapshot_that_is_missing_or_broken(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot):
        Store.load(tmp_path / "none.nq")
    broken = tmp_path / "broken.nq"
    broken.write_text("<http://x/a> <http://x/b> .\n")
    with pytest.raises(SourceError):
        Store.load(broken)
    good = tmp_path / "good.nq"
    good.write_text('<http://x/a> <http://x/b> "c" <http://g/1> .\n')
    assert len(Store.load(good)) == 1


def test_no_other_module_imports_the_engine() -> None:
    package = Path(__file__).parent.parent / "src/cmh_graph"
    importers = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if any(name.split(".")[0] == "pyoxigraph" for name in names):
                importers.add(path.relative_to(package).as_posix())
    # A script that reads a stranger's file in a process of its own knows nothing of the package.
    script = "align/tables/rdf_reader.py"
    assert importers - {script} == {name for name in importers if name.startswith("store/")} != set()
