"""The files that a visitor takes away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cmh_graph.errors import UnknownThing
from cmh_graph.sssom.read import read_mapping_file
from cmh_graph.sssom.targets import Targets
from cmh_graph.visits.visit import Visit
from cmh_graph.web.align.lists import MAPPINGS, OUT, ListOf

REJECTS: Final = "rejects.csv"
CANDIDATES: Final = "candidates.csv"


@dataclass(frozen=True, slots=True)
class Result:
    """One file. name: at our address, and the end of the name that it is saved under."""

    name: str
    media_type: str
    what: str
    about: str


RESULTS: Final = (
    Result(
        "reviewed.xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "Workbook",
        "your list with a role for each title, and what is reviewed and what is not",
    ),
    Result(
        MAPPINGS,
        "text/tab-separated-values; charset=utf-8",
        "Mapping set",
        "every proposal and decision with its reason, as data for other tools (SSSOM)",
    ),
    Result(
        "report.html",
        "text/html; charset=utf-8",
        "Report to print",
        "what the machine proposed before anybody decided",
    ),
    Result(
        CANDIDATES,
        "text/csv; charset=utf-8",
        "All proposals",
        "one line for each role that came near, as a table",
    ),
    Result(REJECTS, "text/csv; charset=utf-8", "Rows that could not be used", "with the reason for each"),
)


def results_of(held: ListOf) -> list[Result]:
    """The files there are for a list that was matched."""
    rejected = held.outcome.get("rejected", 0)
    return [one for one in RESULTS if one.name != REJECTS or rejected]


def saved_name(held: ListOf, result: Result) -> str:
    """The name under which a browser saves a result: after the list, in ASCII."""
    return f"{Path(held.stored).stem}-{result.name}"


def write_result(
    visit: Visit, held: ListOf, name: str, targets: Callable[[], Targets]
) -> tuple[Result, bytes]:
    """A result and its bytes. Raises UnknownThing if there is no such one."""
    result = next((one for one in results_of(held) if one.name == name), None)
    if result is None or held.step != "done":
        raise UnknownThing(f"there is no result {name[:100]}", mend="see Results for those there are")
    out = visit.folder / OUT
    try:
        if name == "reviewed.xlsx":
            # What writes workbooks takes a while to load, and few ask for one.
            from cmh_graph.web.align.workbook import reviewed_workbook

            file = read_mapping_file(out / MAPPINGS)
            return result, reviewed_workbook(file, out / CANDIDATES, targets(), held.name)
        return result, (out / name).read_bytes()
    except OSError as error:
        raise UnknownThing(
            "your list and its results are not here any more", mend="send the list again"
        ) from error
