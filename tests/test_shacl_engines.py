"""The fast SHACL engine finds what pySHACL, the authority, finds with our shapes."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import Graph, URIRef

from cmh_graph import validate as stage
from cmh_graph.validate.rules import ENGINES, validate

HOME = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "validate"
MANIFEST = tomllib.loads((CASES / "manifest.toml").read_text(encoding="utf-8"))["case"]
SEEDS = (1, 2)

pytestmark = pytest.mark.skipif(
    len(ENGINES) < 2,
    reason="pyshacl-turbo is built for Linux on x86-64 only: validation is pySHACL's alone here",
)


@pytest.fixture(scope="module")
def framework() -> stage.Framework:
    return stage.read_framework(HOME)


@pytest.fixture(scope="module")
def content(framework: stage.Framework) -> Graph:
    whole = Graph()
    for part in framework.parts.values():
        whole += part
    return whole


def failing_cases() -> Iterator[Graph]:
    for case in MANIFEST:
        if case["findings"]:
            graph, problems = stage.read_graph(CASES / case["data"])
            if not problems:
                yield graph


def found(
    graph: Graph, framework: stage.Framework, engine: str, about: set[URIRef] | None = None
) -> list[str]:
    return [repr(one) for one in validate(graph, framework.shapes, (), about=about, engine=engine)]


def test_every_failing_case_at_once(framework: stage.Framework, content: Graph) -> None:
    """Each case breaks one shape; all together on top of the framework break every shape we have."""
    graph = content + Graph()
    for case in failing_cases():
        graph += case
    fast, authority = (found(graph, framework, engine) for engine in ENGINES)
    rules = {name.split("'")[1] for name in authority}
    assert fast == authority
    assert len(rules) > 100, "the cases break most shapes"


@pytest.mark.parametrize("seed", SEEDS)
def test_statements_taken_away_at_random(framework: stage.Framework, content: Graph, seed: int) -> None:
    """Whatever is missing, both miss it."""
    order = random.Random(seed)
    kept = Graph()
    for triple in sorted(content):
        if order.random() > 0.02:
            kept.add(triple)
    fast, authority = (found(kept, framework, engine) for engine in ENGINES)
    assert fast == authority
    assert len(authority) > 100


def test_looking_at_some_things_only(framework: stage.Framework) -> None:
    """A partner's file is judged about its own things: both engines look at the same."""
    graph = Graph()
    for case in failing_cases():
        graph += case
    about = {one for one in graph.subjects() if isinstance(one, URIRef)}
    chosen = set(sorted(about)[::2])
    fast, authority = (found(graph, framework, engine, chosen) for engine in ENGINES)
    assert fast == authority and authority
