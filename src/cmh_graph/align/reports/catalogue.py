"""rationalise.html and coverage.html: reports on a whole role list."""

from __future__ import annotations

from typing import Final

from cmh_graph.align.catalogues.coverage import Coverage
from cmh_graph.align.catalogues.eye import CODES
from cmh_graph.align.catalogues.rationalise import Rationalisation
from cmh_graph.align.reports.page import page

#: Lists of a page stop here, and those inside one group sooner; the CSV and JSON hold everything.
MOST_LISTED: Final = 1000
MOST_IN_GROUP: Final = 60


def rationalise_page(found: Rationalisation) -> str:
    """The groups as a page for people, those with several titles first."""
    several = [group for group in found.groups if group.in_disguise > 1]
    alone = [group for group in found.groups if group.in_disguise == 1]
    eye = [(group, one) for group in found.groups for one in group.titles if one.needs_eye]
    return page(
        "rationalise.html",
        found=found,
        several=several,
        alone=alone,
        eye=sorted(eye, key=lambda pair: (-pair[1].rows, pair[1].row_numbers[0])),
        codes=CODES,
        limit=MOST_LISTED,
        per_group=MOST_IN_GROUP,
    )


def coverage_page(found: Coverage) -> str:
    """The list held against the framework, as a page for people."""
    return page("coverage.html", found=found, limit=MOST_LISTED)
