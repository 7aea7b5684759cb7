"""Boxes and lines -> where they go, by Graphviz."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.errors import BuildError, MissingProgram

_POINTS_TO_UNITS: Final = 96 / 72
_SECONDS: Final = 60
_MARGIN: Final = 16.0


@dataclass(frozen=True, slots=True)
class Node:
    """A box of a given size."""

    name: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Link:
    """A line from one box to another."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Placed:
    """boxes: name -> upper left corner. lines: one per link, in order, as points of a Bézier curve, the last one at
    the tip of its arrow."""

    width: float
    height: float
    boxes: dict[str, tuple[float, float]]
    lines: tuple[tuple[tuple[float, float], ...], ...]


def place(nodes: Sequence[Node], links: Sequence[Link], *, down: bool = False) -> Placed:
    """Where boxes and lines go, from left to right, or from top to bottom.

    Raises MissingProgram without Graphviz, BuildError if it fails."""
    program = shutil.which("dot")
    if program is None:
        raise MissingProgram(
            "Graphviz is not installed, which lays pictures out",
            where="dot",
            mend="install graphviz (Debian: apt-get install graphviz; macOS: brew install graphviz)",
        )
    run = subprocess.run(
        [program, "-Tjson"],
        input=_source(nodes, links, down=down),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if run.returncode:
        raise BuildError("the picture cannot be laid out", where="dot", mend=run.stderr.strip()[:200])
    return _read(json.loads(run.stdout), nodes, links)


def _source(nodes: Sequence[Node], links: Sequence[Link], *, down: bool) -> str:
    """The graph in Graphviz's language. Names are numbers, so that no text of ours can be taken for its syntax."""
    numbers = {node.name: n for n, node in enumerate(nodes)}
    lines = [
        "digraph {",
        "rankdir=TB; nodesep=0.12; ranksep=0.4;" if down else "rankdir=LR; nodesep=0.12; ranksep=0.55;",
        'node [shape=box, fixedsize=true, label=""];',
    ]
    for node in nodes:
        width, height = node.width / 96, node.height / 96
        lines.append(f"n{numbers[node.name]} [width={width:.3f}, height={height:.3f}];")
    lines += [f"n{numbers[link.start]} -> n{numbers[link.end]};" for link in links]
    return "\n".join([*lines, "}"])


def _read(found: dict[str, object], nodes: Sequence[Node], links: Sequence[Link]) -> Placed:
    left, bottom, right, top = (float(one) for one in str(found["bb"]).split(","))

    def point(text: str) -> tuple[float, float]:
        # Graphviz counts from the lower left corner, in points.
        x, y = (float(one) for one in text.split(","))
        return (x - left) * _POINTS_TO_UNITS + _MARGIN, (top - y) * _POINTS_TO_UNITS + _MARGIN

    boxes = {}
    objects = found["objects"]
    assert isinstance(objects, list)
    for one in objects:
        if str(one.get("name", "")).startswith("n") and "pos" in one:
            node = nodes[int(one["name"][1:])]
            x, y = point(one["pos"])
            boxes[node.name] = (x - node.width / 2, y - node.height / 2)
    # Graphviz gives lines by the box that they leave, not as they were asked for.
    lines: dict[tuple[str, str], list[tuple[tuple[float, float], ...]]] = {}
    edges = found.get("edges", [])
    assert isinstance(edges, list)
    for one in sorted(edges, key=lambda edge: edge["_gvid"]):
        parts = one["pos"].split()
        tip = next((point(part[2:]) for part in parts if part.startswith("e,")), None)
        curve = [point(part) for part in parts if part[:2] not in {"e,", "s,"}]
        ends = (objects[one["tail"]]["name"], objects[one["head"]]["name"])
        lines.setdefault(ends, []).append(tuple([*curve, tip] if tip else curve))
    numbers = {node.name: f"n{n}" for n, node in enumerate(nodes)}
    return Placed(
        (right - left) * _POINTS_TO_UNITS + 2 * _MARGIN,
        (top - bottom) * _POINTS_TO_UNITS + 2 * _MARGIN,
        boxes,
        tuple(lines[numbers[link.start], numbers[link.end]].pop(0) for link in links),
    )
