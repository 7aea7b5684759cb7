"""Two roles side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cmh_graph.framework import Framework
from cmh_graph.model import Ref, Requirement, Role
from cmh_graph.pictures.charts import comparison
from cmh_graph.web.pages.find import goals
from cmh_graph.web.site import inline
from cmh_graph.web.wording import level_of


def compare_page(framework: Framework, one: str, other: str) -> dict[str, Any]:
    """What compare.html shows. one, other: keys of roles, "" where nothing is chosen yet.

    Raises UnknownThing for the key of no role."""
    page: dict[str, Any] = {
        "section": "/compare",
        "crumbs": [{"text": "Home", "href": "/"}],
        "title": "Compare two roles",
        "one": one,
        "other": other,
        "choices": goals(framework),
    }
    if one and other:
        first, second = framework.role(one), framework.role(other)
        mine, theirs = _asked(first), _asked(second)
        page |= {
            "title": f"{first.label} and {second.label}",
            "first": first,
            "second": second,
            "both": _rows(framework, mine.keys() & theirs.keys(), mine, theirs),
            "only_first": _rows(framework, mine.keys() - theirs.keys(), mine, theirs),
            "only_second": _rows(framework, theirs.keys() - mine.keys(), mine, theirs),
            "picture": inline(comparison(framework, first, second).markup("chart-")),
        }
    return page


def _asked(role: Role) -> dict[Ref, Requirement]:
    """What a role asks for -> the requirement; members of an any-of group count one by one."""
    found: dict[Ref, Requirement] = {}
    for need in role.requirements:
        for member in need.any_of or (need,):
            if member.asks_for is not None and member.kind != "none-required":
                found.setdefault(member.asks_for, member)
    return found


def _rows(
    framework: Framework, refs: set[Ref], mine: Mapping[Ref, Requirement], theirs: Mapping[Ref, Requirement]
) -> list[dict[str, Any]]:
    return [
        {"ref": ref, "first": _said(framework, mine.get(ref)), "second": _said(framework, theirs.get(ref))}
        for ref in sorted(refs, key=lambda ref: (ref.kind, ref.label.casefold()))
    ]


def _said(framework: Framework, need: Requirement | None) -> dict[str, Any]:
    if need is None:
        return {}
    level = f", {level_of(framework, need.skill_level)}" if need.skill_level else ""
    return {"text": (need.necessity or "").replace("-", " ") + level, "says": need.says}
