"""How long a partner's catalogue takes to validate, beside pyshacl-turbo and pySHACL; and build, validate and reason.

Everybody gets the same N-Triples: the framework, and a made catalogue of 1,000, 10,000 and 100,000 roles of which one
in a hundred is broken. Each measurement has a process of its own; seconds are of its processor time, so that what else
the machine does meets all alike. Reading from the file and judging by shapes are told apart. What a peer would take
longer for than --patience seconds is extrapolated from its two largest sizes, by its own growth, and marked. Where both
were run, findings must be equal, word for word.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

from synthetic.catalogue import catalogue
from synthetic.framework import framework

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
SEED, BROKEN = 7, 0.01
NAMES = {"columns": "ours", "pyshacl-turbo": "pyshacl-turbo", "pyshacl": "pySHACL"}


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


# The tables ---------------------------------------------------------------------------------------------------


def total(row: dict[str, Any]) -> float:
    return sum(float(row.get(part, 0)) for part in ("read", "reason", "canonical", "shapes"))


def growth(sizes: list[int], seconds: list[float]) -> float:
    """The exponent of growth between the smallest and the largest size."""
    if len(sizes) < 2:
        return 1.0
    return math.log(max(seconds[-1], 1e-3) / max(seconds[0], 1e-3)) / math.log(sizes[-1] / sizes[0])


def series(
    kind: str, side: str, sizes: list[int], patience: float, files: dict[int, Path]
) -> list[dict[str, Any]]:
    """One side at each size, extrapolated where it would take longer than we wait."""
    rows: list[dict[str, Any]] = []
    for size in sizes:
        run = [row for row in rows if not row["extrapolated"]]
        exponent = 1.0
        if len(run) > 1:
            exponent = max(growth([run[-2]["size"], run[-1]["size"]], [total(run[-2]), total(run[-1])]), 1.0)
        expected = total(run[-1]) * (size / run[-1]["size"]) ** exponent if run else 0.0
        if side != "columns" and expected > patience:
            factor = expected / total(run[-1])
            parts = {p: round(run[-1][p] * factor, 1) for p in ("read", "reason", "shapes") if p in run[-1]}
            rows.append({"side": NAMES[side], "size": size, "extrapolated": True, **parts})
        else:
            what = files[size] if kind == "judged" else size
            rows.append(
                {"side": NAMES[side], "size": size, "extrapolated": False, **measure(kind, side, what)}
            )
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def table(rows: list[dict[str, Any]], unit: str) -> str:
    ours = {row["size"]: row for row in rows if row["side"] == "ours"}
    lines = [
        f"| {unit} | side | read | shapes | reason | checks, not in total | total | times ours | MB | findings |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in sorted(rows, key=lambda one: (one["size"], one["side"] != "ours", one["side"])):
        reason = row.get("reason", 0) + row.get("canonical", 0) or ""
        times = f"{total(row) / total(ours[row['size']]):.1f}" if row["side"] != "ours" else ""
        guess = " (extrapolated)" if row["extrapolated"] else ""
        lines.append(
            f"| {row['size']:,} | {row['side']}{guess} | {row['read']:.1f} | {row['shapes']:.1f} "
            f"| {reason and f'{reason:.1f}'} | {row.get('checks', '')} | {total(row):.1f} | {times} "
            f"| {row.get('peak', '')} | {row.get('findings', '')} |"
        )
    for side in dict.fromkeys(row["side"] for row in rows):
        run = [row for row in rows if row["side"] == side and not row["extrapolated"]]
        if len(run) > 1:
            exponent = growth([row["size"] for row in run], [total(row) for row in run])
            lines.append(
                f"\n{side}: grows with exponent {exponent:.2f} from {run[0]['size']:,} to {run[-1]['size']:,}"
            )
    return "\n".join(lines) + "\n"


def same_findings(rows: list[dict[str, Any]]) -> list[str]:
    """Sizes at which two sides that were run found different things."""
    wrong = []
    for size in {row["size"] for row in rows}:
        digests = {row["digest"] for row in rows if row["size"] == size and "digest" in row}
        if len(digests) > 1:
            wrong.append(f"{size}: findings differ")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--roles", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--times", type=int, nargs="+", default=[1, 10, 100], help="sizes of the framework")
    parser.add_argument("--patience", type=float, default=600)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    if chosen.measure:
        kind, side, what = chosen.measure
        found = judged(side, Path(what)) if kind == "judged" else built(side, int(what))
        print(json.dumps({**found, "peak": peak()}))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for size in chosen.roles:
            files[size] = Path(folder) / f"{size}.nt"
            with files[size].open("w", encoding="utf-8") as output:
                output.writelines(
                    " ".join(line) + " .\n" for line in catalogue(size, seed=SEED, broken=BROKEN)
                )
        catalogues = [
            row for side in NAMES for row in series("judged", side, chosen.roles, chosen.patience, files)
        ]
        whole = [
            row
            for side in ("columns", "pyshacl")
            for row in series("built", side, chosen.times, chosen.patience, {})
        ] if chosen.times != [0] else []  # fmt: skip
    machine = {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{
            name: version(name)
            for name in ("pyshacl", "pyshacl-turbo", "rdflib", "owlrl", "pyoxigraph", "numpy")
        },
    }
    problems = same_findings(catalogues) + same_findings(whole)
    text = "# Validation\n\nSeconds of processor time; one process each. " + ", ".join(
        f"{name} {value}" for name, value in machine.items()
    )
    text += f"\n\n## A partner's catalogue, {BROKEN:.0%} of its roles broken\n\n{table(catalogues, 'roles')}"
    if whole:
        text += "\n## The framework many times over: read, reason, validate\n\n"
        text += "The peers are pySHACL for shapes and owlrl for reasoning.\n\n" + table(whole, "times")
    text += (
        "\nFindings are equal wherever both were run.\n"
        if not problems
        else "\n" + "\n".join(problems) + "\n"
    )
    RESULTS.mkdir(exist_ok=True)
    body = {"machine": machine, "seed": SEED, "broken": BROKEN, "catalogue": catalogues, "framework": whole}
    (RESULTS / "validation.json").write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "validation.md").write_text(text, encoding="utf-8")
    print(text, end="")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
