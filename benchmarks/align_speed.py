"""Prints how fast titles are aligned on one core, beside plain string matchers on the same titles and labels.

    python benchmarks/align_speed.py [--rows 10000] [--repeats 5]

One core, one thread. Titles a second are of the core's time, so that other work on the machine weighs less;
one title's wait is by the clock. Each figure comes from a fresh copy of the process that has read the labels and
no title yet, so that no cache helps unless the line says so; median of the repeats, with the least and the most. Peers:
rapidfuzz, and scikit-learn's TF-IDF if it is among the peers (`make bench` installs them) or in the environment. A peer
gives the likest label and nothing else: no zone, no bands, no reasons. Data of other bodies is read from
../shared/data; without it, titles are made from labels alone."""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process
from record import PEERS

from cmh_graph.align.labels import RoleLabels, read_labels
from cmh_graph.align.pipeline import run
from cmh_graph.align.titles import aligner as aligner_module
from cmh_graph.align.titles import score as score_module
from cmh_graph.align.titles.aligner import Aligner, Post
from cmh_graph.align.titles.evaluate import read_gold
from cmh_graph.align.titles.vectors import TitleVectors

# record has put the folder of the peers on the path.
assert str(PEERS) in sys.path
try:
    from sklearn.feature_extraction.text import TfidfVectorizer
except ImportError:
    TfidfVectorizer = None

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases" / "align"
SHARED = ROOT.parent / "shared" / "data"
sys.path.insert(0, str(ROOT / "training" / "rerank"))

ASIDE = ("Band 3", "B5", "Bd 4", "Band 6 to 7", "8a", "37.5 hours", "0.6 WTE", "Nights", "Bank", "FTC 12 months",
         "F/T", "maternity cover", "Days/Nights", "CMHT East", "Older Adults", "Inpatient", "Crisis Team", "Ward 5",
         "Memory Clinic", "North", "Rehab", "Home Treatment")  # fmt: skip
FORMS = ("{} {}", "{} - {}", "{} ({})", "{}, {}")
#: How often the titles of a vacancy feed come back: about one title in rank r is asked 1 / r as often as the first.
DIFFERENT_IN_FEED = 0.2

Measure = Callable[[Sequence[str]], float]


# --- titles ---


def column(name: str, key: str) -> list[str]:
    """A column of a CSV, gzipped or not; empty if the file is not there."""
    path = SHARED / name
    if not path.exists():
        return []
    data = path.read_bytes()
    text = (gzip.decompress(data) if name.endswith(".gz") else data).decode("utf-8")
    return [row[key] for row in csv.DictReader(io.StringIO(text))]


def different(titles: Iterable[str], rows: int) -> list[str]:
    """The first `rows` titles of which no two are alike but for capitals and spaces."""
    found: dict[str, str] = {}
    for title in titles:
        found.setdefault(" ".join(title.casefold().split()), title)
        if len(found) == rows:
            break
    return list(found.values())


def every_trade(rows: int) -> list[str]:
    """Different titles as others wrote them: vacancies, national lists, occupations."""
    titles = [
        *column("cmh-relevant-job-titles.csv.gz", "job_title"),
        *column("nhs-sds-job-roles.csv", "display"),
        *column("soc2020-related-job-titles.csv.gz", "related_job_title"),
        *column("jobbert-titles/validation-sample.csv", "vacancyTitle"),
        *column("onet27-alternate-titles.csv.gz", "alternate_title"),
    ]
    random.Random(1).shuffle(titles)
    return different(titles, rows)


def own_field(labels: RoleLabels, rows: int) -> list[str]:
    """Different titles of our own field as a payroll has them: labels and titles near to them, in noise."""
    chance = random.Random(2)
    names = [label.text for label in labels.labels] + column("cmh-relevant-job-titles.csv.gz", "job_title")

    def made() -> Iterable[str]:
        while True:
            title = chance.choice(names)
            for _ in range(chance.choice((1, 1, 2))):
                title = chance.choice(FORMS).format(title, chance.choice(ASIDE))
            yield title.upper() if chance.random() < 0.1 else title

    return different(islice(made(), 20 * rows), rows)


def feed(titles: Sequence[str], rows: int) -> list[str]:
    """Vacancies: some titles come again and again, most once."""
    chance = random.Random(3)
    some = chance.sample(list(titles), max(1, int(DIFFERENT_IN_FEED * rows)))
    return chance.choices(some, [1 / rank for rank in range(1, len(some) + 1)], k=rows)


# --- what is measured ---


def posts(titles: Sequence[str]) -> list[Post]:
    return [Post(title) for title in titles]


def decisions(aligner: Aligner) -> Measure:
    """Zone, confidence and role of each title."""

    def measure(titles: Sequence[str]) -> float:
        asked = posts(titles)
        start = time.process_time()
        for found in aligner.align_all(asked):
            _ = found.zone, found.confidence, found.role
        return len(titles) / (time.process_time() - start)

    return measure


def decisions_after(aligner: Aligner, first: Sequence[str]) -> Measure:
    """The same after other titles, from which words are known already."""

    def measure(titles: Sequence[str]) -> float:
        decisions(aligner)(first)
        return decisions(aligner)(titles)

    return measure


def decisions_again(aligner: Aligner) -> Measure:
    """The same list a second time: all titles whose answers are still kept."""

    def measure(titles: Sequence[str]) -> float:
        decisions(aligner)(titles)
        return decisions(aligner)(titles)

    return measure


def explained(aligner: Aligner) -> Measure:
    """The same with every candidate and its reason."""

    def measure(titles: Sequence[str]) -> float:
        asked = posts(titles)
        start = time.process_time()
        for found in aligner.align_all(asked):
            _ = found.why, found.candidates
        return len(titles) / (time.process_time() - start)

    return measure


def written(labels: RoleLabels) -> Measure:
    """The whole command: a CSV read; candidates.csv, mapping set, rejects and reports written."""

    def measure(titles: Sequence[str]) -> float:
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "titles.csv"
            with table.open("w", encoding="utf-8", newline="") as lines:
                csv.writer(lines).writerows([["title"], *([title] for title in titles)])
            start = time.process_time()
            run(table, Path(folder) / "out", labels)
            return len(titles) / (time.process_time() - start)

    return measure


Matcher = Callable[[Sequence[str]], "list[int]"]


def by_rapidfuzz(labels: RoleLabels) -> Matcher:
    texts = [default_process(label.text) for label in labels.labels]

    def match(titles: Sequence[str]) -> list[int]:
        likest: list[int] = []
        for start in range(0, len(titles), 1000):
            asked = [default_process(title) for title in titles[start : start + 1000]]
            likest += process.cdist(asked, texts, scorer=fuzz.WRatio, workers=1).argmax(axis=1).tolist()
        return likest

    return match


#: How sklearn cuts titles, for the comparison that came first.
LETTERS: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (2, 4), "sublinear_tf": True}


def by_tfidf(labels: RoleLabels, how: dict[str, Any]) -> Matcher:
    """sklearn's TF-IDF, top 1; how: its own parameters."""
    vectorizer = TfidfVectorizer(**how)
    texts = vectorizer.fit_transform([label.text for label in labels.labels]).T.tocsr()

    def match(titles: Sequence[str]) -> list[int]:
        likest: list[int] = []
        for start in range(0, len(titles), 1000):
            near = (vectorizer.transform(titles[start : start + 1000]) @ texts).toarray()
            likest += near.argmax(axis=1).tolist()
        return likest

    return match


def speed_of(match: Matcher) -> Measure:
    def measure(titles: Sequence[str]) -> float:
        titles = titles[:2000]
        start = time.process_time()
        match(titles)
        return len(titles) / (time.process_time() - start)

    return measure


def afresh(measure: Callable[..., Any], *given: Any) -> Any:
    """The result of a measure in a copy of this process, whose caches nobody has filled."""
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()
    child = fork.Process(target=lambda: results.put(measure(*given)))
    child.start()
    found = results.get()
    child.join()
    return found


def line(name: str, *values: str) -> None:
    print(f"{name:52}" + "".join(f"{value:>24}" for value in values), flush=True)


def spread(figures: Sequence[float]) -> str:
    return f"{statistics.median(figures):,.0f} [{min(figures):,.0f}-{max(figures):,.0f}]"


# --- one title, accuracy, steps ---


def waits(aligner: Aligner, titles: Sequence[str], why: bool) -> list[float]:
    took = []
    for title in titles:
        start = time.perf_counter()
        found = aligner.align(title)
        _ = (found.why, found.candidates) if why else found.zone
        took.append(1000 * (time.perf_counter() - start))
    return took


def accuracy(labels: RoleLabels, aligner: Aligner, peers: dict[str, Matcher]) -> None:
    """Whether the first role is right, before any is refused, on titles with a known role."""
    known = {
        "development titles": [(one.title, one.gold) for one in read_gold(CASES / "title-alignment-dev.csv")]
    }
    if SHARED.exists():
        from titles import queries

        other = [
            one for one in queries(labels) if one.gold and one.source in {"esco", "onet-soc", "soc-2020"}
        ]
        known["titles of ESCO, O*NET and SOC"] = [(one.text, one.gold) for one in other]
    for name, pairs in known.items():
        pairs = [(title, gold) for title, gold in pairs if gold]
        titles = [title for title, _ in pairs]
        near = [
            found.nearest[0].target if found.nearest else "" for found in aligner.align_all(posts(titles))
        ]
        answers = {"ours": near}
        for peer, match in peers.items():
            answers[peer] = [labels.facts[labels.labels[place].role].target for place in match(titles)]
        for who, targets in answers.items():
            right = [target in gold for target, (_, gold) in zip(targets, pairs, strict=True)]
            line(f"accuracy at 1, {name}: {who}", f"{np.mean(right):.3f} n={len(right)}")


def steps(aligner: Aligner, titles: Sequence[str]) -> dict[str, float]:
    """Seconds in each step, by name; a step does not count the steps inside it."""
    took: dict[str, float] = defaultdict(float)
    inside = [0.0]

    def timed(name: str, inner: Callable[..., Any]) -> Callable[..., Any]:
        def outer(*args: Any) -> Any:
            inside.append(0.0)
            start = time.perf_counter()
            found = inner(*args)
            whole = time.perf_counter() - start
            took[name] += whole - inside.pop()
            inside[-1] += whole
            return found

        return outer

    with mock.patch.multiple(
        aligner_module,
        take_apart=timed("take the title apart", aligner_module.take_apart),
        read=timed("write out, spell, find the noun", aligner_module.read),
        decide=timed("decide", aligner_module.decide),
    ), mock.patch.multiple(
        score_module,
        ReadingArrays=timed("words to arrays", score_module.ReadingArrays),
        find_pairs=timed("candidates, likeness", score_module.find_pairs),
        compare=timed("features", score_module.compare),
    ), mock.patch.multiple(
        TitleVectors, of_words=timed("vectors", TitleVectors.of_words)
    ), mock.patch.multiple(
        score_module.Scorer, rank=timed("score and rank", score_module.Scorer.rank)
    ):  # fmt: skip
        start = time.perf_counter()
        for _ in aligner.align_all(posts(titles)):
            pass
        took["blocks, answers kept, memory freed"] = time.perf_counter() - start - inside[0]
    return took


def on_one_core() -> None:
    """Hold this process to one core. numpy reads how many threads it may use when it is loaded: start again."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
    if not threads.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | threads)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--repeats", type=int, default=5)
    chosen = options.parse_args()
    on_one_core()
    labels = read_labels(CASES / "labels.csv")
    lists = {"payroll": own_field(labels, chosen.rows)}
    if SHARED.exists():
        lists = {"every trade": every_trade(chosen.rows)} | lists
    else:
        print(f"{SHARED} is not there: titles are made from labels alone")
    others = [
        *own_field(labels, 2 * chosen.rows)[chosen.rows :],
        *every_trade(2 * chosen.rows)[chosen.rows :],
    ]
    lists["feed"] = feed([title for titles in lists.values() for title in titles], chosen.rows)
    aligner = Aligner(labels)
    aligner.align("Nurse")  # reads the word lists and the table of vectors
    aligner.forget()
    peers = {"rapidfuzz WRatio": by_rapidfuzz(labels)}
    if TfidfVectorizer:
        peers["TF-IDF of 2 to 4 letters"] = by_tfidf(labels, LETTERS)
    else:
        print("scikit-learn is not installed: TF-IDF is not measured")
    print(
        f"one core, {len(labels.labels)} labels, load of the machine {os.getloadavg()[0]:.1f}; titles a second,"
    )
    print(f"median of {chosen.repeats} [least-most]. Titles in the lists: every trade, payroll: no two alike; feed: "
          f"{len(set(lists['feed'])):,} different in {len(lists['feed']):,}")  # fmt: skip
    line("", *lists)
    measures: dict[str, Measure] = {
        "ours, decisions (target 10,000)": decisions(aligner),
        "ours, every candidate with its reason": explained(aligner),
        "ours, whole command with its files": written(labels),
        "ours, decisions, after as many other titles": decisions_after(aligner, others),
        "ours, decisions, the same list again": decisions_again(aligner),
    } | {f"{name}, best label (first 2,000)": speed_of(match) for name, match in peers.items()}
    for name, measure in measures.items():
        line(
            name,
            *(spread([afresh(measure, titles) for _ in range(chosen.repeats)]) for titles in lists.values()),
        )
    print("\none title at a time, ms: median, 95th percentile (target 5)")
    for name, why in (("ours, decision", False), ("ours, every candidate with its reason", True)):
        found = [afresh(waits, aligner, titles[:1000], why) for titles in lists.values()]
        line(name, *(f"{np.median(one):.2f}, {np.quantile(one, 0.95):.2f}" for one in found))
    for name, match in peers.items():
        took = [[speed_of(match)([title]) for title in titles[:200]] for titles in lists.values()]
        line(
            name,
            *(
                f"{np.median(1000 / np.array(x)):.2f}, {np.quantile(1000 / np.array(x), 0.95):.2f}"
                for x in took
            ),
        )
    print()
    accuracy(labels, aligner, peers)
    print("\nshare of each step in decisions, %")
    shares = [afresh(steps, aligner, titles) for titles in lists.values()]
    for name in sorted(shares[0], key=lambda one: -shares[0][one]):
        line(name, *(f"{100 * one[name] / sum(one.values()):.0f}" for one in shares))


if __name__ == "__main__":
    main()
