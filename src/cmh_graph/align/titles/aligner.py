"""Titles -> their zones, candidates and why: the steps from words to decision, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice
from threading import Lock
from typing import NamedTuple

from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.titles.abbreviations import Surroundings
from cmh_graph.align.titles.explain import explain_candidates, explain_none
from cmh_graph.align.titles.label_index import LabelIndex, field_stems
from cmh_graph.align.titles.reading_arrays import ReadTitle
from cmh_graph.align.titles.readings import read
from cmh_graph.align.titles.score import Ranking, Scored, Scorer, Weights
from cmh_graph.align.titles.title_parts import TitleParts, band_list, title_parts
from cmh_graph.align.titles.zones import Decision, Limits, Zone, decide
from cmh_graph.align.wording import JOINING, stem, words

#: Titles that go through together, fewer if there are so many labels that a block would hold more than this
#: many pairs of a title and a label; and answers that are kept for titles that come again.
BLOCK, _MOST_CELLS, _MOST_KEPT = 1000, 1_000_000, 10_000
#: Characters of a description that count.
LONGEST_DESCRIPTION = 5000


class Post(NamedTuple):
    """A title as an employer has it, with what else is said of the post."""

    title: str
    band: str = ""
    employer_type: str = ""
    description: str = ""


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


class Alignment:
    """A title with its zone. Its candidates and their reasons are made when they are asked for.

    parts: the title taken apart; decision: its zone and what speaks against accepting it."""

    def __init__(self, ranked: Ranking, parts: TitleParts, decision: Decision, aligner: Aligner) -> None:
        self.parts = parts
        self.decision = decision
        self._ranked = ranked
        self._aligner = aligner

    @property
    def zone(self) -> Zone:
        return self.decision.zone

    @property
    def role(self) -> str:
        """The key of the first candidate; empty where the zone is none."""
        return self._ranked.entry(0).role.key if self.zone != "none" else ""

    @property
    def confidence(self) -> float:
        """Of the nearest role, proposed or not; 0 if there is none."""
        return self._ranked.confidence

    @cached_property
    def nearest(self) -> tuple[Scored, ...]:
        """The roles, best first, even where the zone is none."""
        return self._shown[: self._aligner.top]

    @cached_property
    def _shown(self) -> tuple[Scored, ...]:
        """The same with the rival of the first, which its reason names even if only one is asked for."""
        return tuple(self._ranked)

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """The roles that are proposed, best first; none where the zone is none."""
        if self.zone == "none":
            return ()
        aligner = self._aligner
        reasons = explain_candidates(
            self._shown, self.parts, self.decision, aligner.labels, aligner.weights.coefficients
        )
        return tuple(
            Candidate(
                rank,
                one.role,
                one.target if one.target != one.role else "",
                one.confidence,
                self.zone if rank == 1 else "review" if one.confidence >= aligner.limits.review else "none",
                why,
                one,
            )
            for rank, (one, why) in enumerate(zip(self.nearest, reasons, strict=False), start=1)
        )

    def refused(self, why: str) -> Alignment:
        """The same title sent to none for a reason that no rule of ours knows."""
        decision = Decision("none", reason=why)
        return Alignment(self._ranked, self.parts, decision, self._aligner)

    @cached_property
    def why(self) -> str:
        """The reason for the zone, in words."""
        if self.zone == "none":
            return explain_none(self._ranked, self.parts, self.decision, self._aligner.labels)
        return self.candidates[0].why


@dataclass(slots=True)
class Aligner:
    """Aligns titles in blocks; keeps the answers of recent titles, as lists repeat themselves."""

    labels: RoleLabels
    weights: Weights = field(default_factory=Weights)
    limits: Limits = field(default_factory=Limits)
    top: int = 5
    _scorer: Scorer = field(init=False, repr=False)
    _kept: dict[Post, Alignment] = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._scorer = Scorer(LabelIndex(self.labels), self.weights)

    def align(
        self, title: str, *, band: str = "", employer_type: str = "", description: str = ""
    ) -> Alignment:
        """The candidates of a title. Same arguments, same answer, whatever was asked before."""
        return self._align_block([Post(title, band, employer_type, description)])[0]

    def align_all(self, posts: Iterable[Post]) -> Iterator[Alignment]:
        """The alignment of each post, in order: the same that `align` gives, many times faster.

        Posts are taken in blocks of up to BLOCK, so the first answer comes after the first block."""
        rest = iter(posts)
        size = max(1, min(BLOCK, _MOST_CELLS // len(self._scorer.index.entries)))
        while block := list(islice(rest, size)):
            yield from self._align_block(block)

    def _align_block(self, posts: Sequence[Post]) -> list[Alignment]:
        posts = [_with_short_description(post) for post in posts]
        different = dict.fromkeys(posts)
        found = {post: kept for post in different if (kept := self._kept.get(post))}
        new = [post for post in different if post not in found]
        made = dict(zip(new, self._align_new(new), strict=True))
        found |= made
        with self._lock:
            self._kept |= made
            for post in list(islice(self._kept, max(0, len(self._kept) - _MOST_KEPT))):
                del self._kept[post]
        return [found[post] for post in posts]

    def _align_new(self, posts: Sequence[Post]) -> Iterator[Alignment]:
        if not posts:
            return
        taken_apart = [title_parts(post.title) for post in posts]
        titles = [self._read(post, parts) for post, parts in zip(posts, taken_apart, strict=True)]
        ranked = self._scorer.rank(titles, max(self.top, 2))
        for parts, title, one in zip(taken_apart, titles, ranked, strict=True):
            decision = decide(one, title.readings, self.limits)
            yield Alignment(one, parts, decision, self)

    def _read(self, post: Post, parts: TitleParts) -> ReadTitle:
        bands = band_list(post.band) or parts.bands
        around = Surroundings(post.title, bands, post.employer_type)
        said = _stems_of_description(post.description)
        told = said | frozenset(map(stem, words(post.employer_type))) if post.employer_type else said
        in_care = not field_stems().isdisjoint(told)
        return ReadTitle(read(parts, around, self._scorer.index.phrase_of), bands, said, in_care)


def _with_short_description(post: Post) -> Post:
    if len(post.description) <= LONGEST_DESCRIPTION:
        return post
    return post._replace(description=post.description[:LONGEST_DESCRIPTION])


@lru_cache(maxsize=100)
def _stems_of_description(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(text) if word not in JOINING)
