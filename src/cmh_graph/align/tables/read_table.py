"""A file or a folder -> its rows of titles, whatever the format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cmh_graph.align.files.kinds import is_folder, kind_of, start_of
from cmh_graph.align.files.limits import MOST_ROWS
from cmh_graph.align.tables.delimited import read_delimited
from cmh_graph.align.tables.folders import list_in
from cmh_graph.align.tables.json_rows import read_json, read_json_lines
from cmh_graph.align.tables.ods import open_ods
from cmh_graph.align.tables.rdf import read_rdf
from cmh_graph.align.tables.rows import Field, Table
from cmh_graph.align.tables.sheets import read_workbook
from cmh_graph.align.tables.xlsx import open_xlsx
from cmh_graph.errors import BadParameter, SourceError


def read_table(
    path: Path,
    columns: Mapping[Field, str] | None = None,
    sheet: str | None = None,
    *,
    most_rows: int = MOST_ROWS,
) -> Table:
    """Open a list: CSV, TSV, XLSX, ODS, JSON, JSON Lines, RDF, or a folder with one (folders.list_in).

    columns: our field -> the file's column, where the usual names do not find it. Each row of the file comes out
    once, as a TitleRow or a Reject; blank rows are none. A list may have most_rows rows, of workbooks, JSON and
    RDF at most limits.MOST_ROWS; one with more is refused, at the latest while its rows are walked.
    Raises SourceError if the file cannot be read as a list or has no titles, BadParameter if `columns` or `sheet`
    name what is not there."""
    given: Mapping[Field, str] = {}
    if is_folder(path):
        path, given = list_in(path)
    chosen = columns or {}
    start = start_of(path)
    kind = kind_of(path, start)
    if kind in ("xlsx", "ods"):
        found, walk = (open_xlsx if kind == "xlsx" else open_ods)(path)
        return read_workbook(path, found, walk, chosen, sheet, given)
    if sheet:
        raise BadParameter("only workbooks have sheets", where=str(path), mend="leave the sheet out")
    if kind == "docx" or kind == "pdf":
        raise SourceError(
            "this is a Word document, not a list" if kind == "docx" else "this is a PDF, not a list",
            where=str(path),
            mend="give the list as .xlsx, .ods or .csv; for one job description use: cmh-graph describe FILE",
        )
    if kind == "rdf":
        return read_rdf(path, chosen, given)
    if kind == "json":
        return read_json(path, chosen, given)
    if kind == "jsonl":
        return read_json_lines(path, chosen, given, most_rows)
    return read_delimited(path, chosen, given, most_rows)
