"""The owner's workbook: the framework's content as a spreadsheet, and back (docs/decisions/0020).

columns, shared_columns, *_sheets, layout   what sheets and columns there are, as data
content           what the framework states, thing by thing
words, names, cells   a value <-> the text of a cell
marks, guide, book    -> the workbook
rows, headings    a workbook that came back -> recognised rows, each cell with its address
keys, intake, proposals   rows against content -> what each asks for
confirm           what a change brings with it: who says so
judge             all changes together, by the shapes and checks of validate
blocks, turtle, place, landing   -> the changed Turtle, in its own form, all files or none
back              all of that, in order
report            the differences, for people and programs
losses            what the workbook does not carry
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cmh_graph.on_demand import on_demand

if TYPE_CHECKING:
    from cmh_graph.workbook.back import Import, bring_back, write_back
    from cmh_graph.workbook.book import workbook_bytes
    from cmh_graph.workbook.content import Content, read_content
    from cmh_graph.workbook.losses import lost
    from cmh_graph.workbook.report import import_data, import_text


__all__ = [
    "Content",
    "Import",
    "bring_back",
    "import_data",
    "import_text",
    "lost",
    "read_content",
    "workbook_bytes",
    "write_back",
]

__getattr__ = on_demand(
    __name__,
    {
        "workbook_bytes": "book",
        "Import": "back",
        "bring_back": "back",
        "write_back": "back",
        "Content": "content",
        "read_content": "content",
        "lost": "losses",
        "import_data": "report",
        "import_text": "report",
    },
)
