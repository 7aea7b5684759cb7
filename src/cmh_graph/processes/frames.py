"""Messages between the serving process and a child: a JSON header and a body of bytes."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any, Final

_SIZES: Final = struct.Struct("!IQ")
SIZES_LENGTH: Final = _SIZES.size
_PART: Final = 1 << 16


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
    # Most messages come in one part, and no other follows before this one is answered.
    message = channel.recv(_PART)
    while message and len(message) < SIZES_LENGTH:
        part = channel.recv(_PART)
        message = message + part if part else b""
    if not message:
        return None
    length, _ = sizes(message[:SIZES_LENGTH])
    parts, missing = [message[SIZES_LENGTH:]], SIZES_LENGTH + length - len(message)
    while missing:
        part = channel.recv(min(missing, 1 << 20))
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    header = json.loads(b"".join(parts))
    assert isinstance(header, dict)
    return header
