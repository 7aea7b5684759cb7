"""The documents are true: their commands run, their pages are current, and nothing is left out."""

from __future__ import annotations

import contextlib
import doctest
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import in_process
from built import framework_graph, framework_snapshots
from cmh_graph.reference import pages
from cmh_graph.settings import Settings, variable_of

ROOT = Path(__file__).parent.parent
DOCS = [
    ROOT / "README.md",
    ROOT / "docs" / "tutorial.md",
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
    *sorted((ROOT / "docs" / "formats").glob("*.md")),
]


def commands(path: Path) -> list[str]:
    """The lines after "$ " in a document's console blocks, continued lines joined."""
    blocks = re.findall(r"```console\n(.*?)```", path.read_text(encoding="utf-8"), re.S)
    return [
        line[2:]
        for block in blocks
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("$ ")
    ]


def outputs(path: Path) -> dict[str, list[str]]:
    """Command -> the lines that a document shows below it."""
    shown: dict[str, list[str]] = {}
    command = ""
    for block in re.findall(r"```console\n(.*?)```", path.read_text(encoding="utf-8"), re.S):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                command = line[2:]
                shown.setdefault(command, [])
            elif line.strip():
                shown[command].append(line.rstrip())
    return shown


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a running service as a newcomer has it, and the environment for commands beside it."""
    environment = {
        **os.environ,
        "CMH_GRAPH_SNAPSHOTS": str(framework_snapshots()),
        "CMH_GRAPH_HOME": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "cmh_graph.cli", "serve", "--port", str(port)],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/v1/health", timeout=5).read()
                break
            time.sleep(0.1)
        yield address, environment
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.parametrize(
    "command",
    sorted({command for path in DOCS for command in commands(path) if not command.startswith("make ")}),
)
def test_every_command_in_the_documents_runs(
    served: tuple[str, dict[str, str]], tmp_path: Path, command: str
) -> None:
    """Those of the README as a reader starts them; the others in this process, over the framework that is open."""
    address, environment = served
    query = re.findall(
        r"```sparql\n(.*?)```", (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"), re.S
    )[0]
    (tmp_path / "band3.rq").write_text(query, encoding="utf-8")
    for name in ("examples", "ontology"):
        (tmp_path / name).symlink_to(ROOT / name)
    if command.startswith("cmh-graph build"):
        environment = {**environment, "CMH_GRAPH_SNAPSHOTS": str(tmp_path / "snapshots")}
    words, code, output = shlex.split(command.replace("http://127.0.0.1:8000", address)), 0, ""
    ours = {name: value for name, value in environment.items() if name.startswith("CMH_GRAPH_")}
    if words[:2] == ["sh", "-c"] and words[2].startswith("cmh-graph export") and " && " in words[2]:
        first, _, rest = words[2].partition(" && ")
        done: in_process.Done | subprocess.CompletedProcess[str] = in_process.run(
            *shlex.split(first)[1:], cwd=tmp_path, environment=ours, shared=True
        )
        code, output, words = done.returncode, done.stdout, ["sh", "-c", rest]
    if words[0] == "cmh-graph" and command not in commands(ROOT / "README.md"):
        shared = words[1] != "build"
        done = in_process.run(*words[1:], cwd=tmp_path, environment=ours, shared=shared)
    else:
        done = subprocess.run(
            words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
        )
    code, output = code or done.returncode, output + done.stdout
    assert code == 0, output + done.stderr
    assert output.strip()
    said = [line.rstrip() for line in output.splitlines()]
    for path in DOCS:
        for line in outputs(path).get(command, []):
            assert line in said, f"{path.name} shows another output"
    if command.startswith("curl"):
        assert len(said) >= 2, "a header and at least one row"


def test_the_addresses_that_serve_prints_answer(served: tuple[str, dict[str, str]]) -> None:
    for path in ("/", "/v1/roles", "/sparql", "/openapi.json"):
        with urllib.request.urlopen(served[0] + path, timeout=10) as answer:
            assert answer.status == 200
            assert answer.read()


def test_the_python_in_the_readme_is_true(
    served: tuple[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMH_GRAPH_SNAPSHOTS", served[1]["CMH_GRAPH_SNAPSHOTS"])
    failed, tried = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert tried > 0
    assert failed == 0


def test_reference_pages_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cmh_graph.reference.build", lambda *_: framework_graph())
    for name, text in pages(ROOT).items():
        assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == text, "run cmh-graph docs"


@pytest.mark.parametrize(
    "path", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=lambda path: path.name
)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (path.parent / link).exists(), link


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    for name in Settings.model_fields:
        assert variable_of(name) in text


def test_the_readmes_two_commands_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    used = {command.split()[1] for path in DOCS for command in commands(path) if command.startswith("make ")}
    assert {"serve", "test"} <= used <= targets
