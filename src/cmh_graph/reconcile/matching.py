"""A query -> candidates with a score, readable features and the reason.

Roles are found by the alignment engine, all else by the search index. A candidate is a match, which clients take
without asking anyone, only where the engine accepts it: or, for other things, where one thing has just that name.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process

from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.errors import QueryTooLong
from cmh_graph.framework import Framework
from cmh_graph.model import Key, Role, Thing
from cmh_graph.reconcile.candidates import Candidate, Feature, Result, fits, readable
from cmh_graph.reconcile.entities import TYPES, WITHOUT_A_TYPE, EntityType, find_type, id_of, look_up, type_of
from cmh_graph.reconcile.properties import PROPERTY, values_of
from cmh_graph.reconcile.queries import LONGEST_TEXT, Query, Wanted
from cmh_graph.search import LONGEST, words_of

if TYPE_CHECKING:
    from cmh_graph.align.titles.aligner import Aligner, Alignment, Post

#: Seconds after which a batch is given up.
MOST_SECONDS: Final = 20.0
#: Titles that go to the engine together; between blocks the time is looked at.
_BLOCK: Final = 25
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


@dataclass(frozen=True, slots=True)
class _Opened:
    """A query with what can be said of it before anything is searched.

    named: the thing whose identifier it is. for_engine: whether the alignment engine is asked."""

    query: Query
    types: tuple[EntityType, ...]
    wanted: tuple[_Asked, ...]
    named: list[_Found]
    has_words: bool
    for_engine: bool
    notes: list[str]


class Reconciler:
    """Answers queries over one framework. May be used by several threads at once."""

    def __init__(self, framework: Framework) -> None:
        self.framework = framework

    @cached_property
    def aligner(self) -> Aligner:
        """The alignment engine over the framework's role names, made when first needed."""
        # It brings numbers and tables with it, which the service can do without until the first batch.
        from cmh_graph.align.titles.aligner import Aligner

        return Aligner(framework_labels(self.framework.store), top=_MOST_ROLES)

    @cached_property
    def _roles_by_name(self) -> dict[str, Role]:
        return {" ".join(words_of(role.label)): role for role in self.framework.roles.values()}

    def answer_all(self, queries: Iterable[Query], *, seconds: float = MOST_SECONDS) -> list[Result]:
        """A result for each query, in order. Raises QueryTooLong when they take longer together than seconds.

        Titles go to the alignment engine several at a time, which is many times faster than one by one."""
        until = time.monotonic() + seconds
        opened = [self._opened(query) for query in queries]
        aligned = self._aligned([one for one in opened if one.for_engine])
        results = []
        for one in opened:
            if time.monotonic() > until:
                raise QueryTooLong(
                    f"the batch took longer than {seconds:g} seconds", mend="send fewer queries at a time"
                )
            results.append(self._answer(one, next(aligned) if one.for_engine else None))
        return results

    def answer(self, query: Query) -> Result:
        """The candidates of one query. What cannot be used is set aside and noted, for cells hold anything."""
        return self.answer_all([query])[0]

    def _opened(self, query: Query) -> _Opened:
        notes = list(query.notes)
        types = self._types(query, notes)
        named = list(self._named(query, types))
        has_words = bool(words_of(query.text[:LONGEST]))
        for_engine = has_words and not named and any(type_.kind == "role" for type_ in types)
        return _Opened(query, types, tuple(self._known(query, notes)), named, has_words, for_engine, notes)

    def _aligned(self, opened: Sequence[_Opened]) -> Iterator[Alignment]:
        """The engine's answers to the queries, in order, worked out in blocks so that time can be looked at."""
        for start in range(0, len(opened), _BLOCK):
            yield from self.aligner.align_all(self._post(one.query) for one in opened[start : start + _BLOCK])

    def _post(self, query: Query) -> Post:
        from cmh_graph.align.titles.aligner import Post

        return Post(
            query.text,
            band=" / ".join(self._bands(query)),
            employer_type=" ".join(text for _, text in query.values("employer_type", "employer")),
            description=" ".join(text for _, text in query.values("description")),
        )

    def _answer(self, opened: _Opened, alignment: Alignment | None) -> Result:
        query, notes = opened.query, opened.notes
        found: dict[str, _Found] = {}
        for one in self._searched(opened, alignment):
            found.setdefault(one.candidate.id, one)
        weighed = [one for each in found.values() for one in self._weighed(each, opened.wanted)]
        order = {each.id: place for place, each in enumerate(TYPES)}
        weighed.sort(key=lambda one: (-one.score, order[one.type.id]))
        if sum(one.match for one in weighed) > 1:
            weighed = [replace(one, match=False) for one in weighed]
            notes.append("several things fit as well, so a person must choose")
        if not weighed and not notes:
            notes.append("nothing is named so")
        return Result(tuple(weighed[: query.limit]), tuple(notes))

    def _searched(self, opened: _Opened, alignment: Alignment | None) -> Iterable[_Found]:
        query, notes = opened.query, opened.notes
        if opened.named:
            # An identifier leaves nothing to be guessed.
            return opened.named
        if opened.has_words:
            several = (
                self._roles(query, alignment, notes)
                if type_.kind == "role" and alignment
                else self._others(query, type_)
                for type_ in opened.types
            )
            return [one for each in several for one in each]
        if query.text or query.unusable:
            notes.append(query.unusable or "the text holds no letter or digit, so nothing is like it")
            return ()
        return () if query.id else self._with_properties(opened.types, opened.wanted)

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

    def _roles(self, query: Query, alignment: Alignment, notes: list[str]) -> Iterator[_Found]:
        bands = self._bands(query)
        employers = self._employer_types(query)
        if alignment.zone == "none" and query.types:
            notes.append(f"no role: {alignment.why}")
        given: set[Key] = set()
        for one in alignment.candidates:
            score = 100 * one.confidence
            role = self.framework.roles.get(Key(one.role))
            if role is None or score < _LEAST_SCORE:
                continue
            given.add(role.key)
            features = [("confidence", round(one.confidence, 4)), *readable(one.scored.features)]
            features += fits(role, bands, employers)
            sure = alignment.zone == "accept" and one.rank == 1
            yield self._found(role, score, sure, one.why, features)
        # A name of the framework's own always leads to its role, even to a grouping that is no job.
        named = self._roles_by_name.get(" ".join(words_of(query.text)))
        if named is not None and named.key not in given:
            why = "the name of this role, which the engine does not propose for a job title"
            yield self._found(named, 50.0, False, why, [("same_name", True), *fits(named, bands, employers)])

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
