"""What the commands share: notes to the user, a choice among words, rows as aligned text or CSV, a file."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cmh_graph.delimited import RowWriter
from cmh_graph.errors import BadParameter
from cmh_graph.settings import Settings

if TYPE_CHECKING:
    from rich.progress import TaskID

    from cmh_graph.store import Store


def note(text: str) -> None:
    """Tell the user something that is no result. A control character, as of a file's name, is shown and not obeyed."""
    shown = (char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text)
    print("".join(shown), file=sys.stderr, flush=True)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar where people look on, lines elsewhere; to be told what is under way, how much is done and of how much."""
    if not sys.stderr.isatty():
        last: dict[str, int] = {}

        def tell(what: str, done: int, whole: int) -> None:
            # A log wants few lines: the first, the last, and one in between for each tenth or each 100,000.
            step = max(1, whole // 10) if whole else 100_000
            if what not in last or done == whole or done // step > last[what] // step:
                last[what] = done
                note(f"  {what}: {done:,}" + (f" of {whole:,}" if whole else ""))

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, whole: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=whole or None)
            bar.update(tasks[what], completed=done, total=whole or None)

        yield show


def choose(name: str, value: str, allowed: Sequence[str]) -> str:
    """The value if it is allowed; otherwise BadParameter that lists what is."""
    if value not in allowed:
        raise BadParameter(f"'{value}' is not known", where=name, mend=f"choose from {', '.join(allowed)}")
    return value


def snapshot_store() -> Store:
    """The store of the current snapshot. Raises what current_snapshot raises."""
    from cmh_graph.snapshot import DATASET, current_snapshot
    from cmh_graph.store import Store

    return Store.load(current_snapshot(Settings().snapshots) / DATASET)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as aligned text; long cells are cut at 60 characters and end in "…"."""
    cells = [[_cut(str(cell)) for cell in row] for row in [list(columns), *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _cut(text: str, width: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def write_file(path: Path, content: bytes) -> Path:
    """The path, once the file is written, its folders made as needed. Raises BadParameter if that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadParameter(
            f"the file cannot be written: {why.lower()}",
            where=str(path),
            mend="give a place that you may write to",
        ) from None
    return path


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as CSV with a header line."""
    output = io.StringIO(newline="")
    writer = RowWriter(output)
    writer.writerow(columns)
    writer.writerows(rows)
    return output.getvalue()
