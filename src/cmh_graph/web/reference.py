"""The addresses of the API reference: /docs, a page for each tag, and the schemas."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from cmh_graph.api.described import Router
from cmh_graph.api.representations import choose, refuse_unknown
from cmh_graph.web.pages.api_reference import PATH, Sample, find_tag, reference_page, tag_page
from cmh_graph.web.pages.api_schemas import SCHEMAS, schemas_page
from cmh_graph.web.sample_answers import samples_of
from cmh_graph.web.site import HTML, Site


def router(site: Site, host: str) -> APIRouter:
    """The pages. host: the address at which people see the service, for lines that they paste."""
    routes = Router(include_in_schema=False)
    samples: dict[str, dict[str, Sample | None]] = {}

    @routes.get(PATH)
    def reference(request: Request) -> Response:
        refuse_unknown(request, ["format"])
        choose(request, (HTML,))
        return site.respond(request, "reference.html", lambda: reference_page(request.app.openapi()))

    @routes.get(SCHEMAS)
    def schemas(request: Request) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        return site.respond(request, "reference_schemas.html", lambda: schemas_page(request.app.openapi()))

    @routes.get(f"{PATH}/{{tag}}")
    async def of_tag(request: Request, tag: str) -> Response:
        refuse_unknown(request, [])
        choose(request, (HTML,))
        document = request.app.openapi()
        find_tag(document, tag)
        if tag not in samples:
            found, whole = await samples_of(request.app, document, tag)
            if not whole:
                # What was too slow this time may be there the next: nobody keeps this page.
                values = await run_in_threadpool(tag_page, document, tag, found, host)
                text = await run_in_threadpool(site.write, "reference_tag.html", values)
                return Response(text, headers={"Cache-Control": "no-store"}, media_type=HTML.media_type)
            samples[tag] = found
        return await run_in_threadpool(
            site.respond,
            request,
            "reference_tag.html",
            lambda: tag_page(document, tag, samples[tag], host),
        )

    return routes
