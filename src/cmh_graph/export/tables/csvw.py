"""Tables <-> csv-metadata.json, their description for readers of CSV on the Web (W3C, CSVW).

With it csv2rdf gives our statements back. IRIs are written in full.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cmh_graph.errors import SourceError
from cmh_graph.export.tables.relation import STRING, TYPE, Column, ForeignKey, Table
from cmh_graph.namespaces import PREFIXES

_XSD: Final = PREFIXES["xsd"]
_CONTEXT: Final = ["http://www.w3.org/ns/csvw", {"@language": "en"}]
LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"


def describe(
    tables: Iterable[Table],
    *,
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """The description of some tables, each in the file <name>.csv beside it.

    about: what is said of them all, such as {"dc:title": ...}."""
    return {"@context": _CONTEXT, **about, "tables": [_table(table) for table in tables]}


def _table(table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "columns": [_column(table, column) for column in table.columns],
        "primaryKey": list(table.primary_key),
    }
    required = {column.name for column in table.columns if column.required}
    # Strict validators refuse an empty cell in a foreign key: where some are, the key is told in words alone.
    foreign = [
        {
            "columnReference": key.column,
            "reference": {"resource": f"{key.table}.csv", "columnReference": key.reference},
        }
        for key in table.foreign_keys
        if key.column in required
    ]
    if foreign:
        schema["foreignKeys"] = foreign
    if table.about:
        schema["aboutUrl"] = _template(table.about)
    # A class that all rows have needs no cell.
    schema["columns"] += [
        {"name": f"type_{number}", "virtual": True, "propertyUrl": TYPE, "valueUrl": kind}
        for number, kind in enumerate(table.types, 1)
    ]
    described: dict[str, Any] = {"url": f"{table.name}.csv", "dc:title": table.title}
    if table.description:
        described["dc:description"] = table.description
    if not table.about:
        described["suppressOutput"] = True
    return {**described, "tableSchema": schema}


def _column(table: Table, column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {"name": column.name, "titles": column.name, "dc:title": column.title}
    if column.description:
        made["dc:description"] = column.description
    if column.datatype.startswith(_XSD):
        made["datatype"] = column.datatype.removeprefix(_XSD)
    else:
        made["datatype"] = {"@id": column.datatype, "base": "string"}
    if column.language:
        made["lang"] = column.language
    if column.required:
        made["required"] = True
    if not column.required:
        for key in table.foreign_keys:
            if key.column == column.name:
                made["dc:references"] = f"{key.table}.csv, column {key.reference}"
    if not column.property:
        return {**made, "suppressOutput": True}
    made["propertyUrl"] = _template(column.property)
    if column.inverse:
        made["aboutUrl"] = _template(column.link)
        made["valueUrl"] = _template(table.about)
    elif column.link:
        made["valueUrl"] = _template(column.link)
    return made


def _template(pattern: str) -> str:
    """Our pattern as a URI template: "+" keeps the signs that may stand in an IRI as they are (RFC 6570)."""
    return pattern.replace("{", "{+")


def _pattern(template: str) -> str:
    return template.replace("{+", "{")


def read_description(data: bytes, where: str) -> list[Table]:
    """The tables of a description, without rows.

    Raises SourceError where the file is no description as we write it."""
    try:
        described = json.loads(data)
        return [_read_table(one) for one in described["tables"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(
            f"this does not describe our tables: {type(error).__name__} {error}",
            where=where,
            mend="take the file that cmh-graph export wrote beside the tables",
        ) from None


def _read_table(one: Mapping[str, Any]) -> Table:
    schema = one["tableSchema"]
    return Table(
        name=_name(one["url"]),
        title=one["dc:title"],
        description=one.get("dc:description", ""),
        columns=tuple(_read_column(column) for column in schema["columns"] if not column.get("virtual")),
        primary_key=tuple(schema["primaryKey"]),
        foreign_keys=tuple(
            ForeignKey(
                key["columnReference"],
                _name(key["reference"]["resource"]),
                key["reference"]["columnReference"],
            )
            for key in schema.get("foreignKeys", ())
        ),
        about=_pattern(schema.get("aboutUrl", "")),
        types=tuple(column["valueUrl"] for column in schema["columns"] if column.get("virtual")),
    )


def _read_column(column: Mapping[str, Any]) -> Column:
    datatype = column.get("datatype", "string")
    inverse = "aboutUrl" in column
    return Column(
        name=column["name"],
        title=column["dc:title"],
        description=column.get("dc:description", ""),
        property=_pattern(column.get("propertyUrl", "")),
        datatype=_XSD + datatype if isinstance(datatype, str) else datatype.get("@id", STRING),
        language=column.get("lang", ""),
        link=_pattern(column["aboutUrl"] if inverse else column.get("valueUrl", "")),
        inverse=inverse,
        required=column.get("required", False),
    )


def _name(url: str) -> str:
    return url.removesuffix(".csv")
