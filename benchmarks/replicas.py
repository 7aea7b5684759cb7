"""Three processes behind nginx under a constant rate: a rollout, new software, two minutes of kills.

    python benchmarks/replicas.py [--rate 500] [--kill-seconds 120] [--seed 7] [--quick]

Runs the worked example of deploy/ (supervisord, three services, nginx) over two snapshots that differ, and asks nginx
for the JSON, Turtle and page of a role, a question, a search, and SPARQL by GET and POST, in equal parts and at random,
as often a second as asked, however long answers take (tests/steady_load.py). One in eight is a landing that is refused
for want of a token, since what may change something is not sent again. nginx keeps no answer.

rollout     the second snapshot is made current and each process told in turn; then back to the first
software    each process is ended in order and started again, in turn
kills       SIGKILL at random moments, to a service (while both others are ready) or to one of its query processes

A failure is anything but a whole answer with the right status within 30 seconds. Each answer is held against what a
single process says of either snapshot, byte for byte. A failure counts as under way at a kill if the request had been
sent before the process was gone, and had not ended before the kill. Where the rate leads to failures in the rollouts or
restarts, they are done again at the next lower one, and the rate that was held is told; the kills are at that rate.
Needs nginx-light (Debian)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from record import Line, Record, arguments, missing, note, version_of_program, versions  # noqa: E402

from cmh_graph.settings import Settings  # noqa: E402
from cmh_graph.snapshot import current_snapshot  # noqa: E402
from replica_service import (  # noqa: E402
    MIX,
    NUMBERS,
    Replicas,
    add_snapshot,
    is_alive,
    memory_of,
    renamed,
    replicas,
    said,
    why_not,
    workers_of,
)
from steady_load import Came, Load  # noqa: E402

WANTED = 500.0
#: What is tried where the wanted rate cannot be held.
LOWER = (300.0, 150.0, 75.0)
SCALE = "3 processes on this machine"
#: Seconds after the end of a process until nginx and the service have read that its connections are closed.
NOTICED = 0.05
OLD, NEW = "a" * 16, "c" * 16


@dataclass
class Phase:
    """One part of the run. at: monotonic seconds of each thing done, and what it was. took: seconds it took."""

    name: str
    came: list[Came]
    late: float = 0.0
    at: list[tuple[float, float, str]] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    new_from: float = 0.0

    @property
    def failures(self) -> list[Came]:
        return [came for came in self.came if came.failure]

    def quantile(self, share: float) -> float:
        took = sorted(came.seconds for came in self.came if not came.failure)
        return took[min(len(took) - 1, int(share * len(took)))] if took else 0.0

    def under_way(self, came: Came) -> bool:
        """Whether a request was under way at something that was done."""
        return any(came.sent <= end and came.ended >= begin for begin, end, _ in self.at)

    def row(self, rate: float) -> str:
        cells = [
            self.name, f"{rate:g}", f"{len(self.came):,}", f"{len(self.failures):,}",
            *(f"{self.quantile(share) * 1000:,.0f}" for share in (0.5, 0.99, 1.0)),
        ]  # fmt: skip
        return f"| {' | '.join(cells)} |"


@contextmanager
def asked(example: Replicas, name: str, rate: float, settle: float) -> Iterator[Phase]:
    """A phase: requests at the rate while the block lasts, and for so many seconds before and after."""
    load = Load("127.0.0.1", example.front, MIX, rate)
    phase = Phase(name, load.came)
    thread = threading.Thread(target=lambda: asyncio.run(load.run(600)))
    thread.start()
    try:
        time.sleep(settle)
        yield phase
        time.sleep(settle)
    finally:
        load.stop()
        thread.join()
    phase.late = load.late
    note(
        f"{name} at {rate:g}/s: {len(load.came):,} requests, {len(phase.failures):,} failed, "
        f"median {phase.quantile(0.5) * 1000:.1f} ms, 99% {phase.quantile(0.99) * 1000:.0f} ms"
    )
    for failure, count in Counter(f"{came.name}: {came.failure[:60]}" for came in phase.failures).most_common(
        3
    ):
        note(f"  {count} x {failure}")


def rolled_out(
    example: Replicas, rate: float, settle: float, name: str, snapshot: str, source: Path
) -> Phase:
    """Make a snapshot current and tell the processes in turn."""
    with asked(example, name, rate, settle) as phase:
        add_snapshot(example.snapshots, source, snapshot, renamed if snapshot == NEW else bytes)
        for number in NUMBERS:
            begin = time.monotonic()
            example.reload(number, snapshot)
            phase.took.append(time.monotonic() - begin)
        phase.new_from = time.monotonic()
    return phase


def restarted(example: Replicas, rate: float, settle: float) -> Phase:
    """End and start each process in turn."""
    with asked(example, "software", rate, settle) as phase:
        for number in NUMBERS:
            begin = time.monotonic()
            example.restart(number)
            phase.took.append(time.monotonic() - begin)
    return phase


def killed(example: Replicas, rate: float, settle: float, seconds: float, dice: random.Random) -> Phase:
    """Kill at random for so many seconds. One service of three may be lost at a time: two can carry the load."""
    down: dict[int, float] = {}
    with asked(example, "kills", rate, settle) as phase:
        end = time.monotonic() + seconds

        def look(number: int) -> bool:
            ready = bool(example.snapshot(number))
            if ready and number in down:
                phase.took.append(time.monotonic() - down.pop(number))
            return ready

        while time.monotonic() < end:
            number = dice.choice(NUMBERS)
            service, workers = example.pid(number), workers_of(example.pid(number))
            whole = [other for other in NUMBERS if other != number and look(other)]
            if dice.random() < 0.5 and service and len(whole) == 2:
                victim, what = service, "a service"
                down.setdefault(number, time.monotonic())
            elif workers:
                victim, what = dice.choice(workers), "a query process"
            else:
                time.sleep(0.5)
                continue
            begin = time.monotonic()
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue
            # It is gone once the kernel has closed its connections, which takes a moment on busy cores.
            while is_alive(victim):
                time.sleep(0.001)
            phase.at.append((begin, time.monotonic() + NOTICED, what))
            pause = time.monotonic() + dice.uniform(1.0, 7.0)
            while time.monotonic() < min(pause, end):
                for other in list(down):
                    look(other)
                time.sleep(0.2)
        for number in NUMBERS:
            example.await_ready(number)
            look(number)
    return phase


def mixed(phase: Phase, old: dict[str, bytes], new: dict[str, bytes]) -> int:
    """Answers that are those of neither snapshot, or of the former after every process had the new one."""
    return sum(
        came.digest
        not in ((old[came.name], new[came.name]) if came.sent <= phase.new_from else (new[came.name],))
        for came in phase.came
        if not came.failure
    )


def main() -> int:
    """Run it, and keep what came of it."""
    parser = arguments(__doc__, minutes=10)
    parser.add_argument("--rate", type=float, default=WANTED, help="requests a second")
    parser.add_argument("--kill-seconds", type=float, default=120, help="how long processes are killed")
    parser.add_argument("--seed", type=int, default=7, help="of the order of requests and kills")
    options = parser.parse_args()
    if why_not():
        missing("nginx or supervisor is not here", why_not())
    settle, seconds = (2.0, 20.0) if options.quick else (8.0, options.kill_seconds)
    source = current_snapshot(Settings().snapshots)
    nginx = version_of_program("nginx", "-v")
    with (
        Record(
            "replicas",
            "Replicas behind nginx",
            options,
            {**versions("supervisor", "uvicorn"), "nginx": nginx},
        ) as record,
        tempfile.TemporaryDirectory(prefix="cmh-graph-replicas-") as place,
    ):
        folder = Path(place)
        (folder / "build").mkdir()
        add_snapshot(folder / "build", source, NEW, renamed)
        add_snapshot(folder / "build", source, OLD, bytes)
        with replicas(folder) as example:
            whole_run(record, example, source, options, settle, seconds)
    return record.code


def whole_run(
    record: Record, example: Replicas, source: Path, options: Any, settle: float, seconds: float
) -> None:
    """Every phase, at the highest rate at which rollouts and restarts fail nobody."""
    old = said(example, 1)
    tried: list[tuple[float, list[Phase]]] = []
    for rate in [options.rate, *(lower for lower in LOWER if lower < options.rate)]:
        out = rolled_out(example, rate, settle, "rollout", NEW, source)
        new = said(example, 2)
        back = rolled_out(example, rate, settle, "rollout back", OLD, source)
        software = restarted(example, rate, settle)
        phases = [out, back, software]
        tried.append((rate, phases))
        if not any(phase.failures for phase in phases):
            break
    neither = mixed(out, old, new) + mixed(back, new, old)
    dead = killed(example, rate, settle, seconds, random.Random(options.seed))
    phases.append(dead)
    right = all(said(example, number) == old for number in NUMBERS)
    otherwise = [came for came in dead.failures if not dead.under_way(came)]
    counts = Counter(what for *_, what in dead.at)

    def line(work: str, unit: str, found: float, bound: float | None, more: str = "", **given: Any) -> None:
        record.line(Line(work, SCALE, unit, [found], bound=bound, note=more, **given))

    first, failed = tried[0][0], sum(len(phase.failures) for phase in tried[0][1])
    line(
        "rate held through all that follows", "requests/s", rate, WANTED, better="higher",
        more="" if first == rate else f"at {first:g}/s {failed:,} of {sum(len(p.came) for p in tried[0][1]):,} failed",
    )  # fmt: skip
    line("failed requests, two rollouts of a snapshot", "requests", len(out.failures) + len(back.failures), 0)
    line(
        "answers of neither snapshot, or of the former at the end",
        "requests",
        neither,
        0,
        "each answer byte for byte as one process gives it",
    )
    line("failed requests, every process restarted in turn", "requests", len(software.failures), 0)
    line(
        "failed requests that were not under way at a kill",
        "requests",
        len(otherwise),
        0,
        f"{counts['a service']} services and {counts['a query process']} query processes killed in {seconds:g} s",
    )
    line(
        "failed requests that were under way at a kill",
        "requests",
        len(dead.failures) - len(otherwise),
        None,
        f"of {sum(map(dead.under_way, dead.came)):,} that were",
    )
    line("all processes ready and right after the kills", "of 3", 3 if right else 0, 3, better="higher")
    memory = [memory_of(example.pid(number)) for number in NUMBERS]
    record.line(
        Line("memory of a service with its query processes", SCALE, "MB", memory, note="after all that")
    )
    if dead.took:
        record.line(
            Line("from the kill of a service until it is ready", SCALE, "s", dead.took, note="under the load")
        )
    record.line(
        Line(
            "a snapshot in place of another, one process",
            SCALE,
            "s",
            out.took + back.took,
            note="under the load",
        )
    )
    rows = [phase.row(rate) for phase in phases]
    record.text(
        "\n".join(
            ["Times count from when a request was due.", "",
             "| phase | requests/s | requests | failed | median ms | 99% ms | longest ms |",
             "|---|---:|---:|---:|---:|---:|---:|", *rows, "",
             f"The client sent each request at most {max(one.late for one in phases) * 1000:.0f} ms after it was due."]
        )
    )  # fmt: skip
    for kind in MIX:
        took = [came.seconds for came in dead.came if came.name == kind.name and not came.failure]
        note(f"{kind.name}: median {statistics.median(took) * 1000:.1f} ms in the phase of kills")


if __name__ == "__main__":
    sys.exit(main())
