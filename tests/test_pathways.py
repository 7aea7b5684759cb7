"""Gaps and ways: the laws that hold for every role, and an outside judge for the ways."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmh_graph.errors import BadParameter, UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.pathways.answers import gap_answer, progressions_answer
from cmh_graph.pathways.bridging import bridges
from cmh_graph.pathways.conditions import Conditions, goals_that_are, is_unpaid
from cmh_graph.pathways.costs import MODELS
from cmh_graph.pathways.gap import gap
from cmh_graph.pathways.holding import Holding, holding_of_person, holding_of_role
from cmh_graph.pathways.network import Network, network_of
from cmh_graph.pathways.progressions import best_ways, unbeaten_ways
from cmh_graph.pathways.reach import reach
from cmh_graph.pathways.similarity import Similarities

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def framework(framework_snapshots: Path) -> Framework:
    return open_framework(framework_snapshots, home=ROOT)


@pytest.fixture(scope="module")
def network(framework: Framework) -> Network:
    return network_of(framework)


# --- gaps ---


def test_nobody_lacks_anything_for_the_role_they_have(framework: Framework) -> None:
    for role in framework.roles.values():
        found = gap(framework, holding_of_role(framework, role), role)
        assert found.size == 0 and not found.open, role.key
        assert {need.state for need in found.essential} <= {"have", "not known"}, role.key
        # What a role only welcomes is not known of its holders.
        assert {need.state for need in found.desirable} <= {"have", "not known"}, role.key


def _person(framework: Framework, skills: list[str], others: list[tuple[str, str]]) -> Holding:
    named: dict[str, list[str]] = {"experience": [], "qualification": [], "value": [], "background": []}
    for kind, key in others:
        named[kind].append(key)
    return holding_of_person(
        framework,
        skills=skills,
        experiences=named["experience"],
        qualifications=named["qualification"],
        values=named["value"],
        backgrounds=named["background"],
    )


def _things(framework: Framework) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    skills = [
        text
        for skill in framework.skills.values()
        for text in (skill.key, *(f"{skill.key}:{level.level}" for level in skill.levels))
    ]
    others = [
        (kind, str(key))
        for kind, things in (
            ("experience", framework.experiences),
            ("qualification", framework.qualifications),
            ("value", framework.values),
            ("background", framework.backgrounds),
        )
        for key in things
    ]
    roles = [role.key for role in framework.roles.values() if role.form != "grouping"]
    return skills, others, [str(key) for key in roles]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_more_never_widens_a_gap_and_order_never_matters(framework: Framework, data: st.DataObject) -> None:
    skills, others, roles = _things(framework)
    had = data.draw(st.lists(st.sampled_from(skills), max_size=12))
    more = data.draw(st.lists(st.sampled_from(skills), max_size=6))
    other = data.draw(st.lists(st.sampled_from(others), max_size=6))
    other_more = data.draw(st.lists(st.sampled_from(others), max_size=4))
    role = framework.role(data.draw(st.sampled_from(roles)))
    before = gap(framework, _person(framework, had, other), role)
    after = gap(framework, _person(framework, had + more, other + other_more), role)
    assert after.size <= before.size
    order = ["have", "partly", "not known", "missing"]
    for one, another in zip(before.essential, after.essential, strict=True):
        assert order.index(another.state) <= order.index(one.state), (one.asks_for, one.state, another.state)
    shuffled = _person(framework, data.draw(st.permutations(had)), data.draw(st.permutations(other)))
    assert gap(framework, shuffled, role) == before


def test_values_and_lived_experience_are_never_a_deficit(framework: Framework) -> None:
    for role in framework.roles.values():
        found = gap(framework, Holding("nobody", {}), role)
        for need in (*found.essential, *found.desirable, *found.in_post):
            asked = need.asks_for
            assert asked is None or asked.kind != "value"
            assert asked is None or asked.key not in {"lived", "carer"}
        assert all(need.state in {"have", "not known"} for need in found.spoken_of if not need.members)


def test_the_size_of_a_gap_can_be_checked_by_hand(framework: Framework) -> None:
    answer = gap_answer(framework, "senior-hcsw", "hcsw")
    states = [need.state for need in answer.essential]
    assert answer.size == states.count("missing") + states.count("partly") / 2
    assert sum(answer.counts.values()) == len(answer.essential)


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"to": "hcsv", "start": "hcsw"}, UnknownThing, "did you mean hcsw"),
        ({"to": "hcsw"}, BadParameter, "nothing is said of where you start"),
        ({"to": "regulated-professional", "start": "hcsw"}, BadParameter, "group of roles"),
        ({"to": "hcsw", "skills": ["active-listening:wizard"]}, BadParameter, "has no level 'wizard'"),
        ({"to": "hcsw", "skills": ["activ-listening"]}, UnknownThing, "active-listening"),
        ({"to": "hcsw", "start": "volunteer", "setting": "moon"}, BadParameter, "choose from"),
        ({"to": "hcsw", "backgrounds": ["retial"]}, UnknownThing, "retail"),
    ],
)
def test_a_gap_that_cannot_be_told_says_why(
    framework: Framework, arguments: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as raised:
        gap_answer(framework, **arguments)  # type: ignore[arg-type]
    assert says in str(raised.value)


# --- ways ---


def _simple_ways(network: Network, start: int, goal: int, model: str) -> list[tuple[float, tuple[str, ...]]]:
    """All simple ways by networkx, with their cost."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(network.places)))
    for edge in network.edges:
        graph.add_edge(edge.start, edge.end, key=edge.step.key, cost=edge.cost.under(model))  # type: ignore[arg-type]
    ways = nx.all_simple_edge_paths(graph, start, goal, cutoff=6)
    return sorted(
        (sum(graph.edges[step]["cost"] for step in way), tuple(key for _, _, key in way)) for way in ways
    )


PAIRS = [
    ("volunteer", "mental-health-nurse"),
    ("hcsw", "mental-health-nurse"),
    ("jobseeker", "peer-lead"),
    ("mental-health-support-worker", "service-manager"),
    ("physiotherapy-assistant", "occupational-therapist"),
    ("mental-health-support-worker", "social-worker"),
    ("service-user", "team-leader"),
]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("start", "goal"), PAIRS)
def test_the_best_ways_are_those_of_networkx(network: Network, start: str, goal: str, model: str) -> None:
    first, last = network.find(start), network.find(goal)
    judged = _simple_ways(network, first, last, model)
    found = best_ways(network, first, [last], k=5, by=model)  # type: ignore[arg-type]
    assert found and judged
    short = [way for way in found if len(way.edges) <= 6]
    # Ways of more steps than the judge looked at are dearer by the number of steps, not always by other models.
    assert [way.cost(model) for way in short] == [cost for cost, _ in judged[: len(short)]]  # type: ignore[arg-type]
    assert {way.key for way in short} <= {key for _, key in judged}


@pytest.mark.parametrize(("start", "goal"), PAIRS)
def test_an_unbeaten_way_is_beaten_by_none_and_the_best_of_each_model_is_among_them(
    network: Network, start: str, goal: str
) -> None:
    first, last, models = network.find(start), network.find(goal), tuple(MODELS)
    kept = unbeaten_ways(network, first, [last], models)
    costs = [tuple(way.cost(model) for model in models) for way in kept]
    for one, other in itertools.permutations(costs, 2):
        assert not all(a <= b for a, b in zip(one, other, strict=True))
    for place, model in enumerate(models):
        best = best_ways(network, first, [last], k=1, by=model)[0]
        assert min(cost[place] for cost in costs) == best.cost(model)


def test_no_way_repeats_a_place_and_costs_never_fall(network: Network) -> None:
    for start, goal in itertools.product(range(0, len(network.places), 7), range(0, len(network.places), 5)):
        ways = best_ways(network, start, [goal], k=4, by="shortest-time")
        assert [way.cost("shortest-time") for way in ways] == sorted(
            way.cost("shortest-time") for way in ways
        )
        assert len({way.key for way in ways}) == len(ways)
        for way in ways:
            assert len(set(way.places)) == len(way.places)


def test_nobody_reaches_a_registered_role_but_through_training(
    framework: Framework, network: Network
) -> None:
    """The rule of the catalogue, over every way that is offered to somebody who is not registered."""
    trained = {"training-to-registered", "into-training", "international", "return", "entry", "consolidation"}
    for edge in network.edges:
        before, after = edge.step.from_position, edge.step.to_position
        role = framework.roles.get(after.key) if after.kind == "role" else None
        held = framework.roles.get(before.key) if before.kind == "role" else None
        if role is not None and role.is_regulated and held is not None and not held.is_regulated:
            assert edge.step.step_kind in trained, edge.step.key


def test_conditions_hold_on_every_way(framework: Framework, network: Network) -> None:
    conditions = Conditions(paid=True, within_months=60, avoid=frozenset({"hcsw"}))
    goals = goals_that_are(framework, network, registered=True)
    found = progressions_answer(framework, network, "jobseeker", goals=goals, k=10, conditions=conditions)
    assert found.progressions
    for way in found.progressions:
        assert way.minimum_months <= 60
        assert not any(step.is_unpaid or step.to_position.key == "hcsw" for step in way.steps)
        assert framework.roles[way.steps[-1].to_position.key].is_regulated


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"start": "hcsw", "to": "wizard"}, UnknownThing, "no role or position"),
        ({"start": "hcsw", "to": "hcsw"}, None, "You are there already"),
        ({"start": "peer-lead", "to": "psychiatrist"}, None, "No chain of described steps"),
        ({"start": "hcsw", "to": "psychiatrist", "k": 0}, BadParameter, "ask for 1 to"),
        ({"start": "hcsw", "to": "senior-hcsw", "by": "luck"}, BadParameter, "choose from fewest-steps"),
        ({"start": "hcsw"}, BadParameter, "where to go"),
        (
            {"start": "hcsw", "to": "mental-health-nurse", "conditions": Conditions(within_months=2)},
            None,
            "none of them is within 2 months",
        ),
        ({"start": "hcsw", "goals": frozenset()}, None, "No role meets"),
    ],
)
def test_a_way_that_cannot_be_told_says_why(
    framework: Framework,
    network: Network,
    arguments: dict[str, object],
    error: type[Exception] | None,
    says: str,
) -> None:
    if error is None:
        answer = progressions_answer(framework, network, **arguments)  # type: ignore[arg-type]
        assert not answer.progressions and says in answer.why
    else:
        with pytest.raises(error) as raised:
            progressions_answer(framework, network, **arguments)  # type: ignore[arg-type]
        assert says in str(raised.value)


def test_a_bridge_makes_a_way_and_asks_nobody_to_give_up_pay(framework: Framework, network: Network) -> None:
    start, goal = network.find("peer-lead"), network.find("occupational-therapist")
    found = bridges(framework, network, start, [goal])
    assert found
    for bridge in found:
        first, last = network.number[bridge.start.kind, bridge.start.key], network.find(bridge.end.key)
        assert first in network.reached_from(start) and goal in network.reached_from(last)
        assert is_unpaid(framework, bridge.start) or not is_unpaid(framework, bridge.end)
    assert bridges(framework, network, network.find("hcsw"), [network.find("senior-hcsw")]) == []


def test_the_report_on_the_network_agrees_with_networkx(framework: Framework, network: Network) -> None:
    graph = nx.DiGraph([(edge.start, edge.end) for edge in network.edges])
    found = reach(framework, network)
    judged = nx.betweenness_centrality(graph)
    for one in found.bottlenecks:
        number = network.number[one.place.kind, one.place.key]
        assert one.share == pytest.approx(judged[number], abs=1e-3)
        without = graph.subgraph(set(graph) - {number})
        before = sum(
            len(nx.descendants(graph, place) - {number}) for place in sorted(graph) if place != number
        )
        assert one.cut == before - sum(len(nx.descendants(without, place)) for place in sorted(without))
    ends = {network.places[n].key for n in graph if not graph.out_degree(n)}
    assert {one.key for one in found.dead_ends} <= ends


# --- likeness ---


def test_likeness_is_the_same_both_ways_and_whole_only_with_oneself(framework: Framework) -> None:
    similarities = Similarities(framework)
    roles = [role for role in framework.roles.values() if role.form != "grouping"]
    for one, other in itertools.combinations(roles[::3], 2):
        assert similarities.between(one, other).score == similarities.between(other, one).score
    for role in roles:
        assert similarities.between(role, role).score == 1.0


def test_the_same_question_gets_the_same_bytes(framework: Framework) -> None:
    from pydantic import TypeAdapter

    from cmh_graph.pathways.answers import ProgressionsAnswer

    made = [
        TypeAdapter(ProgressionsAnswer).dump_json(
            progressions_answer(framework, network_of(framework), "volunteer", "team-leader", k=5, by="all")
        )
        for _ in range(2)
    ]
    assert made[0] == made[1] and json.loads(made[0])["progressions"]
