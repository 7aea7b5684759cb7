"""Commands that make and check the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmh_graph.settings import Settings

from .terminal import choose, note, table


def build(
    partner: Annotated[
        list[Path] | None, typer.Option(help="Folder of a partner's catalogue; repeatable.")
    ] = None,
    on_disk: Annotated[
        bool, typer.Option("--disk", help="Write the snapshot's store on disk too, to be served from.")
    ] = False,
) -> None:
    """Read the sources, apply the rules and write a snapshot."""
    from cmh_graph.build import build as build_graph
    from cmh_graph.snapshot import write_snapshot, write_store

    settings = Settings()
    note("reading sources and applying rules ...")
    graph = build_graph(settings.home, partner or ())
    folder = write_snapshot(graph, settings.snapshots)
    if on_disk:
        note("writing the store on disk ...")
        write_store(folder)
    for name, count in graph.graphs.items():
        note(f"  {count:>7,} statements  {name}")
    print(f"{folder.name}  {sum(graph.graphs.values())} statements  {folder}")


def disk() -> None:
    """Write the store on disk of the current snapshot, so that it is served from there and not from memory."""
    from cmh_graph.snapshot import current_snapshot, write_store

    snapshot = current_snapshot(Settings().snapshots)
    note("writing the store on disk ...")
    folder = write_store(snapshot)
    size = sum(one.stat().st_size for one in folder.iterdir())
    print(f"{snapshot.name}  {size / 1e6:.0f} MB  {folder}")


def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to check; the framework itself if none.")
    ] = None,
    format: Annotated[str, typer.Option(help="text, json, sarif or junit")] = "text",
    strict: Annotated[bool, typer.Option(help="Let warnings fail too.")] = False,
    engine: Annotated[
        str, typer.Option(help="SHACL engine: columns (ours), pyshacl-turbo or pyshacl; ours if none.")
    ] = "",
) -> None:
    """Check files against the shapes and the quality checks, together with the framework they refer to."""
    import cmh_graph.validate as stage

    write = stage.REPORTS[choose("--format", format, tuple(stage.REPORTS))]
    note("validating ...")
    judge = choose("--engine", engine, tuple(stage.ENGINES)) if engine else next(iter(stage.ENGINES))
    report = stage.validate_files(files or [], Settings().home, strict=strict, engine=judge)
    print(write(report), end="")
    raise typer.Exit(report.exit_code)


def reason(check: Annotated[bool, typer.Option("--check", help="Run HermiT as a gate.")] = False) -> None:
    """Show what the rules derive, or with --check let HermiT look for contradictions."""
    from cmh_graph.reason import check_consistency, derive, read_rules
    from cmh_graph.sources import framework_files
    from cmh_graph.store import Store

    settings = Settings()
    quads = [quad for file in framework_files(settings.home) for quad in file.quads()]
    rules = read_rules(settings.home / "queries" / "rules")
    if not check:
        known = {(q.subject, q.predicate, q.object) for q in quads}
        store = Store.from_quads([*quads, *derive(quads, rules)])
        rows = []
        for rule in rules:
            made = store.construct(rule.construct)
            rows.append(
                [rule.name, sum((t.subject, t.predicate, t.object) not in known for t in made), rule.says]
            )
        print(table(["rule", "adds", "says"], rows))
        return
    note(f"running HermiT over {len(quads):,} statements ...")
    found = check_consistency(quads)
    if found.consistent and not found.unsatisfiable:
        print("consistent: no contradiction, and every class can have members")
        return
    if not found.consistent:
        print("inconsistent: the statements contradict the ontology")
    for name in found.unsatisfiable:
        print(f"unsatisfiable: {name} can have no member")
    raise typer.Exit(1)


def export(
    format: Annotated[list[str] | None, typer.Option(help="A format; repeatable; all if none.")] = None,
    to: Annotated[Path, typer.Option(help="Where the files go.")] = Path("exports"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if the files are out of date.")
    ] = False,
) -> None:
    """Write the framework in its exchange formats, with a manifest of checksums."""
    from cmh_graph.build import build as build_graph
    from cmh_graph.export import EVERYTHING, compare_export, write_export
    from cmh_graph.export import export as make
    from cmh_graph.export.descriptions import origin_of

    note("reading sources and applying rules ...")
    home = Settings().home
    graph = build_graph(home)
    chosen = tuple(format or (EVERYTHING if check else ()))
    files = make(graph.nquads, chosen, note, origin_of(graph.sources, home))
    if not check:
        write_export(files, to)
        print(f"{len(files)} files in {to}")
        return
    differences = compare_export(files, to)
    for one in differences:
        print(f"{one.state}: {to / one.file}")
    if differences:
        note("run cmh-graph export to bring them up to date")
        raise typer.Exit(1)
    print(f"{to} is up to date")


COMMANDS = (build, disk, validate, reason, export)
