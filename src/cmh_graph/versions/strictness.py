"""Whether a changed constraint asks for more than before.

Answers are `stricter` (data that passed may fail, or a reader may conclude what it did not before), `looser` (all that
passed still passes), `same`, and `unclear`, which is to be taken as stricter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Set
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from cmh_graph.namespaces import PREFIXES
from cmh_graph.versions.facts import iri_of, literal_of
from cmh_graph.versions.view import TYPE, View, is_true

Direction = Literal["stricter", "looser", "same", "unclear"]
_SH, _OWL, _RDFS = PREFIXES["sh"], PREFIXES["owl"], PREFIXES["rdfs"]


def _of(namespace: str, names: str) -> frozenset[str]:
    return frozenset(namespace + name for name in names.split())


_AT_LEAST: Final = _of(_SH, "minCount qualifiedMinCount") | _of(
    _OWL, "minCardinality minQualifiedCardinality"
)
_LOWER: Final = _of(_SH, "minLength minInclusive minExclusive")
_UPPER: Final = _of(
    _SH, "maxCount maxLength maxInclusive maxExclusive qualifiedMaxCount"
) | _of(_OWL, "maxCardinality maxQualifiedCardinality")  # fmt: skip
#: A list of what is allowed: a longer one is looser, none at all is loosest.
_ALLOWED: Final = _of(_SH, "in languageIn or")
#: Lists and flags that let things through.
_LENIENT_LISTS: Final = _of(_SH, "ignoredProperties")
_LENIENT_FLAGS: Final = _of(_SH, "deactivated")
_STRICT_FLAGS: Final = _of(_SH, "closed uniqueLang qualifiedValueShapesDisjoint")
_NESTED: Final = _of(_SH, "property node") | _of(_RDFS, "subClassOf")
_WORDS: Final = _of(_SH, "message name description order group") | _of(_RDFS, "comment label seeAlso")
_SEVERITIES: Final = tuple(_SH + name for name in ("Info", "Warning", "Violation"))
#: What a node kind lets through.
_NODE_KINDS: Final = {
    _SH + name: frozenset(kinds.split())
    for name, kinds in (
        ("IRI", "iri"), ("BlankNode", "blank"), ("Literal", "literal"), ("BlankNodeOrIRI", "blank iri"),
        ("BlankNodeOrLiteral", "blank literal"), ("IRIOrLiteral", "iri literal"),
    )
}  # fmt: skip
#: Nested shapes and restrictions are the same one where they are on the same property.
_IDENTITY: Final = (_SH + "path", _OWL + "onProperty")


def combine(directions: Iterable[Direction]) -> Direction:
    """The direction of several changes together: unclear or stricter wins over looser, looser over same."""
    found = set(directions)
    for one in ("unclear", "stricter", "looser"):
        if one in found:
            return one
    return "same"


def direction(predicate: str, gone: Set[str], come: Set[str], before: View, after: View) -> Direction:
    """Which way the values of a constraint went. gone, come: texts of the values that are not shared."""
    if gone == come:
        return "same"
    if predicate in _WORDS:
        return "same"
    for properties, judge in _JUDGES:
        if predicate in properties:
            return judge(gone, come, before, after)
    if not gone:
        return "stricter"
    if not come:
        return "looser"
    return "unclear"


def _number(texts: Set[str], pick: Callable[[Iterable[Decimal]], Decimal]) -> Decimal | None:
    try:
        return pick(Decimal(literal_of(text)[0]) for text in texts) if texts else None
    except InvalidOperation:
        return None


def _lower(gone: Set[str], come: Set[str], *_: View) -> Direction:
    if not gone or not come:
        return "stricter" if come else "looser"
    old, new = _number(gone, max), _number(come, max)
    if old is None or new is None:
        # Dates and the like: not worth an order of their own.
        return "unclear"
    return "stricter" if new > old else "looser" if new < old else "same"


def _at_least(gone: Set[str], come: Set[str], *views: View) -> Direction:
    """Least numbers of values: at least none is no condition."""

    def without_none(texts: Set[str]) -> Set[str]:
        return {text for text in texts if literal_of(text)[0].strip("0")}

    left, right = without_none(gone), without_none(come)
    return _lower(left, right, *views) if left or right else "same"


def _upper(gone: Set[str], come: Set[str], *_: View) -> Direction:
    if not gone or not come:
        return "stricter" if come else "looser"
    old, new = _number(gone, min), _number(come, min)
    if old is None or new is None:
        return "unclear"
    return "stricter" if new < old else "looser" if new > old else "same"


def _members(texts: Set[str], view: View) -> set[str] | None:
    found: set[str] = set()
    for text in texts:
        if text == f"<{PREFIXES['rdf']}nil>":
            continue
        if text not in view.facts.members:
            return None
        found |= set(view.facts.members[text])
    return found


def _allowed(gone: Set[str], come: Set[str], before: View, after: View) -> Direction:
    if not gone or not come:
        return "stricter" if come else "looser"
    old, new = _members(gone, before), _members(come, after)
    if old is None or new is None:
        return "unclear"
    return "same" if new == old else "looser" if new > old else "stricter"


def _lenient_list(gone: Set[str], come: Set[str], before: View, after: View) -> Direction:
    old, new = _members(gone, before), _members(come, after)
    if old is None or new is None:
        return "unclear"
    return "same" if new == old else "looser" if new > old else "stricter"


def _strict_flag(gone: Set[str], come: Set[str], *_: View) -> Direction:
    old, new = any(map(is_true, gone)), any(map(is_true, come))
    return "same" if old == new else "stricter" if new else "looser"


def _lenient_flag(gone: Set[str], come: Set[str], *views: View) -> Direction:
    return _strict_flag(come, gone, *views)


def _severity(gone: Set[str], come: Set[str], *_: View) -> Direction:
    def rank(texts: Set[str]) -> int:
        # Without one, a result is a violation.
        return max((_SEVERITIES.index(iri_of(t)) for t in texts if iri_of(t) in _SEVERITIES), default=2)

    old, new = rank(gone), rank(come)
    return "same" if old == new else "stricter" if new > old else "looser"


def _node_kind(gone: Set[str], come: Set[str], *_: View) -> Direction:
    if not gone or not come:
        return "stricter" if come else "looser"
    old = frozenset().union(*(_NODE_KINDS.get(iri_of(text), frozenset()) for text in gone))
    new = frozenset().union(*(_NODE_KINDS.get(iri_of(text), frozenset()) for text in come))
    return "looser" if new > old else "stricter"


def _classes(gone: Set[str], come: Set[str], before: View, after: View) -> Direction:
    """Domains, ranges and sh:class: every one of them must hold, so a wider one in place of one is looser."""
    if not come:
        return "looser"
    if not gone:
        return "stricter"
    wider = all(_covers(new, gone, before, after) for new in come)
    return "looser" if wider else "stricter"


def _covers(new: str, gone: Set[str], before: View, after: View) -> bool:
    """Whether what one of the earlier classes held is held by the new one."""
    allowed = after.classes_in(new)
    return bool(allowed) and any(
        (old := before.classes_in(text))
        and all(any(before.is_a(o, n) or after.is_a(o, n) for n in allowed) for o in old)
        for text in gone
    )


def _nested(gone: Set[str], come: Set[str], before: View, after: View) -> Direction:
    """Shapes or restrictions inside another: named ones are judged by themselves, written-out ones here."""
    found: list[Direction] = []
    old, new = _by_identity(gone, before), _by_identity(come, after)
    for key in {*old, *new}:
        if key not in old:
            found.append("stricter")
        elif key not in new:
            found.append("looser")
        else:
            found.append(_compare(old[key], new[key], before, after))
    for text in come:
        iri = iri_of(text)
        if iri:
            # A new shape is judged as such; one that was there before now holds for more.
            found.append("stricter" if before.has(iri) else "same")
    for text in gone:
        iri = iri_of(text)
        if iri:
            found.append("looser")
    return combine(found)


def _by_identity(texts: Set[str], view: View) -> dict[tuple[str, ...], dict[str, set[str]]]:
    """What written-out shapes or restrictions hold, by the property that they are on.

    Several on one property are taken together: all of them must hold."""
    found: dict[tuple[str, ...], dict[str, set[str]]] = {}
    for text in texts:
        if text not in view.facts.pairs:
            continue
        said: dict[str, set[str]] = defaultdict(set)
        for predicate, value in view.facts.pairs[text]:
            said[predicate].add(value)
        key = tuple(sorted(value for p in _IDENTITY for value in said.get(p, ())))
        held = found.setdefault(key, defaultdict(set))
        for predicate, values in said.items():
            held[predicate] |= values
    return found


def _compare(old: dict[str, set[str]], new: dict[str, set[str]], before: View, after: View) -> Direction:
    return combine(
        direction(
            p, old.get(p, set()) - new.get(p, set()), new.get(p, set()) - old.get(p, set()), before, after
        )
        for p in sorted({*old, *new} - {TYPE, *_IDENTITY})
    )


_JUDGES: Final[tuple[tuple[frozenset[str], Callable[[Set[str], Set[str], View, View], Direction]], ...]] = (
    (_AT_LEAST, _at_least),
    (_LOWER, _lower),
    (_UPPER, _upper),
    (_ALLOWED, _allowed),
    (_LENIENT_LISTS, _lenient_list),
    (_STRICT_FLAGS, _strict_flag),
    (_LENIENT_FLAGS, _lenient_flag),
    (_of(_SH, "severity"), _severity),
    (_of(_SH, "nodeKind"), _node_kind),
    # sh:datatype is left to the default: a literal has one datatype, and a wider one does not take the narrower.
    (_of(_SH, "class") | _of(_RDFS, "domain range"), _classes),
    (_NESTED, _nested),
)
