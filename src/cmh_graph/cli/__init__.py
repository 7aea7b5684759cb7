"""The command line: one short function per command; the thinking is in the modules it calls.

Results go to stdout, notes to stderr. Exit 0: all well; 1: findings; 2: it could not run.

graph      build, validate, reason, export
questions  questions, ask
align      align, describe, compare
catalogue  rationalise, coverage
review     review, publish, stale
vacancies  vacancies
pathways   gap, progressions, similar, network
papers     paper
workbook   workbook export, workbook import
workforce  workforce
pictures   picture
serve      serve
settings   settings
mcp        mcp
partner    partner add, list, show, share, versions, content, rollback, remove, log; partner token add, list, revoke
store      store load, list, tidy
data       data backup, data restore, data check
versions   diff, release
quality    quality
reference  docs, version
terminal   what the commands share: notes, choices, tables
"""

from __future__ import annotations

import sys

import typer

from cmh_graph.errors import CmhGraphError

from . import (
    align,
    catalogue,
    data,
    graph,
    mcp,
    papers,
    partner,
    pathways,
    pictures,
    quality,
    questions,
    reference,
    review,
    serve,
    settings,
    store,
    vacancies,
    versions,
    workbook,
    workforce,
)
from .terminal import note

app = typer.Typer(
    name="cmh-graph",
    help="Community mental health roles, skills, values, pay bands and pathways as linked data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    graph, questions, align, catalogue, review, vacancies, pathways, papers, workforce, pictures, serve, settings, mcp,
    versions, quality, reference,
):  # fmt: skip
    for command in module.COMMANDS:
        app.command()(command)
app.add_typer(workbook.workbook)
app.add_typer(partner.partner)
app.add_typer(data.data)
app.add_typer(store.store)


def main() -> None:
    """Run the command line; an error is told in our words and ends with its exit code."""
    try:
        app()
    except CmhGraphError as error:
        note(f"error: {error}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(0)
