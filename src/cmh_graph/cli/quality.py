"""The command that judges the graph by the published check lists."""

from __future__ import annotations

from typing import Annotated

import typer

from cmh_graph.settings import Settings

from .terminal import choose, note


def quality(
    format: Annotated[str, typer.Option(help="text or json")] = "text",
    list: Annotated[str, typer.Option("--list", help="foops, oops or qskos; all three if none.")] = "",
) -> None:
    """Judge ontology and vocabularies by FOOPS!, OOPS! and qSKOS. Exit 1 if one of them scores below 90%."""
    import cmh_graph.quality as judging
    from cmh_graph.build import build
    from cmh_graph.quality.lists import NAMES

    write = judging.REPORTS[choose("--format", format, tuple(judging.REPORTS))]
    wanted = (choose("--list", list, NAMES),) if list else NAMES
    home = Settings().home
    lists = [one for one in judging.read_lists(home) if one.key in wanted]
    note("reading sources and applying rules ...")
    graph = build(home)
    note("judging ...")
    with judging.subject_of(graph) as subject:
        results = judging.judge(lists, subject, judging.read_accepted(home))
    print(write(results), end="")
    raise typer.Exit(0 if all(result.passes for result in results) else 1)


COMMANDS = (quality,)
