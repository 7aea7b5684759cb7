"""The real service in a process of its own, with ears: what it or its children call, look up or open is heard."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import built
from cmh_graph.partner_space import Operator, PartnerSpace

#: Put where every Python process of the service begins. It tells of each call, look-up and opening through a pipe that
#: is there before a worker is forbidden to open anything.
EARS = """
import os, sys
_out = os.open(os.environ["EARS"], os.O_WRONLY)
_heard = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto",
          "urllib.Request", "http.client.connect", "ftplib.connect", "smtplib.connect"}
def _listen(event, arguments):
    if event in _heard or (event == "open" and "canary" in str(arguments[0])):
        os.write(_out, (event + " " + repr(arguments)[:300].replace("\\n", " ") + "\\n").encode("utf-8", "replace"))
sys.addaudithook(_listen)
"""
#: What a file of this machine holds that no input may bring out.
SECRET = "canary-7f3a-of-the-hostile-corpus"
_STARTED = re.compile(r"http://127\.0\.0\.1:(\d+)")


@dataclass
class Listener:
    """An address on the loopback that keeps who calls it, and answers what each caller would like to have."""

    server: socket.socket
    heard: list[bytes] = field(default_factory=list)

    @property
    def place(self) -> str:
        """Host and port, as inputs name them."""
        return f"127.0.0.1:{self.server.getsockname()[1]}"

    def run(self) -> None:
        """Keep what callers send, until the socket is closed."""
        while True:
            try:
                caller, _ = self.server.accept()
            except OSError:
                return
            with caller, contextlib.suppress(OSError):
                caller.settimeout(1)
                self.heard.append(caller.recv(4096))
                caller.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """A listener for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server)
        threading.Thread(target=listener.run, daemon=True).start()
        yield listener
        # Closing alone does not wake a thread that waits for callers.
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


@dataclass
class Service:
    """A running service. secret: the path of a file that it has no business with. token: of the partner northfield."""

    address: str
    process: subprocess.Popen[str]
    secret: Path
    said: list[str]
    ears: int
    token: str

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def noticed(self) -> list[str]:
        """Calls, look-ups and openings by the service and its children since the last look."""
        found = b""
        while select.select([self.ears], [], [], 0)[0]:
            part = os.read(self.ears, 65536)
            if not part:
                break
            found += part
        return found.decode("utf-8", "replace").splitlines()

    def peak(self) -> int:
        """The most memory that the serving process has had, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found
        return int(found[1]) // 1024


@contextlib.contextmanager
def serving(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Service]:
    """`cmh-graph serve` over the framework of this checkout, for as long as the block lasts.

    folder: an empty one, for the ears, the secret and the data of partners. settings: further variables."""
    (folder / "ears").mkdir()
    (folder / "ears" / "sitecustomize.py").write_text(EARS, "utf-8")
    os.mkfifo(folder / "pipe")
    ears = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    secret = folder / "canary.txt"
    secret.write_text(SECRET, "ascii")
    token = _partners(folder / "data")
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder / "ears"),
        "EARS": str(folder / "pipe"),
        "CMH_GRAPH_SNAPSHOTS": str(built.framework_snapshots()),
        "CMH_GRAPH_DATA": str(folder / "data"),
        # All cases come from one client with one token.
        "CMH_GRAPH_TOKEN_REQUESTS": "1000",
        "CMH_GRAPH_TOKEN_CHANGES": "1000",
        "CMH_GRAPH_QUERY_SECONDS": "1",
        **(settings or {}),
    }
    command = [sys.executable, "-m", "cmh_graph.cli", "serve", "--port", "0"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, cwd=folder)
    said: list[str] = []
    assert process.stderr is not None
    stream = process.stderr
    # Read on, or a service that says much would wait for its reader.
    reader = threading.Thread(target=lambda: said.extend(stream), daemon=True)
    reader.start()
    try:
        yield Service(_ready(process, said), process, secret, said, ears, token)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(10)
        os.close(ears)
        shutil.rmtree(folder / "data", ignore_errors=True)


def _partners(folder: Path) -> str:
    """Two organisations with private graphs; the token with which the first may write."""
    with PartnerSpace.open(folder, keep=3) as space:
        operator = Operator("tests")
        for key in ("northfield", "riverside"):
            space.add_organisation(key, key.title(), by=operator)
        _, secret = space.add_token("northfield", may="write", label="tests", days=1, by=operator)
    return secret


def _ready(process: subprocess.Popen[str], said: list[str]) -> str:
    """The address of the service, once it answers."""
    for _ in range(1200):
        assert process.poll() is None, "".join(said)
        found = next((match for line in list(said) if (match := _STARTED.search(line))), None)
        if found:
            address = f"http://127.0.0.1:{found[1]}"
            with contextlib.suppress(OSError), urlopen(f"{address}/v1/health", timeout=5) as answer:
                if answer.status == 200:
                    return address
        time.sleep(0.1)
    raise AssertionError("the service did not start: " + "".join(said))
