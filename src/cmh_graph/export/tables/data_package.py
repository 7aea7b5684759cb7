"""Tables -> datapackage.json, their description for Frictionless (Data Package and Table Schema, version 1)."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.tables.csvw import LICENCE
from cmh_graph.export.tables.literals import type_of
from cmh_graph.export.tables.relation import Column, Table
from cmh_graph.namespaces import PREFIXES

_TYPES: Final = {int: "integer", Decimal: "number", bool: "boolean", datetime.date: "date", str: "string"}


def data_package(tables: Sequence[Table], edition: Edition, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The description of some tables in CSV files. files: <table>.csv -> its bytes, for size and checksum."""
    return {
        "profile": "tabular-data-package",
        "name": "cmh-graph",
        "id": f"https://w3id.org/cmh-graph/ns/{edition.version}",
        "title": "Community mental health roles",
        "version": edition.version,
        "created": f"{edition.issued}T00:00:00Z",
        "licenses": [{"name": "CC-BY-4.0", "path": LICENCE, "title": "Creative Commons Attribution 4.0"}],
        "resources": [_resource(table, files[f"{table.name}.csv"]) for table in tables],
    }


def _resource(table: Table, data: bytes) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "fields": [_field(table, column) for column in table.columns],
        "primaryKey": list(table.primary_key),
        "missingValues": [""],
    }
    if table.foreign_keys:
        schema["foreignKeys"] = [
            {
                "fields": [key.column],
                # A table that refers to itself is named by an empty text.
                "reference": {
                    "resource": "" if key.table == table.name else _name(key.table),
                    "fields": [key.reference],
                },
            }
            for key in table.foreign_keys
        ]
    return {
        "profile": "tabular-data-resource",
        "name": _name(table.name),
        "path": f"{table.name}.csv",
        "title": table.title,
        **({"description": table.description} if table.description else {}),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "schema": schema,
    }


def _field(table: Table, column: Column) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES[type_of(column, (row[column.name] for row in table.rows if column.name in row))],
        "title": column.title,
    }
    if column.datatype == PREFIXES["xsd"] + "anyURI" and column.link == "":
        made["format"] = "uri"
    if column.description:
        made["description"] = column.description
    if column.property.startswith("http"):
        made["rdfType"] = column.property
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if table.primary_key == (column.name,) or (column.name == "iri" and table.about == "{iri}"):
        constraints["unique"] = True
    return {**made, "constraints": constraints} if constraints else made


def _name(table: str) -> str:
    """The name of a resource, for which the profile allows no capitals."""
    return table.lower()
