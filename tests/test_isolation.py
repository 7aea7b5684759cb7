"""Two partners, one with whom a graph is shared, and a stranger: every address and verb, as the access table says.

The routes are those that the service has, so a new one cannot be forgotten. Each private graph holds a word that must
be in nothing that others get."""

from __future__ import annotations

import itertools
import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest
from starlette.routing import Mount, Route

from cmh_graph.api.addresses import every
from cmh_graph.namespaces import GRAPH_PARTNER
from cmh_graph.partner_space import Operator
from cmh_graph.store import NamedNode, Quad, RdfFormat, canonical_nquads, parse_rdf
from partner_service import PartnerService, catalogue, partner_service

TABLE = tomllib.loads((Path(__file__).parent / "cases" / "graph_store" / "access.toml").read_text("utf-8"))
OWNER, FRIEND, OTHER = "eastmere", "westbury", "northfield"
#: A caller of the table -> the tokens of that kind.
CALLERS = {
    "owner-read": ["eastmere read"],
    "owner-write": ["eastmere write"],
    "friend": ["westbury read", "westbury write"],
    "other": ["northfield write"],
    "stranger": [""],
    "dead": ["eastmere expired", "eastmere revoked", "never was"],
}
NEVER = "cmh_aaaaaaaaaa_" + "a" * 52
SHOWN = {"private": [], "shared": [FRIEND], "public": []}
#: Words in the graphs, in keys and in texts, that nobody else may get to read.
CANARY = {OWNER: "qanaryeastx91", OTHER: "qanarynorthx92"}
NOBODY = "nosuchpartner"


@pytest.fixture(scope="module")
def service() -> Iterator[PartnerService]:
    """The service with a graph of each of the two partners, each with its word."""
    found = partner_service()
    found.tokens["never was"] = NEVER
    for key, word in CANARY.items():
        turtle = catalogue(key, f"Sitter {word}").replace(f"{key}-1", f"{key}-{word}")
        graph = NamedNode(GRAPH_PARTNER + key)
        quads = parse_rdf(turtle.encode(), RdfFormat.TURTLE)
        nquads = canonical_nquads(Quad(q.subject, q.predicate, q.object, graph) for q in quads)
        found.space.land(key, nquads, by=Operator(), how="test")
        found.space.show_to(key, "private", by=Operator())
    yield found
    for key in CANARY:
        found.space.show_to(key, "private", by=Operator())
        found.space.remove(key, by=Operator(), forget=True)


def clients(service: PartnerService) -> dict[str, httpx.Client]:
    """A client for every token, by the token's name."""
    return {name: service.client(name) for name in itertools.chain.from_iterable(CALLERS.values())}


def sees(caller: str, shown: str) -> bool:
    """Whether a caller may see the graph of eastmere."""
    return TABLE["reading"][shown][caller] == 200


def routes_of(service: PartnerService) -> set[tuple[str, str]]:
    """Every verb and address template that the service answers; mounted folders are files of the package."""
    return {
        (method, path)
        for path, methods in _walk(every(service.app.routes))
        for method in methods
        if method != "HEAD"
    }


def _walk(routes: Iterable[Any], before: str = "") -> Iterator[tuple[str, Iterable[str]]]:
    for route in routes:
        if (included := getattr(route, "original_router", None)) is not None:
            yield from _walk(included.routes, before + route.include_context.prefix)
        elif not isinstance(route, Mount):
            assert isinstance(route, Route), route
            # A route without verbs tells of other verbs only.
            yield before + route.path, route.methods or ()


def in_table() -> dict[tuple[str, str], str]:
    """Verb and address of the table -> its kind of access."""
    found = {}
    for kind, row in TABLE.items():
        assert row["why"]
        for route in row["routes"]:
            method, path = route.split(" ")
            found[method, path] = kind
    return found


def test_every_route_of_graphs_is_in_the_table(service: PartnerService) -> None:
    known = {(method, path.partition("?")[0]) for method, path in in_table()}
    ours = {
        (method, path)
        for method, path in routes_of(service)
        if path.startswith(("/graphs", "/sparql")) and method != "OPTIONS"
    }
    assert ours == known


def asked(client: httpx.Client, method: str, path: str, shown: str, key: str = OWNER) -> httpx.Response:
    """What a client gets at an address of the table, about the graph of an organisation."""
    address = path.replace("{organisation}", key).replace("{number}", "1")
    if "{number}" in path and key == OWNER:
        address = path.replace("{organisation}", key).replace("{number}", str(_number(client)))
    if path.endswith("graph="):
        address += GRAPH_PARTNER + key
    headers, content = {}, None
    if method in ("PUT", "POST", "DELETE"):
        headers = {"If-Match": '"0"'}
    if path.endswith("/rollback"):
        headers["Content-Type"], content = "application/json", '{"version": 1}'
    elif path.endswith("/access") and method == "PUT":
        body = {"visibility": shown, "shared_with": SHOWN[shown]}
        headers["Content-Type"], content = "application/json", json.dumps(body)
    elif path == "/sparql":
        query = 'SELECT * { GRAPH ?g { ?s ?p ?o FILTER(CONTAINS(STR(?o), "qanary")) } }'
        if method == "GET":
            return client.get(path, params={"query": query})
        headers["Content-Type"], content = "application/sparql-query", query
    elif method in ("PUT", "POST"):
        headers["Content-Type"], content = "text/turtle", ""
    return client.request(method, address, headers=headers, content=content)


def _number(client: httpx.Client) -> int:
    return partner_service().space.versions(OWNER)[-1].number


def told(answer: httpx.Response) -> str:
    """All that an answer says: headers and body."""
    return "\n".join([*(f"{name}: {value}" for name, value in answer.headers.items()), answer.text])


def without_ids(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    """An answer without what differs from one request to the next."""
    passing = {"date", "x-request-id"}
    headers = {name: value for name, value in answer.headers.items() if name not in passing}
    # Requests have ids, and forms a word against forgery, 43 characters long.
    return answer.status_code, headers, re.sub(r'"request_id": "[^"]*"|[A-Za-z0-9_-]{43}', "", answer.text)


@pytest.mark.parametrize("shown", SHOWN)
def test_access(shown: str, service: PartnerService) -> None:
    service.space.show_to(OWNER, shown, SHOWN[shown], by=Operator())  # type: ignore[arg-type]
    wrong = []
    everybody = clients(service)
    for ((method, path), kind), (caller, names) in itertools.product(in_table().items(), CALLERS.items()):
        for name in names:
            client = everybody[name]
            answer = asked(client, method, path, shown)
            expected = TABLE[kind][shown][caller]
            if answer.status_code != expected:
                wrong.append(f"{name}: {method} {path}: {answer.status_code}, not {expected}")
            said = told(answer)
            if CANARY[OWNER] in said and not sees(caller, shown):
                wrong.append(f"{name}: {method} {path}: tells of a graph that is not shown")
            if CANARY[OTHER] in said and caller != "other":
                wrong.append(f"{name}: {method} {path}: tells of the other partner's graph")
            if kind in ("reading", "listing") and answer.status_code == 200:
                visible = CANARY[OWNER] in said or (path == "/graphs" and f'"{OWNER}"' in said)
                if visible != sees(caller, shown):
                    wrong.append(f"{name}: {method} {path}: visible is {visible}")
            # What is not shown answers like what is not there, to the byte.
            if not sees(caller, shown) and "{organisation}" in path:
                nobody = asked(client, method, path, shown, NOBODY)
                if without_ids(answer) != without_ids(nobody):
                    wrong.append(f"{name}: {method} {path}: differs from a graph that is not there")
            if name and answer.headers.get("cache-control") != "private, no-store":
                wrong.append(f"{name}: {method} {path}: may be kept by caches")
            if "access-control-allow-credentials" in answer.headers:
                wrong.append(f"{name}: {method} {path}: lets pages elsewhere use a browser's credentials")
    assert not wrong, "\n".join(wrong)


#: Ways to ask for what is not shown. {graph} and {thing} are those of a partner.
QUERIES = [
    "SELECT * { ?s ?p ?o FILTER(CONTAINS(STR(?o), 'qanary') || CONTAINS(STR(?s), 'qanary')) }",
    "SELECT * { GRAPH ?g { ?s ?p ?o } FILTER(STRSTARTS(STR(?g), '{graph}')) }",
    "SELECT DISTINCT ?g { GRAPH ?g { } }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g",
    "SELECT * { GRAPH <{graph}> { ?s ?p ?o } }",
    "SELECT * FROM <{graph}> { ?s ?p ?o }",
    "SELECT * FROM NAMED <{graph}> { GRAPH ?g { ?s ?p ?o } }",
    "SELECT * { GRAPH <https://w3id.org/cmh-graph/graph/derived> { <{thing}> ?p ?o } }",
    "DESCRIBE <{thing}>",
    "CONSTRUCT { <{thing}> ?p ?o } { <{thing}> ?p ?o }",
    "ASK { <{thing}> ?p ?o }",
    "ASK { ?s ?p <{thing}> }",
    "SELECT * { ?s <https://w3id.org/cmh-graph/ns#belongsTo>* <https://w3id.org/cmh-graph/organisation/{key}> }",
    "SELECT * { ?s !<http://x/>* <{thing}> } LIMIT 5",
    "SELECT (COUNT(*) AS ?n) { ?p a <https://w3id.org/cmh-graph/ns#Post> }",
    "SELECT (GROUP_CONCAT(?l) AS ?all) { ?t a <https://w3id.org/cmh-graph/ns#Title> ; ?p ?l FILTER(REGEX(?l, 'q')) }",
    "SELECT * { { SELECT * { <{thing}> ?p ?o } } UNION { BIND(<{thing}> AS ?s) ?s ?q ?r } }",
    "SELECT * { VALUES ?s { <{thing}> } OPTIONAL { ?s ?p ?o } }",
    "SELECT * { ?s ?p ?o . FILTER EXISTS { GRAPH <{graph}> { ?s ?p ?o } } }",
    "SELECT (MAX(STR(?o)) AS ?m) { GRAPH ?g { ?s ?p ?o } FILTER(STRSTARTS(STR(?o), 'Sitter')) }",
    "SELECT * { SERVICE <{graph}> { ?s ?p ?o } }",
    "SELECT * { GRAPH <{graph}> { ?s ?p ?o }",
]


def test_no_query_brings_out_what_is_not_shown(service: PartnerService) -> None:
    service.space.show_to(OWNER, "private", by=Operator())
    graph = f"{GRAPH_PARTNER}{OWNER}"
    thing = f"https://w3id.org/cmh-graph/post/{OWNER}-{CANARY[OWNER]}"
    for name in ("", "northfield write"):
        client = service.client(name)
        for query in QUERIES:
            texts = {
                key: query.replace("{graph}", graph.replace(OWNER, key))
                .replace("{thing}", thing.replace(OWNER, key))
                .replace("{key}", key)
                for key in (OWNER, NOBODY)
            }
            answers = {key: client.get("/sparql", params={"query": text}) for key, text in texts.items()}
            # What comes back of the question itself is no secret.
            said = {
                key: told(answer).replace(key, "").replace(CANARY[OWNER], "?")
                for key, answer in answers.items()
            }
            assert _lasting(said[OWNER]) == _lasting(said[NOBODY]), query
            if CANARY[OWNER] not in texts[OWNER]:
                assert CANARY[OWNER] not in told(answers[OWNER]), query
            # By the protocol's parameters the dataset is the same.
            for parameter in ("default-graph-uri", "named-graph-uri"):
                refused = client.get("/sparql", params={"query": "ASK { ?s ?p ?o }", parameter: graph})
                assert refused.status_code == 400 and "there is no graph" in refused.json()["title"]
        with_it = client.get("/sparql", headers={"Accept": "text/turtle"})
        assert graph not in with_it.text


def _lasting(said: str) -> str:
    said = re.sub(r'(?m)^(date|x-request-id|content-length): .*$|"request_id": "[^"]*"', "", said)
    # The tag's last part is a digest of the question itself; what goes before it names the content that is seen.
    said = re.sub(r'(?m)^(etag: (?:W/)?"[^"]*)-[0-9a-f]{32}"', r"\1", said)
    return re.sub(r"column \d+", "", said)


def test_no_other_address_knows_of_partners_or_their_tokens(service: PartnerService) -> None:
    """All other answers are a function of the snapshot: the same for everybody, whatever token they bring."""
    service.space.show_to(OWNER, "private", by=Operator())
    everybody = {name: service.client(name) for name in ("", "northfield write")}
    for method, path in sorted(routes_of(service)):
        if path.startswith(("/graphs", "/sparql")) or method == "OPTIONS":
            continue
        key = f"{OWNER}-{CANARY[OWNER]}"
        address = re.sub(r"\{[^}]+\}", key, path)
        parameters = {"q": CANARY[OWNER]} if "search" in path else {}
        answers = {name: c.request(method, address, params=parameters) for name, c in everybody.items()}
        for name, answer in answers.items():
            # A key or a word that was asked for may come back in "there is no ..."; the texts of the graph may not.
            assert f"Sitter {CANARY[OWNER]}" not in told(answer), (name, method, path)
            assert CANARY[OTHER] not in told(answer), (name, method, path)
            assert not name or service.tokens[name] not in told(answer), (name, method, path)
        if method == "GET" and "ready" not in path and "health" not in path:
            others = [without_ids(answers[name]) for name in ("", "northfield write")]
            assert others[0][0] == others[1][0] and others[0][2] == others[1][2], (method, path)


def test_nothing_of_it_is_logged_or_counted(service: PartnerService) -> None:
    assert service.lines
    figures = generate_latest(service.app.state.operations.measures.registry).decode()
    said = "\n".join([*service.lines, figures])
    assert not [word for word in CANARY.values() if word in said]
    assert not [name for name, secret in service.tokens.items() if secret[15:] in said]
