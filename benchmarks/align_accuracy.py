"""Prints how good and how fast the alignment is: development titles, then the 392 NHS role names.

python benchmarks/align_accuracy.py [--wrong] [--labels FILE] [--titles FILE]
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from cmh_graph.align.evaluate import (
    Figures,
    GoldTitle,
    align_gold,
    by_difficulty,
    measure,
    place_of_gold,
    read_gold,
)
from cmh_graph.align.labels import read_labels
from cmh_graph.align.pipeline import Aligner, Alignment
from cmh_graph.align.zones import Limits

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases" / "align"
NHS_ROLES = ROOT.parent / "shared" / "data" / "nhs-sds-job-roles.csv"


def show(name: str, figures: Figures) -> None:
    cells = [
        figures.at_1, figures.at_5, figures.mean_reciprocal_rank, figures.written_at_1, figures.accepted,
        figures.accepted_right, figures.none_precision, figures.none_recall,
    ]  # fmt: skip
    print(
        f"{name:16}{figures.titles:5}"
        + "".join(f"{'-':>8}" if one is None else f"{one:8.2f}" for one in cells)
    )


def folds_of_limits(titles: list[GoldTitle], labels_path: Path, folds: int = 5) -> None:
    """Choose the accept and review limits on four fifths, count on the fifth: are ours just lucky?"""
    labels = read_labels(labels_path)
    grid = [Limits(accept=a / 100, review=r / 100) for a in range(70, 96, 4) for r in range(20, 66, 5)]
    found = {limits: align_gold(titles, Aligner(labels, limits=limits)) for limits in grid}

    def worth(places: list[int], limits: Limits) -> tuple[float, float]:
        figures = measure([titles[n] for n in places], [found[limits][n] for n in places])
        precision, recall = figures.none_precision or 0, figures.none_recall or 0
        none_f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0
        safe = (figures.accepted_right or 0) >= 0.95
        return (none_f1 + figures.accepted if safe else 0, none_f1)

    held: list[tuple[int, Limits]] = []
    for fold in range(folds):
        rest = [n for n in range(len(titles)) if n % folds != fold]
        best = max(grid, key=lambda limits: worth(rest, limits))
        held += [(n, best) for n in range(len(titles)) if n % folds == fold]
        print(f"  fold {fold + 1}: accept {best.accept:.2f}, review {best.review:.2f}")
    show("5-fold limits", measure([titles[n] for n, _ in held], [found[limits][n] for n, limits in held]))


def show_wrong(titles: list[GoldTitle], found: list[Alignment]) -> None:
    for title, one in zip(titles, found, strict=True):
        place = place_of_gold(title, one)
        if (title.gold and (place != 1 or one.zone == "none")) or (not title.gold and one.zone != "none"):
            near = ", ".join(f"{c.target} {c.confidence:.2f}" for c in one.nearest[:3])
            print(
                f"  {title.key} {title.title!r} [{one.zone}]"
                f" right: {'/'.join(sorted(title.gold)) or 'NONE'}; {near}"
            )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--wrong", action="store_true", help="list what is wrong")
    options.add_argument("--labels", type=Path, default=CASES / "labels.csv")
    options.add_argument("--titles", type=Path, default=CASES / "title-alignment-dev.csv")
    options.add_argument("--folds", action="store_true", help="cross-validate the limits (a minute)")
    chosen = options.parse_args()
    labels = read_labels(chosen.labels)
    titles = read_gold(chosen.titles)
    aligner = Aligner(labels)
    found = align_gold(titles, aligner)
    print(f"{'':16}{'n':>5}" + "".join(f"{name:>8}" for name in
          ("at 1", "at 5", "MRR", "written", "accept", "right", "none P", "none R")))  # fmt: skip
    show("all", measure(titles, found))
    for name, figures in by_difficulty(titles, found).items():
        show(name, figures)
    without_band = [replace(one, band="", employer_type="") for one in titles]
    show("titles alone", measure(without_band, align_gold(without_band, Aligner(labels))))
    if chosen.folds:
        folds_of_limits(titles, chosen.labels)
    if chosen.wrong:
        show_wrong(titles, found)
    if not NHS_ROLES.exists():
        print(f"\n{NHS_ROLES} is not there: the NHS role names were not tried")
        return
    with NHS_ROLES.open(encoding="utf-8", newline="") as lines:
        names = [row["display"] for row in csv.DictReader(lines)]
    fresh = Aligner(labels)
    start = time.perf_counter()
    answers = [fresh.align(name) for name in names]
    seconds = time.perf_counter() - start
    zones = Counter(one.zone for one in answers)
    print(
        f"\n{len(names)} NHS role names in {seconds:.2f} s ({len(names) / seconds:.0f}/s):"
        f" {dict(sorted(zones.items()))}"
    )
    if chosen.wrong:
        for name, one in zip(names, answers, strict=True):
            if one.zone != "none":
                print(f"  {one.zone:7}{one.candidates[0].role:32}{one.confidence:.2f}  {name}")


if __name__ == "__main__":
    main()
