"""Cells of the ESCO tables: one text or several lines, safe in a spreadsheet, and read back as they were."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from cmh_graph.align.cells import FORMULA_STARTS
from cmh_graph.errors import SourceError


def is_line(text: str) -> bool:
    """Whether a text can be one line of a cell with several: loaders split at line breaks and strip each line."""
    return bool(text) and text == text.strip() and len(text.splitlines()) == 1


def lines(texts: Iterable[str]) -> str:
    """A cell with one text on each line, each text once and sorted; line breaks within a text become spaces."""
    return "\n".join(sorted({" ".join(text.split()) if not is_line(text) else text for text in texts} - {""}))


def split(cell: str) -> list[str]:
    """The texts of a cell with one text on each line."""
    return [line for line in cell.split("\n") if line]


def guard(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it; unguard takes it away again."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def unguard(cell: str) -> str:
    """What guard was given."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(FORMULA_STARTS) else cell


def write_table(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """A CSV file with a header as RFC 4180 has it: UTF-8, quoted where needed, rows ended by CR LF."""
    output = io.StringIO(newline="")
    # Only the signs of the line's end are quoted: with "\n" alone a cell with a lone CR would break its row.
    writer = csv.DictWriter(output, columns, lineterminator="\r\n", restval="")
    writer.writeheader()
    writer.writerows({name: guard(text) for name, text in row.items()} for row in rows)
    return output.getvalue().encode()


def read_table(name: str, data: bytes, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file that has these columns, in whatever order and beside whatever others.

    Raises SourceError if it is no UTF-8, lacks a column, or has a row of another width than its header."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"the file is not UTF-8: byte {error.start} cannot be read",
            where=name,
            mend="save it as CSV UTF-8",
        ) from None
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise SourceError(
                f"the column {missing[0]} is missing",
                where=f"{name}, line 1",
                mend=f"ESCO's columns here are {', '.join(columns)}",
            )
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise SourceError(
                    "the row has more or fewer cells than the header",
                    where=f"{name}, line {reader.line_num}",
                    mend="put cells that hold commas, quotes or line breaks in double quotes",
                )
            rows.append({column: unguard(row[column]) for column in columns})
    except csv.Error as error:
        raise SourceError(
            f"the file is no CSV: {error}", where=f"{name}, line {reader.line_num}", mend="quote its cells"
        ) from None
    return rows
