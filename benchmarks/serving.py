"""SPARQL over HTTP: our service beside the engine's own server and rdflib-endpoint, on the same graph and requests.

    python benchmarks/serving.py [--seconds 4] [--rounds 3] [--check]

Needs wrk (Debian). rdflib-endpoint is measured if it is in .peers (make bench-serving puts it there). Every server is
asked the same GET requests over kept connections by wrk with one thread, at 1, 8 and 32 clients; servers take turns
within a round, and the median over rounds is shown with the least and the most. Ours is measured as served, guarded
and with a log line each: without and with answers kept (CMH_GRAPH_QUERY_KEPT_MB), and by ETag. Answers must be equal
before anything is timed. Results go to benchmarks/results/serving.{json,md}; --check compares with the JSON that is
there and says which ratio moved by more than 25%."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.settings import Settings
from cmh_graph.snapshot import DATASET, current_snapshot
from cmh_graph.store import iter_nquads, write_ntriples

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).parent / "results"
PEERS = ROOT / ".peers"
CLIENTS = (1, 8, 32)
MOVED = 0.25
_PREFIXES = f"PREFIX cmh: <{CMH}> PREFIX role: <{PREFIXES['role']}> PREFIX skos: <{PREFIXES['skos']}> "
#: Named by what the engine itself takes for them; the figure beside each is measured in the run.
QUERIES = {
    "light": _PREFIXES + "SELECT ?r ?s { role:hcsw cmh:hasRequirement ?r . ?r cmh:asksFor ?s }",
    "about 1 ms": _PREFIXES
    + "SELECT ?role (COUNT(?r) AS ?n) { ?role a cmh:Role ; cmh:hasRequirement ?r } GROUP BY ?role ORDER BY ?role",
    "about 40 ms": _PREFIXES
    + "SELECT ?a (COUNT(*) AS ?n) { ?a cmh:hasRequirement/cmh:asksFor ?s . ?b cmh:hasRequirement/cmh:asksFor ?s ."
    " ?b cmh:family ?f } GROUP BY ?a ORDER BY DESC(?n) ?a",
}
OURS, KEPT, TAGGED, NATIVE, RDFLIB = "ours", "ours, kept", "ours, by ETag", "Oxigraph", "rdflib-endpoint"
#: (query, who against whom) -> the least ratio that is wanted.
WANTED = {
    ("light", OURS, NATIVE): 0.6,
    ("about 1 ms", OURS, NATIVE): 0.75,
    ("about 40 ms", OURS, NATIVE): 0.95,
    ("light", OURS, RDFLIB): 25,
    ("light", KEPT, NATIVE): 2,
    ("about 1 ms", KEPT, NATIVE): 2,
    ("about 40 ms", KEPT, NATIVE): 2,
}


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(command: list[str], address: str, **environment: str) -> Iterator[str]:
    """A server, once it answers; ended at the end."""
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(1200):
            with suppress(OSError):
                urllib.request.urlopen(f"{address}?query=ASK%7B%7D", timeout=60).close()
                break
            if process.poll() is not None:
                sys.exit(f"{command[0]} ended with {process.returncode}")
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """Who -> the address of their endpoint, all of them up. They rest while another is asked."""
    graph = folder / "graph.nt"
    with graph.open("wb") as output:
        write_ntriples(iter_nquads((current_snapshot(Settings().snapshots) / DATASET).read_bytes()), output)
    native = str(Path(sys.executable).with_name("oxigraph"))
    subprocess.run(
        [native, "load", "--location", str(folder / "store"), "--file", str(graph)],
        check=True,
        capture_output=True,
    )
    ports = [free_port() for _ in range(4)]
    at = [f"http://127.0.0.1:{port}" for port in ports]
    quiet = {"CMH_GRAPH_CLIENT_REQUESTS": "400", "CMH_GRAPH_QUERY_SECONDS": "60"}
    ours = [sys.executable, "-m", "cmh_graph.cli", "serve", "--port"]
    bind = ["--location", str(folder / "store"), "--bind", f"127.0.0.1:{ports[2]}"]
    with (
        running([*ours, str(ports[0])], f"{at[0]}/sparql", CMH_GRAPH_QUERY_KEPT_MB="0", **quiet) as fresh,
        running([*ours, str(ports[1])], f"{at[1]}/sparql", **quiet) as kept,
        running([native, "serve-read-only", *bind], f"{at[2]}/query") as own,
    ):
        found = {OURS: fresh, KEPT: kept, TAGGED: kept, NATIVE: own}
        if not PEERS.is_dir():
            yield found
            return
        script = "import sys; from rdflib_endpoint.__main__ import cli; sys.exit(cli())"
        command = [sys.executable, "-c", script, "serve", "--port", str(ports[3]), str(graph)]
        with running(command, f"{at[3]}/", PYTHONPATH=str(PEERS)) as theirs:
            yield {**found, RDFLIB: theirs}


def url(address: str, query: str) -> str:
    """The address that asks a query."""
    return f"{address}?{urllib.parse.urlencode({'query': query})}"


def answer(address: str, query: str) -> tuple[list[list[str]], str]:
    """The rows of an answer, sorted, and its ETag."""
    request = urllib.request.Request(url(address, query), headers={"Accept": "text/csv"})
    with urllib.request.urlopen(request, timeout=300) as found:
        rows = sorted(csv.reader(io.StringIO(found.read().decode())))
        return rows, found.headers.get("ETag", "")


def requests_a_second(address: str, query: str, clients: int, seconds: float, tag: str = "") -> float:
    """What wrk counts. Exits if an answer was no success."""
    headers = ["-H", "Accept: application/sparql-results+json"]
    if tag:
        headers = ["-H", "Accept: text/csv", "-H", f"If-None-Match: {tag}"]
    told = subprocess.run(
        ["wrk", "-t1", f"-c{clients}", f"-d{seconds:g}s", "--timeout", "60s", *headers, url(address, query)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    if "Non-2xx" in told and not tag:
        sys.exit(f"{address} refused some: {told}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    return float(found.group(1)) if found else 0.0


def measured(rounds: int, seconds: float) -> dict[str, Any]:
    """Requests a second of everybody: query -> clients -> who -> a figure for each round."""
    figures: dict[str, dict[int, dict[str, list[float]]]] = {}
    took: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder)) as addresses:
        tags = {}
        for name, query in QUERIES.items():
            answers = {who: answer(address, query) for who, address in addresses.items()}
            for who, (rows, _) in answers.items():
                if rows != answers[NATIVE][0]:
                    sys.exit(f"{who} answers '{name}' otherwise than {NATIVE}")
            tags[name] = answers[TAGGED][1]
            start = time.perf_counter()
            for _ in range(5):
                answer(addresses[NATIVE], query)
            took[name] = (time.perf_counter() - start) / 5 * 1000
        for turn in range(rounds):
            for name, query in QUERIES.items():
                for clients in CLIENTS:
                    order = list(addresses)
                    for who in order[turn % len(order) :] + order[: turn % len(order)]:
                        tag = tags[name] if who == TAGGED else ""
                        found = requests_a_second(addresses[who], query, clients, seconds, tag)
                        held = figures.setdefault(name, {}).setdefault(clients, {})
                        held.setdefault(who, []).append(found)
                        print(f"{name:12} {clients:2} clients  {who:16} {found:9.1f}/s", file=sys.stderr)
    return {"milliseconds": took, "figures": figures}


def summed_up(found: dict[str, Any]) -> dict[str, Any]:
    """Medians, spreads and ratios to the engine's own server."""
    rows = []
    for name, by_clients in found["figures"].items():
        for clients, by_who in by_clients.items():
            native = statistics.median(by_who[NATIVE])
            for who, held in by_who.items():
                middle = statistics.median(held)
                rows.append(
                    {
                        "query": name, "clients": clients, "who": who, "per_second": round(middle, 1),
                        "least": round(min(held), 1), "most": round(max(held), 1),
                        "of_native": round(middle / native, 3) if native else 0,
                    }
                )  # fmt: skip
    machine = {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "oxigraph": version("oxigraph"),
    }
    took = {name: round(value, 2) for name, value in found["milliseconds"].items()}
    return {"machine": machine, "milliseconds": took, "rows": rows}


def wanted(summary: dict[str, Any]) -> list[str]:
    """Each figure that was asked for, and whether it is met, by its worst number of clients."""
    told = []
    for (name, who, against), least in WANTED.items():
        ratios = []
        for clients in CLIENTS:
            asked = [row for row in summary["rows"] if (row["query"], row["clients"]) == (name, clients)]
            held = {row["who"]: row["per_second"] for row in asked}
            if who in held and held.get(against):
                ratios.append((held[who] / held[against], clients))
        if ratios:
            worst, clients = min(ratios)
            told.append(
                f"{name}: {who} is {worst:.2f}x {against} at {clients} clients, its worst; "
                f"{least:g}x is wanted: {'met' if worst >= least else 'NOT met'}"
            )
    return told


def table(summary: dict[str, Any]) -> str:
    """The results as Markdown."""
    machine = ", ".join(f"{name} {value}" for name, value in summary["machine"].items())
    lines = ["# SPARQL over HTTP", "", f"Requests a second, median of the rounds. {machine}.", ""]
    for name, took in summary["milliseconds"].items():
        lines.append(f"- *{name}*: {took:g} ms for one client of {NATIVE}, connecting each time.")
    lines += ["", "| query | clients | who | requests/s | least to most | of Oxigraph |"]
    lines += ["|---|---:|---|---:|---|---:|"]
    for row in summary["rows"]:
        cells = (
            row["query"],
            f"{row['clients']}",
            row["who"],
            f"{row['per_second']:,}",
            f"{row['least']:,} to {row['most']:,}",
            f"{row['of_native']:g}x",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *[f"- {line}" for line in wanted(summary)], ""])


def moved(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Which ratios are more than a quarter away from what they were."""
    was = {(row["query"], row["clients"], row["who"]): row["of_native"] for row in before["rows"]}
    told = []
    for row in after["rows"]:
        old = was.get((row["query"], row["clients"], row["who"]))
        if old and abs(row["of_native"] / old - 1) > MOVED:
            told.append(
                f"{row['query']}, {row['clients']} clients, {row['who']}: {old:g}x, now {row['of_native']:g}x"
            )
    return told


def main() -> int:
    """Measure, print, keep or compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="compare with the results that are there")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt-get install wrk)")
    summary = summed_up(measured(options.rounds, options.seconds))
    print(table(summary))
    kept = RESULTS / "serving.json"
    if options.check:
        differences = moved(json.loads(kept.read_text(encoding="utf-8")), summary)
        print("\n".join(differences) or "no ratio moved by more than 25%")
        return 1 if differences else 0
    kept.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "serving.md").write_text(table(summary), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
