"""The SKOS view: sound, complete for a vocabulary server, and read back as what the sources state."""

from __future__ import annotations

import io
import logging
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
import rdflib
import skosify.check

from built import framework_graph
from cmh_graph.export import FORMATS, Edition, Files
from cmh_graph.namespaces import BASE, CMH, PREFIXES
from cmh_graph.store import Literal, NamedNode, Quad, RdfFormat, Triple, canonical_nquads, parse_rdf
from test_recipes import needs_oxigraph, partner_store

ROOT = Path(__file__).parent.parent
CASES: list[dict[str, Any]] = tomllib.loads(
    (ROOT / "tests" / "cases" / "export" / "skos.toml").read_text(encoding="utf-8")
)["case"]
FORMAT = FORMATS["skos"]
SKOS = PREFIXES["skos"]
#: Integrity conditions of the SKOS Reference and what else servers need: name -> a query that finds each breach.
BREACHES = {
    "S9": "?x a skos:Concept , skos:ConceptScheme",
    "S13": """{ ?x skos:prefLabel ?l ; skos:altLabel ?l } UNION { ?x skos:prefLabel ?l ; skos:hiddenLabel ?l }
        UNION { ?x skos:altLabel ?l ; skos:hiddenLabel ?l }""",
    "S14": "?x skos:prefLabel ?a , ?b FILTER(?a != ?b && LCASE(LANG(?a)) = LCASE(LANG(?b)))",
    "S27": "?x skos:related ?y { ?x skos:broader+ ?y } UNION { ?y skos:broader+ ?x }",
    "S37": "?x a skos:Collection { ?x a skos:Concept } UNION { ?x a skos:ConceptScheme }",
    "S46": """{ ?x skos:exactMatch ?y } UNION { ?y skos:exactMatch ?x }
        ?x skos:broadMatch|skos:narrowMatch|skos:relatedMatch ?y""",
    "circle": "?x skos:broader+ ?x",
    "unnamed": "{ ?x a skos:Concept } UNION { ?x a skos:ConceptScheme } FILTER NOT EXISTS { ?x skos:prefLabel ?l }",
    "no language": "?x skos:prefLabel ?l FILTER(LANG(?l) = '')",
    "no scheme": "?x a skos:Concept FILTER NOT EXISTS { ?x skos:inScheme ?s . ?s a skos:ConceptScheme }",
    "cut off": """?x a skos:Concept ; skos:inScheme ?s
        FILTER NOT EXISTS { ?x skos:broader* ?top . ?top skos:topConceptOf ?s . ?s skos:hasTopConcept ?top }""",
    "one way": "?x skos:broader ?y FILTER NOT EXISTS { ?y skos:narrower ?x }",
    "ours": f"?x ?p ?y FILTER(STRSTARTS(STR(?p), '{CMH}'))",
    "top with broader": """?x skos:topConceptOf ?s ; skos:broader ?y . ?y skos:inScheme ?s""",
}


@pytest.fixture(scope="module")
def edition() -> Edition:
    return Edition.of(framework_graph().nquads)


@pytest.fixture(scope="module")
def files(edition: Edition) -> Files:
    return FORMAT.write(edition).files


def breaches(view: bytes) -> set[str]:
    store = ox.Store()
    store.load(view, ox.RdfFormat.TURTLE)
    return {
        name
        for name, pattern in BREACHES.items()
        if store.query(f"ASK {{ {pattern} }}", prefixes={"skos": SKOS})
    }


def complaints(view: bytes, caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the checks of skosify warn of."""
    graph = rdflib.Graph().parse(data=view, format="turtle")
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        skosify.check.hierarchy_cycles(graph)
        skosify.check.disjoint_relations(graph)
        skosify.check.hierarchical_redundancy(graph)
        skosify.check.preflabel_uniqueness(graph, "shortest")
        skosify.check.label_overlap(graph)
    return [record.getMessage() for record in caplog.records]


def test_the_view_is_sound(files: Files, caplog: pytest.LogCaptureFixture) -> None:
    assert breaches(files["cmh.skos.ttl"]) == set()
    assert complaints(files["cmh.skos.ttl"], caplog) == []


def test_everything_with_a_name_in_a_scheme_is_in_the_view(edition: Edition, files: Files) -> None:
    held = {quad.subject.value for quad in parse_rdf(files["cmh.skos.ttl"], RdfFormat.TURTLE)}
    kinds = ("Role", "Skill", "SkillGroup", "Value", "Qualification", "ApprenticeshipStandard", "PayBand",
             "FrameworkLevel", "CareerLevel", "EducationLevel", "AhpDomain", "Route", "Experience")  # fmt: skip
    for kind in kinds:
        things = {subject for subject in edition.about if CMH + kind in edition.types(subject)}
        assert things and things <= held, kind
    assert {s for s in edition.about if SKOS + "ConceptScheme" in edition.types(s)} <= held


def test_roles_lead_to_other_schemes(files: Files) -> None:
    matched = [
        quad.object.value
        for quad in parse_rdf(files["cmh.skos.ttl"], RdfFormat.TURTLE)
        if quad.predicate.value.endswith("Match")
    ]
    for scheme in ("esco/occupation/", "esco/isco/", "code/soc2020/", "code/onet/"):
        assert sum(scheme in target for target in matched) > 10, scheme


def test_what_is_inferred_is_marked(files: Files, edition: Edition) -> None:
    inferred = NamedNode(PREFIXES["status"] + "inferred")
    notes = {
        quad.subject.value: quad.object.value
        for quad in parse_rdf(files["cmh.skos.ttl"], RdfFormat.TURTLE)
        if quad.predicate.value == SKOS + "editorialNote"
    }
    for iri in notes:
        said = inferred in edition.objects(iri, CMH + "status")
        assert said == notes[iri].startswith("Status: inferred."), iri
    fields = [iri for iri in notes if edition.objects(iri, CMH + "inferredField")]
    assert fields
    assert all("Inferred here: " in notes[iri] for iri in fields)


def test_the_added_statements_are_nobodys(edition: Edition, files: Files) -> None:
    added = {quad.triple for quad in parse_rdf(files["cmh.skos.added.ttl"], RdfFormat.TURTLE)}
    assert added
    assert not added.intersection(edition.stated)


# Graphs that we do not have


def made(turtle: str) -> Edition:
    """An edition of a few statements, in prefixed Turtle."""
    head = "".join(
        f"@prefix {p}: <{PREFIXES[p]}> .\n" for p in ("cmh", "skos", "skill", "rdfs", "vocab", "skill-group")
    )
    classes = "cmh:Skill rdfs:subClassOf skos:Concept . cmh:SkillGroup rdfs:subClassOf skos:Concept ."
    graph = NamedNode(BASE + "graph/catalogue")
    parsed = parse_rdf((head + classes + turtle).encode(), RdfFormat.TURTLE)
    return Edition.of(canonical_nquads(Quad(q.subject, q.predicate, q.object, graph) for q in parsed))


@pytest.mark.parametrize("case", CASES, ids=[case["why"][:40] for case in CASES])
def test_what_would_break_a_condition_stays_out(
    case: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    edition = made(case["data"])
    written = FORMAT.write(edition)
    assert breaches(written.files["cmh.skos.ttl"]) - set(case.get("keeps", ())) == set(), case["why"]
    assert complaints(written.files["cmh.skos.ttl"], caplog) == []
    assert FORMAT.read is not None
    assert FORMAT.read(written.files) == written.carried
    # Among what a vocabulary carries, only so many statements are left out.
    left = [
        triple
        for triple in edition.stated
        if triple not in (written.carried or ()) and triple.predicate.value.startswith(SKOS)
    ]
    assert len(left) == case["left_out"], left


@pytest.mark.parametrize("case", CASES, ids=[case["why"][:40] for case in CASES])
def test_the_same_in_a_view_is_found(case: dict[str, Any]) -> None:
    """The queries can fail: the data as they stand break the condition that the case names."""
    edition = made(case["data"])
    if case["breaks"]:
        assert case["breaks"] in breaches(turtle(edition.stated))


def turtle(triples: Iterable[Triple]) -> bytes:
    out = io.BytesIO()
    ox.serialize(triples, out, ox.RdfFormat.TURTLE)
    return out.getvalue()


@pytest.mark.parametrize(
    ("find", "put", "why"),
    [
        (
            'skos:prefLabel "Peer support worker"@en',
            'skos:prefLabel "Peer support worker"@en , "PSW"@en',
            "S14",
        ),
        ('skos:altLabel "Lived experience practitioner"@en', 'skos:altLabel "Peer support worker"@en', "S13"),
    ],
)
def test_a_defect_is_found_by_both_judges(
    files: Files, caplog: pytest.LogCaptureFixture, find: str, put: str, why: str
) -> None:
    view = files["cmh.skos.ttl"].decode()
    assert find in view
    broken = view.replace(find, put, 1).encode()
    assert why in breaches(broken)
    assert complaints(broken, caplog)


def test_a_hierarchy_of_six_levels_survives() -> None:
    levels = "".join(
        f"""skill:l{n} a cmh:Skill ; skos:prefLabel "Level {n}"@en ; skos:inScheme vocab:skills
            {f"; skos:broader skill:l{n - 1}" if n else ""} .\n"""
        for n in range(6)
    )
    edition = made('vocab:skills a skos:ConceptScheme ; skos:prefLabel "Skills"@en .' + levels)
    written = FORMAT.write(edition)
    store = ox.Store()
    store.load(written.files["cmh.skos.ttl"], ox.RdfFormat.TURTLE)
    path = "/".join(["skos:broader"] * 5)
    ask = f"SELECT ?x {{ ?x {path} ?top . ?top skos:topConceptOf ?s . ?s skos:hasTopConcept ?top }}"
    found = [str(row["x"]) for row in store.query(ask, prefixes={"skos": SKOS})]  # type: ignore[union-attr]
    assert found == [f"<{PREFIXES['skill']}l5>"]
    assert FORMAT.read is not None
    assert sum(t.predicate.value == SKOS + "broader" for t in FORMAT.read(written.files)) == 5


def test_a_concept_without_a_name_is_listed_by_its_key() -> None:
    written = FORMAT.write(
        made(
            'vocab:s a skos:ConceptScheme ; skos:prefLabel "S"@en .'
            "skill:to-listen a cmh:Skill ; skos:inScheme vocab:s ."
        )
    )
    labels = [q.object for q in parse_rdf(written.files["cmh.skos.ttl"], RdfFormat.TURTLE)]
    assert Literal("to listen", language="en") in labels


# In another store


@pytest.mark.outside
class TestAVocabularyServersStore:
    pytestmark = needs_oxigraph

    def test_it_counts_what_the_graph_counts(
        self, edition: Edition, files: Files, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """The view and the Turtle, each in a named graph of a native Oxigraph server, as an integrator would."""

        def things(kind: str) -> int:
            return sum(CMH + kind in edition.types(subject) for subject in edition.about)

        with partner_store(tmp_path_factory.mktemp("vocabulary") / "store") as address:
            for name, data in (
                ("skos", files["cmh.skos.ttl"]),
                ("all", FORMATS["turtle"].write(edition).files["cmh.ttl"]),
            ):
                sent = httpx.put(
                    f"{address}/store?graph=http://vocabulary.example/{name}",
                    content=data, headers={"Content-Type": "text/turtle"}, timeout=60,
                )  # fmt: skip
                assert sent.is_success, sent.text

            def count(graph: str, pattern: str) -> int:
                query = f"""PREFIX skos: <{SKOS}> PREFIX cmh: <{CMH}> PREFIX vocab: <{PREFIXES["vocab"]}>
                    SELECT (COUNT(DISTINCT ?x) AS ?n) {{ GRAPH <http://vocabulary.example/{graph}> {{ {pattern} }} }}"""
                answer = httpx.post(f"{address}/query", data={"query": query}, headers={"Accept": "text/csv"})
                return int(answer.text.splitlines()[1])

            assert count("skos", "?x skos:inScheme vocab:roles ; skos:prefLabel ?l") == things("Role") > 0
            assert count("skos", "?x skos:broader ?g ; skos:inScheme vocab:skills") == things("Skill") > 0
            asked = sum(triple.predicate.value == CMH + "hasRequirement" for triple in edition.stated)
            assert count("all", "?role cmh:hasRequirement ?x") == asked > 0
            assert count("all", "?x a cmh:Role") == things("Role")
            # As a vocabulary server draws its tree: from the schemes down, every concept once reached.
            assert count("skos", "?s skos:hasTopConcept/skos:narrower* ?x") == count(
                "skos", "?x a skos:Concept"
            )
