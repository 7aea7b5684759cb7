"""An edition -> the tables of an ESCO download."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from cmh_graph.export.edition import Edition
from cmh_graph.export.esco import terms
from cmh_graph.export.esco.cells import is_line, lines, write_table
from cmh_graph.export.esco.columns import (
    BROADER_OCCUPATIONS,
    BROADER_SKILLS,
    COLUMNS,
    HIERARCHY,
    ISCO,
    ISCO_GROUP,
    ISCO_GROUPS,
    OCCUPATION,
    OCCUPATIONS,
    RELATIONS,
    SCHEMES,
    SKILL,
    SKILL_GROUP,
    SKILL_GROUPS,
    SKILL_RELATIONS,
    SKILLS,
    STATEMENTS,
)
from cmh_graph.export.esco.hierarchy import hierarchy_rows
from cmh_graph.export.format import Written
from cmh_graph.namespaces import CMH, compact, key_of
from cmh_graph.store import Literal, NamedNode, Term, Triple

Row: TypeAlias = dict[str, str]

_PILLARS: Final = (
    (OCCUPATIONS, OCCUPATION, terms.ROLE),
    (SKILLS, SKILL, terms.SKILL),
    (SKILL_GROUPS, SKILL_GROUP, terms.SKILL_GROUP),
)
#: Which match gives the ISCO group, the nearest first.
_NEAREST: Final = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
#: The other type is knowledge; our skills are things that people can do.
_SKILL_TYPE: Final = "skill/competence"
_REGULATED: Final = "http://data.europa.eu/esco/regulated-professions/"
_ISCO_SCHEME: Final = "http://data.europa.eu/esco/concept-scheme/isco"
#: Table -> the tables in which the wider concepts of its concepts stand.
_ABOVE: Final[Mapping[str, frozenset[str]]] = {
    OCCUPATIONS: frozenset({OCCUPATIONS}),
    SKILLS: frozenset({SKILLS, SKILL_GROUPS}),
    SKILL_GROUPS: frozenset({SKILLS, SKILL_GROUPS}),
}


def write(edition: Edition) -> Written:
    """esco/<table>_en.csv: ESCO's tables of roles, skills and what holds between them, and our table of statements."""
    tables = _Tables(edition).write()
    files = {f"esco/{name}": write_table(COLUMNS[name], rows) for name, rows in tables.rows.items()}
    return Written(files, frozenset(tables.said) & frozenset(edition.stated))


class _Tables:
    """The rows of each file, and the triples that they say."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.rows: dict[str, list[Row]] = {name: [] for name in COLUMNS}
        self.said: set[Triple] = set()
        self._kinds: dict[str, str] = {}
        self._titles_written: set[str] = set()
        self._approximated: list[str] = []
        self._pointing: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        wanted = (terms.HAS_REQUIREMENT, terms.MEANS_ROLE, terms.MATCH_SUBJECT, terms.TOP_OF)
        for subject, properties in sorted(edition.about.items()):
            for predicate in wanted:
                for term in properties.get(predicate, ()):
                    if isinstance(term, NamedNode) and _is_named(subject):
                        self._pointing[predicate][term.value].append(subject)

    def write(self) -> _Tables:
        """Fill the rows, each table sorted by what it is about."""
        for name, _, kind in _PILLARS:
            for subject in self._of(kind):
                if self._kinds.setdefault(subject, name) == name:
                    self._concept(name, subject)
        for subject, name in sorted(self._kinds.items()):
            self._broader(subject, name)
            if name == SKILLS:
                self._related(subject)
            elif name == OCCUPATIONS:
                self._requirements(subject)
                self._titles(subject)
                self._matches(subject)
        self._isco_groups()
        self._schemes()
        self.rows[HIERARCHY] = hierarchy_rows(self.rows[SKILL_GROUPS], self.rows[BROADER_SKILLS])
        relations = {(row["occupationUri"], row["skillUri"]): row for row in self._by_need()}
        self.rows[RELATIONS] = [row for _, row in sorted(relations.items())]
        self.rows[STATEMENTS].sort(key=lambda row: (row["conceptUri"], row.get("statementUri", "")))
        return self

    def _by_need(self) -> list[Row]:
        """Relations, those that are essential last: of two for one pair they stand."""
        return sorted(self.rows[RELATIONS], key=lambda row: row["relationType"] == "essential")

    def _of(self, kind: str) -> list[str]:
        return [
            one for one in sorted(self.edition.about) if _is_named(one) and kind in self.edition.types(one)
        ]

    def _concept(self, name: str, subject: str) -> None:
        definition = self._text(subject, terms.DEFINITION, "description")
        row = {
            "conceptType": next(kind for file, kind, _ in _PILLARS if file == name),
            "conceptUri": subject,
            "preferredLabel": self._text(subject, terms.LABEL, "preferredLabel"),
            "status": "obsolete" if self._is_retired(subject) else "released",
            "modifiedDate": self.edition.issued,
            "scopeNote": self._lines(subject, terms.NOTE),
            "inScheme": ", ".join(self._iris(subject, terms.IN_SCHEME)),
            "description": definition,
        }
        if name == SKILLS:
            row |= {"skillType": _SKILL_TYPE, "definition": definition}
        elif name == OCCUPATIONS:
            row |= {
                "definition": definition,
                "iscoGroup": self._isco(subject),
                "regulatedProfessionNote": self._regulated(subject),
            }
        if name != SKILLS:
            row["code"] = key_of(subject)
        # Two titles may be called alike, and a title like an alternative label: then nobody can tell them apart.
        titles = {self._name(title) for _, title in self._meanings(subject)} if name == OCCUPATIONS else set()
        own = self._lines(subject, terms.ALTERNATIVE, apart=titles).split("\n")
        row["altLabels"] = lines([*own, *titles])
        # A label of two lines cannot stand among lines: it is there for searching, on one line.
        row["hiddenLabels"] = lines(
            one.value
            for one in self.edition.objects(subject, terms.ALTERNATIVE)
            if isinstance(one, Literal) and one.language == terms.LANGUAGE and not is_line(one.value)
        )
        self.rows[name].append(row)
        self._statement("", subject)

    def _statement(self, statement: str, concept: str, **cells: str) -> None:
        """A row of our own table: what kind of thing or statement this is, and who says so."""
        subject = statement or concept
        self.rows[STATEMENTS].append(
            {
                "statementUri": statement,
                "statementType": lines(compact(one) for one in self._iris(subject, terms.TYPE)),
                "conceptUri": concept,
                "status": lines(compact(one) for one in self._iris(subject, terms.STATUS)),
                "source": lines(self._iris(subject, terms.SOURCE)),
                "inferredField": lines(compact(one) for one in self._iris(subject, terms.INFERRED)),
                "note": self._lines(statement, terms.NOTE) if statement else "",
                "approximated": lines(self._approximated),
                **cells,
            }
        )
        self._approximated.clear()

    def _broader(self, subject: str, name: str) -> None:
        """What a concept is below: its wider role and its ISCO group, or its skill group."""
        file, predicate = (
            (BROADER_OCCUPATIONS, terms.ROLLS_UP) if name == OCCUPATIONS else (BROADER_SKILLS, terms.BROADER)
        )
        above = [one for one in self._links(subject, predicate) if self._kinds.get(one, "") in _ABOVE[name]]
        types = {table: kind for table, kind, _ in _PILLARS}
        for one in above:
            self._say(subject, predicate, NamedNode(one))
        found = [(types[self._kinds[one]], one, self._name(one)) for one in above]
        if name == OCCUPATIONS and (code := self._isco(subject)):
            found.append((ISCO_GROUP, ISCO + code, self._isco_name(ISCO + code)))
        self.rows[file] += [
            {
                "conceptType": types[name], "conceptUri": subject, "conceptLabel": self._name(subject),
                "broaderType": kind, "broaderUri": one, "broaderLabel": label,
            }
            for kind, one, label in found
        ]  # fmt: skip

    def _related(self, skill: str) -> None:
        """Skills that go with this one, which ESCO calls optional for it."""
        for other in self._links(skill, terms.RELATED):
            if self._kinds.get(other) == SKILLS:
                self._say(skill, terms.RELATED, NamedNode(other))
                self.rows[SKILL_RELATIONS].append(
                    {
                        "originalSkillUri": skill, "originalSkillType": _SKILL_TYPE, "relationType": "optional",
                        "relatedSkillType": _SKILL_TYPE, "relatedSkillUri": other,
                    }
                )  # fmt: skip

    def _requirements(self, role: str) -> None:
        for need in self._links(role, terms.HAS_REQUIREMENT):
            asked = self._links(need, terms.ASKS_FOR)
            if terms.SKILL_REQUIREMENT not in self.edition.types(need) or len(asked) != 1:
                continue
            if self._kinds.get(asked[0]) != SKILLS:
                continue
            necessity = self._links(need, terms.NECESSITY)
            self.rows[RELATIONS].append(
                {
                    "occupationUri": role, "occupationLabel": self._name(role),
                    "relationType": "essential" if terms.ESSENTIAL in necessity else "optional",
                    "skillType": _SKILL_TYPE, "skillUri": asked[0], "skillLabel": self._name(asked[0]),
                }
            )  # fmt: skip
            self._say(role, terms.HAS_REQUIREMENT, NamedNode(need))
            self._say(need, terms.ASKS_FOR, NamedNode(asked[0]))
            self._statement(
                need, role, relatedUri=asked[0], relatedLabel=self._name(asked[0]),
                relation=lines(self._iris(need, terms.NECESSITY)), skillLevel=lines(self._iris(need, terms.AT_LEVEL)),
            )  # fmt: skip

    def _meanings(self, role: str) -> list[tuple[str, str]]:
        """The statements that a job title means a role, each with the title, whose name stands on one line."""
        found = (
            (meaning, self._links(meaning, terms.TITLE))
            for meaning in self._pointing[terms.MEANS_ROLE].get(role, ())
        )
        return [
            (meaning, titles[0])
            for meaning, titles in found
            if len(titles) == 1 and is_line(self._name(titles[0]))
        ]

    def _titles(self, role: str) -> None:
        for meaning, title in self._meanings(role):
            self._say(meaning, terms.MEANS_ROLE, NamedNode(role))
            self._say(meaning, terms.TITLE, NamedNode(title))
            label = self._text(title, terms.LABEL, "relatedLabel")
            self._statement(meaning, role, relatedUri=title, relatedLabel=label)
            if title not in self._titles_written and title not in self._kinds:
                self._titles_written.add(title)
                self._statement("", title)

    def _matches(self, role: str) -> None:
        for match in self._pointing[terms.MATCH_SUBJECT].get(role, ()):
            targets, relations = (
                self._links(match, one) for one in (terms.MATCH_OBJECT, terms.MATCH_RELATION)
            )
            if len(targets) != 1 or len(relations) != 1 or targets[0] == terms.NO_TERM:
                continue
            self._say(match, terms.MATCH_SUBJECT, NamedNode(role))
            self._say(match, terms.MATCH_OBJECT, NamedNode(targets[0]))
            self._statement(
                match, role, relatedUri=targets[0], relatedLabel=self._text(match, terms.MATCH_LABEL, "relatedLabel"),
                relation=lines(self._iris(match, terms.MATCH_RELATION)),
            )  # fmt: skip

    def _isco(self, role: str) -> str:
        """The code of the ISCO-08 group that a role is matched to most nearly; "" if to none."""
        found = []
        for match in self._pointing[terms.MATCH_SUBJECT].get(role, ()):
            for target in self._links(match, terms.MATCH_OBJECT):
                relation = key_of(next(iter(self._links(match, terms.MATCH_RELATION)), ""))
                if target.startswith(ISCO) and relation in _NEAREST:
                    found.append((_NEAREST.index(relation), target.removeprefix(ISCO)))
        return min(found)[1] if found else ""

    def _isco_name(self, group: str) -> str:
        names = (
            self.edition.text(match, terms.MATCH_LABEL)
            for matches in self._pointing[terms.MATCH_SUBJECT].values()
            for match in matches
            if group in self._links(match, terms.MATCH_OBJECT)
        )
        return min((name for name in names if name), default="")

    def _isco_groups(self) -> None:
        codes = sorted({row["iscoGroup"] for row in self.rows[OCCUPATIONS]} - {""})
        self.rows[ISCO_GROUPS] = [
            {
                "conceptType": ISCO_GROUP, "conceptUri": ISCO + code, "code": code, "status": "released",
                "preferredLabel": self._isco_name(ISCO + code), "inScheme": _ISCO_SCHEME,
            }
            for code in codes
        ]  # fmt: skip

    def _schemes(self) -> None:
        for scheme in (terms.ROLES_SCHEME, terms.SKILLS_SCHEME):
            if scheme not in self.edition.about:
                continue
            tops = [one for one in self._pointing[terms.TOP_OF].get(scheme, ()) if one in self._kinds]
            for top in tops:
                self._say(top, terms.TOP_OF, NamedNode(scheme))
            self.rows[SCHEMES].append(
                {
                    "conceptType": "ConceptScheme", "conceptSchemeUri": scheme, "status": "released",
                    "preferredLabel": self._text(scheme, terms.LABEL, "preferredLabel"),
                    "description": self._text(scheme, terms.DEFINITION, "description"),
                    "hasTopConcept": ", ".join(tops),
                }
            )  # fmt: skip
            self._statement("", scheme)

    def _is_retired(self, subject: str) -> bool:
        return any(
            isinstance(one, Literal) and one.value == "true"
            for one in self.edition.objects(subject, terms.DEPRECATED)
        )

    def _regulated(self, role: str) -> str:
        """ESCO's word on regulation, from our statements of the legal position; "" where there is none."""
        stated = {
            term.value
            for position in self._links(role, CMH + "hasRegulation")
            for term in self.edition.objects(position, CMH + "isRegulated")
            if isinstance(term, Literal)
        }
        return _REGULATED + ("regulated" if "true" in stated else "unregulated") if stated else ""

    # --- what is stated, noted as it is taken ---

    def _say(self, subject: str, predicate: str, term: Term) -> None:
        self.said.add(terms.triple(subject, predicate, term))

    def _links(self, subject: str, predicate: str) -> list[str]:
        return [one.value for one in self.edition.objects(subject, predicate) if isinstance(one, NamedNode)]

    def _iris(self, subject: str, predicate: str) -> list[str]:
        """All IRIs of a predicate, taken into a cell that lists them."""
        found = self._links(subject, predicate)
        for one in found:
            self._say(subject, predicate, NamedNode(one))
        return found

    def _text(self, subject: str, predicate: str, column: str) -> str:
        """The text of a predicate, taken into a cell. Where that is not just what is stated, because there are several
        or in another language, the next row of statements says so, and the cell counts for nothing."""
        objects = self.edition.objects(subject, predicate)
        text = self.edition.text(subject, predicate)
        if text and objects == (terms.english(text),):
            self._say(subject, predicate, objects[0])
        elif text:
            self._approximated.append(column)
        return text

    def _lines(self, subject: str, predicate: str, apart: Iterable[str] = ()) -> str:
        """The English texts of a predicate that are one line each, taken into a cell; those apart are not taken."""
        texts = [
            one.value
            for one in self.edition.objects(subject, predicate)
            if isinstance(one, Literal) and one == terms.english(one.value) and is_line(one.value)
        ]
        for text in texts:
            if text not in apart:
                self._say(subject, predicate, terms.english(text))
        return lines(texts)

    def _name(self, subject: str) -> str:
        return self.edition.text(subject, terms.LABEL)


def _is_named(subject: str) -> bool:
    return not subject.startswith("_:")
