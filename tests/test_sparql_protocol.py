"""The endpoint speaks the SPARQL 1.1 Protocol, to the W3C's tests and to clients as they are."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest
import rdflib

from conftest import SparqlServer

DATA = "http://kasei.us/2009/09/sparql/data"
CASES = tomllib.loads((Path(__file__).parent / "cases/sparql/protocol.toml").read_text("utf-8"))["case"]
W3C_QUERY_TESTS = """
query_get query_post_form query_post_direct query_dataset_default_graphs_get query_dataset_default_graphs_post
query_dataset_named_graphs_get query_dataset_named_graphs_post query_dataset_full query_multiple_dataset
query_content_type_select query_content_type_ask query_content_type_describe query_content_type_construct
bad_query_method bad_multiple_queries bad_query_wrong_media_type bad_query_missing_form_type
bad_query_missing_direct_type bad_query_non_utf8 bad_query_syntax
"""
FORMATS = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": {"application/sparql-results+json", "application/sparql-results+xml", "text/csv"},
    "RDF": {"text/turtle", "application/rdf+xml", "application/n-triples"},
}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def test_every_query_test_of_the_w3c_is_a_case() -> None:
    assert set(W3C_QUERY_TESTS.split()) <= {case["name"] for case in CASES}
    assert {path.name for path in (Path(__file__).parent / "cases/sparql").iterdir()} == {
        "protocol.toml",
        "refused.toml",
    }


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_w3c_protocol(case: dict[str, Any], sparql_server: SparqlServer) -> None:
    assert case["why"]
    body = case.get("body")
    response = httpx.request(
        case["method"],
        sparql_server.url,
        params=[
            (name, value.replace("{data}", DATA))
            for name, values in case.get("url", {}).items()
            for value in values
        ],
        content=body and body.replace("{data}", DATA).encode(case.get("encoding", "utf-8")),
        headers={"Content-Type": case["content_type"]} if "content_type" in case else {},
    )
    assert response.status_code == case.get("status", 200), response.text
    if "status" in case:
        assert_problem(response, case["status"])
        return
    assert response.headers["content-type"].split(";")[0] in FORMATS[case["format"]]
    if "boolean" in case:
        assert response.json()["boolean"] is case["boolean"]


def assert_problem(response: httpx.Response, status: int, slug: str | None = None) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["access-control-allow-origin"] == "*"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["title"]
    assert body["type"].startswith("https://w3id.org/cmh-graph/problem/")
    if slug:
        assert body["type"].endswith("/" + slug)
    return body


def ask(server: SparqlServer, query: str, accept: str | None = None, **fields: str) -> httpx.Response:
    # httpx sends Accept: */* unless told otherwise
    return httpx.get(
        server.url, params={"query": query, **fields}, headers={"Accept": accept or "*/*"}, timeout=20
    )


@pytest.mark.parametrize(
    ("accept", "form", "status", "content_type"),
    [
        ("*/*", "SELECT", 200, "application/sparql-results+json"),
        ("", "SELECT", 200, "application/sparql-results+json"),
        ("application/json", "SELECT", 200, "application/json"),
        ("text/csv", "SELECT", 200, "text/csv; charset=utf-8; header=present"),
        ("text/tab-separated-values", "SELECT", 200, "text/tab-separated-values; charset=utf-8"),
        ("application/sparql-results+xml, */*;q=0.1", "SELECT", 200, "application/sparql-results+xml"),
        ("text/csv;q=0.5, application/xml;q=0.9", "SELECT", 200, "application/xml"),
        ("text/*", "SELECT", 200, "text/csv; charset=utf-8; header=present"),
        ("text/*, text/csv;q=0", "SELECT", 200, "text/tab-separated-values; charset=utf-8"),
        ("application/sparql-results+json;q=0, */*", "SELECT", 200, "application/sparql-results+xml"),
        (
            BROWSER,
            "SELECT",
            200,
            "text/plain; charset=utf-8",
        ),
        ("text/html", "CONSTRUCT", 200, "text/plain; charset=utf-8"),
        ("text/csv; charset=UTF-8", "SELECT", 200, "text/csv; charset=utf-8; header=present"),
        ("image/png", "SELECT", 406, None),
        ("text/turtle", "SELECT", 406, None),
        ("*/*;q=0", "SELECT", 406, None),
        ("text/csv", "ASK", 406, None),
        ("text/turtle;q=0.3, application/ld+json;q=0.7", "CONSTRUCT", 200, "application/ld+json"),
        ("application/rdf+xml", "DESCRIBE", 200, "application/rdf+xml"),
        ("application/n-triples", "CONSTRUCT", 200, "application/n-triples"),
        ("text/csv", "CONSTRUCT", 406, None),
    ],
)
def test_negotiation(
    accept: str, form: str, status: int, content_type: str | None, sparql_server: SparqlServer
) -> None:
    query = {
        "SELECT": "SELECT * { ?s ?p ?o } LIMIT 2",
        "ASK": "ASK {}",
        "CONSTRUCT": "CONSTRUCT WHERE { ?s ?p ?o }",
        "DESCRIBE": "DESCRIBE <http://x/role/1>",
    }[form]
    response = httpx.get(sparql_server.url, params={"query": query}, headers={"Accept": accept})
    assert response.status_code == status, response.text
    if content_type is None:
        assert_problem(response, 406, "not-acceptable")
    else:
        assert response.headers["content-type"] == content_type
        assert response.headers["vary"] == "Accept"


def test_a_format_parameter_wins_over_accept(sparql_server: SparqlServer) -> None:
    select = "SELECT * { ?s ?p ?o } LIMIT 1"
    assert "text/csv" in ask(sparql_server, select, "application/json", format="csv").headers["content-type"]
    assert (
        ask(sparql_server, select, output="xml").headers["content-type"] == "application/sparql-results+xml"
    )
    graph = "CONSTRUCT WHERE { ?s ?p ?o }"
    assert ask(sparql_server, graph, format="xml").headers["content-type"] == "application/rdf+xml"
    assert_problem(ask(sparql_server, graph, format="csv"), 406)
    assert_problem(ask(sparql_server, graph, format="docx"), 400)


def test_answers_are_the_same_in_every_format(sparql_server: SparqlServer) -> None:
    query = "SELECT ?s ?o { ?s <http://x/label> ?o } ORDER BY ?s"
    expected = 300
    assert len(ask(sparql_server, query, format="json").json()["results"]["bindings"]) == expected
    for name in ("json", "xml", "csv", "tsv"):
        response = ask(sparql_server, query, format=name)
        if name == "tsv":
            assert response.text.count("\n") == expected + 1
        else:
            parsed = rdflib.query.Result.parse(io.BytesIO(response.content), format=name)
            assert len(list(parsed)) == expected
    graph = "CONSTRUCT WHERE { ?s <http://x/label> ?o }"
    kinds = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld"}
    graphs = [
        rdflib.Graph().parse(data=ask(sparql_server, graph, format=name).text, format=kind)
        for name, kind in kinds.items()
    ]
    assert all(len(graph) == expected and set(graph) == set(graphs[0]) for graph in graphs)


def test_the_bare_endpoint_describes_itself(sparql_server: SparqlServer) -> None:
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    for accept, kind in (("text/turtle", "turtle"), ("application/rdf+xml", "xml"), ("*/*", "turtle")):
        response = httpx.get(sparql_server.url, headers={"Accept": accept})
        graph = rdflib.Graph().parse(data=response.text, format=kind)
        service = graph.value(predicate=rdflib.RDF.type, object=sd.Service)
        assert graph.value(service, sd.endpoint) == rdflib.URIRef(sparql_server.url)
        assert (service, sd.supportedLanguage, sd.SPARQL11Query) in graph
        assert (service, sd.feature, sd.UnionDefaultGraph) in graph
        names = {str(name) for name in graph.objects(predicate=sd.name)}
        assert names == sparql_server.pool.graphs
        assert len(list(graph.objects(service, sd.resultFormat))) == 8
    assert_problem(httpx.get(sparql_server.url, headers={"Accept": "text/csv"}), 406)


def test_methods_and_origins(sparql_server: SparqlServer) -> None:
    url = sparql_server.url
    for method in ("PUT", "DELETE", "PATCH", "PROPFIND"):
        response = httpx.request(method, url)
        assert_problem(response, 405, "method-not-allowed")
        assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    head = httpx.head(url, params={"query": "ASK {}"})
    got = httpx.get(url, params={"query": "ASK {}"})
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]
    assert got.headers["access-control-allow-origin"] == "*"
    flight = httpx.options(
        url, headers={"Origin": "http://a.example", "Access-Control-Request-Headers": "x-y"}
    )
    assert flight.status_code == 204
    assert flight.headers["access-control-allow-headers"] == "x-y"
    assert "POST" in flight.headers["access-control-allow-methods"]


def post(server: SparqlServer, body: bytes, content_type: str, query: str = "") -> httpx.Response:
    return httpx.post(server.url + query, content=body, headers={"Content-Type": content_type})


def test_what_is_refused_and_how(sparql_server: SparqlServer) -> None:
    form, direct = "application/x-www-form-urlencoded", "application/sparql-query"
    assert_problem(post(sparql_server, b"", form), 400, "bad-parameter")
    assert_problem(post(sparql_server, b"ASK {}", direct, "?query=ASK%20%7B%7D"), 400, "bad-parameter")
    assert_problem(httpx.get(sparql_server.url + "?default-graph-uri=" + DATA), 400, "bad-parameter")
    assert_problem(post(sparql_server, b"update=CLEAR%20ALL", form), 400, "query-forbidden")
    assert_problem(post(sparql_server, b"CLEAR ALL", "application/sparql-update"), 400, "query-forbidden")
    assert_problem(ask(sparql_server, "CLEAR ALL"), 400, "query-forbidden")
    assert_problem(post(sparql_server, b"ASK { ?s ?p '\xff' }", direct), 400, "bad-parameter")
    assert_problem(httpx.get(sparql_server.url + "?query=%FF"), 400, "bad-parameter")
    assert_problem(post(sparql_server, b"query=%FF", form), 400, "bad-parameter")
    assert_problem(post(sparql_server, b"ASK {}", direct + "; charset=latin-1"), 415, "unsupported-body")
    assert post(sparql_server, b"ASK {}", direct + '; charset="UTF-8"').status_code == 200
    assert_problem(post(sparql_server, b"ASK {} #" + b"x" * 20_000, direct), 413, "body-too-large")
    assert_problem(post(sparql_server, b"query=" + b"x" * 200_000, form), 413, "body-too-large")
    assert_problem(ask(sparql_server, "ASK {} #" + "x" * 21_000), 413, "body-too-large")
    assert_problem(ask(sparql_server, "ASK { SERVICE <http://127.0.0.1:1/> {} }"), 400, "query-forbidden")
    assert_problem(
        ask(sparql_server, "ASK {}", **{"default-graph-uri": "http://elsewhere.example/"}),
        400,
        "query-forbidden",
    )
    assert (
        "column"
        in assert_problem(ask(sparql_server, "SELECT ?x ?x { ?x ?p ?o }"), 400, "query-syntax")["where"]
    )


def test_a_body_without_announced_length_is_bounded_too(sparql_server: SparqlServer) -> None:
    parts = (b"#" * 10_000 for _ in range(50))
    response = httpx.post(
        sparql_server.url, content=parts, headers={"Content-Type": "application/sparql-query"}
    )
    assert_problem(response, 413, "body-too-large")


def test_limits_are_told_and_the_answer_is_never_cut(sparql_server: SparqlServer) -> None:
    began = time.monotonic()
    stopped = assert_problem(ask(sparql_server, PRODUCT), 503, "query-too-long")
    assert time.monotonic() - began < 2
    assert "1 seconds" in stopped["title"]
    rows = "SELECT ?a ?c { ?a <http://x/label> ?b . ?c <http://x/label> ?d }"
    for name in ("json", "xml", "csv", "tsv"):
        assert "5000 solutions" in assert_problem(ask(sparql_server, rows, format=name), 413)["title"]
    wide = "SELECT * { ?a <http://x/label> ?b . ?c <http://x/label> ?d } LIMIT 5000"
    exact = ask(sparql_server, wide, format="csv")
    assert exact.status_code == 200
    assert exact.text.count("\r\n") == 5001
    assert "1000000 bytes" in assert_problem(ask(sparql_server, wide, format="xml"), 413)["title"]
    triples = "CONSTRUCT { ?a <http://x/p> ?d } { ?a <http://x/label> ?b . ?c <http://x/label> ?d }"
    assert "5000 triples" in assert_problem(ask(sparql_server, triples), 413)["title"]
    sort = "SELECT ?a { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
    assert_problem(ask(sparql_server, sort), 503, "query-too-long")


def test_other_errors_have_the_same_body(sparql_server: SparqlServer) -> None:
    base = sparql_server.url.removesuffix("/sparql")
    assert_problem(httpx.get(base + "/nowhere"), 404, "not-found")
    response = httpx.post(base + "/typed")
    assert_problem(response, 405)
    assert "GET" in response.headers["allow"]
    assert "top" in assert_problem(httpx.get(base + "/typed?top=many"), 400, "bad-parameter")["where"]
    hidden = assert_problem(httpx.get(base + "/broken"), 500, "error")
    assert "secret" not in json.dumps(hidden)


def test_the_openapi_document_names_the_endpoint(sparql_server: SparqlServer) -> None:
    document = httpx.get(sparql_server.url.removesuffix("/sparql") + "/openapi.json").json()
    assert set(document["paths"]["/sparql"]) == {"get", "post"}
    assert document["paths"]["/sparql"]["get"]["operationId"] == "sparql_get"


@pytest.mark.parametrize(
    ("method", "way"), [("GET", "urlencoded"), ("POST", "urlencoded"), ("POST", "postdirectly")]
)
def test_sparqlwrapper(method: str, way: str, sparql_server: SparqlServer) -> None:
    wrapper_module = pytest.importorskip("SPARQLWrapper")
    wrapper = wrapper_module.SPARQLWrapper(sparql_server.url)
    wrapper.setMethod(method)
    wrapper.setRequestMethod(way)
    wrapper.setTimeout(10)
    wrapper.setQuery("SELECT ?s { ?s <http://x/label> ?o } LIMIT 7")
    for name in ("json", "xml", "csv", "tsv"):
        wrapper.setReturnFormat(name)
        answer = wrapper.query().convert()
        if name == "json":
            assert len(answer["results"]["bindings"]) == 7
        elif name != "xml":
            assert answer.count(b"\n") == 8
    wrapper.setReturnFormat("turtle")
    wrapper.setQuery("CONSTRUCT WHERE { <http://x/role/1> ?p ?o }")
    assert b"http://x/label" in wrapper.query().convert()
    wrapper.setReturnFormat("xml")
    assert len(wrapper.query().convert()) == 1
    wrapper.setReturnFormat("json")
    wrapper.setQuery("ASK {}")
    assert wrapper.query().convert()["boolean"] is True
    wrapper.setQuery("ASK {")
    with pytest.raises(wrapper_module.SPARQLExceptions.QueryBadFormed):
        wrapper.query()


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_sparqlstore(method: str, sparql_server: SparqlServer) -> None:
    from rdflib.plugins.stores.sparqlstore import SPARQLStore

    store = SPARQLStore(sparql_server.url, method=method)
    graph = rdflib.Graph(store)
    assert len(list(graph.triples((rdflib.URIRef("http://x/role/1"), None, None)))) == 1
    assert len(graph) == sparql_server.pool.triples
    named = rdflib.Graph(store, identifier=f"{DATA}/data1.rdf")
    assert len(named) == 1


def run(*command: str) -> bytes:
    """What a program writes. Fails with its complaint if it ends with an error."""
    done = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def outside(program: str) -> str:
    found = shutil.which(program)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"{program} is missing, and CI must have it")
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


@pytest.mark.outside
def test_curl(sparql_server: SparqlServer) -> None:
    curl = outside("curl")
    asked = ["--data-urlencode", "query=SELECT ?o { <http://x/role/7> ?p ?o }", "-H", "Accept: text/csv"]
    for extra in ([], ["-G"]):
        out = run(curl, "-sS", "--fail", *extra, *asked, sparql_server.url)
        assert out.decode() == 'o\r\n"role 7 é ""quoted"" },{"\r\n'


@pytest.mark.outside
@pytest.mark.parametrize("name", ["xml", "csv", "tsv"])  # it writes JSON, but does not read it
def test_roqet_reads_solutions(name: str, sparql_server: SparqlServer, tmp_path: Path) -> None:
    roqet = outside("roqet")
    path = tmp_path / f"answer.{name}"
    query = "SELECT ?s ?o { ?s <http://x/label> ?o } ORDER BY ?s LIMIT 50"
    path.write_bytes(ask(sparql_server, query, format=name).content)
    out = run(roqet, "-q", "-t", str(path), "-R", name, "-r", "csv")
    assert out.count(b"http://x/role/") == 50


@pytest.mark.outside
def test_roqet_asks_the_endpoint(sparql_server: SparqlServer) -> None:
    roqet = outside("roqet")
    query = "SELECT ?s { ?s <http://x/label> ?o } LIMIT 3"
    out = run(roqet, "-q", "-p", sparql_server.url, "-e", query, "-r", "csv")
    assert out.count(b"http://x/role/") == 3


@pytest.mark.outside
@pytest.mark.parametrize(("name", "kind"), [("ttl", "turtle"), ("nt", "ntriples"), ("rdf", "rdfxml")])
def test_rapper_reads_graphs(name: str, kind: str, sparql_server: SparqlServer, tmp_path: Path) -> None:
    rapper = outside("rapper")
    path = tmp_path / f"graph.{name}"
    path.write_bytes(ask(sparql_server, "CONSTRUCT WHERE { ?s <http://x/label> ?o }", format=name).content)
    out = run(rapper, "-q", "-i", kind, "-o", "ntriples", str(path), "http://x/")
    assert out.count(b"\n") == 300
    path.write_bytes(httpx.get(sparql_server.url, params={"format": name}).content)
    assert b"UnionDefaultGraph" in run(rapper, "-q", "-i", kind, "-o", "ntriples", str(path), "http://x/")
