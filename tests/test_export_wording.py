"""Odd wording and half-filled graphs: every file is still valid, and says of itself only what can be read back."""

from __future__ import annotations

import io
import itertools
import json

import networkx as nx
import pytest

from built import framework_graph
from cmh_graph.errors import SourceError
from cmh_graph.export import FORMATS, Edition, ctdl_asn, schema_org
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.store import Literal, NamedNode, Quad, parse_nquads

NAMES = ("ctdl-asn", "schema-org", "open-badges", "network", "network-parquet")
#: What may stand in a text that somebody else wrote.
ODD = (
    "=1+1", "two\nlines", "a | b", "[x](http://x/)", "</script><b>", "\u000b bell \u0007", "Status: public.",
    "I statements: seed.", "\u202eright to left", "😀", "tab\tand \\ backslash", "\ufffe", "x" * 3000,
)  # fmt: skip
#: Graphs with one thing each and little said of it, in N-Quads without the graph's name.
SPARSE = {
    "nothing": "",
    "a role without a name": "role:a a cmh:Role",
    "a skill with a level of no scale": "skill:s a cmh:Skill|skill-level:s a cmh:SkillLevel"
    "|skill-level:s cmh:ofSkill skill:s|skill-level:s cmh:atFrameworkLevel framework-level:x",
    "a role that asks for what is not there": "role:a a cmh:Role|role:a cmh:hasRequirement requirement:r"
    "|requirement:r a cmh:SkillRequirement|requirement:r cmh:asksFor skill:none"
    "|requirement:r cmh:necessity necessity:essential",
    "a role at a band that is not there": "role:a a cmh:Role|role:a cmh:hasBandAssignment band-assignment:b"
    "|band-assignment:b a cmh:BandAssignment|band-assignment:b cmh:band band:3",
    "a pathway without stages": "pathway:p a cmh:Pathway",
    "a role matched to a scheme that is not there": "role:a a cmh:Role|mapping:m a cmh:Mapping"
    "|mapping:m owl:annotatedSource role:a|mapping:m owl:annotatedProperty skos:exactMatch"
    "|mapping:m owl:annotatedTarget scheme:x|mapping:m sssom:object_source scheme:isco",
}


def named(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"<{PREFIXES['rdf']}type>" if name == "a" else f"<{PREFIXES[prefix]}{local}>"


def sparse(text: str) -> Edition:
    header = (
        f'<{BASE}ns> {named("owl:versionInfo")} "1"',
        f'<{BASE}ns> {named("dcterms:issued")} "2026-01-01"',
    )
    said = [" ".join(map(named, one.split())) for one in text.split("|") if one]
    return Edition.of("".join(f"{one} <{BASE}graph/x> .\n" for one in (*header, *said)).encode())


@pytest.fixture(scope="module")
def odd() -> Edition:
    """The framework with something odd behind every English text of the things that these formats show."""
    words = itertools.cycle(ODD)
    quads = []
    for quad in parse_nquads(framework_graph().nquads):
        subject, text = quad.subject, quad.object
        if (
            isinstance(text, Literal)
            and text.language == "en"
            and isinstance(subject, NamedNode)
            and subject.value.startswith(BASE)
            and "#" not in subject.value
            and subject.value != BASE + "ns"
        ):
            text = Literal(f"{text.value} {next(words)}", language="en")
        quads.append(Quad(subject, quad.predicate, text, quad.graph_name))
    return Edition(tuple(quads))


@pytest.mark.parametrize("name", NAMES)
def test_odd_wording_is_carried_or_counted_as_lost(odd: Edition, name: str) -> None:
    format = FORMATS[name]
    written = format.write(odd)
    assert format.read is not None and written.carried is not None
    assert written.carried <= frozenset(format.read(written.files))
    assert written.carried <= frozenset(odd.stated)
    assert len(written.carried) > 1500


def test_odd_wording_breaks_no_file(odd: Edition) -> None:
    ctdl = [json.loads(data) for data in FORMATS["ctdl-asn"].write(odd).files.values()]
    assert [ctdl_asn.find_faults(one) for one in ctdl] == [(), ()]
    occupations = json.loads(FORMATS["schema-org"].write(odd).files[schema_org.FILE])
    assert schema_org.find_faults(occupations) == ()
    network = FORMATS["network"].write(odd).files
    graphs = (
        nx.read_graphml(io.BytesIO(network["network/steps.graphml"]), force_multigraph=True),
        nx.read_gexf(io.BytesIO(network["network/steps.gexf"]), version="1.3"),
    )
    assert {graph.number_of_edges() for graph in graphs} == {len(odd.catalogue.steps)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("about", SPARSE)
def test_a_graph_that_says_little_is_written(name: str, about: str) -> None:
    edition = sparse(SPARSE[about])
    written = FORMATS[name].write(edition)
    assert written.files
    assert written.carried is not None
    assert written.carried <= frozenset(edition.stated)


@pytest.mark.parametrize("name", ["ctdl-asn", "schema-org", "open-badges"])
@pytest.mark.parametrize("held", [[], {}, {"@graph": 3}, {"@graph": [3]}, {"@graph": [{"@id": ["x"]}]}])
def test_a_file_of_another_shape_is_refused_with_its_name(name: str, held: object) -> None:
    format = FORMATS[name]
    assert format.read is not None
    files = dict.fromkeys(format.write(sparse("")).files, json.dumps(held).encode())
    with pytest.raises(SourceError) as error:
        format.read(files)
    assert error.value.where in files
