"""Gaps between people and roles, ways from one to another, and the network of all steps."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.collections import format_parameter, parameter, problems
from cmh_graph.api.representations import (
    LIST_FORMS,
    choose,
    framework_of,
    refuse_unknown,
    respond,
    write_json,
)
from cmh_graph.errors import BadParameter
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
from cmh_graph.pathways.reach import Reach, reach
from cmh_graph.pathways.similarity import Similarities, Similarity

#: Things that one request may name in a list.
MOST_NAMED: Final = 200
#: Parameter -> the list of holding_of_person that it fills.
LISTS: Final = {
    "skill": "skills",
    "value": "values",
    "experience": "experiences",
    "qualification": "qualifications",
    "background": "backgrounds",
}
T = TypeVar("T", int, None)
_TEXT: Final[dict[str, Any]] = {"type": "string", "maxLength": 100}
_FLAG: Final[dict[str, Any]] = {"type": "string", "enum": ["true", "false"], "default": "false"}


def _several(name: str, about: str) -> dict[str, Any]:
    return parameter(name, f"{about}. May be repeated.", {"type": "array", "items": _TEXT})


def router(framework: Framework) -> APIRouter:
    """The addresses of gaps and ways."""
    routes = APIRouter(tags=["pathways"])

    @cache
    def network() -> Network:
        return network_of(framework)

    @routes.get(
        "/gap",
        operation_id="show_gap",
        summary="Show what stands between a role, or what a person has, and another role",
        description="Name the role held with `from`, or what a person has with the lists; nothing is kept. "
        "Each requirement is `have`, `partly`, `missing` or `not known`. Values and lived experience are never scored.",
        response_model=GapAnswer,
        responses=problems(400, 404, 406),
        openapi_extra={
            "parameters": [
                parameter("to", "key of the role wanted", {**_TEXT, "example": "senior-hcsw"}, required=True),
                parameter("from", "key of the role held", {**_TEXT, "example": "hcsw"}),
                _several("skill", "a skill held, with its level if known: `active-listening:senior`"),
                _several("value", "a value held"),
                _several("experience", "a kind of experience held"),
                _several("qualification", "a qualification held"),
                _several("background", "work or life outside mental health, such as `retail`"),
                parameter("setting", "setting of the post", _TEXT),
                parameter("employer_type", "kind of employer", _TEXT),
                format_parameter(LIST_FORMS),
            ]
        },
    )
    def show_gap(request: Request) -> Response:
        refuse_unknown(request, ["to", "from", *LISTS, "setting", "employer_type", "format"])
        form = choose(request, LIST_FORMS)
        lists = {field: named(request, name) for name, field in LISTS.items()}
        found = gap_answer(
            framework_of(request),
            _required(request, "to"),
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
                parameter("from", "key of a role or position", {**_TEXT, "example": "hcsw"}, required=True),
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
                parameter("within", "most months, assumed ones included", {"type": "integer", "minimum": 1}),
                _several("avoid", "key of a place not to pass"),
                parameter("sourced", "no step that is wholly our judgement", _FLAG),
                parameter("registered", "to any registered role", _FLAG),
                _several("band", "to any role at this pay band"),
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
        asked = [name for name in goal if name in request.query_params]
        if to is not None and asked:
            raise BadParameter(
                f"both a goal and a condition of the goal are given: to and {', '.join(asked)}",
                where=f"parameter {asked[0]}",
                mend="give one of the two",
            )
        if asked:
            goals = goals_that_are(
                served,
                network(),
                registered=_flag(request, "registered"),
                bands=named(request, "band"),
                family=one_value(request, "family"),
                level=one_value(request, "level"),
            )
        found = progressions_answer(
            served,
            network(),
            _required(request, "from"),
            to,
            goals=goals,
            k=_number(request, "k", 3),
            by=one_value(request, "by") or "fewest-steps",
            conditions=Conditions(
                _flag(request, "paid"),
                _number(request, "within", None),
                frozenset(named(request, "avoid")),
                _flag(request, "sourced"),
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
            found = similarities().nearest(framework_of(request).role(role))
        return respond(request, form, lambda: write_json(list[Similarity], found))

    @cache
    def similarities() -> Similarities:
        return Similarities(framework)

    @cache
    def network_report() -> bytes:
        # The same for every reader of a snapshot, and a tenth of a second of work.
        return write_json(Reach, reach(framework, network()))

    return routes


def one_value(request: Request, name: str) -> str | None:
    """The one value of a parameter, or None. Raises BadParameter if it is repeated, empty or too long."""
    given = request.query_params.getlist(name)
    if len(given) > 1:
        raise BadParameter(
            f"{name} is given {len(given)} times", where=f"parameter {name}", mend="give it once"
        )
    if not given:
        return None
    if not given[0] or len(given[0]) > 100:
        raise BadParameter(
            f"{name} is empty or longer than 100 characters", where=f"parameter {name}", mend="give a key"
        )
    return given[0]


def _required(request: Request, name: str) -> str:
    found = one_value(request, name)
    if found is None:
        raise BadParameter(f"there is no {name}", where=f"parameter {name}", mend=f"give {name}=KEY")
    return found


def named(request: Request, name: str) -> tuple[str, ...]:
    """The keys that a parameter names, as often as it is given. Raises BadParameter for too many."""
    given = tuple(one for one in request.query_params.getlist(name) if one)
    if len(given) > MOST_NAMED or any(len(one) > 100 for one in given):
        raise BadParameter(
            f"{name} names more than {MOST_NAMED} things, or one with more than 100 characters",
            where=f"parameter {name}",
            mend="name fewer, by their keys",
        )
    return given


def _flag(request: Request, name: str) -> bool:
    given = one_value(request, name)
    if given not in (None, "true", "false"):
        raise BadParameter(
            f"'{given}' is neither true nor false", where=f"parameter {name}", mend="give true or false"
        )
    return given == "true"


def _number(request: Request, name: str, default: T) -> int | T:
    given = one_value(request, name)
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > 6:
        raise BadParameter(
            f"'{given}' is no whole number", where=f"parameter {name}", mend="give digits only"
        )
    return int(given)
