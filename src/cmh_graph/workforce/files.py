"""Everything that the workforce view is handed over as: papers, tables, charts, and the same as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import TypeAdapter

from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.papers.catalogue import FORMATS
from cmh_graph.pictures.png import png
from cmh_graph.pictures.share_charts import shares_chart, titles_chart
from cmh_graph.pictures.svg import Picture
from cmh_graph.pictures.workforce_charts import bands_chart, roles_chart
from cmh_graph.workforce.paper import workforce_paper
from cmh_graph.workforce.tables import tables
from cmh_graph.workforce.view import Workforce


def as_json(found: Workforce) -> bytes:
    """The view as JSON, its fields named as in Python."""
    return TypeAdapter(Workforce).dump_json(found)


#: The charts, by name; the table behind each has the same name.
CHARTS: Final[Mapping[str, Callable[[Workforce], Picture]]] = MappingProxyType(
    {"roles": roles_chart, "bands": bands_chart, "shares": shares_chart, "titles": titles_chart}
)


def chart_as(chart: Picture, suffix: str) -> bytes:
    """A chart as svg or png."""
    return png(chart) if suffix == "png" else chart.write()


def files(framework: Framework, found: Workforce) -> Mapping[str, bytes]:
    """Name of a file -> its bytes, the same each time."""
    paper = workforce_paper(framework, found)
    return {
        **{f"{paper.name}{form.suffix}": form.write(paper) for form in FORMATS.values()},
        "workforce.json": as_json(found) + b"\n",
        **tables(found),
        **{
            f"{name}.{suffix}": chart_as(chart(found), suffix)
            for name, chart in CHARTS.items()
            for suffix in ("svg", "png")
        },
    }


def write_files(made: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Write files to a folder. Raises BadParameter if that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            (folder / name).write_bytes(content)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadParameter(
            f"the results cannot be written: {why.lower()}",
            where=str(folder),
            mend="give a folder that you may write to",
        ) from None
    return [folder / name for name in made]
