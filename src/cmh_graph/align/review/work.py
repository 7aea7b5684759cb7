"""A mapping file on the disk while people decide: every decision is in the file before the next is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cmh_graph.align.review.decide import Decision, decide
from cmh_graph.align.review.queue import Waiting, queue
from cmh_graph.align.review.reviewed_file import for_review, rows_by_subject, with_rows
from cmh_graph.errors import BadParameter, SourceError
from cmh_graph.sssom.model import MappingFile, Row
from cmh_graph.sssom.read import mapping_set, parse_mapping_file, read_mapping_file
from cmh_graph.sssom.stale import stale_mappings
from cmh_graph.sssom.targets import Targets
from cmh_graph.sssom.write import replace_file, text_of_file


@dataclass(frozen=True, slots=True)
class _Before:
    """What a decision changed: the rows as they were."""

    rows: Mapping[str, Sequence[Row]]
    waiting: Waiting


class Work:
    """A file under review. Reading it changes nothing; each decision replaces it in one step.

    posts: IRI of each title of the employer's catalogue -> its words, if it is at hand.
    Raises SourceError as read_mapping_file does."""

    def __init__(self, path: Path, targets: Targets, posts: Mapping[str, str] | None = None) -> None:
        read_mapping_file(path)  # size and form, before all of it is held
        data = path.read_bytes()
        self.path = path
        self.targets = targets
        self._posts = posts
        self._seen = hashlib.sha256(data).digest()
        self.file: MappingFile = for_review(parse_mapping_file(data, path))
        self._undo: list[_Before] = []
        self.decided = 0

    def waiting(self, *, only_stale: bool = False) -> list[Waiting]:
        """What waits for a decision, the most worth asking first."""
        accepted = tuple(row for row in self.file.rows if self.file.state(row) == "accepted")
        stale = stale_mappings(mapping_set(replace(self.file, rows=accepted)), self.targets, self._posts)
        return queue(self.file, self.targets, stale, only_stale=only_stale)

    def decide(self, waiting: Waiting, decision: Decision) -> None:
        """Record a decision on all titles of a group, in the file on the disk.

        Raises BadParameter if the decision cannot be, and SourceError if somebody else changed the file."""
        self.decide_all([(waiting, decision)])

    def decide_all(self, decisions: Sequence[tuple[Waiting, Decision]]) -> None:
        """Record several decisions in one step: all of them or none."""
        file, before = self.file, []
        every = rows_by_subject(file)
        changed: dict[str, Sequence[Row]] = {}
        for waiting, decision in decisions:
            held: dict[str, Sequence[Row]] = {}
            for subject, title in waiting.titles:
                rows = changed.get(subject) or every.get(subject)
                if not rows:
                    raise BadParameter(
                        "the mapping file has no such title", where=title or subject, mend="check the subject"
                    )
                held[subject] = rows
                changed[subject] = _named(decide(file, rows, decision, self.targets), title)
            before.append(_Before(held, waiting))
        self._save(with_rows(file, changed))
        self._undo += before
        self.decided += sum(len(waiting.titles) for waiting, _ in decisions)

    def undo(self) -> Waiting | None:
        """Take back the last decision of this sitting; gives what it was about, None if there is none."""
        if not self._undo:
            return None
        last = self._undo.pop()
        self._save(with_rows(self.file, last.rows))
        self.decided -= len(last.waiting.titles)
        return last.waiting

    def restore(self, rows: Mapping[str, Sequence[Row]]) -> None:
        """Put rows of some titles in the place of what is there, in one step: for who keeps a record of decisions that
        outlives the sitting. rows: by subject IRI; an unknown subject is added."""
        self._save(with_rows(self.file, rows))

    def _save(self, file: MappingFile) -> None:
        try:
            now = hashlib.sha256(self.path.read_bytes()).digest()
        except OSError:
            now = b""
        if now != self._seen:
            raise SourceError(
                "somebody else changed this file while you were deciding; your last decision is not in it",
                where=str(self.path),
                mend="start the review again: it goes on with the file as it is now",
            )
        text = text_of_file(file)
        replace_file(self.path, text)
        self._seen = hashlib.sha256(text.encode()).digest()
        self.file = file


def _named(rows: Sequence[Row], title: str) -> list[Row]:
    """An accepted row is about the title as the person saw it, which may have changed since an earlier decision."""
    return [
        row.having(subject_label=title) if row["cmh_review_state"].endswith("accepted") else row
        for row in rows
    ]
