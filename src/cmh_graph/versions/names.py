"""What things are called, for people who read a diff."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from cmh_graph.namespaces import BASE, CMH, KINDS, PREFIXES, compact, key_of
from cmh_graph.versions.content import QUESTION
from cmh_graph.versions.facts import Facts, iri_of, literal_of

_TYPE: Final = PREFIXES["rdf"] + "type"
_LABELS: Final = tuple(
    PREFIXES[prefix] + name
    for prefix, name in (
        ("skos", "prefLabel"), ("rdfs", "label"), ("sh", "name"), ("dcterms", "title"), ("schema", "name"),
        ("sssom", "subject_label"),
    )
)  # fmt: skip
#: Types that say what a thing is in a diff, before its IRI does.
_KIND_OF_TYPE: Final[Mapping[str, str]] = {
    **{
        PREFIXES[p] + n: "term"
        for p, n in (
            ("owl", "Class"), ("owl", "ObjectProperty"), ("owl", "DatatypeProperty"), ("owl", "AnnotationProperty"),
            ("rdfs", "Class"), ("rdf", "Property"), ("rdfs", "Datatype"),
        )
    },
    PREFIXES["sh"] + "NodeShape": "shape",
    PREFIXES["sh"] + "PropertyShape": "shape",
    PREFIXES["owl"] + "Ontology": "ontology",
    PREFIXES["sssom"] + "MappingSet": "mapping set",
    CMH + "Mapping": "mapping",
    PREFIXES["sssom"] + "Mapping": "mapping",
    CMH + "Release": "release",
}  # fmt: skip
_KIND_OF_PREFIX: Final = {
    "cmh": "term",
    "cmhsh": "shape",
    "vocab": "scheme",
    **{kind: kind for kind in KINDS},
}
_OTHERS: Final = ("vocab/", "graph/", "code/")


def kind_of(thing: str, facts: Sequence[Facts]) -> str:
    """What kind of thing an IRI is, by its type in the first of the facts that know it, else by its form."""
    if not thing or thing.startswith(("[", "(", "_:")):
        return "thing"
    if thing.startswith(QUESTION):
        return "question"
    types = next((found for one in facts if (found := one.iris(thing, _TYPE))), frozenset())
    for type_, kind in _KIND_OF_TYPE.items():
        if type_ in types:
            return kind
    prefix, colon, _ = compact(thing).partition(":")
    if colon and prefix in _KIND_OF_PREFIX:
        return _KIND_OF_PREFIX[prefix]
    if thing.startswith(BASE) and prefix in PREFIXES:
        return prefix
    ours = sorted(key_of(one) for one in types if one.startswith(CMH)) or sorted(key_of(one) for one in types)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", ours[0]).lower() if ours else "thing"


class Names:
    """Names of things in two versions, the later one asked first."""

    def __init__(self, facts: Sequence[Facts]) -> None:
        self._facts = facts
        self._owners: dict[str, str] | None = None

    def of(self, thing: str) -> str:
        """The label of a thing; of a statement without one, whose it is and what it says; else its key."""
        if label := self._label(thing):
            return label
        if thing.startswith(("[", "(", "_:")):
            return self.value(thing)
        said = [name for name in (self._owner(thing), *self._objects(thing)) if name]
        return ": ".join(dict.fromkeys(said[:3])) or key_of(thing)

    def value(self, text: str) -> str:
        """An object as people read it: name and prefixed IRI of a thing, the text of a literal."""
        iri = iri_of(text)
        if iri:
            label = self._label(iri)
            return f"{label} ({compact(iri)})" if label else compact(iri)
        if text.startswith('"'):
            return literal_of(text)[0]
        return re.sub(r"<([^<>\s]+)>", lambda found: compact(found[1]), text)

    def _label(self, thing: str) -> str:
        for facts in self._facts:
            for predicate in _LABELS:
                said = [literal_of(text) for text in facts.values(thing, predicate)]
                if said:
                    return min(said, key=lambda one: (not one[1].startswith("en"), one[1], one[0]))[0]
        return ""

    def _owner(self, thing: str) -> str:
        if self._owners is None:
            found: dict[str, set[str]] = defaultdict(set)
            for facts in self._facts:
                for one in facts.statements:
                    target = iri_of(one.object)
                    if target.startswith(BASE) and not target.startswith((CMH, PREFIXES["cmhsh"])):
                        found[target].add(one.subject)
            # A thing that many point to belongs to none of them.
            self._owners = {target: next(iter(s)) for target, s in found.items() if len(s) == 1}
        owner = self._owners.get(thing, "")
        return self._label(owner)

    def _objects(self, thing: str) -> list[str]:
        found = []
        for facts in self._facts:
            for predicate, objects in sorted(facts.about.get(thing, {}).items()):
                if predicate == _TYPE:
                    continue
                for iri in sorted(filter(None, map(iri_of, objects))):
                    rest = iri.removeprefix(BASE)
                    if rest != iri and not rest.startswith((*_OTHERS, "source/", "ns#")):
                        found.append(self._label(iri))
            if found:
                break
        return list(dict.fromkeys(filter(None, found)))
