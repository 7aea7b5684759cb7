"""What is computed of every pair of roles, as statements of the derived graph, so that plain queries can use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cmh_graph.model import Role
from cmh_graph.namespaces import CMH, GRAPH_DERIVED, PREFIXES, iri
from cmh_graph.pathways.gap_sizes import GapSizes
from cmh_graph.pathways.network import network_of
from cmh_graph.pathways.similarity import Similarities
from cmh_graph.reading import Catalogue
from cmh_graph.store import Literal, NamedNode, Quad

_XSD: Final = PREFIXES["xsd"]
_GRAPH: Final = NamedNode(GRAPH_DERIVED)
_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")


def comparison_quads(catalogue: Catalogue) -> Iterator[Quad]:
    """A cmh:RoleComparison for every ordered pair of two roles that are no groupings: the size of the gap, what the two
    share, how alike they are, and the fewest steps and least months from one to the other where steps lead there.

    The figures are those of gap, similarity and progressions; months include assumed ones."""
    roles = [role for role in catalogue.roles.values() if role.form != "grouping"]
    network, similarities = network_of(catalogue), Similarities(catalogue)
    gaps = GapSizes(catalogue)
    sizes = {role.key: gap_sizes for role, gap_sizes in gaps.every()}
    number = {role.key: place for place, role in enumerate(gaps.roles)}
    status = NamedNode(iri("status", "inferred"))
    source = NamedNode(iri("source", "inference"))
    for end in sorted(roles, key=lambda role: role.key):
        goal = network.number["role", end.key]
        steps = network.to_goal([goal], "fewest-steps")
        months = network.to_goal([goal], "shortest-time")
        for start in sorted(roles, key=lambda role: role.key):
            if start.key == end.key:
                continue
            node = NamedNode(iri("comparison", f"{start.key}--{end.key}"))
            alike = similarities.between(start, end)
            size = float(sizes[start.key][number[end.key]])
            yield Quad(node, _TYPE, NamedNode(CMH + "RoleComparison"), _GRAPH)
            yield _link(node, "comparesFrom", start)
            yield _link(node, "comparesTo", end)
            yield _value(node, "gapSize", _decimal(size), "decimal")
            yield _value(node, "sharedSkillCount", str(len(alike.shared)), "integer")
            yield _value(node, "similarity", _decimal(alike.score), "decimal")
            here = network.number["role", start.key]
            if steps[here] != float("inf"):
                yield _value(node, "fewestSteps", str(int(steps[here])), "integer")
                yield _value(node, "leastMonths", str(int(months[here])), "integer")
            yield Quad(node, NamedNode(CMH + "status"), status, _GRAPH)
            yield Quad(node, NamedNode(PREFIXES["dcterms"] + "source"), source, _GRAPH)


def _link(node: NamedNode, prop: str, role: Role) -> Quad:
    return Quad(node, NamedNode(CMH + prop), NamedNode(role.iri), _GRAPH)


def _value(node: NamedNode, prop: str, text: str, datatype: str) -> Quad:
    return Quad(node, NamedNode(CMH + prop), Literal(text, datatype=NamedNode(_XSD + datatype)), _GRAPH)


def _decimal(value: float) -> str:
    """A number as the store writes it, without zeros at its end, so that a graph loaded and written stays the same."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
