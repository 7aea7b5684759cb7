"""Connections on which no whole request comes are closed; others are left alone."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request

from cmh_graph.api.patience import Patience


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
