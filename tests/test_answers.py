"""Solutions are counted exactly while the engine writes them, wherever its writes are cut."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmh_graph.errors import AnswerTooLarge
from cmh_graph.sparql.answers import _COUNTING, Limits, QueryRequest, answer
from cmh_graph.sparql.formats import BOOLEAN, GRAPH, SOLUTIONS
from cmh_graph.store import Literal, NamedNode, Quad, Store

NASTY = st.text("\"\\{},:[]<>&\n\r\t'é ", max_size=12) | st.sampled_from(
    ["},{", ":[{", "<result>", '\\"', "\\\\"]
)
AWAY = Limits(10**6, 10**9)


@settings(max_examples=150, deadline=None)
@given(st.lists(NASTY, max_size=8), st.sampled_from([known.name for known in SOLUTIONS]), st.integers(1, 40))
def test_rows_are_counted_through_any_text(texts: list[str], name: str, size: int) -> None:
    store = Store.from_quads(
        Quad(NamedNode("http://x/s"), NamedNode(f"http://x/{n}"), Literal(text), NamedNode("http://g"))
        for n, text in enumerate(texts)
    )
    request = QueryRequest("SELECT ?o ?p ?none { ?s ?p ?o }", name, {})
    body, rows = answer(store, request, AWAY)
    assert rows == len(texts)
    counting = _COUNTING[name](AWAY)
    stream = io.BytesIO(body)
    while chunk := stream.read(size):
        counting.write(chunk)
    assert counting.rows == len(texts)
    assert counting.getvalue() == body


@pytest.mark.parametrize("name", [known.name for known in SOLUTIONS])
@pytest.mark.parametrize(
    ("text", "rows"), [("SELECT * {}", 1), ("SELECT ?x { VALUES ?x { UNDEF UNDEF } }", 2)]
)
def test_solutions_that_bind_nothing_count_too(name: str, text: str, rows: int) -> None:
    assert answer(Store.from_quads([]), QueryRequest(text, name, {}), AWAY)[1] == rows


def test_limits_are_the_last_that_pass() -> None:
    store = Store.from_quads([])
    three = QueryRequest("SELECT ?x { VALUES ?x { 1 2 3 } }", "json", {})
    body, rows = answer(store, three, Limits(3, 10**6))
    assert rows == 3
    assert answer(store, three, Limits(3, len(body)))[0] == body
    for limits in (Limits(2, 10**6), Limits(3, len(body) - 1)):
        with pytest.raises(AnswerTooLarge):
            answer(store, three, limits)


def test_every_format_is_written() -> None:
    store = Store.from_quads([])
    for text, formats in (
        ("SELECT (1 AS ?x) {}", SOLUTIONS),
        ("ASK {}", BOOLEAN),
        ("CONSTRUCT { <http://x/s> cmh:p 1 } {}", GRAPH),
    ):
        for known in formats:
            prefixes = {"cmh": "https://w3id.org/cmh-graph/ns#"}
            body, rows = answer(store, QueryRequest(text, known.name, prefixes), AWAY)
            assert body
            assert rows == 1
