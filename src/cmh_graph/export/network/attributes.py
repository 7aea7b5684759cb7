"""The rows of the network: its nodes and edges with their attributes, the same for every kind of file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from cmh_graph.export.edition import ONTOLOGY, Edition
from cmh_graph.model import Ref, Says, Step
from cmh_graph.namespaces import BASE, CMH, PREFIXES, key_of
from cmh_graph.pathways.costs import Costs, Months
from cmh_graph.store import text_of

#: Between the parts of an attribute that is a list.
SEPARATOR: Final = "|"
#: attribute -> value; "" where there is none.
Row: TypeAlias = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column: its name, the type of its values, and what it says."""

    name: str
    type: Literal["string", "int"]
    says: str


NODE: Final = (
    Attribute("id", "string", "kind and key, such as role:volunteer"),
    Attribute("iri", "string", "identifier on the web"),
    Attribute("kind", "string", "role or position"),
    Attribute("label", "string", "name"),
    Attribute("classes", "string", "classes of the ontology"),
    Attribute("family", "string", "family of a role"),
    Attribute("level", "string", "framework level of a role"),
    Attribute("bands", "string", "NHS pay bands given to a role by anyone, lowest first"),
    Attribute("status", "string", "seed, public, inferred or confirmed"),
    Attribute("sources", "string", "keys of the sources"),
)
EDGE: Final = (
    Attribute("id", "string", "step and key"),
    Attribute("source", "string", "id of the place it leaves"),
    Attribute("target", "string", "id of the place it reaches"),
    Attribute("iri", "string", "identifier of the step on the web"),
    Attribute("label", "string", "the names of the two places"),
    Attribute("step_kind", "string", "up, sideways, entry, ..."),
    Attribute("routes", "string", "keys of the routes"),
    Attribute("needs", "string", "all of these are needed: kind/key"),
    Attribute("needs_one_of", "string", "one of these is needed: kind/key"),
    Attribute("offered_by", "string", "keys of organisations"),
    Attribute("pathways", "string", "keys of the pathways that use the step"),
    Attribute("months_minimum", "int", "months it takes at least"),
    Attribute("months_maximum", "int", "months it takes at most, where known"),
    Attribute("months_basis", "string", "who states the months: step, route, standard; or assumed by us"),
    Attribute("months_from", "string", "what states the months: kind/key"),
    Attribute("status", "string", "seed, public, inferred or confirmed"),
    Attribute("sources", "string", "keys of the sources"),
    Attribute("inferred_fields", "string", "properties of the step that are our own judgement"),
    Attribute("note", "string", "a remark on the step"),
)


@dataclass(frozen=True, slots=True)
class Network:
    """nodes and edges by id; every end of an edge is a node."""

    title: str
    version: str
    issued: str
    nodes: Sequence[Row]
    edges: Sequence[Row]


def network_of(edition: Edition) -> Network:
    """Every role and position of an edition, and every step between them. Months as pathways.costs has them."""
    catalogue = edition.catalogue
    nodes = [
        _node(edition, Ref("role", role.key, role.label), role.says)
        | {
            "family": role.family or "",
            "level": role.level or "",
            "bands": SEPARATOR.join(role.bands),
        }
        for role in catalogue.roles.values()
    ]
    nodes += [
        _node(edition, Ref("position", one.key, one.label), one.says) for one in catalogue.positions.values()
    ]
    costs = Costs.of(catalogue)
    edges = [_edge(edition, step, costs.of_step(step).months) for step in catalogue.steps.values()]
    return Network(
        edition.text(ONTOLOGY, PREFIXES["dcterms"] + "title"),
        edition.version,
        edition.issued,
        sorted(nodes, key=lambda row: str(row["id"])),
        sorted(edges, key=lambda row: str(row["id"])),
    )


def _node(edition: Edition, place: Ref, says: Says | None) -> Row:
    iri = PREFIXES[place.kind] + place.key
    classes = sorted(one.removeprefix(CMH) for one in edition.types(iri) if one.startswith(CMH))
    row: Row = {one.name: "" for one in NODE}
    return row | {
        "id": _id(place),
        "iri": iri,
        "kind": place.kind,
        "label": place.label,
        "classes": SEPARATOR.join(classes),
        **_says(says),
    }


def _edge(edition: Edition, step: Step, months: Months) -> Row:
    inferred = (text_of(one) for one in edition.objects(step.iri, CMH + "inferredField"))
    row: Row = {
        "id": f"step:{step.key}",
        "source": _id(step.from_position),
        "target": _id(step.to_position),
        "iri": step.iri,
        "label": step.label,
        "step_kind": step.step_kind,
        "routes": _keys(step.via_routes),
        "needs": _paths(step.needs),
        "needs_one_of": _paths(step.needs_one_of),
        "offered_by": _keys(step.offered_by),
        "pathways": _keys(step.pathways),
        "months_minimum": months.minimum,
        "months_maximum": "" if months.maximum is None else months.maximum,
        "months_basis": _basis(step, months),
        "months_from": _paths(step.duration_from or ([months.source] if months.source else [])),
        **_says(step.says),
        "inferred_fields": SEPARATOR.join(sorted(key_of(one) for one in inferred if one.startswith(CMH))),
        "note": step.notes[0] if len(step.notes) == 1 else "",
    }
    return {one.name: row[one.name] for one in EDGE}


def _id(place: Ref) -> str:
    """GraphML takes no IRI as an identifier: its schema wants a name token, which has no slash."""
    return f"{place.kind}:{place.key}"


def _basis(step: Step, months: Months) -> str:
    if step.minimum_months is not None:
        return "step"
    if months.source is None:
        return "assumed"
    return "route" if months.source.kind == "route" else "standard"


def _says(says: Says | None) -> Row:
    return {
        "status": says.status if says else "",
        "sources": SEPARATOR.join(sorted(says.sources)) if says else "",
    }


def _keys(refs: Iterable[Ref]) -> str:
    return SEPARATOR.join(sorted(one.key for one in refs))


def _paths(refs: Iterable[Ref]) -> str:
    return SEPARATOR.join(sorted((PREFIXES[one.kind] + one.key).removeprefix(BASE) for one in refs))
