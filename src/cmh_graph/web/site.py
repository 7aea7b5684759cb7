"""Templates and what all of them need -> a page, written once for each snapshot and address."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, Final

from fastapi import Request
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, PackageLoader
from markupsafe import Markup
from starlette.responses import Response

from cmh_graph.api.kept_reads import keep
from cmh_graph.api.representations import Form, cache_headers, is_fresh
from cmh_graph.framework import Framework
from cmh_graph.web.assets import Assets, takes_gzip
from cmh_graph.web.wording import path_of, status_words

HTML: Final = Form("html", "text/html")
#: Pages kept in memory, packed. The least used go first.
KEPT: Final = 1000
#: Part of the site -> its address, in the order of the navigation.
NAVIGATION: Final = (
    ("Roles", "/roles"),
    ("Skills", "/skills"),
    ("Values", "/values"),
    ("Pathways", "/pathways"),
    ("Map", "/map"),
    ("Find your way", "/find"),
    ("What I have", "/have"),
    ("Where I am", "/assess"),
    ("Compare", "/compare"),
    ("Match job titles", "/align"),
    ("For employers", "/employers"),
    ("Data", "/data"),
)


class Site:
    """The pages over one framework."""

    def __init__(self, framework: Framework, assets: Assets, kept: int = KEPT) -> None:
        """kept: the most pages kept in memory."""
        self.framework: Final = framework
        self._most: Final = kept
        self._pages: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()
        self._look: Final = _look(assets)
        self._templates = Environment(
            loader=ChoiceLoader([PackageLoader("cmh_graph.web"), PackageLoader("nhsuk_frontend_jinja")]),
            # The design system's macros read parameters that are not given.
            undefined=ChainableUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            asset=assets.path,
            navigation=NAVIGATION,
            path_of=path_of,
            status_words=status_words,
            release=framework.version,
        )

    def write(self, template: str, values: Mapping[str, Any]) -> bytes:
        """A page from a template and its values; texts are escaped."""
        return self._templates.get_template(template).render(**values).encode()

    def respond(
        self,
        request: Request,
        template: str,
        values: Callable[[], Mapping[str, Any]],
        more: Mapping[str, str] | None = None,
    ) -> Response:
        """The page at the address of a request, from memory where it takes no choices; 304 if the reader has it.

        values: what the template shows; a function of the snapshot and the address alone. more: further headers."""
        headers = {**cache_headers(request, HTML), **(more or {}), "Vary": "Accept, Accept-Encoding"}
        # What a page looks like may change while what it says does not.
        headers["ETag"] = f'{headers["ETag"][:-1]}-{self._look}"'
        packs = takes_gzip(request)
        if packs:
            # The same page packed is another representation (RFC 9110, 8.8.3).
            headers |= {"ETag": headers["ETag"][:-1] + '-gzip"', "Content-Encoding": "gzip"}
        if is_fresh(request, headers):
            headers.pop("Content-Encoding", None)
            return Response(status_code=304, headers=headers)
        # What visitors choose and type neither stays here nor pushes out the pages that all read.
        if request.url.query or not self._most:
            written = self.write(template, values())
            return Response(
                _packed(written) if packs else written, media_type=HTML.media_type, headers=headers
            )
        page = self._kept(request.url.path, lambda: _packed(self.write(template, values())))
        keep(request)
        body = page if packs else gzip.decompress(page)
        return Response(body, media_type=HTML.media_type, headers=headers)

    def _kept(self, address: str, write: Callable[[], bytes]) -> bytes:
        """The page at an address, written once; the least used go first when there are too many."""
        with self._lock:
            page = self._pages.get(address)
            if page is not None:
                self._pages.move_to_end(address)
                return page
        page = write()
        with self._lock:
            self._pages[address] = page
            while len(self._pages) > self._most:
                self._pages.popitem(last=False)
        return page


def _packed(page: bytes) -> bytes:
    return gzip.compress(page, 6, mtime=0)


def _look(assets: Assets) -> str:
    """Eight digits that change with the stylesheets, the scripts or the templates."""
    digest = hashlib.sha256(assets.version.encode())
    for path in sorted((Path(__file__).parent / "templates").glob("*.html")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def inline(svg: str) -> Markup:
    """A picture for a page. Its size is the stylesheet's matter: the policy of pages allows no style attribute."""
    return Markup(svg.replace(' style="max-width:100%;height:auto"', ' class="app-picture"'))
