"""Published check lists: each check can pass and fail, no published id is left out, and the graph clears the gate."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import html5rdf
import pytest

from cmh_graph import quality
from cmh_graph.build import Graph as BuiltGraph
from cmh_graph.errors import SourceError
from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.ontology_docs import documentation, offline_page, ontology_triples, shape_triples
from cmh_graph.ontology_docs.constraints import Shapes
from cmh_graph.quality import gate
from cmh_graph.quality.judge import findings, judge
from cmh_graph.quality.lists import NAMES, Accepted, Published
from cmh_graph.quality.service import Answer
from cmh_graph.store import NamedNode, Quad, RdfFormat, Store, parse_nquads, parse_rdf
from cmh_graph.versions.release import default_gates
from cmh_graph.versions.releases import Releases

ROOT = Path(__file__).resolve().parents[1]
LISTS = {one.key: one for one in quality.read_lists(ROOT)}
CASES = {
    key: tomllib.loads((ROOT / "tests" / "cases" / "quality" / f"{key}.toml").read_text("utf-8"))["case"]
    for key in NAMES
}
#: Ids as published, written here a second time so that none can be lost from the lists.
PUBLISHED = {
    "oops": [f"P{number:02}" for number in range(1, 42)],
    "foops": [
        "PURL1", "URI1", "URI2", "VER1", "VER2", "OM1", "FIND1", "FIND2", "FIND3", "FIND_3_BIS", "CN1", "HTTP1", "RDF1",
        "VOC1", "VOC2", "VOC3", "VOC4", "DOC1", "OM2", "OM3", "OM4.1", "OM4.2", "OM5.1", "OM5.2",
    ],
    "qskos": [
        "oilt", "ilc", "ncl", "uc", "ol", "ml", "ucil", "el", "anr", "oc", "dcc", "chr", "var", "strc", "urc", "otc",
        "tchbc", "hr", "rrc", "mri", "mc", "rc", "ipl", "dlv", "usr", "husv", "bl", "mol", "mil", "c", "ac", "cs", "ar",
        "cc", "sr", "clb", "lc", "huc",
    ],
}  # fmt: skip


def check_of(key: str, id_: str) -> Published:
    return next(one for one in LISTS[key].checks if one.id == id_)


def full(name: str) -> str:
    """The IRI of a prefixed name or of an IRI in angle brackets; a plain word is itself."""
    if name.startswith("<"):
        return name[1:-1]
    prefix, colon, local = name.partition(":")
    return PREFIXES[prefix] + local if colon else name


def store_of(turtle: str) -> Store:
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
    place = NamedNode("https://w3id.org/cmh-graph/graph/ontology")
    return Store.from_quads(
        Quad(quad.subject, quad.predicate, quad.object, place)
        for quad in parse_rdf((head + turtle).encode(), RdfFormat.TURTLE)
    )


def subject_of(turtle: str, answers: dict[str, str]) -> quality.Subject:
    def ask(path: str, accept: str) -> Answer:
        body = answers.get(f"{path} {accept}")
        return Answer(404, "", b"") if body is None else Answer(200, accept, body.encode())

    store = store_of(turtle)
    return quality.Subject(store, store, ask)


# Lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", NAMES)
def test_every_published_id_is_decided_or_says_why_not(key: str) -> None:
    assert sorted(one.id for one in LISTS[key].checks) == sorted(PUBLISHED[key])
    for one in LISTS[key].checks:
        assert bool(one.decided_by) != bool(one.reason), one.id
        assert one.name and one.criterion and one.kind, one.id
        assert one.kind in {"critical", "important", "minor"} or key != "oops"
    files = {file.stem for file in (ROOT / "queries" / "quality" / key).glob("*.rq")}
    assert files == {one.id for one in LISTS[key].checks if one.decided_by == "query"}


@pytest.mark.parametrize("key", NAMES)
def test_every_decided_check_has_a_case(key: str) -> None:
    assert [one["id"] for one in CASES[key]] == list(dict.fromkeys(one["id"] for one in CASES[key]))
    assert {one["id"] for one in CASES[key]} == {one.id for one in LISTS[key].checks if one.decided_by}


@pytest.mark.parametrize(
    ("key", "case"),
    [pytest.param(key, case, id=f"{key}-{case['id']}") for key in NAMES for case in CASES[key]],
)
def test_a_check_passes_what_is_sound_and_finds_what_is_not(key: str, case: dict[str, object]) -> None:
    check = check_of(key, str(case["id"]))
    sound = subject_of(str(case["passes"]), case.get("answers", {}))  # type: ignore[arg-type]
    assert findings(key, check, sound) == [], case["why"]
    broken = subject_of(str(case["fails"]), case.get("wrong_answers", {}))  # type: ignore[arg-type]
    found = findings(key, check, broken)
    about = {one.value if check.parts else one.entity for one in found}
    assert about == {full(name) for name in case["finds"]}, case["why"]  # type: ignore[union-attr]
    assert all(one.rule == f"{key}:{check.id}" and one.message and one.mend for one in found)


def test_a_list_that_is_not_complete_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "queries" / "quality"
    folder.mkdir(parents=True)
    with pytest.raises(SourceError, match="cannot be read"):
        quality.read_lists(tmp_path)
    (folder / "foops.toml").write_text(
        'name = "F"\nabout = "a"\nsource = "s"\n[[check]]\nid = "X"\nname = "x"\nkind = "k"\ncriterion = "c"\n',
        "utf-8",
    )
    with pytest.raises(SourceError, match="not complete"):
        quality.read_lists(tmp_path)
    (folder / "accepted.toml").write_text(
        '[[accepted]]\nlist = "oops"\nid = "P13"\nentities = ["*"]\n', "utf-8"
    )
    with pytest.raises(SourceError, match="reason"):
        quality.read_accepted(tmp_path)


# Scores ----------------------------------------------------------------------------------------------------------


def test_acceptances_are_shown_and_buy_nothing_strictly() -> None:
    subject = subject_of(
        "cmh:a a owl:ObjectProperty ; rdfs:domain cmh:A ; rdfs:range cmh:A . cmh:A a owl:Class .", {}
    )
    only = [
        quality.CheckList(
            "oops", "OOPS!", "", "", tuple(check_of("oops", one) for one in ("P11", "P13", "P01"))
        )
    ]
    (without,) = judge(only, subject)
    assert [one.state for one in without.verdicts] == ["passed", "failed", "not judged"]
    assert (without.score, without.strict_score, without.judged) == (0.5, 0.5, 2)
    reason = "house style"
    (accepted,) = judge(only, subject, [Accepted("oops", "P13", frozenset({CMH + "a"}), reason)])
    assert [one.state for one in accepted.verdicts] == ["passed", "accepted", "not judged"]
    assert (accepted.score, accepted.strict_score) == (1.0, 0.5)
    assert not accepted.passes, "the strict gate is not bought"
    assert reason in quality.REPORTS["text"]([accepted])
    (other,) = judge(only, subject, [Accepted("oops", "P13", frozenset({CMH + "b"}), reason)])
    assert other.verdicts[1].state == "failed" and other.stale == ("P13",)


def test_parts_of_a_header_count_by_their_share() -> None:
    fails = next(one for one in CASES["foops"] if one["id"] == "OM3")["fails"]
    only = [quality.CheckList("foops", "F", "", "", (check_of("foops", "OM3"), check_of("foops", "FIND3")))]
    (plain,) = judge(only, subject_of(fails, {}))
    assert plain.score == plain.strict_score == 0.5
    assert plain.least_score == 0.25, "a registry that does not list us counts in the third figure"
    (taken,) = judge(
        only, subject_of(fails, {}), [Accepted("foops", "OM3", frozenset({"DOI", "logo"}), "none")]
    )
    assert (taken.score, taken.strict_score) == (0.75, 0.5)
    assert taken.verdicts[0].state == "failed" and len(taken.verdicts[0].accepted) == 2


@pytest.fixture(scope="module")
def subject(framework_build: BuiltGraph) -> Iterator[quality.Subject]:
    with quality.subject_of(framework_build) as made:
        yield made


@pytest.fixture(scope="module")
def results(subject: quality.Subject) -> tuple[quality.ListResult, ...]:
    return judge(LISTS.values(), subject, quality.read_accepted(ROOT))


def test_the_graph_clears_the_gate(results: tuple[quality.ListResult, ...]) -> None:
    for one in results:
        assert one.passes, quality.REPORTS["text"]([one])
        assert one.stale == (), "an acceptance that nothing needs must go"
        critical = [each for each in one.verdicts if each.check.kind == "critical" and each.findings]
        assert critical == []


def test_a_list_below_the_gate_stops_a_release(
    framework_build: BuiltGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subject: quality.Subject
) -> None:
    monkeypatch.setattr(gate, "subject_of", lambda _: contextlib.nullcontext(subject))
    shutil.copytree(ROOT / "queries" / "quality", tmp_path / "queries" / "quality")
    assert gate.quality_gate(tmp_path, framework_build) == []
    accepted = tmp_path / "queries" / "quality" / "accepted.toml"
    accepted.write_text("", "utf-8")
    (line,) = gate.quality_gate(tmp_path, framework_build)
    assert line.startswith("qSKOS scores 85.7%") and "oc" in line, (
        "too many failures once nothing is accepted"
    )
    assert "quality" in default_gates()
    assert gate.quality_gate(tmp_path / "elsewhere", framework_build) == []


def test_reports_say_all(results: tuple[quality.ListResult, ...]) -> None:
    text = quality.REPORTS["text"](results)
    told = json.loads(quality.REPORTS["json"](results))
    for key, one in zip(NAMES, told["lists"], strict=True):
        assert [each["id"] for each in one["checks"]] == [each.id for each in LISTS[key].checks]
        for each in one["checks"]:
            assert re.search(rf"^  {each['state']} +{re.escape(each['id'])} ", text, re.MULTILINE)
            assert each["reason"] or each["state"] in ("passed", "failed")


def test_a_released_ontology_is_served_as_it_was(subject: quality.Subject) -> None:
    first = Releases(ROOT / "releases").versions[0]
    answer = subject.ask(f"/ns/{first}", "application/n-triples")
    assert (answer.status, answer.media_type) == (200, "application/n-triples")
    assert answer.body == subject.ask(f"/ns/{first}.nt", "*/*").body
    served = set(parse_rdf(answer.body, RdfFormat.N_TRIPLES))
    version = [
        quad.object.value for quad in served if quad.predicate.value == PREFIXES["owl"] + "versionInfo"
    ]  # type: ignore[union-attr]
    assert version == [first]
    page = subject.ask(f"/ns/{first}", "text/html")
    assert page.status == 200 and b'<section id="Role">' in page.body
    assert subject.ask("/ns/99.0.0", "text/turtle").status == 404
    assert subject.ask("/ns/nothing", "text/html").status == 404


# Documentation ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(framework_build: BuiltGraph) -> str:
    quads = parse_nquads(framework_build.nquads)
    return offline_page(documentation(ontology_triples(quads), shape_triples(ROOT / "shapes")))


def test_the_file_to_read_offline_is_current(page: str) -> None:
    file = ROOT / "docs" / "reference" / "ontology.html"
    assert file.read_text(encoding="utf-8") == page, "run cmh-graph docs"


def test_every_term_has_its_anchor_and_every_link_leads_there(page: str, framework_build: BuiltGraph) -> None:
    tree = html5rdf.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    store = Store.from_quads(parse_nquads(framework_build.nquads))
    terms = store.select(
        "SELECT DISTINCT ?term { ?term a ?kind . FILTER(STRSTARTS(STR(?term), STR(cmh:)))"
        " FILTER(?kind IN (owl:Class, owl:ObjectProperty, owl:DatatypeProperty, owl:AnnotationProperty)) }"
    )
    names = {row["term"].value.removeprefix(CMH) for row in terms}  # type: ignore[union-attr]
    assert len(names) > 200
    assert names <= set(ids)
    links = {each.get("href") for each in tree.iter("a")}
    assert all(link.startswith("#") and link[1:] in ids for link in links if link)
    assert tree.get("lang") == "en-GB" and len(list(tree.iter("h1"))) == 1
    assert not list(tree.iter("script")) and not list(tree.iter("link")) and not list(tree.iter("img"))
    assert "@media print" in page


def test_texts_of_the_ontology_stay_texts() -> None:
    triples = [
        quad.triple
        for quad in store_of('cmh:X a owl:Class ; skos:definition "<script>alert(1)</script>"@en .').quads()
    ]
    written = offline_page(documentation(triples, []))
    assert "<script" not in written and "&lt;script&gt;" in written


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:date", "exactly one, a date"),
        ("sh:minCount 1 ; sh:class cmh:Source", "at least one, each of the class cmh:Source"),
        (
            "sh:maxCount 2 ; sh:minInclusive 0 ; sh:datatype xsd:integer",
            "at most 2, a whole number, 0 or more",
        ),
        ("sh:minCount 1 ; sh:maxCount 3", "at least one and at most 3"),
        ("sh:minCount 2 ; sh:maxCount 2", "exactly 2"),
        ("sh:maxCount 0", "none"),
        (
            'sh:minCount 1 ; sh:uniqueLang true ; sh:datatype rdf:langString ; sh:languageIn ( "en" "cy" )',
            "one in each language, text in English or Welsh",
        ),
        ("sh:in ( status:seed status:public )", "any number, one of status:seed, status:public"),
        (
            'sh:nodeKind sh:IRI ; sh:pattern "^https://w3id.org/cmh-graph/vocab/family/"',
            "any number, from the list vocab/family, an IRI",
        ),
        ('sh:pattern "^ST[0-9]{4}$"', "any number, of the form ^ST[0-9]{4}$"),
    ],
)
def test_shapes_are_told_in_words(shape: str, words: str) -> None:
    text = f"cmhsh:R sh:targetClass cmh:R ; sh:property cmhsh:R-p . cmhsh:R-p sh:path cmh:p ; {shape} ."
    (told,) = Shapes(quad.triple for quad in store_of(text).quads()).constraints()
    assert (told.target, told.path, told.words) == (CMH + "R", CMH + "p", words)


def test_no_shape_is_left_out_of_the_documentation(page: str) -> None:
    """Every named shape of ours that is about a class stands beside a term."""
    for one in Shapes(shape_triples(ROOT / "shapes")).constraints():
        if one.target.startswith(CMH):
            assert one.words or one.message, one.shape
            assert f"<code>cmhsh:{one.shape.rsplit('#', 1)[1]}</code>" in page
