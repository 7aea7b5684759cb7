"""The reconciliation service: official schemas, candidates and their reasons, refusals, pages, limits."""

from __future__ import annotations

import asyncio
import functools
import html.parser
import json
import os
import re
import shlex
import socket
import subprocess
import threading
import time
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from cmh_graph.api.app import create_app
from cmh_graph.api.reconcile.desk import Desk
from cmh_graph.errors import QueryTooLong, QueueFull
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.reconcile import preview
from cmh_graph.reconcile.entities import TYPES
from cmh_graph.reconcile.matching import Reconciler
from cmh_graph.reconcile.properties import PROPERTIES
from cmh_graph.reconcile.queries import LONGEST_TEXT, LONGEST_VALUE, MOST_QUERIES, Query, Wanted
from cmh_graph.settings import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "cases" / "reconcile"
SCHEMAS = ROOT.parent / "shared" / "schemas" / "reconciliation-0.2"
HOW_TO = ROOT / "docs" / "how-to" / "map-a-spreadsheet-in-openrefine.md"


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((FOLDER / name).read_text("utf-8"))["case"]
    return found


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [
        f"{number}-{json.dumps(case.get('query') or case.get('body') or case.get('id') or case.get('get'))[:60]}"
        for number, case in enumerate(found)
    ]


@pytest.fixture(scope="module")
def fw(framework_snapshots: Path) -> Framework:
    return open_framework(framework_snapshots, home=ROOT)


@pytest.fixture(scope="module")
def client(fw: Framework) -> TestClient:
    """The service without its query workers: nothing here asks SPARQL."""
    return TestClient(create_app(Settings(), fw), raise_server_exceptions=False)


@functools.cache
def checkers() -> dict[str, Draft7Validator]:
    """File name -> its official schema, ready to check with; {} where the schemas are absent."""
    found = {path.name: json.loads(path.read_text("utf-8")) for path in SCHEMAS.glob("*.json")}
    base = "https://reconciliation-api.github.io/specs/0.2/schemas/"
    resources = [(base + file, DRAFT7.create_resource(schema)) for file, schema in found.items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return {file: Draft7Validator(schema, registry=registry) for file, schema in found.items()}


def schema_errors(name: str, value: Any) -> list[str]:
    """Where a value breaks an official schema. Without the schemas nothing is checked, as a test below tells."""
    checker = checkers().get(name)
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)] if checker else []


def test_the_official_schemas_are_there_to_check_with() -> None:
    """Every reply below is checked by them; without them the other tests still say what is right."""
    if not SCHEMAS.is_dir():
        reason = f"the official schemas are not at {SCHEMAS}, so no reply was checked against them"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    assert schema_errors("manifest.json", {"versions": ["0.2"]})
    assert schema_errors(
        "manifest.json", {"versions": ["0.1"], "name": "", "identifierSpace": "", "schemaSpace": ""}
    )
    assert schema_errors("reconciliation-result-batch.json", {"q": {"result": [{"name": "x", "score": 1}]}})
    assert schema_errors("data-extension-response.json", {"meta": [], "rows": {"a": {"b": [{"label": "x"}]}}})
    assert schema_errors("suggest-types-response.json", {"result": [{"name": "no id"}]})


def ask(client: TestClient, query: dict[str, Any]) -> dict[str, Any]:
    """The result of one query."""
    response = client.post("/reconcile", data={"queries": json.dumps({"q": query})})
    assert response.status_code == 200, response.text
    body = response.json()
    assert not schema_errors("reconciliation-result-batch.json", body)
    result: dict[str, Any] = body["q"]
    return result


def features(candidate: dict[str, Any]) -> dict[str, Any]:
    found = {each["id"]: each["value"] for each in candidate["features"]}
    assert len(found) == len(candidate["features"]), "an identifier is unique within a candidate"
    return found


def test_every_case_file_is_used() -> None:
    used = {"matches.toml", "refusals.toml", "extend.toml", "suggest.toml", "openrefine.toml"}
    assert {path.name for path in FOLDER.iterdir()} == used


# Matching


@pytest.mark.parametrize("case", cases("matches.toml"), ids=ids(cases("matches.toml")))
def test_a_query_finds_what_it_means(client: TestClient, case: dict[str, Any]) -> None:
    assert not schema_errors("reconciliation-query-batch.json", {"q": case["query"]})
    result = ask(client, case["query"])
    found = result["result"]
    if case.get("first") == []:
        assert found == [], case["why"]
    elif "first" in case:
        assert found and found[0]["id"] in case["first"], case["why"]
    if "match" in case:
        assert [each["match"] for each in found[:1]] in ([case["match"]], []), case["why"]
    assert case.get("not") not in [each["id"] for each in found], case["why"]
    assert case.get("note", "") in " ".join(result.get("notes", [])), case["why"]
    scores = [each["score"] for each in found]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 100 for score in scores)
    assert len(found) <= case["query"].get("limit", 5)
    assert sum(each["match"] for each in found) <= 1
    assert all(each["why"] and each["features"] for each in found if case["query"].get("query"))


def test_every_name_finds_its_thing_and_every_identifier_is_sure(client: TestClient, fw: Framework) -> None:
    for type_ in TYPES:
        things = list(fw.things(type_.kind).values())
        for start in range(0, len(things), MOST_QUERIES // 2):
            part = things[start : start + MOST_QUERIES // 2]
            batch: dict[str, Any] = {
                thing.key: {"query": thing.label, "type": type_.id, "limit": 10} for thing in part
            }
            batch |= {f"id {thing.key}": {"query": f"{type_.kind}/{thing.key}"} for thing in part}
            body = client.post("/reconcile", data={"queries": json.dumps(batch)}).json()
            assert not schema_errors("reconciliation-result-batch.json", body)
            for thing in part:
                wanted = f"{type_.kind}/{thing.key}"
                named = [each["id"] for each in body[thing.key]["result"]]
                # Of roles that titles count towards together, the engine answers one.
                shared = {thing.key, getattr(thing.rolls_up_to, "key", "")} if type_.kind == "role" else {""}
                assert wanted in named or shared & {name.partition("/")[2] for name in named}, wanted
                first = body[f"id {thing.key}"]["result"][0]
                assert (first["id"], first["match"], first["score"]) == (wanted, True, 100)


def test_one_changed_input_moves_features_and_score(client: TestClient) -> None:
    def best(**properties: str) -> dict[str, Any]:
        given = [{"pid": pid, "v": value} for pid, value in properties.items()]
        query = {"query": "Peer support worker", "type": "Role", "properties": given}
        found: dict[str, Any] = ask(client, query)["result"][0]
        assert found["id"] == "role/peer-support-worker"
        return found

    fits, far = best(band="3"), best(band="Band 8c")
    assert features(fits)["band_fits"] is True and features(far)["band_fits"] is False
    assert far["score"] <= fits["score"]
    assert "band_fits" not in features(best())
    of_its_kind, of_another = best(employer_type="NHS trust"), best(employer_type="ministry-of-defence")
    assert features(of_its_kind)["employer_type_fits"] is True
    assert features(of_another)["employer_type_fits"] is False
    lived, nursing = best(family="Lived experience"), best(family="nursing")
    assert features(lived)["has_family"] is True and features(nursing)["has_family"] is False
    assert nursing["score"] < lived["score"] and not nursing["match"]


def test_a_match_is_what_the_engine_accepts(client: TestClient, fw: Framework) -> None:
    aligner = Reconciler(fw).aligner
    titles = ("HCA", "Support worker", "Senior nurse", "OT", "Peer mentor", "Cook", "Team leader band 7")
    for title in titles:
        alignment = aligner.align(title)
        found = ask(client, {"query": title, "type": "Role", "limit": 10})["result"]
        matched = [each["id"] for each in found if each["match"]]
        accepted = [f"role/{alignment.candidates[0].role}"] if alignment.zone == "accept" else []
        assert matched == accepted, title


def test_answers_do_not_depend_on_their_neighbours(client: TestClient) -> None:
    batch = {name: {"query": name, "type": "Role"} for name in ("HCA", "Peer worker", "OT assistant")}
    together = client.post("/reconcile", data={"queries": json.dumps(batch)}).json()
    assert list(together) == list(batch)
    for name, query in batch.items():
        assert together[name] == ask(client, query)
    by_get = client.get("/reconcile", params={"queries": json.dumps(batch)})
    assert by_get.json() == together


def test_a_batch_of_fifty_is_answered_and_one_more_is_refused(client: TestClient) -> None:
    batch = {f"q{n}": {"query": f"Support worker, team {n}", "type": "Role"} for n in range(MOST_QUERIES)}
    body = client.post("/reconcile", data={"queries": json.dumps(batch)}).json()
    assert list(body) == list(batch) and all(each["result"] for each in body.values())
    batch["more"] = {"query": "Support worker"}
    refused = client.post("/reconcile", data={"queries": json.dumps(batch)})
    assert refused.status_code == 400
    assert "51" in refused.json()["title"] and "50" in refused.json()["mend"]
    assert client.post("/reconcile", data={"queries": "{}"}).json() == {}


# Version 1.0-draft


def test_the_draft_gives_the_same_candidates(client: TestClient) -> None:
    conditions = [
        {"matchType": "name", "propertyValue": "HCA"},
        {"matchType": "property", "propertyId": "band", "propertyValue": 3},
    ]
    body = {"queries": [{"type": "Role", "limit": 3, "conditions": conditions}]}
    old = {"query": "HCA", "type": "Role", "limit": 3, "properties": [{"pid": "band", "v": 3}]}
    for path in ("/reconcile", "/reconcile/match"):
        (found,) = client.post(path, json=body).json()["results"]
        assert found["candidates"] == ask(client, old)["result"] != []
    by_id = {"queries": [{"conditions": [{"matchType": "id", "propertyValue": "role/hcsw"}]}]}
    (found,) = client.post("/reconcile/match", json=by_id).json()["results"]
    assert [each["id"] for each in found["candidates"]] == ["role/hcsw"]


def test_what_the_draft_requires_is_required(client: TestClient) -> None:
    name = {"matchType": "name", "propertyValue": "Peer support worker"}
    family = {"matchType": "property", "propertyId": "family", "propertyValue": "nursing", "required": True}
    body = {"queries": [{"type": "Role", "conditions": [name, family]}]}
    (found,) = client.post("/reconcile/match", json=body).json()["results"]
    assert "role/peer-support-worker" not in [each["id"] for each in found["candidates"]]


def test_what_the_draft_may_ask_and_we_cannot_is_set_aside_aloud(client: TestClient) -> None:
    name = {"matchType": "name", "propertyValue": "HCA", "matchQualifier": "WildcardMatch"}
    none = {
        "matchType": "property", "propertyId": "band", "propertyValue": 3, "matchQuantifier": "none", "required": True,
    }  # fmt: skip
    body = {"queries": [{"type": "Role", "lang": "en", "conditions": [name, none]}]}
    (found,) = client.post("/reconcile/match", json=body).json()["results"]
    assert found["candidates"]
    told = " ".join(found["notes"])
    assert "WildcardMatch" in told and "none" in told


def test_the_draft_fetches_properties_as_lists(client: TestClient) -> None:
    query = {"ids": ["role/hcsw", "role/none-such"], "properties": [{"id": "band"}, {"id": "skill"}]}
    old = extended(client, query["ids"], query["properties"])
    new = client.post("/reconcile/extend", json=query).json()
    assert new["meta"] == old["meta"] and new["notes"] == old["notes"]
    assert [row["id"] for row in new["rows"]] == query["ids"]
    for row in new["rows"]:
        assert {each["id"]: each["values"] for each in row["properties"]} == old["rows"][row["id"]]
    assert client.post("/reconcile/extend", data={"extend": json.dumps(query)}).status_code == 415
    assert client.post("/reconcile/extend", json=[]).status_code == 400


def test_the_drafts_other_addresses_answer(client: TestClient) -> None:
    proposed = client.get("/reconcile/extend/propose", params={"type": "Role", "limit": 2})
    assert proposed.json() == client.get("/reconcile/properties", params={"type": "Role", "limit": 2}).json()
    page = client.get("/reconcile/preview", params={"id": "role/hcsw"})
    assert page.text == client.get("/reconcile/preview/role/hcsw").text
    assert client.get("/reconcile/preview").status_code == 404
    passed = client.get("/reconcile/suggest/entity", params={"prefix": "support", "offset": 2, "limit": 2})
    assert passed.json() == client.get("/reconcile/suggest/entity?prefix=support&cursor=2&limit=2").json()


@pytest.mark.parametrize(
    "body",
    [
        {"queries": [{"conditions": []}]},
        {"queries": [{"limit": 1}]},
        {"queries": [{"type": "Role", "props": [{"propertyValue": "x"}]}]},
        {"queries": [{"conditions": [{"propertyValue": "x"}]}]},
        {"queries": [{"conditions": [{"matchType": "name", "propertyValue": "x"}], "type": ["Role", "Skill"]}]},
        [{"conditions": [{"matchType": "name", "propertyValue": "x"}]}],
        {"q0": {"query": "x", "limit": 5}},
    ],
    ids=["no condition", "no conditions", "misnamed", "no match type", "two types", "no root object", "old format"],
)  # fmt: skip
def test_invalid_batches_of_the_draft_are_refused(client: TestClient, body: Any) -> None:
    """The kinds of invalid batch in the examples of the specification."""
    response = client.post("/reconcile/match", json=body)
    assert response.status_code == 400
    assert response.json()["where"] and response.json()["mend"]


# Refusals


@pytest.mark.parametrize("case", cases("refusals.toml"), ids=ids(cases("refusals.toml")))
def test_what_cannot_be_read_is_refused_with_words(client: TestClient, case: dict[str, Any]) -> None:
    fields = {case.get("field", "queries"): case["body"]}
    for response in (client.post("/reconcile", data=fields), client.get("/reconcile", params=fields)):
        assert response.status_code == 400, case["why"]
        assert response.headers["content-type"] == "application/problem+json"
        body = response.json()
        assert set(body) - {"request_id"} == {"type", "title", "status", "where", "mend"}
        assert case["where"] in body["where"] and case["mend"] in body["mend"], body


def test_long_deep_and_foreign_bodies_are_refused(client: TestClient) -> None:
    def status(**sent: Any) -> int:
        response = client.post("/reconcile", **sent)
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["mend"]
        return response.status_code

    assert status(data={"queries": "[" * 100_000}) == 400
    assert status(data={"queries": '{"q": {"query": "x", "limit": ' + "9" * 10_000 + "}}"}) == 400
    assert status(data={"queries": "{}", "extend": "{}"}) == 400
    assert status(data={"queries": "x" * 2_100_000}) == 413
    assert (
        status(content=b"queries=%ff", headers={"Content-Type": "application/x-www-form-urlencoded"}) == 400
    )
    assert status(content=b"<queries/>", headers={"Content-Type": "text/xml"}) == 415
    assert status(files={"queries": b"{}"}) == 415
    assert status(content=b"\xff", headers={"Content-Type": "application/json"}) == 400
    many = json.dumps({"ids": ["role/hcsw"] * 501, "properties": []})
    assert status(data={"extend": many}) == 400


@pytest.mark.parametrize(
    ("address", "status", "hint"),
    [
        ("/reconcile/suggest/entity?prefix=a&limit=0", 400, "whole number"),
        ("/reconcile/suggest/entity?prefix=a&type=Rol", 400, "Role"),
        (f"/reconcile/suggest/entity?prefix={'a' * 300}", 400, "at most"),
        ("/reconcile/suggest/type?cursor=-1", 400, "whole number"),
        ("/reconcile/properties?type=Person", 400, "Role"),
        ("/reconcile/preview/role/hcsv", 404, "hcsw"),
        ("/reconcile/view/nothing", 404, "role/hcsw"),
        ("/reconcile/flyout/property/bnad", 404, "band"),
        ("/reconcile/flyout/type/Rol", 404, "Role"),
        ("/reconcile/nothing", 404, "/docs"),
        ("/reconcile/match", 405, "POST"),
    ],
)
def test_addresses_refuse_what_they_cannot_use(
    client: TestClient, address: str, status: int, hint: str
) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert hint in response.json()["mend"]


def test_a_cell_that_is_too_long_costs_nothing_but_itself(client: TestClient) -> None:
    long = {"query": "x" * (LONGEST_TEXT + 1), "type": "Role"}
    described = {
        "query": "HCA",
        "type": "Role",
        "properties": [{"pid": "description", "v": "care " * LONGEST_VALUE}],
    }
    for field, wrap in (("result", None), ("candidates", "queries")):
        if wrap:
            conditions = [{"matchType": "name", "propertyValue": long["query"]}]
            about = {
                "matchType": "property",
                "propertyId": "description",
                "propertyValue": "care " * LONGEST_VALUE,
            }
            name = {"matchType": "name", "propertyValue": "HCA"}
            body = {"queries": [{"type": "Role", "conditions": each} for each in (conditions, [name, about])]}
            first, second = client.post("/reconcile/match", json=body).json()["results"]
        else:
            batch = {"long": long, "described": described}
            found = client.post("/reconcile", data={"queries": json.dumps(batch)}).json()
            first, second = found["long"], found["described"]
        assert first[field] == [] and f"{LONGEST_TEXT + 1} characters" in first["notes"][0]
        assert second[field] and f"first {LONGEST_VALUE}" in second["notes"][0]


def test_other_methods_are_told_which_there_are(client: TestClient) -> None:
    response = client.put("/reconcile")
    assert response.status_code == 405 and response.headers["allow"] == "GET, HEAD, POST"
    assert client.head("/reconcile").status_code == 200


def test_the_largest_queries_end_soon(fw: Framework) -> None:
    """The most that one query can carry, with and without a text: bounded work, whatever it says."""
    text = "support worker peer nurse skills care " * 20
    values = tuple((f"{n} {text * 12}"[:LONGEST_VALUE],) * 2 for n in range(50))
    properties = tuple(Wanted(each.id, values) for each in PROPERTIES[:20])
    reconciler = Reconciler(fw)
    assert reconciler.aligner
    for query in (Query(text[:LONGEST_TEXT], properties=properties), Query(properties=properties)):
        began = time.perf_counter()
        reconciler.answer(query)
        assert time.perf_counter() - began < 5


# Manifest, suggestions, data extension


def test_the_manifest_fits_its_schema_and_its_addresses_answer(client: TestClient) -> None:
    manifest = client.get("/reconcile").json()
    assert not schema_errors("manifest.json", manifest)
    assert manifest["identifierSpace"] + "role/hcsw" == "https://w3id.org/cmh-graph/role/hcsw"
    ids_of = {
        "entity": ["role/hcsw", "role%2Fhcsw"],
        "type": [each.id for each in TYPES],
        "property": [each.id for each in PROPERTIES],
    }
    for what, service in manifest["suggest"].items():
        found = client.get(service["service_url"] + service["service_path"], params={"prefix": "s"}).json()
        name = {"entity": "entities", "type": "types", "property": "properties"}[what]
        assert found["result"] and not schema_errors(f"suggest-{name}-response.json", found)
        for given in ids_of[what]:
            address = service["flyout_service_url"] + service["flyout_service_path"].replace("${id}", given)
            flyout = client.get(address).json()
            assert set(flyout) == {"id", "html"} and flyout["html"]
    for part in ("view", "preview"):
        for given in ids_of["entity"]:
            page = client.get(manifest[part]["url"].replace("{{id}}", given))
            assert page.status_code == 200 and "Healthcare support worker" in page.text
    proposing = manifest["extend"]["propose_properties"]
    proposed = client.get(
        proposing["service_url"] + proposing["service_path"], params={"type": "Role", "limit": 3}
    )
    assert len(proposed.json()["properties"]) == 3
    assert not schema_errors("data-extension-property-proposal.json", proposed.json())


@pytest.mark.parametrize("case", cases("suggest.toml"), ids=ids(cases("suggest.toml")))
def test_a_start_is_completed(client: TestClient, case: dict[str, Any]) -> None:
    found = [each["id"] for each in client.get(f"/reconcile/suggest/{case['get']}").json()["result"]]
    if "all" in case:
        assert found == case["all"], case["why"]
    else:
        assert found[0].startswith(case["first"]), case["why"]


def test_a_cursor_passes_over_what_was_seen(client: TestClient) -> None:
    def found(**asked: Any) -> list[str]:
        body = client.get("/reconcile/suggest/entity", params={"prefix": "support", **asked}).json()
        return [each["id"] for each in body["result"]]

    assert found(limit=3) + found(limit=3, cursor=3) == found(limit=6)
    assert len(set(found(limit=50))) == len(found(limit=50)) > 6


def extended(client: TestClient, things: list[str], properties: list[dict[str, Any]]) -> dict[str, Any]:
    query = {"ids": things, "properties": properties}
    assert not schema_errors("data-extension-query.json", query)
    response = client.post("/reconcile", data={"extend": json.dumps(query)})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    assert not schema_errors("data-extension-response.json", body)
    return body


@pytest.mark.parametrize("case", cases("extend.toml"), ids=ids(cases("extend.toml")))
def test_a_property_is_fetched(client: TestClient, case: dict[str, Any]) -> None:
    body = extended(client, [case["id"]], [case["property"]])
    assert body["rows"] == {case["id"]: {case["property"]["id"]: case["is"]}}, case["why"]
    assert ("notes" in body) == (case["id"] == "role/none-such")


def test_every_proposed_property_can_be_fetched_for_every_thing_of_its_type(
    client: TestClient, fw: Framework
) -> None:
    for type_ in TYPES:
        proposed = client.get("/reconcile/properties", params={"type": type_.id}).json()["properties"]
        things = [f"{type_.kind}/{key}" for key in fw.things(type_.kind)]
        columns = [{"id": each["id"]} for each in proposed]
        body = extended(client, things, columns)
        assert [each["id"] for each in body["meta"]] == [each["id"] for each in columns]
        assert list(body["rows"]) == things
        for column in columns:
            cells = [cell for row in body["rows"].values() for cell in row[column["id"]]]
            assert cells, f"nothing of type {type_.id} has {column['id']}: why propose it?"
            for cell in cells:
                if "id" in cell:
                    kind, _, key = cell["id"].partition("/")
                    assert key in fw.things(kind)


# Pages


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_pages_hold_no_script_and_fetch_nothing(client: TestClient, fw: Framework) -> None:
    for path in ("preview", "view"):
        for type_ in TYPES:
            for key in fw.things(type_.kind):
                page = client.get(f"/reconcile/{path}/{type_.kind}/{key}")
                assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
                assert "default-src 'none'" in page.headers["content-security-policy"]
                assert "x-frame-options" not in page.headers
                tags = _Tags()
                tags.feed(page.text)
                names = {name for name, _ in tags.seen}
                assert not names & {"script", "iframe", "img", "link", "object", "form", "svg"}
                used = {name for _, attributes in tags.seen for name in attributes}
                assert not {name for name in used if name.startswith("on") or name == "src"}


def test_text_with_a_script_is_inert(client: TestClient, fw: Framework) -> None:
    from dataclasses import replace

    script = "<script>alert(1)</script>\"' onload=x"
    role = replace(fw.role("hcsw"), label=script, definition=script, notes=(script,), rolls_up_to=None)
    for text in (preview.page(fw, role, home="http://x"), preview.snippet(script, script)):
        assert "<script" not in text and "&lt;script&gt;" in text
    for address in ("preview", "view", "flyout/entity", "flyout/type", "flyout/property"):
        response = client.get(f"/reconcile/{address}/<script>alert(1)<%2Fscript>")
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
    result = ask(client, {"query": script, "type": "Role", "properties": [{"pid": script, "v": script}]})
    assert "notes" in result


def test_what_is_our_judgement_is_marked(client: TestClient) -> None:
    page = client.get("/reconcile/preview/role/hcsw").text
    assert "Direct support (our judgement)" in page and "Who says it: public" in page


# Limits, browsers and the how-to


def test_too_many_callers_are_told_to_wait() -> None:
    async def crowd() -> None:
        desk, go = Desk(threads=1, waiting=1), threading.Event()
        tasks = [asyncio.create_task(desk.run(lambda: go.wait(10))) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(QueueFull):
            await desk.run(lambda: None)
        go.set()
        assert await asyncio.gather(*tasks) == [True, True]
        assert await desk.run(lambda: "free again") == "free again"

    asyncio.run(crowd())


def test_a_batch_that_takes_too_long_is_given_up(fw: Framework) -> None:
    with pytest.raises(QueryTooLong, match="longer than 0 seconds"):
        Reconciler(fw).answer_all([Query("HCA"), Query("OT")] * 25, seconds=0)


@pytest.fixture(scope="module")
def served(fw: Framework) -> Iterator[str]:
    """The address of the service, run by a thread."""
    server = uvicorn.Server(uvicorn.Config(create_app(Settings(query_workers=1), fw), log_level="critical"))
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            for _ in range(1000):
                if server.started or not thread.is_alive():
                    break
                time.sleep(0.02)
            assert server.started
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


def test_pages_of_any_origin_may_ask(served: str) -> None:
    origin = {"Origin": "http://127.0.0.1:3333"}
    asked = {
        **origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    assert httpx.options(f"{served}/reconcile", headers=asked).headers["access-control-allow-origin"] == "*"
    for response in (
        httpx.get(f"{served}/reconcile", headers=origin),
        httpx.post(f"{served}/reconcile", data={"queries": '{"q": {"query": "OT"}}'}, headers=origin),
        httpx.post(f"{served}/reconcile", data={"queries": "x"}, headers=origin),
        httpx.get(f"{served}/reconcile/suggest/entity?prefix=a", headers=origin),
    ):
        assert response.headers["access-control-allow-origin"] == "*"


def test_others_are_answered_while_a_batch_runs(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any, **__: Any) -> list[Any]:
        time.sleep(1.5)
        return []

    monkeypatch.setattr(Reconciler, "answer_all", slow)
    batch = threading.Thread(target=lambda: httpx.post(f"{served}/reconcile", data={"queries": "{}"}))
    batch.start()
    try:
        time.sleep(0.2)
        began = time.perf_counter()
        assert httpx.get(f"{served}/v1/health").status_code == 200
        assert time.perf_counter() - began < 1.0
        assert batch.is_alive()
    finally:
        batch.join()


def test_the_commands_of_the_how_to_run(served: str, tmp_path: Path) -> None:
    blocks = re.findall(r"```console\n(.*?)```", HOW_TO.read_text("utf-8"), re.S)
    commands = [
        line[2:]
        for block in blocks
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("$ curl")
    ]
    assert commands
    for command in commands:
        words = shlex.split(command.replace("http://127.0.0.1:8000", served))
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "role/hcsw" in done.stdout


def test_the_how_to_names_what_there_is(client: TestClient) -> None:
    text = HOW_TO.read_text("utf-8")
    known = {each.id for each in PROPERTIES} | {"description"}
    named = set(re.findall(r"`([a-z0-9_]+)`", text))
    assert {"band", "employer_type", "description"} <= named & known
    for each in TYPES:
        assert each.name in text
