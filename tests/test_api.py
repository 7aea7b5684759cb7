"""The API over the real catalogue: facts, laws of lists, negotiation, refusals."""

from __future__ import annotations

import json
import tomllib
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import rdflib
from openapi_spec_validator import validate
from rdflib.compare import to_isomorphic

from cmh_graph.api.app import create_app
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.settings import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "cases" / "api"


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((FOLDER / name).read_text("utf-8"))["case"]
    return found


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [f"{number}-{case.get('get') or case.get('accept')}" for number, case in enumerate(found)]


@pytest.fixture(scope="module")
def snapshots(framework_snapshots: Path) -> Path:
    return framework_snapshots


@pytest.fixture(scope="module")
def fw(snapshots: Path) -> Framework:
    return open_framework(snapshots, home=ROOT)


@pytest.fixture(scope="module")
def client(snapshots: Path, fw: Framework) -> Iterator[TestClient]:
    """The whole service, with its query workers running."""
    settings = Settings(snapshots=snapshots, query_workers=1, query_seconds=10)
    with TestClient(create_app(settings, fw), raise_server_exceptions=False) as client:
        yield client


def every_item(client: TestClient, address: str) -> list[Any]:
    """All items of a list, page by page along the next links."""
    items: list[Any] = []
    following: str | None = address
    while following:
        page = client.get(following).json()
        items += page["items"]
        following = page["next"]
    return items


def test_every_case_file_is_used() -> None:
    used = {"facts.toml", "refusals.toml", "negotiation.toml", "search.toml"}
    assert {path.name for path in FOLDER.iterdir()} == used


def walk(value: Any, path: list[str]) -> list[Any]:
    """What lies at a path; lists are walked through, name=value picks their items."""
    found = [value]
    for name in path:
        following: list[Any] = []
        for each in found:
            inside = each if isinstance(each, list) else [each]
            if "=" in name:
                key, _, wanted = name.partition("=")
                following += [one for one in inside if one[key] == wanted]
            else:
                following += [one[name] for one in inside]
        flat = [one for each in following for one in (each if isinstance(each, list) else [each])]
        # A list is walked into, but what lies at the end of the path keeps its shape.
        found = flat if name != path[-1] or "=" in name else following
    return found


@pytest.mark.parametrize("case", cases("facts.toml"), ids=ids(cases("facts.toml")))
def test_a_fact_that_people_check(client: TestClient, case: dict[str, Any]) -> None:
    response = client.get(case["get"])
    assert response.status_code == 200, response.text
    found = walk(response.json(), case["at"])
    if (
        len(found) == 1
        and isinstance(found[0], list)
        and not (case["is"] and isinstance(case["is"][0], list))
    ):
        found = found[0]
    expected = [None if value == "@null" else value for value in case["is"]]
    assert sorted(map(json.dumps, found)) == sorted(map(json.dumps, expected)), case["why"]


@pytest.mark.parametrize("case", cases("refusals.toml"), ids=ids(cases("refusals.toml")))
def test_every_refusal_has_the_one_body(client: TestClient, case: dict[str, Any]) -> None:
    headers = {"Accept": case["accept"]} if "accept" in case else {}
    response = client.request(case.get("method", "GET"), case["get"], headers=headers)
    assert response.status_code == case["status"], case["why"]
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) <= {"type", "title", "status", "where", "mend", "request_id"}
    assert body["status"] == case["status"]
    assert body["type"] == f"https://w3id.org/cmh-graph/problem/{case['type']}"
    assert all(word in body["mend"] for word in case["mend"]), body


@pytest.mark.parametrize("case", cases("negotiation.toml"), ids=ids(cases("negotiation.toml")))
def test_the_format_is_the_one_asked_for(client: TestClient, case: dict[str, Any]) -> None:
    parameters = {"format": case["format"]} if "format" in case else {}
    response = client.get(
        f"/v1/roles/hcsw{case.get('suffix', '')}", headers={"Accept": case["accept"]}, params=parameters
    )
    assert response.headers["content-type"] == case["type"], case["why"]
    assert "Accept" in response.headers["vary"]


def lists(client: TestClient) -> list[str]:
    """The address of every list that needs no key."""
    paths = client.get("/openapi.json").json()["paths"]
    return [path for path in paths if path.startswith("/v1/") and "/{" not in path and path != "/v1/search"]


def collections(client: TestClient) -> list[str]:
    paths = client.get("/openapi.json").json()["paths"]
    # The framework alone has no vacancies; tests/test_vacancies.py looks at them with a feed built in.
    return [
        path for path in lists(client) if f"{path}/{{key}}" in paths and not path.startswith("/v1/vacancies")
    ]


def test_pages_put_together_are_the_whole_list(client: TestClient) -> None:
    assert len(collections(client)) > 20
    for address in collections(client):
        whole = client.get(address, params={"limit": 200}).json()
        size = max(1, min(17, whole["total"] // 3))
        items = every_item(client, f"{address}?limit={size}")
        keys = [item["key"] for item in items]
        assert len(keys) == len(set(keys)) == whole["total"], address
        assert items[:200] == whole["items"], address


def test_links_lead_to_the_neighbouring_pages(client: TestClient) -> None:
    response = client.get("/v1/roles?limit=10&offset=10&status=public")
    assert response.links["next"]["url"] == response.json()["next"]
    assert response.links["prev"]["url"] == response.json()["previous"]
    assert "status=public" in response.json()["next"]
    assert client.get(response.links["prev"]["url"]).json()["offset"] == 0


def test_a_page_past_the_end_is_empty(client: TestClient) -> None:
    page = client.get("/v1/roles?offset=1000").json()
    assert page["items"] == [] and page["next"] is None and page["total"] == 64


def closed_filters(client: TestClient, address: str) -> dict[str, list[str]]:
    operation = client.get("/openapi.json").json()["paths"][address]["get"]
    schemas = {each["name"]: each["schema"] for each in operation["parameters"]}
    return {
        name: schema["items"]["enum"] for name, schema in schemas.items() if "enum" in schema.get("items", {})
    }


#: Filter of /v1/roles -> how a role shows what it keeps, as a list of values.
SHOWN = {
    "band": lambda role: role["bands"],
    "level": lambda role: [role["level"]],
    "family": lambda role: [role["family"]],
    "employer_type": lambda role: role["employer_types"],
    "setting": lambda role: role["settings"],
    "regulated": lambda role: [str(role["is_regulated"]).lower()],
    "paid": lambda role: [str(role["is_paid"]).lower()],
    "form": lambda role: [role["form"]],
    "status": lambda role: [role["says"]["status"]],
}


def test_a_filter_keeps_just_the_roles_that_show_the_value(client: TestClient) -> None:
    roles = {
        role["key"]: client.get(f"/v1/roles/{role['key']}").json() for role in every_item(client, "/v1/roles")
    }
    filters = closed_filters(client, "/v1/roles")
    assert set(filters) == set(SHOWN)
    for name, values in filters.items():
        kept: set[str] = set()
        for value in values:
            found = {role["key"] for role in every_item(client, f"/v1/roles?limit=200&{name}={value}")}
            assert found == {key for key, role in roles.items() if value in SHOWN[name](role)}, (name, value)
            kept |= found
        assert kept == {key for key, role in roles.items() if SHOWN[name](role)}, name


def test_a_filter_of_every_collection_keeps_a_part_and_all_values_together_the_most(
    client: TestClient,
) -> None:
    for address in collections(client):
        total = client.get(address).json()["total"]
        for name, values in closed_filters(client, address).items():
            counts = [client.get(f"{address}?limit=1&{name}={value}").json()["total"] for value in values]
            together = client.get(
                f"{address}?limit=1&" + "&".join(f"{name}={value}" for value in values)
            ).json()
            assert max(counts) <= together["total"] <= min(total, sum(counts)), (address, name)
            assert any(counts), f"{address}: no value of {name} keeps anything"


def test_two_filters_keep_what_both_keep(client: TestClient) -> None:
    def keys(query: str) -> set[str]:
        return {role["key"] for role in every_item(client, f"/v1/roles?limit=200&{query}")}

    assert keys("band=3&level=support") == keys("band=3") & keys("level=support")
    assert keys("band=3&band=4") == keys("band=3") | keys("band=4")


def test_a_search_in_a_list_keeps_its_best_first(client: TestClient) -> None:
    found = [role["key"] for role in client.get("/v1/roles?q=peer support worker").json()["items"]]
    assert found[0] == "peer-support-worker"
    assert set(found) < {role["key"] for role in every_item(client, "/v1/roles")}


def test_roles_that_ask_for_a_skill_are_found_both_ways(client: TestClient) -> None:
    below = {asking["role"]["key"] for asking in every_item(client, "/v1/skills/groups/roles?limit=200")}
    assert below == {role["key"] for role in every_item(client, "/v1/roles?limit=200&skill=groups")}
    assert below


def test_every_thing_of_every_collection_answers_in_every_format(client: TestClient) -> None:
    for address in collections(client):
        first = client.get(address, params={"limit": 1}).json()["items"][0]["key"]
        for suffix in ("", ".json", ".jsonld", ".ttl", ".nt"):
            response = client.get(f"{address}/{first}{suffix}")
            assert response.status_code == 200 and response.content, (address, first, suffix)
        assert client.get(f"{address}/{first}").json()["key"] == first


@pytest.fixture(scope="module")
def whole(fw: Framework) -> rdflib.Graph:
    """Every stated triple of the catalogue, read by another library than wrote it."""
    graph = rdflib.Graph()
    for line in fw.path.read_text("utf-8").splitlines():
        if "/graph/derived>" not in line:
            graph.parse(data=line.rpartition(" <")[0] + " .", format="nt")
    return graph


#: Things of different make: with parts, with pointers, of a scheme, with numbers, dates and addresses.
DESCRIBED = [
    "roles/peer-support-worker",
    "roles/hcsw",
    "skills/active-listening",
    "bands/3",
    "qualifications/st0070",
    "pathways/peer",
    "employers/blg-mind",
    "evidence/nonclinical",
    "sources/ahp-sor",
    "vocabularies/status",
]


@pytest.mark.parametrize("address", DESCRIBED)
def test_the_formats_of_a_thing_hold_the_same_triples(
    client: TestClient, address: str, whole: rdflib.Graph
) -> None:
    turtle = rdflib.Graph().parse(data=client.get(f"/v1/{address}.ttl").text, format="turtle")
    lines = rdflib.Graph().parse(data=client.get(f"/v1/{address}.nt").text, format="nt")
    linked = rdflib.Graph().parse(data=client.get(f"/v1/{address}.jsonld").text, format="json-ld")
    assert len(turtle) > 2
    assert to_isomorphic(turtle) == to_isomorphic(lines)
    assert to_isomorphic(turtle) == to_isomorphic(linked)
    assert set(turtle) <= set(whole)


def test_the_turtle_of_a_role_has_its_statements(client: TestClient) -> None:
    graph = rdflib.Graph().parse(data=client.get("/v1/roles/hcsw.ttl").text, format="turtle")
    role = client.get("/v1/roles/hcsw").json()
    subjects = {str(subject) for subject in graph.subjects()}
    for part in ("requirements", "band_assignments", "titles", "placements", "regulation"):
        assert {each["iri"] for each in role[part]} <= subjects, part


def test_the_context_is_the_one_that_answers_carry(client: TestClient) -> None:
    shared = client.get("/v1/context.jsonld")
    assert shared.headers["content-type"] == "application/ld+json"
    assert client.get("/v1/roles/hcsw.jsonld").json()["@context"] == shared.json()["@context"]


def test_a_reader_who_has_it_gets_304(client: TestClient) -> None:
    for address in (
        "/v1/roles/hcsw",
        "/v1/roles?band=3",
        "/v1/roles/hcsw.ttl",
        "/v1/version",
        "/openapi.json",
    ):
        first = client.get(address)
        tag = first.headers["etag"]
        assert "max-age" in first.headers["cache-control"]
        for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = client.get(address, headers={"If-None-Match": sent})
            assert (again.status_code, again.content) == (304, b""), (address, sent)
            assert again.headers["etag"] == tag
        assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_each_representation_has_a_tag_of_its_own(client: TestClient) -> None:
    tags = [
        client.get(f"/v1/roles/hcsw{suffix}").headers["etag"]
        for suffix in (".json", ".ttl", ".nt", ".jsonld")
    ]
    tags += [client.get(f"/v1/roles?band={band}").headers["etag"] for band in (3, 4)]
    assert len(set(tags)) == len(tags)
    accepted = client.get("/v1/roles/hcsw", headers={"Accept": "text/turtle"}).headers["etag"]
    assert accepted != client.get("/v1/roles/hcsw").headers["etag"]
    assert accepted == client.get("/v1/roles/hcsw", headers={"Accept": "text/turtle;q=0.9"}).headers["etag"]


def test_304_does_not_hide_that_there_is_nothing(client: TestClient) -> None:
    assert client.get("/v1/roles/hcsv", headers={"If-None-Match": "*"}).status_code == 404


@pytest.mark.parametrize("address", ["/v1/roles", "/v1/roles/hcsw.ttl", "/v1/health", "/", "/openapi.json"])
def test_head_is_get_without_the_body(client: TestClient, address: str) -> None:
    got, head = client.get(address), client.head(address)
    assert head.status_code == 200 and head.content == b""
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == got.headers.get(name)


def test_pages_of_any_origin_may_read(client: TestClient) -> None:
    for address in ("/v1/roles", "/v1/roles/hcsv", "/v1/search?q=hca"):
        response = client.get(address, headers={"Origin": "https://example.org"})
        assert response.headers.get_list("access-control-allow-origin") == ["*"]
        assert "ETag" in response.headers.get("access-control-expose-headers", "ETag")
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    assert client.options("/v1/roles", headers=asked).status_code == 200


def test_search_reads_abbreviations_and_narrows_by_kind(client: TestClient) -> None:
    found = client.get("/v1/search", params={"q": "hca"}).json()["items"]
    assert (found[0]["kind"], found[0]["key"], found[0]["why"]) == ("role", "hcsw", "abbreviation")
    kinds = {hit["kind"] for hit in every_item(client, "/v1/search?q=support&kind=skill&kind=value")}
    assert kinds == {"skill", "value"}


def test_the_service_says_what_it_serves(client: TestClient, fw: Framework) -> None:
    version = client.get("/v1/version").json()
    assert version["snapshot"] == fw.snapshot
    assert version["statements"] == sum(version["graphs"].values()) > 30_000
    health = client.get("/v1/health")
    assert health.json()["status"] == "ok" and health.json()["queries"] == "ready"
    assert health.headers["cache-control"] == "no-store"


def test_the_landing_leads_everywhere(client: TestClient) -> None:
    addresses = client.get("/").json()["addresses"]
    assert {"/v1/roles", "/sparql", "/openapi.json", "/docs"} <= set(addresses)
    for address in addresses:
        if address != "/sparql":
            assert client.get(address, headers={"Accept": "*/*"}).status_code == 200, address
    page = client.get("/docs", headers={"Accept": "text/html"}).text
    assert all(address.partition("?")[0] in page for address in addresses)


def test_sparql_is_served_beside_it(client: TestClient) -> None:
    query = "SELECT (COUNT(DISTINCT ?r) AS ?n) { ?r a cmh:Role }"
    query = "PREFIX cmh: <https://w3id.org/cmh-graph/ns#> " + query
    answer = client.get(
        "/sparql", params={"query": query}, headers={"Accept": "application/sparql-results+json"}
    )
    assert answer.json()["results"]["bindings"][0]["n"]["value"] == "64"


# Questions


def test_every_question_is_listed_with_what_it_takes_and_gives(client: TestClient, fw: Framework) -> None:
    listed = every_item(client, "/v1/questions?limit=10")
    assert [row["name"] for row in listed] == [
        q.name for q in sorted(fw.questions.values(), key=lambda q: q.id)
    ]
    assert len(listed) == 43
    for row in listed:
        assert row["question"] and row["asked_by"] and row["columns"], row["name"]


def test_a_question_answers_as_from_python(client: TestClient, fw: Framework) -> None:
    answer = client.get("/v1/questions/requirements_of_a_role", params={"role": "hcsw"}).json()
    rows = fw.ask("requirements_of_a_role", role="hcsw")
    assert answer["columns"] == list(rows.columns)
    assert [list(row.values()) for row in answer["rows"]] == [list(row) for row in rows]
    assert answer["parameters"] == {"role": "hcsw"}
    assert {row["asked_name"] for row in answer["rows"]} >= {"Compassion", "Care Certificate"}


def test_every_question_answers_its_example_as_from_python(client: TestClient, fw: Framework) -> None:
    for question in fw.questions.values():
        values = question.examples()
        response = client.get(f"/v1/questions/{question.name}", params=values)
        assert response.status_code == 200, (question.name, response.text)
        answer, rows = response.json(), fw.ask(question.name, **values)
        assert answer["columns"] == list(rows.columns) == list(question.columns), question.name
        # JSON has no dates; everything else is the same value in the same place.
        expected = [[str(cell) if isinstance(cell, date) else cell for cell in row] for row in rows]
        assert [list(row.values()) for row in answer["rows"]] == expected, question.name


def test_a_question_may_be_asked_by_its_id_and_as_a_table(client: TestClient) -> None:
    table = client.get("/v1/questions/cq-16.csv", params={"role": "hcsw"})
    assert table.headers["content-type"].startswith("text/csv")
    accepted = client.get("/v1/questions/cq-16", params={"role": "hcsw"}, headers={"Accept": "text/csv"})
    assert table.text == accepted.text
    asked = client.get("/v1/questions/cq-16", params={"role": "hcsw"}).json()
    assert table.text.splitlines()[0] == ",".join(asked["columns"])
    assert len(table.text.splitlines()) == len(asked["rows"]) + 1
    tag = table.headers["etag"]
    again = client.get("/v1/questions/cq-16.csv", params={"role": "hcsw"}, headers={"If-None-Match": tag})
    assert again.status_code == 304


def test_an_answer_says_what_is_missing(client: TestClient) -> None:
    assert client.get("/v1/questions/where_to_find_vacancies").json()["missing"]


@pytest.mark.parametrize(
    ("query", "hint"),
    [("rol=hcsw", "role"), ("role=hcsv", "hcsw"), ("", "role"), ("role=hcsw&role=amhp", "once")],
    ids=["unknown parameter", "unknown role", "no parameter", "two values"],
)
def test_a_question_refuses_what_it_cannot_use(client: TestClient, query: str, hint: str) -> None:
    response = client.get(f"/v1/questions/requirements_of_a_role?{query}")
    assert response.status_code == 400
    assert hint in response.text


def test_the_definition_of_a_question_has_its_query(client: TestClient) -> None:
    assert "SELECT" in client.get("/v1/questions/cq-16/definition").json()["query"]


# The OpenAPI document


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_openapi_is_valid(document: dict[str, Any]) -> None:
    validate(document)
    assert document["servers"] and document["security"] == [] and document["info"]["license"]


def test_openapi_tells_everything_a_client_needs(document: dict[str, Any]) -> None:
    known = {tag["name"] for tag in document["tags"]}
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["tags"] and set(operation["tags"]) <= known, where
        assert operation["summary"], where
        # Only an upload can be refused for what it says; parameters are refused by 400.
        assert "422" not in operation["responses"] or operation["tags"] == ["partners"], where
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")):
                # CASE has an error body of its own.
                own = {"application/json"} if "case" in operation["tags"] else set()
                assert set(response["content"]) == {"application/problem+json", *own}, where


def test_every_operation_answers_as_documented(client: TestClient, document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if method != "get" or path.startswith(
            (
                "/sparql",
                "/v1/search",
                "/v1/questions/",
                "/v1/vacancies/",
                "/ims/case/v1p1/CFRubrics/",
                "/graphs/",
            )
        ):
            continue
        address = path
        for each in operation.get("parameters", ()):
            if each["in"] == "path":
                address = address.replace(f"{{{each['name']}}}", each["example"])
        shown = [
            (each["name"], each.get("example") or each["schema"].get("example"))
            for each in operation.get("parameters", ())
            if each["in"] == "query"
        ]
        needed = {name: value for name, value in shown if value}
        response = client.get(address, params=needed)
        assert response.status_code == 200, path
        assert response.headers["content-type"].partition(";")[0] in operation["responses"]["200"]["content"]


def test_every_answer_fits_its_schema(client: TestClient, document: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    for address in ("/v1/roles", *(f"/v1/{name}" for name in DESCRIBED)):
        parts = address.split("/")
        path = address if len(parts) == 3 else f"/v1/{parts[2]}/{{key}}"
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        checker = Draft202012Validator({**schema, "components": document["components"]})
        errors = [error.message for error in checker.iter_errors(client.get(address).json())]
        assert not errors, (address, errors[:2])
