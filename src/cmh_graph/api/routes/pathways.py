"""Gaps between people and roles, ways from one to another, and the network of all steps."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.described import Router
from cmh_graph.api.openapi import format_parameter, problems
from cmh_graph.api.parameters import LONGEST, flag, number, one_value, parameter, required, several
from cmh_graph.api.representations import (
    LIST_FORMS,
    choose,
    framework_of,
    refuse_unknown,
    respond,
    write_json,
)
from cmh_graph.framework import Framework
from cmh_graph.pathways.answers import (
    MOST_WAYS,
    UNBEATEN,
    GapAnswer,
    ProgressionsAnswer,
    gap_answer,
    progressions_answer,
)
from cmh_graph.pathways.choices import refuse_grouping
from cmh_graph.pathways.conditions import Conditions, goals_that_are
from cmh_graph.pathways.costs import MODELS
from cmh_graph.pathways.network import Network, network_of
from cmh_graph.pathways.reach import Reach, reach
from cmh_graph.pathways.similarity import Similarities, Similarity

#: The most months that a way may be asked to stay within: no working life is longer.
MOST_MONTHS: Final = 1200
#: Parameter -> the list of holding_of_person that it fills.
LISTS: Final = {
    "skill": "skills",
    "value": "values",
    "experience": "experiences",
    "qualification": "qualifications",
    "background": "backgrounds",
}
_TEXT: Final[dict[str, Any]] = {"type": "string", "maxLength": LONGEST}
_FLAG: Final[dict[str, Any]] = {"type": "string", "enum": ["true", "false"], "default": "false"}


def _list_of(name: str, about: str) -> dict[str, Any]:
    return parameter(name, f"{about}. May be repeated.", {"type": "array", "items": _TEXT})


def router(framework: Framework) -> APIRouter:
    """The addresses of gaps and ways."""
    routes = Router(tags=["pathways"])

    @cache
    def network() -> Network:
        return network_of(framework)

    @routes.get(
        "/gap",
        operation_id="show_gap",
        summary="Show what stands between a role, or what a person has, and another role",
        description="Name the role or position held with `from`, or what a person has with the lists; nothing is kept. "
        "Each requirement is `have`, `partly`, `missing` or `not known`. Values and lived experience are never scored.",
        response_model=GapAnswer,
        responses=problems(400, 404, 406),
        openapi_extra={
            "parameters": [
                parameter("to", "key of the role wanted", {**_TEXT, "example": "senior-hcsw"}, required=True),
                parameter(
                    "from",
                    "key of the role or position held, or a code such as `onet:31-1131.00`",
                    {**_TEXT, "example": "hcsw"},
                ),
                _list_of("skill", "a skill held, with its level if known: `active-listening:senior`"),
                _list_of("value", "a value held"),
                _list_of("experience", "a kind of experience held"),
                _list_of("qualification", "a qualification held"),
                _list_of("background", "work or life outside mental health, such as `retail`"),
                parameter("setting", "setting of the post", _TEXT),
                parameter("employer_type", "kind of employer", _TEXT),
                format_parameter(LIST_FORMS),
            ]
        },
    )
    def show_gap(request: Request) -> Response:
        refuse_unknown(request, ["to", "from", *LISTS, "setting", "employer_type", "format"])
        form = choose(request, LIST_FORMS)
        lists = {field: several(request, name) for name, field in LISTS.items()}
        found = gap_answer(
            framework_of(request),
            required(request, "to"),
            one_value(request, "from"),
            setting=one_value(request, "setting"),
            employer_type=one_value(request, "employer_type"),
            **lists,
        )
        return respond(request, form, lambda: write_json(GapAnswer, found))

    @routes.get(
        "/progressions",
        operation_id="list_progressions",
        summary="List the best ways from a place to a role, or to any role that meets a condition",
        description="Name the goal with `to`, or a condition of it: registered, band, family, level. Where there is no "
        "way, `why` says so and `missing` names the steps that would make one.",
        response_model=ProgressionsAnswer,
        responses=problems(400, 404, 406),
        openapi_extra={
            "parameters": [
                parameter(
                    "from",
                    "key of a role or position, or a code such as `onet:31-1131.00`",
                    {**_TEXT, "example": "hcsw"},
                    required=True,
                ),
                parameter("to", "key of a role or position", {**_TEXT, "example": "mental-health-nurse"}),
                parameter(
                    "k",
                    "how many ways",
                    {"type": "integer", "minimum": 1, "maximum": MOST_WAYS, "default": 3},
                ),
                parameter(
                    "by",
                    f"what makes a way good; {UNBEATEN}: ways that no other beats in every model",
                    {"type": "string", "enum": [*MODELS, UNBEATEN], "default": "fewest-steps"},
                ),
                parameter("paid", "no unpaid step", _FLAG),
                parameter(
                    "within",
                    "most months, assumed ones included",
                    {"type": "integer", "minimum": 1, "maximum": MOST_MONTHS},
                ),
                _list_of("avoid", "key of a place not to pass"),
                parameter("sourced", "no step that is wholly our judgement", _FLAG),
                parameter("registered", "to any registered role", _FLAG),
                _list_of("band", "to any role at this pay band"),
                parameter("family", "to any role of this family", _TEXT),
                parameter("level", "to any role of this framework level", _TEXT),
                format_parameter(LIST_FORMS),
            ]
        },
    )
    def list_progressions(request: Request) -> Response:
        goal = ["registered", "band", "family", "level"]
        refuse_unknown(
            request, ["from", "to", "k", "by", "paid", "within", "avoid", "sourced", *goal, "format"]
        )
        form, served = choose(request, LIST_FORMS), framework_of(request)
        to, goals = one_value(request, "to"), None
        is_registered = flag(request, "registered")
        # registered=false asks for nothing: it is what leaving it out means.
        asked = [name for name in goal if name in request.query_params and (name != goal[0] or is_registered)]
        if asked:
            goals = goals_that_are(
                served,
                network(),
                registered=is_registered,
                bands=several(request, "band"),
                family=one_value(request, "family"),
                level=one_value(request, "level"),
            )
        found = progressions_answer(
            served,
            network(),
            required(request, "from"),
            to,
            goals=goals,
            k=number(request, "k", 3, 1, MOST_WAYS),
            by=one_value(request, "by", f"choose from {', '.join([*MODELS, UNBEATEN])}") or "fewest-steps",
            conditions=Conditions(
                flag(request, "paid"),
                number(request, "within", None, 1, MOST_MONTHS),
                frozenset(several(request, "avoid")),
                flag(request, "sourced"),
            ),
        )
        return respond(request, form, lambda: write_json(ProgressionsAnswer, found))

    @routes.get(
        "/network",
        operation_id="show_network",
        summary="Show where people come in, where progress stops, and what many ways depend on",
        description="A report on the whole network of steps.",
        response_model=Reach,
        responses=problems(400, 406),
        openapi_extra={"parameters": [format_parameter(LIST_FORMS)]},
    )
    def show_network(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        form = choose(request, LIST_FORMS)
        return respond(request, form, network_report)

    @routes.get(
        "/similar",
        operation_id="list_similar",
        summary="List the roles most like a role, or pairs that one job description could serve",
        description="Likeness is shared over all skills, each weighted by how few roles ask for it. Without `role`: "
        "pairs of one level and legal position, for a person to judge.",
        response_model=list[Similarity],
        responses=problems(400, 404, 406),
        openapi_extra={
            "parameters": [
                parameter("role", "key of a role", {**_TEXT, "example": "hcsw"}),
                format_parameter(LIST_FORMS),
            ]
        },
    )
    def list_similar(request: Request) -> Response:
        refuse_unknown(request, ["role", "format"])
        form, role = choose(request, LIST_FORMS), one_value(request, "role")
        if role is None:
            found = similarities().one_description_could_serve
        else:
            wanted = framework_of(request).role(role)
            refuse_grouping(wanted, "role")
            found = similarities().nearest(wanted)
        return respond(request, form, lambda: write_json(list[Similarity], found))

    @cache
    def similarities() -> Similarities:
        return Similarities(framework)

    @cache
    def network_report() -> bytes:
        # The same for every reader of a snapshot, and a tenth of a second of work.
        return write_json(Reach, reach(framework, network()))

    return routes
