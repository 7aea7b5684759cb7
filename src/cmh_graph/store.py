"""The triple store, and the only module that knows which one we use.

A Store is read-only once made. What it adds to the engine below it:

- The default graph is the RDF merge of all named graphs. The engine's own union repeats a triple once for each graph
  that holds it (oxigraph issue 1919), which makes COUNT and SUM wrong as soon as two sources agree. So the union is
  used where no two graphs share a triple, and else the merge is written out when the store is made.
- It is in memory, or on disk where it was written before and is opened for reading alone.
- A dataset named by the caller replaces the one in the query text, as the SPARQL 1.1 Protocol asks.
- Parameters are bound as terms, never pasted into text.
- Queries may call the functions that it was taught.

The engine rewrites some literals ("1.50" comes back as 1.5), so SHACL and exports read files, not a Store.
Nothing in here stops a query: for text from strangers use cmh_graph.sparql.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Final, TypeAlias

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Triple,
    Variable,
)
from pyoxigraph import Store as _Engine
from pyoxigraph import parse as _parse
from pyoxigraph import parse_query_results as _parse_results
from pyoxigraph import serialize as _serialize

from cmh_graph.errors import BadParameter, NoSnapshot, QueryRefused, QuerySyntax, SourceError
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.snapshot import shares_nothing

__all__ = [
    "LOOKED_AT",
    "BlankNode",
    "DefaultGraph",
    "Function",
    "Literal",
    "NamedNode",
    "Quad",
    "QueryBoolean",
    "QueryResult",
    "QueryResultsFormat",
    "QuerySolutions",
    "QueryTriples",
    "RdfFormat",
    "Row",
    "Store",
    "Term",
    "Triple",
    "canonical_nquads",
    "check_syntax",
    "graph_of",
    "iter_nquads",
    "iter_rdf",
    "parse_nquads",
    "parse_ntriples",
    "parse_rdf",
    "parse_results",
    "parse_solutions",
    "read_quads",
    "rewritten",
    "text_of",
    "used_prefixes",
    "write_ntriples",
    "write_quads",
    "write_triples",
]

Term: TypeAlias = NamedNode | BlankNode | Literal | Triple
#: One solution: variable name without "?" -> term. A variable that is not bound has no key.
Row: TypeAlias = dict[str, Term]
QueryResult: TypeAlias = QuerySolutions | QueryBoolean | QueryTriples
#: What a query may call: terms -> a term, or None where it is unbound.
Function: TypeAlias = Callable[..., Term | None]

_DEFAULT: Final = DefaultGraph()
_STRING: Final = NamedNode(PREFIXES["xsd"] + "string")


class Store:
    """A dataset of named graphs that can be asked, not changed."""

    def __init__(self, engine: _Engine, *, apart: bool | None = None, on_disk: bool = False) -> None:
        """Use Store.load, Store.open or Store.from_quads; this takes an engine whose quads are complete.

        apart: whether no two graphs share a triple; looked up if None."""
        self._engine = engine
        self._functions: dict[NamedNode, Function] = {}
        self.on_disk: Final = on_disk
        if on_disk:
            # Its merge was written with it, or there was no need.
            self._union = next(engine.quads_for_pattern(None, None, None, _DEFAULT), None) is None
        else:
            self._union = _is_apart(engine) if apart is None else apart
            if not self._union:
                _write_merge(engine)
        self._graphs: Final = tuple(
            sorted(g.value for g in engine.named_graphs() if isinstance(g, NamedNode))
        )

    @classmethod
    def load(cls, path: Path, *beside: Path) -> Store:
        """The store of a snapshot in N-Quads, in memory, and of further N-Quads beside it.

        Raises NoSnapshot if there is no file, SourceError if one is broken."""
        engine = _Engine()
        _load(engine, path)
        apart = shares_nothing(path.parent)
        for one in beside:
            if apart and not _adds_only(engine, one):
                apart = False
            _load(engine, one)
        return cls(engine, apart=apart)

    @classmethod
    def open(cls, folder: Path) -> Store:
        """The store on disk in a folder, for reading alone; any number of processes may have it open.

        Raises NoSnapshot if there is none, SourceError if it cannot be read."""
        if not (folder / "CURRENT").is_file():
            raise NoSnapshot("there is no store on disk", where=str(folder), mend="run cmh-graph disk")
        try:
            return cls(_Engine.read_only(str(folder)), on_disk=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise SourceError(
                f"the store on disk cannot be read: {error}",
                where=str(folder),
                mend="remove this folder and run cmh-graph disk",
            ) from error

    @classmethod
    def write(cls, path: Path, folder: Path, *, apart: bool | None = None) -> None:
        """Write a store on disk: what load gives, streamed from N-Quads into an empty folder.

        apart: whether no two graphs share a triple; looked up if None, which takes long. Raises as load does."""
        engine = _Engine(str(folder))
        _load(engine, path)
        if not (_is_apart(engine) if apart is None else apart):
            _write_merge(engine)
        engine.flush()
        # Fewer and larger files: a reader has them all open.
        engine.optimize()

    @classmethod
    def lay_beside(cls, folder: Path, target: Path, *beside: Path) -> None:
        """Write a store on disk of what another one holds and of further N-Quads, into a folder that is not there yet.

        It has links to the tables of the first, which stay as they are. Raises as load and open do."""
        union = cls.open(folder)._union
        target.mkdir()
        for one in folder.resolve().iterdir():
            if one.suffix == ".sst":
                (target / one.name).symlink_to(one)
            elif one.suffix != ".log" and not one.name.startswith(("LOCK", "LOG")):
                shutil.copyfile(one, target / one.name)
        engine = _Engine(str(target))
        adds_only = True
        for one in beside:
            adds_only = adds_only and _adds_only(engine, one)
            _load(engine, one)
            if not union:
                engine.bulk_extend(
                    Quad(quad.subject, quad.predicate, quad.object, _DEFAULT)
                    for quad in _parse(path=one, format=RdfFormat.N_QUADS)
                )
        if union and not adds_only:
            _write_merge(engine)
        engine.flush()

    @classmethod
    def from_quads(cls, quads: Iterable[Quad]) -> Store:
        """The store of some quads, for tests and for graphs made on the way."""
        engine = _Engine()
        engine.bulk_extend(quads)
        return cls(engine)

    @classmethod
    def from_triples(cls, triples: Iterable[Triple]) -> Store:
        """The store of some triples, without named graphs."""
        store = cls(_Engine())
        store.grow(triples)
        return store

    def grow(self, triples: Iterable[Triple]) -> None:
        """Add triples to the default graph: only for rules that are asked again until nothing new follows."""
        self._engine.bulk_extend(Quad(t.subject, t.predicate, t.object, _DEFAULT) for t in triples)

    def grow_lines(self, text: bytes) -> None:
        """The same for lines of N-Triples, whose blank nodes keep their names. Raises SourceError if one is broken."""
        try:
            if b"_:" in text:
                # The engine would give these nodes other names.
                nameless = b"".join(line for line in io.BytesIO(text) if b"_:" in line)
                self._engine.bulk_extend(_parse(input=nameless, format=RdfFormat.N_TRIPLES))
                text = b"".join(line for line in io.BytesIO(text) if b"_:" not in line)
            self._engine.bulk_load(text, RdfFormat.N_TRIPLES)
        except SyntaxError as error:
            raise SourceError(
                f"the N-Triples do not parse: {error.msg}", where=f"line {error.lineno}"
            ) from None

    @classmethod
    def from_ntriples(cls, texts: Iterable[bytes]) -> Store:
        """The store of some N-Triples, one statement a line, in no named graph. Raises SourceError if one is broken."""
        store = cls(_Engine())
        for text in texts:
            store.grow_lines(text)
        return store

    def construct_lines(self, text: str) -> set[bytes]:
        """The triples of a CONSTRUCT or DESCRIBE as lines of N-Triples: much faster than as objects."""
        result = self.query(text)
        if not isinstance(result, QueryTriples):
            raise QueryRefused("this query is not a CONSTRUCT or DESCRIBE", mend="use select() or ask()")
        return set((result.serialize(format=RdfFormat.N_TRIPLES) or b"").split(b"\n")) - {b""}

    def take_in(self, quads: Iterable[Quad]) -> None:
        """Add statements to the merge of all graphs. For one who asks this store nothing else afterwards."""
        find = self._engine.quads_for_pattern
        self._engine.extend(
            Quad(quad.subject, quad.predicate, quad.object, _DEFAULT)
            for quad in quads
            if not self._union or next(find(quad.subject, quad.predicate, quad.object, None), None) is None
        )

    def graphs(self) -> tuple[str, ...]:
        """The IRIs of the named graphs, sorted."""
        return self._graphs

    def quads(self, graph: str | None = None) -> Iterator[Quad]:
        """The quads of one named graph, or of all of them; the merged default graph is left out."""
        names = self._graphs if graph is None else (graph,)
        for name in names:
            yield from self._engine.quads_for_pattern(None, None, None, NamedNode(name))

    def find(
        self,
        subject: NamedNode | None = None,
        predicate: NamedNode | None = None,
        object: Term | None = None,
        graph: str | None = None,
    ) -> Iterator[Quad]:
        """The quads of named graphs that match a pattern, of one graph or of all; what is None matches anything."""
        for name in self._graphs if graph is None else (graph,):
            yield from self._engine.quads_for_pattern(subject, predicate, object, NamedNode(name))

    def teach(self, functions: Mapping[NamedNode, Function]) -> None:
        """Let queries call these functions, by their IRIs, besides those of SPARQL."""
        self._functions = dict(functions)

    def __len__(self) -> int:
        """The number of distinct triples in the merge of all graphs. On disk, all of them are read for it."""
        if self._union:
            return len(self._engine)
        return int(text_of(self.select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")[0]["n"]))

    def query(
        self,
        text: str,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        bindings: Mapping[str, Term] | None = None,
        *,
        prefixes: Mapping[str, str] | None = PREFIXES,
    ) -> QueryResult:
        """What a query answers: solutions, a boolean or triples, evaluated lazily as they are read.

        default_graphs, named_graphs: IRIs; if either is given they are the whole dataset, FROM is set
            aside, and the one left out is empty. If neither is given and the text has no FROM, the default
            graph is the
            merge of all graphs. A text with several FROM must come with its graphs given here: the
            engine would repeat triples that two of them share.
        bindings: variable name -> term; in a SELECT each must be selected as a column.
        prefixes: known without a PREFIX line.
        Raises QuerySyntax if it does not parse, BadParameter if a parameter cannot be bound."""
        engine = self._engine
        dataset: dict[str, list[NamedNode | BlankNode | DefaultGraph]] = {}
        named: list[NamedNode | BlankNode] | None = None
        if default_graphs is not None or named_graphs is not None:
            defaults = [NamedNode(iri) for iri in dict.fromkeys(default_graphs or ())]
            named = [NamedNode(iri) for iri in dict.fromkeys(named_graphs or ())]
            dataset["default_graph"] = list(defaults)
            if len(defaults) > 1 and not self._union:
                engine = self._merge(defaults, named)
                dataset["default_graph"] = [_DEFAULT]
        union = self._union and named is None and not _names_its_graphs(text)
        try:
            return engine.query(
                text,
                base_iri=BASE,
                prefixes=dict(prefixes) if prefixes else None,
                use_default_graph_as_union=union,
                named_graphs=named,
                substitutions={Variable(name): term for name, term in bindings.items()} if bindings else None,
                custom_functions=self._functions,
                **dataset,  # type: ignore[arg-type]
            )
        except SyntaxError as error:
            raise _syntax(error) from None
        except RuntimeError as error:
            if bindings and "projection" in str(error):
                raise BadParameter(
                    str(error).rstrip("."),
                    mend="select every parameter as a column: only those can be bound",
                ) from None
            raise QueryRefused(
                f"the query could not be evaluated: {error}",
                mend=f"our functions are {', '.join(sorted(f.value for f in self._functions))}"
                if "custom function" in str(error)
                else "",
            ) from None

    def _merge(self, defaults: Sequence[NamedNode], named: Sequence[NamedNode | BlankNode]) -> _Engine:
        """A dataset for one query whose default graph is the RDF merge of several of ours."""
        merged = _Engine()
        find = self._engine.quads_for_pattern
        merged.bulk_extend(
            Quad(q.subject, q.predicate, q.object, _DEFAULT)
            for g in defaults
            for q in find(None, None, None, g)
        )
        merged.bulk_extend(q for g in named for q in find(None, None, None, g))
        return merged

    def select(self, text: str, **bindings: Term) -> list[Row]:
        """The solutions of a SELECT, in its order. Raises QueryRefused for another query form."""
        result = self.query(text, bindings=bindings)
        if not isinstance(result, QuerySolutions):
            raise QueryRefused("this query is not a SELECT", mend="use ask() or construct()")
        names = [variable.value for variable in result.variables]
        return [
            {name: term for name, term in zip(names, solution, strict=True) if term is not None}
            for solution in result
        ]

    def ask(self, text: str, **bindings: Term) -> bool:
        """The answer of an ASK. Raises QueryRefused for another query form."""
        result = self.query(text, bindings=bindings)
        if not isinstance(result, QueryBoolean):
            raise QueryRefused("this query is not an ASK", mend="use select() or construct()")
        return bool(result)

    def construct(self, text: str, **bindings: Term) -> list[Triple]:
        """The triples of a CONSTRUCT or DESCRIBE, each once. Raises QueryRefused for another query form."""
        result = self.query(text, bindings=bindings)
        if not isinstance(result, QueryTriples):
            raise QueryRefused("this query is not a CONSTRUCT or DESCRIBE", mend="use select() or ask()")
        return list(dict.fromkeys(result))


#: What may hold the word FROM without being a clause: comments, strings and IRIs.
_NO_CLAUSE: Final = re.compile(
    r"""\#[^\r\n]*|<[^<>"{}|^`\\\x00-\x20]*>|\"{3}.*?(?<!\\)\"{3}|'{3}.*?(?<!\\)'{3}"""
    r"""|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'""",
    re.DOTALL,
)
_FROM: Final = re.compile(r"(?<![\w?$:.\-])FROM(?![\w:.\-])", re.IGNORECASE)


def _names_its_graphs(text: str) -> bool:
    """Whether a query has FROM or FROM NAMED, which the union would overrule."""
    return _FROM.search(text) is not None and _FROM.search(_NO_CLAUSE.sub("<>", text)) is not None


def _load(engine: _Engine, path: Path) -> None:
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


def _write_merge(engine: _Engine) -> None:
    """Write the merge of all named graphs into the default graph."""
    engine.bulk_extend(
        Quad(quad.subject, quad.predicate, quad.object, _DEFAULT)
        for graph in list(engine.named_graphs())
        for quad in engine.quads_for_pattern(None, None, None, graph)
    )


def _is_apart(engine: _Engine) -> bool:
    """Whether no two graphs, the default graph among them, share a triple."""
    graphs: list[NamedNode | BlankNode | DefaultGraph] = list(engine.named_graphs())
    if next(engine.quads_for_pattern(None, None, None, _DEFAULT), None) is not None:
        graphs.append(_DEFAULT)
    # Each triple of all graphs but one is looked for in all of them.
    find = engine.quads_for_pattern
    return not any(
        len(list(find(q.subject, q.predicate, q.object, None))) > 1
        for graph in graphs[1:]
        for q in find(None, None, None, graph)
    )


def _adds_only(engine: _Engine, path: Path) -> bool:
    """Whether no triple of some N-Quads is known yet, or stands in two graphs of theirs; False of a broken file."""
    find, graphs = engine.quads_for_pattern, dict[Triple, object]()
    try:
        return not any(
            graphs.setdefault(quad.triple, quad.graph_name) != quad.graph_name
            or next(find(quad.subject, quad.predicate, quad.object, None), None) is not None
            for quad in _parse(path=path, format=RdfFormat.N_QUADS)
        )
    except (SyntaxError, OSError):
        return False


def _syntax(error: SyntaxError) -> QuerySyntax:
    """The engine's words for a parse error, without its lists of every possible character."""
    message = str(error.msg or error)
    place, _, expected = message.partition(": ")
    where = ""
    if place.startswith("error at "):
        line, _, column = place.removeprefix("error at ").partition(":")
        where = f"line {line}, column {column}"
    else:
        expected = message
    if expected.startswith("expected one of"):
        wanted = [part for part in expected.removeprefix("expected one of ").split(", ") if "'" not in part]
        expected = ("expected " + " or ".join(wanted[:8])) if wanted else ""
    what = "the query does not parse" + (f": {expected[:300]}" if expected else "")
    return QuerySyntax(
        what, where=where, mend="correct the query at this place; SPARQL 1.1 Query is understood"
    )


def text_of(term: Term | None) -> str:
    """A term as people read it: the IRI, the literal's text, "_:label", or "" where nothing is bound."""
    if term is None:
        return ""
    if isinstance(term, NamedNode | Literal):
        return term.value
    return str(term)


def used_prefixes(triples: Iterable[Triple], prefixes: Mapping[str, str] = PREFIXES) -> dict[str, str]:
    """Those of the prefixes whose namespace some term of the triples starts with."""
    namespaces: set[str] = set()

    def note(term: object) -> None:
        if isinstance(term, Literal) and term.language is None and term.datatype != _STRING:
            term = term.datatype
        if isinstance(term, NamedNode):
            iri = term.value
            namespaces.add(iri[: max(iri.rfind("/"), iri.rfind("#")) + 1])

    for triple in triples:
        note(triple.subject)
        note(triple.predicate)
        note(triple.object)
    return {prefix: iri for prefix, iri in prefixes.items() if iri in namespaces}


#: Formats that have no prefixes, so that looking for the used ones can be spared.
_WITHOUT_PREFIXES: Final = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS, RdfFormat.JSON_LD)
#: Prefixes are looked for in so many statements at most, evenly spread: a namespace that is missed is written in full.
LOOKED_AT: Final = 50_000


def write_triples(
    triples: Iterable[Triple],
    output: IO[bytes],
    form: RdfFormat,
    prefixes: Mapping[str, str] | None = None,
) -> None:
    """Write triples in one of the RDF formats, with the given prefixes or those of ours that they use."""
    known = triples if isinstance(triples, Sequence) else list(triples)
    if prefixes is None:
        sample = [] if form in _WITHOUT_PREFIXES else known[:: 1 + len(known) // LOOKED_AT]
        prefixes = used_prefixes(sample)
    _serialize(known, output, form, prefixes=dict(prefixes))


def write_quads(quads: Sequence[Quad], output: IO[bytes], form: RdfFormat) -> None:
    """The same for quads, in a format that has named graphs."""
    sample = [] if form in _WITHOUT_PREFIXES else quads[:: 1 + len(quads) // LOOKED_AT]
    _serialize(quads, output, form, prefixes=used_prefixes(quad.triple for quad in sample))


def graph_of(quad: Quad) -> str:
    """The IRI of the named graph that holds a quad; "" for the default graph."""
    return quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else ""


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
        parsed = _parse(path=path, format=form, rename_blank_nodes=True)
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


def parse_solutions(tsv: bytes) -> list[Row]:
    """The solutions in SPARQL results as TSV (or the beginning of them, cut after a line), typed terms as written."""
    found = _parse_results(input=tsv, format=QueryResultsFormat.TSV)
    assert isinstance(found, QuerySolutions)
    names = [variable.value for variable in found.variables]
    return [{name: row[name] for name in names if row[name] is not None} for row in found]


def parse_results(data: bytes, form: QueryResultsFormat) -> QuerySolutions | QueryBoolean:
    """SPARQL results of another server, read as they are asked for. Raises SyntaxError then if they are not whole."""
    return _parse_results(input=data, format=form)


def parse_ntriples(data: bytes) -> Iterator[Triple]:
    """The triples of some N-Triples of another server. Raises SyntaxError where they do not parse."""
    return (quad.triple for quad in _parse(input=data, format=RdfFormat.N_TRIPLES))


def check_syntax(text: str, prefixes: Mapping[str, str] | None = None) -> None:
    """Pass if a query parses; nothing is evaluated. Raises QuerySyntax."""
    unused = "never_selected"
    while unused in text:
        unused += "_"
    try:
        # A parameter that is no column is refused between parsing and evaluation.
        _Engine().query(
            text,
            base_iri=BASE,
            prefixes=dict(prefixes) if prefixes else None,
            substitutions={Variable(unused): NamedNode(BASE)},
        )
    except SyntaxError as error:
        raise _syntax(error) from None
    except RuntimeError:
        return


def canonical_nquads(quads: Iterable[Quad]) -> bytes:
    """Canonical N-Quads, blank nodes named by RDFC-1.0 and lines sorted: equal graphs give equal bytes."""
    quads = quads if isinstance(quads, Sequence) else list(quads)
    text = _serialize(quads, format=RdfFormat.N_QUADS) or b""
    # The names of blank nodes follow from the statements that hold some, few or none. UTF-8 sorts as its characters do.
    lines = set(text.split(b"\n")) - {b""}
    nameless = {line for line in lines if b"_:" in line}
    dataset = Dataset(_parse(input=b"\n".join(nameless), format=RdfFormat.N_QUADS))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    lines = (lines - nameless) | {f"{quad} .".encode() for quad in dataset}
    return b"\n".join([*sorted(lines), b""]) if lines else b""


def write_ntriples(quads: Iterable[Quad], output: IO[bytes]) -> None:
    """Write the quads as N-Triples, graph names dropped."""
    _serialize((Triple(q.subject, q.predicate, q.object) for q in quads), output, RdfFormat.N_TRIPLES)


def rewritten(data: bytes) -> bytes:
    """Some N-Triples in the one spelling that we write. Raises SourceError, with its place, if they do not parse."""
    try:
        return _serialize(_parse(input=data, format=RdfFormat.N_TRIPLES), format=RdfFormat.N_TRIPLES) or b""
    except SyntaxError:
        # Read once more for the words and the place.
        return b"".join(
            f"{quad.triple} .\n".encode() for quad in iter_rdf(data, RdfFormat.N_TRIPLES, base=BASE)
        )


def parse_rdf(data: bytes, form: RdfFormat) -> list[Quad]:
    """The quads of a document in memory, literals as written, blank nodes under names of their own.

    Raises SourceError with its place if it does not parse."""
    try:
        return list(_parse(input=data, format=form, rename_blank_nodes=True))
    except SyntaxError as error:
        place = f"line {error.lineno}, column {error.offset}" if error.lineno else ""
        raise SourceError(f"the {form.name} does not parse: {error.msg}", where=place) from None


def iter_rdf(data: bytes, form: RdfFormat, *, base: str) -> Iterator[Quad]:
    """The quads of a document one by one, literals as written, relative IRIs seen from the base.

    No context is loaded. Raises SourceError, with line and column, where it does not parse."""
    try:
        yield from _parse(input=data, format=form, base_iri=base)
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


def parse_nquads(data: bytes) -> list[Quad]:
    """The quads of some N-Quads, in order, literals as written. Raises SourceError if it does not parse."""
    return list(iter_nquads(data))


def iter_nquads(data: bytes) -> Iterator[Quad]:
    """The same one by one, without keeping them."""
    try:
        yield from _parse(input=data, format=RdfFormat.N_QUADS)
    except SyntaxError as error:
        raise SourceError(f"the N-Quads do not parse: {error.msg}", where=f"line {error.lineno}") from None
