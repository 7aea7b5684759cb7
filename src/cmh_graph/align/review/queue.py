"""The titles of a mapping file that wait for a person: those of one wording together, the most worth asking first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cmh_graph.align.review.reviewed_file import rows_by_subject
from cmh_graph.align.titles.abbreviations import Surroundings
from cmh_graph.align.titles.readings import read
from cmh_graph.align.titles.title_parts import title_parts
from cmh_graph.align.wording import plain, words
from cmh_graph.sssom.model import NO_TERM_FOUND, MappingFile, Row
from cmh_graph.sssom.stale import Stale, same_title
from cmh_graph.sssom.targets import Targets


@dataclass(frozen=True, slots=True)
class Choice:
    """A role that is proposed for a title. confidence: from 0 to 1, None if nobody gave one."""

    target: str
    name: str
    predicate: str
    confidence: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Titles of one wording with the same proposals, to be decided together.

    wording: what the titles have in common, see core_wording. titles: subject IRI and title as written, in file
    order. choices: best first; none if the machine found no role. why_none: then its reason. stale: what is wrong
    with what was accepted, in words; "" for a title that nobody has decided. doubt: from 0 to 1."""

    wording: str
    titles: tuple[tuple[str, str], ...]
    choices: tuple[Choice, ...]
    why_none: str
    doubt: float
    stale: str = ""

    @property
    def worth(self) -> float:
        """How much a decision settles: posts times doubt."""
        return len(self.titles) * self.doubt

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(subject for subject, _ in self.titles)


def wording(title: str) -> str:
    """A title in plain words without its noise; the whole title where nothing else is left."""
    parts = title_parts(title.removeprefix("'"))
    return plain(" ".join(parts.segments)) or plain(title) or title.strip().casefold()


@lru_cache(maxsize=50_000)
def core_wording(title: str) -> str:
    """The words of the post itself, written out: without bands, hours, sites and teams. Titles with the same are
    asked together."""
    parts = title_parts(title.removeprefix("'"))
    likeliest = next(iter(read(parts, Surroundings(title, parts.bands), words)), None)
    core = " ".join((*likeliest.core, *likeliest.tail)) if likeliest else ""
    return core or wording(title)


def queue(
    file: MappingFile, targets: Targets, stale: Iterable[Stale] = (), *, only_stale: bool = False
) -> list[Waiting]:
    """What waits in a file: titles without an accepted row, and those whose accepted row is stale, which come first.

    Titles stand together if their wording and their proposals are the same, so that a band that changes the proposals
    parts them. Order: stale first; then posts times doubt, the largest first; then wording. only_stale: no others."""
    wrong = {one.subject: one for one in stale}
    groups: dict[tuple[str, tuple[str, ...], str], list[Waiting]] = {}
    for subject, rows in rows_by_subject(file).items():
        one = _waiting(file, subject, rows, wrong.get(subject), targets)
        if one is None or (only_stale and not one.stale):
            continue
        key = (one.wording, tuple(choice.target for choice in one.choices), one.stale)
        groups.setdefault(key, []).append(one)
    together = [_together(group) for group in groups.values()]
    return sorted(together, key=lambda one: (not one.stale, -round(one.worth, 6), one.wording, one.titles))


def _together(group: Sequence[Waiting]) -> Waiting:
    # The title with the most doubt speaks for the group: its confidences promise least.
    first = max(group, key=lambda one: one.doubt)
    return Waiting(
        first.wording,
        tuple(title for one in group for title in one.titles),
        first.choices,
        first.why_none,
        first.doubt,
        first.stale,
    )


def _waiting(
    file: MappingFile, subject: str, rows: Sequence[Row], wrong: Stale | None, targets: Targets
) -> Waiting | None:
    fresh = [
        row for row in rows if file.state(row) in (None, "candidate") and row["predicate_modifier"] != "Not"
    ]
    said = wrong.why if wrong else ""
    if wrong is None and (decided := [row for row in rows if file.state(row) == "accepted"]):
        before = decided[0]["subject_label"]
        if not fresh or same_title(fresh[0]["subject_label"], before):
            return None
        said = f"then the post was called '{before}'"
    choices = [
        _choice(file, row, targets)
        for row in fresh
        if row["object_id"] != "sssom:NoTermFound" and file.iri(row, "object_id") != NO_TERM_FOUND
    ]
    if wrong is not None:
        choices = _offers(wrong, targets, choices)
    none = next((row for row in fresh if row["object_id"] == "sssom:NoTermFound"), None)
    best = max((one.confidence for one in choices if one.confidence is not None), default=None)
    if best is None and none is not None:
        best = _number(none["confidence"])
    label = rows[0]["subject_label"] or subject
    # A title that was renamed is asked under its new name, which only its fresh rows carry.
    label = fresh[0]["subject_label"] if fresh else label
    return Waiting(
        core_wording(label),
        ((subject, label),),
        tuple(choices),
        none["comment"] if none else "",
        1 - best if best is not None else 1.0,
        said,
    )


def _choice(file: MappingFile, row: Row, targets: Targets) -> Choice:
    target = file.iri(row, "object_id")
    found = targets.get(target)
    name = found.name if found else row["object_label"]
    return Choice(target, name, row["predicate_id"], _number(row["confidence"]), row["comment"])


def _offers(wrong: Stale, targets: Targets, choices: Sequence[Choice]) -> list[Choice]:
    """What to choose from where an accepted mapping is stale: its replacement, or what it was."""
    offered = [
        Choice(one, targets.name(one), "", None, f"replaces '{targets.name(wrong.target)}'")
        for one in wrong.replacement
    ]
    old = targets.get(wrong.target)
    if old and not old.deprecated:
        offered.append(
            Choice(old.iri, old.name, "", None, f"what was accepted; now defined as: {old.definition}")
        )
    return [*offered, *(one for one in choices if one.target not in {offer.target for offer in offered})]


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None
