"""A snapshot -> the things of the model.

Only stated triples are read: the derived graph is left out, and what sums up a role is computed here from its
statements. So the things are the same whether or not the rules have run.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar, cast

from cmh_graph.model import (
    AhpDomain,
    AhpStageKey,
    Audience,
    Background,
    Band,
    BandAssignment,
    BandKey,
    CareersFramework,
    CaseStudy,
    Concept,
    CountryKey,
    EducationLevelKey,
    EmployerTypeKey,
    Evidence,
    Experience,
    FamilyKey,
    Figure,
    FrameworkLevelKey,
    Iri,
    IStatement,
    JobProfile,
    Key,
    Match,
    Necessity,
    Organisation,
    OrganisationUse,
    Pathway,
    PayEquivalent,
    PayPoints,
    Placement,
    Position,
    Profession,
    Qualification,
    QualificationForm,
    ReadAcross,
    Ref,
    Register,
    Regulation,
    Release,
    Remark,
    Requirement,
    RequirementKind,
    Resource,
    Role,
    RoleForm,
    Route,
    Rung,
    Says,
    Scheme,
    SettingKey,
    Skill,
    SkillGroup,
    SkillLevel,
    SkillLevelKey,
    Source,
    SourceKey,
    Stage,
    Status,
    Step,
    Theme,
    Thing,
    Title,
    TitleMeaning,
    UserTask,
    Value,
    ValueSet,
    Vocabulary,
)
from cmh_graph.namespaces import BASE, GRAPH_DERIVED, PREFIXES, compact, key_of
from cmh_graph.store import Literal as RdfLiteral
from cmh_graph.store import NamedNode, Store, text_of

#: A reader of one kind of thing.
_T = TypeVar("_T", bound=Thing)
#: A key of any kind; they are all strings underneath.
_K = TypeVar("_K", bound=str)

_VOCAB: Final = PREFIXES["vocab"]
_NO_TERM: Final = "https://w3id.org/sssom/NoTermFound"
_REQUIREMENT_KINDS: Final[dict[str, RequirementKind]] = {
    "cmh:SkillRequirement": "skill",
    "cmh:ValueRequirement": "value",
    "cmh:ExperienceRequirement": "experience",
    "cmh:QualificationRequirement": "qualification",
    "cmh:RegistrationRequirement": "registration",
    "cmh:AnyOfRequirement": "any-of",
    "cmh:NoneRequired": "none-required",
}
_KIND_ORDER: Final = list(_REQUIREMENT_KINDS.values())
_NECESSITY_ORDER: Final = (None, "essential", "gained-in-post", "desirable")
_ROLE_FORMS: Final[dict[str, RoleForm]] = {
    "cmh:RoleGrouping": "grouping",
    "cmh:TraineeRole": "trainee",
    "cmh:FunctionRole": "function",
}
_QUALIFICATION_FORMS: Final[dict[str, QualificationForm]] = {
    "cmh:ApprenticeshipStandard": "apprenticeship",
    "cmh:Registration": "registration",
}

#: Property -> the field of the model that shows it, where it is not the property's own name in snake case.
FIELD_OF: Final[dict[str, str]] = {
    "skos:prefLabel": "label",
    "skos:altLabel": "alternatives",
    "skos:note": "notes",
    "skos:example": "examples",
    "skos:closeMatch": "close_to",
    "skos:broader": "wider_routes",
    "skos:inScheme": "sets",
    "cmh:frameworkLevel": "level",
    "cmh:atSkillLevel": "skill_level",
    "cmh:educationLevel": "education_levels",
    "cmh:typicalJobTitle": "typical_job_titles",
    "cmh:maximumFundingGBP": "maximum_funding_gbp",
    "cmh:fundingNote": "funding_notes",
    "cmh:protectedTitle": "protected_titles",
    "cmh:concernsTheme": "themes",
    "cmh:servesRole": "roles",
    "cmh:forAudience": "audiences",
    "cmh:useState": "state",
    "cmh:viaRoute": "via_routes",
    "cmh:band": "bands",
    "cmh:inSetting": "settings",
    "cmh:employerType": "employer_types",
    "cmh:hasBandAssignment": "band_assignments",
    "cmh:hasRequirement": "requirements",
    "cmh:hasPlacement": "placements",
    "cmh:hasRegulation": "regulation",
}


def field_of(prop: str) -> str:
    """The field that shows a property, given as a prefixed name: cmh:isPaid -> is_paid."""
    return FIELD_OF.get(prop) or re.sub(r"(?<=[a-z])(?=[A-Z])", "_", prop.partition(":")[2]).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every thing of a snapshot, each kind by its key and in the order people read it."""

    roles: Mapping[Key, Role]
    titles: Mapping[Key, Title]
    skills: Mapping[Key, Skill]
    skill_groups: Mapping[Key, SkillGroup]
    backgrounds: Mapping[Key, Background]
    values: Mapping[Key, Value]
    value_sets: Mapping[Key, ValueSet]
    experiences: Mapping[Key, Experience]
    qualifications: Mapping[Key, Qualification]
    bands: Mapping[Key, Band]
    job_profiles: Mapping[Key, JobProfile]
    registers: Mapping[Key, Register]
    professions: Mapping[Key, Profession]
    routes: Mapping[Key, Route]
    positions: Mapping[Key, Position]
    steps: Mapping[Key, Step]
    pathways: Mapping[Key, Pathway]
    organisations: Mapping[Key, Organisation]
    case_studies: Mapping[Key, CaseStudy]
    resources: Mapping[Key, Resource]
    audiences: Mapping[Key, Audience]
    themes: Mapping[Key, Theme]
    user_tasks: Mapping[Key, UserTask]
    evidence: Mapping[Key, Evidence]
    remarks: Mapping[Key, Remark]
    sources: Mapping[Key, Source]
    vocabularies: Mapping[Key, Vocabulary]
    releases: Mapping[Key, Release]
    schemes: Mapping[Key, Scheme]
    frameworks: Mapping[Key, CareersFramework]
    pay_equivalents: Mapping[Key, PayEquivalent]
    ahp_domains: Mapping[Key, AhpDomain]


#: A value as Python has it: IRIs are Iri, so that they differ from text.
class _Link(str):
    __slots__ = ()


_Cell = Any
_Node = Mapping[str, tuple[_Cell, ...]]
_EMPTY: Final[_Node] = {}


def kind_and_key(iri: str) -> tuple[str, Key]:
    """What an IRI is of: role/x a role, vocab/band/3 a band, vocab/band a vocab, ns#Role a class, else "outside".

    >>> kind_and_key("https://w3id.org/cmh-graph/vocab/band/8a")
    ('band', '8a')
    """
    key = Key(key_of(iri))
    if iri.startswith(PREFIXES["cmh"]):
        return "class", key
    if not iri.startswith(BASE):
        return "outside", key
    path = iri.removeprefix(BASE).split("/")
    return (path[1] if len(path) > 2 else "vocab") if path[0] == "vocab" else path[0], key


def read(store: Store) -> Catalogue:
    """The things of a store. What a node does not say is None, False or empty, as the model tells."""
    return _Reader(store).catalogue()


@cache
def _short(iri: str) -> str:
    return compact(iri)


def _cell(term: object) -> _Cell:
    if isinstance(term, NamedNode):
        return _Link(term.value)
    if not isinstance(term, RdfLiteral):
        return text_of(term)  # type: ignore[arg-type]
    text, datatype = term.value, term.datatype.value.rpartition("#")[2]
    if datatype == "boolean":
        return text in ("true", "1")
    if datatype == "integer":
        return int(text)
    if datatype in ("decimal", "double"):
        return float(text)
    if datatype == "date":
        return datetime.date.fromisoformat(text[:10])
    return text


class _Reader:
    def __init__(self, store: Store) -> None:
        found: dict[str, dict[str, list[_Cell]]] = defaultdict(lambda: defaultdict(list))
        back: dict[tuple[str, str], list[str]] = defaultdict(list)
        followed = {
            "cmh:meansRole", "cmh:title", "cmh:ofSkill", "cmh:band", "cmh:byOrganisation", "cmh:usesStep",
            "cmh:hasStage", "cmh:fromScale", "cmh:toScale", "cmh:about", "owl:annotatedSource",
        }  # fmt: skip
        for graph in store.graphs():
            if graph == GRAPH_DERIVED:
                continue
            for quad in store.quads(graph):
                if not isinstance(quad.subject, NamedNode):
                    continue
                subject, prop, value = quad.subject.value, _short(quad.predicate.value), _cell(quad.object)
                if value not in found[subject][prop]:
                    found[subject][prop].append(value)
                    if prop in followed and isinstance(value, _Link):
                        back[prop, value].append(subject)
        self._nodes: dict[str, _Node] = {
            iri: {prop: tuple(sorted(cells, key=str)) for prop, cells in node.items()}
            for iri, node in found.items()
        }
        self._back = {pair: sorted(subjects) for pair, subjects in back.items()}
        self._by_type: dict[str, list[str]] = defaultdict(list)
        for iri, node in self._nodes.items():
            for kind in node.get("rdf:type", ()):
                self._by_type[_short(kind)].append(iri)
        self._wider = {
            _short(iri): {_short(wider) for wider in node["rdfs:subClassOf"] if isinstance(wider, _Link)}
            for iri, node in self._nodes.items()
            if "rdfs:subClassOf" in node
        }
        self._remarks: dict[str, Remark] = {}

    # What a node says

    def _all(self, iri: str, prop: str) -> tuple[_Cell, ...]:
        return self._nodes.get(iri, _EMPTY).get(prop, ())

    def _one(self, iri: str, prop: str) -> _Cell | None:
        cells = self._all(iri, prop)
        return cells[0] if cells else None

    def _text(self, iri: str, prop: str) -> str | None:
        cell = self._one(iri, prop)
        return None if cell is None else str(cell)

    def _texts(self, iri: str, prop: str) -> tuple[str, ...]:
        return tuple(str(cell) for cell in self._all(iri, prop))

    def _key(self, iri: str, prop: str, kind: Callable[[str], _K]) -> _K | None:
        cell = self._one(iri, prop)
        return None if cell is None else kind(key_of(str(cell)))

    def _keys(self, iri: str, prop: str, kind: Callable[[str], _K]) -> tuple[_K, ...]:
        return tuple(sorted(kind(key_of(str(cell))) for cell in self._all(iri, prop)))

    def _label(self, iri: str) -> str:
        return self._text(iri, "skos:prefLabel") or key_of(iri)

    def ref(self, iri: str) -> Ref:
        """The link to a thing, with its label or, where it has none, its key."""
        kind, key = kind_and_key(iri)
        return Ref(kind, key, self._label(iri))

    def _refs(self, iri: str, prop: str) -> tuple[Ref, ...]:
        links = (self.ref(str(cell)) for cell in self._all(iri, prop) if isinstance(cell, _Link))
        return tuple(sorted(links, key=lambda ref: (ref.label.casefold(), ref.key)))

    def _ref(self, iri: str, prop: str) -> Ref | None:
        cell = self._one(iri, prop)
        return self.ref(str(cell)) if isinstance(cell, _Link) else None

    def _says(self, iri: str) -> Says:
        # A node with no status is shown as our own judgement, never as better than it is.
        status = self._key(iri, "cmh:status", Key) or "inferred"
        fields = {field_of(_short(str(cell))) for cell in self._all(iri, "cmh:inferredField")}
        sources = self._keys(iri, "dcterms:source", SourceKey)
        return Says(cast("Status", status), sources, tuple(sorted(fields)))

    def _has_says(self, iri: str) -> bool:
        return bool(self._all(iri, "cmh:status"))

    def _thing(self, iri: str, embedded: Iterable[str] = ()) -> dict[str, Any]:
        """The fields every thing has. embedded: the nodes shown inside it, whose kinds may carry remarks."""
        return {
            "key": Key(key_of(iri)),
            "iri": Iri(iri),
            "label": self._label(iri),
            "definition": self._text(iri, "skos:definition"),
            "notes": self._texts(iri, "skos:note"),
            "says": self._says(iri) if self._has_says(iri) else None,
            "remarks": self._remarks_on(iri, embedded),
        }

    def _statement(self, iri: str) -> dict[str, Any]:
        return {
            "key": Key(key_of(iri)),
            "iri": Iri(iri),
            "notes": self._texts(iri, "skos:note"),
            "says": self._says(iri),
        }

    def _remarks_on(self, iri: str, embedded: Iterable[str]) -> tuple[Remark, ...]:
        places = [iri, *(str(cell) for cell in self._all(iri, "skos:inScheme") if isinstance(cell, _Link))]
        kinds = {_short(str(kind)) for node in (iri, *embedded) for kind in self._all(node, "rdf:type")}
        waiting = list(kinds)
        while waiting:
            wider = self._wider.get(waiting.pop(), set()) - kinds
            kinds |= wider
            waiting += wider
        places += (PREFIXES["cmh"] + kind.partition(":")[2] for kind in kinds if kind.startswith("cmh:"))
        found = {remark for place in places for remark in self._back.get(("cmh:about", place), ())}
        own = set(self._back.get(("cmh:about", iri), ()))
        order = sorted(found, key=lambda remark: (remark not in own, remark))
        return tuple(self._remarks[remark] for remark in order if remark in self._remarks)

    def _things(
        self,
        kinds: str | tuple[str, ...],
        make: Callable[[str], _T],
        order: Callable[[_T], Any] = lambda thing: (thing.label.casefold(), thing.key),
    ) -> Mapping[Key, _T]:
        names = (kinds,) if isinstance(kinds, str) else kinds
        # Things of the ontology and of other bodies may share our classes; ours have our IRIs.
        iris = {iri for kind in names for iri in self._by_type.get(kind, ()) if iri.startswith(BASE)}
        made = sorted((make(iri) for iri in iris), key=order)
        return MappingProxyType({thing.key: thing for thing in made})

    # The catalogue, kind by kind

    def catalogue(self) -> Catalogue:
        """Read everything, remarks first because every thing shows the ones about it."""
        remarks = self._things("cmh:Remark", self._remark, lambda remark: remark.key)
        self._remarks = {remark.iri: remark for remark in remarks.values()}
        return Catalogue(
            remarks=remarks,
            roles=self._things("cmh:Role", self._role),
            titles=self._things("cmh:Title", self._title),
            skills=self._things("cmh:Skill", self._skill),
            skill_groups=self._things("cmh:SkillGroup", lambda iri: SkillGroup(**self._thing(iri))),
            backgrounds=self._things("cmh:Background", self._background),
            values=self._things("cmh:Value", self._value),
            value_sets=self._things("cmh:ValueSet", lambda iri: ValueSet(**self._thing(iri))),
            experiences=self._things("cmh:Experience", self._experience),
            qualifications=self._things(
                ("cmh:Qualification", "cmh:ApprenticeshipStandard", "cmh:Registration"), self._qualification
            ),
            bands=self._things("cmh:PayBand", self._band, lambda band: (band.order, band.key)),
            job_profiles=self._things("cmh:JobProfile", self._job_profile),
            registers=self._things("cmh:Register", self._register),
            professions=self._things("cmh:Profession", self._profession),
            routes=self._things("cmh:Route", self._route),
            positions=self._things("cmh:Waypoint", self._position),
            steps=self._things("cmh:Step", self._step),
            pathways=self._things("cmh:Pathway", self._pathway),
            organisations=self._things("cmh:Organisation", self._organisation),
            case_studies=self._things("cmh:CaseStudy", self._case_study),
            resources=self._things("cmh:Resource", self._resource),
            audiences=self._things("cmh:Audience", lambda iri: Audience(**self._thing(iri))),
            themes=self._things("cmh:Theme", self._theme),
            user_tasks=self._things("cmh:UserTask", self._user_task),
            evidence=self._things("cmh:Evidence", self._evidence),
            sources=self._things("cmh:Source", self._source),
            vocabularies=self._things("skos:ConceptScheme", self._vocabulary),
            schemes=self._things(("cmh:CodeScheme", "cmh:PayScheme", "cmh:TitleCollection"), self._scheme),
            frameworks=self._things("cmh:Framework", self._framework),
            pay_equivalents=self._things("cmh:PayEquivalent", self._pay_equivalent),
            ahp_domains=self._things("cmh:AhpDomain", self._ahp_domain, lambda domain: domain.key),
            releases=self._things("cmh:Release", self._release, lambda release: release.issued),
        )

    def _remark(self, iri: str) -> Remark:
        kind, about = self._key(iri, "cmh:remarkKind", Key) or "fact", self._refs(iri, "cmh:about")
        subjects = ", ".join(ref.label for ref in about)
        return Remark(
            **{**self._thing(iri), "label": f"{kind.capitalize()} about {subjects}"},
            remark_kind=kind,
            text=self._text(iri, "cmh:text") or "",
            about=about,
        )

    def _role(self, iri: str) -> Role:
        regulation, placements = self._all(iri, "cmh:hasRegulation"), self._all(iri, "cmh:hasPlacement")
        assignments = self._all(iri, "cmh:hasBandAssignment")
        meanings = self._back.get(("cmh:meansRole", iri), [])
        requirements = self._all(iri, "cmh:hasRequirement")
        positions = tuple(self._regulation(node) for node in regulation)
        given = tuple(self._band_assignment(node) for node in assignments)
        places = tuple(self._placement(node) for node in placements)
        kinds = {_short(str(kind)) for kind in self._all(iri, "rdf:type")}
        asked = sorted(
            (self._requirement(node) for node in requirements),
            key=lambda need: (
                _KIND_ORDER.index(need.kind),
                _NECESSITY_ORDER.index(need.necessity),
                need.asks_for.label.casefold() if need.asks_for else "",
                need.key,
            ),
        )
        return Role(
            **self._thing(iri, [*regulation, *placements, *assignments, *meanings, *requirements]),
            form=next((form for kind, form in _ROLE_FORMS.items() if kind in kinds), "job"),
            level=self._key(iri, "cmh:frameworkLevel", FrameworkLevelKey),
            family=self._key(iri, "cmh:family", FamilyKey),
            clinical_contact=self._key(iri, "cmh:clinicalContact", Key),
            is_paid=self._one(iri, "cmh:isPaid"),
            is_regulated=any(position.is_regulated for position in positions) if positions else None,
            bands=tuple(sorted({band for part in given for band in part.bands})),
            settings=tuple(sorted({setting for place in places for setting in place.settings})),
            employer_types=tuple(sorted({kind for place in places for kind in place.employer_types})),
            rolls_up_to=self._ref(iri, "cmh:rollsUpTo"),
            is_match_target=self._one(iri, "cmh:isMatchTarget"),
            ahp_stages=self._keys(iri, "cmh:ahpStage", AhpStageKey),
            named_in_framework=self._keys(iri, "cmh:namedInFramework", SourceKey),
            entered_by=self._refs(iri, "cmh:enteredBy"),
            regulation=positions,
            placements=places,
            band_assignments=given,
            titles=self._meanings(meanings),
            requirements=tuple(asked),
            matches=self._matches(iri),
        )

    def _requirement(self, iri: str) -> Requirement:
        kinds = {_short(str(kind)) for kind in self._all(iri, "rdf:type")}
        members = [self._requirement(node) for node in sorted(self._all(iri, "cmh:anyOf"))]
        return Requirement(
            **self._statement(iri),
            kind=next((kind for name, kind in _REQUIREMENT_KINDS.items() if name in kinds), "skill"),
            asks_for=self._ref(iri, "cmh:asksFor"),
            necessity=cast("Necessity | None", self._key(iri, "cmh:necessity", Key)),
            skill_level=self._key(iri, "cmh:atSkillLevel", SkillLevelKey),
            any_of=tuple(members),
            settings=self._keys(iri, "cmh:inSetting", SettingKey),
            employer_types=self._keys(iri, "cmh:employerType", EmployerTypeKey),
        )

    def _regulation(self, iri: str) -> Regulation:
        return Regulation(
            **self._statement(iri),
            is_regulated=bool(self._one(iri, "cmh:isRegulated")),
            registers=self._refs(iri, "cmh:byRegister"),
            accredited_registers=self._refs(iri, "cmh:accreditedRegister"),
            protected_titles=self._texts(iri, "cmh:protectedTitle"),
            applies_in=self._keys(iri, "cmh:appliesIn", CountryKey),
        )

    def _placement(self, iri: str) -> Placement:
        return Placement(
            **self._statement(iri),
            settings=self._keys(iri, "cmh:inSetting", SettingKey),
            employer_types=self._keys(iri, "cmh:employerType", EmployerTypeKey),
        )

    def _band_assignment(self, iri: str) -> BandAssignment:
        return BandAssignment(
            **self._statement(iri),
            bands=self._keys(iri, "cmh:band", BandKey),
            pay_scheme=self._ref(iri, "cmh:payScheme"),
            assigned_by=self._ref(iri, "cmh:assignedBy"),
            date=self._text(iri, "dc:date"),
        )

    def _meanings(self, iris: Iterable[str]) -> tuple[TitleMeaning, ...]:
        made = (
            TitleMeaning(
                **self._statement(iri),
                title=self._ref(iri, "cmh:title") or Ref("title", Key(""), ""),
                role=self._ref(iri, "cmh:meansRole") or Ref("role", Key(""), ""),
                employer_types=self._keys(iri, "cmh:employerType", EmployerTypeKey),
            )
            for iri in iris
        )
        return tuple(sorted(made, key=lambda meaning: (meaning.title.label.casefold(), meaning.key)))

    def _title(self, iri: str) -> Title:
        meanings = self._back.get(("cmh:title", iri), [])
        return Title(
            **self._thing(iri, meanings),
            belongs_to=self._ref(iri, "cmh:belongsTo"),
            meanings=self._meanings(meanings),
        )

    def _matches(self, iri: str) -> tuple[Match, ...]:
        made = []
        for node in self._back.get(("owl:annotatedSource", iri), ()):
            target = self._text(node, "owl:annotatedTarget")
            made.append(
                Match(
                    **self._statement(node),
                    role=self.ref(iri),
                    relation=self._key(node, "owl:annotatedProperty", Key) or "relatedMatch",
                    target=None if target in (None, _NO_TERM) else Iri(str(target)),
                    target_label=self._text(node, "sssom:object_label"),
                    scheme=self._key(node, "sssom:object_source", Key),
                    justification=self._key(node, "sssom:mapping_justification", Key),
                )
            )
        return tuple(sorted(made, key=lambda match: (match.scheme or "", match.relation, match.target or "")))

    def _skill(self, iri: str) -> Skill:
        levels = self._back.get(("cmh:ofSkill", iri), [])
        statements = [str(node) for level in levels for node in self._all(level, "cmh:hasIStatement")]
        made = [self._skill_level(level) for level in levels]
        scale = self._by_type.get("cmh:FrameworkLevel", ())
        rank = {key_of(level): self._one(level, "cmh:order") for level in scale}
        return Skill(
            **self._thing(iri, [*levels, *statements]),
            alternatives=self._texts(iri, "skos:altLabel"),
            group=self._ref(iri, "skos:broader"),
            levels=tuple(sorted(made, key=lambda level: (rank.get(level.level) or 0, level.key))),
        )

    def _skill_level(self, iri: str) -> SkillLevel:
        return SkillLevel(
            **{**self._thing(iri), "remarks": ()},
            skill=self._ref(iri, "cmh:ofSkill") or Ref("skill", Key(""), ""),
            level=self._key(iri, "cmh:atFrameworkLevel", FrameworkLevelKey) or FrameworkLevelKey(""),
            i_statements=tuple(
                IStatement(
                    key=Key(key_of(node)),
                    iri=Iri(node),
                    text=self._text(node, "cmh:text") or "",
                    says=self._says(node),
                )
                for node in self._all(iri, "cmh:hasIStatement")
            ),
        )

    def _background(self, iri: str) -> Background:
        return Background(**self._thing(iri), builds_skills=self._refs(iri, "cmh:buildsSkill"))

    def _value(self, iri: str) -> Value:
        return Value(
            **self._thing(iri),
            sets=self._refs(iri, "skos:inScheme"),
            close_to=self._refs(iri, "skos:closeMatch"),
        )

    def _experience(self, iri: str) -> Experience:
        lived = bool(self._one(iri, "cmh:isLivedExperience"))
        return Experience(**self._thing(iri), is_lived_experience=lived)

    def _qualification(self, iri: str) -> Qualification:
        kinds = {_short(str(kind)) for kind in self._all(iri, "rdf:type")}
        forms = (form for name, form in _QUALIFICATION_FORMS.items() if name in kinds)
        return Qualification(
            **self._thing(iri),
            form=next(forms, "qualification"),
            qualification_kind=self._key(iri, "cmh:qualificationKind", Key) or "general",
            education_levels=self._keys(iri, "cmh:educationLevel", EducationLevelKey),
            level_as_stated=self._text(iri, "cmh:levelAsStated"),
            alternatives=self._texts(iri, "skos:altLabel"),
            registers=self._refs(iri, "cmh:onRegister"),
            met_by=self._refs(iri, "cmh:metBy"),
            code=self._text(iri, "skos:notation"),
            lars_code=self._text(iri, "cmh:larsCode"),
            typical_duration_months=self._one(iri, "cmh:typicalDurationMonths"),
            maximum_funding_gbp=self._one(iri, "cmh:maximumFundingGBP"),
            typical_job_titles=self._texts(iri, "cmh:typicalJobTitle"),
            funding_notes=self._texts(iri, "cmh:fundingNote"),
            checked_on=self._one(iri, "cmh:checkedOn"),
        )

    def _concept_fields(self, iri: str) -> dict[str, Any]:
        return {
            "notation": self._text(iri, "skos:notation"),
            "order": self._one(iri, "cmh:order"),
            "alternatives": self._texts(iri, "skos:altLabel"),
            "examples": self._texts(iri, "skos:example"),
        }

    def _band(self, iri: str) -> Band:
        of_band = self._back.get(("cmh:band", iri), [])
        pay = [node for node in of_band if node.startswith(PREFIXES["pay-points"])]
        profiles = [node for node in of_band if node.startswith(PREFIXES["job-profile"])]
        across = self._across(iri)
        points = (
            PayPoints(
                **self._statement(node),
                pay_year=self._text(node, "cmh:payYear") or "",
                amounts_gbp=tuple(sorted(self._all(node, "cmh:amountGBP"))),
            )
            for node in pay
        )
        return Band(
            **self._thing(iri, [*pay, *profiles, *across]),
            **self._concept_fields(iri),
            closed_on=self._one(iri, "cmh:closedOn"),
            pay_points=tuple(sorted(points, key=lambda point: point.pay_year)),
            job_profiles=tuple(sorted((self.ref(node) for node in profiles), key=lambda ref: ref.label)),
            read_across=tuple(self._read_across(node) for node in across),
        )

    def _read_across(self, iri: str) -> ReadAcross:
        nowhere = Ref("outside", Key(""), "")
        return ReadAcross(
            **self._statement(iri),
            from_scale=self._ref(iri, "cmh:fromScale") or nowhere,
            to_scale=self._ref(iri, "cmh:toScale") or nowhere,
        )

    def _job_profile(self, iri: str) -> JobProfile:
        return JobProfile(
            **self._thing(iri),
            bands=self._keys(iri, "cmh:band", BandKey),
            profile_group=self._text(iri, "cmh:profileGroup"),
            date=self._text(iri, "dc:date"),
        )

    def _register(self, iri: str) -> Register:
        return Register(
            **self._thing(iri),
            register_kind=self._key(iri, "cmh:registerKind", Key) or "oversight",
            applies_in=self._keys(iri, "cmh:appliesIn", CountryKey),
            protected_titles=self._texts(iri, "cmh:protectedTitle"),
            professions_covered=self._texts(iri, "cmh:professionCovered"),
        )

    def _profession(self, iri: str) -> Profession:
        rungs = self._all(iri, "cmh:hasRung")
        made = (
            Rung(
                **self._statement(node),
                order=self._one(node, "cmh:order") or 0,
                education_level=self._key(node, "cmh:educationLevel", EducationLevelKey),
                by_qualifications=self._refs(node, "cmh:byQualification"),
            )
            for node in rungs
        )
        return Profession(
            **self._thing(iri, rungs),
            registers=self._refs(iri, "cmh:onRegister"),
            protected_titles=self._texts(iri, "cmh:protectedTitle"),
            practised_as=self._refs(iri, "cmh:practisedAs"),
            relevance=self._text(iri, "cmh:relevanceToCommunityMentalHealth"),
            rungs=tuple(sorted(made, key=lambda rung: (rung.order, rung.key))),
        )

    def _route(self, iri: str) -> Route:
        return Route(
            **self._thing(iri),
            wider_routes=self._refs(iri, "skos:broader"),
            is_training=self._one(iri, "cmh:isTraining"),
            minimum_months=self._one(iri, "cmh:minimumMonths"),
            maximum_months=self._one(iri, "cmh:maximumMonths"),
            from_bands=self._keys(iri, "cmh:fromBand", BandKey),
            to_bands=self._keys(iri, "cmh:toBand", BandKey),
        )

    def _position(self, iri: str) -> Position:
        return Position(
            **self._thing(iri),
            is_registered=self._one(iri, "cmh:isRegisteredPosition"),
            is_training=self._one(iri, "cmh:isTrainingPosition"),
            is_outside_paid_work=self._one(iri, "cmh:isOutsidePaidWork"),
        )

    def _step(self, iri: str) -> Step:
        nowhere = Ref("position", Key(""), "")
        start = self._ref(iri, "cmh:fromPosition") or nowhere
        end = self._ref(iri, "cmh:toPosition") or nowhere
        stages = self._back.get(("cmh:usesStep", iri), ())
        pathways = {path for stage in stages for path in self._back.get(("cmh:hasStage", stage), ())}
        return Step(
            **{**self._thing(iri), "label": f"{start.label} to {end.label}"},
            from_position=start,
            to_position=end,
            step_kind=self._key(iri, "cmh:stepKind", Key) or "up",
            via_routes=self._refs(iri, "cmh:viaRoute"),
            needs=self._refs(iri, "cmh:needs"),
            needs_one_of=self._refs(iri, "cmh:needsOneOf"),
            minimum_months=self._one(iri, "cmh:minimumMonths"),
            maximum_months=self._one(iri, "cmh:maximumMonths"),
            duration_from=self._refs(iri, "cmh:durationFrom"),
            offered_by=self._refs(iri, "cmh:offeredBy"),
            pathways=tuple(sorted((self.ref(path) for path in pathways), key=lambda ref: ref.label)),
        )

    def _pathway(self, iri: str) -> Pathway:
        stages = self._all(iri, "cmh:hasStage")
        made = [
            Stage(order=self._one(node, "cmh:order") or 0, step=self._step(str(step)))
            for node in stages
            for step in self._all(node, "cmh:usesStep")
        ]
        return Pathway(
            **self._thing(iri), stages=tuple(sorted(made, key=lambda stage: (stage.order, stage.step.key)))
        )

    def _organisation(self, iri: str) -> Organisation:
        by = self._back.get(("cmh:byOrganisation", iri), [])
        uses = [node for node in by if node.startswith(PREFIXES["framework-use"])]
        studies = [node for node in by if node.startswith(PREFIXES["case-study"])]
        return Organisation(
            **self._thing(iri, by),
            alternatives=self._texts(iri, "skos:altLabel"),
            employer_type=self._key(iri, "cmh:employerType", EmployerTypeKey),
            relation=self._key(iri, "cmh:relationToFramework", Key),
            succeeded_by=self._refs(iri, "cmh:succeededBy"),
            uses=tuple(self._use(node) for node in uses),
            case_studies=tuple(self._case_study(node) for node in studies),
        )

    def _use(self, iri: str) -> OrganisationUse:
        kinds = {_short(str(kind)) for kind in self._all(iri, "rdf:type")}
        kind: Literal["framework", "own-work"] = "own-work" if "cmh:OwnWork" in kinds else "framework"
        return OrganisationUse(
            **self._statement(iri),
            kind=kind,
            state=self._key(iri, "cmh:useState", Key) or "planned",
            text=self._text(iri, "cmh:text") or "",
        )

    def _case_study(self, iri: str) -> CaseStudy:
        return CaseStudy(
            **self._thing(iri),
            organisation=self._ref(iri, "cmh:byOrganisation") or Ref("organisation", Key(""), ""),
            state=self._key(iri, "cmh:useState", Key) or "planned",
            action=self._text(iri, "cmh:action") or "",
            intended_outcome=self._text(iri, "cmh:intendedOutcome") or "",
            themes=self._refs(iri, "cmh:concernsTheme"),
        )

    def _resource(self, iri: str) -> Resource:
        return Resource(
            **self._thing(iri),
            resource_kind=self._text(iri, "cmh:resourceKind") or "",
            url=self._text(iri, "schema:url"),
            audiences=self._refs(iri, "cmh:forAudience"),
            themes=self._refs(iri, "cmh:concernsTheme"),
            roles=self._refs(iri, "cmh:servesRole"),
            bands=self._keys(iri, "cmh:forBand", BandKey),
            supports_planning=self._one(iri, "cmh:supportsPlanning"),
        )

    def _theme(self, iri: str) -> Theme:
        return Theme(**self._thing(iri), includes=self._texts(iri, "cmh:includes"))

    def _user_task(self, iri: str) -> UserTask:
        return UserTask(
            **self._thing(iri),
            user=self._text(iri, "cmh:user") or "",
            text=self._text(iri, "cmh:text") or "",
            audiences=self._refs(iri, "cmh:forAudience"),
        )

    def _evidence(self, iri: str) -> Evidence:
        figures = self._all(iri, "cmh:hasFigure")
        return Evidence(
            **self._thing(iri, figures),
            text=self._text(iri, "cmh:text") or "",
            figures=tuple(
                Figure(
                    key=Key(key_of(node)),
                    iri=Iri(node),
                    measures=self._text(node, "cmh:measures") or "",
                    value=float(self._one(node, "cmh:value") or 0),
                    unit=self._text(node, "cmh:unit") or "",
                    population=self._text(node, "cmh:population") or "",
                    qualifier=self._text(node, "cmh:qualifier"),
                    date=self._text(node, "dc:date"),
                    says=self._says(node),
                )
                for node in figures
            ),
        )

    def _source(self, iri: str) -> Source:
        return Source(
            **self._thing(iri),
            source_kind=cast("Status", self._key(iri, "cmh:sourceKind", Key) or "public"),
            publisher=self._text(iri, "dc:publisher"),
            url=self._text(iri, "schema:url"),
            date=self._text(iri, "dc:date"),
            rights=self._text(iri, "dc:rights"),
        )

    def _vocabulary(self, iri: str) -> Vocabulary:
        key = key_of(iri)
        concepts = [
            Concept(
                **self._thing(node),
                **self._concept_fields(node),
                scheme=Key(key),
                education_expected=self._text(node, "cmh:educationExpected"),
                experience_expected=self._text(node, "cmh:experienceExpected"),
                values_expected=self._text(node, "cmh:valuesExpected"),
            )
            for node in self._by_type.get("skos:Concept", ())
            if iri in self._all(node, "skos:inScheme") and node.startswith(_VOCAB)
        ]
        return Vocabulary(
            **self._thing(iri),
            concepts=tuple(sorted(concepts, key=lambda concept: (concept.order or 0, concept.key))),
        )

    def _scheme(self, iri: str) -> Scheme:
        return Scheme(**self._thing(iri), rights=self._text(iri, "dc:rights"))

    def _framework(self, iri: str) -> CareersFramework:
        return CareersFramework(**self._thing(iri), owned_by=self._refs(iri, "cmh:ownedBy"))

    def _pay_equivalent(self, iri: str) -> PayEquivalent:
        across = self._across(iri)
        return PayEquivalent(
            **self._thing(iri, across),
            employer_types=self._keys(iri, "cmh:employerType", EmployerTypeKey),
            read_across=tuple(self._read_across(node) for node in across),
        )

    def _ahp_domain(self, iri: str) -> AhpDomain:
        order = self._one(iri, "cmh:order") or 0
        return AhpDomain(**self._thing(iri), order=order, within=self._ref(iri, "skos:broader"))

    def _across(self, iri: str) -> list[str]:
        """The read-across statements that start or end at a point of a scale."""
        ends = ("cmh:fromScale", "cmh:toScale")
        return sorted({node for end in ends for node in self._back.get((end, iri), ())})

    def _release(self, iri: str) -> Release:
        return Release(
            **self._thing(iri),
            version=self._text(iri, "owl:versionInfo") or "",
            issued=self._one(iri, "dcterms:issued") or datetime.date.min,
            changes=self._texts(iri, "cmh:changes"),
        )
