"""The command line without a process of its own: to start one and read the framework costs more than most commands.

What a process adds (arguments of the shell, exit codes, a traceback that escapes) is tested with real ones in
test_cli.py and test_docs.py.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from built import framework_graph, opened_framework
from cmh_graph.cli import main


@dataclass(frozen=True)
class Done:
    """A command that has ended, with the names of subprocess.CompletedProcess."""

    returncode: int
    stdout: str
    stderr: str


def run(
    *arguments: str, cwd: Path, environment: Mapping[str, str] | None = None, shared: bool = False
) -> Done:
    """What a command prints and its exit code.

    environment: variables besides those that are set. shared: the built graph and the opened framework of the tests
    stand in for those that the command would make itself; for commands whose subject is neither."""
    out, err = _Text(), _Text()
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(cwd):
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["cmh-graph", *arguments])
        if shared:
            patch.setattr("cmh_graph.build.build", lambda *_: framework_graph())
            patch.setattr("cmh_graph.framework.open", lambda *_, **__: opened_framework())
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = _exit_code()
    return Done(code, out.text(), err.text())


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
            return 1
        return end.code or 0
    return 0


class _Text(io.TextIOWrapper):
    """A standard stream that keeps what is written, as text or as bytes."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", write_through=True)

    def text(self) -> str:
        return self._bytes.getvalue().decode("utf-8")
