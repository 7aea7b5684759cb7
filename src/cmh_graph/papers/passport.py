"""Self-assessment and skills passport: a page that people fill in, which keeps what they write in the browser.

The page is made from the framework; what a person writes leaves it only as a file that they save (JSON or Word)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.model import Concept, Requirement
from cmh_graph.papers.asked import in_words, skill_level, statements
from cmh_graph.papers.post import Post, post_of
from cmh_graph.pathways.choices import concepts_of

#: How people rate themselves, from first to last.
RATINGS: Final = ("not yet", "with support", "on my own", "I can show others")
#: What the name of a stage's passport begins with.
_STAGE: Final = "ahp-"
#: The form of the saved file, so that a later version can tell an earlier one.
FORM: Final = "https://w3id.org/cmh-graph/passport/1"


@dataclass(frozen=True, slots=True)
class Entry:
    """One skill at a level, or one heading, that people rate themselves on.

    achievement: IRI that an Open Badges 3 achievement for it can name; "" for a heading."""

    key: str
    label: str
    statements: tuple[str, ...]
    necessity: str
    inferred: bool
    achievement: str


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under one heading."""

    label: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Passport:
    """name: part of a file name. about: sentences on what the stage or role expects, for reading."""

    name: str
    title: str
    about: tuple[str, ...]
    sections: tuple[Section, ...]
    version: str


def passport(framework: Framework, post: Post) -> Passport:
    """The passport of a role: its skills by group, at the level asked for, with their "I" statements."""
    needs = [one for one in post.requirements if one.kind == "skill" and one.asks_for is not None]
    about = [f"{post.role.label}: {post.role.definition}"] if post.role.definition else []
    about.append("Values and lived experience are not rated here: they are for conversation.")
    return Passport(
        f"passport-{post.slug}",
        f"Skills passport: {post.role.label}",
        tuple(about),
        tuple(_by_group(framework, needs)),
        framework.version,
    )


def ahp_passport(framework: Framework, stage: str) -> Passport:
    """The passport of a stage of the allied health support worker framework: what it expects, its domains, and the
    skills of an allied health support worker. Raises BadParameter for a stage that is not known."""
    stages = {str(one.key): one for one in concepts_of(framework, "ahp-stage")}
    if stage not in stages:
        raise BadParameter(
            f"'{stage}' is not known", where="ahp_stage", mend=f"choose from {', '.join(stages)}"
        )
    chosen: Concept = stages[stage]
    about = [
        f"{name}: {text}"
        for name, text in (
            ("The stage", chosen.definition),
            ("Education expected", chosen.education_expected),
            ("Experience expected", chosen.experience_expected),
            ("Values expected", chosen.values_expected),
        )
        if text
    ]
    about.append(
        "Some headings of the domains are our inference: only those of the first were read in their source."
    )
    role = framework.role("ahp-support-worker")
    needs = [one for one in role.requirements if one.kind == "skill" and one.asks_for is not None]
    return Passport(
        f"passport-ahp-{stage}",
        f"Skills passport: {chosen.label}",
        tuple(about),
        (*_domains(framework), *_by_group(framework, needs)),
        framework.version,
    )


def _domains(framework: Framework) -> Iterable[Section]:
    domains = list(framework.ahp_domains.values())
    for domain in domains:
        parts = [one for one in domains if one.within is not None and one.within.key == domain.key]
        if domain.within is None and parts:
            entries = [
                Entry(f"ahp-domain/{one.key}", one.label, (), "", bool(one.says and one.says.is_inferred), "")
                for one in parts
            ]
            yield Section(f"Domain {domain.key}: {domain.label}", tuple(entries))


def _by_group(framework: Framework, needs: Iterable[Requirement]) -> Iterable[Section]:
    groups: dict[str, list[Entry]] = {}
    for need in needs:
        assert need.asks_for is not None
        skill, level = framework.skill(need.asks_for.key), skill_level(framework, need)
        entry = Entry(
            f"skill-level/{level.key}" if level else f"skill/{skill.key}",
            in_words(framework, need),
            tuple(one.text for one in statements(framework, need)),
            need.necessity or "",
            need.says.is_inferred or any(one.says.is_inferred for one in statements(framework, need)),
            level.iri if level else skill.iri,
        )
        groups.setdefault(skill.group.label if skill.group else "Other skills", []).append(entry)
    for label in sorted(groups, key=str.casefold):
        yield Section(label, tuple(sorted(groups[label], key=lambda one: one.label.casefold())))


def passport_of(
    framework: Framework,
    name: str,
    *,
    band: str | None = None,
    employer_type: str | None = None,
    setting: str | None = None,
) -> Passport:
    """The passport of a role, by its key, or of a stage of allied health support work ("ahp-senior")."""
    stage = name.removeprefix(_STAGE)
    stages = {str(one.key) for one in concepts_of(framework, "ahp-stage")}
    if name.startswith(_STAGE) and stage in stages:
        for field, given in (("band", band), ("employer_type", employer_type), ("setting", setting)):
            if given is not None:
                raise BadParameter(
                    "the passport of a stage is of no one post",
                    where=field,
                    mend=f"leave {field} out, or give the key of a role",
                )
        return ahp_passport(framework, stage)
    return passport(
        framework, post_of(framework, name, band=band, employer_type=employer_type, setting=setting)
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("cmh_graph.papers", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("passport.html")


def script() -> str:
    """The page's own script; it runs in the browser and asks no network for anything."""
    return (
        resources.files("cmh_graph.papers").joinpath("templates", "passport.js").read_text(encoding="utf-8")
    )


def write(made: Passport) -> bytes:
    """The page in UTF-8: one file that works without a connection and prints as a form on paper."""
    # "<" is the one sign that could end a script element.
    data = json.dumps({"form": FORM, **asdict(made)}, ensure_ascii=False, sort_keys=True).replace(
        "<", "\\u003c"
    )
    return (
        _template()
        .render(passport=made, ratings=RATINGS, data=Markup(data), script=Markup(script()))
        .encode()
    )
