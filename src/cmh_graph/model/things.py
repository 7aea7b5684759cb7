"""What every thing and every statement has."""

from __future__ import annotations

from dataclasses import dataclass

from cmh_graph.model.keys import Iri, Key, SourceKey, Status


@dataclass(frozen=True, slots=True)
class Says:
    """Who says it. inferred_fields: fields that are our own judgement, whatever the status."""

    status: Status
    sources: tuple[SourceKey, ...]
    inferred_fields: tuple[str, ...] = ()

    @property
    def is_inferred(self) -> bool:
        """Whether the whole statement is our judgement, to be marked wherever it is shown."""
        return self.status == "inferred"


@dataclass(frozen=True, slots=True)
class Ref:
    """A link to another thing: its kind as in its IRI ("skill", "role", ...), its key and its label."""

    kind: str
    key: Key
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What everything with a key has. says is None only for plain concepts of a scheme, and for sources.

    remarks: doubts, rules and facts about this thing, its kind, or the kinds of statement it is made of."""

    key: Key
    iri: Iri
    label: str
    definition: str | None = None
    notes: tuple[str, ...] = ()
    says: Says | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(Thing):
    """A doubt, rule, fact or problem that readers must be shown with what it is about.

    about: things, whole schemes (kind "vocab") or whole classes (kind "class", for example IStatement)."""

    remark_kind: str
    text: str
    about: tuple[Ref, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept(Thing):
    """One entry of a closed scheme, for example necessity "essential". Only AHP stages say what they expect."""

    scheme: Key
    order: int | None = None
    notation: str | None = None
    alternatives: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    education_expected: str | None = None
    experience_expected: str | None = None
    values_expected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary(Thing):
    """A closed scheme and its concepts in order."""

    concepts: tuple[Concept, ...]
