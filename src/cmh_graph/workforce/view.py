"""Rows of an extract -> the workforce in the framework's words, each figure by how sure the match is.

Figures decided by people, accepted by the matching, to review and without a role are never added up. Method:
docs/decisions/0017-workforce-view-from-counts.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from cmh_graph.align.labels import BANDS
from cmh_graph.framework import Framework
from cmh_graph.model import Ref, Role
from cmh_graph.workforce.extract import StaffRow, Unit
from cmh_graph.workforce.needs import Needed, need_of
from cmh_graph.workforce.placed import BASES, NO_BAND, SEVERAL, Aligning, Placed, is_known, place
from cmh_graph.workforce.small_numbers import number
from cmh_graph.workforce.supply import Supply, supply_of
from cmh_graph.workforce.teams import TeamCount, count_teams

if TYPE_CHECKING:
    from cmh_graph.align.review.learn import Reviewed

Number = int | float


@dataclass(frozen=True, slots=True)
class Counts:
    """Headcount by how the titles came to their role."""

    decided: Number
    accepted: Number
    review: Number
    none: Number


@dataclass(frozen=True, slots=True)
class BandOfRole:
    """headcount: decided and accepted. fits: whether the framework gives the role this band; None where it gives
    none, or where the extract does not name one band."""

    band: str
    headcount: Number
    fits: bool | None


@dataclass(frozen=True, slots=True)
class RoleCount:
    """A role, who holds it, and under how many titles. review: headcount whose nearest role it is, to be looked at.

    needs: a professional qualification, by the framework; why in words; inferred: that this is our judgement.
    bands_of_framework: those that anyone gives the role."""

    role: Ref
    counts: Counts
    titles: int
    titles_to_review: int
    needs: Needed
    why: str
    inferred: bool
    is_regulated: bool | None
    bands: tuple[BandOfRole, ...]
    bands_of_framework: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BandCount:
    """A pay band as the extract names it, `several` where a row names more than one, `not stated` where none."""

    band: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class TitleCount:
    """A title, compared without case. roles: those it was taken for; proposed: those to review; why: in words.

    A title has several roles where rows with other bands or employer types got another answer."""

    title: str
    counts: Counts
    roles: tuple[Ref, ...]
    proposed: tuple[Ref, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Spread:
    """titles: different ones in the extract. placed: those with a decided or accepted role; roles: how many these are.

    several_titles: roles with more than one title. several_roles: titles with more than one role, proposed ones too."""

    titles: int
    placed: int
    roles: int
    several_titles: int
    several_roles: int


@dataclass(frozen=True, slots=True)
class Share:
    """headcount out of `of`, the decided and accepted headcount; share from 0 to 1, None where `of` is 0.

    unknown: headcount whose role the framework says nothing of; it is in `of` and not in headcount. unreviewed: part of
    headcount in titles that nobody reviewed. inferred: part whose statement in the framework is our judgement."""

    name: str
    headcount: Number
    of: Number
    share: float | None
    unknown: Number
    unreviewed: Number
    inferred: Number
    basis: str


@dataclass(frozen=True, slots=True)
class Workforce:
    """unit: what is counted. total: all of it. notes: how the extract was read, and what to bear in mind."""

    unit: Unit
    total: Number
    counts: Counts
    spread: Spread
    roles: tuple[RoleCount, ...]
    bands: tuple[BandCount, ...]
    titles: tuple[TitleCount, ...]
    shares: tuple[Share, ...]
    teams: tuple[TeamCount, ...]
    supply: Supply | None
    notes: tuple[str, ...]


def workforce(
    framework: Framework,
    rows: Iterable[StaffRow],
    *,
    supply: str | None = None,
    unit: Unit = "headcount",
    decided: Sequence[Reviewed] = (),
    notes: Sequence[str] = (),
    aligner: Aligning | None = None,
) -> Workforce:
    """The workforce that some rows tell of. The order of rows, and how a count is split over them, never matter.

    supply: key of a role, to see which roles held here lead to it. decided: what people decided on titles, which goes
    before the matching. aligner: made from the framework if None. Raises UnknownThing for an unknown role."""
    target = framework.role(supply) if supply is not None else None
    placed = list(place(framework, rows, decided, aligner))
    by_role: dict[str, list[Placed]] = defaultdict(list)
    for one in placed:
        if one.role:
            by_role[one.role].append(one)
    roles = [_role_count(framework, framework.role(key), by_role[key]) for key in sorted(by_role)]
    roles.sort(
        key=lambda one: (-_known(one.counts), -one.counts.review, one.role.label.casefold(), one.role.key)
    )
    titles = _titles(framework, placed)
    sure = [one for one in titles if one.roles]
    held = {one.role: one.counts for one in roles}
    return Workforce(
        unit,
        number(_sum(placed)),
        _counts(placed),
        Spread(
            len(titles),
            len(sure),
            sum(_known(one.counts) > 0 for one in roles),
            sum(one.titles > 1 for one in roles),
            sum(len({*one.roles, *one.proposed}) > 1 for one in titles),
        ),
        tuple(roles),
        _bands(placed),
        titles,
        _shares(framework, placed),
        count_teams(framework, placed),
        supply_of(framework, target, {ref: (c.decided, c.accepted, c.review) for ref, c in held.items()})
        if target
        else None,
        tuple(notes),
    )


def _sum(placed: Iterable[Placed]) -> Decimal:
    return sum((one.headcount for one in placed), Decimal(0))


def _counts(placed: Sequence[Placed]) -> Counts:
    return Counts(*(number(_sum(one for one in placed if one.basis == basis)) for basis in BASES))


def _known(counts: Counts) -> Number:
    return counts.decided + counts.accepted


def _ref(framework: Framework, key: str) -> Ref:
    role = framework.role(key)
    return Ref("role", role.key, role.label)


def _role_count(framework: Framework, role: Role, placed: Sequence[Placed]) -> RoleCount:
    sure = [one for one in placed if is_known(one)]
    need = need_of(framework, role)
    bands = []
    for band in _in_order({one.band for one in sure}):
        here = _sum(one for one in sure if one.band == band)
        fits = None if band in (NO_BAND, SEVERAL) or not role.bands else band in role.bands
        bands.append(BandOfRole(band, number(here), fits))
    return RoleCount(
        Ref("role", role.key, role.label),
        _counts(placed),
        len({one.title.casefold() for one in sure}),
        len({one.title.casefold() for one in placed if one.basis == "review"}),
        need.needed,
        need.why,
        need.inferred,
        role.is_regulated,
        tuple(bands),
        tuple(str(band) for band in role.bands),
    )


def _in_order(bands: Iterable[str]) -> list[str]:
    order = (*BANDS, SEVERAL, NO_BAND)
    return sorted(bands, key=order.index)


def _bands(placed: Sequence[Placed]) -> tuple[BandCount, ...]:
    names = _in_order({one.band for one in placed})
    return tuple(BandCount(band, _counts([one for one in placed if one.band == band])) for band in names)


def _titles(framework: Framework, placed: Sequence[Placed]) -> tuple[TitleCount, ...]:
    by_title: dict[str, list[Placed]] = defaultdict(list)
    for one in placed:
        by_title[one.title.casefold()].append(one)
    found = []
    for _, held in sorted(by_title.items()):
        roles = sorted({one.role for one in held if is_known(one)})
        proposed = sorted({one.role for one in held if one.basis == "review"})
        found.append(
            TitleCount(
                # Of several spellings the first in the alphabet, so that order does not matter.
                min(one.title for one in held),
                _counts(held),
                tuple(_ref(framework, key) for key in roles),
                tuple(_ref(framework, key) for key in proposed),
                min(one.why for one in held),
            )
        )
    return tuple(found)


_BASIS: Final = (
    (
        "no formal qualification needed",
        "roles for which the framework states that no formal qualification is needed to start, and asks for none as "
        "essential",
    ),
    (
        "no professional qualification needed",
        "the same, and roles whose essential qualifications are all below a degree and lead to no register; of an "
        "any-of group the easiest counts",
    ),
    (
        "regulated",
        "roles whose holders must be on a statutory register in a country that the framework speaks of",
    ),
)


def _shares(framework: Framework, placed: Sequence[Placed]) -> tuple[Share, ...]:
    sure = [one for one in placed if is_known(one)]
    needs = {key: need_of(framework, framework.role(key)) for key in {one.role for one in sure}}
    found = []
    for (name, basis), wanted in zip(_BASIS, (("none",), ("none", "other"), None), strict=True):
        if wanted is None:
            having = [one for one in sure if framework.role(one.role).is_regulated]
            unknown = [one for one in sure if framework.role(one.role).is_regulated is None]
            inferred = [
                one
                for one in having
                if all(
                    each.says.is_inferred or "is_regulated" in each.says.inferred_fields
                    for each in framework.role(one.role).regulation
                    if each.is_regulated
                )
            ]
        else:
            having = [one for one in sure if needs[one.role].needed in wanted]
            unknown = [one for one in sure if needs[one.role].needed == "unknown"]
            inferred = [one for one in having if needs[one.role].inferred]
        count, of = _sum(having), _sum(sure)
        found.append(
            Share(
                name,
                number(count),
                number(of),
                float(round(count / of, 4)) if of else None,
                number(_sum(unknown)),
                number(_sum(one for one in having if one.basis == "accepted")),
                number(_sum(inferred)),
                basis,
            )
        )
    return tuple(found)
