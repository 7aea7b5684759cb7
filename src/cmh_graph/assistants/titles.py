"""Job titles -> roles: proposals, each with its reason, for a person to decide."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.align.titles.aligner import Aligner, Post
from cmh_graph.assistants.tool import SAYS, Arguments, Found, Tool, list_of, obj, text
from cmh_graph.framework import Framework
from cmh_graph.model import Key

MOST_TITLES: Final = 50
_MOST_CANDIDATES: Final = 5


class TitleOfPost(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = Field(min_length=1, max_length=200, description="the job title as the employer has it")
    band: str = Field(default="", max_length=20, description="pay band, if known: '3', '8a'")
    employer_type: str = Field(
        default="",
        max_length=100,
        description="kind of employer, if known: 'NHS trust', 'charity', 'council'",
    )


class AlignTitles(Arguments):
    posts: list[TitleOfPost] = Field(
        min_length=1,
        max_length=MOST_TITLES,
        description=f"at most {MOST_TITLES} titles; longer lists go by files",
    )
    top: int = Field(default=3, ge=1, le=_MOST_CANDIDATES, description="candidates for each title")


def tools(framework: Framework) -> list[Tool]:
    """The tools of this module."""

    @cache
    def aligner() -> Aligner:
        return Aligner(framework_labels(framework.store), top=_MOST_CANDIDATES)

    def align_titles(asked: AlignTitles) -> Found:
        posts = [Post(one.title, one.band, one.employer_type) for one in asked.posts]
        found = aligner().align_all(posts)
        rows = []
        for post, one in zip(posts, found, strict=True):
            candidates = [_candidate(framework, each) for each in one.candidates[: asked.top]]
            rows.append({"title": post.title, "zone": one.zone, "why": one.why, "candidates": candidates})
        note = "matches are proposals of a machine: a person decides, see the zone of each"
        return Found({"proposals": rows, "about": note}, more="ask with fewer titles")

    return [
        Tool(
            "align_titles",
            "Propose roles for job titles",
            "For each job title the roles that it may mean, with confidence and reason. Zone accept: sure "
            "enough to use; "
            "review: a person should choose; none: no role of the framework fits, which is an answer too. "
            "Proposals are "
            "inferred, never confirmed.",
            AlignTitles,
            obj(
                "proposals, one for each title",
                about=text(),
                proposals=list_of(
                    obj(
                        "a title",
                        title=text(),
                        zone=text("accept, review or none"),
                        why=text(),
                        candidates=list_of(
                            obj(
                                "a role it may mean",
                                role=text("key"),
                                label=text(),
                                rolls_up_to=text("key of the wider role, where there is one"),
                                confidence={"type": "number"},
                                why=text(),
                                says=SAYS,
                            )
                        ),
                    )
                ),
            ),
            align_titles,
        )
    ]


def _candidate(framework: Framework, one: Any) -> dict[str, Any]:
    role = framework.roles[Key(one.role)]
    return {
        "role": one.role,
        "label": role.label,
        **({"rolls_up_to": one.rolls_up_to} if one.rolls_up_to else {}),
        "confidence": round(one.confidence, 3),
        "why": one.why,
        "says": {"status": "inferred", "sources": ["inference"]},
    }
