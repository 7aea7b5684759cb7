"""Mapping sets are read with their places, refused with words, and turned into statements."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmh_graph.errors import SourceError
from cmh_graph.sssom import mapping_quads, read_mapping_set
from cmh_graph.store import Literal

ROOT = Path(__file__).parent.parent
SETS = sorted((ROOT / "ontology" / "matches").glob("*.sssom.tsv"))
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
