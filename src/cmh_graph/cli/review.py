"""Commands by which people decide what titles mean, and publish what they decided."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Annotated

import typer

from cmh_graph.errors import BadParameter
from cmh_graph.settings import Settings

from .terminal import note, table


def review(
    file: Annotated[Path, typer.Argument(help="Mapping file, such as out/mappings.sssom.tsv.")],
    reviewer: Annotated[str, typer.Option(help="Who decides: a team, or a name.")] = "",
    date: Annotated[str, typer.Option(help="Day of the decisions, YYYY-MM-DD; today at a keyboard.")] = "",
    decisions: Annotated[
        Path | None, typer.Option(help="Take decisions from this filled table instead of asking.")
    ] = None,
    write_decisions: Annotated[
        Path | None, typer.Option(help="Write what waits as a table to fill in; decide nothing.")
    ] = None,
    stale: Annotated[bool, typer.Option("--stale", help="Ask again only what is stale.")] = False,
) -> None:
    """Decide what titles mean: at the keyboard, or by a table filled in with a spreadsheet program."""
    from cmh_graph.align.review.decide import Reviewer
    from cmh_graph.align.review.keyboard import keyboard
    from cmh_graph.align.review.screen import Screen
    from cmh_graph.align.review.sheet import as_sheet, read_sheet
    from cmh_graph.align.review.work import Work
    from cmh_graph.sssom.targets import framework_targets
    from cmh_graph.sssom.write import replace_file

    if decisions and write_decisions:
        raise BadParameter(
            "a table is either written or read", where="--decisions", mend="give one of the two options"
        )
    work = Work(file, framework_targets(Settings().home), _posts(file))
    if write_decisions:
        waiting = work.waiting(only_stale=stale)
        replace_file(write_decisions, as_sheet(waiting))
        print(f"{len(waiting)} lines to decide in {write_decisions}")
        return
    if decisions:
        found = read_sheet(decisions, work, reviewer, date)
        work.decide_all(found)
        left = sum(len(one.titles) for one in work.waiting(only_stale=stale))
        print(f"{work.decided} decided from {decisions}; {left} still to decide in {file}")
        return
    at_keyboard = sys.stdin.isatty()
    if not date and at_keyboard:
        # A person acts on a day, and that day is part of what they record: see decision 10.
        date = datetime.date.today().isoformat()
    if not date:
        raise BadParameter(
            "the day of the decisions is not given",
            where="--date",
            mend="write --date YYYY-MM-DD; only at a keyboard it is today",
        )
    if not reviewer and at_keyboard:
        reviewer = input("Your team or name (it is written beside each decision): ").strip()
    by = Reviewer(reviewer, date)
    with keyboard() as keys:
        Screen(work, by, keys, lambda text: print(text, flush=True), only_stale=stale).run()


def publish(
    file: Annotated[Path, typer.Argument(help="Reviewed mapping file, such as out/mappings.sssom.tsv.")],
    to: Annotated[Path, typer.Option(help="Folder of the employer's catalogue, with source.toml.")],
    several: Annotated[
        bool, typer.Option("--several", help="Let a title have several accepted roles.")
    ] = False,
) -> None:
    """Check what was decided and write it to the mapping set of an employer's catalogue."""
    from cmh_graph.align.review.publish import publish as publish_file
    from cmh_graph.sssom.stale import MEND
    from cmh_graph.sssom.targets import framework_targets

    home = Settings().home
    done = publish_file(file, to, framework_targets(home), home, several=several)
    for one in done.problems:
        print(f"line {one.line}: {one.title}: {one.what}" if one.line else one.what)
    for old in done.stale:
        print(f"line {old.line}: {old.title}: {old.why}")
    if not done.written:
        note(f"nothing was published from {file}")
        if done.stale:
            note(f"mend: {MEND.format(file=file)}")
        raise typer.Exit(1)
    counts = ", ".join(f"{count} {state}" for state, count in sorted(done.counts.items())) or "no rows"
    print(f"{done.path}: {counts}, for {done.titles} titles")
    if done.undecided:
        note(f"{done.undecided} titles are not decided yet and were left out")


def stale(
    files: Annotated[list[Path], typer.Argument(help="Mapping files, or folders of employers' catalogues.")],
) -> None:
    """List accepted mappings whose role or post has changed since; exit 1 if there are any."""
    from cmh_graph.namespaces import key_of
    from cmh_graph.partner import MAPPINGS
    from cmh_graph.sssom.read import read_mapping_set
    from cmh_graph.sssom.stale import MEND, stale_mappings
    from cmh_graph.sssom.targets import framework_targets

    targets = framework_targets(Settings().home)
    paths = [path / MAPPINGS if path.is_dir() else path for path in files]
    found = [one for path in paths for one in stale_mappings(read_mapping_set(path), targets, _posts(path))]
    if not found:
        print("no accepted mapping is stale")
        return
    rows = [
        [
            one.line,
            one.title,
            key_of(one.target),
            one.kind,
            " or ".join(key_of(new) for new in one.replacement),
        ]
        for one in found
    ]
    print(table(["line", "title", "role", "stale", "replacement"], rows))
    for one in found:
        note(f"{one.where}: {one.why}")
    for path in dict.fromkeys(one.path for one in found):
        note(f"mend: {MEND.format(file=path)}")
    raise typer.Exit(1)


def _posts(file: Path) -> dict[str, str] | None:
    """The titles of the catalogue that a mapping file lies in; None if it lies in none."""
    from cmh_graph.partner import MAPPINGS, read_partner, titles_of

    folder = file.parent
    if file.name != MAPPINGS or not (folder / "source.toml").is_file():
        return None
    return titles_of(read_partner(folder))


COMMANDS = (review, publish, stale)
