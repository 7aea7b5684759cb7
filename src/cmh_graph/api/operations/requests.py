"""One request as the service notes it: what is told of it in answers, logs and figures."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

HEADER: Final = "X-Request-ID"
#: The route of a request that no address of ours answered.
UNMATCHED: Final = "unmatched"
_WELL_FORMED: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_NAME: Final = HEADER.lower().encode()


@dataclass(slots=True)
class Noted:
    """A request under way. route is the template of its address; client names who it counts for, None for nobody."""

    id: str
    route: str = UNMATCHED
    client: str | None = None
    status: int = 0
    size: int = 0


_CURRENT: Final[ContextVar[Noted | None]] = ContextVar("request", default=None)


def current() -> Noted | None:
    """The request that this code runs for, also in threads started for it; None outside of any."""
    return _CURRENT.get()


def become_current(noted: Noted) -> None:
    """Make it the request that this task runs for."""
    _CURRENT.set(noted)


def id_of(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id that the headers bring if there is one that is well-formed: 8 to 64 letters, digits, ".", "_" and "-".

    Otherwise a new one of 16 hexadecimal digits."""
    given = [value for name, value in headers if name == _NAME]
    if len(given) == 1 and _WELL_FORMED.fullmatch(given[0]):
        return given[0].decode("ascii")
    return os.urandom(8).hex()
