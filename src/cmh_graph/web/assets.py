"""Stylesheets, scripts and icons of the pages, served under a name that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from cmh_graph.api.described import Router
from cmh_graph.errors import UnknownThing

STATIC: Final = Path(__file__).parent / "static"
#: Readers may keep a file for a year: another content has another address.
_KEEP: Final = "public, max-age=31536000, immutable"
_PACKED: Final = ("text/css", "text/javascript", "image/svg+xml")


@dataclass(frozen=True)
class Asset:
    """A file: its media type and its bytes."""

    media_type: str
    data: bytes

    @cached_property
    def packed(self) -> bytes | None:
        """The same packed by gzip, where that helps; made for the first who asks, for all of them take long."""
        return gzip.compress(self.data, 9, mtime=0) if self.media_type in _PACKED else None


def takes_gzip(request: Request) -> bool:
    """Whether a reader takes what is packed by gzip: it is named, and not ruled out by q=0 (RFC 9110, 12.5.3)."""
    for part in ", ".join(request.headers.getlist("accept-encoding")).lower().split(","):
        name, *settings = (one.strip() for one in part.split(";"))
        if name in ("gzip", "x-gzip"):
            return not any(re.fullmatch(r"q\s*=\s*0(\.0*)?", one) for one in settings)
    return False


class Assets:
    """All files below a folder, in memory.

    version: twelve hexadecimal digits that name the content of all of them."""

    def __init__(self, folder: Path = STATIC) -> None:
        self.files: Final[dict[str, Asset]] = {}
        digest = hashlib.sha256()
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name, data = path.relative_to(folder).as_posix(), path.read_bytes()
            digest.update(name.encode() + b"\0" + data)
            media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
            self.files[name] = Asset(media_type, data)
        self.version: Final = digest.hexdigest()[:12]

    def path(self, name: str) -> str:
        """The address of a file. Raises KeyError if there is no such file."""
        self.files[name]
        return f"/assets/{self.version}/{name}"

    def router(self) -> APIRouter:
        """The routes that serve the files."""
        routes = Router(include_in_schema=False)

        @routes.get("/assets/{version}/{name:path}")
        def asset(request: Request, version: str, name: str) -> Response:
            found = self.files.get(name)
            if found is None:
                raise UnknownThing("there is no such file", mend="start at /")
            # A page of an earlier release may still ask for its own version: better the new file than none.
            kept = _KEEP if version == self.version else "no-store"
            headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
            if takes_gzip(request) and found.packed is not None:
                headers["Content-Encoding"] = "gzip"
                return Response(found.packed, media_type=found.media_type, headers=headers)
            return Response(found.data, media_type=found.media_type, headers=headers)

        return routes
