"""Mapping sets are read with their places, refused with words, and turned into statements."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import CMH, GRAPH_MATCHES, GRAPH_PARTNER, PREFIXES, iri
from cmh_graph.sssom import (
    mapping_quads,
    parse_mapping_file,
    read_mapping_file,
    read_mapping_set,
    text_of_file,
)
from cmh_graph.sssom.read import mapping_set
from cmh_graph.store import Literal, NamedNode

ROOT = Path(__file__).parent.parent
SETS = sorted((ROOT / "ontology" / "matches").glob("*.sssom.tsv"))
EVERY_SET = sorted([*SETS, *(ROOT / "examples").glob("*/*.sssom.tsv")])
HEAD = '# curie_map:\n#   role: "https://w3id.org/cmh-graph/role/"\n#   skos: "http://www.w3.org/2004/02/skos/core#"\n'
COLUMNS = "subject_id\tpredicate_id\tobject_id\tmapping_justification\n"


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.name)
def test_our_mapping_sets_can_be_read(path: Path) -> None:
    found = read_mapping_set(path)
    assert found.rows
    assert found.metadata["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert all(row.status for row in found.rows), "every row says who says it"
    assert len({(row.subject, row.subject_label, row.predicate, row.object) for row in found.rows}) == len(
        found.rows
    )


@pytest.mark.parametrize("name", ["esco", "isco-08", "soc-2020", "onet-soc", "nhs-sds"])
def test_every_role_has_a_row_in_every_scheme_that_was_searched(name: str) -> None:
    """A role without a match has a row that says so: silence would not tell 'none' from 'not looked for'."""
    rows = read_mapping_set(ROOT / "ontology" / "matches" / f"{name}.sssom.tsv").rows
    roles = {path.stem for path in (ROOT / "ontology" / "catalogue" / "roles").glob("*.ttl")}
    assert {row.subject.rsplit("/", 1)[1] for row in rows} == roles
    both = {row.subject for row in rows if row.is_no_match} & {
        row.subject for row in rows if not row.is_no_match
    }
    assert both == set(), "no role both matches and does not"


def test_a_row_found_by_machine_is_never_an_exact_match() -> None:
    for path in SETS:
        for row in read_mapping_set(path).rows:
            if row.justification.endswith("LexicalMatching"):
                assert row.is_no_match or not row.predicate.endswith("exactMatch"), (
                    f"{path.name}, line {row.line}"
                )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "subject_id\tpredicate_id\nrole:a\tskos:exactMatch\n", "object_id"),
        (HEAD + COLUMNS + "role:a\tskos:exactMatch\tesco:b\tskos:x\n", "line 5, column object_id"),
        ("# curie_map: [\n" + COLUMNS, "not YAML"),
        (HEAD + COLUMNS + "role:a\tskos:exactMatch\n", "2 cells"),
        (HEAD + COLUMNS + "role:a b\tskos:exactMatch\trole:b\tskos:x\n", "makes no IRI"),
        (HEAD + COLUMNS + "role:%zz\tskos:exactMatch\trole:b\tskos:x\n", "makes no IRI"),
        ("#curie_map:\n#  x: y\n" + COLUMNS + "x:a\tx:a\tx:a\tx:a\n", "makes no IRI"),
        (HEAD + COLUMNS + 'role:a\tskos:exactMatch\t"role:b\tskos:x\n', "line 5"),
        (HEAD + "object_id\t" + COLUMNS, "object_id is there twice"),
        (HEAD + COLUMNS + "role:a\t\trole:b\tskos:x\n", "line 5, column predicate_id"),
        ("#" + "[" * 5000 + "\n" + COLUMNS, "not YAML"),
        ("#- a\n" + COLUMNS, "not a list of fields"),
        ("#curie_map: [a]\n" + COLUMNS, "not a list of fields"),
        (HEAD + "#x: " + "y" * 300_000 + "\n" + COLUMNS, "longer than"),
        (HEAD + COLUMNS + "role:a\0\tskos:exactMatch\trole:b\tskos:x\n", "null bytes"),
        (
            HEAD + COLUMNS[:-1] + "\tcmh_review_state\nrole:a\tskos:x\trole:b\tskos:x\tmaybe\n",
            "'maybe' is no state",
        ),
    ],
)
def test_a_broken_set_is_refused_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "set.sssom.tsv"
    path.write_text(text)
    with pytest.raises(SourceError) as error:
        list(mapping_quads(read_mapping_set(path)))
    assert says in str(error.value)


def test_a_row_becomes_a_node_with_its_label() -> None:
    quads = list(mapping_quads(read_mapping_set(ROOT / "ontology" / "matches" / "esco.sssom.tsv")))
    labels = {
        q.object.value
        for q in quads
        if q.predicate.value.endswith("object_label") and isinstance(q.object, Literal)
    }
    assert "mental health support worker" in labels
    assert len({q.subject for q in quads}) == len(read_mapping_set(SETS[0]).rows)


@pytest.mark.parametrize("path", EVERY_SET, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_our_mapping_sets_are_written_as_they_were_read(path: Path) -> None:
    assert text_of_file(read_mapping_file(path)).encode() == path.read_bytes()


def test_a_header_whose_anchors_multiply_costs_nothing() -> None:
    """Each list holds the one before ten times: written out it would have ten thousand million words."""
    lines = ["#a0: &a0 [x, x]"] + [f"#a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 11)]
    head = "\n".join([*lines, "#object_source: *a10", "#mapping_set_id: *a10"]) + "\n"
    text = head + COLUMNS + "sssom:x\tskos:closeMatch\tsssom:NoTermFound\tsemapv:x\n"
    file = parse_mapping_file(text.encode(), Path("x"))
    assert mapping_set(file).rows[0].object_source == ""


REVIEWED = (
    HEAD.replace("# curie_map:\n", "# curie_map:\n#   title: https://w3id.org/cmh-graph/title/\n")
    + "# object_source: sssom:x\n"
    + COLUMNS[:-1]
    + "\tpredicate_modifier\tcmh_review_state\treviewer_label\treview_date\n"
)


def reviewed(state: str, modifier: str = "") -> str:
    who = "\t" if state == "candidate" else "Team\t2026-11-22"
    return f"title:t\tskos:closeMatch\trole:{state}\tsemapv:x\t{modifier}\treview-state:{state}\t{who}\n"


def test_only_accepted_rows_of_a_partner_are_stated_plainly() -> None:
    text = REVIEWED + reviewed("candidate") + reviewed("accepted")
    text += reviewed("rejected", "Not") + reviewed("superseded", "Not")
    found = mapping_set(parse_mapping_file(text.encode(), Path("x")))
    quads = list(mapping_quads(found, GRAPH_PARTNER + "small", "small"))
    plain = [
        quad.object.value for quad in quads if quad.predicate.value.startswith(PREFIXES["skos"] + "close")
    ]
    assert plain == [iri("role", "accepted")]
    denied = {q.subject for q in quads if q.predicate.value == PREFIXES["sssom"] + "predicate_modifier"}
    states = {q.subject: q.object for q in quads if q.predicate.value == CMH + "reviewState"}
    assert denied == {
        node for node, state in states.items() if state.value.endswith(("rejected", "superseded"))
    }
    says = {q.subject: q.object for q in quads if q.predicate.value == CMH + "status"}
    confirmed = NamedNode(iri("status", "confirmed"))
    assert [says[node] == confirmed for node in states] == [False, True, True, True], "who decided confirms"
    assert {quad.graph_name for quad in quads} == {NamedNode(GRAPH_PARTNER + "small")}


def test_without_a_state_a_partners_row_is_a_candidate_and_ours_is_not_under_review() -> None:
    text = REVIEWED + "title:t\tskos:closeMatch\trole:a\tsemapv:x\t\t\t\t\n"
    found = mapping_set(parse_mapping_file(text.encode(), Path("x")))

    def states(graph: str, partner: str) -> list[str]:
        return [
            key.object.value.rsplit("/", 1)[1]
            for key in mapping_quads(found, graph, partner)
            if key.predicate.value == CMH + "reviewState"
        ]

    assert states(GRAPH_PARTNER + "small", "small") == ["candidate"]
    assert states(GRAPH_MATCHES, "") == []


def test_a_row_and_its_denial_are_two_nodes() -> None:
    text = REVIEWED + reviewed("accepted") + reviewed("accepted", "Not")
    found = mapping_set(parse_mapping_file(text.encode(), Path("x")))
    assert len({quad.subject for quad in mapping_quads(found)}) == 2
