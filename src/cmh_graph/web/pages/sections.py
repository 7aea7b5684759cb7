"""What the page of a thing shows before its statements: one function for each kind that people look up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from cmh_graph.framework import Framework
from cmh_graph.model import (
    Background,
    Band,
    Evidence,
    Organisation,
    Pathway,
    Qualification,
    Ref,
    Route,
    Says,
    Skill,
    Source,
    Thing,
    Value,
)

#: A heading and the lines below it; or, for a skill, its levels.
Section = dict[str, Any]


def sections_of(framework: Framework, thing: Thing) -> list[Section]:
    """The sections of a thing's page, those of its kind first, then who asks for it. Empty ones are left out."""
    own = _SECTIONS.get(type(thing))
    found = [*(own(framework, thing) if own else ()), *_asked_by(framework, thing)]
    return [one for one in found if one.get("entries") or one.get("levels")]


def _section(name: str, entries: Iterable[dict[str, Any]], *, ordered: bool = False) -> Section:
    return {"name": name, "entries": list(entries), "ordered": ordered}


def _entry(text: str, says: Says | None = None, address: str = "", note: str = "") -> dict[str, Any]:
    return {"text": text, "says": says, "address": address, "note": note}


def _linked(ref: Ref, says: Says | None = None, note: str = "") -> dict[str, Any]:
    path = f"/vocab/band/{ref.key}" if ref.kind == "band" else f"/{ref.kind}/{ref.key}"
    return _entry(ref.label, says, path, note)


def _skill(_: Framework, skill: Any) -> Iterator[Section]:
    yield {
        "name": "In the words of people who have it",
        "levels": [
            {"name": level.label.rpartition(", ")[2].capitalize(), "statements": level.i_statements}
            for level in skill.levels
        ],
    }


def _value(_: Framework, value: Any) -> Iterator[Section]:
    yield _section("Named in", (_linked(one) for one in value.sets))
    yield _section("Close to", (_linked(one) for one in value.close_to))


def _background(_: Framework, background: Any) -> Iterator[Section]:
    yield _section("Skills people bring from it", (_linked(one) for one in background.builds_skills))


def _band(framework: Framework, band: Any) -> Iterator[Section]:
    yield _section(
        "Pay, before any London supplement",
        (
            _entry(
                f"{one.pay_year}: " + " to ".join(f"£{amount:,}" for amount in _ends(one.amounts_gbp)),
                one.says,
            )
            for one in band.pay_points
        ),
    )
    roles = [
        _entry(
            role.label,
            given.says,
            f"/role/{role.key}",
            f"as given by {given.assigned_by.label}" if given.assigned_by else "",
        )
        for role in sorted(framework.roles.values(), key=lambda one: one.label.casefold())
        for given in role.band_assignments
        if band.key in given.bands
    ]
    yield _section("Roles at this band", roles)
    yield _section("National job profiles", (_linked(one) for one in band.job_profiles))


def _ends(amounts: tuple[int, ...]) -> tuple[int, ...]:
    return amounts[:1] + amounts[1:][-1:]


def _pathway(_: Framework, pathway: Any) -> Iterator[Section]:
    steps = (stage.step for stage in pathway.stages)
    yield _section(
        "Step by step",
        (
            _entry(step.label, step.says, f"/step/{step.key}", step.step_kind.replace("-", " "))
            for step in steps
        ),
        ordered=True,
    )


def _qualification(_: Framework, one: Any) -> Iterator[Section]:
    facts = []
    if one.code:
        facts.append(_entry(f"Reference {one.code}", one.says))
    if one.level_as_stated:
        facts.append(_entry(f"Level {one.level_as_stated}", one.says))
    if one.typical_duration_months:
        facts.append(_entry(f"{one.typical_duration_months} months, typically", one.says))
    if one.maximum_funding_gbp:
        on = f", as on {one.checked_on}" if one.checked_on else ""
        facts.append(_entry(f"Public funding up to £{one.maximum_funding_gbp:,}{on}", one.says))
    facts += [_entry(note, one.says) for note in one.funding_notes]
    yield _section("At a glance", facts)
    yield _section("Given by any of", (_linked(ref) for ref in one.met_by))
    yield _section("Registers", (_linked(ref) for ref in one.registers))


def _route(framework: Framework, route: Any) -> Iterator[Section]:
    steps = [
        step for step in framework.steps.values() if any(one.key == route.key for one in step.via_routes)
    ]
    yield _section(
        "Steps that go this way", (_entry(step.label, step.says, f"/step/{step.key}") for step in steps)
    )


def _organisation(_: Framework, organisation: Any) -> Iterator[Section]:
    yield _section(
        "What it does or plans",
        (_entry(use.text, use.says, note=use.state.replace("-", " ")) for use in organisation.uses),
    )
    yield _section(
        "Case studies",
        (_entry(one.label, one.says, f"/case-study/{one.key}") for one in organisation.case_studies),
    )


def _evidence(_: Framework, evidence: Any) -> Iterator[Section]:
    yield _section("Finding", [_entry(evidence.text, evidence.says)])
    yield _section(
        "Figures",
        (
            _entry(
                f"{one.measures}: {one.qualifier + ' ' if one.qualifier else ''}{one.value:,g} {one.unit}",
                one.says,
                note=one.population,
            )
            for one in evidence.figures
        ),
    )


def _source(_: Framework, source: Any) -> Iterator[Section]:
    if source.url and source.url.startswith(("http://", "https://")):
        yield _section("Where it is", [_entry(source.url, None, source.url)])


def _asked_by(framework: Framework, thing: Thing) -> Iterator[Section]:
    asked = sorted(framework.roles_asking_for(thing), key=lambda pair: pair[0].label.casefold())
    yield _section(
        "Roles that ask for it",
        (
            _entry(role.label, need.says, f"/role/{role.key}", (need.necessity or "").replace("-", " "))
            for role, need in asked
        ),
    )


_SECTIONS: Final[Mapping[type, Callable[[Framework, Any], Iterator[Section]]]] = MappingProxyType(
    {
        Skill: _skill, Value: _value, Background: _background, Band: _band, Pathway: _pathway,
        Qualification: _qualification, Route: _route, Organisation: _organisation, Evidence: _evidence, Source: _source,
    }
)  # fmt: skip
