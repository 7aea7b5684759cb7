"""The command that shows a workforce in the framework's roles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .terminal import note


def workforce(
    file: Annotated[Path, typer.Argument(help="Staff extract: title, band, team, headcount or FTE.")],
    supply: Annotated[str | None, typer.Option(help="Key of a role that is hard to fill.")] = None,
    out: Annotated[Path, typer.Option(help="Where the results go.")] = Path("out/workforce"),
    title_column: Annotated[str | None, typer.Option(help="Name of the column of titles.")] = None,
    band_column: Annotated[str | None, typer.Option(help="Name of the column of pay bands.")] = None,
    team_column: Annotated[str | None, typer.Option(help="Name of the column of teams.")] = None,
    headcount_column: Annotated[
        str | None, typer.Option(help="Name of the column of headcount or FTE.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    mappings: Annotated[
        list[Path] | None,
        typer.Option(help="Mapping file whose decisions go before the matching; repeatable."),
    ] = None,
) -> None:
    """Show which roles a staff extract holds, at which bands, who needs no qualification, and where supply is."""
    from cmh_graph.align.review.learn import read_reviewed
    from cmh_graph.framework import open as open_framework
    from cmh_graph.workforce import read_extract
    from cmh_graph.workforce import workforce as view
    from cmh_graph.workforce.files import files, write_files

    chosen = {
        "title": title_column, "band": band_column, "team": team_column, "headcount": headcount_column,
    }  # fmt: skip
    columns: Any = {field: name for field, name in chosen.items() if name}
    framework = open_framework()
    if supply is not None:
        framework.role(supply)
    extract = read_extract(file, columns, sheet)
    for said in extract.notes:
        note(f"note: {said}")
    found = view(
        framework,
        extract.rows,
        supply=supply,
        unit=extract.unit,
        decided=read_reviewed(mappings or ()),
        notes=extract.notes,
    )
    paths = write_files(files(framework, found), out)
    counts = found.counts
    print(
        f"{found.total} {found.unit}: {counts.decided} decided by people, {counts.accepted} accepted, "
        f"{counts.review} to review, {counts.none} without a role"
    )
    print(f"{found.spread.titles} titles; {found.spread.placed} of them stand for {found.spread.roles} roles")
    for one in found.shares:
        share = "nobody to count" if one.share is None else f"{100 * one.share:.1f}%"
        print(f"{one.name}: {share} ({one.headcount} of {one.of}; not known {one.unknown})")
    if found.supply:
        within: dict[str, float] = {}
        for source in found.supply.sources:
            steps = "no way" if source.steps is None else f"{source.steps} steps"
            within[steps] = within.get(steps, 0) + source.decided + source.accepted
        said = ", ".join(f"{steps}: {round(count, 4)}" for steps, count in within.items())
        print(f"supply for {found.supply.role.key}: {said or 'nobody'}")
    print(f"written to {out}: {', '.join(path.name for path in paths)}")


COMMANDS = (workforce,)
