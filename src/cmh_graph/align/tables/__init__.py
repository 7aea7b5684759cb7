"""A file of posts -> rows with a title, and the rows that cannot be used with place and reason.

read_table    the file's kind -> its reader; folders finds the file in a folder
delimited, xlsx, ods, json_rows, rdf    one format each -> records
header, columns, recognise    which record is the header, and which column serves as what
title_rows    records -> rows of titles and rejects, for all formats alike
"""

from __future__ import annotations

from cmh_graph.align.tables.read_table import read_table
from cmh_graph.align.tables.rows import Field, Reject, Table, TitleRow

__all__ = ["Field", "Reject", "Table", "TitleRow", "read_table"]
