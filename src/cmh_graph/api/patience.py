"""How long the service waits for a client, and for how many: uvicorn itself waits for ever for half a request."""

from __future__ import annotations

import asyncio
import json
from typing import ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from cmh_graph.api.operations.clients import client_of, is_of
from cmh_graph.api.operations.connections import Connections
from cmh_graph.namespaces import PROBLEM

#: From the first byte, or the connection if none comes, to the end of the body. A fast client takes milliseconds.
REQUEST_SECONDS: Final = 30.0
#: How often a client that reads slowly is looked at,
_READING_SECONDS: Final = 30.0
#: and how many bytes it must have taken since. The slowest lines carry ten times as much.
_LEAST_READ: Final = 30_000
_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)


class Patience(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, for clients that send a whole request within seconds_for_request and read on.

    counted: where connections are counted, if they are. trusted: proxies, whose connections are not bounded as those of
    one client."""

    seconds_for_request: ClassVar[float] = REQUEST_SECONDS
    counted: ClassVar[Connections | None] = None
    trusted: ClassVar[tuple[str, ...]] = ()
    _deadline: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None
    _client: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new connection, or end it where there is no room."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()
        if self.counted is not None:
            address = self.client[0] if self.client else ""
            if address and not is_of(address, self.trusted):
                self._client = client_of(address)
            if not self.counted.admit(self, self._client):
                self.transport.write(_FULL)
                self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        if self._deadline is None:
            self._wait()
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._wait_no_more()
            if self.counted is not None and self.cycle and not self.cycle.response_complete:
                self.counted.works(self)

    def on_response_complete(self) -> None:
        """An answer has been given: the connection waits for the next request."""
        super().on_response_complete()
        # Another request may have come on its heels.
        idle = self.cycle.response_complete and not self.transport.is_closing()
        if self.counted is not None and idle:
            self.counted.waits(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let a connection go."""
        self._wait_no_more()
        self._read_no_more()
        if self.counted is not None:
            self.counted.leave(self, self._client)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client has much to read: from now on it must read on."""
        super().pause_writing()
        self._read_no_more()
        self._look_later(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The client has read most of it."""
        self._read_no_more()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP in the one problem body."""
        body = _UNREADABLE
        event = h11.Response(
            status_code=400,
            headers=[
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
                (b"connection", b"close"),
            ],
            reason=b"Bad Request",
        )
        for part in (event, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(part) or b"")
        self.transport.close()

    def let_go(self) -> None:
        """Close it: another needs the room."""
        self.transport.abort()

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self.seconds_for_request, self._give_up)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        self.transport.close()

    def _look_later(self, unread: int) -> None:
        self._reading = self.loop.call_later(_READING_SECONDS, self._look, unread)

    def _look(self, before: int) -> None:
        unread = self.transport.get_write_buffer_size()
        if before - unread < _LEAST_READ:
            self.transport.abort()
        else:
            self._look_later(unread)

    def _read_no_more(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None


_UNREADABLE: Final = json.dumps(
    {
        "type": f"{PROBLEM}bad-request",
        "title": "this is no HTTP request that can be read, or its headers are too large",
        "status": 400,
        "mend": "send HTTP/1.1 with fewer or shorter headers",
    }
).encode()
