"""The properties that are known of matched things: what each is called, and how its values are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.model import Key, Ref
from cmh_graph.namespaces import key_of
from cmh_graph.reconcile.entities import TYPES, EntityType, find_type, type_of


@dataclass(frozen=True, slots=True)
class Held:
    """A value of a property: its name for people and its key for machines; of a thing, its kind too."""

    name: str | int
    key: str = ""
    kind: str = ""
    relation: str = ""


Read: TypeAlias = Callable[[Framework, Any], Iterable[Held]]


@dataclass(frozen=True, slots=True)
class Property:
    """Something that is known of a thing. types: ids of the types that have it. links_to: kind of its values."""

    id: str
    name: str
    about: str
    types: tuple[str, ...]
    read: Read
    links_to: str = ""

    def as_json(self) -> dict[str, Any]:
        """{id, name, description}, as proposals and suggestions name a property."""
        return {"id": self.id, "name": self.name, "description": self.about}


def _text(name: str) -> Read:
    def read(_: Framework, thing: Any) -> Iterable[Held]:
        value = getattr(thing, name)
        return () if value is None else (Held(value, str(value)),)

    return read


def _truth(name: str) -> Read:
    def read(_: Framework, thing: Any) -> Iterable[Held]:
        value = getattr(thing, name)
        return () if value is None else (Held("true" if value else "false", "true" if value else "false"),)

    return read


def _concepts(name: str, scheme: str) -> Read:
    def read(framework: Framework, thing: Any) -> Iterable[Held]:
        given = getattr(thing, name)
        keys: Sequence[Any] = () if given is None else (given,) if isinstance(given, str) else given
        vocabulary = framework.vocabularies.get(Key(scheme))
        concepts = vocabulary.concepts if vocabulary else ()
        labels = {each.key: each.label for each in concepts}
        return [Held(labels.get(key, key), key) for key in keys]

    return read


def _things(name: str) -> Read:
    def read(_: Framework, thing: Any) -> Iterable[Held]:
        given = getattr(thing, name)
        return [
            _held(ref) for ref in (() if given is None else (given,) if isinstance(given, Ref) else given)
        ]

    return read


def _held(ref: Ref) -> Held:
    return Held(ref.label, ref.key, ref.kind)


def _codes(scheme: str) -> Read:
    """Codes of another body; the IRI itself where people use it as the code."""

    def read(_: Framework, thing: Any) -> Iterable[Held]:
        return [
            Held(
                match.target_label or "",
                match.target if scheme == "esco" else key_of(match.target),
                "code",
                match.relation,
            )
            for match in thing.matches
            if match.scheme == scheme and match.target
        ]

    return read


def _asked(kind: str) -> Read:
    def read(_: Framework, role: Any) -> Iterable[Held]:
        needs = [member for need in role.requirements for member in (need, *need.any_of)]
        found = [need.asks_for for need in needs if need.asks_for and need.kind != "none-required"]
        return [_held(ref) for ref in dict.fromkeys(found) if ref.kind == kind]

    return read


def _asked_by(framework: Framework, thing: Any) -> Iterable[Held]:
    roles = {role.key: role.label for role, _ in framework.roles_asking_for(thing)}
    return [Held(label, key, "role") for key, label in sorted(roles.items(), key=lambda pair: pair[1])]


def _role_titles(_: Framework, role: Any) -> Iterable[Held]:
    return [_held(meaning.title) for meaning in role.titles]


def _meant_roles(_: Framework, title: Any) -> Iterable[Held]:
    return [_held(meaning.role) for meaning in title.meanings]


def _skill_levels(framework: Framework, skill: Any) -> Iterable[Held]:
    found = _concepts("level", "framework-level")
    return [held for level in skill.levels for held in found(framework, level)]


def _statements(_: Framework, skill: Any) -> Iterable[Held]:
    return [Held(said.text, said.key) for level in skill.levels for said in level.i_statements]


def _status(_: Framework, thing: Any) -> Iterable[Held]:
    return (Held(thing.says.status, thing.says.status),) if thing.says else ()


def _iri(_: Framework, thing: Any) -> Iterable[Held]:
    return (Held(thing.iri, thing.iri),)


_EVERY: Final = tuple(each.id for each in TYPES)
PROPERTIES: Final = (
    Property(
        "band",
        "Pay bands",
        "NHS pay bands given to the role by anyone, lowest first",
        ("Role",),
        _concepts("bands", "band"),
    ),
    Property(
        "level",
        "Framework level",
        "Level of the role in the framework; not a pay band",
        ("Role",),
        _concepts("level", "framework-level"),
    ),
    Property(
        "regulated",
        "Regulated by law",
        "Whether a statutory register is needed: true or false",
        ("Role",),
        _truth("is_regulated"),
    ),
    Property(
        "family", "Role family", "The family of roles it is in", ("Role",), _concepts("family", "family")
    ),
    Property(
        "employer_type",
        "Employer types",
        "Kinds of employer that have the role",
        ("Role",),
        _concepts("employer_types", "employer-type"),
    ),
    Property(
        "setting",
        "Settings",
        "Where the work is done",
        ("Role",),
        _concepts("settings", "setting"),
    ),
    Property("paid", "Paid", "Whether the role is paid: true or false", ("Role",), _truth("is_paid")),
    Property(
        "rolls_up_to",
        "Counts towards",
        "The wider role that this one counts towards",
        ("Role",),
        _things("rolls_up_to"),
        "role",
    ),
    Property("esco", "ESCO code", "Occupation in ESCO, as its IRI", ("Role",), _codes("esco")),
    Property("soc2020", "SOC 2020 code", "Unit group of SOC 2020 (ONS)", ("Role",), _codes("soc2020")),
    Property(
        "isco08", "ISCO-08 code", "Unit group of ISCO-08, with a C before it", ("Role",), _codes("isco")
    ),
    Property("onet", "O*NET-SOC code", "Occupation in O*NET", ("Role",), _codes("onet")),
    Property("nhs_sds", "NHS job role code", "Code of the NHS job role list", ("Role",), _codes("sds")),
    Property(
        "skill", "Skills asked for", "Skills that the role asks for", ("Role",), _asked("skill"), "skill"
    ),
    Property(
        "value", "Values asked for", "Values that the role asks for", ("Role",), _asked("value"), "value"
    ),
    Property(
        "qualification",
        "Qualifications asked for",
        "Qualifications that the role asks for, none of them where it needs none",
        ("Role",),
        _asked("qualification"),
        "qualification",
    ),
    Property("title", "Job titles", "Job titles that mean the role", ("Role",), _role_titles, "title"),
    Property(
        "role",
        "Roles",
        "Roles that ask for it; of a job title, the roles it can mean",
        ("Skill", "Value", "Qualification"),
        _asked_by,
        "role",
    ),
    Property(
        "means", "Roles it means", "Roles that the job title can mean", ("Title",), _meant_roles, "role"
    ),
    Property("group", "Skill group", "Heading that the skill is listed under", ("Skill",), _things("group")),
    Property("skill_level", "Levels", "Framework levels of the skill", ("Skill",), _skill_levels),
    Property("i_statement", '"I" statements', "The skill in its holder's words", ("Skill",), _statements),
    Property("value_set", "Value sets", "Sets that name the value", ("Value",), _things("sets")),
    Property(
        "education_level",
        "Education levels",
        "Education levels of the qualification",
        ("Qualification",),
        _concepts("education_levels", "education-level"),
    ),
    Property(
        "standard",
        "Apprenticeship standard",
        "Its ST number",
        ("Qualification",),
        _text("code"),
    ),
    Property(
        "duration",
        "Typical duration in months",
        "Typical duration of an apprenticeship, in months",
        ("Qualification",),
        _text("typical_duration_months"),
    ),
    Property(
        "definition",
        "Definition",
        "What it is, in a sentence or two",
        tuple(name for name in _EVERY if name != "Title"),
        _text("definition"),
    ),
    Property("name", "Name", "The framework's own name for it", _EVERY, _text("label")),
    Property("iri", "Permanent address", "The IRI that never changes", _EVERY, _iri),
    Property(
        "status",
        "Who says it",
        "seed, public, inferred (our judgement) or confirmed",
        _EVERY,
        _status,
    ),
)
PROPERTY: Final = {each.id: each for each in PROPERTIES}


def properties_of(type_: EntityType | None) -> tuple[Property, ...]:
    """The properties that things of a type have; of any type, if None."""
    return tuple(each for each in PROPERTIES if type_ is None or type_.id in each.types)


def propose(type_id: str, limit: int | None) -> dict[str, Any]:
    """The properties to offer for a type, as {properties, type, limit}; for all types, if type_id is "".

    Raises BadParameter for a type that is not known."""
    type_ = find_type(type_id) if type_id else None
    if type_id and type_ is None:
        raise BadParameter(
            f"there is no type {type_id[:50]!r}",
            where="parameter type",
            mend=f"types are {', '.join(each.id for each in TYPES)}",
        )
    found = [each.as_json() for each in properties_of(type_)]
    answer: dict[str, Any] = {"properties": found if limit is None else found[:limit]}
    if type_:
        answer["type"] = type_.id
    return answer if limit is None else {**answer, "limit": limit}


def told(value: Held) -> str:
    """A value in words. A bare code would hide that it may be wider or narrower than the role."""
    return f"{value.key} {value.name} ({value.relation})" if value.kind == "code" else str(value.name)


def values_of(framework: Framework, thing: Any, pid: str) -> Sequence[Held]:
    """What a thing holds of a property; () if things of its type have no such property."""
    known = PROPERTY.get(pid)
    if known is None or type_of(thing).id not in known.types:
        return ()
    return tuple(known.read(framework, thing))
