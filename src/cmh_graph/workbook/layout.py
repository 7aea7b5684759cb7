"""The sheets of the workbook and their columns, as data: what is written, read back and compared."""

from __future__ import annotations

from typing import Final

from cmh_graph.workbook.columns import Sheet
from cmh_graph.workbook.role_sheets import BANDS, MEANINGS, PLACES, REGULATIONS, REQUIREMENTS, ROLES, TITLES
from cmh_graph.workbook.skill_sheets import GROUPS, LEVELS, SETS, SKILLS, STATEMENTS, VALUES
from cmh_graph.workbook.way_sheets import (
    EXPERIENCE,
    PATHWAYS,
    QUALIFICATIONS,
    ROUTES,
    SOURCES,
    STEPS,
    WAYPOINTS,
)

#: In the order of the workbook. Things stand before what points to them only where people read them so.
SHEETS: Final = (
    ROLES,
    REQUIREMENTS,
    SKILLS,
    LEVELS,
    STATEMENTS,
    GROUPS,
    VALUES,
    SETS,
    STEPS,
    PATHWAYS,
    BANDS,
    PLACES,
    REGULATIONS,
    TITLES,
    MEANINGS,
    QUALIFICATIONS,
    EXPERIENCE,
    ROUTES,
    WAYPOINTS,
    SOURCES,
)


def sheet_of(id: str) -> Sheet:
    """The sheet of this id; KeyError if there is none."""
    for sheet in SHEETS:
        if sheet.id == id:
            return sheet
    raise KeyError(id)
