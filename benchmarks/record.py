"""The common form of measurements: every script under benchmarks/ writes its results through here.

    from record import Growth, Line, Record, arguments, in_turn, note, versions

    def main() -> int:
        options = arguments(__doc__, minutes=6).parse_args()  # --quick, --results; add your own before parsing
        with Record("exports", "Exports of a million triples", options, versions("pyoxigraph", "rdflib")) as record:
            times = in_turn(5, ours=lambda: seconds_of(a), theirs=lambda: seconds_of(b))
            record.line(Line("N-Triples", "1M triples", "s", times["ours"], times["theirs"], "pyoxigraph dump",
                             wanted=1 / 1.5, equal=same, note="both write to memory"))
            record.growth(Growth("load", "ours", "s", {1: 0.1, 10: [1.0, 1.1], 100: 12.0}, why="..."))
            record.text("Markdown of your own, after the tables.")
        return record.code

    if __name__ == "__main__":
        sys.exit(main())

`Line` and `Growth` are described in recording/lines.py: a ratio above 1 always means that ours is better; use
better="higher" for requests/s. What is wanted is a `wanted` ratio, a `bound` on our figure, or both; lines without
either are information. Lines with one appear in benchmarks/results/README.md. Growth above 1.1 of side "ours" needs
why=.

On leaving the block: results/<name>.json, <name>.md and SVG plots, the table to stdout, and to stderr what moved from
the committed results. With --quick (options.quick: choose small sizes and few rounds) they are marked as a trial and go
to build/bench/. An error inside the block writes nothing. `record.code` is 0 if all is met, 1 if a line is short,
answers differ or growth is not explained. Scripts exit with 2 (see `missing`) when something they need is not there.
Say progress with `note`. Figures are only worth something on a machine at rest: a run waits up to a minute for it, and
is headed "busy machine" if others took more than a tenth of the cores. What descends from this process is no other.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from recording import baseline, plots
from recording.lines import Growth, Line
from recording.machine import (
    BUSY,
    PEERS,
    ROOT,
    Others,
    commit,
    machine,
    others_now,
    version_of_program,
    versions,
)
from recording.page import page

__all__ = [
    "PEERS", "ROOT", "Growth", "Line", "Record", "arguments", "in_turn", "missing", "note", "version_of_program",
    "versions",
]  # fmt: skip
# After everything else, so that a peer never takes the place of what the product uses.
if str(PEERS) not in sys.path:
    sys.path.append(str(PEERS))
RESULTS = baseline.RESULTS
TRIALS = ROOT / "build" / "bench"


def arguments(about: str | None, minutes: float) -> argparse.ArgumentParser:
    """The options that every part has. minutes: what a full run takes at most, said in the help."""
    parser = argparse.ArgumentParser(
        description=(about or "").partition("\n\n")[0] + f" At most {minutes:g} minutes.",
    )
    parser.add_argument("--quick", action="store_true", help="a trial: small, into build/bench/")
    parser.add_argument("--results", type=Path, help="the folder for results instead of benchmarks/results")
    return parser


def note(text: str) -> None:
    """Progress, to stderr."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def missing(what: str, mend: str) -> NoReturn:
    """End with 2: this part cannot run here."""
    print(f"{what}\n  {mend}", file=sys.stderr)
    raise SystemExit(2)


def in_turn(rounds: int, **sides: Callable[[], float]) -> dict[str, list[float]]:
    """Who -> their figure in each round. Every second round goes the other way, so that going first helps nobody."""
    found: dict[str, list[float]] = {who: [] for who in sides}
    for number in range(rounds):
        for who in list(sides) if number % 2 == 0 else reversed(list(sides)):
            found[who].append(sides[who]())
    return found


class Record:
    """The results of one part; a context in which it measures.

    name       of the files: small letters and hyphens
    title      the heading of the page
    options    what `arguments` parsed
    with_      versions of what is beside us, from `versions` and `version_of_program`"""

    def __init__(
        self, name: str, title: str, options: argparse.Namespace, with_: Mapping[str, str] | None = None
    ) -> None:
        if not re.fullmatch(r"[a-z0-9-]+", name):
            raise ValueError(f"{name!r} is no name for files")
        self.name, self.title, self.quick = name, title, bool(options.quick)
        self.folder: Path = options.results or (TRIALS if self.quick else RESULTS)
        self._versions = {"cmh-graph": version("cmh-graph"), **(with_ or {})}
        self._lines: list[Line] = []
        self._growths: list[Growth] = []
        self._notes: list[str] = []

    def __enter__(self) -> Record:
        self._before = 0.0 if self.quick else others_now()
        self._others, self._began = Others(), time.monotonic()
        return self

    def line(self, line: Line) -> None:
        """Add a line, and say its ratio to stderr."""
        self._lines.append(line)
        note(
            f"{line.work}, {line.scale}{', against ' + line.peer if line.peer else ''}: {line.ratio or line.ours}"
        )

    def growth(self, growth: Growth) -> None:
        self._growths.append(growth)

    def text(self, markdown: str) -> None:
        """Markdown of the part's own, shown after the tables in the order it came."""
        self._notes.append(markdown)

    @property
    def code(self) -> int:
        """0: all that is wanted is reached; 1: something is not, or answers differ, or growth is not explained."""
        bad = any(line.met is False for line in self._lines) or not all(
            one.explained for one in self._growths
        )
        return int(bad)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if kind is None:
            self._write()

    def _write(self) -> None:
        others, held_back = self._others.shares()
        about: dict[str, Any] = {
            "name": self.name, "title": self.title, "trial": self.quick,
            "busy": max(others, self._before) > BUSY, "others_before": round(self._before, 3),
            "others_while": round(others, 3), "held_back": round(held_back, 3),
            "machine": machine(), "versions": self._versions, "commit": commit(),
            "seconds": round(time.monotonic() - self._began, 1),
        }  # fmt: skip
        pictures = self._pictures()
        body = {
            **about,
            "lines": [line.as_json() for line in self._lines],
            "growth": [one.as_json() for one in self._growths],
        }
        text = page(about, self._lines, self._growths, self._notes, sorted(pictures))
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.glob(f"{self.name}-*.svg"):
            if re.fullmatch(rf"{self.name}-(ratios|growth-\d+)\.svg", old.name):
                old.unlink()
        for name, content in pictures.items():
            (self.folder / name).write_bytes(content)
        (self.folder / f"{self.name}.json").write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
        (self.folder / f"{self.name}.md").write_text(text, encoding="utf-8")
        print(text)
        note(f"written to {self.folder}/{self.name}.md and .json")
        base = baseline.committed(self.name)
        for sentence in baseline.moved(body, base) if base and not self.quick else ():
            note(f"moved: {sentence}")

    def _pictures(self) -> dict[str, bytes]:
        found = {}
        if any(line.ratio for line in self._lines):
            found[f"{self.name}-ratios.svg"] = plots.ratios(self.title, self._lines)
        kinds = dict.fromkeys((one.work, one.unit) for one in self._growths if len(one.points) > 1)
        for number, (work, unit) in enumerate(kinds, 1):
            series = [
                one for one in self._growths if (one.work, one.unit) == (work, unit) and len(one.points) > 1
            ]
            found[f"{self.name}-growth-{number}.svg"] = plots.growth(f"Growth of {work}", unit, series)
        return found
