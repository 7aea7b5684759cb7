"""A reviewed file -> checks -> the mapping set of an employer's catalogue, which `build --partner` loads."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rdflib import Graph

from cmh_graph.align.review.decide import Reviewer
from cmh_graph.align.review.reviewed_file import COLUMNS, for_review
from cmh_graph.errors import BadParameter
from cmh_graph.namespaces import BASE, GRAPH_PARTNER, key_of
from cmh_graph.partner import MAPPINGS, read_partner, titles_of
from cmh_graph.sssom.model import MappingFile, MappingRow, MappingSet, Row
from cmh_graph.sssom.rdf import mapping_quads
from cmh_graph.sssom.read import mapping_set, read_mapping_file
from cmh_graph.sssom.stale import Stale, same_title, stale_mappings
from cmh_graph.sssom.targets import Targets
from cmh_graph.sssom.write import replace_file, text_of_file
from cmh_graph.store import text_of, write_ntriples
from cmh_graph.validate.rules import validate


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be published. line: in the reviewed file; 0 if no one row is at fault."""

    line: int
    title: str
    what: str


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication holds, and what kept it back. path: where it was or would be written.

    counts: state -> rows that are published. undecided: titles left out because nobody has decided them yet.
    problems, stale: if there are any, nothing was written."""

    path: Path
    counts: Mapping[str, int]
    titles: int
    undecided: int
    problems: tuple[Problem, ...] = ()
    stale: tuple[Stale, ...] = ()

    @property
    def written(self) -> bool:
        return not self.problems and not self.stale


def publish(path: Path, folder: Path, targets: Targets, home: Path, *, several: bool = False) -> Published:
    """Check a reviewed file and write its decided rows to the catalogue's mapping set, in one step or not at all.

    folder: an employer's catalogue with source.toml. several: let a title have several accepted roles. home: of the
    shapes. Rows are ordered by subject; candidates are left out, as another run finds them again.
    Raises SourceError if the file or the folder cannot be read."""
    partner = read_partner(folder)
    posts = titles_of(partner)
    file = for_review(read_mapping_file(path))
    found = mapping_set(file)
    decided = [row for row in found.rows if row.state not in (None, "candidate")]
    counts: dict[str, int] = defaultdict(int)
    for row in decided:
        counts[str(row.state)] += 1
    accepted = {row.subject for row in decided if row.state == "accepted"}
    problems = [
        *_problems(found, targets, posts, several=several),
        *shape_problems(found, home, partner.name),
    ]
    stale = stale_mappings(found, targets, posts)
    told = {one.line for one in problems}
    out = Published(
        folder / MAPPINGS,
        dict(counts),
        len(accepted),
        len({row.subject for row in found.rows} - accepted),
        tuple(sorted(problems, key=lambda one: one.line)),
        tuple(one for one in stale if one.line not in told),
    )
    if out.written:
        replace_file(out.path, text_of_file(_published(file, decided)))
    return out


def _published(file: MappingFile, decided: Iterable[MappingRow]) -> MappingFile:
    """The file with its decided rows alone, by subject, state and object, under the columns of a review first."""
    lines = {row.line for row in decided}
    kept = [row for row in file.rows if row.line in lines]
    order = ("accepted", "rejected", "superseded")

    def place(row: Row) -> tuple[str, int, str]:
        return file.iri(row, "subject_id"), order.index(file.state(row) or "accepted"), row["object_id"]

    columns = (*COLUMNS, *(name for name in file.columns if name not in COLUMNS))
    title_line = file.title_line if columns == file.columns else ""
    rows = sorted(kept, key=place)
    if not title_line:
        rows = [replace(row, raw="") for row in rows]
    # Empty lines of the working file are no part of what is published.
    rows = [replace(row, raw=row.raw.rstrip("\r\n") + file.end) if row.raw else row for row in rows]
    return replace(file, columns=columns, title_line=title_line, rows=tuple(rows))


def _problems(
    found: MappingSet, targets: Targets, posts: Mapping[str, str], *, several: bool
) -> Iterator[Problem]:
    by_subject: dict[str, list[MappingRow]] = defaultdict(list)
    if not found.metadata.get("license"):
        yield Problem(
            0, "", "the header names no license; add one, such as #license: https://creativecommons.org/..."
        )
    for row in found.rows:
        by_subject[row.subject].append(row)
        yield from (Problem(row.line, row.subject_label, what) for what in _of_row(row, targets, posts))
    for subject, rows in by_subject.items():
        yield from (
            Problem(row.line, row.subject_label, what) for row, what in _of_title(rows, several=several)
        )
        if not subject:
            yield Problem(
                rows[0].line, rows[0].subject_label, "the row says of no title of yours that it matches"
            )


def _of_row(row: MappingRow, targets: Targets, posts: Mapping[str, str]) -> Iterator[str]:
    state = row.state or "candidate"
    if row.is_exact and (state != "accepted" or not row.reviewer):
        yield "only a row that a person accepted may be an exact match; choose it in cmh-graph review, or make it close"
    if state == "candidate":
        return
    try:
        Reviewer(row.reviewer.split("|")[0], row.review_date)
    except BadParameter as error:
        yield f"{state} without a sound reviewer and day: {error.what}"
    if (state == "accepted") == row.negated:
        yield (
            "accepted, but predicate_modifier says Not"
            if row.negated
            else f"{state}, but predicate_modifier does not say Not, so other tools read it as a match"
        )
    if row.subject and row.subject not in posts:
        if state != "accepted":
            yield "the catalogue has no such post"
    elif state == "accepted" and not row.subject_label:
        yield "the row does not say which words were decided (subject_label)"
    if state == "accepted" and not row.is_no_match and not row.object.startswith(BASE):
        yield f"{row.object} is no thing of the framework"
    if state == "accepted" and (target := targets.get(row.object)) and target.grouping:
        yield f"'{target.name}' is a group of roles and no role"


def _of_title(rows: Sequence[MappingRow], *, several: bool) -> Iterator[tuple[MappingRow, str]]:
    accepted = [row for row in rows if row.state == "accepted"]
    roles = [row for row in accepted if not row.is_no_match]
    if len(roles) > 1 and not several:
        names = " and ".join(row.object_label or key_of(row.object) for row in roles)
        yield roles[1], f"accepted for two roles: {names}; keep one, or publish with --several"
    if exact := [row for row in roles if row.is_exact][1:]:
        yield exact[0], "an exact match with two roles would make them one"
    if roles and len(roles) < len(accepted):
        yield roles[0], "accepted for a role, and accepted as having none; keep one"
    denied = {row.object for row in rows if row.state in ("rejected", "superseded")}
    for row in accepted:
        if row.object in denied:
            yield row, f"both accepted and denied for {row.object_label or key_of(row.object)}; keep one row"
    seen: set[str] = set()
    for row in accepted:
        if row.object in seen:
            yield row, "the same accepted row twice; keep one"
        seen.add(row.object)
    if len({row.subject_label.casefold() for row in accepted}) > 1 and not all(
        same_title(row.subject_label, accepted[0].subject_label) for row in accepted
    ):
        yield accepted[1], "its accepted rows are about different words"


def shape_problems(found: MappingSet, home: Path, partner: str) -> list[Problem]:
    """What the shapes of mappings (shapes/match.ttl) find in the decided rows of a set, by line."""
    decided = [row for row in found.rows if row.state not in (None, "candidate")]
    if not decided:
        return []
    by_node: dict[str, MappingRow] = {}
    data = io.BytesIO()
    for row in decided:
        quads = list(mapping_quads(replace(found, rows=(row,)), GRAPH_PARTNER + partner, partner))
        by_node.setdefault(text_of(quads[0].subject), row)
        write_ntriples(quads, data)
    graph = Graph().parse(data=data.getvalue(), format="nt")
    shapes = Graph().parse(home / "shapes" / "match.ttl", format="turtle")
    out = []
    for finding in validate(graph, shapes, ()):
        at = by_node.get(finding.entity)
        what = f"{finding.message} {finding.mend}".strip()
        out.append(Problem(at.line if at else 0, at.subject_label if at else "", what))
    return list(dict.fromkeys(out))
