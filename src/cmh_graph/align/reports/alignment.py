"""report.html of `cmh-graph align`: what an HR lead wants to know, in that order."""

from __future__ import annotations

from typing import Final

from cmh_graph.align.report import AlignmentSummary
from cmh_graph.align.reports.page import page

METHOD: Final = (
    "Noise is taken out of each title and short forms are written out; names of framework roles are scored on readable"
    " features, and a rule decides between accept, review and none. Confidence runs from 0 to 1 and is an estimate."
)


def alignment_page(summary: AlignmentSummary) -> str:
    """The report as one HTML document that prints well. All text of the file is escaped."""
    return page("alignment.html", found=summary, method=METHOD)
