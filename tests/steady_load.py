"""A client that sends requests at a constant rate, however long answers take, and keeps what came of each.

Tools that do this (wrk2, vegeta, autocannon -R) tell sums. Here each failure must be held against the moment of a kill,
and each answer against the snapshot that it came from, so each request is kept. One process, asyncio, HTTP/1.1 over
kept connections; a request leaves when it is due, on an idle connection or a new one, and its time counts from when it
was due. It costs about a tenth of a millisecond of processor for each request."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

#: Seconds until a request without an answer has failed.
PATIENCE = 30.0
#: Requests that wait for an answer at the same time; beyond it the rate cannot be offered, and they fail.
MOST_OPEN = 1500
#: Visitors come from so many addresses of the loopback network.
VISITORS = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be sent again and again. name: what it is called in results. status: of a right answer."""

    name: str
    path: str
    accept: str = "application/json"
    method: str = "GET"
    body: bytes = b""
    media_type: str = ""
    status: int = 200

    def wire(self, host: str) -> bytes:
        """Its bytes."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", f"Accept: {self.accept}"]
        if self.body:
            lines += [f"Content-Type: {self.media_type}", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(slots=True)
class Came:
    """What came of a request. due, sent, ended: monotonic seconds. failure: "" for a whole answer with its status.

    digest: of the body; snapshot: the header CMH-Snapshot."""

    name: str
    due: float
    sent: float
    right: int = 200
    ended: float = 0.0
    status: int = 0
    digest: bytes = b""
    snapshot: str = ""
    etag: str = ""
    failure: str = ""

    @property
    def seconds(self) -> float:
        return self.ended - self.due


class _Line(asyncio.Protocol):
    """One connection: one request at a time."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.transport: asyncio.Transport | None = None
        self.came: Came | None = None
        self.read = bytearray()
        self.length = -1
        self.start = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send(self, wire: bytes, came: Came) -> None:
        assert self.transport is not None
        self.came, self.length, self.start = came, -1, 0
        self.read.clear()
        self.transport.write(wire)

    def data_received(self, data: bytes) -> None:
        self.read += data
        came = self.came
        if came is None:
            return
        if self.length < 0:
            end = self.read.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head(came, bytes(self.read[:end]).decode("latin-1"))
            self.start = end + 4
        body = bytes(self.read[self.start :])
        if self.chunked:
            if not body.endswith(b"0\r\n\r\n"):
                return
        elif len(body) < self.length:
            return
        # A refusal holds an id of its own.
        came.digest = hashlib.sha256(body).digest() if came.status == 200 else b""
        if came.status != came.right:
            came.failure = f"status {came.status}: {body[:160]!r}"
        self._done(came)

    def _head(self, came: Came, head: str) -> None:
        first, *lines = head.split("\r\n")
        came.status = int(first.split(" ", 2)[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        came.snapshot, came.etag = headers.get("cmh-snapshot", ""), headers.get("etag", "")
        self.chunked = headers.get("transfer-encoding", "") == "chunked"
        self.length = int(headers.get("content-length", 0))
        self.closing = headers.get("connection", "").lower() == "close"

    chunked = False
    closing = False

    def _done(self, came: Came) -> None:
        came.ended = time.monotonic()
        self.came = None
        self.load.ended(came)
        if self.closing:
            assert self.transport is not None
            self.transport.close()
        else:
            self.load.idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.load.idle:
            self.load.idle.remove(self)
        if self.came is not None:
            self.came.failure = f"connection ended: {exc or 'no answer'}"
            self.closing = True
            self.came.ended = time.monotonic()
            self.load.ended(self.came)
            self.came = None

    def give_up(self) -> None:
        if self.came is not None and self.transport is not None:
            self.transport.abort()


@dataclass
class Load:
    """Requests at a rate, from a mix, against one address. seed: of the order in which kinds come."""

    host: str
    port: int
    mix: Sequence[Asked]
    rate: float
    seed: int = 7
    came: list[Came] = field(default_factory=list)
    idle: list[_Line] = field(default_factory=list)
    open: int = 0
    late: float = 0.0
    _stop: bool = False

    async def run(self, seconds: float | None = None, until: Callable[[], bool] | None = None) -> None:
        """Send until the seconds are over, `until` is true or stop is called; then wait for the last answers."""
        loop, dice = asyncio.get_running_loop(), random.Random(self.seed)
        wires = [(asked, asked.wire(f"{self.host}:{self.port}")) for asked in self.mix]
        start, number = time.monotonic(), 0
        sending: set[asyncio.Task[None]] = set()
        while not self._stop:
            due = start + number / self.rate
            now = time.monotonic()
            if (seconds is not None and due - start >= seconds) or (until is not None and until()):
                break
            if due > now:
                await asyncio.sleep(due - now)
            elif number % 20 == 0:
                await asyncio.sleep(0)
            number += 1
            asked, wire = dice.choice(wires)
            came = Came(asked.name, due, time.monotonic(), asked.status)
            self.late = max(self.late, came.sent - due)
            self.came.append(came)
            if self.open >= MOST_OPEN:
                came.ended, came.failure = came.sent, f"{MOST_OPEN} requests have no answer yet"
                continue
            self.open += 1
            if self.idle:
                self._send(self.idle.pop(), wire, came)
            else:
                task = loop.create_task(self._send_anew(wire, came, dice.randrange(VISITORS)))
                sending.add(task)
                task.add_done_callback(sending.discard)
        while self.open and time.monotonic() < start + number / self.rate + PATIENCE + 5:
            await asyncio.sleep(0.02)
        for line in list(self.idle):
            assert line.transport is not None
            line.transport.close()
        self.idle.clear()

    def stop(self) -> None:
        self._stop = True

    def ended(self, came: Came) -> None:
        self.open -= 1

    def _send(self, line: _Line, wire: bytes, came: Came) -> None:
        line.send(wire, came)
        asyncio.get_running_loop().call_later(PATIENCE, self._look, line, came)

    def _look(self, line: _Line, came: Came) -> None:
        if line.came is came:
            line.give_up()

    async def _send_anew(self, wire: bytes, came: Came, visitor: int) -> None:
        try:
            _, line = await asyncio.get_running_loop().create_connection(
                lambda: _Line(self), self.host, self.port, local_addr=(f"127.0.1.{visitor + 1}", 0)
            )
        except OSError as error:
            came.ended, came.failure = time.monotonic(), f"no connection: {error}"
            self.ended(came)
            return
        self._send(line, wire, came)

    @property
    def failures(self) -> list[Came]:
        return [came for came in self.came if came.failure]

    def quantile(self, share: float, since: float = 0.0) -> float:
        """Seconds that this share of the whole answers took at most."""
        took = sorted(came.seconds for came in self.came if not came.failure and came.sent >= since)
        return took[min(len(took) - 1, int(share * len(took)))] if took else 0.0
