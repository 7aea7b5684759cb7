"""A role list -> which of its titles are one role in disguise, with a house title for each, as plain values.

The shape of `as_dict` is a promise: docs/decisions/0012-reports-on-a-role-list.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from cmh_graph import __version__
from cmh_graph.align.catalogues.eye import around, framework_bands, looks
from cmh_graph.align.catalogues.groups import Group, Member, group_posts
from cmh_graph.align.catalogues.house import Considered, HouseTitle, forms_in_use, house_title, most_used
from cmh_graph.align.catalogues.posts import Posts, band_order
from cmh_graph.align.cells import inert
from cmh_graph.align.labels import BANDS, RoleLabels

METHOD: Final = (
    "Titles share a group only if level, registration, age group, field and, where it matters, profession agree, and"
    " then by accepted framework role, by wording, or outside the framework by meaning."
    " Groups and house titles are proposed by machine."
)
COLUMNS: Final = (
    "row", "key", "title", "band", "group", "role", "basis", "house_title", "needs_eye", "codes", "why",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TitleUse:
    """One spelling at one band: the rows that have it and what a person should look at."""

    title: str
    band: str
    rows: int
    row_numbers: tuple[int, ...]
    keys: tuple[str, ...]
    house_title: str
    needs_eye: bool
    why: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BandTitle:
    """The house title at one band. fits: whether the framework gives the role this band; None if it gives none."""

    band: str
    title: str
    reason: str
    rows: int
    fits: bool | None
    considered: tuple[Considered, ...]


@dataclass(frozen=True, slots=True)
class RoleGroup:
    """Titles that are one role. role: None outside the framework. band: the one most rows have, "" if none."""

    id: str
    role: str | None
    role_label: str | None
    band: str
    bands: Mapping[str, int]
    framework_bands: tuple[str, ...]
    rows: int
    house_title: str
    reason: str
    considered: tuple[Considered, ...]
    level: str
    registered: bool | None
    basis: str
    house_titles: tuple[BandTitle, ...]
    titles: tuple[TitleUse, ...]

    @property
    def in_disguise(self) -> int:
        """How many spellings stand for this one role, leaving out those that differ in capitals only."""
        return len({one.title.casefold() for one in self.titles})


@dataclass(frozen=True, slots=True)
class Rationalisation:
    """The groups, largest first, and what cuts across them. counts: figures for the first lines of a report."""

    file: str
    rows: int
    rejected: int
    method: str
    version: str
    counts: Mapping[str, int]
    groups: tuple[RoleGroup, ...]
    spelt_differently: tuple[Mapping[str, Any], ...]
    one_title_many: tuple[Mapping[str, Any], ...]
    bands_across: tuple[Mapping[str, Any], ...]
    rejects: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    columns: Mapping[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def rationalise(posts: Posts, labels: RoleLabels) -> Rationalisation:
    """Group the posts and propose titles. Every post is in exactly one group; same list, same answer."""
    groups = group_posts(posts.posts, labels)
    titles = _house_titles(groups, labels)
    known = around(groups, [one.title for one in titles])
    found = tuple(
        _role_group(number, group, title, labels, lambda one, group=group: looks(one, group, labels, known))
        for number, (group, title) in enumerate(zip(groups, titles, strict=True), start=1)
    )
    uses = [one for group in found for one in group.titles]
    spellings = {one.title.casefold() for one in uses}
    return Rationalisation(
        posts.name,
        posts.rows,
        posts.rejected,
        METHOD,
        __version__,
        {
            "titles": len(spellings),
            "groups": len(found),
            "groups_of_several_titles": sum(group.in_disguise > 1 for group in found),
            "titles_in_such_groups": sum(group.in_disguise for group in found if group.in_disguise > 1),
            "rows_decided_by_people": sum(one.decided for one in posts.posts),
            "rows_in_framework_groups": sum(group.rows for group in found if group.role),
            "titles_for_a_person": sum(one.needs_eye for one in uses),
            "rows_for_a_person": sum(one.rows for one in uses if one.needs_eye),
        },
        found,
        tuple(_spelt_differently(groups, found)),
        tuple(_one_title_many(groups, found)),
        tuple(_bands_across(found)),
        tuple(
            {"row": one.row, "line": one.line, "reason": one.reason, "raw": one.raw} for one in posts.rejects
        ),
        tuple(posts.notes),
        dict(posts.columns),
    )


def csv_lines(found: Rationalisation) -> Iterator[tuple[str, ...]]:
    """The lines of rationalise.csv, header first: one per row that was read, in the order of the list."""
    yield COLUMNS
    lines = [
        (number, key, use, group)
        for group in found.groups
        for use in group.titles
        for number, key in zip(use.row_numbers, use.keys, strict=True)
    ]
    for number, key, use, group in sorted(lines, key=lambda one: one[0]):
        yield (
            str(number),
            inert(key),
            inert(use.title),
            inert(use.band),
            group.id,
            group.role or "",
            group.basis,
            inert(use.house_title),
            "yes" if use.needs_eye else "",
            " ".join(use.codes),
            inert("; ".join(use.why)),
        )


def _house_titles(groups: Sequence[Group], labels: RoleLabels) -> list[HouseTitle]:
    """A title for each group. Where two would get one title, the smaller keeps its own most used form, unless it says
    less than the role's name: then both have the name, and a person sees why they stand apart."""
    taken: set[str] = set()
    out = []
    for group in groups:
        title = house_title(group, labels)
        if title.title.casefold() in taken and group.members[0].title.kind.professions:
            title = most_used(group)
        elif title.title.casefold() in taken:
            title = replace(title, reason=f"{title.reason}; another group has it too, whose titles say more")
        taken.add(title.title.casefold())
        out.append(title)
    return out


def _role_group(number: int, group: Group, house: HouseTitle, labels: RoleLabels, look: Any) -> RoleGroup:
    by_use: dict[tuple[str, str], list[Member]] = defaultdict(list)
    for one in group.members:
        by_use[one.post.title, one.post.band].append(one)
    bands = Counter(one.post.band for one in group.members if one.post.band)
    usual = framework_bands(labels, group.role) if group.role else frozenset()
    kind = group.members[0].title.kind
    registered = (
        labels.facts[group.role].registered if group.role and kind.registered is None else kind.registered
    )
    uses = [_use(title, band, members, house, look(members[0])) for (title, band), members in by_use.items()]
    return RoleGroup(
        f"g{number:04d}",
        group.role or None,
        labels.name(group.role) if group.role else None,
        min(bands, key=lambda band: (-bands[band], band_order(band)), default=""),
        {band: bands[band] for band in sorted(bands, key=band_order)},
        tuple(sorted(usual, key=BANDS.index)),
        group.rows,
        house.title,
        house.reason,
        house.considered,
        ", ".join(sorted(kind.levels)),
        registered,
        group.basis,
        tuple(_band_titles(group, house, usual)),
        tuple(sorted(uses, key=lambda one: (-one.rows, one.row_numbers[0]))),
    )


def _use(
    title: str, band: str, members: Sequence[Member], house: HouseTitle, found: Sequence[Any]
) -> TitleUse:
    return TitleUse(
        title,
        band,
        len(members),
        tuple(one.post.row for one in members),
        tuple(one.post.key for one in members),
        house.title,
        bool(found),
        tuple(one.why for one in found),
        tuple(one.code for one in found),
    )


def _band_titles(group: Group, house: HouseTitle, usual: frozenset[str]) -> Iterator[BandTitle]:
    by_band: dict[str, list[Member]] = defaultdict(list)
    for one in group.members:
        by_band[one.post.band].append(one)
    for band in sorted(by_band, key=band_order):
        members = by_band[band]
        held = members[0].post.bands
        fits = bool(held & usual) if held and usual else None
        yield BandTitle(band, house.title, house.reason, len(members), fits, forms_in_use(members))


# --- what cuts across groups --------------------------------------------------------------------------------


def _forms(groups: Sequence[Group], found: Sequence[RoleGroup]) -> dict[Any, list[tuple[Member, RoleGroup]]]:
    by_form: dict[Any, list[tuple[Member, RoleGroup]]] = defaultdict(list)
    for group, made in zip(groups, found, strict=True):
        for one in group.members:
            if one.title.named:
                by_form[one.title.form].append((one, made))
    return by_form


def _spelt_differently(groups: Sequence[Group], found: Sequence[RoleGroup]) -> Iterator[Mapping[str, Any]]:
    """The same words in several spellings or short forms; capitals alone are no other spelling."""
    for uses in _forms(groups, found).values():
        spelt = _distinct(one.title.written for one, _ in uses)
        if len(spelt) > 1:
            first, group = uses[0]
            yield {"words": first.title.shown, "group": group.id, "titles": spelt}


def _distinct(texts: Iterable[str]) -> list[str]:
    held: dict[str, str] = {}
    for text in texts:
        held.setdefault(" ".join(text.casefold().split()), text)
    return sorted(held.values(), key=str.casefold)


def _one_title_many(groups: Sequence[Group], found: Sequence[RoleGroup]) -> Iterator[Mapping[str, Any]]:
    """One title, noise aside, that stands in several groups or at several bands."""
    for uses in _forms(groups, found).values():
        ids = sorted({made.id for _, made in uses})
        bands = Counter(one.post.band for one, _ in uses if one.post.band)
        if len(ids) > 1 or len(bands) > 1:
            yield {
                "title": uses[0][0].title.shown,
                "groups": ids,
                "roles": sorted({made.role for _, made in uses if made.role}),
                "bands": {band: bands[band] for band in sorted(bands, key=band_order)},
            }


def _bands_across(found: Sequence[RoleGroup]) -> Iterator[Mapping[str, Any]]:
    """Roles of the framework that hold several groups, and how the bands of these lie to each other."""
    by_role: dict[str, list[RoleGroup]] = defaultdict(list)
    for group in found:
        if group.role:
            by_role[group.role].append(group)
    for role in sorted(by_role):
        if len(by_role[role]) > 1:
            yield {
                "role": role,
                "label": by_role[role][0].role_label,
                "framework_bands": by_role[role][0].framework_bands,
                "groups": [
                    {"id": one.id, "house_title": one.house_title, "level": one.level, "bands": one.bands}
                    for one in by_role[role]
                ],
            }
