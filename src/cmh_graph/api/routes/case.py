"""1EdTech CASE 1.1 at /ims/case/v1p1: the framework's competencies for tools that speak the standard, read-only.

Paths, parameters and errors are those of the standard's REST binding; so are addresses and the order of things in
the answers, and parameters that the standard does not have are passed over. The objects are made once, at the first
request, from the same snapshot as everything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.described import Router
from cmh_graph.api.problems import MEDIA_TYPE as PROBLEM_MEDIA_TYPE
from cmh_graph.api.representations import JSON, cache_headers, framework_of, is_fresh
from cmh_graph.errors import BadParameter, CmhGraphError
from cmh_graph.export.case import build_packages
from cmh_graph.export.case.lookup import KINDS, CaseObjects
from cmh_graph.export.case.plan import ROOT
from cmh_graph.export.case.selection import filter_documents, select_fields, sort_documents
from cmh_graph.export.edition import Edition
from cmh_graph.export.identifiers import uuid_of
from cmh_graph.namespaces import BASE, CMH, PREFIXES

PATH: Final = f"/{ROOT}"
#: Where the standard asks for the description of the service.
DISCOVERY: Final = "/discovery/imscasev1p1_openapi3_v1p0.json"
_DEFAULT_LIMIT: Final = 100
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_MOST: Final = 999_999_999
_LONGEST_FIELDS: Final = 500
_LINK: Final = {
    "type": "object",
    "required": ["title", "identifier", "uri"],
    "properties": {name: {"type": "string"} for name in ("title", "identifier", "uri")},
}
_SKILL: Final = PREFIXES["skill"] + "active-listening"
_SKILL_GROUP: Final = PREFIXES["skill-group"] + "comm"
_DOCUMENT: Final = uuid_of(BASE + "vocab/skills")
#: Kind -> summary, what the answer must have, and the identifier of an example ("" if there is none to answer).
_ABOUT: Final[dict[str, tuple[str, tuple[str, ...], str]]] = {
    "CFDocuments": ("One CFDocument", ("identifier", "uri", "creator", "title", "CFPackageURI"), _DOCUMENT),
    "CFPackages": ("A whole CFPackage", ("CFDocument",), _DOCUMENT),
    "CFItems": (
        "One CFItem: a skill, a level, an I statement, a value, a role",
        ("identifier", "uri", "fullStatement", "CFDocumentURI"),
        uuid_of(_SKILL),
    ),
    "CFItemAssociations": (
        "A CFItem with every association that it is an end of",
        ("CFItem", "CFAssociations"),
        uuid_of(_SKILL),
    ),
    "CFAssociations": (
        "One CFAssociation",
        ("identifier", "uri", "associationType", "originNodeURI", "destinationNodeURI"),
        uuid_of(f"{BASE}case/association/{_SKILL} {PREFIXES['skos']}broader {_SKILL_GROUP}"),
    ),
    "CFConcepts": (
        "A level that items are at",
        ("CFConcepts",),
        uuid_of(PREFIXES["framework-level"] + "support"),
    ),
    "CFSubjects": ("A subject: a role family", ("CFSubjects",), uuid_of(PREFIXES["family"] + "nursing")),
    "CFItemTypes": ("A type of item", ("CFItemTypes",), uuid_of(CMH + "Skill")),
    "CFLicenses": (
        "The licence",
        ("identifier", "uri", "title", "licenseText"),
        uuid_of("https://creativecommons.org/licenses/by/4.0/"),
    ),
    "CFAssociationGroupings": (
        "A grouping of associations: essential skills, any one of these",
        ("identifier", "uri", "title"),
        uuid_of(f"{BASE}case/grouping/SkillRequirement {BASE}vocab/necessity/essential"),
    ),
    "CFRubrics": ("A rubric; the framework has none", ("identifier", "uri"), ""),
}


def router() -> APIRouter:
    """The paths of the standard."""
    routes = Router(prefix=PATH, tags=["case"])
    desk = _Desk()

    @routes.get(
        "/CFDocuments",
        operation_id="getAllCFDocuments",
        summary="All CFDocuments: skills, values, AHP framework, roles, entry requirements",
        description="The total is in the header X-Total-Count, neighbouring pages in Link.",
        response_class=Response,
        responses=_responses({"CFDocuments": {"type": "array", "items": {"type": "object"}}}),
        openapi_extra={"parameters": _PARAMETERS},
    )
    def documents(request: Request) -> Response:
        return _answer(request, lambda: _page(request, desk.objects(request).documents))

    for kind in KINDS:
        _add(routes, desk, kind)

    @routes.get(DISCOVERY, include_in_schema=False)
    def discovery(request: Request) -> Response:
        return _answer(request, lambda: (_write(_part(request.app.openapi())), {}))

    return routes


class _Desk:
    """The objects of the framework that is served, made at the first request."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._objects: CaseObjects | None = None
        self._written: dict[str, bytes] = {}

    def objects(self, request: Request) -> CaseObjects:
        with self._lock:
            if self._objects is None:
                edition = Edition.of(framework_of(request).path.read_bytes())
                self._objects = CaseObjects(build_packages(edition)[0])
            return self._objects

    def write(self, kind: str, found: Any) -> bytes:
        """What was found as JSON; whole packages, which are large, are written once and kept."""
        if kind != "CFPackages":
            return _write(found)
        identifier = found["CFDocument"]["identifier"]
        if identifier not in self._written:
            self._written[identifier] = _write(found)
        return self._written[identifier]


class _Refused(Exception):
    """What the standard has a code for. status: of HTTP."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code


def _add(routes: APIRouter, desk: _Desk, kind: str) -> None:
    """The path that answers one object of a kind."""
    summary, needed, example = _ABOUT[kind]
    path_parameter = {
        "name": "sourcedId",
        "in": "path",
        "required": True,
        "description": "identifier: a UUID in small letters",
        "schema": {"type": "string", "format": "uuid"},
        **({"example": example} if example else {}),
    }

    def one(request: Request) -> Response:
        return _answer(request, lambda: (desk.write(kind, _find(request, desk, kind)), {}))

    routes.add_api_route(
        f"/{kind}/{{sourcedId}}",
        one,
        operation_id=f"get{kind}" if kind == "CFItemAssociations" else f"get{kind.removesuffix('s')}",
        summary=summary,
        description="One object by its identifier, as CASE 1.1 writes it; all identifiers are in the packages.",
        response_class=Response,
        responses=_responses({name: {} for name in needed}, 404),
        openapi_extra={"parameters": [path_parameter]},
    )


def _find(request: Request, desk: _Desk, kind: str) -> Any:
    identifier = request.path_params["sourcedId"].lower()
    if not _UUID.fullmatch(identifier):
        raise _Refused(404, "invalid_uuid", "Invalid UUID: an identifier looks like " + _ABOUT["CFItems"][2])
    found = desk.objects(request).find(kind, identifier)
    if found is None:
        raise _Refused(404, "unknownobject", f"Unknown Object: {kind} has no {identifier}")
    return found


def _page(request: Request, documents: list[Any]) -> tuple[bytes, dict[str, str]]:
    """One page of the documents asked for, with its headers."""
    asked = request.query_params
    limit = _number(asked.get("limit", str(_DEFAULT_LIMIT)), "limit", 1)
    offset = _number(asked.get("offset", "0"), "offset", 0)
    order = asked.get("orderBy", "asc")
    if order not in ("asc", "desc"):
        raise BadParameter(f"there is no order {order[:50]!r}", mend="orderBy is asc or desc")
    if "filter" in asked:
        documents = filter_documents(documents, asked["filter"])
    if "sort" in asked or "orderBy" in asked:
        documents = sort_documents(documents, asked.get("sort", "title"), descending=order == "desc")
    page = documents[offset : offset + limit]
    if "fields" in asked:
        if len(asked["fields"]) > _LONGEST_FIELDS:
            raise BadParameter(f"fields has more than {_LONGEST_FIELDS} characters")
        page = select_fields(page, asked["fields"])
    headers = {"X-Total-Count": str(len(documents)), "Link": _links(request, limit, offset, len(documents))}
    return _write({"CFDocuments": page}), headers


def _number(text: str, name: str, least: int) -> int:
    if not _NUMBER.fullmatch(text) or int(text) < least:
        raise BadParameter(f"{name} is a whole number from {least}")
    return int(text)


def _links(request: Request, limit: int, offset: int, total: int) -> str:
    """The header Link with the pages that there are; addresses are relative to this host."""
    last = (total - 1) // limit * limit if total else 0
    places = {"first": 0, "last": last}
    if offset > 0:
        places["prev"] = max(0, offset - limit)
    if offset + limit < total:
        places["next"] = offset + limit
    rest = [pair for pair in request.query_params.multi_items() if pair[0] not in ("limit", "offset")]
    return ", ".join(
        f'<{request.url.path}?{urlencode([*rest, ("limit", limit), ("offset", place)])}>; rel="{name}"'
        for name, place in places.items()
    )


def _answer(request: Request, make: Callable[[], tuple[bytes, dict[str, str]]]) -> Response:
    """The answer of the standard, or its error body; 304 if the reader has it already."""
    try:
        body, headers = make()
    except _Refused as error:
        return _status(error.status, error.code, str(error))
    except BadParameter as error:
        return _status(400, "invalid_selection_field", ". ".join(filter(None, (error.what, error.mend))))
    except CmhGraphError as error:
        return _status(500, "internal_server_error", error.what)
    sent = {**cache_headers(request, JSON), **headers}
    if is_fresh(request, sent):
        return Response(status_code=304, headers=sent)
    return Response(body, headers=sent, media_type=JSON.media_type)


def _status(status: int, code: str, description: str) -> Response:
    """The standard's imsx_StatusInfo."""
    field = {
        "imsx_codeMinorFieldName": "sourcedId" if status == 404 else "parameter",
        "imsx_codeMinorFieldValue": code,
    }
    body = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": description[:400],
        "imsx_codeMinor": {"imsx_codeMinorField": [field]},
    }
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
    return Response(_write(body), status_code=status, headers=headers, media_type=JSON.media_type)


def _write(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


def _part(document: dict[str, Any]) -> dict[str, Any]:
    """The part of our OpenAPI document that the standard speaks of; its schemas are written out in place."""
    paths = {path: about for path, about in document["paths"].items() if path.startswith(PATH)}
    tags = [tag for tag in document["tags"] if tag["name"] == "case"]
    kept = {name: document[name] for name in ("openapi", "info", "servers", "security")}
    return {**kept, "tags": tags, "paths": paths}


_STATUS_INFO: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["imsx_codeMajor", "imsx_severity"],
    "properties": {
        "imsx_codeMajor": {"type": "string", "enum": ["success", "processing", "failure", "unsupported"]},
        "imsx_severity": {"type": "string", "enum": ["status", "warning", "error"]},
        "imsx_description": {"type": "string"},
        "imsx_codeMinor": {
            "type": "object",
            "required": ["imsx_codeMinorField"],
            "properties": {"imsx_codeMinorField": {"type": "array", "items": {"type": "object"}}},
        },
    },
}


#: Written out: the description of the service by itself has no other schemas.
_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}},
}


def _responses(properties: dict[str, Any], *refused: int) -> dict[int | str, dict[str, Any]]:
    """The documented answers of a path. Which release is asked for is no matter of the standard: see problems."""
    reasons = {
        400: "limit, offset, orderBy, filter or fields cannot be used (invalid_selection_field), or the version",
        404: "The identifier is unknown (unknownobject) or no UUID (invalid_uuid)",
    }
    schema = {
        "type": "object",
        "required": list(properties),
        "properties": {
            name: _LINK if name.endswith("URI") and not about else about for name, about in properties.items()
        },
    }
    return {
        200: {"description": "As CASE 1.1 has it", "content": {JSON.media_type: {"schema": schema}}},
        **{
            status: {
                "description": reasons[status],
                "content": {
                    JSON.media_type: {"schema": _STATUS_INFO},
                    PROBLEM_MEDIA_TYPE: {"schema": _PROBLEM},
                },
            }
            for status in (400, *refused)
        },
    }


def _parameter(name: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": about, "schema": schema}


_PARAMETERS: Final = [
    _parameter(
        "limit",
        "how many at most",
        {"type": "integer", "minimum": 1, "maximum": _MOST, "default": _DEFAULT_LIMIT},
    ),
    _parameter(
        "offset", "how many to pass over", {"type": "integer", "minimum": 0, "maximum": _MOST, "default": 0}
    ),
    _parameter("sort", "the field to sort by; one that does not exist changes nothing", {"type": "string"}),
    _parameter("orderBy", "which way", {"type": "string", "enum": ["asc", "desc"]}),
    _parameter("filter", "such as title~'skills' AND version='1.0.0'", {"type": "string", "maxLength": 1500}),
    _parameter(
        "fields",
        "the fields to give, by commas; all if one does not exist",
        {"type": "string", "maxLength": _LONGEST_FIELDS},
    ),
]
