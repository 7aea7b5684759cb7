"""A TSV file -> its lines and rows, or its rows with IRIs written out.

The table is read as SSSOM/TSV is: tabs part the cells, and a cell that holds a quotation mark stands in quotation marks
with the inner ones doubled. Spreadsheet programs put header lines in quotation marks and tabs behind them; such files
are read as well.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from cmh_graph.errors import SourceError
from cmh_graph.sssom.model import NO_TERM_FOUND, MappingFile, MappingRow, MappingSet, Row

REQUIRED: Final = ("predicate_id", "object_id", "mapping_justification")
LARGEST_FILE: Final = 50_000_000
_LARGEST_HEAD: Final = 200_000


def read_mapping_file(path: Path) -> MappingFile:
    """The mapping set in a TSV file, line by line.

    Raises SourceError, with line and column, where the file is too large or not UTF-8, the header is no YAML, a
    required column is missing, or a row has another number of cells than the table has columns."""
    if not path.is_file():
        raise SourceError("there is no such file", where=str(path), mend="check the path")
    if (size := path.stat().st_size) > LARGEST_FILE:
        raise SourceError(
            f"this file has {size:,} bytes; we read up to {LARGEST_FILE // 1_000_000} MB",
            where=str(path),
            mend="split it",
        )
    return parse_mapping_file(path.read_bytes(), path)


def parse_mapping_file(data: bytes, path: Path) -> MappingFile:
    """The same from bytes; path: how errors call the file."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"the file is not in UTF-8: {error.reason}", where=str(path), mend="save it as UTF-8"
        ) from None
    if "\0" in text:
        raise SourceError("the file holds null bytes", where=str(path), mend="save it as text in UTF-8")
    # Only line feeds part lines: a title may hold the other characters that str.splitlines() parts at.
    lines = text.split("\n")
    lines = [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    start = 0
    while start < len(lines) and (not lines[start].strip() or _is_header(lines[start])):
        start += 1
    head = tuple(lines[:start])
    if sum(map(len, head)) > _LARGEST_HEAD:
        raise SourceError(
            f"the header is longer than {_LARGEST_HEAD:,} characters", where=str(path), mend="shorten it"
        )
    metadata = _metadata(head, path)
    rows = list(_rows(lines, start, path))
    columns = tuple(name.strip() for name in rows[0][0]) if rows else ()
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise SourceError(
            f"the mapping set has no column {', '.join(missing)}",
            where=str(path),
            mend="add the columns; https://mapping-commons.github.io/sssom/ lists them",
        )
    if doubled := sorted({name for name in columns if columns.count(name) > 1}):
        raise SourceError(
            f"the column {doubled[0]} is there twice", where=f"{path}, line {rows[0][1]}", mend="remove one"
        )
    body = []
    for cells, line, raw in rows[1:]:
        if raw.startswith(("<<<<<<< ", ">>>>>>> ", "=======")):
            raise SourceError(
                "the file holds both sides of a merge that was not finished",
                where=f"{path}, line {line}",
                mend="keep the right one of each pair of rows, and remove the lines of arrows and equals signs",
            )
        if len(cells) != len(columns):
            raise SourceError(
                f"this row has {len(cells)} cells, the table has {len(columns)} columns",
                where=f"{path}, line {line}",
                mend="part the cells by single tabs, and leave an empty cell empty",
            )
        body.append(Row(dict(zip(columns, cells, strict=True)), line, raw))
    end = "\r\n" if rows[0][2].endswith("\r\n") else "\n"
    file = MappingFile(path, head, metadata, columns, rows[0][2], tuple(body), end)
    return MappingFile(path, head, metadata, columns, rows[0][2], tuple(body), end, file.prefixes)


def _is_header(line: str) -> bool:
    return line.removeprefix("\ufeff").startswith(("#", '"#'))


def _metadata(head: tuple[str, ...], path: Path) -> dict[str, Any]:
    said = []
    for line in head:
        line = line.removeprefix("\ufeff").rstrip("\r\n")
        if line.startswith('"#'):
            line = next(csv.reader([line], delimiter="\t"))[0]
        said.append(line.rstrip("\t").removeprefix("#"))
    # A blank after "#" belongs to the mark if every line has it.
    filled = [line for line in said if line.strip() and not line.startswith("#")]
    if filled and all(line.startswith(" ") for line in filled):
        said = [line.removeprefix(" ") for line in said]
    try:
        # Without dates and numbers of its own, which YAML would make of a version "1.0".
        metadata = yaml.load("\n".join(said), Loader=yaml.BaseLoader) or {}
    except (yaml.YAMLError, RecursionError) as error:
        raise SourceError(f"the header is not YAML: {error}", where=str(path)) from None
    prefixes = (metadata.get("curie_map") or {}) if isinstance(metadata, dict) else None
    if not isinstance(prefixes, dict) or not all(isinstance(one, str) for one in prefixes.values()):
        raise SourceError(
            "the header is not a list of fields",
            where=str(path),
            mend="write it as lines such as #license: https://creativecommons.org/licenses/by/4.0/",
        )
    return metadata


def _rows(lines: list[str], start: int, path: Path) -> Iterator[tuple[list[str], int, str]]:
    """Cells, line and text of each row of the table; empty lines are passed over and belong to the row before."""
    place = start
    taken = start

    def feed() -> Iterator[str]:
        nonlocal place
        while place < len(lines):
            place += 1
            yield lines[place - 1]

    table = csv.reader(feed(), delimiter="\t", strict=False)
    held: tuple[list[str], int, str] | None = None
    while True:
        try:
            cells = next(table, None)
        except csv.Error as error:
            raise SourceError(
                f"this row cannot be read: {error}",
                where=f"{path}, line {taken + 1}",
                mend="look for a quotation mark that is not closed",
            ) from None
        raw = "".join(lines[taken:place])
        if cells is None:
            break
        if not raw.strip("\r\n"):
            if held:
                held = (held[0], held[1], held[2] + raw)
        else:
            if held:
                yield held
            held = (cells, taken + 1, raw)
        taken = place
    if held:
        yield held


def read_mapping_set(path: Path) -> MappingSet:
    """The mapping set in a TSV file, with IRIs written out.

    Raises SourceError as read_mapping_file does, and where a prefix is not in the file's curie_map."""
    return mapping_set(read_mapping_file(path))


def mapping_set(file: MappingFile) -> MappingSet:
    """The rows of a file with IRIs written out. Raises SourceError for an unknown prefix or state."""
    return MappingSet(file.path, file.metadata, tuple(_typed(file, row) for row in file.rows))


def _typed(file: MappingFile, row: Row) -> MappingRow:
    line = row.line
    source = row["object_source"] or file.said("object_source")
    if source:
        full = source if "://" in source else file.expand(source, "object_source", line)
        source = file.checked(full, source, "object_source", line)
    return MappingRow(
        subject=file.iri(row, "subject_id"),
        subject_label=row["subject_label"],
        predicate=file.iri(row, "predicate_id") or file.expand("", "predicate_id", line),
        object=NO_TERM_FOUND
        if row["object_id"] == "sssom:NoTermFound"
        else file.expand(row["object_id"], "object_id", line),
        object_label=row["object_label"],
        object_source=source,
        justification=file.expand(row["mapping_justification"], "mapping_justification", line),
        comment=row["comment"],
        status=file.iri(row, "cmh_status"),
        line=line,
        negated=row["predicate_modifier"] == "Not",
        state=file.state(row),
        confidence=row["confidence"],
        reviewer=row["reviewer_label"] or row["reviewer_id"],
        review_date=row["review_date"],
        reason=row["cmh_review_reason"],
        digest=row["cmh_target_digest"],
        object_version=row["object_source_version"] or file.said("object_source_version"),
        proposal=row["cmh_machine_proposal"],
    )
