"""The command that lets assistants ask the graph."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cmh_graph.errors import MissingProgram, NoSnapshot
from cmh_graph.settings import Settings

from .terminal import note, table


def mcp(
    list_tools: Annotated[
        bool, typer.Option("--list", help="List the tools that an assistant gets, and stop.")
    ] = False,
) -> None:
    """Let an assistant ask the graph, by the Model Context Protocol over the standard streams."""
    try:
        from cmh_graph.assistants.server import serve, tools_over
    except ImportError:
        raise MissingProgram(
            "assistants need the package mcp", mend="install it: pip install 'cmh-graph[assistants]'"
        ) from None
    from cmh_graph.framework import open as open_framework

    framework = open_framework()
    if list_tools:
        print(
            table(["tool", "does"], [[one.name, one.title] for one in tools_over(framework, _none).values()])
        )
        return
    if sys.stdin.isatty():
        note("an assistant starts this command and speaks to it; see docs/how-to/ask-through-an-assistant.md")
    serve(framework, Settings())


def _none() -> None:
    raise NoSnapshot("no query processes run here")


COMMANDS = (mcp,)
