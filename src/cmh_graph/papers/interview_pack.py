"""Values-based interview pack of a post: questions, what good looks like, shortlisting grid, scoring sheet."""

from __future__ import annotations

from collections.abc import Iterator

from cmh_graph.framework import Framework
from cmh_graph.model import Requirement, Role
from cmh_graph.papers.asked import in_order, level_of_all, needed, said_level, said_of, statements
from cmh_graph.papers.document import (
    Block,
    Heading,
    Items,
    Paper,
    Table,
    make_paper,
    paragraph,
    stated,
    words,
)
from cmh_graph.papers.post import Post

#: Candidates that a grid has a column for.
_CANDIDATES = 4
#: Skills that there is time for in one interview.
_MOST_ASKED = 6
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
        *_scores(values, skills),
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
    rows = []
    for need in values:
        if need.asks_for is not None:
            value = framework.value(need.asks_for.key)
            good = stated(value.definition or "", value.says, "definition")
            rows.append((said_of(framework, need), good))
    if rows:
        yield Heading("Questions about values")
        yield paragraph(
            "Name the value and say what it means. Then ask: “Tell us about a time when this mattered to you or to "
            "somebody you were with. What did you do?” Ask further: “What made it hard? What would you do now?”"
        )
        yield Table("Values to ask about", ("Value", "What good looks like"), tuple(rows), (30, 70))


def _skills(framework: Framework, skills: list[Requirement]) -> Iterator[Block]:
    rows, level = [], level_of_all(framework, skills)
    for need in skills:
        if need.asks_for is None:
            continue
        skill, said = framework.skill(need.asks_for.key), statements(framework, need)
        says = next((one.says for one in said if one.says.is_inferred), said[0].says) if said else None
        prompt = stated(" ".join(f"“{one.text}”" for one in said), says)
        rows.append(
            (
                said_of(framework, need, level=level),
                prompt,
                stated(skill.definition or "", skill.says, "definition"),
            )
        )
    if rows:
        yield Heading("Questions about skills")
        yield paragraph(
            "Read the statement out. Then ask: “How far is this true of you, and when did it last show?” Where there "
            "is no statement: “Tell us about a time when you did this.”"
        )
        if (said_all := said_level(framework, skills)) is not None:
            yield paragraph(said_all)
        if len(rows) > _MOST_ASKED:
            yield paragraph(
                f"There are more than an interview has room for. Choose up to {_MOST_ASKED} before you see the "
                "applications, and ask these of everybody; the others show in applications, tasks and references."
            )
        yield Table(
            "Skills to ask about",
            ("Skill", "Statement to read out", "What good looks like"),
            tuple(rows),
            (28, 34, 38),
        )


def _shortlist(framework: Framework, needs: list[Requirement]) -> Iterator[Block]:
    level = level_of_all(framework, needs)
    yield Heading("Shortlisting grid", new_page=True)
    yield paragraph(
        "Tick what the application shows. Values are not shortlisted on; they are for the interview."
    )
    rows = [
        (said_of(framework, need, level=level), needed(need), *[words("")] * _CANDIDATES)
        for need in in_order(needs)
        if need.kind != "value"
        and need.necessity in {"essential", "desirable"}
        and not _is_lived(framework, need)
    ]
    yield Table(
        "What each application shows",
        ("What is asked for", "Needed", *(f"Candidate {n}" for n in range(1, _CANDIDATES + 1))),
        tuple(rows),
        (34, 18, *[12] * _CANDIDATES),
    )


def _is_lived(framework: Framework, need: Requirement) -> bool:
    found = (
        framework.experiences.get(need.asks_for.key) if need.asks_for and need.kind == "experience" else None
    )
    return found is not None and found.is_lived_experience


def _scores(values: list[Requirement], skills: list[Requirement]) -> Iterator[Block]:
    yield Heading("Scoring sheet", new_page=True)
    yield paragraph("One sheet for each candidate and interviewer.")
    yield paragraph("Candidate: ____________________  Interviewer: ____________________  Date: ____________")
    named = [(need.asks_for.label, "value") for need in values if need.asks_for is not None]
    if len(skills) > _MOST_ASKED:
        named += [("", "skill")] * _MOST_ASKED
    else:
        named += [(need.asks_for.label, "skill") for need in skills if need.asks_for is not None]
    yield Table(
        "Scores" if len(skills) <= _MOST_ASKED else "Scores; write in the skills that you chose",
        ("Question about", "Kind", "Score, 0 to 4", "What was said"),
        tuple((words(label), words(kind), words(""), words("")) for label, kind in named),
        (30, 8, 10, 52),
        to_fill=True,
    )
