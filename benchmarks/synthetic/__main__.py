"""Writes the framework many times over: as a snapshot to serve, as a folder to build from, or as N-Quads.

    python -m benchmarks.synthetic --times 100 --out out/x100            a folder of snapshots: CMH_GRAPH_SNAPSHOTS
    python -m benchmarks.synthetic --times 100 --out out/x100 --disk     the same with a store on disk
    python -m benchmarks.synthetic --times 10 --out out/home --turtle    a home to build from: CMH_GRAPH_HOME
    python -m benchmarks.synthetic --times 10 > 10.nq                     N-Quads

Prints the folder that was written.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .folders import write_home, write_snapshot_of
from .framework import SEED, framework

ROOT = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.synthetic",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--times", type=int, required=True, help="how many times the framework")
    parser.add_argument("--out", type=Path, help="the folder to write; N-Quads to the output if none")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--turtle", action="store_true", help="a home to build from instead of a snapshot")
    parser.add_argument("--disk", action="store_true", help="write the snapshot's store on disk too")
    chosen = parser.parse_args()
    if chosen.times < 1:
        parser.error("--times is 1 or more")
    if chosen.out is None:
        from cmh_graph.build import build

        sys.stdout.writelines(framework(build(ROOT).nquads, chosen.times, seed=chosen.seed, derived=True))
    elif chosen.turtle:
        print(write_home(ROOT, chosen.times, chosen.out, seed=chosen.seed))
    else:
        print(write_snapshot_of(ROOT, chosen.times, chosen.out, seed=chosen.seed, disk=chosen.disk))
    return 0


if __name__ == "__main__":
    sys.exit(main())
