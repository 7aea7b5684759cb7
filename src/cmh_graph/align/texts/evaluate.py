"""Labelled texts and what was found in them -> how much of what a reader ticks is found, and how often rightly."""

from __future__ import annotations

import hashlib
import random
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cmh_graph.align.texts.descriptions import Description, Finding

Half = Literal["development", "held out"]
NOT_JUDGED = "*"


@dataclass(frozen=True, slots=True)
class Label:
    """What a reader ticks. necessity: as in Finding, or "*" where readers may differ. words: those that carry it."""

    kind: str
    key: str
    necessity: str
    words: str


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text with its labels. also: what a careful reader may or may not tick, which counts neither way."""

    id: str
    text: str
    labels: tuple[Label, ...]
    also: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over texts. right: labels found; wrong: findings that no label allows; missed: labels not found.

    necessity_right, necessity_judged: of the labels found, those whose necessity is judged. placed: of the labels
    found, those whose words and the finding's overlap."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    necessity_right: int = 0
    necessity_judged: int = 0
    placed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.right + other.right,
            self.wrong + other.wrong,
            self.missed + other.missed,
            self.necessity_right + other.necessity_right,
            self.necessity_judged + other.necessity_judged,
            self.placed + other.placed,
        )

    @property
    def precision(self) -> float | None:
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float | None:
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float | None:
        return _share(2 * self.right, 2 * self.right + self.wrong + self.missed)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def read_labelled(folder: Path) -> list[LabelledText]:
    """The labelled texts of every .toml file in a folder, ordered by the SHA-256 of their id."""
    texts = [
        LabelledText(
            one["id"],
            one["text"],
            tuple(Label(*label) for label in one["labels"]),
            frozenset((kind, key) for kind, key in one["also"]),
        )
        for path in sorted(folder.glob("*.toml"))
        for one in tomllib.loads(path.read_text(encoding="utf-8"))["text"]
    ]
    return sorted(texts, key=lambda one: hashlib.sha256(one.id.encode()).hexdigest())


def half(texts: Sequence[LabelledText], which: Half) -> list[LabelledText]:
    """The first half of texts in the order of read_labelled is for development, the rest is held out."""
    middle = (len(texts) + 1) // 2
    return list(texts[:middle] if which == "development" else texts[middle:])


def tally(text: LabelledText, found: Description, kind: str = "") -> Tally:
    """Counts for one text: a thing counts once, however often it is found. kind: of one kind only; "" for all."""
    labels = {(one.kind, one.key): one for one in text.labels if kind in ("", one.kind)}
    by_key: dict[tuple[str, str], list[Finding]] = {}
    for one in found.findings:
        if kind in ("", one.kind):
            by_key.setdefault((one.kind, one.key), []).append(one)
    right = [key for key in labels if key in by_key]
    judged = [key for key in right if labels[key].necessity != NOT_JUDGED]
    return Tally(
        right=len(right),
        wrong=len(by_key.keys() - labels.keys() - text.also),
        missed=len(labels) - len(right),
        necessity_right=sum(
            any(one.necessity == labels[key].necessity for one in by_key[key]) for key in judged
        ),
        necessity_judged=len(judged),
        placed=sum(any(_overlaps(text, labels[key], one) for one in by_key[key]) for key in right),
    )


def _overlaps(text: LabelledText, label: Label, found: Finding) -> bool:
    start = text.text.find(label.words)
    while start >= 0:
        if start < found.end and found.start < start + len(label.words):
            return True
        start = text.text.find(label.words, start + 1)
    return False


def listed(text: LabelledText, found: Description) -> tuple[int, int]:
    """Of the labels not found: how many stand in a phrase that is listed as unlinked, and how many there are."""
    keys = {(one.kind, one.key) for one in found.findings}
    missed = [one for one in text.labels if (one.kind, one.key) not in keys]
    shown = 0
    for label in missed:
        start = text.text.find(label.words)
        shown += any(start < one.end and one.start < start + len(label.words) for one in found.unlinked)
    return shown, len(missed)


def reliability(
    texts: Sequence[LabelledText], found: Sequence[Description]
) -> list[tuple[float, int, float]]:
    """For each confidence given: how many findings have it, and which share of them a label allows.

    Findings that a reader may or may not tick are left out."""
    counts: dict[float, list[bool]] = {}
    for text, description in zip(texts, found, strict=True):
        labels = {(one.kind, one.key) for one in text.labels}
        for one in description.findings:
            if (one.kind, one.key) not in text.also:
                counts.setdefault(one.confidence, []).append((one.kind, one.key) in labels)
    return [(level, len(seen), sum(seen) / len(seen)) for level, seen in sorted(counts.items())]


def interval(
    tallies: Sequence[Tally], figure: Callable[[Tally], float | None], *, draws: int = 1000, seed: int = 7
) -> tuple[float, float] | None:
    """The 95% interval of a figure when texts are drawn anew with replacement; None where it has no value."""
    chance = random.Random(seed)
    seen = []
    for _ in range(draws):
        value = figure(sum(chance.choices(tallies, k=len(tallies)), Tally()))
        if value is not None:
            seen.append(value)
    if not seen:
        return None
    seen.sort()
    return seen[int(len(seen) * 0.025)], seen[min(len(seen) - 1, int(len(seen) * 0.975))]
