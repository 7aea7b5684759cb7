"""Rows of a workbook, compared with the present content -> what each asks for, and what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.store import NamedNode, Term
from cmh_graph.workbook.cells import TOO_LONG, Cells, Wrong
from cmh_graph.workbook.columns import Column
from cmh_graph.workbook.content import TYPE, Content
from cmh_graph.workbook.headings import Headings, Met
from cmh_graph.workbook.keys import given_key, made_key
from cmh_graph.workbook.layout import SHEETS
from cmh_graph.workbook.marks import stamp
from cmh_graph.workbook.proposals import Change, Proposal, Refusal
from cmh_graph.workbook.rows import Row, address
from cmh_graph.workbook.words import folded, lines_of, plain, unguarded

#: A cell of text with so many characters is taken, and said.
LONG_TEXT = 2_000
_STAMPED = "Export again and make the change there, or set the other change back first."


@dataclass(slots=True)
class Intake:
    """proposals: by row. missing: sheet -> things that have no row any more. older: rows that only the
    graph has changed."""

    proposals: list[Proposal] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)
    older: int = 0
    rows: int = 0


@dataclass(slots=True)
class _Entry:
    """A row whose key is known. values: column id -> what it asks for, or why it cannot be read."""

    met: Met
    row: Row
    thing: str
    values: dict[str, list[Term] | Wrong]

    def cell(self, id: str) -> str:
        place = self.met.columns.get(id, -1)
        return address(place if place >= 0 else next(iter(self.met.columns.values())), self.row.line)

    def at(self, id: str) -> str:
        """The address of the key cell, or of another column where keys are not shown."""
        return self.cell(id if id in self.met.columns else "key")


def take_in(content: Content, headings: Headings) -> Intake:
    """Read every row that was recognised. Nothing is judged by shapes here, only by what the cells
    themselves can hold."""
    return _Reader(content).read(headings)


class _Reader:
    def __init__(self, content: Content) -> None:
        self.content = content
        self.cells = Cells(content)
        self.result = Intake()
        self.present = {
            sheet.id: {folded(key_of(thing)): thing for thing in content.of_sheet(sheet)} for sheet in SHEETS
        }

    def read(self, headings: Headings) -> Intake:
        self.result.refused += headings.refused
        self.result.notes += headings.notes
        self._meet_new_things(headings)
        for met in headings.met:
            self._sheet(met)
        self.result.proposals.sort(key=lambda one: one.line)
        order = {met.sheet.id: number for number, met in enumerate(headings.met)}
        self.result.proposals.sort(key=lambda one: order[one.sheet.id])
        return self.result

    def _text(self, met: Met, row: Row, id: str) -> str:
        return unguarded(row.cells.get(met.columns.get(id, -1), ""))

    def _meet_new_things(self, headings: Headings) -> None:
        """Let rows of this workbook name each other. Sheets that are joined of others come after what they join."""
        for joined in (False, True):
            for met in headings.met:
                if (met.sheet.key == "joined") == joined:
                    self.cells.names.add(list(self._new_things(met)))

    def _new_things(self, met: Met) -> Iterator[tuple[str, str]]:
        for row in met.rows:
            key = plain(self._text(met, row, "key"))
            if folded(key) in self.present[met.sheet.id]:
                continue
            label = plain(self._text(met, row, "skos:prefLabel"))
            if not key:
                values = {
                    column.id: read
                    for column in met.sheet.columns
                    if (column.part == "identity" or column.id == "skos:prefLabel")
                    and not isinstance(read := self._value(met, row, column, None), Wrong)
                }
                made = made_key(met.sheet, values, lambda one: one in self.present[met.sheet.id])
                key = made if isinstance(made, str) else ""
            if isinstance(given_key(key), str):
                yield PREFIXES[met.sheet.prefix] + key, label

    # One sheet -------------------------------------------------------------------------------------------------------

    def _sheet(self, met: Met) -> None:
        present = self.present[met.sheet.id]
        found: dict[str, list[_Entry]] = {}
        new: list[tuple[Row, str]] = []
        for row in met.rows:
            if self._is_empty(met, row):
                continue
            self.result.rows += 1
            key = plain(self._text(met, row, "key"))
            thing = present.get(folded(key)) if key else None
            if thing is None:
                new.append((row, key))
                continue
            if key != key_of(thing):
                self.result.notes.append(
                    f"sheet {met.page}, cell {address(met.columns['key'], row.line)}: '{key[:60]}' is"
                    f" taken as {key_of(thing)}"
                )
            found.setdefault(thing, []).append(self._entry(met, row, thing))
        for entries in found.values():
            for entry in self._one_of(entries):
                self._compare(entry)
        gone = [thing for thing in present.values() if thing not in found]
        stamps = {stamp(self._stated(met, thing)): thing for thing in gone} if met.stamp >= 0 else {}
        seen: dict[str, int] = {}
        for row, key in new:
            self._new_row(met, row, key, stamps, seen)
        if gone:
            self.result.missing[met.sheet.id] = gone

    def _is_empty(self, met: Met, row: Row) -> bool:
        return not any(
            lines_of(row.cells.get(place, "")) or place in row.gaps for place in met.columns.values()
        )

    def _stated(self, met: Met, thing: str) -> dict[str, list[Term]]:
        return {one.id: self.cells.stated(one, thing) for one in met.sheet.columns if one.part != "key"}

    def _entry(self, met: Met, row: Row, thing: str) -> _Entry:
        values: dict[str, list[Term] | Wrong] = {}
        for column in met.sheet.columns:
            if column.part != "key" and column.id in met.columns:
                values[column.id] = self._value(met, row, column, thing)
        return _Entry(met, row, thing, values)

    def _value(self, met: Met, row: Row, column: Column, thing: str | None) -> list[Term] | Wrong:
        place = met.columns.get(column.id, -1)
        if place < 0:
            return []
        if place in row.gaps:
            return Wrong(
                row.gaps[place].partition(":")[0],
                "open the file in a spreadsheet program and save it again, or type the value",
            )
        stated = self.cells.stated(column, thing) if thing else []
        if place in row.merged:
            return (
                Wrong(f"the cells {row.merged[place]} are merged into one", "split them and fill each")
                if row.merged[place]
                else stated
            )
        text = row.cells.get(place, "")
        if text.strip() == TOO_LONG:
            return stated
        if text.startswith("#") and text.strip().rstrip("!?") in {
            "#REF",
            "#N/A",
            "#VALUE",
            "#NAME",
            "#DIV/0",
            "#NUM",
            "#NULL",
        }:
            return Wrong(f"the cell shows the error {text.strip()}", "type the value itself")
        return self.cells.read(met.sheet, column, text, stated, made_date=place in row.dates)

    # Rows that exist -------------------------------------------------------------------------------------------------

    def _one_of(self, entries: list[_Entry]) -> list[_Entry]:
        """The rows of one thing that are to be compared: of several, those that change nothing are set aside."""
        if len(entries) == 1:
            return entries
        changed = [one for one in entries if self._differs(one)]
        if not changed:
            return []
        lines = " and ".join(str(one.row.line) for one in entries)
        for one in changed:
            self.result.refused.append(
                Refusal(
                    one.met.page,
                    one.at("key"),
                    f"the key {key_of(one.thing)} stands in the rows {lines}",
                    "leave one row for each key; for a new thing empty the key cell",
                )
            )
        return []

    def _differs(self, entry: _Entry) -> bool:
        return any(
            isinstance(value, Wrong)
            or _set(value) != _set(self.cells.stated(entry.met.sheet.column(id), entry.thing))
            for id, value in entry.values.items()
        )

    def _compare(self, entry: _Entry) -> None:
        if not self._differs(entry):
            return
        met = entry.met
        if self._graph_moved(entry):
            return
        proposal = self._proposal(entry)
        for column in met.sheet.columns:
            if column.id not in entry.values:
                continue
            value, stated = entry.values[column.id], self.cells.stated(column, entry.thing)
            if column.part == "identity":
                self._keep_identity(entry, column, value, stated)
            elif isinstance(value, Wrong):
                self._refuse(entry, column.id, value)
            elif _set(value) != _set(stated):
                proposal.changes.append(self._change(entry, column, stated, value))
        if proposal.changes:
            self.result.proposals.append(proposal)

    def _graph_moved(self, entry: _Entry) -> bool:
        """Whether the graph has another content than when the row was written; then the row is left or refused."""
        written = plain(entry.row.cells.get(entry.met.stamp, "")) if entry.met.stamp >= 0 else ""
        if not written or written == stamp(self._stated(entry.met, entry.thing)):
            return False
        said = {id: value for id, value in entry.values.items() if not isinstance(value, Wrong)}
        if len(said) == len(entry.met.sheet.columns) - 1 and written == stamp(said):
            self.result.older += 1
            return True
        self.result.refused.append(
            Refusal(
                entry.met.page,
                entry.at("key"),
                f"{key_of(entry.thing)} was changed in the framework after this workbook was exported,"
                " and in this row as well",
                _STAMPED,
            )
        )
        return True

    def _keep_identity(
        self, entry: _Entry, column: Column, value: list[Term] | Wrong, stated: list[Term]
    ) -> None:
        empty = not lines_of(entry.row.cells.get(entry.met.columns[column.id], ""))
        if empty or (not isinstance(value, Wrong) and _set(value) == _set(stated)):
            return
        before = self.cells.text(entry.met.sheet, column, entry.thing) or "empty"
        self._refuse(
            entry,
            column.id,
            Wrong(
                f"{column.heading} says which row this is ({before}) and cannot be changed",
                "set it back; for another one write a new row without a key",
            ),
        )

    def _change(self, entry: _Entry, column: Column, stated: list[Term], value: list[Term]) -> Change:
        cell = entry.cell(column.id)
        after = "\n".join(self.cells.line(entry.met.sheet, column, one) for one in value)
        if len(after) > LONG_TEXT and column.kind == "text":
            self.result.notes.append(
                f"sheet {entry.met.page}, cell {cell}: {len(after):,} characters were taken; is that meant?"
            )
        return Change(
            cell,
            column,
            "\n".join(self.cells.line(entry.met.sheet, column, one) for one in stated),
            after,
            tuple(one for one in stated if one not in value),
            tuple(one for one in value if one not in stated),
        )

    def _proposal(self, entry: _Entry, new: bool = False) -> Proposal:
        cells = {one.id: entry.cell(one.id) for one in entry.met.sheet.columns if one.id in entry.met.columns}
        return Proposal(entry.met.sheet, entry.met.page, entry.row.line, entry.thing, new, cells=cells)

    def _refuse(self, entry: _Entry, id: str, wrong: Wrong) -> None:
        self.result.refused.append(Refusal(entry.met.page, entry.cell(id), wrong.what, wrong.mend))

    # New rows --------------------------------------------------------------------------------------------------------

    def _new_row(self, met: Met, row: Row, key: str, stamps: Mapping[str, str], seen: dict[str, int]) -> None:
        entry = self._entry(met, row, "")
        entry.values = {
            column.id: self._value(met, row, column, None)
            for column in met.sheet.columns
            if column.id in entry.values
        }
        was = stamps.get(plain(row.cells.get(met.stamp, ""))) if met.stamp >= 0 and key else None
        if was:
            self._refuse(
                entry,
                "key",
                Wrong(
                    f"the key of {key_of(was)} was changed to '{key[:60]}'; keys never change",
                    f"write {key_of(was)} again",
                ),
            )
            return
        wrong = [(id, value) for id, value in entry.values.items() if isinstance(value, Wrong)]
        values = {id: value for id, value in entry.values.items() if not isinstance(value, Wrong)}
        made = given_key(key) if key else made_key(met.sheet, values, lambda one: self._taken(met, one, seen))
        if isinstance(made, Wrong) and not wrong:
            wrong.append(("key", made))
        missing = [
            column
            for column in met.sheet.columns
            if column.needed
            and column.id != "cmh:status"
            and column.id != "dcterms:source"
            and not entry.values.get(column.id)
            and not (column.id == "^cmh:hasRequirement" and values.get("^cmh:anyOf"))
        ]
        for id, one in wrong:
            self._refuse(entry, id, one)
        for column in missing:
            self._refuse(
                entry,
                column.id,
                Wrong(
                    f"this new row has no {column.heading}",
                    f"fill it: {column.help or 'a row needs it'}"
                    if column.id in met.columns
                    else f"add a column {column.heading}",
                ),
            )
        if wrong or missing or isinstance(made, Wrong):
            return
        if self._taken(met, made, seen):
            where = f"in row {seen[made]}" if made in seen else "in the framework already"
            self._refuse(
                entry,
                "key",
                Wrong(
                    f"{made} is {where}",
                    "write its key into the row to change it, or give this one another name",
                ),
            )
            return
        seen[made] = row.line
        entry.thing = PREFIXES[met.sheet.prefix] + made
        proposal = self._proposal(entry, new=True)
        self._fill_new(proposal, entry, values)
        self.result.proposals.append(proposal)

    def _taken(self, met: Met, key: str, seen: Mapping[str, int]) -> bool:
        return key in seen or PREFIXES[met.sheet.prefix] + key in self.content.things

    def _fill_new(self, proposal: Proposal, entry: _Entry, values: Mapping[str, list[Term]]) -> None:
        sheet = entry.met.sheet
        types = values.get("rdf:type") or [NamedNode(PREFIXES["cmh"] + sheet.classes[0].partition(":")[2])]
        proposal.constants += [(TYPE, one) for one in types]
        for name, value in sheet.constants:
            prefix, _, local = value.partition(":")
            column_prefix, _, column_local = name.partition(":")
            proposal.constants.append(
                (PREFIXES[column_prefix] + column_local, NamedNode(PREFIXES[prefix] + local))
            )
        inverse = [
            (column, one) for column in sheet.columns if column.inverse for one in values.get(column.id, ())
        ]
        grouped = bool(values.get("^cmh:anyOf"))
        for column, one in inverse:
            # A member of a group hangs on the group; its role column is for reading.
            if not (grouped and column.id == "^cmh:hasRequirement") and isinstance(one, NamedNode):
                proposal.links.append((one.value, column.property))
        for column in sheet.columns:
            if (
                column.part != "key"
                and column.kind != "type"
                and not column.inverse
                and values.get(column.id)
            ):
                proposal.changes.append(self._change(entry, column, [], list(values[column.id])))


def _set(terms: list[Term]) -> frozenset[str]:
    return frozenset(str(one) for one in terms)
