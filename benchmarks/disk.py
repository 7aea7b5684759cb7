"""Graphs larger than memory: the framework many times over, written, loaded and served from disk and from memory.

    python benchmarks/disk.py [--times 10 100 1000] [--data DIR] [--quick]

At each size: the snapshot is made, its store on disk is written (time, the most memory that took, size), and the real
`cmh-graph serve` answers from it: from start to first answer, one request after another of four kinds of query and of
roles, and the memory of all its processes (their proportional share, as the kernel counts it) after all of them. The
same from memory, up to 100 times. Nothing is kept between requests (CMH_GRAPH_QUERY_KEPT_MB=0,
CMH_GRAPH_READS_KEPT_MB=0), and each asks of another copy of the framework, so that disk is read. Answers from disk and
from memory must be equal. 1000 times needs 25 GB of disk. --data keeps what was made, and takes what is there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from record import ROOT, Growth, Line, Record, arguments, note, versions
from recording.servers import free_port, get, running

from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.snapshot import DATASET, STORE, current_snapshot, read_manifest

#: Above this a machine of 4 GB has no room, and above the second nothing is loaded into memory here.
MOST_MB, MOST_IN_MEMORY = 4096, 100
_PREFIXES = f"PREFIX cmh: <{CMH}> PREFIX skos: <{PREFIXES['skos']}> PREFIX role: <{PREFIXES['role']}> "
_ROLES = (
    "hcsw",
    "peer-support-worker",
    "mental-health-nurse",
    "nursing-associate",
    "advocate",
    "care-navigator",
)
#: Name -> the query about one role. The same work at every size, but for the last, which goes through all roles.
QUERIES = {
    "light query": "SELECT ?r ?s {{ role:{0} cmh:hasRequirement ?r . ?r cmh:asksFor ?s }} ORDER BY ?r ?s",
    "query of 1 ms": "SELECT ?r ?s ?name ?level {{ role:{0} cmh:hasRequirement ?r . "
    "?r cmh:asksFor ?s . ?s skos:prefLabel ?name "
    "OPTIONAL {{ ?r cmh:atSkillLevel ?level }} OPTIONAL {{ ?r cmh:necessity ?n }} }} ORDER BY ?r ?s ?level",
    "query of 40 ms": "SELECT ?other (COUNT(*) AS ?n) {{ role:{0} cmh:requiresSkill ?s . ?other cmh:requiresSkill ?s ; "
    "cmh:requiresSkill ?more . ?more skos:prefLabel ?name }} GROUP BY ?other ORDER BY DESC(?n) ?other",
    "query over all roles": "SELECT ?band (COUNT(?role) AS ?n) {{ ?role cmh:usualBand ?band ; a cmh:Role }} "
    "GROUP BY ?band ORDER BY ?band",
}
SCAN = "query over all roles"


def peak_of(pid: str = "self") -> float:
    """The most memory that a process has had, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def memory_of(pid: int) -> float:
    """The proportional share of a process and all that it started, in MB."""
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
            tasks = list(Path(f"/proc/{one}/task").iterdir())
            children = [(task / "children").read_text(encoding="ascii") for task in tasks]
        except OSError:
            continue  # a worker that has just been replaced
        total += int(text.split("\nPss:")[1].split()[0]) / 1000
        waiting += [int(child) for some in children for child in some.split()]
    return total


def made(times: int, folder: Path) -> dict[str, Any]:
    """Write the snapshot and its store on disk, each in a process of its own; what it took."""
    told = folder / "made.json"
    if told.is_file():
        return dict(json.loads(told.read_text(encoding="utf-8")))
    note(f"{times}x: writing the snapshot")
    command = [sys.executable, "-m", "benchmarks.synthetic", "--times", str(times), "--out", str(folder)]
    began = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    writing = time.perf_counter() - began
    snapshot = current_snapshot(folder)
    note(f"{times}x: writing the store on disk")
    shutil.rmtree(snapshot / STORE, ignore_errors=True)
    script = (
        "import sys; from pathlib import Path; from cmh_graph.snapshot import write_store; "
        "write_store(Path(sys.argv[1])); "
        "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
    )
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script, str(snapshot)], check=True, capture_output=True, text=True
    )
    found = {
        "statements": read_manifest(snapshot)["statements"],
        "writing": writing,
        "loading": time.perf_counter() - began,
        "peak": int(done.stdout) / 1000,
        "nquads": (snapshot / DATASET).stat().st_size / 1e6,
        "store": sum(one.stat().st_size for one in (snapshot / STORE).iterdir()) / 1e6,
    }
    told.write_text(json.dumps(found), encoding="utf-8")
    return found


def role_keys(times: int, most: int) -> list[str]:
    """Keys of roles, spread over the copies."""
    keys = []
    for number in range(most):
        copy = number * max(times // most, 1) % times
        keys.append(_ROLES[number % len(_ROLES)] + (f"--copy-{copy}" if copy else ""))
    return list(dict.fromkeys(keys))


def served(times: int, folder: Path, store_in: str, requests: int) -> dict[str, Any]:
    """What it takes to serve a snapshot, and some answers to compare."""
    note(f"{times}x: serving, {'from memory' if store_in == 'memory' else 'from disk'}")
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    environment = {
        "CMH_GRAPH_SNAPSHOTS": str(folder),
        "CMH_GRAPH_STORE_IN": store_in,
        "CMH_GRAPH_HOME": str(ROOT),
        "CMH_GRAPH_QUERY_KEPT_MB": "0",
        "CMH_GRAPH_READS_KEPT_MB": "0",
        "CMH_GRAPH_QUERY_SECONDS": "300",
        "CMH_GRAPH_QUERY_LIGHT_SECONDS": "300",
        "CMH_GRAPH_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-m", "cmh_graph.cli", "serve", "--port", str(port)]
    keys = role_keys(times, requests)
    found: dict[str, Any] = {"ms": {}, "answers": {}}
    with ExitStack() as up:
        began = time.perf_counter()
        process = up.enter_context(running(command, f"{base}/sparql?query=ASK%7B%7D", **environment))
        found["start"] = time.perf_counter() - began
        found["at rest"] = memory_of(process.pid)

        def timed(name: str, addresses: list[str], accept: str) -> None:
            took, bodies = [], []
            for address in addresses:
                began = time.perf_counter()
                bodies.append(get(base + address, accept=accept))
                took.append(1000 * (time.perf_counter() - began))
            found["ms"][name] = took
            found["answers"][name] = bodies[:20]

        for name, text in QUERIES.items():
            some = keys if name != SCAN else keys[:1] * 3
            asked = [urllib.parse.urlencode({"query": _PREFIXES + text.format(key)}) for key in some]
            timed(name, [f"/sparql?{one}" for one in asked], "text/csv")
        timed("role as JSON", [f"/v1/roles/{key}" for key in keys], "application/json")
        timed("role as Turtle", [f"/v1/roles/{key}" for key in keys], "text/turtle")
        timed("page of a role", [f"/role/{key}" for key in keys], "text/html")
        found["memory"] = memory_of(process.pid)
    return found


def main() -> int:
    """Measure each size and record."""
    parser = arguments(__doc__, minutes=25)
    parser.add_argument("--times", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--data", type=Path, help="where what is made is kept")
    options = parser.parse_args()
    sizes = [1, 3] if options.quick and options.times == [10, 100, 1000] else options.times
    requests = 12 if options.quick else 60
    with ExitStack() as kept:
        data = options.data or Path(kept.enter_context(tempfile.TemporaryDirectory()))
        with Record("disk", "Graphs larger than memory", options, versions("pyoxigraph")) as record:
            growth: dict[str, dict[int, Any]] = {}

            def note_growth(what: str, times: int, value: Any) -> None:
                growth.setdefault(what, {})[times] = value

            for times in sizes:
                folder = data / f"x{times}"
                about = made(times, folder)
                scale = f"{times}x, {about['statements']:,} statements"
                disk = served(times, folder, "auto", requests)
                memory = served(times, folder, "memory", requests) if times <= MOST_IN_MEMORY else None
                for work, unit, key, bound in (
                    ("write the snapshot", "s", "writing", None),
                    ("load onto disk", "s", "loading", None),
                    ("memory while loading", "MB", "peak", MOST_MB),
                    ("size of the N-Quads", "MB", "nquads", None),
                    ("size of the store on disk", "MB", "store", None),
                ):
                    record.line(Line(work, scale, unit, [about[key]], bound=bound))
                    note_growth(work, times, about[key])
                for work, unit, key, bound in (
                    ("start to first answer", "s", "start", 3.0 if times <= 100 else None),
                    ("memory of all processes, at rest", "MB", "at rest", None),
                    ("memory of all processes, after all requests", "MB", "memory", MOST_MB),
                ):
                    theirs = {"theirs": [memory[key]], "peer": "from memory"} if memory else {}
                    record.line(Line(work, scale, unit, [disk[key]], bound=bound, **theirs))
                    note_growth(work, times, disk[key])
                for name, took in disk["ms"].items():
                    theirs = {}
                    if memory:
                        same = disk["answers"][name] == memory["answers"][name]
                        theirs = {"theirs": memory["ms"][name], "peer": "from memory", "equal": same}
                    record.line(Line(name, scale, "ms", took, **theirs))
                    note_growth(name, times, took)
            why = {
                SCAN: "It goes through all roles; what the engine's own cache does not hold is read again.",
                "size of the store on disk": "From 100x to 1000x it grows with 0.99; the smallest one is packed "
                "better than the others.",
            }
            for what, values in growth.items():
                unit = (
                    "ms"
                    if what in QUERIES or "role" in what
                    else "s"
                    if what.startswith(("write", "load", "start"))
                    else "MB"
                )
                record.growth(Growth(what, "ours", unit, values, why=why.get(what, "")))
    return record.code


if __name__ == "__main__":
    sys.exit(main())
