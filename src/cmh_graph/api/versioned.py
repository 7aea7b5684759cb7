"""Which content answers a request, the current one or the release that version= names, and how the answer says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cmh_graph.api.editions import Editions
from cmh_graph.api.parameters import LONGEST, VERSION, parameter, takes_version
from cmh_graph.api.problems import from_error
from cmh_graph.api.representations import Served
from cmh_graph.errors import BadParameter, CmhGraphError, UnknownThing
from cmh_graph.versions.places import CURRENT
from cmh_graph.versions.semver import is_version

VERSION_HEADER: Final = "CMH-Version"
SNAPSHOT_HEADER: Final = "CMH-Snapshot"
_VERSION_NAME: Final = VERSION_HEADER.lower().encode()
_SNAPSHOT_NAME: Final = SNAPSHOT_HEADER.lower().encode()
_RECONCILE: Final = "/reconcile"
_READ: Final = ("GET", "HEAD")


class VersionedReads:
    """Passes requests with version= to the app of that release, and says on every answer what it came from."""

    def __init__(self, app: ASGIApp, editions: Editions, current: Served, number: str) -> None:
        """current: what the app itself answers from. number: its version without build metadata."""
        self._app: Final = app
        self._editions: Final = editions
        self._current: Final = current
        self._number: Final = number

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            version = self._asked_for(scope)
            if version is None:
                await self._app(scope, receive, _telling(send, self._current, _links(scope, self._current)))
                return
            async with self._editions.reading(version) as edition:
                told = _telling(send, edition.served, _links(scope, edition.served))
                await edition.app(dict(scope), receive, told)
        except CmhGraphError as error:
            await from_error(error)(scope, receive, _telling(send, self._current, ()))

    def _asked_for(self, scope: Scope) -> str | None:
        """The release that a request asks for; None for what is served anyway. Raises BadParameter, UnknownThing."""
        path = scope["path"]
        takes = takes_version(path)
        if not takes and not path.startswith(_RECONCILE):
            return None
        given = _given(scope)
        if not given or scope["method"] not in _READ or not takes:
            if given and path.startswith(_RECONCILE):
                raise BadParameter(
                    "names are matched with the current content alone",
                    where=_WHERE,
                    mend="leave version out",
                )
            return None
        if len(given) > 1:
            raise BadParameter(f"version is given {len(given)} times", where=_WHERE, mend="give it once")
        return self._named(given[0])

    def _named(self, version: str) -> str | None:
        released = self._editions.releases.versions
        # In a query "+" stands for a space; who copies CMH-Version into an address should be understood.
        if version.replace(" ", "+") in (CURRENT, self._current.version):
            return None
        if version in released:
            is_current = self._current.version == version
            return None if is_current else version
        if version == self._number:
            return None
        known = f"released are {', '.join(released) or 'none'}; {CURRENT} is what is served now"
        if not is_version(version) or len(version) > LONGEST:
            raise BadParameter(f"{version[:40]!r} is no version", where=_WHERE, mend=known)
        raise UnknownThing(f"there is no release {version[:40]}", where=_WHERE, mend=known)


_WHERE: Final = f"parameter {VERSION}"


def _given(scope: Scope) -> list[str]:
    if not scope["query_string"]:
        return []
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return [value for name, value in pairs if name == VERSION]


def _links(scope: Scope, served: Served) -> Sequence[str]:
    """Where other versions of an answer are (RFC 5829), for those who asked for one."""
    if not takes_version(scope["path"]) or not _given(scope):
        return ()
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = urlencode([pair for pair in pairs if pair[0] != VERSION])
    here = quote(scope["path"], safe="/:@!$&'()*+,;=~") + (f"?{rest}" if rest else "")
    return ('</v1/releases>; rel="version-history"', f'<{here}>; rel="latest-version"')


def _telling(send: Send, served: Served, links: Sequence[str]) -> Send:
    """A send that adds to an answer what it came from."""

    said = [
        (_VERSION_NAME, served.version.encode("latin-1")),
        (_SNAPSHOT_NAME, served.snapshot.encode("latin-1")),
        *((b"link", link.encode("latin-1")) for link in links),
    ]

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *said]}
        await send(message)

    return tell


def document_versions(document: dict[str, Any], versions: Sequence[str]) -> None:
    """Write the parameter into an OpenAPI document, once at every operation that takes it."""
    example = versions[-1] if versions else CURRENT
    about = (
        f"a released version, as /v1/releases lists them, or {CURRENT}; the header {VERSION_HEADER} "
        "says which one answered"
    )
    schema = {"type": "string", "enum": [*versions, CURRENT], "default": CURRENT}
    described = {**parameter(VERSION, about, schema), "examples": {"release": {"value": example}}}
    for path, operations in document["paths"].items():
        if takes_version(path) and "get" in operations:
            operations["get"].setdefault("parameters", []).append(described)
