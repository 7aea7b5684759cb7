"""The gap from every role to every other, beside SPARQL alone on Oxigraph with the same sizes.

Ours are the tables and all sizes, from a catalogue in memory (pathways/gap_sizes.py). Theirs is benchmarks/gaps.rq on
the same statements in an Oxigraph store in memory: no look-up of what was computed, but the count itself. At 10 times
the framework both count for the same roles held, chosen by a seed. Reading the statements is in neither side: their
store is loaded and indexed, our catalogue is read. Making our tables is counted each time. Both end with the sizes in
a dictionary. Seconds are of processor time: both sides use one core."""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from record import Growth, Line, Record, arguments, in_turn, note, versions
from synthetic.framework import framework

from cmh_graph.pathways.gap_sizes import GapSizes
from cmh_graph.reading import Catalogue, read
from cmh_graph.snapshot import current_snapshot
from cmh_graph.store import Store

ROOT = Path(__file__).resolve().parent.parent
QUERY = (Path(__file__).parent / "gaps.rq").read_text(encoding="utf-8")
#: Roles held that are asked for where all pairs would take SPARQL too long.
SAMPLED = 8
Pairs = dict[tuple[str, str], float]


def loaded(nquads: bytes, times: int) -> Store:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "graph.nq"
        with file.open("w", encoding="utf-8") as lines:
            lines.writelines(framework(nquads, times))
        return Store.load(file)


def ours(catalogue: Catalogue, held: list[str] | None) -> Pairs:
    """The sizes of the gaps between two different roles; only from some roles held, if any are given."""
    sizes = GapSizes(catalogue)
    iris = [role.iri for role in sizes.roles]
    some = [role for role in sizes.roles if held is not None and role.iri in held]
    rows = sizes.every() if held is None else ((role, sizes.from_role(role)) for role in some)
    return {
        (role.iri, iri): size
        for role, row in rows
        for iri, size in zip(iris, row.tolist(), strict=True)
        if iri != role.iri
    }


def theirs(store: Store, held: list[str] | None) -> Pairs:
    only = f"VALUES ?held {{ {' '.join(f'<{iri}>' for iri in held)} }}" if held else ""
    rows = store.select(QUERY.replace("$only", only))
    return {(str(row["held"].value), str(row["wanted"].value)): float(row["size"].value) for row in rows}  # type: ignore[union-attr]


def seconds_of(ask: object, *given: object) -> float:
    start = time.process_time()
    ask(*given)  # type: ignore[operator]
    return time.process_time() - start


def same(one: Pairs, other: Pairs) -> bool:
    """Whether all sizes are equal; SPARQL has no row for a role that asks for nothing."""
    return other.keys() <= one.keys() and all(size == other.get(pair, 0.0) for pair, size in one.items())


def main() -> int:
    options = arguments(__doc__, minutes=6).parse_args()
    nquads = (current_snapshot(ROOT / "build") / "dataset.nq").read_bytes()
    rounds = 3 if options.quick else 15
    with Record("gaps", "Gaps between roles", options, versions("pyoxigraph", "numpy")) as record:
        grown: dict[float, list[float]] = {}
        for times in (1, 10) if options.quick else (1, 10, 100):
            note(f"{times}x: reading")
            store = loaded(nquads, times)
            catalogue = read(store)
            roles = sorted(role.iri for role in catalogue.roles.values() if role.form != "grouping")
            note(f"{times}x: {len(roles):,} roles")
            pairs = len(roles) * (len(roles) - 1)
            grown[pairs] = [
                seconds_of(lambda c: sum(float(one.sum()) for _, one in GapSizes(c).every()), catalogue)
                for _ in range(min(rounds, 3) if times == 100 else rounds)
            ]
            if times == 100:
                most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                record.line(Line("every pair of roles", f"{times}x: {pairs:,} pairs", "s", grown[pairs]))
                record.line(
                    Line(
                        "memory of the process, statements and catalogue included",
                        f"{times}x",
                        "MB",
                        [round(most)],
                    )
                )
                continue
            held = None if times == 1 else sorted(random.Random(3).sample(roles, SAMPLED))
            took = in_turn(
                rounds if times == 1 else min(rounds, 5),
                ours=lambda c=catalogue, h=held: seconds_of(ours, c, h),
                theirs=lambda s=store, h=held: seconds_of(theirs, s, h),
            )
            count = pairs if held is None else len(held) * (len(roles) - 1)
            scale = f"{times}x: {count:,} pairs" + ("" if held is None else f", from {SAMPLED} roles")
            record.line(
                Line("every pair of roles" if held is None else "gaps from some roles", scale, "s", took["ours"],
                     took["theirs"], "SPARQL on Oxigraph", wanted=20,
                     equal=same(ours(catalogue, held), theirs(store, held)),
                     note="ours makes its tables each time")
            )  # fmt: skip
        record.growth(Growth("every pair, by the number of pairs", "ours", "s", grown))
    return record.code


if __name__ == "__main__":
    sys.exit(main())
