"""The command that makes papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmh_graph.errors import BadParameter

from .terminal import choose, write_file


def paper(
    name: Annotated[
        str, typer.Argument(help="job-description, interview-pack, development-plan or passport.")
    ],
    role: Annotated[
        str, typer.Argument(help="Key of the role; for a passport also ahp-support, ahp-senior or ahp-ap.")
    ],
    start: Annotated[str | None, typer.Option("--from", help="Role held, for a development plan.")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="A skill you have, for a development plan.")] = None,
    experience: Annotated[list[str] | None, typer.Option(help="A kind of experience you have.")] = None,
    qualification: Annotated[list[str] | None, typer.Option(help="A qualification you have.")] = None,
    background: Annotated[list[str] | None, typer.Option(help="Work or life outside mental health.")] = None,
    band: Annotated[str | None, typer.Option(help="Pay band of the post.")] = None,
    employer_type: Annotated[str | None, typer.Option(help="Kind of employer.")] = None,
    setting: Annotated[str | None, typer.Option(help="Setting of the post.")] = None,
    format: Annotated[
        list[str] | None, typer.Option(help="html, docx or md; repeatable; all if none. A passport is html.")
    ] = None,
    to: Annotated[Path, typer.Option(help="Where the files go.")] = Path("out/papers"),
) -> None:
    """Make a paper for a role: job description, interview pack, development plan or skills passport."""
    from cmh_graph.framework import open as open_framework
    from cmh_graph.papers.catalogue import DEVELOPMENT_PLAN, FORMATS, NAMES, OF_A_POST, PASSPORT
    from cmh_graph.papers.development_plan import development_plan
    from cmh_graph.papers.passport import passport_of, write
    from cmh_graph.papers.post import post_of
    from cmh_graph.pathways.answers import gap_answer

    choose("paper", name, NAMES)
    given = {
        "--from": start, "--skill": skill, "--experience": experience, "--qualification": qualification,
        "--background": background, "--band": band,
    }  # fmt: skip
    for option, value in given.items():
        # What a paper does not take into account must not pass as if it did.
        if value is not None and (option == "--band") == (name == DEVELOPMENT_PLAN):
            raise BadParameter(
                f"a {name} takes no {option}",
                where=option,
                mend="leave it out"
                if option == "--band"
                else f"leave it out, or ask for a {DEVELOPMENT_PLAN}",
            )
    if name == PASSPORT and any(one != "html" for one in format or ()):
        raise BadParameter(
            "a passport is a page to fill in, and HTML only",
            where="--format",
            mend="open it and save it for Word",
        )
    formats = [choose("--format", one, tuple(FORMATS)) for one in format or FORMATS]
    framework = open_framework()
    if name == PASSPORT:
        page = passport_of(framework, role, band=band, employer_type=employer_type, setting=setting)
        print(write_file(to / f"{page.name}.html", write(page)))
        return
    if name in OF_A_POST:
        post = post_of(framework, role, band=band, employer_type=employer_type, setting=setting)
        made = OF_A_POST[name](framework, post)
    else:
        found = gap_answer(
            framework,
            role,
            start,
            skills=skill or (),
            experiences=experience or (),
            qualifications=qualification or (),
            backgrounds=background or (),
            setting=setting,
            employer_type=employer_type,
        )
        made = development_plan(framework, found, start)
    for one in formats:
        print(write_file(to / (made.name + FORMATS[one].suffix), FORMATS[one].write(made)))


COMMANDS = (paper,)
