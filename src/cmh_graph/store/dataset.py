"""A dataset of named graphs that can be asked: the Store.

It is read-only once made. What it adds to the engine below it:

- The default graph is the RDF merge of all named graphs. The engine's own union repeats a triple once for each graph
  that holds it (oxigraph issue 1919), which makes COUNT and SUM wrong as soon as two sources agree. So the union is
  used where no two graphs share a triple, and else the merge is written out when the store is made.
- It is in memory, or on disk where it was written before and is opened for reading alone.
- A dataset named by the caller replaces the one in the query text, as the SPARQL 1.1 Protocol asks.
- Parameters are bound as terms, never pasted into text.
- Queries may call the functions that it was taught.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Triple,
    Variable,
    parse,
)
from pyoxigraph import Store as Engine

from cmh_graph.errors import BadParameter, NoSnapshot, QueryRefused, SourceError
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.snapshot import shares_nothing
from cmh_graph.store.merge import adds_only, is_apart, write_merge
from cmh_graph.store.query_text import names_its_graphs, syntax_of
from cmh_graph.store.reading import load_nquads
from cmh_graph.store.results import QueryResult, Row
from cmh_graph.store.terms import DEFAULT_GRAPH, Term, text_of

#: What a query may call: terms -> a term, or None where it is unbound.
Function: TypeAlias = Callable[..., Term | None]


class Store:
    """A dataset of named graphs that can be asked, not changed."""

    def __init__(self, engine: Engine, *, apart: bool | None = None, on_disk: bool = False) -> None:
        """Use Store.load, Store.open or Store.from_quads; this takes an engine whose quads are complete.

        apart: whether no two graphs share a triple; looked up if None."""
        self._engine = engine
        self._functions: dict[NamedNode, Function] = {}
        self.on_disk: Final = on_disk
        if on_disk:
            # Its merge was written with it, or there was no need.
            union = next(engine.quads_for_pattern(None, None, None, DEFAULT_GRAPH), None) is None
        else:
            union = is_apart(engine) if apart is None else apart
            if not union:
                write_merge(engine)
        #: whether the engine's union of the graphs is their merge, so that this was not written out
        self.has_union: Final = union
        self._graphs: Final = tuple(
            sorted(g.value for g in engine.named_graphs() if isinstance(g, NamedNode))
        )

    @classmethod
    def load(cls, path: Path, *beside: Path) -> Store:
        """The store of a snapshot in N-Quads, in memory, and of further N-Quads beside it.

        Raises NoSnapshot if there is no file, SourceError if one is broken."""
        engine = Engine()
        load_nquads(engine, path)
        apart = shares_nothing(path.parent)
        for one in beside:
            if apart and not adds_only(engine, one):
                apart = False
            load_nquads(engine, one)
        return cls(engine, apart=apart)

    @classmethod
    def open(cls, folder: Path) -> Store:
        """The store on disk in a folder, for reading alone; any number of processes may have it open.

        Raises NoSnapshot if there is none, SourceError if it cannot be read."""
        if not (folder / "CURRENT").is_file():
            raise NoSnapshot("there is no store on disk", where=str(folder), mend="run cmh-graph disk")
        try:
            return cls(Engine.read_only(str(folder)), on_disk=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise SourceError(
                f"the store on disk cannot be read: {error}",
                where=str(folder),
                mend="remove this folder and run cmh-graph disk",
            ) from error

    @classmethod
    def from_quads(cls, quads: Iterable[Quad]) -> Store:
        """The store of some quads, for tests and for graphs made on the way."""
        engine = Engine()
        engine.bulk_extend(quads)
        return cls(engine)

    @classmethod
    def from_triples(cls, triples: Iterable[Triple]) -> Store:
        """The store of some triples, without named graphs."""
        store = cls(Engine())
        store.grow(triples)
        return store

    def grow(self, triples: Iterable[Triple]) -> None:
        """Add triples to the default graph: only for rules that are asked again until nothing new follows."""
        self._engine.bulk_extend(Quad(t.subject, t.predicate, t.object, DEFAULT_GRAPH) for t in triples)

    def grow_lines(self, text: bytes, *, ours: bool = False) -> None:
        """The same for lines of N-Triples, whose blank nodes keep their names. Raises SourceError if one is broken.

        ours: whether we wrote the lines from statements that were read before, so that their IRIs are not checked
            again, which is a quarter of the time."""
        try:
            nameless, named = _with_nameless(text)
            if nameless:
                # The engine would give these nodes other names.
                self._engine.bulk_extend(parse(input=nameless, format=RdfFormat.N_TRIPLES))
            self._engine.bulk_load(named, RdfFormat.N_TRIPLES, lenient=ours)
        except SyntaxError as error:
            raise SourceError(
                f"the N-Triples do not parse: {error.msg}", where=f"line {error.lineno}"
            ) from None

    @classmethod
    def from_ntriples(cls, texts: Iterable[bytes], *, ours: bool = False) -> Store:
        """The store of some N-Triples, one statement a line, in no named graph. Raises SourceError if one is broken.

        ours: as grow_lines has it."""
        store = cls(Engine())
        for text in texts:
            store.grow_lines(text, ours=ours)
        return store

    def construct_lines(self, text: str) -> set[bytes]:
        """The triples of a CONSTRUCT or DESCRIBE as lines of N-Triples: much faster than as objects."""
        result = self.query(text)
        if not isinstance(result, QueryTriples):
            raise QueryRefused("this query is not a CONSTRUCT or DESCRIBE", mend="use select() or ask()")
        lines = set((result.serialize(format=RdfFormat.N_TRIPLES) or b"").split(b"\n"))
        lines.discard(b"")
        return lines

    def take_in(self, quads: Iterable[Quad]) -> None:
        """Add statements to the merge of all graphs. For one who asks this store nothing else afterwards."""
        find = self._engine.quads_for_pattern
        self._engine.extend(
            Quad(quad.subject, quad.predicate, quad.object, DEFAULT_GRAPH)
            for quad in quads
            if not self.has_union or next(find(quad.subject, quad.predicate, quad.object, None), None) is None
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

    def find_said(self, subject: NamedNode, predicate: NamedNode) -> Iterator[Quad]:
        """What the named graphs say of one property of a thing: looked up once, and not once for each graph."""
        for quad in self._engine.quads_for_pattern(subject, predicate, None, None):
            if isinstance(quad.graph_name, NamedNode):
                yield quad

    def teach(self, functions: Mapping[NamedNode, Function]) -> None:
        """Let queries call these functions, by their IRIs, besides those of SPARQL."""
        self._functions = dict(functions)

    def __len__(self) -> int:
        """The number of distinct triples in the merge of all graphs. On disk, all of them are read for it."""
        if self.has_union:
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
            if len(defaults) > 1 and not self.has_union:
                engine = self._merge(defaults, named)
                dataset["default_graph"] = [DEFAULT_GRAPH]
        union = self.has_union and named is None and not names_its_graphs(text)
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
            raise syntax_of(error) from None
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

    def _merge(self, defaults: Sequence[NamedNode], named: Sequence[NamedNode | BlankNode]) -> Engine:
        """A dataset for one query whose default graph is the RDF merge of several of ours."""
        merged = Engine()
        find = self._engine.quads_for_pattern
        merged.bulk_extend(
            Quad(q.subject, q.predicate, q.object, DEFAULT_GRAPH)
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


def _with_nameless(text: bytes) -> tuple[bytes, bytes]:
    """The lines that may have blank nodes, and the others; nearly all lines are others, so they are not looked at."""
    nameless, named = [], []
    done = 0
    while (at := text.find(b"_:", done)) >= 0:
        start = text.rfind(b"\n", done, at) + 1 or done
        end = text.find(b"\n", at) + 1 or len(text)
        named.append(text[done:start])
        nameless.append(text[start:end])
        done = end
    return b"".join(nameless), b"".join((*named, text[done:])) if done else text
