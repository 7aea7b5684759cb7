"""Search, list and show things; compare two roles."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from cmh_graph.assistants.tool import (
    LONGEST,
    REF,
    SAYS,
    Arguments,
    Found,
    Page,
    Tool,
    list_of,
    obj,
    plain,
    text,
)
from cmh_graph.errors import BadParameter
from cmh_graph.framework import ATTRIBUTE_OF, Framework
from cmh_graph.model import Necessity, Ref, Requirement, Role, Says, Step
from cmh_graph.pathways.choices import refuse_grouping
from cmh_graph.pathways.gap import gap
from cmh_graph.pathways.holding import holding_of_role
from cmh_graph.search import LONGEST as LONGEST_SEARCH
from cmh_graph.search import Found as Hit

_MOST_HITS: Final = 50
_MOST_LISTED: Final = 100
_KINDS: Final[dict[str, Any]] = {"enum": sorted(ATTRIBUTE_OF)}


class Search(Arguments):
    text: str = Field(
        min_length=1,
        max_length=LONGEST_SEARCH,
        description="a name, job title, abbreviation or the start of one: 'hca', 'STR worker', 'act lis'",
    )
    kinds: list[str] = Field(
        default=[],
        max_length=len(ATTRIBUTE_OF),
        description="only these kinds of thing, such as role or skill; empty for all that people search for",
        json_schema_extra={"items": {"type": "string", **_KINDS}},
    )
    limit: int = Field(default=10, ge=1, le=_MOST_HITS, description="how many at most")


class ListThings(Arguments):
    kind: str = Field(
        max_length=LONGEST, description="kind of thing, as in its IRI", json_schema_extra=_KINDS
    )
    offset: int = Field(default=0, ge=0, le=1_000_000, description="how many to pass over")


class ShowThing(Arguments):
    kind: str = Field(
        max_length=LONGEST, description="kind of thing, as in its IRI", json_schema_extra=_KINDS
    )
    key: str = Field(
        min_length=1,
        max_length=LONGEST,
        description="its key, as search and list_things give it: 'hcsw', 'active-listening', '3' for a band",
    )


class CompareRoles(Arguments):
    one: str = Field(min_length=1, max_length=LONGEST, description="key of a role")
    other: str = Field(min_length=1, max_length=LONGEST, description="key of another role")


_ANY: Final = {"type": "object"}
_HITS: Final = obj(
    "what was found",
    hits=list_of(
        obj(
            "a thing and why it was found",
            kind=text(),
            key=text(),
            label=text(),
            matched=text("the name that matched"),
            why=text(),
            says=SAYS,
        )
    ),
)
_THINGS: Final = obj(
    "things by name",
    kind=text(),
    count={"type": "integer"},
    things=list_of(obj("a thing", key=text(), label=text(), says=SAYS)),
)
_THING: Final = obj(
    "the thing",
    kind=text(),
    thing={"type": "object", "description": "its fields; empty ones are left out"},
    steps_in=list_of(_ANY, "steps that lead to a role"),
    steps_on=list_of(_ANY, "steps that lead on from it"),
    asked_for_by=list_of(
        obj("a role that asks for it", role=REF, necessity=text(), skill_level=text(), says=SAYS)
    ),
)
_SIDE: Final = obj("how a role asks for it", necessity=text(), skill_level=text(), says=SAYS)
_ROWS: Final = list_of(obj("something asked for", asks_for=REF, one=_SIDE, other=_SIDE))
_SIDE_BY_SIDE: Final = obj(
    "two roles side by side",
    one=_ANY,
    other=_ANY,
    gap_from_one_to_other={"type": "number", "description": "missing essentials, and half of those in part"},
    gap_from_other_to_one={"type": "number"},
    both=_ROWS,
    only_one=_ROWS,
    only_other=_ROWS,
)


def tools(framework: Framework) -> list[Tool]:
    """The tools of this module."""
    return [
        Tool(
            "search",
            "Search by name",
            "Find roles, skills, values, bands, qualifications and other things by what people call them: "
            "titles, "
            "abbreviations, starts of words. Gives kinds and keys for the other tools, best match first.",
            Search,
            _HITS,
            lambda asked: _search(framework, asked),
        ),
        Tool(
            "list_things",
            "List all things of a kind",
            "Every thing of a kind by key and name, with its status. Kinds are those of IRIs: role, skill, "
            "value, "
            "experience, qualification, band, position, background, pathway, route, step, organisation, "
            "resource, source ...",
            ListThings,
            _THINGS,
            lambda asked: _list(framework, asked),
        ),
        Tool(
            "show_thing",
            "Show everything about one thing",
            "Everything stated about a role, skill, value, band, qualification, pathway or any other thing: "
            "definition, "
            "requirements with level and necessity, bands by employer, I statements, remarks and doubts, "
            "each with its "
            "status and sources. A role comes with the steps that lead to it and on from it; whatever roles "
            "ask for, with "
            "those roles.",
            ShowThing,
            _THING,
            lambda asked: _show(framework, asked),
        ),
        Tool(
            "compare_roles",
            "Compare two roles",
            "What both roles ask for and what only one does, with level and necessity on each side, their "
            "bands, and how "
            "large the gap is in each direction.",
            CompareRoles,
            _SIDE_BY_SIDE,
            lambda asked: _compare(framework, asked),
        ),
    ]


def _search(framework: Framework, asked: Search) -> Found:
    for kind in asked.kinds:
        framework.things(kind)
    if not any(letter.isalnum() for letter in asked.text):
        raise BadParameter(
            "there is nothing to search for", where="argument text", mend="give a word or the start of one"
        )
    hits = framework.search(asked.text, kinds=tuple(asked.kinds), limit=None)
    shown = hits[: asked.limit]
    return Found({"hits": [_hit(framework, hit) for hit in shown]}, Page("hits", len(hits), None))


def _hit(framework: Framework, hit: Hit) -> dict[str, Any]:
    short = {"kind": hit.kind, "key": hit.key, "label": hit.label, "matched": hit.matched, "why": hit.why}
    return {**short, **_says(framework.find(hit.kind, hit.key).says)}


def _list(framework: Framework, asked: ListThings) -> Found:
    things = sorted(framework.things(asked.kind).values(), key=lambda one: (one.label.casefold(), one.key))
    shown = things[asked.offset : asked.offset + _MOST_LISTED]
    rows = [{"key": one.key, "label": one.label, **_listed(one.says)} for one in shown]
    answer = {"kind": asked.kind, "count": len(things), "things": rows}
    return Found(answer, Page("things", len(things), asked.offset))


def _listed(says: Says | None) -> dict[str, Any]:
    """Who says that there is such a thing; show_thing tells which of its fields are our judgement."""
    return {"says": {"status": says.status, "sources": list(says.sources)}} if says is not None else {}


def _show(framework: Framework, asked: ShowThing) -> Found:
    thing = framework.find(asked.kind, asked.key)
    answer: dict[str, Any] = {"kind": asked.kind, "thing": plain(type(thing), thing)}
    if isinstance(thing, Role):
        answer["steps_in"] = [_step(one) for one in framework.steps_to(thing)]
        answer["steps_on"] = [_step(one) for one in framework.steps_from(thing)]
    asking = framework.roles_asking_for(thing)
    if asking:
        answer["asked_for_by"] = [_asked_by(role, need) for role, need in asking]
    return Found(answer, more="ask_question and sparql list the rest")


def _step(step: Step) -> dict[str, Any]:
    short: dict[str, Any] = plain(Step, step)
    for name in ("label", "remarks", "inferred_from"):
        short.pop(name, None)
    return short


def _asked_by(role: Role, need: Requirement) -> dict[str, Any]:
    return {"role": plain(Ref, _ref(role)), **_side(need)}


def _ref(role: Role) -> Ref:
    return Ref("role", role.key, role.label)


def _compare(framework: Framework, asked: CompareRoles) -> Found:
    roles = []
    for name, key in (("one", asked.one), ("other", asked.other)):
        role = framework.role(key)
        refuse_grouping(role, name)
        roles.append(role)
    one, other = roles
    mine, theirs = _asked(one), _asked(other)

    def rows(refs: set[Ref]) -> list[dict[str, Any]]:
        return [
            {
                "asks_for": plain(Ref, ref),
                **({"one": _side(mine[ref])} if ref in mine else {}),
                **({"other": _side(theirs[ref])} if ref in theirs else {}),
            }
            for ref in sorted(refs, key=lambda ref: (ref.kind, ref.label.casefold()))
        ]

    return Found(
        {
            "one": _sum_up(one),
            "other": _sum_up(other),
            "gap_from_one_to_other": gap(framework, holding_of_role(framework, one), other).size,
            "gap_from_other_to_one": gap(framework, holding_of_role(framework, other), one).size,
            "both": rows(mine.keys() & theirs.keys()),
            "only_one": rows(mine.keys() - theirs.keys()),
            "only_other": rows(theirs.keys() - mine.keys()),
        },
        more="show_thing shows each role whole",
    )


def _sum_up(role: Role) -> dict[str, Any]:
    short = {
        "key": role.key,
        "label": role.label,
        "definition": role.definition,
        "level": role.level,
        "bands": list(role.bands),
        "is_regulated": role.is_regulated,
        "is_paid": role.is_paid,
    }
    return {name: one for name, one in short.items() if one not in (None, [])} | _says(role.says)


def _asked(role: Role) -> dict[Ref, Requirement]:
    """What a role asks for -> the requirement; members of an any-of group count one by one."""
    found: dict[Ref, Requirement] = {}
    for need in role.requirements:
        for member in need.any_of or (need,):
            if member.asks_for is not None and member.kind != "none-required":
                found.setdefault(member.asks_for, member)
    return found


def _side(need: Requirement) -> dict[str, Any]:
    necessity: Necessity | None = need.necessity
    short = {"necessity": necessity, "skill_level": need.skill_level}
    return {name: one for name, one in short.items() if one} | _says(need.says)


def _says(says: Says | None) -> dict[str, Any]:
    return {"says": plain(Says, says)} if says is not None else {}
