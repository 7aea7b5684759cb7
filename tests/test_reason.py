"""The rules derive what OWL RL derives, and HermiT finds contradictions that are planted."""

from __future__ import annotations

import importlib.util
import io
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS

from cmh_graph.errors import MissingProgram
from cmh_graph.namespaces import CMH, GRAPH_CATALOGUE, iri
from cmh_graph.reason import Rule, check_consistency, derive, read_rules
from cmh_graph.sources import framework_files
from cmh_graph.store import NamedNode, Quad, Store, write_ntriples

ROOT = Path(__file__).parent.parent
RULES = read_rules(ROOT / "queries" / "rules")
#: Rules that make plain queries short. They say more than the ontology's axioms do, on purpose.
SHORTCUTS = {rule.name for rule in RULES if rule.says.endswith("(shortcut)")}
#: What OWL RL adds that says nothing of roles, skills or links: everything is a Thing and the same as itself, classes
#: and properties are below and equal to themselves, and the schema's own closure.
SCHEMA = {
    OWL.sameAs, OWL.equivalentClass, OWL.equivalentProperty, OWL.disjointWith,
    RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range,
}  # fmt: skip
SCHEMA_TYPES = {OWL.Thing, OWL.Class, OWL.AnnotationProperty, RDFS.Datatype}


def stated() -> list[Quad]:
    return [quad for file in framework_files(ROOT) for quad in file.quads()]


def as_rdflib(quads: list[Quad]) -> rdflib.Graph:
    output = io.BytesIO()
    write_ntriples(quads, output)
    return rdflib.Graph().parse(data=output.getvalue(), format="nt")


def test_the_rules_derive_what_an_owl_rl_closure_does() -> None:
    """On the whole real graph: every class and property fact, none more and none less."""
    import owlrl

    quads = stated()
    axioms = [rule for rule in RULES if rule.name not in SHORTCUTS]
    ours = as_rdflib([*quads, *derive(quads, axioms)])
    closure = as_rdflib(quads)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(closure)

    def facts(graph: rdflib.Graph) -> set[tuple[object, object, object]]:
        return {
            (s, p, o)
            for s, p, o in graph
            if not isinstance(s, rdflib.BNode | rdflib.Literal)
            and not isinstance(o, rdflib.BNode)
            and p not in SCHEMA
            and not (p == RDF.type and o in SCHEMA_TYPES)
        }

    assert facts(ours) == facts(closure)


def _all_rounds(quads: list[Quad], rules: Sequence[Rule] = RULES) -> set[str]:
    """Every rule over everything, again and again: slow, and plainly right."""
    found = {f"{q.subject} {q.predicate} {q.object} .".encode() for q in quads}
    while True:
        store = Store.from_ntriples((b"\n".join(sorted(found)) + b"\n",))
        more = set().union(*(store.construct_lines(rule.construct) for rule in rules)) - found
        if not more:
            stated = {f"{q.subject} {q.predicate} {q.object}" for q in quads}
            return {line.decode().removesuffix(" .") for line in found} - stated
        found |= more


_NAMES = st.sampled_from([f"http://x/{letter}" for letter in "abcd"]).map(NamedNode)
_AXIOMS = st.sampled_from(
    [RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range, RDF.type, OWL.propertyChainAxiom]
).map(NamedNode)
#: Names stand for things, classes and properties at once, and a property may be one of the ontology's own: then what
#: follows is an axiom, from which more follows of statements that were there before.
_STATEMENTS = st.builds(
    Quad,
    _NAMES,
    _NAMES | _AXIOMS,
    _NAMES | _AXIOMS | st.just(NamedNode(OWL.ObjectProperty)),
    st.just(NamedNode(GRAPH_CATALOGUE)),
)


@given(st.lists(_STATEMENTS, max_size=14, unique=True))
@settings(max_examples=150, deadline=None)
def test_looking_at_what_is_new_finds_what_looking_at_everything_finds(quads: list[Quad]) -> None:
    found = {f"{q.subject} {q.predicate} {q.object}" for q in derive(quads, RULES)}
    assert found == _all_rounds(quads)


def test_a_rule_that_looks_one_class_up_is_asked_again_of_what_it_found() -> None:
    """What a rule finds is left out for it only where it looks at all superclasses at once."""
    one_up = [replace(rule, construct=rule.construct.replace("subClassOf+", "subClassOf")) for rule in RULES]
    graph, below = NamedNode(GRAPH_CATALOGUE), NamedNode(RDFS.subClassOf)
    names = [NamedNode(f"http://x/{letter}") for letter in "abcde"]
    quads = [Quad(one, below, other, graph) for one, other in pairwise(names)]
    quads.append(Quad(NamedNode("http://x/thing"), NamedNode(RDF.type), names[0], graph))
    found = {f"{q.subject} {q.predicate} {q.object}" for q in derive(quads, one_up)}
    assert found == _all_rounds(quads, one_up)
    assert f"<http://x/thing> <{RDF.type}> <http://x/e>" in found


@pytest.mark.parametrize("axiom", [RDFS.subPropertyOf, RDFS.domain, RDFS.range])
def test_an_axiom_about_membership_itself_is_heeded_of_what_the_rules_found(axiom: rdflib.URIRef) -> None:
    graph, type_ = NamedNode(GRAPH_CATALOGUE), NamedNode(RDF.type)
    a, b, c, thing = (NamedNode(f"http://x/{name}") for name in ("a", "b", "c", "thing"))
    quads = [
        Quad(type_, NamedNode(axiom), c, graph),
        Quad(type_, type_, NamedNode(OWL.ObjectProperty), graph),
        Quad(a, NamedNode(RDFS.subClassOf), b, graph),
        Quad(thing, type_, a, graph),
    ]
    found = {f"{q.subject} {q.predicate} {q.object}" for q in derive(quads, RULES)}
    assert found == _all_rounds(quads)
    expected = {RDFS.subPropertyOf: f"{thing} {c} {b}", RDFS.domain: f"{thing} {type_} {c}"}
    assert expected.get(axiom, f"{b} {type_} {c}") in found


def test_shortcuts_are_named_as_such() -> None:
    assert {name[:2] for name in SHORTCUTS} == {rule.name[:2] for rule in RULES if rule.name >= "10"}


def needs_reasoner() -> None:
    missing = [name for name, there in (
        ("owlready2", importlib.util.find_spec("owlready2")), ("java", shutil.which("java"))
    ) if not there]  # fmt: skip
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI must have {missing}")
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


@pytest.mark.outside
def test_the_graph_is_consistent() -> None:
    needs_reasoner()
    found = check_consistency(stated())
    assert found.consistent
    assert found.unsatisfiable == ()


@pytest.mark.outside
@pytest.mark.parametrize(
    ("subject", "predicate", "object_", "why"),
    [
        (iri("role", "hcsw"), RDF.type, CMH + "Skill", "nothing is both a role and a skill"),
        (iri("band", "3"), RDF.type, CMH + "CareerLevel", "the five scales are apart"),
        (iri("skill", "communication"), CMH + "hasRequirement", iri("step", "volunteer-to-peer-mentor"),
         "only roles have requirements, and a step is none"),
    ],
)  # fmt: skip
def test_a_planted_contradiction_is_found(subject: str, predicate: str, object_: str, why: str) -> None:
    needs_reasoner()
    near_files = ("roles/hcsw.ttl", "skills/comm.ttl", "service-user-to-staff.ttl")
    near = [
        quad
        for file in framework_files(ROOT)
        if file.name.endswith(near_files) or not ("/catalogue/" in file.name or "/matches/" in file.name)
        for quad in file.quads()
    ]
    planted = Quad(
        NamedNode(subject), NamedNode(str(predicate)), NamedNode(object_), NamedNode(GRAPH_CATALOGUE)
    )
    assert check_consistency(near).consistent
    assert not check_consistency([*near, planted]).consistent, why


def test_without_java_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("owlready2", reason="the reasoner's library is an extra")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingProgram) as error:
        check_consistency([])
    assert "install a Java runtime" in error.value.mend
