"""What the framework says that a role needs: skills, values, bands, professional qualifications; and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cmh_graph.model import BandKey, Requirement, Role
from cmh_graph.reading import Catalogue

#: Kinds of qualification that only professional study gives. A foundation degree is one of several ways into an
#: assistant post, so a group that has another kind among its members does not count.
PROFESSIONAL: Final = frozenset(
    {
        "registration", "degree", "higher-education", "apprenticeship-or-degree", "postgraduate-training",
        "post-registration",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A skill or value that a role asks for. inferred: whether the statement is our judgement."""

    kind: str
    key: str
    label: str
    necessity: str
    inferred: bool


def asked_of(role: Role) -> tuple[Asked, ...]:
    """The skills and values of a role in the framework's order, without those of which one of several is enough."""
    return tuple(
        Asked(one.kind, one.asks_for.key, one.asks_for.label, one.necessity or "", one.says.is_inferred)
        for one in role.requirements
        if one.kind in ("skill", "value") and one.asks_for
    )


def bands_of(role: Role, framework: Catalogue) -> tuple[tuple[BandKey, ...], str, bool]:
    """The bands of a role, who gives them, and whether that is our judgement.

    A role without bands of its own has those of the wider role of its level that it counts towards; source says so."""
    given = role
    if not role.bands and role.rolls_up_to:
        wider = framework.roles[role.rolls_up_to.key]
        # A lead counts towards the role that is led, and is not paid like it.
        given = wider if wider.level == role.level else role
    if not given.bands:
        return (), "", False
    sources = dict.fromkeys(key for one in given.band_assignments for key in one.says.sources)
    names = {str(key): source.label for key, source in framework.sources.items()}
    said = ", ".join("our judgement" if key == "inference" else names.get(key, key) for key in sources)
    if given is not role:
        said = f"as {given.label}: {said}"
    inferred = all(one.says.is_inferred for one in given.band_assignments)
    return given.bands, said, inferred


def needs_professional_qualification(role: Role, framework: Catalogue) -> bool:
    """Whether a role is regulated, or cannot be had without a registration or a degree-level qualification.

    Only what is essential counts; of a group, every member must be of this kind."""
    if role.is_regulated:
        return True
    return any(_professional(one, framework) for one in role.requirements if one.necessity == "essential")


def _professional(need: Requirement, framework: Catalogue) -> bool:
    if need.kind == "any-of":
        return bool(need.any_of) and all(_professional(one, framework) for one in need.any_of)
    if need.kind not in ("qualification", "registration") or need.asks_for is None:
        return False
    held = framework.qualifications.get(need.asks_for.key)
    return held is not None and held.qualification_kind in PROFESSIONAL
