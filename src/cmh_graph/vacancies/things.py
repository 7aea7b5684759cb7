"""A built graph -> its vacancies, as the API shows them."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

from cmh_graph.model import Iri, Key, Ref, Says, SourceKey, Thing
from cmh_graph.namespaces import BASE, key_of
from cmh_graph.store import Row, Store, text_of

State = Literal["listed", "closed"]

_VACANCIES: Final = """
SELECT ?v ?title ?employer ?named ?label ?posted ?until ?closed ?id ?url ?place ?area ?hours ?low ?high ?unit ?learning
  ?status ?source WHERE {
  ?v a cmh:Vacancy ; skos:prefLabel ?title ; schema:hiringOrganization ?employer ; schema:datePosted ?posted ;
    cmh:status ?status ; dcterms:source ?source .
  OPTIONAL { ?v cmh:employerAsNamed ?named }
  OPTIONAL { ?employer skos:prefLabel ?label }
  OPTIONAL { ?v schema:validThrough ?until }
  OPTIONAL { ?v cmh:goneOn ?closed }
  OPTIONAL { ?v schema:identifier ?id }
  OPTIONAL { ?v schema:url ?url }
  OPTIONAL { ?v cmh:placeName ?place }
  OPTIONAL { ?v cmh:postcodeArea ?area }
  OPTIONAL { ?v schema:workHours ?hours }
  OPTIONAL { ?v cmh:minimumSalary ?low }
  OPTIONAL { ?v cmh:maximumSalary ?high }
  OPTIONAL { ?v cmh:salaryUnit ?unit }
  OPTIONAL { ?v cmh:mentionsLearning ?learning }
} ORDER BY ?v ?source ?label"""
_TYPES: Final = "SELECT ?v ?type WHERE { ?v a cmh:Vacancy ; schema:employmentType ?type } ORDER BY ?v ?type"
_LINKS: Final = """
SELECT ?v ?link ?to ?name ?confidence ?reason ?zone ?necessity ?words ?status ?source WHERE {
  ?v a cmh:Vacancy ; cmh:hasVacancyLink ?link .
  ?link cmh:linksTo ?to ; sssom:confidence ?confidence ; cmh:linkReason ?reason ; cmh:status ?status ;
    dcterms:source ?source .
  OPTIONAL { ?to skos:prefLabel ?name }
  OPTIONAL { ?link cmh:linkZone ?zone }
  OPTIONAL { ?link cmh:statedNecessity ?necessity }
  OPTIONAL { ?link cmh:quotedWords ?words }
} ORDER BY ?v DESC(?confidence) ?to ?link ?name ?source"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VacancyLink:
    """What a vacancy was found to mean or ask for. Always inferred: confidence from 0 to 1, and why.

    zone: of a role, "accept", or "review" for a proposal that is not settled. necessity: as the text states it.
    words: of the posting that led to it."""

    key: Key
    iri: Iri
    to: Ref
    to_iri: Iri
    confidence: float
    reason: str
    zone: Literal["accept", "review"] | None = None
    necessity: str | None = None
    words: str | None = None
    says: Says


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """What a vacancy offers. unit: currency and, where stated, the time, such as "GBP a year"."""

    minimum: float | None
    maximum: float | None
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacancy(Thing):
    """A post that an employer advertises. iri: stable, for platforms to carry. url: of the posting.

    valid_through: the last day announced. closed_on: the first day on which it was gone from its feed.
    state: "listed" if it was in its feed when that was last read, else "closed". What was found rather than read, the
    links, is named in says.inferred_fields."""

    identifier: str | None
    url: str | None
    employer: Ref
    employer_as_named: str | None
    place: str | None
    postcode_area: str | None
    date_posted: datetime.date
    valid_through: datetime.date | None
    closed_on: datetime.date | None
    state: State
    employment_types: tuple[str, ...]
    work_hours: str | None
    pay: Pay | None
    mentions_learning: bool | None
    roles: tuple[VacancyLink, ...]
    bands: tuple[VacancyLink, ...]
    skills: tuple[VacancyLink, ...]
    values: tuple[VacancyLink, ...]
    experiences: tuple[VacancyLink, ...]
    qualifications: tuple[VacancyLink, ...]

    def is_open(self, day: datetime.date) -> bool:
        """Whether it is open on a day: posted by then, not past its last day, and not closed by then."""
        return (
            self.date_posted <= day
            and (self.valid_through is None or day <= self.valid_through)
            and (self.closed_on is None or day < self.closed_on)
        )


_FIELDS: Final = {
    "role": "roles",
    "band": "bands",
    "skill": "skills",
    "value": "values",
    "experience": "experiences",
    "qualification": "qualifications",
}


def read_vacancies(store: Store) -> Mapping[Key, Vacancy]:
    """Every vacancy of a graph by its key; the last posted first, then by key."""
    links: dict[str, dict[str, dict[str, VacancyLink]]] = defaultdict(lambda: defaultdict(dict))
    for row in store.select(_LINKS):
        link = _link(row)
        links[text_of(row["v"])][_FIELDS.get(link.to.kind, "")].setdefault(link.iri, link)
    types: dict[str, list[str]] = defaultdict(list)
    for row in store.select(_TYPES):
        types[text_of(row["v"])].append(text_of(row["type"]))
    found: dict[str, Vacancy] = {}
    for row in store.select(_VACANCIES):
        iri = text_of(row["v"])
        if iri not in found:
            found[iri] = _vacancy(row, tuple(dict.fromkeys(types[iri])), links[iri])
    ordered = sorted(found.values(), key=lambda one: (-one.date_posted.toordinal(), one.key))
    return MappingProxyType({one.key: one for one in ordered})


def _vacancy(row: Row, types: tuple[str, ...], links: Mapping[str, Mapping[str, VacancyLink]]) -> Vacancy:
    def said(name: str) -> str | None:
        return text_of(row[name]) if name in row else None

    def day(name: str) -> datetime.date | None:
        return datetime.date.fromisoformat(text_of(row[name])[:10]) if name in row else None

    def number(name: str) -> float | None:
        return float(text_of(row[name])) if name in row else None

    def linked(name: str) -> tuple[VacancyLink, ...]:
        return tuple(links.get(name, {}).values())

    iri, employer, posted = text_of(row["v"]), text_of(row["employer"]), day("posted")
    assert posted is not None
    return Vacancy(
        key=Key(key_of(iri)),
        iri=Iri(iri),
        label=text_of(row["title"]),
        says=replace(_says(row), inferred_fields=tuple(name for name in _FIELDS.values() if links.get(name))),
        identifier=said("id"),
        url=said("url"),
        employer=Ref(
            "organisation", Key(key_of(employer)), said("label") or said("named") or key_of(employer)
        ),
        employer_as_named=said("named"),
        place=said("place"),
        postcode_area=said("area"),
        date_posted=posted,
        valid_through=day("until"),
        closed_on=day("closed"),
        state="closed" if "closed" in row else "listed",
        employment_types=types,
        work_hours=said("hours"),
        pay=Pay(minimum=number("low"), maximum=number("high"), unit=text_of(row["unit"]))
        if "unit" in row
        else None,
        mentions_learning=said("learning") == "true" if "learning" in row else None,
        roles=linked("roles"),
        bands=linked("bands"),
        skills=linked("skills"),
        values=linked("values"),
        experiences=linked("experiences"),
        qualifications=linked("qualifications"),
    )


def _link(row: Row) -> VacancyLink:
    iri, to = text_of(row["link"]), text_of(row["to"])
    # A band is a concept of a scheme: .../vocab/band/5.
    kind = to.removeprefix(BASE).rpartition("/")[0].removeprefix("vocab/")
    zone = text_of(row.get("zone"))
    return VacancyLink(
        key=Key(key_of(iri)),
        iri=Iri(iri),
        to=Ref(kind, Key(key_of(to)), text_of(row.get("name")) or key_of(to)),
        to_iri=Iri(to),
        confidence=float(text_of(row["confidence"])),
        reason=text_of(row["reason"]),
        zone="accept" if zone == "accept" else "review" if zone == "review" else None,
        necessity=key_of(text_of(row["necessity"])) if "necessity" in row else None,
        words=text_of(row["words"]) if "words" in row else None,
        says=_says(row),
    )


def _says(row: Row) -> Says:
    status = key_of(text_of(row["status"]))
    known = status if status in ("seed", "public", "confirmed") else "inferred"
    return Says(known, (SourceKey(key_of(text_of(row["source"]))),))  # type: ignore[arg-type]
