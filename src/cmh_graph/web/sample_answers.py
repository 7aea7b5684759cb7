"""What addresses of the service answer as examples: asked of the service itself, and shortened for reading."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from starlette.types import Message, Scope

from cmh_graph.web.pages.api_reference import Sample, example_address, of_tag

_SECONDS: Final = 3.0
#: Of an example this much is shown: items of a list, letters of a text, lines.
_ITEMS, _LETTERS, _LINES = 2, 160, 60
_TEXTS: Final = ("text/", "application/n-triples", "application/atom+xml", "application/xml", "image/svg+xml")
#: More is no example.
_LONGEST: Final = 2_000_000


async def samples_of(
    app: FastAPI, document: Mapping[str, Any], tag: str
) -> tuple[dict[str, Sample | None], bool]:
    """operationId -> its example's answer, for each GET of a tag that answers 200; None where that is no text. And
    whether all answered in time: the next to ask may find the slow ones ready.

    Asked without the layer that counts requests: nobody sent them."""
    found: dict[str, Sample | None] = {}
    whole = True
    for path, method, operation in of_tag(document, tag):
        address = (
            example_address(path, operation) if method == "get" and not operation.get("security") else ""
        )
        if not address:
            continue
        try:
            async with asyncio.timeout(_SECONDS):
                status, media_type, body = await _get(app, address)
        except Exception:
            # An example that fails is left out: its operation is described all the same.
            whole = False
            continue
        if status == 200:
            is_short = len(body) <= _LONGEST
            found[operation["operationId"]] = shortened(media_type, body) if is_short else None
        whole = whole and status < 500
    return found, whole


async def _get(app: FastAPI, address: str) -> tuple[int, str, bytes]:
    path, _, query = address.partition("?")
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "server": ("localhost", 80),
        "client": None,
        "root_path": "",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), (b"accept", b"application/json, */*;q=0.5")],
        "state": {},
    }
    status, media_type, body = 0, "", b""
    waits = asyncio.Event()

    async def receive() -> Message:
        if not waits.is_set():
            waits.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        # Some addresses watch for a reader who leaves; this one stays until it is answered.
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        nonlocal status, media_type, body
        if message["type"] == "http.response.start":
            status = message["status"]
            media_type = dict(message["headers"]).get(b"content-type", b"").decode("latin-1")
        elif message["type"] == "http.response.body":
            body += message.get("body", b"")

    await FastAPI.__call__(app, scope, receive, send)
    return status, media_type.partition(";")[0], body


def shortened(media_type: str, body: bytes) -> Sample | None:
    """The beginning of an answer; None for what is no text."""
    if media_type.endswith("json"):
        whole = json.loads(body)
        text = json.dumps(_short(whole), ensure_ascii=False, indent=2)
        cut = _short(whole) != whole
    elif media_type.startswith(_TEXTS):
        text, cut = body.decode("utf-8", "replace"), False
    else:
        return None
    lines = [
        line if len(line) <= _LETTERS + 40 else line[: _LETTERS + 40] + "…" for line in text.splitlines()
    ]
    if len(lines) > _LINES:
        lines, cut = [*lines[:_LINES], "…"], True
    return Sample(media_type, "\n".join(lines), cut)


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _short(one) for name, one in value.items()}
    if isinstance(value, list):
        return [*(_short(one) for one in value[:_ITEMS]), *(["…"] if len(value) > _ITEMS else [])]
    if isinstance(value, str) and len(value) > _LETTERS:
        return value[:_LETTERS] + "…"
    return value
