"""What is put into a query for servers that evaluate some of SPARQL in their own way. Tokens in, insertions out.

Virtuoso 7.2.5 moves an equality out of its FILTER and then takes an OPTIONAL variable for bound or does not compile; it
takes subqueries apart and counts in an expression what DISTINCT left out; it divides integers without a rest; CONCAT
passes over what is unbound. Each is written so that it has no occasion to: docs/reference/stores.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cmh_graph.sparql.tokens import Token

#: Inside these a variable may be unbound without the whole becoming an error.
_TAKE_UNBOUND: Final = frozenset({"COALESCE", "IF", "BOUND", "EXISTS"})
#: More rows than any part of an answer has: a limit keeps a subquery in one piece.
_ALL: Final = 1_000_000_000


class Insertions:
    """Texts to put before and after tokens, by index."""

    def __init__(self) -> None:
        self.before: dict[int, str] = {}
        self.after: dict[int, str] = {}

    def around(self, first: int, last: int, before: str, after: str) -> None:
        """Put an expression between two texts; inner ones stay inside."""
        self.before[first] = before + self.before.get(first, "")
        self.after[last] = self.after.get(last, "") + after


def of_virtuoso(tokens: Sequence[Token], unbound: str) -> Insertions:
    """What Virtuoso needs. unbound: a variable that is bound nowhere."""
    found = Insertions()
    text = _Brackets(tokens)
    for at, token in enumerate(tokens):
        word = _word(token)
        opened = at + 1 if at + 1 in text.ends and tokens[at + 1].text == "(" else None
        if word == "FILTER" and opened is not None:
            found.around(opened + 1, text.ends[opened] - 1, "(", ") || false")
        elif word == "CONCAT" and opened is not None and text.expression(at) == "BIND":
            names = _needed(tokens, opened, text.ends)
            if names:
                test = " && ".join(f"BOUND({name})" for name in names)
                found.around(at, text.ends[opened], f"IF({test}, ", f", {unbound})")
        elif token.text == "/" and text.expression(at):
            found.before[at] = "* 1.0 "
        elif token.text == "{" and at in text.ends and _may_be_limited(text, at):
            end = text.ends[at]
            found.before[end] = f" LIMIT {_ALL} " + found.before.get(end, "")
    return found


class _Brackets:
    """How the brackets of a query lie in each other.

    ends: index of an opening bracket -> of its closing one. around: index of a token -> of the innermost bracket
    that it is in, -1 for none. words: index of an opening bracket -> the words directly in it."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self.ends: dict[int, int] = {}
        self.around: list[int] = []
        self.words: dict[int, set[str]] = {}
        open_at: list[int] = []
        for at, token in enumerate(tokens):
            if token.kind == "close" and open_at:
                self.ends[open_at.pop()] = at
            self.around.append(open_at[-1] if open_at else -1)
            if token.kind == "word" and open_at:
                self.words[open_at[-1]].add(_word(token))
            if token.kind == "open":
                open_at.append(at)
                self.words[at] = set()

    def expression(self, at: int) -> str:
        """The word that began the expression which a token is part of, "AS" for a column; "" in a pattern."""
        within = self.around[at]
        while within >= 0 and self._tokens[within].text != "{":
            before = _word(self._tokens[within - 1]) if within else ""
            if before in ("FILTER", "BIND", "HAVING", "BY", "ASC", "DESC"):
                return before
            if self._tokens[within].text == "(" and "AS" in self.words[within]:
                return "AS"
            within = self.around[within]
        return ""

    def is_subquery(self, at: int) -> bool:
        """Whether a bracket begins a subquery."""
        return _word(self._tokens[at + 1]) == "SELECT"

    def is_optional(self, at: int) -> bool:
        """Whether a bracket is, or stands within, the group of an OPTIONAL."""
        while at >= 0:
            if at and _word(self._tokens[at - 1]) == "OPTIONAL":
                return True
            at = self.around[at]
        return False


def _may_be_limited(text: _Brackets, at: int) -> bool:
    """Whether a "{" begins a subquery that can take a LIMIT: in an OPTIONAL, the solutions without it would go."""
    return (
        text.is_subquery(at)
        and not text.words[at] & {"LIMIT", "VALUES", "ORDER"}
        and not text.is_optional(at)
    )


def _word(token: Token) -> str:
    return token.text.upper() if token.kind == "word" else ""


def _needed(tokens: Sequence[Token], opened: int, ends: dict[int, int]) -> list[str]:
    """The variables of a call that must be bound for it to have a value."""
    names: dict[str, None] = {}
    at = opened
    while at < ends[opened]:
        token = tokens[at]
        if _word(token) in _TAKE_UNBOUND and at + 1 in ends:
            at = ends[at + 1]
        elif token.kind == "variable":
            names[f"?{token.text[1:]}"] = None
        at += 1
    return list(names)
