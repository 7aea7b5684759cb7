"""Things by the names that the workbook shows, and back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

from cmh_graph.namespaces import BASE

_IN_BRACKETS: Final = re.compile(r"(?:^|.* )\[([^\[\]\s]+)\]")


class Names:
    """The names of all things that have a row in the workbook."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """names: IRI -> the name on its row."""
        self._names = dict(names)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for iri, name in self._names.items():
            self._by_name[name].append(iri)

    def shown(self, iri: str, kinds: Collection[str]) -> str:
        """What stands for a thing: its name where that is enough, else the name and its key in brackets.

        kinds: those of the things that may stand there."""
        name = self._names.get(iri, "")
        if name and self._found(name, kinds) == [iri] and not _IN_BRACKETS.fullmatch(name):
            return name
        mark = f"[{iri.removeprefix(BASE)}]"
        return f"{name} {mark}" if name else mark

    def meant(self, text: str, kinds: Collection[str]) -> str:
        """The IRI that a text stands for; "" where it stands for none, or for several."""
        if marked := _IN_BRACKETS.fullmatch(text):
            key = marked[1]
            return key if "://" in key else BASE + key
        found = self._found(text, kinds)
        return found[0] if len(found) == 1 else ""

    def _found(self, name: str, kinds: Collection[str]) -> list[str]:
        found = self._by_name.get(name, [])
        return [iri for iri in found if iri.removeprefix(BASE).rpartition("/")[0] in kinds] if found else []
