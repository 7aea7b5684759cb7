"""Versions: what a change is called, that changes lead from one version to the next, and what a release demands."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import pyoxigraph
import pyshacl
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from cmh_graph import framework
from cmh_graph.api.app import create_app
from cmh_graph.cli import main
from cmh_graph.errors import BadParameter, SourceError, UnknownThing
from cmh_graph.namespaces import BASE, PREFIXES, compact, iri
from cmh_graph.settings import Settings
from cmh_graph.store import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    canonical_nquads,
    parse_nquads,
)
from cmh_graph.versions import Releases, apply, change_key, content_of, demanded_bump, diff, read_version
from cmh_graph.versions.change import Change, change_from_json
from cmh_graph.versions.content import ASKS, VersionContent
from cmh_graph.versions.facts import facts_of, literal_of
from cmh_graph.versions.places import content_named
from cmh_graph.versions.release import Outcome, make_release
from cmh_graph.versions.releases import DATASET, MANIFEST
from cmh_graph.versions.report import REPORTS, changes_markdown, escape
from cmh_graph.versions.retirement import replacement_of, retirements
from cmh_graph.versions.rules import RULES
from cmh_graph.versions.semver import bump_between, is_enough
from cmh_graph.versions.strictness import direction
from cmh_graph.versions.view import View

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases" / "versions"
SMALL = CASES / "framework"
CHANGES = tomllib.loads((CASES / "changes.toml").read_text(encoding="utf-8"))["case"]
PLANTED = tomllib.loads((CASES / "releases.toml").read_text(encoding="utf-8"))
PREAMBLE = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
#: What every planted case knows of the ontology.
WORLD = """
cmh:Statement a owl:Class . cmh:Requirement a owl:Class ; rdfs:subClassOf cmh:Statement .
cmh:SkillRequirement a owl:Class ; rdfs:subClassOf cmh:Requirement .
"""
QUESTION = """# cq-01
# question: {question}
# asked by: job seeker
# takes: {takes}
# example: $role = role:hcsw
# gives: {gives}
SELECT $role {gives} WHERE {{ $role cmh:asksFor ?skill . ?skill skos:prefLabel ?name }}
"""


def turtle(text: str) -> list[Quad]:
    return list(pyoxigraph.parse(input=f"{PREAMBLE}{text}", format=RdfFormat.TURTLE))


def planted_content(case: dict, side: str) -> VersionContent:
    defaults = {"question": "Which?", "takes": "$role (role IRI)", "gives": "?skill ?name"}
    asked = {name: case.get(f"{name}_{side}", default) for name, default in defaults.items()}
    return content_of(
        turtle(WORLD + case.get(side, "")),
        side,
        turtle(case.get(f"shapes_{side}", "")),
        {"planted": QUESTION.format(**asked)},
    )


def told(change: Change) -> list[str]:
    thing = "" if change.thing.startswith("[") else compact(change.thing)
    what = change.property.removeprefix(ASKS) if change.event == "changed" else change.event
    return [change.class_, thing, what, change.rule]


# Rules


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case["why"])
def test_a_change_has_its_class(case):
    changes = diff(planted_content(case, "before"), planted_content(case, "after"))
    assert sorted(map(told, changes)) == sorted(case["changes"]), case["why"]


@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case["why"])
def test_the_changes_lead_to_the_later_version_and_back(case):
    before, after = planted_content(case, "before"), planted_content(case, "after")
    for old, new in ((before, after), (after, before)):
        changes = diff(old, new)
        for part, facts in old.parts.items():
            own = [one for one in changes if one.part == part]
            assert apply(own, facts.statements) == new.parts[part].statements


def test_every_rule_decides_somewhere():
    decided = {rule for case in CHANGES for *_, rule in case["changes"]} | {
        rule for step in PLANTED["release"] for *_, rule in step.get("changes", [])
    }
    assert {rule.name for rule in RULES} - decided == set()


def test_every_rule_has_a_name_of_its_own_and_a_reason():
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))
    assert all(len(rule.why) > 20 for rule in RULES)


def test_what_was_wording_one_way_is_wording_the_other_way():
    for case in CHANGES:
        before, after = planted_content(case, "before"), planted_content(case, "after")
        for one in diff(before, after):
            if one.rule in ("reworded", "sources changed", "same value written otherwise", "header changed"):
                back = [other for other in diff(after, before) if other.thing == one.thing]
                assert {o.class_ for o in back if o.property == one.property} == {"editorial"}


def test_the_derived_graph_is_no_part_of_a_version():
    derived = NamedNode(BASE + "graph/derived")
    quads = [Quad(NamedNode("http://x/a"), NamedNode("http://x/p"), Literal("1"), derived)]
    assert diff(content_of([], "a"), content_of(quads, "b")) == []


def test_a_part_that_one_version_does_not_hold_is_not_compared():
    shape = turtle("cmhsh:Role a sh:NodeShape .")
    assert diff(content_of([], "a"), content_of([], "b", shape, {})) == []


# Laws

_NODES = st.sampled_from([NamedNode(BASE + f"role/{n}") for n in "abc"] + [BlankNode(n) for n in "xyz"])
_PREDICATES = st.sampled_from(
    [
        NamedNode(PREFIXES[p] + n)
        for p, n in (
            ("skos", "prefLabel"), ("cmh", "x"), ("rdf", "first"), ("rdf", "rest"), ("owl", "deprecated"),
            ("dcterms", "isReplacedBy"), ("rdfs", "subClassOf"), ("rdf", "type"), ("sh", "minCount"), ("sh", "in"),
            ("owl", "annotatedSource"), ("owl", "annotatedTarget"), ("cmh", "status"), ("owl", "members"),
        )
    ]
)  # fmt: skip
_OBJECTS = st.one_of(
    _NODES,
    st.just(NamedNode(PREFIXES["rdf"] + "nil")),
    st.sampled_from([NamedNode(iri("status", s)) for s in ("inferred", "public")]),
    st.sampled_from(
        [NamedNode(PREFIXES["owl"] + "Class"), NamedNode(PREFIXES["owl"] + "AllDisjointClasses")]
    ),
    st.builds(Literal, st.text(max_size=4)),
    st.builds(lambda t: Literal(t, language="en"), st.text(min_size=1, max_size=3)),
    st.builds(Literal, st.booleans()),
    st.builds(Literal, st.integers(-3, 3)),
)
_QUADS = st.lists(st.builds(Quad, _NODES, _PREDICATES, _OBJECTS), max_size=14)


@settings(max_examples=100, deadline=None)
@given(_QUADS)
def test_law_a_version_does_not_differ_from_itself_in_another_order(quads):
    renamed = {name: BlankNode(f"other{name}") for name in "xyz"}

    def other(term):
        return renamed[term.value] if isinstance(term, BlankNode) else term

    again = [Quad(other(q.subject), q.predicate, other(q.object)) for q in reversed(quads)]
    assert diff(content_of(quads, "a", quads), content_of(again, "b", again)) == []


@settings(max_examples=100, deadline=None)
@given(_QUADS, _QUADS)
def test_law_changes_applied_give_the_later_version_each_statement_once(left, right):
    a, b = content_of(left, "a"), content_of(right, "b")
    changes = diff(a, b)
    assert apply(changes, a.graph.statements) == b.graph.statements
    moved = [one for change in changes for one in (*change.removed, *change.added)]
    assert len(moved) == len(set(moved))
    assert set(moved) == a.graph.statements ^ b.graph.statements
    assert len({change_key(one) for one in changes}) == len(changes)
    assert [change_from_json(json.loads(json.dumps(one.as_json()))) for one in changes] == changes


@settings(max_examples=100, deadline=None)
@given(_QUADS, _QUADS)
def test_law_what_only_adds_facts_about_roles_is_never_breaking(left, right):
    plain = [q for q in left + right if isinstance(q.subject, NamedNode) and "role/" in q.subject.value]
    calm = [q for q in plain if compact(q.predicate.value) in ("skos:prefLabel", "cmh:x", "owl:members")]
    some = [q for q in calm if q in left]
    assert not any(c.class_ == "breaking" for c in diff(content_of(some, "a"), content_of(calm, "b")))


@settings(max_examples=100, deadline=None)
@given(_QUADS)
def test_law_graphs_that_differ_only_by_names_of_blank_nodes_have_the_same_facts(quads):
    canonical = parse_nquads(canonical_nquads(quads))
    assert facts_of(canonical).statements == facts_of(quads).statements


_VALUES = ["1", "2", "3", '"a"', '"b"@en', "role:a", "role:b"]
_COUNTS = st.integers(0, 3)
_CONSTRAINTS = {
    "sh:minCount": _COUNTS.map(str),
    "sh:maxCount": _COUNTS.map(str),
    "sh:minInclusive": _COUNTS.map(str),
    "sh:maxLength": _COUNTS.map(str),
    "sh:nodeKind": st.sampled_from(["sh:IRI", "sh:Literal", "sh:IRIOrLiteral", "sh:BlankNodeOrIRI"]),
    "sh:in": st.lists(st.sampled_from(_VALUES), max_size=4, unique=True).map(lambda v: f"( {' '.join(v)} )"),
    "sh:datatype": st.sampled_from(["xsd:integer", "xsd:string"]),
    "sh:deactivated": st.sampled_from(["true", "false"]),
    "sh:hasValue": st.sampled_from(_VALUES),
    "sh:class": st.sampled_from(["cmh:Role", "cmh:TraineeRole"]),
    "sh:pattern": st.sampled_from(['"a"', '"^1"']),
    "sh:uniqueLang": st.sampled_from(["true", "false"]),
}
_DATA = [list(values) for n in range(4) for values in itertools.combinations(_VALUES, n)]


def _shape(constraints: dict[str, str]) -> str:
    said = "".join(f" ; {name} {value}" for name, value in sorted(constraints.items()))
    return f"cmhsh:X a sh:NodeShape ; sh:targetClass cmh:X ; sh:property [ sh:path cmh:p{said} ] ."


@pytest.mark.parametrize("name", _CONSTRAINTS)
@settings(max_examples=8, deadline=None)
@given(st.data())
def test_law_what_passed_still_passes_unless_a_shape_is_breaking(name, data):
    """Judged by pySHACL over every choice of up to three values: of each shape that we call no stricter."""
    old = {name: data.draw(_CONSTRAINTS[name])} if data.draw(st.booleans()) else {}
    new = {name: data.draw(_CONSTRAINTS[name])} if data.draw(st.booleans()) or not old else {}
    world = "cmh:X a owl:Class . cmh:TraineeRole rdfs:subClassOf cmh:Role . role:a a cmh:TraineeRole . "
    world += "role:b a cmh:Role . "
    things = "".join(
        f"<http://x/{n}> a cmh:X . " + "".join(f"<http://x/{n}> cmh:p {value} . " for value in values)
        for n, values in enumerate(_DATA)
    )
    before, after = _shape(old), _shape(new)
    changes = diff(
        content_of(turtle(world), "a", turtle(before)), content_of(turtle(world), "b", turtle(after))
    )
    if any(one.class_ == "breaking" for one in changes):
        return
    facts = rdflib.Graph().parse(data=PREAMBLE + world + things, format="turtle")

    def failing(shape: str) -> set[rdflib.term.Node]:
        shapes = rdflib.Graph().parse(data=PREAMBLE + shape, format="turtle")
        _, results, _ = pyshacl.validate(facts, shacl_graph=shapes)
        return set(results.objects(None, rdflib.SH.focusNode))

    assert failing(after) <= failing(before), (before, after)


@pytest.mark.parametrize("name", ["minCount", "maxCount", "minLength", "maxInclusive"])
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 20), st.integers(0, 20))
def test_law_stricter_one_way_is_looser_the_other_way(name, left, right):
    views = View(facts_of([])), View(facts_of([]))
    a, b = (frozenset({str(Literal(n))}) for n in (left, right))
    there = direction(PREFIXES["sh"] + name, a - b, b - a, *views)
    back = direction(PREFIXES["sh"] + name, b - a, a - b, *views)
    assert {there, back} in ({"same"}, {"stricter", "looser"})
    assert (there == "same") == (left == right)


def test_blank_nodes_that_say_different_things_differ():
    for one, other in itertools.combinations(
        [
            "[] a owl:AllDisjointClasses ; owl:members ( cmh:A cmh:B ) .",
            "[] a owl:AllDisjointClasses ; owl:members ( cmh:B cmh:A ) .",
            "[] a owl:AllDisjointClasses ; owl:members () .",
            "_:a owl:members _:b . _:b owl:members _:a .",
            "_:a rdf:rest _:b . _:b rdf:rest _:a .",
        ],
        2,
    ):
        assert facts_of(turtle(one)).statements != facts_of(turtle(other)).statements


def test_a_long_list_and_a_deep_nest_are_read_without_end_of_stack():
    many = " ".join(f"role:r{n}" for n in range(5_000))
    facts = facts_of(turtle(f"cmhsh:X sh:in ( {many} ) ."))
    assert max(map(len, facts.members.values())) == 5_000
    deep = [Quad(BlankNode(f"n{n}"), NamedNode("http://x/p"), BlankNode(f"n{n + 1}")) for n in range(5_000)]
    assert len(facts_of(deep).statements) == 1


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", "a\\nb", "é\t", "\\", '\\"', "\u0001"])
def test_a_literal_is_read_from_its_text(value):
    assert literal_of(str(Literal(value)))[0] == value
    assert literal_of(str(Literal(value, language="en")))[:2] == (value, "en")


# Version numbers


@pytest.mark.parametrize(
    "text", ["1.0", "v1.0.0", "1.0.0-beta", "01.0.0", "1.0.0\n", "١.0.0", "", "1.0.9999999999"]
)
def test_what_is_no_version_is_refused(text):
    with pytest.raises(BadParameter, match="is no version"):
        read_version(text)


def test_versions_sort_as_numbers():
    assert sorted(["1.10.0", "1.9.0", "1.9.10", "2.0.0"], key=read_version) == [
        "1.9.0",
        "1.9.10",
        "1.10.0",
        "2.0.0",
    ]


@pytest.mark.parametrize(
    ("before", "after", "classes", "enough"),
    [
        ("1.0.0", "2.0.0", ["breaking", "editorial"], True),
        ("1.0.0", "1.1.0", ["breaking"], False),
        ("1.0.0", "1.1.0", ["additive", "editorial"], True),
        ("1.0.0", "1.0.1", ["additive"], False),
        ("1.0.0", "1.0.1", ["editorial"], True),
        ("1.0.0", "3.0.0", ["editorial"], True),
        ("1.2.0", "1.1.9", ["editorial"], False),
        ("1.0.0", "1.0.0", ["editorial"], False),
        ("1.0.0", "1.0.0", [], True),
    ],
)
def test_the_bump_that_changes_demand(before, after, classes, enough):
    given_bump = bump_between(read_version(before), read_version(after))
    assert is_enough(given_bump, demanded_bump(classes)) == enough


# Releases, planted one after the other


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "framework"
    shutil.copytree(SMALL, folder)
    assert release(folder).released
    return folder


def release(home: Path, **options) -> Outcome:
    options.setdefault("export", lambda nquads: {"cmh.nq": nquads, "manifest.json": b"{}"})
    options.setdefault("software", stated(home))
    return make_release(home, **options)


def stated(home: Path) -> str:
    return re.search(r'owl:versionInfo "([^"]+)"', (home / "ontology/cmh.ttl").read_text(encoding="utf-8"))[1]


def edit(home: Path, edits: list[dict]) -> None:
    for one in edits:
        path = home / one["file"]
        if one.get("remove"):
            path.unlink()
            continue
        text = path.read_text(encoding="utf-8")
        assert text.count(one["find"]) == 1, one["find"]
        path.write_text(text.replace(one["find"], one["put"]), encoding="utf-8")


def set_version(home: Path, version: str, sets: list[str] = ()) -> None:
    old = stated(home)
    header = home / "ontology/cmh.ttl"
    header.write_text(header.read_text(encoding="utf-8").replace(old, version), encoding="utf-8")
    entries = home / "ontology/catalogue/releases.ttl"
    text = entries.read_text(encoding="utf-8")
    block = (
        f'\nrelease:{version} a cmh:Release ; owl:versionInfo "{version}" ; dcterms:issued "2026-01-01"^^xsd:date ;\n'
        '    cmh:changes "Planted."@en .\n'
    )
    entries.write_text(text + block, encoding="utf-8")
    for name in sets:
        path = home / "ontology/matches" / name
        text = path.read_text(encoding="utf-8")
        path.write_text(
            re.sub('mapping_set_version: "[^"]+"', f'mapping_set_version: "{version}"', text), "utf-8"
        )


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {
        f.relative_to(folder).as_posix(): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()
    }


def facts_told(changes) -> list[list[str]]:
    rows = [
        told(one)
        for one in changes
        if one.rule not in ("header changed", "release recorded", "mapping set described")
    ]
    return sorted([a, re.sub(r"^(mapping:codes-).*", r"\1*", b), c, d] for a, b, c, d in rows)


def test_releases_follow_each_other(home: Path) -> None:
    kept: dict[str, bytes] = bytes_below(home / "releases")
    for step in PLANTED["release"]:
        edit(home, step["edits"])
        before = bytes_below(home)
        refused = release(home)
        assert not refused.released and any(step["demands"] in one for one in refused.findings), (
            refused.findings
        )
        assert bytes_below(home) == before, "a refused release writes nothing"
        if step["too_small"]:
            saved = bytes_below(home / "ontology")
            set_version(home, step["too_small"], step.get("sets", []))
            small = release(home)
            assert any(step["demands"] in one for one in small.findings), small.findings
            for name, data in saved.items():
                (home / "ontology" / name).write_bytes(data)
        set_version(home, step["version"], step.get("sets", []))
        dry = release(home, dry_run=True)
        assert dry.findings == () and not dry.released and not (home / "releases" / step["version"]).exists()
        done = release(home)
        assert done.released and done.findings == (), done.findings
        assert facts_told(done.changes) == sorted(step["changes"]), step["why"]

        log = (home / "CHANGELOG.md").read_text(encoding="utf-8")
        section = re.search(
            rf"^## {re.escape(step['version'])} \(2026-01-01\)$.*?(?=^## |\Z)", log, re.M | re.S
        )[0]
        assert [line for line in step["section"] if line not in section.splitlines()] == []
        updates = sorted(path.name for path in (home / "queries").glob("upgrade/*.ru"))
        assert (step["upgrade"] in updates) if step["upgrade"] else True

        now = bytes_below(home / "releases")
        assert {name: now[name] for name in kept} == kept, "what was released stays as it is"
        kept = now
        releases = Releases(home / "releases")
        assert releases.latest == step["version"]
        assert facts_told(releases.changes(step["version"])) == sorted(step["changes"])
        again = release(home)
        assert not again.released and again.findings == () and bytes_below(home / "releases") == kept

    releases = Releases(home / "releases")
    assert releases.versions == ("1.0.0", "1.0.1", "1.1.0", "2.0.0")
    assert [one.version for one, _ in releases.since("1.0.1")] == ["1.1.0", "2.0.0"]
    # Following the changes from the first release gives the last one, statement by statement.
    facts = releases.content("1.0.0").graph.statements
    for _, changes in releases.since("1.0.0"):
        facts = apply([one for one in changes if one.part == "graph"], facts)
    assert facts == releases.content("2.0.0").graph.statements


@pytest.mark.parametrize("case", PLANTED["refused"], ids=lambda case: case["why"])
def test_what_no_version_number_makes_right(case, home: Path) -> None:
    edit(home, case["edits"])
    set_version(home, case["version"])
    done = release(home)
    assert not done.released
    assert any(case["says"] in one for one in done.findings), (case["why"], done.findings)


def test_the_version_asked_for_must_be_the_one_stated(home: Path) -> None:
    edit(home, PLANTED["release"][0]["edits"])
    set_version(home, "1.0.1")
    done = release(home, version="1.1.0", software="1.0.0")
    assert any("says 1.0.1, not 1.1.0" in one for one in done.findings)
    assert any("__version__ is 1.0.0, the ontology says 1.0.1" in one for one in done.findings)


def test_a_failed_gate_or_export_leaves_everything_as_it_was(home: Path) -> None:
    edit(home, PLANTED["release"][0]["edits"])
    set_version(home, "1.0.1")
    before = bytes_below(home)
    done = release(home, gates={"quality": lambda *_: ["a term has no example"]})
    assert done.findings == ("quality: a term has no example",)

    def broken(nquads: bytes):
        raise OSError("no space left")

    with pytest.raises(OSError):
        release(home, export=broken)
    assert bytes_below(home) == before


# Data of others


PARTNER = """
role:northfield-7 a cmh:Role ; cmh:rollsUpTo role:aide ; cmh:needsCompetency skill:listening .
role:aide cmh:note "our word for it" .
<http://x/mapping> owl:annotatedTarget role:aide ; owl:annotatedSource role:northfield-7 .
"""


def test_the_update_carries_data_of_others_over(home: Path) -> None:
    for step in PLANTED["release"][:2]:
        edit(home, step["edits"])
        set_version(home, step["version"], step.get("sets", []))
        assert release(home).released
    text = (home / "queries/upgrade/1.0_to_1.1.ru").read_text(encoding="utf-8")
    old = {BASE + "role/aide", PREFIXES["cmh"] + "needsCompetency"}
    partner, framework_ = NamedNode("http://x/partner"), NamedNode("http://x/framework")
    signposts = [
        Quad(q.subject, q.predicate, q.object, framework_)
        for q in parse_nquads(Releases(home / "releases").graph("1.1.0"))
        if q.subject.value in old or q.predicate.value == PREFIXES["dcterms"] + "isReplacedBy"
    ]
    ours = turtle(PARTNER)
    quads = [*ours, *(Quad(q.subject, q.predicate, q.object, partner) for q in ours), *signposts]

    store = pyoxigraph.Store()
    store.extend(quads)
    store.update(text)
    twice = set(store)
    store.update(text)
    assert set(store) == twice, "running it again changes nothing"
    assert [q for q in store if q.graph_name == framework_] != []
    assert {q for q in store if q.graph_name == framework_} == set(signposts), "signposts stay"
    for quad in store:
        if quad.graph_name != framework_:
            assert not old & {str(term.value) for term in (quad.subject, quad.predicate, quad.object)}
    own = [q for q in store if q.graph_name != framework_]
    assert len(own) == len(ours) * 2

    # The same in another engine.
    other = rdflib.Dataset(default_union=False)
    other.parse(data=pyoxigraph.serialize(quads, format=RdfFormat.N_QUADS), format="nquads")
    other.update(text)
    for graph in (partner, framework_):
        left = rdflib.Graph().parse(
            data=pyoxigraph.serialize(
                (q.triple for q in store if q.graph_name == graph), format=RdfFormat.N_TRIPLES
            ),
            format="nt",
        )
        assert isomorphic(left, other.graph(rdflib.URIRef(graph.value)))


def test_retired_things_name_what_takes_their_place() -> None:
    facts = facts_of(
        turtle(
            "role:a owl:deprecated true ; dcterms:isReplacedBy role:b . role:b owl:deprecated true ; "
            "dcterms:isReplacedBy role:c . role:c a cmh:Role . role:d owl:deprecated true ; "
            "dcterms:isReplacedBy role:c , role:e . role:e a cmh:Role . role:f owl:deprecated false ."
        )
    )
    found = retirements(facts)
    assert list(found) == [BASE + f"role/{name}" for name in "abd"]
    assert replacement_of(BASE + "role/a", found) == BASE + "role/c"
    assert replacement_of(BASE + "role/d", found) == "", "two successors: a person has to choose"
    assert replacement_of(BASE + "role/c", found) == ""


@pytest.fixture
def retired(home: Path, tmp_path: Path) -> framework.Framework:
    """The small framework in which the role aide gave way to helper."""
    for step in PLANTED["release"][:2]:
        edit(home, step["edits"])
        set_version(home, step["version"], step.get("sets", []))
    assert release(home).findings == ()
    folder = Releases(home / "releases").unpack("1.1.0", tmp_path)
    return framework.open(folder, home=folder)


def test_a_retired_thing_is_offered_to_nobody_and_answers_with_its_replacement(retired) -> None:
    assert sorted(retired.roles) == ["guide", "helper"]
    assert retired.role("aide") == retired.role("helper")
    assert retired.retired[BASE + "role/aide"].on == "2026-02-01"
    with pytest.raises(UnknownThing, match="no role has the key aida"):
        retired.role("aida")


def test_what_nothing_replaces_says_why_it_was_retired(home: Path, tmp_path: Path) -> None:
    gone = 'role:aide a cmh:Role ; owl:deprecated true ; cmh:retiredOn "2026-02-01"^^xsd:date ; '
    note = 'skos:changeNote "Nobody is appointed to it."@en '
    for signpost, mend in (
        ("", "Nobody is appointed"),
        ("; dcterms:isReplacedBy skill:a", "use skill:a. Nobody"),
    ):
        path = tmp_path / "dataset.nq"
        quads = [
            Quad(q.subject, q.predicate, q.object, NamedNode(BASE + "graph/catalogue"))
            for q in turtle(gone + note + signpost + " . skill:a a cmh:Skill .")
        ]
        path.write_bytes(canonical_nquads(quads))
        with pytest.raises(UnknownThing, match="the role aide was retired on 2026-02-01") as caught:
            framework.open(path, home=home).role("aide")
        assert caught.value.mend.startswith(mend)


def test_the_address_of_a_retired_role_leads_to_its_replacement(retired) -> None:
    with TestClient(create_app(Settings(snapshots=retired.path.parent.parent), retired)) as client:
        moved = client.get("/v1/roles/aide.ttl?format=ttl", follow_redirects=False)
        assert (moved.status_code, moved.headers["location"]) == (301, "/v1/roles/helper.ttl?format=ttl")
        assert moved.headers["link"] == f'<{BASE}role/helper>; rel="successor-version"'
        assert client.get("/v1/roles/aide").json()["key"] == "helper"
        assert [role["key"] for role in client.get("/v1/roles").json()["items"]] == ["guide", "helper"]
        assert client.get("/v1/roles/aide/requirements").json()["total"] == 1
        assert client.get("/v1/roles/nobody").status_code == 404


# Releases on disk


def test_a_release_that_was_touched_is_refused(home: Path) -> None:
    folder = home / "releases" / "1.0.0"
    releases = Releases(home / "releases")
    intact = bytes_below(folder)
    assert releases.graph("1.0.0")
    for name in sorted(intact):
        if name == MANIFEST:
            continue
        readers = {
            DATASET: releases.graph,
            "shapes.nq.zst": releases.shapes,
            "questions.json": releases.questions,
        }
        read = readers.get(name, releases.changes)
        whole = read("1.0.0")
        data, half = intact[name], len(intact[name]) // 2
        for harmed in (data[:half], data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :], b""):
            (folder / name).write_bytes(harmed)
            with pytest.raises(SourceError) as caught:
                read("1.0.0")
            assert "git checkout -- releases/1.0.0" in caught.value.mend
        # What is packed otherwise but unpacks to what was released may be read: it is that.
        (folder / name).write_bytes(intact[name][:-1])
        with contextlib.suppress(SourceError):
            assert read("1.0.0") == whole
        (folder / name).write_bytes(intact[name])
    manifest = json.loads(intact[MANIFEST])
    for broken in (
        {**manifest, "version": "9.9.9"},
        {**manifest, "sha256": "0"},
        {"version": "1.0.0"},
        [],
        "x",
    ):
        (folder / MANIFEST).write_text(json.dumps(broken), encoding="utf-8")
        with pytest.raises(SourceError):
            Releases(home / "releases").graph("1.0.0")


def test_a_release_is_never_rewritten(home: Path) -> None:
    releases = Releases(home / "releases")
    files = bytes_below(home / "releases" / "1.0.0")
    assert releases.write(files, "1.0.0") == home / "releases" / "1.0.0"
    other = {**files, MANIFEST: files[MANIFEST].replace(b"2026-01-01", b"2026-01-02")}
    with pytest.raises(SourceError, match="never rewritten"):
        releases.write(other, "1.0.0")
    assert bytes_below(home / "releases" / "1.0.0") == files


def test_a_version_that_is_not_there_is_told_with_those_that_are(home: Path) -> None:
    for wrong in ("1.0.9", "../1.0.0", "current", ""):
        with pytest.raises(UnknownThing) as caught:
            Releases(home / "releases").graph(wrong)
        assert "1.0.0" in caught.value.mend
    assert Releases(home / "nowhere").versions == ()


def test_an_answer_from_what_is_not_released_says_so(home: Path) -> None:
    releases = Releases(home / "releases")
    assert releases.name_of("1.0.0", releases.release("1.0.0").id) == "1.0.0"
    assert releases.name_of("1.0.0", "0123456789abcdef") == "1.0.0+0123456789abcdef"
    assert releases.name_of("1.1.0", releases.release("1.0.0").id).startswith("1.1.0+")


def test_the_first_release_is_as_it_was() -> None:
    releases = Releases(ROOT / "releases")
    assert releases.versions[0] == "1.0.0"
    first = releases.release("1.0.0")
    assert (first.id, first.issued, first.previous) == ("b505eee72c8cedb0", "2026-11-21", None)
    assert first.manifest["statements"] == 53334


@pytest.mark.parametrize("version", Releases(ROOT / "releases").versions)
def test_every_release_is_intact_and_follows_from_the_one_before(version: str) -> None:
    releases = Releases(ROOT / "releases")
    release_ = releases.release(version)
    assert canonical_nquads(parse_nquads(releases.graph(version))) == releases.graph(version)
    content = releases.content(version)
    assert (content.version, content.issued) == (version, release_.issued)
    at = releases.versions.index(version)
    assert release_.previous == (releases.versions[at - 1] if at else None)
    if release_.previous:
        changes = diff(releases.content(release_.previous), content)
        assert list(releases.changes(version)) == changes
        given_bump = bump_between(read_version(release_.previous), read_version(version))
        assert is_enough(given_bump, demanded_bump(one.class_ for one in changes))


def test_a_release_answers_as_it_did(tmp_path: Path) -> None:
    releases = Releases(ROOT / "releases")
    folder = releases.unpack("1.0.0", tmp_path)
    assert releases.unpack("1.0.0", tmp_path) == folder
    fw = framework.open(folder, home=folder)
    assert (fw.version, fw.snapshot, len(fw.roles), len(fw.questions)) == (
        "1.0.0",
        "b505eee72c8cedb0",
        64,
        41,
    )
    assert fw.role("hcsw").label and len(fw.ask("requirements_of_a_role", role="hcsw")) > 5
    (folder / "dataset.nq").write_text("", encoding="utf-8")
    assert Store.load(releases.unpack("1.0.0", tmp_path) / "dataset.nq").graphs()


# What people read


@pytest.fixture(scope="module")
def pair() -> tuple[VersionContent, VersionContent]:
    """Two versions with all classes of change, and words that mean to do harm."""
    bad = "</script><script>alert(1)</script> | `x` [a](javascript:alert(1)) \\u001b[31m *b*"
    return (
        content_of(turtle('role:a a cmh:Role ; skos:prefLabel "A"@en ; skos:notation "1" .'), "a"),
        content_of(
            turtle(
                f'role:a a cmh:Role ; skos:prefLabel "{bad}"@en ; skos:notation "2" . role:b a cmh:Role .'
            ),
            "b|*",
        ),
    )


@pytest.mark.parametrize("format", REPORTS)
def test_reports_name_each_class_and_obey_no_text(format: str, pair) -> None:
    before, after = pair
    text = REPORTS[format](before, after, diff(before, after))
    assert "\u001b" not in text
    if format == "json":
        body = json.loads(text)
        assert (body["from"], body["to"], len(body["changes"])) == ("a", "b|*", 3)
        assert {one["class"] for one in body["changes"]} == {"breaking", "additive", "editorial"}
        return
    assert "1 breaking, 1 additive, 1 editorial; a major version" in text
    if format == "markdown":
        assert not re.search(r"(?<!\\)[<|`\[]", text.replace("**", ""))


def test_text_is_plain_in_markdown() -> None:
    assert escape("a*b\n# c") == r"a\*b \# c"
    assert changes_markdown([]) == ""


@pytest.fixture
def run(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command in a folder beside the small framework: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CMH_GRAPH_HOME", str(home))
    monkeypatch.setenv("CMH_GRAPH_SNAPSHOTS", str(tmp_path / "none"))

    def run_it(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cmh-graph", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return (ended.value.code or 0, *capsys.readouterr())

    return run_it


def test_diff_says_what_it_found_by_its_exit_code(run, tmp_path: Path) -> None:
    for name, text in (("old", '"A"@en .'), ("new", '"B"@en .'), ("less", "")):
        said = f"role:a a cmh:Role ; skos:prefLabel {text}" if text else ""
        (tmp_path / f"{name}.ttl").write_text(PREAMBLE + said, encoding="utf-8")
    code, out, _ = run("diff", "old.ttl", "new.ttl")
    assert (code, out.splitlines()[0]) == (0, "old.ttl -> new.ttl: 1 editorial; a patch version")
    code, out, _ = run("diff", "old.ttl", "less.ttl", "--format", "json")
    assert code == 1 and json.loads(out)["changes"][0]["class"] == "breaking"
    code, out, _ = run("diff", "--rules")
    assert code == 0 and len(out.splitlines()) == len(RULES)
    for arguments in (["nowhere.ttl", "new.ttl"], ["9.9.9", "new.ttl"], ["old.ttl", "current"], []):
        code, out, err = run("diff", *arguments)
        assert code == 2 and "mend" in err and not out


def test_release_says_what_stands_in_its_way(run, home: Path) -> None:
    assert run("release", "--dry-run")[:2] == (0, "1.0.0 is released already\n")
    code, out, err = run("release", "3.0.0")
    assert code == 1 and "says 1.0.0, not 3.0.0" in out and "nothing was written" in err
    edit(home, PLANTED["release"][2]["edits"])
    code, out, err = run("release")
    assert code == 1 and "3 breaking" in err and "demand 2.0.0 or later: " in out
    assert [path.name for path in (home / "releases").iterdir()] == ["1.0.0"]


@pytest.mark.parametrize(
    "place", ["1.0.0", "releases/1.0.0", ".", "ontology", "unpacked"], ids=lambda place: f"as {place}"
)
def test_a_version_can_be_named_in_several_ways(
    place: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    releases = Releases(home / "releases")
    if place == "unpacked":
        releases.unpack("1.0.0", home).rename(home / "unpacked")
    found = content_named(place, home, home / "none")
    assert found.version == "1.0.0"
    expected = releases.content("1.0.0").graph.statements
    if place == "ontology":
        # Mapping sets are no RDF files.
        expected = {s for s in expected if "/mapping/" not in s.subject and "/matches/" not in s.subject}
    assert found.graph.statements == expected
    assert (found.shapes is None) == (place in ("ontology", "unpacked"))


ONCE = """
import sys
from pathlib import Path
from cmh_graph.versions.release import make_release
done = make_release(Path(sys.argv[1]), export=lambda nquads: {"cmh.nq": nquads}, software="1.1.0")
assert done.released, done.findings
"""


def test_two_machines_give_the_same_bytes(home: Path, tmp_path: Path) -> None:
    for step in PLANTED["release"][:2]:
        edit(home, step["edits"])
    set_version(home, "1.1.0", ["codes.sssom.tsv"])
    made = []
    for name, environment in (
        (
            "one",
            {
                "TZ": "Pacific/Kiritimati",
                "LANG": "C",
                "LC_ALL": "C",
                "PYTHONHASHSEED": "1",
                "HOME": "/nowhere",
            },
        ),
        (
            "a ü two",
            {"TZ": "America/Los_Angeles", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "77", "PYTHONUTF8": "1"},
        ),
    ):
        folder = tmp_path / name
        shutil.copytree(home, folder)
        for path in folder.rglob("*"):
            os.utime(path, (1, 1) if name == "one" else None)
        subprocess.run(
            [sys.executable, "-c", ONCE, str(folder)],
            cwd=folder if name == "one" else "/", env={**os.environ, **environment}, check=True, timeout=120,
        )  # fmt: skip
        made.append(bytes_below(folder))
    assert made[0].keys() == made[1].keys()
    assert [name for name in made[0] if made[0][name] != made[1][name]] == []
    assert any(name.startswith("releases/1.1.0/") for name in made[0])
