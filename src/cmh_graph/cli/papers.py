"""The command that makes papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .terminal import choose


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
    from cmh_graph.papers.catalogue import FORMATS, NAMES, OF_A_POST, PASSPORT
    from cmh_graph.papers.development_plan import development_plan
    from cmh_graph.papers.passport import passport_of, write
    from cmh_graph.papers.post import post_of
    from cmh_graph.pathways.answers import gap_answer

    choose("paper", name, NAMES)
    formats = [choose("--format", one, tuple(FORMATS)) for one in format or FORMATS]
    framework = open_framework()
    to.mkdir(parents=True, exist_ok=True)
    if name == PASSPORT:
        page = passport_of(framework, role, band=band, employer_type=employer_type, setting=setting)
        path = to / f"{page.name}.html"
        path.write_bytes(write(page))
        print(path)
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
        made = development_plan(framework, found)
    for one in formats:
        path = to / (made.name + FORMATS[one].suffix)
        path.write_bytes(FORMATS[one].write(made))
        print(path)


COMMANDS = (paper,)
