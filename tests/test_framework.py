"""The graph as typed things, against the real catalogue."""

from __future__ import annotations

import doctest
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

import cmh_graph
from cmh_graph import framework as framework_module
from cmh_graph import search as search_module
from cmh_graph.errors import NoSnapshot, UnknownThing
from cmh_graph.framework import ATTRIBUTE_OF, Framework
from cmh_graph.model import Ref, Says
from cmh_graph.namespaces import BASE
from cmh_graph.reading import field_of
from cmh_graph.reading import nodes as reading_module

ROOT = Path(__file__).resolve().parents[1]
#: Kinds of thing whose number the catalogue's own notes give.
EXPECTED = {"roles": 64, "skills": 117, "values": 42, "pathways": 28, "bands": 12}


@pytest.fixture(scope="module")
def folder(framework_snapshots: Path) -> Path:
    return framework_snapshots


@pytest.fixture(scope="module")
def fw(folder: Path) -> Framework:
    return framework_module.open(folder, home=ROOT)


def parts(thing: Any) -> Iterator[Any]:
    """A dataclass and every dataclass inside it."""
    if is_dataclass(thing):
        yield thing
        for each in fields(thing):
            value = getattr(thing, each.name)
            for part in value if isinstance(value, tuple) else (value,):
                yield from parts(part)


def test_importing_reads_no_file_and_loads_no_store() -> None:
    code = "import sys, cmh_graph; sys.exit(any(name in sys.modules for name in ('pyoxigraph', 'rdflib', 'fastapi')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_attribute_that_is_not_there_is_missed() -> None:
    with pytest.raises(AttributeError):
        _ = cmh_graph.nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "module", [framework_module, search_module, reading_module], ids=["framework", "search", "reading"]
)
def test_the_examples_in_the_docs_are_true(
    module: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMH_GRAPH_SNAPSHOTS", str(folder))
    failed, tried = doctest.testmod(module)
    assert tried and not failed


def test_nothing_is_lost_on_the_way(fw: Framework) -> None:
    assert {name: len(getattr(fw, name)) for name in EXPECTED} == EXPECTED


def test_every_kind_is_there_under_its_key(fw: Framework) -> None:
    for kind, attribute in ATTRIBUTE_OF.items():
        things = getattr(fw, attribute)
        assert things, kind
        assert all(key == thing.key and thing.iri.endswith(f"/{key}") for key, thing in things.items())


def test_every_thing_says_who_says_so(fw: Framework) -> None:
    # Sources are what others cite, and plain concepts of a scheme are words, not statements.
    for kind in set(ATTRIBUTE_OF) - {"source", "vocab"}:
        for thing in fw.things(kind).values():
            assert thing.says and thing.says.sources, thing.iri
            assert set(thing.says.sources) <= set(fw.sources), thing.iri


def test_a_field_marked_as_inferred_is_a_field_of_what_it_marks(fw: Framework) -> None:
    for kind in ATTRIBUTE_OF:
        for thing in fw.things(kind).values():
            for part in parts(thing):
                says = getattr(part, "says", None)
                if isinstance(says, Says):
                    known = {each.name for each in fields(part)}
                    assert set(says.inferred_fields) <= known, (part.iri, says.inferred_fields)


def test_no_statement_of_a_role_is_lost(fw: Framework) -> None:
    counted = fw.sparql(
        "SELECT (COUNT(DISTINCT ?n) AS ?all) WHERE { ?role a cmh:Role ; (cmh:hasRequirement/cmh:anyOf?) ?n }"
    )[0].all
    needs = {
        member.iri
        for role in fw.roles.values()
        for need in role.requirements
        for member in (need, *need.any_of)
    }
    assert len(needs) == counted


def test_every_link_leads_somewhere(fw: Framework) -> None:
    kept = set(ATTRIBUTE_OF)
    for kind in ATTRIBUTE_OF:
        for thing in fw.things(kind).values():
            for part in parts(thing):
                if isinstance(part, Ref) and part.kind in kept:
                    assert fw.thing(part).label == part.label


def test_roles_do_not_depend_on_the_rules(fw: Framework, tmp_path: Path) -> None:
    stated = tmp_path / "dataset.nq"
    lines = fw.path.read_text("utf-8").splitlines(keepends=True)
    stated.write_text("".join(line for line in lines if "/graph/derived>" not in line), "utf-8")
    assert framework_module.open(stated, home=ROOT).roles == fw.roles


def test_steps_lead_on_and_back(fw: Framework) -> None:
    for step in fw.steps.values():
        if step.from_position.kind == "role":
            assert step in fw.steps_from(step.from_position.key)
        if step.to_position.kind == "role":
            assert step in fw.steps_to(step.to_position.key)


def test_a_member_of_an_any_of_group_counts_as_asking(fw: Framework) -> None:
    roles = {role.key for role, _ in fw.roles_asking_for(fw.qualification("st0896"))}
    assert "peer-support-worker" in roles


def test_what_is_not_required_is_not_asked_for(fw: Framework) -> None:
    assert fw.roles_asking_for(fw.experience("none")) == ()


def test_a_description_is_a_part_of_the_graph_about_the_thing(fw: Framework) -> None:
    role = fw.role("peer-support-worker")
    triples = fw.describe(role)
    assert len(set(triples)) == len(triples)
    assert set(triples) <= set(fw.stated_triples())
    subjects = {triple.subject.value for triple in triples}  # type: ignore[union-attr]
    assert {need.iri for need in role.requirements} <= subjects
    assert {given.iri for given in role.band_assignments} <= subjects
    assert {meaning.iri for meaning in role.titles} <= subjects
    assert not {iri for iri in subjects if iri.startswith(BASE + "skill/")}


def test_every_part_of_a_role_is_in_its_description(fw: Framework) -> None:
    for role in fw.roles.values():
        subjects = {triple.subject.value for triple in fw.describe(role)}  # type: ignore[union-attr]
        # Remarks about the role's kind are about much else, so they are not repeated with each role.
        shown = {
            part.iri
            for each in fields(role)
            if each.name != "remarks"
            for part in parts_of_field(role, each.name)
            if hasattr(part, "iri")
        }
        assert shown <= subjects


def parts_of_field(thing: Any, name: str) -> Iterator[Any]:
    value = getattr(thing, name)
    for part in value if isinstance(value, tuple) else (value,):
        yield from parts(part)


def test_rows_have_names_and_python_values(fw: Framework) -> None:
    rows = fw.sparql("SELECT ?band ?order { ?band a cmh:PayBand ; cmh:order ?order } ORDER BY ?order")
    assert rows.columns == ("band", "order")
    assert (rows[0].band, rows[0].order) == (BASE + "vocab/band/1", 1)
    assert len(rows) == len(rows[:]) == 12


def test_rows_become_a_data_frame(fw: Framework) -> None:
    pytest.importorskip("pandas")
    frame = fw.sparql("SELECT ?role { ?role a cmh:Role }").to_frame()
    assert list(frame.columns) == ["role"] and len(frame) == 64


def test_ask_and_construct_are_rows_too(fw: Framework) -> None:
    assert fw.sparql("ASK { ?role a cmh:Role }")[0].answer is True
    rows = fw.sparql("CONSTRUCT WHERE { ?band a cmh:PayBand }")
    assert rows.columns == ("subject", "predicate", "object") and len(rows) == 12


@pytest.mark.parametrize(
    ("prop", "name"),
    [
        ("cmh:isPaid", "is_paid"),
        ("cmh:frameworkLevel", "level"),
        ("skos:note", "notes"),
        ("cmh:needsOneOf", "needs_one_of"),
    ],
)
def test_properties_have_plain_names(prop: str, name: str) -> None:
    assert field_of(prop) == name


def test_a_key_that_is_not_there_names_its_neighbours(fw: Framework) -> None:
    with pytest.raises(UnknownThing) as raised:
        fw.skill("activ-listening")
    assert "active-listening" in raised.value.mend
    with pytest.raises(UnknownThing):
        fw.things("person")


def test_without_a_snapshot_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot) as raised:
        framework_module.open(tmp_path)
    assert "build" in raised.value.mend
