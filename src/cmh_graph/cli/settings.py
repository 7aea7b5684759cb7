"""The command that shows the settings."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import typer

from cmh_graph.configuration import settings_as_they_are, unknown_variables
from cmh_graph.settings import Settings

from .terminal import note, table


def settings(
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON, with values uncut.")] = False,
) -> None:
    """List every setting: its value, where it comes from, what it means. Exit 1 if a variable is no setting."""
    rows = settings_as_they_are(Settings())
    if as_json:
        print(json.dumps([dataclasses.asdict(row) for row in rows], indent=2, ensure_ascii=False))
    else:
        lines = [(row.variable, _text(row.value), row.origin, row.meaning) for row in rows]
        columns = ("variable", "value", "from", "meaning")
        print(table(columns, lines))
    unknown = unknown_variables()
    for one in unknown:
        note(f"warning: {one}")
    if unknown:
        raise typer.Exit(1)


def _text(value: object) -> str:
    return "not set" if value is None else str(value)


COMMANDS = (settings,)
