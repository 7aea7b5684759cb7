"""Lets the service run under mixed load and looks whether it fails or grows.

    python benchmarks/soak.py [--seconds 600] [--clients 6] [--pace 0.05]

Starts `cmh-graph serve` over the built snapshot, with a data folder of its own and two made-up partners, and sends it
pages, API reads, light, heavy and runaway queries, refused requests, visitors' lists and partners' landings, as often
as the mix says. The first quarter of the time warms up. Prints Markdown tables: what was sent and how it was
answered, and memory of the service and its children by quarter (shared parts once). Exit 1 if an answer had an
unexpected status, an error was logged, or memory grew by more than 10% from the median of the second quarter to the
median of the last."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from runaway import RUNAWAYS, used

from cmh_graph.namespaces import BASE, PREFIXES

ROOT = Path(__file__).parent.parent
GROWTH = 0.10
#: Query limits of the service here, so that runaways come and go often.
QUERY_SECONDS = 2.0
#: The least and the most that is uploaded as a visitor's list, in rows.
ROWS = (5, 200)
_TITLES = (
    "Peer support worker", "STR worker", "Band 6 CPN", "Community mental health nurse", "Team manager", "OT", "HCA",
    "Receptionist", "Employment specialist", "Care coordinator", "Volunteer", "Clinical psychologist", "Social worker",
)  # fmt: skip


@dataclass
class Kind:
    """One kind of load: how often it comes, which statuses are right, and what came."""

    name: str
    weight: int
    right: frozenset[int]
    send: Callable[[httpx.AsyncClient, random.Random], Awaitable[int]]
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


@dataclass
class Partner:
    """A made-up partner: its key, its token, and how often it has landed."""

    key: str
    token: str
    landings: int = 0


def kinds(partners: list[Partner], served: set[str]) -> list[Kind]:
    """The mix. served: addresses that the service has; what it has not is left out."""
    pages = (
        "/",
        "/roles",
        "/role/hcsw",
        "/role/peer-support-worker",
        "/skills",
        "/search?q=hca",
        "/find",
        "/have",
        "/about",
    )
    reads = (
        "/v1/roles",
        "/v1/roles/hcsw",
        "/v1/skills?limit=20",
        "/v1/search?q=act+lis",
        "/v1/version",
        "/role/hcsw.ttl",
    )
    light = (
        "ASK { ?s ?p ?o }",
        "SELECT * { ?r a cmh:Role } LIMIT 20",
        "SELECT (COUNT(*) AS ?n) { ?r cmh:band ?b }",
    )
    heavy = "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o . ?s a ?c } GROUP BY ?p"

    def get(
        addresses: tuple[str, ...], accept: str
    ) -> Callable[[httpx.AsyncClient, random.Random], Awaitable[int]]:
        async def send(client: httpx.AsyncClient, dice: random.Random) -> int:
            found = await client.get(dice.choice(addresses), headers={"Accept": accept})
            return found.status_code

        return send

    def query(texts: tuple[str, ...]) -> Callable[[httpx.AsyncClient, random.Random], Awaitable[int]]:
        async def send(client: httpx.AsyncClient, dice: random.Random) -> int:
            found = await client.post("/sparql", data={"query": dice.choice(texts)})
            return found.status_code

        return send

    async def release(client: httpx.AsyncClient, _: random.Random) -> int:
        return (await client.get("/v1/roles/hcsw", params={"version": "1.0.0"})).status_code

    async def leave(client: httpx.AsyncClient, dice: random.Random) -> int:
        """Somebody who goes away while their query runs."""
        with contextlib.suppress(httpx.TimeoutException):
            await client.post("/sparql", data={"query": next(iter(RUNAWAYS.values()))}, timeout=0.1)
        return 0

    async def have(client: httpx.AsyncClient, _: random.Random) -> int:
        found = await client.post(
            "/have", data={"skill": "active-listening"}, headers={"Accept": "text/html"}
        )
        return found.status_code

    async def workforce(client: httpx.AsyncClient, dice: random.Random) -> int:
        rows = ["job title,band,fte"] + [
            f"{dice.choice(_TITLES)},{dice.randint(3, 7)},1.0" for _ in range(40)
        ]
        found = await client.post(
            "/v1/workforce", content="\n".join(rows), headers={"Content-Type": "text/csv"}
        )
        return found.status_code

    async def visit(_: httpx.AsyncClient, dice: random.Random) -> int:
        return await visitors_list(str(_.base_url), dice)

    async def land(client: httpx.AsyncClient, dice: random.Random) -> int:
        partner = dice.choice(partners)
        partner.landings += 1
        found = await client.put(
            f"/graphs/{partner.key}",
            content=catalogue(partner, dice),
            headers={"Authorization": f"Bearer {partner.token}", "Content-Type": "text/turtle"},
            timeout=60,
        )
        return found.status_code

    async def own(client: httpx.AsyncClient, dice: random.Random) -> int:
        partner = dice.choice(partners)
        found = await client.post(
            "/sparql", data={"query": "SELECT * { ?r a cmh:Role } LIMIT 20"},
            headers={"Authorization": f"Bearer {partner.token}"}, timeout=60,
        )  # fmt: skip
        return found.status_code

    right = frozenset({200})
    found = [
        Kind("pages", 30, right, get(pages, "text/html")),
        Kind("API reads", 30, right, get(reads, "*/*")),
        Kind("a release", 3, right, release),
        Kind("light queries", 25, right, query(light)),
        Kind("heavy queries", 4, frozenset({200, 429, 503}), query((heavy,))),
        Kind("runaways", 2, frozenset({413, 429, 503}), query(tuple(RUNAWAYS.values()))),
        Kind("runaways left alone", 1, frozenset({0}), leave),
        Kind("not there", 3, frozenset({404}), get(("/v1/roles/nobody", "/nothing", "/role/nobody"), "*/*")),
        Kind("refused", 3, frozenset({400}), get(("/v1/roles?typo=1", "/sparql?query=INSERT"), "*/*")),
        Kind("forms", 2, right, have),
        Kind("staff extracts", 1, right, workforce),
        Kind("probes", 3, right, get(("/health", "/ready", "/v1/health"), "*/*")),
    ]
    if "/align" in served:
        found.append(Kind("visitors' lists", 1, frozenset({200}), visit))
    if partners:
        found += [
            Kind("partners' landings", 1, frozenset({200, 201, 204}), land),
            Kind("partners' queries", 3, frozenset({200, 429}), own),
        ]
    return found


async def visitors_list(address: str, dice: random.Random) -> int:
    """Give a list as a visitor does, wait for the result, and remove it; the status of the last page, or of the first
    that was none."""
    rows = "\n".join(
        ["title,band"]
        + [f"{dice.choice(_TITLES)} {n},{dice.randint(3, 7)}" for n in range(dice.randint(*ROWS))]
    )
    async with httpx.AsyncClient(base_url=address, timeout=60, follow_redirects=True) as client:
        page = await client.get("/align", headers={"Accept": "text/html"})
        named = dict(re.findall(r'name="([\w-]+)"[^>]*value="([^"]*)"', page.text))
        field_ = re.search(r'type="file"[^>]*name="([\w-]+)"|name="([\w-]+)"[^>]*type="file"', page.text)
        if field_ is None:
            return page.status_code if page.status_code != 200 else 599
        name = field_[1] or field_[2]
        same = {"Accept": "text/html", "Origin": address.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        page = await client.post(
            "/align", data=named, files={name: ("list.csv", rows, "text/csv")}, headers=same
        )
        for _ in range(120):
            if page.status_code != 200:
                return page.status_code
            state = await client.get("/align/progress.json")
            if state.status_code != 200 or not re.search(r'"(waiting|running|matching|reading)"', state.text):
                break
            await asyncio.sleep(0.5)
        page = await client.get("/align/results", headers={"Accept": "text/html"})
        token = dict(re.findall(r'name="([\w-]+)"[^>]*value="([^"]*)"', page.text))
        await client.post("/align/remove", data={**named, **token}, headers=same)
        return page.status_code


def catalogue(partner: Partner, dice: random.Random) -> str:
    """A partner's catalogue in Turtle, another at each landing."""
    key, says = partner.key, f"cmh:status status:confirmed ; dcterms:source source:{partner.key} ."
    lines = [
        *(f"@prefix {name}: <{PREFIXES[name]}> ." for name in ("cmh", "skos", "dc", "dcterms", "org")),
        *(f"@prefix {kind}: <{BASE}{kind}/> ." for kind in ("source", "organisation", "title", "post")),
        *(
            f"@prefix {name}: <{BASE}vocab/{name}/> ."
            for name in ("status", "employer-type", "use-state", "band")
        ),
        f'source:{key} a cmh:Source ; skos:prefLabel "Roles of {key}"@en ; dc:publisher "{key}"@en ; dc:date "2026" ;',
        '  dc:rights "CC0"@en ; cmh:sourceKind status:confirmed .',
        f'organisation:{key} a cmh:Organisation ; skos:prefLabel "{key}"@en ;',
        f"  cmh:employerType employer-type:nhs-trust ; cmh:relationToFramework use-state:partner ; {says}",
    ]
    for n in range(dice.randint(5, 50)):
        lines += [
            f'title:{key}-{n} a cmh:Title ; skos:prefLabel "{dice.choice(_TITLES)} {n}"@en ;',
            f"  cmh:belongsTo organisation:{key} ; {says}",
            f"post:{key}-{n} a cmh:Post ; cmh:hasTitle title:{key}-{n} ; org:postIn organisation:{key} ;",
            f"  cmh:band band:{dice.randint(3, 7)} ; {says}",
        ]
    return "\n".join(lines)


def add_partners(environment: dict[str, str]) -> list[Partner]:
    """Two partners with a token to write; none where the service has no partner space."""
    found = []
    for key in ("northfield", "riverside"):
        done = subprocess.run(
            [sys.executable, "-m", "cmh_graph.cli", "partner", "add", key, "--name", key.title()],
            env=environment, capture_output=True, text=True,
        )  # fmt: skip
        token = re.search(r"\b[\w-]{30,}\b", done.stdout)
        if done.returncode or token is None:
            print(f"partners are left out: {done.stderr.strip()[:200]}", file=sys.stderr)
            return []
        found.append(Partner(key, token[0]))
    return found


async def client_of(
    number: int, address: str, mix: list[Kind], until: float, pace: float, odd: list[str]
) -> None:
    """One visitor who asks one thing after the other."""
    dice = random.Random(number)
    headers = {"X-Forwarded-For": f"203.0.113.{number + 1}"}
    async with httpx.AsyncClient(base_url=address, timeout=30, headers=headers) as client:
        while time.monotonic() < until:
            (kind,) = dice.choices(mix, [one.weight for one in mix])
            began = time.monotonic()
            try:
                status = await kind.send(client, dice)
            except httpx.HTTPError as error:
                status = -1
                odd.append(f"{kind.name}: {type(error).__name__} {error}")
            kind.statuses[status] += 1
            kind.seconds.append(time.monotonic() - began)
            if status not in kind.right:
                odd.append(f"{kind.name}: {status}")
            await asyncio.sleep(dice.expovariate(1 / pace))


async def watch(pid: int, until: float) -> list[tuple[float, float]]:
    """Seconds since the start and memory in MB, every two seconds."""
    began = time.monotonic()
    found = []
    while time.monotonic() < until:
        _, memory = await asyncio.to_thread(used, pid)
        found.append((time.monotonic() - began, memory))
        await asyncio.sleep(2)
    return found


async def soak(
    address: str, pid: int, mix: list[Kind], options: argparse.Namespace
) -> tuple[list[tuple[float, float]], list[str]]:
    """Send the mix; memory over time, and what was not as it should be."""
    odd: list[str] = []
    until = time.monotonic() + options.seconds
    visitors = [client_of(n, address, mix, until, options.pace, odd) for n in range(options.clients)]
    memory, *_ = await asyncio.gather(watch(pid, until), *visitors)
    return memory, odd


def quarters(memory: list[tuple[float, float]], seconds: float) -> list[float]:
    """The median of each quarter of the time, in MB."""
    parts: dict[int, list[float]] = defaultdict(list)
    for at, used_ in memory:
        parts[min(3, int(4 * at / seconds))].append(used_)
    return [statistics.median(parts[n]) if parts[n] else 0.0 for n in range(4)]


def start(folder: Path, environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], str]:
    """The service on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cmh_graph.cli", "serve", "--port", str(port), "--log-format", "json"],
            env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{address}/ready", timeout=10).status_code == 200:
                return process, address
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise SystemExit(f"the service did not start:\n{(folder / 'log').read_text('utf-8')[-2000:]}")


def report(mix: list[Kind], parts: list[float], seconds: float) -> None:
    """Print the tables."""
    total = sum(len(kind.seconds) for kind in mix)
    print(f"{total} requests in {seconds:g} seconds.\n")
    print("| load | sent | answers | p50 ms | p95 ms | unexpected |")
    print("|---|---|---|---|---|---|")
    for kind in mix:
        times = sorted(kind.seconds) or [0.0]
        told = ", ".join(f"{count} x {status or 'left'}" for status, count in sorted(kind.statuses.items()))
        wrong = sum(count for status, count in kind.statuses.items() if status not in kind.right)
        print(
            f"| {kind.name} | {len(kind.seconds)} | {told or '-'} | {1000 * times[len(times) // 2]:.0f} "
            f"| {1000 * times[int(0.95 * (len(times) - 1))]:.0f} | {wrong} |"
        )
    print("\n| quarter | memory MB |\n|---|---|")
    for number, part in enumerate(parts, 1):
        print(f"| {number}{' (warm-up)' if number == 1 else ''} | {part:.0f} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--clients", type=int, default=6, help="visitors at once")
    parser.add_argument("--pace", type=float, default=0.05, help="mean pause of a visitor in seconds")
    parser.add_argument("--memory", type=Path, help="write memory over time to this CSV file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {
            **os.environ,
            "CMH_GRAPH_HOME": str(ROOT),
            "CMH_GRAPH_SNAPSHOTS": os.environ.get("CMH_GRAPH_SNAPSHOTS", str(ROOT / "build")),
            "CMH_GRAPH_DATA": str(folder / "data"),
            "CMH_GRAPH_QUERY_SECONDS": str(QUERY_SECONDS),
            "CMH_GRAPH_QUERY_MEMORY_MB": "256",
            # Visitors come from one machine here, and partners land far more often than they would.
            "CMH_GRAPH_TOKEN_CHANGES": "100",
        }
        partners = add_partners(environment)
        process, address = start(folder, environment)
        try:
            addresses = {
                path for path in ("/align",) if httpx.get(address + path, timeout=30).status_code == 200
            }
            mix = kinds(partners, addresses)
            memory, odd = asyncio.run(soak(address, process.pid, mix, options))
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
        if options.memory:
            with options.memory.open("w", newline="", encoding="utf-8") as out:
                csv.writer(out).writerows([("seconds", "mb"), *memory])
        complaints = [
            line for line in (folder / "log").read_text("utf-8").splitlines() if '"level": "error"' in line
        ]
    parts = quarters(memory, options.seconds)
    report(mix, parts, options.seconds)
    grown = parts[3] / parts[1] - 1 if parts[1] else 0.0
    print(
        f"\nMemory grew by {100 * grown:+.1f}% after the warm-up; {len(complaints)} errors logged; exit code {code}."
    )
    for line in [*Counter(odd).items()][:20]:
        print(f"unexpected: {line[0]} ({line[1]} times)")
    for line in complaints[:5]:
        print(f"logged: {line[:300]}")
    return 1 if odd or grown > GROWTH or code or complaints else 0


if __name__ == "__main__":
    sys.exit(main())
