"""HTTP connections to one server, used again and again.

SPARQLWrapper makes the requests; its own way to send them opens a connection for each (urllib), which costs more than a
short query. Nothing is followed to another address, and no answer is longer than was allowed."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
import threading
import urllib.request
from collections import deque
from dataclasses import dataclass
from email.message import Message
from typing import Final
from urllib.parse import urlsplit

from cmh_graph.remote.address import Address

#: Seconds to wait for a connection to be made.
CONNECT_SECONDS: Final = 3.0
_READ: Final = 1 << 16
_CUT: Final = "the body ended before its end"


class Broken(Exception):
    """No whole answer came. sent: whether the server may have done what was asked."""

    def __init__(self, why: str, *, sent: bool = True) -> None:
        super().__init__(why)
        self.why = why
        self.sent = sent


class TooLong(Exception):
    """The body is longer than was allowed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    headers: Message
    body: bytes


class Ticket:
    """One who waits for an answer, and may stop waiting from another thread."""

    def __init__(self) -> None:
        self.cancelled = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """Stop waiting now: the connection is shut, which wakes whoever reads from it."""
        with self._lock:
            self.cancelled = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def holds(self, taken: socket.socket | None) -> None:
        """Note the connection in use. Raises Broken if nobody waits any more."""
        with self._lock:
            self._socket = taken
            if self.cancelled and taken is not None:
                raise Broken("nobody waits for the answer", sent=False)


class Connections:
    """Connections to the server of an address; as many as are used at once, of which `kept` stay open."""

    def __init__(self, address: Address, *, kept: int) -> None:
        parts = urlsplit(address.query)
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port
        self._context = ssl.create_default_context() if self._secure else None
        self._idle: deque[http.client.HTTPConnection] = deque(maxlen=kept)
        self._lock = threading.Lock()
        self._basic = ""
        self._digest: urllib.request.HTTPDigestAuthHandler | None = None
        self._challenge: dict[str, str] | None = None
        if address.password and not address.user:
            self._basic = f"Bearer {address.password}"
        if address.user:
            pair = f"{address.user}:{address.password}".encode()
            self._basic = "Basic " + base64.b64encode(pair).decode()
            accounts = urllib.request.HTTPPasswordMgrWithDefaultRealm()
            accounts.add_password(None, f"{parts.scheme}://{parts.netloc}/", address.user, address.password)
            self._digest = urllib.request.HTTPDigestAuthHandler(accounts)
        #: connections that were made, for figures and tests
        self.made = 0

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def send(
        self,
        request: urllib.request.Request,
        *,
        seconds: float,
        most: int,
        ticket: Ticket,
        known: bool = True,
    ) -> Reply:
        """The whole answer to a request to this server.

        seconds: how long the server may be silent; most: bytes of body; known: whether to say who asks.
        Raises Broken or TooLong."""
        if not known:
            return self._once(request, "", seconds, most, ticket)
        reply = self._once(request, self._authorization(request), seconds, most, ticket)
        if reply.status != 401 or self._digest is None:
            return reply
        told = reply.headers.get("WWW-Authenticate", "")
        if not told:
            # Virtuoso answers a password in plain text without saying how it wants it.
            told = self._once(request, "", seconds, most, ticket).headers.get("WWW-Authenticate", "")
        if not told.lower().startswith("digest "):
            return reply
        self._challenge = urllib.request.parse_keqv_list(
            list(filter(None, urllib.request.parse_http_list(told[len("digest ") :])))
        )
        return self._once(request, self._authorization(request), seconds, most, ticket)

    def _authorization(self, request: urllib.request.Request) -> str:
        if self._digest is None or self._challenge is None:
            return self._basic
        # Made for each request: the server wants each number of a nonce once.
        with self._lock:
            return "Digest " + str(self._digest.get_authorization(request, self._challenge))

    def _once(
        self, request: urllib.request.Request, authorization: str, seconds: float, most: int, ticket: Ticket
    ) -> Reply:
        while True:
            connection, fresh = self._take()
            try:
                return self._exchange(connection, request, authorization, seconds, most, ticket)
            except Broken as error:
                connection.close()
                # A server may close what was idle; on a connection of its own the request is made once more.
                if fresh or error.sent or ticket.cancelled:
                    raise
            except BaseException:
                connection.close()
                raise
            finally:
                ticket.holds(None)

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        request: urllib.request.Request,
        authorization: str,
        seconds: float,
        most: int,
        ticket: Ticket,
    ) -> Reply:
        used_before = connection.sock is not None
        try:
            if connection.sock is None:
                connection.timeout = min(seconds, CONNECT_SECONDS)
                connection.connect()
        except OSError as error:
            raise Broken(f"no connection: {_words(error)}", sent=False) from None
        assert connection.sock is not None
        ticket.holds(connection.sock)
        connection.sock.settimeout(seconds)
        headers = {name: value for name, value in request.header_items() if name.lower() != "host"}
        if authorization:
            headers["Authorization"] = authorization
        data = request.data
        try:
            connection.request(request.get_method(), request.selector, body=data, headers=headers)
            response = connection.getresponse()
        except http.client.RemoteDisconnected:
            raise Broken("the connection was closed without an answer", sent=not used_before) from None
        except (OSError, http.client.HTTPException) as error:
            stale = used_before and isinstance(error, BrokenPipeError | ConnectionResetError)
            raise Broken(f"no answer: {_words(error)}", sent=not stale) from None
        body = self._body(response, most)
        # Read to its end, it still counts as being read until it is closed.
        response.close()
        # From here on it may be another's.
        ticket.holds(None)
        if response.will_close:
            connection.close()
        else:
            self._give_back(connection)
        return Reply(response.status, response.headers, body)

    def _body(self, response: http.client.HTTPResponse, most: int) -> bytes:
        if response.length is not None and response.length > most:
            raise TooLong
        expected = response.length
        framed = response.chunked or expected is not None
        parts, got = [], 0
        try:
            while part := response.read1(_READ):
                got += len(part)
                if got > most:
                    raise TooLong
                parts.append(part)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Broken(f"{_CUT}: {_words(error)}") from None
        if not framed:
            raise Broken("the server does not say where its answer ends")
        if expected is not None and got != expected:
            raise Broken(_CUT)
        return b"".join(parts)

    def _take(self) -> tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
            self.made += 1
        if self._context is not None:
            return http.client.HTTPSConnection(self._host, self._port, context=self._context), True
        return http.client.HTTPConnection(self._host, self._port), True

    def _give_back(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) == self._idle.maxlen:
                self._idle.popleft().close()
            self._idle.append(connection)


def _words(error: BaseException) -> str:
    """What went wrong, without what the server sent."""
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
