"""What a workbook asks for: changed cells and new rows, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from cmh_graph.store import Literal, NamedNode, Term
from cmh_graph.workbook.columns import Column, Sheet
from cmh_graph.workbook.content import Content, Statements


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a cell or row does not land. sheet: as the workbook calls it. rule: of validate, where one found it."""

    sheet: str
    cell: str
    what: str
    mend: str
    rule: str = ""

    @property
    def where(self) -> str:
        """The place in words."""
        return f"sheet {self.sheet}, cell {self.cell}" if self.cell else f"sheet {self.sheet}"


@dataclass(frozen=True, slots=True)
class Change:
    """One column of one thing. cell: its address; "" where it follows from another change. because: why it follows."""

    cell: str
    column: Column
    before: str
    after: str
    removed: tuple[Term, ...]
    added: tuple[Term, ...]
    because: str = ""


@dataclass(slots=True)
class Proposal:
    """All that one row asks for. cells: column id -> address, of every column. links: things that will
    point to a new one, by
    which property. follows: what the changes bring with them."""

    sheet: Sheet
    page: str
    line: int
    thing: str
    new: bool
    changes: list[Change] = field(default_factory=list)
    follows: list[Change] = field(default_factory=list)
    constants: list[tuple[str, Term]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def row_cell(self) -> str:
        """The cell to name where the whole row is meant."""
        return self.cells.get("key") or next(iter(self.cells.values()), f"A{self.line}")

    def cell_of(self, property: str) -> str:
        """The address of the column of a property; the row's own where there is none."""
        for column in self.sheet.columns:
            if column.property == property and column.id in self.cells:
                return self.cells[column.id]
        return self.row_cell

    def touches(self, property: str) -> list[Change]:
        """The changes of one property."""
        return [one for one in self.changes if one.column.property == property and not one.column.inverse]


def intended(content: Content, proposals: list[Proposal]) -> dict[str, Statements]:
    """Thing -> what it will state, for every thing whose statements change."""
    result: dict[str, Statements] = {}

    def of(thing: str) -> Statements:
        if thing not in result:
            result[thing] = {name: list(values) for name, values in content.things.get(thing, {}).items()}
        return result[thing]

    for proposal in proposals:
        for name, value in proposal.constants:
            of(proposal.thing).setdefault(name, []).append(value)
        for change in [*proposal.changes, *proposal.follows]:
            if change.column.inverse or not change.column.property:
                continue
            values = of(proposal.thing).setdefault(change.column.property, [])
            for gone in change.removed:
                if gone in values:
                    values.remove(gone)
            values += [one for one in change.added if one not in values]
        for owner, name in proposal.links:
            of(owner).setdefault(name, []).append(NamedNode(proposal.thing))
    for statements in result.values():
        for name in [name for name, values in statements.items() if not values]:
            del statements[name]
    return {thing: said for thing, said in result.items() if said != content.things.get(thing)}


def plain_value(term: Term) -> str:
    """A value without its datatype."""
    return term.value if isinstance(term, Literal | NamedNode) else str(term)
