"""The text of a Turtle file as blocks, statements and objects, each with its place: what an edit may touch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.store import Literal, NamedNode, Term

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\n]+)|(?P<comment>\#[^\r\n]*)
      |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
      |(?P<string>\"\"\"(?:(?:"|"")?(?:[^"\\]|\\.))*\"\"\"|'''(?:(?:'|'')?(?:[^'\\]|\\.))*'''
          |"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
      |(?P<keyword>@prefix|@base|(?:PREFIX|BASE)(?=[ \t<]))
      |(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
      |(?P<type>\^\^)
      |(?P<number>[+-]?(?:[0-9]+\.?[0-9]*[eE][+-]?[0-9]+|\.[0-9]+[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+))(?=[\s;,.\])\#]|$)
      |(?P<name>(?:[^\W\d_][\w.-]*)?:(?:(?:[\w:%-]|\\[_~.!$&'()*+,;=/?\#@%-])(?:(?:[\w:%.-]|\\[_~.!$&'()*+,;=/?\#@%-])*(?:[\w:%-]|\\[_~.!$&'()*+,;=/?\#@%-]))?)?)
      |(?P<word>a(?=[\s<])|true(?=[\s;,.])|false(?=[\s;,.]))
      |(?P<sign>[;,.\[\]()])""",
    re.X | re.S,
)
_ESCAPES: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_XSD: Final = PREFIXES["xsd"]


@dataclass(frozen=True, slots=True)
class Token:
    """kind: as in the pattern. start, end: places in the text."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Object:
    """One object of a statement, as a value and as it is written."""

    term: Term
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Said:
    """A predicate with its objects. start: of the predicate; end: after the last object."""

    property: str
    predicate: str
    objects: tuple[Object, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """All that is said of a subject in one place. start: of the subject; end: after the full stop."""

    subject: str
    said: tuple[Said, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class File:
    """prefixes: name -> (namespace, start and end of its line). blocks: in order."""

    path: Path
    text: str
    prefixes: dict[str, tuple[str, int, int]]
    blocks: tuple[Block, ...]

    def of(self, subject: str) -> list[Block]:
        """The blocks about a subject."""
        return [block for block in self.blocks if block.subject == subject]


def read_blocks(path: Path, text: str) -> File:
    """Cut a Turtle file into blocks. Raises SourceError, with the line, where it is not written as our
    catalogue is: blank
    nodes, lists, a base, or what does not parse."""
    return _Cutter(path, text).file()


class _Cutter:
    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self.tokens = [one for one in self._scan() if one.kind not in {"space", "comment"}]
        self.place = 0
        self.prefixes: dict[str, tuple[str, int, int]] = {}

    def _scan(self) -> Iterator[Token]:
        place = 0
        while place < len(self.text):
            found = _TOKEN.match(self.text, place)
            if not found or found.end() == place:
                raise self.refuse("this is not written as our Turtle is", place)
            yield Token(found.lastgroup or "", found[0], place, found.end())
            place = found.end()

    def refuse(self, what: str, place: int) -> SourceError:
        line = self.text.count("\n", 0, place) + 1
        return SourceError(
            what, where=f"{self.path}, line {line}", mend="correct this place by hand, then import again"
        )

    def _next(self) -> Token:
        if self.place >= len(self.tokens):
            raise self.refuse("the file ends within a block", len(self.text))
        self.place += 1
        return self.tokens[self.place - 1]

    def _peek(self) -> str:
        return self.tokens[self.place].text if self.place < len(self.tokens) else ""

    def file(self) -> File:
        blocks = []
        while self.place < len(self.tokens):
            if self.tokens[self.place].kind == "keyword":
                self._prefix()
            else:
                blocks.append(self._block())
        return File(self.path, self.text, self.prefixes, tuple(blocks))

    def _prefix(self) -> None:
        keyword, name, iri = self._next(), self._next(), self._next()
        if keyword.text not in {"@prefix", "PREFIX"} or name.kind != "name" or iri.kind != "iri":
            raise self.refuse("only @prefix lines may stand before the blocks", keyword.start)
        end = self._next().end if keyword.text == "@prefix" else iri.end
        self.prefixes[name.text.removesuffix(":")] = (iri.text[1:-1], keyword.start, end)

    def _block(self) -> Block:
        subject = self._next()
        iri = self._iri(subject)
        said = [self._said()]
        while (sign := self._next()).text == ";":
            if self._peek() in {".", ";"}:
                continue
            said.append(self._said())
        if sign.text != ".":
            raise self.refuse(f"a semicolon or full stop is missing before {sign.text[:20]!r}", sign.start)
        return Block(iri, tuple(said), subject.start, sign.end)

    def _said(self) -> Said:
        predicate = self._next()
        property = PREFIXES["rdf"] + "type" if predicate.text == "a" else self._iri(predicate)
        objects = [self._object()]
        while self._peek() == ",":
            self._next()
            objects.append(self._object())
        return Said(property, predicate.text, tuple(objects), predicate.start, objects[-1].end)

    def _object(self) -> Object:
        token = self._next()
        start, end = token.start, token.end
        term: Term
        if token.kind in {"iri", "name"}:
            term = NamedNode(self._iri(token))
        elif token.kind == "string":
            value = self._unescaped(token)
            follows = self.tokens[self.place] if self.place < len(self.tokens) else token
            if follows.kind == "language":
                end = self._next().end
                term = Literal(value, language=follows.text[1:].lower())
            elif follows.kind == "type":
                self._next()
                datatype = self._next()
                end = datatype.end
                term = Literal(value, datatype=NamedNode(self._iri(datatype)))
            else:
                term = Literal(value)
        elif token.kind == "number":
            kind = (
                "double" if re.search("[eE]", token.text) else "decimal" if "." in token.text else "integer"
            )
            term = Literal(token.text, datatype=NamedNode(_XSD + kind))
        elif token.kind == "word" and token.text != "a":
            term = Literal(token.text, datatype=NamedNode(_XSD + "boolean"))
        else:
            raise self.refuse("blank nodes and lists are not edited from a workbook", token.start)
        return Object(term, self.text[start:end], start, end)

    def _iri(self, token: Token) -> str:
        if token.kind == "iri":
            inside = token.text[1:-1]
            return inside if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", inside) else BASE + inside
        if token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if prefix in self.prefixes:
                return self.prefixes[prefix][0] + re.sub(r"\\(.)", r"\1", local)
            raise self.refuse(f"the prefix {prefix}: is not declared", token.start)
        raise self.refuse(f"a name is missing before {token.text[:20]!r}", token.start)

    def _unescaped(self, token: Token) -> str:
        inside = token.text[3:-3] if token.text[:3] in {'"""', "'''"} else token.text[1:-1]

        def one(found: re.Match[str]) -> str:
            sign = found[1]
            if sign[0] in "uU":
                return chr(int(sign[1:], 16))
            if sign not in _ESCAPES:
                raise self.refuse(f"\\{sign} is no escape", token.start)
            return _ESCAPES[sign]

        return re.sub(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", one, inside, flags=re.S)
