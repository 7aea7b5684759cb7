"""Runs a reader in a process of its own, with limits on memory and processor time (docs/decisions/0008).

The reader is a script that imports nothing of ours. It is called with the memory in bytes, the processor time in
seconds, and its arguments; it sets its own limits first and writes one JSON object a line. A line with the key
`refused` ends it: {"refused": what, "where": ..., "mend": ...}."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import SourceError

_MOST_ANSWER: Final = 64 << 20  # characters of one line


def _environment() -> dict[str, str]:
    """Only what Python itself may need to start."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}


def confined(
    script: Path, arguments: list[str], *, memory: int, seconds: int, path: Path, mend: str
) -> Generator[dict[str, Any], None, None]:
    """What the script writes, object by object. memory: bytes; seconds: of processor time.

    Raises SourceError with the script's own words, or saying that the file needs more than the limits allow."""
    # -I: nothing from the caller's folder or environment is imported.
    command = [sys.executable, "-I", "-B", str(script), str(memory), str(seconds), *arguments]
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints,
            encoding="utf-8", errors="replace", env=_environment(),
        ) as running,
    ):  # fmt: skip
        assert running.stdout is not None
        whole = True
        try:
            while line := running.stdout.readline(_MOST_ANSWER):
                try:
                    said = json.loads(line)
                except ValueError:
                    whole = False  # it died while it wrote
                    break
                if "refused" in said:
                    raise SourceError(
                        said["refused"],
                        where=str(path) + said.get("where", ""),
                        mend=said.get("mend") or mend,
                    )
                yield said
            code = running.wait()
        finally:
            running.kill()
            running.stdout.close()
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise SourceError(
            f"reading the file takes more than {seconds} seconds of processor time",
            where=str(path),
            mend=mend,
        )
    if code or not whole:
        # The only other reason why a reader dies is that memory is refused to it.
        raise SourceError(
            f"reading the file takes more than {memory >> 20} MB of memory, or the file breaks its reader",
            where=str(path), mend=mend,
        )  # fmt: skip
