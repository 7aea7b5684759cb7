"""Who judges by shapes: our own columns of numbers, or a SHACL engine of others.

pySHACL is the authority. Ours finds the same, in the same words, of the shapes that it takes; others go to the next
engine in the list.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

import pyshacl
from rdflib import BNode, Graph, URIRef
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import compact
from cmh_graph.validate.columns import Columns
from cmh_graph.validate.findings import Finding, Severity
from cmh_graph.validate.shapes import Beyond, Plan, plan
from cmh_graph.validate.statements import Statements, text_of_term

_SEVERITIES: Final[dict[Node | None, Severity]] = {
    SH.Violation: "violation",
    SH.Warning: "warning",
    SH.Info: "info",
}
#: Statements, shapes, and the things that findings may be about (None: all), as N-Triples writes them -> findings.
Engine: TypeAlias = Callable[[Statements, Graph, Collection[bytes] | None], list[Finding]]


# Ours ------------------------------------------------------------------------------------------------------------

_plans: WeakKeyDictionary[Graph, tuple[int, Plan | Beyond]] = WeakKeyDictionary()


def _plan_of(shapes: Graph) -> Plan | Beyond:
    """Made once for each graph of shapes, as it takes longer than to judge a small upload."""
    known = _plans.get(shapes)
    if known is None or known[0] != len(shapes):
        try:
            known = len(shapes), plan(shapes)
        except Beyond as beyond:
            known = len(shapes), beyond
        _plans[shapes] = known
    return known[1]


def _by_columns(statements: Statements, shapes: Graph, about: Collection[bytes] | None) -> list[Finding]:
    made = _plan_of(shapes)
    if isinstance(made, Beyond):
        return _others(statements, shapes, about)
    columns = Columns(statements, made.predicates)
    findings = []
    with warnings.catch_warnings():
        # rdflib warns of numbers and dates that are none; we say so in findings.
        warnings.simplefilter("ignore")
        for node, things, values in made.broken(columns, None if about is None else columns.named(about)):
            path = shapes.value(node, SH.path)
            message, mend = _split(str(shapes.value(node, SH.message)))
            for number, thing in enumerate(things.tolist()):
                findings.append(
                    Finding(
                        rule=compact(str(node)),
                        severity=_SEVERITIES.get(shapes.value(node, SH.severity), "violation"),
                        entity=text_of_term(columns.terms[thing]),
                        property=str(path) if isinstance(path, URIRef) else "",
                        value="" if values is None else text_of_term(columns.terms[values[number]]),
                        message=message,
                        mend=mend,
                    )
                )
    return findings


# Others ----------------------------------------------------------------------------------------------------------


def _by(engine: Callable[..., Any]) -> Engine:
    """An engine that takes rdflib graphs and pySHACL's arguments."""

    def judge(statements: Statements, shapes: Graph, about: Collection[bytes] | None) -> list[Finding]:
        graph = statements.graph()
        focus: list[str | URIRef] | None = None
        if about is not None:
            # pySHACL can be told what to look at, which is faster, but takes IRIs only and then skips shapes within
            # property shapes. Otherwise it looks at everything and we choose.
            iris = [text_of_term(one) for one in about if re.match(b"<(?:https?:|urn:)", one)]
            if len(iris) == len(about) and not _nests(shapes):
                focus = [URIRef(one) for one in sorted(iris)]
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
        return list(_reported(report, None if about is None else {text_of_term(one) for one in about}))

    return judge


def _reported(report: Graph, about: Collection[str] | None) -> Iterator[Finding]:
    for result in report.subjects(RDF.type, SH.ValidationResult):
        entity = text_of_node(report.value(result, SH.focusNode))
        if about is not None and entity not in about:
            continue
        path = report.value(result, SH.resultPath)
        message, mend = _split(str(report.value(result, SH.resultMessage) or ""))
        yield Finding(
            rule=compact(str(report.value(result, SH.sourceShape))),
            severity=_SEVERITIES.get(report.value(result, SH.resultSeverity), "violation"),
            entity=entity,
            property=str(path) if isinstance(path, URIRef) else "",
            value=text_of_node(report.value(result, SH.value)),
            message=message,
            mend=mend,
        )


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


def _fast() -> Mapping[str, Engine]:
    try:
        from pyshacl_turbo import validate as fast
    except ImportError:  # It is built for some machines only.
        return {}
    return {"pyshacl-turbo": _by(fast)}


_OTHERS: Final[dict[str, Engine]] = {**_fast(), "pyshacl": _by(pyshacl.validate)}
_others: Final = next(iter(_OTHERS.values()))

#: SHACL engine -> what it finds. The first is used unless another is asked for; pySHACL is the authority, and tests
#: hold that all find the same with our shapes.
ENGINES: Final[Mapping[str, Engine]] = MappingProxyType({"columns": _by_columns, **_OTHERS})
DEFAULT_ENGINE: Final = next(iter(ENGINES))
