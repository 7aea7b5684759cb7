"""Commands for what the service keeps on disk: backup, restore, check. All work while it serves."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import typer

from cmh_graph.settings import Settings

from .terminal import choose, note

data = typer.Typer(
    name="data",
    help="The partner space on disk: backup, restore, check.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@data.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; an older backup is replaced.")],
) -> None:
    """Write a checked copy of the partner space to one file. It holds private graphs: keep it as you keep those."""
    from cmh_graph.partner_space.backup import back_up

    note("copying and checking ...")
    found = back_up(Settings().data, file)
    print(f"written to {file}: {_amount(found.organisations, found.versions)}, log to entry {found.last}")


@data.command("restore")
def restore(file: Annotated[Path, typer.Argument(help="A backup.")]) -> None:
    """Put a backup in the place of the database in use, which stays beside it. A running service notices."""
    from cmh_graph.partner_space.backup import restore as put_back

    note("checking the backup ...")
    done = put_back(Settings().data, file)
    found = done.checked
    print(f"restored from {file}: {_amount(found.organisations, found.versions)}, log to entry {found.last}")
    if done.former:
        note(f"the former database is {done.former}; remove it when you need it no more")
    for text, names in (
        ("tokens that stay revoked", done.revoked),
        ("graphs shown to whom was decided last", done.shown),
        ("organisations that the backup does not have", done.missing),
    ):
        if names:
            note(f"{text}: {', '.join(names)}")
    if not done.former_read:
        note(
            "warning: the former database could not be read wholly: tokens revoked since the backup may hold again, "
            "and graphs made private may show again. See cmh-graph partner list and partner token list"
        )


@data.command("check")
def check(
    file: Annotated[Path | None, typer.Argument(help="A backup to check instead of the data in use.")] = None,
    format: Annotated[str, typer.Option(help="text or json")] = "text",
) -> None:
    """Check every page, record, content and log entry. Exit 1 with what is damaged."""
    from cmh_graph.partner_space.check import check_file, check_folder

    choose("--format", format, ("text", "json"))
    note("checking ...")
    found = check_file(file) if file else check_folder(Settings().data)
    if format == "json":
        print(
            json.dumps({**dataclasses.asdict(found), "path": str(found.path)}, indent=2, ensure_ascii=False)
        )
    else:
        for fault in found.faults:
            print(f"{fault.what}\n  where: {fault.where or found.path}\n  mend:  {fault.mend}")
        if not found.faults:
            print(f"{_amount(found.organisations, found.versions)}: whole, log to entry {found.last}")
            note(f"digest of the last entry: {found.digest or '-'}")
    raise typer.Exit(1 if found.faults else 0)


def _amount(organisations: int, versions: int) -> str:
    counted = ((organisations, "organisation"), (versions, "version"))
    return ", ".join(f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counted)
