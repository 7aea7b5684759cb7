"""How long the service waits for a client, and for how many: uvicorn itself waits for ever for half a request."""

from __future__ import annotations

import asyncio
import json
from typing import ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cmh_graph.api.operations.clients import client_of, is_of
from cmh_graph.api.operations.connections import Connections
from cmh_graph.namespaces import PROBLEM

#: From the first byte, or the connection if none comes, to the end of the body. A fast client takes milliseconds.
REQUEST_SECONDS: Final = 30.0
#: How often a client that reads slowly is looked at,
_READING_SECONDS: Final = 30.0
#: and how many bytes it must have taken since. The slowest lines carry ten times as much.
_LEAST_READ: Final = 30_000
#: Headers up to this many bytes are read before they are refused in words; more end the connection.
MOST_HEADER_BYTES: Final = 65_536
_END_OF_HEADERS: Final = b"\r\n\r\n"
_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)


class Together:
    """A transport that sends the head of an answer with the beginning of its body: one call of the system and not two.

    What nothing follows at once goes by itself before the event loop waits again."""

    __slots__ = ("_held", "_later", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport: Final = transport
        self._loop: Final = loop
        self._held: bytes | None = None
        self._later: asyncio.Handle | None = None

    def write(self, data: bytes) -> None:
        """Send with what was held, or hold."""
        if self._held is None:
            self._held = data
            self._later = self._loop.call_soon(self._send)
        else:
            held, self._held = self._held, None
            if self._later is not None:
                self._later.cancel()
            self._transport.writelines((held, data) if data else (held,))

    def close(self) -> None:
        """Send what is held, and close when all has been sent."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what is held is lost."""
        self._held = None
        self._transport.abort()

    def is_closing(self) -> bool:
        """Whether it is closed, or will be."""
        return self._transport.is_closing()

    def get_write_buffer_size(self) -> int:
        """Bytes that the client has not taken yet."""
        return self._transport.get_write_buffer_size() + len(self._held or b"")

    def _send(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._transport.write(held)


class Patience(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, for clients that send a whole request within seconds_for_request and read on.

    counted: where connections are counted, if they are. trusted: proxies, whose connections are not bounded as those of
    one client."""

    seconds_for_request: ClassVar[float] = REQUEST_SECONDS
    counted: ClassVar[Connections | None] = None
    trusted: ClassVar[tuple[str, ...]] = ()
    _deadline: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None
    _client: str | None = None
    #: bytes that came since the headers began, counted by what came together
    _head = 0
    _in_head = True
    _whole = False
    #: bytes that came after the headers and are no part of a body: sizes of pieces, and what is written behind them
    _around_body = 0
    _after_head = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a new connection, or end it where there is no room."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self.transport = Together(self.transport, self.loop)  # type: ignore[assignment]
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
        self._whole = False
        if self._in_head:
            end = data.find(_END_OF_HEADERS)
            self._after_head = len(data) - end - len(_END_OF_HEADERS) if end >= 0 else 0
        else:
            self._around_body += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._around_body > MOST_HEADER_BYTES:
            self.send_400_response("")
            return
        if self._whole:
            self._wait_no_more()
            if self.counted is not None and self.cycle and not self.cycle.response_complete:
                self.counted.works(self)
            return
        if self._deadline is None:
            self._wait()
        if self._in_head:
            self._head += len(data)
            if self._head > MOST_HEADER_BYTES and not self.transport.is_closing():
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._whole, self._in_head, self._head = False, True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; those that follow a body in pieces are read by nobody and not kept."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """All headers are there."""
        self._in_head = False
        # Of several requests that came together, only the first is known to a byte.
        self._around_body, self._after_head = self._after_head, 0
        if self.parser.get_http_version() == "1.1" and [name for name, _ in self.headers].count(b"host") != 1:
            # RFC 9112, 3.2: otherwise a proxy and we may take the request to be for two hosts.
            raise ValueError("one Host header is needed")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._around_body -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        super().on_message_complete()
        self._whole = True

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
        """Answer what is no HTTP in the one problem body, once what came whole before it has been answered."""
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            if not self.cycle.more_body:
                self.cycle.keep_alive = False
                return
            # Its own body is what cannot be read: nobody hears what else would be said of it.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(_UNREADABLE)
        self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing here changes to another protocol: the request is answered as it is, and the connection ends."""
        self.cycle.keep_alive = False

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


def _unreadable() -> bytes:
    """The answer to what is no HTTP, in the one problem body."""
    problem = {
        "type": f"{PROBLEM}bad-request",
        "title": "this is no HTTP request that can be read, or its headers are too large",
        "status": 400,
        "mend": "send HTTP/1.1 with one Host header, and fewer or shorter headers",
    }
    body = json.dumps(problem).encode()
    headers = (
        "content-type: application/problem+json",
        f"content-length: {len(body)}",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "connection: close",
    )
    return "\r\n".join(("HTTP/1.1 400 Bad Request", *headers, "", "")).encode() + body


_UNREADABLE: Final = _unreadable()
