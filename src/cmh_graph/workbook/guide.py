"""The first sheet: how to use the workbook, in plain words."""

from __future__ import annotations

from typing import Final

GUIDE_SHEET: Final = "How to use"

#: (style, first column, second column)
GUIDE: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "wb title",
        "Your workbook",
        "Roles, skills and pathways of community mental health work, as of {issued}.",
    ),
    (
        "wb heading",
        "What it is for",
        "You own this content. Correct it here, send the file back, and it goes into the framework."
        " Nothing changes before someone has looked at the list of your changes.",
    ),
    (
        "wb heading",
        "Change something",
        "Type over the cell. One row is one thing. Where a cell has several lines, each line is one"
        " entry: press Alt+Enter for a new line (Ctrl+Enter in LibreOffice).",
    ),
    (
        "wb heading",
        "Shaded cells",
        "They say which thing a row is about. Leave them as they are in rows that exist.",
    ),
    (
        "wb heading",
        "Add something",
        "Write into the first empty row below the list. Leave Key empty: it is made for you. Fill the shaded"
        " cells too, so that we know what the row is about.",
    ),
    (
        "wb heading",
        "Take something out",
        "Do not delete the row: other systems use it. Write yes under Retired, and the day, the reason and what"
        " takes its place beside it."
        " Where a sheet has no such column, tell the person who keeps the framework. A row"
        " that is missing changes nothing.",
    ),
    (
        "wb heading",
        "Who says so",
        "Each row has a status. inferred (amber) means: a judgement of the project that waits for you. When you"
        " replace it, add the key of your document under Sources; the row then becomes"
        " confirmed (green). Not in the list of sources"
        " yet? Add it on the sheet Sources first.",
    ),
    (
        "wb heading",
        "If you agree",
        "with a row that is inferred as it stands: set Status to confirmed and add your source.",
    ),
    (
        "wb heading",
        "Still judgement of the project",
        "lists columns of a row that nobody has confirmed, though the row itself has a source."
        " When you change such a cell its heading goes from the list by itself; when you"
        " agree with it, take the heading away.",
    ),
    (
        "wb heading",
        "Names and keys",
        "You may write the name (Active listening) or the key (active-listening). Capitals do not matter.",
    ),
    (
        "wb heading",
        "You may",
        "sort, filter, hide, colour, move columns and sheets, rename headings, and add columns for yourself: they"
        " are left alone. Please keep the hidden first row of each sheet.",
    ),
    (
        "wb heading",
        "Please do not",
        "write names of people, their addresses or telephone numbers anywhere. Bands are written one a line"
        " (Band 4, then Band 5): Excel makes a date of 4-5.",
    ),
    (
        "wb heading",
        "If something is wrong",
        "you get back the sheet, the cell, what is wrong and how to mend it. The rest of your changes"
        " is taken all the same.",
    ),
)
