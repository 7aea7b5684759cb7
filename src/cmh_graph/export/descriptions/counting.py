"""What VoID counts, in one pass over some statements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.store import Triple

#: Subject, predicate and object as N-Triples has them; terms of the store take ten times as long to compare.
Row: TypeAlias = tuple[str, str, str]
_TYPE: Final = f"<{PREFIXES['rdf']}type>"


@dataclass(frozen=True, slots=True)
class Partition:
    """Statements about things of one class, or with one property. entities: things of the class; 0 for a property."""

    triples: int
    entities: int
    subjects: int
    objects: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What some triples hold.

    entities: subjects whose IRI is ours. subjects, objects: distinct, blank nodes and literals included. classes,
    properties: IRI -> partition, empty if not asked for. vocabularies: namespaces of classes and properties."""

    triples: int
    entities: int
    subjects: int
    objects: int
    classes_used: int
    properties_used: int
    classes: Mapping[str, Partition] = field(default_factory=dict)
    properties: Mapping[str, Partition] = field(default_factory=dict)
    vocabularies: tuple[str, ...] = ()


def row_of(triple: Triple) -> Row:
    """A triple as it is counted."""
    return str(triple.subject), str(triple.predicate), str(triple.object)


def count(rows: Set[Row], *, partitions: bool = False) -> Counts:
    """Count distinct triples. One about a thing of two classes counts in both partitions."""
    kinds: dict[str, list[str]] = defaultdict(list)
    subjects, properties = {row[0] for row in rows}, {row[1] for row in rows}
    for subject, predicate, kind in rows:
        if predicate == _TYPE and kind.startswith("<"):
            kinds[subject].append(kind)
    members = Counter(kind for found in kinds.values() for kind in found)
    classes = _by_class(rows, kinds, members) if partitions else {}
    return Counts(
        len(rows),
        sum(one.startswith(f"<{BASE}") for one in subjects),
        len(subjects),
        len({row[2] for row in rows}),
        len(members),
        len(properties),
        classes,
        _by_property(rows) if partitions else {},
        tuple(sorted({namespace_of(one[1:-1]) for one in (*members, *properties)})),
    )


def _by_class(
    rows: Iterable[Row], kinds: Mapping[str, list[str]], members: Mapping[str, int]
) -> dict[str, Partition]:
    triples: Counter[str] = Counter()
    objects: dict[str, set[str]] = {kind: set() for kind in members}
    for subject, _, object in rows:
        for kind in kinds.get(subject, ()):
            triples[kind] += 1
            objects[kind].add(object)
    return {
        kind[1:-1]: Partition(triples[kind], members[kind], members[kind], len(objects[kind]))
        for kind in sorted(members)
    }


def _by_property(rows: Iterable[Row]) -> dict[str, Partition]:
    triples: Counter[str] = Counter()
    subjects: dict[str, set[str]] = defaultdict(set)
    objects: dict[str, set[str]] = defaultdict(set)
    for subject, predicate, object in rows:
        triples[predicate] += 1
        subjects[predicate].add(subject)
        objects[predicate].add(object)
    return {
        one[1:-1]: Partition(triples[one], 0, len(subjects[one]), len(objects[one]))
        for one in sorted(triples)
    }


def namespace_of(iri: str) -> str:
    """An IRI up to its last "#" or "/"."""
    return iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]
