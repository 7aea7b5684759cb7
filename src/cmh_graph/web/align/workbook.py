"""What was decided, as a workbook: a line for each title of the list, and how many there are for each role."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from cmh_graph.align.cells import inert
from cmh_graph.align.mapping_set import slug
from cmh_graph.align.review.decide import RELATIONS
from cmh_graph.align.review.reviewed_file import rows_by_subject
from cmh_graph.namespaces import key_of
from cmh_graph.sssom.model import NO_TERM_FOUND, MappingFile, Row
from cmh_graph.sssom.targets import Targets

#: Heading -> width in characters.
_TITLES: Final = {
    "Row in your list": 9, "Your key": 14, "Job title": 40, "Result": 22, "Role": 34, "Kind of match": 14,
    "Who says so": 34, "How sure the machine was": 12, "Why": 60, "Other roles that came near": 44, "Role key": 24,
    "Address of the role": 46,
}  # fmt: skip
_ROLES: Final = {"Role": 40, "Reviewed titles": 12, "Proposed, not reviewed": 14, "Role key": 24}
_RESULTS: Final = {
    "accepted": "Reviewed: this role",
    "none": "Reviewed: no role fits",
    "proposed": "Proposed, not reviewed",
    "nothing": "Nothing proposed, not reviewed",
}
_KINDS: Final = {value: key for key, value in RELATIONS.items()}
_INFERRED: Final = PatternFill("solid", fgColor="FFF4CC")
_ZIP_DAY: Final = (1980, 1, 1, 0, 0, 0)  # the first day that a zip knows
_LONGEST: Final = 2_000  # characters of a cell


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be said of one title. result: a key of _RESULTS; role, name: "" where none."""

    row: str
    key: str
    title: str
    result: str
    role: str = ""
    address: str = ""
    name: str = ""
    kind: str = ""
    says: str = ""
    sure: str = ""
    why: str = ""
    others: str = ""


def reviewed_workbook(file: MappingFile, candidates: Path, targets: Targets, name: str) -> bytes:
    """The workbook, the same bytes for the same decisions. candidates: candidates.csv of the run; name: of the list.

    Cells hold texts and numbers, no formula; what no person reviewed is shaded and called so."""
    lines = list(lines_of(file, candidates, targets))
    book = Workbook(write_only=True)
    book.cmh_looks = {}
    _about(book, name, lines)
    page = _sheet(book, "Titles", _TITLES)
    for one in lines:
        fill = None if one.result in ("accepted", "none") else _INFERRED
        number: Any = int(one.row) if one.row.isdigit() else one.row
        sure: Any = float(one.sure) if one.sure else ""
        cells = (
            number, one.key, one.title, _RESULTS[one.result], one.name, one.kind, one.says, sure, one.why, one.others,
            one.role, one.address,
        )  # fmt: skip
        page.append([_cell(page, value, fill=fill) for value in cells])
    page = _sheet(book, "Roles", _ROLES)
    counts = Counter((one.name, one.role, one.result) for one in lines if one.role)
    for role_name, role in sorted({(one.name, one.role) for one in lines if one.role}):
        reviewed = counts[role_name, role, "accepted"]
        proposed = counts[role_name, role, "proposed"]
        page.append([_cell(page, value) for value in (role_name, reviewed, proposed, role)])
    packed = io.BytesIO()
    book.save(packed)
    return _settled(packed.getvalue())


def lines_of(file: MappingFile, candidates: Path, targets: Targets) -> Iterator[Line]:
    """What is to be said of each title, in the order of the list."""
    numbers = _numbers(candidates)
    for subject, rows in rows_by_subject(file).items():
        row, key = next(numbers.find(subject, rows[0]["subject_label"]), ("", ""))
        yield _line(file, rows, targets, row, key)


def _line(file: MappingFile, rows: Sequence[Row], targets: Targets, row: str, key: str) -> Line:
    title = rows[0]["subject_label"]
    accepted = [one for one in rows if file.state(one) == "accepted"]
    fresh = [one for one in rows if file.state(one) in (None, "candidate")]
    first = (accepted or fresh or rows)[0]
    target = "" if first["object_id"] == "sssom:NoTermFound" else file.iri(first, "object_id")
    target = "" if target == NO_TERM_FOUND else target
    near = "; ".join(
        targets.name(file.iri(one, "object_id")) + (f" ({one['confidence']})" if one["confidence"] else "")
        for one in fresh
        if one is not first and one["object_id"] != "sssom:NoTermFound"
    )
    why = first["cmh_review_reason"] or first["comment"]
    if accepted:
        result = "accepted" if target else "none"
        says = f"{first['reviewer_label']}, {first['review_date']}"
    else:
        result = "proposed" if target and fresh else "nothing"
        target = target if fresh else ""
        says = "Machine, inferred: nobody has reviewed it"
    return Line(
        row,
        key,
        title,
        result,
        key_of(target) if target else "",
        target,
        targets.name(target) if target else "",
        _KINDS.get(first["predicate_id"], "") if target else "",
        says,
        first["confidence"],
        why,
        near,
    )


class _Numbers:
    """Row and key of each title in the list, found in the order of the list."""

    def __init__(self, rows: list[tuple[str, str, str]]) -> None:
        self._rows, self._place = rows, 0

    def find(self, subject: str, title: str) -> Iterator[tuple[str, str]]:
        """The row and key of a title; titles are asked for in the order of the list."""
        for place in range(self._place, len(self._rows)):
            row, key, written = self._rows[place]
            name = slug(key.removeprefix("'")) if key else row
            # Where a key stands twice, the later title's name ends in its row.
            if written == title and (
                subject.endswith((name, f"{name}-row{row}")) or key.startswith(("http://", "https://"))
            ):
                self._place = place + 1
                yield row, key
                return


def _numbers(candidates: Path) -> _Numbers:
    found: dict[str, tuple[str, str, str]] = {}
    with candidates.open(encoding="utf-8", newline="") as opened:
        for line in csv.DictReader(opened):
            found.setdefault(line["row"], (line["row"], line["key"], " ".join(line["title"].split())))
    return _Numbers(list(found.values()))


def _about(book: Workbook, name: str, lines: Sequence[Line]) -> None:
    page = book.create_sheet("Read me")
    page.column_dimensions["A"].width = 100
    counts = Counter(one.result for one in lines)
    texts = [
        f"Job titles of {name} and roles in community mental health",
        f"{len(lines):,} titles: "
        + ", ".join(f"{counts[key]:,} {text}" for key, text in _lower(_RESULTS))
        + ".",
        "Shaded lines are proposals of a machine, inferred from the words of the titles. Nobody has reviewed them.",
        "Lines that are not shaded were decided by a person on the web page.",
        "A text that would start a formula has an apostrophe before it.",
        "The same decisions as data for other tools are in the mapping set (SSSOM). Content: CC BY 4.0.",
    ]
    for place, text in enumerate(texts):
        page.append([_cell(page, text, bold=place == 0)])


def _lower(words: dict[str, str]) -> Iterator[tuple[str, str]]:
    for key, text in words.items():
        yield key, text[:1].lower() + text[1:]


def _sheet(book: Workbook, name: str, columns: dict[str, int]) -> Any:
    page = book.create_sheet(name)
    page.freeze_panes = "D2" if name == "Titles" else "A2"
    for place, width in enumerate(columns.values(), 1):
        page.column_dimensions[get_column_letter(place)].width = width
    page.append([_cell(page, heading, bold=True) for heading in columns])
    return page


def _cell(page: Any, value: Any, *, bold: bool = False, fill: PatternFill | None = None) -> Any:
    if isinstance(value, str):
        value = inert(ILLEGAL_CHARACTERS_RE.sub(" ", value)[:_LONGEST])
    cell = WriteOnlyCell(page, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # whatever it looks like
    # Looked up once for each look: a lookup for each cell takes ten times as long as writing it.
    looks = page.parent.cmh_looks
    look = (bold, fill is not None)
    if look not in looks:
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        cell.font = Font(name="Arial", size=10, bold=bold)
        if fill is not None:
            cell.fill = fill
        looks[look] = cell._style
    cell._style = looks[look]
    return cell


def _settled(data: bytes) -> bytes:
    """The same workbook without the time at which it was written."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as packed,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as again,
    ):
        for name in packed.namelist():
            if name == "docProps/core.xml":
                text = (
                    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties xmlns:cp='
                )
                text += b'"http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
            else:
                text = packed.read(name)
            again.writestr(zipfile.ZipInfo(name, _ZIP_DAY), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()
