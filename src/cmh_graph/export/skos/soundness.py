"""Statements that break an integrity condition of SKOS (W3C SKOS Reference, 2009), so that a view can leave them out.

S13  no label of a concept is of two kinds
S14  one preferred label for each language
S27  what is related is not above or below
S46  an exact match is no broader, narrower or related match
Circles of broader are no integrity condition, but servers that draw trees cannot show them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from cmh_graph.namespaces import PREFIXES
from cmh_graph.store import Literal, Triple, text_of

_SKOS: Final = PREFIXES["skos"]
#: Kinds of labels, the strongest first: a text is kept as the strongest that it is given as.
_LABELS: Final = tuple(_SKOS + name for name in ("prefLabel", "altLabel", "hiddenLabel"))
_BROADER: Final = _SKOS + "broader"
_RELATED: Final = _SKOS + "related"
_EXACT: Final = _SKOS + "exactMatch"
_OTHER_MATCHES: Final = tuple(_SKOS + name for name in ("broadMatch", "narrowMatch", "relatedMatch"))


def unsound(triples: Iterable[Triple]) -> set[Triple]:
    """Those of the triples to leave out, so that the rest is sound: the later ones, in the order given."""
    known = list(triples)
    return {
        *_labels(known),
        *(circles := set(_circles(known))),
        *_related([triple for triple in known if triple not in circles]),
        *_matches(known),
    }


def _by(known: list[Triple], predicate: str) -> Iterator[Triple]:
    return (triple for triple in known if triple.predicate.value == predicate)


def _labels(known: list[Triple]) -> Iterator[Triple]:
    languages: set[tuple[str, str]] = set()
    texts: set[tuple[str, str]] = set()
    for predicate in _LABELS:
        for triple in _by(known, predicate):
            label = triple.object
            if not isinstance(label, Literal):
                yield triple
                continue
            subject, language = text_of(triple.subject), (label.language or "").lower()
            if (subject, str(label)) in texts or (
                predicate == _LABELS[0] and (subject, language) in languages
            ):
                yield triple
                continue
            texts.add((subject, str(label)))
            if predicate == _LABELS[0]:
                languages.add((subject, language))


def _circles(known: list[Triple]) -> Iterator[Triple]:
    above: dict[str, list[str]] = defaultdict(list)
    for triple in _by(known, _BROADER):
        lower, upper = text_of(triple.subject), text_of(triple.object)
        if lower in _reached(above, upper):
            yield triple
        else:
            above[lower].append(upper)


def _related(known: list[Triple]) -> Iterator[Triple]:
    above: dict[str, list[str]] = defaultdict(list)
    for triple in _by(known, _BROADER):
        above[text_of(triple.subject)].append(text_of(triple.object))
    for triple in _by(known, _RELATED):
        one, other = text_of(triple.subject), text_of(triple.object)
        if other in _reached(above, one) or one in _reached(above, other):
            yield triple


def _matches(known: list[Triple]) -> Iterator[Triple]:
    exact = {(text_of(triple.subject), text_of(triple.object)) for triple in _by(known, _EXACT)}
    exact |= {(other, one) for one, other in exact}
    for predicate in _OTHER_MATCHES:
        for triple in _by(known, predicate):
            if (text_of(triple.subject), text_of(triple.object)) in exact:
                yield triple


def _reached(above: dict[str, list[str]], start: str) -> set[str]:
    """What stands above a concept, itself included."""
    found, open_ = {start}, [start]
    while open_:
        for upper in above.get(open_.pop(), ()):
            if upper not in found:
                found.add(upper)
                open_.append(upper)
    return found
