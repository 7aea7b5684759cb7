"""An edition -> the rows of each sheet."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.xlsx.cells import Said, fitting, headings_of, shown, statements
from cmh_graph.export.xlsx.names import Names
from cmh_graph.export.xlsx.sheet import Column, Sheet
from cmh_graph.export.xlsx.sheets import IN_FIELD, LABEL, SHEETS
from cmh_graph.namespaces import BASE, CMH
from cmh_graph.store import Literal, NamedNode, Term, Triple, text_of

#: Signs that would end the key in brackets.
_SIGNS: Final = re.compile(r"[\s\[\]]")
_ORDER: Final = CMH + "order"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing on one sheet. cells: heading -> its values. inferred: properties that are a judgement."""

    subject: str
    cells: Mapping[str, Sequence[Said]]
    inferred: frozenset[str]


class Rows:
    """The rows of all sheets of an edition."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._back: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        walked = {
            step[1:] for sheet in SHEETS for column in sheet.columns for step in column.path if step[0] == "^"
        }
        for triple in edition.stated:
            if triple.predicate.value in walked and isinstance(triple.subject, NamedNode):
                self._back[triple.predicate.value][text_of(triple.object)].append(triple.subject)
        self._subjects: dict[str, list[str]] = {sheet.name: [] for sheet in SHEETS}
        sheet_of = {kind: sheet for sheet in SHEETS for kind in sheet.kinds}
        for iri in edition.about:
            sheet = sheet_of.get(iri.removeprefix(BASE).rpartition("/")[0]) if iri.startswith(BASE) else None
            if sheet and self._is_on(sheet, iri):
                self._subjects[sheet.name].append(iri)
        self._names = Names(
            {
                iri: name
                for sheet in SHEETS
                for iri in self._subjects[sheet.name]
                if (name := self._name(sheet, iri))
            }
        )

    def of(self, sheet: Sheet) -> list[Row]:
        """The rows of a sheet in its order; the choices of a group follow it."""
        headings = headings_of(sheet)
        rows = {iri: self._row(sheet, iri, headings) for iri in self._subjects[sheet.name]}
        above = next((column.unless for column in sheet.columns if column.unless), "")

        def place(row: Row) -> tuple[object, ...]:
            group = row.cells.get(above, ())
            parent = rows.get(text_of(group[0].term)) if group else None
            own = self._place(sheet, row)
            return (
                (*self._place(sheet, parent), parent.subject, 1, *own)
                if parent
                else (*own, row.subject, 0, *own)
            )

        return sorted(rows.values(), key=place)

    def carried(self, rows: Mapping[str, Sequence[Row]]) -> frozenset[Triple]:
        """What the rows state. rows: name of a sheet -> its rows."""
        found: set[Triple] = set()
        for sheet in SHEETS:
            for row in rows[sheet.name]:
                cells = {heading: [said.term for said in values] for heading, values in row.cells.items()}
                found.update(statements(sheet, cells, row.subject))
        return frozenset(found)

    def _is_on(self, sheet: Sheet, iri: str) -> bool:
        if _SIGNS.search(iri):
            return False
        if sheet.type:
            return sheet.type in self._edition.types(iri)
        # Without a label a row of a mixed sheet would tell nobody anything.
        return len(sheet.kinds) == 1 or bool(self._name(sheet, iri))

    def _name(self, sheet: Sheet, iri: str) -> str:
        for column in sheet.columns:
            if column.is_read and column.property == LABEL and not column.about:
                texts = [shown(column, term, Names({}), {}) for term in self._edition.objects(iri, LABEL)]
                return next((text for text in texts if text), "")
        return ""

    def _row(self, sheet: Sheet, iri: str, headings: Mapping[str, str]) -> Row:
        cells: dict[str, list[Said]] = {}
        waiting = sorted(sheet.columns, key=lambda column: (bool(column.about), bool(column.unless)))
        for column in waiting:
            start = iri
            if column.about:
                if not cells[column.about]:
                    cells[column.heading] = []
                    continue
                start = text_of(cells[column.about][0].term)
            terms = self._walk(start, column.path)
            if not terms and column.unless:
                terms = [
                    end
                    for said in cells[column.unless]
                    for end in self._walk(text_of(said.term), column.path)
                ]
            cells[column.heading] = self._said(column, terms, headings)
        inferred = frozenset(text_of(term) for term in self._edition.objects(iri, IN_FIELD))
        return Row(iri, cells, inferred)

    def _walk(self, start: str, path: Sequence[str]) -> list[Term]:
        ends: list[Term] = [NamedNode(start)]
        for step in path:
            found: dict[Term, None] = {}
            for end in ends:
                for term in (
                    self._back[step[1:]].get(text_of(end), ())
                    if step[0] == "^"
                    else self._edition.objects(text_of(end), step)
                ):
                    found[term] = None
            ends = list(found)
        return ends

    def _said(self, column: Column, terms: Iterable[Term], headings: Mapping[str, str]) -> list[Said]:
        made = [Said(text, term) for term in terms if (text := shown(column, term, self._names, headings))]
        made.sort(key=lambda said: (*self._rank(said.term), said.shown.casefold(), said.shown))
        return fitting(made, column.many)

    def _rank(self, term: Term) -> tuple[int, float]:
        """The order of a word on its scale, or of a number; words without a place come after."""
        if isinstance(term, Literal):
            text = term.value if not term.language else ""
        else:
            text = self._edition.text(text_of(term), _ORDER)
        try:
            return 0, float(text)
        except ValueError:
            return 1, 0.0

    def _place(self, sheet: Sheet, row: Row | None) -> tuple[object, ...]:
        place: list[object] = []
        words = {column.heading: list(column.words.values()) for column in sheet.columns if column.words}
        for heading in sheet.order if row else ():
            said = row.cells[heading][0] if row and row.cells[heading] else None
            if said is None:
                place += [2, 0.0, ""]
            elif heading in words:
                place += [0, float(words[heading].index(said.shown)), ""]
            else:
                place += [*self._rank(said.term), said.shown.casefold()]
        return tuple(place)
