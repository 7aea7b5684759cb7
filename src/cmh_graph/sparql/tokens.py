"""The text of a query as tokens, and what its prologue declares; stricter than the grammar (see guard)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple, NoReturn
from urllib.parse import urljoin

from cmh_graph.errors import BodyTooLarge, QuerySyntax
from cmh_graph.namespaces import BASE

#: More would take the scan a noticeable time, and the engine's planner far longer.
MAX_TOKENS: Final = 20_000


class Token(NamedTuple):
    """kind: word, name, iri, variable, string, number, blank, lang, open, close or other; at: its offset."""

    kind: str
    text: str
    at: int


# SPARQL's PN_CHARS_BASE and what may follow it, beyond ASCII
_UNI: Final = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_MID: Final = rf"A-Za-z0-9_{_UNI}\u00b7\u0300-\u036f\u203f-\u2040"
_PLX: Final = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_ESCAPE: Final = r"\\(?:[tbnrf\"'\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})"
# A name may hold dots but not end in one. A prefix longer than this is no name, so a scan stays linear.
_PREFIX: Final = rf"[A-Za-z{_UNI}](?:[{_MID}\-]|\.++(?=[{_MID}\-])){{0,100}}+"
_LOCAL: Final = rf"(?:[{_MID}:]|{_PLX})(?:[{_MID}:\-]++|{_PLX}|\.++(?=[{_MID}:\-]|{_PLX}))*+"
_TOKEN: Final = rf"""
      (?P<space>(?:[ \t\r\n]++|\#[^\r\n]*+)++)
    | (?P<string>\"\"\"(?:\"{{0,2}}(?:[^\"\\]++|{_ESCAPE}))*+\"\"\"
               | '''(?:'{{0,2}}(?:[^'\\]++|{_ESCAPE}))*+'''
               | \"(?!\"\")(?:[^\"\\\r\n]++|{_ESCAPE})*+\"
               | '(?!'')(?:[^'\\\r\n]++|{_ESCAPE})*+')
    | (?P<iri><(?:[^<>\"{{}}|^`\\\x00-\x20]++|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*+>)
    | (?P<variable>[?$](?:[A-Za-z0-9_{_UNI}])(?:[{_MID}])*)
    | (?P<blank>_:[A-Za-z0-9_{_UNI}](?:[{_MID}\-]|\.+(?=[{_MID}\-]))*)
    | (?P<name>(?:{_PREFIX})?:(?:{_LOCAL})?)
    | (?P<lang>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<word>[A-Za-z_{_UNI}][{_MID}]*)
    | (?P<open>[(\[{{])
    | (?P<close>[)\]}}])
    | (?P<other>\^\^|&&|\|\||[!<>]=|<<|>>|[-+*/=<>!^|.,;?~&])
    """
_MAY_ESCAPE: Final = ("string", "iri")
_CODEPOINT: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_NAME_CHARACTER: Final = re.compile(rf"[{_MID}:\-]")


@cache
def token_pattern() -> re.Pattern[str]:
    """What a token is; each group is a kind. To compile it takes longer than to scan many queries."""
    return re.compile(_TOKEN, re.VERBOSE)


def read_tokens(text: str) -> tuple[list[Token], dict[str, str], str, int]:
    """The tokens of a text that was admitted, the prefixes it declares, its base, and the index of its first token
    after both."""
    tokens = list(scan(text))
    return tokens, *prologue(text, tokens)


def scan(text: str) -> Iterator[Token]:
    """The tokens of a text without space and comments. Raises QuerySyntax where no token can begin."""
    at, end, count = 0, len(text), 0
    match = token_pattern().scanner(text).match  # type: ignore[attr-defined]
    while at < end:
        found = match()
        if found is None:
            opened = text[at] in "\"'"
            fail(
                text,
                at,
                "a string is not closed, or has an escape that SPARQL does not know"
                if opened
                else f"no SPARQL begins with {text[at]!r}",
            )
        kind = found.lastgroup or ""
        if kind != "space":
            count += 1
            if count > MAX_TOKENS:
                _refuse_many(count)
            token = Token(kind, found.group(), at)
            if kind in _MAY_ESCAPE and "\\" in token.text:
                unescape(text, token)
            yield token
        at = found.end()


def resolve_codepoints(text: str) -> str:
    r"""The text with \u0053 and \U00000053 replaced where a name may stand, not in strings and IRIs.

    SPARQL resolves these before it looks for keywords; the engine does so in strings and IRIs only."""
    if not _CODEPOINT.search(text):
        return text
    parts: list[str] = []
    at, end = 0, len(text)
    while at < end:
        _refuse_many(len(parts) // 2)  # tokens, and the space between them
        escape = _CODEPOINT.match(text, at)
        if escape is not None:
            character = _character(text, at, escape)
            if not _NAME_CHARACTER.fullmatch(character):
                fail(text, at, f"{escape.group()} stands where only a letter, digit or sign of a name may")
            parts.append(character)
            at = escape.end()
            continue
        found = token_pattern().match(text, at)
        # Where no token begins, the scan that follows says so at this same place.
        stop = found.end() if found is not None else end
        parts.append(text[at:stop])
        at = stop
    return "".join(parts)


def _refuse_many(count: int) -> None:
    if count > MAX_TOKENS:
        raise BodyTooLarge(
            f"the query has more than {MAX_TOKENS} words, names and signs",
            mend="split it into several queries, or ask for more and choose in your program",
        )


def _character(text: str, at: int, escape: re.Match[str]) -> str:
    code = int(escape[1] or escape[2], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        fail(text, at, f"{escape.group()} is not a character")
    return chr(code)


def unescape(text: str, token: Token) -> str:
    """What a string or IRI token says. Raises QuerySyntax for an escape that is no character."""
    # The engine reads a long string with a bad escape as several short ones: no bad escape may pass.
    body = token.text.replace("\\\\", "  ") if token.kind == "string" else token.text
    return _CODEPOINT.sub(lambda escape: _character(text, token.at, escape), body)


def prologue(text: str, tokens: list[Token]) -> tuple[dict[str, str], str, int]:
    """Prefix -> IRI as declared, the base, and the index of the first token after both."""
    declared: dict[str, str] = {}
    base = BASE
    at = 0
    while at < len(tokens) and tokens[at].kind == "word":
        word = tokens[at].text.upper()
        kinds = [token.kind for token in tokens[at + 1 : at + 3]]
        if word == "BASE" and kinds[:1] == ["iri"]:
            base = absolute(text, tokens[at + 1], base)
            at += 2
        elif word == "VERSION" and kinds[:1] == ["string"]:
            at += 2
        elif word == "PREFIX" and kinds == ["name", "iri"] and tokens[at + 1].text.endswith(":"):
            declared[tokens[at + 1].text[:-1]] = absolute(text, tokens[at + 2], base)
            at += 3
        elif word in ("BASE", "PREFIX", "VERSION"):
            fail(text, tokens[at].at, f"{word} is not followed by what it declares")
        else:
            break
    return declared, base, at


def absolute(text: str, token: Token, base: str) -> str:
    """The IRI that an IRI token names."""
    iri = unescape(text, token)[1:-1]
    return iri if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", iri) else urljoin(base, iri)


def fail(text: str, at: int, what: str) -> NoReturn:
    """Raise QuerySyntax for a place in the text."""
    raise QuerySyntax(
        f"the query does not parse: {what}",
        where=place_of(text, at),
        mend="correct the query at this place; SPARQL 1.1 Query is understood",
    )


def place_of(text: str, at: int) -> str:
    """Line and column of an offset, from 1, in words."""
    line = text.count("\n", 0, at) + 1
    return f"line {line}, column {at - text.rfind(chr(10), 0, at)}"
