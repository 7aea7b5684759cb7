"""The reference page of the published lists: every id, what decides it, and what we accept."""

from __future__ import annotations

from pathlib import Path

from cmh_graph.namespaces import compact
from cmh_graph.quality.lists import ALL, CheckList, Published, read_accepted, read_lists


def quality_page(home: Path) -> str:
    """docs/reference/quality.md, in Markdown, for the lists below home."""
    lines = [
        "# Published check lists\n",
        "What `cmh-graph quality` judges. Ids and names are those of the lists; criteria are in our words.\n",
    ]
    for one in read_lists(home):
        lines += _list(one)
    lines += ["## What we accept, and why\n", "| list | check | what | reason |", "|---|---|---|---|"]
    for each in read_accepted(home):
        what = "all" if ALL in each.entities else ", ".join(sorted(compact(one) for one in each.entities))
        lines.append(f"| {each.list} | {each.id} | {what} | {each.reason} |")
    return "\n".join(lines) + "\n"


def _list(one: CheckList) -> list[str]:
    decided = sum(bool(check.decided_by) for check in one.checks)
    head = [
        f"## {one.name}\n",
        f"{one.about[:1].upper()}{one.about[1:]}: <{one.source}>. {decided} of {len(one.checks)} are judged.\n",
        "| id | name | kind | what it is about | judged |",
        "|---|---|---|---|---|",
    ]
    rows = [
        f"| {check.id} | {check.name} | {check.kind} | {check.criterion} | {_how(check)} |"
        for check in one.checks
    ]
    return [*head, *rows, ""]


def _how(check: Published) -> str:
    if not check.decided_by:
        return f"not judged: {check.reason}"
    how, _, _ = check.decided_by.partition(":")
    return {
        "query": "by a query",
        "metadata": "by the header",
        "service": "by asking our own service",
        "function": "by a function",
    }.get(how, how)
