"""ESCO-style tables: their columns, round trips, and loaders that know only ESCO. Cases in tests/cases/esco."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from built import ROOT, framework_graph
from cmh_graph.align.tables import TitleRow, read_table
from cmh_graph.errors import SourceError
from cmh_graph.export import esco, write_export
from cmh_graph.export.edition import Edition
from cmh_graph.export.esco.cells import guard, lines, split, unguard
from cmh_graph.export.esco.columns import COLUMNS, STATEMENTS
from cmh_graph.export.format import Written
from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.store import NamedNode
from small_editions import cases, content, edition_of, read_as

FOLDER = ROOT / "tests" / "cases" / "esco"


@cache
def edition() -> Edition:
    return Edition.of(framework_graph().nquads)


@cache
def written() -> Written:
    return esco.write(edition())


def load(files: Any) -> dict[str, list[dict[str, str]]]:
    """A loader that knows nothing but ESCO's file and column names: file -> its rows."""
    return {
        name.removeprefix("esco/"): list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))
        for name, data in files.items()
    }


def iri(name: str) -> str:
    prefix, _, key = name.partition(":")
    return PREFIXES[prefix] + key


def test_every_case_file_is_used() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"round_trips.toml", "defects.toml"}


#: As in the download of ESCO 1.2.1, English, CSV.
ESCO = {
    "occupations_en.csv": "conceptType,conceptUri,iscoGroup,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,"
    "regulatedProfessionNote,scopeNote,definition,inScheme,description,code,naceCode",
    "skills_en.csv": "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,hiddenLabels,status,"
    "modifiedDate,scopeNote,definition,inScheme,description",
    "skillGroups_en.csv": "conceptType,conceptUri,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,scopeNote,"
    "inScheme,description,code",
    "ISCOGroups_en.csv": "conceptType,conceptUri,code,preferredLabel,status,altLabels,inScheme,description",
    "occupationSkillRelations_en.csv": "occupationUri,occupationLabel,relationType,skillType,skillUri,skillLabel",
    "skillSkillRelations_en.csv": "originalSkillUri,originalSkillType,relationType,relatedSkillType,relatedSkillUri",
    "skillsHierarchy_en.csv": "Level 0 URI,Level 0 preferred term,Level 1 URI,Level 1 preferred term,Level 2 URI,"
    "Level 2 preferred term,Level 3 URI,Level 3 preferred term,Description,Scope note,Level 0 code,Level 1 code,"
    "Level 2 code,Level 3 code",
    "broaderRelationsOccPillar_en.csv": "conceptType,conceptUri,conceptLabel,broaderType,broaderUri,broaderLabel",
    "broaderRelationsSkillPillar_en.csv": "conceptType,conceptUri,conceptLabel,broaderType,broaderUri,broaderLabel",
    "conceptSchemes_en.csv": "conceptType,conceptSchemeUri,preferredLabel,title,status,description,hasTopConcept",
}


@pytest.mark.parametrize("file", ESCO)
def test_the_columns_are_escos(file: str) -> None:
    assert written().files[f"esco/{file}"].decode().partition("\r\n")[0] == ESCO[file]


def test_there_is_one_file_of_our_own() -> None:
    assert {f"esco/{name}" for name in COLUMNS} == set(written().files)
    assert STATEMENTS.startswith("cmh"), "no loader of ESCO looks for it"


def test_a_loader_of_esco_finds_the_same_numbers() -> None:
    tables, things = load(written().files), edition().catalogue
    occupations = {row["conceptUri"]: row for row in tables["occupations_en.csv"]}
    skills = {row["conceptUri"]: row for row in tables["skills_en.csv"]}
    assert set(occupations) == {role.iri for role in things.roles.values()}
    assert set(skills) == {skill.iri for skill in things.skills.values()}
    assert {row["conceptUri"] for row in tables["skillGroups_en.csv"]} == {
        group.iri for group in things.skill_groups.values()
    }
    assert {row["Level 0 preferred term"] for row in tables["skillsHierarchy_en.csv"]} == {
        group.label for group in things.skill_groups.values()
    }
    asked = {
        (role.iri, f"{PREFIXES['skill']}{need.asks_for.key}"): need.necessity
        for role in things.roles.values()
        for need in role.requirements
        if need.kind == "skill" and need.asks_for
    }
    related = {
        (row["occupationUri"], row["skillUri"]): row["relationType"]
        for row in tables["occupationSkillRelations_en.csv"]
    }
    assert len(asked) == len(tables["occupationSkillRelations_en.csv"]) > 700
    assert related == {
        pair: "essential" if need == "essential" else "optional" for pair, need in asked.items()
    }


def test_labels_stand_beside_addresses_and_agree() -> None:
    tables = load(written().files)
    names = {
        row["conceptUri"]: row["preferredLabel"]
        for file in ("occupations_en.csv", "skills_en.csv", "skillGroups_en.csv", "ISCOGroups_en.csv")
        for row in tables[file]
    }
    for row in tables["occupationSkillRelations_en.csv"]:
        assert (row["occupationLabel"], row["skillLabel"]) == (
            names[row["occupationUri"]],
            names[row["skillUri"]],
        )
    for file in ("broaderRelationsOccPillar_en.csv", "broaderRelationsSkillPillar_en.csv"):
        for row in tables[file]:
            assert (row["conceptLabel"], row["broaderLabel"]) == (
                names[row["conceptUri"]],
                names[row["broaderUri"]],
            )
    codes = {row["code"] for row in tables["ISCOGroups_en.csv"]}
    assert {row["iscoGroup"] for row in tables["occupations_en.csv"]} - {""} == codes


def test_our_own_reader_of_esco_folders_reads_it(tmp_path: Path) -> None:
    """What brings other people's ESCO downloads in brings this one in: the same roles, names and other names."""
    write_export(written().files, tmp_path)
    rows = [row for row in read_table(tmp_path / "esco").rows if isinstance(row, TitleRow)]
    roles = {str(role.iri): role for role in edition().catalogue.roles.values()}
    assert {row.key for row in rows} == set(roles)
    for row in rows:
        assert row.title == roles[row.key].label
        titles = {meaning.title.label for meaning in roles[row.key].titles}
        # A title that is called like its role is no other name.
        assert set(row.other_titles) == titles - {row.title}


def test_every_inferred_statement_is_marked() -> None:
    """The relations table has no room for it, so the table of statements has: one row for each."""
    rows = load(written().files)[STATEMENTS]
    for row in rows:
        subject = row["statementUri"] or row["conceptUri"]
        stated = {
            str(one).rpartition("/")[2].strip(">") for one in edition().objects(subject, CMH + "status")
        }
        assert {one.removeprefix("status:") for one in row["status"].split("\n") if one} == stated
    needs = {row["statementUri"] for row in rows if row["statementType"] == "cmh:SkillRequirement"}
    assert {
        need.iri
        for role in edition().catalogue.roles.values()
        for need in role.requirements
        if need.kind == "skill"
    } == needs


@pytest.mark.parametrize("one", cases(FOLDER / "round_trips.toml"), ids=lambda one: one["why"][:45])
def test_a_small_edition_comes_back(one: dict[str, Any]) -> None:
    small = edition_of(one["turtle"])
    made = esco.write(small)
    assert made.carried is not None
    assert esco.read(made.files) == made.carried
    assert sorted(map(read_as, content(small) - made.carried)) == sorted(one["lost"])
    tables = load(made.files)
    for file, place, column, text in one["cells"]:
        rows = tables[file]
        row = (
            rows[place] if isinstance(place, int) else next(r for r in rows if r["conceptUri"] == iri(place))
        )
        assert row[column] == text, (file, place, column)


@pytest.mark.parametrize("one", cases(FOLDER / "defects.toml"), ids=lambda one: one["why"][:45])
def test_a_defect_is_told(one: dict[str, Any]) -> None:
    files = dict(written().files)
    text = files[f"esco/{one['file']}"].decode()
    assert one["old"] in text
    encoding = "latin-1" if one["told"] == "UTF-8" else "utf-8"
    changed = text.replace(one["old"], one["new"].replace("\0latin", "dé"), 1)
    files[f"esco/{one['file']}"] = changed.encode(encoding, "replace")
    with pytest.raises(SourceError) as error:
        esco.read(files)
    assert one["told"] in str(error.value), error.value
    assert error.value.where.startswith("esco/") and error.value.mend


def test_a_missing_file_is_told() -> None:
    files = {name: data for name, data in written().files.items() if STATEMENTS not in name}
    with pytest.raises(SourceError, match=STATEMENTS):
        esco.read(files)


def test_the_day_of_issue_is_the_only_date() -> None:
    turtle = 'skill:a a cmh:Skill ; skos:prefLabel "A"@en .'
    moved = esco.write(edition_of(turtle, issued="2027-01-02")).files
    for name, data in esco.write(edition_of(turtle)).files.items():
        assert moved[name].replace(b"2027-01-02", b"2026-11-21") == data


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@given(TEXTS)
def test_a_guarded_cell_is_inert_and_comes_back(text: str) -> None:
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.lists(TEXTS))
def test_each_line_of_a_cell_is_one_text(texts: list[str]) -> None:
    assert len(split(lines(texts))) == len({" ".join(text.split()) for text in texts} - {""})


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_reading_gives_what_is_said_to_be_carried(data: st.DataObject) -> None:
    said = []
    for number in range(data.draw(st.integers(1, 4))):
        kind = data.draw(st.sampled_from(["skill:s{} a cmh:Skill .", "role:s{} a cmh:Role ."])).format(number)
        subject = kind.partition(" ")[0]
        said.append(kind)
        for name in ("skos:prefLabel", "skos:altLabel", "skos:definition", "skos:note"):
            for text in data.draw(st.lists(TEXTS, max_size=2)):
                language = data.draw(st.sampled_from(["@en", "@en", "@cy", ""]))
                said.append(f"{subject} {name} {json.dumps(text, ensure_ascii=False)}{language} .")
        if data.draw(st.booleans()):
            text = data.draw(TEXTS)
            said.append(
                f"title:t{number} a cmh:Title ; skos:prefLabel {json.dumps(text, ensure_ascii=False)}@en ."
            )
            said.append(f"title-meaning:m{number} a cmh:TitleMeaning ; cmh:title title:t{number} .")
            said.append(f"title-meaning:m{number} cmh:meansRole {subject} .")
        if data.draw(st.booleans()):
            wanted = data.draw(st.integers(0, 4))
            said.append(f"{subject} cmh:hasRequirement requirement:r{number} .")
            said.append(f"requirement:r{number} a cmh:SkillRequirement ; cmh:asksFor skill:s{wanted} .")
    small = edition_of("\n".join(said))
    made = esco.write(small)
    assert made.carried is not None
    assert made.carried <= set(small.stated)
    assert esco.read(made.files) == made.carried
    types = {one for one in small.stated if one.predicate == NamedNode(PREFIXES["rdf"] + "type")}
    concepts = {
        one
        for one in types
        if str(one.subject).startswith(
            ("<https://w3id.org/cmh-graph/skill/", "<https://w3id.org/cmh-graph/role/")
        )
    }
    assert concepts <= made.carried


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_stands_in_a_table_it_is_read_or_refused(data: st.DataObject) -> None:
    turtle = """role:r a cmh:Role ; skos:prefLabel "R"@en ; cmh:hasRequirement requirement:s .
    skill:s a cmh:Skill ; skos:prefLabel "S"@en ; cmh:status status:inferred .
    requirement:s a cmh:SkillRequirement ; cmh:asksFor skill:s ; cmh:necessity necessity:essential ."""
    files = dict(esco.write(edition_of(turtle)).files)
    name = data.draw(st.sampled_from(sorted(files)))
    text = files[name].decode()
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    files[name] = (text[:start] + data.draw(st.text(max_size=5)) + text[end:]).encode(
        "utf-8", "surrogatepass"
    )
    try:
        esco.read(files)
    except SourceError as error:
        assert error.where.startswith("esco/") and error.mend
