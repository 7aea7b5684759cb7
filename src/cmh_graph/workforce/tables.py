"""The figures as CSV, one table for each part. Text of the extract cannot start a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

from cmh_graph.align.cells import inert
from cmh_graph.delimited import RowWriter
from cmh_graph.model import Ref
from cmh_graph.workforce.view import Counts, Workforce

_COUNTS = ("decided", "accepted", "review", "none")


def tables(found: Workforce) -> Mapping[str, bytes]:
    """Name of a file -> the table in UTF-8: roles, bands of roles, bands, titles, shares, teams, supply if asked."""
    made = {
        "roles.csv": _csv(
            ("role", "label", *_COUNTS, "titles", "titles_to_review", "needs", "why", "inferred", "is_regulated"),
            (
                (
                    one.role.key, one.role.label, *_four(one.counts), one.titles, one.titles_to_review, one.needs,
                    one.why, _flag(one.inferred), _flag(one.is_regulated),
                )
                for one in found.roles
            ),
        ),
        "role-bands.csv": _csv(
            ("role", "label", "band", "headcount", "fits", "bands_of_framework"),
            (
                (
                    one.role.key, one.role.label, band.band, band.headcount, _flag(band.fits),
                    " ".join(one.bands_of_framework),
                )
                for one in found.roles
                for band in one.bands
            ),
        ),
        "bands.csv": _csv(("band", *_COUNTS), ((one.band, *_four(one.counts)) for one in found.bands)),
        "titles.csv": _csv(
            ("title", *_COUNTS, "roles", "proposed", "why"),
            (
                (one.title, *_four(one.counts), _keys(one.roles), _keys(one.proposed), one.why)
                for one in found.titles
            ),
        ),
        "shares.csv": _csv(
            ("name", "headcount", "of", "share", "unknown", "unreviewed", "inferred", "basis"),
            (
                (
                    one.name, one.headcount, one.of, "" if one.share is None else one.share, one.unknown,
                    one.unreviewed, one.inferred, one.basis,
                )
                for one in found.shares
            ),
        ),
        "teams.csv": _csv(
            ("team", "role", "headcount", *_COUNTS),
            (
                row
                for one in found.teams
                for row in (
                    (one.team, "", one.headcount, one.decided, one.accepted, one.review, one.none),
                    *((one.team, label, figure, "", "", "", "") for label, figure in one.roles),
                )
            ),
        ),
    }  # fmt: skip
    if found.supply:
        made["supply.csv"] = _csv(
            ("role", "label", "decided", "accepted", "review", "steps", "months", "assumed_months",
             "inferred_steps", "way"),
            (
                (
                    one.role.key, one.role.label, one.decided, one.accepted, one.review,
                    *("" if each is None else each for each in (one.steps, one.months, one.assumed_months,
                                                               one.inferred_steps)),
                    " > ".join(place.label for place in one.way),
                )
                for one in found.supply.sources
            ),
        )  # fmt: skip
    return made


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    output = io.StringIO(newline="")
    writer = RowWriter(output)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([inert(cell) if isinstance(cell, str) else cell for cell in row])
    return output.getvalue().encode("utf-8", "replace")


def _four(counts: Counts) -> tuple[float, ...]:
    return counts.decided, counts.accepted, counts.review, counts.none


def _keys(refs: Iterable[Ref]) -> str:
    return " ".join(one.key for one in refs)


def _flag(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"
