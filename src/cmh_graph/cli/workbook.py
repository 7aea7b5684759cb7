"""Commands of the owner's workbook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cmh_graph.settings import Settings

from .terminal import choose, note

workbook = typer.Typer(
    name="workbook",
    help="The framework's content as a spreadsheet for its owners, and back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@workbook.command("export")
def export_workbook(
    to: Annotated[Path, typer.Option(help="The file to write.")] = Path("cmh-workbook.xlsx"),
) -> None:
    """Write the workbook of the framework: a sheet for each kind of thing, a row for each thing."""
    from cmh_graph.errors import BadParameter
    from cmh_graph.workbook import read_content, workbook_bytes

    if to.suffix.lower() != ".xlsx":
        raise BadParameter(f"'{to.name}' is no name of a workbook", where="--to", mend="end it in .xlsx")
    note("writing the workbook ...")
    data = workbook_bytes(read_content(Settings().home))
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f".{to.name}.part")
    try:
        part.write_bytes(data)
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    print(f"written to {to}; open it and read the first sheet")


@workbook.command("import")
def import_workbook(
    file: Annotated[Path, typer.Argument(help="The workbook that came back.")],
    source: Annotated[
        str, typer.Option(help="Key of the source that vouches for rewordings whose row names none.")
    ] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(help="'Their heading=Our heading' where a heading is not recognised; repeatable."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Put the changes into the Turtle; without it they are only shown.")
    ] = False,
    format: Annotated[str, typer.Option(help="text or json")] = "text",
) -> None:
    """Show what a workbook would change, cell by cell, and what is refused; with --write, change the Turtle."""
    from cmh_graph.workbook import bring_back, import_data, import_text, write_back

    choose("--format", format, ("text", "json"))
    home = Settings().home
    note("reading and comparing ...")
    found = bring_back(file, home, source=source, columns=tuple(column or ()))
    written = write and bool(found.texts)
    if written:
        write_back(found, home)
    if format == "json":
        print(json.dumps(import_data(found, home, written), indent=2, ensure_ascii=False))
    else:
        print(import_text(found, home, written), end="")
    raise typer.Exit(1 if found.refused else 0)
