"""What rules ask of one version: what is retired, what is a kind of what, what excludes what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from itertools import combinations
from typing import Final

from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.versions.facts import Facts, iri_of, literal_of

_OWL, _RDF, _RDFS, _XSD = (PREFIXES[p] for p in ("owl", "rdf", "rdfs", "xsd"))
TYPE: Final = _RDF + "type"
DEPRECATED: Final = _OWL + "deprecated"
REPLACED_BY: Final = PREFIXES["dcterms"] + "isReplacedBy"
RETIRED_ON: Final = CMH + "retiredOn"
CHANGE_NOTE: Final = PREFIXES["skos"] + "changeNote"
WIDER: Final = (_RDFS + "subClassOf", _RDFS + "subPropertyOf")
#: Datatypes of XML Schema by what they restrict, as far as ours go.
_DATATYPES: Final[Mapping[str, str]] = {
    _XSD + narrow: _XSD + wide
    for narrow, wide in (
        ("integer", "decimal"), ("nonNegativeInteger", "integer"), ("positiveInteger", "nonNegativeInteger"),
        ("nonPositiveInteger", "integer"), ("negativeInteger", "nonPositiveInteger"), ("long", "integer"),
        ("int", "long"), ("short", "int"), ("normalizedString", "string"), ("token", "normalizedString"),
        ("dateTimeStamp", "dateTime"),
    )
}  # fmt: skip
_TOPS: Final = (_OWL + "Thing", _RDFS + "Resource", _RDFS + "Literal")


def is_true(text: str) -> bool:
    """Whether the text of an object is the boolean true."""
    return literal_of(text)[0] in ("true", "1")


class View:
    """The facts of one part of one version."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def has(self, thing: str) -> bool:
        """Whether anything is stated of a thing."""
        return thing in self.facts.about

    def is_retired(self, thing: str) -> bool:
        """Whether a thing is deprecated."""
        return any(is_true(text) for text in self.facts.values(thing, DEPRECATED))

    def replacements(self, thing: str) -> frozenset[str]:
        """Those that take a retired thing's place: by dcterms:isReplacedBy, as far as it leads to what is in use.

        Empty if there are none, or they lead in a circle."""
        found, seen, ahead = set(), {thing}, [thing]
        while ahead:
            for target in self.facts.iris(ahead.pop(), REPLACED_BY):
                if target in seen:
                    continue
                seen.add(target)
                if self.is_retired(target):
                    ahead.append(target)
                else:
                    found.add(target)
        return frozenset(found)

    @cached_property
    def _wider(self) -> Mapping[str, frozenset[str]]:
        return {
            thing: frozenset().union(*(self.facts.iris(thing, p) for p in WIDER if p in said))
            for thing, said in self.facts.about.items()
            if any(p in said for p in WIDER)
        }

    def is_a(self, narrow: str, wide: str) -> bool:
        """Whether one class, property or datatype is the same as another or lies below it."""
        if narrow == wide or wide in _TOPS:
            return True
        seen, ahead = {narrow}, [narrow]
        while ahead:
            one = ahead.pop()
            above = set(self._wider.get(one, ()))
            if one in _DATATYPES:
                above.add(_DATATYPES[one])
            if wide in above:
                return True
            ahead += above - seen
            seen |= above
        return False

    def has_type(self, thing: str, wide: str) -> bool:
        """Whether a thing is of a class, by one of its stated types."""
        return any(self.is_a(type_, wide) for type_ in self.facts.iris(thing, TYPE))

    def classes_in(self, text: str) -> frozenset[str]:
        """The classes that an expression allows: one class, or the union of several; empty if it is neither."""
        if iri := iri_of(text):
            return frozenset({iri})
        for predicate, value in self.facts.pairs.get(text, ()):
            if predicate == _OWL + "unionOf":
                members = [iri_of(one) for one in self.facts.members.get(value, ())]
                return frozenset(members) if all(members) else frozenset()
        return frozenset()

    @cached_property
    def disjoint(self) -> frozenset[frozenset[str]]:
        """The pairs of classes or of properties that are stated to share no member."""
        pairs: set[frozenset[str]] = set()
        for predicate in ("disjointWith", "propertyDisjointWith", "complementOf"):
            for thing, said in self.facts.about.items():
                for text in said.get(_OWL + predicate, ()):
                    pairs.add(frozenset({thing, iri_of(text) or text}))
        for text in self.facts.about:
            if text.startswith("["):
                pairs |= self.disjoint_in(text)
        return frozenset(pairs)

    def disjoint_in(self, text: str) -> set[frozenset[str]]:
        """The pairs that a written-out owl:AllDisjointClasses or owl:AllDisjointProperties states."""
        said: dict[str, list[str]] = defaultdict(list)
        for predicate, value in self.facts.pairs.get(text, ()):
            said[predicate].append(value)
        kinds = {iri_of(value) for value in said[TYPE]}
        if not kinds & {_OWL + "AllDisjointClasses", _OWL + "AllDisjointProperties"}:
            return set()
        return {
            frozenset({iri_of(a) or a, iri_of(b) or b})
            for value in said[_OWL + "members"]
            for a, b in combinations(self.facts.members.get(value, ()), 2)
        }
