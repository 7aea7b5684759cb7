"""Servers beside each other, and how many requests a second wrk gets answered."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from record import missing


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(command: Sequence[str], ready: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server, once `ready` answers; ended, with what it started, at the end. Exits with what it said if it fails."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=said, stderr=said, start_new_session=True
        )
        try:
            until = time.monotonic() + 300
            while not _answers(ready):
                if process.poll() is not None or time.monotonic() > until:
                    said.seek(0)
                    missing(f"{command[0]} does not serve", said.read().decode(errors="replace")[-2000:])
                time.sleep(0.02)
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=60).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def get(address: str, **headers: str) -> bytes:
    """The body of an answer; a header is named as in Python, accept_encoding."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib.request.urlopen(urllib.request.Request(address, headers=named), timeout=120) as answer:
        return bytes(answer.read())


def need_wrk() -> None:
    """Exit in words where wrk is not installed."""
    if shutil.which("wrk") is None:
        missing("wrk asks the servers, and is not installed", "on Debian: apt-get install wrk")


def requests_a_second(
    base: str,
    paths: Sequence[str],
    clients: int,
    seconds: float,
    headers: dict[str, str] | None = None,
    *,
    number: str = "",
) -> float:
    """What one thread of wrk counts when it asks for the paths in turn over kept connections. Exits at a failure.

    number: what comes behind each path, and then a number, so that no request is like one before."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "asks.lua"
        quoted = ", ".join(f'"{path}"' for path in paths)
        script.write_text(
            f"local paths = {{{quoted}}}\nlocal made = {{}}\nlocal turn = 0\n"
            "init = function(args) for i, path in ipairs(paths) do made[i] = wrk.format('GET', path) end end\n"
            + (
                "local all = 0\n"
                "request = function() turn = turn % #paths + 1; all = all + 1; "
                f"return wrk.format('GET', paths[turn] .. '{number}' .. all) end\n"
                if number
                else "request = function() turn = turn % #paths + 1; return made[turn] end\n"
            )
        )
        given = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds:g}s", "--timeout", "30s", *given]
        told = subprocess.run(
            [*command, "-s", str(script), base], capture_output=True, text=True, check=True
        ).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        missing(f"{base}{paths[0]} failed", told)
    found = re.search(r"Requests/sec:\s+([\d.]+)", told)
    return float(found[1]) if found else 0.0
