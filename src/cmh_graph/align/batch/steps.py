"""What a run is about. A second run of the same may leave out what the first has done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmh_graph import __version__
from cmh_graph.align.batch.reading import Part
from cmh_graph.align.tables import Field
from cmh_graph.errors import BadParameter


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run.

    rows: read, of which rejected could not be used. posts: different ones. zones: accept, review, none -> rows."""

    engine: str
    files: int
    rows: int
    rejected: int
    posts: int
    zones: Mapping[str, int]

    def as_json(self) -> str:
        """The summary as it is written beside the tables."""
        plain: dict[str, Any] = {
            "version": __version__,
            "engine": self.engine,
            "files": self.files,
            "rows": self.rows,
            "rejected": self.rejected,
            "different_posts": self.posts,
            "zones": dict(self.zones),
        }
        return json.dumps(plain, indent=2) + "\n"


def fingerprint(
    parts: Sequence[Part], columns: Mapping[Field, str], labels: bytes, top: int, engine: str
) -> str:
    """A digest of all that decides what a run answers: files by name, size and time, options, content and release."""
    files = [
        [part.name, str(part.path.resolve()), stat.st_size, stat.st_mtime_ns]
        for part in parts
        for stat in (part.path.stat(),)
    ]
    return digest_of([*files, dict(sorted(columns.items())), top], labels, engine)


def digest_of(told: Sequence[Any], labels: bytes, engine: str) -> str:
    """64 hexadecimal digits for plain data, the labels and this release."""
    whole = [engine, __version__, hashlib.sha256(labels).hexdigest(), *told]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


def results_folder(out: Path) -> Path:
    """The folder of results, made if it is not there. Raises BadParameter if it cannot be written to."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".may-write"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise BadParameter(
            f"the results cannot be written: {(error.strerror or str(error)).lower()}",
            where=str(out),
            mend="give a folder that you may write to",
        ) from None
    return out
