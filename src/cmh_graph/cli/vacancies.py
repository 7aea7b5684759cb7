"""Commands for feeds of vacancies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmh_graph.errors import BadParameter

from .terminal import note, snapshot_store

#: Rejects that are told one by one; all of them are in rejects.csv.
_MOST_TOLD = 10


def vacancies(
    feed: Annotated[Path, typer.Argument(help="JSON-LD, JSON Lines, a page with JSON-LD in it, or CSV.")],
    to: Annotated[Path, typer.Option(help="Folder of this feed; its name becomes part of every identifier.")],
    as_of: Annotated[
        str, typer.Option(help="Day of the feed, YYYY-MM-DD: what is gone is closed on it.")
    ] = "",
    owner: Annotated[str, typer.Option(help="Whose feed it is; for a new folder.")] = "",
    licence: Annotated[str, typer.Option(help="Its licence; for a new folder.")] = "",
    employer: Annotated[
        str, typer.Option(help="Employer of postings that name none; for a new folder.")
    ] = "",
) -> None:
    """Read a feed of vacancies into its register: add, update and close, and link each to roles, skills and bands."""
    from cmh_graph.vacancies.dates import DateFault, read_date
    from cmh_graph.vacancies.intake import take_in

    day = ""
    if as_of:
        try:
            day = read_date(as_of).isoformat()
        except DateFault as fault:
            raise BadParameter(fault.reason, where="--as-of", mend=fault.mend) from None
        if day != as_of:
            raise BadParameter(
                f"'{as_of[:40]}' is not written YYYY-MM-DD", where="--as-of", mend=f"write {day}"
            )
    taken = take_in(feed, to, snapshot_store(), as_of=day, owner=owner, licence=licence, employer=employer)
    for said in taken.feed.notes:
        note(f"note: {said}")
    for one in taken.feed.rejects[:_MOST_TOLD]:
        at = f"line {one.line}" if one.line else f"row {one.row}"
        note(f"rejected: {at}{', ' + one.field if one.field else ''}: {one.reason}; {one.mend}")
    if len(taken.feed.rejects) > _MOST_TOLD:
        note(f"rejected: {len(taken.feed.rejects) - _MOST_TOLD} more, see {to / 'rejects.csv'}")
    done = taken.merged
    if done.kept:
        note(f"note: not closed, as a rejected row names them: {', '.join(done.kept[:5])}")
    print(f"{taken.feed.rows} rows: {len(taken.feed.postings)} vacancies, {len(taken.feed.rejects)} rejected")
    print(
        f"{len(done.added)} added, {len(done.updated)} updated, {len(done.reopened)} reopened, "
        f"{len(done.relinked)} linked anew, {len(done.closed)} closed, {len(done.unchanged)} unchanged"
    )
    print(f"{len(done.register)} vacancies in {to / 'vacancies.jsonl'}")
    raise typer.Exit(1 if taken.feed.rejects else 0)


COMMANDS = (vacancies,)
