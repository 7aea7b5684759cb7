"""Answers as JSON, and the refusals that several addresses share."""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.responses import Response

from cmh_graph.api.openapi import problems
from cmh_graph.api.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from cmh_graph.api.reconcile.requests import JSON
from cmh_graph.errors import UnknownThing
from cmh_graph.search import near_misses


def json_response(body: Any) -> Response:
    """JSON in plain ASCII, so that whatever a client named its queries can be written back; in lines, for eyes."""
    text = json.dumps(body, separators=(",\n", ": "))
    return Response(text, media_type=JSON, headers={"X-Content-Type-Options": "nosniff"})


def unknown(what: str, given: str, known: list[str]) -> UnknownThing:
    """The error for an identifier that names nothing, with those that are nearly so."""
    near = near_misses(given, known)
    mend = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
    return UnknownThing(f"there is no {what} {given[:50]!r}", where=given[:50], mend=mend)


def _problem(reason: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": reason, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}}


#: How a batch can be refused, for the documentation.
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    **problems(400, 413, 429, 503),
    415: _problem("The body is neither a form nor JSON"),
}


def key_parameter(about: str, example: str) -> dict[str, Any]:
    """The documentation of the identifier in an address."""
    return {
        "parameters": [
            {
                "name": "key",
                "in": "path",
                "required": True,
                "description": about,
                "schema": {"type": "string"},
                "example": example,
            }
        ]
    }
