"""Which IRIs an organisation may speak about: its own names, and nothing that the framework or another has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cmh_graph.namespaces import BASE, GRAPH_PARTNER, KINDS

#: Kinds of thing that a key may stand under. A mapping set is named .../mappings/{key}.
OWN_KINDS: Final = (*KINDS, "mappings")
#: What may follow the hyphen: the unreserved characters of RFC 3986, so that a name is one segment of one address.
_REST: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,199}")


@dataclass(frozen=True, slots=True)
class OwnNames:
    """The names of one organisation. namespaces: further ones, as recorded when it was added.

    A key has small letters and digits only (keys.py), so no key followed by a hyphen begins another's names."""

    key: str
    namespaces: tuple[str, ...] = ()

    @property
    def graph(self) -> str:
        """The IRI of the organisation's named graph."""
        return GRAPH_PARTNER + self.key

    def holds(self, iri: str) -> bool:
        """Whether an IRI is one that the organisation may speak about.

        Those are .../{kind}/{key}, .../{kind}/{key}-..., its graph's name, and what begins with one of its namespaces
        and goes on."""
        if iri.startswith(BASE):
            kind, slash, name = iri.removeprefix(BASE).partition("/")
            if not slash or kind not in OWN_KINDS:
                return iri == self.graph
            return name == self.key or (
                name.startswith(f"{self.key}-") and _REST.fullmatch(name, len(self.key) + 1) is not None
            )
        return any(iri.startswith(space) for space in self.namespaces)

    def example(self, kind: str = "post") -> str:
        """A name that it could give to something."""
        return f"{BASE}{kind}/{self.key}-1"
