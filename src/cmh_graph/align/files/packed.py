"""Members of a zip as streams. Nothing is unpacked to disk, so names and links in a zip lead nowhere."""

from __future__ import annotations

import mmap
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cmh_graph.align.files.limits import LARGEST_PACKED, MOST_MEMBERS, MOST_UNPACKED
from cmh_graph.errors import SourceError

PIECE: Final = 1 << 16  # bytes
AGAIN: Final = "open it in the program that made it and save it again"


@contextmanager
def open_packed(path: Path) -> Iterator[zipfile.ZipFile]:
    """A zip, held open. Raises SourceError if it is damaged, or larger or fuller than any real document."""
    size = path.stat().st_size
    if size > LARGEST_PACKED:
        raise SourceError(
            f"the file is larger than the {LARGEST_PACKED >> 20} MB that we read",
            where=str(path), mend="keep only the sheet with the titles, or save it as .csv",
        )  # fmt: skip
    try:
        # The index of a zip is read whole, so its entries are counted before, in the file's bytes.
        with (
            path.open("rb") as opened,
            mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as held,
        ):
            if _entries(held) > MOST_MEMBERS:
                raise SourceError(
                    f"the zip holds more than {MOST_MEMBERS:,} files", where=str(path), mend=AGAIN
                )
        packed = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged(path) from error
    with packed:
        yield packed


def _entries(held: mmap.mmap) -> int:
    count, place = 0, held.find(b"PK\x01\x02")
    while place >= 0 and count <= MOST_MEMBERS:
        count += 1
        place = held.find(b"PK\x01\x02", place + 4)
    return count


def damaged(path: Path, what: str = "the file is damaged and cannot be unpacked") -> SourceError:
    return SourceError(what, where=str(path), mend=AGAIN)


def member_names(path: Path) -> frozenset[str]:
    """The names of what a zip holds."""
    with open_packed(path) as packed:
        return frozenset(packed.namelist())


def member_pieces(
    packed: zipfile.ZipFile, name: str, path: Path, most: int = MOST_UNPACKED, mend: str = ""
) -> Iterator[bytes]:
    """The bytes of a member, a piece at a time, as far as they really are: a zip may lie about sizes.

    Raises SourceError if it unpacks to more than `most` bytes, is locked, packed in a rare way or damaged."""
    try:
        about = packed.getinfo(name)
    except KeyError:
        raise damaged(path, f"the file is damaged: it has no part {name!r}") from None
    if about.flag_bits & 1:
        raise SourceError(
            "the file is protected by a password", where=str(path), mend="save a copy without a password"
        )
    if about.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The others give back any amount of bytes at once.
        raise damaged(path, "the file is packed in a way that no office program uses")
    too_much = SourceError(
        f"the file unpacks to more than the {most >> 20:,} MB that we read",
        where=f"{path}, part {name}",
        mend=mend or "keep only the sheet with the titles, or save it as .csv",
    )
    if about.file_size > most:
        raise too_much
    seen = 0
    try:
        with packed.open(about) as member:
            while piece := member.read(PIECE):
                seen += len(piece)
                if seen > most:
                    raise too_much
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise damaged(path) from error


class Budget:
    """How much may be unpacked of one file altogether, however often its parts are read again."""

    def __init__(self, path: Path, most: int = 2 * MOST_UNPACKED) -> None:
        self._path, self._left = path, most

    def spend(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._left -= len(piece)
            if self._left < 0:
                raise SourceError(
                    "the sheets of the file unpack to more than we read",
                    where=str(self._path),
                    mend="name the sheet with --sheet, or save it as .csv",
                )
            yield piece
