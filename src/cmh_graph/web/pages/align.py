"""The pages on which a visitor gives a list of job titles, watches it being matched, and takes the results away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cmh_graph.framework import Framework
from cmh_graph.model import Key
from cmh_graph.settings import Settings
from cmh_graph.web.align.lists import ListOf
from cmh_graph.web.align.results import results_of
from cmh_graph.web.align.reviewing import Counts

SECTION: Final = "/align"
#: A made-up list to try, among the static files.
SAMPLE: Final = "sample-job-titles.csv"
_HOME: Final = {"text": "Home", "href": "/"}
_START: Final = {"text": "Match your job titles", "href": "/align"}
#: Step -> where a visitor goes on, and how that is called.
NEXT: Final = {
    "waiting": ("/align/progress", "See how far it is"),
    "running": ("/align/progress", "See how far it is"),
    "asking": ("/align/column", "Say which column holds the job titles"),
    "broken-off": ("/align/progress", "See what happened"),
    "done": ("/align/review", "Go on with the review"),
}
_STEPS: Final = {
    "waiting": "waiting for its turn",
    "running": "being matched",
    "asking": "waiting for your answer",
    "broken-off": "not finished",
    "done": "matched",
    "failed": "could not be used",
}
#: Employer types that the lists of words know something about come first.
_FIRST: Final = ("nhs-trust", "local-authority")


def employer_types(framework: Framework) -> dict[str, str]:
    """Key of each type of employer -> its name, the most usual first."""
    vocabulary = framework.vocabularies[Key("employer-type")]
    names = {str(concept.key): concept.label for concept in vocabulary.concepts}
    rest = sorted((name, key) for key, name in names.items() if key not in _FIRST)
    return {key: names[key] for key in _FIRST if key in names} | {key: name for name, key in rest}


def about_keeping(settings: Settings) -> dict[str, Any]:
    """What is said of limits and of how long a list is kept."""
    minutes = settings.visit_minutes
    return {
        "minutes": f"{minutes:g} minute{'' if minutes == 1 else 's'}",
        "megabytes": f"{settings.visit_bytes / 1_000_000:g} MB",
        "most_bytes": settings.visit_bytes,
        "most_rows": settings.visit_rows,
    }


def start_values(
    framework: Framework,
    settings: Settings,
    held: ListOf,
    chosen: str = "",
    problem: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What align.html shows. chosen: key of an employer type. problem: what, where and mend of what went wrong."""
    found = problem or (held.problem if held.step == "failed" else None)
    return {
        **about_keeping(settings),
        "section": SECTION,
        "crumbs": [_HOME],
        "title": "Match your job titles",
        "types": employer_types(framework),
        "chosen": chosen or held.employer_type,
        "sample": SAMPLE,
        "held": held if held.step not in ("none", "failed") else None,
        "step_words": _STEPS.get(held.step, ""),
        "next": NEXT.get(held.step),
        "problem": found,
        "problem_name": held.name if found is held.problem else "",
    }


def progress_values(settings: Settings, held: ListOf) -> dict[str, Any]:
    """What align_progress.html shows."""
    title = {
        "waiting": "Your list is waiting",
        "running": "Your list is being matched",
        "broken-off": "The matching was not finished",
    }[held.step]
    return {
        **about_keeping(settings),
        "section": SECTION,
        "crumbs": [_HOME, _START],
        "title": title,
        "held": held,
        "said": said_of(held),
    }


def said_of(held: ListOf) -> str:
    """How far a list is, in one sentence."""
    if held.step == "waiting":
        lists = "1 list is" if held.ahead == 1 else f"{held.ahead} lists are"
        return f"{lists} before yours."
    if held.of:
        return f"{held.now}: {held.done:,} of {held.of:,} rows."
    return f"{held.now}."


def progress_json(held: ListOf) -> dict[str, Any]:
    """How far a list is, for the page's script. next: where to go when there is nothing more to watch."""
    watched = held.step in ("waiting", "running")
    return {
        "step": held.step,
        "done": held.done,
        "of": held.of,
        "ahead": held.ahead,
        "said": said_of(held) if watched else "",
        "next": "" if watched else NEXT.get(held.step, ("/align", ""))[0],
    }


def column_values(settings: Settings, held: ListOf, problem: str = "") -> dict[str, Any]:
    """What align_column.html shows. problem: "" or what is wrong with the answer."""
    sheets: Sequence[Mapping[str, Any]] = held.outcome.get("choices", [])
    used = held.outcome.get("used", {}).get("title", "") if held.step == "done" else ""
    columns = [(sheet, column) for sheet in sheets for column in sheet["columns"]]
    wanted = next((column for _, column in columns if column["name"] == used), None) or next(
        (column for _, column in columns if column.get("likely")), None
    )
    return {
        **about_keeping(settings),
        "section": SECTION,
        "crumbs": [_HOME, _START],
        "title": "Which column holds the job titles?",
        "held": held,
        "sheets": [
            {
                "name": sheet["sheet"],
                "columns": [
                    {**column, "value": f"{n}-{m}", "chosen": column is wanted}
                    for m, column in enumerate(sheet["columns"])
                ],
            }
            for n, sheet in enumerate(sheets)
        ],
        "problem": problem,
    }


def results_values(settings: Settings, held: ListOf, counts: Counts) -> dict[str, Any]:
    """What align_results.html shows."""
    return {
        **about_keeping(settings),
        "section": SECTION,
        "crumbs": [_HOME, _START, {"text": "Review", "href": "/align/review"}],
        "title": "Results",
        "held": held,
        "counts": counts,
        "results": results_of(held),
    }
