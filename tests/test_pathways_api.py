"""Gaps, ways and papers over HTTP: the same answers as from Python, and clear words for what cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from cmh_graph.api.app import create_app
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.papers.catalogue import FORMATS, OF_A_POST
from cmh_graph.papers.post import post_of
from cmh_graph.pathways.answers import GapAnswer, ProgressionsAnswer, gap_answer, progressions_answer
from cmh_graph.pathways.network import network_of
from cmh_graph.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def framework() -> Iterator[Framework]:
    yield open_framework(home=ROOT)


@pytest.fixture(scope="module")
def client(framework: Framework) -> TestClient:
    # Without its lifespan: nothing here runs a query.
    return TestClient(create_app(Settings(home=ROOT), framework))


def test_the_gap_is_that_of_python(framework: Framework, client: TestClient) -> None:
    got = client.get("/v1/gap?from=hcsw&to=senior-hcsw")
    assert got.status_code == 200
    assert got.content == TypeAdapter(GapAnswer).dump_json(gap_answer(framework, "senior-hcsw", "hcsw"))
    got = client.get(
        "/v1/gap?to=peer-support-worker&skill=active-listening&background=retail&experience=lived"
    )
    wanted = gap_answer(
        framework,
        "peer-support-worker",
        skills=["active-listening"],
        backgrounds=["retail"],
        experiences=["lived"],
    )
    assert got.content == TypeAdapter(GapAnswer).dump_json(wanted)


@pytest.mark.parametrize(
    "by", ["fewest-steps", "smallest-gap", "shortest-time", "fewest-qualifications", "all"]
)
def test_the_ways_are_those_of_python(framework: Framework, client: TestClient, by: str) -> None:
    got = client.get(f"/v1/progressions?from=volunteer&to=mental-health-nurse&k=4&by={by}")
    wanted = progressions_answer(
        framework, network_of(framework), "volunteer", "mental-health-nurse", k=4, by=by
    )
    assert got.status_code == 200 and wanted.progressions
    assert got.content == TypeAdapter(ProgressionsAnswer).dump_json(wanted)
    assert all(way["steps"] for way in got.json()["progressions"])


@pytest.mark.parametrize("role", ["hcsw", "volunteer", "occupational-therapist"])
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", OF_A_POST)
def test_a_paper_is_that_of_python(
    framework: Framework, client: TestClient, name: str, form: str, role: str
) -> None:
    got = client.get(f"/v1/papers/{name}/{role}?format={form}")
    assert got.status_code == 200 and got.headers["content-type"].startswith(FORMATS[form].media_type)
    assert got.content == FORMATS[form].write(OF_A_POST[name](framework, post_of(framework, role)))
    again = client.get(
        f"/v1/papers/{name}/{role}?format={form}", headers={"If-None-Match": got.headers["etag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/v1/gap", 400, "there is no to"),
        ("/v1/gap?to=hcsw", 400, "where you start"),
        ("/v1/gap?to=hcsv&from=hcsw", 404, "did you mean hcsw"),
        ("/v1/gap?to=hcsw&from=hcsw&from=volunteer", 400, "given 2 times"),
        ("/v1/gap?to=&from=hcsw", 400, "empty"),
        ("/v1/gap?to=hcsw&from=volunteer&colour=red", 400, "there is no parameter"),
        ("/v1/gap?to=hcsw&" + "&".join(f"skill=s{n}" for n in range(201)), 400, "more than 200"),
        ("/v1/gap?to=" + "x" * 101, 400, "longer than 100"),
        ("/v1/gap?to=%00&from=hcsw", 404, "no role"),
        ("/v1/gap?to=%3Cscript%3E&from=hcsw", 404, "no role"),
        ("/v1/progressions?from=hcsw", 400, "where to go"),
        ("/v1/progressions?from=hcsw&to=x", 404, "no role or position"),
        ("/v1/progressions?from=hcsw&to=senior-hcsw&k=21", 400, "ask for 1 to 20"),
        ("/v1/progressions?from=hcsw&to=senior-hcsw&k=-1", 400, "no whole number"),
        ("/v1/progressions?from=hcsw&to=senior-hcsw&k=0", 400, "ask for 1 to 20"),
        ("/v1/progressions?from=hcsw&to=senior-hcsw&within=0", 400, "no time"),
        ("/v1/progressions?from=hcsw&to=senior-hcsw&by=luck", 400, "choose from"),
        ("/v1/progressions?from=hcsw&to=senior-hcsw&registered=true", 400, "give one of the two"),
        ("/v1/progressions?from=hcsw&paid=perhaps&to=senior-hcsw", 400, "neither true nor false"),
        ("/v1/progressions?from=hcsw&band=99", 400, "choose from"),
        ("/v1/similar?role=x", 404, "no role"),
        ("/v1/papers/poem/hcsw", 404, "choose from"),
        ("/v1/papers/job-description/hcsw?band=9", 400, "bands given are"),
        ("/v1/papers/job-description/hcsw?format=exe", 400, "there is no format"),
        ("/v1/papers/development-plan/hcsw", 400, "where you start"),
        ("/v1/papers/passport/hcsw?format=docx", 400, "there is no format"),
    ],
)
def test_what_cannot_be_gets_the_one_problem_body(
    client: TestClient, address: str, status: int, says: str
) -> None:
    got = client.get(address)
    assert got.status_code == status, got.text
    assert got.headers["content-type"] == "application/problem+json"
    assert says in got.text and got.json()["mend"]


def test_no_way_is_an_answer_and_no_error(client: TestClient) -> None:
    got = client.get("/v1/progressions?from=peer-lead&to=psychiatrist")
    assert got.status_code == 200 and got.json()["progressions"] == []
    assert got.json()["why"] and got.json()["missing"]
    assert client.get("/v1/progressions?from=hcsw&to=hcsw").json()["why"].startswith("You are there already")


def test_the_other_addresses_answer(client: TestClient) -> None:
    assert client.get("/v1/network").json()["bottlenecks"]
    assert client.get("/v1/similar").json()[0]["score"] >= client.get("/v1/similar").json()[-1]["score"]
    assert client.get("/v1/similar?role=hcsw").json()[0]["one"]["key"] == "hcsw"
    page = client.get("/v1/papers/passport/ahp-senior")
    assert page.status_code == 200 and "Domain 8" in page.text
