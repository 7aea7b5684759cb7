"""Documents and files in an RDF format -> statements, literals as written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, parse
from pyoxigraph import Store as Engine

from cmh_graph.errors import NoSnapshot, SourceError


def read_quads(path: Path, graph: str | None) -> list[Quad]:
    """The statements of one RDF file, every one placed in the given named graph; None leaves them where they are.

    The format follows from the suffix. Blank nodes get names of their own, so that files can be merged.
    Raises SourceError with file, line and column where the file does not parse or is in no known format."""
    form = RdfFormat.from_extension(path.suffix.lstrip("."))
    if form is None:
        raise SourceError(
            f"'{path.suffix}' is no RDF format we read",
            where=str(path),
            mend="give a file that ends in .ttl, .nt, .nq, .trig, .jsonld or .rdf",
        )
    name = NamedNode(graph) if graph else None
    try:
        parsed = parse(path=path, format=form, rename_blank_nodes=True)
        return [Quad(q.subject, q.predicate, q.object, name or q.graph_name) for q in parsed]
    except SyntaxError as error:
        place = f", line {error.lineno}, column {error.offset}" if error.lineno else ""
        raise SourceError(
            f"the file cannot be read as {form.name}: {error.msg}",
            where=f"{path}{place}",
            mend="correct the text at this place; a missing full stop or quote is usually one line above",
        ) from None
    except OSError as error:
        raise SourceError(f"the file cannot be opened: {error.strerror}", where=str(path)) from None


def parse_rdf(data: bytes, form: RdfFormat) -> list[Quad]:
    """The quads of a document in memory, literals as written, blank nodes under names of their own.

    Raises SourceError with its place if it does not parse."""
    try:
        return list(parse(input=data, format=form, rename_blank_nodes=True))
    except SyntaxError as error:
        place = f"line {error.lineno}, column {error.offset}" if error.lineno else ""
        raise SourceError(f"the {form.name} does not parse: {error.msg}", where=place) from None


def iter_rdf(data: bytes, form: RdfFormat, *, base: str) -> Iterator[Quad]:
    """The quads of a document one by one, literals as written, relative IRIs seen from the base.

    No context is loaded. Raises SourceError, with line and column, where it does not parse."""
    try:
        yield from parse(input=data, format=form, base_iri=base)
    except (SyntaxError, ValueError) as error:
        line, column = getattr(error, "lineno", None), getattr(error, "offset", None)
        words = str(getattr(error, "msg", None) or error)
        if "LoadDocumentCallback" in words:
            raise SourceError(
                "the JSON-LD names a context on the web, and we fetch nothing",
                mend="write the context itself in the place of its address",
            ) from None
        # The parser repeats the place within its words.
        words = words.removeprefix("Parser error ").partition(": ")[2] or words
        raise SourceError(
            f"the {form.name} does not parse: {words[:300]}",
            where=f"line {line}, column {column}" if line else "",
            mend="correct the text at this place; a missing full stop or quote is usually one line above",
        ) from None


def parse_ntriples(data: bytes) -> Iterator[Triple]:
    """The triples of some N-Triples of another server. Raises SyntaxError where they do not parse."""
    return (quad.triple for quad in parse(input=data, format=RdfFormat.N_TRIPLES))


def parse_nquads(data: bytes) -> list[Quad]:
    """The quads of some N-Quads, in order, literals as written. Raises SourceError if it does not parse."""
    return list(iter_nquads(data))


def iter_nquads(data: bytes) -> Iterator[Quad]:
    """The same one by one, without keeping them."""
    try:
        yield from parse(input=data, format=RdfFormat.N_QUADS)
    except SyntaxError as error:
        raise SourceError(f"the N-Quads do not parse: {error.msg}", where=f"line {error.lineno}") from None


def load_nquads(engine: Engine, path: Path) -> None:
    try:
        engine.bulk_load(path=path, format=RdfFormat.N_QUADS)
    except FileNotFoundError:
        raise NoSnapshot(
            "there is no snapshot to answer from", where=str(path), mend="run cmh-graph build first"
        ) from None
    except (SyntaxError, OSError) as error:
        raise SourceError(
            f"the snapshot cannot be read: {error}", where=str(path), mend="build it again"
        ) from error
