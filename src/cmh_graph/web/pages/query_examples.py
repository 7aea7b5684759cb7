"""What the query page offers to begin with: queries of its own, and every named question filled by its example."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from cmh_graph.errors import UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.namespaces import PREFIXES
from cmh_graph.queries import Question

PATH: Final = "/query"
_FIRST_STEPS: Final = "First steps in SPARQL"
_OUTERMOST: Final = re.compile(r"\bWHERE\s*\{")
_DECLARED: Final = re.compile(r"^PREFIX ([\w-]*):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Example:
    """A query to begin with. name: what ?question= takes. group: who asks it. about, missing: may be empty."""

    name: str
    group: str
    title: str
    text: str
    about: str = ""
    missing: str = ""

    @property
    def address(self) -> str:
        return f"{PATH}?{urlencode({'question': self.name})}"


def _own(name: str, title: str, about: str, body: str) -> Example:
    used = {prefix for prefix in re.findall(r"(?<![\w<:/])([a-z][\w-]*):", body) if prefix in PREFIXES}
    declared = "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in sorted(used))
    return Example(name, _FIRST_STEPS, title, f"# {title}\n{declared}{body.strip()}\n", about)


#: Each shows one form of a query and one way to see its answer.
OWN: Final[tuple[Example, ...]] = (
    _own(
        "roles_by_band",
        "Which pay bands do roles have, and who says so?",
        "A list. Add a line to see more, or take LIMIT away.",
        """
SELECT ?role ?name ?band ?status WHERE {
  ?role a cmh:Role ; skos:prefLabel ?name ;
        cmh:hasBandAssignment ?assignment .
  ?assignment cmh:band ?band ; cmh:status ?status .
}
ORDER BY ?name ?band
LIMIT 100
""",
    ),
    _own(
        "steps_around_a_role",
        "Which steps lead to a mental health support worker role, and on from it?",
        "CONSTRUCT gives statements: the answer has a picture.",
        """
CONSTRUCT {
  ?from cmh:leadsTo ?to ; skos:prefLabel ?name .
  ?to skos:prefLabel ?next .
} WHERE {
  ?step cmh:fromPosition ?from ; cmh:toPosition ?to .
  ?from skos:prefLabel ?name .
  ?to skos:prefLabel ?next .
  FILTER(role:mental-health-support-worker IN (?from, ?to))
}
""",
    ),
    _own(
        "one_thing_whole",
        "What is stated about one skill?",
        "DESCRIBE gives every statement about a thing.",
        "DESCRIBE skill:active-listening",
    ),
    _own(
        "yes_or_no",
        "Does any role ask for lived experience as essential?",
        "ASK answers yes or no.",
        """
ASK {
  ?role cmh:hasRequirement ?requirement .
  ?requirement cmh:asksFor experience:lived ; cmh:necessity necessity:essential .
}
""",
    ),
    _own(
        "how_sure_the_graph_is",
        "How much of the graph is stated by whom?",
        "Counting: one row for each status.",
        """
SELECT ?status (COUNT(*) AS ?things) WHERE {
  ?thing cmh:status ?status .
}
GROUP BY ?status
ORDER BY DESC(?things)
""",
    ),
)


def examples(framework: Framework) -> Mapping[str, Example]:
    """Every example by its name: our own, then the named questions."""
    questions = (_of_question(question) for question in framework.questions.values())
    return {one.name: one for one in (*OWN, *questions)}


def find_example(framework: Framework, name: str) -> Example:
    """The example with a name, or a question's by its id. Raises UnknownThing."""
    own = {one.name: one for one in OWN}.get(name)
    if own is not None:
        return own
    try:
        return _of_question(framework.question(name))
    except UnknownThing as error:
        raise UnknownThing(error.what, where=error.where, mend="choose one from the list at /query") from None


def grouped(found: Mapping[str, Example]) -> list[tuple[str, Sequence[Example]]]:
    """Groups in the order of their first example, each with its examples."""
    groups: dict[str, list[Example]] = {}
    for one in found.values():
        groups.setdefault(one.group, []).append(one)
    return list(groups.items())


def _of_question(question: Question) -> Example:
    asker = question.asked_by[:1].upper() + question.asked_by[1:]
    gives = question.gives[:1].upper() + question.gives[1:]
    return Example(
        question.name,
        asker,
        question.question,
        filled(question),
        gives + "." if gives else "",
        question.missing,
    )


def filled(question: Question) -> str:
    """A question's query with its example values, as one may send it to any endpoint over this graph.

    The header is one line. Values stand first in the pattern, where they narrow it as a binding would."""
    lines = question.text.splitlines()
    while lines and lines[0].startswith("#"):
        lines.pop(0)
    body = "\n".join(lines).strip()
    values = {name: value for name, value in question.examples().items() if value}
    if values:
        opening = _OUTERMOST.search(body)
        assert opening is not None, question.name
        rows = "".join(f"\n  VALUES ${name} {{ {value} }}" for name, value in values.items())
        body = body[: opening.end()] + rows + body[opening.end() :]
        declared = set(_DECLARED.findall(body))
        needed = {value.partition(":")[0] for value in values.values()} - declared
        body = "".join(f"PREFIX {one}: <{PREFIXES[one]}>\n" for one in sorted(needed)) + body
    return f"# {question.question}\n{body}\n"
