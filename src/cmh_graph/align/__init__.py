"""Matches what an employer has, titles, texts and tables of them, to the framework.

titles      one title -> framework roles, with zone, confidence and reasons
texts       a job description or an advert -> skills, values, experience, qualifications, bands
tables      a file of posts -> rows with a title, and rejects with place and reason
catalogues  a whole role list -> titles that are one role in disguise, and the list against the framework
review      what is proposed -> what people decide, kept in the mapping set, published, and learnt from
reports     what was found -> pages that print well
files       how a stranger's file is opened, within limits
labels      what titles are matched to; framework_labels reads them from the built graph
pipeline    a file -> candidates, mapping set, rejects and report
wording     words, stems and head nouns, which all of these share
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmh_graph.on_demand import on_demand

if TYPE_CHECKING:
    from cmh_graph.align.labels import RoleFacts, RoleLabel, RoleLabels
    from cmh_graph.align.pipeline import align, run
    from cmh_graph.align.report import AlignmentSummary


__all__ = ["AlignmentSummary", "RoleFacts", "RoleLabel", "RoleLabels", "align", "run"]

__getattr__ = on_demand(
    __name__,
    {
        "RoleFacts": "labels",
        "RoleLabel": "labels",
        "RoleLabels": "labels",
        "align": "pipeline",
        "run": "pipeline",
        "AlignmentSummary": "report",
    },
)
