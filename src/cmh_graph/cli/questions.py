"""Commands that answer the questions the graph was made for."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cmh_graph.errors import BadParameter
from cmh_graph.namespaces import compact
from cmh_graph.settings import Settings

from .terminal import as_csv, choose, note, table


def questions() -> None:
    """List the questions that the graph answers."""
    from cmh_graph.queries import load_questions

    found = load_questions(Settings().home / "queries" / "questions")
    rows = [
        [q.id, q.asked_by, q.name, " ".join(f"${p.name}" + ("?" if p.optional else "") for p in q.parameters)]
        for q in sorted(found.values(), key=lambda q: q.id)
    ]
    print(table(["id", "asked by", "name", "takes"], rows))


def ask(
    name: Annotated[str, typer.Argument(help="Name of the question, or its id such as cq-07.")],
    param: Annotated[list[str] | None, typer.Option(help="A parameter as name=value; repeatable.")] = None,
    format: Annotated[str, typer.Option(help="table, json or csv")] = "table",
) -> None:
    """Answer one of the questions from the built graph."""
    from cmh_graph.framework import open as open_framework

    choose("--format", format, ("table", "json", "csv"))
    values = {}
    for pair in param or ():
        key, equals, value = pair.partition("=")
        if not equals:
            raise BadParameter(f"'{pair}' is no name=value", where="--param", mend="write --param role=hcsw")
        values[key.lstrip("$")] = value
    answer = open_framework().ask(name, **values)
    columns, rows = list(answer.columns), [list(row) for row in answer.rows]
    if format == "json":
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        print(
            json.dumps({"question": answer.question.name, "rows": found, "missing": answer.missing}, indent=2)
        )
    elif format == "csv":
        print(as_csv(columns, rows), end="")
    else:
        print(answer.question.question)
        shown = [
            [compact(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in r]
            for r in rows
        ]
        print(table(columns, shown) if rows else "no rows")
        print("1 row" if len(rows) == 1 else f"{len(rows)} rows")
    if answer.missing and format != "json":
        note(f"missing: {answer.missing}")


COMMANDS = (questions, ask)
