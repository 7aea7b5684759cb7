"""The graph from Python: typed things, questions, SPARQL and search over one built snapshot.

>>> import cmh_graph
>>> fw = cmh_graph.open()
>>> fw.role("peer-support-worker").bands
('3', '4')
>>> [need.asks_for.key for need in fw.requirements("hcsw") if need.kind == "none-required"]
['none', 'none']
>>> [(step.step_kind, step.to_position.key) for step in fw.steps_from("peer-mentor")]
[('volunteer-to-paid', 'peer-support-worker')]
>>> fw.role("hcsv")
Traceback (most recent call last):
    ...
cmh_graph.errors.UnknownThing: no role has the key hcsv
  where: hcsv
  mend:  did you mean hcsw? All keys are in roles
>>> fw.search("act lis")[0].key
'active-listening'
>>> answer = fw.ask("requirements_of_a_role", role="hcsw")
>>> "Compassion" in [row.asked_name for row in answer if row.kind == "value"]
True
>>> rows = fw.sparql("SELECT (COUNT(*) AS ?n) { ?band a cmh:PayBand }")
>>> rows[0].n
12
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from cmh_graph.errors import BadParameter, NotInThisStore, RetiredThing, SourceError, UnknownThing
from cmh_graph.kinds import ATTRIBUTE_OF, SEARCHED
from cmh_graph.model import (
    Band,
    Evidence,
    Experience,
    Iri,
    Key,
    Organisation,
    Pathway,
    Qualification,
    Ref,
    Register,
    Remark,
    Requirement,
    Resource,
    Role,
    Route,
    Skill,
    Source,
    Step,
    Thing,
    Title,
    Value,
)
from cmh_graph.namespaces import BASE, GRAPH_DERIVED, PREFIXES, compact
from cmh_graph.opening import find_snapshot, is_large, manifest_of, open_store
from cmh_graph.queries import Question, bind, find_question, load_questions
from cmh_graph.reading import Catalogue, kind_and_key, read
from cmh_graph.reading.around import Around
from cmh_graph.reading.asked import MOST_LISTED
from cmh_graph.reading.describing import describe
from cmh_graph.reading.meanwhile import Meanwhile, read_meanwhile
from cmh_graph.reading.names import names_of
from cmh_graph.reading.surroundings import Surroundings
from cmh_graph.rows import Answer, Rows, rows_of
from cmh_graph.search import Found, SearchIndex, near_misses, read_abbreviations
from cmh_graph.settings import Settings, framework_home
from cmh_graph.sparql.functions import teach_lookups
from cmh_graph.store import NamedNode, QuerySolutions, Store, Triple

if TYPE_CHECKING:
    from cmh_graph.versions.retirement import Retirement

__all__ = ["ATTRIBUTE_OF", "SEARCHED", "Answer", "Framework", "Rows", "find_snapshot", "open"]

_T = TypeVar("_T", bound=Thing)


@dataclass(frozen=True, kw_only=True)
class Framework(Catalogue):
    """Every thing of one snapshot by kind and key, and ways to ask about them. Nothing in it changes.

    snapshot: the snapshot's id, for saying which content an answer came from.
    version: the version of the catalogue. graphs: named graph -> number of statements in it."""

    snapshot: str
    version: str
    graphs: Mapping[str, int]
    store: Store
    home: Path
    path: Path

    # Things by key

    def role(self, key: str) -> Role:
        """The role with this key. Raises UnknownThing, naming nearly the same keys; so do the next ones."""
        return self._get(self.roles, key, "role")

    def skill(self, key: str) -> Skill:
        """The skill with this key."""
        return self._get(self.skills, key, "skill")

    def value(self, key: str) -> Value:
        """The value with this key."""
        return self._get(self.values, key, "value")

    def band(self, key: str) -> Band:
        """The pay band with this key, "1" to "9" or "8a" to "8d"."""
        return self._get(self.bands, key, "band")

    def qualification(self, key: str) -> Qualification:
        """The qualification, apprenticeship standard or registration with this key."""
        return self._get(self.qualifications, key, "qualification")

    def experience(self, key: str) -> Experience:
        """The kind of experience with this key."""
        return self._get(self.experiences, key, "experience")

    def route(self, key: str) -> Route:
        """The entry route with this key."""
        return self._get(self.routes, key, "route")

    def step(self, key: str) -> Step:
        """The step with this key."""
        return self._get(self.steps, key, "step")

    def pathway(self, key: str) -> Pathway:
        """The pathway with this key."""
        return self._get(self.pathways, key, "pathway")

    def organisation(self, key: str) -> Organisation:
        """The organisation with this key."""
        return self._get(self.organisations, key, "organisation")

    def resource(self, key: str) -> Resource:
        """The resource with this key."""
        return self._get(self.resources, key, "resource")

    def source(self, key: str) -> Source:
        """The source with this key."""
        return self._get(self.sources, key, "source")

    def title(self, key: str) -> Title:
        """The job title with this key."""
        return self._get(self.titles, key, "title")

    def register(self, key: str) -> Register:
        """The register with this key."""
        return self._get(self.registers, key, "register")

    def finding(self, key: str) -> Evidence:
        """The piece of evidence with this key."""
        return self._get(self.evidence, key, "evidence")

    def things(self, kind: str) -> Mapping[Key, Thing]:
        """All things of a kind, named as in its IRIs ("role", "case-study"). Raises UnknownThing."""
        if kind not in ATTRIBUTE_OF:
            raise UnknownThing(
                f"there is no kind of thing called {kind}", where=kind, mend=_did_you_mean(kind, ATTRIBUTE_OF)
            )
        found: Mapping[Key, Thing] = getattr(self, ATTRIBUTE_OF[kind])
        return found

    def find(self, kind: str, key: str) -> Thing:
        """The thing of a kind with a key. Raises UnknownThing."""
        return self._get(self.things(kind), key, kind)

    def thing(self, ref: Ref) -> Thing:
        """The thing a link leads to. Raises UnknownThing for kinds that are not kept, such as class."""
        return self.find(ref.kind, ref.key)

    def _get(self, things: Mapping[Key, _T], key: str, kind: str) -> _T:
        found = things.get(Key(key))
        if found is None:
            found = self._in_its_place(things, key, kind)
        if found is not None:
            return found
        if self.is_large:
            raise UnknownThing(f"no {kind} has the key {key[:100]}", where=key[:100])
        near = near_misses(key, things)
        # People who do not know the key often write the name: "healthcare-assistant".
        words = key.replace("-", " ").strip()[:100]
        if any(letter.isalnum() for letter in words):
            hits = self.index.search(words, kinds=(kind,), limit=3)
            near = list(dict.fromkeys([*(hit.key for hit in hits if hit.why == "exact"), *near]))
            near += [hit.key for hit in hits if hit.key not in near]
        mend = f"did you mean {' or '.join(near[:3])}? " if near else ""
        place = ATTRIBUTE_OF.get(kind, kind)
        raise UnknownThing(
            f"no {kind} has the key {key[:100]}", where=key[:100], mend=f"{mend}All keys are in {place}"
        )

    def _in_its_place(self, things: Mapping[Key, _T], key: str, kind: str) -> _T | None:
        """What replaces a retired thing; None if nothing was retired by this key.

        Raises RetiredThing, with the note of its retirement, if no single thing of the same kind takes its place."""
        gone = self.retired.get(PREFIXES.get(kind, BASE) + key)
        if gone is None:
            return None
        if len(gone.replaced_by) == 1:
            successor, its_key = kind_and_key(gone.replaced_by[0])
            if successor == kind and its_key in things:
                return things[its_key]
        others = " or ".join(compact(one) for one in gone.replaced_by)
        retired = RetiredThing(
            f"the {kind} {key[:100]} was retired{f' on {gone.on}' if gone.on else ''}",
            where=key[:100],
            mend=f"{f'use {others}. ' if others else ''}{gone.note}".strip() or "nothing takes its place",
        )
        retired.successors = gone.replaced_by
        raise retired

    @cached_property
    def retired(self) -> Mapping[str, Retirement]:
        """IRI -> when and why it was retired and what takes its place, of everything that is."""
        from cmh_graph.versions.retirement import retirements_in  # the versions read this module's neighbours

        return MappingProxyType(retirements_in(self.store))

    # About things

    def requirements(self, role: str | Role) -> tuple[Requirement, ...]:
        """What a role asks for; the members of an any-of group are inside it."""
        return (role if isinstance(role, Role) else self.role(role)).requirements

    def steps_from(self, role: str | Role) -> tuple[Step, ...]:
        """The steps that lead on from a role, by the label of where they lead."""
        key = role.key if isinstance(role, Role) else self.role(role).key
        return self._around.steps.get(("from", key), ())

    def steps_to(self, role: str | Role) -> tuple[Step, ...]:
        """The steps that lead into a role."""
        key = role.key if isinstance(role, Role) else self.role(role).key
        return self._around.steps.get(("to", key), ())

    def roles_asking_for(self, thing: Thing | Ref) -> tuple[tuple[Role, Requirement], ...]:
        """The roles that ask for a skill, value, experience or qualification, each with that requirement.

        A member of an any-of group counts; "none required" does not."""
        kind = thing.kind if isinstance(thing, Ref) else thing.iri.removeprefix(BASE).split("/")[0]
        return self._around.asking.get((kind, thing.key), ())

    def remarks_about(self, thing: Thing) -> tuple[Remark, ...]:
        """Doubts, rules and facts about a thing and its kind, those about the thing itself first."""
        return thing.remarks

    def describe(self, thing: Thing) -> list[Triple]:
        """The stated triples of a thing and of the statements it is made of, each once and sorted.

        A role comes with its requirements, bands, placements, regulation, title meanings and remarks; a skill
        with its levels and "I" statements; a pathway with its steps; a vocabulary with its concepts."""
        return describe(thing.iri, self._around.described, self._around.pointing)

    def describe_node(self, iri: str) -> list[Triple]:
        """The stated triples of any of our IRIs, such as a requirement's, sorted; empty if nothing is stated."""
        return sorted(self._around.described.get(iri, ()), key=str)

    def stated_triples(self) -> Iterator[Triple]:
        """Every triple that sources state about our own things."""
        if self.is_large:
            for graph in self.stated_graphs:
                yield from (
                    q.triple for q in self.store.quads(graph) if str(q.subject).startswith(f"<{BASE}")
                )
            return
        for triples in self._made_around.described.values():
            yield from triples

    # Asking

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """The questions that can be asked, by name and in order of their ids."""
        return MappingProxyType(load_questions(self.home / "queries" / "questions"))

    def question(self, name: str) -> Question:
        """The question with this name, or with this id such as cq-16. Raises UnknownThing."""
        return find_question(self.questions, name)

    def bind(self, question: Question, values: Mapping[str, str]) -> dict[str, Iri]:
        """The IRI that each parameter of a question is bound to. values: keys, prefixed names or IRIs.

        Raises BadParameter for one that is missing, of another kind, or names a thing that there is not: an
        answer without rows would then mislead."""
        bound = {name: Iri(iri) for name, iri in bind(question, values).items()}
        for name, iri in bound.items():
            kind, key = kind_and_key(iri)
            try:
                if kind in ATTRIBUTE_OF:
                    # The key of a retired thing stands for what takes its place.
                    bound[name] = self.find(kind, key).iri
                elif kind in self.vocabularies:
                    known = {concept.key: concept for concept in self.vocabularies[Key(kind)].concepts}
                    self._get(known, key, kind)
            except UnknownThing as error:
                raise BadParameter(error.what, where=f"parameter {name}", mend=error.mend) from None
        return bound

    def ask(self, question: str, **params: str) -> Answer:
        """The answer to a named question. params: its parameters, as keys, prefixed names or IRIs.

        Raises UnknownThing if there is no such question, BadParameter for a parameter it cannot use."""
        asked = self.question(question)
        bound = {name: NamedNode(iri) for name, iri in self.bind(asked, params).items()}
        result = self.store.query(asked.text, bindings=bound)
        if not isinstance(result, QuerySolutions):
            raise SourceError(f"the question {asked.name} is not a SELECT", where=asked.name)
        rows = rows_of(result)
        return Answer(rows.columns, rows.rows, question=asked, missing=asked.missing)

    def sparql(self, query: str) -> Rows:
        """The rows of a SPARQL query, run in this process with no limit: not for strangers' queries.

        An ASK gives one row with the column answer; CONSTRUCT and DESCRIBE subject, predicate, object."""
        return rows_of(self.store.query(query))

    def search(self, text: str, *, kinds: Sequence[str] = (), limit: int | None = 50) -> list[Found]:
        """The things people may mean by a text, best first. kinds: only these, for example ("role",)."""
        return self.index.search(text, kinds=kinds or SEARCHED, limit=limit)

    # Made once, when first needed

    @cached_property
    def index(self) -> SearchIndex:
        """The names of everything that can be searched. Raises NotInThisStore for a graph that is too large."""
        if self.is_large:
            raise NotInThisStore(
                "this graph is too large for its names to be searched",
                mend="ask for a thing by its key, or ask for names at /sparql",
            )
        abbreviations = Path(__file__).parent / "align" / "data" / "abbreviations.csv"
        return SearchIndex(names_of(self.things), read_abbreviations(abbreviations))

    @property
    def labels(self) -> Mapping[str, str]:
        """IRI -> label, of everything that is stated."""
        return self._around.labels

    @cached_property
    def is_large(self) -> bool:
        """Whether it is on disk and has too many things to go through: then lists, search and ways are refused."""
        return self.store.on_disk and is_large(sum(self.graphs.values()))

    @property
    def _around(self) -> Around | Surroundings:
        """What is around each thing: made once of all of them, or asked of the store where they are not all read."""
        return self._asked_around if self.is_large or not self.is_read else self._made_around

    @cached_property
    def _asked_around(self) -> Around:
        most = MOST_LISTED if self.is_large else None
        return Around(self.store, self.stated_graphs, self.roles, self.steps, most)

    @cached_property
    def _made_around(self) -> Surroundings:
        return Surroundings(self.store, self.stated_graphs, self.roles, self.steps)

    @property
    def is_read(self) -> bool:
        """Whether nobody who asks for a list or a page waits for things to be read."""
        return not isinstance(self.roles, Meanwhile) or self.roles.reading.is_finished

    def finish(self) -> None:
        """Read what is not read yet and make the index of names, if it is not too large. May be called in a thread."""
        if isinstance(self.roles, Meanwhile):
            self.roles.reading.finish()
        if not self.is_large:
            len(self.index)

    @property
    def stated_graphs(self) -> tuple[str, ...]:
        """The graphs that hold what sources state: all but the derived one."""
        return tuple(graph for graph in self.store.graphs() if graph != GRAPH_DERIVED)


def open(
    snapshot: Path | None = None,
    *,
    home: Path | None = None,
    in_memory: bool | None = None,
    store: Store | None = None,
    at_once: bool = False,
) -> Framework:
    """The framework of a snapshot: the folder of snapshots, one snapshot's folder, or a dataset file.

    snapshot: None takes the snapshot that was built last, as Settings say where. home: the folder of queries/.
    in_memory: load it even if it has a store on disk, unless it is large; as Settings say if None.
    store: that of the snapshot, if it is open already. at_once: with no thing read: each is when it is asked for, and
    all of them by finish() or when somebody needs them all.
    Raises NoSnapshot if nothing has been built there, SourceError if it cannot be read."""
    dataset = find_snapshot(snapshot or Settings().snapshots)
    manifest = manifest_of(dataset)
    if store is None:
        store = open_store(dataset, Settings().store_in == "memory" if in_memory is None else in_memory)
    teach_lookups(store)
    if is_large(manifest.get("statements", 0)) and store.on_disk:
        catalogue = read(store, as_asked=True)
    else:
        catalogue = read_meanwhile(store) if at_once else read(store)
    counts = manifest.get("graphs") or {name: sum(1 for _ in store.quads(name)) for name in store.graphs()}
    return Framework(
        **{each.name: getattr(catalogue, each.name) for each in fields(catalogue)},
        snapshot=str(manifest.get("id") or dataset.parent.name),
        version=str(manifest.get("version") or _last_release(catalogue)),
        graphs=MappingProxyType(dict(counts)),
        store=store,
        home=home or framework_home(),
        path=dataset,
    )


def _last_release(catalogue: Catalogue) -> str:
    """The number of the last release that a snapshot tells of; "" if of none."""
    releases = catalogue.releases
    if isinstance(releases, Meanwhile):
        # There are few: it is no reason to read everything.
        releases = releases.reading.now.releases
    return next((one.version for one in reversed(list(releases.values()))), "")


def _did_you_mean(given: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    near = near_misses(given, known)
    return f"did you mean {' or '.join(near)}?" if near else "known are " + ", ".join(sorted(known))
