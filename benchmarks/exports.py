"""How long a million statements take to write, beside the engine's own dump and rdflib, and the memory it takes.

The data are made: the framework's roles with their requirements, placements and other parts, copied under new keys and
names until there are enough, so they keep every shape that the framework keeps; one copy is validated. Both sides
start with the data in memory and write to memory: peers with their store or graph loaded and indexed, ours with the
canonical N-Quads that an edition is made of. JSON-LD is written from these, so that all we read is counted there;
N-Triples and Turtle from parsed statements, whose reading is told apart. They take turns, and seconds are of processor
time, so that what else the machine does meets both alike. Answers are the same if the engine reads the
statements of its store out of our file, no more and no fewer. Memory is the peak of a process of its own that reads an
edition and writes the three files.
"""

from __future__ import annotations

import argparse
import io
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyoxigraph as ox
import rdflib
from record import Line, Record, arguments, in_turn, note, versions

from cmh_graph.build import build
from cmh_graph.export import Edition, export
from cmh_graph.export.framed_json_ld import PARTS
from cmh_graph.export.packing import packed
from cmh_graph.export.turtle import turtle
from cmh_graph.json_ld import write_lines
from cmh_graph.namespaces import CMH, GRAPH_CATALOGUE
from cmh_graph.settings import Settings

SEED = 7
PLACES = ("north", "south", "east", "west", "upper", "lower", "old", "new", "green", "hill", "river", "park")
GRAPH = f" <{GRAPH_CATALOGUE}> .\n"


def copies(edition: Edition, wanted: int) -> bytes:
    """Canonical N-Quads of at least so many statements: roles and their parts, under new keys and names each time."""
    randomly = random.Random(SEED)
    own = [iri for iri in edition.about if CMH + "Role" in edition.types(iri)]
    for iri in own:
        for prop in PARTS:
            own += [part.value for part in edition.objects(iri, prop) if isinstance(part, ox.NamedNode)]
    own += [iri for iri in edition.about if CMH + "Step" in edition.types(iri)]
    inside = set(own)
    about = [t for t in edition.stated if isinstance(t.subject, ox.NamedNode) and t.subject.value in inside]
    lines = [
        (str(t.subject), str(t.predicate), str(t.object), getattr(t.object, "value", "") in inside)
        for t in about
    ]
    found: list[str] = []
    for number in range(-(-wanted // len(lines))):
        key = f"--copy-{number}>"
        name = f', {randomly.choice(PLACES)} {randomly.choice(PLACES)} {number}"@en'
        for subject, predicate, value, is_own in lines:
            if is_own:
                value = value[:-1] + key
            elif predicate.endswith("#prefLabel>"):
                value = value.removesuffix('"@en') + name
            found.append(f"{subject[:-1]}{key} {predicate} {value}{GRAPH}")
    return "".join(sorted(found)).encode()


def seconds_of(side: Callable[[], object]) -> float:
    """Processor time, so that what else the machine does meets both alike."""
    started = time.process_time()
    side()
    return time.process_time() - started


def fresh(edition: Edition) -> Edition:
    """The edition, without what it remembers of its last writing."""
    edition.__dict__.pop("ntriples", None)
    edition.__dict__.pop("prefixes", None)
    return edition


def statements(store: ox.Store, graph: ox.NamedNode | ox.DefaultGraph) -> list[bytes]:
    """The statements of one graph as the engine writes them, sorted."""
    found = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=graph)
    assert found is not None
    return sorted(found.splitlines())


def reads_back(written: bytes, form: ox.RdfFormat, wanted: list[bytes]) -> bool:
    """Whether the engine finds these statements in a file."""
    store = ox.Store()
    store.bulk_load(written, form)
    return statements(store, ox.DefaultGraph()) == wanted


#: Form -> its name to the engine, to rdflib, and how ours is written.
FORMS: dict[str, tuple[ox.RdfFormat, str, Callable[[Edition], bytes]]] = {
    "N-Triples": (ox.RdfFormat.N_TRIPLES, "nt", lambda edition: edition.ntriples),
    "Turtle": (ox.RdfFormat.TURTLE, "turtle", turtle),
    "JSON-LD, compact": (
        ox.RdfFormat.JSON_LD,
        "json-ld",
        lambda edition: write_lines(edition.lines[0], left_out=edition.lines[1])[0],
    ),
}


def against_engine(record: Record, data: bytes, rounds: int) -> None:
    store = ox.Store()
    loading = seconds_of(lambda: store.bulk_load(data, ox.RdfFormat.N_QUADS))
    edition = Edition.of(data)
    reading = seconds_of(lambda: edition.stated)
    count = len(edition.stated)
    record.text(
        f"The engine loads {count:,} statements in {loading:.1f} s of processor time; ours parses them in "
        f"{reading:.1f} s."
    )
    graph = ox.NamedNode(GRAPH_CATALOGUE)
    wanted = statements(store, graph)
    for name, (form, _, write) in FORMS.items():
        prefixes = dict(edition.prefixes) if form == ox.RdfFormat.TURTLE else None
        dump = partial(store.dump, format=form, from_graph=graph, prefixes=prefixes)
        found = in_turn(
            rounds,
            ours=lambda write=write: seconds_of(lambda: write(fresh(edition))),
            theirs=lambda dump=dump: seconds_of(lambda: dump(io.BytesIO())),
        )
        equal = reads_back(write(fresh(edition)), form, wanted)
        record.line(
            Line(f"export, {name}", f"{count:,} statements", "s", found["ours"], found["theirs"],
                 "pyoxigraph dump", wanted=1 / 1.5, equal=equal)
        )  # fmt: skip
    packing = seconds_of(lambda: packed({"cmh.nt": edition.ntriples}))
    record.text(
        f"Packing the N-Triples both ways (.gz and .zst) takes {packing:.1f} s more, all of it in the packers."
    )


def against_rdflib(record: Record, data: bytes, rounds: int) -> None:
    edition = Edition.of(data)
    assert edition.stated
    note("rdflib reads")
    graph = rdflib.Graph()
    loading = seconds_of(lambda: graph.parse(data=edition.ntriples, format="nt"))
    record.text(f"rdflib reads them in {loading:.1f} s.")
    for name, (_, syntax, write) in FORMS.items():
        found = in_turn(
            rounds,
            ours=lambda write=write: seconds_of(lambda: write(fresh(edition))),
            theirs=lambda syntax=syntax: seconds_of(lambda: graph.serialize(format=syntax, encoding="utf-8")),
        )
        record.line(
            Line(f"export, {name}", f"{len(graph):,} statements", "s", found["ours"], found["theirs"], "rdflib",
                 wanted=20)
        )  # fmt: skip


def memory(path: Path) -> None:
    """In a process of its own: read, write the three files, print the peak in MB."""
    edition = Edition.of(path.read_bytes())
    for write in (
        lambda: edition.ntriples,
        lambda: turtle(edition),
        lambda: write_lines(edition.lines[0], left_out=edition.lines[1]),
    ):
        write()
    # Not ru_maxrss: a process that another started inherits the peak of that one.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    print(int(status.split("VmHWM:")[1].split()[0]) // 1000)


def check(edition: Edition) -> str:
    """The verdict of our own validation on a part of the made data."""
    from cmh_graph.validate import validate_files

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.nq"
        path.write_bytes(copies(edition, 1))
        part = Path(folder) / "made.ttl"
        part.write_bytes(turtle(Edition.of(path.read_bytes())))
        report = validate_files([part], Settings().home)
    return f"validation of one copy: exit {report.exit_code}, {len(report.findings)} findings"


def main() -> int:
    parser = arguments(__doc__, minutes=8)
    parser.add_argument("--statements", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        memory(options.memory)
        return 0
    if options.quick:
        options.statements, options.rounds = 50_000, 2
    with_ = versions("pyoxigraph", "rdflib")
    with (
        Record("exports", "Exports of a million statements", options, with_) as record,
        tempfile.TemporaryDirectory() as folder,
    ):
        nquads = build(Settings().home).nquads
        started = time.process_time()
        files = export(nquads)
        size = sum(map(len, files.values())) / 1e6
        took = time.process_time() - started
        record.text(
            f"All {len(files)} files of the framework itself, {size:.0f} MB, are written in {took:.1f} s."
        )
        edition = Edition.of(nquads)
        record.text(check(edition))
        data = copies(edition, options.statements)
        path = Path(folder) / "made.nq"
        path.write_bytes(data)
        against_engine(record, data, options.rounds)
        peak = subprocess.run(
            [sys.executable, __file__, "--memory", path], capture_output=True, text=True, check=True
        ).stdout.strip()
        record.text(f"Peak memory of reading and writing all three forms: {peak} MB.")
        against_rdflib(record, data, min(options.rounds, 3))
    return record.code


if __name__ == "__main__":
    sys.exit(main())
