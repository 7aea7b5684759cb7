"""The API reference from our OpenAPI document: an overview, and a page for each tag with its operations."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from cmh_graph.api.problems import MEDIA_TYPE as PROBLEM
from cmh_graph.errors import UnknownThing
from cmh_graph.web.pages.api_schemas import bounds_of, fields_of, type_of, values_of

PATH: Final = "/docs"
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_WHERE: Final = {"path": "in the path", "query": "parameter", "header": "header", "cookie": "cookie"}
_CODE: Final = re.compile(r"`([^`\n]+)`")
_STRESSED: Final = re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)")


@dataclass(frozen=True, slots=True)
class Sample:
    """What an address answers as an example. media_type: what it is written in; cut: whether there is more."""

    media_type: str
    text: str
    cut: bool


def reference_page(document: Mapping[str, Any]) -> dict[str, Any]:
    """What reference.html shows: what the API is, and every address below its tag."""
    return {
        "section": "/data",
        "crumbs": [{"text": "Home", "href": "/"}],
        "title": "The API",
        "about": in_markup(document["info"]["description"]),
        "tags": [
            {
                "name": tag["name"],
                "title": _title(tag["name"]),
                "about": tag.get("description", ""),
                "address": f"{PATH}/{tag['name']}",
                "operations": [
                    {
                        "id": f"op-{operation['operationId']}",
                        "method": method.upper(),
                        "path": path,
                        "summary": operation["summary"],
                    }
                    for path, method, operation in of_tag(document, tag["name"])
                ],
            }
            for tag in document["tags"]
        ],
    }


def tag_page(
    document: Mapping[str, Any], name: str, samples: Mapping[str, Sample | None], host: str
) -> dict[str, Any]:
    """What reference_tag.html shows of a tag.

    samples: operationId -> what its example answers, None where that is no text; only those can be tried. host: what
    addresses begin with in lines for curl.
    Raises UnknownThing for a tag that no operation has."""
    tag = find_tag(document, name)
    tags = [one["name"] for one in document["tags"]]
    place = tags.index(name)
    return {
        "section": "/data",
        "crumbs": [{"text": "Home", "href": "/"}, {"text": "The API", "href": PATH}],
        "title": _title(name),
        "about": tag.get("description", ""),
        "operations": [
            {
                **_operation(path, method, operation, host),
                "sample": samples.get(operation["operationId"]),
                "try": example_address(path, operation) if operation["operationId"] in samples else "",
            }
            for path, method, operation in of_tag(document, name)
        ],
        "before": _neighbour(tags, place - 1),
        "after": _neighbour(tags, place + 1),
    }


def find_tag(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A tag by its name. Raises UnknownThing."""
    for tag in document["tags"]:
        if tag["name"] == name:
            found: Mapping[str, Any] = tag
            return found
    raise UnknownThing(
        f"the API has no part called {name[:60]}", where=name[:60], mend="see all parts at /docs"
    )


def of_tag(document: Mapping[str, Any], name: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and operation of each operation below a tag, in the order of the document."""
    for path, operations in document["paths"].items():
        for method in _METHODS:
            if method in operations and name in operations[method].get("tags", ()):
                yield path, method, operations[method]


def example_address(path: str, operation: Mapping[str, Any]) -> str:
    """An address that answers, with parameters as their examples have them; "" where a needed one has none.

    Where one must be given in the query, those with an example are given too: some need one of several."""
    parameters = [(one, _example(one)) for one in operation.get("parameters", ())]
    if any(one.get("required") and example is None for one, example in parameters):
        return ""
    is_asked = any(one["in"] == "query" and one.get("required") for one, _ in parameters)
    query: list[tuple[str, str]] = []
    for one, example in parameters:
        if one["in"] == "path":
            path = path.replace("{" + one["name"] + "}", quote(str(example), safe="/"))
        elif one["in"] == "query" and isinstance(example, Mapping):
            # An object whose fields are parameters themselves.
            query += [(name, str(value)) for name, value in example.items()]
        elif (
            one["in"] == "query"
            and (one.get("required") or is_asked)
            and example is not None
            and "examples" not in one
        ):
            query.append((one["name"], str(example)))
    return path + (f"?{urlencode(query)}" if query else "")


def in_markup(text: str) -> Markup:
    """Text of the document with its paragraphs, `code` and *stress*; everything else is escaped."""
    paragraphs = []
    for part in text.strip().split("\n\n"):
        words = _CODE.sub(r"<code>\1</code>", str(escape(part)))
        paragraphs.append(Markup("<p>{}</p>").format(Markup(_STRESSED.sub(r"<em>\1</em>", words))))
    return Markup("\n").join(paragraphs)


def _title(name: str) -> str:
    known = {"sparql": "SPARQL", "case": "CASE"}
    return known.get(name) or name[:1].upper() + name[1:].replace("-", " ")


def _neighbour(tags: Sequence[str], place: int) -> dict[str, str] | None:
    if not 0 <= place < len(tags):
        return None
    return {"title": _title(tags[place]), "address": f"{PATH}/{tags[place]}"}


def _operation(path: str, method: str, operation: Mapping[str, Any], host: str) -> dict[str, Any]:
    address = example_address(path, operation)
    body = _body(operation.get("requestBody"))
    return {
        "id": f"op-{operation['operationId']}",
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "about": in_markup(operation["description"]) if operation.get("description") else "",
        "parameters": [_parameter(one) for one in operation.get("parameters", ())],
        "body": body,
        "responses": [_response(status, one) for status, one in sorted(operation["responses"].items())],
        "token": bool(operation.get("security")),
        "curl": _curl(method, host.rstrip("/"), address, body, bool(operation.get("security")))
        if address
        else "",
    }


def _parameter(one: Mapping[str, Any]) -> dict[str, Any]:
    schema = one.get("schema", {})
    example = _example(one)
    if isinstance(example, Mapping):
        example = urlencode(example)
    return {
        "name": one["name"],
        "where": _WHERE[one["in"]],
        "required": one.get("required", False),
        "type": type_of(schema),
        "about": _inline(one.get("description", "")),
        "values": values_of(schema),
        "bounds": bounds_of(schema),
        "example": "" if example is None else str(example),
    }


def _inline(text: str) -> Markup:
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))


def _example(one: Mapping[str, Any]) -> Any:
    """The example of a parameter or a body, wherever the document has put it; None if it has none."""
    if "example" in one:
        return one["example"]
    for found in one.get("examples", {}).values():
        if "value" in found:
            return found["value"]
    schema = one.get("schema", {})
    if "example" in schema:
        return schema["example"]
    return next(iter(schema.get("examples", ())), None)


def _body(body: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """What may be sent: one entry for each media type."""
    if body is None:
        return []
    found = []
    for media_type, content in body["content"].items():
        schema = content.get("schema", {})
        example = _example(content)
        if example is None and "properties" in schema:
            fields = {name: _example({"schema": one}) for name, one in schema["properties"].items()}
            example = {name: value for name, value in fields.items() if value is not None} or None
        found.append(
            {
                "media_type": media_type,
                "type": type_of(schema),
                "fields": list(fields_of(schema)),
                "example": _written(example),
                "raw": example,
            }
        )
    return found


def _written(example: Any) -> str:
    if example is None:
        return ""
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False, indent=2)


def _response(status: str, response: Mapping[str, Any]) -> dict[str, Any]:
    kinds = [
        {"media_type": media_type, "type": type_of(content.get("schema", {}))}
        for media_type, content in response.get("content", {}).items()
    ]
    about = response["description"]
    if about == "Successful Response":
        about = "What was asked for"
    phrase = HTTPStatus(int(status)).phrase if status.isdigit() else ""
    return {
        "status": status,
        "phrase": phrase,
        "about": _inline(about),
        "kinds": kinds,
        "problem": [one["media_type"] for one in kinds] == [PROBLEM],
    }


def _curl(method: str, host: str, address: str, body: list[dict[str, Any]], token: bool) -> str:
    """A line that can be pasted into a shell."""
    parts = ["curl"]
    if method not in ("get", "post") or (method == "post" and not body):
        parts.append(f"-X {method.upper()}")
    if token:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    sent = next((one for one in body if one["raw"] is not None), body[0] if body else None)
    if sent is not None:
        kind, raw = sent["media_type"], sent["raw"]
        if kind == _FORM and isinstance(raw, Mapping):
            parts += [f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in raw.items()]
        elif kind == _MULTIPART:
            parts.append("-F file=@your-file")
        else:
            parts.append(f"-H {shlex.quote(f'Content-Type: {kind}')}")
            text = raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False)
            parts.append("--data-binary " + (shlex.quote(text) if raw is not None else "@your-file"))
    parts.append(shlex.quote(host + address) if host else shlex.quote(address))
    return " ".join(parts)
