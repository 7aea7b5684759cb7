"""The service as its operator sees it: ids, logs, figures, limits, readiness, new snapshots and the end."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from built import framework_snapshots, opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.api.operations import clients, connections, logs, requests
from cmh_graph.api.operations.around import Operated, Operations
from cmh_graph.api.operations.forgetting import forget_apps
from cmh_graph.api.operations.limits import PROBES
from cmh_graph.errors import NoSnapshot, QueueFull
from cmh_graph.namespaces import PROBLEM
from cmh_graph.settings import PREFIX, Settings
from cmh_graph.sparql import places

CASES = Path(__file__).parent / "cases" / "operations"
#: Must be in no log line and no figure, whatever it is sent as.
CANARY = "canary7f3a9"


def cases(name: str) -> list[dict[str, Any]]:
    return tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))["case"]


def test_every_case_file_is_used() -> None:
    assert {path.stem for path in CASES.glob("*.toml")} == {"clients", "limits", "request_ids", "settings"}
    for path in CASES.glob("*.toml"):
        assert all(case["why"] for case in cases(path.stem))


# --- one request ---


@pytest.mark.parametrize("case", cases("request_ids"), ids=lambda case: case["given"][:20])
def test_a_request_id_is_taken_if_it_is_well_formed(case: dict[str, Any]) -> None:
    found = requests.id_of([(b"x-request-id", case["given"].encode())])
    assert (found == case["given"]) is case["taken"], case["why"]


@given(st.lists(st.binary(max_size=80), max_size=3))
def test_an_id_never_holds_more_than_it_may(values: list[bytes]) -> None:
    found = requests.id_of([(b"x-request-id", value) for value in values])
    assert 8 <= len(found) <= 64
    assert all(char.isascii() and (char.isalnum() or char in "._-") for char in found)


@pytest.mark.parametrize("case", cases("clients"), ids=lambda case: case["address"])
def test_who_a_request_counts_for(case: dict[str, Any]) -> None:
    assert (clients.client_of(case["address"]) or "") == case["client"], case["why"]
    assert clients.shown(case["address"], "network") == case["network"], case["why"]
    assert clients.shown(case["address"], "none") == ""


@pytest.fixture(scope="module")
def log() -> Iterator[io.StringIO]:
    """What is logged, as JSON."""
    root, written = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    logs.set_up("json", "info", written)
    yield written
    logging.captureWarnings(False)
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture(scope="module")
def service(log: io.StringIO) -> Iterator[TestClient]:
    app = create_app(Settings(snapshots=framework_snapshots()), opened_framework())

    @app.get("/broken/{key}", include_in_schema=False)
    def broken(key: str) -> None:
        raise ValueError(f"cannot read {key}")

    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    """The lines since the last call."""
    text = log.getvalue()
    log.seek(0)
    log.truncate()
    return [json.loads(line) for line in text.splitlines()]


def test_an_id_is_in_the_answer_in_the_problem_and_in_the_log(service: TestClient, log: io.StringIO) -> None:
    lines(log)
    answer = service.get("/v1/roles/nobody", headers={"X-Request-ID": "known-from-before"})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "known-from-before"
    (line,) = lines(log)
    assert line["request_id"] == "known-from-before"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/roles/{key}", 404)
    assert line["bytes"] == len(answer.content)
    assert "client" not in line, "nobody asked for addresses"
    assert (
        service.get("/v1/roles").headers["x-request-id"] != service.get("/v1/roles").headers["x-request-id"]
    )


def test_an_unexpected_error_is_a_whole_answer_and_a_traceback_without_its_message(
    service: TestClient, log: io.StringIO
) -> None:
    lines(log)
    answer = service.get(f"/broken/{CANARY}")
    assert answer.status_code == 500 and answer.json()["type"] == f"{PROBLEM}error"
    assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["content-security-policy"]
    told = lines(log)
    assert {line["request_id"] for line in told} == {
        answer.headers["x-request-id"],
        answer.json()["request_id"],
    }
    error = next(line for line in told if line["level"] == "error")
    assert error["error"] == "ValueError" and "test_operations.py" in error["at"]
    assert CANARY not in json.dumps(told)


@pytest.mark.parametrize("case", cases("limits"), ids=lambda case: case["why"][:30])
def test_the_form_of_a_request_is_bounded(service: TestClient, case: dict[str, Any]) -> None:
    start, part, count = case["path"]
    headers = [
        header
        for name, value, times in case.get("headers", [])
        for header in (
            [(name, value * times)] if len(value) > 1 and value != "chunked" else [(name, value)] * times
        )
    ]
    answer = service.request(case.get("method", "GET"), start + part * count, headers=headers)
    assert answer.status_code == case["status"], case["why"]
    assert "content-security-policy" in answer.headers
    if case["slug"]:
        assert answer.json()["type"] == PROBLEM + case["slug"]
        assert answer.json()["mend"]


def test_nothing_that_was_sent_is_logged_or_counted(service: TestClient, log: io.StringIO) -> None:
    lines(log)
    secret = {
        "Authorization": f"Bearer {CANARY}",
        "Cookie": f"visit={CANARY}",
        "Referer": f"http://x/{CANARY}",
    }
    service.get("/v1/search", params={"q": CANARY}, headers=secret)
    service.get(f"/v1/roles/{CANARY}", headers={"X-Forwarded-For": CANARY})
    service.get(f"/{CANARY}/{CANARY}")
    service.get("/sparql", params={"query": f"ASK {{ ?{CANARY} ?p 'x' }}"})
    service.post("/sparql", data={"query": f"SELECT {CANARY} broken {{"})
    service.post("/v1/workforce", content=f"title\n{CANARY}\n", headers={"Content-Type": "text/csv"})
    service.post("/have", data={CANARY: CANARY}, headers={"Accept": "text/html"})
    service.request(CANARY.upper(), "/v1/roles")
    service.get(f"/v1/roles/x%0aforged-{CANARY}")
    told = lines(log)
    assert len([line for line in told if line["message"] == "request"]) == 9
    method = next(line for line in told if line.get("method") == CANARY.upper())
    told.remove(method)  # a method is no secret, and is bounded
    assert CANARY not in json.dumps(told).lower()
    figures = service.app.state.operations.measures.registry  # type: ignore[attr-defined]
    seen = [sample for family in figures.collect() for sample in family.samples]
    assert not any(CANARY in str(sample.labels).lower() for sample in seen)
    asked = [sample for sample in seen if sample.name == "cmh_graph_requests_total"]
    assert {"unmatched", "/v1/roles/{key}", "/sparql"} <= {sample.labels["route"] for sample in asked}
    assert {sample.labels["method"] for sample in asked} <= {"GET", "HEAD", "POST", "other"}


def test_releases_are_told_by_the_same_routes(service: TestClient, log: io.StringIO) -> None:
    lines(log)
    assert service.get("/v1/roles/hcsw", params={"version": "1.0.0"}).status_code == 200
    (line,) = [line for line in lines(log) if line["message"] == "request"]
    assert line["route"] == "/v1/roles/{key}"


def test_a_text_line_stays_one_line() -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.TextLines())
    handler.emit(logging.makeLogRecord({"msg": "one\nlevel=error \x1b[31mred", "levelname": "INFO"}))
    assert written.getvalue().count("\n") == 1 and "\x1b" not in written.getvalue()


# --- limits ---


class Held:
    """An app whose answers wait until they are let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.begun = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun += 1
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})


async def ask(
    operations: Operations, app: Held, address: str, path: str = "/v1/roles"
) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer to a client at an address."""
    scope: Scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [], "client": (address, 1),
    }  # fmt: skip
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    await operations.handle(app, scope, receive, send)
    return told[0]["status"], {name.decode(): value.decode() for name, value in told[0]["headers"]}


def test_a_client_over_its_bound_touches_nobody_else() -> None:
    async def scene() -> None:
        operations, app = Operations(Settings(client_requests=3, requests_at_once=100)), Held()
        flood = [asyncio.create_task(ask(operations, app, "2001:db8::1")) for _ in range(3)]
        await asyncio.sleep(0)
        # Another address of the same line, and a flood in turn.
        for _ in range(50):
            status, headers = await ask(operations, app, "2001:db8::ffff")
            assert status == 429 and headers["Retry-After".lower()] == "1"
        others = [asyncio.create_task(ask(operations, app, f"203.0.113.{n}")) for n in range(20)]
        others += [asyncio.create_task(ask(operations, app, "127.0.0.1")) for _ in range(20)]
        await asyncio.sleep(0)
        assert app.begun == 43
        app.go.set()
        for answered in await asyncio.gather(*flood, *others):
            assert answered[0] == 200
        assert operations.limits.under_way == operations.limits.clients == 0, "nobody is remembered"

    asyncio.run(scene())


def test_beyond_the_bound_for_all_only_probes_are_answered() -> None:
    async def scene() -> None:
        operations, app = Operations(Settings(requests_at_once=4)), Held()
        held = [asyncio.create_task(ask(operations, app, f"203.0.113.{n}")) for n in range(4)]
        await asyncio.sleep(0)
        status, headers = await ask(operations, app, "198.51.100.1")
        assert status == 503 and headers["retry-after"] == "2"
        probes = [asyncio.create_task(ask(operations, app, "198.51.100.1", path)) for path in sorted(PROBES)]
        await asyncio.sleep(0)
        app.go.set()
        assert {answered[0] for answered in await asyncio.gather(*held, *probes)} == {200}

    asyncio.run(scene())


def test_a_client_that_leaves_gives_its_place_back() -> None:
    async def scene() -> None:
        operations, app = Operations(Settings(client_requests=1)), Held()
        left = asyncio.create_task(ask(operations, app, "203.0.113.1"))
        await asyncio.sleep(0)
        left.cancel()
        with suppress(asyncio.CancelledError):
            await left
        app.go.set()
        assert (await ask(operations, app, "203.0.113.1"))[0] == 200

    asyncio.run(scene())


@dataclass(eq=False)
class Line:
    """A connection that knows whether it was closed."""

    closed: bool = False

    def let_go(self) -> None:
        self.closed = True


def test_when_connections_run_out_the_one_that_waited_longest_goes() -> None:
    counted = connections.Connections(most=3, most_of_client=2)
    silent, busy, kept, fresh = Line(), Line(), Line(), Line()
    assert all(counted.admit(line, None) for line in (busy, silent, kept))
    counted.works(busy)
    assert counted.admit(fresh, "203.0.113.1")
    assert [line.closed for line in (silent, busy, kept, fresh)] == [True, False, False, False]
    counted.leave(silent, None)
    assert counted.admit(Line(), "203.0.113.1") and kept.closed
    assert not counted.admit(Line(), "203.0.113.1"), "a third of one client"


@dataclass(eq=False)
class Query:
    """A long query of a client."""

    asked_by: str | None
    began: float = 0.0


@given(
    st.lists(st.sampled_from("abc"), min_size=2, max_size=6), st.lists(st.sampled_from("abcd"), max_size=40)
)
def test_places_for_long_queries_end_up_shared(held: list[str], asking: list[str]) -> None:
    """Whoever asks often enough has a place in the end, and nobody loses one to somebody who holds as many."""
    holding = [Query(client, began) for began, client in enumerate(held)]
    for began, client in enumerate(asking, len(held)):
        counts = {one: sum(query.asked_by == one for query in holding) for one in "abcd"}
        newcomer = Query(client, began)
        yields = places.who_yields(newcomer, holding)
        if yields is None:
            assert max(counts.values()) <= counts[client] + 1
        else:
            assert yields.asked_by is not None and counts[yields.asked_by] == max(counts.values())
            holding[holding.index(yields)] = newcomer  # type: ignore[arg-type]
            assert counts[yields.asked_by] - 1 >= counts[client] + 1


def test_who_asks_alone_may_hold_every_place() -> None:
    holding = [Query("a", 1.0), Query("a", 2.0)]
    assert places.who_yields(Query("a", 3.0), holding) is None
    assert places.who_yields(Query("b", 3.0), holding) is holding[1], "the youngest has lost least"
    assert places.who_yields(Query("b", 4.0), [holding[0], Query("b", 3.0)]) is None


# --- readiness ---


def test_ready_tells_what_does_not_work(service: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert service.get("/health").json() == {"status": "ok"}
    ready = service.get("/ready")
    assert ready.status_code == 200 and "queries" in ready.json()["parts"]
    pool = service.app.state.query_pool  # type: ignore[attr-defined]

    async def fails(_: object) -> None:
        raise NoSnapshot("the query service is starting again")

    async def is_busy(_: object) -> None:
        raise QueueFull("too many queries wait")

    monkeypatch.setattr(pool, "run", fails)
    time.sleep(1.05)  # an answer holds for a second
    refused = service.get("/ready")
    assert refused.status_code == 503 and refused.headers["retry-after"]
    assert {"where": "queries", "what": "the query service is starting again"} in refused.json()["findings"]
    monkeypatch.setattr(pool, "run", is_busy)
    time.sleep(1.05)
    assert service.get("/ready").status_code == 200, "busy is not broken: others would be busier still"
    assert service.get("/health").status_code == 200


# --- a whole service ---


@dataclass
class Served:
    """A running service, its folder of snapshots and its log."""

    address: str
    figures: str
    process: subprocess.Popen[bytes]
    snapshots: Path
    log: Path

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        told = self.log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in told if line.startswith("{")]

    def await_line(self, words: str) -> None:
        """Wait until it has logged these words."""
        for _ in range(600):
            if any(words in line["message"] for line in self.lines()):
                return
            time.sleep(0.1)
        raise AssertionError(f"never logged: {words}\n{self.log.read_text('utf-8')[-2000:]}")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def copy_of_the_snapshot(snapshots: Path, name: str) -> None:
    """Make a snapshot with the same content and another name the current one."""
    source = framework_snapshots()
    source /= (source / "current").read_text("utf-8").strip()
    target = snapshots / name
    shutil.copytree(source, target)
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    (target / "manifest.json").write_text(json.dumps({**manifest, "id": name}), "utf-8")
    pointer = snapshots / ".pointer"
    pointer.write_text(f"{name}\n", "utf-8")
    pointer.replace(snapshots / "current")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service in a process of its own. It is ended by the last test of this module."""
    folder = tmp_path_factory.mktemp("served")
    copy_of_the_snapshot(folder, "a" * 16)
    port, figures = free_port(), free_port()
    environment = {
        **os.environ,
        "CMH_GRAPH_SNAPSHOTS": str(folder),
        "CMH_GRAPH_QUERY_SECONDS": "3",
        "CMH_GRAPH_REQUEST_SECONDS": "2",
        "CMH_GRAPH_DRAIN_SECONDS": "5",
        "CMH_GRAPH_LOG_CLIENTS": "network",
        "CMH_GRAPH_CLIENT_REQUESTS": "4",
        "CMH_GRAPH_PROT": "1",
    }
    command = [sys.executable, "-m", "cmh_graph.cli", "serve", "--port", str(port)]
    command += ["--metrics-port", str(figures), "--log-format", "json"]
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
    found = Served(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{figures}/metrics", process, folder, log)
    try:
        found.await_line("takes requests")
        yield found
    finally:
        process.kill()
        process.wait(20)


RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


def test_figures_are_on_a_port_of_their_own(served: Served) -> None:
    assert httpx.get(f"{served.address}/v1/roles/hcsw").status_code == 200
    assert httpx.get(f"{served.address}/metrics").status_code == 404, "no proxy can give it away"
    families = text_string_to_metric_families(httpx.get(served.figures).text)
    samples = {sample.name: sample for family in families for sample in family.samples}
    assert samples["cmh_graph_served_info"].labels["snapshot"] == "a" * 16
    assert samples["cmh_graph_query_workers"].value >= 2
    assert samples["process_resident_memory_bytes"].value > 1e7
    assert samples["cmh_graph_requests_total"].value >= 1


def test_a_visitor_is_who_the_trusted_proxy_says(served: Served) -> None:
    """The peer is this machine, a trusted proxy by default; what the visitor added before the proxy does not count."""
    words = {"X-Forwarded-For": "198.51.100.99, 203.0.113.77"}
    assert httpx.get(f"{served.address}/v1/version", headers=words).status_code == 200
    for _ in range(100):
        told = [line for line in served.lines() if line.get("route") == "/v1/version"]
        if told:
            break
        time.sleep(0.1)
    assert [line["client"] for line in told] == ["203.0.113.0/24"]


def test_one_visitors_flood_is_refused_and_another_is_served(served: Served) -> None:
    statuses: list[int] = []

    def flood() -> None:
        with suppress(httpx.TransportError):
            found = httpx.post(
                f"{served.address}/sparql",
                data={"query": RUNAWAY},
                timeout=30,
                headers={"X-Forwarded-For": "203.0.113.1"},
            )
            statuses.append(found.status_code)

    threads = [threading.Thread(target=flood) for _ in range(12)]
    for thread in threads:
        thread.start()
    other = [
        httpx.get(
            f"{served.address}/v1/version", headers={"X-Forwarded-For": "203.0.113.2"}, timeout=20
        ).status_code
        for _ in range(20)
    ]
    for thread in threads:
        thread.join(60)
    assert set(other) == {200}
    assert statuses.count(429) >= 8 and set(statuses) <= {429, 503}


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /v1/roles HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 80_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ],
    ids=["endless header", "TLS to a plain port", "two hosts"],
)
def test_what_is_no_request_ends_the_connection(served: Served, sent: bytes) -> None:
    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        client.sendall(sent)
        answer = b""
        with suppress(ConnectionResetError):
            while part := client.recv(10_000):
                answer += part
    if answer:
        assert answer.startswith(b"HTTP/1.1 400 ") and b"application/problem+json" in answer
    assert httpx.get(f"{served.address}/health").status_code == 200


def test_a_slow_body_is_not_waited_for(served: Served) -> None:
    host, port = served.address.removeprefix("http://").split(":")
    with ExitStack() as slow:
        lines_ = [
            slow.enter_context(socket.create_connection((host, int(port)), timeout=20)) for _ in range(30)
        ]
        for line in lines_:
            line.sendall(b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nq")
        assert httpx.get(f"{served.address}/v1/version", timeout=20).status_code == 200
        for line in lines_:
            with suppress(ConnectionResetError):
                while line.recv(1000):
                    pass


def test_a_new_snapshot_comes_without_a_failed_request(served: Served) -> None:
    stop, seen, failed = threading.Event(), set[str](), []

    def visit() -> None:
        with httpx.Client(timeout=60) as client:
            while not stop.is_set():
                try:
                    found = client.get(f"{served.address}/v1/version")
                    asked = client.get(f"{served.address}/sparql", params={"query": "ASK {}"})
                    seen.add(found.headers["cmh-snapshot"])
                    if found.status_code != 200 or asked.status_code != 200:
                        failed.append((found.status_code, asked.status_code))
                except httpx.TransportError as error:
                    failed.append(error)

    visitors = [threading.Thread(target=visit) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    # A snapshot that cannot be read comes first: the old one is served on.
    broken = served.snapshots / ("b" * 16)
    broken.mkdir()
    (broken / "manifest.json").write_text("{}", "utf-8")
    (served.snapshots / "current").write_text("b" * 16, "utf-8")
    served.process.send_signal(signal.SIGHUP)
    served.await_line("the old one is served on")
    copy_of_the_snapshot(served.snapshots, "c" * 16)
    served.process.send_signal(signal.SIGHUP)
    served.await_line(f"snapshot {'c' * 16} is served now")
    time.sleep(0.5)
    stop.set()
    for visitor in visitors:
        visitor.join(60)
    assert not failed
    assert seen == {"a" * 16, "c" * 16}
    assert httpx.get(f"{served.address}/ready", timeout=20).json()["snapshot"] == "c" * 16


def test_sigterm_drains_and_ends_with_exit_code_0(served: Served) -> None:
    """The last test of this module: /ready turns, what is under way is answered, and no process stays."""
    children = {int(line) for line in _children(served.process.pid)}
    told: dict[str, int] = {}

    def long_query() -> None:
        told["query"] = httpx.post(
            f"{served.address}/sparql", data={"query": RUNAWAY}, timeout=30
        ).status_code

    asking = threading.Thread(target=long_query)
    asking.start()
    time.sleep(0.3)
    served.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    refused = httpx.get(f"{served.address}/ready", timeout=20)
    assert refused.status_code == 503 and "shutting down" in refused.json()["title"]
    assert refused.headers["connection"] == "close"
    assert httpx.get(f"{served.address}/v1/version", timeout=20).status_code == 200, "until it is drained"
    asking.join(60)
    assert told["query"] == 503, "stopped by its own limit, and told so"
    assert served.process.wait(60) == 0
    assert children and not any(Path(f"/proc/{child}").exists() for child in children)
    text = served.log.read_text("utf-8")
    assert "CMH_GRAPH_PROT is no setting; did you mean CMH_GRAPH_PORT?" in text
    assert "SELECT" not in text and "Traceback" not in text


def _children(parent: int) -> list[str]:
    found: list[str] = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            found += [child, *_children(int(child))]
    return found


# --- what is written about it ---

ROOT = Path(__file__).parent.parent


def test_every_test_that_the_threat_model_names_exists() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "tests/" in line]
    named = re.findall(r"`(tests/\w+\.py)::(\w+)`", text)
    assert len(rows) >= 40 and len(named) >= len(rows)
    for path, name in named:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text("utf-8"), re.M), (
            f"{path}::{name}"
        )


def test_every_attack_in_the_threat_model_has_a_test() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
    attacks = text.partition("## Attacks")[2].partition("## What is left")[0]
    rows = [
        line for line in attacks.splitlines() if line.startswith("| ") and not line.startswith("| attack ")
    ]
    assert [row for row in rows if not re.search(r"`tests/\w+\.py::\w+`", row)] == []


def test_deployments_keep_their_walls() -> None:
    """What the threat model says of the unit, the container and the proxies is in them."""
    unit = (ROOT / "deploy" / "cmh-graph@.service").read_text("utf-8").splitlines()
    for wall in (
        "DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "IPAddressDeny=any",
        "IPAddressAllow=localhost", "PrivateTmp=yes", "RestrictNamespaces=yes", "MemoryDenyWriteExecute=yes",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6", "KillMode=mixed",
    ):  # fmt: skip
        assert wall in unit
    container = (ROOT / "Containerfile").read_text("utf-8")
    assert container.index("USER 10001") > container.index("COPY --from=made")
    # Base images by their short names, nothing fetched by name of a host.
    assert set(re.findall(r"^FROM (\S+)", container, re.M)) == {"python:3.11-slim"}
    assert "://" not in container.replace("http://127.0.0.1", "")
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", container, re.M))
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[0] == "*"
    for name in " ".join(copied).split():
        assert (ROOT / name).exists() and f"!{name}" in ignored
    nginx = "".join(path.read_text("utf-8") for path in sorted((ROOT / "deploy" / "nginx").rglob("*.conf")))
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx and "ssl_reject_handshake on;" in nginx
    caddy = (ROOT / "deploy" / "caddy" / "Caddyfile").read_text("utf-8")
    assert "metrics" not in nginx and "metrics" not in caddy
    # A proxy lets go of an idle connection before the service does.
    kept = re.search(r"keepalive_timeout (\d+)s;", nginx)
    assert kept and int(kept[1]) < Settings.model_fields["keep_alive_seconds"].default


def test_settings_named_in_deployments_are_settings() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for path in (
        *(path for path in (ROOT / "deploy").rglob("*") if path.is_file()),
        ROOT / "Containerfile",
        ROOT / "docs" / "how-to" / "put-it-on-the-internet.md",
        ROOT / "docs" / "threat-model.md",
    ):
        for name in re.findall(r"CMH_GRAPH_\w+[A-Z]", path.read_text("utf-8")):
            assert name in known or any(one.startswith(name) for one in known), f"{path.name}: {name}"


def test_every_dependency_is_pinned() -> None:
    """What runs is what was tested: names of another version, or of a stranger's package, do not slip in."""
    pinned = {
        line.partition("==")[0].lower().replace("_", "-").replace(".", "-")
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for needed in project["dependencies"]:
        name = re.match(r"[\w.-]+", needed)
        assert name and name[0].lower().replace("_", "-").replace(".", "-") in pinned, needed


# --- memory ---


class Large:
    """What an app answers from."""


def test_an_app_that_is_gone_is_forgotten() -> None:
    """FastAPI keeps the functions of routes in caches; without our help each snapshot would stay in memory."""

    def made() -> weakref.ref[Large]:
        held = Large()
        app = Operated(Operations(Settings()))

        @app.get("/held")
        def answer() -> str:
            return str(held)

        app.include_router(APIRouter(), prefix="/v1")
        app.openapi()
        return weakref.ref(held)

    seen = made()
    forget_apps()
    assert seen() is None
