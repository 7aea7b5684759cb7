"""What each node of a store says, and the fields that every thing has."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Final, TypeVar, cast

from cmh_graph.model import Iri, Key, Ref, Remark, Says, SourceKey, Status, Thing
from cmh_graph.namespaces import BASE, GRAPH_DERIVED, PREFIXES, compact, key_of
from cmh_graph.store import Literal as RdfLiteral
from cmh_graph.store import NamedNode, Store, text_of

#: A reader of one kind of thing.
_T = TypeVar("_T", bound=Thing)
#: A key of any kind; they are all strings underneath.
_K = TypeVar("_K", bound=str)

#: Property -> the field of the model that shows it, where it is not the property's own name in snake case.
FIELD_OF: Final[dict[str, str]] = {
    "skos:prefLabel": "label",
    "skos:altLabel": "alternatives",
    "skos:note": "notes",
    "skos:example": "examples",
    "skos:closeMatch": "close_to",
    "skos:broader": "wider_routes",
    "skos:inScheme": "sets",
    "cmh:frameworkLevel": "level",
    "cmh:atSkillLevel": "skill_level",
    "cmh:educationLevel": "education_levels",
    "cmh:typicalJobTitle": "typical_job_titles",
    "cmh:maximumFundingGBP": "maximum_funding_gbp",
    "cmh:fundingNote": "funding_notes",
    "cmh:protectedTitle": "protected_titles",
    "cmh:concernsTheme": "themes",
    "cmh:servesRole": "roles",
    "cmh:forAudience": "audiences",
    "cmh:useState": "state",
    "cmh:viaRoute": "via_routes",
    "cmh:band": "bands",
    "cmh:inSetting": "settings",
    "cmh:employerType": "employer_types",
    "cmh:hasBandAssignment": "band_assignments",
    "cmh:hasRequirement": "requirements",
    "cmh:hasPlacement": "placements",
    "cmh:hasRegulation": "regulation",
}


def field_of(prop: str) -> str:
    """The field that shows a property, given as a prefixed name: cmh:isPaid -> is_paid."""
    return FIELD_OF.get(prop) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", prop.partition(":")[2]).lower()


#: A value as Python has it: IRIs are Iri, so that they differ from text.
class Link(str):
    __slots__ = ()


_Cell = Any
Node = Mapping[str, tuple[_Cell, ...]]
_EMPTY: Final[Node] = {}


def kind_and_key(iri: str) -> tuple[str, Key]:
    """What an IRI is of: role/x a role, vocab/band/3 a band, vocab/band a vocab, ns#Role a class, else "outside".

    >>> kind_and_key("https://w3id.org/cmh-graph/vocab/band/8a")
    ('band', '8a')
    """
    key = Key(key_of(iri))
    if iri.startswith(PREFIXES["cmh"]):
        return "class", key
    if not iri.startswith(BASE):
        return "outside", key
    path = iri.removeprefix(BASE).split("/")
    return (path[1] if len(path) > 2 else "vocab") if path[0] == "vocab" else path[0], key


@cache
def short(iri: str) -> str:
    return compact(iri)


def cell_of(term: object) -> _Cell:
    if isinstance(term, NamedNode):
        return Link(term.value)
    if not isinstance(term, RdfLiteral):
        return text_of(term)  # type: ignore[arg-type]
    text, datatype = term.value, term.datatype.value.rpartition("#")[2]
    if datatype == "boolean":
        return text in ("true", "1")
    if datatype == "integer":
        return int(text)
    if datatype in ("decimal", "double"):
        return float(text)
    if datatype == "date":
        return datetime.date.fromisoformat(text[:10])
    return text


class Nodes:
    """The stated triples of a store by node; the derived graph is left out."""

    def __init__(self, store: Store) -> None:
        found: dict[str, dict[str, list[_Cell]]] = defaultdict(lambda: defaultdict(list))
        back: dict[tuple[str, str], list[str]] = defaultdict(list)
        followed = {
            "cmh:meansRole", "cmh:title", "cmh:ofSkill", "cmh:band", "cmh:byOrganisation", "cmh:usesStep",
            "cmh:hasStage", "cmh:fromScale", "cmh:toScale", "cmh:about", "owl:annotatedSource", "skos:inScheme",
        }  # fmt: skip
        for graph in store.graphs():
            if graph == GRAPH_DERIVED:
                continue
            for quad in store.quads(graph):
                if not isinstance(quad.subject, NamedNode):
                    continue
                subject, prop, value = quad.subject.value, short(quad.predicate.value), cell_of(quad.object)
                if value not in found[subject][prop]:
                    found[subject][prop].append(value)
                    if prop in followed and isinstance(value, Link):
                        back[prop, value].append(subject)
        self._nodes: Mapping[str, Node] = {
            iri: {prop: tuple(sorted(cells, key=str)) for prop, cells in node.items()}
            for iri, node in found.items()
        }
        self._back: Mapping[tuple[str, str], Sequence[str]] = {
            pair: sorted(subjects) for pair, subjects in back.items()
        }
        by_type: dict[str, list[str]] = defaultdict(list)
        for iri, node in self._nodes.items():
            for kind in node.get("rdf:type", ()):
                by_type[short(kind)].append(iri)
        self._by_type: Mapping[str, Sequence[str]] = by_type
        self._wider = {
            short(iri): {short(wider) for wider in node["rdfs:subClassOf"] if isinstance(wider, Link)}
            for iri, node in self._nodes.items()
            if "rdfs:subClassOf" in node
        }
        self._remarks: Mapping[str, Remark] = {}

    def pointing(self, prop: str, iri: str) -> Sequence[str]:
        """The nodes that point at a thing by one of the followed properties, in order."""
        return self._back.get((prop, iri), ())

    def of_type(self, kind: str) -> Sequence[str]:
        """The nodes of a class, given as a prefixed name."""
        return self._by_type.get(kind, ())

    def show_remarks(self, remarks: Mapping[Key, Remark]) -> None:
        """From now on every thing carries those of the remarks that are about it."""
        self._remarks = {remark.iri: remark for remark in remarks.values()}

    def cells(self, iri: str, prop: str) -> tuple[_Cell, ...]:
        return self._nodes.get(iri, _EMPTY).get(prop, ())

    def cell(self, iri: str, prop: str) -> _Cell | None:
        cells = self.cells(iri, prop)
        return cells[0] if cells else None

    def text(self, iri: str, prop: str) -> str | None:
        cell = self.cell(iri, prop)
        return None if cell is None else str(cell)

    def texts(self, iri: str, prop: str) -> tuple[str, ...]:
        return tuple(str(cell) for cell in self.cells(iri, prop))

    def key(self, iri: str, prop: str, kind: Callable[[str], _K]) -> _K | None:
        cell = self.cell(iri, prop)
        return None if cell is None else kind(key_of(str(cell)))

    def keys(self, iri: str, prop: str, kind: Callable[[str], _K]) -> tuple[_K, ...]:
        return tuple(sorted(kind(key_of(str(cell))) for cell in self.cells(iri, prop)))

    def label(self, iri: str) -> str:
        return self.text(iri, "skos:prefLabel") or key_of(iri)

    def ref(self, iri: str) -> Ref:
        """The link to a thing, with its label or, where it has none, its key."""
        kind, key = kind_and_key(iri)
        return Ref(kind, key, self.label(iri))

    def refs(self, iri: str, prop: str) -> tuple[Ref, ...]:
        links = (self.ref(str(cell)) for cell in self.cells(iri, prop) if isinstance(cell, Link))
        return tuple(sorted(links, key=lambda ref: (ref.label.casefold(), ref.key)))

    def link(self, iri: str, prop: str) -> Ref | None:
        cell = self.cell(iri, prop)
        return self.ref(str(cell)) if isinstance(cell, Link) else None

    def says(self, iri: str) -> Says:
        # A node with no status is shown as our own judgement, never as better than it is.
        status = self.key(iri, "cmh:status", Key) or "inferred"
        fields = {field_of(short(str(cell))) for cell in self.cells(iri, "cmh:inferredField")}
        sources = self.keys(iri, "dcterms:source", SourceKey)
        return Says(cast("Status", status), sources, tuple(sorted(fields)))

    def has_says(self, iri: str) -> bool:
        return bool(self.cells(iri, "cmh:status"))

    def thing(self, iri: str, embedded: Iterable[str] = ()) -> dict[str, Any]:
        """The fields every thing has. embedded: the nodes shown inside it, whose kinds may carry remarks."""
        return {
            "key": Key(key_of(iri)),
            "iri": Iri(iri),
            "label": self.label(iri),
            "definition": self.text(iri, "skos:definition"),
            "notes": self.texts(iri, "skos:note"),
            "says": self.says(iri) if self.has_says(iri) else None,
            "remarks": self._remarks_on(iri, embedded),
        }

    def statement(self, iri: str) -> dict[str, Any]:
        return {
            "key": Key(key_of(iri)),
            "iri": Iri(iri),
            "notes": self.texts(iri, "skos:note"),
            "says": self.says(iri),
        }

    def _remarks_on(self, iri: str, embedded: Iterable[str]) -> tuple[Remark, ...]:
        places = [iri, *(str(cell) for cell in self.cells(iri, "skos:inScheme") if isinstance(cell, Link))]
        kinds = {short(str(kind)) for node in (iri, *embedded) for kind in self.cells(node, "rdf:type")}
        waiting = list(kinds)
        while waiting:
            wider = self._wider.get(waiting.pop(), set()) - kinds
            kinds |= wider
            waiting += wider
        places += (PREFIXES["cmh"] + kind.partition(":")[2] for kind in kinds if kind.startswith("cmh:"))
        found = {remark for place in places for remark in self.pointing("cmh:about", place)}
        own = set(self.pointing("cmh:about", iri))
        order = sorted(found, key=lambda remark: (remark not in own, remark))
        return tuple(self._remarks[remark] for remark in order if remark in self._remarks)

    def things(
        self,
        kinds: str | tuple[str, ...],
        make: Callable[[str], _T],
        order: Callable[[_T], Any] | None = None,
    ) -> Mapping[Key, _T]:
        """The things of some classes by key; in their order, which is by label and key if none is given."""
        names = (kinds,) if isinstance(kinds, str) else kinds
        # Things of the ontology and of other bodies may share our classes; ours have our IRIs. What is retired stays in
        # the graph for those who hold its IRI, and is offered to nobody.
        iris = {
            iri
            for kind in names
            for iri in self.of_type(kind)
            if iri.startswith(BASE) and not self.cell(iri, "owl:deprecated")
        }
        made = sorted((make(iri) for iri in iris), key=order or (lambda one: (one.label.casefold(), one.key)))
        return MappingProxyType({thing.key: thing for thing in made})
