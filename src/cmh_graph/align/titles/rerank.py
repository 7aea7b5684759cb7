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

from cmh_graph.align.titles.vectors import Vectors

if TYPE_CHECKING:
    from cmh_graph.align.titles.score import Features


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

    def odds(self, features: Features) -> float:
        """The log-odds that this role is right."""
        held = values(features)
        return self.start + sum(weight * held[name] for name, weight in self.of.items())

    def parts(self, features: Features) -> list[tuple[str, float]]:
        """Each feature with what it adds, in the order of the file."""
        held = values(features)
        return [(name, weight * held[name]) for name, weight in self.of.items()]

    def in_field(self, vector: Vectors) -> float:
        """How much a title's vector is like those of the framework's field, from 0 to 1."""
        return chance(float(vector @ self.field) + self.field_start)


def chance(odds: float) -> float:
    """Log-odds as a probability."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def log_odds(share: float) -> float:
    """The inverse of chance, held within 30 either way."""
    held = min(1 - 1e-12, max(1e-12, share))
    return math.log(held / (1 - held))


def values(features: Features) -> dict[str, float]:
    """The features as the model reads them; each about 0 to 1, so that coefficients compare."""
    return {
        "label_covered": features.label_covered,
        "title_covered": features.title_covered,
        "head": features.head,
        "exact": float(features.exact),
        "keyword_missing": float(features.keyword_missing),
        "no_target": float(features.no_target),
        "level_clash": float(features.level_clash),
        "band_distance": min(features.band_distance, 4) / 4,
        "doubt": min(1.0, features.doubt / 0.21),
        "unexplained": min(features.unexplained_cost, 3.0) / 3,
        "meaning": features.meaning,
        "meaning_lead": max(-0.5, min(0.5, features.meaning_lead)),
        "in_field": features.in_field,
        "weak": float(features.weak),
    }


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


def decisive(coefficients: Coefficients, better: Features, worse: Features, most: int = 2) -> list[str]:
    """The features that put one role before another, the weightiest first, in words."""
    other = dict(coefficients.parts(worse))
    gains = [(part - other[name], name) for name, part in coefficients.parts(better)]
    return [IN_WORDS[name] for gain, name in sorted(gains, key=lambda one: -one[0])[:most] if gain >= 0.1]


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
