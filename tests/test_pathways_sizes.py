"""Gaps between all roles at once, judged by `gap` one by one and by SPARQL alone; how far a search for ways looks."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from built import ROOT, framework_graph, framework_store
from cmh_graph.model import Key, Requirement, Role
from cmh_graph.pathways import ahead as ahead_module
from cmh_graph.pathways import gap_sizes as gap_sizes_module
from cmh_graph.pathways.gap import gap
from cmh_graph.pathways.gap_sizes import GapSizes
from cmh_graph.pathways.holding import holding_of_role
from cmh_graph.pathways.network import Network, network_of
from cmh_graph.pathways.progressions import best_ways
from cmh_graph.reading import Catalogue, read
from cmh_graph.store import Store

sys.path.insert(0, str(ROOT / "benchmarks"))


@cache
def whole() -> Catalogue:
    return read(framework_store())


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return whole()


def one_by_one(catalogue: Catalogue, roles: list[Role]) -> dict[tuple[str, str], float]:
    return {
        (held.iri, wanted.iri): gap(catalogue, holding_of_role(catalogue, held), wanted).size
        for held in roles
        for wanted in roles
        if held.key != wanted.key
    }


def at_once(catalogue: Catalogue) -> dict[tuple[str, str], float]:
    sizes = GapSizes(catalogue)
    return {
        (held.iri, wanted.iri): float(size)
        for held, row in sizes.every()
        for wanted, size in zip(sizes.roles, row, strict=True)
        if held.key != wanted.key
    }


def test_sparql_alone_counts_the_same(catalogue: Catalogue) -> None:
    """The query knows none of our code: it starts from the requirements as stated."""
    query = (ROOT / "benchmarks" / "gaps.rq").read_text(encoding="utf-8").replace("$only", "")
    rows = framework_store().select(query)
    judged = {
        (row["held"].value, row["wanted"].value): float(row["size"].value)  # type: ignore[union-attr]
        for row in rows
    }
    found = at_once(catalogue)
    assert len(found) == 63 * 62 and found == {pair: judged.get(pair, 0.0) for pair in found}


@pytest.mark.parametrize("at_most", [1, 63, 63 * 20])
def test_how_many_are_worked_out_at_once_changes_nothing(
    catalogue: Catalogue, at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {role.key: row.tolist() for role, row in GapSizes(catalogue).every()}
    monkeypatch.setattr(gap_sizes_module, "_AT_ONCE", at_most)
    sizes = GapSizes(catalogue)
    assert {role.key: row.tolist() for role, row in sizes.every()} == wanted
    assert {role.key: sizes.from_role(role).tolist() for role in sizes.roles} == wanted


def test_a_catalogue_without_roles_or_requirements_has_no_gaps(catalogue: Catalogue) -> None:
    assert list(GapSizes(replace(catalogue, roles={})).every()) == []
    role = replace(next(iter(catalogue.roles.values())), form="job", requirements=())
    assert at_once_with_itself(replace(catalogue, roles={role.key: role})) == [[0.0]]


def at_once_with_itself(catalogue: Catalogue) -> list[list[float]]:
    return [row.tolist() for _, row in GapSizes(catalogue).every()]


@cache
def requirements() -> st.SearchStrategy[list[list[Requirement]]]:
    """Requirements of three roles, drawn from those of the framework and changed: other levels, groups, necessities."""
    every = [
        one for role in whole().roles.values() for one in role.requirements if one.kind != "none-required"
    ]
    levels = st.sampled_from([None, "x--support", "x--senior", "x--practitioner", "x--no-level"])
    changed = st.builds(
        lambda one, necessity, level, group: replace(
            one,
            necessity=necessity,
            skill_level=level if one.kind == "skill" else None,
            any_of=tuple(group) if one.kind == "any-of" else (),
        ),
        st.sampled_from(every) | st.sampled_from([one for one in every if one.kind != "skill"]),
        st.sampled_from([None, "essential", "desirable", "gained-in-post"]),
        levels,
        st.lists(st.sampled_from([one for one in every if one.kind != "any-of"]), max_size=3),
    )
    return st.lists(st.lists(changed, max_size=8), min_size=3, max_size=3)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_all_at_once_is_one_by_one(data: st.DataObject) -> None:
    asked = data.draw(requirements())
    roles = [
        replace(role, requirements=tuple(needs))
        for role, needs in zip(
            (one for one in whole().roles.values() if one.form != "grouping"), asked, strict=False
        )
    ]
    made = replace(whole(), roles={Key(role.key): role for role in roles})
    assert at_once(made) == one_by_one(made, roles)


@pytest.mark.parametrize("one_by_one_at_most", [0, 1, 7, 50])
def test_how_far_a_search_looks_by_itself_changes_nothing(
    catalogue: Catalogue, one_by_one_at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = network_of(catalogue)
    pairs = [(start, end) for start in range(0, 115, 7) for end in range(0, 115, 5) if start != end]

    def found() -> list[list[tuple[str, ...]]]:
        return [
            [way.key for way in best_ways(network, start, [end], k=4, by="shortest-time")]
            for start, end in pairs
        ]

    wanted = found()
    monkeypatch.setattr(ahead_module, "_BETWEEN", 2)
    monkeypatch.setattr(ahead_module, "_ONE_BY_ONE", one_by_one_at_most)
    assert found() == wanted and sum(map(bool, wanted)) > 10


def test_the_made_network_is_that_of_the_made_statements(tmp_path: Path) -> None:
    from synthetic.framework import framework
    from synthetic.network import network

    nquads = framework_graph().nquads
    file = tmp_path / "three.nq"
    file.write_text("".join(framework(nquads, 3)), encoding="utf-8")

    def form(one: Network) -> object:
        return (
            [(place.kind, place.key) for place in one.places],
            [
                (edge.step.key, edge.start, edge.end, edge.cost.gap, edge.cost.months.minimum)
                for edge in one.edges
            ],
        )

    assert form(network(nquads, 3)) == form(network_of(read(Store.load(file))))
