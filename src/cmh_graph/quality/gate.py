"""What the published lists put in the way of a release."""

from __future__ import annotations

from pathlib import Path

from cmh_graph.build import Graph
from cmh_graph.quality.judge import judge
from cmh_graph.quality.lists import FOLDER, read_accepted, read_lists
from cmh_graph.quality.subject import subject_of


def quality_gate(home: Path, graph: Graph) -> list[str]:
    """One line for each list below the gate, naming its failed checks; empty if there is none.

    A framework without queries/quality/ has no lists to be judged by, and none stands in its way."""
    if not (home / FOLDER).is_dir():
        return []
    with subject_of(graph) as subject:
        results = judge(read_lists(home), subject, read_accepted(home))
    return [
        f"{result.list.name} scores {result.score:.1%} ({result.strict_score:.1%} strictly), which is too low: "
        f"{', '.join(one.check.id for one in result.verdicts if one.findings)} do not hold; see cmh-graph quality"
        for result in results
        if not result.passes
    ]
