"""One visitor's folder: small files of JSON about the visit, each replaced in one step, and what else lies there."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import DataFailed

_ABOUT: Final = "visit.json"
#: Its time of change is when the visitor last did something.
SEEN: Final = "seen"


@dataclass(frozen=True, slots=True)
class Visit:
    """folder: all that is known of the visit lies in it."""

    folder: Path

    @property
    def key(self) -> str:
        """The name of the folder: tells visits apart, and opens none."""
        return self.folder.name

    @property
    def holder(self) -> str:
        """Who signed in, by the name that belongs to a token; "" for a visitor whom nobody knows. Never the token."""
        return str((self.read(_ABOUT) or {}).get("holder", ""))

    def read(self, name: str) -> dict[str, Any] | None:
        """What a file of JSON holds; None if there is none, or none that is whole."""
        try:
            found = json.loads((self.folder / name).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def write(self, name: str, values: dict[str, Any]) -> None:
        """Replace a file of JSON: it is as before or as given. Raises DataFailed where nothing can be written."""
        write_json(self.folder / name, values)

    def drop(self, *names: str) -> None:
        """Remove files, if they are there."""
        for name in names:
            with suppress(FileNotFoundError):
                (self.folder / name).unlink()

    def about(self, *, began: float, holder: str = "") -> None:
        """Write when the visit began, in seconds since 1970, and who signed in."""
        self.write(_ABOUT, {"began": began, "holder": holder})

    def began(self) -> float:
        """When the visit began; 0 if nobody knows."""
        return float((self.read(_ABOUT) or {}).get("began", 0.0))


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write a file in one step, readable by us alone. Raises DataFailed."""
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as out:  # noqa: PTH123
            json.dump(values, out, ensure_ascii=False)
            out.flush()
            os.fsync(out.fileno())
        half.replace(path)
    except OSError as error:
        raise failed(error) from error
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)


def failed(error: OSError) -> DataFailed:
    """What a visitor is told when the disk fails: no path of ours."""
    return DataFailed(
        f"the service cannot keep your file: {(error.strerror or 'the disk failed').lower()}",
        mend="try again later; nothing of yours was kept",
    )
