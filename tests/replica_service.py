"""The worked example of deploy/ as it is: supervisord starts three processes and nginx, on ports that are free."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from json import dumps, loads
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cmh_graph.snapshot import DATASET, MANIFEST
from steady_load import Asked, Load

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = (1, 2, 3)
#: All that is asked for under load is about this role, whose name differs between the two snapshots.
ROLE = "peer-support-worker"
_ABOUT = f"SELECT ?p ?o {{ <https://w3id.org/cmh-graph/role/{ROLE}> ?p ?o }} ORDER BY ?p ?o"
_RESULTS = "application/sparql-results+json"
#: The same in many forms, and a landing without a token: what may change something is sent once, whatever comes of it.
MIX = (
    Asked("JSON of a role", f"/v1/roles/{ROLE}"),
    Asked("Turtle of a role", f"/role/{ROLE}.ttl", "text/turtle"),
    Asked("page of a role", f"/role/{ROLE}", "text/html"),
    Asked("question", "/v1/questions/roles_open_to_lived_experience"),
    Asked("search", "/v1/search?q=peer"),
    Asked("SPARQL, GET", f"/sparql?query={quote(_ABOUT)}", _RESULTS),
    Asked("SPARQL, POST", "/sparql", _RESULTS, "POST", _ABOUT.encode(), "application/sparql-query"),
    Asked("landing, refused", "/graphs/eastmere", "*/*", "POST", b"<a> <b> <c> .", "text/turtle", 401),
)


#: Where programs are found: those of our environment, and nginx, which is in a place for administrators.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"])


def why_not() -> str:
    """What this machine lacks; "" if nothing."""
    if shutil.which("nginx", path=PATH) is None:
        return (
            "nginx is not installed, which stands before the processes (Debian: apt-get install nginx-light)"
        )
    if shutil.which("supervisord", path=PATH) is None:
        return "supervisor is not installed, which starts the processes (pip install supervisor)"
    return ""


@dataclass(frozen=True)
class Replicas:
    """The running example. folder: has build/ and data/. front: the port of nginx; a service's is base + number."""

    folder: Path
    front: int
    base: int
    supervisor: subprocess.Popen[bytes]

    def address(self, number: int = 0) -> str:
        """Of one process, or of nginx for 0."""
        return f"http://127.0.0.1:{self.base + number if number else self.front}"

    @property
    def snapshots(self) -> Path:
        return self.folder / "build"

    def ask(self, method: str, *given: Any) -> Any:
        """Ask supervisord, as supervisorctl does."""
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(None, None, f"unix://{self.folder / 'build' / 'supervisor.sock'}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            return getattr(proxy.supervisor, method)(*given)

    def pid(self, number: int) -> int:
        """Process id of a service; 0 while it is down."""
        return int(self.ask("getProcessInfo", f"cmh-graph:{number}")["pid"])

    def snapshot(self, number: int) -> str:
        """The snapshot that one process serves; "" while it is not ready."""
        with (
            suppress(OSError, ValueError),
            urllib.request.urlopen(f"{self.address(number)}/ready", timeout=10) as answer,
        ):
            return str(loads(answer.read())["snapshot"])
        return ""

    def await_ready(self, number: int, snapshot: str = "", seconds: float = 120.0) -> None:
        """Wait until a process is ready, with this snapshot if one is named."""
        wait_for(
            lambda: self.snapshot(number) == snapshot if snapshot else bool(self.snapshot(number)), seconds
        )

    def reload(self, number: int, snapshot: str) -> None:
        """Have a process serve the current snapshot, and wait until it does."""
        self.ask("signalProcess", f"cmh-graph:{number}", "HUP")
        self.await_ready(number, snapshot)

    def restart(self, number: int) -> None:
        """End a process in order, start it, and wait until it is ready."""
        self.ask("stopProcess", f"cmh-graph:{number}")
        self.ask("startProcess", f"cmh-graph:{number}")
        self.await_ready(number)

    def log(self, number: int) -> str:
        return (self.folder / "build" / f"cmh-graph-{number}.log").read_text("utf-8", "replace")


def wait_for(true: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"not so after {seconds:g} seconds")
        time.sleep(0.1)


def workers_of(pid: int) -> list[int]:
    """The query processes of a service: children, and theirs."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text("ascii").split():
                found += [int(child), *workers_of(int(child))]
    return found


def is_alive(pid: int) -> bool:
    """Whether a process has anything open: what waits to be reaped has not."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()[0] not in "ZX"
        )
    except OSError:
        return False


def memory_of(pid: int) -> float:
    """MB of memory of a service with its query processes; what several share counts once."""
    total = 0
    for one in (pid, *workers_of(pid)):
        with suppress(OSError):
            told = Path(f"/proc/{one}/smaps_rollup").read_text("ascii")
            total += sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))
    return total / 1024


def renamed(dataset: bytes) -> bytes:
    """Another content: the role of the mix has another name."""
    changed = dataset.replace(b'"Peer support worker"@en', b'"Peer support worker (renamed)"@en')
    assert changed != dataset
    return changed


def said(example: Replicas, number: int) -> dict[str, bytes]:
    """Name of each request of the mix -> digest of what one process answers."""
    found: dict[str, bytes] = {}
    for asked in MIX:
        load = Load("127.0.0.1", example.base + number, [asked], 100)
        asyncio.run(load.run(0.005))
        (came,) = load.came
        assert not came.failure, came.failure
        found[asked.name] = came.digest
    return found


def add_snapshot(snapshots: Path, source: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Make a changed copy of a snapshot the current one. name: 16 hexadecimal digits."""
    target = snapshots / name
    if not target.exists():
        target.mkdir()
        dataset = change((source / DATASET).read_bytes())
        (target / DATASET).write_bytes(dataset)
        about = {
            **loads((source / MANIFEST).read_text("utf-8")),
            "id": name,
            "sha256": sha256(dataset).hexdigest(),
        }
        (target / MANIFEST).write_text(dumps(about), "utf-8")
    pointer = snapshots / ".pointer"
    pointer.write_text(f"{name}\n", "utf-8")
    pointer.replace(snapshots / "current")


@contextmanager
def replicas(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Replicas]:
    """Start the example in a folder that has build/ with a current snapshot; it ends with the block."""
    with ExitStack() as stack:
        base, front = _free_ports()
        example = folder / "deploy"
        shutil.copytree(ROOT / "deploy", example)
        _replace(example / "nginx" / "one-machine.conf", "127.0.0.1:8080", f"127.0.0.1:{front}")
        upstream = example / "nginx" / "cmh-graph" / "upstream.conf"
        for number in NUMBERS:
            _replace(upstream, f"127.0.0.1:800{number}", f"127.0.0.1:{base + number}")
        config = example / "supervisor" / "supervisord.conf"
        _replace(config, "8%(process_num)03d", f"{base // 10}%(process_num)d")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CMH_GRAPH_")}
        with (folder / "supervisord.log").open("wb") as log:
            process = subprocess.Popen(
                [shutil.which("supervisord", path=PATH) or "", "-c", str(config)],
                cwd=folder,
                env={
                    **inherited,
                    "PATH": PATH,
                    "CMH_GRAPH_HOME": str(ROOT),
                    **(environment or {}),
                },
                stdout=log,
                stderr=log,
            )
        stack.callback(_end, process)
        found = Replicas(folder, front, base, process)
        for number in NUMBERS:
            found.await_ready(number)
        wait_for(lambda: _answers(f"{found.address()}/health"))
        yield found


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=10).close()
    except OSError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text, f"{path.name} has no {old}"
    path.write_text(text.replace(old, new), "utf-8")


def _free_ports() -> tuple[int, int]:
    """A multiple of ten whose next three ports are free, and a fourth for nginx."""
    dice = random.Random(os.getpid())
    for _ in range(1000):
        base = dice.randrange(1100, 3200) * 10
        with ExitStack() as taken:
            try:
                for port in range(base + 1, base + 5):
                    one = taken.enter_context(socket.socket())
                    one.bind(("127.0.0.1", port))
            except OSError:
                continue
        return base, base + 4
    raise AssertionError("no ports are free")
