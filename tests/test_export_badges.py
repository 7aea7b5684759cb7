"""Achievement templates pass the standard's schema, issue nothing, and are what a passport names."""

from __future__ import annotations

import copy
import dataclasses
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft201909Validator

from built import framework_edition, framework_written
from cmh_graph.export import Edition
from cmh_graph.export.identifiers import ctid_of, uuid_of
from cmh_graph.export.open_badges import CONTEXT, FILE, FORMAT, achievement, achievement_id, read
from cmh_graph.export.statements import expand, write_json
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.model import Key
from cmh_graph.namespaces import PREFIXES
from cmh_graph.papers.passport import passport_of
from cmh_graph.store import DefaultGraph, Literal, NamedNode, Quad, text_of

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT.parent / "shared" / "schemas" / "open-badges-3" / "ob_v3p0_achievementcredential_schema.json"
CASES = tomllib.loads(
    (ROOT / "tests" / "cases" / "export" / "badge_defects.toml").read_text(encoding="utf-8")
)["case"]


@pytest.fixture(scope="module")
def edition() -> Edition:
    return framework_edition()


@pytest.fixture(scope="module")
def document(edition: Edition) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(framework_written(FORMAT.name).files[FILE])
    return found


@pytest.fixture(scope="module")
def framework(framework_snapshots: Path) -> Framework:
    return open_framework(framework_snapshots)


@pytest.fixture(scope="module")
def validator() -> Draft201909Validator:
    if not SCHEMA.is_file():
        pytest.skip(f"the standard's schema is not at {SCHEMA}")
    whole = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return Draft201909Validator({"$ref": "#/$defs/Achievement", "$defs": whole["$defs"]})


def test_every_template_passes_the_standards_schema(
    validator: Draft201909Validator, document: Mapping[str, Any]
) -> None:
    for template in document["@graph"]:
        assert [error.message for error in validator.iter_errors(template)] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("drop") or case["set"][0])
def test_a_defect_is_found(
    validator: Draft201909Validator, document: Mapping[str, Any], case: Mapping[str, Any]
) -> None:
    template = copy.deepcopy(document["@graph"][0])
    if "drop" in case:
        del template[case["drop"]]
    else:
        template[case["set"][0]] = case["set"][1]
    assert list(validator.iter_errors(template)), case["why"]


def test_the_contexts_are_those_that_the_schema_wants(document: Mapping[str, Any]) -> None:
    assert document["@context"] == list(CONTEXT)
    if SCHEMA.is_file():
        wanted = json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"]["@context"]
        assert Draft201909Validator(wanted).is_valid(document["@context"])


def test_there_is_one_template_for_each_skill_at_a_level(
    edition: Edition, document: Mapping[str, Any]
) -> None:
    levels = [level for skill in edition.catalogue.skills.values() for level in skill.levels]
    assert sorted(one["id"] for one in document["@graph"]) == sorted(
        achievement_id(one.iri) for one in levels
    )


def test_nothing_is_issued(document: Mapping[str, Any]) -> None:
    text = json.dumps(document)
    for name in (
        "credentialSubject",
        "proof",
        "issuer",
        "validFrom",
        "awardedDate",
        "recipient",
        "endorsement",
    ):
        assert f'"{name}"' not in text


def test_alignments_name_the_same_thing_in_every_format(document: Mapping[str, Any]) -> None:
    for template in document["@graph"]:
        competency, item = template["alignment"][:2]
        level = template["id"].removesuffix("#achievement")
        assert (competency["targetUrl"], competency["targetCode"]) == (level, ctid_of(level))
        assert (item["targetType"], item["targetUrl"]) == ("CFItem", level)
        assert item["targetCode"] == uuid_of(level)


def test_alignments_lead_to_items_of_the_other_formats(edition: Edition, document: Mapping[str, Any]) -> None:
    """The CASE item and the CTDL competency that a template names are in the files of those formats."""
    items, competencies = {}, {}
    for name, data in framework_written("case").files.items():
        if name.endswith(".json"):
            held = json.loads(data)
            items |= {one["uri"]: one["identifier"] for one in held.get("CFItems", ())}
    for data in framework_written("ctdl-asn").files.values():
        competencies |= {one["@id"]: one["ceterms:ctid"] for one in json.loads(data)["@graph"]}
    for template in document["@graph"]:
        for one in template["alignment"]:
            if one["targetType"] == "CFItem":
                assert items[one["targetUrl"]] == one["targetCode"]
            if one["targetType"] == "ceasn:Competency":
                assert competencies[one["targetUrl"]] == one["targetCode"]


def test_a_passport_names_what_templates_are_aligned_to(
    framework: Framework, edition: Edition, document: Mapping[str, Any]
) -> None:
    """What people assess themselves on, the template for it can be found by the passport's own reference."""
    ids = {one["id"] for one in document["@graph"]}
    aligned = {one["alignment"][0]["targetUrl"]: one for one in document["@graph"]}
    roles = [str(one.key) for one in edition.catalogue.roles.values() if one.form != "grouping"]
    stages = [f"ahp-{one.key}" for one in edition.catalogue.vocabularies[Key("ahp-stage")].concepts]
    named = 0
    for name in (*roles, *stages):
        made = passport_of(framework, name)
        for section in made.sections:
            for entry in section.entries:
                if entry.achievement:
                    assert achievement_id(entry.achievement) in ids
                    narrative = aligned[entry.achievement]["criteria"]["narrative"].replace("\\", "")
                    assert all(one.replace("\\", "") in narrative for one in entry.statements)
                    named += 1
    assert named > 500


def test_what_is_inferred_says_so(edition: Edition, document: Mapping[str, Any]) -> None:
    by_id = {one["id"]: one for one in document["@graph"]}
    for skill in edition.catalogue.skills.values():
        for level in skill.levels:
            template = by_id[achievement_id(level.iri)]
            assert level.says is not None
            assert f"status: {level.says.status}" in template["tag"]
            inferred = any(one.says.is_inferred for one in level.i_statements)
            assert ("inferred and not confirmed" in template["criteria"]["narrative"]) == inferred


#: What a sentence may hold; a line break is set as a space in the list of statements.
SENTENCES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1).map(
    lambda one: f"I {one}."
)


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(SENTENCES, min_size=1, max_size=3))
def test_any_wording_of_i_statements_comes_back(edition: Edition, texts: list[str]) -> None:
    """Brackets, stars, pipes and markup of a statement are text, never Markdown or HTML."""
    level = next(iter(edition.catalogue.skills.values())).levels[0]
    statements = tuple(
        dataclasses.replace(level.i_statements[0], iri=f"{PREFIXES['i-statement']}x{n}", text=text)
        for n, text in enumerate(texts)
    )
    made = achievement(
        edition.catalogue,
        dataclasses.replace(level, i_statements=statements),
        version="1",
        creator="x",
        matches={},
    )
    found = {
        text_of(one.subject): text_of(one.object)
        for one in read({FILE: write_json({"@graph": [made]})})
        if one.predicate.value == PREFIXES["cmh"] + "text"
    }
    assert found == {one.iri: one.text for one in statements}
    assert "<" not in made["criteria"]["narrative"].replace("\\<", "")


@pytest.mark.parametrize(
    ("relation", "shown", "why"),
    [
        ("exactMatch", True, "the same skill"),
        ("closeMatch", True, "as good as the same"),
        ("broadMatch", False, "who can do the wider skill need not be able to do this one"),
        ("relatedMatch", False, "another skill"),
    ],
)
def test_a_skill_matched_to_esco_is_aligned_to_it(
    edition: Edition, relation: str, shown: bool, why: str
) -> None:
    """So far no mapping set has skills, so a row is added."""
    esco, mapping = "http://data.europa.eu/esco/skill/0001", PREFIXES["mapping"] + "x"
    level = next(iter(edition.catalogue.skills.values())).levels[0]
    said = {
        "owl:annotatedSource": NamedNode(PREFIXES["skill"] + level.skill.key),
        "owl:annotatedProperty": NamedNode(PREFIXES["skos"] + relation),
        "owl:annotatedTarget": NamedNode(esco),
        "sssom:object_label": Literal("listen actively", language="en"),
    }
    rows = [
        Quad(NamedNode(mapping), NamedNode(expand(name)), term, DefaultGraph()) for name, term in said.items()
    ]
    matched = Edition((*edition.quads, *rows))
    templates = {one["id"]: one for one in json.loads(FORMAT.write(matched).files[FILE])["@graph"]}
    found = [one for one in templates[achievement_id(level.iri)]["alignment"] if one["targetUrl"] == esco]
    assert bool(found) == shown, why
    assert all(one["targetName"] == "listen actively" and one["targetFramework"] == "ESCO" for one in found)
