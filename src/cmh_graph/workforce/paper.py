"""The workforce view as a paper: tables with words before them, in any format of papers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cmh_graph.framework import Framework
from cmh_graph.papers.document import (
    Block,
    Heading,
    Illustration,
    Items,
    Paper,
    Said,
    Table,
    make_paper,
    paragraph,
    words,
)
from cmh_graph.pictures.share_charts import shares_chart, titles_chart
from cmh_graph.pictures.workforce_charts import bands_chart, roles_chart
from cmh_graph.workforce.small_numbers import LEAST_SHOWN, Figure
from cmh_graph.workforce.supply import Supply
from cmh_graph.workforce.view import Counts, RoleCount, Workforce

#: Rows of a table that a paper holds; the CSV tables have all.
MOST_ROWS: Final = 200
_NEEDS: Final = {
    "none": "none",
    "other": "one below a degree",
    "professional": "higher qualification or registration",
    "unknown": "not known",
}
#: What stands before the doubt in the words of the matching.
_DOUBT: Final = "review because "
_HEADS: Final = ("Decided by people", "Accepted, not reviewed", "To review")


def workforce_paper(framework: Framework, found: Workforce) -> Paper:
    """The paper. Every table says what it counts; inferred statements are marked."""
    unit = "headcount" if found.unit == "headcount" else "FTE"
    blocks: list[Block] = [
        *_summary(found, unit),
        *_shares(found, unit),
        *_roles(found, unit),
        *_bands(found, unit),
        *_spread(found),
        *(_supply(found.supply, unit) if found.supply else ()),
        *_teams(found, unit),
        *_unreviewed(found, unit),
    ]
    if found.notes:
        blocks += [Heading("How the extract was read"), Items(tuple(words(one) for one in found.notes))]
    return make_paper(
        framework,
        "workforce",
        "Workforce view",
        f"{_said(found.total)} {unit}: which roles of the framework they are, by how sure the match is",
        blocks,
    )


def _summary(found: Workforce, unit: str) -> Iterator[Block]:
    yield Heading("What was matched")
    counts = found.counts
    rows = (
        ("Decided by people", counts.decided, "Counted in shares."),
        ("Accepted by the matching, reviewed by nobody", counts.accepted, "Counted in shares; may be wrong."),
        ("To review", counts.review, "The nearest role is shown apart and counted nowhere else."),
        ("Without a role", counts.none, "The framework has no role for these titles, or none is near."),
    )
    yield Table(
        f"{unit.capitalize() if unit == 'headcount' else unit} by how titles came to their role",
        ("How", unit.capitalize() if unit == "headcount" else unit, "What it means"),
        tuple((words(how), words(_said(value)), words(means)) for how, value, means in rows),
        (36, 16, 48),
    )
    if not found.total:
        yield paragraph("The extract has no rows that count.")


def _shares(found: Workforce, unit: str) -> Iterator[Block]:
    yield Heading("Qualifications and registration")
    yield paragraph(
        f"Of the {_said(found.counts.decided + found.counts.accepted)} {unit} whose role is decided or accepted. "
        "What is to review, and what has no role, is left out."
    )
    if found.counts.decided + found.counts.accepted:
        yield Illustration(shares_chart(found), in_words=True)
    rows = []
    for one in found.shares:
        share = "nobody to count" if one.share is None else f"{100 * one.share:.1f}%"
        rows.append(
            (
                words(one.name[:1].upper() + one.name[1:]),
                words(share),
                words(f"{_said(one.headcount)} of {_said(one.of)}"),
                words(_said(one.unknown)),
                words(_said(one.unreviewed)),
                words(_said(one.inferred)),
            )
        )
    yield Table(
        "Shares, and what they rest on",
        ("Roles", "Share", unit.capitalize() if unit == "headcount" else unit, "Not known, apart",
         "Of it in titles nobody reviewed", "Of it by statements that are inferred"),
        tuple(rows),
        (28, 12, 16, 14, 15, 15),
    )  # fmt: skip
    yield Items(tuple(words(f"{one.name[:1].upper() + one.name[1:]}: {one.basis}.") for one in found.shares))


def _roles(found: Workforce, unit: str) -> Iterator[Block]:
    if not found.roles:
        return
    yield Heading("Roles")
    yield Illustration(roles_chart(found), in_words=True)
    yield Table(
        f"{unit} by role; the three counts are never added up".capitalize(),
        ("Role", *_HEADS, "Titles", "Qualification needed", "Regulated"),
        tuple(
            (
                words(one.role.label),
                *_three(one.counts),
                words(_titles(one)),
                Said(_NEEDS[one.needs], "inferred" if one.inferred else None),
                words({True: "yes", False: "no", None: "not known"}[one.is_regulated]),
            )
            for one in found.roles
        ),
        (22, 11, 13, 9, 11, 20, 14),
    )
    odd = []
    for one in found.roles:
        for band in one.bands:
            if band.fits is False:
                bands = ", ".join(one.bands_of_framework)
                odd.append(
                    (words(one.role.label), words(band.band), words(_said(band.headcount)), words(bands))
                )
    sure = [band for one in found.roles for band in one.bands]
    yield Heading("Bands of roles, against the framework's", 3)
    sums = {fits: sum(band.headcount for band in sure if band.fits is fits) for fits in (True, False, None)}
    yield paragraph(
        f"At a band that the framework gives the role: {_said(sums[True])}. At another band: {_said(sums[False])}. "
        f"No one band in the extract, or none in the framework: {_said(sums[None])}. Decided and accepted {unit}."
    )
    if odd:
        yield Table(
            "Roles held at a band that the framework does not give them",
            (
                "Role",
                "Band held",
                unit.capitalize() if unit == "headcount" else unit,
                "Bands in the framework",
            ),
            tuple(odd),
            (40, 15, 15, 30),
        )


def _bands(found: Workforce, unit: str) -> Iterator[Block]:
    if not found.bands:
        return
    yield Heading("Pay bands")
    yield Illustration(bands_chart(found), in_words=True)
    yield Table(
        f"{unit} by the pay band in the extract".capitalize(),
        ("Pay band", *_HEADS, "Without a role"),
        tuple((words(one.band), *_three(one.counts), words(_said(one.counts.none))) for one in found.bands),
        (24, 19, 19, 19, 19),
    )


def _spread(found: Workforce) -> Iterator[Block]:
    spread = found.spread
    yield Heading("Titles before and after")
    yield paragraph(
        f"Before: {_many(spread.titles, 'title')}. After: {spread.placed} of them stand for "
        f"{_many(spread.roles, 'role')}. {_many(spread.several_titles, 'role')} with more than one title; "
        f"{_many(spread.several_roles, 'title')} with more than one role, proposed ones included."
    )
    most = sorted(
        (one for one in found.roles if one.titles > 1), key=lambda one: (-one.titles, one.role.label)
    )
    if most:
        yield Illustration(titles_chart(found), in_words=True)
        names: dict[str, list[str]] = {}
        for title in found.titles:
            for ref in title.roles:
                names.setdefault(ref.key, []).append(title.title)
        yield Table(
            "Roles with more than one title",
            ("Role", "Titles", "Which"),
            tuple(
                (words(one.role.label), words(str(one.titles)), words(_some(names.get(one.role.key, []))))
                for one in most[:MOST_ROWS]
            ),
            (28, 10, 62),
        )
    several = [one for one in found.titles if len({*one.roles, *one.proposed}) > 1]
    if several:
        yield Table(
            "Titles with more than one role",
            ("Title", "Decided or accepted", "To review"),
            tuple(
                (
                    words(one.title),
                    words("; ".join(ref.label for ref in one.roles) or "none"),
                    words("; ".join(ref.label for ref in one.proposed) or "none"),
                )
                for one in several[:MOST_ROWS]
            ),
            (36, 32, 32),
        )


def _supply(supply: Supply, unit: str) -> Iterator[Block]:
    yield Heading(f"Supply for {supply.role.label}")
    yield paragraph(
        "The way with the fewest steps from each role held here. It says what is possible, not who wants to or will be "
        "admitted. Months are the least; those that no source states are assumed, and said so."
    )
    rows = []
    for one in supply.sources:
        if one.steps:
            way = " → ".join(place.label for place in one.way)
            months = f"{one.months} months" + (
                f", {one.assumed_months} of them assumed" if one.assumed_months else ""
            )
        else:
            way = "no chain of steps leads there" if one.steps is None else "holds it already"
            months = ""
        rows.append(
            (
                words(one.role.label),
                words("none" if one.steps is None else str(one.steps)),
                words(_said(one.decided)),
                words(_said(one.accepted)),
                words(_said(one.review)),
                Said(f"{way}{f' ({months})' if months else ''}", "inferred" if one.inferred_steps else None),
            )
        )
    if rows:
        yield Table(
            f"Roles held here that lead to {supply.role.label}; {unit}",
            ("Role", "Steps", *_HEADS, "Way"),
            tuple(rows),
            (17, 8, 11, 13, 9, 42),
        )
    else:
        yield paragraph("No role of the framework was found in the extract.")


def _teams(found: Workforce, unit: str) -> Iterator[Block]:
    if not found.teams:
        return
    yield Heading("Teams")
    yield paragraph(
        f"A figure from 1 to {LEAST_SHOWN - 1} is shown as “fewer than {LEAST_SHOWN}”, as people could be told from "
        "it. “Not shown” is a figure that would give such a one away by subtraction. Roles held by fewer than "
        f"{LEAST_SHOWN} in the whole extract are put together. Whoever knows a team may still guess: share with care."
    )
    yield Table(
        f"{unit} by team".capitalize(),
        ("Team", unit.capitalize() if unit == "headcount" else unit, *_HEADS, "Without a role"),
        tuple(
            (
                words(one.team),
                *(
                    words(_figure(each))
                    for each in (one.headcount, one.decided, one.accepted, one.review, one.none)
                ),
            )
            for one in found.teams[:MOST_ROWS]
        ),
        (30, 14, 14, 14, 14, 14),
    )
    rows = [
        (words(one.team), words(label), words(_figure(figure)))
        for one in found.teams
        for label, figure in one.roles
    ]
    if rows:
        yield Table(
            f"Roles in teams, decided and accepted {unit}",
            ("Team", "Role", unit.capitalize() if unit == "headcount" else unit),
            tuple(rows[:MOST_ROWS]),
            (34, 46, 20),
        )
    if len(rows) > MOST_ROWS or len(found.teams) > MOST_ROWS:
        yield paragraph(f"Only the first {MOST_ROWS} rows are shown; teams.csv has all.")


def _unreviewed(found: Workforce, unit: str) -> Iterator[Block]:
    yield Heading("What rests on matches that nobody reviewed")
    sure = found.counts.decided + found.counts.accepted
    yield paragraph(
        f"{_said(found.counts.accepted)} of the {_said(sure)} {unit} with a role were accepted by the matching alone. "
        f"{_said(found.counts.review)} more wait for a person. Review the titles with the most people first."
    )
    waiting = sorted(
        (one for one in found.titles if one.counts.review),
        key=lambda one: (-one.counts.review, one.title.casefold()),
    )
    if waiting:
        yield Table(
            "Titles to review, those of most people first",
            ("Title", unit.capitalize() if unit == "headcount" else unit, "Nearest role", "Why it waits"),
            tuple(
                (
                    words(one.title),
                    words(_said(one.counts.review)),
                    words("; ".join(ref.label for ref in one.proposed)),
                    words(_doubt(one.why)),
                )
                for one in waiting[:MOST_ROWS]
            ),
            (26, 15, 22, 37),
        )
    left = len(waiting) - MOST_ROWS
    if left > 0:
        yield paragraph(f"{left} more are in titles.csv.")


def _doubt(why: str) -> str:
    """What speaks against accepting a match unseen; titles.csv has the whole of why."""
    doubt = why.rpartition(_DOUBT)[2]
    return doubt[:1].upper() + doubt[1:]


def _three(counts: Counts) -> tuple[Said, Said, Said]:
    return words(_said(counts.decided)), words(_said(counts.accepted)), words(_said(counts.review))


def _titles(one: RoleCount) -> str:
    said = [str(one.titles)] if one.titles else []
    return ", ".join([*said, *([f"{one.titles_to_review} to review"] if one.titles_to_review else [])])


def _some(names: list[str], most: int = 8) -> str:
    more = len(names) - most
    return "; ".join(names[:most]) + (f"; and {more} more" if more > 0 else "")


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _said(value: float) -> str:
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def _figure(value: Figure) -> str:
    return value if isinstance(value, str) else _said(value)
