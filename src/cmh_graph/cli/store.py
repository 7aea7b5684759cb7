"""Commands for the remote store that CMH_STORE names: bring content to it, see what it holds, tidy it."""

from __future__ import annotations

import typer

from cmh_graph.settings import Settings

from .terminal import note, table

store = typer.Typer(
    name="store",
    help="The remote SPARQL store that CMH_STORE names: load, list, tidy.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@store.command("load")
def load() -> None:
    """Bring the current snapshot to the store, so that a service need not. What is there already is not sent again."""
    from cmh_graph.remote.content import read_content
    from cmh_graph.remote.holdings import Holdings
    from cmh_graph.remote.opening import server_of
    from cmh_graph.snapshot import DATASET, current_snapshot

    settings = Settings()
    server = server_of(settings)
    snapshot = current_snapshot(settings.snapshots)
    content = read_content(snapshot / DATASET)
    note(f"bringing {content.triples} statements to {server.host} ...")
    written = Holdings(server).bring(snapshot.name, content.graphs)
    what = "is there already" if not written else f"has been brought, in {written} graphs"
    print(f"{snapshot.name} {what}")


@store.command("list")
def held() -> None:
    """List what the store holds of ours: snapshots, and what audiences of partners see beside them."""
    from cmh_graph.remote.holdings import Holdings
    from cmh_graph.remote.opening import server_of

    rows = [
        (one.edition, "whole" if one.whole else "begun", str(len(one.graphs)))
        for one in Holdings(server_of(Settings())).held()
    ]
    print(table(("content", "state", "graphs"), rows))


@store.command("tidy")
def tidy() -> None:
    """Take away all but the current snapshot. A running service that still needs something brings it again."""
    from cmh_graph.remote.holdings import Holdings
    from cmh_graph.remote.opening import server_of
    from cmh_graph.snapshot import current_snapshot

    settings = Settings()
    holdings = Holdings(server_of(settings))
    current = current_snapshot(settings.snapshots).name
    for one in holdings.held():
        if one.edition != current:
            holdings.drop(one.edition)
            print(f"{one.edition} has been taken away")
