"""From a snapshot to the first answers of the service, beside building from the Turtle sources and starting then.

A whole process is started each time, `cmh-graph serve`; the clock runs from its start until it has answered a role as
JSON (`/v1/roles/hcsw`), the same role as a page, and a light SPARQL query, asked every few milliseconds and in this
order. The framework once is served from memory, and many times over from a store on disk, as a snapshot of that size is
meant to be; both ways are told at each size up to 10. Files are in the page cache, as after a build. The peer is the
same service that begins at the Turtle: it reads all files, applies the rules and writes the canonical N-Quads (at 1x
`cmh-graph build` itself), and starts then. Above 10 times the framework nobody waits for that: its seconds are
extrapolated from 1 and 10 times by its own growth, at least linearly, and marked so.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path

from record import ROOT, Growth, Line, Record, arguments, note, versions
from recording.servers import free_port, running
from synthetic.folders import write_home, write_snapshot_of

#: Times the framework -> the most seconds to the first answer that are wanted.
BOUNDS = {1: 1.0, 100: 3.0}
#: Up to so many times the framework is built from Turtle; and served from memory, too.
MOST_BUILT = 10
QUERY = (
    "PREFIX cmh: <https://w3id.org/cmh-graph/ns#> "
    "SELECT ?r { <https://w3id.org/cmh-graph/role/hcsw> cmh:hasRequirement ?r }"
)
ASKED = {
    "role as JSON": "/v1/roles/hcsw",
    "role as a page": "/role/hcsw.html",
    "SPARQL": "/sparql?" + urllib.parse.urlencode({"query": QUERY}),
}


def started(snapshots: Path, store: str) -> dict[str, float]:
    """Seconds from the start of the process to each answer."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "cmh_graph.cli", "serve", "--log-level", "error", "--port", str(port)]
    found: dict[str, float] = {}
    began = time.perf_counter()
    with running(
        command, f"{base}/v1/roles/hcsw", CMH_GRAPH_SNAPSHOTS=str(snapshots), CMH_GRAPH_STORE_IN=store
    ):
        for name, path in ASKED.items():
            until = time.monotonic() + 120
            while time.monotonic() < until:
                # A query that comes before its workers waits or is told to come back.
                with (
                    suppress(urllib.error.HTTPError),
                    urllib.request.urlopen(base + path, timeout=60) as answer,
                ):
                    if answer.status == 200 and answer.read():
                        break
                time.sleep(0.005)
            found[name] = round(time.perf_counter() - began, 3)
    return found


def from_turtle(home: Path) -> None:
    """In a process of its own: read every file, apply the rules, write the canonical lines."""
    from cmh_graph.reason import derive, read_rules
    from cmh_graph.sources import framework_files
    from cmh_graph.store import canonical_nquads

    stated = [quad for file in framework_files(home) for quad in file.quads()]
    derived = derive(stated, read_rules(home / "queries" / "rules"))
    with tempfile.TemporaryFile() as output:
        output.write(canonical_nquads([*stated, *derived]))


def built(home: Path, *, whole: bool) -> float:
    """Seconds to build from Turtle. whole: by cmh-graph build, which also compares every two roles."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--from-turtle", str(home)]
        if whole:
            command = [sys.executable, "-m", "cmh_graph.cli", "build"]
        given = {"CMH_GRAPH_HOME": str(home), "CMH_GRAPH_SNAPSHOTS": folder}
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **given})
    return round(time.perf_counter() - began, 3)


def extrapolated(took: dict[int, list[float]], times: int) -> float:
    """Seconds that building would take, by its growth between the two largest sizes at which it was run."""
    (less, first), (more, last) = sorted((size, statistics.median(all_)) for size, all_ in took.items())[-2:]
    slope = max(1.0, math.log(last / first) / math.log(more / less))
    return float(last * (times / more) ** slope)


def measure(record: Record, options: argparse.Namespace, folder: Path) -> None:
    from cmh_graph.build import build

    nquads = build(ROOT).nquads
    points: dict[str, dict[float, list[float]]] = {}
    turtle: dict[int, list[float]] = {}
    for times in options.times:
        note(f"writing {times}x")
        snapshots, home = folder / f"x{times}", folder / f"home{times}"
        write_snapshot_of(ROOT, times, snapshots, disk=True, nquads=nquads)
        if is_built := times <= MOST_BUILT:
            write_home(ROOT, times, home, nquads=nquads)
        # The first start of all warms the page cache for both sides.
        started(snapshots, "auto")
        took, disk = [], []
        for _ in range(options.rounds):
            if is_built:
                took.append(built(home, whole=times == 1))
            disk.append(started(snapshots, "auto"))
        if is_built:
            turtle[times] = took if times > 1 else [built(home, whole=False) for _ in range(options.rounds)]
        elif len(turtle) > 1:
            took = [extrapolated(turtle, times)] * options.rounds
        kinds = {"disk": disk}
        if is_built:
            kinds["memory"] = [started(snapshots, "memory") for _ in range(options.rounds)]
        own = "memory" if times == 1 else "disk"
        first = [one["role as JSON"] for one in kinds[own]]
        theirs = [build + one["role as JSON"] for build, one in zip(took, disk, strict=False)]
        record.line(
            Line("start to the first answer", f"{times}x", "s", first, theirs,
                 "building from Turtle" if theirs else "", bound=BOUNDS.get(times), note=f"from {own}",
                 extrapolated=bool(theirs) and not is_built)
        )  # fmt: skip
        for kind, found in kinds.items():
            points.setdefault(kind, {})[times] = [one["role as JSON"] for one in found]
            for name in ASKED:
                record.line(
                    Line(f"start to {name}, from {kind}", f"{times}x", "s", [one[name] for one in found])
                )
    for kind, by_size in points.items():
        record.growth(Growth(f"start to the first answer, from {kind}", "ours", "s", dict(by_size)))


def main() -> int:
    parser = arguments(__doc__, minutes=10)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--from-turtle", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.from_turtle:
        from_turtle(options.from_turtle)
        return 0
    if options.quick:
        options.times, options.rounds = [1], 2
    with (
        Record(
            "start", "From a snapshot to the first answer", options, versions("pyoxigraph", "uvicorn")
        ) as record,
        tempfile.TemporaryDirectory() as folder,
    ):
        measure(record, options, Path(folder))
    return record.code


if __name__ == "__main__":
    sys.exit(main())
