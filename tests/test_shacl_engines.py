"""Our engine, and the fast one of others, find what pySHACL, the authority, finds with our shapes."""

from __future__ import annotations

import random
import sys
import tomllib
from pathlib import Path

import pytest
from rdflib import RDFS, BNode, Graph, Literal, URIRef
from rdflib.namespace import XSD
from rdflib.term import Node

from cmh_graph import validate as stage
from cmh_graph.store import RdfFormat, parse_rdf
from cmh_graph.validate.engines import DEFAULT_ENGINE, ENGINES
from cmh_graph.validate.rules import validate
from cmh_graph.validate.shapes import Beyond, plan
from cmh_graph.validate.statements import Statements

HOME = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "validate"
MANIFEST = tomllib.loads((CASES / "manifest.toml").read_text(encoding="utf-8"))["case"]
SMALL = tomllib.loads((CASES.parent / "shacl" / "cases.toml").read_text(encoding="utf-8"))["case"]
AUTHORITY = "pyshacl"
OTHERS = [name for name in ENGINES if name != AUTHORITY]


@pytest.fixture(scope="module")
def framework() -> stage.Framework:
    return stage.read_framework(HOME)


@pytest.fixture(scope="module")
def whole(framework: stage.Framework) -> Statements:
    """The framework with every failing case on top of it."""
    return framework.beside((), ()) + failing_cases()


def failing_cases() -> Statements:
    found = Statements()
    for case in MANIFEST:
        if case["findings"]:
            found += stage.read_statements(CASES / case["data"])[0]
    return found


def found(data: Statements | Graph, shapes: Graph, engine: str, about: set[bytes] | None = None) -> list[str]:
    return [repr(one) for one in validate(data, shapes, (), about=about, engine=engine)]


def assert_same(data: Statements | Graph, shapes: Graph, about: set[bytes] | None = None) -> list[str]:
    """All engines find the same, in the same words; what that is."""
    authority = found(data, shapes, AUTHORITY, about)
    for engine in OTHERS:
        assert found(data, shapes, engine, about) == authority, engine
    return authority


def rules(findings: list[str]) -> set[str]:
    return {name.split("'")[1] for name in findings}


def test_ours_is_the_first() -> None:
    assert DEFAULT_ENGINE == "columns" and AUTHORITY in ENGINES


def test_our_shapes_are_all_judged_by_ours(framework: stage.Framework) -> None:
    assert len(plan(framework.shapes).shapes) > 60


def test_every_failing_case_at_once(framework: stage.Framework, whole: Statements) -> None:
    """Each case breaks one shape; all together on top of the framework break every shape we have."""
    assert len(rules(assert_same(whole + made_catalogue(0.9), framework.shapes))) > 100, (
        "the cases break most shapes"
    )


def made_catalogue(broken: float) -> Statements:
    """The data of the measurements, with a share of broken roles."""
    sys.path.insert(0, str(HOME / "benchmarks"))
    try:
        from synthetic.catalogue import catalogue
    finally:
        sys.path.remove(str(HOME / "benchmarks"))
    return Statements(("".join(" ".join(line) + " .\n" for line in catalogue(60, broken=broken)).encode(),))


def test_the_data_of_the_measurements_keep_the_shapes_unless_broken(framework: stage.Framework) -> None:
    known = framework.beside((), ())
    assert found(made_catalogue(0) + known, framework.shapes, DEFAULT_ENGINE) == []
    assert len(rules(found(made_catalogue(0.9) + known, framework.shapes, DEFAULT_ENGINE))) >= 10


#: What takes the place of a value, besides another node of the graph. Each is wrong somewhere, and right elsewhere.
ODD: tuple[Node, ...] = (
    *(Literal(text, datatype=XSD.integer, normalize=False) for text in ("1", "01", "-3", "two", "1.0")),
    *(Literal(text, datatype=XSD.boolean, normalize=False) for text in ("true", "1", "yes")),
    *(Literal(text, datatype=XSD.date, normalize=False) for text in ("2026-02-28", "2026-02-30", "soon")),
    *(Literal(text, datatype=XSD.decimal, normalize=False) for text in ("0.5", "1.5", "much")),
    *(Literal("x", lang=tag) for tag in ("en", "en-GB", "cy")),
    *(BNode(f"made{number}") for number in range(3)),
    Literal("plain"),
    Literal('a "quoted"\nline \\ of\ttext é', lang="en"),
    URIRef("https://w3id.org/cmh-graph/vocab/band/33"),
)


def mutated(graph: Graph, seed: int) -> Graph:
    """Two things of three gone; of the rest one statement in thirty gone, moved, with another value or one more."""
    randomly = random.Random(seed)
    whole = sorted(graph)
    nodes = sorted({one for triple in whole for one in (triple[0], triple[2])})
    ontology = {triple[0] for triple in whole if triple[1] in (RDFS.subClassOf, RDFS.domain)}
    stays = {
        one: one in ontology or isinstance(one, BNode) or randomly.random() < 0.35
        for one in dict.fromkeys(triple[0] for triple in whole)
    }
    kept = Graph()
    for subject, predicate, value in (triple for triple in whole if stays[triple[0]]):
        if isinstance(subject, BNode):
            # Lists: an engine that reads a broken one stops.
            kept.add((subject, predicate, value))
            continue
        other = randomly.choice(ODD if randomly.random() < 0.6 else nodes)
        chance = randomly.random()
        if chance < 0.01:
            continue
        if chance < 0.015:
            subject = randomly.choice(nodes)
            if not isinstance(subject, URIRef):
                continue
        elif chance < 0.025:
            value = other
        elif chance < 0.035:
            kept.add((subject, predicate, other))
        kept.add((subject, predicate, value))
    return kept


@pytest.mark.parametrize("seed", [1, 2])
def test_statements_changed_at_random(framework: stage.Framework, whole: Statements, seed: int) -> None:
    """Whatever is missing, misplaced or odd, all find it."""
    assert len(assert_same(mutated(whole.graph(), seed), framework.shapes)) > 300


def test_looking_at_some_things_only(framework: stage.Framework) -> None:
    """A partner's file is judged about its own things: all look at the same."""
    cases = failing_cases()
    chosen = set(sorted(cases.subjects())[::2])
    assert assert_same(cases, framework.shapes, chosen)


# Parts of SHACL, one by one ---------------------------------------------------------------------------------------

PREFIXES = """@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix : <https://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
"""


def small_shapes(text: str) -> Graph:
    said = 'sh:severity sh:Violation ; sh:message "This is wrong. Mend it."@en'
    return Graph().parse(data=PREFIXES + text.replace("$said", said), format="turtle")


def small_data(text: str) -> Statements:
    return Statements.of_quads(parse_rdf((PREFIXES + text).encode(), RdfFormat.TURTLE))


@pytest.mark.parametrize(
    "case", [case for case in SMALL if "beyond" not in case], ids=lambda case: case["name"]
)
def test_a_part_of_shacl(case: dict[str, str]) -> None:
    shapes = small_shapes(case["shapes"])
    data = small_data(case["data"])
    plan(shapes)
    wrong = assert_same(data, shapes)
    entities = sorted(name.split("entity='https://example.org/")[1].split("'")[0] for name in wrong)
    assert entities == sorted(case["wrong"]), case["why"]


@pytest.mark.parametrize("case", [case for case in SMALL if "beyond" in case], ids=lambda case: case["name"])
def test_what_ours_does_not_know_goes_to_pyshacl(case: dict[str, str]) -> None:
    shapes = small_shapes(case["shapes"])
    with pytest.raises(Beyond):
        plan(shapes)
    data = small_data(case["data"])
    wrong = assert_same(data, shapes)
    assert len(wrong) == case["beyond"], case["why"]
