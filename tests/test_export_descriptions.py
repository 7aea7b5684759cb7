"""Descriptions of an export are true: outside validators accept them, and what they count and list is what there is."""

from __future__ import annotations

import doctest
import hashlib
import json
import os
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from pyshacl import validate
from rdflib import RDF, URIRef
from rdflib.compare import isomorphic
from starlette.testclient import TestClient

from built import ROOT, framework_edition, framework_graph, framework_origin
from cmh_graph import open as open_framework
from cmh_graph.api.app import create_app
from cmh_graph.build import Graph as BuiltGraph
from cmh_graph.export import FORMATS, export, write_export
from cmh_graph.export.descriptions import DESCRIPTIONS, Origin, Package, dcat, ro_crate, void
from cmh_graph.export.descriptions.counting import count
from cmh_graph.export.descriptions.media_types import UNKNOWN, kind_of
from cmh_graph.export.descriptions.parts import FRAMEWORK
from cmh_graph.export.descriptions.provenance import file_iri, source_iri
from cmh_graph.export.descriptions.rdf import Said
from cmh_graph.export.edition import Edition
from cmh_graph.namespaces import BASE, DESCRIPTION_PREFIXES, GRAPH_DERIVED, PREFIXES
from cmh_graph.settings import Settings
from cmh_graph.store import parse_nquads
from conftest import FrameworkData

CASES = ROOT / "tests" / "cases" / "export"
SHAPES = ROOT.parent / "shared" / "schemas" / "dcat-ap-3.0.1" / "shapes.ttl"
CRATE_PYTHON = ROOT / ".venv-crate" / "bin" / "python"
DEFECTS: list[dict[str, str]] = tomllib.loads((CASES / "catalog_defects.toml").read_text("utf-8"))["case"]
CRATE_DEFECTS: list[dict[str, Any]] = tomllib.loads((CASES / "crate_defects.toml").read_text("utf-8"))["case"]
#: Formats that are quick to write, and among them one packed, one of several files, and the mapping sets.
QUICK = ("turtle", "sssom", "sssom-rdf", "open-badges", "network")
TAKEN = (*QUICK, *DESCRIPTIONS)
DCAT = rdflib.Namespace(PREFIXES["dcat"])
DCT = rdflib.Namespace(PREFIXES["dcterms"])
PROV = rdflib.Namespace(PREFIXES["prov"])
SPDX = rdflib.Namespace(DESCRIPTION_PREFIXES["spdx"])
VOID = rdflib.Namespace(DESCRIPTION_PREFIXES["void"])
SCHEMA = rdflib.Namespace(PREFIXES["schema"])
NAMES = {**PREFIXES, **DESCRIPTION_PREFIXES}
needs_shapes = pytest.mark.skipif(not SHAPES.exists(), reason=f"DCAT-AP's shapes are not at {SHAPES}")
HEADER = f"""\
<{BASE}ns> <{NAMES["rdf"]}type> <{NAMES["owl"]}Ontology> <{BASE}graph/ontology> .
<{BASE}ns> <{NAMES["dcterms"]}title> "Roles"@en <{BASE}graph/ontology> .
<{BASE}ns> <{NAMES["dcterms"]}description> "Roles and \\"skills\\" <b>"@en <{BASE}graph/ontology> .
<{BASE}ns> <{NAMES["dcterms"]}publisher> "The project"@en <{BASE}graph/ontology> .
<{BASE}ns> <{NAMES["dcterms"]}license> <https://creativecommons.org/licenses/by/4.0/> <{BASE}graph/ontology> .
<{BASE}ns> <{NAMES["dcterms"]}issued> "2027-03-01" <{BASE}graph/ontology> .
<{BASE}ns> <{NAMES["owl"]}versionInfo> "1.10.0" <{BASE}graph/ontology> .
"""


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return export(framework_graph().nquads, TAKEN, origin=framework_origin())


@pytest.fixture(scope="module")
def catalogue(files: dict[str, bytes]) -> rdflib.Graph:
    return parsed(files[dcat.TURTLE])


@pytest.fixture(scope="module")
def provenance(files: dict[str, bytes]) -> rdflib.Graph:
    return parsed(files["provenance.ttl"])


@pytest.fixture(scope="module")
def counted(files: dict[str, bytes]) -> rdflib.Graph:
    return parsed(files[void.FILE])


@pytest.fixture(scope="module")
def service(framework_snapshots: Path) -> Iterator[TestClient]:
    app = create_app(Settings(snapshots=framework_snapshots, home=ROOT), open_framework(framework_snapshots))
    with TestClient(app, base_url="http://here.example:8123") as client:
        yield client


def parsed(data: bytes, syntax: str = "turtle") -> rdflib.Graph:
    return rdflib.Graph().parse(data=data, format=syntax)


def edition_of(*lines: str) -> Edition:
    return Edition(parse_nquads((HEADER + "".join(f"{line}\n" for line in lines)).encode()))


def findings(graph: rdflib.Graph) -> list[str]:
    """The paths that DCAT-AP's shapes complain about."""
    _, report, _ = validate(graph, shacl_graph=rdflib.Graph().parse(SHAPES), allow_warnings=False)
    return sorted(str(path) for path in report.objects(None, rdflib.SH.resultPath))


# --- the catalogue ---


@needs_shapes
def test_the_catalogue_conforms_to_dcat_ap(catalogue: rdflib.Graph) -> None:
    assert findings(catalogue) == []


@needs_shapes
@pytest.mark.parametrize("case", DEFECTS, ids=lambda case: case["name"])
def test_a_planted_defect_is_found(case: dict[str, str]) -> None:
    """On a small catalogue: what is judged is whether the shapes look at the place."""
    package = Package(edition_of(*_mapping_set("esco"))).with_files({"cmh.ttl": b"text"}, FORMATS["turtle"])
    graph = parsed(dcat.write(package)[dcat.TURTLE])
    assert findings(graph) == []
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in NAMES.items())
    before = len(graph), set(graph)
    graph.update(prefixes + case["update"])
    assert (len(graph), set(graph)) != before, "the defect was not planted"
    assert case["path"] in findings(graph), case["why"]


def test_both_forms_of_the_catalogue_say_the_same(files: dict[str, bytes], catalogue: rdflib.Graph) -> None:
    assert isomorphic(parsed(files[dcat.JSON_LD], "json-ld"), catalogue)


def test_every_file_is_a_distribution_with_its_size_and_checksum(
    files: dict[str, bytes], catalogue: rdflib.Graph
) -> None:
    described = {"manifest.json", *framework_origin().notices, *_described(files)}
    wanted = {
        f"{BASE}exports/{name}": (len(data), hashlib.sha256(data).hexdigest())
        for name, data in files.items()
        if name not in described
    }
    found = {
        str(catalogue.value(one, DCAT.downloadURL)): (
            int(str(catalogue.value(one, DCAT.byteSize))),
            str(catalogue.value(catalogue.value(one, SPDX.checksum), SPDX.checksumValue)).lower(),
        )
        for one in catalogue.subjects(DCAT.downloadURL)
    }
    assert found == wanted
    packed = URIRef(file_iri("cmh.ttl.zst"))
    assert str(catalogue.value(packed, DCAT.compressFormat)).endswith("application/zstd")
    assert str(catalogue.value(packed, DCAT.mediaType)).endswith("text/turtle")


def test_each_part_has_its_licence_and_attribution(catalogue: rdflib.Graph) -> None:
    esco = URIRef(BASE + "graph/matches/esco")
    assert "ESCO" in str(catalogue.value(catalogue.value(esco, DCT.rights), rdflib.RDFS.label))
    assert {str(one) for one in catalogue.objects(esco, DCAT.distribution)} >= {
        file_iri("mappings/esco.sssom.tsv"),
        file_iri("mappings/esco.sssom.ttl"),
    }
    for dataset in catalogue.subjects(RDF.type, DCAT.Dataset):
        assert catalogue.value(dataset, DCT.license), dataset
    for one in catalogue.subjects(DCAT.downloadURL):
        assert catalogue.value(catalogue.value(one, DCT.rights), rdflib.RDFS.label), one


def test_nobody_is_named_as_contact(catalogue: rdflib.Graph) -> None:
    contacts = set(catalogue.objects(None, DCAT.contactPoint))
    assert len(contacts) == 1
    for prop in ("hasEmail", "hasTelephone"):
        assert not list(catalogue.objects(None, URIRef(NAMES["vcard"] + prop)))


def test_versions_stand_in_the_order_of_their_numbers() -> None:
    """1.9.0 is before 1.10.0, and a later version than the edition's own is not known to it."""
    numbers = ("1.2.0", "1.9.0", "1.10.0", "2.0.0")
    edition = edition_of(*(line for number in numbers for line in _release(number)))
    graph = parsed(dcat.write(Package(edition))[dcat.TURTLE])
    versions = dict(graph.subject_objects(DCAT.previousVersion))
    release = {number: URIRef(f"{PREFIXES['release']}{number}") for number in numbers}
    assert versions == {
        release["1.9.0"]: release["1.2.0"],
        release["1.10.0"]: release["1.9.0"],
    }
    assert graph.value(URIRef(FRAMEWORK), DCAT.hasCurrentVersion) == release["1.10.0"]
    assert set(graph.objects(URIRef(FRAMEWORK), DCAT.hasVersion)) == set(release.values()) - {
        release["2.0.0"]
    }


def test_a_partners_graph_is_no_part_of_the_catalogue() -> None:
    edition = edition_of(f'<{BASE}role/x-1> <{NAMES["rdfs"]}label> "x" <{BASE}graph/source/x> .')
    assert b"graph/source" not in dcat.write(Package(edition))[dcat.TURTLE]
    assert b"graph/source/x" not in ro_crate.write(Package(edition))[ro_crate.FILE]
    counted = parsed(void.write(Package(edition))[void.FILE])
    partner = URIRef(BASE + "graph/source/x")
    assert int(str(counted.value(partner, VOID.triples))) == 1
    assert counted.value(partner, DCT.license) is None, "the licence is the partner's to state"


def test_the_kind_of_every_exported_file_is_known() -> None:
    names = json.loads((ROOT / "exports" / "manifest.json").read_text("utf-8"))["files"]
    assert [name for name in names if kind_of(name).media_type == UNKNOWN] == []
    assert kind_of("what.ever").media_type == UNKNOWN


# --- VoID ---


def test_numbers_are_what_rdflib_counts(counted: rdflib.Graph, files: dict[str, bytes]) -> None:
    """Every partition of what is stated."""
    stated = parsed(files["cmh.ttl"])
    dataset = URIRef(FRAMEWORK)
    assert _numbers(counted, dataset) == (
        len(stated),
        len(set(stated.subjects())),
        len(set(stated.objects())),
    )
    assert int(str(counted.value(dataset, VOID.entities))) == sum(
        str(one).startswith(BASE) and isinstance(one, URIRef) for one in set(stated.subjects())
    )
    properties = {
        counted.value(one, VOID.property): _numbers(counted, one)
        for one in counted.objects(dataset, VOID.propertyPartition)
    }
    found = defaultdict(list)
    for triple in stated:
        found[triple[1]].append(triple)
    assert properties == {
        prop: (len(rows), len({row[0] for row in rows}), len({row[2] for row in rows}))
        for prop, rows in found.items()
    }
    classes = {
        counted.value(one, VOID["class"]): (
            *_numbers(counted, one),
            int(str(counted.value(one, VOID.entities))),
        )
        for one in counted.objects(dataset, VOID.classPartition)
    }
    kinds = {kind for kind in stated.objects(None, RDF.type) if isinstance(kind, URIRef)}
    wanted = {}
    for kind in kinds:
        members = set(stated.subjects(RDF.type, kind))
        rows = [row for one in members for row in stated.triples((one, None, None))]
        wanted[kind] = (len(rows), len(members), len({row[2] for row in rows}), len(members))
    assert classes == wanted


def test_numbers_of_graphs_and_links_are_what_a_query_counts(
    counted: rdflib.Graph, framework_data: FrameworkData
) -> None:
    store = framework_data.store
    number = "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?u) (COUNT(DISTINCT ?o) AS ?v)"
    everything = store.select(f"{number} {{ ?s ?p ?o }}")[0]
    # The engine writes some literals in another way, which can make two of them one: subjects and triples tell enough.
    assert _numbers(counted, URIRef(void.EVERYTHING))[:2] == tuple(int(everything[n].value) for n in "nu")
    for graph in store.graphs():
        row = store.select(f"{number} {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")[0]
        assert _numbers(counted, URIRef(graph))[:2] == tuple(int(row[n].value) for n in "nu"), graph
    rows = store.select(
        "SELECT ?set ?p (COUNT(DISTINCT ?m) AS ?n) { ?set sssom:object_source ?x ; sssom:mappings ?row . "
        "?row owl:annotatedSource ?s ; owl:annotatedProperty ?p ; owl:annotatedTarget ?o . ?s ?p ?o "
        "BIND(CONCAT(STR(?s), ' ', STR(?o)) AS ?m) } GROUP BY ?set ?p"
    )
    assert rows
    assert {
        (str(counted.value(one, DCT.source)), str(counted.value(one, VOID.linkPredicate))): int(
            str(counted.value(one, VOID.triples))
        )
        for one in counted.subjects(RDF.type, VOID.Linkset)
    } == {(row["set"].value, row["p"].value): int(row["n"].value) for row in rows}


def test_every_dump_and_example_is_there(counted: rdflib.Graph, files: dict[str, bytes]) -> None:
    dumps = {str(one) for one in counted.objects(URIRef(FRAMEWORK), VOID.dataDump)}
    assert dumps == {f"{BASE}exports/cmh.ttl{end}" for end in ("", ".gz", ".zst")}
    examples = list(counted.objects(URIRef(FRAMEWORK), VOID.exampleResource))
    assert len(examples) == 5
    assert all(framework_edition().about[str(one)] for one in examples)


_NODE = st.sampled_from([f"<{BASE}role/{one}>" for one in "abc"] + ["_:b", "<http://x/y>"])
_KIND = st.sampled_from([f"<{PREFIXES['cmh']}{one}>" for one in ("Role", "Skill")])
_TYPE = st.just(f"<{PREFIXES['rdf']}type>")
_ROW = st.one_of(
    st.tuples(_NODE, _TYPE, _KIND),
    st.tuples(_NODE, st.sampled_from(["<http://p/1>", "<http://p/2>"]), st.one_of(_NODE, st.just('"text"'))),
)


@given(st.frozensets(_ROW))
def test_partitions_add_up(rows: frozenset[tuple[str, str, str]]) -> None:
    """Properties divide the triples; classes hold each thing as often as it has a class."""
    found = count(rows, partitions=True)
    assert sum(one.triples for one in found.properties.values()) == found.triples == len(rows)
    types = [row for row in rows if row[1].endswith("type>")]
    assert sum(one.entities for one in found.classes.values()) == len(types)
    assert sum(one.triples for one in found.classes.values()) == sum(
        sum(other[0] == one[0] for other in rows) for one in types
    )
    for part in (*found.classes.values(), *found.properties.values()):
        assert part.subjects <= min(part.triples, found.subjects)
        assert part.objects <= min(part.triples, found.objects)


# --- provenance ---


def test_every_file_leads_back_to_every_source(
    provenance: rdflib.Graph, files: dict[str, bytes], framework_build: BuiltGraph
) -> None:
    graph = next(provenance.subjects(RDF.type, PROV.Collection))
    assert str(provenance.value(graph, SCHEMA.sha256)) == framework_build.sha256
    sources = {str(one) for one in provenance.objects(graph, PROV.wasDerivedFrom)}
    assert sources == {source_iri(name) for name in framework_build.sources}
    for name, checksum in framework_build.sources.items():
        assert str(provenance.value(URIRef(source_iri(name)), SCHEMA.sha256)) == checksum
        assert checksum == hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
    build = provenance.value(graph, PROV.wasGeneratedBy)
    assert {str(one) for one in provenance.objects(build, PROV.used)} == sources
    for name in ("cmh.ttl", "mappings/esco.sssom.tsv", "losses.csv"):
        file = URIRef(file_iri(name))
        assert provenance.value(file, PROV.wasDerivedFrom) == graph
        assert str(provenance.value(file, SCHEMA.sha256)) == hashlib.sha256(files[name]).hexdigest()
        activity = provenance.value(file, PROV.wasGeneratedBy)
        assert provenance.value(activity, PROV.wasInformedBy) == build
        agent = provenance.value(activity, PROV.wasAssociatedWith)
        assert (agent, RDF.type, PROV.SoftwareAgent) in provenance
    derived = URIRef(GRAPH_DERIVED)
    assert provenance.value(derived, PROV.wasDerivedFrom) == URIRef(FRAMEWORK)


def test_no_description_knows_a_time_of_day(files: dict[str, bytes]) -> None:
    for name in _described(files):
        text = files[name].decode()
        assert "dateTime" not in text
        assert "generatedAtTime" not in text
        assert "startedAtTime" not in text


# --- RO-Crate ---


@pytest.fixture(scope="module")
def crate(files: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    return {one["@id"]: one for one in json.loads(files[ro_crate.FILE])["@graph"]}


def test_the_crate_lists_every_file(files: dict[str, bytes], crate: dict[str, dict[str, Any]]) -> None:
    listed = {name for name, one in crate.items() if one["@type"] == "File"}
    assert listed == set(files) - {ro_crate.FILE}
    for name in listed - {"manifest.json"}:
        one = crate[name]
        assert (one["contentSize"], one["sha256"]) == (
            str(len(files[name])),
            hashlib.sha256(files[name]).hexdigest(),
        )
        assert one["license"]["@id"] in crate
        assert one["encodingFormat"] != UNKNOWN
    assert "ESCO" in crate["mappings/esco.sssom.tsv"]["creditText"]
    assert files["ATTRIBUTION.md"] == (ROOT / "ATTRIBUTION.md").read_bytes()
    assert json.loads(files["manifest.json"])["files"][ro_crate.FILE]["sha256"] == (
        hashlib.sha256(files[ro_crate.FILE]).hexdigest()
    )


@pytest.mark.outside
@pytest.mark.skipif(
    not CRATE_PYTHON.exists(), reason="the validator has an environment of its own; run: make crate-validator"
)
def test_the_validator_accepts_the_crate_and_sees_each_planted_defect(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    folders = {"whole": tmp_path / "whole"}
    _write(files, folders["whole"])
    small = export(edition_of().nquads, ["turtle", "ro-crate"])
    for number, case in enumerate(CRATE_DEFECTS):
        document = json.loads(small[ro_crate.FILE])
        entity = next(one for one in document["@graph"] if one["@id"] == case["entity"])
        if "value" in case:
            entity[case["key"]] = case["value"]
        else:
            del entity[case["key"]]
        folders[case["name"]] = tmp_path / f"defect-{number}"
        _write({**small, ro_crate.FILE: json.dumps(document).encode()}, folders[case["name"]])
    done = subprocess.run(
        [str(CRATE_PYTHON), str(ROOT / "tests" / "crate_judge.py"), *map(str, folders.values())],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    verdicts = json.loads(done.stdout.splitlines()[-1])
    assert verdicts[str(folders["whole"])] == []
    for case in CRATE_DEFECTS:
        assert verdicts[str(folders[case["name"]])], f"{case['name']}: {case['why']}"


# --- all of them ---


def test_only_what_is_asked_for_is_written_and_described() -> None:
    nquads = edition_of().nquads
    assert set(export(nquads, ["ntriples"])) == {
        "cmh.nt", "cmh.nt.gz", "cmh.nt.zst", "losses.csv", "manifest.json",
    }  # fmt: skip
    found = export(nquads, ["ntriples", "void"])
    assert void.FILE in found
    assert dcat.TURTLE not in found
    assert b"exports/cmh.nt.zst" in found[void.FILE]
    assert b"cmh.ttl" not in found[void.FILE]


def test_descriptions_are_the_same_bytes_in_every_process() -> None:
    """Sets of text come in another order in every process: none may reach a file."""
    program = (
        "import sys, hashlib\n"
        "from cmh_graph.export import export\n"
        "made = export(sys.stdin.buffer.read(), ['ntriples', 'prov', 'void', 'dcat', 'ro-crate'])\n"
        "print([(name, hashlib.sha256(data).hexdigest()) for name, data in made.items()])\n"
    )
    lines = [*_release("1.2.0"), *_mapping_set("esco"), *_mapping_set("isco-08")]
    nquads = edition_of(*lines).nquads
    said = {
        subprocess.run(
            [sys.executable, "-c", program], input=nquads, capture_output=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed), "TZ": zone},
        ).stdout
        for seed, zone in ((1, "UTC"), (2, "Pacific/Auckland"))
    }  # fmt: skip
    assert len(said) == 1


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20), st.text(max_size=20))
def test_no_name_or_text_breaks_a_description(name: str, text: str) -> None:
    """File names of sources and texts of the graph are not ours to choose."""
    said = Said()
    said.type(source_iri(name), "prov:Entity")
    said.text(source_iri(name), "rdfs:label", text)
    held = parsed(said.turtle())
    assert set(held) == set(parsed(said.json_ld(), "json-ld")) == set(parsed(said.n_triples(), "nt"))
    assert len(held) == (2 if text else 1)


def test_a_graph_alone_is_described_without_sources() -> None:
    files = DESCRIPTIONS["prov"].write(Package(edition_of(), origin=Origin(software="9.9.9")))
    graph = parsed(files["provenance.ttl"])
    assert list(graph.subjects(RDF.type, PROV.SoftwareAgent)) == [URIRef(f"{BASE}catalog#software-9.9.9")]
    assert not list(graph.objects(None, URIRef(PREFIXES["prov"] + "atLocation")))


def test_what_the_page_shows_in_python_is_true(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nquads, chosen = framework_graph().nquads, ("ntriples", "sssom", *DESCRIPTIONS)
    write_export(export(nquads, chosen, origin=framework_origin()), tmp_path / "exchange")
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "formats" / "descriptions.md"
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert (failed, tried > 0) == (0, True)


# --- the service ---


@needs_shapes
def test_the_served_catalogue_conforms_too(service: TestClient) -> None:
    answer = service.get("/catalog", headers={"Accept": "text/turtle"})
    graph = parsed(answer.content)
    assert findings(graph) == []
    services = {str(one) for one in graph.objects(None, DCAT.endpointURL)}
    assert "http://here.example:8123/sparql" in services
    assert all(one.startswith("http://here.example:8123/") for one in services)
    assert not list(graph.objects(None, DCAT.downloadURL)), "the service has no files"
    assert (URIRef(FRAMEWORK), RDF.type, DCAT.Dataset) in graph, "names stay ours"


def test_the_services_that_the_catalogue_names_answer(service: TestClient) -> None:
    graph = parsed(service.get("/catalog").content)
    for address in set(graph.objects(None, DCAT.endpointDescription)):
        assert service.get(str(address).removeprefix("http://here.example:8123")).status_code == 200, address


def test_void_is_served_at_its_well_known_address(service: TestClient, counted: rdflib.Graph) -> None:
    graphs = [
        parsed(service.get("/.well-known/void", headers={"Accept": media_type}).content, syntax)
        for media_type, syntax in (
            ("text/turtle", "turtle"), ("application/ld+json", "json-ld"), ("application/n-triples", "nt"),
        )
    ]  # fmt: skip
    assert isomorphic(graphs[0], graphs[1])
    assert isomorphic(graphs[0], graphs[2])
    dataset = URIRef(FRAMEWORK)
    assert _numbers(graphs[0], dataset) == _numbers(counted, dataset)
    assert str(graphs[0].value(dataset, VOID.sparqlEndpoint)) == "http://here.example:8123/sparql"


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ('a"><script>', "a host that is markup is not repeated"),
        ("a b", "nor one that makes no IRI"),
        ("x" * 400, "nor one that is no host name"),
    ],
)
def test_a_host_that_is_none_is_not_repeated(service: TestClient, host: str, why: str) -> None:
    answer = service.get("/catalog", headers={"Host": host})
    assert answer.status_code == 200
    assert host not in answer.text, why
    endpoint = parsed(answer.content).value(URIRef(f"{BASE}catalog#sparql"), DCAT.endpointURL)
    assert str(endpoint).endswith("/sparql")


def test_the_service_refuses_what_it_does_not_know(service: TestClient) -> None:
    assert service.get("/catalog?formt=ttl").status_code == 400
    assert service.get("/catalog", headers={"Accept": "image/png"}).status_code == 406
    tag = service.get("/.well-known/void").headers["etag"]
    assert service.get("/.well-known/void", headers={"If-None-Match": tag}).status_code == 304


def _described(files: dict[str, bytes]) -> set[str]:
    return {"provenance.ttl", void.FILE, dcat.TURTLE, dcat.JSON_LD, ro_crate.FILE} & set(files)


def _numbers(graph: rdflib.Graph, dataset: Any) -> tuple[int, int, int]:
    """Triples, distinct subjects and distinct objects as a description has them."""
    triples, subjects, objects = (
        int(str(graph.value(dataset, VOID[name])))
        for name in ("triples", "distinctSubjects", "distinctObjects")
    )
    return triples, subjects, objects


def _write(files: dict[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _release(number: str) -> list[str]:
    iri, graph = f"<{PREFIXES['release']}{number}>", f"<{BASE}graph/catalogue>"
    return [
        f"{iri} <{NAMES['rdf']}type> <{NAMES['cmh']}Release> {graph} .",
        f'{iri} <{NAMES["owl"]}versionInfo> "{number}" {graph} .',
        f'{iri} <{NAMES["cmh"]}changes> "What changed."@en {graph} .',
    ]


def _mapping_set(key: str) -> list[str]:
    iri, graph = f"<{BASE}graph/matches/{key}>", f"<{BASE}graph/matches>"
    return [
        f"{iri} <{NAMES['rdf']}type> <{NAMES['sssom']}MappingSet> {graph} .",
        f'{iri} <{NAMES["dcterms"]}title> "Matches"@en {graph} .',
        f'{iri} <{NAMES["dcterms"]}description> "Names {key}."@en {graph} .',
        f"{iri} <{NAMES['dcterms']}license> <https://creativecommons.org/licenses/by/4.0/> {graph} .",
        f"{iri} <{NAMES['sssom']}object_source> <{BASE}scheme/{key}> {graph} .",
    ]
