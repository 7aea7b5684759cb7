"""Occupations of other classifications as a start: the match is shown, and no title makes anybody registered."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter

from cmh_graph.api.app import create_app
from cmh_graph.errors import BadParameter, CmhGraphError, UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.pathways.answers import GapAnswer, gap_answer, progressions_answer
from cmh_graph.pathways.gap import gap
from cmh_graph.pathways.holding import holding_of_role
from cmh_graph.pathways.network import Network, network_of
from cmh_graph.pathways.occupations import SAME_WORK, holding_of_occupation, matches_of
from cmh_graph.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
CARE_ASSISTANT = "http://data.europa.eu/esco/occupation/d38c2107-98f2-47b7-8bb4-f69750d51082"


@pytest.fixture(scope="module")
def framework(framework_snapshots: Path) -> Framework:
    return open_framework(framework_snapshots, home=ROOT)


@pytest.fixture(scope="module")
def network(framework: Framework) -> Network:
    return network_of(framework)


def codes(framework: Framework) -> list[str]:
    """Every occupation that some job role is matched with."""
    found = {
        match.target
        for role in framework.roles.values()
        for match in role.matches
        if match.target and role.form != "grouping"
    }
    return sorted(found)


def test_no_title_makes_anybody_registered_or_qualified(framework: Framework) -> None:
    for code in codes(framework):
        holding = holding_of_occupation(framework, matches_of(framework, code))
        held = {kind for (kind, _), one in holding.things.items() if one.firmness == "held"}
        assert held <= {"skill", "experience"}, code
        assert all("(" in one.basis and ";" in one.basis for one in holding.things.values()), (
            "names the match"
        )


def test_what_is_had_is_had_by_every_role_that_means_the_same_work(framework: Framework) -> None:
    wanted = [
        framework.role(key) for key in ("hcsw", "senior-hcsw", "mental-health-nurse", "peer-support-worker")
    ]
    sure_ones = 0
    for code in codes(framework)[::3]:
        matches = matches_of(framework, code)
        sure = [framework.roles[one.role.key] for one in matches if one.relation in SAME_WORK]
        sure_ones += bool(sure)
        for role in wanted:
            mine = gap(framework, holding_of_occupation(framework, matches), role)
            theirs = [gap(framework, holding_of_role(framework, one), role) for one in sure]
            for place, need in enumerate(mine.essential):
                if need.state == "have":
                    assert sure and all(one.essential[place].state == "have" for one in theirs), (
                        code,
                        role.key,
                    )
    assert sure_ones > 10


def test_an_exact_match_carries_what_the_role_carries(framework: Framework) -> None:
    role, code = (gap_answer(framework, "senior-hcsw", start) for start in ("hcsw", CARE_ASSISTANT))
    assert [need.state for need in code.essential] == [need.state for need in role.essential]
    assert code.size == role.size and code.holder == "healthcare assistant (esco)"
    assert (
        "'healthcare assistant' (esco) is an exact match of Healthcare support worker; public." in code.notes
    )
    partly = next(need for need in code.essential if need.state == "partly")
    assert "an exact match of Healthcare support worker" in partly.rule


def test_a_wider_group_leaves_everything_open(framework: Framework) -> None:
    found = gap_answer(framework, "hcsw", "isco:5321")
    assert not found.counts["have"] and any(
        "is not known; the size leaves it out" in said for said in found.notes
    )
    more = gap_answer(framework, "hcsw", "isco:5321", skills=["teamwork:support"])
    assert more.counts["have"] == 1


@pytest.mark.parametrize(
    "code", ["onet:31-1131.00", "ONET:31-1131.00", "isco:5321", "isco:c5321", "sds:r1480", "soc2020:6131"]
)
def test_codes_are_read_as_people_write_them(framework: Framework, code: str) -> None:
    assert "hcsw" in {match.role.key for match in matches_of(framework, code)}


def test_ways_start_from_the_role_that_means_the_same_work(framework: Framework, network: Network) -> None:
    found = progressions_answer(framework, network, "onet:31-1131.00", "mental-health-nurse")
    plain = progressions_answer(framework, network, "hcsw", "mental-health-nurse")
    assert found.progressions == plain.progressions and found.start == plain.start
    assert found.notes == (
        "'Nursing Assistants' (onet) is a close match of Healthcare support worker; inferred.",
    )
    assert plain.notes == ()


def test_every_occupation_gets_ways_or_the_roles_to_choose_from(
    framework: Framework, network: Network
) -> None:
    answered = 0
    for code in codes(framework):
        try:
            progressions_answer(framework, network, code, "service-manager", k=1)
            answered += 1
        except BadParameter as error:
            named = error.mend.removeprefix("choose where you are: ").split(", ")
            assert named and all(key in framework.roles for key in named)
    assert answered > 30


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("isco:5223", ["or name a background", "retail"]),
        ("esko:d38c2107-98f2-47b7-8bb4-f69750d51082", ["did you mean esco:"]),
        ("https://example.org/occupation/1", ["schemes are esco"]),
        ("onet:", ["no role is matched with onet:"]),
        (":", ["no role is matched with :"]),
    ],
)
def test_an_occupation_that_no_match_covers_is_said_to_be_so(
    framework: Framework, code: str, says: list[str]
) -> None:
    with pytest.raises(UnknownThing) as raised:
        gap_answer(framework, "hcsw", code)
    assert all(words in f"{raised.value.what} {raised.value.mend}" for words in says)


def test_the_service_gives_the_same(framework: Framework) -> None:
    client = TestClient(create_app(Settings(home=ROOT), framework))
    got = client.get("/v1/gap", params={"from": CARE_ASSISTANT, "to": "senior-hcsw"})
    assert got.content == TypeAdapter(GapAnswer).dump_json(
        gap_answer(framework, "senior-hcsw", CARE_ASSISTANT)
    )
    assert client.get("/v1/progressions?from=isco:5321&to=hcsw").status_code == 400
    assert client.get("/v1/gap?from=isco:5223&to=hcsw").status_code == 404
    with pytest.raises(CmhGraphError):
        gap_answer(framework, "onet:31-1131.00", "hcsw")
