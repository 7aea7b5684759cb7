"""validate: every shape and check has data that passes and data that fails; reports; files from strangers."""

from __future__ import annotations

import json
import socket
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pyshacl
import pytest
from rdflib import RDF, SH, Graph, URIRef

from cmh_graph import validate as stage
from cmh_graph.errors import SourceError
from cmh_graph.namespaces import compact
from cmh_graph.validate import Finding, Framework, Report, validate_files, validate_with

HOME = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "validate"
MANIFEST = tomllib.loads((CASES / "manifest.toml").read_text(encoding="utf-8"))["case"]
SMALL = [case for case in MANIFEST if not case["data"].startswith("broken/")]
BROKEN = [case for case in MANIFEST if case["data"].startswith("broken/")]


@pytest.fixture(scope="module", autouse=True)
def no_network():
    """Nothing here may look up a host or open a connection."""

    def refuse(*_args, **_keywords):
        raise AssertionError("validate went to the network")

    patch = pytest.MonkeyPatch()
    patch.setattr(socket, "getaddrinfo", refuse)
    patch.setattr(socket.socket, "connect", refuse)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def small() -> Framework:
    """The ontology, the vocabularies and a catalogue of one of each thing: quick to look at."""
    files = [*sorted((HOME / "ontology").glob("*.ttl")), *sorted((HOME / "ontology" / "vocab").glob("*.ttl"))]
    files += [CASES / case["data"] for case in SMALL if case.get("background")]
    parts = {file: stage.read_statements(file)[0] for file in files}
    shapes, checks = stage.read_shapes(HOME / "shapes"), stage.read_checks(HOME / "queries" / "checks")
    return Framework(shapes, tuple(checks), parts, HOME)


@pytest.fixture(scope="module")
def whole() -> Framework:
    return stage.read_framework(HOME)


@pytest.fixture(scope="module")
def broken_report(whole) -> Report:
    return validate_with(
        [CASES / "broken" / "role-without-name.ttl", CASES / "broken" / "bad-turtle.ttl"], whole
    )


def rules_and_entities(report: Report) -> list[list[str]]:
    return sorted([finding.rule, compact(finding.entity)] for finding in report.findings)


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case["data"])
def test_a_case_gives_its_findings(case, small):
    report = validate_with([CASES / case["data"]], small)
    assert rules_and_entities(report) == sorted(case["findings"]), case["why"]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["data"])
def test_a_broken_file_gives_a_useful_message(case, whole):
    report = validate_with([CASES / case["data"]], whole)
    assert rules_and_entities(report) == sorted(case["findings"]), case["why"]
    assert report.exit_code == 1
    for finding in report.findings:
        assert finding.file and finding.file.endswith(case["data"])
        assert finding.message and not any(word in finding.message for word in ("Traceback", "object at 0x"))
    places = " ".join(f"line {finding.line}" for finding in report.findings)
    assert case["said"] in stage.report_text(report) + places


def test_every_case_file_is_listed():
    listed = [case["data"] for case in MANIFEST]
    here = [
        f.relative_to(CASES).as_posix() for f in CASES.rglob("*") if f.is_file() and f.name != "manifest.toml"
    ]
    assert sorted(listed) == sorted(here)


def named_rules() -> set[str]:
    shapes = stage.read_shapes(HOME / "shapes")
    nodes = set(shapes.subjects(RDF.type, SH.NodeShape)) | set(shapes.subjects(RDF.type, SH.PropertyShape))
    checks = {check.name for check in stage.read_checks(HOME / "queries" / "checks")}
    return {compact(str(node)) for node in nodes if isinstance(node, URIRef)} | checks


def test_every_shape_and_check_passes_somewhere_and_fails_somewhere():
    rules = named_rules()
    failing = {rule for case in MANIFEST for rule, _ in case["findings"]}
    # A node shape that only gathers property shapes fails through them.
    failing |= {rule.split("-")[0] for rule in failing if rule.startswith("cmhsh:")}
    passing = {rule for case in MANIFEST for rule in case.get("passes", []) if not case["findings"]}
    assert rules - failing == set()
    assert rules - passing == set()
    assert passing - rules == set()


def test_every_shape_has_an_iri_a_severity_and_a_message():
    shapes = stage.read_shapes(HOME / "shapes")
    for shape in shapes.subjects(RDF.type, SH.PropertyShape):
        assert compact(str(shape)).startswith("cmhsh:")
        assert (shape, SH.severity, None) in shapes
        messages = list(shapes.objects(shape, SH.message))
        assert len(messages) == 1 and messages[0].language == "en" and len(messages[0]) > 20


def test_the_shapes_pass_shacl_shacl():
    shapes = stage.read_shapes(HOME / "shapes")
    conforms, _, text = pyshacl.validate(Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, text


def test_the_catalogue_has_no_violation():
    report = validate_files([], HOME)
    assert report.count("violation") == 0, stage.report_text(report)
    assert report.exit_code == 0
    assert report.things > 4000


def test_what_a_file_says_replaces_what_the_framework_says(whole, tmp_path):
    source = (HOME / "ontology" / "catalogue" / "experience.ttl").read_text(encoding="utf-8")
    copy = tmp_path / "experience.ttl"
    copy.write_text(source.replace('skos:prefLabel "', 'skos:prefLabel "New '), encoding="utf-8")
    assert validate_with([copy], whole).findings == ()


def test_a_finding_knows_its_line(broken_report):
    by_rule = {finding.rule: finding for finding in broken_report.findings}
    named = by_rule["cmhsh:Role-prefLabel"]
    lines = (CASES / "broken" / "role-without-name.ttl").read_text(encoding="utf-8").splitlines()
    assert lines[named.line - 1].startswith("role:peer-mentor a cmh:Role")
    assert (by_rule["file_cannot_be_read"].line, by_rule["file_cannot_be_read"].column) == (8, 1)


def test_the_json_report_is_the_report(broken_report):
    body = json.loads(stage.report_json(broken_report))
    assert body["exit_code"] == 1
    assert body["counts"]["violation"] == len(broken_report.findings) == 2
    assert set(body["findings"][0]) == set(Finding.__dataclass_fields__)


def test_the_sarif_report_has_the_shape_of_sarif(broken_report):
    body = json.loads(stage.report_sarif(broken_report))
    assert body["version"] == "2.1.0"
    (run,) = body["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted({rule["id"] for rule in rules})
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"} and result["message"]["text"]
        place = result["locations"][0]["physicalLocation"]
        assert place["region"]["startLine"] >= 1 and not place["artifactLocation"]["uri"].startswith("/..")


def test_the_junit_report_counts_files_and_failures(broken_report):
    top = ElementTree.fromstring(stage.report_junit(broken_report))
    assert (top.get("tests"), top.get("failures")) == ("2", "2")
    assert {case.find("failure").get("type") for case in top.iter("testcase")} == {
        "cmhsh:Role-prefLabel",
        "file_cannot_be_read",
    }
    assert "\x00" not in stage.report_junit(
        Report((Finding("r", "warning", "", "", "", "bad \x00 text", file="a"),), ("a",), 0)
    )


@pytest.fixture(scope="module")
def same_report(whole, broken_report) -> Report:
    """The files of broken_report in another order."""
    again = validate_with(
        [CASES / "broken" / "bad-turtle.ttl", CASES / "broken" / "role-without-name.ttl"], whole
    )
    return Report(again.findings, broken_report.files, again.things)


@pytest.mark.parametrize("form", sorted(stage.REPORTS))
def test_a_report_is_the_same_every_time(form, same_report, broken_report):
    assert stage.REPORTS[form](same_report) == stage.REPORTS[form](broken_report)


def test_warnings_count_when_strict():
    warning = (Finding("r", "warning", "", "", "", "m"),)
    assert Report(warning, (), 0).exit_code == 0
    assert Report(warning, (), 0, strict=True).exit_code == 1


@pytest.mark.parametrize("suffix", [".nt", ".nq", ".trig", ".jsonld", ".rdf"])
def test_other_formats_give_the_same_findings(suffix, small, tmp_path):
    turtle = CASES / "failing" / "BandAssignment-payScheme.ttl"
    expected = rules_and_entities(validate_with([turtle], small))
    form = stage.FORMATS[suffix]
    graph = stage.read_graph(turtle)[0]
    file = tmp_path / f"same{suffix}"
    if form in {"nquads", "trig"}:
        text = graph.serialize(format="nt")
        file.write_text(
            text if form == "nquads" else f"<https://example.org/g> {{ {text} }}", encoding="utf-8"
        )
    else:
        file.write_text(graph.serialize(format=form), encoding="utf-8")
    report = validate_with([file], small)
    assert (
        rules_and_entities(report)
        == expected
        == [["cmhsh:BandAssignment-payScheme", "band-assignment:example-worker"]]
    )
    assert all(finding.line for finding in report.findings if suffix != ".trig")


def test_a_file_that_is_too_large_is_refused(small, tmp_path, monkeypatch):
    monkeypatch.setattr("cmh_graph.validate.reading.LARGEST_FILE", 10)
    file = tmp_path / "large.ttl"
    file.write_text("# more than ten bytes\n")
    assert [f.rule for f in validate_with([file], small).findings] == ["file_cannot_be_read"]


def test_bytes_that_are_not_utf8_are_refused_with_their_line(small, tmp_path):
    file = tmp_path / "latin.ttl"
    file.write_bytes(b"# one\n# caf\xe9\n")
    (finding,) = validate_with([file], small).findings
    assert (finding.rule, finding.line) == ("file_cannot_be_read", 2)


def test_blank_nodes_are_looked_at(small, tmp_path):
    file = tmp_path / "blank.ttl"
    file.write_text("[] a <http://xmlns.com/foaf/0.1/Person> .")
    assert [f.rule for f in validate_with([file], small).findings] == ["cmhsh:NoPerson"]


@pytest.mark.parametrize("name", ["missing.ttl", "table.csv"])
def test_a_path_we_cannot_take_is_an_error_not_a_finding(name, tmp_path):
    (tmp_path / "table.csv").write_text("a,b\n")
    with pytest.raises(SourceError):
        validate_files([tmp_path / name], HOME)


def test_a_check_without_header_is_refused(tmp_path):
    (tmp_path / "bare.rq").write_text("SELECT ?entity ?property ?value {}")
    with pytest.raises(SourceError, match="header"):
        stage.read_checks(tmp_path)
