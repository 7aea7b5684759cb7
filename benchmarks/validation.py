"""How long a partner's catalogue takes to validate, beside pyshacl-turbo and pySHACL; and build, validate and reason.

Everybody gets the same N-Triples: the framework, and a made catalogue of 1,000, 10,000 and 100,000 roles of which one
in a hundred is broken; and the framework several times over, to be read, reasoned over and judged. Each measurement has
a process of its own; seconds are of its processor time, so that what else the machine does meets all alike. Reading
from the file and judging by shapes are told apart. What a peer would take longer for than --patience seconds is
extrapolated from its two largest sizes, by its own growth but at least linearly, and marked. Where both were run,
findings must be equal, word for word.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from record import Growth, Line, Record, arguments, note, versions
from synthetic.catalogue import catalogue
from synthetic.framework import framework

ROOT = Path(__file__).parent.parent
SEED, BROKEN = 7, 0.01
NAMES = {"columns": "ours", "pyshacl-turbo": "pyshacl-turbo", "pyshacl": "pySHACL"}
#: Peer -> how many times as fast is wanted, for a catalogue of this many roles or more.
WANTED, FROM = {"pySHACL": 50.0, "pyshacl-turbo": 3.0}, 10_000
#: And for reading, reasoning and judging the framework this many times over.
BUILT_WANTED, BUILT_AT = 20.0, 100
#: Measurements expected to be shorter than this are repeated.
SHORT = 15.0


def peak() -> int:
    """The most memory that this process has had, in MB. Not ru_maxrss, which is inherited."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) // 1000


class Clock:
    """Seconds of processor time since the last look."""

    def __init__(self) -> None:
        self._at = time.process_time()

    def __call__(self) -> float:
        before, self._at = self._at, time.process_time()
        return round(self._at - before, 3)


# Measurements, each in a process of its own -------------------------------------------------------------------


def judged(engine: str, file: Path) -> dict[str, Any]:
    """A catalogue's file, seen together with the framework, by one engine."""
    from rdflib import Graph

    from cmh_graph import validate as stage
    from cmh_graph.store import Store
    from cmh_graph.validate.engines import ENGINES
    from cmh_graph.validate.rules import ask_checks

    known = stage.read_framework(ROOT)
    clock = Clock()
    found: dict[str, Any] = {}
    if engine == "columns":
        given, problems = stage.read_statements(file)
        assert not problems
        whole = known.beside((), ()) + given
        found["read"] = clock()
        findings = ENGINES[engine](whole, known.shapes, None)
        found["shapes"] = clock()
        ask_checks(Store.from_ntriples(whole.texts), known.checks)
        found["checks"] = clock()
    else:
        graph = Graph()
        for text in (known.beside((), ()).texts, (file.read_bytes(),)):
            for part in text:
                graph.parse(data=part, format="nt")
        found["read"] = clock()
        statements = _AsRdflib(graph)
        findings = ENGINES[engine](statements, known.shapes, None)  # type: ignore[arg-type]
        found["shapes"] = clock()
    lines = sorted({repr(one) for one in findings})
    found |= {"findings": len(lines), "digest": hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]}
    return found


class _AsRdflib:
    """A graph that is in rdflib already, so that turning it round does not count against the peers."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph

    def graph(self) -> Any:
        return self._graph


def built(side: str, times: int) -> dict[str, Any]:
    """Rules, canonical text and shapes of the framework so many times over; or what the peers do alone."""
    from cmh_graph import validate as stage
    from cmh_graph.build import build
    from cmh_graph.reason import derive, read_rules
    from cmh_graph.store import canonical_nquads, parse_nquads, write_ntriples
    from cmh_graph.validate.engines import ENGINES
    from cmh_graph.validate.statements import Statements

    data = "".join(framework(build(ROOT).nquads, times)).encode()
    shapes = stage.read_shapes(ROOT / "shapes")
    clock, found = Clock(), dict[str, Any]()
    if side == "columns":
        quads = parse_nquads(data)
        found["read"] = clock()
        quads += derive(quads, read_rules(ROOT / "queries" / "rules"))
        found["reason"] = clock()
        canonical_nquads(quads)
        found["canonical"] = clock()
        findings = ENGINES[side](Statements.of_quads(parse_nquads(data)), shapes, None)
        found["shapes"] = clock()
    else:
        import owlrl
        from rdflib import Graph

        lines = io.BytesIO()
        write_ntriples(parse_nquads(data), lines)
        clock()
        graph = Graph().parse(data=lines.getvalue(), format="nt")
        found["read"] = clock()
        findings = ENGINES[side](_AsRdflib(graph), shapes, None)  # type: ignore[arg-type]
        found["shapes"] = clock()
        owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
        found["reason"] = clock()
    found["statements"] = len(data.splitlines())
    rows = sorted({repr(one) for one in findings})
    found |= {"findings": len(rows), "digest": hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]}
    return found


def measure(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{arguments}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


# The lines ----------------------------------------------------------------------------------------------------

Row = dict[str, Any]
PARTS = ("read", "reason", "canonical", "shapes")


def total(row: Row) -> float:
    return sum(float(row.get(part, 0)) for part in PARTS)


def series(
    kind: str, side: str, sizes: list[int], options: argparse.Namespace, files: dict[int, Path]
) -> list[Row]:
    """One side at each size, each with its repeats; extrapolated where it would take longer than we wait."""
    rows: list[Row] = []
    for size in sizes:
        run = [row for row in rows if not row["extrapolated"]]
        expected = 0.0
        if run:
            exponent = 1.0
            if len(run) > 1:
                ends = [(math.log(row["size"]), math.log(total(row["runs"][0]))) for row in run[-2:]]
                exponent = max((ends[1][1] - ends[0][1]) / (ends[1][0] - ends[0][0]), 1.0)
            expected = total(run[-1]["runs"][0]) * (size / run[-1]["size"]) ** exponent
        if side != "columns" and expected > options.patience:
            last = run[-1]["runs"][0]
            factor = expected / total(last)
            runs = [{part: round(last[part] * factor, 1) for part in PARTS if part in last}]
            rows.append({"size": size, "extrapolated": True, "runs": runs})
        else:
            what = files[size] if kind == "judged" else size
            times = options.rounds if expected < SHORT else 1
            rows.append(
                {
                    "size": size,
                    "extrapolated": False,
                    "runs": [measure(kind, side, what) for _ in range(times)],
                }
            )
        note(f"{kind}, {NAMES[side]}, {size:,}: {json.dumps(rows[-1]['runs'][-1])}")
    return rows


def same(ours: Row, theirs: Row) -> bool | None:
    """Whether both found the same, word for word; None where theirs was not run."""
    digests = {one["digest"] for row in (ours, theirs) if not row["extrapolated"] for one in row["runs"]}
    return None if theirs["extrapolated"] else len(digests) == 1


def compare(
    record: Record, rows: dict[str, list[Row]], work: str, unit: str, parts: tuple[str, ...], about: str
) -> None:
    """A line for each size and peer, of these parts of the work together."""

    def seconds(row: Row) -> list[float]:
        return [sum(float(one.get(part, 0)) for part in parts) for one in row["runs"]]

    for side, theirs in rows.items():
        if side == "columns":
            continue
        for our, their in zip(rows["columns"], theirs, strict=True):
            size, peer = our["size"], NAMES[side]
            wanted = None
            if unit == "roles" and size >= FROM:
                wanted = WANTED[peer]
            elif unit != "roles" and size >= BUILT_AT:
                wanted = BUILT_WANTED
            record.line(
                Line(
                    work, f"{size:,} {unit}" if unit == "roles" else f"{size:,}x", "s", seconds(our), seconds(their),
                    peer if unit == "roles" else "pySHACL and owlrl", wanted=wanted, equal=same(our, their),
                    extrapolated=their["extrapolated"], note=about,
                )
            )  # fmt: skip
    for side, own in rows.items():
        who = NAMES[side] if unit == "roles" or side == "columns" else "pySHACL and owlrl"
        points = {row["size"]: seconds(row) for row in own if not row["extrapolated"]}
        if len(points) > 1:
            record.growth(Growth(work, who, "s", points))


def details(rows: dict[str, list[Row]], title: str) -> str:
    """All that was measured, part by part."""
    lines = [
        f"## {title}\n",
        "| size | side | read | reason | canonical | shapes | checks, not in totals | MB | findings |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for side, own in rows.items():
        for row in own:
            one = row["runs"][-1]
            cells = [f"{one[part]:.1f}" if part in one else "" for part in (*PARTS, "checks")]
            guess = " (extrapolated)" if row["extrapolated"] else ""
            lines.append(
                f"| {row['size']:,} | {NAMES[side]}{guess} | {' | '.join(cells)} | {one.get('peak', '')} "
                f"| {one.get('findings', '')} |"
            )
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = arguments(__doc__, minutes=18)
    parser.add_argument("--roles", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument(
        "--times", type=int, nargs="+", default=[1, 3, 10, 100], help="sizes of the framework"
    )
    parser.add_argument(
        "--patience", type=float, default=240, help="seconds that a peer may take for one size"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.measure:
        kind, side, what = options.measure
        found = judged(side, Path(what)) if kind == "judged" else built(side, int(what))
        print(json.dumps({**found, "peak": peak()}))
        return 0
    if options.quick:
        options.roles, options.times, options.patience, options.rounds = [300, 1_000], [1], 60, 1
    with_ = versions("pyshacl", "pyshacl-turbo", "owlrl", "rdflib", "pyoxigraph", "numpy")
    with (
        Record("validation", "Validation", options, with_) as record,
        tempfile.TemporaryDirectory() as folder,
    ):
        run(record, options, Path(folder))
    return record.code


def run(record: Record, options: argparse.Namespace, folder: Path) -> None:
    files = {}
    for size in options.roles:
        files[size] = folder / f"{size}.nt"
        with files[size].open("w", encoding="utf-8") as output:
            output.writelines(" ".join(line) + " .\n" for line in catalogue(size, seed=SEED, broken=BROKEN))
    roles = {side: series("judged", side, options.roles, options, files) for side in NAMES}
    compare(
        record,
        roles,
        "partner catalogue, judged by shapes",
        "roles",
        ("shapes",),
        "both have read it already",
    )
    compare(
        record, roles, "partner catalogue, from its file", "roles", ("read", "shapes"), "reading and judging"
    )
    whole = {side: series("built", side, options.times, options, {}) for side in ("columns", "pyshacl")}
    about = "ours also writes canonical bytes; theirs reads and closes by OWL RL"
    compare(record, whole, "framework: read, reason, judge", "times", PARTS, about)
    record.text(
        f"Seconds of processor time. {BROKEN:.0%} of the roles of a catalogue are broken; seed {SEED}."
    )
    record.text(details(roles, "Partners' catalogues, by roles"))
    record.text(details(whole, "The framework, times over"))


if __name__ == "__main__":
    sys.exit(main())
