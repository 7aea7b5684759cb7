"""Values-based interview pack of a post: questions, what good looks like, shortlisting grid, scoring sheet."""

from __future__ import annotations

from collections.abc import Iterator

from cmh_graph.framework import Framework
from cmh_graph.model import Requirement, Role
from cmh_graph.papers.asked import in_words, said_of, statements
from cmh_graph.papers.document import (
    Block,
    Heading,
    Items,
    Paper,
    Said,
    Table,
    make_paper,
    paragraph,
    stated,
    words,
)
from cmh_graph.papers.post import Post

#: Candidates that a grid has a column for.
_CANDIDATES = 4
_SCALE = (
    ("0", "No answer, or nothing about what was asked"),
    ("1", "Says what it is, without an example"),
    ("2", "An example, but not what they themselves did or what came of it"),
    ("3", "A clear example: what they did, why, and what came of it"),
    ("4", "As 3, and what they learnt or would do otherwise"),
)


def interview_pack(framework: Framework, post: Post) -> Paper:
    """The pack. It scores answers, never people, and asks nobody about health."""
    role = post.role
    needs = [one for one in post.requirements if one.kind != "none-required"]
    values = [one for one in needs if one.kind == "value"]
    skills = [one for one in needs if one.kind == "skill" and one.necessity == "essential"]
    blocks = [
        *_before(role),
        *_values(framework, values),
        *_skills(framework, skills),
        *_shortlist(framework, needs),
        *_scores(framework, values, skills),
    ]
    return make_paper(
        framework, f"interview-pack-{post.slug}", f"Interview pack: {role.label}", "Values and skills", blocks
    )


def _before(role: Role) -> Iterator[Block]:
    yield Heading("Before you start")
    said = [
        words(
            "Ask every candidate the same questions, in the same order, and let them see the questions beforehand."
        ),
        words("Examples may come from paid work, volunteering, caring, study or life."),
        words(
            "Ask nobody about their health, diagnosis or treatment. What a person offers of it is theirs to offer."
        ),
        words(
            "Two people score apart, then compare. Someone with lived experience of services should be one."
        ),
    ]
    if role.family == "lived-experience":
        said.append(words("Ask how lived experience would be used in the work, never what it was."))
    yield Items(tuple(said))
    yield Table(
        "How answers are scored",
        ("Score", "What it means"),
        tuple((words(score), words(meaning)) for score, meaning in _SCALE),
        (10, 90),
    )


def _values(framework: Framework, values: list[Requirement]) -> Iterator[Block]:
    if not values:
        return
    yield Heading("Questions about values")
    for need in values:
        if need.asks_for is None:
            continue
        value = framework.value(need.asks_for.key)
        yield Heading(value.label, 3)
        yield paragraph(
            "Tell us about a time when this mattered to you or to somebody you were with. What did you do?"
        )
        if value.definition:
            yield paragraph("What good looks like:", stated(value.definition, value.says, "definition"))
        yield paragraph("Ask further: what made it hard? What would you do now?")


def _skills(framework: Framework, skills: list[Requirement]) -> Iterator[Block]:
    if not skills:
        return
    yield Heading("Questions about skills")
    for need in skills:
        yield Heading(in_words(framework, need), 3)
        said = statements(framework, need)
        if said:
            quoted = tuple(stated(f"“{one.text}”", one.says) for one in said)
            yield paragraph("How far is this true of you, and when did it last show?", *quoted)
        else:
            yield paragraph("Tell us about a time when you did this.")
        skill = framework.skill(need.asks_for.key) if need.asks_for else None
        if skill is not None and skill.definition:
            yield paragraph("What good looks like:", stated(skill.definition, skill.says, "definition"))


def _shortlist(framework: Framework, needs: list[Requirement]) -> Iterator[Block]:
    yield Heading("Shortlisting grid")
    yield paragraph(
        "Tick what the application shows. Values are not shortlisted on; they are for the interview."
    )
    rows = [
        (said_of(framework, need), words(need.necessity or ""), *[words("")] * _CANDIDATES)
        for need in needs
        if need.kind != "value"
        and need.necessity in {"essential", "desirable"}
        and not _is_lived(framework, need)
    ]
    yield Table(
        "What each application shows",
        ("What is asked for", "Needed", *(f"Candidate {n}" for n in range(1, _CANDIDATES + 1))),
        tuple(rows),
        (38, 12, *[12] * _CANDIDATES),
    )


def _is_lived(framework: Framework, need: Requirement) -> bool:
    found = (
        framework.experiences.get(need.asks_for.key) if need.asks_for and need.kind == "experience" else None
    )
    return found is not None and found.is_lived_experience


def _scores(framework: Framework, values: list[Requirement], skills: list[Requirement]) -> Iterator[Block]:
    yield Heading("Scoring sheet")
    rows: list[tuple[Said, ...]] = [
        (words(in_words(framework, need)), words(kind), words(""), words(""))
        for kind, needs in (("value", values), ("skill", skills))
        for need in needs
    ]
    yield Table(
        "One sheet for each candidate and interviewer",
        ("Question", "Kind", "Score, 0 to 4", "What was said"),
        tuple(rows),
        (30, 8, 10, 52),
    )
