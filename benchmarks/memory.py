"""Memory of the service many times over the framework, beside Oxigraph's own server on the same statements.

Both serve from disk, as either does at that size, and both from memory. Each is started alone, answers the same
queries (light ones about every role's requirements, then counts over the whole graph, by 8 clients), and is looked at
every 50 ms: what its processes hold, shared pages counted once (Pss), three seconds afterwards (at rest) and at most.
Ours is the whole service: pages, API, typed things and two query workers, up to ten more in a rush. It runs two long
queries at once and tells others to come again, which they do. Oxigraph from memory is given its statements over HTTP.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

import psutil
from record import ROOT, Growth, Line, Record, arguments, note, versions
from recording.servers import free_port, get, running
from synthetic.folders import write_snapshot_of

WITHIN = 1.5
PREFIX = "PREFIX cmh: <https://w3id.org/cmh-graph/ns#> "
ROLES = PREFIX + "SELECT ?role { ?role a cmh:Role } ORDER BY ?role LIMIT 500"
LIGHT = PREFIX + "SELECT ?r ?s {{ <{}> cmh:hasRequirement ?r . ?r cmh:asksFor ?s }}"
COUNTS = (
    PREFIX + "SELECT (COUNT(*) AS ?n) { ?role cmh:hasRequirement ?r }",
    PREFIX + "SELECT ?f (COUNT(DISTINCT ?role) AS ?n) { ?role a cmh:Role ; cmh:family ?f } GROUP BY ?f",
)


def held(pid: int) -> float:
    """MB that a process and all it started hold, shared pages counted once."""
    found = 0.0
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for one in (parent, *parent.children(recursive=True)):
            with suppress(OSError, psutil.Error):
                text = Path(f"/proc/{one.pid}/smaps_rollup").read_text(encoding="ascii")
                found += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return found / 1024


class Watched:
    """The most that a process and all it started held, looked at in a thread."""

    def __init__(self, pid: int) -> None:
        self._pid, self._ended, self.most = pid, threading.Event(), 0.0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.05):
            self.most = max(self.most, held(self._pid))

    def end(self) -> float:
        self._ended.set()
        self._thread.join()
        return self.most


def ask(endpoint: str) -> int:
    """Ask all queries; how many rows the answers had together."""

    def rows(query: str) -> list[str]:
        address = f"{endpoint}?{urllib.parse.urlencode({'query': query})}"
        until = time.monotonic() + 120
        while True:
            try:
                return get(address, accept="text/csv").decode().splitlines()[1:]
            except urllib.error.HTTPError as error:
                # Ours runs two long queries at once and tells the others to come again.
                if error.code != HTTPStatus.TOO_MANY_REQUESTS or time.monotonic() > until:
                    raise
                time.sleep(0.2)

    roles = [line.strip() for line in rows(ROLES)]
    with ThreadPoolExecutor(8) as clients:
        found = sum(map(len, clients.map(rows, [LIGHT.format(role) for role in roles])))
        return len(roles) + found + sum(map(len, clients.map(rows, COUNTS * 4)))


@contextmanager
def ours(snapshots: Path, store: str) -> Iterator[tuple[int, str]]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "cmh_graph.cli", "serve", "--log-level", "error", "--port", str(port)]
    given = {
        "CMH_GRAPH_SNAPSHOTS": str(snapshots),
        "CMH_GRAPH_STORE_IN": store,
        "CMH_GRAPH_QUERY_SECONDS": "60",
    }
    with running(command, f"{base}/ready", **given) as process:
        yield process.pid, f"{base}/sparql"


@contextmanager
def theirs(dataset: Path, folder: Path, on_disk: bool) -> Iterator[tuple[int, str]]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    native = str(Path(sys.executable).with_name("oxigraph"))
    command = [native, "serve", "--bind", f"127.0.0.1:{port}", "--union-default-graph"]
    if on_disk:
        store = str(folder / "native")
        load = [native, "load", "--location", store, "--file", str(dataset)]
        subprocess.run(load, check=True, capture_output=True)
        command = [native, "serve-read-only", *command[2:], "--location", store]
    with running(command, f"{base}/query?query=ASK%7B%7D") as process:
        if not on_disk:
            with dataset.open("rb") as data:
                sent = urllib.request.Request(f"{base}/store", data=data, method="POST")
                sent.add_header("Content-Type", "application/n-quads")
                sent.add_header("Content-Length", str(dataset.stat().st_size))
                urllib.request.urlopen(sent, timeout=600).close()
        yield process.pid, f"{base}/query"


def looked_at(pid: int, endpoint: str) -> tuple[float, float, int]:
    """MB at rest after the queries, MB at most, and how many rows were answered."""
    watched = Watched(pid)
    rows = ask(endpoint)
    # Ours keeps the further processes of a rush for a second.
    time.sleep(3)
    return held(pid), watched.end(), rows


def measure(record: Record, options: argparse.Namespace, folder: Path) -> None:
    from cmh_graph.build import build
    from cmh_graph.snapshot import DATASET

    nquads = build(ROOT).nquads
    points: dict[tuple[str, str], dict[float, float]] = {}
    for times in options.times:
        note(f"writing {times}x")
        place = folder / f"x{times}"
        snapshot = write_snapshot_of(ROOT, times, place, disk=True, nquads=nquads)
        for kind, store in (("disk", "auto"), ("memory", "memory")):
            if kind == "memory" and times > options.most_in_memory:
                continue
            with ours(place, store) as at:
                own, own_most, own_rows = looked_at(*at)
            with (
                tempfile.TemporaryDirectory(dir=folder) as beside,
                theirs(snapshot / DATASET, Path(beside), kind == "disk") as at,
            ):
                other, other_most, other_rows = looked_at(*at)
            same = own_rows == other_rows
            wanted = 1 / WITHIN if times == 100 else None
            peaks = (
                "up to twelve query processes in the rush, each with a cache of its own, against one process"
            )
            for what, our, their in (("at rest", own, other), ("at most", own_most, other_most)):
                record.line(
                    Line(f"memory {what}, from {kind}", f"{times}x", "MB", [our], [their], "Oxigraph's server",
                         wanted=wanted, equal=same, note=peaks if what == "at most" else "")
                )  # fmt: skip
            points.setdefault((kind, "ours"), {})[times] = own_most
            points.setdefault((kind, "Oxigraph's server"), {})[times] = other_most
    for (kind, side), found in points.items():
        record.growth(Growth(f"memory at most, from {kind}", side, "MB", dict(found)))


def main() -> int:
    parser = arguments(__doc__, minutes=8)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument(
        "--most-in-memory", type=int, default=100, help="largest size that is served from memory too"
    )
    options = parser.parse_args()
    if options.quick:
        options.times = [1]
    with (
        Record("memory", "Memory of the service", options, versions("oxigraph", "pyoxigraph")) as record,
        tempfile.TemporaryDirectory() as folder,
    ):
        measure(record, options, Path(folder))
    return record.code


if __name__ == "__main__":
    sys.exit(main())
