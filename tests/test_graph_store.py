"""Partners' graphs over HTTP: the verbs of the SPARQL 1.1 Graph Store HTTP Protocol, and what stands beside it."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import rdflib
from rdflib.compare import isomorphic

from cmh_graph.api.graph_store.forms import GRAPH_FORMS
from cmh_graph.namespaces import GRAPH_PARTNER
from cmh_graph.partner_space import Operator
from partner_service import PREFIXES, PartnerService, catalogue, example, partner_service

CASES = tomllib.loads((Path(__file__).parent / "cases" / "graph_store" / "requests.toml").read_text("utf-8"))[
    "case"
]
TURTLE = {"Content-Type": "text/turtle"}
#: rdflib's name of a format and ours.
READ_AS = {"ttl": "turtle", "nt": "nt", "nq": "nquads", "trig": "trig", "jsonld": "json-ld", "rdf": "xml"}


@pytest.fixture
def service() -> Iterator[PartnerService]:
    """The service; no organisation has a graph or shows one, before and after."""
    found = partner_service()
    _forget_all(found)
    yield found
    _forget_all(found)


def _forget_all(service: PartnerService) -> None:
    for organisation in service.space.organisations():
        service.space.show_to(organisation.key, "private", by=Operator())
        if service.space.versions(organisation.key):
            service.space.remove(organisation.key, by=Operator(), forget=True)


def test_every_case_file_is_used() -> None:
    names = {path.name for path in (Path(__file__).parent / "cases" / "graph_store").iterdir()}
    assert names == {"uploads.toml", "requests.toml", "access.toml"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_request(case: dict[str, Any]) -> None:
    """Requests that change nothing, of whoever holds a token that may write for eastmere, which has no graph."""
    service = partner_service()
    assert case["why"]
    with service.client(case.get("token", "eastmere write")) as client:
        answer = client.request(
            case["method"],
            case["path"],
            headers=case.get("headers", {}),
            content=case["body"].encode() if "body" in case else b" " * case.get("size", 0) or None,
        )
    assert answer.status_code == case["status"], answer.text
    for name, value in case.get("answers", {}).items():
        assert answer.headers.get(name) == value
    if answer.status_code >= 400 and case["method"] != "HEAD":
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert case["says"] in f"{problem['title']} {problem.get('where')} {problem.get('findings')}", problem
    assert "Authorization" in answer.headers["vary"] or case["method"] in ("OPTIONS", "PATCH", "PURGE")


def test_a_graph_from_its_first_to_its_last_day(service: PartnerService) -> None:
    path = "/graphs/eastmere"
    with service.client("eastmere write") as client:
        # PUT makes it, and says so.
        first = client.put(path, content=catalogue("eastmere"), headers=TURTLE)
        assert first.status_code == 201
        assert first.headers["location"] == path
        landed = first.json()
        assert landed["version"] and landed["graph"] == GRAPH_PARTNER + "eastmere"
        assert any("not yet matched" in remark["what"] for remark in landed["remarks"])

        # GET answers with what was put, as any reader of RDF understands it, in every format; HEAD alike.
        wanted = rdflib.Graph().parse(data=catalogue("eastmere"), format="turtle")
        for form in GRAPH_FORMS:
            answer = client.get(path, headers={"Accept": form.media_type})
            assert answer.status_code == 200 and answer.headers["content-type"].startswith(form.media_type)
            graph = rdflib.Dataset().parse(data=answer.content, format=READ_AS[form.name])
            merged = rdflib.Graph()
            for subject, predicate, value, _ in graph.quads():
                merged.add((subject, predicate, value))
            assert isomorphic(merged, wanted), form.name
            head = client.head(path, headers={"Accept": form.media_type})
            assert head.content == b"" and head.headers["etag"] == answer.headers["etag"]
            fresh = client.get(
                path, headers={"Accept": form.media_type, "If-None-Match": answer.headers["etag"]}
            )
            assert fresh.status_code == 304 and fresh.content == b""
        by_name = client.get("/graphs", params={"graph": landed["graph"], "format": "nq"})
        assert by_name.content == client.get(path, params={"format": "nq"}).content
        assert by_name.headers["etag"] == landed["etag"]

        # A change that rests on what somebody else has changed since is refused; so is a first one where there is one.
        stale = {**TURTLE, "If-Match": '"0000.ttl"'}
        assert client.put(path, content=catalogue("eastmere"), headers=stale).status_code == 412
        none = {**TURTLE, "If-None-Match": "*"}
        assert client.put(path, content=catalogue("eastmere"), headers=none).status_code == 412
        assert client.delete(path, headers={"If-Match": '"0000.ttl"'}).status_code == 412

        # POST adds, also by the graph's name.
        band = f"{PREFIXES} post:eastmere-1 cmh:band <https://w3id.org/cmh-graph/vocab/band/3> ."
        added = client.post(
            "/graphs",
            params={"graph": landed["graph"]},
            content=band,
            headers={**TURTLE, "If-Match": landed["etag"]},
        )
        assert added.status_code == 200 and added.json()["statements"] == landed["statements"] + 1
        # What is refused changes nothing.
        broken = client.put(path, content=f"{PREFIXES} post:eastmere-1 a cmh:Post .", headers=TURTLE)
        assert broken.status_code == 422 and broken.json()["findings"]
        assert client.get(path, params={"format": "nq"}).headers["etag"] == added.json()["etag"]
        # The same content again is no new version.
        again = client.post(path, content=band, headers=TURTLE)
        assert again.json()["version"] == added.json()["version"]

        # Versions are listed and read; an old one comes back as a new one.
        versions = client.get(f"{path}/versions").json()
        assert [one["statements"] for one in versions] == [landed["statements"], added.json()["statements"]]
        assert [one["is_shown"] for one in versions] == [False, True]
        old = client.get(versions[0]["address"], params={"format": "nq"})
        assert old.headers["etag"] == landed["etag"]
        back = client.post(f"{path}/rollback", json={"version": versions[0]["version"]})
        assert back.status_code == 200 and back.json()["sha256"] == landed["sha256"]
        assert client.post(f"{path}/rollback", json={"version": 999_999}).status_code == 404

        # DELETE takes it away; the log has it all.
        assert client.delete(path, headers={"If-Match": back.json()["etag"]}).status_code == 204
        assert client.delete(path).status_code == 404
        assert client.get(path).status_code == 404
        kinds = [entry["kind"] for entry in client.get(f"{path}/log").json()]
        assert [kind for kind in kinds if kind in ("landed", "rolled back", "removed")][-4:] == [
            "landed", "landed", "rolled back", "removed",
        ]  # fmt: skip
        prov = client.get(f"{path}/log", headers={"Accept": "text/turtle"})
        graph = rdflib.Graph().parse(data=prov.content, format="turtle")
        assert list(graph.subjects(rdflib.RDF.type, rdflib.PROV.Activity))
        assert "cmh_" not in prov.text


def test_queries_see_a_landing_when_it_is_acknowledged(service: PartnerService) -> None:
    graph = GRAPH_PARTNER + "eastmere"
    count = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    posts = "SELECT (COUNT(DISTINCT ?p) AS ?n) { ?p a <http://www.w3.org/ns/org#Post> }"

    def asked(client: httpx.Client, query: str) -> int:
        answer = client.get("/sparql", params={"query": query, "format": "csv"})
        assert answer.status_code == 200, answer.text
        return int(answer.text.split()[1])

    data = example("eastmere")
    nquads = {"Content-Type": "application/n-quads"}
    with service.client("eastmere write") as owner, service.client() as stranger:
        described = {"Accept": "application/n-triples"}
        alone = stranger.get("/sparql", headers=described).content
        assert owner.put("/graphs/eastmere", content=data, headers=nquads).status_code == 201
        assert asked(owner, count) == data.count(b"\n")
        # The rules are applied, as build would have applied them.
        assert asked(owner, posts) == 80
        assert asked(stranger, count) == asked(stranger, posts) == 0
        told = owner.get("/sparql", headers=described)
        assert graph in told.text and told.headers["cache-control"] == "private, no-store"

        assert owner.put("/graphs/eastmere/access", json={"visibility": "public"}).status_code == 200
        assert asked(stranger, count) == data.count(b"\n")
        assert graph in stranger.get("/sparql", headers=described).text
        assert owner.put("/graphs/eastmere", content=catalogue("eastmere"), headers=TURTLE).status_code == 200
        assert asked(stranger, count) == asked(owner, count) == 22
        merged = f"SELECT (COUNT(*) AS ?n) FROM <{graph}> {{ ?s ?p ?o }}"
        assert asked(stranger, merged) == 22

        assert owner.put("/graphs/eastmere/access", json={"visibility": "private"}).status_code == 200
        assert asked(stranger, count) == 0 and asked(owner, count) == 22
        assert stranger.get("/sparql", headers=described).content == alone


def test_the_operators_hand_is_seen_without_a_word_from_the_service(service: PartnerService) -> None:
    """Another process changes the folder: what it hides is hidden at the next query."""
    query = {"query": f"ASK {{ GRAPH <{GRAPH_PARTNER}westbury> {{ ?s ?p ?o }} }}", "format": "json"}
    with service.client("westbury write") as owner, service.client() as stranger:
        assert owner.put("/graphs/westbury", content=catalogue("westbury"), headers=TURTLE).status_code == 201
        service.space.show_to("westbury", "public", by=Operator())
        assert stranger.get("/sparql", params=query).json()["boolean"] is True
        service.space.show_to("westbury", "private", by=Operator())
        assert stranger.get("/sparql", params=query).json()["boolean"] is False
        assert owner.get("/sparql", params=query).json()["boolean"] is True
        service.space.remove("westbury", by=Operator())
        assert owner.get("/sparql", params=query).json()["boolean"] is False


def test_two_who_write_at_once_lose_nothing(service: PartnerService) -> None:
    """Merges of two desks are both there, whichever came first."""
    from concurrent.futures import ThreadPoolExecutor

    def merge(number: int) -> int:
        line = f'<https://w3id.org/cmh-graph/post/eastmere-{number}> <http://purl.org/dc/terms/title> "T" .'
        with service.client("eastmere write") as client:
            sent = client.post(
                "/graphs/eastmere", content=line, headers={"Content-Type": "application/n-triples"}
            )
            return sent.status_code

    with ThreadPoolExecutor(2) as desks:
        codes = list(desks.map(merge, range(2)))
    assert set(codes) <= {200, 201}
    with service.client("eastmere read") as client:
        assert client.get("/graphs/eastmere", params={"format": "nt"}).text.count("\n") == 2


def test_a_partners_thing_answers_at_its_name_where_its_graph_is_shown(service: PartnerService) -> None:
    paths = ("/post/eastmere-1", "/title/eastmere-1")
    with service.client("eastmere write") as owner, service.client() as stranger:
        title = "Night <b>Sitter</b>"
        assert owner.put("/graphs/eastmere", content=catalogue("eastmere", title), headers=TURTLE).is_success
        for path in paths:
            answer = stranger.get(path, headers={"Accept": "text/turtle"})
            unknown = stranger.get(
                path.replace("eastmere", "nosuchpartner"), headers={"Accept": "text/turtle"}
            )
            assert answer.status_code == unknown.status_code == 404
            assert answer.json()["title"] == unknown.json()["title"].replace("nosuchpartner", "eastmere")
            own = owner.get(path, headers={"Accept": "text/turtle"})
            assert own.status_code == 200 and own.headers["cache-control"] == "private, no-store"
            graph = rdflib.Graph().parse(data=own.content, format="turtle")
            assert set(graph.subjects()) == {rdflib.URIRef("https://w3id.org/cmh-graph" + path)}
        assert owner.put("/graphs/eastmere/access", json={"visibility": "public"}).is_success
        for form in GRAPH_FORMS:
            written = [stranger.get("/graphs/eastmere", params={"format": form.name}) for _ in range(2)]
            assert written[0].content == written[1].content
            assert written[0].content == owner.get("/graphs/eastmere", params={"format": form.name}).content
            assert written[0].headers["cache-control"] == "no-cache"
        page = stranger.get("/title/eastmere-1", headers={"Accept": "text/html"})
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
        assert "Night &lt;b&gt;Sitter" in page.text and "<b>Sitter" not in page.text
        assert "Eastmere (made up)" in page.text
        assert stranger.get("/title/eastmere-1.nt").text.count("\n") == 5
        page = stranger.get(
            "/graphs/eastmere", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        )
        assert (
            page.headers["content-type"].startswith("text/html")
            and page.headers["cache-control"] == "no-cache"
        )
        assert "Night &lt;b&gt;Sitter" in page.text and "no accepted meaning" in page.text
        assert "format=ttl" in page.text and "<b>Sitter" not in page.text
        leads = stranger.get("/graph/source/eastmere")
        assert (leads.status_code, leads.headers["location"]) == (303, "/graphs/eastmere")


def test_the_commands_of_the_how_to_work(service: PartnerService, tmp_path: Path) -> None:
    """Every block of the page in turn, in one shell, but those that set up and that build."""
    text = (Path(__file__).parents[1] / "docs" / "how-to" / "publish-your-catalogue.md").read_text("utf-8")
    blocks = [block for block in re.findall(r"```shell\n(.*?)```", text, re.S) if "curl" in block]
    assert len(blocks) == 6
    (tmp_path / "eastmere.nq").write_bytes(example("eastmere"))
    script = "\necho; echo ----\n".join(["set -eu", *blocks])
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "SERVICE": service.url, "TOKEN": service.tokens["eastmere write"]},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    _, landed, refused, merged, shown, asked, back = done.stdout.split("----\n")
    assert '"version":' in landed and '"findings"' in refused and '"version":' in merged
    assert '"visibility":"public"' in shown
    assert '"organisation":"eastmere"' in asked and asked.rstrip().count("\n") > 100
    assert "title,role" in asked
    assert '"is_shown":true' in back and "prov:Activity" in back
