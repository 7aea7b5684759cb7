"""What a server answered -> terms as RDF has them, where the server has habits of its own."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from cmh_graph.namespaces import PREFIXES
from cmh_graph.remote.rewriting import Rewritten
from cmh_graph.remote.server import not_whole, read_json
from cmh_graph.store import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    Triple,
    parse_ntriples,
    parse_results,
)

_XSD: Final = PREFIXES["xsd"]
_BOOLEAN: Final = _XSD + "boolean"
_INTEGER: Final = _XSD + "integer"
_TRUTH: Final = {"1": "true", "0": "false"}


def results_of(body: bytes, asked: Rewritten, *, booleans: bool) -> tuple[QuerySolutions | QueryBoolean, int]:
    """The results in SPARQL JSON as terms, and the number of solutions.

    booleans: whether the server computes true and false as such. Raises StoreUnavailable where it is not whole."""
    found = read_json(body)
    if "boolean" in found:
        if not isinstance(found["boolean"], bool):
            raise not_whole()
        return _parsed(body), 1
    bindings = found["results"]["bindings"]
    if asked.added or not booleans:
        names = [name for name in found["head"]["vars"] if name not in asked.added]
        rows = [_repaired(row, names, asked.booleans if not booleans else ()) for row in bindings]
        body = json.dumps({"head": {"vars": names}, "results": {"bindings": rows}}).encode()
    return _parsed(body), len(bindings)


def triples_of(body: bytes) -> list[Triple]:
    """The triples of some N-Triples, each once. Raises StoreUnavailable where they do not parse."""
    try:
        return list(dict.fromkeys(parse_ntriples(body)))
    except (SyntaxError, ValueError):
        raise not_whole() from None


def _parsed(body: bytes) -> QuerySolutions | QueryBoolean:
    try:
        return parse_results(body, QueryResultsFormat.JSON)
    except (SyntaxError, ValueError):
        raise not_whole() from None


def _repaired(row: dict[str, Any], names: Collection[str], booleans: Collection[str]) -> dict[str, Any]:
    return {name: _term(row[name], name in booleans) for name in names if name in row}


def _term(term: dict[str, Any], computed: bool) -> dict[str, Any]:
    if term.get("type") == "bnode":
        # "nodeID://b1" is no label that may be written down.
        return {"type": "bnode", "value": "".join(filter(str.isalnum, str(term["value"])))}
    datatype = term.get("datatype")
    if datatype == _BOOLEAN or (computed and datatype == _INTEGER):
        value = str(term["value"])
        return {"type": "literal", "value": _TRUTH.get(value, value), "datatype": _BOOLEAN}
    if term.get("type") == "typed-literal":
        return {**term, "type": "literal"}
    return term
