"""The schema.org file uses schema.org's names, in their place; and says of pay and experience only what is stated."""

from __future__ import annotations

import copy
import dataclasses
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import rdflib

from built import framework_edition, framework_written
from cmh_graph.export import Edition
from cmh_graph.export.schema_org import FILE, FORMAT, find_faults, occupation, occupation_script
from cmh_graph.export.schema_org.terms import listed
from cmh_graph.model import Key

ROOT = Path(__file__).parent.parent
CASES = tomllib.loads(
    (ROOT / "tests" / "cases" / "export" / "schema_org_defects.toml").read_text(encoding="utf-8")
)["case"]
SCHEMA = rdflib.Namespace("https://schema.org/")


@pytest.fixture(scope="module")
def edition() -> Edition:
    return framework_edition()


@pytest.fixture(scope="module")
def document(edition: Edition) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(framework_written(FORMAT.name).files[FILE])
    return found


@pytest.fixture(scope="module")
def occupations(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["identifier"]: one for one in document["@graph"] if one["@type"] == "Occupation"}


def test_every_term_is_schema_orgs_and_in_its_place(document: Mapping[str, Any]) -> None:
    assert find_faults(document) == ()


def test_each_role_by_itself_is_fit_for_a_page(edition: Edition) -> None:
    for role in edition.catalogue.roles.values():
        alone = occupation(edition.catalogue, role)
        assert alone["@context"] == "https://schema.org"
        assert find_faults(alone) == ()


def test_nothing_in_a_script_can_end_it(edition: Edition) -> None:
    role = next(iter(edition.catalogue.roles.values()))
    spoilt = dataclasses.replace(role, definition="</script><script>alert(1)</script><!-- \u2028")
    text = occupation_script(edition.catalogue, spoilt)
    assert "<" not in text
    assert json.loads(text)["description"] == spoilt.definition


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_a_defect_is_found(document: Mapping[str, Any], case: Mapping[str, Any]) -> None:
    spoilt = copy.deepcopy(document)
    needed = case["rename"][0] if "rename" in case else "@type"
    node = next(one for one in spoilt["@graph"] if one["@type"] == case["type"] and needed in one)
    if "rename" in case:
        node[case["rename"][1]] = node.pop(case["rename"][0])
    else:
        node[case["set"][0]] = case["set"][1]
    faults = find_faults(spoilt)
    assert faults, case["why"]
    assert any(case["what"] in one.what for one in faults)
    assert all(one.where.startswith("@graph[") for one in faults)


def test_no_misspelt_property_passes(document: Mapping[str, Any]) -> None:
    used = {name for node in document["@graph"] for name in node if not name.startswith("@")}
    for name in used:
        for misspelt in (name[:-1], name + "s", name.capitalize()):
            if misspelt not in listed()["properties"]:
                assert find_faults({"@type": "Occupation", misspelt: "x"})


def test_every_role_that_people_can_hold_is_an_occupation(
    edition: Edition, occupations: Mapping[str, Any]
) -> None:
    roles = {str(one.key) for one in edition.catalogue.roles.values() if one.form != "grouping"}
    assert set(occupations) == roles


def test_pay_is_a_range_of_the_latest_year_and_names_it(
    edition: Edition, occupations: Mapping[str, dict[str, Any]]
) -> None:
    pay = {one.iri: one for band in edition.catalogue.bands.values() for one in band.pay_points}
    latest = {band.key: max(p.pay_year for p in band.pay_points) for band in edition.catalogue.bands.values()}
    shown = [one for role in occupations.values() for one in role.get("estimatedSalary", ())]
    assert shown
    for one in shown:
        points = pay[one["@id"]]
        assert points.pay_year in one["name"]
        assert points.pay_year in latest.values()
        assert one["value"]["minValue"] == min(points.amounts_gbp)
        assert one["value"]["maxValue"] == max(points.amounts_gbp)
        assert one["currency"] == "GBP"


def test_an_unpaid_role_shows_no_pay(edition: Edition, occupations: Mapping[str, dict[str, Any]]) -> None:
    unpaid = [one.key for one in edition.catalogue.roles.values() if one.is_paid is False]
    assert unpaid
    assert all("estimatedSalary" not in occupations[key] for key in unpaid)


def test_months_of_experience_are_never_made_up(
    edition: Edition, occupations: Mapping[str, dict[str, Any]]
) -> None:
    """The framework states no months; that none is needed, it states for some roles."""
    for key, role in occupations.items():
        needs = edition.catalogue.roles[Key(key)].requirements
        none = {one.asks_for.label for one in needs if one.kind == "none-required" and one.asks_for}
        for one in role.get("experienceRequirements", ()):
            if isinstance(one, dict) and "monthsOfExperience" in one:
                assert one["monthsOfExperience"] == 0
                assert one["name"] in none


def test_skills_are_at_the_level_asked_for(
    edition: Edition, occupations: Mapping[str, dict[str, Any]]
) -> None:
    for key, role in occupations.items():
        asked = {
            one.skill_level or (one.asks_for.key if one.asks_for else "")
            for one in edition.catalogue.roles[Key(key)].requirements
            if one.kind == "skill" and one.necessity in {"essential", "desirable"}
        }
        shown = {one["termCode"] for one in role.get("skills", ()) if "/skill" in one["@id"]}
        assert shown == asked


def test_codes_are_written_as_their_schemes_write_them(occupations: Mapping[str, dict[str, Any]]) -> None:
    codes = {
        (one["inCodeSet"]["name"], one["codeValue"])
        for role in occupations.values()
        for one in role.get("occupationalCategory", ())
    }
    assert ("ISCO-08", "3412") in codes
    assert ("UK SOC 2020", "2229/09") in codes or ("UK SOC 2020", "2229") in codes
    assert not any(code.startswith("C") for scheme, code in codes if scheme == "ISCO-08")


def test_an_outside_reader_counts_the_same(document: Mapping[str, Any]) -> None:
    """rdflib, with the vocabulary in place of the address of the context: nothing is fetched."""
    graph = rdflib.Graph().parse(
        data=json.dumps({**document, "@context": {"@vocab": str(SCHEMA)}}), format="json-ld"
    )
    for type in ("Occupation", "DefinedTermSet"):
        expected = sum(one["@type"] == type for one in document["@graph"])
        assert len(set(graph.subjects(rdflib.RDF.type, SCHEMA[type]))) == expected


def test_what_is_inferred_says_so(edition: Edition, document: Mapping[str, Any]) -> None:
    nodes = {one["@id"]: one for one in document["@graph"]}
    for role in edition.catalogue.roles.values():
        inferred = any(one.says.is_inferred for one in role.requirements if one.necessity in {"essential"})
        if role.iri in nodes and inferred:
            assert "nferred" in nodes[role.iri]["disambiguatingDescription"]


def test_the_list_says_where_it_is_from() -> None:
    assert listed()["version"] == "30.0"
    assert "schema.org" in listed()["source"]
