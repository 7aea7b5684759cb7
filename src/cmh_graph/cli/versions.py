"""Commands about versions: what changed, and how to release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmh_graph.settings import Settings

from .terminal import choose, note


def diff(
    before: Annotated[
        str,
        typer.Argument(
            help="A released version, current, a snapshot folder, an RDF file or a folder of them."
        ),
    ] = "",
    after: Annotated[str, typer.Argument(help="The same; the snapshot built last if left out.")] = "current",
    format: Annotated[str, typer.Option(help="text, json or markdown")] = "text",
    rules: Annotated[
        bool, typer.Option("--rules", help="Print the rules that give changes their class.")
    ] = False,
) -> None:
    """Say what changed between two versions, and whether it breaks anyone. Exit 1 if it does."""
    from cmh_graph.errors import BadParameter
    from cmh_graph.versions import diff as compare
    from cmh_graph.versions.places import FOLDER, content_named
    from cmh_graph.versions.releases import Releases
    from cmh_graph.versions.report import REPORTS
    from cmh_graph.versions.rules import rules_table

    if rules:
        for class_, rule, why in rules_table():
            print(f"{class_:<10} {rule}: {why}")
        return
    write = REPORTS[choose("--format", format, tuple(REPORTS))]
    settings = Settings()
    if not before:
        released = ", ".join(Releases(settings.home / FOLDER).versions)
        raise BadParameter(
            "there is nothing to compare with",
            where="BEFORE",
            mend=f"name a version ({released or 'none is released'}), a file or a folder",
        )
    note(f"comparing {before} with {after} ...")
    left = content_named(before, settings.home, settings.snapshots)
    right = content_named(after, settings.home, settings.snapshots)
    changes = compare(left, right)
    print(write(left, right, changes), end="")
    raise typer.Exit(1 if any(one.class_ == "breaking" for one in changes) else 0)


def release(
    version: Annotated[
        str, typer.Argument(help="The version; it must be the one in the ontology's header.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.")] = False,
) -> None:
    """Check everything, write exports, changelog and update, and store the version in releases/. Exit 1 on findings."""
    from cmh_graph.versions.release import make_release
    from cmh_graph.versions.report import summary

    home: Path = Settings().home
    done = make_release(home, version=version, dry_run=dry_run, tell=lambda step: note(f"{step} ..."))
    if done.changes:
        note(f"changes: {summary(done.changes)}")
    for finding in done.findings:
        print(finding)
    if done.findings:
        note(f"{len(done.findings)} findings stand in the way of {done.version}; nothing was written")
        raise typer.Exit(1)
    for path in done.written:
        print(path)
    for one in done.notes:
        print(one)


COMMANDS = (diff, release)
