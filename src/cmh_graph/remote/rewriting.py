"""A checked query -> the same query over the graphs of a remote store.

Done by tokens, after guard.check. What changes:

    GRAPH <name> {...}    GRAPH <urn:cmh-graph:...> {...}; what the audience does not see becomes a graph that is empty
    GRAPH ?g {...}        VALUES (?g ?in) {(<name> <urn:cmh-graph:...>) ...} GRAPH ?in {...}; ?g has the known name
    FROM, FROM NAMED      go: the request names its dataset
    BASE, relative IRIs   are resolved
    $parameter            VALUES $parameter {<iri>} in each group that mentions it
    our own prefixes      are declared

What a text can reach is therefore in the list that it is rewritten with, whatever the server does with a dataset."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cmh_graph.errors import NotInThisStore, QueryForbidden
from cmh_graph.remote.content import NOTHING, STORED
from cmh_graph.remote.engines import GENERIC, VIRTUOSO, Engine
from cmh_graph.remote.habits import Insertions, of_virtuoso
from cmh_graph.sparql.functions import FUNCTIONS
from cmh_graph.sparql.guard import Form
from cmh_graph.sparql.tokens import Token, absolute, read_tokens

#: Namespaces in which servers keep procedures of theirs, some of which read files or call other machines.
_PROCEDURES: Final = (
    "bif:", "sql:", "java:", "javascript:",
    "http://www.openlinksw.com/schemas/bif#", "http://www.openlinksw.com/schemas/sql#",
    "http://jena.hpl.hp.com/ARQ/", "http://jena.apache.org/ARQ/", "http://www.ontotext.com/",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rewritten:
    """text: what is sent. form: of the query. described: what a DESCRIBE names, IRIs in angle brackets and variables.

    template: a CONSTRUCT up to its WHERE, where text is the SELECT of its variables instead; else "".

    added: columns that SELECT * has from us. booleans: columns whose values are true or false."""

    text: str
    form: Form
    described: tuple[str, ...] = ()
    template: str = ""
    added: frozenset[str] = frozenset()
    booleans: frozenset[str] = field(default_factory=frozenset)


def rewritten(
    text: str,
    prefixes: Mapping[str, str],
    graphs: Mapping[str, str],
    bindings: Mapping[str, str] | None = None,
    *,
    engine: Engine = GENERIC,
    most: int | None = None,
) -> Rewritten:
    """The query as the store can answer it.

    text, prefixes: as guard.check gives them. graphs: name that people know -> name in the store, of all graphs that
    GRAPH may see. bindings: parameter -> IRI. most: rows that may be answered. Raises NotInThisStore for our
    functions, QueryForbidden for procedures of servers and for names in the store."""
    return _Rewriting(text, prefixes, graphs, bindings or {}, engine, most).run()


class _Rewriting:
    def __init__(
        self,
        text: str,
        prefixes: Mapping[str, str],
        graphs: Mapping[str, str],
        bindings: Mapping[str, str],
        engine: Engine,
        most: int | None,
    ) -> None:
        self._text = text
        tokens, declared, self._base, start = read_tokens(text)
        self._tokens = tokens[start:]
        self._known = {**prefixes, **declared}
        self._graphs = graphs
        self._bindings = bindings
        self._added: list[str] = []
        self._most = most
        self._engine = engine
        variables = {token.text[1:] for token in self._tokens if token.kind == "variable"}
        self._stem = "in"
        while any(name.startswith(self._stem) for name in variables):
            self._stem += "_"
        self._habits = (
            of_virtuoso(self._tokens, f"?{self._stem}never") if engine is VIRTUOSO else Insertions()
        )

    def run(self) -> Rewritten:
        parts = [f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in self._known.items()]
        heads = self._group_heads()
        at, end = 0, 0
        tokens = self._tokens
        while at < len(tokens):
            token = tokens[at]
            gap = self._text[end : token.at] if at else ""
            parts.append("\n" if "\n" in gap else " " if gap else "")
            word = token.text.upper() if token.kind == "word" else ""
            taken = 1
            parts.append(self._habits.before.get(at, ""))
            if word == "FROM":
                taken = 3 if self._is_word(at + 1, "NAMED") else 2
            elif word == "GRAPH" and at + 1 < len(tokens):
                replaced, taken = self._graph(at)
                parts.append(replaced)
            elif token.text == "{" and at in heads:
                parts.append("{ " + heads[at])
            else:
                parts.append(self._token(token))
            parts.append(self._habits.after.get(at + taken - 1, ""))
            last = tokens[at + taken - 1]
            end = last.at + len(last.text)
            at += taken
        form = Form[tokens[0].text.upper()]
        head = "".join(parts)
        described: tuple[str, ...] = ()
        if form is Form.SELECT:
            head += self._limit()
        if form is Form.DESCRIBE:
            described, head = self._as_select(parts)
        template = ""
        if form is Form.CONSTRUCT and not self._engine.whole_graphs:
            template, head = self._template_and_select(parts)
        return Rewritten(head, form, described, template, frozenset(self._added), boolean_columns(tokens))

    def _template_and_select(self, parts: list[str]) -> tuple[str, str]:
        """A CONSTRUCT in two: what it makes, to be made here, and the SELECT of what it is made from."""
        tokens = self._tokens
        opened = next(at for at, token in enumerate(tokens) if token.text == "{")
        depth = 0
        for closed in range(opened, len(tokens)):
            depth += (tokens[closed].text == "{") - (tokens[closed].text == "}")
            if depth == 0:
                break
        inside = tokens[opened : closed + 1]
        names = dict.fromkeys(f"?{token.text[1:]}" for token in inside if token.kind == "variable")
        # CONSTRUCT WHERE {...} makes what it looks for.
        first = 1 if opened > 1 else closed + 1
        prefixes = "".join(parts[: len(self._known)])
        words = {token.text.upper() for token in tokens[closed:] if token.kind == "word"}
        distinct = "" if words & {"LIMIT", "OFFSET"} else "DISTINCT "
        wanted = " ".join(names) or "(1 AS ?one)"
        select = f"{prefixes}SELECT {distinct}{wanted} {''.join(parts[len(self._known) + 4 * first :])}"
        template = self._text[tokens[opened].at : tokens[closed].at + 1]
        return f"BASE <{self._base}>\n{prefixes}CONSTRUCT {template}", select + self._limit()

    def _limit(self) -> str:
        """What keeps the server from answering more than we may; one row more tells that there was more."""
        depth, words = 0, set()
        for token in self._tokens:
            depth += (token.kind == "open") - (token.kind == "close")
            if depth == 0 and token.kind == "word":
                words.add(token.text.upper())
        # Virtuoso sorts only so many rows where there is a limit.
        sorts_few = self._engine is VIRTUOSO and "ORDER" in words
        if self._most is None or words & {"LIMIT", "VALUES"} or sorts_few:
            return ""
        return f"\nLIMIT {self._most + 1}"

    def _as_select(self, parts: list[str]) -> tuple[tuple[str, ...], str]:
        """What a DESCRIBE names, and the SELECT of its variables ("" if it has no pattern)."""
        named, at = [], 1
        while at < len(self._tokens) and self._tokens[at].kind in ("iri", "name", "variable", "other"):
            token = self._tokens[at]
            named.append(token.text if token.kind in ("variable", "other") else f"<{self._iri(token)}>")
            at += 1
        prologue = len(self._known)
        pattern = "".join(parts[prologue + 4 * at :])
        if not pattern.strip():
            return tuple(named), ""
        wanted = [name for name in named if not name.startswith("<")]
        if not wanted:
            return tuple(named), ""
        select = f"SELECT DISTINCT {' '.join(wanted)} "
        return tuple(named), "".join(parts[:prologue]) + select + pattern

    def _is_word(self, at: int, word: str) -> bool:
        return (
            at < len(self._tokens)
            and self._tokens[at].kind == "word"
            and self._tokens[at].text.upper() == word
        )

    def _iri(self, token: Token) -> str:
        """The IRI of a token, which may be a prefixed name."""
        if token.kind == "iri":
            return absolute(self._text, token, self._base)
        prefix, _, local = token.text.partition(":")
        return self._known.get(prefix, "") + re.sub(r"\\(.)", r"\1", local)

    def _token(self, token: Token) -> str:
        if token.kind not in ("iri", "name"):
            return token.text
        iri = self._iri(token)
        if iri.startswith(FUNCTIONS):
            raise NotInThisStore(
                f"the function {token.text[:80]} is ours, and the store that this service asks does not know it",
                mend="ask for the figures of cmh:RoleComparison: docs/how-to/compare-roles-in-sparql.md",
            )
        if iri.startswith(_PROCEDURES):
            raise QueryForbidden(
                f"{token.text[:80]} names a procedure of a server, and this service only answers from its graph",
                mend="use the functions of SPARQL 1.1",
            )
        if iri.startswith(STORED):
            raise QueryForbidden(
                f"{token.text[:80]} is no name of ours", mend="use the name that GRAPH ?g gives"
            )
        return f"<{iri}>" if token.kind == "iri" else token.text

    def _graph(self, at: int) -> tuple[str, int]:
        """What replaces GRAPH and its name, and how many tokens that takes in."""
        name = self._tokens[at + 1]
        is_empty = [token.text for token in self._tokens[at + 2 : at + 4]] == ["{", "}"]
        if name.kind == "variable":
            inside = f"{self._stem}{len(self._added)}"
            self._added.append(inside)
            rows = " ".join(f"(<{known}> <{held}>)" for known, held in self._graphs.items())
            values = f"VALUES ({name.text} ?{inside}) {{ {rows or f'(<{NOTHING}> <{NOTHING}>)'} }}"
            # Servers differ in what an empty group finds in a graph; we know which there are.
            if is_empty and rows:
                return values, 4
            return f"{values} GRAPH ?{inside}", 2
        if name.kind not in ("iri", "name"):
            return "GRAPH", 1
        held = self._graphs.get(self._iri(name), NOTHING)
        if is_empty and held != NOTHING:
            return "{ }", 4
        return f"GRAPH <{held}>", 2

    def _group_heads(self) -> dict[int, str]:
        """Index of a "{" -> the VALUES that its group begins with, for each parameter that the group mentions."""
        if not self._bindings:
            return {}
        heads: dict[int, dict[str, None]] = {}
        open_at: list[int] = []
        for at, token in enumerate(self._tokens):
            if token.text == "{" and token.kind == "open":
                open_at.append(at)
                if len(open_at) == 1:
                    heads[at] = dict.fromkeys(self._bindings)
            elif token.text == "}" and token.kind == "close" and open_at:
                open_at.pop()
            elif token.kind == "variable" and token.text[1:] in self._bindings and open_at:
                heads.setdefault(open_at[-1], {})[token.text[1:]] = None
        return {
            at: "".join(f"VALUES ?{name} {{ <{self._bindings[name]}> }} " for name in names)
            for at, names in heads.items()
            if not self._is_word(at + 1, "SELECT") and not self._holds_values(at)
        }

    def _holds_values(self, at: int) -> bool:
        """Whether a "{" opens the rows of a VALUES and no group."""
        before = self._tokens[max(0, at - 2) : at]
        return any(token.kind == "word" and token.text.upper() == "VALUES" for token in before)


#: Functions and words whose value is true or false.
_BOOLEAN: Final = frozenset(
    {
        "BOUND", "ISIRI", "ISURI", "ISBLANK", "ISLITERAL", "ISNUMERIC", "SAMETERM", "LANGMATCHES", "CONTAINS",
        "STRSTARTS", "STRENDS", "REGEX", "EXISTS", "TRUE", "FALSE",
    }
)  # fmt: skip
_COMPARES: Final = frozenset({"=", "!=", "<", ">", "<=", ">=", "&&", "||", "!"})


def boolean_columns(tokens: Sequence[Token]) -> frozenset[str]:
    """Variables, without "?", that are given a comparison or a test by AS. Servers that compute 1 and 0 need them."""
    found = set()
    for at, token in enumerate(tokens):
        if token.kind == "word" and token.text.upper() == "AS" and at + 1 < len(tokens):
            expression = _before(tokens, at)
            if _is_boolean(expression):
                found.add(tokens[at + 1].text[1:])
    return frozenset(found)


def _before(tokens: Sequence[Token], at: int) -> Sequence[Token]:
    """What stands between the bracket that AS is in and AS."""
    depth, start = 0, at
    while start > 0:
        one = tokens[start - 1]
        if one.kind == "close":
            depth += 1
        elif one.kind == "open":
            if depth == 0:
                break
            depth -= 1
        start -= 1
    return tokens[start:at]


def _is_boolean(expression: Sequence[Token]) -> bool:
    while expression and expression[0].text == "(" and _closes(expression) == len(expression) - 1:
        expression = expression[1:-1]
    if not expression:
        return False
    depth = 0
    for token in expression:
        if token.kind == "open":
            depth += 1
        elif token.kind == "close":
            depth -= 1
        elif depth == 0 and (
            token.text in _COMPARES or (token.kind == "word" and token.text.upper() in ("IN", "EXISTS"))
        ):
            return True
    first = expression[0]
    if first.kind != "word":
        return False
    word = first.text.upper()
    if word in ("IF", "COALESCE"):
        return _is_boolean(_last_argument(expression))
    return word in _BOOLEAN


def _closes(expression: Sequence[Token]) -> int:
    depth = 0
    for at, token in enumerate(expression):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 0:
            return at
    return -1


def _last_argument(expression: Sequence[Token]) -> Sequence[Token]:
    depth, start = 0, 2
    for at, token in enumerate(expression):
        depth += (token.kind == "open") - (token.kind == "close")
        if depth == 1 and token.text == ",":
            start = at + 1
    return expression[start:-1]
