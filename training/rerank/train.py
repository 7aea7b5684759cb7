"""Fits the coefficients of the re-ranker, the field of the framework and the calibration.

python train.py --held-table build/training/hold.npz --out ../../src/cmh_graph/align/data/rerank.json

Learns from titles that are not the development set: labels of the framework with the label itself taken out
of the index, shortened, misspelt and in payroll noise; titles of ESCO, O*NET, SOC and the NHS list whose
occupation is mapped to a role as exact, close or narrow; and, as 'none of these', titles of occupations that
no mapping names. --held-table: title vectors that saw none of these occupations (see ../title_vectors), since
their synonyms would make `meaning` look better than it is. No network, no clock; same inputs, same bytes."""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from titles import Query, queries, share

from cmh_graph.align.labels import RoleLabels, read_labels
from cmh_graph.align.titles import label_index, score, vectors
from cmh_graph.align.titles.abbreviations import Surroundings
from cmh_graph.align.titles.features import Features
from cmh_graph.align.titles.label_index import LabelIndex, field_stems
from cmh_graph.align.titles.reading_arrays import ReadTitle
from cmh_graph.align.titles.readings import read
from cmh_graph.align.titles.rerank import Coefficients, value_columns, values
from cmh_graph.align.titles.score import Scorer, Weights
from cmh_graph.align.titles.title_parts import band_list, title_parts
from cmh_graph.align.titles.vectors import TitleVectors
from cmh_graph.align.titles.zones import find_clash
from cmh_graph.align.wording import stem, words

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "cases" / "align"
FOLDS = 5


# --- features ---


def as_read(query: Query, index: LabelIndex, description: str = "") -> ReadTitle:
    parts = title_parts(query.text)
    bands = band_list(query.band) or parts.bands
    said = frozenset(map(stem, words(description)))
    in_care = not field_stems().isdisjoint(said | set(map(stem, words(query.employer))))
    around = Surroundings(query.text, bands, query.employer)
    return ReadTitle(read(parts, around, index.phrase_of), bands, said, in_care)


@dataclass(slots=True)
class Made:
    """One query made ready: a row of values per pair, the target of each, and whether a rule refuses it."""

    query: Query
    rows: np.ndarray
    targets: list[str]
    clash: bool


def scorer_of(labels: RoleLabels, weights: Weights) -> Scorer:
    """A scorer whose last text is empty: a label that is taken out gets its vector, which is like no other."""
    index = LabelIndex(labels)
    index.texts.append("")
    return Scorer(index, weights)


def made(query: Query, scorer: Scorer, description: str = "") -> Made:
    index, text = scorer.index, scorer.labels.text
    title = as_read(query, index, description)
    out = np.array([bool(query.without) and entry.label.text == query.without for entry in index.entries])
    saved = text[out]
    text[out] = len(index.texts) - 1
    _, pairs, columns = scorer.compare([title])
    text[out] = saved
    rows = np.column_stack(list(value_columns(columns).values())).astype(float)
    kept = ~out[pairs.label]
    targets = [index.entries[place].role.target for place in pairs.label[kept]]
    return Made(query, rows[kept], targets, find_clash(title.readings) is not None)


# --- fitting ---


def fit(rows: np.ndarray, right: np.ndarray, prior: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Logistic regression drawn towards `prior`; the first column is the start."""
    x = np.column_stack([np.ones(len(rows)), rows])

    def loss(w: np.ndarray) -> float:
        odds = x @ w
        return float(np.logaddexp(0, odds).sum() - odds @ right + (strength * (w - prior) ** 2).sum() / 2)

    w = prior.copy()
    held = loss(w)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        slope = x.T @ (p - right) + strength * (w - prior)
        bend = (x * (p * (1 - p))[:, None]).T @ x + np.diag(strength)
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while loss(w - size * step) > held and size > 1e-6:
            size /= 2
        w = w - size * step
        gain, held = held - loss(w), loss(w)
        if gain < 1e-6:
            break
    return w


def best_rows(one: Made, w: np.ndarray) -> tuple[np.ndarray, list[str], np.ndarray]:
    """The best pair of each target under w: rows, targets, log-odds; best target first."""
    odds = one.rows @ w[1:] + w[0] if len(one.rows) else np.zeros(0)
    best: dict[str, int] = {}
    for place in np.argsort(-odds, kind="stable"):
        best.setdefault(one.targets[place], int(place))
    places = list(best.values())
    return one.rows[places], list(best), odds[places]


NAMES = list(values(Features(*([0.0] * 3), *([False] * 4), 0, 0.0, (), 0.0, ())))  # type: ignore[arg-type]
#: What the model believes before it sees data: wording helps, clashes and distance hurt.
PRIOR = {"label_covered": 3.0, "title_covered": 2.0, "head": 1.5, "exact": 1.5, "meaning": 2.0,
         "keyword_missing": -1.0, "no_target": -1.0, "level_clash": -4.0, "band_distance": -1.5, "doubt": -1.5,
         "unexplained": -1.5, "weak": -1.0}  # fmt: skip


def learn(data: Iterable[Made], off: Sequence[str] = ()) -> np.ndarray:
    """Coefficients from queries; `off` names features that are held at 0."""
    data = [one for one in data if len(one.rows)]
    prior = np.array([-6.0] + [0.0 if name in off else PRIOR.get(name, 0.0) for name in NAMES])
    strength = np.array([0.1] + [1e9 if name in off else 4.0 for name in NAMES])
    strength[1 + NAMES.index("band_distance")] = 20.0
    # Registered and unregistered posts never share a role: a rule of the framework, so hardly to be moved.
    strength[1 + NAMES.index("level_clash")] = 200.0
    w = prior
    for _ in range(3):
        rows, right = [], []
        for one in data:
            kept, targets, _ = best_rows(one, w)
            rows.append(kept[:10])
            right += [float(target in one.query.gold) for target in targets[:10]]
        w = fit(np.concatenate(rows), np.asarray(right), prior, strength)
    return w


@dataclass(frozen=True, slots=True)
class Line:
    source: str
    gold: bool
    at_1: bool
    at_5: bool
    odds: float
    clash: bool


def try_out(data: Iterable[Made], w: np.ndarray) -> list[Line]:
    lines = []
    for one in data:
        _, targets, odds = best_rows(one, w)
        gold = one.query.gold
        lines.append(
            Line(
                one.query.source,
                bool(gold),
                bool(targets) and targets[0] in gold,
                bool(set(targets[:5]) & gold),
                float(odds[0]) if len(odds) else -30.0,
                one.clash,
            )
        )
    return lines


def fold_of(query: Query) -> int:
    return int(share(query.group, "fold") * FOLDS)


def cross_validated(data: list[Made], off: Sequence[str] = ()) -> list[Line]:
    lines = []
    for fold in range(FOLDS):
        w = learn((one for one in data if fold_of(one.query) != fold), off)
        lines += try_out((one for one in data if fold_of(one.query) == fold), w)
    return lines


def shown(lines: list[Line], name: str) -> None:
    for source in sorted({line.source for line in lines}):
        part = [line for line in lines if line.source == source]
        if part[0].gold:
            print(f"  {name:28}{source:20}{len(part):5}  at 1 {np.mean([x.at_1 for x in part]):.3f}"
                  f"  at 5 {np.mean([x.at_5 for x in part]):.3f}")  # fmt: skip
    sure = [line.odds for line in lines if line.gold and line.at_1]
    rest = [line.odds for line in lines if not line.gold]
    wins = np.mean([np.mean(np.asarray(rest) < one) for one in sure])
    order = sorted((line for line in lines if not line.clash), key=lambda line: -line.odds)
    hits = np.cumsum([line.at_1 for line in order]) / np.arange(1, len(order) + 1)
    reach = np.flatnonzero(hits >= 0.95)
    print(f"  {name:28}right against none: AUROC {wins:.3f}; accepted at 95% precision:"
          f" {(reach[-1] + 1) / len(lines) if len(reach) else 0:.3f} of all")  # fmt: skip


def calibration(lines: list[Line]) -> tuple[float, float]:
    """Slope and shift by Platt's method. Rules have taken out what they refuse."""
    kept = [line for line in lines if not line.clash]
    x = np.array([[line.odds] for line in kept])
    y = np.array([line.at_1 for line in kept])
    model = LogisticRegression(C=1e6).fit(x, y)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def field_model(table: TitleVectors, data: list[Query], labels: RoleLabels) -> tuple[np.ndarray, float]:
    """Which directions of the vectors speak for the framework's field."""
    texts = [" ".join(words(re.sub(r"[()]", " ", one.text))) for one in data]
    x = table.of(texts)
    y = np.array([bool(one.gold) for one in data])
    model = LogisticRegression(C=10.0, class_weight="balanced", max_iter=2000).fit(x, y)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def load(path: Path) -> TitleVectors:
    held = np.load(path)
    return TitleVectors(held["pieces"].tobytes().decode().split("\n"), held["table"], held["scale"])


def use(table: TitleVectors) -> None:
    for module in (label_index, score, vectors):
        module.title_vectors = lambda: table  # type: ignore[attr-defined]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--held-table", type=Path, required=True)
    options.add_argument("--out", type=Path)
    options.add_argument("--without-vectors", action="store_true", help="coefficients of the control")
    options.add_argument("--ablate", action="store_true")
    chosen = options.parse_args()
    labels = read_labels(CASES / "labels.csv")
    shipped_table = load(ROOT / "src" / "cmh_graph" / "align" / "data" / "title_vectors.npz")
    held_table = load(chosen.held_table)
    every = queries(labels)
    sizes: dict[str, int] = defaultdict(int)
    for one in every:
        sizes[one.source] += 1
    print(dict(sizes))
    use(held_table)
    vectors_used = not chosen.without_vectors
    # The field is learned on the other folds, as a feature must not have seen what it is tried on.
    data: list[Made] = []
    for fold in range(FOLDS):
        rest = [one for one in every if fold_of(one) != fold]
        weights, start = field_model(held_table, rest, labels)
        scorer = scorer_of(labels, Weights(Coefficients(0, {}, 1, 0, weights, start), vectors_used))
        data += [made(one, scorer) for one in every if fold_of(one) == fold]
    off = ["meaning", "meaning_lead", "in_field"] if chosen.without_vectors else []
    lines = cross_validated(data, off)
    shown(lines, "all features")
    if chosen.ablate:
        for name, left_out in (
            ("without meaning", ["meaning", "meaning_lead"]),
            ("without in_field", ["in_field"]),
            ("without vectors", ["meaning", "meaning_lead", "in_field"]),
            ("without weak", ["weak"]),
            ("meaning alone", [name for name in NAMES if name not in {"meaning", "meaning_lead"}]),
        ):
            shown(cross_validated(data, left_out), name)
    w = learn(data, off)
    slope, shift = calibration(lines)
    weights, start = field_model(shipped_table, every, labels)
    print({name: round(float(x), 2) for name, x in zip(["start", *NAMES], w, strict=True)}, slope, shift)
    if chosen.out:
        made_of = {
            "start": round(float(w[0]), 4),
            "of": {name: round(float(x), 4) for name, x in zip(NAMES, w[1:], strict=True)},
            "calibration": {"slope": round(slope, 4), "shift": round(shift, 4)},
            "field": {"start": round(start, 4), "of": [round(float(x), 3) for x in weights]},
        }
        text = json.dumps(made_of, indent=1)
        text = re.sub(r"\n\s+(-?[\d.]+,?)(?=\n)", r" \1", text)
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
