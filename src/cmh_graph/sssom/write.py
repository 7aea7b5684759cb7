"""A mapping set -> its TSV file. A line that nobody changed keeps its bytes; a file is replaced whole or not at all."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cmh_graph.errors import SourceError
from cmh_graph.sssom.model import MappingFile


def text_of_file(file: MappingFile) -> str:
    """The file as text: head, column names, rows. A file that was read and not changed gives the same bytes."""
    out = ["".join(file.head)]
    out.append(file.title_line or line_of(file.columns, file.end))
    for place, row in enumerate(file.rows):
        raw = row.raw or line_of([row[column] for column in file.columns], file.end)
        # The last line of a file may lack its end, but not where a row now follows.
        out.append(raw if raw.endswith("\n") or place == len(file.rows) - 1 else raw + file.end)
    if file.rows and not out[1].endswith("\n"):
        out[1] += file.end
    return "".join(out)


def line_of(cells: Sequence[str], end: str = "\n") -> str:
    """Cells as a line; one with a quotation mark, tab or line break stands in quotation marks."""
    line = io.StringIO(newline="")
    csv.writer(line, delimiter="\t", lineterminator=end).writerow(cells)
    return line.getvalue()


def replace_file(path: Path, text: str) -> None:
    """Write a file in one step: it is whole, on the disk and in place, or it is as it was.

    Raises SourceError where the folder or the file may not be written."""
    # A link is followed, so that what it points to is replaced and not the link.
    path = path.resolve()
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with half.open("w", encoding="utf-8", newline="") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        if path.exists():
            half.chmod(path.stat().st_mode & 0o777)
        half.replace(path)
    except OSError as error:
        raise SourceError(
            f"the file cannot be written: {error.strerror}",
            where=str(path),
            mend="check that the folder is there and that you may write to it",
        ) from None
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
