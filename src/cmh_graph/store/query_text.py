"""The text of a query: whether it parses, and whether it names its own graphs. Nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pyoxigraph import NamedNode, Variable
from pyoxigraph import Store as Engine

from cmh_graph.errors import QuerySyntax
from cmh_graph.namespaces import BASE

#: What may hold the word FROM without being a clause: comments, strings and IRIs.
_NO_CLAUSE: Final = re.compile(
    r"""\#[^\r\n]*|<[^<>"{}|^`\\\x00-\x20]*>|\"{3}.*?(?<!\\)\"{3}|'{3}.*?(?<!\\)'{3}"""
    r"""|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'""",
    re.DOTALL,
)
_FROM: Final = re.compile(r"(?<![\w?$:.\-])FROM(?![\w:.\-])", re.IGNORECASE)


def names_its_graphs(text: str) -> bool:
    """Whether a query has FROM or FROM NAMED, which the union would overrule."""
    return _FROM.search(text) is not None and _FROM.search(_NO_CLAUSE.sub("<>", text)) is not None


def check_syntax(text: str, prefixes: Mapping[str, str] | None = None) -> None:
    """Pass if a query parses; nothing is evaluated. Raises QuerySyntax."""
    unused = "never_selected"
    while unused in text:
        unused += "_"
    try:
        # A parameter that is no column is refused between parsing and evaluation.
        Engine().query(
            text,
            base_iri=BASE,
            prefixes=dict(prefixes) if prefixes else None,
            substitutions={Variable(unused): NamedNode(BASE)},
        )
    except SyntaxError as error:
        raise syntax_of(error) from None
    except RuntimeError:
        return


def syntax_of(error: SyntaxError) -> QuerySyntax:
    """The engine's words for a parse error, without its lists of every possible character."""
    message = str(error.msg or error)
    place, _, expected = message.partition(": ")
    where = ""
    if place.startswith("error at "):
        line, _, column = place.removeprefix("error at ").partition(":")
        where = f"line {line}, column {column}"
    else:
        expected = message
    if expected.startswith("expected one of"):
        wanted = [part for part in expected.removeprefix("expected one of ").split(", ") if "'" not in part]
        expected = ("expected " + " or ".join(wanted[:8])) if wanted else ""
    what = "the query does not parse" + (f": {expected[:300]}" if expected else "")
    return QuerySyntax(
        what, where=where, mend="correct the query at this place; SPARQL 1.1 Query is understood"
    )
