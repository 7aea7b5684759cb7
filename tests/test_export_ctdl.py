"""CTDL files obey the registry's schemas and its publisher's names, and link to each other."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import rdflib
from jsonschema import Draft4Validator

from built import framework_edition, framework_written
from cmh_graph.errors import SourceError
from cmh_graph.export import Edition
from cmh_graph.export.ctdl_asn import COMPETENCIES, FORMAT, PATHWAYS, find_faults, properties_of, read
from cmh_graph.export.ctdl_asn.terms import listed
from cmh_graph.export.identifiers import ctid_of

ROOT = Path(__file__).parent.parent
SCHEMAS = ROOT.parent / "shared" / "schemas" / "ctdl-asn"
CASES = tomllib.loads(
    (ROOT / "tests" / "cases" / "export" / "ctdl_defects.toml").read_text(encoding="utf-8")
)["case"]
FILES = {"competencies": COMPETENCIES, "pathways": PATHWAYS}
SCHEMA_OF = {
    "ceasn:CompetencyFramework": "competency_framework",
    "ceasn:Competency": "competency",
    "skos:ConceptScheme": "concept_scheme",
    "skos:Concept": "concept",
    "ceterms:Pathway": "pathway",
    "ceterms:JobComponent": "pathway_component",
    "ceterms:BasicComponent": "pathway_component",
}
Document = dict[str, Any]


@pytest.fixture(scope="module")
def edition() -> Edition:
    return framework_edition()


@pytest.fixture(scope="module")
def files(edition: Edition) -> Mapping[str, bytes]:
    return framework_written(FORMAT.name).files


@pytest.fixture(scope="module")
def documents(files: Mapping[str, bytes]) -> dict[str, Document]:
    return {name: json.loads(files[path]) for name, path in FILES.items()}


@pytest.fixture(scope="module")
def validators() -> dict[str, Draft4Validator]:
    """The registry's schemas by file name. Two of them refer to definitions that they lack, some of which a sibling
    has: these are lent, and what nobody defines is taken to allow anything."""
    if not SCHEMAS.is_dir():
        pytest.skip(f"the registry's schemas are not at {SCHEMAS}")
    read_in = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.glob("*.json")}
    lent = {
        name: what
        for schema in read_in.values()
        for name, what in schema["definitions"].items()
        if name in {"ceterms:description"}
    }
    for schema in read_in.values():
        for name in set(re.findall(r'"#/definitions/([^"]+)"', json.dumps(schema))):
            schema["definitions"].setdefault(name, lent.get(name, {}))
    return {name: Draft4Validator(schema) for name, schema in read_in.items()}


def errors(validators: Mapping[str, Draft4Validator], document: Document) -> list[str]:
    """What the schemas say of a document's nodes. A component's schema names another address for the context of CTDL
    than a pathway's, so components are judged without one."""
    found = []
    for node in document["@graph"]:
        schema = SCHEMA_OF.get(node["@type"])
        if schema is not None:
            whole = node if schema == "pathway_component" else {"@context": document["@context"], **node}
            found += [f"{node['@id']}: {error.message}" for error in validators[schema].iter_errors(whole)]
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_node_passes_the_registrys_schema(
    validators: Mapping[str, Draft4Validator], documents: Mapping[str, Document], name: str
) -> None:
    assert errors(validators, documents[name]) == []


@pytest.mark.parametrize("name", FILES)
def test_every_name_is_one_of_its_class(documents: Mapping[str, Document], name: str) -> None:
    assert find_faults(documents[name]) == ()


def test_the_contexts_are_those_of_the_publisher(documents: Mapping[str, Document]) -> None:
    assert documents["competencies"]["@context"] == "http://credreg.net/ctdlasn/schema/context/json"
    assert documents["pathways"]["@context"] == "http://credreg.net/ctdl/schema/context/json"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['class']}-{case['found_by']}")
def test_a_defect_is_found(
    validators: Mapping[str, Draft4Validator], documents: Mapping[str, Document], case: Mapping[str, Any]
) -> None:
    document = copy.deepcopy(documents[case["file"]])
    needed = case.get("rename", case.get("set", [case.get("drop")]))[0]
    node = next(one for one in document["@graph"] if one["@type"] == case["class"] and needed in one)
    if "rename" in case:
        node[case["rename"][1]] = node.pop(case["rename"][0])
    elif "set" in case:
        node[case["set"][0]] = case["set"][1]
    else:
        del node[case["drop"]]
    found = errors(validators, document) if case["found_by"] == "schema" else find_faults(document)
    assert found, case["why"]


def nodes_within(value: Any) -> Iterator[Document]:
    if isinstance(value, list):
        for one in value:
            yield from nodes_within(one)
    elif isinstance(value, dict):
        if "@type" in value:
            yield value
        for one in value.values():
            yield from nodes_within(one)


def test_no_misspelt_predicate_of_any_class_passes(documents: Mapping[str, Document]) -> None:
    """Each property that we use, misspelt by a letter, in each class in which we use it."""
    used = {
        (node["@type"], name)
        for document in documents.values()
        for node in nodes_within(document["@graph"])
        for name in node
        if not name.startswith("@")
    }
    assert len(used) > 60
    for class_, name in used:
        for misspelt in (name[:-1], name + "s", name.swapcase(), name.replace("ceasn:", "ceterms:", 1) + "x"):
            if misspelt not in properties_of(class_):
                assert find_faults({"@type": class_, misspelt: {"en": "x"}}), (class_, misspelt)


def test_the_list_says_where_it_is_from() -> None:
    assert "credreg.net" in listed()["source"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", listed()["taken"])


def test_identifiers_follow_the_rule_and_are_unique(documents: Mapping[str, Document]) -> None:
    named = [
        node
        for document in documents.values()
        for node in nodes_within(document["@graph"])
        if "ceterms:ctid" in node
    ]
    ctids = [node["ceterms:ctid"] for node in named]
    assert ctids == [ctid_of(node["@id"]) for node in named]
    assert len(set(ctids)) == len(ctids)
    assert all(re.fullmatch(r"ce-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in ctids)


def test_the_files_hold_everything_once(edition: Edition, documents: Mapping[str, Document]) -> None:
    catalogue = edition.catalogue
    by_class: dict[str, list[str]] = {}
    for document in documents.values():
        for node in document["@graph"]:
            by_class.setdefault(node["@type"], []).append(node["@id"])
    levels = [level.iri for skill in catalogue.skills.values() for level in skill.levels]
    things = (*catalogue.skill_groups.values(), *catalogue.skills.values(), *catalogue.values.values())
    assert sorted(by_class["ceasn:Competency"]) == sorted([*(one.iri for one in things), *levels])
    assert sorted(by_class["ceterms:Occupation"]) == sorted(one.iri for one in catalogue.roles.values())
    assert sorted(by_class["ceterms:Pathway"]) == sorted(one.iri for one in catalogue.pathways.values())


def test_parents_and_parts_agree_in_both_directions(documents: Mapping[str, Document]) -> None:
    nodes = {node["@id"]: node for one in documents.values() for node in one["@graph"]}
    for iri, node in nodes.items():
        for child in node.get("ceasn:hasChild", ()):
            assert iri in nodes[child]["ceasn:isChildOf"]
        for child in node.get("ceasn:hasTopChild", ()):
            assert iri in nodes[child]["ceasn:isTopChildOf"]
        for part in node.get("ceterms:hasPart", ()):
            assert iri in nodes[part]["ceterms:isPartOf"]
        for after in node.get("ceterms:precedes", ()):
            sources = [
                one
                for cond in nodes[after]["ceterms:hasCondition"]
                for one in cond["ceterms:targetComponent"]
            ]
            assert iri in sources
        for competency in node.get("ceterms:targetCompetency", ()):
            assert competency["ceterms:targetNode"] in nodes
        for goal in node.get("ceterms:hasDestinationComponent", ()):
            assert nodes[goal]["ceterms:isDestinationComponentOf"] == [iri]


@pytest.mark.parametrize("name", FILES)
def test_an_outside_reader_finds_every_node(documents: Mapping[str, Document], name: str) -> None:
    """rdflib, with the prefixes in place of the address of the context: nothing is fetched."""
    context = {
        "ceasn": "https://purl.org/ctdlasn/terms/",
        "ceterms": "https://purl.org/ctdl/terms/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
    }
    graph = rdflib.Graph().parse(data=json.dumps({**documents[name], "@context": context}), format="json-ld")
    subjects = {str(one) for one in graph.subjects(rdflib.RDF.type)}
    assert {node["@id"] for node in documents[name]["@graph"]} <= subjects


def test_what_is_inferred_says_so(edition: Edition, documents: Mapping[str, Document]) -> None:
    nodes = {node["@id"]: node for one in documents.values() for node in one["@graph"]}
    for skill in edition.catalogue.skills.values():
        for level in skill.levels:
            assert level.says is not None
            assert f"Status: {level.says.status}." in nodes[level.iri]["ceasn:comment"]["en"]


def test_no_label_text_or_link_of_competencies_is_lost(edition: Edition) -> None:
    carried = framework_written(FORMAT.name).carried or frozenset()
    for kind, names in {
        "SkillLevel": {"prefLabel", "ofSkill", "atFrameworkLevel", "hasIStatement", "status", "source"},
        "IStatement": {"text", "status"},
        "Skill": {"prefLabel", "definition", "broader", "inScheme", "altLabel", "note", "status", "source"},
        "Value": {"prefLabel", "definition", "inScheme", "closeMatch", "note", "status", "source"},
    }.items():
        for triple in edition.stated:
            name = re.split("[#/]", triple.predicate.value)[-1]
            types = {re.split("[#/]", one)[-1] for one in edition.types(getattr(triple.subject, "value", ""))}
            if kind in types and name in names:
                assert triple in carried


@pytest.mark.parametrize("data", [b"", b"{", b"\xff"])
def test_a_broken_file_is_told(files: Mapping[str, bytes], data: bytes) -> None:
    with pytest.raises(SourceError) as error:
        read({**files, PATHWAYS: data})
    assert PATHWAYS in str(error.value.where)
