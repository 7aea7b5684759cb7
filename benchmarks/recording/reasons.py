"""Why lines are short: said once in benchmarks/reasons.toml, with the decision page that has the evidence.

A reason is written by people who looked; a line that is short without one is told as not explained."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from recording.lines import Line

FILE = Path(__file__).parent.parent / "reasons.toml"
#: From the page of the table.
_DECISIONS = "../../docs/decisions"


@dataclass(frozen=True, slots=True)
class Reason:
    """part, lines: which lines ("work | scale | peer", with * for any text); why: a sentence or two;
    decision: the file that tells what a profile showed and what was tried."""

    part: str
    lines: tuple[str, ...]
    why: str
    decision: str

    def explains(self, part: str, line: Line) -> bool:
        return part == self.part and any(fnmatchcase(line.key, pattern) for pattern in self.lines)

    @property
    def told(self) -> str:
        return f"{self.why} [Decision {int(self.decision[:4])}]({_DECISIONS}/{self.decision})"


def read(path: Path = FILE) -> list[Reason]:
    """The reasons, in the order in which they are looked through."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))["reason"]
    return [Reason(one["part"], tuple(one["lines"]), one["why"], one["decision"]) for one in told]


def reason_of(reasons: Sequence[Reason], part: str, line: Line) -> Reason | None:
    """The reason of a line that is short; None where it is not short, or nobody has explained it."""
    if line.met is not False:
        return None
    return next((one for one in reasons if one.explains(part, line)), None)
