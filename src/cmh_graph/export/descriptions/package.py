"""What is described: an edition, the files that were written of it, and where it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cmh_graph import __version__
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format

#: Texts of the repository that travel with the files.
NOTICES: Final = ("ATTRIBUTION.md", "LICENSE-CONTENT")


@dataclass(frozen=True, slots=True)
class Origin:
    """What the graph cannot know of itself.

    sources: name of a source file -> SHA-256 of its bytes. notices: name -> bytes of the texts on licence and
    attribution that travel with the files. software: the version of this package."""

    sources: Mapping[str, str] = field(default_factory=dict)
    notices: Files = field(default_factory=dict)
    software: str = __version__


def origin_of(sources: Mapping[str, str], home: Path) -> Origin:
    """The origin of a graph built from these sources, with those of NOTICES that stand below home."""
    found = {name: home / name for name in NOTICES}
    return Origin(sources, {name: path.read_bytes() for name, path in found.items() if path.is_file()})


@dataclass(frozen=True, slots=True)
class File:
    """A file that was written.

    name: as below exports/. size: in bytes. format: None for what comes with every export."""

    name: str
    size: int
    sha256: str
    format: Format | None = None


def file_of(name: str, data: bytes, format: Format | None = None) -> File:
    """What is said of one file."""
    return File(name, len(data), hashlib.sha256(data).hexdigest(), format)


@dataclass(frozen=True, slots=True)
class Package:
    """An edition, the files that were written of it in the order of their formats, and its origin."""

    edition: Edition
    files: tuple[File, ...] = ()
    origin: Origin = field(default_factory=Origin)

    def with_files(self, files: Files, format: Format | None = None) -> Package:
        """The same with more files."""
        more = (file_of(name, data, format) for name, data in files.items())
        return replace(self, files=(*self.files, *more))


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """One way to describe a package.

    name: as in --format. title: as people call it. loaded_by: who loads it. write: a package -> files."""

    name: str
    title: str
    loaded_by: str
    write: Callable[[Package], Files]
