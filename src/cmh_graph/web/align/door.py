"""What all addresses below /align share: whose visit it is, its token, and how pages and forms are answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from cmh_graph.api.bodies import read_form
from cmh_graph.api.reconcile.desk import Desk
from cmh_graph.api.representations import refuse_unknown
from cmh_graph.errors import Conflict, DataFailed, SourceError
from cmh_graph.framework import Framework
from cmh_graph.settings import Settings
from cmh_graph.visits.gate import Gate, from_elsewhere
from cmh_graph.visits.tokens import form_token, new_id
from cmh_graph.visits.visit import Visit
from cmh_graph.web.align.lists import ListOf
from cmh_graph.web.align.reviewing import Review
from cmh_graph.web.align.tasks import AlignTasks
from cmh_graph.web.site import HTML, Site

#: These pages hold what is a visitor's own: nobody keeps them, and no other site learns that they were open. With a
#: stricter referrer policy browsers would send forms without saying where they come from.
KEEP_NOTHING: Final = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "Vary": "Cookie"}
LONGEST_FORM: Final = 20_000  # bytes


class Door:
    """One for all addresses of a service."""

    def __init__(self, framework: Framework, site: Site, settings: Settings) -> None:
        self.framework: Final = framework
        self.site: Final = site
        self.settings: Final = settings
        self.tasks: Final = AlignTasks(framework, settings)
        self.gate: Final = Gate(https=settings.https)
        self.desk: Final = Desk()

    def visit(self, request: Request) -> Visit | None:
        visit_id = self.gate.visit(request)
        return self.tasks.visits.find(visit_id) if visit_id else None

    def held(self, request: Request) -> tuple[Visit | None, ListOf, Response | None]:
        """The visit of a request and its list; or where to go where there is none."""
        if onward := self.onward(request):
            return None, ListOf("none"), onward
        visit = self.visit(request)
        held = self.tasks.list_of(visit) if visit else ListOf("none")
        return (visit, held, None) if held.step != "none" else (None, held, see("/align?over"))

    def onward(self, request: Request) -> Response | None:
        """Another site's link brings no strict cookie: the same address, asked for by our own page, does."""
        if self.gate.visit(request) is not None or not from_elsewhere(request):
            return None
        query = f"?{request.url.query}" if request.url.query else ""
        address = request.url.path + query
        page = self.site.write("align_onward.html", {"title": "One moment", "address": address})
        return Response(
            page, headers={**KEEP_NOTHING, "Refresh": f"0; url={address}"}, media_type=HTML.media_type
        )

    async def form(self, request: Request) -> dict[str, str]:
        refuse_unknown(request, [])
        self.gate.check_origin(request)
        return dict(await read_form(request, LONGEST_FORM, mend="send it from the page"))

    async def own(self, request: Request) -> tuple[dict[str, str], Visit]:
        """The fields of a form, and the visit whose token it carries."""
        fields = await self.form(request)
        return fields, self.own_visit(request, fields)

    def own_visit(self, request: Request, fields: Mapping[str, str]) -> Visit:
        visit = self.tasks.visits.find(self.gate.check_token(request, fields.get("token", "")))
        if visit is None or self.tasks.list_of(visit).step == "none":
            raise Conflict(
                "your list is not here any more: it was removed, or you did nothing for too long",
                mend="go to Match your job titles and send it again",
            )
        return visit

    async def reviewed(self, visit: Visit, act: Callable[[Review], Any]) -> Any:
        """What is done with the review of a visit, one at a time, in few threads."""

        def work() -> Any:
            with self.tasks.visits.lock(visit):
                review = self.tasks.reviews.open(visit)
                try:
                    found = act(review)
                except SourceError as error:
                    # The words are about a file of ours: the disk is full, or somebody changed what lies there.
                    raise DataFailed(
                        "your decision could not be kept", mend="try again; decisions before it are kept"
                    ) from error
                self.tasks.reviews.close(review)
                return found

        return await self.desk.run(work)

    def page(self, request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> Response:
        known = self.gate.visit(request)
        visit_id = known or new_id()
        text = self.site.write(template, {**values, "token": form_token(visit_id)})
        answer = Response(text, status, KEEP_NOTHING, HTML.media_type)
        if known is None:
            self.gate.give(request, answer, visit_id)
        return answer


def see(address: str) -> Response:
    """Go on to a page of ours; a form that is reloaded there is not sent again."""
    return RedirectResponse(address, 303, KEEP_NOTHING)
