"""The framework many times over: the same bytes, what the rules would derive, and no finding."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from cmh_graph import validate as stage
from cmh_graph.build import Graph
from cmh_graph.namespaces import CMH, GRAPH_DERIVED
from cmh_graph.reason import derive, read_rules
from cmh_graph.snapshot import DATASET, read_manifest
from cmh_graph.sources import framework_files
from cmh_graph.store import Quad, Store, graph_of, iter_nquads, parse_nquads
from cmh_graph.validate.engines import DEFAULT_ENGINE, ENGINES
from cmh_graph.validate.rules import ask_checks
from cmh_graph.validate.statements import Statements

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "benchmarks"))
from synthetic.folders import write_home, write_snapshot_of  # noqa: E402
from synthetic.framework import BRIDGES, NEAREST, framework  # noqa: E402

TIMES = 3


@pytest.fixture(scope="module")
def whole(framework_build: Graph) -> list[Quad]:
    text = "".join(framework(framework_build.nquads, TIMES, derived=True))
    return parse_nquads(text.encode())


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_bridges(framework_build: Graph) -> None:
    made = [list(framework(framework_build.nquads, 4, seed=seed, derived=True)) for seed in (7, 7, 8)]
    assert made[0] == made[1]
    assert made[0][0] == made[2][0] and made[0][1:] != made[2][1:]
    assert parse_nquads(made[0][0].encode()), "the first is the framework itself"


def test_every_kind_of_thing_is_there_as_often(framework_build: Graph, whole: list[Quad]) -> None:
    def counts(quads: list[Quad]) -> Counter[str]:
        return Counter(q.object.value for q in quads if q.predicate.value.endswith("#type"))  # type: ignore[union-attr]

    once, often = counts(parse_nquads(framework_build.nquads)), counts(whole)
    for name in ("Role", "SkillRequirement", "Skill", "Title", "Mapping", "Pathway", "BandAssignment"):
        assert often[CMH + name] == TIMES * once[CMH + name] > 0
    assert often[CMH + "Step"] == TIMES * once[CMH + "Step"] + (TIMES - 1) * BRIDGES
    for name in ("PayBand", "Source", "Organisation", "Qualification"):
        assert often[CMH + name] == once[CMH + name] > 0


def test_what_is_derived_is_what_the_rules_derive(whole: list[Quad]) -> None:
    stated = [quad for quad in whole if graph_of(quad) != GRAPH_DERIVED]
    expected = set(derive(stated, read_rules(ROOT / "queries" / "rules")))
    made = {
        quad for quad in whole if graph_of(quad) == GRAPH_DERIVED and "/comparison/" not in str(quad.subject)
    }
    assert made == expected


def test_no_two_graphs_share_a_statement(whole: list[Quad]) -> None:
    assert len(whole) == len(set(whole)) == len({quad.triple for quad in whole})


def test_a_copy_keeps_the_comparisons_with_the_nearest_roles(whole: list[Quad]) -> None:
    figures: dict[str, dict[str, str]] = defaultdict(dict)
    for quad in whole:
        if "/comparison/" in str(quad.subject):
            figures[str(quad.subject)][quad.predicate.value] = getattr(quad.object, "value", "")
    by_role: dict[str, list[dict[str, str]]] = defaultdict(list)
    for one in figures.values():
        by_role[one[CMH + "comparesFrom"]].append(one)
    copies = {role: ones for role, ones in by_role.items() if "--copy-" in role}
    assert len(copies) * (TIMES) == len(by_role) * (TIMES - 1)
    for role, ones in copies.items():
        assert len(ones) == NEAREST
        assert {re.search(r"--copy-\d+$", one[CMH + "comparesTo"])[0] for one in ones} == {  # type: ignore[index]
            re.search(r"--copy-\d+$", role)[0]  # type: ignore[index]
        }
        alike = {float(one[CMH + "similarity"]) for one in by_role[re.sub(r"--copy-\d+$", "", role)]}
        assert sorted((float(one[CMH + "similarity"]) for one in ones), reverse=True)[0] == max(alike)


def test_there_is_no_finding(framework_build: Graph) -> None:
    known = stage.read_framework(ROOT)
    quads = parse_nquads("".join(framework(framework_build.nquads, 2)).encode())
    assert [*ENGINES[DEFAULT_ENGINE](Statements.of_quads(quads), known.shapes, None)] == []
    assert ask_checks(Store.from_quads(quads), known.checks) == []


def test_a_snapshot_says_what_it_holds(framework_build: Graph, tmp_path: Path) -> None:
    folder = write_snapshot_of(ROOT, 2, tmp_path, nquads=framework_build.nquads)
    manifest = read_manifest(folder)
    quads = list(iter_nquads((folder / DATASET).read_bytes()))
    assert manifest["graphs"] == dict(sorted(Counter(map(graph_of, quads)).items()))
    assert manifest["statements"] == manifest["triples"] == len(quads)
    assert manifest["id"] == folder.name and manifest["synthetic"] == {"times": 2, "seed": 7}
    assert write_snapshot_of(ROOT, 2, tmp_path, nquads=framework_build.nquads) == folder
    assert not list(tmp_path.glob(".draft-*"))


def test_a_home_holds_the_same_catalogue(framework_build: Graph, whole: list[Quad], tmp_path: Path) -> None:
    home = write_home(ROOT, TIMES, tmp_path / "home", nquads=framework_build.nquads)
    read = {quad for file in framework_files(home) if "/copies/" in file.name for quad in file.quads()}
    wanted = {
        quad
        for quad in whole
        if graph_of(quad).endswith("/catalogue") and ("--copy-" in str(quad) or "--bridge-" in str(quad))
    }
    assert read == wanted
