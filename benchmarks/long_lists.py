"""A million titles by both engines for long lists: the same rows? how long, and with how much memory?

The titles are made from the framework's labels and from lists of other bodies (../shared/data, where it is there), in
payroll noise, and come again as vacancies do: about one in seven is different. Time is by the clock, of the whole
command with its files; memory is the most that the command and its children held together, shared pages counted once
(PSS), looked at four times a second. A last file is several times as large as the memory that the tables may take."""

from __future__ import annotations

import csv
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from align_speed import DIFFERENT_IN_FEED, every_trade, feed, own_field
from pyarrow import parquet
from record import Line, Record, arguments, missing, note, versions

from cmh_graph.align.batch.local import held_at_most
from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.cli.terminal import snapshot_store

ROOT = Path(__file__).resolve().parent.parent
SPARK = ROOT / ".spark"
MASTER = "local-cluster[2,1,1024]"
RESULTS = ("rows", "candidates", "rejects")


def write_lists(folder: Path, rows: int, files: int) -> None:
    """Parts of one list, as a feed leaves them."""
    labels = framework_labels(snapshot_store())
    trades = every_trade(rows // 10)
    # The lists of others hold some 50,000 titles: of a long list the rest is our own field in noise.
    different = [*trades, *own_field(labels, max(rows // 10, int(DIFFERENT_IN_FEED * rows) - len(trades)))]
    titles = feed(different, rows)
    for number in range(files):
        part = titles[number::files]
        with (folder / f"part-{number:03}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["reference", "job title"])
            writer.writerows([f"V{number}-{line}", title] for line, title in enumerate(part))


class Memory(threading.Thread):
    """The most that a process and its children hold together, in bytes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.most, self._pid, self._ended = 0, pid, threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.25):
            self.most = max(self.most, sum(held(pid) for pid in family(self._pid)))

    def stop(self) -> int:
        """End, and give the most."""
        self._ended.set()
        self.join()
        return self.most


def family(pid: int) -> Iterator[int]:
    """A process and all that it started."""
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from family(int(child))
    except OSError:
        return


def held(pid: int) -> int:
    """The proportional set size of a process."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def write_large(file: Path, megabytes: int) -> None:
    """Posts with descriptions, which make the file large; few of them are different."""
    chance = random.Random(6)
    said = [
        " ".join(
            chance.choices(
                ("supports", "people", "in", "the", "community", "with", "their", "recovery"), k=280
            )
        )
        for _ in range(500)
    ]
    titles = ["Support worker", "Peer support worker", "Mental health nurse", "Driver"]
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["reference", "job title", "description"])
        number = 0
        while lines.tell() < megabytes << 20:
            for _ in range(100):
                writer.writerow([f"V{number}", titles[number % 4], chance.choice(said)])
                number += 1


def run(engine: str, lists: Path, out: Path, *more: str) -> tuple[float, int]:
    """Seconds and bytes of a run by the command."""
    command = [
        sys.executable,
        "-m",
        "cmh_graph.cli",
        "align",
        str(lists),
        "--engine",
        engine,
        "--out",
        str(out),
    ]
    environment = dict(os.environ)
    if engine == "spark":
        command += ["--master", MASTER]
        environment |= {
            "PYTHONPATH": str(SPARK),
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
    start = time.monotonic()
    process = subprocess.Popen(
        [*command, *more], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    memory = Memory(process.pid)
    memory.start()
    told, _ = process.communicate()
    seconds = time.monotonic() - start
    most = memory.stop()
    if process.returncode:
        raise RuntimeError(f"{engine} ended with {process.returncode}: {told}")
    note(f"{engine} {' '.join(more)}: {told.splitlines()[0]}; {seconds:.0f} s, {most >> 20:,} MB")
    return seconds, most >> 20


def digest(folder: Path) -> str:
    """The lines of a table in their order, as a checksum."""
    found = hashlib.sha256()
    for part in sorted(folder.glob("part-*.parquet")):
        for batch in parquet.ParquetFile(part).iter_batches():
            for line in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                found.update(repr(line).encode())
    return found.hexdigest()


def main() -> int:
    """Make the lists, run each engine, compare."""
    parser = arguments(__doc__, minutes=12)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--engines", default="local,spark")
    options = parser.parse_args()
    engines = options.engines.split(",")
    if "spark" in engines and not (SPARK / "pyspark").is_dir():
        missing("PySpark is not installed", "make .spark/.installed, or give --engines local")
    rows = options.rows or (20_000 if options.quick else 1_000_000)
    cores = len(os.sched_getaffinity(0))
    with (
        Record("long-lists", "Long lists of titles", options, versions("duckdb", "pyarrow")) as record,
        tempfile.TemporaryDirectory() as folder,
    ):
        lists = Path(folder) / "lists"
        lists.mkdir()
        note(f"making {rows:,} rows")
        write_lists(lists, rows, options.files)
        took, most, digests = {}, {}, {}
        for engine in engines:
            out = Path(folder) / engine
            took[engine], most[engine] = run(engine, lists, out)
            digests[engine] = [digest(out / name) for name in RESULTS]
        same = len({tuple(one) for one in digests.values()}) == 1
        both = len(engines) > 1
        scale = f"{rows:,} rows"
        record.line(
            Line("the command with its files, Parquet out", scale, "s", [took[engines[0]]],
                 [took["spark"]] if both else (), f"the same by Spark, {MASTER}" if both else "",
                 equal=same if both else None, note=f"{cores} cores; every row of every table compared")
        )  # fmt: skip
        record.line(
            Line("most memory (PSS)", scale, "MB", [most[engines[0]]], [most["spark"]] if both else (),
                 f"the same by Spark, {MASTER}" if both else "")
        )  # fmt: skip
        if "local" in engines:
            seconds, _ = run("local", lists, Path(folder) / "csv", "--format", "csv")
            record.line(Line("the command with its files, CSV out", scale, "s", [seconds]))
            large = Path(folder) / "large.csv"
            size, memory = (150, 128) if options.quick else (1000, 256)
            write_large(large, size)
            seconds, held = run("local", large, Path(folder) / "large", "--memory", str(memory))
            scale = f"a file of {size:,} MB, --memory {memory}"
            record.line(Line("the command with its files, Parquet out", scale, "s", [seconds]))
            record.line(
                Line("most memory (PSS)", scale, "MB", [held], bound=held_at_most(memory, cores),
                     note="the bound is what the engine states for its tables, the command and each process")
            )  # fmt: skip
    return record.code


if __name__ == "__main__":
    sys.exit(main())
