"""The commands: results on stdout, notes on stderr, exit codes, and errors in words a person can act on."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import in_process
from built import framework_graph
from cmh_graph.cli import app
from cmh_graph.cli.terminal import table

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


def run(*arguments: str, snapshots: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CMH_GRAPH_SNAPSHOTS": str(snapshots), "CMH_GRAPH_HOME": str(ROOT)}
    command = [sys.executable, "-m", "cmh_graph.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=cwd, timeout=300)


def run_here(*arguments: str, snapshots: Path) -> in_process.Done:
    """The same without a process of its own, over the framework that the tests have open."""
    environment = {"CMH_GRAPH_SNAPSHOTS": str(snapshots), "CMH_GRAPH_HOME": str(ROOT)}
    return in_process.run(*arguments, cwd=ROOT, environment=environment, shared=True)


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one snapshot, and the words of the command that built it beside it."""
    folder = tmp_path_factory.mktemp("snapshots")
    done = run("build", snapshots=folder)
    assert done.returncode == 0
    (folder.parent / "said").write_text(done.stdout, encoding="utf-8")
    return folder


def test_building_twice_prints_the_same_name(snapshots: Path) -> None:
    first = (snapshots.parent / "said").read_text(encoding="utf-8").split()[0]
    second = run("build", snapshots=snapshots).stdout.split()[0]
    assert first == second == (snapshots / "current").read_text().strip()


@pytest.mark.parametrize(
    ("arguments", "code", "says", "why"),
    [
        (("ask", "cq-99"), 2, "mend", "an unknown question is told with what there is"),
        (("ask", "cq-07", "--param", "role"), 2, "role=hcsw", "a parameter needs its value"),
        (
            ("ask", "cq-07", "--param", "role=hcws"),
            2,
            "hcsw",
            "a slip of the pen is answered with the near miss",
        ),
        (("ask", "cq-07", "--format", "pdf"), 2, "table, json, csv", "the formats are listed"),
        (("align", "no-such-file.csv"), 2, "no-such-file.csv", "a missing file is named"),
        (("describe", "no-such-file.txt"), 2, "no-such-file.txt", "a missing file is named"),
        (
            ("compare", "README.md", "README.md", "--role", "hcws"),
            2,
            "hcsw",
            "a near miss is offered for a role",
        ),
        (("validate", "no-such-file.ttl"), 2, "no-such-file.ttl", "a missing file is named"),
        (("export", "--format", "pdf"), 2, "turtle", "the formats are listed"),
    ],
)
def test_errors_say_what_and_how_to_mend(
    snapshots: Path, arguments: tuple[str, ...], code: int, says: str, why: str
) -> None:
    # The first as people start it: what is told must also hold for a real process.
    started = run if arguments == ("ask", "cq-99") else run_here
    done = started(*arguments, snapshots=snapshots)
    assert done.returncode == code, f"{why}: {done.stderr}"
    assert says in done.stderr, why
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("command", ["ask", "align", "serve"])
def test_without_a_snapshot_it_says_to_build_one(tmp_path: Path, command: str) -> None:
    arguments = {"ask": ["cq-01"], "align": [str(ROOT / "examples/northfield/roles.csv")], "serve": []}[
        command
    ]
    done = run(command, *arguments, snapshots=tmp_path)
    assert done.returncode == 2
    assert "cmh-graph build" in done.stderr


def test_a_port_that_is_taken_is_told(snapshots: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("serve", "--port", str(taken.getsockname()[1]), snapshots=snapshots)
    assert done.returncode == 2
    assert "choose another port" in done.stderr


def test_a_question_gives_the_same_rows_in_every_format(snapshots: Path) -> None:
    asked = ("ask", "cq-07", "--param", "role=nursing-associate", "--format")
    as_json = json.loads(run_here(*asked, "json", snapshots=snapshots).stdout)["rows"]
    as_csv = list(csv.DictReader(run_here(*asked, "csv", snapshots=snapshots).stdout.splitlines()))
    text = run(*asked, "table", snapshots=snapshots).stdout
    assert as_json
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in as_json] == as_csv
    assert f"{len(as_json)} row" in text


def test_aligning_northfield_keeps_every_row(snapshots: Path, tmp_path: Path) -> None:
    done = run("align", "examples/northfield/roles.csv", "--out", str(tmp_path), snapshots=snapshots)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "candidates.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    with (ROOT / "examples/northfield/roles.csv").open(encoding="utf-8", newline="") as lines:
        posts = [row["key"] for row in csv.DictReader(lines)]
    assert len(posts) == 95
    assert list(dict.fromkeys(row["key"] for row in rows)) == posts
    best = {row["key"]: row for row in rows if row["rank"] in ("0", "1")}
    assert (best["NF012"]["role"], best["NF012"]["zone"]) == ("", "none"), (
        "a porter is no role of the framework"
    )
    assert best["NF002"]["role"] == "str-worker"
    assert best["NF001"]["rolls_up_to"] == "mental-health-support-worker"


def test_a_description_is_read_and_compared(snapshots: Path) -> None:
    texts = "examples/northfield/texts"
    found = run_here(
        "describe", f"{texts}/support-worker-description.txt", "--format", "json", snapshots=snapshots
    )
    assert {("skill", "safeguarding", "essential"), ("experience", "lived", "desirable")} <= {
        (one["kind"], one["key"], one["necessity"]) for one in json.loads(found.stdout)["findings"]
    }
    pair = (f"{texts}/support-worker-advert.txt", f"{texts}/support-worker-description.txt")
    done = run_here(
        "compare", *pair, "--role", "mental-health-support-worker", "--format", "csv", snapshots=snapshots
    )
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert ("not needed", "diploma-l3", "advert") in {
        (row["about"], row["key"], row["only_in"]) for row in rows
    }


@pytest.mark.outside
def test_aligning_the_retired_nhs_list_keeps_its_392_rows(snapshots: Path, tmp_path: Path) -> None:
    source = SHARED / "data" / "nhs-sds-job-roles.csv"
    if not source.exists():
        if os.environ.get("CI"):
            pytest.fail(f"CI must have {source}")
        pytest.skip("the NHS list lies beside the repository and is not here")
    done = run_here("align", str(source), "--out", str(tmp_path), snapshots=snapshots)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "candidates.csv").open(encoding="utf-8", newline="") as lines:
        assert {row["row"] for row in csv.DictReader(lines)} == {str(n) for n in range(1, 393)}


def test_validating_the_framework_is_clean(snapshots: Path) -> None:
    done = run_here("validate", snapshots=snapshots)
    assert done.returncode == 0, done.stdout


def test_exports_are_checked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files that are not what the sources give are told by name. (Those of the repository: test_export.)"""
    monkeypatch.setattr("cmh_graph.build.build", lambda *_: framework_graph())
    arguments = ["export", "--format", "turtle", "--to", str(tmp_path)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert CliRunner().invoke(app, [*arguments, "--check"]).exit_code == 0
    (tmp_path / "cmh.ttl").write_text("# edited by hand")
    done = CliRunner().invoke(app, [*arguments, "--check"])
    assert done.exit_code == 1 and "changed: " in done.stdout and "cmh.ttl" in done.stdout


def test_every_command_has_words_of_help() -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        assert command.callback.__doc__


def test_a_table_is_aligned_and_long_cells_are_cut() -> None:
    text = table(["a", "name"], [["1", "x" * 100], ["22", "line\nbreak"]])
    lines = text.splitlines()
    assert lines[0] == "a   name"
    assert lines[1].endswith("…") and len(lines[1]) == 64
    assert lines[2] == "22  line break"
