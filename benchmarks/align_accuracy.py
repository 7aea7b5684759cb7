"""Prints how good and how fast the alignment of titles is, beside its targets.

python benchmarks/align_accuracy.py [--wrong] [--tables FOLDER] [--quick]

Each figure stands with its 95% interval (bootstrap over titles, 1,000 draws). --tables: a folder with control
runs of training/title_vectors (withheld.npz, untrained.npz, noabbr.npz, s2.npz, s3.npz); lines that need one
are printed as not measured without it. Data of other bodies is read from ../shared/data."""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import numpy as np

from cmh_graph.align.labels import RoleLabels, read_labels
from cmh_graph.align.titles import abbreviations
from cmh_graph.align.titles.aligner import Aligner, Post
from cmh_graph.align.titles.evaluate import (
    Judged,
    calibration_error,
    choose_limits,
    coverage_at,
    f1_of_proposed,
    judge,
    read_gold,
)
from cmh_graph.align.titles.rerank import from_json
from cmh_graph.align.titles.score import Weights
from cmh_graph.align.titles.vectors import TitleVectors, read_table, title_vectors

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases" / "align"
SHARED = ROOT.parent / "shared" / "data"
ALIGN = ROOT / "src" / "cmh_graph" / "align"
WITHOUT_VECTORS = ROOT / "training" / "rerank" / "without_vectors.json"
sys.path.insert(0, str(ROOT / "training" / "rerank"))

FOLDS, REPEATS = 5, 10


def line(name: str, value: str, target: str = "") -> None:
    print(f"{name:64}{value:34}{target}", flush=True)


def interval(values: Sequence[float] | np.ndarray) -> str:
    """The mean and its 95% interval."""
    held = np.asarray(values, dtype=float)
    if not len(held):
        return "not measured"
    draws = np.random.default_rng(1).integers(len(held), size=(1000, len(held)))
    low, high = np.quantile(held[draws].mean(axis=1), [0.025, 0.975])
    return f"{held.mean():.3f} [{low:.3f}, {high:.3f}] n={len(held)}"


def interval_of(judged: Sequence[Judged], figure: Callable[[Sequence[Judged]], float]) -> str:
    """A figure of a whole set and its 95% interval."""
    rng = np.random.default_rng(1)
    draws = [figure([judged[n] for n in rng.integers(len(judged), size=len(judged))]) for _ in range(1000)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{figure(judged):.3f} [{low:.3f}, {high:.3f}] n={len(judged)}"


# --- development titles ---


def development(labels: RoleLabels, show_wrong: bool) -> None:
    titles = read_gold(CASES / "title-alignment-dev.csv")
    aligner = Aligner(labels)
    judged = [judge(title, aligner) for title in titles]
    roles = [one for one in judged if one.title.gold]
    print("\nDevelopment titles. Word lists were written with them in view: read the next block beside it.")
    line("accuracy at 1", interval([one.place == 1 for one in roles]), ".88")
    line("accuracy at 5", interval([0 < one.place <= 5 for one in roles]), ".97")
    # Limits from four fifths, counted on the fifth; ten draws of the folds.
    rng = np.random.default_rng(1)
    f1, refused = [], []
    for _ in range(REPEATS):
        order = rng.permutation(len(judged))
        held: list[Judged] = []
        for fold in range(FOLDS):
            limits = choose_limits([judged[n] for n in order if n % FOLDS != fold])
            held += [judged[n].under(limits) for n in order if n % FOLDS == fold]
        f1.append(f1_of_proposed(held))
        refused.append(np.mean([one.zone == "none" for one in held if "near-miss" in one.title.difficulty]))
    shipped = [one.under(aligner.limits) for one in judged]
    line(f"F1 with abstention, limits cross-validated ({REPEATS} x {FOLDS})", f"{np.mean(f1):.3f}", ".81")
    line("  the same with the shipped limits", interval_of(shipped, f1_of_proposed))
    line("near-miss 'none' refused, limits cross-validated", f"{np.mean(refused):.3f} n=6", ".81")
    line("coverage at 95% precision", interval_of(shipped, coverage_at), ".55")
    line("calibration error (10 bins)", interval_of(shipped, calibration_error), ".06")
    accepted = [one for one in shipped if one.zone == "accept"]
    line("accepted with the shipped limits", interval([one.zone == "accept" for one in shipped]))
    line("  of these right", interval([one.right for one in accepted]), ".95")
    for name in sorted({one.title.difficulty for one in roles}):
        part = [one.place == 1 for one in roles if one.title.difficulty == name]
        line(f"  accuracy at 1, {name}", interval(part))
    if show_wrong:
        for one in shipped:
            if (one.title.gold and (one.place != 1 or one.zone == "none")) or (
                not one.title.gold and one.zone != "none"
            ):
                print(
                    f"  {one.title.title!r} [{one.zone}] {one.nearest[:3]}, right: {sorted(one.title.gold)}"
                )


@contextmanager
def emptied() -> Iterable[None]:  # type: ignore[misc]
    """No dictionary of abbreviations."""
    with mock.patch.object(abbreviations, "table", dict):
        yield


def without_dictionary(labels: RoleLabels, tables: Path | None) -> None:
    name = "dictionary emptied, abbreviations not trained: accuracy at 1"
    if tables is None or not (tables / "noabbr.npz").exists():
        line(name, "not measured", ".78")
        return
    table = read_table(tables / "noabbr.npz")
    titles = [one for one in read_gold(CASES / "title-alignment-dev.csv") if one.gold]
    with emptied(), using(table):
        aligner = Aligner(labels)
        line(name, interval([judge(title, aligner).place == 1 for title in titles]), ".78")


@contextmanager
def using(table: TitleVectors) -> Iterable[None]:  # type: ignore[misc]
    """Another table of title vectors."""
    with (
        mock.patch("cmh_graph.align.titles.label_index.title_vectors", lambda: table),
        mock.patch("cmh_graph.align.titles.score.title_vectors", lambda: table),
    ):
        yield


# --- unseen wording ---


def unseen(labels: RoleLabels, held_table: Path | None) -> None:
    from titles import queries

    print(
        "\nUnseen wording: titles of ESCO, O*NET, SOC 2020 and the NHS list. The right role follows from our"
    )
    print("mapping sets, which is rough: read differences, not heights. Each with vectors / without them.")
    if held_table is None or not held_table.exists():
        print("  The shipped table has seen these synonyms; give --tables with hold.npz for a fair reading.")
        table = title_vectors()
    else:
        table = read_table(held_table)
    asked = [one for one in queries(labels) if not one.without]
    results: dict[str, dict[str, list[tuple[bool, bool, str]]]] = {}
    for name in ("with", "without"):
        found: dict[str, list[tuple[bool, bool, str]]] = defaultdict(list)
        with using(table):
            weights = (
                Weights()
                if name == "with"
                else Weights(from_json(WITHOUT_VECTORS.read_text(encoding="utf-8")), vectors=False)
            )
            aligner = Aligner(labels, weights=weights)
            for one in asked:
                answer = aligner.align(one.text, band=one.band, employer_type=one.employer)
                targets = [near.target for near in answer.nearest]
                found[one.source].append((targets[:1] != [] and targets[0] in one.gold,
                                          bool(set(targets) & one.gold), answer.zone))  # fmt: skip
        results[name] = found
    for source in sorted(results["with"]):
        one, other = results["with"][source], results["without"][source]
        if source.endswith("outside"):
            line(f"{source}: sent to none", interval([x[2] == "none" for x in one]))
            line("  without vectors", interval([x[2] == "none" for x in other]))
            line("  accepted, wrongly", interval([x[2] == "accept" for x in one]))
        else:
            line(f"{source}: accuracy at 1", interval([x[0] for x in one]))
            line("  without vectors", interval([x[0] for x in other]))
            line(f"{source}: accuracy at 5", interval([x[1] for x in one]))
            line("  without vectors", interval([x[1] for x in other]))
    pairs = [
        (one, other)
        for source, answers in results["with"].items()
        if not source.endswith("outside")
        for one, other in zip(answers, results["without"][source], strict=True)
    ]
    line(
        "all with a role: accuracy at 1, gain by vectors (paired)", interval([a[0] - b[0] for a, b in pairs])
    )
    line("  accuracy at 5", interval([a[1] - b[1] for a, b in pairs]))
    none = [
        (one[2] == "none") - (other[2] == "none")
        for source, answers in results["with"].items()
        if source.endswith("outside")
        for one, other in zip(answers, results["without"][source], strict=True)
    ]
    line("all outside: sent to none, gain by vectors (paired)", interval(none))
    for name, found in results.items():
        accepted = [x[0] for part in found.values() for x in part if x[2] == "accept"]
        line(f"accepted titles that are right, {name} vectors", interval(accepted), ".95")


def vacancies(labels: RoleLabels) -> None:
    """How many vacancies of every trade are sent to none; hardly any is of ours."""
    path = SHARED / "jobbert-titles" / "validation-sample.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        titles = [row["vacancyTitle"] for row in csv.DictReader(lines)][:1000]
    plain = Weights(from_json(WITHOUT_VECTORS.read_text(encoding="utf-8")), vectors=False)
    for name, aligner in (("", Aligner(labels)), (", without vectors", Aligner(labels, weights=plain))):
        zones = Counter(aligner.align(title).zone for title in titles)
        line(f"1,000 JobBERT vacancies{name}: none / review / accept",
             " / ".join(f"{zones[zone] / len(titles):.3f}" for zone in ("none", "review", "accept")))  # fmt: skip


# --- published benchmarks, by the table alone ---


@dataclass(frozen=True, slots=True)
class Melo:
    queries: list[tuple[str, str]]
    elements: list[tuple[str, str, str]]
    right: dict[str, set[str]]


def read_melo(folder: Path) -> Melo:
    def rows(name: str) -> list[list[str]]:
        return [row.split("\t") for row in (folder / name).read_text(encoding="utf-8").splitlines()]

    right: dict[str, set[str]] = defaultdict(set)
    for query, _, element, _ in rows("annotations.tsv"):
        right[query].add(element)
    return Melo(
        [(a, b) for a, b in rows("queries.tsv")], [(a, b, c) for a, b, c in rows("corpus.tsv")], right
    )


def melo(table: TitleVectors, held: Melo, alternates: dict[str, list[str]] | None = None) -> tuple[
    np.ndarray, np.ndarray
]:  # fmt: skip
    """Reciprocal ranks: among all labels, and with one label per concept first (its nearest)."""
    corpus = table.of(label for _, label, _ in held.elements)
    ids = np.array([element for element, _, _ in held.elements])
    _, concept = np.unique([one for _, _, one in held.elements], return_inverse=True)
    by_label, by_concept = [], []
    for query, title in held.queries:
        asked = table.of([title, *(alternates or {}).get(title, ())])
        near = (corpus @ asked.T).max(axis=1)
        right = np.isin(ids, list(held.right[query]))
        by_label.append(1 / (1 + int((near > near[right].max()).sum())))
        best = np.full(concept.max() + 1, -2.0, dtype=np.float32)
        np.maximum.at(best, concept, near)
        linked = np.unique(concept[right])
        by_concept.append(1 / (1 + int((best > best[linked].max()).sum())))
    return np.array(by_label), np.array(by_concept)


def jobbert(table: TitleVectors) -> np.ndarray:
    with (SHARED / "esco-occupations-en-1.1.1.csv").open(encoding="utf-8", newline="") as lines:
        occupations = list(csv.DictReader(lines))
    with (SHARED / "jobbert-titles" / "validation-sample.csv").open(encoding="utf-8", newline="") as lines:
        vacancies = list(csv.DictReader(lines))
    place = {row["uri"]: n for n, row in enumerate(occupations)}
    asked = [row for row in vacancies if row["conceptUri"] in place]
    near = table.of(row["vacancyTitle"] for row in asked) @ table.of(row["label"] for row in occupations).T
    right = near[np.arange(len(asked)), [place[row["conceptUri"]] for row in asked]]
    ranks: np.ndarray = 1 + (near > right[:, None]).sum(axis=1)
    return 1 / ranks


def onet_alternates() -> dict[str, list[str]]:
    with (SHARED / "onet27-occupations.csv").open(encoding="utf-8", newline="") as lines:
        titles = {row["onet_soc_code"]: row["title"] for row in csv.DictReader(lines)}
    found: dict[str, list[str]] = defaultdict(list)
    with gzip.open(SHARED / "onet27-alternate-titles.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[titles[row["onet_soc_code"]]].append(row["alternate_title"])
    return found


def published(tables: Path | None) -> None:
    print("\nPublished benchmarks, the table alone")
    held = read_melo(SHARED / "melo-usa-en")
    ours = title_vectors()
    by_label, by_concept = melo(ours, held)
    line("MELO public half, all labels ranked, MRR", interval(by_label), ".69")
    line("  one label per concept first", interval(by_concept))
    line("JobBERT sample, preferred labels, MRR", interval(jobbert(ours)), ".36")
    seeds = []
    for name, what, target in (
        ("withheld", "MELO, tested O*NET groups withheld from training", ".67"),
        ("untrained", "MELO, MiniLM's tokens without our training", ""),
        ("s2", "MELO, second seed", ""),
        ("s3", "MELO, third seed", ""),
    ):
        path = tables / f"{name}.npz" if tables else None
        if path is None or not path.exists():
            line(what, "not measured", target)
            continue
        table = read_table(path)
        line(what, interval(melo(table, held)[0]), target)
        line("  JobBERT sample, the same table", interval(jobbert(table)))
        if name == "untrained":
            looked_up = melo(table, held, onet_alternates())[0]
            line("  untrained, O*NET alternates looked up at query time", interval(looked_up))
        if name in {"s2", "s3"}:
            seeds.append(melo(table, held)[0].mean())
    if len(seeds) == 2:
        line("MELO over three seeds: mean, standard deviation",
             f"{np.mean([by_label.mean(), *seeds]):.4f}, {np.std([by_label.mean(), *seeds], ddof=1):.4f}")  # fmt: skip


def speed(labels: RoleLabels) -> None:
    print("\nSpeed, one core")
    with (SHARED / "nhs-sds-job-roles.csv").open(encoding="utf-8", newline="") as lines:
        names = [row["display"] for row in csv.DictReader(lines)]
    start = time.perf_counter()
    title_vectors.cache_clear()
    title_vectors()
    line("loading the table", f"{1000 * (time.perf_counter() - start):.0f} ms")
    aligner = Aligner(labels)
    aligner.align("Nurse")
    took = []
    for name in names:
        start = time.perf_counter()
        aligner.align(name)
        took.append(time.perf_counter() - start)
    line("one title, median and 95th percentile",
         f"{1000 * np.median(took):.1f} ms, {1000 * np.quantile(took, 0.95):.1f} ms", "5 ms")  # fmt: skip
    with (SHARED / "jobbert-titles" / "validation-sample.csv").open(encoding="utf-8", newline="") as lines:
        many = sorted({row["vacancyTitle"] for row in csv.DictReader(lines)})
    fresh = Aligner(labels)
    fresh.align("Nurse")
    start = time.perf_counter()
    decided = Counter(found.zone for found in fresh.align_all(Post(title) for title in many))
    line(f"{sum(decided.values())} different vacancy titles as a list, decisions only",
         f"{len(many) / (time.perf_counter() - start):.0f}/s", "10,000/s")  # fmt: skip
    zones = Counter(aligner.align(name).zone for name in names)
    line("392 NHS role names: none / review / accept",
         " / ".join(str(zones[zone]) for zone in ("none", "review", "accept")))  # fmt: skip


def configuration() -> str:
    """A hash of everything that decides: code, word lists, coefficients, vectors."""
    found = hashlib.sha256()
    for path in sorted(ALIGN.rglob("*")):
        if path.suffix in {".py", ".csv", ".json", ".npz"}:
            found.update(path.name.encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--wrong", action="store_true", help="list the development titles that are wrong")
    options.add_argument("--tables", type=Path, help="folder with the control runs of the title vectors")
    options.add_argument("--quick", action="store_true", help="development titles only")
    chosen = options.parse_args()
    labels = read_labels(CASES / "labels.csv")
    print(f"configuration {configuration()}")
    line("test", "value [95% interval]", "target (core)")
    development(labels, chosen.wrong)
    if chosen.quick:
        return
    if not SHARED.exists():
        print(f"\n{SHARED} is not there: nothing else was measured")
        return
    without_dictionary(labels, chosen.tables)
    unseen(labels, chosen.tables / "hold.npz" if chosen.tables else None)
    vacancies(labels)
    published(chosen.tables)
    speed(labels)
    print("\nThe [semantic] encoder is not shipped; training/title_encoder/README.md has its figures.")


if __name__ == "__main__":
    main()
