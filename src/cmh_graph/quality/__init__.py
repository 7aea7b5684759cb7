"""The published check lists for ontologies and vocabularies, judged by ourselves: FOOPS!, OOPS! and qSKOS.

lists      queries/quality/*.toml -> what is published: ids, names, criteria, and what we accept with reasons
subject    a built graph -> what is judged: the graph, its SKOS view, and our own service to ask
metadata   the header of the ontology, part by part
service    what is asked of a web address, asked of our own service in the process; no network
terms      names that their vocabulary does not define
clusters   concepts cut off from the rest of their scheme
judge      lists + subject -> verdicts and scores
report     verdicts as text or JSON
gate       what stands in the way of a release
reference  docs/reference/quality.md
"""

from cmh_graph.quality.judge import GATE, ListResult, Verdict, judge
from cmh_graph.quality.lists import CheckList, Published, read_accepted, read_lists
from cmh_graph.quality.report import REPORTS
from cmh_graph.quality.subject import Subject, subject_of

__all__ = [
    "GATE", "REPORTS", "CheckList", "ListResult", "Published", "Subject", "Verdict", "judge", "read_accepted",
    "read_lists", "subject_of",
]  # fmt: skip
