"""Titles -> their zones, candidates and why: the steps from words to decision, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice
from threading import Lock
from typing import Any, NamedTuple

from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.titles.abbreviations import Surroundings
from cmh_graph.align.titles.explain import Reason, reasons_for, set_aside, why_none
from cmh_graph.align.titles.label_index import LabelIndex, field_stems
from cmh_graph.align.titles.reading_arrays import ReadTitle
from cmh_graph.align.titles.readings import read
from cmh_graph.align.titles.score import Ranking, Scored, Scorer, Weights
from cmh_graph.align.titles.title_parts import TitleParts, band_list, take_apart
from cmh_graph.align.titles.wordings import Wording, wording_of
from cmh_graph.align.titles.zones import Decision, Limits, Zone, decide
from cmh_graph.align.wording import JOINING, stem, words, words_of_long

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


class Candidate(NamedTuple):
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


class Answer:
    """What is the same for every title of one wording: its ranked roles, the decision, and the reasons as far as
    they do not quote the title. Roles and reasons are made when they are first asked for."""

    __slots__ = ("_aligner", "_reasons", "_shown", "decision", "ranked")

    def __init__(self, ranked: Ranking, decision: Decision, aligner: Aligner) -> None:
        self.ranked = ranked
        self.decision = decision
        self._aligner = aligner
        self._shown: tuple[Scored, ...] | None = None
        self._reasons: tuple[Reason, ...] | str | None = None

    @property
    def shown(self) -> tuple[Scored, ...]:
        """The roles with the rival of the first, which its reason names even if only one is asked for."""
        if self._shown is None:
            self._shown = tuple(self.ranked)
        return self._shown

    def whys(self, parts: TitleParts) -> list[str]:
        """Why each role is proposed to a title."""
        if not isinstance(self._reasons, tuple):
            aligner = self._aligner
            self._reasons = reasons_for(
                self.shown, self.decision, aligner.labels, aligner.weights.coefficients
            )
        aside = set_aside(parts)
        return [one.of(parts, aside) for one in self._reasons]

    def why_none(self) -> str:
        """Why no role is proposed."""
        if not isinstance(self._reasons, str):
            self._reasons = why_none(self.ranked, self.decision, self._aligner.labels)
        return self._reasons


class Alignment:
    """A title with its zone. Its candidates and their reasons are made when they are asked for.

    parts: the title taken apart; decision: its zone and what speaks against accepting it."""

    def __init__(self, answer: Answer, parts: TitleParts, aligner: Aligner) -> None:
        self.parts = parts
        self._answer = answer
        self._aligner = aligner

    @property
    def decision(self) -> Decision:
        return self._answer.decision

    @property
    def zone(self) -> Zone:
        return self._answer.decision.zone

    @property
    def role(self) -> str:
        """The key of the first candidate; empty where the zone is none."""
        return self._answer.ranked.entry(0).role.key if self.zone != "none" else ""

    @property
    def confidence(self) -> float:
        """Of the nearest role, proposed or not; 0 if there is none."""
        return self._answer.ranked.confidence

    @property
    def nearest(self) -> tuple[Scored, ...]:
        """The roles, best first, even where the zone is none."""
        return self._answer.shown[: self._aligner.top]

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """The roles that are proposed, best first; none where the zone is none."""
        if self.zone == "none":
            return ()
        least = self._aligner.limits.review
        return tuple(
            [
                Candidate(
                    rank,
                    one.role,
                    one.target if one.target != one.role else "",
                    one.confidence,
                    self.zone if rank == 1 else "review" if one.confidence >= least else "none",
                    why,
                    one,
                )
                for rank, (one, why) in enumerate(
                    zip(self.nearest, self._answer.whys(self.parts), strict=False), start=1
                )
            ]
        )

    def refused(self, why: str) -> Alignment:
        """The same title sent to none for a reason that no rule of ours knows."""
        decision = Decision("none", reason=why)
        return Alignment(Answer(self._answer.ranked, decision, self._aligner), self.parts, self._aligner)

    @cached_property
    def why(self) -> str:
        """The reason for the zone, in words."""
        if self.zone != "none":
            return self.candidates[0].why
        return f"'{self.parts.raw}' names no post" if self.parts.placeholder else self._answer.why_none()


@dataclass(slots=True)
class Aligner:
    """Aligns titles in blocks; keeps the answers of recent titles and wordings, as lists repeat themselves.

    repeats: whether posts may come again as they are; where they cannot, only answers to wordings are kept."""

    labels: RoleLabels
    weights: Weights = field(default_factory=Weights)
    limits: Limits = field(default_factory=Limits)
    top: int = 5
    repeats: bool = True
    _scorer: Scorer = field(init=False, repr=False)
    _kept: dict[Post, Alignment] = field(default_factory=dict, init=False, repr=False)
    _answers: dict[Wording, Answer] = field(default_factory=dict, init=False, repr=False)
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

    def forget(self) -> None:
        """Drop the answers that were kept."""
        with self._lock:
            self._kept.clear()
            self._answers.clear()

    def _align_block(self, posts: Sequence[Post]) -> list[Alignment]:
        posts = [_with_short_description(post) for post in posts]
        if not self.repeats:
            return self._align_new(posts)
        different = dict.fromkeys(posts)
        found = {post: kept for post in different if (kept := self._kept.get(post))}
        new = [post for post in different if post not in found]
        made = dict(zip(new, self._align_new(new), strict=True))
        found |= made
        with self._lock:
            self._kept |= made
            _keep_the_latest(self._kept)
        return [found[post] for post in posts]

    def _align_new(self, posts: Sequence[Post]) -> list[Alignment]:
        taken_apart = [take_apart(post.title) for post in posts]
        around = [
            Surroundings(post.title, band_list(post.band) or parts.bands, post.employer_type)
            for post, parts in zip(posts, taken_apart, strict=True)
        ]
        wordings = [
            wording_of(parts, near, post.description)
            for post, parts, near in zip(posts, taken_apart, around, strict=True)
        ]
        answers = self._answers_to(wordings, taken_apart, around)
        return [
            Alignment(answers[wording], parts, self)
            for wording, parts in zip(wordings, taken_apart, strict=True)
        ]

    def _answers_to(
        self, wordings: Sequence[Wording], taken_apart: Sequence[TitleParts], around: Sequence[Surroundings]
    ) -> dict[Wording, Answer]:
        """The answer to each different wording; one title of those that share it is read for all."""
        answers: dict[Wording, Answer] = {}
        new: dict[Wording, int] = {}
        for place, wording in enumerate(wordings):
            if wording in answers or wording in new:
                continue
            if kept := self._answers.get(wording):
                answers[wording] = kept
            else:
                new[wording] = place
        titles = [
            self._read(wording.description, taken_apart[place], around[place])
            for wording, place in new.items()
        ]
        ranked = self._scorer.rank(titles, max(self.top, 2)) if titles else []
        made = {
            wording: Answer(one, decide(one, title.readings, self.limits), self)
            for wording, title, one in zip(new, titles, ranked, strict=True)
        }
        with self._lock:
            for wording in answers:
                self._answers.pop(wording, None)  # what was asked for lately is kept longest
            answers |= made
            self._answers |= answers
            _keep_the_latest(self._answers)
        return answers

    def _read(self, description: str, parts: TitleParts, around: Surroundings) -> ReadTitle:
        said = _stems_of_description(description)
        told = said | frozenset(map(stem, words(around.employer))) if around.employer else said
        in_care = not field_stems().isdisjoint(told)
        return ReadTitle(read(parts, around, self._scorer.index.phrase_of), around.bands, said, in_care)


def _keep_the_latest(kept: dict[Any, Any]) -> None:
    """Drop what was added first, beyond _MOST_KEPT."""
    for one in list(islice(kept, max(0, len(kept) - _MOST_KEPT))):
        del kept[one]


def _with_short_description(post: Post) -> Post:
    if len(post.description) <= LONGEST_DESCRIPTION:
        return post
    return post._replace(description=post.description[:LONGEST_DESCRIPTION])


@lru_cache(maxsize=100)
def _stems_of_description(text: str) -> frozenset[str]:
    return frozenset(map(stem, set(words_of_long(text)) - JOINING))
