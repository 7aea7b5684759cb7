"""The headers that keep pages safe in browsers: what they may load, who may frame them, what they tell others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Header: TypeAlias = tuple[bytes, bytes]

#: Everything from this host only, nothing inline, no frames, no plugins, forms to this host.
POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
_FRAMING: Final = b"x-frame-options"
_OWN: Final = b"content-security-policy"
_HEADERS: Final = (
    (_OWN, POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (_FRAMING, b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class SafeHeaders:
    """Adds the headers to every answer that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safe(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _completed(message.get("headers", ()))}
            await send(message)

        await self._app(scope, receive, send_safe if scope["type"] == "http" else send)


def make_safe(answer: Response) -> Response:
    """An answer that is made outside of SafeHeaders, with the headers that it does not set itself."""
    answer.raw_headers = _completed(answer.raw_headers)
    return answer


def _completed(given: Iterable[Header]) -> list[Header]:
    headers = list(given)
    there = {name.lower() for name, _ in headers}
    # An answer with a policy of its own, such as a preview made for frames, says who may frame it.
    if _OWN in there:
        there.add(_FRAMING)
    return headers + [header for header in _HEADERS if header[0] not in there]
