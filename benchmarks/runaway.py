"""Shows that no query can hold the SPARQL service: each runaway is stopped in time, and others are not delayed.

    python benchmarks/runaway.py [snapshot.nq] [--seconds 2] [--memory 512]

Starts the service on a free port of 127.0.0.1, over the snapshot or 50,000 made-up triples in five graphs, and
sends it queries that would run for hours or take all memory, each while light queries go on; then 2, 4 and 8 of
them at the same moment. A line is not met if a runaway is stopped later than limit + 1 s, leaves a processor busy or
memory kept, or delays light queries: one runaway to three times their quiet 95th percentile, a crowd to 100 ms (95th
percentile) or half a second (worst). Ends by itself within minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI
from record import Line as Measured
from record import Record, arguments, versions

from cmh_graph.api import problems, sparql
from cmh_graph.settings import Settings
from cmh_graph.sparql.worker_pool import WorkerPool

#: The whole run is given up after this many seconds.
LONGEST = 300
QUIET_SECONDS = 3.0
FAULT = "not stopped, or not clean: see the table"
LIGHT = "SELECT ?p ?o { <http://x/role/17> ?p ?o } LIMIT 20"
RUNAWAYS = {
    "cartesian product, counted": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "regular expressions over a product": """SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f
        FILTER(REGEX(CONCAT(STR(?c), STR(?f)), "^(([a-z ])+.)+[A-Z]([a-z])+$")) }""",
    "property paths of any length": "SELECT (COUNT(*) AS ?n) { ?a (!<x:x>|^!<x:x>)* ?b . ?b (!<x:x>|^!<x:x>)+ ?c }",
    "GROUP_CONCAT over a product": "SELECT (GROUP_CONCAT(CONCAT(STR(?c), STR(?f))) AS ?all) { ?a ?b ?c . ?d ?e ?f }",
    "ORDER BY over a product": "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f ?a ?d",
    "DISTINCT over a product": "SELECT DISTINCT ?a ?c ?d ?f { ?a ?b ?c . ?d ?e ?f }",
    "300 joined patterns": "ASK { " + " ".join(f"?s{n} ?p{n} ?o{n} ." for n in range(300)) + " }",
}
#: How many come at the same moment.
CROWDS = (0, 2, 4, 8)


@dataclass(frozen=True)
class Runaway:
    """One runaway: how it ended, and what was left of it."""

    name: str
    status: int
    seconds: float
    why: str
    busy: float
    kept_mb: float
    light_ms: float
    ratio: float
    passed: bool


@dataclass(frozen=True)
class Crowd:
    """Several runaways at the same moment: how they ended, and what light queries felt of it."""

    count: int
    statuses: str
    seconds: float
    busy: float
    kept_mb: float
    light: int
    failed: int
    median_ms: float
    light_ms: float
    worst_ms: float
    passed: bool


def made_up(path: Path) -> None:
    """50,000 triples in five graphs: 10,000 roles with a label, a skill, a next role and two notes."""
    with path.open("w", encoding="utf-8") as out:
        for n in range(10_000):
            role, graph = f"<http://x/role/{n}>", f"<http://x/graph/{n % 5}>"
            out.write(f'{role} <http://x/label> "community role number {n}"@en {graph} .\n')
            out.write(f"{role} <http://x/requires> <http://x/skill/{n % 97}> {graph} .\n")
            out.write(f"{role} <http://x/next> <http://x/role/{(n * 7 + 1) % 10_000}> {graph} .\n")
            out.write(f'{role} <http://x/note> "aaaaaaaaaaaaaaaaaaaaaaaaaaaa{n}" {graph} .\n')
            out.write(f'{role} <http://x/band> "{n % 9}" {graph} .\n')


def family(pid: int) -> set[int]:
    """A process and all its descendants."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, of in parents.items() if of in found} - found:
        found |= more
    return found


def used(pid: int) -> tuple[dict[int, float], float]:
    """Processor seconds of each process of a family, and the memory of them all in MB (shared parts once)."""
    seconds: dict[int, float] = {}
    memory = 0.0
    for member in family(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
            seconds[member] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            rollup = Path(f"/proc/{member}/smaps_rollup").read_text()
            memory += int(next(x for x in rollup.splitlines() if x.startswith("Pss:")).split()[1]) / 1024
    return seconds, memory


async def light(client: httpx.AsyncClient, url: str, until: asyncio.Event) -> list[float]:
    """Milliseconds of each light query, one every 5 ms until told to stop."""
    took: list[float] = []
    while not until.is_set():
        began = time.perf_counter()
        response = await client.get(url, params={"query": LIGHT})
        assert response.status_code == 200, response.text
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.005)
    return took


async def steady(client: httpx.AsyncClient, url: str, until: asyncio.Event) -> tuple[list[float], int]:
    """Milliseconds of light queries that start every 10 ms whether or not earlier ones are back; how many failed.

    One client that waits for each answer would hide a delay: it asks only once while everything stands still."""
    failed = 0

    async def one() -> float:
        nonlocal failed
        began = time.perf_counter()
        response = await client.get(url, params={"query": LIGHT})
        failed += response.status_code != 200
        return (time.perf_counter() - began) * 1000

    asked: list[asyncio.Task[float]] = []
    while not until.is_set():
        asked.append(asyncio.create_task(one()))
        await asyncio.sleep(0.01)
    return await asyncio.gather(*asked), failed


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def measure(url: str, pid: int, seconds: float) -> tuple[float, list[Runaway]]:
    """The quiet 95th percentile in ms, and a line for each runaway."""
    lines: list[Runaway] = []
    async with httpx.AsyncClient(timeout=30) as client, httpx.AsyncClient(timeout=30) as other:
        until = asyncio.Event()
        asyncio.get_running_loop().call_later(1, until.set)
        await light(client, url, until)  # warms up
        until = asyncio.Event()
        asyncio.get_running_loop().call_later(QUIET_SECONDS, until.set)
        quiet = p95(await light(client, url, until))
        _, memory = used(pid)
        for name, query in RUNAWAYS.items():
            until = asyncio.Event()
            meanwhile = asyncio.create_task(light(client, url, until))
            began = time.perf_counter()
            response = await other.post(url, data={"query": query})
            took = time.perf_counter() - began
            until.set()
            times = await meanwhile
            await asyncio.sleep(0.5)
            before, _ = used(pid)
            await asyncio.sleep(1)
            after, left = used(pid)
            busy = sum(value - before.get(member, 0.0) for member, value in after.items())
            # A query stopped early for its memory leaves too few light ones for a percentile.
            beside = p95(times) if len(times) >= 20 else max(times)
            title = response.json().get("title", "answered")
            passed = (
                response.status_code in (413, 503)
                and took < seconds + 1
                and busy < 0.1
                and left - memory < 64
                and beside < 3 * quiet
            )
            lines.append(
                Runaway(
                    name,
                    response.status_code,
                    took,
                    title,
                    busy,
                    left - memory,
                    beside,
                    beside / quiet,
                    passed,
                )
            )
    return quiet, lines


async def measure_crowds(url: str, pid: int, seconds: float) -> list[Crowd]:
    """A line for each number of runaways that come at once, after one without any."""
    found: list[Crowd] = []
    queries = list(RUNAWAYS.values())[:4]
    # Connections of their own, opened before: what is measured is the service, not the client's pool.
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client, httpx.AsyncClient(timeout=60) as other:
        await asyncio.gather(*(client.get(url, params={"query": LIGHT}) for _ in range(20)))
        await asyncio.sleep(1.5)
        _, memory = used(pid)
        for count in CROWDS:
            until = asyncio.Event()
            meanwhile = asyncio.create_task(steady(client, url, until))
            await asyncio.sleep(0.1)
            began = time.perf_counter()
            runaways = [other.post(url, data={"query": queries[n % len(queries)]}) for n in range(count)]
            responses = await asyncio.gather(*runaways) if runaways else await asyncio.sleep(2, [])
            took = time.perf_counter() - began
            until.set()
            times, failed = await meanwhile
            await asyncio.sleep(0.5)
            before, _ = used(pid)
            await asyncio.sleep(1)
            after, left = used(pid)
            busy = sum(value - before.get(member, 0.0) for member, value in after.items())
            codes = sorted(response.status_code for response in responses)
            found.append(
                Crowd(
                    count,
                    ", ".join(f"{codes.count(code)} x {code}" for code in sorted(set(codes))) or "-",
                    took,
                    busy,
                    left - memory,
                    len(times),
                    failed,
                    statistics.median(times),
                    p95(times),
                    max(times),
                    set(codes) <= {413, 429, 503}
                    and (not count or took < seconds + 1)
                    and busy < 0.1
                    and left - memory < 64
                    and not failed
                    and p95(times) < 100
                    and max(times) < 500,
                )
            )
    return found


def serve(snapshot: Path, settings: Settings, listener: socket.socket) -> None:
    """Run the service in this process until it is told to end."""
    pool = WorkerPool(snapshot, settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await pool.start()
        yield
        await pool.close()

    app = FastAPI(lifespan=lifespan)
    app.state.query_pool = pool
    app.include_router(sparql.router)
    problems.install(app)
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, params={"query": "ASK {}"}, timeout=2).status_code == 200:
                return
        time.sleep(0.1)
    raise SystemExit("the service did not start")


def main() -> int:
    parser = arguments(__doc__, minutes=5)
    parser.add_argument("snapshot", type=Path, nargs="?", help="N-Quads; made up if not given")
    parser.add_argument("--seconds", type=float, default=2.0, help="time limit of a query")
    parser.add_argument("--memory", type=int, default=512, help="memory limit of a query in MiB")
    options = parser.parse_args()
    signal.alarm(LONGEST)
    with Record("runaway", "Runaway queries", options, versions("pyoxigraph", "uvicorn")) as record:
        quiet, lines, crowds = run(options)
        told(record, options, quiet, lines, crowds)
    return record.code


def run(options: argparse.Namespace) -> tuple[float, list[Runaway], list[Crowd]]:
    """Milliseconds of a light query in quiet; each runaway alone; runaways that come at once."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(proto=socket.IPPROTO_TCP) as listener:
        snapshot = options.snapshot or Path(folder) / "made-up.nq"
        if options.snapshot is None:
            made_up(snapshot)
        settings = Settings(query_seconds=options.seconds, query_memory_mb=options.memory, query_workers=2)
        # With the protocol named, asyncio turns Nagle's delay of 40 ms off for what it accepts.
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"
        pid = os.fork()
        if pid == 0:
            signal.alarm(LONGEST)
            serve(snapshot, settings, listener)
            os._exit(0)
        try:
            wait_until_ready(url)
            quiet, lines = asyncio.run(measure(url, pid, options.seconds))
            crowds = [] if options.quick else asyncio.run(measure_crowds(url, pid, options.seconds))
        finally:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
    return quiet, lines, crowds


def told(
    record: Record, options: argparse.Namespace, quiet: float, lines: list[Runaway], crowds: list[Crowd]
) -> None:
    """A line for what other clients meet; all else in tables."""
    for line in lines:
        record.line(
            Measured("light query beside a runaway", line.name, "ms, p95", [line.light_ms], bound=3 * quiet,
                     wrong="" if line.passed else FAULT)
        )  # fmt: skip
    for crowd in crowds:
        record.line(
            Measured("light query beside runaways at once", f"{crowd.count} runaways", "ms, p95", [crowd.light_ms],
                     bound=100, wrong="" if crowd.passed else FAULT)
        )  # fmt: skip
    record.text(
        f"A query may take {options.seconds:g} s and {options.memory} MiB; a light one takes {quiet:.1f} ms (p95) in "
        "quiet. Busy and kept are what is left when the runaway is gone."
    )
    rows = ["| runaway query | answer | after s | told | busy s/s | kept MB | light p95 ms | x quiet | |"]
    rows.append("|---|---|---|---|---|---|---|---|---|")
    for line in lines:
        said = line.why.partition(":")[2].strip() or line.why
        rows.append(
            f"| {line.name} | {line.status} | {line.seconds:.2f} | {said} | {line.busy:.2f} | {line.kept_mb:.0f} "
            f"| {line.light_ms:.1f} | {line.ratio:.1f} | {'ok' if line.passed else 'FAILED'} |"
        )
    if crowds:
        rows += [
            "",
            "| at once | answers | last after s | busy s/s | kept MB | light | failed | p50 ms | p95 ms ",
        ]
        rows[-1] += "| worst ms | |"
        rows.append("|---|---|---|---|---|---|---|---|---|---|---|")
    for crowd in crowds:
        rows.append(
            f"| {crowd.count} | {crowd.statuses} | {crowd.seconds:.2f} | {crowd.busy:.2f} | {crowd.kept_mb:.0f} "
            f"| {crowd.light} | {crowd.failed} | {crowd.median_ms:.1f} | {crowd.light_ms:.1f} "
            f"| {crowd.worst_ms:.0f} | {'ok' if crowd.passed else 'FAILED'} |"
        )
    record.text("\n".join(rows))


if __name__ == "__main__":
    sys.exit(main())
