"""The tables of an ESCO download, with our table of statements -> the triples that they say."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from cmh_graph.errors import SourceError
from cmh_graph.export.esco import terms
from cmh_graph.export.esco.cells import read_table, split
from cmh_graph.export.esco.columns import (
    BROADER_OCCUPATIONS,
    BROADER_SKILLS,
    COLUMNS,
    ISCO_GROUPS,
    OCCUPATIONS,
    RELATIONS,
    SCHEMES,
    SKILL_GROUPS,
    SKILL_RELATIONS,
    SKILLS,
    STATEMENTS,
)
from cmh_graph.export.format import Files
from cmh_graph.export.statements import expand
from cmh_graph.namespaces import compact
from cmh_graph.store import Term, Triple

_CONCEPTS: Final = (OCCUPATIONS, SKILLS, SKILL_GROUPS)
_BROADER: Final = {BROADER_OCCUPATIONS: terms.ROLLS_UP, BROADER_SKILLS: terms.BROADER}
_RELATION_TYPES: Final = ("essential", "optional")


def read(files: Files) -> frozenset[Triple]:
    """The triples of the files below esco/.

    Raises SourceError for a file or column that is missing, a concept given twice, a relation that leads nowhere, and a
    relation or statement without its counterpart in the other table."""
    return frozenset(_Reader(files).read())


class _Reader:
    def __init__(self, files: Files) -> None:
        self.triples: set[Triple] = set()
        self._rows: dict[str, list[dict[str, str]]] = {}
        for name, columns in COLUMNS.items():
            if f"esco/{name}" not in files:
                raise SourceError(
                    f"the file {name} is missing",
                    where="esco/",
                    mend="give the whole folder as it was exported",
                )
            self._rows[name] = read_table(f"esco/{name}", files[f"esco/{name}"], columns)
        self._place = ""
        self._approximated: dict[str, list[str]] = {}
        self._titles: dict[str, set[str]] = defaultdict(set)

    def read(self) -> set[Triple]:
        concepts = self._known()
        for row in self._each(STATEMENTS):
            if not row["statementUri"]:
                self._approximated[row["conceptUri"]] = split(row["approximated"])
            elif compact(terms.TITLE_MEANING) in split(row["statementType"]):
                self._titles[row["conceptUri"]].add(row["relatedLabel"])
        for name in _CONCEPTS:
            for row in self._each(name):
                self._concept(name, row)
        for row in self._each(SCHEMES):
            self._scheme(row)
        for name, predicate in _BROADER.items():
            for row in self._each(name):
                self._check(row["conceptUri"], concepts)
                self._check(row["broaderUri"], concepts)
                if row["broaderType"] != "ISCOGroup":
                    self._say(row["conceptUri"], predicate, row["broaderUri"])
        for row in self._each(SKILL_RELATIONS):
            for iri in (row["originalSkillUri"], row["relatedSkillUri"]):
                self._check(iri, concepts)
            self._say(row["originalSkillUri"], terms.RELATED, row["relatedSkillUri"])
        needs = self._needs(concepts)
        for row in self._each(STATEMENTS):
            self._statement(row, needs)
        self._place = f"esco/{RELATIONS}"
        for (role, skill), said in sorted(needs.items()):
            if not said:
                raise self._wrong(f"{STATEMENTS} has no row for {role} and {skill}")
            if self._essential[role, skill] != any(said):
                kinds = ("optional", "essential")
                raise self._wrong(
                    f"{role} and {skill} are {kinds[self._essential[role, skill]]} here, "
                    f"but {kinds[any(said)]} by {STATEMENTS}"
                )
        return self.triples

    def _each(self, name: str) -> list[dict[str, str]]:
        """The rows of a table; while one is read, its place is known to errors."""
        self._place = f"esco/{name}"
        return self._rows[name]

    def _known(self) -> set[str]:
        """Every concept that something may lead to."""
        found: set[str] = set()
        for name in (*_CONCEPTS, ISCO_GROUPS):
            for row in self._each(name):
                iri = row["conceptUri"]
                if iri in found:
                    raise self._wrong(f"the concept {iri} is given twice")
                found.add(iri)
        return found

    def _needs(self, concepts: set[str]) -> dict[tuple[str, str], list[bool]]:
        """Each pair of occupation and skill; _need adds for each statement about it whether it is essential."""
        self._essential: dict[tuple[str, str], bool] = {}
        for row in self._each(RELATIONS):
            pair = (row["occupationUri"], row["skillUri"])
            for iri in pair:
                self._check(iri, concepts)
            if row["relationType"] not in _RELATION_TYPES:
                raise self._wrong(f"'{row['relationType'][:40]}' is no relationType: essential or optional")
            if pair in self._essential:
                raise self._wrong(f"{pair[0]} asks for {pair[1]} twice")
            self._essential[pair] = row["relationType"] == "essential"
        return {pair: [] for pair in self._essential}

    def _concept(self, name: str, row: dict[str, str]) -> None:
        iri = row["conceptUri"]
        if iri not in self._approximated:
            raise self._wrong(f"{STATEMENTS} has no row for {iri}")
        for column, predicate in (("preferredLabel", terms.LABEL), ("description", terms.DEFINITION)):
            self._text(iri, predicate, row, column)
        for label in split(row["altLabels"]):
            if label not in self._titles[iri]:
                self._say(iri, terms.ALTERNATIVE, terms.english(label))
        for note in split(row["scopeNote"]):
            self._say(iri, terms.NOTE, terms.english(note))
        for scheme in filter(None, row["inScheme"].split(", ")):
            self._say(iri, terms.IN_SCHEME, scheme)

    def _scheme(self, row: dict[str, str]) -> None:
        iri = row["conceptSchemeUri"]
        for column, predicate in (("preferredLabel", terms.LABEL), ("description", terms.DEFINITION)):
            self._text(iri, predicate, row, column)
        for top in filter(None, row["hasTopConcept"].split(", ")):
            self._say(top, terms.TOP_OF, iri)

    def _text(self, iri: str, predicate: str, row: dict[str, str], column: str) -> None:
        if row[column] and column not in self._approximated.get(iri, ()):
            self._say(iri, predicate, terms.english(row[column]))

    def _statement(self, row: dict[str, str], needs: dict[tuple[str, str], list[bool]]) -> None:
        statement, concept, related = row["statementUri"], row["conceptUri"], row["relatedUri"]
        subject = statement or concept
        kinds = [expand(one) for one in split(row["statementType"])]
        for kind in kinds:
            self._say(subject, terms.TYPE, kind)
        for column, predicate in (
            ("status", terms.STATUS), ("source", terms.SOURCE), ("inferredField", terms.INFERRED),
        ):  # fmt: skip
            for one in split(row[column]):
                self._say(subject, predicate, expand(one))
        for note in split(row["note"]):
            self._say(subject, terms.NOTE, terms.english(note))
        if not statement:
            return
        exact = row["relatedLabel"] if "relatedLabel" not in split(row["approximated"]) else ""
        if terms.SKILL_REQUIREMENT in kinds:
            self._need(row, needs)
        elif terms.TITLE_MEANING in kinds:
            self._say(statement, terms.MEANS_ROLE, concept)
            self._say(statement, terms.TITLE, related)
            if exact:
                self._say(related, terms.LABEL, terms.english(exact))
        elif terms.MAPPING in kinds:
            self._say(statement, terms.MATCH_SUBJECT, concept)
            self._say(statement, terms.MATCH_OBJECT, related)
            for relation in split(row["relation"]):
                self._say(statement, terms.MATCH_RELATION, relation)
            if exact:
                self._say(statement, terms.MATCH_LABEL, terms.english(exact))
        else:
            raise self._wrong(f"{statement} is of no kind that the tables hold")

    def _need(self, row: dict[str, str], needs: dict[tuple[str, str], list[bool]]) -> None:
        statement, role, skill = row["statementUri"], row["conceptUri"], row["relatedUri"]
        if (role, skill) not in needs:
            raise self._wrong(f"{RELATIONS} has no row for {role} and {skill}")
        necessities = split(row["relation"])
        needs[role, skill].append(terms.ESSENTIAL in necessities)
        self._say(role, terms.HAS_REQUIREMENT, statement)
        self._say(statement, terms.ASKS_FOR, skill)
        for necessity in necessities:
            self._say(statement, terms.NECESSITY, necessity)
        for level in split(row["skillLevel"]):
            self._say(statement, terms.AT_LEVEL, level)

    def _say(self, subject: str, predicate: str, term: Term | str) -> None:
        try:
            self.triples.add(terms.triple(subject, predicate, term))
        except ValueError as error:
            raise self._wrong(f"an address cannot be read: {error}") from None

    def _check(self, iri: str, concepts: set[str]) -> None:
        if iri not in concepts:
            raise self._wrong(f"{iri[:200]} is in none of the tables of concepts")

    def _wrong(self, what: str) -> SourceError:
        return SourceError(what, where=self._place, mend="mend the row, or export the folder again")
