"""The process that reads a visitor's list and proposes roles: `python -m cmh_graph.web.align.matching`.

It is called with the process that it belongs to, the folder of the visit and what was chosen, as JSON; the names of the
framework's roles come by standard input. It confines itself before it opens the list, says in progress.json how far it
is, and in outcome.json what came of it. It prints nothing."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from cmh_graph.align.files.kinds import kind_of, start_of
from cmh_graph.align.labels import RoleLabels, unpacked
from cmh_graph.align.pipeline import run, subject_key
from cmh_graph.align.tables import Reject, TitleRow, read_table
from cmh_graph.align.tables.ods import open_ods
from cmh_graph.align.tables.recognise import looks_like_title
from cmh_graph.align.tables.rows import Field, Table
from cmh_graph.align.tables.title_rows import NoTitles
from cmh_graph.align.tables.xlsx import open_xlsx
from cmh_graph.align.titles.title_parts import band_list
from cmh_graph.errors import BadParameter, CmhGraphError, SourceError
from cmh_graph.visits.confine import confine
from cmh_graph.visits.visit import write_json
from cmh_graph.web.align.lists import GIVEN, MAPPINGS, OUT, OUTCOME, POSTS, PROGRESS, PROPOSED
from cmh_graph.web.align.wording import for_page, problem_of

#: What a list may become on the disk, in bytes of one file.
_LARGEST: Final = 128 << 20
_MOST_SHEETS: Final = 12  # of which columns are offered
_MOST_COLUMNS: Final = 60  # of each
#: A column of that name is in no list, so asking for it gives the names of those that are.
_NO_COLUMN: Final = "a column that no list has 5f1cb0"
#: How the reader of tables says that it went by what cells hold.
_GUESSED: Final = "no column has a usual name"
_HEADLESS: Final = "no header was found"


def main(arguments: list[str]) -> int:
    """Match the list of a visit. 0 if there is an outcome, whatever it is."""
    parent, folder, chosen = int(arguments[0]), Path(arguments[1]), json.loads(arguments[2])
    labels = unpacked(sys.stdin.buffer.read())
    # Of a run that was stopped a moment ago.
    (folder / OUTCOME).unlink(missing_ok=True)

    def confined() -> dict[str, Any]:
        confine(parent, memory=chosen["memory"], seconds=chosen["seconds"], file_bytes=_LARGEST)
        return match(folder, chosen, labels)

    write_json(folder / OUTCOME, outcome_of(confined, folder, chosen))
    return 0


def outcome_of(work: Callable[[], dict[str, Any]], folder: Path, chosen: dict[str, Any]) -> dict[str, Any]:
    """What came of the work: its own outcome, or a failure in the aligner's words."""
    try:
        return work()
    except CmhGraphError as error:
        path = folder / GIVEN / chosen["stored"]
        return {"step": "failed", **problem_of(error, path, chosen["name"])}
    except (MemoryError, RecursionError):
        return {"step": "failed", **too_much(chosen["memory"])}
    except OSError as error:
        # The disk is full, or a result would be larger than any should be.
        what = f"the results could not be written: {(error.strerror or 'the disk failed').lower()}"
        return {"step": "failed", "what": what, "where": "", "mend": "try again later, or with fewer rows"}


def too_much(memory: int) -> dict[str, str]:
    """What is said where the memory did not do. memory: in bytes."""
    return {
        "what": f"matching this list needs more than {memory >> 20} MB of memory",
        "where": "",
        "mend": "split the list, or keep each title once: titles that repeat get the same answer",
    }


def match(folder: Path, chosen: dict[str, Any], labels: RoleLabels) -> dict[str, Any]:
    """Read, match, write the results below the folder; gives the outcome. Raises what read_table raises."""
    path = folder / GIVEN / chosen["stored"]
    _tell(folder, "reading", 0, 0)
    columns: dict[Field, str] = {"title": chosen["column"]} if chosen["column"] else {}
    sheet = chosen["sheet"] or None
    try:
        table = read_table(path, columns or None, sheet)
        rows, posts = _walk(table, path, chosen["most_rows"])
    except NoTitles:
        choices = _choices(path)
        if not choices:
            raise
        return {"step": "asking", "choices": choices}
    if not columns and any(note.startswith(_GUESSED) for note in table.notes):
        return {"step": "asking", "choices": _choices(path)}
    out = folder / OUT
    shutil.rmtree(out, ignore_errors=True)

    def tell(done: int) -> None:
        _tell(folder, "writing" if done >= rows else "matching", done, rows)

    _tell(folder, "matching", 0, rows)
    found = run(
        path, out, labels, columns=columns or None, sheet=sheet, progress=tell,
        employer_type=chosen["employer_type"],
    )  # fmt: skip
    shutil.copyfile(out / MAPPINGS, out / PROPOSED)
    (out / POSTS).write_text(json.dumps(posts), encoding="utf-8")
    return {
        "step": "done",
        "rows": found.rows,
        "aligned": found.aligned,
        "rejected": found.rejected,
        "zones": dict(found.zones),
        "used": dict(found.columns),
        "notes": [for_page(note, path, chosen["name"]) for note in found.notes],
        "choices": [] if any(note.startswith(_HEADLESS) for note in found.notes) else _choices(path),
        "sheet": sheet or "",
    }


def _tell(folder: Path, stage: str, done: int, of: int) -> None:
    write_json(folder / PROGRESS, {"stage": stage, "done": done, "of": of})


def _walk(table: Table, path: Path, most: int) -> tuple[int, list[dict[str, str]]]:
    """Number of rows of a list, and the posts among them: key as in the mapping set, title, the one band or "".

    Raises SourceError where it has none that can be used, or more than the most."""
    rows = 0
    posts: list[dict[str, str]] = []
    seen: dict[str, int] = {}
    first: Reject | None = None
    for one in table.rows:
        rows += 1
        if isinstance(one, TitleRow):
            bands = band_list(one.band)
            band = next(iter(bands)) if len(bands) == 1 else ""
            posts.append({"key": subject_key(one, seen), "title": one.title, "band": band})
        else:
            first = first or one
        if rows > most:
            raise SourceError(
                f"the list has more than the {most:,} rows that this page takes",
                where=str(path),
                mend="keep each title once, as titles that repeat get the same answer; or split the list",
            )
    if not posts:
        what = f"no row can be used: {first.reason}" if first else "there is a header and no row below it"
        raise SourceError(what, where=table.name, mend="send a list with a job title in each row")
    return rows, posts


def _choices(path: Path) -> list[dict[str, Any]]:
    """Sheets and their columns to choose from, with samples. What is no workbook has one sheet without a name."""
    kind = kind_of(path, start_of(path))
    sheets: list[str | None] = [None]
    if kind in ("xlsx", "ods"):
        found, _ = (open_xlsx if kind == "xlsx" else open_ods)(path)
        sheets = [*[one.name for one in found if not one.hidden][:_MOST_SHEETS]]
    out = []
    for sheet in sheets:
        try:
            read_table(path, {"title": _NO_COLUMN}, sheet)
        except NoTitles as error:
            columns = [
                {"name": name, "samples": list(samples), "likely": _likely(samples)}
                for name, samples in zip(error.names, error.samples, strict=True)
                if name.strip()
            ]
            if columns:
                out.append({"sheet": sheet or "", "columns": columns[:_MOST_COLUMNS]})
        except (SourceError, BadParameter):
            continue  # an empty sheet offers nothing
    return out


def _likely(samples: Sequence[str]) -> bool:
    """Whether most of some cells look like job titles."""
    return sum(map(looks_like_title, samples)) > len(samples) / 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
