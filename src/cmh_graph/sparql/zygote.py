"""The process that loads the graph once, or knows where it is on disk, and forks workers.

It is a fresh interpreter, not a fork of the serving process: a process with threads must not fork, and this
one has a single thread. It starts no query itself. Run by WorkerPool as `python -m cmh_graph.sparql.zygote`.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import CmhGraphError
from cmh_graph.processes import frames
from cmh_graph.processes.forks import Forks
from cmh_graph.processes.limits import Size, confine
from cmh_graph.processes.told import words_of
from cmh_graph.sparql.answers import Limits, QueryRequest, answer
from cmh_graph.sparql.held import Held, hold
from cmh_graph.store import Store

#: The engine recurses over long chains of operators and paths; what it uses of this counts as memory.
_STACK: Final = 100 * 2**20


def main(arguments: list[str]) -> int:
    """Load the snapshot, say so, and fork a worker whenever the serving process asks."""
    control, parent, snapshot, rows, size, memory, *beside = arguments
    forks = Forks(int(control), int(parent))
    try:
        held = hold(Path(snapshot), [int(descriptor) for descriptor in beside])
    except CmhGraphError as error:
        forks.failed(error)
        return 2
    for descriptor in beside:
        os.close(int(descriptor))
    limits = Limits(int(rows), int(size))
    forks.ready(held.triples)
    for message, _ in forks.asked():
        _fork(forks, int(message["fork"]), held, limits, int(memory) * 2**20)
    held.close()
    return 0


def _fork(forks: Forks, number: int, held: Held, limits: Limits, memory: int) -> None:
    """A worker; the serving process gets the other end of its channel, and a descriptor of it."""
    ours, theirs = socket.socketpair()

    def work() -> None:
        ours.close()
        _work(held, limits, memory, theirs)

    pid, pidfd = forks.fork(number, work)
    theirs.close()
    forks.tell({"worker": number, "pid": pid}, (ours.fileno(), pidfd))
    ours.close()


def _work(held: Held, limits: Limits, memory: int, channel: socket.socket) -> None:
    """Answer queries one after the other until the serving process closes the channel."""
    store = held.store()
    size = Size()
    baseline = confine(size, memory=memory, stack=_STACK)
    held.close_files()
    while (header := frames.receive(channel)) is not None:
        if header.get("ask") == "graphs":
            frames.send(channel, {"rows": 0}, json.dumps(store.graphs()).encode())
            continue
        reply, body = _reply(store, header, limits)
        reply["spent"] = int(size) - baseline > held.kept_growth
        frames.send(channel, reply, body)
        del reply, body


def _reply(store: Store, header: dict[str, Any], limits: Limits) -> tuple[dict[str, Any], bytes]:
    try:
        body, rows = answer(store, QueryRequest(**header), limits)
        return {"rows": rows}, body
    except CmhGraphError as error:
        return {"error": words_of(error)}, b""
    except MemoryError:
        return {"memory": True}, b""
    except (RuntimeError, OSError, ValueError) as error:
        return {"error": {"slug": "query-refused", "what": f"the query could not be evaluated: {error}"}}, b""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
