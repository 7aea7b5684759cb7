"""What a thing states of a column <-> the text of its cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from cmh_graph.namespaces import PREFIXES, compact, key_of
from cmh_graph.store import Literal, NamedNode, Term
from cmh_graph.workbook.columns import DATATYPES, EN, Column, Sheet
from cmh_graph.workbook.content import Content, kind_of
from cmh_graph.workbook.names import AllNames
from cmh_graph.workbook.words import alike, fits_a_cell, folded, guarded, lines_of, plain, unguarded

LONGEST_CELL: Final = 32_767  # characters that a spreadsheet keeps in one cell
LONGEST_NAME: Final = 300
_MOST_PIECES: Final = 60  # of a line that is cut at commas
TOO_LONG: Final = "(too long for a cell: kept as it is)"
_YES: Final = frozenset({"yes", "y", "true", "1", "x", "ja", "oui", "✓", "✔"})
_NO: Final = frozenset({"no", "n", "false", "0", "-"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a cell cannot be taken, and how to mend it."""

    what: str
    mend: str = ""


class Cells:
    """Writes and reads the cells of one framework."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.names = AllNames(content)

    # What is stated -------------------------------------------------------------------------------------------------

    def stated(self, column: Column, thing: str) -> list[Term]:
        """The values of a thing that a column carries. What it cannot carry (another language or datatype)
        is left out."""
        if column.part == "key":
            return []
        if column.inverse:
            owners = self.content.linked.get((column.property, thing), [])
            return [NamedNode(one) for one in owners if kind_of(one) in column.of]
        values = self.content.values(thing, column.property)
        return [one for one in values if self._carries(column, one)]

    def _carries(self, column: Column, term: Term) -> bool:
        if isinstance(term, NamedNode):
            if column.kind == "link":
                return kind_of(term.value) in column.of
            return column.kind in {"type", "fields"}
        if not isinstance(term, Literal) or not fits_a_cell(term.value) or not plain(term.value):
            return False
        if column.kind in {"text", "name"}:
            return term.language == EN
        datatype = DATATYPES.get(column.kind)
        if datatype is None or term.datatype.value != datatype or term.language:
            return False
        return column.kind not in {"whole", "yes", "date"} or self._literal(column, term.value) == term

    # Written --------------------------------------------------------------------------------------------------------

    def text(self, sheet: Sheet, column: Column, thing: str) -> str:
        """The cell of a thing, before it is guarded against being taken for a formula."""
        if column.part == "key":
            return key_of(thing)
        terms = self.stated(column, thing)
        if column.kind == "type":
            return self._form(column, terms)
        text = "\n".join(self.line(sheet, column, term) for term in terms)
        return text if len(guarded(text)) <= LONGEST_CELL else TOO_LONG

    def _form(self, column: Column, terms: list[Term]) -> str:
        classes = {compact(one.value) for one in terms if isinstance(one, NamedNode)}
        return next((word for word, of in column.options if set(of) == classes), "")

    def line(self, sheet: Sheet, column: Column, term: Term) -> str:
        """One value as people read it."""
        if isinstance(term, Literal):
            if column.kind == "yes":
                return "yes" if term.value == "true" else "no"
            return term.value
        assert isinstance(term, NamedNode)
        if column.kind == "fields":
            return next(
                (one.heading for one in sheet.columns if one.property == term.value), compact(term.value)
            )
        return self.names.of(column.of, column.shown == "key").word(term.value)

    # Read -----------------------------------------------------------------------------------------------------------

    def read(
        self, sheet: Sheet, column: Column, text: str, present: list[Term], *, made_date: bool = False
    ) -> list[Term] | Wrong:
        """The values that a cell asks for.

        present: what the thing states now; a value that is alike is kept as it is. made_date: the cell holds a date of
        the spreadsheet, not text."""
        if made_date and column.kind != "date" and column.id != "dc:date":
            return Wrong(
                f"the spreadsheet made the date {text} of what was typed (4-5 becomes one)",
                "format the cell as text and type it again"
                + ("; put each on a line of its own, such as Band 4 and Band 5" if column.many else ""),
            )
        lines = lines_of(unguarded(text))
        if not lines:
            return []
        if column.kind == "type":
            return self._read_type(column, " ".join(lines))
        if column.kind == "fields":
            return self._read_fields(sheet, lines)
        if column.kind == "link":
            return self._read_links(column, lines)
        if not column.many:
            lines = [" ".join(lines)]
        kept = {alike(one.value): one for one in present if isinstance(one, Literal)}
        terms: list[Term] = []
        for line in lines:
            term = kept.get(alike(line)) or self._literal(column, line)
            if isinstance(term, Wrong):
                return term
            if term not in terms:
                terms.append(term)
        return terms

    def _literal(self, column: Column, line: str) -> Literal | Wrong:
        if column.kind in {"text", "name"}:
            if column.kind == "name" and len(line) > LONGEST_NAME:
                return Wrong(
                    f"this name has {len(line):,} characters",
                    f"names have up to {LONGEST_NAME}; put the rest into the definition or the notes",
                )
            return Literal(line, language=EN)
        if column.kind == "whole":
            number = line.replace(",", "").replace(" ", "").removesuffix(".0").lstrip("£")
            if not re.fullmatch(r"[0-9]{1,9}", number):
                return Wrong(f"'{_cut(line)}' is no whole number", "write digits only, such as 12")
            line = str(int(number))
        elif column.kind == "yes":
            word = folded(line)
            if word not in _YES | _NO:
                return Wrong(
                    f"'{_cut(line)}' is neither yes nor no", "write yes or no, or leave the cell empty"
                )
            line = "true" if word in _YES else "false"
        elif column.kind == "date":
            day = _date(line)
            if day is None:
                return Wrong(f"'{_cut(line)}' is no date", "write year-month-day, such as 2026-09-29")
            line = day
        elif column.kind == "address" and not re.fullmatch(r"https?://[^\s<>\"{}|\\^`]{3,2000}", line):
            return Wrong(
                f"'{_cut(line)}' is no web address", "copy the whole address, with https:// before it"
            )
        return Literal(line, datatype=NamedNode(DATATYPES[column.kind]))

    def _read_type(self, column: Column, text: str) -> list[Term] | Wrong:
        for word, classes in column.options:
            if folded(text) in {folded(word), *(folded(one.partition(":")[2]) for one in classes[-1:])}:
                return [NamedNode(PREFIXES["cmh"] + one.partition(":")[2]) for one in classes]
        words = ", ".join(word for word, _ in column.options)
        return Wrong(f"'{_cut(text)}' is not in the list of this column", f"choose from: {words}")

    def _read_fields(self, sheet: Sheet, lines: list[str]) -> list[Term] | Wrong:
        terms: list[Term] = []
        headings = {folded(one.heading): one.property for one in sheet.columns if one.property}
        ids = {folded(one.id.lstrip("^")): one.property for one in sheet.columns if one.property}
        for line in _split(
            lines, lambda text: folded(text) in headings or folded(text) in ids or bool(_property(text))
        ):
            found = headings.get(folded(line)) or ids.get(folded(line)) or _property(line)
            if not found:
                return Wrong(
                    f"'{_cut(line)}' is no heading of this sheet",
                    "write headings of this sheet, each on a line of its own",
                )
            if NamedNode(found) not in terms:
                terms.append(NamedNode(found))
        return terms

    def _read_links(self, column: Column, lines: list[str]) -> list[Term] | Wrong:
        names = self.names.of(column.of, column.shown == "key")
        if not column.many:
            lines = [" ".join(lines)]
        terms: list[Term] = []
        for line in _split(lines, lambda text: names.thing(text) is not None) if column.many else lines:
            thing = names.thing(line)
            if thing is None:
                several = names.ambiguous(line)
                if several:
                    return Wrong(
                        f"'{_cut(line)}' is the name of several things", "write one of: " + ", ".join(several)
                    )
                return Wrong(f"'{_cut(line)}' is not known in the column {column.heading}", names.near(line))
            if NamedNode(thing) not in terms:
                terms.append(NamedNode(thing))
        return terms


def _split(lines: list[str], known: Callable[[str], bool]) -> list[str]:
    """The lines, those cut at ; | or , that are not known whole; a part that is known with its own comma keeps it."""
    parts: list[str] = []
    for line in lines:
        line = line.lstrip("•*·– ").strip() or line
        pieces = list(re.finditer(r"[^;|,]+", line))
        if known(line) or len(pieces) < 2 or len(pieces) > _MOST_PIECES:
            parts.append(line)
            continue
        place = 0
        while place < len(pieces):
            for last in range(len(pieces) - 1, place - 1, -1):
                part = line[pieces[place].start() : pieces[last].end()].strip()
                if known(part) or last == place:
                    break
            parts += [part] if part else []
            place = last + 1
    return parts


def _property(text: str) -> str:
    """A prefixed name of a property written out; "" if it is none."""
    prefix, _, name = text.strip().partition(":")
    return (
        PREFIXES[prefix] + name
        if prefix in {"cmh", "skos", "dcterms", "schema"} and re.fullmatch(r"\w+", name)
        else ""
    )


def _date(text: str) -> str | None:
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:T00:00:00)?", text)
    try:
        return date(*(int(part) for part in found.groups())).isoformat() if found else None
    except ValueError:
        return None


def _cut(text: str, most: int = 60) -> str:
    text = plain(text[: 4 * most])
    return text if len(text) <= most else text[: most - 1] + "…"
