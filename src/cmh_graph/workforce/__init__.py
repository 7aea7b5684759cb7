"""A staff extract -> which roles are held by how many, and what follows from it.

extract        a file or JSON -> rows of title, band, team and count; personal columns stay unread
personal       names of columns, and cells, that speak of a person
needs          whether a role needs a professional qualification, by the framework
placed         titles in teams -> their roles, by how they came to them
view           the figures that follow
teams          headcount by team
supply         which roles held here lead to a named one
small_numbers  figures that could tell on people are left out of tables by team
paper          the figures as a document
tables         the figures as CSV
files          everything written to a folder
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmh_graph.on_demand import on_demand

if TYPE_CHECKING:
    from cmh_graph.workforce.extract import Extract, StaffRow, read_extract
    from cmh_graph.workforce.view import Workforce, workforce


__all__ = ["Extract", "StaffRow", "Workforce", "read_extract", "workforce"]

__getattr__ = on_demand(
    __name__,
    {
        "Extract": "extract",
        "StaffRow": "extract",
        "read_extract": "extract",
        "Workforce": "view",
        "workforce": "view",
    },
)
