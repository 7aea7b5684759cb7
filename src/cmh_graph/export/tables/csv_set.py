"""CSV: one file for each table, with descriptions for CSVW and for Frictionless beside them.

A text that a spreadsheet would run as a formula has an apostrophe before it; take it off to read the text. A text
that begins with apostrophes and then such a sign has one more, so that nothing is lost.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any, Final

from cmh_graph.errors import SourceError
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.tables.csvw import LICENCE, describe, read_description
from cmh_graph.export.tables.data_package import data_package
from cmh_graph.export.tables.design import design
from cmh_graph.export.tables.literals import NUMBERS
from cmh_graph.export.tables.relation import Row, Table, statements
from cmh_graph.store import Triple
from cmh_graph.workbook.words import guarded, unguarded

FOLDER: Final = "tables/"
METADATA: Final = FOLDER + "csv-metadata.json"
DATA_PACKAGE: Final = FOLDER + "datapackage.json"


def write(edition: Edition) -> Written:
    """tables/<table>.csv, rows by key, and tables/csv-metadata.json and tables/datapackage.json."""
    made = design(edition)
    files = {f"{FOLDER}{table.name}.csv": _csv(table) for table in made.tables}
    metadata = describe(made.tables, about=about(edition))
    package = data_package(
        made.tables, edition, {name.removeprefix(FOLDER): data for name, data in files.items()}
    )
    return Written({**files, METADATA: to_json(metadata), DATA_PACKAGE: to_json(package)}, made.carried)


def about(edition: Edition) -> dict[str, Any]:
    """What is said of all tables in their description."""
    return {
        "dc:title": "Community mental health roles",
        "dc:identifier": f"https://w3id.org/cmh-graph/ns/{edition.version}",
        "dc:issued": {"@value": edition.issued, "@type": "xsd:date"},
        "dc:license": {"@id": LICENCE},
        "schema:version": edition.version,
    }


def to_json(value: object) -> bytes:
    """Readable JSON, the same for the same value."""
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def read(files: Files) -> set[Triple]:
    """What the files state, by their CSVW description alone.

    Raises SourceError where a file is missing, is not UTF-8 or has other columns than are described."""
    if METADATA not in files:
        raise SourceError("the description of the tables is missing", where=METADATA)
    found: set[Triple] = set()
    for table in read_description(files[METADATA], METADATA):
        where = f"{FOLDER}{table.name}.csv"
        if where not in files:
            raise SourceError("a table is missing", where=where, mend="take all files of the folder")
        if table.about:
            for row in _rows(table, files[where], where):
                found.update(triple for _, triple in statements(table, row))
    return found


def _csv(table: Table) -> bytes:
    names = [column.name for column in table.columns]
    texts = {column.name for column in table.columns if not column.link and column.datatype not in NUMBERS}
    lines = [
        [guarded(row.get(name, "")) if name in texts else row.get(name, "") for name in names]
        for row in table.rows
    ]
    # The csv module puts a carriage return between no quotes of its own accord, and readers end the line there.
    is_broken = any("\r" in cell for line in lines for cell in line)
    output = io.StringIO(newline="")
    writer = csv.writer(
        output, lineterminator="\n", quoting=csv.QUOTE_ALL if is_broken else csv.QUOTE_MINIMAL
    )
    writer.writerow(names)
    writer.writerows(lines)
    return output.getvalue().encode()


def _rows(table: Table, data: bytes, where: str) -> list[Row]:
    limit = csv.field_size_limit(max(len(data), csv.field_size_limit()))
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        header = next(lines, [])
        if missing := {column.name for column in table.columns} - set(header):
            raise SourceError(
                f"the table has no column {', '.join(sorted(missing))}", where=f"{where}, line 1"
            )
        return [
            {name: unguarded(cell) for name, cell in zip(header, line, strict=False) if cell}
            for line in lines
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            f"the table cannot be read: {error}", where=where, mend="save it as CSV in UTF-8, with commas"
        ) from None
    finally:
        csv.field_size_limit(limit)


FORMAT: Final = Format(
    name="csv",
    title="CSV tables with CSVW and Frictionless descriptions",
    loaded_by="spreadsheets, BI tools, notebooks, and readers of CSV on the Web or data packages",
    write=write,
    read=read,
    why_lost={"": "a blank node has no name that a cell could hold; a cell cannot be an empty text"},
)
