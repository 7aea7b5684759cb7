"""An upload -> what would land, or what is wrong with it.

Everything that a judgement needs of the framework is read once into a Bench. To judge reads nothing and opens nothing,
so that it can be done in a process that may not (judge_process.py)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cmh_graph.namespaces import compact
from cmh_graph.partner_space.consequences import Consequences
from cmh_graph.partner_space.own_names import OwnNames
from cmh_graph.partner_space.upload import Faults, Places, format_of, read_upload
from cmh_graph.partner_space.verdicts import (
    Judged,
    Limits,
    fault,
    refused,
    too_large_a_graph,
    too_many_statements,
)
from cmh_graph.reason import read_rules
from cmh_graph.store import NamedNode, Quad, RdfFormat, Store, canonical_nquads, parse_nquads
from cmh_graph.validate import Finding, Framework, Statements, read_framework, validate
from cmh_graph.validate.findings import order
from cmh_graph.validate.rules import ask_checks

#: N-Quads are longer than what they are sent as, by so much at most.
_WRITTEN_OUT = 5
#: What the upload was well enough to land with, told at most.
_MOST_REMARKS = 50


class Bench:
    """The framework as a judge needs it: shapes, checks, rules, and all it says."""

    def __init__(self, framework: Framework, consequences: Consequences) -> None:
        self._framework = framework
        self._consequences = consequences
        self._beside = framework.beside((), ())
        self._store = Store.from_ntriples(self._beside.texts)

    @classmethod
    def read(cls, home: Path, snapshot: Path) -> Bench:
        """Of the framework below home and the snapshot built from it. Raises SourceError or NoSnapshot."""
        rules = read_rules(home / "queries" / "rules")
        return cls(read_framework(home), Consequences.of(Store.load(snapshot), rules))

    def judge(
        self, data: bytes, media_type: str, own: OwnNames, limits: Limits, *, beside: bytes = b""
    ) -> Judged:
        """What would land of an upload. beside: N-Quads of the graph that it is to be merged with.

        The statements stay on the bench: judge once, in a process of its own.
        Raises UnsupportedBody, BodyTooLarge, and Refused with every fault and its place."""
        quads = read_upload(data, media_type, own, limits)
        if not quads and format_of(media_type) is RdfFormat.JSON_LD and json.loads(data):
            # What has an ill-formed name there is no statement: such a file must not empty a graph unseen.
            raise refused(
                [
                    fault(
                        "the upload holds no statement",
                        mend="name things by whole IRIs; to empty your graph, DELETE it",
                    )
                ]
            )
        quads = list(dict.fromkeys([*parse_nquads(beside), *quads]))
        if len(quads) > limits.statements:
            raise too_many_statements(limits.statements)
        findings = sorted(set(self._findings(quads)), key=order)
        grave = [finding for finding in findings if finding.severity == "violation"]
        if grave:
            faults = Faults(Places(data.decode("utf-8-sig"), format_of(media_type), own.graph))
            for finding in grave:
                faults.add(
                    _words(finding), finding.entity if finding.entity.startswith("http") else "", finding.mend
                )
            faults.refuse()
        nquads = canonical_nquads(quads)
        if len(nquads) > _WRITTEN_OUT * limits.bytes:
            raise too_large_a_graph(_WRITTEN_OUT * limits.bytes)
        remarks = [fault(_words(one), compact(one.entity), one.mend) for one in findings[:_MOST_REMARKS]]
        return Judged(nquads, self._derived(quads, own), len(quads), tuple(remarks))

    def rehearse(self, data: bytes, media_type: str, own: OwnNames, limits: Limits) -> None:
        """Judge something and forget it, so that all that is loaded late has been loaded. Raises as judge."""
        try:
            self.judge(data, media_type, own, limits)
        finally:
            self._store = Store.from_ntriples(self._beside.texts)

    def derived(self, nquads: bytes, own: OwnNames) -> bytes:
        """What the rules add to a graph that landed before, as canonical N-Quads."""
        return self._derived(parse_nquads(nquads), own)

    def _derived(self, quads: Sequence[Quad], own: OwnNames) -> bytes:
        return canonical_nquads(self._consequences.of_statements(quads, own))

    def _findings(self, quads: Sequence[Quad]) -> list[Finding]:
        """What shapes and checks find, seen together with the framework; only about the upload's own things."""
        if not quads:
            return []
        given = Statements.of_quads(quads)
        about = given.subjects()
        found = validate(self._beside + given, self._framework.shapes, (), about=about)
        # The framework is in the store already: filling one anew would take longer than to ask it.
        self._store.take_in(quads)
        things = {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}
        return [*found, *ask_checks(self._store, self._framework.checks, things)]


def _words(finding: Finding) -> str:
    """What a finding says, with the property and the value that it is about."""
    value = compact(finding.value) if finding.value and finding.value != finding.entity else ""
    about = compact(finding.property)
    shown = " ".join(part for part in (about, _short(value)) if part)
    return f"{finding.message} ({shown})" if shown else finding.message


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:79] + "…"
