"""Messages between the serving process and its workers: a JSON header and a body of bytes."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any, Final

_SIZES: Final = struct.Struct("!IQ")
SIZES_LENGTH: Final = _SIZES.size


def pack(header: dict[str, Any], body: bytes = b"") -> bytes:
    """The bytes of one message."""
    encoded = json.dumps(header).encode()
    return _SIZES.pack(len(encoded), len(body)) + encoded + body


def sizes(start: bytes) -> tuple[int, int]:
    """The lengths of header and body, from the first SIZES_LENGTH bytes of a message."""
    header, body = _SIZES.unpack(start)
    return header, body


def send(channel: socket.socket, header: dict[str, Any], body: bytes = b"") -> None:
    """Write one message to a blocking socket."""
    channel.sendall(pack(header, body))


def receive(channel: socket.socket) -> dict[str, Any] | None:
    """Read one message without a body from a blocking socket; None when the other side is gone."""
    start = _exactly(channel, SIZES_LENGTH)
    if start is None:
        return None
    length, _ = sizes(start)
    encoded = _exactly(channel, length)
    if encoded is None:
        return None
    header = json.loads(encoded)
    assert isinstance(header, dict)
    return header


def _exactly(channel: socket.socket, length: int) -> bytes | None:
    parts: list[bytes] = []
    while length:
        part = channel.recv(min(length, 1 << 20))
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
