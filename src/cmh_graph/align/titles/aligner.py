"""One title -> its zone, its candidates and why: the steps from words to decision, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.titles.abbreviations import Surroundings
from cmh_graph.align.titles.candidates import LabelIndex
from cmh_graph.align.titles.explain import explain_candidate, explain_none
from cmh_graph.align.titles.readings import read
from cmh_graph.align.titles.score import Scored, Scorer, Weights
from cmh_graph.align.titles.title_parts import TitleParts, band_list, title_parts
from cmh_graph.align.titles.zones import Decision, Limits, Zone, decide
from cmh_graph.align.wording import JOINING, stem, words


@dataclass(frozen=True, slots=True)
class Candidate:
    """One line of candidates.csv without its row: a role, how sure we are and why.

    zone: of the first, what we decided; of the others, `review` if a person might choose it, else `none`."""

    rank: int
    role: str
    rolls_up_to: str
    confidence: float
    zone: Zone
    why: str
    scored: Scored

    @property
    def target(self) -> str:
        """The key that counts in evaluation."""
        return self.rolls_up_to or self.role


@dataclass(frozen=True, slots=True)
class Alignment:
    """A title with its candidates, best first. nearest holds them even where the zone is none."""

    zone: Zone
    why: str
    candidates: tuple[Candidate, ...]
    nearest: tuple[Scored, ...]
    parts: TitleParts
    decision: Decision

    @property
    def confidence(self) -> float:
        """Of the nearest role, proposed or not; 0 if there is none."""
        return self.nearest[0].confidence if self.nearest else 0.0


@dataclass(slots=True)
class Aligner:
    """Aligns one title at a time; keeps the answers of recent titles, as lists repeat themselves."""

    labels: RoleLabels
    weights: Weights = field(default_factory=Weights)
    limits: Limits = field(default_factory=Limits)
    top: int = 5
    _scorer: Scorer = field(init=False, repr=False)
    _align: Callable[[str, str, str, str], Alignment] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._scorer = Scorer(LabelIndex(self.labels), self.weights)
        self._align = lru_cache(maxsize=20_000)(self._one)

    def align(
        self, title: str, *, band: str = "", employer_type: str = "", description: str = ""
    ) -> Alignment:
        """The candidates of a title. Same arguments, same answer, whatever was asked before."""
        return self._align(title, band, employer_type, description[:5000])

    def _one(self, title: str, band: str, employer_type: str, description: str) -> Alignment:
        parts = title_parts(title)
        bands = band_list(band) or parts.bands
        around = Surroundings(title, bands, employer_type)
        readings = read(parts, around, self._scorer.index.spell)
        said = frozenset(stem(word) for word in words(description) if word not in JOINING)
        ranked = self._scorer.rank(readings, bands, said, employer_type)
        decision = decide(ranked, readings, self.limits)
        nearest = tuple(ranked[: self.top])
        if decision.zone == "none":
            why = explain_none(ranked, parts, decision, self.labels)
            return Alignment("none", why, (), nearest, parts, decision)
        candidates = tuple(
            Candidate(
                rank,
                one.role,
                one.target if one.target != one.role else "",
                one.confidence,
                decision.zone if rank == 1 else "review" if one.confidence >= self.limits.review else "none",
                explain_candidate(one, rank, ranked, parts, decision, self.labels),
                one,
            )
            for rank, one in enumerate(nearest, start=1)
        )
        return Alignment(decision.zone, candidates[0].why, candidates, nearest, parts, decision)
