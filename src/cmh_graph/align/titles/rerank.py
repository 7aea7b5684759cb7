"""What each readable feature adds to a score: a small learned model. Its coefficients are data/rerank.json,
made by training/rerank/train.py; a refit starts from them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cmh_graph.align.titles.vectors import Vectors

Numbers = NDArray[np.float64]

if TYPE_CHECKING:
    from cmh_graph.align.titles.features import FeatureColumns, Features


@dataclass(frozen=True, slots=True)
class Coefficients:
    """of: feature -> what one unit of it adds to the log-odds. slope, shift: of the calibration.

    field, field_start: what each direction of a title's vector says for posts of our field."""

    start: float
    of: Mapping[str, float]
    slope: float
    shift: float
    field: Vectors
    field_start: float

    def odds(self, columns: FeatureColumns) -> Numbers:
        """The log-odds that the role of each pair is right."""
        held = value_columns(columns)
        total = np.zeros(len(columns.head))
        for name, weight in self.of.items():
            total += weight * held[name]
        return total + self.start

    def parts(self, features: Features) -> dict[str, float]:
        """What each feature adds to the log-odds, in the order of the file."""
        held = values(features)
        return {name: weight * held[name] for name, weight in self.of.items()}

    def in_field(self, vectors: Vectors) -> Numbers:
        """How much each title's vector (row) is like those of the framework's field, from 0 to 1."""
        # einsum adds up row by row; a product of matrices would round differently for a block and for one title.
        return chance(np.einsum("ij,j->i", vectors, self.field).astype(np.float64) + self.field_start)


def chance(odds: Numbers) -> Numbers:
    """Log-odds, one or many, as probabilities."""
    return 1 / (1 + np.exp(-np.clip(odds, -30.0, 30.0)))


def log_odds(share: Numbers) -> Numbers:
    """The inverse of chance, held within 30 either way."""
    held = np.clip(share, 1e-12, 1 - 1e-12)
    return np.log(held / (1 - held))


@dataclass(frozen=True, slots=True)
class _AsRead:
    """How the model reads a feature: held between low and high, in units, so that coefficients compare."""

    feature: str
    low: float = -math.inf
    high: float = math.inf
    unit: float = 1.0

    def value(self, of: float) -> float:
        return max(self.low, min(self.high, of)) / self.unit

    def values(self, of: Numbers) -> Numbers:
        if self.high == math.inf:
            return of
        return np.clip(of, self.low, self.high) / self.unit


_AS_READ: Mapping[str, _AsRead] = {
    "label_covered": _AsRead("label_covered"),
    "title_covered": _AsRead("title_covered"),
    "head": _AsRead("head"),
    "exact": _AsRead("exact"),
    "keyword_missing": _AsRead("keyword_missing"),
    "no_target": _AsRead("no_target"),
    "level_clash": _AsRead("level_clash"),
    "band_distance": _AsRead("band_distance", 0, 4, 4),
    "doubt": _AsRead("doubt", 0, 0.21, 0.21),
    "unexplained": _AsRead("unexplained_cost", 0, 3, 3),
    "meaning": _AsRead("meaning"),
    "meaning_lead": _AsRead("meaning_lead", -0.5, 0.5),
    "in_field": _AsRead("in_field"),
    "weak": _AsRead("weak"),
}


def values(features: Features) -> dict[str, float]:
    """The features as the model reads them; each about 0 to 1."""
    return {name: one.value(float(getattr(features, one.feature))) for name, one in _AS_READ.items()}


def value_columns(columns: FeatureColumns) -> dict[str, Numbers]:
    """The same of many pairs: one place per pair in each."""
    return {name: one.values(getattr(columns, one.feature)) for name, one in _AS_READ.items()}


#: How an explanation names each feature.
IN_WORDS = {
    "label_covered": "its words stand in the title",
    "title_covered": "it holds the title's words",
    "head": "the noun of the post",
    "exact": "the same words",
    "keyword_missing": "its telling word",
    "no_target": "being a role of its own",
    "level_clash": "the level of registration",
    "band_distance": "the pay band",
    "doubt": "the likelier reading",
    "unexplained": "fewer words left over",
    "meaning": "likeness of meaning",
    "meaning_lead": "the lead in likeness of meaning",
    "in_field": "the field",
    "weak": "a name that tells the field",
}


def decisive(better: Mapping[str, float], worse: Mapping[str, float], most: int = 2) -> list[str]:
    """The features that put one role before another, the weightiest first, in words.

    better, worse: what each feature adds for the one and for the other."""
    gains = [(part - worse[name], name) for name, part in better.items() if part - worse[name] >= 0.1]
    return [IN_WORDS[name] for _, name in sorted(gains, key=lambda one: -one[0])[:most]]


@cache
def shipped() -> Coefficients:
    """The coefficients of the package."""
    text = resources.files("cmh_graph.align").joinpath("data", "rerank.json").read_text(encoding="utf-8")
    return from_json(text)


def from_json(text: str) -> Coefficients:
    held = json.loads(text)
    return Coefficients(
        held["start"],
        held["of"],
        held["calibration"]["slope"],
        held["calibration"]["shift"],
        np.asarray(held["field"]["of"], dtype=np.float32),
        held["field"]["start"],
    )
