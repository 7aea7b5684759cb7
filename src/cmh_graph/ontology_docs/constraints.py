"""Shapes in words: "exactly one", "at least one, each a source", "at most one date"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cmh_graph.namespaces import BASE, PREFIXES, compact
from cmh_graph.store import Literal, NamedNode, Term, Triple, text_of

_SH: Final = PREFIXES["sh"]
_RDF: Final = PREFIXES["rdf"]
_DATATYPES: Final = MappingProxyType(
    {
        _RDF + "langString": "text",
        PREFIXES["xsd"] + "string": "text without a language",
        PREFIXES["xsd"] + "anyURI": "a web address",
        PREFIXES["xsd"] + "date": "a date",
        PREFIXES["xsd"] + "gYear": "a year",
        PREFIXES["xsd"] + "decimal": "a number",
        PREFIXES["xsd"] + "integer": "a whole number",
        PREFIXES["xsd"] + "boolean": "true or false",
    }
)
_LANGUAGES: Final = MappingProxyType({"en": "English", "cy": "Welsh"})
_LIMITS: Final = (
    ("minLength", "of {} characters or more"),
    ("maxLength", "of {} characters or fewer"),
    ("minInclusive", "{} or more"),
    ("maxInclusive", "{} or less"),
    ("minExclusive", "more than {}"),
    ("maxExclusive", "less than {}"),
    ("hasValue", "with the value {}"),
    ("lessThanOrEquals", "not more than its {}"),
    ("lessThan", "less than its {}"),
    ("disjoint", "never the same as its {}"),
    ("equals", "the same as its {}"),
)
#: What cannot be told in a few words; the shape's own message tells it.
_BY_MESSAGE: Final = (
    "or", "and", "not", "xone", "node", "qualifiedValueShape", "sparql", "closed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a shape asks of the things of a class.

    target: IRI of the class, or of a property whose subjects are meant (by_property). path: IRI of the property;
    "" for a rule on the thing as a whole. words: such as "exactly one, a date". message: the shape's own, where words
    do not say it all. severity: violation, warning or info."""

    shape: str
    target: str
    by_property: bool
    path: str
    words: str
    message: str
    severity: str


class Shapes:
    """The shapes of a framework, and what they ask in words."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        about: dict[Term, dict[str, list[Term]]] = {}
        for triple in triples:
            about.setdefault(triple.subject, {}).setdefault(triple.predicate.value, []).append(triple.object)
        self._about: Final[Mapping[Term, Mapping[str, list[Term]]]] = about

    def constraints(self) -> list[Constraint]:
        """All of them, sorted by target, path and shape."""
        found = [each for shape in self._about for each in self._of(shape)]
        return sorted(set(found), key=lambda one: (one.target, one.path, one.shape, one.words, one.message))

    def _of(self, shape: Term) -> Iterator[Constraint]:
        targets = [(text_of(one), False) for one in self._get(shape, "targetClass")]
        targets += [(text_of(one), True) for one in self._get(shape, "targetSubjectsOf")]
        if not targets:
            return
        for target, by_property in targets:
            # A shape for many terms at once, such as that each has a definition, belongs to none of them.
            if target.startswith((PREFIXES["owl"], _RDF)):
                continue
            if any(self._get(shape, name) for name in _BY_MESSAGE) or self._get(shape, "path"):
                yield self._one(shape, shape, target, by_property)
            for inner in self._get(shape, "property"):
                yield self._one(shape, inner, target, by_property)

    def _one(self, owner: Term, shape: Term, target: str, by_property: bool) -> Constraint:
        path = next(iter(self._get(shape, "path")), None)
        simple = isinstance(path, NamedNode)
        severity = next(iter(self._get(shape, "severity")), None)
        told = (bool(path) and not simple) or any(self._get(shape, name) for name in _BY_MESSAGE)
        message = next(iter(self._get(shape, "message")), None)
        name = shape if isinstance(shape, NamedNode) else owner
        return Constraint(
            text_of(name),
            target,
            by_property,
            text_of(path) if simple and path is not None else "",
            self.words(shape) if simple else "",
            text_of(message) if told and message is not None else "",
            text_of(severity).removeprefix(_SH).lower() if severity is not None else "violation",
        )

    def words(self, shape: Term) -> str:
        """What a property shape asks of its values."""
        parts = [_count(self._number(shape, "minCount"), self._number(shape, "maxCount"))]
        if _is_true(self._get(shape, "uniqueLang")):
            parts[0] = "one in each language" if parts[0] != "any number" else "at most one in each language"
        parts += [_DATATYPES.get(text_of(one), compact(text_of(one))) for one in self._get(shape, "datatype")]
        for one in self._get(shape, "languageIn"):
            tongues = [_LANGUAGES.get(text_of(each), text_of(each)) for each in self._list(one)]
            parts[-1] += f" in {' or '.join(tongues)}"
        parts += [f"each of the class {compact(text_of(one))}" for one in self._get(shape, "class")]
        for one in self._get(shape, "in"):
            parts.append(f"one of {', '.join(compact(text_of(each)) for each in self._list(one))}")
        parts += [_pattern(text_of(one)) for one in self._get(shape, "pattern")]
        parts += [
            template.format(compact(text_of(one)))
            for name, template in _LIMITS
            for one in self._get(shape, name)
        ]
        if any(text_of(one) == _SH + "IRI" for one in self._get(shape, "nodeKind")):
            parts.append("an IRI")
        return ", ".join(parts)

    def _get(self, shape: Term, name: str) -> list[Term]:
        return self._about.get(shape, {}).get(_SH + name, [])

    def _number(self, shape: Term, name: str) -> int | None:
        found = self._get(shape, name)
        return int(text_of(found[0])) if found else None

    def _list(self, head: Term) -> Iterator[Term]:
        seen: set[Term] = set()
        while head in self._about and head not in seen:
            seen.add(head)
            yield from self._about[head].get(_RDF + "first", ())
            head = next(iter(self._about[head].get(_RDF + "rest", ())), NamedNode(_RDF + "nil"))


def _count(least: int | None, most: int | None) -> str:
    if most == 0:
        return "none"
    if least and least == most:
        return "exactly one" if least == 1 else f"exactly {least}"
    words = [f"at least {'one' if least == 1 else least}"] if least else []
    words += [f"at most {'one' if most == 1 else most}"] if most else []
    return " and ".join(words) or "any number"


def _pattern(text: str) -> str:
    if text.startswith("^" + BASE) and text.endswith("/") and not set(text[1:]) & set("()[]*+?|"):
        return f"from the list {text[1:].removeprefix(BASE).rstrip('/')}"
    if text == "^https?://":
        return "starting with http:// or https://"
    return f"of the form {text}"


def _is_true(found: list[Term]) -> bool:
    return any(isinstance(one, Literal) and one.value == "true" for one in found)
