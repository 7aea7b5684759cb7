"""sitemap.xml and robots.txt: where search engines find every page of this host, and what is not for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from cmh_graph.framework import ATTRIBUTE_OF, Framework
from cmh_graph.namespaces import BASE
from cmh_graph.web.pages.listing import LISTINGS

#: Pages that are about no one thing. Search and its results are no places to be found by a search engine.
BESIDE: Final = (
    "",
    "find",
    "have",
    "assess",
    "map",
    "compare",
    "align",
    "employers",
    "data",
    "about",
    "docs",
    "ns",
)
#: Programs' addresses, and pages that depend on what a visitor chose: endless, and nothing new in them.
_DISALLOWED: Final = (
    "/sparql",
    "/reconcile",
    "/v1/",
    "/ims/",
    "/search",
    "/find?",
    "/compare?",
    "/align/",
    "/assess?",
    "/map?",
)


def addresses(framework: Framework) -> Iterator[str]:
    """The path of every page, without the first stroke: those beside the things, the listings, the things by IRI."""
    yield from BESIDE
    yield from LISTINGS
    for kind in ATTRIBUTE_OF:
        for thing in framework.things(kind).values():
            yield thing.iri.removeprefix(BASE)


def sitemap(framework: Framework, public_address: str) -> bytes:
    """All pages as sitemaps.org describes it. public_address: where this service is seen, with a stroke at its end."""
    lines = [f"<url><loc>{escape(public_address + one)}</loc></url>" for one in addresses(framework)]
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    )
    return "\n".join([head, *lines, "</urlset>\n"]).encode()


def robots(public_address: str) -> bytes:
    """robots.txt as RFC 9309 describes it, with the address of the sitemap."""
    rules = [f"Disallow: {one}" for one in _DISALLOWED]
    return "\n".join(["User-agent: *", *rules, "", f"Sitemap: {public_address}sitemap.xml", ""]).encode()
