"""The catalogue holds what it should, keeps its rules, and carries every fact over that it was made from."""

from __future__ import annotations

import os
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import rdflib
import yaml
from rdflib import OWL, RDF, SKOS

from cmh_graph import __version__
from cmh_graph.namespaces import BASE, KINDS, PREFIXES, key_of

ROOT = Path(__file__).parent.parent
FACTS = ROOT.parent / "shared" / "domain"
CMH = rdflib.Namespace(PREFIXES["cmh"])
STATUS = rdflib.Namespace(PREFIXES["status"])


@pytest.fixture(scope="module")
def graph() -> rdflib.Graph:
    graph = rdflib.Graph()
    for path in sorted((ROOT / "ontology").rglob("*.ttl")):
        graph.parse(path)
    return graph


@pytest.mark.parametrize(
    ("kind", "count"),
    [("Role", 64), ("Skill", 117), ("Value", 42), ("ApprenticeshipStandard", 37), ("Pathway", 28), ("IStatement", 351),
     ("PayBand", 12), ("AhpStage", 3), ("CareerLevel", 9), ("EducationLevel", 8), ("FrameworkLevel", 5)],
)  # fmt: skip
def test_the_catalogue_is_whole(graph: rdflib.Graph, kind: str, count: int) -> None:
    assert len(set(graph.subjects(RDF.type, CMH[kind]))) == count


def test_the_kind_in_an_iri_is_the_class_of_the_thing(graph: rdflib.Graph) -> None:
    """A reader can tell what a thing is from its IRI; one kind has one class, or subclasses of one."""
    top = {"requirement": "Requirement", "qualification": "Qualification", "framework-use": "Statement",
           "scheme": "SourcedThing", "mapping": "Mapping"}  # fmt: skip
    classes: dict[str, set[rdflib.term.Node]] = {}
    for thing, kind in graph.subject_objects(RDF.type):
        if str(thing).startswith(BASE) and "/vocab/" not in str(thing) and "#" not in str(thing):
            classes.setdefault(str(thing).removeprefix(BASE).rpartition("/")[0], set()).add(kind)
    classes.pop("", None)
    assert set(classes) <= set(KINDS)
    for name, kinds in classes.items():
        if name in top:
            above = CMH[top[name]]
            assert all(
                above in set(graph.transitive_objects(kind, rdflib.RDFS.subClassOf)) for kind in kinds
            ), name
        else:
            assert len(kinds - {CMH.RoleGrouping, CMH.TraineeRole, CMH.FunctionRole}) == 1, f"{name}: {kinds}"


def test_every_iri_of_ours_that_is_used_exists(graph: rdflib.Graph) -> None:
    known = set(graph.subjects())
    used = {o for o in graph.objects() if isinstance(o, rdflib.URIRef) and str(o).startswith(BASE)}
    used |= {p for p in graph.predicates() if str(p).startswith(BASE)}
    assert {str(one) for one in used - known} <= {BASE + "ns", f"{BASE}ns/{__version__}"}


def test_every_role_can_be_described_and_reached(graph: rdflib.Graph) -> None:
    to, start = set(graph.objects(None, CMH.toPosition)), set(graph.objects(None, CMH.fromPosition))
    for role in graph.subjects(RDF.type, CMH.Role):
        assert graph.value(role, SKOS.definition), role
        assert graph.value(role, CMH.status), role
        asked = [graph.value(r, RDF.type) for r in graph.objects(role, CMH.hasRequirement)]
        assert asked.count(CMH.SkillRequirement) >= 5, role
        assert asked.count(CMH.ValueRequirement) >= 1, role
        assert role in to or role in start, role


def test_every_own_term_is_explained(graph: rdflib.Graph) -> None:
    for kind in (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty):
        for term in graph.subjects(RDF.type, kind):
            if str(term).startswith(PREFIXES["cmh"]):
                for note in (SKOS.prefLabel, SKOS.definition, SKOS.scopeNote, SKOS.example):
                    assert graph.value(term, note), f"{term} has no {note}"


def test_there_is_no_personal_data_field_and_no_address(graph: rdflib.Graph) -> None:
    texts = [str(o) for o in graph.objects() if isinstance(o, rdflib.Literal)]
    assert [t for t in texts if re.search(r"[\w.]+@[\w-]+\.\w+", t) and "://" not in t] == []


def test_no_word_of_our_texts_is_doubled(graph: rdflib.Graph) -> None:
    texts = {str(o) for o in graph.objects() if isinstance(o, rdflib.Literal) and o.language}
    texts |= {path.read_text("utf-8") for path in (ROOT / "ontology" / "matches").glob("*.tsv")}
    doubled = re.compile(r"\b([a-z]{2,}) \1\b")
    assert [match.group() for text in texts if (match := doubled.search(text))] == []


def test_a_scope_note_says_something_about_its_term(graph: rdflib.Graph) -> None:
    """A note that fits every term helps with none; the five scales may share theirs."""
    notes = Counter(
        str(note)
        for term, note in graph.subject_objects(SKOS.scopeNote)
        if str(term).startswith(PREFIXES["cmh"])
    )
    assert {note for note, times in notes.items() if times > 2} == {
        "One of five separate scales; never derived from another."
    }


# --- against the facts ---


@cache
def facts() -> dict[str, Any]:
    """The facts by file; read once, as that takes seconds, and not to be changed."""
    if not FACTS.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI must have the facts at {FACTS}")
        pytest.skip("the fact files lie beside the repository and are not here")
    read = {
        name: yaml.safe_load((FACTS / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("framework-facts", "national-facts", "role-supplement")
    }
    crosswalk = re.findall(
        r"^\| `([\w-]+)` \| `(role-[\w-]+)` \|", (FACTS / "README.md").read_text("utf-8"), re.M
    )
    return {**read, "roles": {facts_id: key for key, facts_id in crosswalk}}


@pytest.mark.outside
def test_every_skill_link_of_the_facts_is_carried_over(graph: rdflib.Graph) -> None:
    """Role, skill, necessity and status, link by link: 747 of them."""
    known = facts()
    necessity = {"required": "essential", "desirable": "desirable"}
    wanted = {
        (
            known["roles"][role["id"]],
            link["ref"].removeprefix("sk-"),
            necessity[link["importance"]],
            link["status"],
        )
        for file in ("framework-facts", "role-supplement")
        for role in known[file]["roles"]
        for link in role["skills"]
    }
    found = {
        tuple(key_of(str(term)) for term in (
            role, graph.value(r, CMH.asksFor), graph.value(r, CMH.necessity), graph.value(r, CMH.status)))
        for role, r in graph.subject_objects(CMH.hasRequirement)
        if (r, RDF.type, CMH.SkillRequirement) in graph
    }  # fmt: skip
    assert wanted <= found
    assert {link[2:] for link in found - wanted} == {("desirable", "inferred")}, (
        "what was added is our judgement"
    )


@pytest.mark.outside
def test_every_step_of_the_facts_is_carried_over(graph: rdflib.Graph) -> None:
    known = facts()
    pathways = [p for file in ("framework-facts", "role-supplement") for p in known[file]["pathways"]]
    stages = Counter(
        {f"{p['id'].removeprefix('path-')}--{s['step']}": 1 for p in pathways for s in p["steps"]}
    )
    found = Counter(key_of(str(one)) for one in graph.subjects(RDF.type, CMH.PathwayStage))
    assert found == stages


@pytest.mark.outside
@pytest.mark.parametrize(
    ("file", "section", "prefix", "kind"),
    [
        ("framework-facts", "resources", "res-", "resource"),
        ("framework-facts", "case_studies", "case-", "case-study"),
        ("framework-facts", "employers", "emp-", "organisation"),
        ("framework-facts", "statistics", "stat-", "evidence"),
        ("framework-facts", "experience_types", "exp-", "experience"),
        ("framework-facts", "audiences", "aud-", "audience"),
        ("framework-facts", "values", "val-", "value"),
        ("role-supplement", "skills", "sk-", "skill"),
        ("role-supplement", "qualifications", "qual-", "qualification"),
        ("role-supplement", "sources", "", "source"),
        ("framework-facts", "sources", "", "source"),
        ("framework-facts", "routes", "route-", "route"),
        ("national-facts", "national_profiles", "np-", "job-profile"),
        ("national-facts", "ahp_professions", "ahp-", "profession"),
        ("national-facts", "apprenticeship_standards", "app-", "qualification"),
    ],
)
def test_every_item_of_the_facts_has_its_key(
    graph: rdflib.Graph, file: str, section: str, prefix: str, kind: str
) -> None:
    items = {item["id"].removeprefix(prefix): item.get("status") for item in facts()[file][section]}
    for key, status in items.items():
        thing = rdflib.URIRef(f"{BASE}{kind}/{key}")
        assert (thing, None, None) in graph, f"{section}: {key}"
        if status:
            assert graph.value(thing, CMH.status) == STATUS[status], f"{section}: {key} changed its status"
