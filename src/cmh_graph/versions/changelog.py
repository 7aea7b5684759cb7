"""The section of a release in CHANGELOG.md: what people wrote stays, what changed in the graph is written below it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cmh_graph.versions.change import Change
from cmh_graph.versions.report import changes_markdown, summary

_BEGIN: Final = "<!-- what changed in the graph, made by cmh-graph release -->"
_END: Final = "<!-- end -->"
_UNRELEASED: Final = "## Unreleased"
_MADE: Final = re.compile(re.escape(_BEGIN) + r".*?" + re.escape(_END) + r"\n?", re.DOTALL)


def with_release(text: str, version: str, issued: str, changes: Sequence[Change] | None) -> str:
    """The changelog with a section for a release: "Unreleased" is named after it, and the diff is written at its end.

    changes: None for the first release, which has nothing to be compared with. Doing it again changes nothing. A
    changelog without either section gets one before its first."""
    heading = f"## {version} ({issued})"
    if f"\n## {version} (" not in f"\n{text}":
        if re.search(rf"^{_UNRELEASED}$", text, re.MULTILINE):
            text = re.sub(rf"^{_UNRELEASED}$", lambda _: heading, text, count=1, flags=re.MULTILINE)
        else:
            first = re.search(r"^## ", text, re.MULTILINE)
            at = first.start() if first else len(text)
            text = f"{text[:at].rstrip()}\n\n{heading}\n\n{text[at:]}"
    start = re.search(rf"^## {re.escape(version)} \(", text, re.MULTILINE)
    if start is None:  # cannot be: it was just written
        return text
    following = re.search(r"^## ", text[start.end() :], re.MULTILINE)
    end = start.end() + following.start() if following else len(text)
    own = _MADE.sub("", text[start.start() : end]).rstrip()
    made = ""
    if changes is not None:
        made = f"\n{_BEGIN}\n**In the graph**: {summary(changes)}.\n\n{changes_markdown(changes)}{_END}\n"
    rest = text[end:]
    return f"{text[: start.start()]}{own}\n{made}" + (f"\n{rest}" if rest else "")
