"""The statements that a reader finds in the files of a format, put together one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from cmh_graph.errors import SourceError
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files
from cmh_graph.namespaces import PREFIXES
from cmh_graph.store import Literal, NamedNode, Triple, text_of

_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")


def expand(name: str) -> str:
    """The IRI of a prefixed name such as skos:prefLabel; what has none of our prefixes is an IRI already."""
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local if prefix in PREFIXES else name


class Statements:
    """Collects triples. Subjects are IRIs, predicates and classes prefixed names; an empty value states nothing."""

    def __init__(self) -> None:
        self.found: set[Triple] = set()

    def type(self, subject: str, class_: str) -> None:
        """That a thing is of a class."""
        self.found.add(Triple(NamedNode(subject), _TYPE, NamedNode(expand(class_))))

    def link(self, subject: str, predicate: str, *objects: str) -> None:
        """Links to things by their IRIs or prefixed names."""
        for one in objects:
            if one:
                self._add(subject, predicate, NamedNode(expand(one)))

    def text(self, subject: str, predicate: str, *texts: str | None) -> None:
        """English text."""
        for one in texts:
            if one:
                self._add(subject, predicate, Literal(one, language="en"))

    def plain(self, subject: str, predicate: str, *texts: str | None) -> None:
        """Text without a language: codes and names."""
        for one in texts:
            if one:
                self._add(subject, predicate, Literal(one))

    def number(self, subject: str, predicate: str, value: str) -> None:
        """A whole number, in its usual form."""
        if value:
            self._add(subject, predicate, Literal(value, datatype=NamedNode(expand("xsd:integer"))))

    def _add(self, subject: str, predicate: str, object: NamedNode | Literal) -> None:
        self.found.add(Triple(NamedNode(subject), NamedNode(expand(predicate)), object))


def load_json(files: Files, name: str) -> Any:
    """The JSON of one file. Raises SourceError if it is missing or no JSON."""
    try:
        return json.loads(_file(files, name))
    except ValueError as error:
        raise SourceError(f"the file is no JSON: {error}", where=name, mend="export it again") from None


@contextmanager
def as_written(name: str) -> Iterator[None]:
    """Turns what goes wrong with a file of another shape than we write into a SourceError that names the file."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SourceError(
            f"the file is not as we write it: {type(error).__name__} {error}",
            where=name,
            mend="read only files that this format wrote; export it again",
        ) from None


def _file(files: Files, name: str) -> bytes:
    if name not in files:
        raise SourceError("the file is missing", where=name, mend="export the format again")
    return files[name]


def load_bytes(files: Files, name: str) -> bytes:
    """The bytes of one file. Raises SourceError if it is missing."""
    return _file(files, name)


def write_json(document: object) -> bytes:
    """A document as JSON in UTF-8, readable and always the same."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def carried(edition: Edition, found: Iterable[Triple]) -> frozenset[Triple]:
    """What a reader found and the edition states: what its files carry."""
    return frozenset(
        one for one in found if one.object in edition.objects(text_of(one.subject), one.predicate.value)
    )
