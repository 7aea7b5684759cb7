"""The sources behind a page, each once."""

from __future__ import annotations

from collections.abc import Iterable

from cmh_graph.framework import Framework
from cmh_graph.model import Key, Says, Source


def sources_of(framework: Framework, said: Iterable[Says | None]) -> list[Source]:
    """The sources of some statements, by label; keys that no source has, such as "inference", are left out."""
    keys = {Key(str(key)) for says in said if says is not None for key in says.sources}
    found = (framework.sources.get(key) for key in keys)
    return sorted((one for one in found if one is not None), key=lambda one: (one.label.casefold(), one.key))
