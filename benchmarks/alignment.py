"""A million titles to roles beside plain matchers: titles a second and accuracy at 1, on the same titles and labels.

Two lists of a million. *All different*: every title of other bodies' lists (../shared/data), then those and the
framework's labels in payroll noise, none twice. *As they come*: a million rows drawn from a fifth as many of those, the
title in rank r 1/r as often as the first, as titles of vacancies repeat. Ours works each different title out once, and
telling them apart is in its time; a matcher is given every row, as one calls it, and in lines of their own each
different title once.

Every side has a process for each core, an equal part of the titles in each, and one thread in a process; start and end
of the processes are in the time. What is made once from the labels is not. A matcher gives the likest label and nothing
else: cdist takes titles by the thousand in small letters without marks (`default_process`), TF-IDF multiplies a sparse
matrix of a thousand titles with that of the labels, and both take the greatest. Ours gives role, confidence and zone.

A peer can be called in many ways, so all that we know are judged: what rapidfuzz and sklearn do by themselves, which
is the fastest, and what is right most often.

Accuracy at 1 is of labelled titles, never of made ones: titles of ESCO, O*NET and SOC that mappings give a role, which
our word lists were not written from, and the development titles, which they were."""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
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

from cmh_graph.align.batch.matching import let_the_collector_rest
from cmh_graph.align.labels import RoleLabels, read_labels
from cmh_graph.align.titles.aligner import Aligner, Post
from cmh_graph.align.titles.evaluate import read_gold

ROOT = Path(__file__).resolve().parent.parent
CORES = len(os.sched_getaffinity(0))
Matcher = Callable[[Sequence[str]], "list[int]"]
#: Peers by name: what they do by themselves, and those that are right most often of what we tried.
SLOWEST = "rapidfuzz cdist, WRatio"
RAPIDFUZZ = {
    "rapidfuzz cdist, ratio (its default)": fuzz.ratio,
    "rapidfuzz cdist, token_set_ratio": fuzz.token_set_ratio,
    SLOWEST: fuzz.WRatio,
}
TFIDF: dict[str, dict[str, Any]] = {
    "sklearn TF-IDF, words (its default)": {},
    "sklearn TF-IDF, 3 letters": {"analyzer": "char", "ngram_range": (3, 3)},
    "sklearn TF-IDF, 2 to 4 letters": LETTERS,
}
#: The ratios that are wanted.
OF_RAPIDFUZZ, OF_TFIDF = 0.5, 1.0
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
        # As a process of the engine for long lists does it, in order of title.
        let_the_collector_rest()
        found = aligner.align_all(map(Post, sorted(titles, key=str.lower)))
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
        missing(
            "scikit-learn is not among the peers", "run `make bench-alignment`, which installs it into .peers"
        )
    if not SHARED.exists():
        missing(f"{SHARED} is not there", "accuracy and titles need the lists of other bodies")
    rows, sample = (20_000, 4_000) if options.quick else (1_000_000, 40_000)
    labels = read_labels(CASES / "labels.csv")
    aligner = Aligner(labels, repeats=False)
    aligner.align("Nurse")  # reads the word lists and the table of vectors
    aligner.forget()
    peers = {name: by_rapidfuzz(labels, scorer) for name, scorer in RAPIDFUZZ.items()}
    peers |= {name: by_tfidf(labels, how) for name, how in TFIDF.items()}
    with Record(
        "alignment", "Titles to roles", options, versions("rapidfuzz", "scikit-learn", "numpy")
    ) as record:
        note("accuracy")
        right = accuracies(labels, aligner, peers)
        note("making titles")
        titles, real = all_different(labels, rows)
        rest = feed(titles, rows)
        ours = by_ours(aligner)

        def add(
            work: str, found: Mapping[str, Sequence[float]], *, wanted: bool = True, said: str = ""
        ) -> None:
            for name in peers:
                if name in found:
                    ratio = OF_RAPIDFUZZ if name in RAPIDFUZZ else OF_TFIDF
                    record.line(
                        Line(work, f"{rows:,}", "titles/s", found["ours"], found[name], name, better="higher",
                             wanted=ratio if wanted else None, ahead=0.1,
                             accuracy={who: right[UNSEEN][who] for who in ("ours", name)},
                             note="; ".join(filter(None, (said, f"accuracy at 1 on {UNSEEN}"))))
                    )  # fmt: skip

        slow = "" if options.quick else SLOWEST

        def sides(given: Sequence[str], how: Callable[..., float], *, ours_too: bool) -> dict[str, Any]:
            """Who -> a measure of them on a list, the slowest on a part of it."""
            return {
                name: partial(how, match, given[:sample] if name == slow else given)
                for name, match in {**({"ours": ours} if ours_too else {}), **peers}.items()
            }

        note("all different")
        add("titles, all different", in_turn(2, **sides(titles, on_all_cores, ours_too=True)))
        note("as they come")
        mine = {"ours": partial(each_once, ours, rest)}
        every = sides(rest, on_all_cores, ours_too=False)
        add("titles as they come", in_turn(2, **mine, **every), said="ours works each different one out once")
        once = sides(rest, each_once, ours_too=False)
        once.pop(slow, None)
        add("titles as they come, each different one given once", in_turn(2, **mine, **once), wanted=False)
        record.text(
            f"Cores: {CORES}. {len(labels.labels)} labels. All different: {len(titles):,} titles, of which {real:,} as"
            f" other bodies wrote them and the rest those in noise. As they come: {len(rest):,} rows,"
            f" {len(set(rest)):,} different."
            + (f" {slow} was given {sample:,} titles: it would take a quarter of an hour." if slow else "")
        )
        record.text(table(right))
    return record.code


def each_once(match: Callable[[Sequence[str]], Any], rows: Sequence[str]) -> float:
    """Rows a second, where each different title is matched once and looked up for the others."""
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
