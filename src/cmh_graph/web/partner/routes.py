"""The addresses below /partner."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.described import Router
from cmh_graph.api.graph_store.access import Visit as GraphVisit
from cmh_graph.api.graph_store.forms import write_graph
from cmh_graph.api.graph_store.requests import changes_of
from cmh_graph.api.parameters import one_value
from cmh_graph.api.representations import TURTLE, choose, refuse_unknown
from cmh_graph.errors import (
    BadParameter,
    CmhGraphError,
    NotAllowed,
    NotSignedIn,
    Refused,
    UnknownThing,
    UnsupportedBody,
)
from cmh_graph.partner_space.records import SHOWN
from cmh_graph.store import RdfFormat
from cmh_graph.visits.upload import receive, stored_name
from cmh_graph.visits.visit import Visit
from cmh_graph.web.align.door import KEEP_NOTHING, Door, see
from cmh_graph.web.align.lists import ListOf
from cmh_graph.web.pages.align import employer_types
from cmh_graph.web.pages.partner import home_values, publish_values, sign_in_values
from cmh_graph.web.partner.office import PATH, Office, conditions
from cmh_graph.web.partner.publishing import LICENCES, MEDIA_TYPE, Publication, is_day, publication
from cmh_graph.web.site import HTML

#: Uploads of graphs that may be on their way at the same moment.
_MOST_UPLOADS: Final = 8
_DONE: Final = "done"


def router(door: Door) -> APIRouter:
    """The pages, over the visits of the align pages."""
    pages = _Pages(Office(door))
    routes = Router(include_in_schema=False)
    for path, read in (
        (PATH, pages.home),
        (f"{PATH}/publish", pages.review),
        (f"{PATH}/versions/{{number}}", pages.version),
    ):
        routes.add_api_route(path, read, methods=["GET"])
    for path, act in (
        ("sign-in", pages.sign_in),
        ("sign-out", pages.sign_out),
        ("upload", pages.upload),
        ("publish", pages.publish),
        ("rollback", pages.roll_back),
        ("access", pages.show_to),
        ("remove", pages.remove),
    ):
        routes.add_api_route(f"{PATH}/{path}", act, methods=["POST"])
    return routes


class _Pages:
    """What these addresses answer."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._door = office.door
        self._uploads = asyncio.Semaphore(_MOST_UPLOADS)

    async def home(self, request: Request) -> Response:
        refuse_unknown(request, [_DONE])
        choose(request, (HTML,))
        if onward := self._door.onward(request):
            return onward
        done = one_value(request, _DONE) or ""
        member = await self._office.member(request)
        if member is None:
            values = sign_in_values(self._door.settings, done=done)
            return self._door.page(request, "partner_sign_in.html", values)
        return await self._home(request, *member, done=done)

    async def sign_in(self, request: Request) -> Response:
        fields = await self._door.form(request)
        self._door.gate.check_token(request, fields.get("token", ""))
        try:
            renewed = await self._office.sign_in(request, fields.get("secret", ""))
        except CmhGraphError as error:
            if not isinstance(error, NotSignedIn) and error.status != 429:
                raise
            problem = {"what": error.what, "mend": error.mend}
            answer = self._door.page(
                request, "partner_sign_in.html", sign_in_values(self._door.settings, problem), error.status
            )
            if seconds := getattr(error, "seconds", None):
                answer.headers["Retry-After"] = str(seconds)
            return answer
        return self._office.give(request, see(PATH), renewed)

    async def sign_out(self, request: Request) -> Response:
        fields = await self._door.form(request)
        self._door.gate.check_token(request, fields.get("token", ""))
        return self._office.give(request, see(f"{PATH}?{_DONE}=out"), await self._office.sign_out(request))

    async def upload(self, request: Request) -> Response:
        refuse_unknown(request, [])
        self._door.gate.check_origin(request)
        placed: list[Path] = []

        def place(fields: dict[str, str], name: str) -> Path:
            visit_id = self._door.gate.check_token(request, fields.get("token", ""))
            placed.append(self._door.tasks.place(visit_id, stored_name(name)))
            return placed[0]

        # Before any byte of the body is taken: strangers have nothing to send here.
        if await self._office.member(request) is None:
            raise NotSignedIn("you are not signed in", mend="sign in with your organisation's token first")
        try:
            async with self._uploads:
                found = await receive(request, place, most=self._door.settings.upload_bytes)
                visit, graph = await self._office.acting(request, found.fields)
                if found.path is None or not found.size:
                    what = "the file is empty" if found.path else "no file was chosen"
                    return await self._told(
                        request, visit, graph, BadParameter(what, mend="choose an RDF file")
                    )
                data = await asyncio.to_thread(found.path.read_bytes)
        finally:
            for path in placed:
                shutil.rmtree(path.parent, ignore_errors=True)

        async def land() -> None:
            form = RdfFormat.from_extension(Path(found.name).suffix.lstrip(".").lower())
            if form is None:
                raise UnsupportedBody(
                    f"{found.name} is no RDF file that we read",
                    mend="give a file that ends in .ttl, .nt, .nq, .trig, .jsonld or .rdf",
                )
            await self._office.replace(request, graph, data, form.media_type, found.fields.get("seen", ""))

        return await self._done(request, visit, graph, land, "landed")

    async def version(self, request: Request, number: str) -> Response:
        """A version of one's own graph as a file, for who has signed in: the browser sends no token to /graphs."""
        refuse_unknown(request, [])
        member = await self._office.member(request)
        if member is None:
            return see(PATH)
        _, graph = member
        kept = await asyncio.to_thread(graph.space.versions, graph.organisation.key)
        found = next((one for one in kept if str(one.number) == number), None)
        if found is None:
            raise UnknownThing("your graph has no such version", mend="see the list of versions")
        body = await asyncio.to_thread(lambda: write_graph(graph.space.content(found), TURTLE))
        name = f"{graph.organisation.key}-{found.number}.ttl"
        headers = {**KEEP_NOTHING, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(body, headers=headers, media_type=f"{TURTLE.media_type}; charset=utf-8")

    async def roll_back(self, request: Request) -> Response:
        fields, visit, graph = await self._acting(request)
        number = fields.get("version", "")

        async def act() -> None:
            if not (number.isascii() and number.isdigit() and len(number) < 10):
                raise BadParameter("no version was named", mend="use the buttons of the page")
            await changes_of(request).roll_back(graph, int(number), conditions(fields.get("seen", "")))

        return await self._done(request, visit, graph, act, "rolled-back")

    async def show_to(self, request: Request) -> Response:
        fields, visit, graph = await self._acting(request)
        chosen = next((one for one in SHOWN if one == fields.get("visibility")), None)
        # Typed, not ticked: who the other partners are is nobody's business.
        others = re.split(r"[\s,;]+", fields.get("with", "").strip()) if chosen == "shared" else []

        async def act() -> None:
            if chosen is None:
                raise BadParameter("nothing was chosen", mend="choose who may read your graph")
            await changes_of(request).show_to(graph, chosen, others)

        return await self._done(request, visit, graph, act, "shown")

    async def remove(self, request: Request) -> Response:
        fields, visit, graph = await self._acting(request)

        async def act() -> None:
            await changes_of(request).remove(graph, conditions(fields.get("seen", "")))

        return await self._done(request, visit, graph, act, "removed")

    async def review(self, request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        if onward := self._door.onward(request):
            return onward
        member = await self._office.member(request)
        if member is None:
            return see(PATH)
        visit, graph = member
        held = self._door.tasks.list_of(visit)
        if held.step != "done":
            return see("/align")
        chosen = {"employer_type": held.employer_type}
        found = await self._publication(visit, held, graph, chosen)
        values = publish_values(self._door.framework, graph, held, found, chosen)
        return self._door.page(request, "partner_publish.html", values)

    async def publish(self, request: Request) -> Response:
        fields, visit, graph = await self._acting(request)
        held = self._door.tasks.list_of(visit)
        found = await self._publication(visit, held, graph, fields)
        try:
            self._check(fields)
            await self._office.replace(request, graph, found.data, MEDIA_TYPE, fields.get("seen", ""))
        except NotAllowed:
            raise
        except CmhGraphError as error:
            graph = (await self._office.member(request) or (visit, graph))[1]
            values = publish_values(
                self._door.framework,
                graph,
                held,
                found,
                fields,
                problem=_words(error),
                findings=_findings(error),
            )
            return self._door.page(request, "partner_publish.html", values, error.status)
        return see(f"{PATH}?{_DONE}=landed")

    def _check(self, fields: Mapping[str, str]) -> None:
        if fields.get("employer_type", "") not in employer_types(self._door.framework):
            raise BadParameter("the type of employer is not chosen", where="employer_type", mend="choose one")
        if fields.get("licence", "") not in LICENCES:
            raise BadParameter("no licence is chosen", where="licence", mend="choose one")
        if not is_day(fields.get("day", "")):
            raise BadParameter("the day of the list is not a day", where="day", mend="write it as 2026-11-22")

    async def _publication(
        self, visit: Visit, held: ListOf, graph: GraphVisit, fields: Mapping[str, str]
    ) -> Publication:
        licence = fields.get("licence", "")

        def make() -> Publication:
            with self._door.tasks.visits.lock(visit):
                return publication(
                    visit,
                    held,
                    graph.organisation,
                    employer_type=fields.get("employer_type", "") or next(iter(employer_types(self._door.framework))),
                    licence=licence if licence in LICENCES else next(iter(LICENCES)),
                    day=fields.get("day", ""),
                )  # fmt: skip

        return await self._door.desk.run(make)

    async def _acting(self, request: Request) -> tuple[dict[str, str], Visit, GraphVisit]:
        fields = await self._door.form(request)
        return fields, *await self._office.acting(request, fields)

    async def _done(
        self, request: Request, visit: Visit, graph: GraphVisit, act: Callable[[], Awaitable[None]], done: str
    ) -> Response:
        """The page after a change, or the page with what kept it from happening."""
        try:
            await act()
        except NotAllowed:
            raise
        except CmhGraphError as error:
            return await self._told(request, visit, graph, error)
        return see(f"{PATH}?{_DONE}={done}")

    async def _told(
        self, request: Request, visit: Visit, graph: GraphVisit, error: CmhGraphError
    ) -> Response:
        # What is shown is the graph as it is now, so that a second try is about that.
        member = await self._office.member(request) or (visit, graph)
        return await self._home(
            request, *member, problem=_words(error), findings=_findings(error), status=error.status
        )

    async def _home(
        self, request: Request, visit: Visit, graph: GraphVisit, *, status: int = 200, **told: Any
    ) -> Response:
        space, key = graph.space, graph.organisation.key
        versions = await asyncio.to_thread(space.versions, key)
        entries = await asyncio.to_thread(lambda: list(space.log(key)))
        held = self._door.tasks.list_of(visit)
        most = self._door.settings.upload_bytes
        values = home_values(graph, versions, entries, held, most_bytes=most, **told)
        return self._door.page(request, "partner.html", values, status)


def _words(error: CmhGraphError) -> dict[str, str]:
    return {
        "what": error.what,
        "where": "" if error.where == "header If-Match" else error.where,
        "mend": error.mend,
    }


def _findings(error: CmhGraphError) -> tuple[dict[str, str], ...]:
    return error.findings if isinstance(error, Refused) else ()
