"""Aligns a long list by both engines in one run: the same rows? how long, and with how much memory?

    python benchmarks/long_lists.py [--rows 1000000] [--engines local,spark] [--files 8]

The titles are made from the framework's labels and from lists of other bodies (../shared/data, where it is there),
in payroll noise, and come again as vacancies do: about one in five is different. Wall time is of the whole command;
memory is the most that the command and its children held together, shared pages counted once (PSS), looked at four
times a second. Exit 1 if the engines differ in a row."""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from align_speed import every_trade, feed, own_field
from pyarrow import parquet

from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.cli.terminal import snapshot_store

ROOT = Path(__file__).resolve().parent.parent
SPARK = ROOT / ".spark"
RESULTS = ("rows", "candidates", "rejects")


def write_lists(folder: Path, rows: int, files: int) -> None:
    """Parts of one list, as a feed leaves them."""
    labels = framework_labels(snapshot_store())
    different = [*every_trade(rows // 10), *own_field(labels, rows // 10)]
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


def run(engine: str, lists: Path, out: Path) -> tuple[float, int]:
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
        command += ["--master", "local-cluster[2,1,1024]"]
        environment |= {
            "PYTHONPATH": str(SPARK),
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
    start = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    memory = Memory(process.pid)
    memory.start()
    told, _ = process.communicate()
    seconds = time.monotonic() - start
    most = memory.stop()
    if process.returncode:
        sys.exit(f"{engine} ended with {process.returncode}: {told}")
    print(f"{engine}: {told.splitlines()[0]}")
    return seconds, most


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
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=8)
    parser.add_argument("--engines", default="local,spark")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder) / "lists"
        lists.mkdir()
        write_lists(lists, options.rows, options.files)
        digests = {}
        for engine in options.engines.split(","):
            out = Path(folder) / engine
            seconds, most = run(engine, lists, out)
            digests[engine] = [digest(out / name) for name in RESULTS]
            print(f"{engine}: {seconds:.0f} s, {options.rows / seconds:,.0f} rows/s, {most / 2**20:,.0f} MiB")
        same = len({tuple(one) for one in digests.values()}) == 1
        print("the engines agree in every row" if same else "THE ENGINES DIFFER")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
