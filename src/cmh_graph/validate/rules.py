"""Shapes and checks, and what they find in a graph."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rdflib import Graph
from rdflib.term import Node

from cmh_graph.errors import QueryRefused, SourceError
from cmh_graph.store import Store, text_of
from cmh_graph.validate.engines import DEFAULT_ENGINE, ENGINES
from cmh_graph.validate.findings import Finding, Severity, order
from cmh_graph.validate.statements import Statements, term_of, text_of_term


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
    dataset: Graph | Statements,
    shapes: Graph,
    checks: Sequence[Check],
    *,
    about: Collection[Node] | Collection[bytes] | None = None,
    engine: str = DEFAULT_ENGINE,
) -> list[Finding]:
    """What is wrong with a dataset, sorted; file and line are not known here.

    dataset: Statements (the quick way for many), a Graph, or a Dataset whose graphs are looked at as one. It must hold
        the ontology, because rules for a class hold for its subclasses too.
    about: only findings whose entity is one of these, nodes of rdflib or terms as N-Triples writes them; None for all.
    engine: one of ENGINES.
    Raises ValueError if a Graph holds what RDF does not allow, such as an IRI with a space."""
    if about is not None and not about:
        return []
    statements = dataset if isinstance(dataset, Statements) else Statements.of_graph(dataset)
    wanted = None if about is None else {_named(one) for one in about}
    found = ENGINES[engine](statements, shapes, wanted)
    if checks:
        with quiet():
            store = Store.from_ntriples(statements.texts)
        found += ask_checks(store, checks, None if wanted is None else {text_of_term(one) for one in wanted})
    return sorted(set(found), key=order)


def _named(node: Node | bytes) -> bytes:
    return node if isinstance(node, bytes) else str(term_of(node)).encode()


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
