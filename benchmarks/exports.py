"""How long a million statements take to write, beside the engine's own dump and rdflib, and the memory it takes.

The data are made: the framework's roles with their requirements, placements and other parts, copied under new keys and
names until there are enough, so they keep every shape that the framework keeps; --check validates one copy. Both sides
start with the data in memory, the store loaded and the edition read, and write to memory. They take turns, and seconds
are of processor time, so that what else the machine does meets both alike. Memory is the peak of a process of its own
that reads an edition and writes the three files.
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyoxigraph as ox
import rdflib

from cmh_graph.build import build
from cmh_graph.export import Edition, export
from cmh_graph.export.framed_json_ld import PARTS
from cmh_graph.export.packing import packed
from cmh_graph.export.turtle import turtle
from cmh_graph.json_ld import write_ntriples
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


def turns(rounds: int, *sides: Callable[[], object]) -> list[list[float]]:
    """Seconds of processor time of each side in each round, one after the other."""
    found: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for times, side in zip(found, sides, strict=True):
            started = time.process_time()
            side()
            times.append(time.process_time() - started)
    return found


def shown(name: str, theirs: list[float], ours: list[float]) -> str:
    ratios = [our / their for their, our in zip(theirs, ours, strict=True)]
    return (
        f"{name:<28} {statistics.median(theirs):>8.2f} {statistics.median(ours):>8.2f}   "
        f"{statistics.median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}]"
    )


def against_engine(data: bytes, rounds: int) -> Iterator[str]:
    store = ox.Store()
    started = time.process_time()
    store.bulk_load(data, ox.RdfFormat.N_QUADS)
    loaded = time.process_time()
    edition = Edition.of(data)
    count = len(edition.stated)
    read = time.process_time()
    yield f"{count:,} statements, {rounds} rounds; the engine loads in {loaded - started:.1f} s of processor time,"
    yield f"an edition is read in {read - loaded:.1f} s"
    yield f"{'':<28} {'engine':>8} {'ours':>8}   ratio"
    graph = ox.NamedNode(GRAPH_CATALOGUE)

    def dump(form: ox.RdfFormat) -> Callable[[], object]:
        prefixes = dict(edition.prefixes) if form == ox.RdfFormat.TURTLE else None
        return lambda: store.dump(io.BytesIO(), form, from_graph=graph, prefixes=prefixes)

    def fresh() -> Edition:
        edition.__dict__.pop("ntriples", None)
        edition.__dict__.pop("prefixes", None)
        return edition

    for name, form, write in (
        ("N-Triples", ox.RdfFormat.N_TRIPLES, lambda: fresh().ntriples),
        ("Turtle", ox.RdfFormat.TURTLE, lambda: turtle(fresh())),
        ("JSON-LD, compact", ox.RdfFormat.JSON_LD, lambda: write_ntriples(fresh().ntriples)),
    ):
        yield shown(name, *turns(rounds, dump(form), write))
    started = time.process_time()
    packed({"cmh.nt": edition.ntriples})
    yield f"packing N-Triples both ways takes {time.process_time() - started:.1f} s more"


def against_rdflib(data: bytes) -> Iterator[str]:
    edition = Edition.of(data)
    graph = rdflib.Graph().parse(data=edition.ntriples, format="nt")
    yield f"{len(graph):,} statements   {'rdflib':>8} {'ours':>8}   ratio"
    for name, syntax, write in (
        ("N-Triples", "nt", lambda: Edition(edition.quads).ntriples),
        ("Turtle", "turtle", lambda: turtle(edition)),
        ("JSON-LD", "json-ld", lambda: write_ntriples(edition.ntriples)),
    ):
        yield shown(name, *turns(3, lambda syntax=syntax: graph.serialize(format=syntax), write))


def memory(path: Path) -> None:
    """In a process of its own: read, write the three files, print the peak in MB."""
    edition = Edition.of(path.read_bytes())
    for write in (
        lambda: edition.ntriples,
        lambda: turtle(edition),
        lambda: write_ntriples(edition.ntriples),
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--memory", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.memory:
        memory(chosen.memory)
        return
    nquads = build(Settings().home).nquads
    started = time.process_time()
    files = export(nquads)
    size = sum(map(len, files.values())) / 1e6
    print(
        f"export of the framework: {len(files)} files, {size:.0f} MB in {time.process_time() - started:.1f} s"
    )
    edition = Edition.of(nquads)
    if chosen.check:
        print(check(edition))
    data = copies(edition, chosen.statements)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.nq"
        path.write_bytes(data)
        peak = subprocess.run(
            [sys.executable, __file__, "--memory", path], capture_output=True, text=True, check=True
        ).stdout.strip()
    for line in against_engine(data, chosen.rounds):
        print(line, flush=True)
    print(f"peak memory of reading and writing all three: {peak} MB")
    for line in against_rdflib(copies(edition, 50_000)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
