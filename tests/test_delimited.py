"""Rows come back as they were written, whatever the cells hold."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from cmh_graph.delimited import RowWriter

CELLS = st.text(alphabet=st.sampled_from(list("a,;\t\r\n\"'=é \u2028")), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=5))
def test_rows_come_back(rows: list[list[str]]) -> None:
    """A lone carriage return in a job title must not become a row of its own."""
    output = io.StringIO(newline="")
    RowWriter(output).writerows(rows)
    assert list(csv.reader(io.StringIO(output.getvalue(), newline=""))) == rows
