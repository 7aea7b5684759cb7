"""What a format is: a name, those who load it, and functions from an edition to files and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from importlib.util import find_spec

from cmh_graph.export.edition import Edition
from cmh_graph.store import Triple

#: file name below exports/, with "/" between folders -> its bytes
Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Written:
    """The files of one format, and the stated triples that they carry.

    carried: None if all of them; otherwise what a reader of the files can get back."""

    files: Files
    carried: Set[Triple] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One exchange format.

    name: as in --format. title: as people call it. loaded_by: who loads it, into what. write: an edition -> files.
    read: files -> the triples they carry, where they can come back. why_lost: class or property IRI -> why it is
    left out; "" holds for all others. needs: a module that `write` cannot do without and that an extra brings."""

    name: str
    title: str
    loaded_by: str
    write: Callable[[Edition], Written]
    read: Callable[[Files], Set[Triple]] | None = None
    why_lost: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether what `write` needs is installed."""
        return not self.needs or find_spec(self.needs) is not None
