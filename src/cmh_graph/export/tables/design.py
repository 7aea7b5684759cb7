"""An edition -> its tables; the rules are in docs/decisions/0023-tables-designed-once.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.tables.headings import heading, in_a_sentence, long_name, short_name, split_words
from cmh_graph.export.tables.kinds import STATEMENT, TERMS, THING, Kind, free_name, kinds_of
from cmh_graph.export.tables.relation import STRING, TYPE, Column, ForeignKey, Row, Table, triples
from cmh_graph.export.tables.sorts import PLAIN_IRI, Values, fits_a_cell, sort_of, sorts_of
from cmh_graph.namespaces import BASE, CMH, PREFIXES, key_of
from cmh_graph.store import Literal, NamedNode, Term, Triple, text_of

#: Every kind of thing has these, mostly several: one table for all kinds.
_SHARED: Final = frozenset({PREFIXES["dcterms"] + "source", CMH + "inferredField"})
_LABEL: Final = PREFIXES["skos"] + "prefLabel"
_IN_SCHEME: Final = PREFIXES["skos"] + "inScheme"
_FIRST: Final = (_LABEL, PREFIXES["skos"] + "definition")
_LAST: Final = (CMH + "status", PREFIXES["skos"] + "note")
#: cmh:hasRequirement and its like: the object is a part of the subject.
_OF_A_WHOLE: Final = re.compile(re.escape(CMH) + "has[A-Z]")


@dataclass(frozen=True)
class Design:
    """The tables of an edition, and the stated triples that their rows make."""

    tables: tuple[Table, ...]
    carried: frozenset[Triple]

    def table(self, name: str) -> Table:
        """The table of a name. Raises KeyError."""
        return next(table for table in self.tables if table.name == name)


#: The last edition that was designed. Several formats render the same tables, one after the other.
_last: list[tuple[Edition, Design]] = []


def design(edition: Edition) -> Design:
    """The tables of an edition, by name, those of all things last; kept for the next writer."""
    if not _last or _last[0][0] is not edition:
        made = tuple(_Designer(edition).tables())
        _last[:] = [(edition, Design(made, frozenset(triple for table in made for triple in triples(table))))]
    return _last[0][1]


class _Designer:
    """One edition on its way into tables."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._kinds = kinds_of(edition)
        self._kind_of = {subject: kind for kind in self._kinds for subject in kind.subjects}
        self._taken = {THING, STATEMENT} | {kind.table for kind in self._kinds}
        self._shared: dict[str, dict[str, Sequence[Term]]] = defaultdict(dict)
        self._owners = self._find_owners()

    def tables(self) -> Iterator[Table]:
        """All tables."""
        of_things: list[Table] = []
        for kind in self._kinds:
            of_things += self._tables_of(kind)
        yield from sorted(of_things, key=lambda table: table.name)
        yield self._things()
        for property, values in sorted(self._shared.items()):
            yield self._list_table(THING, "{thing}", "thing", "", property, values)
        yield from self._statements()

    def _tables_of(self, kind: Kind) -> Iterator[Table]:
        about = self._edition.about
        values: dict[str, dict[str, Sequence[Term]]] = defaultdict(dict)
        for subject in kind.subjects:
            for property, objects in about[subject].items():
                if held := [term for term in objects if fits_a_cell(term)]:
                    values[property][subject] = held
        types = self._types_of_all(kind, values.pop(TYPE, {}), values)
        rows = {subject: {"key": key_of(subject), "iri": subject} for subject in kind.subjects}
        columns: list[Column] = []
        keys = [ForeignKey("iri", THING, "iri")]
        names = {"key", "iri"}
        for property in _in_order(values):
            if property in _SHARED:
                self._shared[property].update(values[property])
            elif property in self._owners:
                continue
            else:
                yield from self._place(kind, property, values[property], rows, columns, keys, names)
        for property, whole in self._owners.items():
            parts = {part: owner for owner, part in whole if self._kind_of[part] is kind}
            if parts:
                columns.append(self._part_column(property, parts, rows, keys, names))
        title, description = self._heading_of(kind, types)
        key = Column(name="key", title="Key", description="The fixed key, last in the IRI.", required=True)
        iri = Column(
            name="iri",
            title="IRI",
            description="The identifier in every format.",
            datatype=PREFIXES["xsd"] + "anyURI",
            required=True,
        )
        yield Table(
            name=kind.table,
            title=title,
            description=description,
            columns=(key, *_arranged(columns), iri),
            primary_key=("key",),
            foreign_keys=tuple(keys),
            about="{iri}",
            types=types,
            rows=[rows[subject] for subject in kind.subjects],
        )

    def _place(
        self,
        kind: Kind,
        property: str,
        values: Values,
        rows: Mapping[str, dict[str, str]],
        columns: list[Column],
        keys: list[ForeignKey],
        names: set[str],
    ) -> Iterator[Table]:
        """Fill a column for each sort of value of a property, or yield a table where a thing has several."""
        for sort, part in sorts_of(values).items():
            if any(len(terms) > 1 for terms in part.values()):
                yield self._list_table(kind.table, kind.base + "{%s}", kind.table, sort, property, part)
                continue
            name = free_name(names, short_name(property) + sort, long_name(property) + sort)
            column, key = self._column(name, property, part, required=len(part) == len(rows))
            columns.append(column)
            keys += key
            for subject, (term,) in part.items():
                rows[subject][name] = _cell(column, term)

    def _column(
        self, name: str, property: str, values: Values, *, required: bool
    ) -> tuple[Column, list[ForeignKey]]:
        """The column of a property and its foreign key, if it has any."""
        title, description = heading(self._edition, property)
        terms = [term for terms in values.values() for term in terms]
        column = Column(name=name, title=title, description=description, property=property, required=required)
        first = terms[0]
        if isinstance(first, Literal):
            if first.language:
                return _changed(column, language=first.language), []
            return _changed(column, datatype=first.datatype.value), []
        targets = {self._kind_of.get(text_of(term)) for term in terms}
        target = targets.pop() if len(targets) == 1 else None
        if target:
            return _changed(column, link=target.base + "{" + name + "}"), [
                ForeignKey(name, target.table, "key")
            ]
        column = _changed(column, link="{" + name + "}", datatype=PREFIXES["xsd"] + "anyURI")
        return column, [] if None in targets or not targets else [ForeignKey(name, THING, "iri")]

    def _list_table(
        self, owner: str, about: str, column_name: str, sort: str, property: str, values: Values
    ) -> Table:
        """One row for each value of a property that a thing may have several of."""
        name = free_name(
            self._taken, f"{owner}_{short_name(property)}{sort}", f"{owner}_{long_name(property)}{sort}"
        )
        value, keys = self._column(
            free_name({column_name}, short_name(property) + sort, long_name(property) + sort),
            property,
            values,
            required=True,
        )
        of_all = owner == THING
        whole = Column(
            name=column_name,
            title=split_words(owner).capitalize(),
            description=f"The {'IRI' if of_all else 'key'} of a row in the table {owner}.",
            datatype=PREFIXES["xsd"] + "anyURI" if of_all else STRING,
            required=True,
        )
        rows = [
            {column_name: subject if of_all else key_of(subject), value.name: _cell(value, term)}
            for subject, terms in sorted(values.items())
            for term in terms
        ]
        return Table(
            name=name,
            title=f"{whole.title}: {in_a_sentence(value.title)}",
            description=value.description,
            columns=(whole, value),
            primary_key=(column_name, value.name),
            foreign_keys=(ForeignKey(column_name, owner, "iri" if of_all else "key"), *keys),
            about=about % column_name if "%s" in about else about,
            rows=sorted(rows, key=lambda row: (row[column_name], row[value.name])),
        )

    def _find_owners(self) -> dict[str, list[tuple[str, str]]]:
        """Property -> (whole, part), for properties whose every part has one whole, each all of one kind."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        others: set[str] = set()
        for triple in self._edition.stated:
            property = triple.predicate.value
            if not _OF_A_WHOLE.match(property):
                continue
            pair = (text_of(triple.subject), text_of(triple.object))
            if isinstance(triple.object, Literal) or any(end not in self._kind_of for end in pair):
                others.add(property)
            found[property].append(pair)
        return {
            property: pairs
            for property, pairs in sorted(found.items())
            if property not in others
            and len({part for _, part in pairs}) == len(pairs)
            and all(len({self._kind_of[pair[end]].table for pair in pairs}) == 1 for end in (0, 1))
        }

    def _part_column(
        self,
        property: str,
        parts: Mapping[str, str],
        rows: Mapping[str, dict[str, str]],
        keys: list[ForeignKey],
        names: set[str],
    ) -> Column:
        """The column of a part that names its whole."""
        whole = self._kind_of[next(iter(parts.values()))]
        name = free_name(names, whole.table, f"{whole.table}_{short_name(property)}")
        title, description = heading(self._edition, property)
        for part, owner in parts.items():
            rows[part][name] = key_of(owner)
        keys.append(ForeignKey(name, whole.table, "key"))
        return Column(
            name=name,
            title=split_words(whole.table).capitalize(),
            description=f"The {split_words(whole.table)} that it is part of. {title}: {description}",
            property=property,
            link=whole.base + "{" + name + "}",
            inverse=True,
            required=len(parts) == len(rows),
        )

    def _types_of_all(
        self, kind: Kind, typed: Values, values: dict[str, dict[str, Sequence[Term]]]
    ) -> tuple[str, ...]:
        """The classes that all things of a kind have; what only some have is put back into values."""
        sets = [{text_of(term) for term in typed.get(subject, ())} for subject in kind.subjects]
        common = set.intersection(*sets)
        for subject, terms in typed.items():
            if rest := [term for term in terms if text_of(term) not in common]:
                values[TYPE][subject] = rest
        return tuple(sorted(common))

    def _heading_of(self, kind: Kind, types: Iterable[str]) -> tuple[str, str]:
        """Title and description of a kind's table: its class, or the scheme that its things are in."""
        if kind.base == TERMS:
            return "Terms of the ontology", "The classes and properties that the tables are made from."
        words = split_words(kind.table).capitalize()
        if "/" in kind.base.removeprefix(BASE).rstrip("/"):
            schemes = self._edition.objects(kind.subjects[0], _IN_SCHEME)
            return heading(self._edition, text_of(schemes[0])) if schemes else (words, "")
        named = [heading(self._edition, iri) for iri in types if iri.startswith(CMH)]
        return named[0] if named else (words, "")

    def _things(self) -> Table:
        """Every row of the other tables, once."""
        rows = [
            {
                "iri": subject,
                "table": kind.table,
                "key": key_of(subject),
                "label": self._edition.text(subject, _LABEL),
            }
            for kind in self._kinds
            for subject in kind.subjects
        ]
        described = (
            ("iri", "IRI", "The identifier in every format.", True),
            ("table", "Table", "The table that holds it.", True),
            ("key", "Key", "Its key in that table.", True),
            ("label", "Name", "Its name, in English if it has one.", False),
        )
        return Table(
            name=THING,
            title="All things",
            description="Every row of the tables of things, to look up an IRI, a key or a name.",
            columns=tuple(
                Column(
                    name=name,
                    title=title,
                    description=description,
                    datatype=PREFIXES["xsd"] + "anyURI" if name == "iri" else STRING,
                    required=required,
                )
                for name, title, description, required in described
            ),
            primary_key=("iri",),
            rows=[{k: v for k, v in row.items() if v} for row in sorted(rows, key=lambda row: row["iri"])],
        )

    def _statements(self) -> Iterator[Table]:
        """What fits no other table, one statement a row; none if everything fits."""
        left = [
            triple
            for triple in self._edition.stated
            if isinstance(triple.subject, NamedNode)
            and text_of(triple.subject) not in self._kind_of
            and PLAIN_IRI.fullmatch(triple.subject.value)
            and PLAIN_IRI.fullmatch(triple.predicate.value)
            and fits_a_cell(triple.object)
        ]
        if not left:
            return
        uri = PREFIXES["xsd"] + "anyURI"
        columns = {
            "number": Column(
                name="number", title="Number", datatype=PREFIXES["xsd"] + "integer", required=True
            ),
            "subject": Column(name="subject", title="Subject", datatype=uri, required=True),
            "property": Column(name="property", title="Property", datatype=uri, required=True),
        }
        rows: list[Row] = []
        for triple in left:
            term = triple.object
            row = {
                "number": str(len(rows) + 1),
                "subject": text_of(triple.subject),
                "property": triple.predicate.value,
            }
            if isinstance(term, Literal):
                name = f"text_{sort_of(term)}"
                made = Column(name=name, title=f"Text ({sort_of(term)})", property="{property}")
                columns[name] = _changed(made, datatype=term.datatype.value, language=term.language or "")
            else:
                name = "object"
                columns[name] = Column(
                    name=name, title="Object", property="{property}", datatype=uri, link="{object}"
                )
            row[name] = text_of(term)
            rows.append(row)
        yield Table(
            name=STATEMENT,
            title="Other statements",
            description="What is stated of things without a table, such as terms of other vocabularies.",
            columns=tuple(columns.values()),
            primary_key=("number",),
            about="{subject}",
            rows=rows,
        )


def _cell(column: Column, term: Term) -> str:
    text = text_of(term)
    return text[len(column.link.partition("{")[0]) :] if column.link else text


def _changed(column: Column, *, datatype: str = STRING, language: str = "", link: str = "") -> Column:
    return Column(
        name=column.name,
        title=column.title + (f" ({language})" if language not in ("", "en") else ""),
        description=column.description,
        property=column.property,
        datatype=STRING if language else datatype,
        language=language,
        link=link,
        required=column.required,
    )


def _in_order(properties: Iterable[str]) -> list[str]:
    """Our own properties before those of others, so that they keep their short names; then by name."""
    return sorted(properties, key=lambda property: (not property.startswith(CMH), property))


def _arranged(columns: Iterable[Column]) -> list[Column]:
    """Name and definition first, then the whole that it is part of, status and note last."""

    def place(column: Column) -> tuple[int, int, str]:
        if column.property in _FIRST:
            return 0, _FIRST.index(column.property), column.name
        if column.property in _LAST:
            return 3, _LAST.index(column.property), column.name
        return (1 if column.inverse else 2), 0, column.name

    return sorted(columns, key=place)
