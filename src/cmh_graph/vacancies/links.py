"""What a vacancy was found to mean or ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

LinkKind = Literal["role", "band", "skill", "value", "experience", "qualification"]
#: In the order in which links are listed.
KINDS: Final[tuple[LinkKind, ...]] = ("role", "band", "skill", "value", "experience", "qualification")


@dataclass(frozen=True, slots=True)
class Link:
    """What a vacancy seems to mean or ask for.

    key: of a thing of the framework, or a band. zone: of a role, "accept" or "review" (a proposal, not settled); ""
    for other kinds. necessity: what the text says, "" if nothing. words: of the posting that led to it."""

    kind: LinkKind
    key: str
    confidence: float
    reason: str
    zone: str = ""
    necessity: str = ""
    words: str = ""
