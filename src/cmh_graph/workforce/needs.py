"""Whether a role needs a professional qualification, by what the framework states of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from cmh_graph.framework import Framework
from cmh_graph.model import Qualification, Requirement, Role

#: none: the framework says that none is needed. other: essential ones, all of them below a degree and without a
#: register. professional: regulated, or no way in without a registration, a degree or a higher qualification.
Needed = Literal["none", "other", "professional", "unknown"]

_PROFESSIONAL: Final = frozenset(
    {
        "registration", "degree", "apprenticeship-or-degree", "higher-education", "post-registration",
        "postgraduate-training",
    }
)  # fmt: skip
#: What everyone in care goes through: no qualification.
_NOT_ONE: Final = frozenset({"check", "induction-standard", "e-learning", "none"})
_ORDER: Final = ("none", "other", "professional")


@dataclass(frozen=True, slots=True)
class Need:
    """inferred: whether a statement that decides is our judgement."""

    needed: Needed
    why: str
    inferred: bool


def need_of(framework: Framework, role: Role) -> Need:
    """What a role needs to start. Only essential requirements count; of an any-of group the easiest member."""
    for position in role.regulation:
        if position.is_regulated:
            inferred = position.says.is_inferred or "is_regulated" in position.says.inferred_fields
            return Need("professional", "the role is regulated", inferred)
    found = [
        (_ORDER.index(_needed(framework, one)), one)
        for one in role.requirements
        if one.necessity == "essential" and _asks_for_qualification(one)
    ]
    highest = max((rank for rank, _ in found), default=0)
    if highest:
        deciding = [one for rank, one in found if rank == highest]
        names = sorted({_name(one) for one in deciding})
        # One sourced statement is enough to say so.
        inferred = all(one.says.is_inferred for one in deciding)
        return Need("professional" if highest == 2 else "other", f"asks for {'; '.join(names)}", inferred)
    for one in role.requirements:
        if one.kind == "none-required" and one.asks_for and one.asks_for.kind == "qualification":
            return Need("none", "the framework states that none is needed", one.says.is_inferred)
    return Need("unknown", "the framework does not say", False)


def _asks_for_qualification(need: Requirement) -> bool:
    members = need.any_of or (need,)
    # A group that experience satisfies as well asks for no qualification.
    return all(one.asks_for is not None and one.asks_for.kind == "qualification" for one in members)


def _needed(framework: Framework, need: Requirement) -> Literal["none", "other", "professional"]:
    ranks = []
    for one in need.any_of or (need,):
        assert one.asks_for is not None
        ranks.append(_ORDER.index(_kind(framework.qualification(one.asks_for.key))))
    return ("none", "other", "professional")[min(ranks)]


def _kind(found: Qualification) -> Literal["none", "other", "professional"]:
    if found.qualification_kind in _NOT_ONE:
        return "none"
    levels = [int(level) for level in found.education_levels if level.isdigit()]
    if found.qualification_kind in _PROFESSIONAL or found.registers or (levels and min(levels) >= 6):
        return "professional"
    return "other"


def _name(need: Requirement) -> str:
    return " or ".join(one.asks_for.label for one in need.any_of or (need,) if one.asks_for)
