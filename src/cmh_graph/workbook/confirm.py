"""What a change brings with it: who says so now. The rule is told in docs/decisions/0020-workbook-of-the-owner.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.store import NamedNode, Term
from cmh_graph.workbook.cells import Cells
from cmh_graph.workbook.columns import Column
from cmh_graph.workbook.content import Content
from cmh_graph.workbook.proposals import Change, Proposal, Refusal

STATUS: Final = PREFIXES["cmh"] + "status"
SOURCE: Final = PREFIXES["dcterms"] + "source"
JUDGED: Final = PREFIXES["cmh"] + "inferredField"
KIND: Final = PREFIXES["cmh"] + "sourceKind"
INFERRED: Final = NamedNode(PREFIXES["status"] + "inferred")
CONFIRMED: Final = NamedNode(PREFIXES["status"] + "confirmed")
#: A note is a remark beside the thing: adding one confirms nothing.
_BESIDE: Final = frozenset({PREFIXES["skos"] + "note"})
_ASKS: Final = (
    "write the key of your document into the cell {cell} (Sources), or give the import --source KEY"
)


class Sayer:
    """Works out statuses and sources for one import. source: IRI of the source given for the whole import;
    "" if none."""

    def __init__(self, content: Content, proposals: Sequence[Proposal], source: str = "") -> None:
        self._content, self._cells, self._source = content, Cells(content), source
        self._kinds: dict[str, list[Term]] = {
            proposal.thing: [value for change in proposal.touches(KIND) for value in change.added]
            for proposal in proposals
        }

    def _is_judgement(self, source: Term) -> bool:
        """Whether a source is our own judgement, which confirms nothing."""
        iri = source.value if isinstance(source, NamedNode) else ""
        return INFERRED in (self._kinds.get(iri) or self._content.values(iri, KIND))

    def follow(self, proposal: Proposal) -> list[Refusal]:
        """Set what follows from the changes of a proposal; take out changes that lack a source, and say so."""
        proposal.follows, proposal.notes = [], []
        if "cmh:status" not in {column.id for column in proposal.sheet.columns}:
            return []
        return self._new(proposal) if proposal.new else self._changed(proposal)

    def _after(self, proposal: Proposal, property: str) -> list[Term]:
        """What the row asks a property to be, before anything follows."""
        values = [] if proposal.new else list(self._content.values(proposal.thing, property))
        for change in proposal.touches(property):
            values = [one for one in values if one not in change.removed] + list(change.added)
        return values

    def _given(self, proposal: Proposal) -> list[Term]:
        """The sources that this row newly names, our own judgement apart; otherwise the one given for all."""
        added = [
            value
            for change in proposal.touches(SOURCE)
            for value in change.added
            if not self._is_judgement(value)
        ]
        return added or ([NamedNode(self._source)] if self._source else [])

    # Rows that exist -------------------------------------------------------------------------------------------------

    def _changed(self, proposal: Proposal) -> list[Refusal]:
        content = self._content
        status = content.values(proposal.thing, STATUS)
        judged = content.values(proposal.thing, JUDGED)
        worded = [
            one
            for one in proposal.changes
            if one.column.part == "content" and one.column.property not in _BESIDE
        ]
        replaced = [one for one in worded if INFERRED in status or NamedNode(one.column.property) in judged]
        asked = proposal.touches(STATUS)
        wants_confirmed = any(CONFIRMED in one.added for one in asked)
        if asked and not wants_confirmed:
            return []
        if not replaced and not wants_confirmed:
            if worded:
                word = ", ".join(key_of(one.value) for one in status if isinstance(one, NamedNode))
                proposal.notes.append(f"the status stays {word}: its sources must say so too")
            return []
        given = self._given(proposal)
        kept = [one for one in self._after(proposal, SOURCE) if not self._is_judgement(one)]
        if not given and not (wants_confirmed and kept):
            return self._refuse(proposal, [*replaced, *asked])
        because = "your wording takes the place of a judgement" if replaced else "you confirm it"
        sources = [*kept, *(one for one in given if one not in kept)]
        self._set(proposal, STATUS, [CONFIRMED], because)
        self._set(proposal, SOURCE, sources, "who says so")
        settled = {NamedNode(one.column.property) for one in replaced}
        left = [one for one in self._after(proposal, JUDGED) if one not in settled]
        if INFERRED in status and not wants_confirmed:
            for column in proposal.sheet.columns:
                field = NamedNode(column.property) if column.property else None
                if (
                    column.judged
                    and field
                    and field not in settled
                    and self._after(proposal, column.property)
                ):
                    left += [field] if field not in left else []
        left = [one for one in left if isinstance(one, NamedNode) and self._states(proposal, one.value)]
        self._set(proposal, JUDGED, left, "not yet confirmed by you")
        return []

    def _states(self, proposal: Proposal, property: str) -> bool:
        return bool(self._after(proposal, property)) or property not in {
            one.property for one in proposal.sheet.columns if not one.inverse
        }

    def _refuse(self, proposal: Proposal, changes: Sequence[Change]) -> list[Refusal]:
        """Take changes out that nobody vouches for."""
        cell = proposal.cell_of(SOURCE)
        found = []
        for change in changes:
            proposal.changes.remove(change)
            what = (
                f"nobody is named who says so: {change.column.heading} was a judgement of the project,"
                " and your cell takes its place"
            )
            if change.column.property == STATUS:
                what = "nobody is named who confirms this"
            found.append(Refusal(proposal.page, change.cell, what, _ASKS.format(cell=cell)))
        return found

    # New rows --------------------------------------------------------------------------------------------------------

    def _new(self, proposal: Proposal) -> list[Refusal]:
        status = self._after(proposal, STATUS)
        sources = self._after(proposal, SOURCE)
        if not sources and self._source:
            sources = [NamedNode(self._source)]
        if not sources:
            proposal.changes.clear()
            return [
                Refusal(
                    proposal.page,
                    proposal.cell_of(SOURCE),
                    "this new row has no source",
                    _ASKS.format(cell=proposal.cell_of(SOURCE)),
                )
            ]
        self._set(proposal, SOURCE, sources, "who says so")
        if not status:
            judgement = all(self._is_judgement(one) for one in sources)
            self._set(
                proposal, STATUS, [INFERRED if judgement else CONFIRMED], "a new row with a source of yours"
            )
        return []

    def _set(self, proposal: Proposal, property: str, values: list[Term], because: str) -> None:
        """Let a property become these values, by changes that follow. What the row itself asked for is counted in."""
        column = next(one for one in proposal.sheet.columns if one.property == property)
        now = self._after(proposal, property)
        removed = tuple(one for one in now if one not in values)
        added = tuple(one for one in values if one not in now)
        if removed or added:
            proposal.follows.append(
                Change(
                    "",
                    column,
                    self._words(proposal, column, now),
                    self._words(proposal, column, values),
                    removed,
                    added,
                    because,
                )
            )

    def _words(self, proposal: Proposal, column: Column, values: list[Term]) -> str:
        lines = []
        for value in values:
            known = (
                isinstance(value, NamedNode)
                and column.kind == "link"
                and value.value not in self._content.things
            )
            lines.append(
                key_of(value.value)
                if known and isinstance(value, NamedNode)
                else self._cells.line(proposal.sheet, column, value)
            )
        return "\n".join(lines)
