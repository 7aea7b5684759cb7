"""Titles to roles beside plain matchers: titles a second and accuracy at 1, on the same titles, labels and cores.

Two lists of a million. *All different*: every title of other bodies' lists (../shared/data), then those and the
framework's labels in payroll noise, none twice. *As they come*: a million rows drawn from a fifth as many of those, the
title in rank r 1/r as often as the first, as titles of vacancies repeat; each side matches every different title once.
Titles go to as many processes as there are cores on every side; start and end of the processes are in the time. A
matcher gives the likest label and nothing else; ours gives role, confidence and zone.

Accuracy at 1 is of labelled titles, never of made ones: titles of ESCO, O*NET and SOC that mappings give a role, which
our word lists were not written from, and the development titles, which they were."""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from align_speed import (
    ASIDE,
    CASES,
    FORMS,
    LETTERS,
    SHARED,
    TfidfVectorizer,
    by_tfidf,
    column,
    different,
    every_trade,
    feed,
    posts,
)
from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process
from record import Line, Record, arguments, in_turn, missing, note, versions

from cmh_graph.align.labels import RoleLabels, read_labels
from cmh_graph.align.titles.aligner import Aligner
from cmh_graph.align.titles.evaluate import read_gold

ROOT = Path(__file__).resolve().parent.parent
CORES = len(os.sched_getaffinity(0))
Matcher = Callable[[Sequence[str]], "list[int]"]
#: Peers by name, and the ratio that is wanted; None: information. Two of each are the most accurate that we found.
RAPIDFUZZ = {
    "rapidfuzz cdist, token_set_ratio": (fuzz.token_set_ratio, 0.5),
    "rapidfuzz cdist, WRatio": (fuzz.WRatio, 0.5),
    "rapidfuzz cdist, ratio (its default)": (fuzz.ratio, None),
}
TFIDF: dict[str, tuple[dict[str, Any], float | None]] = {
    "sklearn TF-IDF, 2 to 4 letters": (LETTERS, 1.0),
    "sklearn TF-IDF, 3 letters": ({"analyzer": "char", "ngram_range": (3, 3)}, 1.0),
    "sklearn TF-IDF, words (its default)": ({}, None),
}
UNSEEN, SEEN = "titles of ESCO, O*NET and SOC", "development titles"


# --- titles ---


def all_different(labels: RoleLabels, rows: int) -> tuple[list[str], int]:
    """So many titles, none twice, and how many of them stand as others wrote them."""
    real = different([*every_trade(rows), *column("esco10-occupation-labels.csv.gz", "label")], rows)
    names = [*real, *(label.text for label in labels.labels for _ in range(20))]
    chance = random.Random(4)

    def noisy() -> Iterator[str]:
        yield from real
        while True:
            title = chance.choice(names)
            for _ in range(chance.choice((1, 1, 2))):
                title = chance.choice(FORMS).format(title, chance.choice(ASIDE))
            yield title.upper() if chance.random() < 0.1 else title

    titles = different(islice(noisy(), 20 * rows), rows)
    chance.shuffle(titles)
    return titles, len(real)


# --- sides ---


def by_rapidfuzz(labels: RoleLabels, scorer: Callable[..., float]) -> Matcher:
    texts = [default_process(label.text) for label in labels.labels]

    def match(titles: Sequence[str]) -> list[int]:
        likest: list[int] = []
        for start in range(0, len(titles), 1000):
            asked = [default_process(title) for title in titles[start : start + 1000]]
            likest += process.cdist(asked, texts, scorer=scorer, workers=1).argmax(axis=1).tolist()
        return likest

    return match


def by_ours(aligner: Aligner) -> Callable[[Sequence[str]], Any]:
    def match(titles: Sequence[str]) -> int:
        # In order of title, as the engines for long lists do it.
        found = aligner.align_all(posts(sorted(titles, key=str.lower)))
        return sum(bool(one.role) + bool(one.confidence) for one in found)

    return match


def on_all_cores(match: Callable[[Sequence[str]], Any], titles: Sequence[str]) -> float:
    """Titles a second, a part of them in each of as many fresh processes as there are cores."""
    fork = multiprocessing.get_context("fork")
    start = time.perf_counter()
    size = -(-len(titles) // CORES)
    children = [
        fork.Process(target=match, args=(titles[place : place + size],))
        for place in range(0, len(titles), size)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    if any(child.exitcode for child in children):
        raise RuntimeError("a process ended badly")
    return len(titles) / (time.perf_counter() - start)


# --- accuracy ---


def labelled(labels: RoleLabels) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """Titles with the roles that are right."""
    from titles import queries  # training/rerank

    other = [one for one in queries(labels) if one.gold and one.source in {"esco", "onet-soc", "soc-2020"}]
    seen = [one for one in read_gold(CASES / "title-alignment-dev.csv") if one.gold]
    return {
        UNSEEN: [(one.text, frozenset(one.gold)) for one in other],
        SEEN: [(one.title, frozenset(one.gold)) for one in seen],
    }


def share_right(targets: Sequence[str], pairs: Sequence[tuple[str, frozenset[str]]]) -> float:
    return round(
        sum(target in gold for target, (_, gold) in zip(targets, pairs, strict=True)) / len(pairs), 3
    )


def accuracies(
    labels: RoleLabels, aligner: Aligner, peers: dict[str, Matcher]
) -> dict[str, dict[str, float]]:
    """Set -> who -> the share of titles whose first role is right, before any is refused."""
    found: dict[str, dict[str, float]] = {}
    for name, pairs in labelled(labels).items():
        titles = [title for title, _ in pairs]
        mine = [one.nearest[0].target if one.nearest else "" for one in aligner.align_all(posts(titles))]
        found[name] = {"ours": share_right(mine, pairs)} | {
            peer: share_right([labels.facts[labels.labels[n].role].target for n in match(titles)], pairs)
            for peer, match in peers.items()
        }
    aligner.forget()
    return found


def one_thread_each() -> None:
    """numpy reads how many threads it may use when it is loaded: start again with one for each process."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL")}
    if not threads.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | threads)


def main() -> int:
    one_thread_each()
    options = arguments(__doc__, minutes=14).parse_args()
    if TfidfVectorizer is None:
        missing("scikit-learn is not installed", "pip install '.[bench]'")
    if not SHARED.exists():
        missing(f"{SHARED} is not there", "accuracy and titles need the lists of other bodies")
    rows, sample, rounds = (20_000, 4_000, 2) if options.quick else (1_000_000, 40_000, 5)
    labels = read_labels(CASES / "labels.csv")
    aligner = Aligner(labels)
    aligner.align("Nurse")  # reads the word lists and the table of vectors
    aligner.forget()
    peers = {name: by_rapidfuzz(labels, scorer) for name, (scorer, _) in RAPIDFUZZ.items()}
    peers |= {name: by_tfidf(labels, how) for name, (how, _) in TFIDF.items()}
    wanted = {name: ratio for name, (_, ratio) in (RAPIDFUZZ | TFIDF).items()}
    with Record(
        "alignment", "Titles to roles", options, versions("rapidfuzz", "scikit-learn", "numpy")
    ) as record:
        note("accuracy")
        right = accuracies(labels, aligner, peers)
        note("making titles")
        titles, real = all_different(labels, rows)
        rest = feed(titles, rows)
        once = list(dict.fromkeys(rest))
        ours = by_ours(aligner)
        for name, match in peers.items():
            few = titles[:sample]
            rates = in_turn(
                rounds,
                ours=lambda few=few: on_all_cores(ours, few),
                theirs=lambda few=few, match=match: on_all_cores(match, few),
            )
            accuracy = {"ours": right[UNSEEN]["ours"], name: right[UNSEEN][name]}
            record.line(
                Line("titles, all different", f"{sample:,} of {rows:,}", "titles/s", rates["ours"], rates["theirs"],
                     name, better="higher", wanted=wanted[name], accuracy=accuracy, ahead=0.1,
                     note=f"accuracy at 1 on {UNSEEN}")
            )  # fmt: skip
        note("the whole lists")
        whole = [on_all_cores(ours, titles)]
        repeated = [timed_with_repeats(ours, rest)]
        for name, match in peers.items():
            if name.endswith("WRatio") and not options.quick:
                continue  # a quarter of an hour; its rate does not hang on the number of titles
            for work, mine, given in (
                ("titles, all different", whole, titles),
                ("titles as they come, each different one matched once", repeated, rest),
            ):
                theirs = [on_all_cores(match, given) if mine is whole else timed_with_repeats(match, given)]
                record.line(
                    Line(
                        work,
                        f"{rows:,}",
                        "titles/s",
                        mine,
                        theirs,
                        name,
                        better="higher",
                        wanted=wanted[name],
                    )
                )
        record.text(
            f"Cores: {CORES}. {len(labels.labels)} labels. All different: {len(titles):,} titles, of which {real:,} as"
            f" other bodies wrote them and the rest those in noise. As they come: {len(rest):,} rows, {len(once):,}"
            " different; each side looks a repeated title up."
        )
        record.text(table(right))
    return record.code


def timed_with_repeats(match: Callable[[Sequence[str]], Any], rows: Sequence[str]) -> float:
    """Rows a second, where each different title is matched once."""
    start = time.perf_counter()
    once = list(dict.fromkeys(rows))
    on_all_cores(match, once)
    places = {title: place for place, title in enumerate(once)}
    assert len([places[title] for title in rows]) == len(rows)
    return len(rows) / (time.perf_counter() - start)


def table(right: dict[str, dict[str, float]]) -> str:
    lines = [f"| accuracy at 1 | {' | '.join(right)} |", "|---|" + "---:|" * len(right)]
    for who in right[UNSEEN]:
        lines.append(f"| {who} | " + " | ".join(f"{held[who]:.3f}" for held in right.values()) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
