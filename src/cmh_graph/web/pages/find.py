"""From where you are to the role you want: what stands between, and the best ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cmh_graph.framework import Framework
from cmh_graph.pathways.answers import (
    GapAnswer,
    NeedAnswer,
    ProgressionAnswer,
    gap_answer,
    progressions_answer,
)
from cmh_graph.pathways.costs import MODELS
from cmh_graph.pathways.network import Network
from cmh_graph.pictures.ways import progression_picture
from cmh_graph.web.site import inline
from cmh_graph.web.wording import level_of

WAYS: Final = 3
#: Cost model -> what a person would call it.
_MODELS: Final = {
    "fewest-steps": "Fewest steps",
    "smallest-gap": "Least to learn at once",
    "shortest-time": "Shortest time",
    "fewest-qualifications": "Fewest new qualifications",
}
_STATES: Final = {
    "have": "You have this",
    "partly": "In part",
    "missing": "Still to gain",
    "not known": "We cannot tell",
}

#: What is still to do stands first.
_ORDER: Final = ("missing", "partly", "not known", "have")


def find_page(framework: Framework, network: Network, start: str, goal: str, by: str) -> dict[str, Any]:
    """What find.html shows. start, goal: keys, "" where nothing is chosen yet. by: a cost model.

    Raises UnknownThing and BadParameter for choices that nobody can make in the form."""
    page: dict[str, Any] = {
        "section": "/find",
        "crumbs": [{"text": "Home", "href": "/"}],
        "title": "Find your way",
        "start": start,
        "goal": goal,
        "by": by,
        "models": [{"value": key, "text": _MODELS[key]} for key in MODELS],
        "starts": starts(framework),
        "goals": goals(framework),
    }
    if goal:
        page["title"] = f"Towards {framework.role(goal).label}"
    if start and goal:
        found = gap_answer(framework, goal, start)
        page["title"] = f"From {found.holder} to {found.role.label}"
        page["gap"] = _gap(framework, found)
        ways = progressions_answer(framework, network, start, goal, k=WAYS, by=by)
        page["ways"] = [_way(framework, number, way) for number, way in enumerate(ways.progressions, 1)]
        page["why_none"] = ways.why
        page["bridges"] = ways.missing
    return page


def starts(framework: Framework) -> list[dict[str, Any]]:
    """The places where a person can be: roles, and what is no role; for a list to choose from."""
    places = sorted(framework.positions.values(), key=lambda one: one.label.casefold())
    return [
        {"name": "Roles", "choices": goals(framework)},
        {
            "name": "Elsewhere: study, other work, time away",
            "choices": [{"value": one.key, "text": one.label} for one in places],
        },
    ]


def goals(framework: Framework) -> list[dict[str, str]]:
    """The roles that a person can hold, by name."""
    roles = sorted(framework.roles.values(), key=lambda one: one.label.casefold())
    return [{"value": one.key, "text": one.label} for one in roles if one.form != "grouping"]


def _gap(framework: Framework, found: GapAnswer) -> dict[str, Any]:
    return {
        "groups": [
            {
                "name": name,
                "needs": [
                    _need(framework, one) for one in sorted(needs, key=lambda one: _ORDER.index(one.state))
                ],
            }
            for name, needs in (("Essential", found.essential), ("Desirable", found.desirable))
            if needs
        ],
        "learned": [_name(framework, one) for one in found.gained_in_post],
        "spoken_of": [_name(framework, one) for one in found.spoken_of],
        "no_need_of": [one.label for one in found.no_need_of],
        "help": list(_help(found)),
        "notes": found.notes,
        "counts": [(_STATES[state], count) for state, count in found.counts.items() if count],
    }


def _need(framework: Framework, need: NeedAnswer) -> dict[str, Any]:
    return {
        "name": _name(framework, need),
        "state": _STATES[need.state],
        "kind": need.state.replace(" ", "-"),
        "rule": need.rule,
        "says": need.says,
        "closers": [{"thing": one.thing, "why": one.why} for one in need.closers[:3]],
    }


def _name(framework: Framework, need: NeedAnswer) -> str:
    if need.members:
        return "One of: " + ", ".join(_name(framework, one) for one in need.members)
    label = need.asks_for.label if need.asks_for else need.kind
    return f"{label} ({level_of(framework, need.skill_level)})" if need.skill_level else label


def _help(found: GapAnswer) -> Iterator[dict[str, Any]]:
    for one in {(one.thing, one.why): one for one in found.for_role}.values():
        yield {"thing": one.thing, "why": one.why, "says": one.says}


def _way(framework: Framework, number: int, way: ProgressionAnswer) -> dict[str, Any]:
    return {
        "number": number,
        "steps": way.steps,
        "months": way.minimum_months,
        "assumed": way.assumed_months,
        "inferred": way.inferred_steps,
        "assumptions": way.assumptions,
        "picture": inline(progression_picture(framework, way).markup(f"way-{number}-")),
    }
