"""The process that holds what a judge needs and forks a child for each upload.

The child may open nothing, has so much memory and time and no more, and dies with what it was handed; so a hostile
upload ends a child only. Run by Judges as `python -m cmh_graph.partner_space.judge_process`."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import CmhGraphError, Refused
from cmh_graph.partner_space.judge import Bench
from cmh_graph.partner_space.own_names import OwnNames
from cmh_graph.partner_space.verdicts import Limits
from cmh_graph.processes import frames, limits
from cmh_graph.processes.forks import Forks
from cmh_graph.processes.told import words_of

#: Parsers recurse over what is nested; what they use of this counts as memory.
_STACK: Final = 64 * 2**20
#: Judged once while everything may still be opened, so that whatever is loaded late has been loaded.
_REHEARSAL: Final = b"""{"@id": "https://w3id.org/cmh-graph/post/rehearsal-1",
 "@type": "https://w3id.org/cmh-graph/ns#Post"}"""


def main(arguments: list[str]) -> int:
    """Read the framework, say so, and fork a child for each task that comes with its descriptors."""
    control, parent, home, snapshot, memory, seconds = arguments
    forks = Forks(int(control), int(parent))
    try:
        bench = Bench.read(Path(home), Path(snapshot))
        _rehearse(bench)
    except CmhGraphError as error:
        forks.failed(error)
        return 2
    forks.ready(os.getpid())
    for task, handed in forks.asked():
        # Handed: where to answer, the upload, and what it is merged with.
        forks.fork(task["number"], partial(_work, bench, task, handed, int(memory) * 2**20, int(seconds)))
        for descriptor in handed:
            os.close(descriptor)
    return 0


def _rehearse(bench: Bench) -> None:
    try:
        bench.rehearse(_REHEARSAL, "application/ld+json", OwnNames("rehearsal"), Limits())
    except Refused as found:
        json.dumps(found.findings)


def _work(bench: Bench, task: dict[str, Any], handed: list[int], memory: int, seconds: int) -> None:
    _confine(memory, seconds)
    answer, *contents = handed
    data, beside = (_read(descriptor) for descriptor in contents)
    with socket.socket(fileno=answer) as channel:
        header, body = _answer(bench, task, data, beside)
        frames.send(channel, header, body)


def _answer(bench: Bench, task: dict[str, Any], data: bytes, beside: bytes) -> tuple[dict[str, Any], bytes]:
    own = OwnNames(task["key"], tuple(task["namespaces"]))
    try:
        if task["do"] == "derive":
            return {"sizes": [0], "statements": 0}, bench.derived(data, own)
        judged = bench.judge(data, task["media_type"], own, Limits(**task["limits"]), beside=beside)
    except CmhGraphError as error:
        findings = list(error.findings) if isinstance(error, Refused) else []
        return {"error": words_of(error), "findings": findings}, b""
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
    limits.confine(limits.Size(), memory=memory, stack=_STACK)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    limits.open_nothing()
    # Time on the wall, for what waits instead of computing. What it does at the end is to kill.
    signal.setitimer(signal.ITIMER_REAL, 2 * seconds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
