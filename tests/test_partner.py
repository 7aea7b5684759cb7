"""A partner's catalogue is read with its places, and refused with words that its owner can act on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cmh_graph.build import build
from cmh_graph.errors import SourceError, StaleMappings
from cmh_graph.namespaces import GRAPH_PARTNER, PREFIXES, compact, iri
from cmh_graph.partner import MAPPINGS, partner_quads, read_partner, titles_of
from cmh_graph.queries import load_questions
from cmh_graph.sources import partner_file
from cmh_graph.sssom import read_mapping_set
from cmh_graph.store import NamedNode, Store, parse_nquads, text_of

ROOT = Path(__file__).parent.parent
EMPLOYERS = ("northfield", "eastmere")


@pytest.fixture(scope="module")
def two_employers() -> Store:
    """The framework with the catalogues and published mappings of both examples."""
    built = build(ROOT, [ROOT / "examples" / name for name in EMPLOYERS])
    return Store.from_quads(parse_nquads(built.nquads))


def test_northfield_is_read() -> None:
    partner = read_partner(ROOT / "examples" / "northfield")
    assert len(partner.posts) == 95
    kinds = {
        q.object.value.rsplit("#", 1)[1]
        for q in partner_quads(partner)
        if q.predicate.value.endswith("#type")
    }
    assert kinds == {"Source", "Organisation", "Title", "Post"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("NF002", "NF001", "line 3, column key"),
        ("Peer Wkr", "", "line 4, column title"),
        ("Duty,6", "Duty,33", "pay band '33' is not in the band scheme"),
        ("NF001", "NF 001", "no IRI can carry"),
    ],
)
def test_a_broken_table_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    folder = tmp_path / "northfield"
    shutil.copytree(ROOT / "examples" / "northfield", folder)
    about = folder / "source.toml"
    about.write_text(about.read_text().split("[sha256]")[0])
    table = folder / "roles.csv"
    table.write_text(table.read_text().replace(old, new))
    with pytest.raises(SourceError) as error:
        read_partner(folder)
    assert says in str(error.value)


def test_a_table_that_changed_since_it_was_received_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "northfield"
    shutil.copytree(ROOT / "examples" / "northfield", folder)
    with (folder / "roles.csv").open("a") as table:
        table.write("NF013,Chaplain,6,\n")
    with pytest.raises(SourceError, match="checksum"):
        read_partner(folder)


def test_a_folder_without_source_toml_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"source\.toml"):
        partner_file(tmp_path)


@pytest.mark.parametrize("name", EMPLOYERS)
def test_the_published_mappings_are_about_the_catalogues_own_titles(name: str) -> None:
    folder = ROOT / "examples" / name
    titles = titles_of(read_partner(folder))
    rows = read_mapping_set(folder / MAPPINGS).rows
    assert {row.subject for row in rows} == set(titles), "every post is decided"
    assert {titles[row.subject] for row in rows} == {row.subject_label for row in rows}
    states = {row.state for row in rows}
    assert {"accepted", "rejected"} <= states and "candidate" not in states
    assert any(row.is_no_match for row in rows), "that no role fits is knowledge too"
    for row in rows:
        assert row.reviewer.endswith("(made up)") and row.review_date, f"line {row.line}"
        assert row.negated == (row.state != "accepted"), f"line {row.line}"


def test_the_samples_hold_a_superseded_and_an_exact_row() -> None:
    rows = [row for name in EMPLOYERS for row in read_mapping_set(ROOT / "examples" / name / MAPPINGS).rows]
    assert any(row.state == "superseded" for row in rows)
    assert any(row.is_exact for row in rows)


@pytest.mark.parametrize("name", EMPLOYERS)
def test_only_accepted_rows_become_plain_skos(name: str, two_employers: Store) -> None:
    graph = GRAPH_PARTNER + name
    skos = PREFIXES["skos"]
    stated = {
        (text_of(quad.subject), quad.predicate.value, text_of(quad.object))
        for quad in two_employers.quads(graph)
        if quad.predicate.value.startswith(skos) and quad.predicate.value.endswith("Match")
    }
    rows = read_mapping_set(ROOT / "examples" / name / MAPPINGS).rows
    assert stated == {
        (row.subject, row.predicate, row.object)
        for row in rows
        if row.state == "accepted" and not row.is_no_match
    }
    derived = two_employers.select(
        "SELECT ?title ?role WHERE { GRAPH graph:derived { ?title skos:closeMatch ?role } ?title a cmh:Title }"
    )
    exact = {(row.subject, row.object) for row in rows if row.state == "accepted" and row.is_exact}
    start = iri("title", f"{name}-")
    assert {
        (text_of(one["title"]), text_of(one["role"]))
        for one in derived
        if text_of(one["title"]).startswith(start)
    } == exact, "SKOS makes an exact match a close one too; nothing else follows"


def test_one_query_compares_two_employers_through_the_framework(two_employers: Store) -> None:
    question = load_questions(ROOT / "queries" / "questions")["posts_of_one_role_with_two_employers"]
    bindings = {
        "employer": NamedNode(iri("organisation", "northfield")),
        "other_employer": NamedNode(iri("organisation", "eastmere")),
    }
    found = two_employers.query(question.text, bindings=bindings, prefixes=None)
    pairs = {
        tuple(compact(text_of(row[name])) for name in ("role", "post", "other_post", "relation"))
        for row in found
    }
    assert (
        "role:peer-support-worker",
        "post:northfield-NF030",
        "post:eastmere-EM027",
        "skos:exactMatch",
    ) in pairs
    assert {role for role, *_ in pairs} >= {"role:employment-specialist", "role:mental-health-nurse"}
    posts = {post for _, *both, _ in pairs for post in both}
    assert "post:northfield-NF012" not in posts, "a porter is no role of the framework"
    assert "post:northfield-NF008" not in posts, "only related is not the same"


def test_the_question_on_titles_shows_what_people_decided(two_employers: Store) -> None:
    question = load_questions(ROOT / "queries" / "questions")["titles_and_the_roles_they_mean"]
    collection = {"collection": NamedNode(iri("organisation", "northfield"))}
    found = [
        (compact(text_of(row["title"])), text_of(row["relation"]), compact(text_of(row["role"])))
        for row in two_employers.query(question.text, bindings=collection, prefixes=None)
    ]
    assert len(found) == len({title for title, *_ in found}) == 95, (
        "one row for each title, denied roles left out"
    )
    assert ("title:northfield-NF030", "exactMatch", "role:peer-support-worker") in found
    assert ("title:northfield-NF023", "closeMatch", "role:senior-hcsw") in found
    assert ("title:northfield-NF012", "no match", "") in found


def test_a_mapping_that_went_stale_stops_the_build(tmp_path: Path) -> None:
    folder = tmp_path / "northfield"
    shutil.copytree(ROOT / "examples" / "northfield", folder)
    mappings = folder / MAPPINGS
    row = next(row for row in read_mapping_set(mappings).rows if row.digest)
    mappings.write_text(
        mappings.read_text(encoding="utf-8").replace(row.digest, "0" * 16, 1), encoding="utf-8"
    )
    with pytest.raises(StaleMappings) as error:
        build(ROOT, [folder])
    assert f"line {row.line}: {row.subject_label}" in str(error.value)
    assert error.value.exit_code == 1
