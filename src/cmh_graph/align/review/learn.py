"""An employer's decisions -> labels, titles known to have no role, and coefficients drawn to the shipped ones.

Method: conditional logistic regression (which of the roles near to a title was chosen), maximum a posteriori with a
Gaussian prior at the shipped coefficients. A role that was passed over is only said to be worse than the chosen one,
not wrong, as often several would do. Then slope and shift of the confidences by logistic regression on answers for
titles that were left out of the fit, with a prior at the shipped two; here titles without a role count as well. Newton
steps with halving; no randomness: folds follow from a hash of the wording.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import tee
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cmh_graph.align.labels import RoleLabel, RoleLabels
from cmh_graph.align.review.queue import wording
from cmh_graph.align.titles.aligner import Aligner, Alignment, Post
from cmh_graph.align.titles.rerank import Coefficients, shipped, values
from cmh_graph.align.titles.score import Weights
from cmh_graph.align.titles.zones import Limits
from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.sssom.read import read_mapping_set

Numbers: TypeAlias = NDArray[np.float64]

#: Precision of the prior on each coefficient: one title moves it by a tenth at most.
STRENGTH: Final = 10.0
#: That registered and unregistered posts never share a role is a rule of the framework, so it hardly moves.
STRENGTHS: Final = {"level_clash": 200.0}
#: Precision of the prior on slope and shift of the confidences.
CALIBRATION_STRENGTH: Final = 10.0
FOLDS: Final = 5
_MOST_ROLES: Final = 10


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A decided title. roles: keys of the roles accepted for it; none of them: people found that no role fits.

    denied: keys of roles that people said it does not mean."""

    title: str
    roles: frozenset[str]
    denied: frozenset[str] = frozenset()
    band: str = ""
    employer_type: str = ""


def read_reviewed(paths: Iterable[Path]) -> list[Reviewed]:
    """The decided titles in some mapping files, by file and subject. Titles that are only related to a role teach
    nothing; candidates and superseded rows are passed over. Raises SourceError if a file cannot be read."""
    out = []
    for path in paths:
        titles: dict[str, tuple[str, set[str], set[str], bool]] = {}
        for row in read_mapping_set(path).rows:
            if row.state not in ("accepted", "rejected"):
                continue
            label = row.subject_label.removeprefix("'")
            held = titles.setdefault(row.subject, (label, set(), set(), False))
            role = key_of(row.object) if row.object.startswith(PREFIXES["role"]) else ""
            if row.state == "rejected":
                held[2].add(role)
            elif row.is_no_match:
                titles[row.subject] = (label, held[1], held[2], True)
            elif role and row.predicate.rsplit("#", 1)[-1] in ("exactMatch", "closeMatch"):
                titles[row.subject] = (label, held[1] | {role}, held[2], held[3])
        out += [
            Reviewed(label, frozenset(roles), frozenset(denied - {""}))
            for label, roles, denied, none in titles.values()
            if label and (roles or none)
        ]
    return out


@dataclass(frozen=True, slots=True)
class Learned:
    """What decisions teach. labels: names for roles. nowhere: wordings that people sent to none.

    coefficients: for this employer. titles: how many decisions they rest on."""

    labels: tuple[RoleLabel, ...]
    nowhere: frozenset[str]
    coefficients: Coefficients
    titles: int

    def aligner(self, labels: RoleLabels, top: int = 5, limits: Limits | None = None) -> LearnedAligner:
        """An aligner that uses all three."""
        known = [one for one in self.labels if one.role in labels.facts]
        every = RoleLabels([*labels.labels, *known], labels.facts.values())
        inner = Aligner(every, Weights(self.coefficients), limits or Limits(), top)
        return LearnedAligner(inner, self.nowhere)


@dataclass(slots=True)
class LearnedAligner:
    """An aligner that keeps to what people decided on wordings without a role."""

    inner: Aligner
    nowhere: frozenset[str] = field(default_factory=frozenset)

    def align(
        self, title: str, *, band: str = "", employer_type: str = "", description: str = ""
    ) -> Alignment:
        """The candidates of a title, as Aligner.align gives them."""
        return self._held(
            title, self.inner.align(title, band=band, employer_type=employer_type, description=description)
        )

    def align_all(self, posts: Iterable[Post]) -> Iterator[Alignment]:
        """The alignment of each post, in order, as Aligner.align_all gives them."""
        asked, given = tee(posts)
        for post, found in zip(given, self.inner.align_all(asked), strict=True):
            yield self._held(post.title, found)

    def _held(self, title: str, found: Alignment) -> Alignment:
        if self.nowhere and wording(title) in self.nowhere:
            return found.refused("your reviewers found no role for a title of this wording")
        return found


def learn(reviewed: Sequence[Reviewed], labels: RoleLabels, *, refit: bool = True) -> Learned:
    """What some decisions teach. labels: without any that these decisions made. refit: whether coefficients move.

    Raises nothing; of contradictory decisions on one wording none becomes a label. No decisions: the shipped model."""
    roles: dict[str, set[frozenset[str]]] = defaultdict(set)
    for one in reviewed:
        roles[wording(one.title)].add(one.roles)
    agreed = {words: next(iter(found)) for words, found in sorted(roles.items()) if len(found) == 1}
    told = tuple(
        RoleLabel(role, words, "reviewed", "review")
        for words, found in agreed.items()
        for role in sorted(found)
        if len(found) == 1
    )
    nowhere = frozenset(words for words, found in agreed.items() if not found)
    coefficients = refitted(reviewed, labels) if refit and reviewed else shipped()
    return Learned(told, nowhere, coefficients, len(reviewed))


# --- the fit ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Made:
    """A decided title made ready. rows: the features of each role near to it; right: 1 where the role is right.

    settled: refused by a rule, whatever the coefficients say."""

    fold: int
    rows: Numbers
    right: Numbers
    settled: bool


def refitted(reviewed: Sequence[Reviewed], labels: RoleLabels, strength: float = STRENGTH) -> Coefficients:
    """The coefficients that the decisions make likeliest, given the shipped ones as prior.

    labels: the shipped ones, so that no title is explained by the label that its own decision made."""
    base = shipped()
    aligner = Aligner(labels, top=_MOST_ROLES)
    posts = [Post(one.title, one.band, one.employer_type) for one in reviewed]
    found = zip(reviewed, aligner.align_all(posts), strict=True)
    made = [_made(one, near, labels) for one, near in found if near.nearest]
    if not made:
        return base
    names = list(base.of)
    prior = np.array(list(base.of.values()))
    precision = np.array([STRENGTHS.get(name, strength) for name in names])
    w = _fit_choices(made, prior, precision)
    slope, shift = _calibrated(made, prior, precision, base)
    of = {name: round(float(x), 6) for name, x in zip(names, w, strict=True)}
    return replace(base, of=of, slope=round(slope, 6), shift=round(shift, 6))


def _made(one: Reviewed, found: Alignment, labels: RoleLabels) -> _Made:
    gold = {labels.facts[role].target for role in one.roles if role in labels.facts}
    rows = [list(values(near.features).values()) for near in found.nearest]
    fold = int(hashlib.sha256(wording(one.title).encode()).hexdigest()[:8], 16) % FOLDS
    return _Made(
        fold,
        np.asarray(rows, dtype=np.float64),
        np.array([near.target in gold for near in found.nearest], dtype=np.float64),
        found.decision.clash is not None,
    )


def _fit_choices(made: Sequence[_Made], prior: Numbers, precision: Numbers) -> Numbers:
    """Coefficients, without the start, from the titles whose chosen role is among the nearest."""
    told = [one for one in made if one.right.any()]

    def chosen(w: Numbers, one: _Made) -> tuple[float, Numbers, Numbers]:
        """What a title loses, how likely each role is, and how likely each is among the right ones."""
        odds = one.rows @ w
        high = odds.max()
        each = np.exp(odds - high)
        right = each * one.right
        return float(np.log(each.sum() / right.sum())), each / each.sum(), right / right.sum()

    def loss(w: Numbers) -> float:
        return sum(chosen(w, one)[0] for one in told) + float((precision * (w - prior) ** 2).sum()) / 2

    def step(w: Numbers) -> Numbers:
        slope, bend = precision * (w - prior), np.diag(precision)
        for one in told:
            _, each, right = chosen(w, one)
            slope += one.rows.T @ (each - right)
            mean = one.rows.T @ each
            bend += (one.rows * each[:, None]).T @ one.rows - np.outer(mean, mean)
        return np.asarray(np.linalg.solve(bend, slope), dtype=np.float64)

    return _newton(prior, loss, step)


def _fit(rows: Numbers, right: Numbers, prior: Numbers, precision: Numbers) -> Numbers:
    """Logistic regression with a Gaussian prior; the first coefficient is the constant."""
    x = np.column_stack([np.ones(len(rows)), rows])

    def loss(w: Numbers) -> float:
        odds = x @ w
        return float(np.logaddexp(0, odds).sum() - odds @ right + (precision * (w - prior) ** 2).sum() / 2)

    def step(w: Numbers) -> Numbers:
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        bend = (x * (p * (1 - p))[:, None]).T @ x + np.diag(precision)
        slope = x.T @ (p - right) + precision * (w - prior)
        return np.asarray(np.linalg.solve(bend, slope), dtype=np.float64)

    return _newton(prior, loss, step)


def _newton(start: Numbers, loss: Callable[[Numbers], float], step: Callable[[Numbers], Numbers]) -> Numbers:
    """Where the loss is least; a step that would raise it is halved."""
    w, held = start.copy(), loss(start)
    for _ in range(50):
        by = step(w)
        size = 1.0
        while loss(w - size * by) > held and size > 1e-6:
            size /= 2
        w = np.asarray(w - size * by, dtype=np.float64)
        gain, held = held - loss(w), loss(w)
        if gain < 1e-9:
            break
    return w


def _calibrated(
    made: Sequence[_Made], prior: Numbers, precision: Numbers, base: Coefficients
) -> tuple[float, float]:
    """Slope and shift from titles that the fit of their fold has not seen."""
    odds, right = [], []
    for fold in range(FOLDS):
        held_out = [one for one in made if one.fold == fold and not one.settled]
        rest = [one for one in made if one.fold != fold]
        if not held_out:
            continue
        w = _fit_choices(rest, prior, precision)
        for one in held_out:
            found = one.rows @ w + base.start
            first = int(np.argmax(found))
            odds.append(float(found[first]))
            right.append(float(one.right[first]))
    if not odds:
        return base.slope, base.shift
    strength = np.full(2, CALIBRATION_STRENGTH)
    # _fit puts its constant first: shift, then slope.
    shift, slope = _fit(
        np.asarray(odds)[:, None], np.asarray(right), np.array([base.shift, base.slope]), strength
    )
    # Confidence must rise with the odds.
    return max(0.2, float(slope)), float(shift)


def learn_from(paths: Sequence[Path], labels: RoleLabels) -> Learned:
    """What the decisions in some mapping files teach. Raises SourceError if one cannot be read."""
    return learn(read_reviewed(paths), labels)


def facts_of(learned: Learned) -> Mapping[str, float]:
    """Coefficients that moved, with how far: what an explanation can print."""
    base = shipped()
    moved = {name: learned.coefficients.of[name] - base.of[name] for name in base.of}
    moved["slope"] = learned.coefficients.slope - base.slope
    moved["shift"] = learned.coefficients.shift - base.shift
    return {name: round(by, 3) for name, by in moved.items() if abs(by) >= 0.001}
