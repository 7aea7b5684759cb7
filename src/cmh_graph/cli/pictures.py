"""The command that draws pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmh_graph.errors import BadParameter

from .terminal import choose

NAMES = ("map", "progression", "comparison", "heat-map")


def picture(
    name: Annotated[str, typer.Argument(help="map, progression, comparison or heat-map.")],
    start: Annotated[str | None, typer.Option("--from", help="Role for a progression or comparison.")] = None,
    to: Annotated[str | None, typer.Option(help="The other role.")] = None,
    family: Annotated[str | None, typer.Option(help="Only steps that touch this family, for a map.")] = None,
    by: Annotated[str, typer.Option(help="Cost model of a progression.")] = "fewest-steps",
    out: Annotated[Path, typer.Option(help="Where the SVG goes.")] = Path("out/picture.svg"),
) -> None:
    """Draw the map of steps, a progression, two roles side by side, or skills by pay band, as SVG."""
    from cmh_graph.framework import open as open_framework
    from cmh_graph.pathways.answers import progressions_answer
    from cmh_graph.pathways.network import network_of
    from cmh_graph.pictures import charts, maps

    choose("picture", name, NAMES)
    framework = open_framework()
    if name == "map":
        drawn = maps.step_map(framework, family=family)
    elif name == "heat-map":
        drawn = charts.heat_map(framework)
    elif start is None or to is None:
        raise BadParameter(f"a {name} is between two roles", where="--from, --to", mend="give both")
    elif name == "comparison":
        drawn = charts.comparison(framework, framework.role(start), framework.role(to))
    else:
        found = progressions_answer(framework, network_of(framework), start, to, k=1, by=by)
        if not found.progressions:
            raise BadParameter(found.why, where="--from, --to", mend="choose roles that steps connect")
        drawn = maps.progression_picture(framework, found.progressions[0])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(drawn.write())
    print(out)


COMMANDS = (picture,)
