"""Columns that several sheets of the workbook have."""

from __future__ import annotations

from typing import Final

from cmh_graph.workbook.columns import Column

KEY: Final = Column(
    "key",
    "Key",
    "words",
    "key",
    width=30,
    help=(
        "The fixed name of this thing in every system. Do not change it. Leave it empty in a"
        " new row: it is made for you."
    ),
)
NAME: Final = Column("skos:prefLabel", "Name", "name", needed=True, width=34, help="What people call it.")
ALSO: Final = Column(
    "skos:altLabel",
    "Also called",
    "name",
    many=True,
    width=28,
    help="Other names, each on a line of its own.",
)
MEANS: Final = Column(
    "skos:definition", "Definition", "text", needed=True, width=60, help="What it is, in one sentence."
)
NOTE: Final = Column(
    "skos:note", "Notes", "text", many=True, width=50, help="Each note on a line of its own."
)
SAYS: Final = (
    Column(
        "cmh:status",
        "Status",
        "link",
        "says",
        ("status",),
        needed=True,
        width=12,
        shown="key",
        help="Who says so: seed (first documents), public (a page that was read), inferred (judgement of the project),"
        " confirmed (by the owner). Rewording something inferred makes it confirmed by itself.",
    ),
    Column(
        "dcterms:source",
        "Sources",
        "link",
        "says",
        ("source",),
        many=True,
        needed=True,
        width=22,
        shown="key",
        help="Keys of the sheet Sources, each on a line of its own. Add yours when you change a wording.",
    ),
    Column(
        "cmh:inferredField",
        "Still judgement of the project",
        "fields",
        "says",
        many=True,
        width=24,
        help="Columns of this row that nobody has confirmed yet. Take a heading away once you confirm that cell.",
    ),
)
MONTHS: Final = (
    Column("cmh:minimumMonths", "Shortest, in months", "whole", width=12),
    Column("cmh:maximumMonths", "Longest, in months", "whole", width=12),
)


def retire(kind: str) -> tuple[Column, ...]:
    return (
        Column(
            "owl:deprecated",
            "Retired",
            "yes",
            "retire",
            width=10,
            help="Write yes to take it out of use, and fill the three columns beside. Never delete a row for that.",
        ),
        Column(
            "cmh:retiredOn",
            "Retired on",
            "date",
            "retire",
            width=12,
            help="Year-month-day, such as 2027-03-01.",
        ),
        Column("skos:changeNote", "Why retired", "text", "retire", width=30),
        Column(
            "dcterms:isReplacedBy",
            "Replaced by",
            "link",
            "retire",
            (kind,),
            width=28,
            help="What to use instead.",
        ),
    )


def parent(id: str, heading: str, kind: str, width: int = 30) -> Column:
    return Column(id, heading, "link", "identity", (kind,), needed=True, width=width)


EMPLOYERS: Final = Column(
    "cmh:employerType",
    "Only with these employers",
    "link",
    of=("employer-type",),
    many=True,
    width=26,
    help="Leave empty if it holds everywhere.",
)
