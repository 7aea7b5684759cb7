"""The conditions that rules name: questions about one change that have the answer yes or no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

from cmh_graph.namespaces import BASE, CMH, PREFIXES, key_of
from cmh_graph.versions.change import Event
from cmh_graph.versions.content import ASKS
from cmh_graph.versions.facts import iri_of, literal_of
from cmh_graph.versions.rules import NECESSITIES, STATUSES
from cmh_graph.versions.strictness import Direction, combine, direction
from cmh_graph.versions.view import CHANGE_NOTE, TYPE, WIDER, View

_OWL, _RDF, _RDFS, _SH, _SKOS = (PREFIXES[p] for p in ("owl", "rdf", "rdfs", "sh", "skos"))
_NO_MATCH: Final = PREFIXES["sssom"] + "NoTermFound"
_MAPPED: Final = _OWL + "annotatedProperty"
_STRICT_TYPES: Final = frozenset(
    _OWL + name
    for name in (
        "FunctionalProperty",
        "InverseFunctionalProperty",
        "AsymmetricProperty",
        "IrreflexiveProperty",
    )
)
_TARGETS: Final = ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
_EXCLUDING: Final = tuple(_OWL + name for name in ("disjointWith", "propertyDisjointWith", "complementOf"))
#: What a shape says of itself, beside constraints.
_NO_CONSTRAINT: Final = frozenset(
    {TYPE, _RDFS + "comment", _RDFS + "label", *(_SH + n for n in ("message", "name", "description", "severity",
     "order", "group", "property", "path", *_TARGETS))}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One change before it has a class. property: full IRI; "" if the whole thing is concerned.

    gone, come: texts of the values that only the earlier or only the later version has; for a mapping that is mapped
    otherwise, the texts of its earlier and later predicate, its target if that is what changed."""

    before: View
    after: View
    thing: str
    kind: str
    event: Event
    property: str
    gone: frozenset[str]
    come: frozenset[str]
    #: The views of the whole graph, for shapes that speak of its classes.
    graph_before: View
    graph_after: View


def _direction(case: Case) -> Direction:
    return direction(case.property, case.gone, case.come, case.before, case.after)


# Shapes


def _judges_old_data(case: Case) -> bool:
    """Whether a new shape can refuse data that nobody refused before."""
    shape, old, new = case.thing, case.before, case.after
    if _severity_is_mild(new, shape):
        return False
    paths = new.facts.values(shape, _SH + "path")
    if not paths:
        own = set(new.facts.about[shape]) - _NO_CONSTRAINT
        nested = any(not iri_of(text) for text in new.facts.values(shape, _SH + "property"))
        return bool(own or nested) and not _is_for_new(case, shape)
    holders = [
        one
        for one, said in new.facts.about.items()
        if f"<{shape}>" in said.get(_SH + "property", frozenset())
    ]
    if holders and all(_is_for_new(case, one) for one in holders):
        return False
    if not holders and _is_for_new(case, shape):
        return False
    asks = set(new.facts.about[shape]) - _NO_CONSTRAINT
    if not asks:
        return False
    path = iri_of(min(paths))
    is_new = path.startswith(CMH) and not case.graph_before.has(path) and not _is_known_path(old, path)
    needed = any(literal_of(t)[0] not in ("", "0") for t in new.facts.values(shape, _SH + "minCount"))
    return needed or not is_new


def _is_known_path(shapes: View, path: str) -> bool:
    return any(f"<{path}>" in said.get(_SH + "path", frozenset()) for said in shapes.facts.about.values())


def _is_for_new(case: Case, shape: str) -> bool:
    """Whether all that a node shape targets is new in the later version; a shape without a target judges by others."""
    targets = {iri for name in _TARGETS for iri in case.after.facts.iris(shape, _SH + name)}
    if not targets:
        return not any(f"<{shape}>" in v for said in case.before.facts.about.values() for v in said.values())
    known = {
        iri for said in case.before.facts.about.values() for name in _TARGETS
        for iri in map(iri_of, said.get(_SH + name, ()))
    }  # fmt: skip
    return all(not case.graph_before.has(one) and one not in known for one in targets)


def _severity_is_mild(view: View, shape: str) -> bool:
    severities = view.facts.iris(shape, _SH + "severity")
    return bool(severities) and severities <= {_SH + "Warning", _SH + "Info"}


# Terms


def _term_direction(case: Case) -> Direction:
    """Which way an axiom about a class or a property went; same where it is no matter of strictness."""
    if case.property == TYPE:
        strict_gone = {t for t in case.gone if iri_of(t) in _STRICT_TYPES}
        strict_come = {t for t in case.come if iri_of(t) in _STRICT_TYPES}
        if strict_come:
            return "stricter"
        return "looser" if strict_gone and strict_gone == case.gone else "same"
    if case.property in (_RDFS + "domain", _RDFS + "range"):
        return _direction(case)
    if case.property in WIDER:
        named = _named_superclasses(case)
        written = direction(
            case.property,
            frozenset(t for t in case.gone if not iri_of(t)),
            frozenset(t for t in case.come if not iri_of(t)),
            case.before,
            case.after,
        )
        return combine((named, written))
    if case.property in _EXCLUDING:
        new = {frozenset({case.thing, iri_of(text) or text}) for text in case.come}
        if any(_are_old(case, pair) for pair in new - case.before.disjoint):
            return "stricter"
        return "looser"
    if case.property == _OWL + "equivalentClass":
        return "stricter" if case.come else "looser"
    return "same"


def _named_superclasses(case: Case) -> Direction:
    """A superclass that no longer follows is a loss; one that is new, or still follows, is none."""
    gone = [iri for text in case.gone if (iri := iri_of(text))]
    if any(not case.after.is_a(case.thing, iri) and not case.after.is_retired(iri) for iri in gone):
        return "stricter"
    return "looser" if gone or any(map(iri_of, case.come)) else "same"


def _are_old(case: Case, pair: frozenset[str]) -> bool:
    return all(case.before.has(one) for one in pair)


def _excluded(case: Case) -> bool:
    return bool(case.before.disjoint_in(case.thing))


def _excludes_old_classes(case: Case) -> bool:
    new = case.after.disjoint_in(case.thing) - case.before.disjoint
    return any(_are_old(case, pair) for pair in new)


# Things


def _has_replacement(case: Case) -> bool:
    return any(case.after.has(one) or not one.startswith(BASE) for one in case.after.replacements(case.thing))


def _is_noted_statement(case: Case) -> bool:
    is_statement = case.after.has_type(case.thing, CMH + "Statement") or case.before.has_type(
        case.thing, CMH + "Statement"
    )
    return is_statement and bool(case.after.facts.values(case.thing, CHANGE_NOTE))


def _follows_replacement(case: Case) -> bool:
    """Whether every value that is gone was retired, or the property itself was and its successor says the same."""
    if not case.gone:
        return False
    successors = case.after.replacements(case.property) if case.after.is_retired(case.property) else ()
    if any(case.gone <= case.after.facts.values(case.thing, one) for one in successors):
        return True
    return all((iri := iri_of(text)) and case.after.is_retired(iri) for text in case.gone)


def _still_of_type(case: Case) -> bool:
    return bool(case.gone) and all(
        (iri := iri_of(text)) and case.after.has_type(case.thing, iri) for text in case.gone
    )


def _rank(texts: frozenset[str]) -> int | None:
    found = [NECESSITIES.index(key) for text in texts if (key := key_of(iri_of(text))) in NECESSITIES]
    return min(found) if len(found) == len(texts) and found else None


def _firmer(case: Case) -> bool:
    old, new = _rank(case.gone), _rank(case.come)
    return old is not None and new is not None and new < old


def _less_firm(case: Case) -> bool:
    old, new = _rank(case.gone), _rank(case.come)
    return old is not None and new is not None and new > old


def _certainty(texts: frozenset[str]) -> int | None:
    return min((STATUSES[k] for text in texts if (k := key_of(iri_of(text))) in STATUSES), default=None)


def _status_raised(case: Case) -> bool:
    old, new = _certainty(case.gone), _certainty(case.come)
    return new is not None and (old is None or new > old)


def _status_lowered(case: Case) -> bool:
    old, new = _certainty(case.gone), _certainty(case.come)
    return old is not None and (new is None or new <= old)


def _was_inferred(case: Case) -> bool:
    return _is_inferred(case) and not case.gone


def _was_judgement(case: Case) -> bool:
    """Whether a field was marked as inferred before, and has a value still."""
    marked = {iri_of(text) for text in case.before.facts.values(case.thing, CMH + "inferredField")}
    return bool(case.come) and (case.property in marked or _is_inferred(case))


def _is_inferred(case: Case) -> bool:
    status = case.before.facts.values(case.thing, CMH + "status")
    return bool(status) and _certainty(status) == 0


def _marks_new_field(case: Case) -> bool:
    marked = [iri_of(text) for text in case.come]
    return not case.gone and all(not case.before.facts.values(case.thing, one) for one in marked)


def _same_values(case: Case) -> bool:
    return bool(case.gone) and {_value(t) for t in case.gone} == {_value(t) for t in case.come}


def _value(text: str) -> object:
    value, _, datatype = literal_of(text)
    kind = datatype.rpartition("#")[2]
    if kind in ("integer", "decimal", "int", "long", "nonNegativeInteger", "positiveInteger"):
        try:
            return ("number", Decimal(value))
        except InvalidOperation:
            return text
    if kind == "boolean":
        return ("boolean", value in ("true", "1"))
    if kind == "langString":
        return text
    return text


# Questions


def _question_looser(case: Case) -> bool:
    if case.property == ASKS + "columns":
        old, new = (
            min((literal_of(t)[0] for t in texts), default="").split() for texts in (case.gone, case.come)
        )
        return [name for name in new if name in old] == old
    before = _parameters(case.before, case.thing)
    after = _parameters(case.after, case.thing)
    for name, (kinds, optional) in before.items():
        if name not in after:
            return False
        new_kinds, new_optional = after[name]
        if (optional and not new_optional) or not (new_kinds >= kinds or "thing" in new_kinds):
            return False
    return all(optional for name, (_, optional) in after.items() if name not in before)


def _parameters(view: View, question: str) -> dict[str, tuple[frozenset[str], bool]]:
    found = {}
    for text in view.facts.values(question, ASKS + "parameter"):
        name, _, rest = literal_of(text)[0].partition(": ")
        kinds, _, optional = rest.rpartition(", ")
        found[name] = (frozenset(kinds.split(" or ")), optional == "optional")
    return found


CONDITIONS: Final[Mapping[str, Callable[[Case], bool]]] = MappingProxyType({
    "judges_old_data": _judges_old_data,
    "only_warns": lambda case: _severity_is_mild(case.after, case.thing),
    "looser": lambda case: _direction(case) == "looser",
    "same_strictness": lambda case: _direction(case) == "same",
    "term_stricter": lambda case: _term_direction(case) in ("stricter", "unclear"),
    "term_looser": lambda case: _term_direction(case) == "looser",
    "excluded": _excluded,
    "excludes_old_classes": _excludes_old_classes,
    "has_replacement": _has_replacement,
    "is_noted_statement": _is_noted_statement,
    "becomes_exact": lambda case: case.property == _MAPPED
    and {iri_of(t) for t in case.come} == {_SKOS + "exactMatch"}
    and {iri_of(t) for t in case.gone} == {_SKOS + "closeMatch"},
    "had_no_match": lambda case: {iri_of(t) for t in case.gone} == {_NO_MATCH},
    "follows_replacement": _follows_replacement,
    "still_of_type": _still_of_type,
    "any_gone": lambda case: bool(case.gone),
    "only_gone": lambda case: not case.come,
    "only_come": lambda case: not case.gone,
    "firmer": _firmer,
    "less_firm": _less_firm,
    "status_raised": _status_raised,
    "status_lowered": _status_lowered,
    "was_inferred": _was_inferred,
    "was_judgement": _was_judgement,
    "marks_new_field": _marks_new_field,
    "same_values": _same_values,
    "question_looser": _question_looser,
})  # fmt: skip
