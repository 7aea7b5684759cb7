"""What a text may mean, as a page."""

from __future__ import annotations

from typing import Any, Final

from cmh_graph.framework import Framework

MOST_SHOWN: Final = 50


def search_page(framework: Framework, text: str) -> dict[str, Any]:
    """What search.html shows for a text; an empty text shows how to search."""
    found = framework.search(text, limit=MOST_SHOWN) if text.strip() else []
    return {
        "crumbs": [{"text": "Home", "href": "/"}],
        "title": f"Search results for {text}" if text.strip() else "Search",
        "q": text,
        "found": [
            {
                "label": one.label,
                "address": f"/vocab/band/{one.key}" if one.kind == "band" else f"/{one.kind}/{one.key}",
                "kind": one.kind.replace("-", " "),
                "text": one.matched if one.matched.casefold() != one.label.casefold() else "",
            }
            for one in found
        ],
    }
