"""The process that loads the graph once, or knows where it is on disk, and forks workers.

It is a fresh interpreter, not a fork of the serving process: a process with threads must not fork, and this
one has a single thread. It starts no query itself. Run by QueryPool as `python -m cmh_graph.sparql.zygote`.

Linux only: it relies on process descriptors, RLIMIT_AS and the parent-death signal.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

from cmh_graph.errors import CmhGraphError
from cmh_graph.sparql import frames
from cmh_graph.sparql.answers import Limits, QueryRequest, answer
from cmh_graph.sparql.held import Held, hold
from cmh_graph.store import Store

_PR_SET_PDEATHSIG: Final = 1
_PAGE: Final = resource.getpagesize()
#: The engine recurses over long chains of operators and paths; what it uses of this counts as memory.
_STACK: Final = 100 * 2**20


def main(arguments: list[str]) -> int:
    """Load the snapshot, say so, and fork a worker whenever the serving process asks."""
    control_fd, parent, snapshot, rows, size, memory, *beside = arguments
    _die_with(int(parent))
    control = socket.socket(fileno=int(control_fd))
    try:
        held = hold(Path(snapshot), [int(descriptor) for descriptor in beside])
    except CmhGraphError as error:
        _tell(control, {"failed": _words(error)})
        return 2
    for descriptor in beside:
        os.close(int(descriptor))
    limits = Limits(int(rows), int(size))
    # Collected garbage would touch pages that workers share: what is here now stays.
    gc.collect()
    gc.freeze()
    _tell(control, {"ready": held.triples})

    pidfds: dict[
        int, tuple[int, int]
    ] = {}  # process descriptor -> (pid, number given by the serving process)
    while True:
        readable, _, _ = select.select([control.fileno(), *pidfds], [], [])
        for ready in readable:
            if ready == control.fileno():
                try:
                    message = control.recv(1024)
                except ConnectionResetError:
                    message = b""  # it closed before it had read all that we told
                if not message:
                    held.close()
                    return _end(pidfds)
                number = int(json.loads(message)["fork"])
                pidfd, pid = _fork(held, limits, int(memory) * 2**20, control, number, pidfds)
                pidfds[pidfd] = (pid, number)
            else:
                pid, number = pidfds.pop(ready)
                _, status = os.waitpid(pid, 0)
                os.close(ready)
                _tell(control, {"gone": number, "status": os.waitstatus_to_exitcode(status)})


def _tell(control: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
    try:
        socket.send_fds(control, [json.dumps(message).encode()], descriptors)
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the serving process is gone, and the workers end with this one


def _end(pidfds: dict[int, tuple[int, int]]) -> int:
    for pidfd, (pid, _) in pidfds.items():
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        os.waitpid(pid, 0)
    return 0


def _die_with(parent: int) -> None:
    """Be killed when the parent dies, even in the middle of a load or a query."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)  # it died before the line above


def _fork(
    held: Held, limits: Limits, memory: int, control: socket.socket, number: int, pidfds: dict[int, Any]
) -> tuple[int, int]:
    ours, theirs = socket.socketpair()
    zygote = os.getpid()
    pid = os.fork()
    if pid == 0:
        ours.close()
        control.close()
        for pidfd in pidfds:
            os.close(pidfd)
        _work(held, limits, memory, theirs, zygote)
    theirs.close()
    pidfd = os.pidfd_open(pid)
    _tell(control, {"worker": number, "pid": pid}, (ours.fileno(), pidfd))
    ours.close()
    return pidfd, pid


def _work(held: Held, limits: Limits, memory: int, channel: socket.socket, zygote: int) -> NoReturn:
    """Answer queries one after the other until the serving process closes the channel."""
    try:
        _die_with(zygote)
        store = held.store()
        baseline = _confine(held, memory)
        # The file behind /proc is opened before opening is forbidden; each read of it is fresh.
        while (header := frames.receive(channel)) is not None:
            if header.get("ask") == "graphs":
                frames.send(channel, {"rows": 0}, json.dumps(store.graphs()).encode())
                continue
            reply, body = _reply(store, header, limits)
            reply["spent"] = _virtual_size() - baseline > held.kept_growth
            frames.send(channel, reply, body)
            del reply, body
    except BaseException:
        os._exit(70)
    os._exit(0)


def _reply(store: Store, header: dict[str, Any], limits: Limits) -> tuple[dict[str, Any], bytes]:
    try:
        body, rows = answer(store, QueryRequest(**header), limits)
        return {"rows": rows}, body
    except CmhGraphError as error:
        return {"error": _words(error)}, b""
    except MemoryError:
        return {"memory": True}, b""
    except (RuntimeError, OSError, ValueError) as error:
        return {"error": {"slug": "query-refused", "what": f"the query could not be evaluated: {error}"}}, b""


def _words(error: CmhGraphError) -> dict[str, str]:
    return {"slug": error.slug, "what": error.what, "where": error.where, "mend": error.mend}


_statm = -1


def _virtual_size() -> int:
    return int(os.pread(_statm, 100, 0).split()[0]) * _PAGE


def _confine(held: Held, memory: int) -> int:
    """Take from this process what a query has no need of; gives its size in bytes so far."""
    global _statm
    _statm = os.open("/proc/self/statm", os.O_RDONLY)
    quiet = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(quiet, standard)
    os.close(quiet)
    # When the whole machine runs out of memory, a worker goes first and not the service.
    Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    baseline = _virtual_size()
    resource.setrlimit(resource.RLIMIT_AS, (baseline + memory, baseline + memory))
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    stack = _STACK if most == resource.RLIM_INFINITY else min(_STACK, most)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    held.close_files()
    return baseline


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
