"""All changes together, judged by the shapes and checks of validate; what is newly found is laid to cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rdflib import Graph, URIRef
from rdflib import Literal as RdfLiteral
from rdflib.term import Node

from cmh_graph.namespaces import GRAPH_CATALOGUE, PREFIXES, compact, key_of
from cmh_graph.store import Literal, NamedNode, Quad, Store, Term
from cmh_graph.validate import Check, Finding, read_checks, read_shapes, validate
from cmh_graph.validate.rules import ask_checks
from cmh_graph.workbook.confirm import Sayer
from cmh_graph.workbook.content import Content, Statements, node_value
from cmh_graph.workbook.proposals import Proposal, Refusal, intended, plain_value

_SUBCLASS: Final = NamedNode(PREFIXES["rdfs"] + "subClassOf")


@dataclass(slots=True)
class Judged:
    """proposals: what may land. wanted: thing -> all that it will state. warnings: new ones, in words."""

    proposals: list[Proposal]
    wanted: dict[str, Statements]
    refused: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rules:
    """The shapes and checks of a framework. Read them once to judge many workbooks."""

    shapes: Graph
    checks: Sequence[Check]


def read_rules(home: Path) -> Rules:
    """The rules below home. Raises SourceError if one is missing or broken."""
    return Rules(read_shapes(home / "shapes"), read_checks(home / "queries" / "checks"))


def judge(content: Content, proposals: Sequence[Proposal], rules: Rules, source: str = "") -> Judged:
    """Leave only changes after which no violation is found that was not there before.

    source: IRI that vouches for what has no source of its own. Rounds end because each takes at least one
    change out."""
    said = Sayer(content, proposals, source)
    result = Judged([], {})
    left = list(proposals)
    for proposal in left:
        result.refused += said.follow(proposal)
    left = _without_orphans(content, [one for one in left if one.changes], result.refused)
    if left:
        bench = _Bench(content, rules)
        while left:
            found = bench.new_findings(intended(content, left))
            grave = [one for one in found if one.severity == "violation"]
            if not grave:
                result.warnings = [_told(one) for one in found if one.severity == "warning"]
                break
            touched = _refuse(grave, left, result.refused)
            left = [one for one in left if one.changes]
            for proposal in touched:
                if proposal.changes:
                    result.refused += said.follow(proposal)
            left = _without_orphans(content, [one for one in left if one.changes], result.refused)
    result.proposals = left
    result.wanted = intended(content, left)
    return result


class _Bench:
    """Finds what is new. What was found before the import is not the owner's to mend."""

    def __init__(self, content: Content, rules: Rules) -> None:
        self._content = content
        self._shapes, self._checks = rules.shapes, rules.checks
        self._classes = [quad for quad in content.quads if quad.predicate == _SUBCLASS]
        self._before: set[tuple[str, ...]] | None = None

    def new_findings(self, wanted: Mapping[str, Statements]) -> list[Finding]:
        """What is found with the wanted statements and was not found without them."""
        graph = NamedNode(GRAPH_CATALOGUE)
        rest = (quad for quad in self._content.quads if node_value(quad.subject) not in wanted)
        ours = (
            Quad(NamedNode(thing), NamedNode(name), value, graph)
            for thing, said in wanted.items()
            for name, values in said.items()
            for value in values
        )
        found = ask_checks(Store.from_quads([*rest, *ours]), self._checks)
        if found:
            found = [one for one in found if not self._was_found(one)]
        about = {URIRef(thing) for thing in wanted}
        by_shapes = self._by_shapes(wanted, about)
        if by_shapes:
            present = {thing: self._content.things.get(thing, {}) for thing in wanted}
            old = {_mark(one) for one in self._by_shapes(present, about)}
            by_shapes = [one for one in by_shapes if _mark(one) not in old]
        return [*found, *by_shapes]

    def _was_found(self, finding: Finding) -> bool:
        """Whether a check found this before. A count may differ from then: it is no new finding."""
        if self._before is None:
            self._before = set()
            for one in ask_checks(Store.from_quads(self._content.quads), self._checks):
                self._before |= {_mark(one), _mark(one)[:3]}
        return _mark(finding) in self._before or (_counts(finding) and _mark(finding)[:3] in self._before)

    def _by_shapes(self, things: Mapping[str, Statements], about: set[URIRef]) -> list[Finding]:
        """The findings of shapes about things, seen with what they point to: our shapes look no further."""
        graph = Graph()
        near: set[str] = set()
        for thing, said in things.items():
            _add(graph, thing, said)
            near.update(one.value for values in said.values() for one in values if isinstance(one, NamedNode))
        for thing in near - set(things):
            _add(graph, thing, self._content.things.get(thing, {}))
        for quad in self._classes:
            graph.add((URIRef(node_value(quad.subject)), URIRef(quad.predicate.value), _node(quad.object)))
        return validate(graph, self._shapes, (), about=about)


def _add(graph: Graph, thing: str, said: Statements) -> None:
    for name, values in said.items():
        for value in values:
            graph.add((URIRef(thing), URIRef(name), _node(value)))


def _node(term: Term) -> Node:
    if isinstance(term, Literal):
        if term.language:
            return RdfLiteral(term.value, lang=term.language)
        plain = term.datatype.value == PREFIXES["xsd"] + "string"
        return RdfLiteral(
            term.value, datatype=None if plain else URIRef(term.datatype.value), normalize=False
        )
    return URIRef(plain_value(term))


def _counts(finding: Finding) -> bool:
    """Whether the value of a finding is a number, not a thing or a text."""
    return bool(re.fullmatch(r"[0-9.]*", finding.value))


def _mark(finding: Finding) -> tuple[str, str, str, str]:
    return finding.rule, finding.entity, finding.property, finding.value


def _told(finding: Finding) -> str:
    return f"{key_of(finding.entity)}: {finding.message} {finding.mend}".strip()


def _refuse(
    findings: Iterable[Finding], proposals: Sequence[Proposal], refused: list[Refusal]
) -> list[Proposal]:
    """Take out what the findings are laid to; the proposals that lost something.

    Things that stand in the workbook go first: often the same fault is found at a thing that nobody touched as well."""
    findings = list(findings)
    by_thing: dict[str, list[Proposal]] = {}
    for one in proposals:
        by_thing.setdefault(one.thing, []).append(one)
    direct = [one for one in findings if one.entity in by_thing]
    touched: list[Proposal] = []
    for finding in direct or findings:
        for proposal in by_thing.get(finding.entity) or _laid_to(finding, proposals):
            if proposal.changes or proposal.new:
                _take_out(finding, proposal, refused)
                touched.append(proposal)
    return touched


def _without_orphans(
    content: Content, proposals: Sequence[Proposal], refused: list[Refusal]
) -> list[Proposal]:
    """The proposals whose owner exists or lands too; a new row that hangs on a refused one is refused with it."""
    left = list(proposals)
    while True:
        there = {one.thing for one in left}
        orphans = [
            one
            for one in left
            for owner, _ in one.links
            if owner not in there and owner not in content.things
        ]
        if not orphans:
            return left
        for one in orphans:
            owner = next(owner for owner, _ in one.links)
            refused.append(
                Refusal(
                    one.page,
                    one.row_cell,
                    f"this new row hangs on {key_of(owner)}, which did not land",
                    "mend that row first",
                )
            )
        gone = {id(one) for one in orphans}
        left = [one for one in left if id(one) not in gone]


def _laid_to(finding: Finding, proposals: Sequence[Proposal]) -> list[Proposal]:
    """The proposals that a finding about a thing outside the workbook is laid to: new things that hang on
    it, then those
    that speak of it, then all: nothing lands that is not known to be sound."""
    hanging = [one for one in proposals if any(owner == finding.entity for owner, _ in one.links)]
    exact = [one for one in hanging if finding.value in {one.thing, *_values(one)}]
    speaking = [one for one in proposals if finding.entity in _values(one) or one.thing == finding.value]
    return exact or hanging or speaking or list(proposals)


def _values(proposal: Proposal) -> set[str]:
    changes = [*proposal.changes, *proposal.follows]
    return {plain_value(value) for one in changes for value in (*one.added, *one.removed)}


def _take_out(finding: Finding, proposal: Proposal, refused: list[Refusal]) -> None:
    """Refuse the cells of a proposal that a finding names, or the whole row."""
    what = finding.message.rstrip(".")
    changes = proposal.touches(finding.property) if finding.property and not proposal.new else []
    if proposal.new:
        refused.append(
            Refusal(
                proposal.page,
                proposal.cell_of(finding.property),
                f"this new row cannot land: {what}",
                finding.mend,
                finding.rule,
            )
        )
        proposal.changes.clear()
        return
    for change in changes or list(proposal.changes):
        said = (
            what
            if changes
            else f"{what} ({compact(finding.property)} of {key_of(finding.entity)})"
            if finding.property
            else what
        )
        refused.append(Refusal(proposal.page, change.cell, said, finding.mend, finding.rule))
        proposal.changes.remove(change)
