"""How much decisions help: accuracy on titles not reviewed, after 0, 20, 50 and 100 reviews.

    make bench-learning

Titles: the posts of the two made-up employers with their hand-made answers, and the development titles, together as the
lists of one partnership. For each seed a third of the titles are set aside to be tried on; of the rest the first 0,
20, 50 and 100 in a shuffled order are reviewed, with the hand-made answer as the decision (the first of several right
roles). A title whose wording could be reviewed is not tried on, so nothing is looked up.

right first: the nearest role is right, of the titles that have one. accepted, right: share of all titles that are
accepted unseen, and the share of those that are right. none found: titles without a role that were sent to none.
error: of the confidences against the answers (expected calibration error, 10 bins). Intervals: 95%, bootstrap over
titles, all seeds of a title together. The same inputs give the same output."""

from __future__ import annotations

import argparse
import csv
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.review.learn import Learned, Reviewed, learn
from cmh_graph.align.review.queue import wording
from cmh_graph.align.titles.aligner import Post
from cmh_graph.align.titles.evaluate import read_gold
from cmh_graph.align.titles.rerank import shipped
from cmh_graph.settings import Settings
from cmh_graph.snapshot import DATASET, current_snapshot
from cmh_graph.store import Store

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases" / "align"
REVIEWS = (0, 20, 50, 100)
DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Title:
    """A title with the keys of its right roles, in the order of the answer key; none: no role fits."""

    employer: str
    post: Post
    roles: tuple[str, ...]

    def reviewed(self) -> Reviewed:
        return Reviewed(
            self.post.title,
            frozenset(self.roles[:1]),
            band=self.post.band,
            employer_type=self.post.employer_type,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a title that was tried on. first: whether the nearest role is right."""

    title: int
    has_role: bool
    first: bool
    zone: str
    accepted_right: bool
    confidence: float


def titles() -> list[Title]:
    """The titles of both examples and the development set."""
    found = []
    with (CASES / "posts_key.csv").open(encoding="utf-8", newline="") as lines:
        keys = {(row["employer"], row["key"]): row["role"] for row in csv.DictReader(lines)}
    for employer in ("northfield", "eastmere"):
        with (ROOT / "examples" / employer / "roles.csv").open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                said = keys[employer, row["key"]].split(";")
                post = Post(
                    row["title"], row["band"], row.get("employer_type") or "nhs-trust", row["description"]
                )
                found.append(Title(employer, post, tuple(one for one in said if one != "NONE")))
    for gold in read_gold(CASES / "title-alignment-dev.csv"):
        post = Post(gold.title, gold.band, gold.employer_type, gold.description)
        found.append(Title("development", post, tuple(sorted(gold.gold))))
    return found


def tried(every: Sequence[int], pool: Sequence[Title], learned: Learned, labels: RoleLabels) -> list[Outcome]:
    aligner = learned.aligner(labels)
    out = []
    for place, found in zip(every, aligner.align_all(pool[n].post for n in every), strict=True):
        gold = {labels.facts[role].target for role in pool[place].roles if role in labels.facts}
        first = bool(found.nearest) and found.nearest[0].target in gold
        accepted = found.zone == "accept"
        out.append(
            Outcome(
                place,
                bool(gold),
                first,
                found.zone,
                accepted and first,
                0.0 if found.decision.clash else found.confidence,
            )
        )
    return out


def curve(
    pool: Sequence[Title], labels: RoleLabels, seeds: int, teach: Callable[[list[Reviewed]], Learned]
) -> dict[int, list[Outcome]]:
    """Reviews -> outcomes of all seeds."""
    outcomes: dict[int, list[Outcome]] = defaultdict(list)
    for seed in range(seeds):
        order = random.Random(seed).sample(range(len(pool)), len(pool))
        aside = order[: len(order) // 3]
        rest = order[len(aside) :]
        known = {wording(pool[n].post.title) for n in rest}
        # The same titles are tried on at every point of the curve.
        aside = [n for n in aside if wording(pool[n].post.title) not in known]
        for reviews in REVIEWS:
            learned = teach([pool[n].reviewed() for n in rest[:reviews]])
            outcomes[reviews] += tried(aside, pool, learned, labels)
    return outcomes


def share(part: Sequence[bool]) -> float:
    return float(np.mean(part)) if len(part) else float("nan")


def figures(found: Sequence[Outcome]) -> dict[str, float]:
    bins: dict[int, list[Outcome]] = defaultdict(list)
    for one in found:
        bins[min(9, int(one.confidence * 10))].append(one)
    error = sum(abs(sum(o.confidence for o in part) - sum(o.first for o in part)) for part in bins.values())
    accepted = [one for one in found if one.zone == "accept"]
    return {
        "right first": share([one.first for one in found if one.has_role]),
        "accepted": share([one.zone == "accept" for one in found]),
        "right": share([one.accepted_right for one in accepted]),
        "none found": share([one.zone == "none" for one in found if not one.has_role]),
        "error": error / max(1, len(found)),
    }


def drawn(
    found: Sequence[Outcome], measure: Callable[[list[Outcome]], dict[str, float]], seed: int = 7
) -> dict[str, tuple[float, float]]:
    """95% intervals over titles: all outcomes of a title are drawn together."""
    by_title: dict[int, list[Outcome]] = defaultdict(list)
    for one in found:
        by_title[one.title].append(one)
    places = list(by_title)
    draw = np.random.default_rng(seed)
    rows = []
    for _ in range(DRAWS // 4):
        rows.append(
            measure([one for n in draw.integers(0, len(places), len(places)) for one in by_title[places[n]]])
        )
    return {name: tuple(np.nanpercentile([row[name] for row in rows], [2.5, 97.5])) for name in rows[0]}


def gain(before: Sequence[Outcome], after: Sequence[Outcome], seed: int = 7) -> tuple[float, float, float]:
    """How much more often the nearest role is right, with its 95% interval: the same titles, before and after."""
    change: dict[int, list[int]] = defaultdict(list)
    for one, two in zip(before, after, strict=True):
        if one.has_role:
            change[one.title].append(int(two.first) - int(one.first))
    sums = np.array([sum(part) for part in change.values()], dtype=float)
    counts = np.array([len(part) for part in change.values()], dtype=float)
    draw = np.random.default_rng(seed).integers(0, len(sums), (DRAWS, len(sums)))
    means = sums[draw].sum(axis=1) / counts[draw].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(sums.sum() / counts.sum()), float(low), float(high)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seeds", type=int, default=10, help="how many shuffles")
    chosen = options.parse_args()
    labels = framework_labels(Store.load(current_snapshot(Settings().snapshots) / DATASET))
    pool = titles()
    plain = shipped()

    def both(reviewed: list[Reviewed]) -> Learned:
        return learn(reviewed, labels)

    def labels_only(reviewed: list[Reviewed]) -> Learned:
        return learn(reviewed, labels, refit=False)

    def refit_only(reviewed: list[Reviewed]) -> Learned:
        return Learned(
            (), frozenset(), learn(reviewed, labels).coefficients if reviewed else plain, len(reviewed)
        )

    counts = ", ".join(
        f"{name} {sum(title.employer == name for title in pool)}"
        for name in dict.fromkeys(t.employer for t in pool)
    )
    print(f"titles: {counts}; {chosen.seeds} shuffles each; a third is tried on")
    for name, teach in (
        ("labels and refit", both),
        ("labels alone", labels_only),
        ("refit alone", refit_only),
    ):
        found = curve(pool, labels, chosen.seeds, teach)
        print(f"\n{name}")
        names = ("right first", "accepted", "right", "none found")
        print("reviews  " + "".join(one.ljust(19) for one in names) + "error  gain in right first")
        for reviews in REVIEWS:
            now, spread = figures(found[reviews]), drawn(found[reviews], figures)
            cells = [
                f"{now[one]:.3f} [{spread[one][0]:.2f} {spread[one][1]:.2f}]"
                for one in ("right first", "accepted", "right", "none found")
            ]
            more, low, high = gain(found[0], found[reviews])
            said = f"{more:+.3f} [{low:+.3f} {high:+.3f}]" if reviews else ""
            print(f"{reviews:>7}  {'  '.join(cells)}  {now['error']:.3f}  {said}")


if __name__ == "__main__":
    main()
