"""What requests for partners' graphs and their answers have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from cmh_graph.api.bodies import media_type_of, read_body
from cmh_graph.api.graph_store.access import Visit, visit
from cmh_graph.api.graph_store.changes import Changes, Landed
from cmh_graph.api.graph_store.forms import GRAPH_FORMS, HTML, WrittenGraphs, write_graph
from cmh_graph.api.graph_store.preconditions import Preconditions, tag_of
from cmh_graph.api.partners import Partners
from cmh_graph.api.problems import from_error
from cmh_graph.api.representations import JSON, Form, choose, refuse_unknown
from cmh_graph.errors import BadParameter, CmhGraphError, UnsupportedBody
from cmh_graph.namespaces import GRAPH_PARTNER
from cmh_graph.partner_space import Version
from cmh_graph.sparql.formats import content_type

M = TypeVar("M", bound=BaseModel)

PATH: Final = "/graphs"
#: Bodies that are no graph: a version number, names of organisations.
_SMALL: Final = 20_000


class Landing(BaseModel):
    """What came of an upload or a rollback."""

    organisation: str
    graph: str
    version: int
    statements: int
    sha256: str = Field(description="of the canonical N-Quads that are kept")
    etag: str = Field(description="send it as If-Match with your next change")
    remarks: list[dict[str, str]] = Field(description="warnings and notes: what, where and mend")


async def told(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """The answer, or what is wrong, with the headers that keep caches from mixing up who may see what."""
    try:
        response = await answer(request)
    except CmhGraphError as error:
        response = from_error(error)
        page = getattr(request.app.state, "problem_page", None)
        if page is not None and request.method == "GET":
            response = page(request, response)
    by_token = "authorization" in request.headers
    # Asked again each time: a graph can be made private at any moment.
    response.headers["Cache-Control"] = "private, no-store" if by_token else "no-cache"
    response.headers["Vary"] = "Accept, Authorization"
    return response


def partners_of(request: Request) -> Partners:
    partners: Partners = request.app.state.partners
    return partners


def changes_of(request: Request) -> Changes:
    changes: Changes = request.app.state.changes
    return changes


def path_key(request: Request) -> str:
    key: str = request.path_params["organisation"]
    return key


async def as_writer(request: Request, key_of: Callable[[Request], str]) -> tuple[Visit, Preconditions]:
    """A visit of somebody who may change the graph, counted, and the request's conditions."""
    wanted = Preconditions.of(request)
    partners = partners_of(request)
    visited = await visit(request, partners, key_of(request), token=True)
    partners.count_change(visited.writer)
    return visited, wanted


async def as_owner(request: Request, forms: Sequence[Form]) -> Visit:
    """A visit of the organisation itself, after the format was found to be one there is."""
    refuse_unknown(request, ["format"])
    choose(request, forms)
    visited = await visit(request, partners_of(request), path_key(request), token=True)
    assert visited.owner
    return visited


def landing(landed: Landed) -> Response:
    version = landed.version
    body = Landing(
        organisation=version.organisation,
        graph=GRAPH_PARTNER + version.organisation,
        version=version.number,
        statements=version.statements,
        sha256=version.sha256,
        etag=tag_of(version, "nq"),
        remarks=list(landed.remarks),
    )
    response = as_json(body.model_dump_json().encode(), 201 if landed.is_new else 200)
    response.headers["Content-Location"] = f"{PATH}/{version.organisation}/versions/{version.number}"
    if landed.is_new:
        response.headers["Location"] = f"{PATH}/{version.organisation}"
    return response


def as_json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type=JSON.media_type)


def refuse_encodings(request: Request, parameters: dict[str, str]) -> None:
    """Raise UnsupportedBody for a packed body and for a charset that is none of ours."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    charset = parameters.get("charset", "utf-8").lower()
    if encoding not in ("", "identity"):
        raise UnsupportedBody(
            f"a body packed as {encoding[:50]!r} is not read here",
            where="header Content-Encoding",
            mend="send it as it is",
        )
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedBody(
            f"the charset {charset[:50]!r} is not read here", where="header Content-Type", mend="send UTF-8"
        )


async def json_of(request: Request, model: type[M]) -> M:
    """A small JSON body. Raises UnsupportedBody for another type, BadParameter for what is no such object."""
    media_type, _ = media_type_of(request)
    if media_type != JSON.media_type:
        raise UnsupportedBody(
            f"a body of type {media_type[:100]!r} is not read here",
            where="header Content-Type",
            mend=f"send {JSON.media_type}",
        )
    body = await read_body(request, _SMALL)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadParameter(
            f"the body cannot be used: {first['msg'][:200]}",
            where=f"the body, {place}" if place else "the body",
            mend="see /docs for what it holds",
        ) from None


async def graph_answer(
    request: Request, visited: Visit, version: Version, form: Form, wanted: Preconditions
) -> Response:
    if form is HTML:
        return await _page(request, visited, version)
    tag = tag_of(version, form.name)
    headers = {
        "ETag": tag,
        "Last-Modified": version.when.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        "Content-Type": content_type(form.media_type),
        "Link": f'<{GRAPH_PARTNER}{version.organisation}>; rel="canonical"',
    }
    if wanted.match is not None:
        Preconditions(wanted.match, None).check(version)
    if wanted.is_fresh(tag):
        return Response(status_code=304, headers=headers)

    def written() -> bytes:
        if visited.organisation.visibility != "public" or version != visited.current:
            return write_graph(visited.space.content(version), form)
        kept: WrittenGraphs = request.app.state.written_graphs
        return kept.write(version.sha256, form, lambda: visited.space.content(version))

    return Response(await asyncio.to_thread(written), headers=headers)


async def _page(request: Request, visited: Visit, version: Version) -> Response:
    """The graph for people. It has no ETag: what a page looks like changes while the graph does not."""
    path = f"{PATH}/{version.organisation}"
    alternates = [
        {
            "media_type": form.media_type,
            "address": f"{path}?format={form.name}",
            "title": f"Data as {form.name}",
        }
        for form in GRAPH_FORMS
    ]

    def written() -> bytes:
        nquads = visited.space.content(version)
        page: bytes = request.app.state.graph_page(visited.organisation, version, nquads, alternates)
        return page

    return Response(await asyncio.to_thread(written), media_type=HTML.media_type)
