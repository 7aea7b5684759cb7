"""How much may be under way at once, for one client and for all, and how long an address and its headers may be.

What is counted is what is under way and not requests by the minute: the many people of one hospital come from one
address, and each of their requests is soon over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

#: Longest address with its query, in bytes. Longer queries go into the body of a POST.
LONGEST_ADDRESS: Final = 16_000
#: All headers together, in bytes, with what parts them.
LONGEST_HEADERS: Final = 32_000
MOST_HEADERS: Final = 100
#: Addresses by which others see whether the service works: they answer however busy it is.
PROBES: Final = frozenset({"/health", "/ready", "/v1/health"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not taken; why is a word for figures."""

    status: int
    slug: str
    why: str
    what: str
    mend: str
    seconds: int = 0
    where: str = ""


class Limits:
    """Counts requests under way. Used from one thread, that of the event loop."""

    def __init__(self, for_client: int, for_all: int) -> None:
        self._for_client: Final = for_client
        self._for_all: Final = for_all
        self._of_client: Final[Counter[str]] = Counter()
        self.under_way = 0

    @property
    def clients(self) -> int:
        """Clients that have something under way."""
        return len(self._of_client)

    def refusal(self, scope: Scope, client: str | None) -> Refusal | None:
        """Why a request is not taken; None if it is."""
        if (told := _form(scope)) is not None:
            return told
        if scope["path"] in PROBES:
            return None
        if client is not None and self._of_client[client] >= self._for_client:
            return Refusal(
                429,
                "too-many",
                "client",
                f"{self._for_client} requests from your address are under way already",
                "wait for some of them to be answered, then go on",
                seconds=1,
            )
        if self.under_way >= self._for_all:
            return Refusal(
                503,
                "busy",
                "all",
                "the service has as many requests under way as it takes at once",
                "try again in a few seconds",
                seconds=2,
            )
        return None

    def begun(self, client: str | None) -> None:
        """Count a request until it has `ended`, which is to be told whatever becomes of it."""
        self.under_way += 1
        if client is not None:
            self._of_client[client] += 1

    def ended(self, client: str | None) -> None:
        """Count a request no more."""
        self.under_way -= 1
        if client is not None:
            self._of_client[client] -= 1
            # Whoever has nothing under way is forgotten: visitors must not fill memory with their addresses.
            if not self._of_client[client]:
                del self._of_client[client]


def _form(scope: Scope) -> Refusal | None:
    """What is wrong with the address or the headers themselves."""
    path = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
    length = len(path) + len(scope["query_string"])
    if length > LONGEST_ADDRESS:
        return Refusal(
            414,
            "address-too-long",
            "address",
            f"the address is longer than {LONGEST_ADDRESS:,} bytes",
            "send less, or send it in the body of a POST where the address takes one",
        )
    headers = scope["headers"]
    size = 0
    framings = set()
    for name, value in headers:
        size += len(name) + len(value) + 4
        if name == b"content-length" or name == b"transfer-encoding":
            framings.add(name)
    if len(headers) > MOST_HEADERS or size > LONGEST_HEADERS:
        return Refusal(
            431,
            "headers-too-large",
            "headers",
            f"there are more than {MOST_HEADERS} headers, or more than {LONGEST_HEADERS:,} bytes of them",
            "send fewer or shorter ones",
        )
    if len(framings) > 1:
        # Which of the two counts is where a proxy and a server may differ, and a second request can hide.
        return Refusal(
            400,
            "bad-request",
            "framing",
            "the length of the body is stated in two ways",
            "send Content-Length or Transfer-Encoding, not both",
            where="headers Content-Length, Transfer-Encoding",
        )
    return None
