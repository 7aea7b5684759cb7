"""Which stated triples belong to a thing: its own, those of the statements it is made of, and of some that point to it.

A role comes with its requirements, bands, placements, regulation, title meanings and remarks; a skill with its levels
and "I" statements; a pathway with its steps; a vocabulary with its concepts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cmh_graph.model import Iri
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.store import NamedNode, Triple

#: Statement nodes that belong to a thing: links followed forwards, and links that point at the thing.
_PARTS: Final = (
    "hasRequirement", "anyOf", "hasBandAssignment", "hasRegulation", "hasPlacement", "hasStage", "usesStep",
    "hasRung", "hasFigure", "hasIStatement", "hasVacancyLink",
)  # fmt: skip
POINTERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        PREFIXES["cmh"] + "meansRole": ("title-meaning",),
        PREFIXES["cmh"] + "title": ("title-meaning",),
        PREFIXES["cmh"] + "ofSkill": ("skill-level",),
        PREFIXES["cmh"] + "band": ("pay-points",),
        PREFIXES["cmh"] + "fromScale": ("read-across",),
        PREFIXES["cmh"] + "toScale": ("read-across",),
        PREFIXES["cmh"] + "byOrganisation": ("framework-use", "case-study"),
        PREFIXES["cmh"] + "about": ("remark",),
        PREFIXES["skos"] + "inScheme": ("vocab",),
        PREFIXES["owl"] + "annotatedSource": ("mapping",),
    }
)


def describe(
    iri: Iri,
    described: Mapping[str, tuple[Triple, ...]],
    pointing: Mapping[tuple[str, str], tuple[str, ...]],
) -> list[Triple]:
    """The triples that belong to a thing, each once; sorted, its own first.

    described: IRI -> the triples stated of it. pointing: property and IRI -> the IRIs that point to it."""
    wanted = {iri: None}
    for prop, kinds in POINTERS.items():
        for subject in pointing.get((prop, iri), ()):
            if subject.removeprefix(BASE).split("/")[0] in kinds:
                wanted.setdefault(Iri(subject))
    parts = {PREFIXES["cmh"] + name for name in _PARTS}
    triples: dict[Triple, None] = {}
    waiting = list(wanted)
    while waiting:
        for triple in described.get(waiting.pop(), ()):
            triples.setdefault(triple)
            if triple.predicate.value in parts and isinstance(triple.object, NamedNode):
                part = Iri(triple.object.value)
                if part not in wanted:
                    wanted.setdefault(part)
                    waiting.append(part)
    return sorted(triples, key=lambda triple: (_subject_order(triple, iri), str(triple)))


def _subject_order(triple: Triple, first: str) -> tuple[bool, str]:
    subject = triple.subject.value if isinstance(triple.subject, NamedNode) else str(triple.subject)
    return (subject != first, subject)
