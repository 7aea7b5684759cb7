"""The command that draws pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmh_graph.errors import BadParameter

from .terminal import choose, write_file

NAMES = ("map", "progression", "comparison", "heat-map", "ways")
FORMATS = ("svg", "png")


def picture(
    name: Annotated[str, typer.Argument(help="map, progression, comparison, heat-map or ways.")],
    start: Annotated[
        str | None, typer.Option("--from", help="Role for a progression, a comparison or ways in and on.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="The other role.")] = None,
    family: Annotated[str | None, typer.Option(help="Only steps that touch this family, for a map.")] = None,
    by: Annotated[str, typer.Option(help="Cost model of a progression.")] = "fewest-steps",
    format: Annotated[
        list[str] | None, typer.Option(help="svg or png; repeatable. Without it, as --out is named.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Where the picture goes; the table behind it goes beside it as CSV.")
    ] = Path("out/picture.svg"),
) -> None:
    """Draw the map of steps, a progression, two roles side by side, skills by pay band, or the ways into a role and
    on from it."""
    from cmh_graph.framework import open as open_framework
    from cmh_graph.pathways.answers import progressions_answer
    from cmh_graph.pathways.choices import refuse_grouping
    from cmh_graph.pathways.network import network_of
    from cmh_graph.pictures import charts, maps, ways
    from cmh_graph.pictures.png import png

    choose("picture", name, NAMES)
    formats = tuple(dict.fromkeys(choose("--format", one, FORMATS) for one in format or ()))
    if not formats:
        formats = (choose("suffix of --out", out.suffix.removeprefix(".").lower(), FORMATS),)
    framework = open_framework()
    if name == "map":
        drawn = maps.step_map(framework, family=family)
    elif name == "heat-map":
        drawn = charts.heat_map(framework)
    elif start is None or (to is None and name != "ways"):
        needed = "of one role" if name == "ways" else "between two roles"
        raise BadParameter(
            f"a picture of the kind {name} is {needed}",
            where="--from" if name == "ways" else "--from, --to",
            mend="give the key of the role" if name == "ways" else "give both",
        )
    elif name == "ways":
        role = framework.role(start)
        refuse_grouping(role, "--from")
        found = ways.ways_in_and_on(framework, role)
        if found is None:
            raise BadParameter(
                f"no step leads to {role.label} or on from it", where="--from", mend="choose another role"
            )
        drawn = found
    elif name == "comparison":
        drawn = charts.comparison(framework, framework.role(start), framework.role(str(to)))
    else:
        answer = progressions_answer(framework, network_of(framework), start, to, k=1, by=by)
        if not answer.progressions:
            raise BadParameter(answer.why, where="--from, --to", mend="choose roles that steps connect")
        if not answer.progressions[0].steps:
            raise BadParameter(
                "the two are the same place, so that there is no step to draw",
                where="--from, --to",
                mend="give two roles",
            )
        drawn = ways.progression_picture(framework, answer.progressions[0])
    for one in formats:
        print(write_file(out.with_suffix(f".{one}"), drawn.write() if one == "svg" else png(drawn)))
    print(write_file(out.with_suffix(".csv"), drawn.table()))


COMMANDS = (picture,)
