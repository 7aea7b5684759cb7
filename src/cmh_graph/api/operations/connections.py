"""How many connections there may be, and which one goes when there are too many.

A connection waits while no whole request has come on it: it is new, half sent, or kept for a next request. When all
are taken, the one that has waited longest makes room, so that those who send nothing cannot keep out those who do."""

from __future__ import annotations

import resource
from collections import Counter
from typing import Final, Protocol

#: File descriptors that the service needs for other things than connections.
_OTHER_FILES: Final = 256


class Connection(Protocol):
    """What is counted."""

    def let_go(self) -> None:
        """Close it at once."""


class Connections:
    """The connections of one service. Used from one thread, that of the event loop."""

    def __init__(self, most: int, most_of_client: int) -> None:
        self._most: Final = most
        self._most_of_client: Final = most_of_client
        self._of_client: Final[Counter[str]] = Counter()
        #: in the order in which they began to wait
        self._waiting: Final[dict[Connection, None]] = {}
        self.open = 0
        self.let_go = 0

    def admit(self, connection: Connection, client: str | None) -> bool:
        """Whether a new connection may stay; it is counted either way until it leaves. client: None is not bounded."""
        self.open += 1
        if client is not None:
            self._of_client[client] += 1
            if self._of_client[client] > self._most_of_client:
                self.let_go += 1
                return False
        if self.open > self._most:
            self.let_go += 1
            if not self._waiting:
                return False
            longest = next(iter(self._waiting))
            del self._waiting[longest]
            longest.let_go()
        self._waiting[connection] = None
        return True

    def leave(self, connection: Connection, client: str | None) -> None:
        """Forget a connection that is closed."""
        self.open -= 1
        self._waiting.pop(connection, None)
        if client is not None:
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]

    def waits(self, connection: Connection) -> None:
        """It waits for a request from now on."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = None

    def works(self, connection: Connection) -> None:
        """A whole request has come on it."""
        self._waiting.pop(connection, None)


def room_for(wanted: int) -> int:
    """How many connections can be had, after the system has been asked for file descriptors for them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + _OTHER_FILES if most == resource.RLIM_INFINITY else min(wanted + _OTHER_FILES, most)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    else:
        files = soft
    return min(wanted, max(files - _OTHER_FILES, 16))
