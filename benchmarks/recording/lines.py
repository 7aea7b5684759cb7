"""A measured line, its ratio with spread, and whether what is wanted is reached; growth over scales."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

#: An exponent of growth above this needs a reason.
STEEP = 1.1
#: How a ratio and its spread are computed, for every page.
METHOD = (
    "A ratio says how many times as good ours is as the peer's (above 1: ours is better): ours/theirs where more is "
    "better, theirs/ours where less is. Sides take turns; a ratio is the median of the ratios of each round, with the "
    "least and the most in brackets. Where the sides had a different number of rounds it is the ratio of their "
    "medians, and the brackets hold our worst against their best and our best against their worst. Figures are "
    "medians."
)

Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure with the least and the most that it was."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))

    def __str__(self) -> str:
        if self.least == self.most:
            return figure(self.median)
        return f"{figure(self.median)} [{figure(self.least)}, {figure(self.most)}]"


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of work at one scale, ours beside one peer or under a bound.

    work, scale    what is done ("role page") and on how much ("1x", "10,000 roles", "8 clients"); together with peer
                   they name the line, so keep them the same between runs
    unit           of ours and theirs: "requests/s", "s", "MB", ...
    ours, theirs   the repeats of each, in the order of rounds; one value is enough, more give a spread
    peer           who theirs is; empty where there is none
    better         "higher" (requests/s) or "lower" (s, MB)
    wanted         the least ratio that is wanted; for "within 1.5x" write 1 / 1.5
    bound          the most (or with better="higher" the least) that ours may be, in unit; for what has no peer
    equal          whether both gave the same answers; None where that is no question. False: never met
    accuracy       who -> accuracy from 0 to 1, where speed alone says nothing; ahead: by how much ours has to lead
    limit          the physical limit in unit, and limit_is: what it is ("zstd on one core"); the share reached is shown
    extrapolated   theirs was not run at this scale but follows from its own growth
    wrong          what went wrong, in a few words: such a line is never met
    note           one short sentence: what was asked, or why the line is short
    """

    work: str
    scale: str
    unit: str
    ours: Sequence[float]
    theirs: Sequence[float] = ()
    peer: str = ""
    better: Better = "lower"
    wanted: float | None = None
    bound: float | None = None
    equal: bool | None = None
    accuracy: Mapping[str, float] = field(default_factory=dict)
    ahead: float | None = None
    limit: float | None = None
    limit_is: str = ""
    extrapolated: bool = False
    wrong: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if not self.ours or bool(self.theirs) != bool(self.peer):
            raise ValueError(f"{self.work}, {self.scale}: a line has our figures, and a peer has figures")
        if self.wanted is not None and not self.theirs:
            raise ValueError(f"{self.work}, {self.scale}: a ratio is wanted, but nobody is beside us")
        if bool(self.limit) != bool(self.limit_is):
            raise ValueError(f"{self.work}, {self.scale}: say what the limit is")

    @property
    def key(self) -> str:
        return " | ".join((self.work, self.scale, self.peer))

    @property
    def ratio(self) -> Spread | None:
        """How many times as good ours is as the peer's."""
        if not self.theirs:
            return None
        up = self.better == "higher"

        def one(our: float, their: float) -> float:
            return our / max(their, 1e-9) if up else their / max(our, 1e-9)

        if len(self.ours) == len(self.theirs):
            return Spread.of([one(our, their) for our, their in zip(self.ours, self.theirs, strict=True)])
        ours, theirs = Spread.of(self.ours), Spread.of(self.theirs)
        ends = [one(ours.least, theirs.most), one(ours.most, theirs.least)]
        return Spread(one(ours.median, theirs.median), min(ends), max(ends))

    @property
    def share(self) -> float | None:
        """The share of the physical limit that is reached."""
        if self.limit is None:
            return None
        own = statistics.median(self.ours)
        return own / self.limit if self.better == "higher" else self.limit / max(own, 1e-9)

    @property
    def judged(self) -> bool:
        return self.wanted is not None or self.bound is not None

    @property
    def met(self) -> bool | None:
        """Whether all that is wanted is reached; None where nothing is wanted."""
        if not self.judged:
            return False if self.equal is False or self.wrong else None
        ratio = self.ratio
        own = statistics.median(self.ours)
        fit = self.bound is None or (own >= self.bound if self.better == "higher" else own <= self.bound)
        fast = self.wanted is None or (ratio is not None and ratio.median >= self.wanted)
        lead = self.ahead is None or all(
            self.accuracy["ours"] - value >= self.ahead
            for who, value in self.accuracy.items()
            if who != "ours"
        )
        return fit and fast and lead and self.equal is not False and not self.wrong

    def as_json(self) -> dict[str, Any]:
        """Everything that was measured, with what follows from it."""
        ratio = self.ratio
        found: dict[str, Any] = {
            "work": self.work, "scale": self.scale, "unit": self.unit, "better": self.better,
            "ours": [short(v) for v in self.ours], "peer": self.peer, "theirs": [short(v) for v in self.theirs],
        }  # fmt: skip
        if ratio:
            found["ratio"] = [short(v) for v in (ratio.median, ratio.least, ratio.most)]
        for name in ("wanted", "bound", "equal", "ahead", "limit"):
            if getattr(self, name) is not None:
                value = getattr(self, name)
                found[name] = value if isinstance(value, bool) else short(value)
        if self.limit is not None:
            found |= {"limit_is": self.limit_is, "share": short(self.share or 0)}
        found |= {"accuracy": dict(self.accuracy)} if self.accuracy else {}
        found |= {"extrapolated": True} if self.extrapolated else {}
        found |= {name: value for name in ("wrong", "note") if (value := getattr(self, name))}
        return found | {"met": self.met}


def line_of(found: Mapping[str, Any]) -> Line:
    """A line as as_json wrote it."""
    own = set(Line.__dataclass_fields__)
    return Line(**{name: value for name, value in found.items() if name in own})


@dataclass(frozen=True, slots=True)
class Growth:
    """How a figure grows over scales. points: scale (1, 10, ... or a count) -> figure or repeats, least scale first.

    why: the reason, which an exponent above 1.1 must have."""

    work: str
    side: str
    unit: str
    points: Mapping[float, float | Sequence[float]]
    why: str = ""

    @property
    def figures(self) -> dict[float, float]:
        return {
            scale: float(value) if isinstance(value, (int, float)) else statistics.median(value)
            for scale, value in sorted(self.points.items())
        }

    @property
    def exponent(self) -> float:
        """The slope of log figure over log scale, by least squares over all scales."""
        xs = [math.log(scale) for scale in self.figures]
        ys = [math.log(max(value, 1e-9)) for value in self.figures.values()]
        if len(xs) < 2:
            return 0.0
        return statistics.linear_regression(xs, ys).slope

    @property
    def explained(self) -> bool:
        # Only ours needs a reason: how a peer grows is not ours to explain.
        return self.side != "ours" or self.exponent <= STEEP or bool(self.why)

    def as_json(self) -> dict[str, Any]:
        points = {figure(scale): short(value) for scale, value in self.figures.items()}
        return {
            "work": self.work, "side": self.side, "unit": self.unit, "points": points,
            "exponent": short(self.exponent), **({"why": self.why} if self.why else {}),
        }  # fmt: skip


def growth_of(found: Mapping[str, Any]) -> Growth:
    """A growth as as_json wrote it."""
    points = {float(scale.replace(",", "")): value for scale, value in found["points"].items()}
    return Growth(found["work"], found["side"], found["unit"], points, found.get("why", ""))


def short(value: float) -> float:
    """Four figures are more than a measurement knows."""
    return float(f"{value:.4g}")


def figure(value: float) -> str:
    """A number for people: three figures, thousands apart."""
    if value == int(value) and abs(value) < 1e9:
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    text = f"{value:.3g}"
    return f"{value:.6f}".rstrip("0") if "e" in text else text
