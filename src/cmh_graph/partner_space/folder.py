"""The data folder: which of its databases is in use, and how another one gets there.

data/current             the name of the database in use
data/partners-1.sqlite   the database, with -wal and -shm beside it while it is open
data/partners-2.sqlite   the one that a restore has put in its place; the former stays
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cmh_graph.errors import DataDamaged

from .failures import translated
from .schema import create

POINTER: Final = "current"

_NAME: Final = re.compile(r"partners-([1-9][0-9]{0,5})\.sqlite")
_TAKEN: Final = re.compile(r"partners-([1-9][0-9]{0,5})\.sqlite(-wal|-shm|-journal)?")


def is_space(folder: Path) -> bool:
    """Whether a database of ours is or was in the folder."""
    return (folder / POINTER).exists() or any(folder.glob("partners-*.sqlite"))


def make_folder(folder: Path) -> None:
    """Make the folder and an empty database in it, unless they are there. Safe with several processes at once.

    Raises DataDamaged where databases are there and nothing says which is in use."""
    with translated(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (folder / POINTER).exists():
            return
        with only_one(folder):
            if (folder / POINTER).exists():
                return
            there = sorted(name.name for name in folder.glob("partners-*.sqlite"))
            first = folder / "partners-1.sqlite"
            if there not in ([], [first.name]):
                raise DataDamaged(
                    f"nothing says which of {', '.join(there)} is in use",
                    where=str(folder / POINTER),
                    mend=f"write the name of the newest one that is whole into the file '{POINTER}'",
                )
            if not there:
                part = folder / ".partners-1.part"
                for left in folder.glob(".partners-1.part*"):
                    left.unlink()
                create(part)
                part.rename(first)
            write_pointer(folder, first.name)


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: one process at a time makes, restores."""
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_pointer(folder: Path) -> Path:
    """The database that the pointer names. Raises DataDamaged if it names none of ours."""
    name = (folder / POINTER).read_text(encoding="utf-8", errors="replace").strip()
    if not _NAME.fullmatch(name):
        raise DataDamaged(
            "the pointer to the database in use is damaged",
            where=str(folder / POINTER),
            mend="write the name of the newest partners-N.sqlite that is whole into it",
        )
    return folder / name


def write_pointer(folder: Path, name: str) -> None:
    """Say which database is in use, in one step that survives a crash."""
    draft = folder / f".{POINTER}.part"
    with draft.open("w", encoding="utf-8") as output:
        output.write(f"{name}\n")
        output.flush()
        os.fsync(output.fileno())
    draft.replace(folder / POINTER)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def generation_of(path: Path) -> int:
    """N of partners-N.sqlite; 0 for another name."""
    match = _NAME.fullmatch(path.name)
    return int(match[1]) if match else 0


def next_generation(folder: Path) -> int:
    """A number that no database of the folder has, nor a log of writes that one has left behind."""
    found = (_TAKEN.fullmatch(path.name) for path in folder.iterdir())
    return 1 + max((int(match[1]) for match in found if match), default=0)
