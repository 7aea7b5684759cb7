"""A warm process (forks), seen from the serving process: how it is begun, and how its end is waited for."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

#: A process whose channel is closed has so long to end by itself.
_LAST_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Launched:
    """A process that has begun, and our end of the channel to it. Without us it ends by itself."""

    process: subprocess.Popen[bytes]
    control: socket.socket


def launch(
    module: str,
    arguments: Sequence[object],
    handed: Sequence[int] = (),
    environment: Mapping[str, str] | None = None,
) -> Launched:
    """Run a module of ours with the descriptor of its channel, our process id and the arguments.

    It dies with the thread that calls this. handed: descriptors that it gets under their numbers; they stay the
    caller's to close. environment: variables beside our own."""
    # Messages keep their bounds on this kind of socket, each with the descriptors that came with it.
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(theirs.fileno()), str(os.getpid()), *map(str, arguments)],
            pass_fds=[theirs.fileno(), *handed],
            env={**os.environ, **environment} if environment else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # Away from the terminal: Ctrl-C is for the serving process, which then ends this one in order.
            start_new_session=True,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return Launched(process, ours)


async def reap(process: subprocess.Popen[bytes] | None) -> None:
    """Wait for a process whose channel is closed; kill it if it does not end."""
    deadline = time.monotonic() + _LAST_SECONDS
    while process is not None and process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
        await asyncio.sleep(0.01)
