"""ESCO's table of the skills hierarchy: each group with the groups above it, in columns of four levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

_LEVELS: Final = 4


def hierarchy_rows(
    groups: Sequence[Mapping[str, str]], broader: Iterable[Mapping[str, str]]
) -> list[dict[str, str]]:
    """A row for each group down to the fourth level, made from the rows of skillGroups and of broader relations.

    Deeper groups have no row, as the table has no column for them: they are in the broader relations. Of several
    wider groups the first is taken, and a circle has no beginning, so that its groups have no row."""
    known = {row["conceptUri"]: row for row in groups}
    above: dict[str, str] = {}
    for row in broader:
        if row["conceptUri"] in known and row["broaderUri"] in known:
            above.setdefault(row["conceptUri"], row["broaderUri"])
    paths = [path for iri in known if 0 < len(path := _path(iri, above)) <= _LEVELS]
    return [_row([known[iri] for iri in path]) for path in sorted(paths)]


def _path(iri: str, above: Mapping[str, str]) -> list[str]:
    """The group and those above it, the widest first; nothing if they go round or are too many."""
    path = [iri]
    while (wider := above.get(path[0])) is not None:
        if len(path) == _LEVELS:
            return []
        path.insert(0, wider)
    return path


def _row(path: Sequence[Mapping[str, str]]) -> dict[str, str]:
    row = {"Description": path[-1]["description"], "Scope note": path[-1]["scopeNote"]}
    for level, group in enumerate(path):
        row[f"Level {level} URI"] = group["conceptUri"]
        row[f"Level {level} preferred term"] = group["preferredLabel"]
        row[f"Level {level} code"] = group["code"]
    return row
