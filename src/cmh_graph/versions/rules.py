"""The table that gives each change its class: the first rule that fits decides. Decision 21 says why it is so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cmh_graph.namespaces import CMH, PREFIXES
from cmh_graph.versions.change import Event
from cmh_graph.versions.content import ASKS
from cmh_graph.versions.semver import Class


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table.

    of: kinds of things it is for; all if empty. events: what happened. properties: IRIs; all if empty.
    when: name of a condition in conditions.py that must hold; none if empty. why: the reason, as a diff shows it."""

    name: str
    class_: Class
    events: tuple[Event, ...]
    of: tuple[str, ...] = ()
    properties: frozenset[str] = frozenset()
    when: str = ""
    why: str


def _iris(**names: str) -> frozenset[str]:
    return frozenset(PREFIXES[prefix] + name for prefix, text in names.items() for name in text.split())


_SHAPE: Final = ("shape",)
_QUESTION: Final = ("question",)
_TERM: Final = ("term",)
_MAPPING: Final = ("mapping",)
_ALL_EVENTS: Final[tuple[Event, ...]] = (
    "added", "removed", "retired", "reinstated", "mapped otherwise", "changed",
)  # fmt: skip

#: Words for people, whatever their language.
WORDING: Final = _iris(
    skos="prefLabel altLabel hiddenLabel definition scopeNote note example changeNote editorialNote historyNote",
    rdfs="label comment",
    dcterms="title description abstract",
    sh="message name description order group",
    sssom="subject_label object_label comment mapping_set_title mapping_set_description",
    schema="citation",
)
#: Where a statement comes from and where to read on.
SOURCES: Final = _iris(
    dcterms="source creator contributor publisher created issued modified accessed rights references",
    dc="publisher date rights source",
    rdfs="seeAlso isDefinedBy",
    owl="versionInfo versionIRI priorVersion",
    prov="wasDerivedFrom",
    schema="url",
    cmh="retiredOn",
)
#: How a mapping was found and checked.
MAPPING_NOTES: Final = _iris(
    sssom="mapping_justification mapping_tool mapping_tool_version confidence reviewer_label review_date author_label "
    "mapping_date object_source_version subject_source_version match_string object_source",
    cmh="targetDigest machineProposal reviewReason",
)
_KEYS: Final = _iris(skos="notation")
_TYPE: Final = _iris(rdf="type")
_LICENCE: Final = _iris(dcterms="license")
_NECESSITY: Final = frozenset({CMH + "necessity"})
_STATUS: Final = frozenset({CMH + "status"})
_INFERRED: Final = frozenset({CMH + "inferredField"})


def _asks(names: str) -> frozenset[str]:
    return frozenset(ASKS + name for name in names.split())


RULES: Final[tuple[Rule, ...]] = (
    # Records about versions
    Rule(name="licence changed", class_="breaking", events=("changed",), properties=_LICENCE,
         why="the conditions of use changed: whoever holds a copy has to read them"),
    Rule(name="release recorded", class_="editorial", events=_ALL_EVENTS, of=("release",),
         why="the list of releases records versions and is no part of what they offer"),
    Rule(name="header changed", class_="editorial", events=_ALL_EVENTS, of=("ontology",),
         why="the header describes the version"),
    Rule(name="mapping set described", class_="editorial", events=("changed",), of=("mapping set",),
         why="its header describes the set; rows that came, went or changed are listed by themselves"),
    # Whole things
    Rule(name="shape added over old data", class_="breaking", events=("added",), of=_SHAPE, when="judges_old_data",
         why="a new shape judges data that passed until now"),
    Rule(name="shape added", class_="additive", events=("added",), of=_SHAPE,
         why="the new shape judges only what is new, or only warns"),
    Rule(name="shape removed", class_="additive", events=("removed", "retired"), of=_SHAPE,
         why="what passed still passes; what the shape refused now passes too"),
    Rule(name="exclusion added", class_="breaking", events=("added",), when="excludes_old_classes",
         why="classes that could share a member no longer can: data may now contradict"),
    Rule(name="exclusion removed", class_="additive", events=("removed",), when="excluded",
         why="fewer contradictions are possible"),
    Rule(name="mapping removed", class_="breaking", events=("removed",), of=_MAPPING,
         why="who translates codes by this match has none now"),
    Rule(name="question removed", class_="breaking", events=("removed",), of=_QUESTION,
         why="calls by its name fail"),
    Rule(name="removed without a signpost", class_="breaking", events=("removed",),
         why="its IRI no longer answers and nothing says what to use instead"),
    Rule(name="retired with a replacement", class_="additive", events=("retired",), when="has_replacement",
         why="the IRI still answers and names what takes its place"),
    Rule(name="statement withdrawn", class_="additive", events=("retired",), when="is_noted_statement",
         why="the statement stays on record with the reason; nothing can be built on it alone"),
    Rule(name="retired without a replacement", class_="breaking", events=("retired",),
         why="who uses it finds nothing to use instead"),
    Rule(name="brought back", class_="additive", events=("reinstated",), why="the thing may be used again"),
    Rule(name="added", class_="additive", events=("added",), why="it is new, and what was there stays"),
    # Mappings
    Rule(name="mapping made exact", class_="additive", events=("mapped otherwise",), when="becomes_exact",
         why="an exact match is also the close one that it was"),
    Rule(name="mapping found", class_="additive", events=("mapped otherwise",), when="had_no_match",
         why="the role had no match in this scheme before"),
    Rule(name="mapping changed", class_="breaking", events=("mapped otherwise",),
         why="who translates codes by this match gets others"),
    Rule(name="mapping notes changed", class_="editorial", events=("changed",), of=_MAPPING, properties=MAPPING_NOTES,
         why="how the match was found and checked; the match is the same"),
    # Wording, sources, certainty
    Rule(name="reworded", class_="editorial", events=("changed",), properties=WORDING,
         why="words for people; no answer depends on them"),
    Rule(name="sources changed", class_="editorial", events=("changed",), properties=SOURCES,
         why="where it comes from or where to read on; what is stated is the same"),
    Rule(name="more certain", class_="editorial", events=("changed",), properties=_STATUS, when="status_raised",
         why="the same is said with more certainty"),
    Rule(name="less certain", class_="breaking", events=("changed",), properties=_STATUS, when="status_lowered",
         why="who takes only what is certain loses it"),
    Rule(name="field confirmed", class_="editorial", events=("changed",), properties=_INFERRED, when="only_gone",
         why="the field is no longer a judgement"),
    Rule(name="new field marked", class_="additive", events=("changed",), properties=_INFERRED, when="marks_new_field",
         why="the field is new, and is said to be a judgement"),
    Rule(name="field marked beside a better status", class_="editorial", events=("changed",), properties=_INFERRED,
         when="was_inferred", why="the whole was inferred before, now only this field is"),
    Rule(name="field now inferred", class_="breaking", events=("changed",), properties=_INFERRED,
         why="who takes only what is certain loses the field"),
    Rule(name="same value written otherwise", class_="editorial", events=("changed",), when="same_values",
         why="the value is the same in another notation"),
    # Questions
    Rule(name="question reworded", class_="editorial", events=("changed",), of=_QUESTION,
         properties=_asks("question askedBy rows missing default"),
         why="words about the question; its parameters and columns are the same"),
    Rule(name="question's query changed", class_="additive", events=("changed",), of=_QUESTION,
         properties=_asks("text"), why="same parameters and columns; rows may differ"),
    Rule(name="question asks less", class_="additive", events=("changed",), of=_QUESTION,
         properties=_asks("parameter columns"), when="question_looser",
         why="every call that worked still works, and every column is still there in its order"),
    Rule(name="question's form changed", class_="breaking", events=("changed",), of=_QUESTION,
         why="calls with the earlier parameters fail, or readers of its columns do"),
    # Shapes
    Rule(name="shape warns more", class_="additive", events=("changed",), of=_SHAPE, when="only_warns",
         why="the shape only warns: nothing that passed is refused"),
    Rule(name="shape made looser", class_="additive", events=("changed",), of=_SHAPE, when="looser",
         why="all that passed still passes"),
    Rule(name="shape written otherwise", class_="editorial", events=("changed",), of=_SHAPE, when="same_strictness",
         why="it asks for the same as before, or for what is listed by itself"),
    Rule(name="shape made stricter", class_="breaking", events=("changed",), of=_SHAPE,
         why="data that passed may now be refused"),
    # Terms and facts
    Rule(name="follows a replacement", class_="additive", events=("changed",), when="follows_replacement",
         why="the earlier value is retired; this follows its replacement"),
    Rule(name="term made stricter", class_="breaking", events=("changed",), of=_TERM, when="term_stricter",
         why="a reader now concludes or refuses what it did not before"),
    Rule(name="term made looser", class_="additive", events=("changed",), of=_TERM, when="term_looser",
         why="every earlier use is still right"),
    Rule(name="narrowed to a subclass", class_="additive", events=("changed",), properties=_TYPE, when="still_of_type",
         why="the new type is a kind of the old one"),
    Rule(name="type changed", class_="breaking", events=("changed",), properties=_TYPE, when="any_gone",
         why="the thing is no longer of the kind that its users took it for"),
    Rule(name="key changed", class_="breaking", events=("changed",), properties=_KEYS, when="any_gone",
         why="others store this code in their data"),
    Rule(name="asked for more firmly", class_="breaking", events=("changed",), properties=_NECESSITY, when="firmer",
         why="papers and gaps made from the earlier version ask for less"),
    Rule(name="asked for less firmly", class_="additive", events=("changed",), properties=_NECESSITY, when="less_firm",
         why="whoever met it still does"),
    Rule(name="fact added", class_="additive", events=("changed",), when="only_come",
         why="all that was stated still is"),
    Rule(name="judgement revised", class_="additive", events=("changed",), when="was_judgement",
         why="the field was marked as our judgement, which readers know may change; it is stated otherwise now"),
    Rule(name="fact withdrawn or changed", class_="breaking", events=("changed",),
         why="what was stated before no longer is"),
)  # fmt: skip

#: From the firmest: what a role asks for.
NECESSITIES: Final = ("essential", "desirable", "gained-in-post")
#: From the least certain.
STATUSES: Final[Mapping[str, int]] = {"inferred": 0, "seed": 1, "public": 2, "confirmed": 3}


def rules_table() -> list[list[str]]:
    """The rules as rows for people: class, rule, why."""
    return [[rule.class_, rule.name, rule.why] for rule in RULES]
