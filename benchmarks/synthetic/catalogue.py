"""A partner's catalogue of any number of roles, as N-Triples.

Each role is a post with a title, what the title means, and for every second post a reviewed mapping; every tenth role
is also described in full, with placement, legal position, band and requirements. What they point to is the framework's.
A chosen share of roles is broken, each in one of the ways of BREAKS.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from cmh_graph.namespaces import BASE, CMH, PREFIXES

#: A statement: subject, predicate and object in N-Triples.
Line = tuple[str, str, str]

_PLACES = ("North", "South", "East", "West", "Upper", "Lower", "Old", "New", "Green", "Hill", "River", "Park")
_WORDS = (
    "support worker",
    "nurse",
    "practitioner",
    "team leader",
    "peer worker",
    "care coordinator",
    "psychologist",
)
_SKILLS = ("active-listening", "communication", "records", "safeguarding", "confidentiality", "navigation")
_ROLES = ("advocate", "hcsw", "mental-health-nurse", "nursing-associate", "peer-support-worker")
_TYPE = f"<{PREFIXES['rdf']}type>"
_LABEL = f"<{PREFIXES['skos']}prefLabel>"
_DEFINITION = f"<{PREFIXES['skos']}definition>"
_SOURCE = f"<{PREFIXES['dcterms']}source>"
_SSSOM = PREFIXES["sssom"]
_BOOLEAN = f"^^<{PREFIXES['xsd']}boolean>"
_INTEGER = f"^^<{PREFIXES['xsd']}integer>"


def _ours(kind: str, key: str) -> str:
    return f"<{BASE}{kind}/{key}>"


def _term(name: str) -> str:
    return f"<{CMH}{name}>"


def _text(words: str) -> str:
    return f'"{words}"@en'


def catalogue(roles: int, *, seed: int = 7, broken: float = 0.0, name: str = "eastbrook") -> Iterator[Line]:
    """The statements of a catalogue of so many roles, in order.

    broken: share of roles that have one fault."""
    randomly = random.Random(seed)
    employer, source = _ours("organisation", name), _ours("source", name)
    yield from (
        (source, _TYPE, _term("Source")),
        (source, _LABEL, _text("Role catalogue of a made-up trust")),
        (source, f"<{PREFIXES['dc']}publisher>", _text("A made-up trust")),
        (source, f"<{PREFIXES['dc']}date>", '"2026"'),
        (source, f"<{PREFIXES['dc']}rights>", _text("Made for measurements")),
        (source, _term("sourceKind"), _ours("vocab/status", "confirmed")),
        (employer, _TYPE, _term("Organisation")),
        (employer, _LABEL, _text("A made-up trust")),
        (employer, _term("employerType"), _ours("vocab/employer-type", "nhs-trust")),
        (employer, _term("relationToFramework"), _ours("vocab/use-state", "partner")),
        (employer, _term("status"), _ours("vocab/status", "confirmed")),
        (employer, _SOURCE, source),
    )
    breaks = sorted(BREAKS)
    for number in range(roles):
        lines = list(_role(number, name, randomly))
        if randomly.random() < broken:
            lines = BREAKS[randomly.choice(breaks)](lines)
        yield from lines


def _role(number: int, name: str, randomly: random.Random) -> Iterator[Line]:
    key = f"{name}-{number:06d}"
    said = [
        (_term("status"), _ours("vocab/status", "confirmed")),
        (_SOURCE, _ours("source", name)),
    ]

    def thing(kind: str, own: str, of: str, *pairs: tuple[str, str]) -> Iterator[Line]:
        node = _ours(kind, own)
        yield (node, _TYPE, of)
        for predicate, value in (*pairs, *said):
            yield (node, predicate, value)

    title, employer = _ours("title", key), _ours("organisation", name)
    words = (
        f"{randomly.choice(_PLACES)} {randomly.choice(_PLACES).lower()} {randomly.choice(_WORDS)} {number}"
    )
    band = _ours("vocab/band", str(randomly.randint(2, 7)))
    means = _ours("role", randomly.choice(_ROLES))
    yield from thing("title", key, _term("Title"), (_LABEL, _text(words)), (_term("belongsTo"), employer))
    yield from thing(
        "post", key, _term("Post"),
        (_term("hasTitle"), title), (f"<{PREFIXES['org']}postIn>", employer), (_term("band"), band),
    )  # fmt: skip
    described = number % 10 == 0
    own = _ours("role", key)
    yield from thing(
        "title-meaning", key, _term("TitleMeaning"),
        (_term("title"), title), (_term("meansRole"), own if described else means),
    )  # fmt: skip
    if number % 2:
        yield from thing(
            "mapping", key, f"<{_SSSOM}Mapping>",
            (f"<{PREFIXES['owl']}annotatedSource>", title),
            (f"<{PREFIXES['owl']}annotatedProperty>", f"<{PREFIXES['skos']}closeMatch>"),
            (f"<{PREFIXES['owl']}annotatedTarget>", means),
            (f"<{_SSSOM}mapping_justification>", f"<{PREFIXES['semapv']}ManualMappingCuration>"),
            (f"<{_SSSOM}object_source>", f"<{BASE}vocab/roles>"),
            (f"<{_SSSOM}confidence>", f'"0.{randomly.randint(51, 99)}"^^<{PREFIXES["xsd"]}decimal>'),
            (f"<{_SSSOM}reviewer_label>", '"role lead"'),
            (f"<{_SSSOM}review_date>", f'"2026-0{randomly.randint(1, 9)}-15"^^<{PREFIXES["xsd"]}date>'),
            (_term("reviewState"), _ours("vocab/review-state", "accepted")),
        )  # fmt: skip
    if not described:
        return
    asked = randomly.sample(_SKILLS, 3)
    parts = [f"{key}--skill-{skill}" for skill in asked]
    none = [f"{key}--{kind}-none" for kind in ("qualification", "experience")]
    yield from thing(
        "role", key, _term("Role"),
        (_LABEL, _text(words[0] + words[1:] + " role")),
        (_DEFINITION, _text(f"Made-up work number {number}, described for measurements.")),
        (_term("clinicalContact"), _ours("vocab/clinical", "non-clinical")),
        (_term("family"), _ours("vocab/family", "nursing")),
        (_term("frameworkLevel"), _ours("vocab/framework-level", "support")),
        (_term("isPaid"), f'"true"{_BOOLEAN}'),
        (f"<{PREFIXES['skos']}inScheme>", f"<{BASE}vocab/roles>"),
        (_term("enteredBy"), _ours("route", "direct-application")),
        (_term("hasPlacement"), _ours("placement", key)),
        (_term("hasRegulation"), _ours("regulation", key)),
        (_term("hasBandAssignment"), _ours("band-assignment", key)),
        *((_term("hasRequirement"), _ours("requirement", part)) for part in (*parts, *none)),
    )  # fmt: skip
    yield from thing(
        "placement",
        key,
        _term("Placement"),
        (_term("employerType"), _ours("vocab/employer-type", "nhs-trust")),
    )
    yield from thing(
        "regulation", key, _term("Regulation"),
        (_term("isRegulated"), f'"false"{_BOOLEAN}'), (_term("appliesIn"), _ours("vocab/country", "england")),
    )  # fmt: skip
    yield from thing(
        "band-assignment", key, _term("BandAssignment"),
        (_term("band"), band), (_term("payScheme"), _ours("scheme", "agenda-for-change")),
        (_term("assignedBy"), employer), (f"<{PREFIXES['dc']}date>", '"2026"'),
    )  # fmt: skip
    for part, skill in zip(parts, asked, strict=True):
        yield from thing(
            "requirement", part, _term("SkillRequirement"),
            (_term("asksFor"), _ours("skill", skill)), (_term("necessity"), _ours("vocab/necessity", "essential")),
        )  # fmt: skip
    for part, kind in zip(none, ("qualification", "experience"), strict=True):
        yield from thing("requirement", part, _term("NoneRequired"), (_term("asksFor"), _ours(kind, "none")))


# Faults ----------------------------------------------------------------------------------------------------------


def _without(predicate: str) -> Callable[[list[Line]], list[Line]]:
    """The first statement with this predicate is missing."""

    def breaking(lines: list[Line]) -> list[Line]:
        gone = next((line for line in lines if line[1] == predicate), None)
        return [line for line in lines if line is not gone]

    return breaking


def _replaced(predicate: str, value: str) -> Callable[[list[Line]], list[Line]]:
    """The first statement with this predicate has another value."""

    def breaking(lines: list[Line]) -> list[Line]:
        changed = next((line for line in lines if line[1] == predicate), None)
        return [(line[0], line[1], value) if line is changed else line for line in lines]

    return breaking


def _added(predicate: str, value: str) -> Callable[[list[Line]], list[Line]]:
    """The first thing says one thing more."""
    return lambda lines: [*lines, (lines[0][0], predicate, value)]


#: Name of a fault -> what it makes of the statements of a role.
BREAKS: dict[str, Callable[[list[Line]], list[Line]]] = {
    "band that is no band": _replaced(_term("band"), _ours("vocab/band", "33")),
    "holder named": lambda lines: [*lines, (lines[5][0], f"<{PREFIXES['org']}heldBy>", '"somebody"')],
    "meaning of no role": _replaced(_term("meansRole"), _ours("role", "nothing")),
    "no confidence": _replaced(f"<{_SSSOM}confidence>", f'"1.5"^^<{PREFIXES["xsd"]}decimal>'),
    "no date": _replaced(f"<{_SSSOM}review_date>", '"last week"'),
    "no employer": _without(f"<{PREFIXES['org']}postIn>"),
    "no kind": _without(_TYPE),
    "no source": _without(_SOURCE),
    "no title": _without(_term("hasTitle")),
    # Not a boolean that is none: rdflib, which the peers read with, takes any such for false.
    "paid or not": _replaced(_term("isPaid"), '"perhaps"'),
    "state unheard of": _replaced(_term("reviewState"), _ours("vocab/review-state", "perhaps")),
    "title of one letter": _replaced(_LABEL, _text("x")),
    "title without language": _replaced(_LABEL, '"plain"'),
    "two employers": _added(_term("belongsTo"), _ours("organisation", "another")),
    "two names": _added(_LABEL, _text("Another name")),
    "wholly a number": _replaced(_LABEL, f'"12"{_INTEGER}'),
}
