"""A role list held against the framework: what each has that the other lacks, every figure with its denominator.

Figures count accepted matches; what review would add stands apart. The shape of `as_dict` is a promise:
docs/decisions/0012-reports-on-a-role-list.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from cmh_graph import __version__
from cmh_graph.align.catalogues.eye import band_distance
from cmh_graph.align.catalogues.needs import Asked, asked_of, bands_of, needs_professional_qualification
from cmh_graph.align.catalogues.posts import Post, Posts, band_order
from cmh_graph.align.labels import BANDS
from cmh_graph.align.texts.descriptions import LONGEST, Lexicon, read_description
from cmh_graph.model import Key, Role
from cmh_graph.reading import Catalogue

METHOD: Final = (
    "Titles were matched to framework roles by machine, unless people had decided. Figures count accepted matches;"
    " matches for review are counted apart. Texts are searched for the framework's skills and values by word cues,"
    " so that a wording no cue knows counts as not mentioned."
)
#: Fewer words are a summary, and what it leaves out proves nothing.
SUMMARY_WORDS: Final = 60

_Line = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """A count and what it is a count of. basis: accepted, accepted and review, or posts with a description."""

    name: str
    count: int
    of: int
    basis: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The list against the framework. Every tuple is in the order of the list, or by label where it has roles or
    skills."""

    file: str
    rows: int
    rejected: int
    method: str
    version: str
    basis: Mapping[str, int]
    decided_by_people: int
    figures: tuple[Figure, ...]
    roles_without_post: tuple[_Line, ...]
    roles_with_posts: tuple[_Line, ...]
    posts_without_role: tuple[_Line, ...]
    posts_in_review: tuple[_Line, ...]
    skills_not_asked: tuple[_Line, ...]
    skills_not_mentioned: tuple[_Line, ...]
    values_missing: tuple[_Line, ...]
    bands: tuple[_Line, ...]
    band_spread: tuple[_Line, ...]
    no_professional_qualification: _Line
    summaries_only: int
    role_labels: Mapping[str, str]
    rejects: tuple[_Line, ...]
    notes: tuple[str, ...]
    columns: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a post's texts mention. full: whether they are more than a summary."""

    skills: frozenset[str]
    values: frozenset[str]
    full: bool
    value_source: str


def coverage(posts: Posts, framework: Catalogue, lexicon: Lexicon) -> Coverage:
    """Hold a list against the framework. lexicon: the cues by which texts are read."""
    roles = {str(key): role for key, role in framework.roles.items() if role.form != "grouping"}
    accepted = [one for one in posts.posts if one.accepted]
    review = [one for one in posts.posts if one.zone == "review"]
    none = [one for one in posts.posts if one.zone == "none"]
    asked = {key: asked_of(role) for key, role in roles.items()}
    read = {one.row: _read(one, lexicon) for one in posts.posts if one.texts}
    held = Counter(one.accepted for one in accepted)
    waiting = Counter(one.role for one in review)
    not_asked = _skills_not_asked(framework, asked, set(held), read.values())
    mentioned, missing = _not_in_texts(accepted, asked, read)
    outliers = list(_outliers(accepted, framework))
    # A band far from the role's is itself a reason for review, so those posts are listed too, and say so.
    doubtful = list(_outliers(review, framework))
    banded = _banded(accepted, framework)
    free = [
        one for one in accepted if not needs_professional_qualification(framework.roles[_key(one)], framework)
    ]
    free_too = [
        one for one in review if not needs_professional_qualification(framework.roles[_key(one)], framework)
    ]
    full = [one for one in accepted if one.row in read and read[one.row].full]
    figures = (
        Figure("posts with an accepted role", len(accepted), len(posts.posts), "accepted"),
        Figure(
            "posts with a role, accepted or for review", len(accepted) + len(review), len(posts.posts),
            "accepted and review",
        ),
        Figure("posts without a role", len(none), len(posts.posts), "no match"),
        Figure("framework roles that a post means", len(held), len(roles), "accepted"),
        Figure(
            "framework roles that a post means or may mean", len(set(held) | set(waiting)), len(roles),
            "accepted and review",
        ),
        Figure(
            "framework skills that a role or a text asks for", len(framework.skills) - len(not_asked),
            len(framework.skills), "accepted",
        ),
        Figure("posts outside their role's bands", len(outliers), len(banded), "accepted, with a band"),
        Figure(
            "the same in review, where the match itself may be wrong", len(doubtful), len(_banded(review, framework)),
            "review, with a band",
        ),
        Figure("posts that need no professional qualification", len(free), len(accepted), "accepted"),
        Figure(
            "the same with those in review", len(free) + len(free_too), len(accepted) + len(review),
            "accepted and review",
        ),
        Figure(
            "posts whose description leaves out a skill of the role", len(mentioned), len(full),
            "accepted, with a full description",
        ),
        Figure(
            "posts whose text leaves out a value of the role", len(missing), len(full),
            "accepted, with a full description",
        ),
    )  # fmt: skip
    return Coverage(
        posts.name,
        posts.rows,
        posts.rejected,
        METHOD,
        __version__,
        {"accepted": len(accepted), "review": len(review), "none": len(none)},
        sum(one.decided for one in posts.posts),
        figures,
        tuple(_roles_without_post(roles, held, waiting)),
        tuple(
            {"key": key, "label": roles[key].label, "posts": held[key], "posts_in_review": waiting[key]}
            for key in sorted(held, key=lambda key: roles[key].label.casefold())
        ),
        tuple({**_post(one), "why": one.why, "nearest": one.nearest} for one in none),
        tuple(
            {**_post(one), "why": one.why, "candidates": [role for role, _ in one.candidates]}
            for one in review
        ),
        tuple(not_asked),
        tuple(mentioned),
        tuple(missing),
        (*outliers, *doubtful),
        tuple(_band_spread(accepted, framework)),
        {
            "posts": len(free),
            "of": len(accepted),
            "share": round(len(free) / len(accepted), 4) if accepted else None,
            "posts_in_review": len(free_too),
            "of_in_review": len(review),
            "roles": sorted({one.accepted for one in free}),
        },
        sum(1 for one in accepted if one.row in read and not read[one.row].full),
        {key: roles[key].label for key in sorted(roles)},
        tuple(
            {"row": one.row, "line": one.line, "reason": one.reason, "raw": one.raw} for one in posts.rejects
        ),
        tuple(posts.notes),
        dict(posts.columns),
    )


def _key(post: Post) -> Key:
    return Key(post.role)


def _post(one: Post) -> dict[str, Any]:
    return {"key": one.key, "row": one.row, "title": one.title, "band": one.band}


def _read(post: Post, lexicon: Lexicon) -> _Read:
    """What the post's descriptions mention; an advert promises, but does not describe."""
    texts = [one for one in post.texts if one.kind != "advert"]
    whole = "\n\n".join(one.text for one in texts)
    specification = [one for one in texts if one.kind == "person specification"]
    found = read_description(whole[:LONGEST], lexicon)
    values = found.keys("value")
    if specification:
        told = "\n\n".join(one.text for one in specification)[:LONGEST]
        values = read_description(told, lexicon).keys("value")
    return _Read(
        frozenset(found.keys("skill")),
        frozenset(values),
        len(whole.split()) >= SUMMARY_WORDS,
        ", ".join(one.source for one in specification or texts),
    )


def _roles_without_post(
    roles: Mapping[str, Role], held: Mapping[str, int], waiting: Mapping[str, int]
) -> Iterator[_Line]:
    for key, role in sorted(roles.items(), key=lambda pair: pair[1].label.casefold()):
        if key not in held:
            wider = role.rolls_up_to
            yield {
                "key": key,
                "label": role.label,
                "family": role.family,
                "posts_in_review": waiting.get(key, 0),
                "counts_as": wider.key if wider else None,
                "posts_of_that": held.get(wider.key, 0) if wider else 0,
            }


def _skills_not_asked(
    framework: Catalogue, asked: Mapping[str, Sequence[Asked]], held: set[str], read: Iterable[_Read]
) -> list[_Line]:
    """Skills that no role of an accepted post asks for and no text mentions."""
    by_role: dict[str, list[str]] = defaultdict(list)
    for role, needs in asked.items():
        for need in needs:
            if need.kind == "skill":
                by_role[need.key].append(role)
    mentioned = {key for one in read for key in one.skills}
    return [
        {
            "key": key,
            "label": skill.label,
            "asked_by": sorted(by_role[key]),
            "inferred": bool(skill.says and skill.says.is_inferred),
        }
        for key, skill in sorted(framework.skills.items(), key=lambda pair: pair[1].label.casefold())
        if key not in mentioned and not held & set(by_role[key])
    ]


def _not_in_texts(
    accepted: Iterable[Post], asked: Mapping[str, Sequence[Asked]], read: Mapping[int, _Read]
) -> tuple[list[_Line], list[_Line]]:
    """Skills that a post's role asks for and its text never mentions, and the same for values."""
    skills: list[_Line] = []
    values: list[_Line] = []
    for one in accepted:
        text = read.get(one.row)
        if text is None or not text.full:
            continue
        needs = asked[_key(one)]
        start = {**_post(one), "role": one.accepted}
        left = [need for need in needs if need.kind == "skill" and need.key not in text.skills]
        if left:
            skills.append(
                {
                    **start,
                    "skills": [
                        {"key": n.key, "label": n.label, "necessity": n.necessity, "inferred": n.inferred}
                        for n in left
                    ],
                }
            )
        gone = [need for need in needs if need.kind == "value" and need.key not in text.values]
        if gone:
            told = [{"key": need.key, "label": need.label, "inferred": need.inferred} for need in gone]
            values.append({**start, "values": told, "text": text.value_source})
    return skills, values


def _outliers(posts: Iterable[Post], framework: Catalogue) -> Iterator[_Line]:
    """Posts with a band that is none of their role's, with both figures and who says the framework's."""
    for one in posts:
        role = framework.roles[_key(one)]
        usual, sources, inferred = bands_of(role, framework)
        if one.bands and usual and not one.bands & set(usual):
            above = min(BANDS.index(band) for band in one.bands) > max(BANDS.index(band) for band in usual)
            yield {
                **_post(one),
                "role": one.role,
                "basis": "accepted" if one.accepted else "review",
                "role_label": role.label,
                "framework_bands": usual,
                "steps": band_distance(one.bands, usual),
                "direction": "above" if above else "below",
                "source": sources,
                "inferred": inferred,
            }


def _banded(posts: Iterable[Post], framework: Catalogue) -> list[Post]:
    """Posts with a band whose role has bands to compare with."""
    return [one for one in posts if one.bands and bands_of(framework.roles[_key(one)], framework)[0]]


def _band_spread(accepted: Iterable[Post], framework: Catalogue) -> Iterator[_Line]:
    by_role: dict[str, Counter[str]] = defaultdict(Counter)
    for one in accepted:
        by_role[one.accepted][one.band] += 1
    for key in sorted(by_role):
        role = framework.roles[Key(key)]
        usual, sources, inferred = bands_of(role, framework)
        yield {
            "role": key,
            "label": role.label,
            "framework_bands": usual,
            "source": sources,
            "inferred": inferred,
            "bands": {band: by_role[key][band] for band in sorted(by_role[key], key=band_order)},
        }
