"""The answers of queries: what the engine gives, and results of SPARQL as another server wrote them."""

from __future__ import annotations

from typing import TypeAlias

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, QueryTriples, parse_query_results

from cmh_graph.store.terms import Term

__all__ = [
    "QueryBoolean",
    "QueryResult",
    "QueryResultsFormat",
    "QuerySolutions",
    "QueryTriples",
    "Row",
    "parse_results",
    "parse_solutions",
]

#: One solution: variable name without "?" -> term. A variable that is not bound has no key.
Row: TypeAlias = dict[str, Term]
QueryResult: TypeAlias = QuerySolutions | QueryBoolean | QueryTriples


def parse_solutions(tsv: bytes) -> list[Row]:
    """The solutions in SPARQL results as TSV (or the beginning of them, cut after a line), typed terms as written."""
    found = parse_query_results(input=tsv, format=QueryResultsFormat.TSV)
    assert isinstance(found, QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [{name: row[name] for name in names if row[name] is not None} for row in found]


def parse_results(data: bytes, form: QueryResultsFormat) -> QuerySolutions | QueryBoolean:
    """SPARQL results of another server, read as they are asked for. Raises SyntaxError then if they are not whole."""
    return parse_query_results(input=data, format=form)
