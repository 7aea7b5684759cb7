"""What assistants may read as text, and prompts to begin with."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cmh_graph.errors import BadParameter, UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.ontology_docs import ontology_triples
from cmh_graph.papers import markdown
from cmh_graph.papers.job_description import job_description
from cmh_graph.papers.post import post_of
from cmh_graph.store import RdfFormat, write_triples

#: No web address: a client must ask us for these, not fetch them.
SCHEME: Final = "cmh-graph://"
ONTOLOGY: Final = SCHEME + "ontology"
ROLE: Final = SCHEME + "role/"
LIMITS: Final = SCHEME + "statuses"
MARKDOWN: Final = "text/markdown"
TURTLE: Final = "text/turtle"
_STATUSES: Final = """\
# How to read a statement

Every statement in these answers says who says it, in `says` or in a column `status`.

- `seed`: stated in one of the documents that the project began from
- `public`: stated on a public page that was read; `sources` names it
- `inferred`: the project's own judgement; no source that was read says it
- `confirmed`: confirmed by the owner of the fact; nothing is yet

`inferred_fields` names fields that are its judgement even where the status is better. Whoever repeats an
inferred statement says that it is inferred. A number or band that no tool gave is not in the graph: say so
instead of guessing.

It is independent work about community mental health in England and speaks for no employer. It is no advice
on a person's health, on pay in a contract or on immigration. Do not ask people about their health or lived
experience, and do not score values or lived experience.
"""


_PLACE: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Text:
    """Something to read: its address, its name, what it is, its media type."""

    uri: str
    name: str
    description: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt: arguments are name -> what to give. template: the text, with {name} for each."""

    name: str
    title: str
    description: str
    arguments: Mapping[str, str]
    template: str


PROMPTS: Final = {
    one.name: one
    for one in (
        Prompt(
            "next_step",
            "Plan a next step",
            "What stands between where a person is and a role they want, and the ways there.",
            {
                "place": "where the person is: a role or another place, in their words",
                "goal": "the role they want, in their words",
            },
            "Someone works or is at: {place}. They would like to become: {goal}.\n"
            "Find both with search (or list_things with the kind position). Use show_gap and "
            "list_progressions. Say in plain "
            "words what they have already, what is missing and essential, what helps with it, and the best "
            "way in steps with "
            "months. Say which statements are inferred and which months are assumed, and name the sources. "
            "Do not ask about "
            "health or lived experience.",
        ),
        Prompt(
            "explain_role",
            "Explain a role",
            "What a role is, what it asks for and where it leads, in plain words with sources.",
            {"role": "the role, in any words"},
            "Explain this role to someone who is new to mental health work: {role}.\n"
            "Find it with search, then use show_thing. Say what it is, its bands, what is essential, "
            "whether a qualification is "
            "needed, and where it leads. Mark what is inferred, pass on doubts from the remarks, and name "
            "the sources.",
        ),
    )
}


def texts(framework: Framework) -> list[Text]:
    """What can be read: how to read statements, the ontology, and every role that a person can hold, by name."""
    roles = sorted(framework.roles.values(), key=lambda role: role.label.casefold())
    return [
        Text(
            LIMITS,
            "How to read a statement",
            "what statuses mean, and what to say when repeating one",
            MARKDOWN,
        ),
        Text(ONTOLOGY, "The ontology", "classes and properties of the graph, for writing SPARQL", TURTLE),
        *(
            Text(ROLE + role.key, role.label, f"what {role.label} is and asks for, with sources", MARKDOWN)
            for role in roles
            if role.form != "grouping"
        ),
    ]


def read_text(framework: Framework, uri: str) -> tuple[str, str]:
    """The text at one of our addresses, and its media type. Raises UnknownThing for any other address."""
    if uri == LIMITS:
        return _STATUSES, MARKDOWN
    if uri == ONTOLOGY:
        out = io.BytesIO()
        write_triples(ontology_triples(framework.store.quads()), out, RdfFormat.TURTLE)
        return out.getvalue().decode(), TURTLE
    if uri.startswith(ROLE):
        paper = job_description(framework, post_of(framework, uri.removeprefix(ROLE)))
        return markdown.write(paper).decode(), MARKDOWN
    raise UnknownThing(
        "there is nothing to read at this address",
        where=uri[:100],
        mend=f"list the resources; roles are at {ROLE}KEY",
    )


def write_prompt(name: str, given: Mapping[str, str]) -> str:
    """The text of a prompt. Raises UnknownThing and BadParameter."""
    prompt = PROMPTS.get(name)
    if prompt is None:
        raise UnknownThing(
            f"there is no prompt called {name[:50]}",
            where=name[:50],
            mend=f"choose from {', '.join(PROMPTS)}",
        )
    values = {}
    for argument in prompt.arguments:
        value = given.get(argument, "").strip()
        if not value or len(value) > 200:
            raise BadParameter(
                f"the prompt {name} needs {argument}",
                where=f"argument {argument}",
                mend="give it in 1 to 200 characters",
            )
        values[argument] = value
    # In one pass: what is given may hold braces itself.
    return _PLACE.sub(lambda found: values[found[1]], prompt.template)
