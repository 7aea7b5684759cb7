"""A workbook that came back -> what it would change, and, on consent, the changed Turtle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cmh_graph.errors import BadParameter
from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.store import NamedNode
from cmh_graph.workbook.cells import Cells
from cmh_graph.workbook.confirm import INFERRED, KIND
from cmh_graph.workbook.content import Content, read_content
from cmh_graph.workbook.headings import meet
from cmh_graph.workbook.intake import Intake, take_in
from cmh_graph.workbook.judge import Judged, Rules, judge, read_rules
from cmh_graph.workbook.landing import NewText, new_texts, write_texts
from cmh_graph.workbook.proposals import Proposal, Refusal
from cmh_graph.workbook.rows import read_pages
from cmh_graph.workbook.words import folded


@dataclass(frozen=True, slots=True)
class Import:
    """What a workbook asks for. landing: rows whose changes may land. refused: cells and rows that may
    not, with the mend.

    missing: sheet id -> keys of things that have no row any more. older: rows that only the framework has
    changed since.
    texts: the files as they would become."""

    landing: tuple[Proposal, ...]
    refused: tuple[Refusal, ...]
    missing: Mapping[str, tuple[str, ...]]
    older: int
    rows: int
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    texts: tuple[NewText, ...]

    @property
    def cells(self) -> int:
        """How many cells of rows that exist would change."""
        return sum(len(one.changes) for one in self.landing if not one.new)

    @property
    def new_rows(self) -> int:
        """How many new rows would land."""
        return sum(one.new for one in self.landing)


def bring_back(
    path: Path,
    home: Path,
    *,
    source: str = "",
    columns: Sequence[str] = (),
    rules: Rules | None = None,
    content: Content | None = None,
) -> Import:
    """Compare a workbook with the framework below home, judge it, and work out the new Turtle. Nothing is written.

    source: key of the source that vouches for rewordings whose row names none. columns: "Their heading=Our heading".
    rules, content: shapes and checks, and what the framework states, if they are read already.
    Raises SourceError if the file cannot be read, BadParameter if the source is not known or confirms nothing."""
    said = dict(_pair(one) for one in columns)
    pages = read_pages(path)
    content = content or read_content(home)
    intake = take_in(content, meet(pages, said))
    judged = judge(content, intake.proposals, rules or read_rules(home), _source(content, intake, source))
    texts = new_texts(content, judged.wanted, judged.proposals) if judged.wanted else []
    return _result(intake, judged, texts)


def write_back(found: Import, home: Path) -> None:
    """Write the files of an import: all or none. Raises what write_texts raises."""
    write_texts(found.texts, home)


def _pair(text: str) -> tuple[str, str]:
    theirs, sign, ours = text.partition("=")
    if not sign or not theirs.strip() or not ours.strip():
        raise BadParameter(
            f"'{text}' settles no column", where="--column", mend="write it as 'Their heading=Our heading'"
        )
    return folded(theirs), folded(ours)


def _source(content: Content, intake: Intake, key: str) -> str:
    """The IRI of the source given for the whole import; it may be a new row of the same workbook."""
    if not key:
        return ""
    iri = PREFIXES["source"] + key.strip().removeprefix("source:")
    new = next((one for one in intake.proposals if one.thing == iri), None)
    if iri not in content.things and new is None:
        near = Cells(content).names.of(("source",), True).near(key)
        raise BadParameter(
            f"there is no source with the key '{key}'",
            where="--source",
            mend=f"add it on the sheet Sources; {near}",
        )
    kinds = (
        [value for change in new.touches(KIND) for value in change.added]
        if new
        else content.values(iri, KIND)
    )
    if INFERRED in kinds or NamedNode(iri) == INFERRED:
        raise BadParameter(
            f"the source '{key}' is a judgement of the project and confirms nothing",
            where="--source",
            mend="give the document of the owner, with the kind confirmed",
        )
    return iri


def _result(intake: Intake, judged: Judged, texts: Sequence[NewText]) -> Import:
    notes = [
        *intake.notes,
        *(f"{key_of(one.thing)}: {note}" for one in judged.proposals for note in one.notes),
    ]
    order = {name: number for number, name in enumerate(dict.fromkeys(one.page for one in intake.proposals))}
    refused = sorted(
        dict.fromkeys([*intake.refused, *judged.refused]),
        key=lambda one: (order.get(one.sheet, len(order)), one.sheet, _line(one.cell), one.cell),
    )
    return Import(
        landing=tuple(judged.proposals),
        refused=tuple(refused),
        missing={sheet: tuple(key_of(one) for one in things) for sheet, things in intake.missing.items()},
        older=intake.older,
        rows=intake.rows,
        notes=tuple(dict.fromkeys(notes)),
        warnings=tuple(dict.fromkeys(judged.warnings)),
        texts=tuple(texts),
    )


def _line(cell: str) -> int:
    return int("".join(sign for sign in cell if sign.isdigit()) or 0)
