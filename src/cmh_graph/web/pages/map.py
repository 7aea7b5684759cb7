"""The map of the framework: every family, every role by pay band, the ways between them; as a picture and as lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.model import Key, Role, Step
from cmh_graph.pathways.choices import concepts_of, refuse_unknown_concept
from cmh_graph.pictures.band_map import NO_BAND, UNPAID, band_map, column_of, families_of, heading
from cmh_graph.web.site import inline

PATH: Final = "/map"
_IN_PICTURE: Final = "map-"


@dataclass(frozen=True, slots=True)
class Filters:
    """What is shown, "" for all: a family, a setting, a column of the map; entry: only roles that say that no
    qualification is needed."""

    family: str = ""
    setting: str = ""
    band: str = ""
    entry: bool = False

    @property
    def are_set(self) -> bool:
        return bool(self.family or self.setting or self.band or self.entry)


def map_page(framework: Framework, filters: Filters) -> dict[str, Any]:
    """What map.html shows. Raises BadParameter for a family, a setting or a band that there is not."""
    refuse_unknown_concept(framework, "family", [filters.family or None])
    refuse_unknown_concept(framework, "setting", [filters.setting or None])
    everyone = [role for role in framework.roles.values() if role.form != "grouping"]
    columns = [UNPAID, *map(str, framework.bands), NO_BAND]
    if filters.band:
        refuse_unknown_column(filters.band, columns)
    open_to_all = frozenset(str(role.key) for role in everyone if asks_for_no_qualification(role))
    roles = [role for role in everyone if _is_shown(role, filters, open_to_all)]
    page: dict[str, Any] = {
        "section": PATH,
        "crumbs": [{"text": "Home", "href": "/"}],
        "title": "Map of roles",
        "filters": filters,
        "count": len(roles),
        "all": len(everyone),
        "families": _choices(framework, "family", {role.family for role in everyone}),
        "settings": _choices(framework, "setting", {one for role in everyone for one in role.settings}),
        "bands": [
            {"value": one, "text": _words(one)}
            for one in columns
            if any(_is_at(role, one) for role in everyone)
        ],
        "said": _said(framework, filters),
    }
    if roles:
        drawn = band_map(
            framework, roles, without_qualification=open_to_all, address=lambda role: f"/role/{role.key}"
        )
        page["picture"] = inline(
            drawn.markup(_IN_PICTURE).replace(
                f'role="img" aria-labelledby="{_IN_PICTURE}name {_IN_PICTURE}description"',
                'aria-hidden="true" focusable="false"',
            )
        )
        page["groups"] = [
            {
                "name": name,
                "id": f"family-{number}",
                "count": len(members),
                "bands": list(_bands(framework, members, open_to_all)),
            }
            for number, (name, members) in enumerate(families_of(framework, roles), 1)
        ]
    if not filters.are_set:
        page["outside"] = list(_outside(framework))
    return page


def asks_for_no_qualification(role: Role) -> bool:
    """Whether the role says that no qualification is needed."""
    return any(
        need.kind == "none-required" and need.asks_for is not None and need.asks_for.kind == "qualification"
        for need in role.requirements
    )


def refuse_unknown_column(band: str, columns: list[str]) -> None:
    """Raise BadParameter for what is no column of the map."""
    if band not in columns:
        raise BadParameter(
            f"'{band[:40]}' is no pay band", where="parameter band", mend=f"choose from {', '.join(columns)}"
        )


def _is_shown(role: Role, filters: Filters, open_to_all: frozenset[str]) -> bool:
    return (
        (not filters.family or role.family == filters.family)
        and (not filters.setting or filters.setting in role.settings)
        and (not filters.band or _is_at(role, filters.band))
        and (not filters.entry or str(role.key) in open_to_all)
    )


def _is_at(role: Role, column: str) -> bool:
    """Whether any source puts a role at a band; for roles without one, what stands in for it."""
    return column in role.bands if role.bands else column_of(role) == column


def _choices(framework: Framework, scheme: str, used: set[Any]) -> list[dict[str, str]]:
    """The concepts of a scheme that some role has, by name."""
    found = [one for one in concepts_of(framework, scheme) if one.key in used]
    return [
        {"value": one.key, "text": one.label} for one in sorted(found, key=lambda one: one.label.casefold())
    ]


def _words(column: str) -> str:
    return heading(column).removeprefix("From ").capitalize()


def _said(framework: Framework, filters: Filters) -> str:
    """The filters in words, for the line over the picture."""
    names: Mapping[str, str] = {
        str(one.key): one.label for scheme in ("family", "setting") for one in concepts_of(framework, scheme)
    }
    parts = [
        f"of the family {names[filters.family]}" if filters.family else "",
        f"found in: {names[filters.setting]}" if filters.setting else "",
        f"at: {_words(filters.band).lower()}" if filters.band else "",
        "that ask for no qualification" if filters.entry else "",
    ]
    return ", ".join(part for part in parts if part)


def _bands(
    framework: Framework, members: list[Role], open_to_all: frozenset[str]
) -> Iterator[dict[str, Any]]:
    """The columns of a family, each with its roles and their ways on."""
    columns = list(dict.fromkeys(map(column_of, members)))
    for column in columns:
        yield {
            "name": heading(column),
            "roles": [
                {
                    "role": role,
                    "range": f"band {role.bands[0]} to {role.bands[-1]}" if len(role.bands) > 1 else "",
                    "entry": str(role.key) in open_to_all,
                    "ways": list(_ways(framework.steps_from(role))),
                }
                for role in members
                if column_of(role) == column
            ],
        }


def _ways(steps: tuple[Step, ...]) -> Iterator[dict[str, Any]]:
    """Where a role leads, each place once, a sourced step before an inferred one."""
    found: dict[str, dict[str, Any]] = {}
    for step in sorted(
        steps, key=lambda one: (bool(one.says and one.says.is_inferred), one.to_position.label)
    ):
        found.setdefault(step.to_position.key, {"place": step.to_position, "says": step.says})
    yield from sorted(found.values(), key=lambda one: one["place"].label.casefold())


def _outside(framework: Framework) -> Iterator[dict[str, Any]]:
    """Places that are no role, from which some step leads into one."""
    found: dict[Key, dict[str, Any]] = {}
    for step in sorted(framework.steps.values(), key=lambda one: one.key):
        if step.from_position.kind != "role" and step.to_position.kind == "role":
            place = found.setdefault(step.from_position.key, {"place": step.from_position, "to": {}})
            place["to"].setdefault(step.to_position.key, {"place": step.to_position, "says": step.says})
    for place in sorted(found.values(), key=lambda one: one["place"].label.casefold()):
        yield {
            "place": place["place"],
            "ways": sorted(place["to"].values(), key=lambda one: one["place"].label),
        }
