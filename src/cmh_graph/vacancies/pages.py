"""A page with JSON-LD in it -> the rows of a feed, with the line of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cmh_graph.errors import SourceError
from cmh_graph.vacancies.item import Item
from cmh_graph.vacancies.json_items import read_document
from cmh_graph.vacancies.nodes import json_fault, loads, postings

_START: Final = re.compile(r"<script\b([^<>]{0,2000})>", re.IGNORECASE)
_END: Final = re.compile(r"</script\b", re.IGNORECASE)
_LINKED_DATA: Final = re.compile(r"""\btype\s{0,9}=\s{0,9}["']?\s{0,9}application/ld\+json""", re.IGNORECASE)


def _scripts(text: str) -> list[tuple[int, str]]:
    """The script elements that hold JSON-LD, with the line of each; in time that grows with the page."""
    found, at, line, counted = [], 0, 1, 0
    while (start := _START.search(text, at)) and (end := _END.search(text, start.end())):
        if _LINKED_DATA.search(start[1]):
            line, counted = line + text.count("\n", counted, start.start()), start.start()
            found.append((line, text[start.end() : end.start()]))
        at = end.end()
    return found


def read_page(text: str, path: Path) -> Iterator[Item]:
    """The rows of a page. Raises SourceError if it has no JSON-LD in it."""
    scripts = _scripts(text)
    if not scripts:
        raise SourceError(
            "the page has no JSON-LD in it",
            where=str(path),
            mend='put the posting into <script type="application/ld+json">; other markup is not read',
        )
    for line, script in scripts:
        bare = re.sub(r"^\s*(?:<!--|//<!\[CDATA\[|<!\[CDATA\[)|(?:-->|//\]\]>|\]\]>)\s*$", "", script)
        try:
            found = loads(bare)
        except ValueError as error:
            yield Item(
                {}, line, f"the JSON-LD of this script cannot be read: {json_fault(error)}", script.strip()
            )
            continue
        # A page holds other JSON-LD too, of the site and its breadcrumbs: that is no row of a feed.
        if any(True for _ in postings(found)):
            yield from read_document(bare, path, line)
