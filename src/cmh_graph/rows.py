"""The rows that a query answers, as Python has them."""

from __future__ import annotations

import datetime
from collections import namedtuple
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, overload

from cmh_graph.errors import MissingProgram
from cmh_graph.model import Iri
from cmh_graph.queries import Question
from cmh_graph.store import Literal, QueryBoolean, QueryResult, QuerySolutions, text_of

#: A value in an answer: an IRI is an Iri (a str), a literal what it means in Python, nothing bound None.
Cell: TypeAlias = str | int | float | bool | datetime.date | None


@dataclass(frozen=True, slots=True)
class Rows(Sequence[Any]):
    """Rows of an answer as named tuples: row.name, row[0]. A column that is no Python name is _0, _1 ..."""

    columns: tuple[str, ...]
    rows: tuple[Any, ...]

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def to_frame(self) -> Any:
        """The rows as a pandas data frame. Raises MissingProgram if pandas is not installed."""
        try:
            import pandas
        except ImportError:
            raise MissingProgram(
                "data frames need pandas", mend="install it: pip install 'cmh-graph[frame]'"
            ) from None
        return pandas.DataFrame([tuple(row) for row in self.rows], columns=list(self.columns))


@dataclass(frozen=True, slots=True)
class Answer(Rows):
    """What a question answers. missing: what the content cannot tell, in words; "" if nothing is missing."""

    question: Question = field(kw_only=True)
    missing: str = field(kw_only=True)


def rows_of(result: QueryResult) -> Rows:
    """The rows of what a query answered.

    An ASK gives one row with the column answer; CONSTRUCT and DESCRIBE subject, predicate, object, each triple once."""
    if isinstance(result, QuerySolutions):
        columns = tuple(variable.value for variable in result.variables)
        return _rows(columns, [tuple(_cell(solution[name]) for name in columns) for solution in result])
    if isinstance(result, QueryBoolean):
        return _rows(("answer",), [(bool(result),)])
    triples = dict.fromkeys(result)
    return _rows(
        ("subject", "predicate", "object"),
        [(_cell(triple.subject), _cell(triple.predicate), _cell(triple.object)) for triple in triples],
    )


def _rows(columns: tuple[str, ...], rows: Sequence[tuple[Cell, ...]]) -> Rows:
    row = namedtuple("Row", columns, rename=True)  # type: ignore[misc]
    return Rows(columns, tuple(row(*cells) for cells in rows))


def _cell(term: Any) -> Cell:
    if term is None:
        return None
    if isinstance(term, Literal):
        text, datatype = term.value, term.datatype.value.rpartition("#")[2]
        try:
            if datatype == "boolean":
                return text in ("true", "1")
            if datatype == "integer":
                return int(text)
            if datatype in ("decimal", "double", "float"):
                return float(text)
            if datatype == "date":
                return datetime.date.fromisoformat(text)
        except ValueError:
            return text
        return text
    return Iri(text_of(term))
