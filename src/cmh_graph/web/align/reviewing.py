"""The queue of a visit's mapping file, and what a person decides on its groups from a page.

What a decision means is the business of cmh_graph.align.review, the same as at a keyboard. Here is what a page adds:
groups have names that a form can carry, decisions come one request at a time, and undo outlives the page."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from cmh_graph.align.review.decide import RELATIONS, Decision, Kind, Reviewer
from cmh_graph.align.review.queue import Choice, Waiting, core_wording
from cmh_graph.align.review.reviewed_file import for_review, rows_by_subject
from cmh_graph.align.review.work import Work
from cmh_graph.errors import BadParameter, Conflict, SourceError
from cmh_graph.namespaces import iri, key_of
from cmh_graph.sssom.model import NO_TERM_FOUND, MappingFile, Row
from cmh_graph.sssom.read import read_mapping_file
from cmh_graph.sssom.targets import Targets
from cmh_graph.visits.visit import Visit
from cmh_graph.web.align.journal import Before, Journal
from cmh_graph.web.align.lists import MAPPINGS, OUT, PROPOSED

#: Who decides: the pages ask nobody for a name.
REVIEWER: Final = "Reviewed on the web page"
#: What is written beside decisions that were taken together.
TOGETHER: Final = "accepted together with other proposals that the machine was sure of"
SHOWN_CHOICES: Final = 5
_KEPT: Final = "review.json"
#: Files under review held in memory; the least used go first.
_HELD: Final = 8

Which = Literal["waiting", "sure", "later", "decided", "none"]


@dataclass(frozen=True, slots=True)
class Group:
    """Titles that are decided together. name: what a form calls it. sure: the machine found one role that fits and no
    other near it."""

    name: str
    waiting: Waiting
    sure: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """Titles of one wording with the same answer. role: None where no role fits. relation: a key of RELATIONS."""

    name: str
    titles: tuple[tuple[str, str], ...]
    role: str | None
    label: str
    relation: str
    reason: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many groups there are of each kind, and how many titles."""

    waiting: int
    sure: int
    later: int
    decided: int
    none: int
    titles: int
    titles_decided: int


@dataclass(slots=True)
class _Held:
    work: Work
    groups: list[Group] | None = None
    decided: list[Decided] | None = None


@dataclass(slots=True)
class Review:
    """The review of one visit, while its lock is held. day: of the decisions, YYYY-MM-DD."""

    visit: Visit
    held: _Held
    day: str
    later: set[str] = field(default_factory=set)
    apart: set[str] = field(default_factory=set)

    @property
    def journal(self) -> Journal:
        """What undo needs."""
        return Journal(self.visit)

    # --- what there is ---

    def groups(self, which: Which = "waiting") -> list[Group]:
        """What waits, in the order of `cmh-graph review`; what was put off comes under "later" alone."""
        if self.held.groups is None:
            self.held.groups = [
                _group(part) for one in self.held.work.waiting() for part in _parted(one, self.apart)
            ]
        put_off = [one for one in self.held.groups if set(one.waiting.subjects) <= self.later]
        if which == "later":
            return put_off
        names = {one.name for one in put_off}
        left = [one for one in self.held.groups if one.name not in names]
        return [one for one in left if one.sure] if which == "sure" else left

    def decided(self, *, none: bool = False) -> list[Decided]:
        """What was decided, by wording: for a role, or that none fits."""
        if self.held.decided is None:
            self.held.decided = list(_decided(self.held.work.file, self.held.work.targets))
        return [one for one in self.held.decided if (one.role is None) == none]

    def counts(self) -> Counts:
        """How far the review is."""
        groups = {which: self.groups(which) for which in ("waiting", "sure", "later")}
        decided, none = self.decided(), self.decided(none=True)
        settled = sum(len(one.titles) for one in (*decided, *none))
        open_ = sum(len(one.waiting.titles) for one in (*groups["waiting"], *groups["later"]))
        return Counts(
            len(groups["waiting"]),
            len(groups["sure"]),
            len(groups["later"]),
            len(decided),
            len(none),
            settled + open_,
            settled,
        )

    # --- what a person does ---

    def decide(self, name: str, kind: Kind, role: str = "", relation: str = "", reason: str = "") -> Group:
        """Record a decision on a group. role: a key among the group's choices. Gives the group.

        Raises Conflict where the group does not wait (any more), BadParameter for what nobody can choose."""
        group = self.group(name)
        shown = tuple(choice.target for choice in group.waiting.choices)
        target = iri("role", role) if role else ""
        if kind != "none" and target not in shown:
            raise BadParameter(
                "this role is not proposed for these titles (any more)", mend="choose one that is shown"
            )
        decision = Decision(
            kind, self._by(), "" if kind == "none" else target, _relation(relation), reason, shown
        )
        self._record([(group.waiting, decision)])
        return group

    def accept_other(self, name: str, said: str, relation: str = "", reason: str = "") -> tuple[Group, str]:
        """Accept a role that was not proposed, by its name or key; gives the group and the role's name.

        Raises BadParameter with roles of a like name where there is none."""
        group = self.group(name)
        targets = self.held.work.targets
        found = targets.role(said) if said.strip() else None
        if found is None:
            words = [word for word in said.casefold().split() if len(word) > 3]
            near = [
                role.name for role in targets.roles() if any(word in role.name.casefold() for word in words)
            ]
            raise BadParameter(
                f"there is no role called '{said.strip()[:100]}'" if said.strip() else "no role was named",
                mend=f"near it: {', '.join(near[:5])}"
                if near
                else "choose a name from the list below the field",
            )
        decision = Decision("accept", self._by(), found.iri, _relation(relation), reason)
        self._record([(group.waiting, decision)])
        return group, found.name

    def accept_sure(self, names: Iterable[str]) -> tuple[int, int]:
        """Accept the first choice of each group that the machine is sure of; gives groups and titles.

        What does not wait any more, or is not sure, is passed over: another window may have decided it."""
        wanted = frozenset(names)
        groups = [one for one in self.groups("sure") if one.name in wanted]
        if groups:
            self._record(
                [
                    (one.waiting, Decision("accept", self._by(), one.waiting.choices[0].target, "", TOGETHER))
                    for one in groups
                ]
            )
        return len(groups), sum(len(one.waiting.titles) for one in groups)

    def put_off(self, name: str) -> Group:
        """Ask later."""
        group = self.group(name)
        self.later |= set(group.waiting.subjects)
        self._keep()
        return group

    def part(self, name: str) -> Group:
        """Ask each title of a group by itself from now on."""
        group = self.group(name)
        self.apart |= set(group.waiting.subjects)
        self._keep()
        return group

    def take_up(self) -> None:
        """Bring back all that was put off."""
        self.later.clear()
        self._keep()

    def ask_again(self, name: str) -> Decided:
        """Put decided titles back to what the machine proposed. Raises Conflict where they are not decided."""
        found = next((one for one in (*self.decided(), *self.decided(none=True)) if one.name == name), None)
        if found is None:
            raise _gone()
        subjects = {subject for subject, _ in found.titles}
        proposed = rows_by_subject(for_review(read_mapping_file(self.visit.folder / OUT / PROPOSED)))
        rows = {subject: proposed[subject] for subject in subjects if subject in proposed}
        self._change(sorted(subjects), lambda: self.held.work.restore(rows))
        self.later -= subjects
        self._keep()
        return found

    def undo(self) -> str:
        """Take the last decision back; gives the first title it was about, "" if there is nothing to undo."""
        last = self.journal.last()
        if last is None:
            return ""
        columns = self.held.work.file.columns
        rows = {
            subject: [Row(dict(zip(columns, cells, strict=True)), 0) for cells in held]
            for subject, held in last.rows.items()
        }
        self.held.work.restore(rows)
        self._forget()
        self.later -= set(rows)
        self._keep()
        self.journal.drop_last()
        return last.title

    def can_undo(self) -> str:
        """The first title of the decision that undo would take back; "" if there is none."""
        last = self.journal.last()
        return last.title if last else ""

    def group(self, name: str) -> Group:
        """The group of a name. Raises Conflict where it does not wait (any more)."""
        found = next((one for one in (*self.groups(), *self.groups("later")) if one.name == name), None)
        if found is None:
            raise _gone()
        return found

    # --- how it is kept ---

    def _by(self) -> Reviewer:
        return Reviewer(REVIEWER, self.day)

    def _record(self, decisions: Sequence[tuple[Waiting, Decision]]) -> None:
        subjects = [subject for waiting, _ in decisions for subject in waiting.subjects]
        self._change(subjects, lambda: self.held.work.decide_all(decisions))
        settled = {
            subject for waiting, one in decisions if one.kind != "reject" for subject in waiting.subjects
        }
        if settled & self.later:
            self.later -= settled
            self._keep()

    def _change(self, subjects: Sequence[str], change: Callable[[], None]) -> None:
        """Change rows of some titles, after what they were has been written down for undo."""
        file = self.held.work.file
        every = rows_by_subject(file)
        rows = {
            subject: [[row[column] for column in file.columns] for row in every[subject]]
            for subject in subjects
            if subject in every
        }
        title = next((every[one][0]["subject_label"] for one in subjects if one in every), "")
        # Written before: a stop between the two leaves an undo that changes nothing, and never one that is missing.
        self.journal.add(Before(title, rows))
        try:
            change()
        except BaseException:
            self.journal.drop_last()
            raise
        finally:
            self._forget()

    def _forget(self) -> None:
        self.held.groups = self.held.decided = None

    def _keep(self) -> None:
        self.held.groups = None
        self.visit.write(_KEPT, {"later": sorted(self.later), "apart": sorted(self.apart)})


class Reviews:
    """The reviews of all visits, the latest used in memory. today: gives the day of a decision."""

    def __init__(self, targets: Callable[[], Targets], today: Callable[[], str]) -> None:
        self._targets = targets
        self._today = today
        self._held: OrderedDict[Path, tuple[tuple[int, int], _Held]] = OrderedDict()
        self._guard = threading.Lock()

    def open(self, visit: Visit) -> Review:
        """The review of a visit; its lock must be held. Raises Conflict where there is nothing to review."""
        path = visit.folder / OUT / MAPPINGS
        try:
            stamp = _stamp(path)
            held = self._of(path, stamp)
        except (OSError, SourceError) as error:
            raise Conflict(
                "there is nothing to review in this visit", mend="send a list of job titles first"
            ) from error
        kept = visit.read(_KEPT) or {}
        return Review(visit, held, self._today(), set(_texts(kept, "later")), set(_texts(kept, "apart")))

    def close(self, review: Review) -> None:
        """Remember a review for the next request."""
        path = review.visit.folder / OUT / MAPPINGS
        with suppress(OSError), self._guard:
            self._held[path] = (_stamp(path), review.held)
            self._held.move_to_end(path)
            while len(self._held) > _HELD:
                self._held.popitem(last=False)

    def forget(self, visit: Visit) -> None:
        """Let a visit's file go from memory, and what was kept of its review from the disk."""
        with self._guard:
            self._held.pop(visit.folder / OUT / MAPPINGS, None)
        visit.drop(_KEPT)
        Journal(visit).forget()

    def _of(self, path: Path, stamp: tuple[int, int]) -> _Held:
        with self._guard:
            found = self._held.get(path)
        if found is not None and found[0] == stamp:
            return found[1]
        return _Held(Work(path, self._targets()))


def _stamp(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_ino, about.st_mtime_ns


def _texts(held: Mapping[str, Any], name: str) -> list[str]:
    found = held.get(name)
    return [str(one) for one in found] if isinstance(found, list) else []


def _group(one: Waiting) -> Group:
    return Group(group_name(one.subjects), one, _is_sure(one))


def group_name(subjects: Iterable[str]) -> str:
    """What forms call a group: 16 digits of a digest of its titles' IRIs."""
    return hashlib.sha256("\n".join(sorted(subjects)).encode()).hexdigest()[:16]


def _is_sure(one: Waiting) -> bool:
    return not one.stale and len(one.choices) == 1 and one.choices[0].why.startswith("accept: ")


def _parted(one: Waiting, apart: set[str]) -> list[Waiting]:
    """A group, or each of its titles where a person parted them."""
    if len(one.titles) == 1 or not apart.intersection(one.subjects):
        return [one]
    return [replace(one, titles=(title,)) for title in one.titles]


def reason_of(choice: Choice) -> str:
    """The machine's reason, without the zone that it begins with in a file."""
    zone, colon, rest = choice.why.partition(": ")
    return rest if colon and zone in ("accept", "review") else choice.why


def _decided(file: MappingFile, targets: Targets) -> Iterator[Decided]:
    """Accepted answers, titles of one wording with one answer together, by wording."""
    names = {value: key for key, value in RELATIONS.items()}
    groups: dict[tuple[str, str, str, str], list[tuple[str, str]]] = {}
    others: dict[tuple[str, str, str, str], tuple[str, ...]] = {}
    for subject, rows in rows_by_subject(file).items():
        accepted = [row for row in rows if file.state(row) == "accepted"]
        if not accepted:
            continue
        first = accepted[0]
        target = "" if first["object_id"] == "sssom:NoTermFound" else file.iri(first, "object_id")
        target = "" if target == NO_TERM_FOUND else target
        label = first["subject_label"]
        key = (core_wording(label), target, first["predicate_id"], first["cmh_review_reason"])
        groups.setdefault(key, []).append((subject, label))
        others[key] = tuple(targets.name(file.iri(row, "object_id")) for row in accepted[1:])
    for key in sorted(groups):
        _, target, predicate, reason = key
        titles = tuple(groups[key])
        yield Decided(
            group_name(subject for subject, _ in titles),
            titles,
            key_of(target) if target else None,
            targets.name(target) if target else "",
            names.get(predicate, "close"),
            reason,
            others[key],
        )


def _relation(said: str) -> str:
    if said and said not in RELATIONS:
        raise BadParameter("this is no kind of match", mend=f"choose one of {', '.join(RELATIONS)}")
    return said


def _gone() -> Conflict:
    return Conflict(
        "these titles were decided already, perhaps in another window",
        mend="look at them under Decided, where you can have them asked again",
    )
