"""The list of a visit: the file as it came, what was chosen for it, and how far its matching is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from cmh_graph.visits.visit import Visit

#: Names within the folder of a visit.
LIST: Final = "list.json"
PROGRESS: Final = "progress.json"
OUTCOME: Final = "outcome.json"
GIVEN: Final = "list"  # folder of the file as it came
OUT: Final = "out"  # folder of what was made of it
MAPPINGS: Final = "mappings.sssom.tsv"
POSTS: Final = "posts.json"  # key, title and band of each row that was matched
PROPOSED: Final = "proposed.sssom.tsv"  # the mappings before anybody decided

Step = Literal["none", "waiting", "running", "asking", "failed", "broken-off", "done"]


@dataclass(frozen=True, slots=True)
class ListOf:
    """step: how far it is. ahead: lists before it, while it waits. done, of: rows, while it runs; of is 0 until it is
    known. now: what happens, in words. problem: what, where, mend. outcome: what the matching process told."""

    step: Step
    name: str = ""
    stored: str = ""
    size: int = 0
    employer_type: str = ""
    column: str = ""
    sheet: str = ""
    digest: str = ""
    ahead: int = 0
    done: int = 0
    of: int = 0
    now: str = ""
    problem: dict[str, str] = field(default_factory=dict)
    outcome: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file, below the folder of the visit."""
        return Path(GIVEN) / self.stored


#: Stage of the matching process -> words for people.
_NOW: Final = {
    "reading": "Reading your list",
    "matching": "Matching titles to roles",
    "writing": "Writing the results",
}


def list_of(visit: Visit, ahead: int | None) -> ListOf:
    """The list of a visit. ahead: how many runs come before its own, None if it has none."""
    held = visit.read(LIST)
    if held is None:
        return ListOf("none")
    about = {
        name: held.get(name, "") for name in ("name", "stored", "employer_type", "column", "sheet", "digest")
    }
    about["size"] = int(held.get("size", 0))
    if ahead:
        return ListOf("waiting", ahead=ahead, now="Waiting for its turn", **about)
    if ahead == 0:
        progress = visit.read(PROGRESS) or {}
        return ListOf(
            "running",
            done=int(progress.get("done", 0)),
            of=int(progress.get("of", 0)),
            now=_NOW.get(str(progress.get("stage", "")), "Starting"),
            **about,
        )
    outcome = visit.read(OUTCOME)
    if outcome is None:
        return ListOf("broken-off", **about)
    step = outcome.get("step")
    if step == "asking":
        return ListOf("asking", outcome=outcome, **about)
    if step == "done":
        return ListOf("done", outcome=outcome, **about)
    problem = {part: str(outcome.get(part, "")) for part in ("what", "where", "mend")}
    return ListOf("failed", problem=problem, outcome=outcome, **about)
