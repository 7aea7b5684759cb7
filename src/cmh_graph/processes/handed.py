"""Bytes for another process: a file in memory without a name, handed over by its descriptor."""

from __future__ import annotations

import os


def in_memory(data: bytes) -> int:
    """The descriptor of a file in memory that holds the data; whoever asks closes it."""
    descriptor = os.memfd_create("handed")
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
