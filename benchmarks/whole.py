"""Every part of the benchmark, one after the other, and the table of all that is wanted of them.

    python benchmarks/whole.py [PART ...] [--quick | --check | --table]

Each part is a script of its own with a time bound; one that fails or takes too long stops no other. Results go to
benchmarks/results/, and the table over all of them to its README.md. --check puts fresh results into build/bench/check/
and names each ratio that is more than 25% away from what was committed. --table only writes the table again. Exit
code: 0 if all is met and nothing moved, 1 if a line is short or a ratio moved, 2 if a part could not run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from record import ROOT, note
from recording import baseline
from recording.lines import METHOD, growth_of, line_of
from recording.page import cell, growth_table, reached, verdict, wanted
from recording.reasons import read as read_reasons
from recording.reasons import reason_of

HERE = Path(__file__).parent
TRIALS = ROOT / "build" / "bench"


@dataclass(frozen=True, slots=True)
class Part:
    """A script and what it writes. minutes: when it is ended; about: what it answers, for the table."""

    name: str
    about: str
    minutes: float
    script: str = ""

    @property
    def path(self) -> Path:
        return HERE / f"{self.script or self.name.replace('-', '_')}.py"


PARTS = (
    Part("serving", "SPARQL over HTTP beside Oxigraph's own server and rdflib-endpoint", 14),
    Part("pages", "page, JSON and Turtle of a role, beside nothing kept and Datasette", 9),
    Part("start", "from a snapshot to the first answer, beside building from Turtle", 12),
    Part("validation", "build, validate and reason, and partners' catalogues, beside pySHACL and owlrl", 20),
    Part("alignment", "a million titles, beside rapidfuzz and TF-IDF, with accuracy", 16),
    Part("gaps", "gaps of all pairs of roles, beside SPARQL alone", 9),
    Part("progressions", "ways between roles up to 1000 times, beside networkx", 9),
    Part("exports", "a million statements written, beside the engine's dump and rdflib", 9),
    Part("memory", "memory at 100 times the framework, beside Oxigraph's own server", 12),
    Part("disk", "a graph larger than memory, served from disk", 28),
    Part("replicas", "rolling a snapshot and losing processes under load", 12),
    Part("runaway", "runaway queries, and what they do to other clients", 6),
)


def run(part: Part, options: list[str], folder: Path) -> str:
    """Run a part; what went wrong, in words, or nothing. Lines that are short are told by its results."""
    if not part.path.is_file():
        return "there is no such script"
    note(f"--- {part.name}: {part.about}; at most {part.minutes:g} minutes")
    began = time.time()
    process = subprocess.Popen([sys.executable, str(part.path), *options], start_new_session=True)
    try:
        code = process.wait(part.minutes * 60)
    except subprocess.TimeoutExpired:
        return f"took more than {part.minutes:g} minutes and was ended"
    finally:
        # What it started ends with it, also where it did not end that itself.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    written = folder / f"{part.name}.json"
    if code not in (0, 1) or not written.is_file() or written.stat().st_mtime < began:
        # An error that nobody caught ends with 1 too.
        return f"could not run (exit code {code})"
    return ""


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """Part -> its results in a folder, in the order of PARTS."""
    found = {}
    for part in PARTS:
        path = folder / f"{part.name}.json"
        body = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        if "lines" in body:
            found[part.name] = body
    return found


def table(found: dict[str, dict[str, Any]], failed: dict[str, str]) -> str:
    """The page over all parts."""
    names = {part.name: part for part in PARTS}
    rows, short, unexplained, growths, plots = [], 0, 0, [], []
    reasons = read_reasons()
    for name, body in found.items():
        for line in map(line_of, body["lines"]):
            if line.judged or line.met is False:
                reason = reason_of(reasons, name, line)
                short += line.met is False
                unexplained += line.met is False and reason is None
                share = f" ({line.share:.0%} of {cell(line.limit_is)})" if line.share else ""
                points = ", ".join(f"{who} {value:.3f}" for who, value in line.accuracy.items())
                said = cell("; ".join(one for one in (points and f"accuracy {points}", line.note) if one))
                if line.met is False:
                    why = reason.told if reason else "**not explained**"
                    said = f"{said}; {why}" if said else why
                rows.append(
                    f"| {cell(line.work)} | {cell(line.scale)} | {cell(line.peer)} | {wanted(line)} "
                    f"| {reached(line)}{share} | {verdict(line)} | {said} | [{name}]({name}.md) |"
                )
        growths += map(growth_of, body["growth"])
        plots += (
            [f"![{names[name].about}]({name}-ratios.svg)"]
            if any("ratio" in one for one in body["lines"])
            else []
        )
    parts = ["# Results of the benchmark\n"]
    if any(body["trial"] for body in found.values()):
        parts.append("**A trial: small, and not to be quoted.**\n")
    busy = [name for name, body in found.items() if body["busy"]]
    if busy:
        parts.append(f"**Measured while others used the machine**: {', '.join(busy)}.\n")
    parts += [f"**Part {name}** {why}.\n" for name, why in failed.items()]
    absent = [part.name for part in PARTS if part.name not in found and part.name not in failed]
    if absent:
        parts.append(f"Not measured: {', '.join(absent)}.\n")
    explained = "each with its reason" if not unexplained else f"{unexplained} of them not explained"
    parts.append(
        f"{len(rows)} lines have something wanted of them; {len(rows) - short} are met, {short} short"
        f"{', ' + explained if short else ''}.\n"
    )
    head = "| work | scale | against | wanted at least | reached [least, most] | | note | part |"
    parts.append("\n".join([head, "|---|---|---|---|---|---|---|---|", *rows]) + "\n")
    parts.append(METHOD + "\n")
    if growths:
        parts.append("## Growth\n\n" + growth_table(growths))
    parts.append("## Where and with what\n")
    machines = [
        "| part | machine | versions | commit | others took | minutes |",
        "|---|---|---|---|---:|---:|",
    ]
    for name, body in found.items():
        on = body["machine"]
        with_ = ", ".join(f"{package} {number}" for package, number in body["versions"].items())
        machines.append(
            f"| [{name}]({name}.md) | {on['cores']} cores of {on['processor']}, {on['memory_gib']} GiB, "
            f"{on['kernel']}, Python {on['python']} | {with_} | {body['commit'] or 'not known'} "
            f"| {body['others_while']:.0%} | {body['seconds'] / 60:.1f} |"
        )
    parts.append("\n".join(machines) + "\n")
    parts += [f"{plot}\n" for plot in plots]
    return "\n".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(part.name for part in PARTS)}"
    )
    parser.add_argument("--quick", action="store_true", help="a trial of each, into build/bench/")
    parser.add_argument("--check", action="store_true", help="compare fresh results with the committed ones")
    parser.add_argument(
        "--table", action="store_true", help="run nothing; write the table over what is there"
    )
    options = parser.parse_args()
    unknown = set(options.parts) - {part.name for part in PARTS}
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    chosen = [part for part in PARTS if not options.parts or part.name in options.parts]
    folder = TRIALS / "check" if options.check else TRIALS if options.quick else baseline.RESULTS
    given = (["--quick"] if options.quick else []) + (["--results", str(folder)] if options.check else [])
    began, failed = time.monotonic(), {}
    for part in () if options.table else chosen:
        if why := run(part, given, folder):
            failed[part.name] = why
            note(f"{part.name} {why}")
    found = results(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = table(found, failed)
    (folder / "README.md").write_text(text, encoding="utf-8")
    print(text)
    note(f"written to {folder}/README.md after {(time.monotonic() - began) / 60:.0f} minutes")
    changed = []
    for part in chosen:
        if part.name in found and part.name not in failed and not options.quick and not options.table:
            base = baseline.committed(part.name)
            if not base:
                note(f"{part.name}: nothing was committed to compare with")
            changed += [f"{part.name}: {sentence}" for sentence in baseline.moved(found[part.name], base)]
    if not options.quick and not options.table:
        limit = f"{baseline.MOVED:.0%}"
        print(
            "\n".join(
                [f"Moved by more than {limit}:", *changed] if changed else [f"No ratio moved by {limit}."]
            )
        )
    bodies = [found[part.name] for part in chosen if part.name in found]
    short = any(one["met"] is False for body in bodies for one in body["lines"])
    short = short or not all(growth_of(one).explained for body in bodies for one in body["growth"])
    return 2 if failed else int(short or (options.check and bool(changed)))


if __name__ == "__main__":
    sys.exit(main())
