"""Graphs made here from solutions: DESCRIBE as our own engine has it, and CONSTRUCT for servers that cut it unsaid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from cmh_graph.remote.content import STORED
from cmh_graph.remote.repairs import results_of
from cmh_graph.remote.rewriting import Rewritten
from cmh_graph.sparql.guard import Form
from cmh_graph.store import BlankNode, NamedNode, QuerySolutions, QueryTriples, Store, Term, Triple

#: Things that are asked about in one request.
_AT_ONCE: Final = 500
#: A blank node cannot stand in VALUES: it has such a name there.
_NODE: Final = f"{STORED}node:"
#: Text and form of a query -> the body of its answer.
Send = Callable[[str, str], bytes]


def described(asked: Rewritten, send: Send, booleans: bool) -> Iterator[Triple]:
    """The triples whose subject is one of the things that a DESCRIBE names or finds, each once."""
    things = [name for name in asked.described if name.startswith("<")]
    if asked.text:
        select = Rewritten(asked.text, Form.SELECT, added=asked.added, booleans=asked.booleans)
        found = _solutions(select, send, booleans)
        things += [str(term) for row in found for term in row if isinstance(term, NamedNode)]
    things = list(dict.fromkeys(things))
    for start in range(0, len(things), _AT_ONCE):
        some = " ".join(things[start : start + _AT_ONCE])
        text = f"SELECT ?s ?p ?o {{ VALUES ?s {{ {some} }} ?s ?p ?o }}"
        for row in _solutions(Rewritten(text, Form.SELECT), send, booleans):
            subject, predicate, value = row
            assert isinstance(subject, NamedNode) and isinstance(predicate, NamedNode) and value is not None
            yield Triple(subject, predicate, value)


def constructed(asked: Rewritten, send: Send, booleans: bool) -> Iterator[Triple]:
    """The triples of a CONSTRUCT whose solutions come as rows, each once."""
    found = _solutions(Rewritten(asked.text, Form.SELECT, booleans=asked.booleans), send, booleans)
    names = " ".join(f"?{variable.value}" for variable in found.variables)
    rows = "\n".join(f"({' '.join(_written(term) for term in row)})" for row in found)
    made = Store.from_quads(()).query(
        f"{asked.template} WHERE {{ VALUES ({names}) {{\n{rows}\n}} }}", prefixes=None
    )
    assert isinstance(made, QueryTriples)
    triples = (Triple(_back(t.subject), t.predicate, _back(t.object)) for t in made)  # type: ignore[arg-type]
    yield from dict.fromkeys(triples)


def _solutions(select: Rewritten, send: Send, booleans: bool) -> QuerySolutions:
    found, _ = results_of(send(select.text, "SELECT"), select, booleans=booleans)
    assert isinstance(found, QuerySolutions)
    return found


def _written(term: Term | None) -> str:
    if term is None:
        return "UNDEF"
    return f"<{_NODE}{term.value}>" if isinstance(term, BlankNode) else str(term)


def _back(term: Term) -> Term:
    if isinstance(term, NamedNode) and term.value.startswith(_NODE):
        return BlankNode(term.value.removeprefix(_NODE))
    return term
