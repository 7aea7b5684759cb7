"""CFPackages -> the triples that they say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from cmh_graph.errors import SourceError
from cmh_graph.export.case.meaning import (
    PREDICATE,
    TYPE,
    Json,
    Properties,
    item_meaning,
    named_in,
    read_extension,
    titled_meaning,
    triples_of,
    without_name,
)
from cmh_graph.export.case.plan import ANY_OF, DEFAULT_PREDICATES, FRAMES, LINKS
from cmh_graph.export.format import Files
from cmh_graph.export.identifiers import uuid_of
from cmh_graph.namespaces import BASE, CMH
from cmh_graph.store import NamedNode, Term, Triple, text_of

_LARGEST: Final = 64 * 1024 * 1024


def read_packages(files: Files) -> frozenset[Triple]:
    """The triples of all packages among the files (case/*.json).

    Packages of others are read too, as far as their association types mean something in SKOS. Raises SourceError for a
    file that is no CFPackage, for an identifier given twice or that does not belong to one of our IRIs, and for an
    association whose ends are in no package."""
    packages = {
        name: _parse(name, data)
        for name, data in sorted(files.items())
        if name.startswith("case/") and name.endswith(".json")
    }
    reader = _Reader()
    for name, package in packages.items():
        reader.note(name, package)
    for name, package in packages.items():
        reader.read(name, package)
    return frozenset(reader.triples)


def _parse(name: str, data: bytes) -> Json:
    if len(data) > _LARGEST:
        raise SourceError(
            "the package is larger than 64 MB", where=name, mend="give its documents one by one"
        )
    try:
        package = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"the package is no JSON: {str(error)[:200]}", where=name, mend="export it again, as UTF-8 JSON"
        ) from None
    if not isinstance(package, dict) or not isinstance(package.get("CFDocument"), dict):
        raise SourceError(
            "the file is no CFPackage",
            where=name,
            mend="give what /CFPackages/{id} answers, with its CFDocument",
        )
    return package


class _Reader:
    def __init__(self) -> None:
        self.triples: set[Triple] = set()
        #: Identifier of a document, item or association -> the IRI of what it is.
        self._names: dict[str, str] = {}
        self._ends: set[str] = set()
        #: Identifier of a group of alternatives -> its IRI.
        self._groups: dict[str, str] = {}

    def note(self, name: str, package: Json) -> None:
        """Learn which ends and groups there are, before anything refers to them."""
        for where, kind, thing in _things(name, package):
            with _told(where):
                identifier, iri = thing["identifier"], named_in(thing)
                if identifier in self._ends and kind in _NODES:
                    raise ValueError(f"{iri} is there twice; give each package once")
                if self._names.setdefault(identifier, iri) != iri:
                    raise ValueError(f"the identifier {identifier} is also that of {self._names[identifier]}")
                if _is_ours(iri) and identifier != uuid_of(iri):
                    raise ValueError(f"the identifier {identifier} does not belong to {iri}")
                if kind in _NODES:
                    self._ends.add(identifier)
                elif kind == "CFAssociationGroupings" and _is_statement(thing, {ANY_OF}):
                    self._groups[identifier] = iri

    def read(self, name: str, package: Json) -> None:
        """Add what a package says."""
        for where, kind, thing in _things(name, package):
            with _told(where):
                if kind == "CFDocument" and f"/{_CASE}" not in named_in(thing):
                    self._add(thing, titled_meaning(thing))
                elif kind == "CFItems":
                    self._add(thing, item_meaning(thing))
                elif kind == "CFAssociations":
                    self._association(thing)
                elif kind == "CFAssociationGroupings" and thing["identifier"] in self._groups:
                    self._add(thing, {})

    def _add(self, thing: Json, said: Properties) -> None:
        self.triples |= triples_of(named_in(thing), read_extension(said, _extension(thing)))

    def _association(self, one: Json) -> None:
        extension = read_extension({}, _extension(one))
        chosen = extension.pop(PREDICATE, None)
        origin, target = (self._end(one[end]) for end in ("originNodeURI", "destinationNodeURI"))
        kinds = [text_of(kind) for kind in extension.get(TYPE, ())]
        frame = next((FRAMES[kind] for kind in kinds if kind in FRAMES), None)
        if frame is None:
            self._link(one["associationType"], chosen, origin, target)
            return
        statement = named_in(one)
        group = self._groups.get(one.get("CFAssociationGroupingURI", {}).get("identifier", ""), "")
        if not frame.reversed:
            self._say(statement, frame.origin, origin)
        elif group:
            self._say(group, CMH + "anyOf", statement)
        else:
            self._say(origin, frame.origin, statement)
        self._say(statement, _iri(chosen[0]) if chosen else frame.destination, target)
        self.triples |= triples_of(statement, extension)

    def _link(self, kind: str, chosen: list[Term] | None, origin: str, target: str) -> None:
        """What an association without a name says: by its extension, or by what its type means in SKOS."""
        default = DEFAULT_PREDICATES.get(kind)
        predicates = [default] if chosen is None and default else [_iri(term) for term in chosen or ()]
        for predicate in predicates:
            if predicate in LINKS and LINKS[predicate].reversed:
                self._say(target, predicate, origin)
            else:
                self._say(origin, predicate, target)

    def _end(self, end: Json) -> str:
        identifier, uri = end["identifier"], end["uri"]
        if identifier in self._ends:
            if end.get("targetType") == "CASE" and _is_ours(uri) and uri != self._names[identifier]:
                raise ValueError(f"it leads to {uri} by the identifier of {self._names[identifier]}")
            return self._names[identifier]
        if end.get("targetType") == "CASE":
            raise ValueError(f"it leads to {uri}, which is in none of the packages")
        return str(uri)

    def _say(self, subject: str, predicate: str, target: str) -> None:
        self.triples.add(Triple(NamedNode(subject), NamedNode(predicate), NamedNode(target)))


#: What an association can lead to.
_NODES: Final = ("CFDocument", "CFItems")
#: Part of the address of what exists only in CASE.
_CASE: Final = "ims/case/"


def _is_ours(uri: str) -> bool:
    """Whether the identifier of a thing must be made of its address: all of ours but those that only CASE has."""
    return uri.startswith(BASE) and not uri.startswith(BASE + _CASE)


def _extension(thing: Json) -> Json:
    extension: Json = thing.get("extensions") or {}
    # What others put there need not be a list.
    return without_name({name: values for name, values in extension.items() if isinstance(values, list)})


def _is_statement(thing: Json, classes: Iterable[str]) -> bool:
    return any(value.get("@id") in classes for value in _extension(thing).get("rdf:type", ()))


def _iri(term: Any) -> str:
    if not isinstance(term, NamedNode):
        raise ValueError("rdf:predicate is no IRI")
    return term.value


def _things(name: str, package: Json) -> Iterator[tuple[str, str, Json]]:
    """Every object that matters: its place in the file, such as "case/x.json, CFItems[3]", its kind and itself."""
    yield f"{name}, CFDocument", "CFDocument", package["CFDocument"]
    definitions = package.get("CFDefinitions") or {}
    if not isinstance(definitions, dict):
        raise SourceError("CFDefinitions is no object", where=name, mend="export the package again")
    for kind, listed in (
        ("CFItems", package.get("CFItems")),
        ("CFAssociations", package.get("CFAssociations")),
        ("CFAssociationGroupings", definitions.get("CFAssociationGroupings")),
    ):
        if not isinstance(listed, list | None):
            raise SourceError(
                f"{kind} is no list",
                where=name,
                mend="give a CFPackage as the standard has it, or export it again",
            )
        for number, thing in enumerate(listed or ()):
            yield f"{name}, {kind}[{number}]", kind, thing


class _told:
    """Turns what is wrong with an object into a SourceError that says where it is."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, KeyError):
            what = f"it has no {error.args[0]}"
        elif isinstance(error, ValueError | TypeError | AttributeError):
            what = str(error)[:300]
        else:
            return
        raise SourceError(
            f"the package cannot be read: {what}", where=self.where, mend="mend it there, or export it again"
        ) from None
