"""The process that holds what a judge needs and forks a child for each upload.

The child may open nothing, has so much memory and time and no more, and dies with what it was handed; so a hostile
upload ends a child only. Run by Judges as `python -m cmh_graph.partner_space.judge_process`.

Linux only: it relies on process descriptors, RLIMIT_AS and the parent-death signal."""

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

from cmh_graph.errors import CmhGraphError, Refused
from cmh_graph.partner_space.judge import Bench
from cmh_graph.partner_space.own_names import OwnNames
from cmh_graph.partner_space.verdicts import Limits
from cmh_graph.sparql import frames

_PR_SET_PDEATHSIG: Final = 1
_PAGE: Final = resource.getpagesize()
#: Parsers recurse over what is nested; what they use of this counts as memory.
_STACK: Final = 64 * 2**20
#: Judged once while everything may still be opened, so that whatever is loaded late has been loaded.
_REHEARSAL: Final = b"""{"@id": "https://w3id.org/cmh-graph/post/rehearsal-1",
 "@type": "https://w3id.org/cmh-graph/ns#Post"}"""


def main(arguments: list[str]) -> int:
    """Read the framework, say so, and fork a child for each task that comes with its descriptors."""
    control_fd, parent, home, snapshot, memory, seconds = arguments
    _die_with(int(parent))
    control = socket.socket(fileno=int(control_fd))
    try:
        bench = Bench.read(Path(home), Path(snapshot))
        _rehearse(bench)
    except CmhGraphError as error:
        _tell(control, {"failed": _words(error)})
        return 2
    # Collected garbage would touch pages that children share: what is here now stays.
    gc.collect()
    gc.freeze()
    _tell(control, {"ready": os.getpid()})

    children: dict[int, tuple[int, int]] = {}  # process descriptor -> (pid, number of the task)
    while True:
        readable, _, _ = select.select([control.fileno(), *children], [], [])
        for ready in readable:
            if ready != control.fileno():
                pid, number = children.pop(ready)
                _, status = os.waitpid(pid, 0)
                os.close(ready)
                _tell(control, {"gone": number, "status": os.waitstatus_to_exitcode(status)})
                continue
            try:
                message, handed, _, _ = socket.recv_fds(control, 1 << 16, 3)
            except ConnectionResetError:
                message, handed = b"", []
            if not message:
                return _end(children)
            task = json.loads(message)
            pid = _fork(bench, task, handed, [control.fileno(), *children], int(memory), int(seconds))
            children[os.pidfd_open(pid)] = (pid, task["number"])


def _rehearse(bench: Bench) -> None:
    try:
        bench.rehearse(_REHEARSAL, "application/ld+json", OwnNames("rehearsal"), Limits())
    except Refused as found:
        json.dumps(found.findings)


def _tell(control: socket.socket, message: dict[str, Any]) -> None:
    try:
        control.send(json.dumps(message).encode())
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the serving process is gone, and the children end with this one


def _end(children: dict[int, tuple[int, int]]) -> int:
    for pidfd, (pid, _) in children.items():
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        os.waitpid(pid, 0)
    return 0


def _die_with(parent: int) -> None:
    """Be killed when the parent dies."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)  # it died before the line above


def _fork(
    bench: Bench, task: dict[str, Any], handed: list[int], others: list[int], memory: int, seconds: int
) -> int:
    """A child that does one task. handed: where to answer, the upload, and what it is merged with."""
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        for descriptor in others:
            os.close(descriptor)
        _work(bench, task, handed, parent, memory * 2**20, seconds)
    for descriptor in handed:
        os.close(descriptor)
    return pid


def _work(
    bench: Bench, task: dict[str, Any], handed: list[int], parent: int, memory: int, seconds: int
) -> NoReturn:
    try:
        _die_with(parent)
        _confine(memory, seconds)
        answer, *contents = handed
        data, beside = (_read(descriptor) for descriptor in contents)
        with socket.socket(fileno=answer) as channel:
            header, body = _answer(bench, task, data, beside)
            frames.send(channel, header, body)
    except BaseException:
        os._exit(70)
    os._exit(0)


def _answer(bench: Bench, task: dict[str, Any], data: bytes, beside: bytes) -> tuple[dict[str, Any], bytes]:
    own = OwnNames(task["key"], tuple(task["namespaces"]))
    try:
        if task["do"] == "derive":
            return {"sizes": [0], "statements": 0}, bench.derived(data, own)
        judged = bench.judge(data, task["media_type"], own, Limits(**task["limits"]), beside=beside)
    except CmhGraphError as error:
        findings = list(error.findings) if isinstance(error, Refused) else []
        return {"error": _words(error), "findings": findings}, b""
    except MemoryError:
        return {"memory": True}, b""
    except RecursionError:
        return {"deep": True}, b""
    header = {
        "sizes": [len(judged.nquads)],
        "statements": judged.statements,
        "remarks": list(judged.remarks),
    }
    return header, judged.nquads + judged.derived


def _words(error: CmhGraphError) -> dict[str, str]:
    return {"slug": error.slug, "what": error.what, "where": error.where, "mend": error.mend}


def _read(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    parts, at = [], 0
    while at < size:
        part = os.pread(descriptor, size - at, at)
        if not part:
            break
        parts.append(part)
        at += len(part)
    os.close(descriptor)
    return b"".join(parts)


def _confine(memory: int, seconds: int) -> None:
    """Take from this process what a judgement has no need of."""
    with Path("/proc/self/statm").open("rb") as statm:
        size = int(statm.read().split()[0]) * _PAGE
    quiet = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(quiet, standard)
    os.close(quiet)
    # When the whole machine runs out of memory, this goes first and not the service.
    Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    resource.setrlimit(resource.RLIMIT_AS, (size + memory, size + memory))
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    stack = _STACK if most == resource.RLIM_INFINITY else min(_STACK, most)
    resource.setrlimit(resource.RLIMIT_STACK, (stack, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # From here on no file, pipe or socket can be opened.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    # Time on the wall, for what waits instead of computing. What it does at the end is to kill.
    signal.setitimer(signal.ITIMER_REAL, 2 * seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
