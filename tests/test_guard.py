"""The guard refuses what changes data or calls out, and nothing that only looks like it."""

from __future__ import annotations

import re
import time
import tomllib
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmh_graph import errors
from cmh_graph.errors import BodyTooLarge, CmhGraphError, QuerySyntax
from cmh_graph.sparql import formats
from cmh_graph.sparql.guard import MAX_DEPTH, MAX_THINGS_DEPTH, Form, check, quoted
from cmh_graph.sparql.tokens import MAX_TOKENS

CASES = tomllib.loads((Path(__file__).parent / "cases/sparql/refused.toml").read_text("utf-8"))["case"]
GRAPHS = frozenset({"http://g/1", "http://g/2"})


@pytest.mark.parametrize("case", CASES, ids=[case["text"][:60] for case in CASES])
def test_the_guard_decides_as_listed(case: dict[str, Any]) -> None:
    assert case["why"]
    if "refused" in case:
        with pytest.raises(getattr(errors, case["refused"])) as caught:
            check(case["text"], graphs=GRAPHS, longest=10_000)
        assert type(caught.value) is getattr(errors, case["refused"])
        assert caught.value.mend
    else:
        assert check(case["text"], graphs=GRAPHS, longest=10_000).form.value == case["form"]


def test_the_dataset_of_the_text_is_read() -> None:
    text = "PREFIX g: <http://g/> ASK FROM g:1 FROM <http://g/2> FROM NAMED g:2 {}"
    checked = check(text, graphs=GRAPHS, longest=1000)
    assert checked.default_graphs == ("http://g/1", "http://g/2")
    assert checked.named_graphs == ("http://g/2",)
    assert check("ASK {}", graphs=GRAPHS, longest=1000).default_graphs is None


def test_only_the_prefixes_of_ours_that_are_used_are_added() -> None:
    checked = check("PREFIX skos: <http://mine/> ASK { ?s skos:x cmh:y }", graphs=(), longest=1000)
    assert list(checked.prefixes) == ["cmh"]


def test_the_length_is_counted_in_bytes() -> None:
    text = "ASK { ?s ?p '" + "é" * 50 + "' }"
    assert check(text, graphs=(), longest=len(text) + 50)
    with pytest.raises(BodyTooLarge):
        check(text, graphs=(), longest=len(text) + 49)


@pytest.mark.parametrize("pair", ["()", "[]", "{}"])
def test_deep_nesting_is_refused_before_a_parser_sees_it(pair: str) -> None:
    text = "ASK {" + pair[0] * 9_000 + pair[1] * 9_000 + "}"
    with pytest.raises(QuerySyntax, match="nested"):
        check(text, graphs=(), longest=200_000)
    inside = MAX_THINGS_DEPTH if pair == "[]" else MAX_DEPTH - 1
    assert check("ASK {" + pair[0] * inside + pair[1] * inside + "}", graphs=(), longest=200_000)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * {?s ?p " + "." * 199_900 + "}",
        "ASK { FILTER(" + "!" * 60_000 + "true) }",
        "ASK { FILTER(1" + "+1" * 60_000 + ") }",
        "ASK { {} " + "UNION {} " * 9_000 + "}",
        "ASK { " + "?s ?p ?o . " * 15_000 + "}",
    ],
)
def test_a_text_of_too_many_tokens_is_refused_as_too_large(text: str) -> None:
    with pytest.raises(BodyTooLarge, match=str(MAX_TOKENS)):
        check(text, graphs=(), longest=200_000)


def test_only_tokens_count_not_the_space_between() -> None:
    head, tail = "ASK { VALUES ?x { ", "} }"
    fits = head + "1 #c\n\n # d\n" * (MAX_TOKENS - 7) + tail
    assert check(fits, graphs=(), longest=10**6).form is Form.ASK
    with pytest.raises(BodyTooLarge):
        check(head + "1 " * (MAX_TOKENS - 6) + tail, graphs=(), longest=10**6)
    with pytest.raises(BodyTooLarge):
        check(head + "\\u0041 " * 90_000, graphs=(), longest=10**6)


@pytest.mark.parametrize(
    "text", ["ASK { {} } ", "ASK { ", "ASK { ?s ?p ", "ASK { ?s ?p x", "ASK FROM <http://", "SELECT ?x "]
)
@pytest.mark.parametrize("long", ["w" * 150_000, "p" * 90 + ":", "e" * 150_000 + ">", "\\u0041" * 20_000])
def test_what_is_quoted_is_cut(text: str, long: str) -> None:
    with pytest.raises(CmhGraphError) as caught:
        check(text + long, graphs=(), longest=200_000)
    assert len(str(caught.value)) < 400


def test_formats_are_quoted_short_too() -> None:
    for accept, wanted in (("x/" + "y" * 150_000, None), (None, "z" * 150_000)):
        with pytest.raises(CmhGraphError) as caught:
            formats.choose(Form.ASK, accept, wanted)
        assert len(str(caught.value)) < 400
    assert quoted("short") == "short"


@pytest.mark.parametrize(
    "part",
    [
        "a.",
        "a-",
        "a:b.",
        "_:b.",
        '"""',
        "'",
        '""',
        "<",
        "<a",
        "\\u0041",
        "@a-",
        "1.",
        "1e",
        "'''a",
        "(",
        "%41",
    ],
)
def test_the_scan_is_linear(part: str) -> None:
    text = "SELECT * {" + part * (190_000 // len(part))
    began = time.perf_counter()
    with pytest.raises(CmhGraphError):
        check(text, graphs=(), longest=200_000)
    assert time.perf_counter() - began < 2


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_admitted_or_refused_in_our_words(text: str) -> None:
    try:
        check(text, graphs=(), longest=10_000)
    except CmhGraphError as error:
        assert error.what


_SAFE = st.text(
    st.characters(blacklist_characters="\\\"'\r\n<>", blacklist_categories=["Cs", "Cc"]), max_size=30
)


@settings(max_examples=200, deadline=None)
@given(
    _SAFE, st.sampled_from(['"', "'", '"""', "'''"]), st.sampled_from(["SERVICE <x> {}", "INSERT", "LOAD"])
)
def test_strings_and_comments_never_trip_it(text: str, quote: str, word: str) -> None:
    query = f"ASK {{ ?s ?p {quote}{text} {word}{quote} }} # {text} {word}"
    assert check(query, graphs=(), longest=10_000).form.value == "ASK"


_FRAGMENTS = [
    "SERVICE", "service", "SILENT", " ", "\n", ":x", "service:x", "SERVICE:x", "<http://x/>", "?s", "?service",
    " ?s ?p ", " ?s ?p ?o ", "{", "}", "{}", ".", ";", ",", "'", "''", "'''", '"', '""', '"""', "'a'", "\\q",
    "\\\\", "\\'", "\\u0053", "\\u0027", "\\U00110000", "#", "#\n", "1", "1.", "1.5e", "true", "a", "@en", "--ltr",
    "_:b", "_:b.", "a:b", "a:b.c", "a:b.c.", "a:", "a:b%41", "a:b\\-", "a:b..", "FILTER(", "FILTER(?a<1)", "?a<",
    "<1)", "(", ")", ">", "#>", "&&", "!", "=", "-", "*", "/", "|", "^", "VALUES ?x {", "VALUES ?x {'''a'",
    "BIND(1 AS ?z)", "OPTIONAL", "GRAPH", "UNION", "EXISTS", "[", "]", "<<", ">>", "{|", "|}", "é", "IN", "LATERAL",
    "SERVICE:x{}", "SERVICE<http://x/>{}", "SERVICE:x#>\n{}",
]  # fmt: skip
_PROLOGUE = (
    "PREFIX : <http://x/> PREFIX a: <http://a/> PREFIX service: <http://s/> PREFIX SERVICE: <http://s/> "
)


def _parses(text: str) -> bool:
    try:
        pyoxigraph.Store().query(text)
    except SyntaxError:
        return False
    except RuntimeError:
        return True
    return True


@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.sampled_from(_FRAGMENTS), min_size=1, max_size=6),
    st.sampled_from(["SERVICE:x{}", "SERVICE<http://x/>{}", "service:x {}", "SERVICE:x#>\n{}", ""]),
    st.sampled_from(["}", "}}", ")}"]),
)
def test_what_passes_holds_no_call_that_the_engine_understands(parts: list[str], call: str, end: str) -> None:
    # If SERVICE is only a part of names and texts, another spelling of it everywhere changes nothing.
    try:
        checked = check(_PROLOGUE + "SELECT * {" + "".join(parts) + call + end, graphs=(), longest=10_000)
    except CmhGraphError:
        return
    if _parses(checked.text):
        assert _parses(re.sub("service", lambda found: found[0][:-1] + "f", checked.text, flags=re.I))
