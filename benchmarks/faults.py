"""Shows that the partner space loses nothing that it acknowledged: killed, cut, flipped, full, moved back in time.

    python benchmarks/faults.py [--kills 200] [--seed 6] [--flips 2000] [--served 12] [--only TITLE]

Prints one line for each fault with what was tried and what broke; exit 1 if anything did. A kill is SIGKILL to all
processes at work at a random moment: three that land and bring back, one that reads, one that backs up. It takes a few
minutes. What SIGKILL cannot show is a machine that loses its power: there we rely on SQLite, and on the disk to keep
its word.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import partner_faults as faults  # noqa: E402
from cmh_graph.build import build  # noqa: E402
from cmh_graph.errors import DataFailed  # noqa: E402
from cmh_graph.partner_space import Operator, PartnerSpace  # noqa: E402
from cmh_graph.partner_space.check import check_folder  # noqa: E402
from cmh_graph.snapshot import write_snapshot  # noqa: E402
from partner_faults_served import Served  # noqa: E402


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=6)
    options.add_argument("--flips", type=int, default=2000)
    options.add_argument("--served", type=int, default=12, help="kills of a whole service")
    options.add_argument("--only", default="", help="only the fault whose title begins so")
    given = options.parse_args()
    # What a service would log of damage is told thousands of times here.
    logging.disable(logging.CRITICAL)
    broken = 0
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        root = Path(name)
        for title, fault in (
            ("killed at work", lambda: killed(root / "killed", given.kills, given.seed)),
            ("service killed at work", lambda: served(root, given.served, given.seed)),
            ("killed while restoring", lambda: restoring(root / "restoring", given.kills // 2, given.seed)),
            ("a bit flipped", lambda: flipped(root / "flipped", given.flips, given.seed)),
            ("cut short", lambda: cut(root / "cut", 200, given.seed)),
            ("log of writes lost or cut after a kill", lambda: without_wal(root / "wal", 40, given.seed)),
            ("disk full", lambda: full(root / "full")),
            ("clock, order, rights, any order of calls", model),
        ):
            if not title.startswith(given.only):
                continue
            begun = time.monotonic()
            tried, wrong = fault()
            broken += len(wrong)
            print(f"{title}: {tried}; {len(wrong)} broken ({time.monotonic() - begun:.0f} s)", flush=True)
            for sentence in wrong[:20]:
                print(f"  {sentence}")
    return 1 if broken else 0


def killed(root: Path, rounds: int, seed: int) -> tuple[str, list[str]]:
    faults.make(root / "data")
    wrong, record = faults.kills(faults.InProcess(root / "data"), rounds, seed, root / "backup")
    said = f"{rounds} kills, {len(record.acknowledged)} landings and roll-backs acknowledged"
    return f"{said}, {record.reads} reads, {record.backups} backups", wrong


def served(root: Path, rounds: int, seed: int) -> tuple[str, list[str]]:
    """The same over HTTP, with SPARQL: the service is killed, what its clients heard must be there."""
    snapshots = root / "build"
    write_snapshot(build(ROOT), snapshots)
    driver = Served(root / "served", snapshots, ROOT)
    wrong, record = faults.kills(driver, rounds, seed, root / "served.backup")
    return f"{rounds} kills, {len(record.acknowledged)} landings and roll-backs acknowledged", wrong


def restoring(root: Path, rounds: int, seed: int) -> tuple[str, list[str]]:
    return f"{rounds} kills", faults.kills_of_restore(root / "data", rounds, seed)


def flipped(root: Path, times: int, seed: int) -> tuple[str, list[str]]:
    chance = random.Random(seed)
    right = faults.filled(root / "data")
    size = (root / "data" / "partners-1.sqlite").stat().st_size
    wrong: list[str] = []
    for _ in range(times):
        place, bit = chance.randrange(size), chance.randrange(8)
        wrong += [f"byte {place}, bit {bit}: {one}" for one in _harmed(root, right, _flip(place, bit))]
    return f"{times} bits of a database of {size:,} bytes", wrong


def cut(root: Path, times: int, seed: int) -> tuple[str, list[str]]:
    chance = random.Random(seed)
    right = faults.filled(root / "data")
    wrong: list[str] = []
    for _ in range(times):
        share = chance.random()
        wrong += [f"cut to {share:.4f}: {one}" for one in _harmed(root, right, _cut(share))]
    return f"{times} lengths", wrong


def _flip(place: int, bit: int) -> Callable[[Path], None]:
    return lambda folder: faults.flip(folder / "partners-1.sqlite", place, bit)


def _cut(share: float) -> Callable[[Path], None]:
    return lambda folder: faults.truncate(folder / "partners-1.sqlite", share)


def _harmed(root: Path, right: faults.Seen, harm: Callable[[Path], None]) -> list[str]:
    return faults.damaged(root / "data", root, harm, right)


def without_wal(root: Path, rounds: int, seed: int) -> tuple[str, list[str]]:
    """One writer is killed, then the log of writes is removed or cut: whatever it acknowledged is in the database."""
    chance = random.Random(seed)
    wrong: list[str] = []
    faults.make(root / "data")
    record = faults.Record()
    for number in range(rounds):
        faults.one_writer_killed(root / "data", f"{seed}-{number}", chance, record)
        wal = root / "data" / "partners-1.sqlite-wal"
        if wal.exists():
            if chance.random() < 0.5:
                wal.unlink()
            else:
                os.truncate(wal, chance.randrange(wal.stat().st_size + 1))
        found = check_folder(root / "data").faults
        if found:
            # Killed while bringing the log of writes into the database: told, never hidden.
            wrong.append(f"round {number}: damaged, and told: {found[0].what}")
            break
        wrong += [f"round {number}: {one}" for one in faults.lost(root / "data", record)]
    return f"{rounds} kills, {len(record.acknowledged)} landings acknowledged", wrong


def full(root: Path) -> tuple[str, list[str]]:
    """Land on a disk of two megabytes until it is full, make room, go on."""
    disk = root / "disk"
    disk.mkdir(parents=True)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True
    ).returncode:
        return "not tried: mounting a small disk needs root; the tests try a limit on the size of files", []
    wrong: list[str] = []
    landed: list[str] = []
    refused = 0
    try:
        faults.make(disk / "data")
        with PartnerSpace.open(disk / "data", keep=50, cost=faults.CHEAP) as space:
            for turn in range(60):
                try:
                    text = random.Random(turn).randbytes(60_000).hex()
                    version = space.land("alpha", f"{text}\n".encode(), by=Operator(), how="PUT")
                    landed.append(version.sha256)
                except DataFailed as error:
                    refused += 1
                    if "full" not in error.what and "room" not in error.mend:
                        wrong.append(f"told in other words: {error.what}")
            if [version.sha256 for version in space.versions("alpha")] != landed:
                wrong.append("not every acknowledged landing is there")
            for version in space.versions("alpha"):
                space.content(version)
        wrong += [fault.what for fault in check_folder(disk / "data").faults]
        subprocess.run(["mount", "-o", "remount,size=8m", disk], check=True)
        with PartnerSpace.open(disk / "data", keep=50, cost=faults.CHEAP) as space:
            space.land("alpha", b"after\n", by=Operator(), how="PUT")
        wrong += [fault.what for fault in check_folder(disk / "data").faults]
    finally:
        subprocess.run(["umount", disk], check=True)
    if not refused:
        wrong.append("the disk never was full")
    return f"{len(landed)} landings, {refused} refused", wrong


def model() -> tuple[str, list[str]]:
    """The stateful test of tests/test_partner_space.py, with more examples than the tests take."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/test_partner_space.py", "-k", "dictionary"],
        cwd=ROOT, env={**os.environ, "CMH_GRAPH_TEST_EXAMPLES": "400"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "400 runs of the model", [] if done.returncode == 0 else [done.stdout[-2000:]]


if __name__ == "__main__":
    sys.exit(main())
