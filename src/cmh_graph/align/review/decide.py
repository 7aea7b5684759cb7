"""A person's decision on a title -> the rows that record it. Rows go in and come out; nothing else changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cmh_graph.align.cells import inert
from cmh_graph.align.review.reviewed_file import in_order
from cmh_graph.errors import BadParameter
from cmh_graph.namespaces import key_of
from cmh_graph.sssom.model import NO_TERM_FOUND, MappingFile, Row, State
from cmh_graph.sssom.targets import Targets

Kind = Literal["accept", "also", "reject", "none"]
#: What a person may say of a title and a role -> SKOS.
RELATIONS: Final = {
    "exact": "skos:exactMatch",
    "close": "skos:closeMatch",
    "broad": "skos:broadMatch",
    "narrow": "skos:narrowMatch",
    "related": "skos:relatedMatch",
}
NO_TERM: Final = "sssom:NoTermFound"
MANUAL: Final = "semapv:ManualMappingCuration"
_DATE: Final = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who decides and on what day (YYYY-MM-DD). Raises BadParameter for an empty name, an address or no such day.

    The name goes into a file that may be published, so a team's name is better than a person's."""

    name: str
    date: str

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise BadParameter(
                "a decision needs the name of who decides",
                where="--reviewer",
                mend='give --reviewer "Your team"',
            )
        if "@" in self.name or "|" in self.name or len(self.name) > 200:
            raise BadParameter(
                "a reviewer is named by a team or a name, without an address or a bar",
                where="--reviewer",
                mend='give --reviewer "Your team"',
            )
        if not _DATE.fullmatch(self.date):
            raise BadParameter(
                f"'{self.date}' is no day",
                where="--date",
                mend="write the day as YYYY-MM-DD, such as 2026-11-22",
            )


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of a title.

    accept: target is a role's IRI and relation a key of RELATIONS, "" for what was proposed (close if nothing was).
    also: the same, and what was accepted before holds too. reject: target is not what the title means.
    none: no role fits; then shown are the IRIs that the person saw."""

    kind: Kind
    by: Reviewer
    target: str = ""
    relation: str = ""
    reason: str = ""
    shown: tuple[str, ...] = ()


def decide(file: MappingFile, rows: Sequence[Row], decision: Decision, targets: Targets) -> list[Row]:
    """The rows of one title after a decision, in the order of states.

    file: what the rows are from, with the columns of a review. rows: all rows of the title, at least one.
    Raises BadParameter if the target is no role that can be mapped to."""
    if decision.kind in ("accept", "also"):
        return in_order(file, _accept(file, rows, decision, targets))
    if decision.kind == "none":
        return in_order(file, _none(file, rows, decision))
    return in_order(
        file,
        [
            _denied(file, row, "rejected", decision, decision.reason)
            if _object(file, row) == decision.target
            else row
            for row in rows
        ],
    )


def proposal(file: MappingFile, rows: Sequence[Row]) -> str:
    """The key of the role that the machine proposed first for a title, "none" if it proposed none, "" if unknown."""
    held = next((row["cmh_machine_proposal"] for row in rows if row["cmh_machine_proposal"]), "")
    fresh = next((row for row in rows if file.state(row) in (None, "candidate")), None)
    if fresh is None:
        return held
    target = _object(file, fresh)
    return "none" if target == NO_TERM_FOUND else key_of(target)


def _accept(file: MappingFile, rows: Sequence[Row], decision: Decision, targets: Targets) -> list[Row]:
    target = targets.get(decision.target)
    if target is None or target.deprecated or target.grouping:
        raise BadParameter(
            f"'{key_of(decision.target)}' is no role that a title can be mapped to",
            where=rows[0]["subject_label"],
            mend="give the key or the name of a role; cmh-graph ask cq-01 and docs/reference list them",
        )
    was = next((row for row in rows if _object(file, row) == target.iri), None)
    relation = RELATIONS.get(decision.relation, was["predicate_id"] if was else RELATIONS["close"])
    # What a person chose against the machine's word is their own curation.
    own = was is None or relation != was["predicate_id"]
    accepted = (was or rows[0].having(object_id="", confidence="", match_string="", comment="")).having(
        predicate_id=relation,
        predicate_modifier="",
        object_id=was["object_id"] if was else file.shorten(target.iri),
        object_label=target.name,
        mapping_justification=MANUAL if own else was["mapping_justification"] if was else MANUAL,
        confidence="" if own or was is None else was["confidence"],
        object_source_version=targets.version,
        cmh_review_reason=_text(decision.reason),
        cmh_target_digest=target.digest,
        cmh_machine_proposal=proposal(file, rows),
        **_by(file, "accepted", decision),
    )
    by = f"'{target.name}'"
    stays = decision.kind == "also"
    kept = [row if row is was or stays else _superseded(file, row, decision, by) for row in rows]
    if was is None:
        return [*kept, accepted] if stays else [accepted, *kept]
    return [accepted if row is was else row for row in kept]


def _none(file: MappingFile, rows: Sequence[Row], decision: Decision) -> list[Row]:
    was = next((row for row in rows if row["object_id"] == NO_TERM), None)
    found = (
        was or rows[0].having(confidence="", match_string="", comment="", predicate_id=RELATIONS["close"])
    ).having(
        predicate_modifier="",
        object_id=NO_TERM,
        object_label="",
        mapping_justification=was["mapping_justification"] if was else MANUAL,
        object_source_version="",
        cmh_review_reason=_text(decision.reason),
        cmh_target_digest="",
        cmh_machine_proposal=proposal(file, rows),
        **_by(file, "accepted", decision),
    )
    out = [] if was else [found]
    for row in rows:
        if row is was:
            out.append(found)
        elif file.state(row) in (None, "candidate") and _object(file, row) in decision.shown:
            out.append(_denied(file, row, "rejected", decision, decision.reason or "no role fits this title"))
        else:
            out.append(_superseded(file, row, decision, "no role"))
    return out


def _superseded(file: MappingFile, row: Row, decision: Decision, by: str) -> Row:
    """An accepted row after another answer was given; other rows stay as they are."""
    if file.state(row) != "accepted":
        return row
    was = f"accepted {row['review_date']} by {row['reviewer_label']}"
    was += f": {row['cmh_review_reason']}" if row["cmh_review_reason"] else ""
    return _denied(file, row, "superseded", decision, f"replaced by {by}; {was}")


def _denied(file: MappingFile, row: Row, state: State, decision: Decision, reason: str) -> Row:
    """A row that other tools must read as 'this is no match'. The machine's confidence was in the opposite."""
    sure = row["confidence"]
    said = row["comment"]
    return row.having(
        predicate_modifier="Not",
        confidence="",
        comment=f"machine was {sure} sure: {said}" if sure else said,
        cmh_review_reason=_text(reason),
        **_by(file, state, decision),
    )


def _by(file: MappingFile, state: State, decision: Decision) -> dict[str, str]:
    return {
        "reviewer_label": inert(decision.by.name),
        "review_date": decision.by.date,
        "cmh_review_state": f"review-state:{state}",
    }


def _object(file: MappingFile, row: Row) -> str:
    return NO_TERM_FOUND if row["object_id"] == NO_TERM else file.iri(row, "object_id")


def _text(text: str) -> str:
    return inert(" ".join(text.split())[:1000])
