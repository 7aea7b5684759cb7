"""Evaluates one checked query and writes its answer, within limits. Runs inside a worker process."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO, Final, cast

from cmh_graph.errors import AnswerTooLarge
from cmh_graph.processes import frames
from cmh_graph.store import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
    Triple,
    write_triples,
)

_SOLUTIONS: Final = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
_GRAPH: Final = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
}


#: Functions that answer differently each time. Seen also where a text only names them: then nothing is kept.
_CHANGING: Final = ("NOW", "RAND", "UUID", "BNODE")
_CHANGES: Final = re.compile(r"\b(NOW|RAND|UUID|STRUUID|BNODE)\b")


#: What two askings of one question differ in. An IRI may hold what would be a comment elsewhere, so it is read first.
_DIFFERS: Final = re.compile(
    r"""(<[^<>\s]*>)|"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|\b[0-9]+\b|\#[^\n]*"""
)
#: In characters.
_LONGEST_SHAPE: Final = 4000


@dataclass(frozen=True)
class QueryRequest:
    """A checked query and how to answer it.

    text, prefixes, default_graphs, named_graphs: as guard.check admits them; the graphs replace FROM.
    format: the name of a Format that suits the query form.
    bindings: IRIs for parameters of one of our own questions, each selected as a column; bound, never pasted.
    """

    text: str
    format: str
    prefixes: Mapping[str, str]
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None
    bindings: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def message(self) -> bytes:
        """What is sent to a worker; equal for equal requests."""
        return frames.pack(
            {
                "text": self.text,
                "format": self.format,
                "prefixes": dict(self.prefixes),
                "default_graphs": self.default_graphs,
                "named_graphs": self.named_graphs,
                "bindings": dict(self.bindings),
            }
        )

    @cached_property
    def name(self) -> bytes:
        """32 bytes that name a query with its dataset, format and bindings."""
        return hashlib.sha256(self.message).digest()

    @cached_property
    def shape(self) -> str:
        """The text without what differs between two askings of one question: strings, numbers, comments, spaces.

        Empty for a long text: it would take memory and time, and hardly comes again."""
        if len(self.text) > _LONGEST_SHAPE:
            return ""
        return " ".join(_DIFFERS.sub(lambda found: found[1] or " ", self.text).split())

    @cached_property
    def key(self) -> bytes | None:
        """Its name as that of its answer; None where the answer may change by itself."""
        shouted = self.text.upper()
        if any(word in shouted for word in _CHANGING) and _CHANGES.search(shouted):
            return None
        return self.name


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: its bytes, its solutions or triples, and the seconds the worker took."""

    body: bytes
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest answer: solutions or triples, and bytes."""

    rows: int
    bytes: int


def answer(store: Store, request: QueryRequest, limits: Limits) -> tuple[bytes, int]:
    """The complete answer as bytes, and its number of solutions or triples (1 for a boolean).

    Raises AnswerTooLarge as soon as a limit is passed, and what Store.query raises."""
    result = store.query(
        request.text,
        request.default_graphs,
        request.named_graphs,
        {name: NamedNode(iri) for name, iri in request.bindings.items()},
        prefixes=request.prefixes or None,
    )
    if isinstance(result, QueryTriples):
        return write_graph(result, request.format, limits)
    return write_result(result, request.format, limits)


def write_graph(result: Iterable[Triple], format: str, limits: Limits) -> tuple[bytes, int]:
    """Triples in one of the graph formats, and their number. Raises AnswerTooLarge as soon as a limit is passed."""
    output = _Bounded(limits)
    triples = list(_bounded(result, limits.rows))
    write_triples(triples, cast("IO[bytes]", output), _GRAPH[format])
    return output.getvalue(), len(triples)


def write_result(result: QuerySolutions | QueryBoolean, format: str, limits: Limits) -> tuple[bytes, int]:
    """Solutions or a boolean in one of their formats, and the number of solutions. Raises AnswerTooLarge likewise."""
    form = _SOLUTIONS[format]
    if isinstance(result, QueryBoolean):
        return cast("bytes", result.serialize(format=form)), 1
    assert isinstance(result, QuerySolutions)
    output = _COUNTING[format](limits)
    result.serialize(cast("IO[bytes]", output), form)
    return output.getvalue(), output.rows


def _bounded(triples: Iterable[Triple], most: int) -> Iterator[Triple]:
    for count, triple in enumerate(triples, start=1):
        if count > most:
            _too_many(most, "triples")
        yield triple


def _too_many(most: int, things: str) -> None:
    raise AnswerTooLarge(
        f"the answer has more than {most} {things}",
        mend="narrow the query, or page through it with ORDER BY, LIMIT and OFFSET",
    )


class _Bounded:
    """A place to write to that holds so many bytes and then raises AnswerTooLarge."""

    rows = 0

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = io.BytesIO()
        self._size = 0

    def write(self, chunk: bytes) -> int:
        self._size += len(chunk)
        if self._size > self._limits.bytes:
            raise AnswerTooLarge(
                f"the answer is larger than {self._limits.bytes} bytes",
                mend="narrow the query, select fewer columns, or page through it with LIMIT and OFFSET",
            )
        self._count(chunk)
        if self.rows > self._limits.rows:
            _too_many(self._limits.rows, "solutions")
        return self._buffer.write(chunk)

    def flush(self) -> None:
        """Nothing waits anywhere: serializers call this."""

    def getvalue(self) -> bytes:
        return self._buffer.getvalue()

    def _count(self, chunk: bytes) -> None:
        """Keep self.rows up to date. The engine does not tell how many it writes, so we read along."""


class _Tsv(_Bounded):
    """Tabs and line ends inside terms are escaped: every line but the first is a solution."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits)
        self.rows = -1

    def _count(self, chunk: bytes) -> None:
        self.rows += chunk.count(b"\n")


class _Csv(_Tsv):
    """Line ends inside quotes belong to a term; a quote inside a term is doubled, so parity holds."""

    _quoted = 0

    def _count(self, chunk: bytes) -> None:
        parts = chunk.split(b'"')
        self.rows += sum(part.count(b"\n") for part in parts[self._quoted :: 2])
        self._quoted = (self._quoted + len(parts) - 1) % 2


class _Xml(_Bounded):
    """Terms cannot hold a bare "<": each <result> is a solution, even if two writes share the tag."""

    _tail = b""

    def _count(self, chunk: bytes) -> None:
        text = self._tail + chunk
        self.rows += text.count(b"<result>")
        self._tail = text[-len(b"<result>") + 1 :]


class _Json(_Bounded):
    """Outside strings, ":[{" opens the first solution and "},{" each further one, and only those."""

    _quoted = 0
    _held = b""
    _tail = b""

    def _count(self, chunk: bytes) -> None:
        text = self._held + chunk
        # An escape must not be cut in two: an odd run of backslashes waits for its character.
        run = len(text) - len(text.rstrip(b"\\"))
        self._held = b"\\" if run % 2 else b""
        text = text[: len(text) - run % 2].replace(b"\\\\", b"").replace(b'\\"', b"")
        parts = text.split(b'"')
        bare = self._tail + b"".join(parts[self._quoted :: 2])
        self._quoted = (self._quoted + len(parts) - 1) % 2
        self.rows += bare.count(b"},{") + bare.count(b":[{")
        self._tail = bare[-2:]


_COUNTING: Final[dict[str, type[_Bounded]]] = {"json": _Json, "xml": _Xml, "csv": _Csv, "tsv": _Tsv}
