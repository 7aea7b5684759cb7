"""Remote stores for tests: Oxigraph's own server and Virtuoso, each fresh, in a folder of its own, on free ports.

python tests/stores.py oxigraph virtuoso -- tests/test_stores.py    the tests once for each, with CMH_STORE set
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

#: Longer than any query of ours may run, so that what we gave up on ends at some time.
_SERVER_SECONDS = 60
#: A query that must be stopped in a second. Virtuoso answers it in that; in Oxigraph it runs on beside what follows.
#: test_remote_store.py tests the limits.
_NOT_ASKED = "tests/test_sparql_protocol.py::test_limits_are_told_and_the_answer_is_never_cut"
_VIRTUOSO = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
MaxClientConnections = 40
CheckpointInterval = 0
CaseMode = 2
DirsAllowed = {folder}/none
NumberOfBuffers = 20000
MaxDirtyBuffers = 12000
MaxQueryMem = 500M
ThreadsPerQuery = 1
AsyncQueueMaxThreads = 2
[HTTPServer]
ServerPort = 127.0.0.1:{port}
ServerRoot = {folder}
ServerThreads = 40
MaxKeepAlives = 40
KeepAliveTimeout = 15
EnabledGzipContent = 0
[SPARQL]
ResultSetMaxRows = 1000000
MaxQueryExecutionTime = {seconds}
MaxQueryCostEstimationTime = 2000000000
[Client]
SQL_PREFETCH_ROWS = 100
[Plugins]
"""


@dataclass
class RemoteStore:
    """A running server. url: as CMH_STORE has it."""

    name: str
    url: str
    query: str
    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self.process.kill()
        self.process.wait(30)

    def start_again(self) -> None:
        """Start it on the same folder and port."""
        fresh = _started(self.name, self.folder, self.port)
        self.process = fresh.process

    def pause(self) -> None:
        """Stop it from doing anything, with its connections open."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)


def program_of(name: str) -> str | None:
    """The program of a server, if it is installed."""
    if name == "virtuoso":
        return shutil.which("virtuoso-t")
    beside = Path(sys.executable).parent / "oxigraph"
    return str(beside) if beside.exists() else shutil.which("oxigraph")


@contextlib.contextmanager
def running(name: str, *, on_disk: bool = True) -> Iterator[RemoteStore]:
    """A fresh server for as long as the block lasts. on_disk: whether Oxigraph keeps what it holds through a kill."""
    with tempfile.TemporaryDirectory(prefix=f"cmh-graph-{name}-") as folder:
        found = _started(name, Path(folder), _free_port(), on_disk=on_disk)
        try:
            yield found
        finally:
            found.go_on()
            found.process.terminate()
            try:
                found.process.wait(10)
            except subprocess.TimeoutExpired:
                found.kill()


def _started(name: str, folder: Path, port: int, *, on_disk: bool = True) -> RemoteStore:
    program = program_of(name)
    assert program, f"{name} is not installed"
    if name == "oxigraph":
        command = [program, "serve", "--bind", f"127.0.0.1:{port}"]
        command += ["--location", str(folder)] if on_disk else []
        command += ["--timeout-s", str(_SERVER_SECONDS)]
        url, query = f"sparql+http://127.0.0.1:{port}/query", f"http://127.0.0.1:{port}/query"
    else:
        settings = folder / "virtuoso.ini"
        settings.write_text(
            _VIRTUOSO.format(folder=folder, port=port, sql=_free_port(), seconds=_SERVER_SECONDS), "ascii"
        )
        command = [program, "+configfile", str(settings), "+foreground"]
        # The account of a fresh database.
        url, query = f"sparql+http://dba:dba@127.0.0.1:{port}/sparql", f"http://127.0.0.1:{port}/sparql"
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 90
    while True:
        try:
            httpx.get(query, params={"query": "ASK {}"}, timeout=5).raise_for_status()
            return RemoteStore(name, url, query, process, folder, port)
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError(f"{name} does not start") from None
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def main(arguments: list[str]) -> int:
    """Run pytest once for each store that is named."""
    split = arguments.index("--")
    worst = 0
    for name in arguments[:split]:
        with running(name, on_disk=False) as store:
            print(f"--- {name} ---", flush=True)
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pytest",
                    f"--deselect={_NOT_ASKED}",
                    *arguments[split + 1 :],
                ],
                # Virtuoso takes seconds to compile a query with many parts.
                env={
                    "CMH_GRAPH_QUERY_SECONDS": "60",
                    **os.environ,
                    "CMH_STORE": store.url,
                    "CMH_STORE_TESTED": name,
                },
                check=False,
            )
        worst = max(worst, done.returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
