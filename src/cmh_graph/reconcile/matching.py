"""A query -> candidates with a score, readable features and the reason.

Roles are found by the alignment engine, all else by the search index. A candidate is a match, which clients take
without asking anyone, only where the engine accepts it: or, for other things, where one thing has just that name.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, TypeAlias

from rapidfuzz import fuzz, process

from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.align.titles.aligner import Aligner
from cmh_graph.errors import QueryTooLong
from cmh_graph.framework import Framework
from cmh_graph.model import Key, Role, Thing
from cmh_graph.reconcile.entities import TYPES, WITHOUT_A_TYPE, EntityType, find_type, id_of, look_up, type_of
from cmh_graph.reconcile.extend import PROPERTY, values_of
from cmh_graph.reconcile.queries import LONGEST_TEXT, Query, Wanted
from cmh_graph.search import LONGEST, words_of

#: Seconds after which a batch is given up.
MOST_SECONDS: Final = 20.0
#: Of the engine's candidates, those below this score are noise.
_LEAST_SCORE: Final = 1.0
_MOST_ROLES: Final = 10
#: A candidate that lacks a property which was asked for keeps this share of its score.
_LACKING: Final = 0.75
#: What a name that only resembles the query can score at most, and the least likeness that counts.
_ALIKE_AT_MOST: Final = 60.0
_ALIKE: Final = 75.0
#: Properties of a query that the engine itself weighs for roles.
_WEIGHED: Final = ("band", "employer_type", "employer", "description")
#: Words that say nothing in "excellent communication skills".
_HOLLOW: Final = frozenset(
    words_of(
        "excellent, good, strong, sound, proven, effective, demonstrable ability to, able to, skill, skills in the, "
        "understanding of, knowledge of, experience of a, an"
    )
)
#: What a feature's identifier means, where its words alone do not tell.
_FEATURE_NAMES: Final = {
    "confidence": "How sure the engine is, 0 to 1",
    "label_covered": "Share of the role name's words found in the title",
    "title_covered": "Share of the title's own words found in the role name",
    "head": "Likeness of the head nouns",
    "exact": "The same words",
    "keyword_missing": "The role name's most telling word is not in the title",
    "no_target": "A role that is only for review",
    "level_clash": "One needs registration and the other does not",
    "doubt": "What is lost for an unlikely reading",
    "unexplained_cost": "Weight of the title's words without a match",
    "meaning": "Likeness of meaning",
    "meaning_lead": "Lead in likeness of meaning over every other role",
    "in_field": "How much the title is like those of our field",
    "weak": "A post of any trade, and nothing says that it is in care",
    "band_distance": "Steps between the nearest pay bands",
    "band_fits": "A given band is one of the role's",
    "employer_type_fits": "The given employer type has the role",
    "name_likeness": "Likeness of the query and the matched name, 0 to 1",
    "same_name": "The query is a name of it",
    "same_identifier": "The query is its identifier",
}

Feature: TypeAlias = tuple[str, bool | float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A thing that a query may mean. score: 0 to 100. why: the reason in words."""

    id: str
    name: str
    type: EntityType
    score: float
    match: bool
    why: str
    description: str = ""
    features: tuple[Feature, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As replies write it, in 0.2 and in 1.0-draft alike; why and the features' names are additions to 0.2."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "type": [self.type.as_json()],
            "score": round(self.score, 2),
            "match": self.match,
            "features": [
                {"id": name, "name": feature_name(name), "value": value} for name, value in self.features
            ],
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """Candidates, best first, and notes: what was set aside, or why there are none."""

    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...] = ()


def feature_name(feature: str) -> str:
    """A feature's identifier in words."""
    if feature.startswith("has_"):
        return f"Has the asked {feature.removeprefix('has_').replace('_', ' ')}"
    return _FEATURE_NAMES.get(feature, feature.replace("_", " ").capitalize())


@dataclass(frozen=True, slots=True)
class _Asked:
    """A property that was asked for, its values ready to be compared."""

    pid: str
    forms: frozenset[str]
    required: bool


@dataclass(slots=True)
class _Found:
    """A candidate and the thing it is, while properties are still to be weighed."""

    thing: Thing
    candidate: Candidate
    features: list[Feature] = field(default_factory=list)


class Reconciler:
    """Answers queries over one framework. May be used by several threads at once."""

    def __init__(self, framework: Framework) -> None:
        self.framework = framework

    @cached_property
    def aligner(self) -> Aligner:
        """The alignment engine over the framework's role names, made when first needed."""
        return Aligner(framework_labels(self.framework.store), top=_MOST_ROLES)

    @cached_property
    def _roles_by_name(self) -> dict[str, Role]:
        return {" ".join(words_of(role.label)): role for role in self.framework.roles.values()}

    def answer_all(self, queries: Iterable[Query], *, seconds: float = MOST_SECONDS) -> list[Result]:
        """A result for each query, in order. Raises QueryTooLong when they take longer together than seconds."""
        until = time.monotonic() + seconds
        results = []
        for query in queries:
            if time.monotonic() > until:
                raise QueryTooLong(
                    f"the batch took longer than {seconds:g} seconds", mend="send fewer queries at a time"
                )
            results.append(self.answer(query))
        return results

    def answer(self, query: Query) -> Result:
        """The candidates of one query. What cannot be used is set aside and noted, for cells hold anything."""
        notes: list[str] = []
        types = self._types(query, notes)
        wanted = tuple(self._known(query, notes))
        found: dict[str, _Found] = {}
        for one in self._searched(query, types, wanted, notes):
            found.setdefault(one.candidate.id, one)
        weighed = [one for each in found.values() for one in self._weighed(each, wanted)]
        order = {each.id: place for place, each in enumerate(TYPES)}
        weighed.sort(key=lambda one: (-one.score, order[one.type.id]))
        if sum(one.match for one in weighed) > 1:
            weighed = [replace(one, match=False) for one in weighed]
            notes.append("several things fit as well, so a person must choose")
        if not weighed and not notes:
            notes.append("nothing is named so")
        return Result(tuple(weighed[: query.limit]), tuple(notes))

    def _searched(
        self, query: Query, types: Sequence[EntityType], wanted: Sequence[_Asked], notes: list[str]
    ) -> Iterable[_Found]:
        named = list(self._named(query, types))
        if named:
            # An identifier leaves nothing to be guessed.
            return named
        if words_of(query.text[:LONGEST]):
            several = (
                self._roles(query, notes) if type_.kind == "role" else self._others(query, type_)
                for type_ in types
            )
            return [one for each in several for one in each]
        if query.text or not (query.id or query.properties):
            notes.append("the text holds no letter or digit, so nothing is like it")
            return ()
        return () if query.id else self._with_properties(types, wanted)

    def _types(self, query: Query, notes: list[str]) -> tuple[EntityType, ...]:
        """The types to look through. A thing has one type, so all of two types is nothing."""
        if not query.types:
            return WITHOUT_A_TYPE
        found = {given: find_type(given) for given in query.types}
        for given, type_ in found.items():
            if type_ is None:
                known = ", ".join(each.id for each in TYPES)
                notes.append(f"there is no type {given[:50]!r}: types are {known}")
        known_types = tuple(dict.fromkeys(type_ for type_ in found.values() if type_))
        if query.type_strict == "all" and (len(known_types) > 1 or None in found.values()):
            notes.append("nothing is of all these types at once")
            return ()
        return known_types

    def _known(self, query: Query, notes: list[str]) -> Iterator[_Asked]:
        for each in query.properties:
            if each.pid in PROPERTY or each.pid in _WEIGHED:
                yield _Asked(each.pid, frozenset(_forms(each)), each.required)
            else:
                notes.append(f"there is no property {each.pid[:50]!r}, so it was set aside")

    def _named(self, query: Query, types: Sequence[EntityType]) -> Iterator[_Found]:
        """The thing whose identifier the query is."""
        for given in (query.id, query.text):
            thing = look_up(self.framework, given) if given else None
            if thing is not None and type_of(thing) in (types if query.types else TYPES):
                yield self._found(thing, 100.0, True, "named by its identifier", [("same_identifier", True)])

    def _found(
        self, thing: Thing, score: float, match: bool, why: str, features: Iterable[Feature]
    ) -> _Found:
        type_ = type_of(thing)
        name = id_of(type_.kind, thing.key)
        candidate = Candidate(name, thing.label, type_, score, match, why, thing.definition or "")
        return _Found(thing, candidate, list(features))

    def _roles(self, query: Query, notes: list[str]) -> Iterator[_Found]:
        bands = self._bands(query)
        employers = self._employer_types(query)
        alignment = self.aligner.align(
            query.text,
            band=" / ".join(bands),
            employer_type=" ".join(text for _, text in query.values("employer_type", "employer")),
            description=" ".join(text for _, text in query.values("description")),
        )
        if alignment.zone == "none" and query.types:
            notes.append(f"no role: {alignment.why}")
        given: set[Key] = set()
        for one in alignment.candidates:
            score = 100 * one.confidence
            role = self.framework.roles.get(Key(one.role))
            if role is None or score < _LEAST_SCORE:
                continue
            given.add(role.key)
            features = [("confidence", round(one.confidence, 4)), *_readable(one.scored.features)]
            features += _fits(role, bands, employers)
            sure = alignment.zone == "accept" and one.rank == 1
            yield self._found(role, score, sure, one.why, features)
        # A name of the framework's own always leads to its role, even to a grouping that is no job.
        named = self._roles_by_name.get(" ".join(words_of(query.text)))
        if named is not None and named.key not in given:
            why = "the name of this role, which the engine does not propose for a job title"
            yield self._found(named, 50.0, False, why, [("same_name", True), *_fits(named, bands, employers)])

    def _bands(self, query: Query) -> list[str]:
        """Bands as people write them; of a reconciled band its key, for its name may be anything."""
        found = []
        for key, text in query.values("band"):
            last = key.rsplit("/", 1)[-1]
            found.append(last if last in self.framework.bands else text)
        return found

    def _employer_types(self, query: Query) -> frozenset[str]:
        """Keys of the employer types that the values mean; what is none of them still goes to the engine."""
        found = set()
        for key, text in query.values("employer_type"):
            forms = (key.casefold(), key.rsplit("/", 1)[-1].casefold(), " ".join(words_of(text)))
            found |= {self._employer_type_names[form] for form in forms if form in self._employer_type_names}
        return frozenset(found)

    @cached_property
    def _employer_type_names(self) -> dict[str, str]:
        """Key or label, as it is compared -> key."""
        vocabulary = self.framework.vocabularies.get(Key("employer-type"))
        concepts = vocabulary.concepts if vocabulary else ()
        labels = {" ".join(words_of(concept.label)): str(concept.key) for concept in concepts}
        return labels | {str(concept.key): str(concept.key) for concept in concepts}

    def _others(self, query: Query, type_: EntityType) -> Iterator[_Found]:
        """Things of a type by their names: as the search index finds them, else by likeness alone."""
        text = query.text[:LONGEST]
        hits = self.framework.search(text, kinds=(type_.kind,), limit=query.limit + 5)
        told = " ".join(word for word in words_of(text) if word not in _HOLLOW)
        if not hits and told:
            hits = self.framework.search(told, kinds=(type_.kind,), limit=query.limit + 5)
        exact = [hit for hit in hits if hit.why == "exact" and hit.field != "key"]
        for hit in hits:
            likeness = fuzz.token_sort_ratio(" ".join(words_of(text)), " ".join(words_of(hit.matched))) / 100
            same = hit in exact
            score = 100 * (hit.score + likeness) / 2
            why = f"{'named' if same else 'like'} {hit.matched[:200]!r} ({hit.field}, {hit.why})"
            features: list[Feature] = [("name_likeness", round(likeness, 4)), ("same_name", same)]
            thing = self.framework.find(type_.kind, hit.key)
            # A query that only has the same words once its hollow ones are gone is not the same name.
            yield self._found(thing, score, same and len(exact) == 1 and likeness == 1.0, why, features)
        if not hits:
            yield from self._alike(told or text, type_)

    def _alike(self, text: str, type_: EntityType) -> Iterator[_Found]:
        names = {
            thing.key: " ".join(words_of(thing.label)) for thing in self.framework.things(type_.kind).values()
        }
        asked = " ".join(words_of(text))
        best = process.extract(asked, names, scorer=fuzz.token_set_ratio, score_cutoff=_ALIKE, limit=10)
        for _, likeness, key in best:
            closeness = fuzz.token_sort_ratio(asked, names[key]) / 100
            thing = self.framework.find(type_.kind, key)
            features: list[Feature] = [("name_likeness", round(closeness, 4)), ("same_name", False)]
            score = min(_ALIKE_AT_MOST, likeness * closeness)
            yield self._found(thing, score, False, f"shares words with {thing.label!r}", features)

    def _with_properties(self, types: Sequence[EntityType], wanted: Sequence[_Asked]) -> Iterator[_Found]:
        """Without a text: the things that have a property which was asked for."""
        for type_ in types:
            for thing in self.framework.things(type_.kind).values():
                held = [self._has(thing, each) for each in wanted]
                if any(held):
                    share = sum(map(bool, held)) / len(held)
                    yield self._found(thing, 100 * share, False, "has the properties asked for", ())

    def _weighed(self, found: _Found, wanted: Sequence[_Asked]) -> Iterator[Candidate]:
        """The candidate with a feature for each property; less sure for each it lacks, none if that is required."""
        candidate, features = found.candidate, found.features
        said = {name for name, _ in features}
        for each in wanted:
            weighed = each.pid in _WEIGHED and isinstance(found.thing, Role) and "confidence" in said
            if weighed and not each.required:
                continue
            has = self._has(found.thing, each)
            if has is None:
                continue
            if not has and each.required:
                return
            if not weighed:
                features.append((f"has_{each.pid}", has))
                if not has:
                    candidate = replace(candidate, score=candidate.score * _LACKING, match=False)
        yield replace(candidate, features=tuple(features))

    def _has(self, thing: Thing, wanted: _Asked) -> bool | None:
        """Whether a thing has one of the values; None if its type has no such property."""
        if wanted.pid not in PROPERTY or type_of(thing).id not in PROPERTY[wanted.pid].types:
            return None
        held = {
            form
            for value in values_of(self.framework, thing, wanted.pid)
            for form in (" ".join(words_of(str(value.name))), value.key.casefold())
        }
        return bool(held & wanted.forms)


def _forms(wanted: Wanted) -> Iterator[str]:
    """The values as they are compared with what things hold: as words, as keys, as the end of an identifier."""
    for key, text in wanted.values:
        if len(text) <= LONGEST_TEXT:
            yield " ".join(words_of(text))
        yield key.casefold()
        yield key.rsplit("/", 1)[-1].casefold()


def _readable(features: object) -> Iterator[Feature]:
    """The numbers and truths among an engine's features, under its own names: whatever it weighs is shown."""
    if not dataclasses.is_dataclass(features):
        return
    for each in dataclasses.fields(features):
        value = getattr(features, each.name)
        if isinstance(value, bool | int):
            yield each.name, value
        elif isinstance(value, float) and abs(value) < 1e9:
            yield each.name, round(value, 4)


def _fits(role: Role, bands: Sequence[str], employers: frozenset[str]) -> Iterator[Feature]:
    named = {band for text in bands for band in re.findall(r"\b(?:8[a-d]|[1-79])\b", text.lower())}
    if named and role.bands:
        yield "band_fits", bool(named & set(role.bands))
    if employers and role.employer_types:
        yield "employer_type_fits", bool(employers & set(role.employer_types))
