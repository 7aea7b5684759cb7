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
from importlib import import_module
from typing import Any, Final

import typer

from cmh_graph.errors import CmhGraphError

from .terminal import note

#: The modules with commands, in the order of the help.
_MODULES: Final = (
    "graph", "questions", "align", "catalogue", "review", "vacancies", "pathways", "papers", "workforce", "pictures",
    "serve", "settings", "mcp", "versions", "quality", "reference",
)  # fmt: skip
#: The modules whose command has commands of its own.
_GROUPS: Final = ("workbook", "partner", "data", "store")


def __getattr__(name: str) -> Any:
    # Every command, for tests and for the reference.
    if name == "app":
        globals()["app"] = found = _app(_MODULES, _GROUPS)
        return found
    if name in (*_MODULES, *_GROUPS):
        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _app(modules: tuple[str, ...], groups: tuple[str, ...]) -> typer.Typer:
    """The command line with the commands of some modules."""
    made = typer.Typer(
        name="cmh-graph",
        help="Community mental health roles, skills, values, pay bands and pathways as linked data.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for name in modules:
        for command in import_module(f".{name}", __name__).COMMANDS:
            made.command()(command)
    for name in groups:
        made.add_typer(getattr(import_module(f".{name}", __name__), name))
    return made


def _app_for(arguments: list[str]) -> typer.Typer:
    """The command line for some arguments: where the first names a module that has this command, with that one alone.

    To import every module and to make every command takes a fifth of a second, which who starts a service feels."""
    word = arguments[0] if arguments else ""
    if word in _GROUPS:
        made = _app((), (word,))
    elif word in _MODULES and word in (
        each.__name__ for each in import_module(f".{word}", __name__).COMMANDS
    ):
        made = _app((word,), ())
    else:
        return _app(_MODULES, _GROUPS)
    # With one command alone it would not be named in the arguments.
    made.callback()(lambda: None)
    return made


def main() -> None:
    """Run the command line; an error is told in our words and ends with its exit code."""
    try:
        _app_for(sys.argv[1:])()
    except CmhGraphError as error:
        note(f"error: {error}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(0)
