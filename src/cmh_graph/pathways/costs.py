"""What a step costs under each named model, with what is stated and what we assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from cmh_graph.model import Key, Ref, Role, Step
from cmh_graph.pathways.gap import gap, is_check
from cmh_graph.pathways.holding import Holding, Holdings, holding_of_position
from cmh_graph.reading import Catalogue

Model = Literal["fewest-steps", "smallest-gap", "shortest-time", "fewest-qualifications"]
#: Each model and what it sums over the steps of a way.
MODELS: Final[Mapping[Model, str]] = {
    "fewest-steps": "the number of steps",
    "smallest-gap": "the essentials that the next role asks for and the one before does not (half where only the "
    "level is higher); a place that is no role asks for what the step into it needs",
    "shortest-time": "months: the shortest stated by the step, its route or its apprenticeship standard, otherwise "
    "our assumption for its kind",
    "fewest-qualifications": "the qualifications and registrations that the step or the next role asks for and the "
    "role before does not; of a group of which one is enough, one",
}
#: Months for a step whose duration nobody states, by its kind. Ours; only for putting ways in order.
ASSUMED_MONTHS: Final[Mapping[str, int]] = {
    "entry": 3,
    "volunteer-to-paid": 6,
    "up": 18,
    "sideways": 3,
    "into-training": 6,
    "training-to-qualified": 15,
    "training-to-registered": 36,
    "consolidation": 12,
    "return": 9,
    "international": 9,
}
_LONGEST_ASSUMED: Final = 24


@dataclass(frozen=True, slots=True)
class Months:
    """At least and at most so many months. source: what states them; None where they are our assumption.
    maximum is None where no upper end is stated."""

    minimum: int
    maximum: int | None
    source: Ref | None

    @property
    def is_assumed(self) -> bool:
        return self.source is None


@dataclass(frozen=True, slots=True)
class StepCost:
    """The cost of one step under every model, each 0 or more. gained: qualifications new to the holder; one_of:
    groups of which one is."""

    steps: float
    gap: float
    months: Months
    gained: tuple[Ref, ...]
    one_of: tuple[tuple[Ref, ...], ...] = ()

    def under(self, model: Model) -> float:
        """What a model counts for the step."""
        if model == "fewest-steps":
            return self.steps
        if model == "smallest-gap":
            return self.gap
        return (
            float(self.months.minimum)
            if model == "shortest-time"
            else float(len(self.gained) + len(self.one_of))
        )


@dataclass(slots=True)
class Costs:
    """Prices steps of a catalogue; what a role lets its holders count is worked out once."""

    catalogue: Catalogue
    _holdings: dict[tuple[str, Key], Holding]
    _sizes: dict[tuple[str, Key, Key], float]
    _of_roles: Holdings

    @classmethod
    def of(cls, catalogue: Catalogue) -> Costs:
        return cls(catalogue, {}, {}, Holdings(catalogue))

    def of_step(self, step: Step) -> StepCost:
        """The cost of a step. A place that is no role asks for what the step into it needs."""
        start, end = self._holding(step.from_position), self._role(step.to_position)
        gained = self._gained(step, start, end)
        if end is None:
            size = float(len([one for one in step.needs if one.kind != "value"]) + bool(step.needs_one_of))
        else:
            size = self._size(step.from_position, end)
        return StepCost(1.0, size, self._months(step), gained, self._one_of(step, start, end))

    def _role(self, place: Ref) -> Role | None:
        return self.catalogue.roles.get(place.key) if place.kind == "role" else None

    def _holding(self, place: Ref) -> Holding:
        """What people at a place may count; nothing where the place is not known."""
        known = (place.kind, place.key)
        if known not in self._holdings:
            role = self._role(place)
            position = self.catalogue.positions.get(place.key) if place.kind == "position" else None
            if role is not None:
                self._holdings[known] = self._of_roles.of_role(role)
            else:
                self._holdings[known] = (
                    holding_of_position(position) if position else Holding("nothing stated", {})
                )
        return self._holdings[known]

    def _size(self, start: Ref, end: Role) -> float:
        place = (start.kind, start.key, end.key)
        if place not in self._sizes:
            self._sizes[place] = gap(self.catalogue, self._holding(start), end).size
        return self._sizes[place]

    def _gained(self, step: Step, start: Holding, end: Role | None) -> tuple[Ref, ...]:
        wanted = {one.key: one for one in step.needs if one.kind == "qualification"}
        elsewhere: set[Key] = set()
        for need in end.requirements if end else ():
            asked = need.asks_for
            if asked is not None and asked.kind == "qualification" and need.necessity == "essential":
                wanted.setdefault(asked.key, asked)
                held = start.get("qualification", asked.key)
                if held is not None and held.is_other_than(need):
                    elsewhere.add(asked.key)
        new = [
            one
            for key, one in wanted.items()
            if (start.get("qualification", key) is None or key in elsewhere)
            and not is_check(self.catalogue, one)
            and not self._given_by(key, wanted)
        ]
        return tuple(sorted(new, key=lambda one: (one.label.casefold(), one.key)))

    def _one_of(self, step: Step, start: Holding, end: Role | None) -> tuple[tuple[Ref, ...], ...]:
        """Groups of qualifications of which the holder has none; a group within another is counted once."""
        held = {key for kind, key in start.things if kind == "qualification"}
        asked = {one.key for one in step.needs} | held
        groups = [step.needs_one_of] if step.needs_one_of else []
        for need in end.requirements if end else ():
            members = tuple(one.asks_for for one in need.any_of if one.asks_for is not None)
            if need.necessity == "essential" and members:
                groups.append(members)
        found: list[tuple[Ref, ...]] = []
        for group in groups:
            keys = {one.key for one in group if one.kind == "qualification"}
            giving = {one.key for key in keys for one in self.catalogue.qualifications[key].met_by}
            known = any(keys & {one.key for one in other} for other in found)
            if len(keys) == len(group) and not (keys | giving) & asked and not known:
                found.append(group)
        return tuple(found)

    def _given_by(self, key: Key, wanted: Mapping[Key, Ref]) -> bool:
        """Whether another of the wanted gives this one, so that it is counted once."""
        found = self.catalogue.qualifications.get(key)
        return found is not None and any(one.key in wanted for one in found.met_by)

    def _months(self, step: Step) -> Months:
        if step.minimum_months is not None:
            source = step.duration_from[0] if step.duration_from else Ref("step", step.key, step.label)
            return Months(step.minimum_months, step.maximum_months, source)
        if step.step_kind not in {"into-training", "entry"}:
            for link in step.via_routes:
                route = self.catalogue.routes[link.key]
                if route.minimum_months is not None:
                    return Months(route.minimum_months, route.maximum_months, link)
            for link in step.needs:
                found = self.catalogue.qualifications.get(link.key)
                if found is not None and found.form == "apprenticeship" and found.typical_duration_months:
                    return Months(found.typical_duration_months, None, link)
        return Months(ASSUMED_MONTHS.get(step.step_kind, _LONGEST_ASSUMED), None, None)
