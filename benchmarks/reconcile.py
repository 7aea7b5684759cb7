"""Shows that the reconciliation service answers a batch of 50 titles fast, and that others need not wait for it.

    python benchmarks/reconcile.py [snapshots] [--batches 40] [--limit 500]

Serves the snapshot built last on a free port of 127.0.0.1 and sends it batches of 50 development titles, each with
a band and an employer type and none sent twice: first alone, then by two clients at once. Beside them a third client
asks for /v1/health. Prints a Markdown table in milliseconds; exit 1 if p95 of a batch sent alone is over the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import random
import signal
import socket
import statistics
import sys
import time
from pathlib import Path

import httpx
import uvicorn

from cmh_graph.api.app import create_app
from cmh_graph.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TITLES = ROOT / "tests" / "cases" / "align" / "title-alignment-dev.csv"
BATCH = 50
#: The whole run is given up after this many seconds.
LONGEST = 300
SETTING = ("East", "West", "Nights", "Bank", "30 hrs", "Older Adults", "CMHT", "EIP", "Rehab", "Ward 4")


def batches(number: int) -> list[dict[str, object]]:
    """Batches of queries; a title that comes back has another place and number beside it, so no cache helps."""
    with TITLES.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    chance = random.Random(7)
    found = []
    for batch in range(number):
        queries = {}
        for place in range(BATCH):
            row = rows[(batch * BATCH + place) % len(rows)]
            text = f"{row['title']} - {chance.choice(SETTING)} {batch}{place:02}"
            properties = [
                {"pid": pid, "v": row[column]}
                for pid, column in (("band", "band"), ("employer_type", "employer_type"))
                if row.get(column)
            ]
            queries[f"q{place}"] = {"query": text, "type": "Role", "type_strict": "should", "limit": 5}
            if properties:
                queries[f"q{place}"]["properties"] = properties
        found.append(queries)
    return found


async def send(client: httpx.AsyncClient, url: str, sent: list[dict[str, object]]) -> list[float]:
    """Milliseconds of each batch, one after another."""
    took = []
    for batch in sent:
        began = time.perf_counter()
        response = await client.post(f"{url}/reconcile", data={"queries": json.dumps(batch)})
        assert response.status_code == 200, response.text
        assert len(response.json()) == BATCH
        took.append((time.perf_counter() - began) * 1000)
    return took


async def health(client: httpx.AsyncClient, url: str, until: asyncio.Event) -> list[float]:
    """Milliseconds of each small request, one every 20 ms until told to stop."""
    took = []
    while not until.is_set():
        began = time.perf_counter()
        assert (await client.get(f"{url}/v1/health")).status_code == 200
        took.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.02)
    return took


async def measure(url: str, number: int) -> list[tuple[str, list[float]]]:
    """Rows of the table: what was sent, and how long each took."""
    first, *alone = batches(number + 1)
    beside = batches(3 * number + 1)[number + 1 :]
    async with httpx.AsyncClient(timeout=60) as client, httpx.AsyncClient(timeout=60) as other:
        rows = [("first batch, makes the engine", await send(client, url, [first]))]
        until = asyncio.Event()
        waiting = asyncio.create_task(health(other, url, until))
        rows.append(("batch of 50", await send(client, url, alone)))
        until.set()
        rows.append(("/v1/health beside it", await waiting))
        async with httpx.AsyncClient(timeout=60) as second:
            half = len(beside) // 2
            both = await asyncio.gather(send(client, url, beside[:half]), send(second, url, beside[half:]))
        rows.append(("batch of 50, two clients", [*both[0], *both[1]]))
    return rows


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def serve(snapshots: Path, listener: socket.socket) -> None:
    """Run the service in this process until it is told to end."""
    app = create_app(Settings(snapshots=snapshots, query_workers=1))
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/v1/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("the service did not start")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("snapshots", type=Path, nargs="?", default=Settings().snapshots)
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--limit", type=float, default=500.0, help="largest p95 of a batch, in ms")
    options = parser.parse_args()
    signal.alarm(LONGEST)
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        # With the protocol named, asyncio turns Nagle's delay of 40 ms off for what it accepts.
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        pid = os.fork()
        if pid == 0:
            signal.alarm(LONGEST)
            serve(options.snapshots, listener)
            os._exit(0)
        try:
            wait_until_ready(url)
            rows = asyncio.run(measure(url, options.batches))
        finally:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
    print("| request | number | median ms | p95 ms | longest ms |")
    print("|---|---|---|---|---|")
    for name, took in rows:
        middle = statistics.median(took)
        print(f"| {name} | {len(took)} | {middle:.0f} | {p95(took):.0f} | {max(took):.0f} |")
    return 0 if p95(dict(rows)["batch of 50"]) < options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
