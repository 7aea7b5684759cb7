"""Commands about the product itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmh_graph import __version__
from cmh_graph.settings import Settings

from .terminal import note


def docs(
    to: Annotated[Path, typer.Option(help="Where the pages go.")] = Path("docs/reference"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if a page is out of date.")
    ] = False,
) -> None:
    """Write the reference pages from the ontology, queries, settings, commands and API."""
    from cmh_graph.reference import pages

    made = pages(Settings().home)
    stale = [
        n
        for n, text in made.items()
        if not (to / n).is_file() or (to / n).read_text(encoding="utf-8") != text
    ]
    if check:
        for name in stale:
            print(f"out of date: {to / name}")
        if stale:
            note("run cmh-graph docs to bring them up to date")
            raise typer.Exit(1)
        print(f"{to} is up to date")
        return
    to.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (to / name).write_text(text, encoding="utf-8")
    print(f"{len(made)} pages in {to}")


def version() -> None:
    """Print the version."""
    print(__version__)


COMMANDS = (docs, version)
