"""What we refuse to evaluate, decided from the query text before any engine sees it.

The engine reads SPARQL without a separate tokenizer: it takes `SERVICE:x {` for the keyword even where
`service:` is a declared prefix. So this scan is stricter than the grammar. Every bare word must be one that
SPARQL knows, every prefix must be declared, and where a text could be read in two ways and one of them calls
out, it is refused. The workers hold a second lock: they cannot open a socket or file (see held).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, NoReturn

from cmh_graph.errors import BodyTooLarge, QueryForbidden, QuerySyntax
from cmh_graph.namespaces import PREFIXES
from cmh_graph.sparql.tokens import Token, absolute, fail, place_of, prologue, resolve_codepoints, scan

#: The parser recurses once for each open bracket, and overflows its stack somewhere above 500.
MAX_DEPTH: Final = 100
#: Things in [ ], << >> and {| |} are read several times over for each that they are in: 40 deep takes a tenth of a
#: second, 100 deep takes five, and 2,000 deep would take hours.
MAX_THINGS_DEPTH: Final = 40
_MOST_QUOTED: Final = 60


class Form(Enum):
    """The four forms of a query; the value is its keyword."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"


@dataclass(frozen=True, slots=True)
class Checked:
    """A query text that may be evaluated.

    text: the query, with codepoint escapes outside strings and IRIs resolved; evaluate this one.
    prefixes: those of our own prefixes that the text uses without declaring them.
    default_graphs, named_graphs: the IRIs of FROM and FROM NAMED, None if the text has neither.
    """

    text: str
    form: Form
    prefixes: Mapping[str, str]
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None


_UPDATE_WORDS: Final = (
    "INSERT DELETE LOAD CLEAR DROP CREATE COPY MOVE ADD WITH USING INTO TO DATA ALL DEFAULT"
)
_QUERY_WORDS: Final = """
BASE PREFIX VERSION SELECT CONSTRUCT DESCRIBE ASK DISTINCT REDUCED AS FROM NAMED WHERE GROUP BY
HAVING ORDER ASC DESC LIMIT OFFSET VALUES UNDEF OPTIONAL LATERAL GRAPH SERVICE SILENT BIND MINUS
UNION FILTER NOT EXISTS IN A TRUE FALSE COUNT SUM MIN MAX AVG SAMPLE GROUP_CONCAT SEPARATOR STR LANG
LANGMATCHES LANGDIR HASLANG HASLANGDIR DATATYPE BOUND IRI URI BNODE RAND ABS CEIL FLOOR ROUND CONCAT
STRLEN UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER YEAR MONTH DAY HOURS
MINUTES SECONDS TIMEZONE TZ ADJUST NOW UUID STRUUID MD5 SHA1 SHA256 SHA384 SHA512 COALESCE IF
STRLANG STRLANGDIR STRDT SAMETERM ISIRI ISURI ISBLANK ISLITERAL ISNUMERIC ISTRIPLE TRIPLE SUBJECT
PREDICATE OBJECT REGEX SUBSTR REPLACE
"""
_UPDATES: Final = frozenset(_UPDATE_WORDS.split())
_WORDS: Final = frozenset(_QUERY_WORDS.split())
_TAKES_IRI: Final = frozenset({"GRAPH", "FROM", "NAMED", "DESCRIBE"})
_OPERANDS: Final = frozenset(
    {"variable", "name", "iri", "string", "number", "blank", "lang", "close", "word"}
)


def check(text: str, *, graphs: Collection[str], longest: int) -> Checked:
    """Admit one read-only query, or say why not.

    graphs: IRIs of our named graphs; longest: bytes of UTF-8 that the text may have.
    Raises BodyTooLarge (also above MAX_TOKENS), QuerySyntax, or QueryForbidden for updates, SERVICE and graphs that
    are not ours."""
    if len(text) > longest or len(text.encode("utf-8", "surrogatepass")) > longest:
        raise BodyTooLarge(
            f"the query text is longer than {longest} bytes",
            mend="shorten it, or split it into several queries",
        )
    text = resolve_codepoints(text)
    tokens = list(scan(text))
    _refuse_updates(text, tokens)
    declared, base, start = prologue(text, tokens)
    form = _form(text, tokens, start)
    used = _walk(text, tokens, declared)
    defaults, named = _dataset(text, tokens, declared, base, graphs)
    return Checked(text, form, {prefix: PREFIXES[prefix] for prefix in used}, defaults, named)


def quoted(text: str) -> str:
    """A word of the caller's, cut so that a message stays readable whatever was sent."""
    return text if len(text) <= _MOST_QUOTED else text[:_MOST_QUOTED] + "\u2026"


def check_graphs(iris: Collection[str], graphs: Collection[str], *, where: str) -> None:
    """Pass if every IRI names one of our graphs; QueryForbidden otherwise, for we fetch nothing."""
    for iri in iris:
        if iri not in graphs:
            raise QueryForbidden(
                f"there is no graph <{quoted(iri)}> in this dataset, and we do not fetch graphs from elsewhere",
                where=where,
                mend="use a graph that SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } lists",
            )


def _refuse_updates(text: str, tokens: list[Token]) -> None:
    for token in tokens:
        if token.kind == "word" and token.text.upper() in _UPDATES:
            raise QueryForbidden(
                f"{token.text.upper()} changes data, and this service only answers questions",
                where=place_of(text, token.at),
                mend="send a SELECT, ASK, CONSTRUCT or DESCRIBE query",
            )


def _form(text: str, tokens: list[Token], start: int) -> Form:
    word = tokens[start].text.upper() if start < len(tokens) and tokens[start].kind == "word" else ""
    if word not in Form.__members__:
        at = tokens[start].at if start < len(tokens) else len(text)
        fail(text, at, "here a query must begin with SELECT, ASK, CONSTRUCT or DESCRIBE")
    return Form[word]


def _walk(text: str, tokens: list[Token], declared: Mapping[str, str]) -> set[str]:
    """Refuse calls, unknown words, deep nesting and further queries; gives those of our prefixes it uses."""
    used: set[str] = set()
    open_at: list[str] = []
    quoted_triples = 0
    # Most texts hold nothing that could be read as a call.
    calls = "service" in text.lower()
    complete = False
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        match token.kind:
            case "open":
                open_at.append("{|" if text.startswith("{|", token.at) else token.text)
                if len(open_at) > MAX_DEPTH:
                    fail(text, token.at, f"brackets are nested more than {MAX_DEPTH} deep")
                _refuse_deep_things(text, token, open_at, quoted_triples)
            case "close":
                if not open_at or open_at.pop() + token.text not in ("()", "[]", "{}", "{|}"):
                    fail(text, token.at, f"{token.text} closes nothing")
                complete = complete or (token.text == "}" and not open_at)
            case "word":
                word = token.text.upper()
                if "SERVICE" in word:
                    _refuse_call(text, token)
                if word not in _WORDS:
                    fail(text, token.at, f"SPARQL has no word {quoted(token.text)!r}")
                if complete and not open_at and word in Form.__members__:
                    _refuse_several(text, token)
            case "name":
                prefix = token.text.partition(":")[0]
                declares = before is not None and before.kind == "word" and before.text.upper() == "PREFIX"
                if not declares and prefix not in declared:
                    if prefix not in PREFIXES:
                        fail(text, token.at, f"the prefix {quoted(prefix)}: is not declared")
                    used.add(prefix)
                # To the engine `SERVICE:x {` is a call, whatever the prefixes; `GRAPH service:x {` is not.
                names_graph = (
                    before is not None and before.kind == "word" and before.text.upper() in _TAKES_IRI
                )
                if (
                    calls
                    and "service" in prefix.lower()
                    and after is not None
                    and after.text == "{"
                    and not names_graph
                ):
                    _refuse_call(text, token)
                if calls:
                    _refuse_dotted_call(text, token)
            case "blank" if calls:
                _refuse_dotted_call(text, token)
            case "iri" if calls:
                operand = before is not None and before.kind in _OPERANDS
                # In `FILTER(?a <1)SERVICE:x#>` the engine sees "less than" where we see an IRI.
                if "(" in open_at and operand and "service" in token.text.partition(")")[2].lower():
                    _refuse_call(text, token)
            case "other":
                if token.text == ";" and not open_at:
                    _refuse_several(text, token)
                if token.text in ("<<", ">>"):
                    quoted_triples += 1 if token.text == "<<" else -1
                    _refuse_deep_things(text, token, open_at, quoted_triples)
    if open_at:
        fail(text, len(text), f"{open_at[-1]} is never closed")
    return used


def _dataset(
    text: str, tokens: list[Token], declared: Mapping[str, str], base: str, graphs: Collection[str]
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """The IRIs after FROM and FROM NAMED, each one of our graphs."""
    if "FROM" not in text.upper():
        return None, None
    defaults: list[str] = []
    named: list[str] = []
    for index, token in enumerate(tokens):
        if token.kind != "word" or token.text.upper() != "FROM":
            continue
        rest = tokens[index + 1 : index + 3]
        is_named = bool(rest) and rest[0].kind == "word" and rest[0].text.upper() == "NAMED"
        source = (rest[1:] if is_named else rest)[:1]
        if not source or source[0].kind not in ("iri", "name"):
            fail(text, token.at, "FROM is not followed by a graph IRI")
        if source[0].kind == "iri":
            iri = absolute(text, source[0], base)
        else:
            prefix, _, local = source[0].text.partition(":")
            iri = {**PREFIXES, **declared}[prefix] + re.sub(r"\\(.)", r"\1", local)
        check_graphs([iri], graphs, where=place_of(text, source[0].at))
        (named if is_named else defaults).append(iri)
    if not defaults and not named:
        return None, None
    return tuple(defaults), tuple(named)


def _refuse_dotted_call(text: str, token: Token) -> None:
    # The engine ends a name before its second dot: to it, `a:b.c.SERVICE<x>{}` holds a call.
    if any("service" in part for part in token.text.lower().split(".")[2:]):
        _refuse_call(text, token)


def _refuse_deep_things(text: str, token: Token, open_at: list[str], quoted_triples: int) -> None:
    if quoted_triples + open_at.count("[") + open_at.count("{|") > MAX_THINGS_DEPTH:
        fail(text, token.at, f"things are nested more than {MAX_THINGS_DEPTH} deep")


def _refuse_call(text: str, token: Token) -> NoReturn:
    raise QueryForbidden(
        "SERVICE asks another server, and this service only answers from its own graph",
        where=place_of(text, token.at),
        mend="leave SERVICE out; to join with another endpoint, let your client ask both",
    )


def _refuse_several(text: str, token: Token) -> NoReturn:
    raise QuerySyntax(
        "the text holds more than one query",
        where=place_of(text, token.at),
        mend="send each query in a request of its own",
    )
