"""The register of a feed -> statements in the feed's own named graph.

Everything that was found rather than read, a link to a role, skill or band, is a node with status inferred. A role is
stated directly, as schema:relevantOccupation, only where the aligner accepts it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import CMH, GRAPH_PARTNER, PREFIXES, iri
from cmh_graph.store import Literal, NamedNode, Quad
from cmh_graph.vacancies.folder import ABOUT, REGISTER, About, read_about, read_register
from cmh_graph.vacancies.links import Link
from cmh_graph.vacancies.register import Register, Vacancy

_XSD: Final = PREFIXES["xsd"]
_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")
_SCHEMA: Final = PREFIXES["schema"]
_INFERENCE: Final = NamedNode(iri("source", "inference"))
_UNIT_WORDS: Final = {
    "HOUR": "an hour",
    "DAY": "a day",
    "WEEK": "a week",
    "MONTH": "a month",
    "YEAR": "a year",
}


def feed_quads(folder: Path) -> Iterator[Quad]:
    """The statements of the feed that is kept in a folder. Raises SourceError where a file cannot be used."""
    about = read_about(folder)
    if about is None or not (folder / REGISTER).is_file():
        raise SourceError(
            f"this folder holds no vacancies: it has no {REGISTER if about else ABOUT}",
            where=str(folder),
            mend="read a feed into it first: cmh-graph vacancies FEED --to FOLDER",
        )
    yield from register_quads(about, read_register(folder))


def register_quads(about: About, register: Register) -> Iterator[Quad]:
    """The source, the employers and the vacancies of a feed, in order of keys."""
    graph = NamedNode(GRAPH_PARTNER + about.name)
    source = NamedNode(iri("source", about.name))
    said = NamedNode(iri("status", about.status))

    def state(node: NamedNode, *pairs: tuple[str, NamedNode | Literal | None]) -> Iterator[Quad]:
        for prop, value in pairs:
            if value is not None:
                yield Quad(node, NamedNode(prop), value, graph)

    yield Quad(source, _TYPE, NamedNode(CMH + "Source"), graph)
    yield from state(
        source,
        (PREFIXES["skos"] + "prefLabel", _english(f"Vacancies of {about.owner}")),
        (PREFIXES["dc"] + "publisher", _english(about.owner)),
        (PREFIXES["dc"] + "rights", _english(about.licence)),
        (CMH + "sourceKind", said),
    )
    names: dict[str, str] = {}
    for one in register.values():
        employer = one.facts.employer
        if employer not in about.employers:
            key = employer_key(about, employer)
            names[key] = min(names.get(key, employer), employer)
    for key, name in sorted(names.items()):
        node = NamedNode(iri("organisation", key))
        yield Quad(node, _TYPE, NamedNode(CMH + "Organisation"), graph)
        yield from state(
            node,
            (PREFIXES["skos"] + "prefLabel", _english(name)),
            (CMH + "status", said),
            (PREFIXES["dcterms"] + "source", source),
        )
    for one in register.values():
        vacancy = NamedNode(iri("vacancy", f"{about.name}-{one.facts.key}"))
        yield Quad(vacancy, _TYPE, NamedNode(CMH + "Vacancy"), graph)
        yield from state(
            vacancy, *_facts(about, one), (CMH + "status", said), (PREFIXES["dcterms"] + "source", source)
        )
        accepted = [link for link in one.links if link.kind == "role" and link.zone == "accept"]
        for link in accepted:
            yield from state(vacancy, (_SCHEMA + "relevantOccupation", _target(link)))
        if accepted:
            yield from state(vacancy, (CMH + "inferredField", NamedNode(_SCHEMA + "relevantOccupation")))
        for link in one.links:
            node = NamedNode(iri("vacancy-link", f"{about.name}-{one.facts.key}--{link.kind}-{link.key}"))
            yield from state(vacancy, (CMH + "hasVacancyLink", node))
            yield Quad(node, _TYPE, NamedNode(CMH + "VacancyLink"), graph)
            yield from state(node, *_link(link))


def employer_key(about: About, name: str) -> str:
    """The key of an employer's organisation: the one that source.toml gives, else one of the feed's own."""
    given = about.employers.get(name)
    return (
        given
        or f"{about.name}-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')[:60].strip('-') or 'employer'}"
    )


def _facts(about: About, one: Vacancy) -> Iterator[tuple[str, NamedNode | Literal | None]]:
    facts, pay = one.facts, one.facts.salary
    yield PREFIXES["skos"] + "prefLabel", _english(facts.title)
    yield _SCHEMA + "hiringOrganization", NamedNode(iri("organisation", employer_key(about, facts.employer)))
    yield CMH + "employerAsNamed", _english(facts.employer)
    yield _SCHEMA + "datePosted", _typed(facts.date_posted, "date")
    yield _SCHEMA + "validThrough", _typed(facts.valid_through, "date")
    yield CMH + "goneOn", _typed(one.closed, "date")
    yield _SCHEMA + "identifier", Literal(facts.identifier) if facts.identifier else None
    yield _SCHEMA + "url", _typed(facts.url, "anyURI")
    yield CMH + "placeName", _english(facts.place)
    yield CMH + "postcodeArea", Literal(facts.postcode_area) if facts.postcode_area else None
    for kind in facts.employment_types:
        yield _SCHEMA + "employmentType", Literal(kind)
    yield _SCHEMA + "workHours", _english(facts.work_hours)
    if facts.mentions_learning is not None:
        yield CMH + "mentionsLearning", _typed(str(facts.mentions_learning).lower(), "boolean")
    if pay:
        yield CMH + "minimumSalary", _decimal(pay.minimum)
        yield CMH + "maximumSalary", _decimal(pay.maximum)
        yield CMH + "salaryUnit", _english(f"{pay.currency} {_UNIT_WORDS.get(pay.unit, '')}".strip())


def _link(link: Link) -> Iterator[tuple[str, NamedNode | Literal | None]]:
    yield CMH + "linksTo", _target(link)
    yield PREFIXES["sssom"] + "confidence", _decimal(f"{link.confidence:.3f}")
    yield CMH + "linkReason", _english(link.reason)
    yield CMH + "linkZone", Literal(link.zone) if link.zone else None
    yield CMH + "statedNecessity", NamedNode(iri("necessity", link.necessity)) if link.necessity else None
    yield CMH + "quotedWords", _english(link.words)
    yield CMH + "status", NamedNode(iri("status", "inferred"))
    yield PREFIXES["dcterms"] + "source", _INFERENCE


def _target(link: Link) -> NamedNode:
    return NamedNode(iri(link.kind, link.key))


def _english(text: str) -> Literal | None:
    return Literal(text, language="en") if text else None


def _typed(text: str, datatype: str) -> Literal | None:
    return Literal(text, datatype=NamedNode(_XSD + datatype)) if text else None


def _decimal(text: str) -> Literal | None:
    return _typed(text if not text or "." in text else f"{text}.0", "decimal")
