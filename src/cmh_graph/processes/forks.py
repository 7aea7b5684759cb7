"""A warm process that forks a child for each task: what is read once is shared by all of them.

It has a single thread, for a process with threads must not fork, and does nothing itself that could fail. It speaks
with the serving process over one socket that keeps the bounds of messages. Linux only: it relies on process
descriptors."""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from cmh_graph.errors import CmhGraphError
from cmh_graph.processes.limits import die_with
from cmh_graph.processes.told import words_of

#: Descriptors that come with one message, at most.
_HANDED: Final = 3


class Forks:
    """The children of this process, and the serving process that asks for them.

    control: the descriptor of the socket to that process, whose process id is parent; this one dies with it."""

    def __init__(self, control: int, parent: int) -> None:
        die_with(parent)
        self._control: Final = socket.socket(fileno=control)
        #: process descriptor -> (process id, the number that the serving process gave)
        self._children: Final[dict[int, tuple[int, int]]] = {}

    def ready(self, said: int) -> None:
        """Say that children can be had from now on."""
        # Collected garbage would touch pages that children share: what is here now stays.
        gc.collect()
        gc.freeze()
        self.tell({"ready": said})

    def failed(self, error: CmhGraphError) -> None:
        """Say why there will be none."""
        self.tell({"failed": words_of(error)})

    def tell(self, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
        """Send one message, with descriptors that the other side gets."""
        try:
            socket.send_fds(self._control, [json.dumps(message).encode()], descriptors)
        except (BrokenPipeError, ConnectionResetError):
            sys.exit(0)  # the serving process is gone, and the children end with this one

    def asked(self) -> Iterator[tuple[dict[str, Any], list[int]]]:
        """Each message of the serving process with the descriptors that came with it, until that is gone.

        Meanwhile it is told of each child that has ended; those that have not are ended at last."""
        while True:
            readable, _, _ = select.select([self._control.fileno(), *self._children], [], [])
            for ready in readable:
                if ready != self._control.fileno():
                    self._see_off(ready)
                    continue
                try:
                    message, handed, _, _ = socket.recv_fds(self._control, 1 << 16, _HANDED)
                except ConnectionResetError:
                    message, handed = b"", []  # it closed before it had read all that we told
                if not message:
                    self._end()
                    return
                yield json.loads(message), handed

    def fork(self, number: int, work: Callable[[], None]) -> tuple[int, int]:
        """A child that does the work and ends; gives its process id and a descriptor of it.

        number: what the serving process is told of its end by."""
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                self._control.close()
                for other in self._children:
                    os.close(other)
                die_with(parent)
                work()
            except BaseException:
                os._exit(70)
            os._exit(0)
        pidfd = os.pidfd_open(pid)
        self._children[pidfd] = (pid, number)
        return pid, pidfd

    def _see_off(self, pidfd: int) -> None:
        pid, number = self._children.pop(pidfd)
        _, status = os.waitpid(pid, 0)
        os.close(pidfd)
        self.tell({"gone": number, "status": os.waitstatus_to_exitcode(status)})

    def _end(self) -> None:
        for pidfd, (pid, _) in self._children.items():
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.waitpid(pid, 0)
