"""What people ask of a way: paid all along, within so many months, to a registered role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cmh_graph.errors import BadParameter
from cmh_graph.model import Ref, Step
from cmh_graph.pathways.choices import refuse_unknown_concept
from cmh_graph.pathways.network import Edge, Network
from cmh_graph.reading import Catalogue


@dataclass(frozen=True, slots=True)
class Conditions:
    """paid: no step leads to unpaid work or is studied for without a wage. within_months: the least months of a way,
    assumed ones included. avoid: keys of places it must not touch. sourced_only: no step that is wholly ours."""

    paid: bool = False
    within_months: int | None = None
    avoid: frozenset[str] = field(default_factory=frozenset)
    sourced_only: bool = False

    def __post_init__(self) -> None:
        if self.within_months is not None and self.within_months < 1:
            raise BadParameter(
                f"{self.within_months} months is no time", where="within_months", mend="give 1 or more"
            )

    @property
    def in_words(self) -> tuple[str, ...]:
        """The conditions, as read aloud."""
        said = []
        if self.paid:
            said.append("without an unpaid step")
        if self.within_months is not None:
            said.append(f"within {self.within_months} month{'s' if self.within_months > 1 else ''}")
        if self.avoid:
            said.append(f"clear of {', '.join(sorted(self.avoid))}")
        if self.sourced_only:
            said.append("free of steps that are wholly our judgement")
        return tuple(said)

    @property
    def each(self) -> tuple[Conditions, ...]:
        """Every condition by itself."""
        parts = (
            Conditions(paid=self.paid),
            Conditions(within_months=self.within_months),
            Conditions(avoid=self.avoid),
            Conditions(sourced_only=self.sourced_only),
        )
        return tuple(one for one in parts if one.in_words)


@dataclass(frozen=True, slots=True)
class Allowing:
    """Conditions made ready for a catalogue."""

    catalogue: Catalogue
    conditions: Conditions

    def step(self, edge: Edge) -> bool:
        """Whether a step may be used at all."""
        wanted = self.conditions
        if wanted.paid and step_is_unpaid(self.catalogue, edge.step):
            return False
        if wanted.avoid and edge.step.to_position.key in wanted.avoid:
            return False
        return not (wanted.sourced_only and edge.step.says is not None and edge.step.says.is_inferred)


def step_is_unpaid(catalogue: Catalogue, step: Step) -> bool:
    """Whether a step leads to unpaid work, or is studied for without a wage by its every route."""
    waged = [catalogue.routes[link.key].is_waged for link in step.via_routes]
    return is_unpaid(catalogue, step.to_position) or (bool(waged) and all(one is False for one in waged))


def is_unpaid(catalogue: Catalogue, place: Ref) -> bool:
    """Whether the catalogue says that a place is no paid work. A course or trainee place that says nothing is not
    taken for unpaid."""
    if place.kind == "role":
        return catalogue.roles[place.key].is_paid is False
    return catalogue.positions[place.key].is_outside_paid_work is True


def is_registered(catalogue: Catalogue, place: Ref) -> bool:
    """Whether a place is held by registered professionals."""
    if place.kind == "role":
        return catalogue.roles[place.key].is_regulated is True
    return catalogue.positions[place.key].is_registered is True


def goals_that_are(
    catalogue: Catalogue,
    network: Network,
    *,
    registered: bool = False,
    bands: Iterable[str] = (),
    family: str | None = None,
    level: str | None = None,
) -> frozenset[int]:
    """The roles that meet every condition given. Raises BadParameter for a word that is in no scheme."""
    wanted = frozenset(bands)
    refuse_unknown_concept(catalogue, "band", wanted)
    refuse_unknown_concept(catalogue, "family", [family])
    refuse_unknown_concept(catalogue, "framework-level", [level])
    found = set()
    for number, place in enumerate(network.places):
        role = catalogue.roles.get(place.key) if place.kind == "role" else None
        if (
            role is not None
            and (not registered or role.is_regulated)
            and (not wanted or wanted & set(role.bands))
            and (family is None or role.family == family)
            and (level is None or role.level == level)
        ):
            found.add(number)
    return frozenset(found)
