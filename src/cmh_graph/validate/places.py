"""Where in files a thing is stated, for a report that names file and line."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from cmh_graph.namespaces import BASE
from cmh_graph.validate.reading import OURS, form_of
from cmh_graph.validate.statements import Statements, text_of_term


def places_of(
    names: Mapping[Path, str], parts: Mapping[Path, Statements], wanted: Collection[bytes]
) -> dict[str, tuple[str, int]]:
    """Thing -> the file, and the line in it, where it is first stated, as far as a look at the texts tells."""
    places: dict[str, tuple[str, int]] = {}
    for file, name in names.items():
        own = (
            {text_of_term(one) for one in parts[file].subjects() & set(wanted)} - places.keys()
            if wanted
            else set()
        )
        for entity, line in _lines(file, own):
            places.setdefault(entity, (name, line))
    return places


def _lines(file: Path, subjects: set[str]) -> Iterator[tuple[str, int]]:
    """Where the subjects are stated in a file, from the top."""
    if not subjects:
        return
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    prefixes = dict(re.findall(r"(?i)@?prefix\s+([\w.-]*):\s*<([^<>]*)>", text))
    form = form_of(file)
    if form in OURS:
        token = r"^[ \t{]*(?:<([^>\s]*)>|([\w.-]*):([^\s;,{}\[\]()\"<>]*))(?=\s)"
    else:
        token = r"(?:\"@id\"\s*:\s*\"|rdf:(?:about|ID)\s*=\s*[\"'])([^\"']*)[\"']()()"
    looked_for = re.compile(token)
    left = set(subjects)
    for number, line in enumerate(io.StringIO(text), start=1):
        for match in looked_for.finditer(line):
            full, prefix, local = match.groups()
            iri = full if full is not None else prefixes.get(prefix, f"{prefix}:") + local.replace("\\", "")
            for candidate in (iri, BASE + iri):
                if candidate in left:
                    left.remove(candidate)
                    yield candidate, number
        if not left:
            return
