"""A post in its group -> what a person should look at before anybody renames it, as a code and in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.align.catalogues.forms import Form
from cmh_graph.align.catalogues.groups import Group, Member
from cmh_graph.align.catalogues.kinds import said_in
from cmh_graph.align.catalogues.posts import band_name
from cmh_graph.align.labels import BANDS, RoleLabels
from cmh_graph.align.wording import stem, words

#: What each code asks of a person; in the order in which they are said.
CODES: Final[Mapping[str, str]] = {
    "no-post": "Say what the post is.",
    "two-posts": "Say which of the posts it is, or list each.",
    "registration": "Check whether the post needs registration.",
    "level-words": "Settle the level.",
    "ambiguous": "Choose the role in review.",
    "children": "Keep it apart: the framework is for work with adults.",
    "other-setting": "Check that the setting does not make it another post.",
    "more-words": "Check that the further words do not make it another post.",
    "band-far": "Check the band, or the role.",
    "band-spread": "Check whether these are one post.",
    "same-title-other-group": "Give each its own title.",
}
#: Steps between bands from which they are called far apart.
FAR: Final = 2


@dataclass(frozen=True, slots=True)
class Look:
    """Why a person should look."""

    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of the whole list: the groups a form of words is in, and the bands it has."""

    groups: Mapping[Form, frozenset[int]]
    bands: Mapping[Form, frozenset[str]]
    house_titles: Sequence[str]


def around(groups: Sequence[Group], house_titles: Sequence[str]) -> Around:
    """house_titles: one per group, in order."""
    in_groups: dict[Form, set[int]] = defaultdict(set)
    bands: dict[Form, set[str]] = defaultdict(set)
    for place, group in enumerate(groups):
        for one in group.members:
            if one.title.named:
                in_groups[one.title.form].add(place)
                if len(one.post.bands) == 1:
                    bands[one.title.form] |= one.post.bands
    return Around(
        {form: frozenset(places) for form, places in in_groups.items()},
        {form: frozenset(held) for form, held in bands.items()},
        house_titles,
    )


def looks(member: Member, group: Group, labels: RoleLabels, known: Around) -> list[Look]:
    """What a person should look at; none if nothing is odd."""
    post, title = member.post, member.title
    kind = title.kind
    if not title.named:
        return [Look("no-post", f"'{post.title}' names no post")]
    found: list[Look] = []
    if title.posts > 1:
        found.append(Look("two-posts", f"it seems to name {title.posts} posts"))
    found += _registration(member, group, labels)
    label = labels.name(group.role) if group.role else ""
    if kind.conflict and not {stem(kind.conflict[0])} <= {stem(word) for word in label.lower().split()}:
        up, down = kind.conflict
        found.append(Look("level-words", f"'{up}' and '{down}' point to different levels"))
    if post.zone == "review":
        found.append(Look("ambiguous", _ambiguous(member, labels)))
    if "children" in kind.ages:
        found.append(Look("children", "it names children or young people"))
    if any("setting" in doubt for doubt in post.doubts):
        found.append(Look("other-setting", next(doubt for doubt in post.doubts if "setting" in doubt)))
    if post.extra:
        said = ", ".join(
            f"'{word}'" for word in dict.fromkeys(title.words) if stem(word) in post.extra
        ) or ", ".join(post.extra)
        found.append(Look("more-words", f"it says {said}, which the role's name does not"))
    found += _bands(member, group, labels, known)
    if len(known.groups.get(title.form, ())) > 1:
        found.append(Look("same-title-other-group", "the same words stand in another group"))
    return found


def _registration(member: Member, group: Group, labels: RoleLabels) -> list[Look]:
    post, kind = member.post, member.title.kind
    role = group.role or post.role
    says_so = bool({"registered", "qualified"} & set(member.title.words))
    if says_so and kind.registered is False:
        return [Look("registration", "it says registered, but its noun is that of an unregistered post")]
    if role and (post.level_clash or (group.role and kind.registered is not None)):
        needs = labels.facts[role].registered
        if kind.registered is not None and kind.registered != needs:
            reads = "registered" if kind.registered else "unregistered"
            other = "needs registration" if needs else "needs none"
            return [Look("registration", f"it reads as {reads}, and {labels.name(role)} {other}")]
        if post.level_clash:
            return [
                Look("registration", f"one needs registration and the other does not: {labels.name(role)}")
            ]
    return []


def _ambiguous(member: Member, labels: RoleLabels) -> str:
    names = list(dict.fromkeys(labels.name(role) for role, _ in member.post.candidates[:3]))
    doubts = [one for one in member.post.doubts if "setting" not in one and "registration" not in one]
    why = f": {'; '.join(doubts[:2])}" if doubts else ""
    return f"it may mean {' or '.join(names)}{why}" if names else f"no role is sure{why}"


def _bands(member: Member, group: Group, labels: RoleLabels, known: Around) -> list[Look]:
    post, found = member.post, []
    role = group.role or (post.role if post.zone == "review" else "")
    theirs = framework_bands(labels, role) if role else frozenset()
    steps = band_distance(post.bands, theirs)
    if steps >= FAR:
        usual = band_name(theirs)
        found.append(
            Look(
                "band-far",
                f"band {post.band} is {steps} steps from band {usual}, the framework's for {labels.name(role)}",
            )
        )
    held = sorted(known.bands.get(member.title.form, ()), key=BANDS.index)
    if len(held) > 1 and BANDS.index(held[-1]) - BANDS.index(held[0]) >= FAR:
        found.append(Look("band-spread", f"the same words have the bands {', '.join(held)}"))
    return found


def band_distance(ours: Iterable[str], theirs: Iterable[str]) -> int:
    """Steps between the nearest two bands; 0 where either side has none."""
    others = [BANDS.index(band) for band in theirs]
    return min((abs(BANDS.index(band) - other) for band in ours for other in others), default=0)


def framework_bands(labels: RoleLabels, role: str) -> frozenset[str]:
    """The bands of a role, or of the wider role it counts towards where it has none and is of the same level."""
    facts = labels.facts[role]
    wider = labels.facts.get(facts.target)
    if facts.bands or wider is None or _levels(labels.name(role)) != _levels(labels.name(wider.key)):
        return facts.bands
    return wider.bands


def _levels(label: str) -> frozenset[str]:
    return frozenset(one.value for one in said_in(words(label)) if one.kind == "level")
