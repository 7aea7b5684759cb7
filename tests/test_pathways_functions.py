"""The SPARQL functions: the same as the plain query for every pair, in this process and in the query service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rdflib import Graph, URIRef

from built import framework_graph
from cmh_graph.errors import QueryRefused
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.namespaces import CMH, GRAPH_CATALOGUE, GRAPH_DERIVED, PREFIXES
from cmh_graph.settings import Settings
from cmh_graph.sparql.functions import FACTS, FUNCTIONS, teach_lookups
from cmh_graph.sparql.guard import check
from cmh_graph.store import Literal, NamedNode, Quad, Store
from conftest import serve_sparql

ROOT = Path(__file__).resolve().parent.parent
HOW_TO = ROOT / "docs" / "how-to" / "compare-roles-in-sparql.md"
BLOCKS = re.findall(r"```sparql\n(.*?)```", HOW_TO.read_text("utf-8"), re.S)
NAMES = [fact.name for fact in FACTS]

each_function = pytest.mark.parametrize("name", NAMES)
each_question = pytest.mark.parametrize(
    ("called", "plain"), list(zip(BLOCKS[::2], BLOCKS[1::2], strict=True))
)


def taught(quads: list[Quad]) -> Store:
    """A store whose queries may call the functions."""
    store = Store.from_quads(quads)
    teach_lookups(store)
    return store


@pytest.fixture(scope="module")
def framework(framework_snapshots: Path) -> Framework:
    return open_framework(framework_snapshots, home=ROOT)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("functions") / "snapshot.nq"
    path.write_bytes(framework_graph().nquads)
    with serve_sparql(path, Settings(query_workers=2)) as server:
        yield server.url


@each_function
def test_a_function_gives_what_the_plain_query_gives_for_every_pair(framework: Framework, name: str) -> None:
    called = framework.store.select(
        f"SELECT ?one ?other (cmhf:{name}(?one, ?other) AS ?x) "
        "{ ?one a cmh:Role . ?other a cmh:Role . FILTER(?one != ?other) }"
    )
    plain = framework.store.select(
        "SELECT ?one ?other ?x { ?one a cmh:Role . ?other a cmh:Role . FILTER(?one != ?other) "
        f"OPTIONAL {{ ?c cmh:comparesFrom ?one ; cmh:comparesTo ?other ; cmh:{name} ?x }} }}"
    )
    table = {(row["one"], row["other"]): row.get("x") for row in plain}
    assert len(plain) == len(called) == len(table) and any(table.values())
    # Terms, not numbers: datatype and digits are the same too.
    assert {(row["one"], row["other"]): row.get("x") for row in called} == table


@each_function
def test_a_role_beside_itself_is_what_the_laws_say(framework: Framework, name: str) -> None:
    rows = framework.sparql(f"SELECT ?role (cmhf:{name}(?role, ?role) AS ?x) {{ ?role a cmh:Role }}")
    forms = {role.iri: role.form for role in framework.roles.values()}
    wanted = 1 if name == "similarity" else 0
    assert all(row.x == (None if forms[row.role] == "grouping" else wanted) for row in rows)


@pytest.mark.parametrize(
    "arguments",
    ["", "role:hcsw", "role:hcsw, role:hcsw, role:hcsw", "role:hcsw, role:wizard", "'hcsw', 'senior-hcsw'", "1, 2",
     "STR(role:hcsw), role:hcsw", "?nothing, role:hcsw", "BNODE(), BNODE()", "role:hcsw, skill:active-listening"],
)  # fmt: skip
@each_function
def test_anything_but_two_roles_is_unbound(framework: Framework, name: str, arguments: str) -> None:
    rows = framework.sparql(f"SELECT (cmhf:{name}({arguments}) AS ?x) {{}}")
    assert [tuple(row) for row in rows] == [(None,)]


def test_a_function_of_another_name_is_refused_with_those_there_are(framework: Framework) -> None:
    with pytest.raises(QueryRefused) as raised:
        framework.sparql("SELECT (cmhf:gapsize(role:hcsw, role:hcsw) AS ?x) {}")
    assert "gapsize" in raised.value.what and "#gapSize" in raised.value.mend


def test_only_the_derived_graph_is_looked_up(framework: Framework) -> None:
    """A partner's file that states a comparison of its own changes no answer, and FROM takes none away."""

    def comparison(node: str, graph: str, size: str) -> list[Quad]:
        decimal = NamedNode(PREFIXES["xsd"] + "decimal")
        ends = [("comparesFrom", "role/a"), ("comparesTo", "role/b")]
        name, place = NamedNode(f"https://example.org/{node}"), NamedNode(graph)
        return [
            *(
                Quad(name, NamedNode(CMH + prop), NamedNode(f"https://example.org/{end}"), place)
                for prop, end in ends
            ),
            Quad(name, NamedNode(CMH + "gapSize"), Literal(size, datatype=decimal), place),
        ]

    pair = "<https://example.org/role/a>, <https://example.org/role/b>"
    text = f"SELECT (cmhf:gapSize({pair}) AS ?x) {{}}"
    theirs = comparison("theirs", PREFIXES["graph"] + "source/x", "1")
    ours = comparison("ours", GRAPH_DERIVED, "4.5")
    for quads in ([*theirs, *ours], [*ours, *theirs]):
        assert taught(quads).select(text)[0]["x"].value == "4.5"  # type: ignore[union-attr]
    assert taught(theirs).select(text) == [{}]
    rows = framework.sparql(
        f"SELECT (cmhf:gapSize(role:hcsw, role:senior-hcsw) AS ?x) FROM <{GRAPH_CATALOGUE}> {{}}"
    )
    assert rows[0].x > 0


# --- the service ---


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (cmhf:gapSize(role:hcsw, ?r) AS ?x) { ?r a cmh:Role }",
        f"PREFIX f: <{FUNCTIONS}> SELECT ?r {{ ?r a cmh:Role FILTER(f:similarity(role:hcsw, ?r) > 0.2) }}",
        f"ASK {{ BIND(<{FUNCTIONS}fewestSteps>(role:hcsw, role:hcsw) AS ?x) FILTER(?x = 0) }}",
        "SELECT ?r { ?r a cmh:Role } ORDER BY DESC(cmhf:similarity(role:hcsw, ?r)) LIMIT 3",
        "SELECT (SUM(cmhf:gapSize(?a, ?b)) AS ?s) { ?a a cmh:Role . ?b a cmh:Role }",
    ],
)
def test_the_guard_lets_functions_pass(endpoint: str, text: str) -> None:
    assert check(text, graphs=(), longest=1000)
    assert httpx.get(endpoint, params={"query": text, "format": "json"}).status_code == 200


@each_question
def test_the_service_and_python_and_the_plain_query_agree(
    framework: Framework, endpoint: str, called: str, plain: str
) -> None:
    mine = framework.sparql(called)
    assert tuple(mine) == tuple(framework.sparql(plain)) and len(mine) >= 3
    answers = [httpx.get(endpoint, params={"query": text, "format": "csv"}).text for text in (called, plain)]
    assert answers[0] == answers[1] and len(answers[0].splitlines()) == len(mine) + 1
    assert "cmhf:" in called and "cmhf:" not in plain


def test_the_how_to_shows_every_function() -> None:
    assert len(BLOCKS) == 2 * len(NAMES)
    for name in NAMES:
        assert any(f"cmhf:{name}(" in called for called in BLOCKS[::2]), name


def test_the_service_description_lists_them(endpoint: str) -> None:
    graph = Graph().parse(data=httpx.get(endpoint, headers={"Accept": "text/turtle"}).text, format="turtle")
    sd, rdfs = PREFIXES["sd"], PREFIXES["rdfs"]
    listed = set(graph.objects(None, URIRef(sd + "extensionFunction")))
    assert {str(one) for one in listed} == {FUNCTIONS + name for name in NAMES}
    for one in listed:
        assert graph.value(one, URIRef(rdfs + "label")) and graph.value(one, URIRef(rdfs + "comment"))
        assert graph.value(one, URIRef(PREFIXES["rdf"] + "type")) == URIRef(sd + "Function")


def test_a_call_beyond_the_time_limit_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.nq"
    path.write_bytes(framework_graph().nquads)
    roles = "?a a cmh:Role . ?b a cmh:Role . ?c a cmh:Role . ?d a cmh:Role . ?e a cmh:Role"
    text = f"SELECT (SUM(cmhf:gapSize(?a, ?b)) AS ?s) {{ {roles} }}"
    with serve_sparql(path, Settings(query_workers=1, query_seconds=1.0)) as server:
        stopped = httpx.get(server.url, params={"query": text}, timeout=30)
        assert stopped.status_code == 503, stopped.text
        again = httpx.get(server.url, params={"query": "ASK {}", "format": "json"}, timeout=30)
        assert json.loads(again.text)["boolean"] is True
