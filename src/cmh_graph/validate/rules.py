"""Shapes and checks, and what they find in a graph."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pyshacl
from rdflib import BNode, Dataset, Graph, URIRef
from rdflib import Literal as RdfLiteral
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from cmh_graph.errors import QueryRefused, SourceError
from cmh_graph.namespaces import GRAPH_CATALOGUE, compact
from cmh_graph.store import BlankNode, NamedNode, Quad, Store, text_of
from cmh_graph.store import Literal as StoreLiteral
from cmh_graph.validate.findings import Finding, Severity, order

_SEVERITIES: Final[dict[Node | None, Severity]] = {
    SH.Violation: "violation",
    SH.Warning: "warning",
    SH.Info: "info",
}


def _engines() -> Mapping[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {"pyshacl": pyshacl.validate}
    try:
        from pyshacl_turbo import validate as fast
    except ImportError:  # It is built for some machines only; pySHACL finds the same, more slowly.
        return found
    return {"pyshacl-turbo": fast, **found}


#: SHACL engine -> its function, with pySHACL's arguments. The first is used unless another is asked for; pySHACL is
#: the authority, and tests hold that both find the same with our shapes.
ENGINES: Final = MappingProxyType(_engines())
DEFAULT_ENGINE: Final = next(iter(ENGINES))


@dataclass(frozen=True)
class Check:
    """A quality rule written as a query that returns ?entity ?property ?value."""

    name: str
    problem: str
    severity: Severity
    mend: str
    query: str


def read_shapes(folder: Path) -> Graph:
    """The union of the shapes in a folder. Raises SourceError if there are none or one cannot be read."""
    files = sorted(folder.glob("*.ttl"))
    if not files:
        raise SourceError(
            "there are no shapes", where=str(folder), mend="point to a folder with shapes/*.ttl"
        )
    shapes = Graph()
    for file in files:
        try:
            shapes.parse(file, format="turtle")
        except (SyntaxError, ValueError) as error:
            raise SourceError(
                f"a shapes file is broken: {error}", where=str(file), mend="correct the Turtle"
            ) from error
    return shapes


def read_checks(folder: Path) -> list[Check]:
    """The checks in a folder, by name. Raises SourceError if there are none or one lacks its header."""
    checks = [read_check(file) for file in sorted(folder.glob("*.rq"))]
    if not checks:
        raise SourceError(
            "there are no checks", where=str(folder), mend="point to a folder with queries/checks/*.rq"
        )
    return checks


def read_check(file: Path) -> Check:
    """One check with the two lines of its header. Raises SourceError if the header is not complete."""
    text = file.read_text(encoding="utf-8")
    problem = re.search(r"^# problem: (.+) \((violation|warning|info)\)$", text, re.MULTILINE)
    mend = re.search(r"^# mend: (.+)$", text, re.MULTILINE)
    if not problem or not mend:
        raise SourceError(
            "a check lacks its header",
            where=str(file),
            mend="open it with '# problem: What is wrong. (violation|warning|info)' and '# mend: What to do.'",
        )
    severity: Severity = {"violation": "violation", "warning": "warning"}.get(problem[2], "info")  # type: ignore[assignment]
    return Check(file.stem, problem[1], severity, mend[1], text)


# The stage -------------------------------------------------------------------------------------------------------


def validate(
    dataset: Graph,
    shapes: Graph,
    checks: Sequence[Check],
    *,
    about: Collection[Node] | None = None,
    engine: str = DEFAULT_ENGINE,
) -> list[Finding]:
    """What is wrong with a dataset, sorted; file and line are not known here.

    dataset: a Graph, or a Dataset whose graphs are looked at as one. It must hold the ontology, because rules for
        a class hold for its subclasses too.
    about: only findings whose entity is one of these; None for all.
    engine: one of ENGINES."""
    if about is not None and not about:
        return []
    graph = flat(dataset)
    found = _shape_findings(graph, shapes, about, ENGINES[engine]) + _check_findings(graph, checks, about)
    return sorted(set(found), key=order)


def flat(dataset: Graph) -> Graph:
    """One graph of all triples. Dataset.triples would give the default graph only."""
    if not isinstance(dataset, Dataset):
        return dataset
    merged = Graph()
    for subject, predicate, thing, _ in dataset.quads():
        merged.add((subject, predicate, thing))
    return merged


def _shape_findings(
    graph: Graph, shapes: Graph, about: Collection[Node] | None, engine: Callable[..., Any]
) -> list[Finding]:
    focus: list[str | URIRef] | None = None
    if about is not None:
        # pySHACL can be told what to look at, which is faster, but takes IRIs only and then skips shapes within
        # property shapes. Otherwise it looks at everything and we choose.
        iris: list[str | URIRef] = [n for n in about if isinstance(n, URIRef) and re.match("https?:|urn:", n)]
        if len(iris) == len(about) and not _nests(shapes):
            focus = sorted(iris)
    _, report, text = engine(
        graph,
        shacl_graph=shapes,
        inference="none",
        inplace=True,
        advanced=False,
        do_owl_imports=False,
        focus_nodes=focus,
    )
    if not isinstance(report, Graph):
        raise SourceError(
            f"the shapes could not be applied: {text}", where="shapes/", mend="correct the shapes"
        )
    findings = []
    for result in report.subjects(RDF.type, SH.ValidationResult):
        entity = report.value(result, SH.focusNode)
        if about is not None and entity not in about:
            continue
        path = report.value(result, SH.resultPath)
        message, mend = _split(str(report.value(result, SH.resultMessage) or ""))
        findings.append(
            Finding(
                rule=compact(str(report.value(result, SH.sourceShape))),
                severity=_SEVERITIES.get(report.value(result, SH.resultSeverity), "violation"),
                entity=text_of_node(entity),
                property=str(path) if isinstance(path, URIRef) else "",
                value=text_of_node(report.value(result, SH.value)),
                message=message,
                mend=mend,
            )
        )
    return findings


def _nests(shapes: Graph) -> bool:
    """Whether a property shape with a name of its own holds other shapes for its values."""
    inner = (SH["not"], SH["or"], SH["and"], SH.xone, SH.node, SH.property, SH.qualifiedValueShape)
    named = (shape for shape in shapes.subjects(SH.path) if isinstance(shape, URIRef))
    return any((shape, link, None) in shapes for shape in named for link in inner)


def _split(text: str) -> tuple[str, str]:
    """A shape's message as problem and mend: its first sentence, and the rest."""
    first, *rest = re.split(r"(?<=[.!?])\s+(?=[A-Z])", text.strip(), maxsplit=1)
    return first, rest[0] if rest else ""


def text_of_node(node: Node | None) -> str:
    if node is None:
        return ""
    return f"_:{node}" if isinstance(node, BNode) else str(node)


def _check_findings(graph: Graph, checks: Sequence[Check], about: Collection[Node] | None) -> list[Finding]:
    with quiet():
        store = Store.from_quads(_quads(graph))
    return ask_checks(store, checks, None if about is None else {text_of_node(node) for node in about})


def ask_checks(store: Store, checks: Sequence[Check], wanted: Collection[str] | None = None) -> list[Finding]:
    """What the checks find in a store that is loaded already; wanted: only about these things, None for all."""
    findings = []
    for check in checks:
        try:
            rows = store.select(check.query)
        except QueryRefused as error:
            raise SourceError(
                f"the check {check.name} cannot run: {error.what}",
                where=error.where,
                mend="correct the query",
            ) from error
        for row in rows:
            entity = text_of(row.get("entity"))
            if wanted is None or entity in wanted:
                findings.append(
                    Finding(
                        rule=check.name,
                        severity=check.severity,
                        entity=entity,
                        property=text_of(row.get("property")),
                        value=text_of(row.get("value")),
                        message=check.problem,
                        mend=check.mend,
                    )
                )
    return findings


def _quads(graph: Graph) -> Iterator[Quad]:
    name = NamedNode(GRAPH_CATALOGUE)
    for subject, predicate, thing in graph:
        s, p, o = _term(subject), _term(predicate), _term(thing)
        if not isinstance(s, StoreLiteral) and isinstance(p, NamedNode):
            yield Quad(s, p, o, name)


def _term(node: Node) -> NamedNode | BlankNode | StoreLiteral:
    if isinstance(node, RdfLiteral):
        if node.language:
            return StoreLiteral(str(node), language=node.language)
        return StoreLiteral(str(node), datatype=NamedNode(str(node.datatype)) if node.datatype else None)
    return BlankNode(str(node)) if isinstance(node, BNode) else NamedNode(str(node))


@contextmanager
def quiet() -> Iterator[None]:
    """rdflib logs what it tolerates; we say it in findings."""
    logger = logging.getLogger("rdflib")
    level = logger.level
    logger.setLevel(logging.ERROR + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
