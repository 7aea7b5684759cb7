"""Mapping in SPARQL alone: recipes in several engines, a partner's triple store that asks our endpoint, the how-to."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyshacl import validate
from rdflib import Graph
from rdflib.compare import isomorphic

from cmh_graph.namespaces import PREFIXES
from cmh_graph.settings import Settings
from conftest import FrameworkData, serve_sparql

ROOT = Path(__file__).parent.parent
RECIPES = sorted((ROOT / "queries" / "recipes").glob("*.rq"))
CASES = ROOT / "tests" / "cases" / "recipes"
EXPECTED: dict[str, Any] = tomllib.loads((CASES / "manifest.toml").read_text(encoding="utf-8"))
HOW_TO = ROOT / "docs" / "how-to" / "map-with-sparql.md"
OUR_ADDRESS = "http://127.0.0.1:8000/sparql"
OXIGRAPH = shutil.which("oxigraph", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
OWL, SKOS, SSSOM = PREFIXES["owl"], PREFIXES["skos"], PREFIXES["sssom"]

each_recipe = pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
needs_oxigraph = [
    pytest.mark.outside,
    pytest.mark.skipif(not OXIGRAPH, reason="the oxigraph server is not there; pip install -e '.[test]'"),
]


def in_one_store(path: Path) -> str:
    """A recipe for a store that holds the framework too, as its how-to says: without SERVICE and the address."""
    return path.read_text(encoding="utf-8").replace(f"SERVICE <{OUR_ADDRESS}> ", "")


def n_triples(triples: object) -> bytes:
    out = io.BytesIO()
    ox.serialize(triples, out, ox.RdfFormat.N_TRIPLES)  # type: ignore[call-overload]
    return out.getvalue()


@pytest.fixture(scope="module")
def framework(framework_data: FrameworkData) -> bytes:
    """The whole framework as N-Triples."""
    return n_triples({quad.triple for quad in framework_data.store.quads()})


@pytest.fixture(scope="module")
def names(framework: bytes) -> bytes:
    """Only the types and labels of roles: enough for recipes, and small enough for a slow engine."""
    store = store_with(framework)
    text = """PREFIX cmh: <https://w3id.org/cmh-graph/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        CONSTRUCT { ?role a ?type ; ?property ?label } WHERE {
          ?role a cmh:Role ; a ?type . VALUES ?property { skos:prefLabel skos:altLabel } ?role ?property ?label }"""
    return n_triples(store.query(text))


def store_with(*parts: bytes) -> ox.Store:
    store = ox.Store()
    for part in parts:
        store.load(part, ox.RdfFormat.TURTLE)
    return store


def catalogue(path: Path) -> bytes:
    return (CASES / f"{path.stem}.ttl").read_bytes()


def mappings(data: bytes) -> list[dict[str, str]]:
    """The mappings in N-Triples as {end of property: value}, sorted."""
    found: dict[str, dict[str, str]] = {}
    for triple in ox.parse(data, ox.RdfFormat.N_TRIPLES):
        row = found.setdefault(str(triple.subject), {})
        name = re.split(r"[/#]", triple.predicate.value)[-1]
        assert name not in row, f"two values of {name}"
        row[name] = triple.object.value  # type: ignore[union-attr]
    return sorted(found.values(), key=lambda row: (row["annotatedSource"], row["annotatedTarget"]))


def rows(data: bytes) -> list[list[str]]:
    return sorted(
        [
            row["annotatedSource"],
            row["annotatedProperty"].removeprefix(SKOS),
            row["annotatedTarget"].rsplit("/", 1)[1],
        ]
        for row in mappings(data)
    )


# The files


def test_every_recipe_has_a_catalogue_and_an_answer() -> None:
    stems = {path.stem for path in RECIPES}
    assert stems == set(EXPECTED) == {path.stem for path in CASES.glob("*.ttl")}
    text = HOW_TO.read_text(encoding="utf-8")
    for path in RECIPES:
        assert path.name in text, "the how-to names every recipe"


@each_recipe
def test_a_recipe_says_what_it_reads_and_gives(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^# (\w+): \S", text, re.M) == ["recipe", "reads", "gives", "adapt"]
    assert text.count("SERVICE") == text.count(f"SERVICE <{OUR_ADDRESS}> {{") + text.count("# SERVICE") == 1


def test_the_last_part_of_every_recipe_is_the_same() -> None:
    mark = "# From here on every recipe is the same."
    assert len({path.read_text(encoding="utf-8").split(mark)[1] for path in RECIPES}) == 1
    assert (
        len({re.findall(r"CONSTRUCT \{.*?\n\}", path.read_text("utf-8"), re.S)[0] for path in RECIPES}) == 1
    )


# Engines


@each_recipe
def test_a_recipe_finds_the_roles_in_its_catalogue(path: Path, framework: bytes) -> None:
    found = n_triples(store_with(framework, catalogue(path)).query(in_one_store(path)))
    case = EXPECTED[path.stem]
    assert rows(found) == sorted(case["mappings"]), case["why"]
    titles = {row["subject_label"] for row in mappings(found)}
    assert not titles & set(case["nothing"])
    for title in case["nothing"]:
        assert title in catalogue(path).decode(), "the catalogue holds what must give nothing"


@each_recipe
def test_two_engines_agree(path: Path, names: bytes) -> None:
    text = in_one_store(path)
    first = n_triples(store_with(names, catalogue(path)).query(text))
    graph = Graph().parse(data=names, format="nt").parse(data=catalogue(path), format="turtle")
    second = graph.query(text).graph
    assert second is not None
    assert len(second) > 0
    assert isomorphic(Graph().parse(data=first, format="nt"), second)


@each_recipe
def test_what_a_recipe_gives_is_a_valid_set_of_candidates(path: Path, framework: bytes) -> None:
    store = store_with(framework, catalogue(path))
    found = n_triples(store.query(in_one_store(path)))
    for row in mappings(found):
        assert row["annotatedProperty"] in (SKOS + "closeMatch", SKOS + "relatedMatch"), (
            "a machine is never exact"
        )
        assert row["reviewState"].endswith("/candidate")
        assert row["mapping_justification"].endswith("LexicalMatching")
        assert "confidence" not in row
        assert row["note"]
    result = Graph().parse(data=found, format="nt")
    conforms, _, text = validate(result, shacl_graph=Graph().parse(ROOT / "shapes" / "match.ttl"))
    assert conforms, text
    # Loaded beside the catalogue, the mappings change nothing at the next run: no statement is added or doubled.
    store.load(found, ox.RdfFormat.N_TRIPLES)
    assert n_triples(sorted(store.query(in_one_store(path)), key=str)) == n_triples(
        sorted(store_with(framework, catalogue(path)).query(in_one_store(path)), key=str)
    )


def test_no_role_is_missing_a_name_that_the_framework_gathered(framework: bytes) -> None:
    """Gathered titles are alternative labels of our graph, so the recipes need not ask for them apart."""
    text = """PREFIX cmh: <https://w3id.org/cmh-graph/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        PREFIX scheme: <https://w3id.org/cmh-graph/scheme/>
        ASK { ?meaning cmh:meansRole ?role ; cmh:title ?title .
          ?title skos:prefLabel ?name ; cmh:belongsTo scheme:gathered-titles .
          FILTER NOT EXISTS { ?role skos:prefLabel|skos:altLabel ?label
                              FILTER(LCASE(STR(?label)) = LCASE(STR(?name))) } }"""
    assert not store_with(framework).query(text)


DRESSES = ("{}", "Band 3 {}", "{} (Band 8a)", "{}, B5", "bd 6-7 {}", "{} afc band 4", "{}  ", "{}.")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_case_signs_and_band_never_hide_a_name(names: bytes, data: st.DataObject) -> None:
    """Law: a name of a role in any case, with other signs between its words and a band beside it, is found."""
    known = {
        (t.object.value, t.subject)
        for t in ox.parse(names, ox.RdfFormat.N_TRIPLES)
        if isinstance(t.object, ox.Literal) and "(" not in t.object.value
    }
    chosen = data.draw(st.lists(st.sampled_from(sorted(known, key=str)), min_size=1, max_size=12))
    store = store_with(names)
    wanted = set()
    for place, (name, role) in enumerate(chosen):
        dress = data.draw(st.sampled_from(DRESSES))
        between = data.draw(st.sampled_from([" ", "  ", "-", " - ", "/"]))
        change = data.draw(st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))
        posting = ox.NamedNode(f"http://partner.example/{place}")
        title = ox.Literal(dress.format(change(name).replace(" ", between)))
        schema = PREFIXES["schema"]
        store.add(
            ox.Quad(posting, ox.NamedNode(PREFIXES["rdf"] + "type"), ox.NamedNode(schema + "JobPosting"))
        )
        store.add(ox.Quad(posting, ox.NamedNode(schema + "title"), title))
        grouping = ox.Quad(
            role, ox.NamedNode(PREFIXES["rdf"] + "type"), ox.NamedNode(PREFIXES["cmh"] + "RoleGrouping")
        )
        if grouping not in store:
            wanted.add((posting.value, role.value))
    found = mappings(n_triples(store.query(in_one_store(ROOT / "queries" / "recipes" / "job_postings.rq"))))
    assert wanted <= {(row["annotatedSource"], row["annotatedTarget"]) for row in found}


# A partner's own triple store


@pytest.fixture(scope="module")
def endpoint(framework_data: FrameworkData, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of our endpoint over the real graph."""
    path = tmp_path_factory.mktemp("served") / "snapshot.nq"
    with path.open("wb") as out:
        ox.serialize(framework_data.store.quads(), out, ox.RdfFormat.N_QUADS)  # type: ignore[call-overload]
    with serve_sparql(path, Settings(query_workers=2)) as server:
        yield server.url


@contextmanager
def partner_store(folder: Path) -> Iterator[str]:
    """An empty native Oxigraph server on a free port of 127.0.0.1."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    assert OXIGRAPH
    server = subprocess.Popen(
        [OXIGRAPH, "serve", "--location", folder, "--bind", address],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://{address}/", timeout=2)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a partner's store, which holds the catalogues and nothing of the framework."""
    with partner_store(tmp_path_factory.mktemp("partner") / "store") as address:
        for path in RECIPES:
            sent = httpx.post(
                f"{address}/store?default", content=catalogue(path), headers={"Content-Type": "text/turtle"}
            )
            assert sent.is_success, sent.text
        yield address


def ask(address: str, text: str, accept: str) -> httpx.Response:
    headers = {"Content-Type": "application/sparql-query", "Accept": accept}
    return httpx.post(f"{address}/query", content=text, headers=headers, timeout=60)


class TestAPartnersStore:
    pytestmark = needs_oxigraph

    @each_recipe
    def test_it_maps_by_asking_our_endpoint(self, path: Path, partner: str, endpoint: str) -> None:
        text = path.read_text(encoding="utf-8").replace(OUR_ADDRESS, endpoint)
        answer = ask(partner, text, "application/n-triples")
        assert answer.status_code == 200, answer.text
        assert [row for row in EXPECTED[path.stem]["mappings"] if row not in rows(answer.content)] == []

    def test_it_joins_its_own_facts_with_ours(self, partner: str, endpoint: str) -> None:
        """What the framework asks of the role whose name a post of theirs has: theirs and ours in one row."""
        text = f"""PREFIX cmh: <https://w3id.org/cmh-graph/ns#> PREFIX org: <http://www.w3.org/ns/org#>
            PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
            SELECT ?post ?skill WHERE {{
              ?post a org:Post ; rdfs:label ?title .
              SERVICE <{endpoint}> {{
                ?role a cmh:Role ; skos:prefLabel ?name ; cmh:requiresSkill/skos:prefLabel ?skill }}
              FILTER(LCASE(STR(?title)) = LCASE(STR(?name))) }}"""
        answer = ask(partner, text, "application/sparql-results+json")
        assert answer.status_code == 200, answer.text
        bindings = answer.json()["results"]["bindings"]
        ours = f"""PREFIX cmh: <https://w3id.org/cmh-graph/ns#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
            SELECT ?skill {{
              <{PREFIXES["role"]}social-prescribing-link-worker> cmh:requiresSkill/skos:prefLabel ?skill }}"""
        wanted = httpx.get(
            endpoint, params={"query": ours}, headers={"Accept": "text/csv"}
        ).text.splitlines()[1:]
        posts = {"http://partner.example/post-1"}
        assert (
            sorted(b["skill"]["value"] for b in bindings if b["post"]["value"] in posts)
            == sorted(wanted)
            != []
        )

    def test_a_partner_that_asks_with_rdflib_gets_the_same(self, endpoint: str) -> None:
        path = ROOT / "queries" / "recipes" / "job_postings.rq"
        graph = Graph().parse(data=catalogue(path), format="turtle")
        found = graph.query(path.read_text(encoding="utf-8").replace(OUR_ADDRESS, endpoint)).graph
        assert found is not None
        assert rows(found.serialize(format="nt", encoding="utf-8")) == sorted(EXPECTED[path.stem]["mappings"])

    @each_recipe
    def test_our_own_endpoint_calls_nobody(self, path: Path, endpoint: str) -> None:
        answer = httpx.post(
            endpoint, content=path.read_text("utf-8"), headers={"Content-Type": "application/sparql-query"}
        )
        assert answer.status_code == 403 or answer.status_code == 400
        assert "SERVICE" in answer.text


# The how-to


@pytest.mark.skipif(not OXIGRAPH, reason="the oxigraph server is not there; pip install -e '.[test]'")
@pytest.mark.outside
def test_every_block_of_the_how_to_runs(endpoint: str, tmp_path: Path) -> None:
    """All blocks as one script, from a folder that has queries and exports as a clone does; each output is shown."""
    text = HOW_TO.read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, folder in (("queries", ROOT / "queries"), ("exports", ROOT / "exports")):
        shutil.copytree(folder, tmp_path / name, ignore=shutil.ignore_patterns("*.jsonld", "*.nq", "tables"))
    for path in (tmp_path / "queries" / "recipes").glob("*.rq"):
        path.write_text(path.read_text("utf-8").replace(OUR_ADDRESS, endpoint), encoding="utf-8")
    script = script.replace(OUR_ADDRESS, endpoint).replace("127.0.0.1:7878", f"127.0.0.1:{port}")
    assert OXIGRAPH
    environment = {**os.environ, "PATH": f"{Path(OXIGRAPH).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", f"trap 'kill $(jobs -p)' EXIT\n{script}"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout.replace("\r\n", "\n")
    for shown in re.findall(r"```text\n(.*?)```", text, re.S):
        assert shown in said
    skills = dict(re.findall(r"^https://partner.example/post/(\d+),(\d+)$", said, re.M))
    assert set(skills) == {"101", "103"} and all(int(number) > 5 for number in skills.values())
    assert (tmp_path / "candidates.nt").read_text(encoding="utf-8")
