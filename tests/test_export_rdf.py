"""RDF files: outside parsers find the very graph that is stated, whatever it holds, packed or not."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import rdflib
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

from built import framework_graph, framework_written
from cmh_graph.errors import SourceError
from cmh_graph.export import FORMATS, Edition, Files
from cmh_graph.export.losses import find_losses
from cmh_graph.export.packing import packed
from cmh_graph.json_ld import JsonLd, write_lines
from cmh_graph.namespaces import BASE, CMH, GRAPH_DERIVED, PREFIXES
from cmh_graph.statement_lines import after_subject
from cmh_graph.store import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    canonical_nquads,
    graph_of,
    parse_rdf,
)

ROOT = Path(__file__).parent.parent
DEFECTS: list[dict[str, str]] = tomllib.loads(
    (ROOT / "tests" / "cases" / "export" / "rdf_defects.toml").read_text(encoding="utf-8")
)["case"]
#: format -> its file, and how rdflib and rapper call the syntax ("" where rapper has no parser).
FILES = {
    "turtle": ("cmh.ttl", "turtle", "turtle"),
    "ntriples": ("cmh.nt", "nt", "ntriples"),
    "nquads": ("cmh.nq", "nquads", "nquads"),
    "trig": ("cmh.trig", "trig", "trig"),
    "rdfxml": ("cmh.rdf", "xml", "rdfxml"),
    "jsonld": ("cmh.jsonld", "json-ld", ""),
    "jsonld-expanded": ("cmh.expanded.jsonld", "json-ld", ""),
    "jsonld-framed": ("cmh.framed.jsonld", "json-ld", ""),
    "skos": ("cmh.skos.ttl", "turtle", "turtle"),
}
SYNTAXES = [name for name in FILES if name != "skos"]
DATASETS = ("nquads", "trig")
RAPPER = shutil.which("rapper")
needs_rapper = [
    pytest.mark.outside,
    pytest.mark.skipif(not RAPPER, reason="rapper is not there; Debian has it in raptor2-utils"),
]


@pytest.fixture(scope="module")
def edition() -> Edition:
    return Edition.of(framework_graph().nquads)


@pytest.fixture(scope="module")
def small(edition: Edition) -> Edition:
    """A part that a slow parser reads quickly: every eighth statement, and all with blank nodes."""
    known = [
        quad
        for place, quad in enumerate(edition.quads)
        if place % 12 == 0 or BlankNode in (type(quad.subject), type(quad.object))
    ]
    return Edition.of(canonical_nquads(known))


@pytest.fixture(scope="module")
def files() -> Files:
    return {file: data for name in FILES for file, data in framework_written(name).files.items()}


@pytest.fixture(scope="module")
def stated(edition: Edition) -> bytes:
    return canonical(edition.stated)


@pytest.fixture(autouse=True)
def literals_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)


def canonical(triples: Iterable[Triple]) -> bytes:
    return canonical_nquads(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in triples)


def by_rdflib(data: bytes, syntax: str) -> bytes:
    """What rdflib reads, canonical; the derived graph of a dataset left out."""
    found = rdflib.Dataset()
    found.parse(data=data, format=syntax)
    graph = rdflib.Graph()
    for s, p, o, name in found.quads():
        if str(name) != GRAPH_DERIVED:
            graph.add((s, p, o))
    return canonical(
        quad.triple for quad in parse_rdf(graph.serialize(format="nt", encoding="utf-8"), RdfFormat.N_TRIPLES)
    )


def by_rapper(data: bytes, syntax: str) -> bytes:
    """What rapper reads, canonical; the derived graph of a dataset left out. ValueError where it refuses the file."""
    assert RAPPER
    done = subprocess.run(
        [RAPPER, "-q", "-i", syntax, "-o", "nquads", "-", BASE],
        input=data, capture_output=True, timeout=120,
    )  # fmt: skip
    if done.returncode:
        raise ValueError(done.stderr.decode())
    read = parse_rdf(done.stdout, RdfFormat.N_QUADS)
    return canonical({quad.triple for quad in read if graph_of(quad) != GRAPH_DERIVED})


@pytest.mark.parametrize("name", SYNTAXES)
def test_rdflib_reads_the_stated_graph(small: Edition, name: str) -> None:
    file, syntax, _ = FILES[name]
    assert by_rdflib(FORMATS[name].write(small).files[file], syntax) == canonical(small.stated)


@pytest.mark.parametrize("name", [name for name in SYNTAXES if FILES[name][2]])
class TestRapper:
    pytestmark = needs_rapper

    def test_it_reads_the_stated_graph(self, files: Files, stated: bytes, name: str) -> None:
        file, _, syntax = FILES[name]
        assert by_rapper(files[file], syntax) == stated


@pytest.mark.parametrize("case", DEFECTS, ids=[case["file"] for case in DEFECTS])
@pytest.mark.outside
def test_a_defect_makes_the_parser_fail(small: Edition, case: dict[str, str]) -> None:
    name = next(name for name, (file, _, _) in FILES.items() if file == case["file"])
    file, syntax, rapper = FILES[name]
    data = FORMATS[name].write(small).files[file]
    broken = data.replace(case["find"].encode(), case["put"].encode(), 1)
    assert broken != data
    right = by_rdflib(data, syntax)
    try:
        assert by_rdflib(broken, syntax) != right, case["why"]
    except AssertionError:
        raise
    except Exception as error:  # each parser of rdflib has exceptions of its own
        assert str(error), case["why"]
    if rapper and RAPPER:
        with pytest.raises(ValueError):
            by_rapper(broken, rapper)


def test_every_file_has_a_defect() -> None:
    assert {case["file"] for case in DEFECTS} == {file for file, _, _ in FILES.values()}


# Packed copies


def test_packed_copies_hold_the_same(files: Files) -> None:
    plain = [name for name in files if not name.endswith((".gz", ".zst"))]
    assert {f"{FILES[name][0]}.gz" for name in FILES} | {f"{FILES[name][0]}.zst" for name in FILES} <= set(
        files
    )
    for name in plain:
        if f"{name}.gz" in files:
            assert gzip.decompress(files[f"{name}.gz"]) == files[name]
            assert zstandard.ZstdDecompressor().decompress(files[f"{name}.zst"]) == files[name]


def test_packed_bytes_are_the_same_on_every_machine() -> None:
    """Checksums as first written: another packing library or level would show here. The gzip header names no time."""
    data = b"".join(b"<https://w3id.org/cmh-graph/role/%d> .\n" % (n * n) for n in range(5000))
    found = packed({"a": data})
    assert found["a.gz"][3:8] == bytes(5), "no flags and no time"
    assert {name: hashlib.sha256(one).hexdigest()[:16] for name, one in found.items()} == CHECKSUMS


CHECKSUMS = {"a": "67cbe2cf3ad7f4b3", "a.gz": "a027174d6379ad4d", "a.zst": "733472304a941210"}


# JSON-LD


def test_a_thing_holds_its_parts(files: Files, edition: Edition) -> None:
    """Each requirement and band assignment stands inside its role, and each skill level inside its skill."""
    things = json.loads(files["cmh.framed.jsonld"])["@graph"]
    roles = [one for one in things if one["id"].startswith("cmh-graph:role/")]
    skills = [one for one in things if one["id"].startswith("cmh-graph:skill/")]

    def held(things: Iterable[dict[str, object]], name: str) -> Iterator[dict[str, object]]:
        for thing in things:
            parts = thing.get(name, [])
            yield from (
                one for one in (parts if isinstance(parts, list) else [parts]) if isinstance(one, dict)
            )

    def stated(link: str) -> int:
        return sum(triple.predicate.value == CMH + link for triple in edition.stated)

    assert len(list(held(roles, "hasRequirement"))) == stated("hasRequirement") > 1000
    assert len(list(held(roles, "hasBandAssignment"))) == stated("hasBandAssignment") > 50
    levels = list(held(skills, "hasSkillLevel"))
    assert len(levels) == stated("ofSkill") > 300
    assert len(list(held(levels, "hasIStatement"))) == stated("hasIStatement") > 300
    top = {one["id"].split("/")[0] for one in things}
    assert not top & {"cmh-graph:requirement", "cmh-graph:band-assignment", "cmh-graph:i-statement"}


def test_the_quick_way_writes_what_the_plain_one_does(edition: Edition) -> None:
    document, context = write_lines(edition.nquads, left_out=GRAPH_DERIVED)
    plain = JsonLd(edition.stated)
    assert context == plain.context
    assert document == plain.write(edition.stated)


@pytest.mark.parametrize(
    ("tail", "parts"),
    [
        ("<p> <o> .", ("<p>", "<o>", "")),
        ("<p> <o> <g> .", ("<p>", "<o>", "<g>")),
        ("<p> _:o _:g .", ("<p>", "_:o", "_:g")),
        (r'<p> "a <b> \" <c> ." <g> .', ("<p>", r'"a <b> \" <c> ."', "<g>")),
        (r'<p> "a \\"@en .', ("<p>", r'"a \\"@en', "")),
        ('<p> "1"^^<t> <g> .', ("<p>", '"1"^^<t>', "<g>")),
        ('<p> <<( <a> <b> "c )>> d"@en )>> <g> .', ("<p>", '<<( <a> <b> "c )>> d"@en )>>', "<g>")),
    ],
)
def test_a_line_is_cut_into_its_terms(tail: str, parts: tuple[str, str, str]) -> None:
    assert after_subject(tail.encode()) == tuple(map(str.encode, parts))


@pytest.mark.parametrize("tail", ["", "<p>", "<p> <o>", '<p> "o', '<p> "o"', "<p> <<( <a> <b> <c> ."])
def test_what_is_no_line_is_refused(tail: str) -> None:
    with pytest.raises(SourceError, match="no statement"):
        after_subject(tail.encode())


def test_parts_in_a_circle_are_not_lost() -> None:
    link = NamedNode(CMH + "hasRequirement")
    a, b, c = (NamedNode(BASE + "requirement/" + key) for key in "abc")
    for circle in ([(a, a)], [(a, b), (b, a)], [(a, b), (b, c), (c, a)]):
        framed = FORMATS["jsonld-framed"]
        one = Edition(Quad(s, link, o, DefaultGraph()) for s, o in circle)
        assert framed.read
        assert framed.read(framed.write(one).files) == set(one.stated)


def test_what_json_ld_cannot_say_is_refused() -> None:
    node, a_type = NamedNode(BASE + "role/a"), NamedNode(PREFIXES["rdf"] + "type")
    for triple, says in (
        (Triple(NamedNode("skos:x"), NamedNode(CMH + "a"), Literal("b")), "begins like one of our prefixes"),
        (Triple(node, a_type, Literal("role")), "the class of a thing is the text"),
        (Triple(node, NamedNode(CMH + "a"), Triple(node, a_type, node)), "a statement about a statement"),
    ):
        with pytest.raises(SourceError, match=says):
            JsonLd([triple]).write([triple])


# Whatever a graph holds

IRIS = st.sampled_from(
    [
        BASE + "role/a", BASE + "role/b%20c", BASE + "ns#Role", BASE + "//x", BASE, BASE + "ns#",
        CMH + "order", PREFIXES["skos"] + "Concept", PREFIXES["owl"] + "/x", "http://example.org/é/ü",
        "http://example.org/a?b=c#d", "urn:x:y", "mailto:a@example.org", "http://example.org/a'(b)",
    ]
).map(NamedNode)  # fmt: skip
PROPERTIES = st.sampled_from(
    [
        PREFIXES["rdf"] + "type", CMH + "title", PREFIXES["dcterms"] + "title", CMH + "order", CMH + "id",
        CMH + "type", CMH + "hasRequirement", CMH + "ofSkill", CMH + "Role", PREFIXES["skos"] + "prefLabel",
        "http://example.org/title", "http://example.org/x-y.z", "http://example.org/ns#skos",
        PREFIXES["rdf"] + "first", PREFIXES["rdf"] + "rest",
    ]
).map(NamedNode)  # fmt: skip
BLANKS = st.sampled_from("xyz").map(BlankNode)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LITERALS = st.one_of(
    TEXTS.map(Literal),
    st.builds(lambda text, tag: Literal(text, language=tag), TEXTS, st.sampled_from(["en", "cy", "en-gb"])),
    st.builds(
        lambda text, name: Literal(text, datatype=NamedNode(PREFIXES["xsd"] + name)),
        st.sampled_from(
            ["1", "01", "+1", "-0", "1.50", "true", "1", "no number", "99999999999999999999", "2026-01-01Z"]
        ),
        st.sampled_from(["integer", "boolean", "decimal", "date", "nonNegativeInteger", "double"]),
    ),
)
GRAPHS = st.sets(
    st.builds(Triple, st.one_of(IRIS, BLANKS), PROPERTIES, st.one_of(IRIS, BLANKS, LITERALS)).filter(
        lambda triple: not (triple.predicate.value.endswith("#type") and isinstance(triple.object, Literal))
    ),
    max_size=12,
)


_IN_GRAPHS = st.sampled_from([DefaultGraph(), *map(NamedNode, (CMH, BASE + "role/a", GRAPH_DERIVED))])


@settings(max_examples=60, deadline=None)
@given(
    triples=GRAPHS.flatmap(
        lambda triples: (
            st.sets(st.tuples(st.sampled_from(sorted(triples, key=str)), _IN_GRAPHS))
            if triples
            else st.just(set())
        )
    )
)
def test_the_quick_way_leaves_nothing_out_but_graphs(triples: set[tuple[Triple, NamedNode]]) -> None:
    """Law: statements of several graphs, of none, and of one that is left out, are written as the plain way does."""
    one = Edition.of(canonical_nquads(Quad(t.subject, t.predicate, t.object, graph) for t, graph in triples))
    document, context = write_lines(one.nquads, left_out=GRAPH_DERIVED)
    plain = JsonLd(one.stated)
    assert (document, context) == (plain.write(one.stated), plain.context)
    assert FORMATS["jsonld"].write(one).files["cmh.jsonld"] == document + b"\n"
    assert write_lines(one.ntriples) == (document, context)
    assert FORMATS["jsonld"].write(one).files["cmh.jsonld"] == document + b"\n"


@settings(max_examples=25, deadline=None)
@given(triples=GRAPHS)
def test_any_graph_comes_back(triples: set[Triple]) -> None:
    """Law: what an RDF format wrote reads back as the graph it is said to carry, literals as written."""
    one = Edition.of(canonical(triples))
    for name in SYNTAXES:
        written = FORMATS[name].write(one)
        carried = one.stated if written.carried is None else written.carried
        read = FORMATS[name].read
        if read:
            assert canonical(read(written.files)) == canonical(carried), name
        if name == "rdfxml":
            assert by_rdflib(written.files["cmh.rdf"], "xml") == canonical(carried)


_A_PART_OF_TWO = {
    Triple(NamedNode(BASE + "role/a"), NamedNode(PREFIXES["rdf"] + "type"), NamedNode(BASE + "role/a")),
    *(
        Triple(BlankNode("x"), NamedNode(PREFIXES["cmh"] + "ofSkill"), NamedNode(BASE + f"role/{key}"))
        for key in ("a", "b")
    ),
}


@example(triples=_A_PART_OF_TWO)  # the link to the second, of which nothing is said, was lost
@settings(max_examples=20, deadline=None)
@given(triples=GRAPHS)
def test_an_outside_reader_of_json_ld_agrees(triples: set[Triple]) -> None:
    # rdflib keeps no order of lists apart from their statements: a half list would be read as one.
    one = Edition.of(canonical(triples))
    for name in ("jsonld", "jsonld-framed"):
        assert by_rdflib(FORMATS[name].write(one).files[FILES[name][0]], "json-ld") == canonical(
            one.stated
        ), name


def test_what_xml_cannot_hold_is_counted_as_lost() -> None:
    a, b = NamedNode(BASE + "role/a"), NamedNode(PREFIXES["skos"] + "note")
    bell, ends = (
        Triple(a, b, Literal("ring \x07")),
        Triple(a, NamedNode("http://example.org/1"), Literal("x")),
    )
    keeps = Triple(a, b, Literal("line\r\nline"))
    one = Edition(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in (bell, ends, keeps))
    written = FORMATS["rdfxml"].write(one)
    assert written.carried == {keeps}
    assert sum(loss.lost for loss in find_losses(one, FORMATS["rdfxml"], written.carried)) == 2
    assert by_rdflib(written.files["cmh.rdf"], "xml") == canonical([keeps])
