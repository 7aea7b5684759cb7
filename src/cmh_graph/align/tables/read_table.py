"""CSV, TSV and XLSX files -> rows with a title, and the rows that cannot be used with line and reason.

A file is read in one pass and held row by row, so that a long one needs no more memory than a short one."""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from cmh_graph.align.wording import plain
from cmh_graph.errors import BadParameter, SourceError

Field = Literal["title", "key", "band", "employer", "employer_type", "description"]

#: Usual names of each column, the likeliest first, compared without case and punctuation.
NAMES: Final[Mapping[Field, tuple[str, ...]]] = {
    "title": (
        "job title",
        "post title",
        "position title",
        "role title",
        "title",
        "job role",
        "role name",
        "position",
        "post",
        "job name",
        "jobtitle",
        "display",
        "job",
        "role",
        "occupation",
        "designation",
        "post name",
        "position name",
        "vacancy title",
        "job titles",
        "titles",
        "job roles",
        "roles",
        "posts",
        "positions",
    ),
    "key": (
        "key",
        "id",
        "code",
        "ref",
        "reference",
        "post id",
        "job id",
        "position id",
        "position number",
        "post number",
        "job code",
        "role code",
        "role id",
        "identifier",
    ),
    "band": ("band", "pay band", "afc band", "grade", "pay grade", "bands", "payband", "pay scale"),
    "employer": ("employer", "organisation", "organization", "trust", "employer name", "organisation name"),
    "employer_type": (
        "employer type",
        "organisation type",
        "organization type",
        "sector",
        "type of employer",
    ),
    "description": ("description", "job description", "summary", "job summary", "duties", "details"),
}

LONGEST_LINE: Final = 1_000_000  # characters
LONGEST_TITLE: Final = 500
LONGEST_CELL: Final = 100_000
MOST_LINES_IN_A_RECORD: Final = 200
HEADER_WITHIN: Final = 25  # records
MOST_SHARED_STRINGS: Final = 64 << 20  # bytes, unpacked
MOST_UNPACKED: Final = 400 << 20
RAW_KEPT: Final = 200  # characters of a rejected row


@dataclass(frozen=True, slots=True)
class TitleRow:
    """row: 1-based number among the data rows; line: where it starts in the file or sheet."""

    row: int
    line: int
    title: str
    key: str = ""
    band: str = ""
    employer: str = ""
    employer_type: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """A data row that cannot be used, why, and how it starts."""

    row: int
    line: int
    reason: str
    raw: str


@dataclass(slots=True)
class Table:
    """columns: the header as found. used: which column serves as what. rows may be walked once;
    notes grow while they are walked: what was odd and how it was taken."""

    name: str
    columns: tuple[str, ...]
    used: Mapping[Field, str]
    rows: Iterator[TitleRow | Reject]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: tuple[str, ...]
    fault: str = ""


def read_table(path: Path, columns: Mapping[Field, str] | None = None, sheet: str | None = None) -> Table:
    """Open a table. columns: our field -> the file's column, where the usual names do not find it.

    Raises SourceError if the file cannot be read as a table or has no title column, BadParameter if `columns`
    or `sheet` name what is not there."""
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), mend="check the path")
    with path.open("rb") as opened:
        start = opened.read(4096)
    if not start.strip(b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise SourceError(
            "the file is empty", where=str(path), mend="give a CSV, TSV or XLSX file with a title column"
        )
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise SourceError(
            "this is an old or password-protected workbook",
            where=str(path),
            mend="save it as .xlsx without a password",
        )
    if start.startswith(b"PK\x03\x04") or path.suffix.lower() in {".xlsx", ".xlsm"}:
        return _read_workbook(path, columns or {}, sheet)
    if sheet:
        raise BadParameter("only workbooks have sheets", where=str(path), mend="leave the sheet out")
    return _read_text(path, columns or {}, start)


# --- text ---------------------------------------------------------------------------------------------------


def _encoding(path: Path, start: bytes) -> str:
    """UTF-8 or UTF-16 where the bytes say so, otherwise Windows-1252."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return name
    if len(start) >= 8:
        if start[1::2].count(0) > len(start) // 2 * 0.8:
            return "utf-16-le"
        if start[0::2].count(0) > len(start) // 2 * 0.8:
            return "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as opened:
            while block := opened.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


class _Lines:
    """Physical lines with their numbers. A line longer than LONGEST_LINE is cut, its rest skipped unseen."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._file = path.open(encoding=encoding, errors="replace", newline="")
        self._waiting: list[tuple[int, str]] = []
        self._number = 0

    def close(self) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return self

    def __next__(self) -> tuple[int, str]:
        if self._waiting:
            return self._waiting.pop()
        line = self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self._number += 1
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            while (rest := self._file.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                pass
        return self._number, line.replace("\x00", "")

    def put_back(self, lines: Iterable[tuple[int, str]]) -> None:
        self._waiting.extend(reversed(list(lines)))


class _Unclosed(Exception):
    """A quotation mark opens and does not close within MOST_LINES_IN_A_RECORD."""


def _records(lines: _Lines, delimiter: str) -> Iterator[_Record]:
    """Records of a delimited file. A stray quotation mark costs its own line, never the lines after it."""
    while True:
        taken: list[tuple[int, str]] = []

        def feed(taken: list[tuple[int, str]] = taken) -> Iterator[str]:
            for number, line in lines:
                taken.append((number, line))
                if (
                    len(taken) > MOST_LINES_IN_A_RECORD
                    or sum(len(one) for _, one in taken) > 2 * LONGEST_LINE
                ):
                    raise _Unclosed
                yield line

        try:
            cells = next(csv.reader(feed(), delimiter=delimiter, strict=True), None)
            if cells is None:
                return
            yield _Record(taken[0][0], tuple(cells), _too_long(taken[0][1], cells))
        except (_Unclosed, csv.Error):
            number, line = taken[0]
            lines.put_back(taken[1:])
            if len(line) >= LONGEST_LINE:
                yield _Record(
                    number, (line[:RAW_KEPT],), f"the line is longer than {LONGEST_LINE:,} characters"
                )
                continue
            try:
                cells = next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter))
            except csv.Error as error:
                yield _Record(number, (line[:RAW_KEPT],), f"the line cannot be read: {error}")
                continue
            fault = "" if line.count('"') % 2 == 0 else "a quotation mark opens and never closes"
            yield _Record(number, (line,) if fault else tuple(cells), fault)


def _too_long(line: str, cells: list[str]) -> str:
    if len(line) >= LONGEST_LINE:
        return f"the line is longer than {LONGEST_LINE:,} characters"
    return ""


def _read_text(path: Path, columns: Mapping[Field, str], start: bytes) -> Table:
    encoding = _encoding(path, start)
    if encoding in {"utf-8", "cp1252"} and _looks_binary(start):
        raise SourceError(
            "this is not a table of text",
            where=str(path),
            mend="save the list as CSV, TSV or XLSX and try again",
        )
    delimiter = _delimiter(path, encoding, columns)
    lines = _Lines(path, encoding)
    notes = [f"read as {encoding}, columns parted by {_DELIMITER_NAMES[delimiter]}"]

    def walk() -> Generator[_Record, None, None]:
        with closing(lines):
            yield from _records(lines, delimiter)

    return _table(path, path.name, walk(), columns, notes)


def _looks_binary(start: bytes) -> bool:
    control = sum(1 for byte in start if byte < 32 and byte not in b"\t\r\n\x00\x0c\x1b")
    return control > max(50, len(start) * 0.05) or start.startswith((b"%PDF", b"\x89PNG", b"{\\rtf"))


_DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def _delimiter(path: Path, encoding: str, columns: Mapping[Field, str]) -> str:
    """The delimiter under which a header is found in the first records, with the most columns."""
    best, found = ",", (-1, 0)
    for delimiter in (",", "\t", ";", "|"):
        lines = _Lines(path, encoding)
        with closing(lines):
            records = [
                record for record, _ in zip(_records(lines, delimiter), range(HEADER_WITHIN), strict=False)
            ]
        known = max((_known(record.cells, columns) for record in records), default=0)
        width = sorted(len(record.cells) for record in records)[len(records) // 2] if records else 0
        if (known, width) > found:
            best, found = delimiter, (known, width)
    return best


# --- workbooks ----------------------------------------------------------------------------------------------


def _read_workbook(path: Path, columns: Mapping[Field, str], sheet: str | None) -> Table:
    _refuse_bombs(path)
    # openpyxl is only needed here, and takes longer to import than the rest of us together.
    import defusedxml
    import openpyxl

    broken = SourceError(
        "the workbook is damaged or is not a workbook",
        where=str(path),
        mend="open it in a spreadsheet program and save it again as .xlsx",
    )
    if not openpyxl.DEFUSEDXML:  # pragma: no cover - defusedxml is a requirement of the package
        raise SourceError("defusedxml is not in use", where=str(path), mend="reinstall cmh-graph")
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except defusedxml.DefusedXmlException as error:
        raise SourceError(
            "the workbook's XML declares entities, which we refuse",
            where=str(path),
            mend="open it in a spreadsheet program and save it again as .xlsx",
        ) from error
    except Exception as error:  # openpyxl raises whatever its parsers raise
        raise broken from error
    names = [one.title for one in book.worksheets]
    if sheet is not None and sheet not in names:
        book.close()
        raise BadParameter(
            f"there is no sheet '{sheet}'", where=str(path), mend=f"use one of: {', '.join(names)}"
        )

    def walk(name: str) -> Generator[_Record, None, None]:
        page = book[name]
        page.reset_dimensions()  # a file may claim a size that it does not have
        try:
            for number, cells in enumerate(page.iter_rows(values_only=True), start=1):
                yield _Record(number, tuple(_cell_text(cell) for cell in cells))
        except Exception as error:
            raise broken from error

    first: SourceError | None = None
    for name in [sheet] if sheet else names:
        try:
            found = _table(path, f"{path.name}, sheet {name}", walk(name), columns, [])
        except SourceError as error:
            if error is broken:
                book.close()
                raise
            first = first or error
            continue
        if len(names) > 1:
            found.notes.append(f"read sheet '{name}' of {len(names)}: {', '.join(names)}")
        found.rows = _closing(found.rows, book.close)
        return found
    book.close()
    raise first or broken


def _closing(rows: Iterator[TitleRow | Reject], close: Callable[[], None]) -> Iterator[TitleRow | Reject]:
    try:
        yield from rows
    finally:
        close()


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)[:LONGEST_CELL].replace("\x00", "")


def _refuse_bombs(path: Path) -> None:
    """Raise SourceError if unpacking the file would need far more room than a role list has."""
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise SourceError(
            "the workbook is damaged or is not a workbook",
            where=str(path),
            mend="open it in a spreadsheet program and save it again as .xlsx",
        ) from error
    strings = sum(one.file_size for one in members if "sharedstrings" in one.filename.lower())
    # One bloated part is enough: openpyxl reads styles and strings whole.
    small = max((one.file_size for one in members if "/worksheets/" not in one.filename), default=0)
    if (
        strings > MOST_SHARED_STRINGS
        or small > MOST_SHARED_STRINGS
        or sum(m.file_size for m in members) > MOST_UNPACKED
    ):
        raise SourceError(
            "the workbook unpacks to more than we read",
            where=str(path),
            mend="keep only the sheet with the titles, or save it as CSV",
        )


# --- both ---------------------------------------------------------------------------------------------------


def _known(cells: Iterable[str], columns: Mapping[Field, str]) -> int:
    """How many columns of a row we know by name; 0 if none of them is the title."""
    found = _match_columns(tuple(cells), columns)
    return len(found) if "title" in found else 0


def _match_columns(header: tuple[str, ...], columns: Mapping[Field, str]) -> dict[Field, int]:
    plain_names = [plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)) for name in header]
    plain_whole = [plain(name) for name in header]
    found: dict[Field, int] = {}
    for wanted, usual in NAMES.items():
        chosen = columns.get(wanted)
        options = (plain(chosen),) if chosen is not None else usual
        for name in options:
            place = next(
                (
                    n
                    for n in range(len(header))
                    if name in (plain_names[n], plain_whole[n]) and n not in found.values()
                ),
                None,
            )
            if place is not None:
                found[wanted] = place
                break
    return found


def _table(
    path: Path,
    name: str,
    records: Generator[_Record, None, None],
    columns: Mapping[Field, str],
    notes: list[str],
) -> Table:
    """Find the header among the first records, then hand out the rest row by row."""
    held: list[_Record] = []
    best, known = -1, 0
    for record in records:
        held.append(record)
        score = 0 if record.fault else _known(record.cells, columns)
        if score > known:
            best, known = len(held) - 1, score
        if len(held) >= HEADER_WITHIN:
            break
    if best < 0:
        records.close()
        shown = next((one for one in held if any(cell.strip() for cell in one.cells)), None)
        if shown is None:
            raise SourceError(
                "there are no rows", where=name, mend="give a file with a header and a title column"
            )
        names = ", ".join(cell.strip()[:40] for cell in shown.cells[:30] if cell.strip())
        wanted = columns.get("title")
        raise SourceError(
            f"there is no column '{wanted}'" if wanted else "no column holds the titles",
            where=f"{path}, columns found: {names}"
            if path.name == name
            else f"{path} ({name}), columns found: {names}",
            mend="name the column with --title-column",
        )
    header = tuple(cell.strip() for cell in held[best].cells)
    places = _match_columns(header, columns)
    for wanted_field, wanted_name in columns.items():
        if wanted_field not in places:
            records.close()
            raise BadParameter(
                f"there is no column '{wanted_name}'",
                where=name,
                mend="use one of: " + ", ".join(one for one in header if one),
            )
    above = [one for one in held[:best] if any(cell.strip() for cell in one.cells)]
    if above:
        notes.append(f"the header is on line {held[best].line}; {len(above)} rows above it were passed over")
    doubled = sorted({one for one in header if one and header.count(one) > 1})
    if doubled:
        notes.append(f"columns that occur more than once: {', '.join(doubled)}; the first of each is used")
    used: dict[Field, str] = {one: header[place] for one, place in places.items()}
    table = Table(name, header, used, iter(()), notes)
    table.rows = _rows(records, held[best + 1 :], header, places, notes)
    return table


def _rows(
    records: Generator[_Record, None, None],
    held: list[_Record],
    header: tuple[str, ...],
    places: Mapping[Field, int],
    notes: list[str],
) -> Iterator[TitleRow | Reject]:
    row = blank = longer = 0
    first_longer = 0

    def every() -> Iterator[_Record]:
        yield from held
        yield from records

    try:
        for record in every():
            cells = record.cells
            if not record.fault and not any(cell.strip() for cell in cells):
                blank += 1
                continue
            row += 1
            raw = _one_line(" | ".join(cells)[:RAW_KEPT])
            if record.fault:
                yield Reject(row, record.line, record.fault, raw)
                continue
            if any(cell.strip() for cell in cells[len(header) :]):
                longer += 1
                first_longer = first_longer or record.line

            def cell(wanted: Field, cells: tuple[str, ...] = cells) -> str:
                place = places.get(wanted)
                text = cells[place] if place is not None and place < len(cells) else ""
                return _one_line(text[:LONGEST_CELL])

            title = cell("title")
            if not title:
                yield Reject(row, record.line, "the title is empty", raw)
            elif len(title) > LONGEST_TITLE:
                yield Reject(row, record.line, f"the title is longer than {LONGEST_TITLE} characters", raw)
            else:
                yield TitleRow(
                    row,
                    record.line,
                    title,
                    cell("key"),
                    cell("band"),
                    cell("employer"),
                    cell("employer_type"),
                    cell("description"),
                )
    finally:
        records.close()
        if blank:
            notes.append(f"{blank} blank rows passed over")
        if longer:
            notes.append(
                f"{longer} rows have more cells than the header, first on line {first_longer}; "
                "their last cells were passed over, so look for an unquoted comma"
            )


def _one_line(text: str) -> str:
    """Text without control characters, with single spaces."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
