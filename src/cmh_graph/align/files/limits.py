"""How much of a file we read. A real role list stays far below each of these."""

from __future__ import annotations

from typing import Final

MOST_ROWS: Final = 1_000_000  # rows of a list; a sheet of a workbook holds 1,048,576
LONGEST_LINE: Final = 1_000_000  # characters
LONGEST_CELL: Final = 100_000  # characters; a spreadsheet's own limit is 32,767
LONGEST_TITLE: Final = 500  # characters
MOST_COLUMNS: Final = 1_000
MOST_OTHER_TITLES: Final = 200  # of one row

MOST_UNPACKED: Final = 1 << 30  # bytes of one member of a zip
MOST_SHARED_STRINGS: Final = 64 << 20  # bytes, unpacked; they are held in memory
MOST_STRINGS: Final = 1_000_000
LARGEST_PACKED: Final = 200 << 20  # bytes of a zip
MOST_MEMBERS: Final = 10_000  # of a zip
MOST_SHEETS: Final = 500

LONGEST_TAG: Final = 1 << 20  # bytes of XML between < and >
DEEPEST_MARKUP: Final = 256  # elements inside one another
MOST_NAMES: Final = 5_000  # different names of elements and attributes in one XML file

LARGEST_JSON: Final = 256 << 20  # bytes
LONGEST_ENTRY: Final = 2_000_000  # characters of one JSON object
DEEPEST_JSON: Final = 100
MOST_BRACKETS: Final = 20_000_000  # of one JSON file

LARGEST_RDF: Final = 500 << 20  # bytes
RDF_MEMORY: Final = 1 << 30  # bytes
RDF_SECONDS: Final = 120  # of processor time

LARGEST_TEXT: Final = 20_000_000  # bytes of a description
MOST_TEXT: Final = 2_000_000  # characters of a description
MOST_PAGES: Final = 200
PDF_MEMORY: Final = 512 << 20  # bytes
PDF_SECONDS: Final = 20  # of processor time
