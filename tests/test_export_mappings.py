"""Mapping sets go out in both forms of SSSOM, with every row, and come back as the same statements."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import rdflib

from built import framework_graph
from cmh_graph.build import build
from cmh_graph.export import FORMATS, Edition, Files
from cmh_graph.export.mapping_sets.slots import sets_of
from cmh_graph.namespaces import BASE, CMH, PREFIXES
from cmh_graph.sssom import mapping_quads, parse_mapping_file, read_mapping_set, set_quads
from cmh_graph.sssom.read import mapping_set
from cmh_graph.store import Literal, NamedNode, Quad, Triple, text_of

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-sssom" / "bin" / "python"
MEND = "the sssom package has an environment of its own, and it is not there; run: make sssom-validator"
SETS = sorted((ROOT / "ontology" / "matches").glob("*.sssom.tsv"))
FORMS = ("sssom", "sssom-rdf")
#: Prints {file: rows or the error} of SSSOM/RDF files as JSON in its last line.
READ_RDF = """
import json, logging, sys
from sssom.parsers import parse_sssom_rdf
logging.disable()
found = {}
for path in sys.argv[1:]:
    try:
        found[path] = len(parse_sssom_rdf(path).df)
    except Exception as error:
        found[path] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def edition() -> Edition:
    return Edition.of(framework_graph().nquads)


@pytest.fixture(scope="module")
def with_partners() -> Edition:
    """With the reviewed mappings of two made-up employers: states, denials, confidences and reviewers."""
    return Edition.of(build(ROOT, [ROOT / "examples" / "northfield", ROOT / "examples" / "eastmere"]).nquads)


@pytest.fixture(scope="module")
def files(with_partners: Edition) -> Files:
    return {**FORMATS["sssom"].write(with_partners).files, **FORMATS["sssom-rdf"].write(with_partners).files}


def mappings_in(edition: Edition) -> set[Triple]:
    """All that is stated of mapping sets and their rows."""
    kinds = {CMH + "Mapping", PREFIXES["sssom"] + "MappingSet"}
    about = {subject for subject in edition.about if kinds.intersection(edition.types(subject))}
    return {triple for triple in edition.stated if text_of(triple.subject) in about}


@pytest.mark.parametrize("name", FORMS)
def test_every_statement_of_every_set_comes_back(with_partners: Edition, name: str) -> None:
    written = FORMATS[name].write(with_partners)
    read = FORMATS[name].read
    assert read
    assert written.carried is not None
    assert mappings_in(with_partners) <= written.carried
    assert read(written.files) == written.carried


def test_the_source_files_say_the_same(edition: Edition) -> None:
    """Header and rows that the graph keeps are those of the files that people edit."""
    found = {one.name: one for one in sets_of(edition)}
    assert set(found) == {path.name.removesuffix(".sssom.tsv") for path in SETS}
    for path in SETS:
        source, ours = read_mapping_set(path), found[path.name.removesuffix(".sssom.tsv")]
        assert len(ours.rows) == len(source.rows)
        for slot in ("mapping_set_title", "mapping_set_description", "mapping_set_version", "license"):
            assert ours.header[slot] == source.metadata[slot]
        written = FORMATS["sssom"].write(edition).files[f"mappings/{ours.name}.sssom.tsv"].decode()
        assert sum(not line.startswith("#") for line in written.splitlines()) == len(source.rows) + 1


def test_denials_and_no_matches_are_there(files: Files) -> None:
    ours = b"".join(data for name, data in files.items() if name.endswith("esco.sssom.tsv"))
    partners = b"".join(data for name, data in files.items() if name.endswith("field.sssom.tsv"))
    assert ours.count(b"\tsssom:NoTermFound\t") > 20
    assert partners.count(b"\tNot\t") > 3


def test_a_row_of_a_formula_and_line_breaks_comes_back() -> None:
    graph = NamedNode(BASE + "graph/matches")
    text = 'mapping_set_id: "https://w3id.org/cmh-graph/graph/matches/odd"'
    source = (
        f"#curie_map:\n#  role: {PREFIXES['role']}\n#  skos: {PREFIXES['skos']}\n#  semapv: {PREFIXES['semapv']}\n"
        f"#  x: http://example.org/a\n#  scheme: {PREFIXES['scheme']}\n#{text}\n"
        "subject_id\tsubject_label\tpredicate_id\tobject_id\tobject_label\tobject_source\tmapping_justification\tcomment\n"
        'role:a\t=1+2\tskos:exactMatch\tx:1\t@"x"\tscheme:esco\tsemapv:x\t"two\nlines, a ""quote"" and a\ttab"\n'
    )
    found = mapping_set(parse_mapping_file(source.replace('@"x"', '"@""x"""').encode(), Path("odd")))
    edition = Edition([*set_quads(found, graph.value), *mapping_quads(found, graph.value)])
    assert Literal("=1+2", language="en") in {quad.object for quad in edition.quads}
    for name in FORMS:
        written = FORMATS[name].write(edition)
        assert written.carried == set(edition.stated), name
    table = FORMATS["sssom"].write(edition).files["mappings/odd.sssom.tsv"].decode()
    assert "\t'=1+2\t" in table, "no cell starts a formula"


def test_an_edition_without_sets_has_no_files() -> None:
    thing = Triple(NamedNode(BASE + "role/a"), NamedNode(CMH + "isPaid"), Literal("x"))
    edition = Edition([Quad(thing.subject, thing.predicate, thing.object)])
    for name in FORMS:
        assert FORMATS[name].write(edition).files == {}


@pytest.fixture(scope="module")
def verdicts(files: Files, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the sssom package says of each file, good and broken, by its name; one process for each form."""
    folder = tmp_path_factory.mktemp("sets")
    table = files["mappings/esco.sssom.tsv"].decode()
    graph = files["mappings/esco.sssom.ttl"].decode()
    broken = {
        "mappings/relation.sssom.tsv": table.replace("skos:closeMatch", "scos:closeMatch", 1),
        "mappings/row.sssom.ttl": graph.replace("owl:Axiom", "owl:Class", 1),
        "mappings/set.sssom.ttl": graph.replace("a sssom:MappingSet", "a sssom:Set", 1),
    }
    assert not {table, graph} & set(broken.values())
    (folder / "mappings").mkdir()
    for name, data in {**files, **{name: text.encode() for name, text in broken.items()}}.items():
        (folder / name).write_bytes(data)
    found: dict[str, Any] = {}
    for command, end in (([ROOT / "tests" / "sssom_validator.py"], "tsv"), (["-c", READ_RDF], "ttl")):
        done = subprocess.run(
            [PYTHON, *command, *sorted(folder.rglob(f"*.{end}"))],
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found |= {Path(path).name: one for path, one in json.loads(done.stdout.splitlines()[-1]).items()}
    return found


@pytest.mark.outside
@pytest.mark.skipif(not PYTHON.exists(), reason=MEND)
class TestTheSssomPackage:
    def test_it_finds_every_row_and_nothing_wrong(
        self, verdicts: dict[str, Any], with_partners: Edition
    ) -> None:
        for one in sets_of(with_partners):
            assert verdicts[f"{one.name}.sssom.tsv"] == {"rows": len(one.rows), "wrong": []}
            assert verdicts[f"{one.name}.sssom.ttl"] == len(one.rows)

    def test_it_finds_a_relation_that_no_prefix_explains(self, verdicts: dict[str, Any]) -> None:
        verdict = verdicts["relation.sssom.tsv"]
        assert verdict["wrong"] or verdict["rows"] < verdicts["esco.sssom.tsv"]["rows"]

    @pytest.mark.parametrize("name", ["row", "set"])
    def test_it_finds_a_row_or_set_of_another_class(self, verdicts: dict[str, Any], name: str) -> None:
        assert isinstance(verdicts[f"{name}.sssom.ttl"], str), "an error in words"


def test_rdflib_finds_the_rows_of_a_set(files: Files, edition: Edition) -> None:
    graph = rdflib.Graph().parse(data=files["mappings/esco.sssom.ttl"], format="turtle")
    axioms = set(graph.subjects(rdflib.RDF.type, rdflib.OWL.Axiom))
    assert len(axioms) == len(next(one for one in sets_of(edition) if one.name == "esco").rows)
