"""Vacancies from the feeds that were built in, and the vacancies of a role, all or open on a day."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from cmh_graph.api.collections import find, key_parameter
from cmh_graph.api.described import Router, if_described, is_described
from cmh_graph.api.filters import Filter, concept, word
from cmh_graph.api.lists import Page, T, describe_parameters, listing
from cmh_graph.api.openapi import format_parameter, problems
from cmh_graph.api.parameters import parameter
from cmh_graph.api.representations import (
    THING_FORMS,
    choose,
    refuse_unknown,
    respond,
    split_suffix,
    writer_of,
)
from cmh_graph.api.routes.roles import ROLES
from cmh_graph.errors import BadParameter, UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.model import BandKey, Iri, Key, Ref, Role, Says
from cmh_graph.search import near_misses
from cmh_graph.vacancies.things import Pay, State, Vacancy, VacancyLink, read_vacancies

TAG: Final = "vacancies"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_ON: Final = parameter(
    "on",
    "a day, YYYY-MM-DD: only vacancies that are open on it. Posted by then, not past the last day announced, and not "
    "gone from the feed by then. Without it all are listed, with their dates and state.",
    {"type": "string", "format": "date"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VacancyRow:
    """A vacancy as lists show it; /v1/vacancies/{key} has the whole of it. bands are inferred."""

    key: Key
    iri: Iri
    label: str
    url: str | None
    identifier: str | None
    employer: Ref
    place: str | None
    postcode_area: str | None
    date_posted: datetime.date
    valid_through: datetime.date | None
    closed_on: datetime.date | None
    state: State
    pay: Pay | None
    bands: tuple[BandKey, ...]
    roles: tuple[VacancyLink, ...]
    says: Says | None


class VacancyPage(Page[T]):
    """A page of vacancies. note: what an empty list means, or how its rows are to be read."""

    note: str | None = Field(examples=["A role marked review is a proposal: a person has to settle it."])


def vacancy_row(vacancy: Vacancy, role: str = "") -> VacancyRow:
    """What a list shows of a vacancy. role: the key of the role asked for: only what links to it is shown."""
    return VacancyRow(
        key=vacancy.key,
        iri=vacancy.iri,
        label=vacancy.label,
        url=vacancy.url,
        identifier=vacancy.identifier,
        employer=vacancy.employer,
        place=vacancy.place,
        postcode_area=vacancy.postcode_area,
        date_posted=vacancy.date_posted,
        valid_through=vacancy.valid_through,
        closed_on=vacancy.closed_on,
        state=vacancy.state,
        pay=vacancy.pay,
        bands=tuple(BandKey(link.to.key) for link in vacancy.bands),
        roles=tuple(link for link in vacancy.roles if not role or link.to.key == role),
        says=vacancy.says,
    )


ZONE: Final = word(
    "zone",
    ("accept", "review"),
    "whether a role was accepted, or is a proposal that a person has to settle",
    lambda row: [link.zone for link in row.roles],
)
STATE: Final = word(
    "state", ("listed", "closed"), "in its feed when that was last read, or gone", lambda row: row.state
)
BAND: Final = concept("band", "band", "pay band that the posting was found to name", lambda row: row.bands)


def router(framework: Framework) -> APIRouter:
    """The addresses of vacancies."""
    routes = Router()
    known = read_vacancies(framework.store)
    of_role: dict[str, list[Vacancy]] = {}
    for one in known.values():
        for key in dict.fromkeys(link.to.key for link in one.roles):
            of_role.setdefault(key, []).append(one)
    employer = _of("employer", "key of the employer", [one.employer.key for one in known.values()], _employer)
    role_filter = _of(
        "role", "key of a role it was linked to", framework.roles, lambda row: [x.to.key for x in row.roles]
    )
    every = (role_filter, employer, BAND, STATE, ZONE)
    below_role = (employer, BAND, STATE, ZONE)

    def list_vacancies(request: Request) -> Response:
        rows = [vacancy_row(one) for one in _open_on(request, known.values())]
        return _listing(request, rows, every, "vacancy" if known else "")

    def show_vacancy(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        key, suffix = split_suffix(request.path_params["key"])
        thing = known.get(Key(key))
        if thing is None:
            near = near_misses(key, list(known))
            hint = f"did you mean {' or '.join(near)}? " if near else ""
            raise UnknownThing(
                f"no vacancy has the key {key[:100]}",
                where=key[:100],
                mend=f"{hint}All keys are in vacancies",
            )
        form = choose(request, THING_FORMS, suffix)
        headers = {"Link": f'<{thing.iri}>; rel="canonical"'}
        return respond(request, form, lambda: writer_of(request).write(thing, form), headers)

    def list_role_vacancies(request: Request) -> Response:
        role: Role = find(request, ROLES)
        linked = of_role.get(role.key, [])
        rows = [vacancy_row(one, role.key) for one in _open_on(request, linked)]
        return _listing(request, rows, below_role, role.label if linked else "" if not known else None)

    routes.add_api_route(
        "/vacancies",
        list_vacancies,
        methods=["GET"],
        operation_id="list_vacancies",
        tags=[TAG],
        summary="List vacancies",
        description="Vacancies from the feeds that were built in, the last posted first. Roles and bands are inferred.",
        response_model=VacancyPage[VacancyRow] if is_described() else None,
        responses=problems(400, 406),
        openapi_extra=if_described(lambda: {"parameters": [_ON, *describe_parameters(every, framework)]}),
    )
    routes.add_api_route(
        "/vacancies/{key}",
        show_vacancy,
        methods=["GET"],
        operation_id="show_vacancies",
        tags=[TAG],
        summary="Show one vacancy",
        description="A vacancy with everything it was found to mean or ask for: each with confidence and reason.",
        response_model=Vacancy,
        responses={
            200: {
                "content": {
                    form.media_type: {
                        "schema": {"type": "object" if form.media_type.endswith("json") else "string"}
                    }
                    for form in THING_FORMS[1:]
                }
            },
            **problems(400, 404, 406),
        },
        openapi_extra={
            "parameters": [
                {
                    "name": "key",
                    "in": "path",
                    "required": True,
                    "description": "the permanent key of one vacancy",
                    "schema": {"type": "string"},
                    "example": next(iter(known), "key"),
                },
                format_parameter(THING_FORMS),
            ]
        },
    )
    routes.add_api_route(
        "/roles/{key}/vacancies",
        list_role_vacancies,
        methods=["GET"],
        operation_id="list_role_vacancies",
        tags=[TAG],
        summary="List the vacancies of a role",
        description="Vacancies whose title was read as this role, with confidence and reason, the last posted first. "
        "Those in the zone review are proposals.",
        response_model=VacancyPage[VacancyRow] if is_described() else None,
        responses=problems(400, 404, 406),
        openapi_extra=if_described(
            lambda: {
                "parameters": [
                    key_parameter(ROLES, framework),
                    _ON,
                    *describe_parameters(below_role, framework),
                ]
            }
        ),
    )
    return routes


def _employer(row: VacancyRow) -> str:
    return row.employer.key


def _of(name: str, about: str, keys: Iterable[str], read: Callable[[Any], Any]) -> Filter:
    """A filter by keys that the vacancies themselves bring."""
    given = None if isinstance(keys, Mapping) else tuple(dict.fromkeys(keys))

    def known(_: Framework) -> Collection[str]:
        # Keys of things are known by their things, which are not gone through before somebody asks.
        return keys.keys() if isinstance(keys, Mapping) else given or ()

    def keep(row: Any, value: str) -> bool:
        held = read(row)
        return value == held if isinstance(held, str) else value in held

    return Filter(name, about, keep, known, closed=False)


def _open_on(request: Request, vacancies: Iterable[Vacancy]) -> list[Vacancy]:
    """Those open on the day that the request names, all if it names none. Raises BadParameter for what is no day."""
    given = request.query_params.getlist("on")
    if not given:
        return list(vacancies)
    mend = "give one day as YYYY-MM-DD, such as on=2026-12-01"
    if len(given) > 1:
        raise BadParameter("on is given more than once", where="parameter on", mend=mend)
    try:
        if not _DAY.fullmatch(given[0]):
            raise ValueError
        day = datetime.date.fromisoformat(given[0])
    except ValueError:
        raise BadParameter(f"{given[0][:50]!r} is no day", where="parameter on", mend=mend) from None
    return [one for one in vacancies if one.is_open(day)]


def _listing(
    request: Request, rows: Sequence[VacancyRow], filters: Sequence[Filter], has: str | None
) -> Response:
    """A page of rows, with a note. has: what there are vacancies of; "" if none is held, None if none of this role."""
    if rows:
        proposed = any(link.zone == "review" for row in rows for link in row.roles)
        note = "A role in the zone review is a proposal: a person has to settle it." if proposed else None
    elif has is None:
        note = "No vacancy of the feeds that were built in was read as this role."
    elif not has:
        note = "No feed of vacancies was built in. See cmh-graph vacancies and cmh-graph build --partner."
    else:
        note = f"None is open on {request.query_params.get('on', '')}; leave out on to see them all."
    return listing(request, rows, filters, VacancyRow, also=("on",), says={"note": note})
