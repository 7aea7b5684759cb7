"""Connections on which no whole request comes are closed; others are left alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterable, Iterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request

from cmh_graph.api.patience import Patience, Together


class Hasty(Patience):
    """Waits half a second."""

    seconds_for_request = 0.5


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A service that takes a second to answer, on a free port."""
    app = FastAPI()

    @app.post("/")
    async def slow(request: Request) -> int:
        size = len(await request.body())
        await asyncio.sleep(1.0)
        return size

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", http=Hasty))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HT",
        b"POST / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
    ],
)
def test_half_a_request_is_not_waited_for(sent: bytes, port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(sent)
        while client.recv(1000):  # an answer may come that says so; what counts is that the connection ends
            pass


def test_a_whole_request_may_take_its_time_to_answer_and_the_connection_serves_on(port: int) -> None:
    with httpx.Client(timeout=10) as client:
        for _ in range(2):
            assert client.post(f"http://127.0.0.1:{port}/", content=b"abc").json() == 3


def asked(port: int, sent: bytes) -> bytes:
    """All that comes back on one connection."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(sent)
        while part := client.recv(65_536):
            got += part
    return got


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000,
        b"GET /" + b"a" * 400_000,
        b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x: y\r\n" * 40_000,
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    ],
    ids=[
        "no host",
        "two hosts",
        "a header without end",
        "an address without end",
        "headers without end",
        "a length and pieces",
        "two lengths",
        "a piece of no length",
        "a blank before the colon",
        "a null in a header",
    ],
)
def test_what_is_no_http_or_could_be_read_in_two_ways_is_refused_in_words(sent: bytes, port: int) -> None:
    # Part of it may be unread when the connection ends, and then the system may drop the answer too.
    with contextlib.suppress(ConnectionResetError, BrokenPipeError):
        told = asked(port, sent)
        head, _, body = told.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ") and b"connection: close" in head.lower()
        assert json.loads(body)["type"].endswith("bad-request")


def test_headers_after_a_body_in_pieces_are_not_taken_for_headers_of_the_request(port: int) -> None:
    pieces = b"3\r\nabc\r\n0\r\nHost: other\r\nX-Late: 1\r\n\r\n"
    told = asked(
        port,
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + pieces,
    )
    assert told.startswith(b"HTTP/1.1 200 ") and told.endswith(b"3")


def test_a_request_to_change_the_protocol_is_answered_as_it_is_and_ends_the_connection(port: int) -> None:
    told = asked(
        port,
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc",
    )
    assert told.startswith(b"HTTP/1.1 200 ")


def test_requests_on_the_heels_of_others_are_answered_in_their_order(port: int) -> None:
    one = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n%s\r\n%s"
    sent = one % (1, b"", b"a") + one % (2, b"", b"ab") + one % (3, b"Connection: close\r\n", b"abc")
    told = asked(port, sent)
    assert [part.rpartition(b"\r\n\r\n")[2][:1] for part in told.split(b"HTTP/1.1 200 OK")[1:]] == [
        b"1",
        b"2",
        b"3",
    ]


def test_the_head_of_an_answer_leaves_with_its_body() -> None:
    sent: list[bytes] = []

    class Wire(asyncio.Transport):
        """Notes each call."""

        def write(self, data: bytes | bytearray | memoryview) -> None:
            sent.append(bytes(data))

        def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
            sent.append(b"".join(list_of_data))

        def close(self) -> None:
            sent.append(b"closed")

    async def work() -> None:
        together = Together(Wire(), asyncio.get_running_loop())
        together.write(b"head")
        together.write(b"body")
        together.write(b"more")
        await asyncio.sleep(0)
        together.write(b"last")
        together.close()
        await asyncio.sleep(0)

    asyncio.run(work())
    assert sent == [b"headbody", b"more", b"last", b"closed"]
