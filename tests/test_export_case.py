"""CASE packages: the official schema, round trips, and the paths of the standard. Cases in tests/cases/case."""

from __future__ import annotations

import copy
import json
import warnings
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft201909Validator, FormatChecker

from built import ROOT, framework_graph
from cmh_graph import __version__
from cmh_graph.api.app import create_app
from cmh_graph.errors import SourceError
from cmh_graph.export import case
from cmh_graph.export.case.plan import FRAMES
from cmh_graph.export.case.selection import FIELDS, filter_documents, sort_documents
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Written
from cmh_graph.export.identifiers import uuid_of
from cmh_graph.framework import open as open_framework
from cmh_graph.namespaces import BASE, CMH, PREFIXES, compact
from cmh_graph.settings import Settings
from cmh_graph.store import NamedNode, Triple
from small_editions import cases, content, edition_of, read_as

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

FOLDER = ROOT / "tests" / "cases" / "case"
SCHEMA = ROOT.parent / "shared" / "schemas" / "case-1.1" / "case-v1p1-cfpackage.json"
PATH = "/ims/case/v1p1"
SKILL = uuid_of(PREFIXES["skill"] + "active-listening")


@cache
def edition() -> Edition:
    return Edition.of(framework_graph().nquads)


@cache
def written() -> Written:
    return case.write(edition())


@cache
def packages() -> dict[str, Any]:
    return {
        name.removeprefix("case/").removesuffix(".json"): json.loads(data)
        for name, data in written().files.items()
    }


@cache
def schema() -> dict[str, Any]:
    if not SCHEMA.is_file():
        pytest.skip(f"the official CASE schema is not at {SCHEMA}")
    found: dict[str, Any] = json.loads(SCHEMA.read_bytes())
    return found


def errors(package: Any, part: str = "") -> list[str]:
    """What the official schema, or one of its parts, says against a package."""
    chosen = {**schema(), "$ref": f"#/$defs/{part}"} if part else schema()
    if part:
        chosen = {key: chosen[key] for key in ("$schema", "$defs", "$ref")}
    checker = Draft201909Validator(chosen, format_checker=FormatChecker())
    return [error.message[:200] for error in checker.iter_errors(package)]


def as_files(made: dict[str, Any]) -> dict[str, bytes]:
    return {f"case/{name}.json": json.dumps(package).encode() for name, package in made.items()}


def links(made: dict[str, Any]) -> set[tuple[str, str, str]]:
    """(origin, type, destination) of every association, as prefixed names."""
    return {
        (
            compact(one["originNodeURI"]["uri"]),
            one["associationType"],
            compact(one["destinationNodeURI"]["uri"]),
        )
        for package in made.values()
        for one in package["CFAssociations"]
    }


# --- files ---


def test_every_case_file_is_used() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"round_trips.toml", "defects.toml"}


@pytest.mark.parametrize("name", ["skills", "values", "ahp-framework", "roles", "entry-requirements"])
def test_the_official_schema_accepts_each_package(name: str) -> None:
    assert errors(packages()[name]) == []


@pytest.mark.parametrize("one", cases(FOLDER / "defects.toml"), ids=lambda one: one["why"][:45])
def test_a_defect_is_told(one: dict[str, Any]) -> None:
    made = copy.deepcopy(packages())
    (*path, last), *value = one["change"]
    place: Any = made[one["file"]]
    for step in path:
        place = place[step]
    if value:
        place[last] = value[0]
    else:
        del place[last]
    # The head of the package is enough for the schema, which looks at each object by itself.
    head = {
        name: value[:8] if isinstance(value, list) else value for name, value in made[one["file"]].items()
    }
    assert bool(errors(head)) == ("schema" in one["told_by"])
    if "reader" in one["told_by"]:
        with pytest.raises(SourceError) as told:
            case.read_packages(as_files(made))
        assert told.value.where.startswith(f"case/{one['file']}.json") and told.value.mend
    else:
        case.read_packages(as_files(made))


def test_every_kind_of_thing_is_an_item_once() -> None:
    things = edition().catalogue
    kinds = Counter(item["CFItemType"] for package in packages().values() for item in package["CFItems"])
    statements = [
        text for skill in things.skills.values() for level in skill.levels for text in level.i_statements
    ]
    assert kinds["Skill"] == len(things.skills)
    assert kinds["Skill at a level"] == sum(len(skill.levels) for skill in things.skills.values())
    assert kinds["I statement"] == len(statements)
    assert kinds["Value"] == len(things.values)
    assert (
        sum(kinds[name] for name in ("Role", "Trainee role", "Function", "Role grouping"))
        >= len(things.roles) - 1
    )
    assert kinds["Skill group"] == len(things.skill_groups)
    identifiers = [item["identifier"] for package in packages().values() for item in package["CFItems"]]
    assert len(identifiers) == len(set(identifiers))


def test_every_requirement_of_a_role_is_an_association() -> None:
    """Counted from the typed things, which the exporter does not read."""
    asked = {
        one.iri
        for role in edition().catalogue.roles.values()
        for need in role.requirements
        for one in (need.any_of or (need,))
    }
    made = {one["uri"] for one in packages()["roles"]["CFAssociations"]}
    assert len(asked) > 1000 and asked <= made
    groups = {one["uri"] for one in packages()["roles"]["CFDefinitions"]["CFAssociationGroupings"]}
    any_of = {
        need.iri
        for role in edition().catalogue.roles.values()
        for need in role.requirements
        if need.kind == "any-of"
    }
    assert any_of and any_of <= groups


def test_each_item_says_who_says_so() -> None:
    """Under extensions for programs, and in notes, where tools show it."""
    for package in packages().values():
        for item in package["CFItems"]:
            status = edition().objects(item["uri"], CMH + "status")
            assert [NamedNode(one["@id"]) for one in item["extensions"].get("cmh:status", [])] == list(status)
            sources = edition().objects(item["uri"], PREFIXES["dcterms"] + "source")
            assert [NamedNode(one["@id"]) for one in item["extensions"].get("dcterms:source", [])] == list(
                sources
            )
            for one in status:
                assert f"Status: {str(one).rpartition('/')[2].strip('>')}." in item["notes"]


def test_only_the_day_of_issue_is_a_date() -> None:
    turtle = 'skill:a a cmh:Skill ; skos:prefLabel "A"@en . role:r a cmh:Role ; skos:prefLabel "R"@en .'
    moved = case.write(edition_of(turtle, issued="2027-01-02")).files
    for name, data in case.write(edition_of(turtle)).files.items():
        assert moved[name] != data
        assert moved[name].replace(b"2027-01-02", b"2026-11-21") == data


def test_writing_twice_gives_the_same_bytes() -> None:
    assert case.write(Edition(edition().quads)).files == written().files


def test_an_identifier_is_made_of_the_iri() -> None:
    found = {
        item["uri"]: item["identifier"] for package in packages().values() for item in package["CFItems"]
    }
    # Written out once by hand: uuid.uuid5(uuid.NAMESPACE_URL, "https://w3id.org/cmh-graph/skill/active-listening").
    assert found[BASE + "skill/active-listening"] == "5a95c528-39d3-55c4-86b6-52d8c825d644"


def test_nothing_claims_a_certificate() -> None:
    texts = [
        path.read_text("utf-8") for path in (ROOT / "src" / "cmh_graph" / "export" / "case").glob("*.py")
    ]
    texts += [
        (ROOT / "src/cmh_graph/api/routes/case.py").read_text("utf-8"),
        (ROOT / "docs/formats/case.md").read_text("utf-8"),
    ]
    texts += [data.decode() for data in written().files.values()]
    assert not any("certif" + "ied" in text.casefold() for text in texts)


# --- round trips ---


@pytest.mark.parametrize("one", cases(FOLDER / "round_trips.toml"), ids=lambda one: one["why"][:45])
def test_a_small_edition_comes_back(one: dict[str, Any]) -> None:
    small = edition_of(one["turtle"])
    written = case.write(small)
    made = {name: json.loads(data) for name, data in written.files.items()}
    assert written.carried is not None
    assert case.read_packages(written.files) == written.carried
    assert sorted(map(read_as, content(small) - written.carried)) == sorted(one["lost"])
    assert {tuple(end) for end in one["ends"]} <= links(made)
    for package in made.values():
        assert errors(package) == []


def test_what_passed_through_another_tool_comes_back() -> None:
    """OpenCASE gives items and associations addresses of its own and drops targetType."""
    made = copy.deepcopy(packages())
    for package in made.values():
        for kind in ("CFItems", "CFAssociations"):
            for one in package[kind]:
                one["uri"] = f"/ims/case/v1p1/{kind}/{one['identifier']}"
                for end in ("originNodeURI", "destinationNodeURI"):
                    one.get(end, {}).pop("targetType", None)
    assert case.read_packages(as_files(made)) == written().carried


def test_a_foreign_package_is_read_as_far_as_it_means_something() -> None:
    def link(number: int) -> dict[str, str]:
        return {"title": "x", "identifier": f"id-{number}", "uri": f"https://example.org/{number}"}

    items = [{**link(number), "fullStatement": f"Item {number}"} for number in range(3)]
    tree = {"identifier": "a", "uri": "urn:a", "associationType": "isChildOf"}
    peers = {"identifier": "b", "uri": "urn:b", "associationType": "isPeerOf"}
    package = {
        "CFDocument": {**link(9), "title": "Theirs", "creator": "They"},
        "CFItems": items,
        "CFAssociations": [
            {**tree, "originNodeURI": link(1), "destinationNodeURI": link(0)},
            {**peers, "originNodeURI": link(1), "destinationNodeURI": link(2)},
        ],
    }
    found = case.read_packages(as_files({"theirs": package}))
    broader = PREFIXES["skos"] + "broader"
    ends = [NamedNode(f"https://example.org/{number}") for number in (1, 0)]
    assert Triple(ends[0], NamedNode(broader), ends[1]) in found
    assert len(found) == 5  # three labels, the title, and the one link that SKOS has


@pytest.mark.parametrize(
    "data", [b"{", b"[]", b"[" * 100_000, b"\xff", b'{"CFDocument": 1}', b'{"CFDocument": {}}']
)
def test_what_is_no_package_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError) as told:
        case.read_packages({"case/x.json": data})
    assert told.value.where.startswith("case/x.json")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to everything within some JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in places(one, (*path, key)))]


SMALL = """
role:r a cmh:Role ; skos:prefLabel "R"@en ; cmh:hasRequirement requirement:any , requirement:s .
skill:s a cmh:Skill ; skos:prefLabel "S"@en ; cmh:status status:inferred .
requirement:s a cmh:SkillRequirement ; cmh:asksFor skill:s .
requirement:any a cmh:AnyOfRequirement ; cmh:anyOf requirement:one .
requirement:one a cmh:SkillRequirement ; cmh:asksFor skill:s .
"""
JSONS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_stands_in_a_package_it_is_read_or_refused(data: st.DataObject) -> None:
    made = {name: json.loads(text) for name, text in case.write(edition_of(SMALL)).files.items()}
    name = data.draw(st.sampled_from(["case/skills.json", "case/roles.json"]))
    *path, last = data.draw(st.sampled_from(places(made[name])[1:]))
    place: Any = made[name]
    for step in path:
        place = place[step]
    place[last] = data.draw(JSONS)
    try:
        case.read_packages({file: json.dumps(package).encode() for file, package in made.items()})
    except SourceError as error:
        assert error.where.startswith("case/") and error.mend


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@st.composite
def editions(draw: st.DrawFn) -> Edition:
    """Skills in a tree or a tangle, with texts of every sort, and a role that asks for some of them."""
    lines = []
    for number in range(draw(st.integers(1, 6))):
        lines.append(f"skill:s{number} a cmh:Skill .")
        for name in ("skos:prefLabel", "skos:altLabel", "skos:definition", "skos:note"):
            for text in draw(st.lists(TEXTS, max_size=2)):
                language = draw(st.sampled_from(["@en", "@cy", ""]))
                lines.append(f"skill:s{number} {name} {json.dumps(text, ensure_ascii=False)}{language} .")
        if draw(st.booleans()):
            lines.append(f"skill:s{number} skos:broader skill:s{draw(st.integers(0, 6))} .")
        for need in draw(st.sets(st.sampled_from(["SkillRequirement", "AnyOfRequirement", "NoneRequired"]))):
            lines.append(
                f"requirement:n{number} a cmh:{need} ; cmh:asksFor skill:s{draw(st.integers(0, 6))} ."
            )
        if draw(st.booleans()):
            lines.append(
                f"role:r{draw(st.integers(0, 1))} a cmh:Role ; cmh:hasRequirement requirement:n{number} ."
            )
        if draw(st.booleans()):
            lines.append(f"requirement:n{number} cmh:anyOf requirement:n{draw(st.integers(0, 6))} .")
    return edition_of("\n".join(lines))


@settings(max_examples=25, deadline=None)
@given(editions())
def test_reading_gives_what_is_said_to_be_carried(small: Edition) -> None:
    written = case.write(small)
    assert written.carried is not None
    assert written.carried <= set(small.stated)
    assert case.read_packages(written.files) == written.carried
    about_skills = {one for one in small.stated if "/skill/" in str(one.subject)}
    assert about_skills <= written.carried


# --- the service ---


@pytest.fixture(scope="module")
def client(framework_snapshots: Path) -> TestClient:
    """The service without its query workers, which these paths do not use."""
    served = open_framework(framework_snapshots, home=ROOT)
    return TestClient(create_app(Settings(snapshots=framework_snapshots), served))


def test_the_service_answers_from_the_packages(client: TestClient) -> None:
    listed = client.get(f"{PATH}/CFDocuments").json()["CFDocuments"]
    assert [one["title"] for one in listed] == [
        package["CFDocument"]["title"] for package in packages().values()
    ]
    for document, package in zip(listed, packages().values(), strict=True):
        assert client.get(f"{PATH}/CFPackages/{document['identifier']}").json() == package
        link = document.pop("CFPackageURI")
        assert link["identifier"] == document["identifier"]
        assert document == package["CFDocument"]


def test_each_object_fits_the_official_schema(client: TestClient) -> None:
    for package in packages().values():
        document = {
            "title": package["CFDocument"]["title"],
            "identifier": package["CFDocument"]["identifier"],
        }
        for kind, part in (("CFItems", "CFPckgItem"), ("CFAssociations", "CFPckgAssociation")):
            for one in package[kind][::60]:
                answer = client.get(f"{PATH}/{kind}/{one['identifier']}").json()
                # The single form says which document it is of; the package form must not.
                assert answer.pop("CFDocumentURI").items() >= {"identifier": document["identifier"]}.items()
                assert answer == one and errors(answer, part) == []
        for kind in ("CFConcepts", "CFSubjects", "CFItemTypes"):
            for one in package["CFDefinitions"][kind]:
                answer = client.get(f"{PATH}/{kind}/{one['identifier']}").json()
                assert answer[kind][0] == one and errors(answer[kind][0], kind.removesuffix("s")) == []
        for kind in ("CFLicenses", "CFAssociationGroupings"):
            for one in package["CFDefinitions"][kind]:
                answer = client.get(f"{PATH}/{kind}/{one['identifier']}").json()
                assert answer == one and errors(answer, kind.removesuffix("s")) == []


def test_the_associations_of_an_item_are_all_that_end_there(client: TestClient) -> None:
    answer = client.get(f"{PATH}/CFItemAssociations/{SKILL}").json()
    assert answer["CFItem"]["identifier"] == SKILL
    expected = [
        one["identifier"]
        for package in packages().values()
        for one in package["CFAssociations"]
        if SKILL in (one["originNodeURI"]["identifier"], one["destinationNodeURI"]["identifier"])
    ]
    assert [one["identifier"] for one in answer["CFAssociations"]] == expected
    assert len(expected) > 3


UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("address", "status", "code", "why"),
    [
        (f"/CFItems/{UNKNOWN}", 404, "unknownobject", "nothing has this identifier"),
        (f"/CFDocuments/{UNKNOWN}", 404, "unknownobject", "nor this"),
        (f"/CFPackages/{SKILL}", 404, "unknownobject", "an item is no package"),
        (f"/CFRubrics/{UNKNOWN}", 404, "unknownobject", "the framework has no rubrics"),
        ("/CFItems/active-listening", 404, "invalid_uuid", "a key is no UUID"),
        ("/CFAssociations/x%0Ay", 404, "invalid_uuid", "nor is this"),
        ("/CFDocuments?limit=0", 400, "invalid_selection_field", "a page of nothing"),
        ("/CFDocuments?limit=all", 400, "invalid_selection_field", "no number"),
        (
            "/CFDocuments?limit=99999999999999999999",
            400,
            "invalid_selection_field",
            "no number to count with",
        ),
        ("/CFDocuments?offset=-1", 400, "invalid_selection_field", "before the beginning"),
        ("/CFDocuments?orderBy=up", 400, "invalid_selection_field", "asc or desc"),
        ("/CFDocuments?fields=", 400, "invalid_selection_field", "the standard refuses a blank field"),
        ("/CFDocuments?fields=title,,uri", 400, "invalid_selection_field", "one of them is blank"),
        ("/CFDocuments?filter=title", 400, "invalid_selection_field", "no predicate"),
        ("/CFDocuments?filter=colour%3D%27red%27", 400, "invalid_selection_field", "no such field"),
        ("/CFDocuments?filter=title%3D%27a%27%20AND%20", 400, "invalid_selection_field", "half a filter"),
    ],
)
def test_refusals_have_the_body_of_the_standard(
    client: TestClient, address: str, status: int, code: str, why: str
) -> None:
    answer = client.get(PATH + address)
    assert answer.status_code == status, why
    body = answer.json()
    assert (
        body["imsx_codeMajor"] == "failure" and body["imsx_severity"] == "error" and body["imsx_description"]
    )
    (field,) = body["imsx_codeMinor"]["imsx_codeMinorField"]
    assert field["imsx_codeMinorFieldValue"] == code
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "titles", "why"),
    [
        ("filter=title~'SKILLS'", ["Skills"], "contains, whatever the case"),
        (f"filter=version='{__version__}'&limit=1", ["Skills"], "the example of the standard, one at a time"),
        ("filter=frameworkType='occupations' OR title~'values'", ["Values", "Roles"], "either"),
        (
            "filter=title~'roles' AND description~'family'",
            [],
            "both: the scheme's description says otherwise",
        ),
        (f"filter=version!='{__version__}'", [], "none is of another version"),
        ("filter=lastChangeDateTime>'2016-12-12T00:00:00Z'&limit=2", ["Skills", "Values"], "later than"),
        ("filter=subject='Community mental health'&offset=4", ["What"], "a list that is just this"),
        ("filter=subjectURI.title~'mental'&limit=1&offset=2", ["AHP"], "a field of a field"),
        ("filter=publisher='it''s not'", [], "an apostrophe is written twice"),
        ("sort=title&limit=2", ["AHP", "Roles"], "in order"),
        ("sort=title&orderBy=desc&limit=2", ["What", "Values"], "the other way"),
        ("sort=colour&limit=2", ["Skills", "Values"], "what does not exist changes nothing"),
        ("offset=40", [], "a page past the end is empty"),
    ],
)
def test_documents_are_selected(client: TestClient, query: str, titles: list[str], why: str) -> None:
    answer = client.get(f"{PATH}/CFDocuments?{query}")
    assert answer.status_code == 200, answer.text
    assert [one["title"].split()[0] for one in answer.json()["CFDocuments"]] == titles, why


def test_fields_are_those_asked_for(client: TestClient) -> None:
    answer = client.get(f"{PATH}/CFDocuments?fields=identifier,title").json()
    assert all(set(one) == {"identifier", "title"} for one in answer["CFDocuments"])
    whole = client.get(f"{PATH}/CFDocuments?fields=identifier,colour").json()
    assert whole == client.get(f"{PATH}/CFDocuments").json(), "the standard gives all if one does not exist"


def test_pages_lead_to_each_other(client: TestClient) -> None:
    address, seen = f"{PATH}/CFDocuments?limit=2&sort=title", []
    while address:
        answer = client.get(address)
        assert answer.headers["x-total-count"] == "5"
        seen += [one["title"] for one in answer.json()["CFDocuments"]]
        address = answer.links.get("next", {}).get("url", "")
    assert len(seen) == 5 and seen == sorted(seen, key=str.casefold)
    assert client.get(answer.links["first"]["url"]).json()["CFDocuments"][0]["title"] == seen[0]
    assert answer.url.path + "?" + answer.url.query.decode() == answer.links["last"]["url"]


def test_a_reader_who_has_it_gets_304_and_head_has_no_body(client: TestClient) -> None:
    for address in (f"{PATH}/CFDocuments", f"{PATH}/CFItems/{SKILL}"):
        answer = client.get(address)
        again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = client.head(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == answer.headers["etag"]
    missing = client.get(f"{PATH}/CFItems/{UNKNOWN}", headers={"If-None-Match": "*"})
    assert missing.status_code == 404
    assert client.post(f"{PATH}/CFDocuments").status_code == 405


def test_the_service_describes_itself_where_the_standard_says(client: TestClient) -> None:
    from openapi_spec_validator import validate

    document = client.get(f"{PATH}/discovery/imscasev1p1_openapi3_v1p0.json").json()
    validate(document)
    operations = {about["get"]["operationId"] for about in document["paths"].values()}
    assert operations == {
        "getAllCFDocuments", "getCFAssociation", "getCFAssociationGrouping", "getCFConcept", "getCFDocument",
        "getCFItem", "getCFItemAssociations", "getCFItemType", "getCFLicense", "getCFPackage", "getCFRubric",
        "getCFSubject",
    }  # fmt: skip


@given(st.sampled_from(FIELDS), st.booleans())
def test_sorting_keeps_every_document(field: str, descending: bool) -> None:
    documents = [package["CFDocument"] for package in packages().values()]
    ordered = sort_documents(documents, field, descending=descending)
    assert sorted(one["identifier"] for one in ordered) == sorted(one["identifier"] for one in documents)


@given(st.sampled_from(FIELDS), st.text(st.characters(exclude_characters="',"), max_size=8))
def test_a_filter_and_its_opposite_share_the_documents_out(field: str, value: str) -> None:
    documents = [package["CFDocument"] for package in packages().values()]
    kept, others = (filter_documents(documents, f"{field}{sign}'{value}'") for sign in ("=", "!="))
    assert len(kept) + len(others) == len(documents)


def test_every_kind_of_statement_has_a_frame() -> None:
    """A new kind of requirement in the ontology must not be left out unseen."""
    kinds = edition().about
    parent = NamedNode(CMH + "Requirement")
    subclasses = {
        one for one, about in kinds.items() if parent in about.get(PREFIXES["rdfs"] + "subClassOf", ())
    }
    assert subclasses - {CMH + "AnyOfRequirement"} <= set(FRAMES)
