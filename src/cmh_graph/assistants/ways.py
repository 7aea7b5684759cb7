"""What stands between a person or role and another role, and the ways there."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from cmh_graph.api.routes.pathways import MOST_MONTHS
from cmh_graph.assistants.tool import LONGEST, MOST_NAMED, Arguments, Found, Tool, plain, schema_of
from cmh_graph.framework import Framework
from cmh_graph.pathways.answers import (
    MOST_WAYS,
    UNBEATEN,
    GapAnswer,
    ProgressionsAnswer,
    gap_answer,
    progressions_answer,
)
from cmh_graph.pathways.conditions import Conditions, goals_that_are
from cmh_graph.pathways.costs import MODELS
from cmh_graph.pathways.network import Network, network_of

_Key = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
_PLACE: Final = (
    "key of a role or position (list_things with the kind position), or a code such as 'onet:31-1131.00'"
)


def _several(about: str) -> list[str]:
    held: list[str] = Field(default=[], max_length=MOST_NAMED, description=about)
    return held


class ShowGap(Arguments):
    to: _Key = Field(description="key of the role wanted")
    start: _Key | None = Field(default=None, alias="from", description=f"where the person is: {_PLACE}")
    skills: list[_Key] = _several("skills held, each with its level if known: 'active-listening:senior'")
    values: list[_Key] = _several("values held")
    experiences: list[_Key] = _several("kinds of experience held")
    qualifications: list[_Key] = _several("qualifications and registrations held")
    backgrounds: list[_Key] = _several("work or life outside mental health, such as 'retail'")
    setting: _Key | None = Field(default=None, description="setting of the post")
    employer_type: _Key | None = Field(default=None, description="kind of employer of the post")


class ListProgressions(Arguments):
    start: _Key = Field(alias="from", description=f"where the person is: {_PLACE}")
    to: _Key | None = Field(
        default=None, description="key of the role or position wanted; or leave it out and give a condition"
    )
    count: int = Field(default=3, ge=1, le=MOST_WAYS, description="how many ways")
    by: str = Field(
        default="fewest-steps",
        max_length=LONGEST,
        description=f"what makes a way good; {UNBEATEN}: every way that no other beats in all of these",
        json_schema_extra={"enum": [*MODELS, UNBEATEN]},
    )
    paid: bool = Field(default=False, description="no unpaid step")
    within: int | None = Field(
        default=None, ge=1, le=MOST_MONTHS, description="most months, assumed ones included"
    )
    avoid: list[_Key] = _several("keys of places not to pass")
    sourced: bool = Field(default=False, description="no step that is wholly our judgement")
    registered: bool = Field(default=False, description="to any role of registered professionals")
    bands: list[_Key] = _several("to any role at one of these pay bands")
    family: _Key | None = Field(default=None, description="to any role of this family")
    level: _Key | None = Field(default=None, description="to any role of this framework level")


def tools(framework: Framework) -> list[Tool]:
    """The tools of this module."""

    @cache
    def network() -> Network:
        return network_of(framework)

    def show_gap(asked: ShowGap) -> Found:
        found = gap_answer(
            framework,
            asked.to,
            asked.start,
            skills=asked.skills,
            values=asked.values,
            experiences=asked.experiences,
            qualifications=asked.qualifications,
            backgrounds=asked.backgrounds,
            setting=asked.setting,
            employer_type=asked.employer_type,
        )
        return Found(plain(GapAnswer, found), more="show_thing shows the role whole")

    def list_progressions(asked: ListProgressions) -> Found:
        goals = None
        if asked.registered or asked.bands or asked.family or asked.level:
            goals = goals_that_are(
                framework,
                network(),
                registered=asked.registered,
                bands=asked.bands,
                family=asked.family,
                level=asked.level,
            )
        found = progressions_answer(
            framework,
            network(),
            asked.start,
            asked.to,
            goals=goals,
            k=asked.count,
            by=asked.by,
            conditions=Conditions(asked.paid, asked.within, frozenset(asked.avoid), asked.sourced),
        )
        return Found(plain(ProgressionsAnswer, found), more="ask for fewer ways with count")

    return [
        Tool(
            "show_gap",
            "Show what stands between a person or role and another role",
            "Say where a person is (from) or what they have (skills, experiences, qualifications, "
            "backgrounds), or both. Each "
            "requirement of the role is have, partly, missing or not known, with the rule that decided and "
            "what the "
            "catalogue names against it. Values and lived experience are never scored: do not ask people "
            "about their health.",
            ShowGap,
            schema_of(GapAnswer),
            show_gap,
        ),
        Tool(
            "list_progressions",
            "List the best ways from a place to a role",
            "The best ways, step by step, with routes, qualifications, months (assumed ones are marked) and "
            "costs; to one role, "
            "or to any role that is registered, at a band, of a family or of a level. Where there is no "
            "way, 'why' says so and "
            "'missing' names the steps that would make one.",
            ListProgressions,
            schema_of(ProgressionsAnswer),
            list_progressions,
        ),
    ]
