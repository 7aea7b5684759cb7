"""Gaps, ways and people's stories against an answer key worked by hand from the catalogue before any was run.

Cases: tests/cases/pathways/gaps.toml, progressions.toml, personas.toml, each with its why. A case with `awaits` has
the right answer although the catalogue or the software does not give it yet; once it does, the line goes."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.pathways.answers import (
    GapAnswer,
    NeedAnswer,
    ProgressionsAnswer,
    gap_answer,
    progressions_answer,
)
from cmh_graph.pathways.conditions import Conditions, goals_that_are
from cmh_graph.pathways.network import Network, network_of

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases" / "pathways"
STATES = {"have": "have", "partly": "partly", "missing": "missing", "not_known": "not known"}
Case = Mapping[str, Any]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((CASES / name).read_text(encoding="utf-8"))


GAPS: list[Case] = _read("gaps.toml")["case"]
WAYS: list[Case] = _read("progressions.toml")["case"]
PEOPLE: list[Case] = _read("personas.toml")["persona"]


def _name(case: Case) -> str:
    asked = [str(case[one]) for one in ("from", "to") if one in case]
    more = [one for one in ("employer_type", "by", "paid", "registered", "awaits") if one in case]
    return "-to-".join(asked) + "".join(f",{one}" for one in more)


def _params(cases: Iterable[tuple[str, Case]]) -> list[Any]:
    return [
        pytest.param(
            case,
            id=name,
            marks=pytest.mark.xfail(strict=True, raises=AssertionError, reason=case["awaits"])
            if "awaits" in case
            else (),
        )
        for name, case in cases
    ]


def _of_people(kind: str) -> list[Any]:
    return _params(
        (f"{person['name'].replace(' ', '-')}:{_name(case)}", case)
        for person in PEOPLE
        for case in person.get(kind, ())
    )


@pytest.fixture(scope="module")
def framework(framework_snapshots: Path) -> Framework:
    return open_framework(framework_snapshots, home=ROOT)


@pytest.fixture(scope="module")
def network(framework: Framework) -> Network:
    return network_of(framework)


# --- the key itself ---


def test_the_key_is_as_large_as_promised() -> None:
    pairs = {(case["from"], case["to"]) for case in GAPS if "from" in case and case["from"] != case["to"]}
    ways = {(case["from"], case["to"]) for case in WAYS if "to" in case and case.get("count") != 0}
    assert len(pairs) >= 25
    assert len(ways) >= 25
    assert len({person["name"] for person in PEOPLE}) >= 12
    every = [
        *GAPS,
        *WAYS,
        *(one for p in PEOPLE for kind in ("gap", "progression") for one in p.get(kind, ())),
    ]
    assert all(case.get("why") for case in every)
    assert all(person["story"] for person in PEOPLE)


def test_each_kind_of_pathway_has_a_worked_case() -> None:
    told = " ".join(case.get("pathway", "") for case in WAYS)
    for kind in (
        "AHP ladder",
        "nursing",
        "psychological professions",
        "peer",
        "service user to volunteer to paid",
        "return to practice",
        "international recruitment",
        "preceptorship, 12 to 18 months at band 5",
        "degree apprenticeship",
    ):
        assert kind in told, kind


# --- gaps ---


def _ask_gap(framework: Framework, case: Case) -> GapAnswer:
    return gap_answer(
        framework,
        case["to"],
        case.get("from"),
        skills=case.get("skills", ()),
        values=case.get("values", ()),
        experiences=case.get("experiences", ()),
        qualifications=case.get("qualifications", ()),
        backgrounds=case.get("backgrounds", ()),
        setting=case.get("setting"),
        employer_type=case.get("employer_type"),
    )


def _key(need: NeedAnswer) -> str:
    if need.members:
        return "|".join(sorted(map(_key, need.members)))
    assert need.asks_for
    return need.asks_for.key


def _states(needs: Iterable[NeedAnswer]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {state: Counter() for state in STATES}
    for need in needs:
        found[need.state.replace(" ", "_")][_key(need)] += 1
    return found


def _expected(case: Case) -> dict[str, Counter[str]]:
    return {state: Counter(case.get(state, ())) for state in STATES}


def _check_gap(found: GapAnswer, case: Case, *, whole: bool) -> None:
    why = case["why"]
    essential = _states(found.essential)
    expected = _expected(case)
    if whole:
        assert essential == expected, why
    for state, keys in expected.items():
        assert keys <= essential[state], f"{state}: {sorted(keys - essential[state])}. {why}"
    for state in STATES:
        banned = set(case.get(f"not_{state}", ())) & set(essential[state]) if state != "not_known" else set()
        assert not banned, f"{sorted(banned)} should not be {state}. {why}"
    if "size" in case:
        assert found.size == case["size"], why
        weighed = sum(essential["missing"].values()) + sum(essential["partly"].values()) / 2
        assert found.size == weighed, "the size is missing plus half of partly"
    desirable = _states(found.desirable)
    for state, keys in case.get("desirable", {}).items():
        assert Counter(keys) <= desirable[state], f"desirable {state}. {why}"
    for name in ("spoken_of", "gained_in_post"):
        present = {_key(need) for need in getattr(found, name)}
        assert set(case.get(name, ())) <= present, (
            f"{name}: {sorted(set(case.get(name, ())) - present)}. {why}"
        )
    assert Counter(case.get("no_need_of", ())) <= Counter(one.key for one in found.no_need_of), why
    for asked, keys in case.get("closers", {}).items():
        needs = [need for need in (*found.essential, *found.desirable) if _key(need) == asked]
        helps = {one.thing.key for need in needs for one in _closers(need)}
        assert set(keys) <= helps, f"closers of {asked}: {sorted(helps)}. {why}"
    helps = {one.thing.key for one in found.for_role}
    assert set(case.get("for_role", ())) <= helps, f"help towards the role: {sorted(helps)}. {why}"


def _closers(need: NeedAnswer) -> list[Any]:
    return [*need.closers, *(one for member in need.members for one in member.closers)]


@pytest.mark.parametrize("case", _params((_name(case), case) for case in GAPS))
def test_gap(framework: Framework, case: Case) -> None:
    _check_gap(_ask_gap(framework, case), case, whole=True)


@pytest.mark.parametrize("case", _of_people("gap"))
def test_gap_of_a_person(framework: Framework, case: Case) -> None:
    found = _ask_gap(framework, case)
    _check_gap(found, case, whole=False)
    assert all(not need.scored for need in found.spoken_of)
    assert all(need.rule for need in (*found.essential, *found.desirable)), "each state says why"


def test_naming_a_skill_beside_a_role_never_widens_the_gap(framework: Framework) -> None:
    """A role welcomes a skill at the level that the next one needs; its holder names it without a level."""
    tried = 0
    roles = [role for role in framework.roles.values() if role.form != "grouping"]
    for held in roles:
        welcomed = {
            (one.asks_for, one.skill_level)
            for one in held.requirements
            if one.necessity == "desirable" and one.kind == "skill"
        }
        for wanted in roles:
            for need in wanted.requirements:
                if need.necessity == "essential" and (need.asks_for, need.skill_level) in welcomed:
                    assert need.asks_for
                    before = gap_answer(framework, wanted.key, held.key).size
                    named = gap_answer(framework, wanted.key, held.key, skills=[need.asks_for.key]).size
                    assert named <= before, f"{need.asks_for.key} named, from {held.key} to {wanted.key}"
                    tried += 1
    assert tried > 100


# --- ways ---


def _ask_ways(framework: Framework, network: Network, case: Case) -> ProgressionsAnswer:
    goals = goals_that_are(framework, network, registered=True) if case.get("registered") else None
    return progressions_answer(
        framework,
        network,
        case["from"],
        case.get("to"),
        goals=goals,
        k=case.get("k", 3),
        by=case.get("by", "fewest-steps"),
        conditions=Conditions(
            case.get("paid", False), case.get("within_months"), frozenset(case.get("avoid", ()))
        ),
    )


def _check_ways(found: ProgressionsAnswer, case: Case) -> None:
    why = case["why"]
    ways = [[step.key for step in way.steps] for way in found.progressions]
    if "count" in case:
        assert len(ways) == case["count"], f"{ways}. {why}"
    if case.get("count") == 0:
        assert found.why, "no empty answer"
        for words in case.get("why_has", ()):
            assert words.lower() in found.why.lower(), f"{found.why!r}. {why}"
        if "bridge" in case:
            assert found.missing, why
            first = found.missing[0]
            assert (first.end.key, first.size) == (case["bridge"]["to"], case["bridge"]["size"]), why
        if "bridges" in case:
            assert len(found.missing) == case["bridges"], why
        return
    wanted = [case["first"], *case.get("then", ())]
    assert ways[: len(wanted)] == wanted, why
    best = found.progressions[0]
    assert {model: best.costs[model] for model in case.get("costs", {})} == case.get("costs", {}), why
    for name in ("assumed_months", "inferred_steps"):
        if name in case:
            assert getattr(best, name) == case[name], f"{name}. {why}"
    if "maximum_months" in case:
        assert [step.maximum_months for step in best.steps if step.maximum_months] == case[
            "maximum_months"
        ], why
    offered = {one.key for step in best.steps for one in step.offered_by}
    assert set(case.get("offered_by", ())) <= offered, why
    routes = {one.key for step in best.steps for one in step.via_routes}
    assert set(case.get("routes", ())) <= routes, why
    if case.get("paid"):
        assert not any(step.is_unpaid for way in found.progressions for step in way.steps), why


@pytest.mark.parametrize("case", _params((_name(case), case) for case in WAYS))
def test_progression(framework: Framework, network: Network, case: Case) -> None:
    _check_ways(_ask_ways(framework, network, case), case)


@pytest.mark.parametrize("case", _of_people("progression"))
def test_progression_of_a_person(framework: Framework, network: Network, case: Case) -> None:
    _check_ways(_ask_ways(framework, network, case), case)
