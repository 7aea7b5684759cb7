"""The questions in queries/questions/: their headers, their answers on the real graph, and two engines that agree."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import rdflib

from cmh_graph.errors import BadParameter, SourceError, UnknownThing
from cmh_graph.namespaces import BASE, PREFIXES, compact
from cmh_graph.queries import Question, bind, find_question, load_questions, read_question
from cmh_graph.store import Literal, NamedNode, QuerySolutions, Store
from conftest import FrameworkData

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "cases" / "questions"
QUESTIONS = load_questions(ROOT / "queries" / "questions")
PARAMETERISED = [name for name, question in QUESTIONS.items() if question.parameters]
#: A cell as the case files write it: an IRI as a prefixed name, a number without needless zeros, "" where unbound.
Cells = tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One question with parameters. columns: those that the rows below show, in that order.

    rows: the whole answer, in order. contains, absent: rows that must or must not be in it. count: of all rows."""

    question: str
    why: str
    params: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    rows: list[list[str]] | None = None
    contains: list[list[str]] = field(default_factory=list)
    absent: list[list[str]] = field(default_factory=list)
    count: int | None = None


def read_cases(path: Path) -> list[Case]:
    with path.open("rb") as file:
        return [Case(path.stem, **case) for case in tomllib.load(file)["case"]]


ALL = [case for path in sorted(CASES.glob("*.toml")) for case in read_cases(path)]
IDS = [f"{case.question}-{'-'.join(case.params.values())}" for case in ALL]


def text_of_term(value: str, datatype: str) -> str:
    if datatype.rpartition("#")[2] in ("integer", "decimal", "double"):
        return format(Decimal(value).normalize(), "f")
    return value


def ask(store: Store, question: Question, values: Mapping[str, str]) -> list[Cells]:
    """The rows that our store gives."""
    bindings = {name: NamedNode(iri) for name, iri in bind(question, values).items()}
    return rows_of(store.query(question.text, bindings=bindings or None, prefixes=None))


def ask_unbound(store: Store, question: Question) -> list[Cells]:
    return rows_of(store.query(question.text, prefixes=None))


def rows_of(result: Any) -> list[Cells]:
    def cell(term: Any) -> str:
        if isinstance(term, NamedNode):
            return compact(term.value)
        return text_of_term(term.value, term.datatype.value) if isinstance(term, Literal) else ""

    assert isinstance(result, QuerySolutions)
    return [tuple(cell(term) for term in solution) for solution in result]


def ask_rdflib(graph: rdflib.Graph, question: Question, values: Mapping[str, str]) -> list[Cells]:
    """The rows that rdflib gives."""

    def cell(term: Any) -> str:
        if isinstance(term, rdflib.URIRef):
            return compact(str(term))
        return text_of_term(str(term), str(term.datatype)) if isinstance(term, rdflib.Literal) else ""

    bindings = {name: rdflib.URIRef(iri) for name, iri in bind(question, values).items()}
    return [
        tuple(cell(term) for term in row)  # type: ignore[union-attr]
        for row in graph.query(question.text, initBindings=bindings)
    ]


def shown(question: Question, rows: Iterable[Cells], columns: Iterable[str]) -> list[list[str]]:
    places = [question.columns.index(column) for column in columns]
    return [[row[place] for place in places] for row in rows]


# The answers


def test_every_question_has_cases_and_every_case_file_a_question() -> None:
    assert {path.stem for path in CASES.glob("*.toml")} == set(QUESTIONS)


def test_every_competency_question_is_answered_once() -> None:
    assert [question.id for question in QUESTIONS.values()] == [
        f"cq-{number:02}" for number in range(1, len(QUESTIONS) + 1)
    ]


@pytest.mark.parametrize("case", ALL, ids=IDS)
def test_the_answer_is_the_expected_one(case: Case, framework_data: FrameworkData) -> None:
    question = QUESTIONS[case.question]
    answer = ask(framework_data.store, question, case.params)
    found = shown(question, answer, case.columns)
    if case.rows is not None:
        assert found == case.rows, case.why
    if case.count is not None:
        assert len(answer) == case.count, case.why
    for row in case.contains:
        assert row in found, case.why
    for row in case.absent:
        assert row not in found, case.why
    assert case.rows is not None or case.count is not None or case.contains or case.absent, "expects nothing"


@pytest.mark.parametrize("case", ALL, ids=IDS)
def test_rdflib_gives_the_same_rows_in_the_same_order(case: Case, framework_data: FrameworkData) -> None:
    question = QUESTIONS[case.question]
    assert ask_rdflib(framework_data.rdflib, question, case.params) == ask(
        framework_data.store, question, case.params
    )


@pytest.mark.parametrize("name", PARAMETERISED)
def test_binding_a_parameter_is_the_same_as_filtering_its_column(
    name: str, framework_data: FrameworkData
) -> None:
    question = QUESTIONS[name]
    unbound = ask_unbound(framework_data.store, question)
    for place, parameter in enumerate(question.parameters):
        values = sorted({row[place] for row in unbound})
        assert all(values), f"{parameter.name} is not bound in some row, so it would match anything"
        for value in values[:: max(1, len(values) // 12)]:
            bound = rows_of(
                framework_data.store.query(
                    question.text, bindings={parameter.name: expand(value)}, prefixes=None
                )
            )
            assert bound == [row for row in unbound if row[place] == value], value


def expand(name: str) -> NamedNode:
    prefix, _, key = name.partition(":")
    return NamedNode(PREFIXES[prefix] + key)


@pytest.mark.parametrize("name", PARAMETERISED)
def test_a_thing_that_there_is_not_gives_no_rows(name: str, framework_data: FrameworkData) -> None:
    question = QUESTIONS[name]
    values = {each.name: f"{(*each.kinds, 'role')[0]}:no-such-thing" for each in question.parameters}
    assert ask(framework_data.store, question, values) == []
    assert ask_rdflib(framework_data.rdflib, question, values) == []


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_row_comes_twice(name: str, framework_data: FrameworkData) -> None:
    rows = ask_unbound(framework_data.store, QUESTIONS[name])
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_empty_answer_says_what_is_missing(name: str, framework_data: FrameworkData) -> None:
    question = QUESTIONS[name]
    assert ask(framework_data.store, question, question.examples()) or question.missing


@pytest.mark.parametrize("name", QUESTIONS)
def test_inferred_content_is_visible(name: str) -> None:
    assert "status" in QUESTIONS[name].columns


# The headers

GOOD = """\
# cq-07
# question: Which apprenticeships lead into this role,
#   and how long do they take?
# asked by: jobseeker
# takes: $role (role IRI), $band (band or career-level IRI, optional, default: every band)
# example: $role = role:hcsw, $band = band:2
# gives: ?name ?n, one row per name, by name
# missing: the length of some
PREFIX cmh: <https://w3id.org/cmh-graph/ns#>
SELECT DISTINCT $role $band ?name (COUNT(DISTINCT ?x) AS ?n) WHERE { $role cmh:x $band ; cmh:y ?name . ?x ?p "#?y" }
"""


def test_a_header_is_read() -> None:
    question = read_question("apprenticeships", GOOD, "x.rq")
    assert (question.id, question.asked_by) == ("cq-07", "jobseeker")
    assert question.question == "Which apprenticeships lead into this role, and how long do they take?"
    assert question.columns == ("role", "band", "name", "n")
    assert (question.gives, question.missing) == ("one row per name, by name", "the length of some")
    role, band = question.parameters
    assert (role.kind, role.optional, role.default, role.example) == ("role", False, "", "role:hcsw")
    assert (band.kinds, band.optional, band.default) == (("band", "career-level"), True, "every band")


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("# cq-07\n", "# 7\n", "line 1", "id"),
        ("# asked by: jobseeker\n", "", "line 1", "asked by"),
        ("# missing", "# lacks", "line 8", "none we know"),
        ("# missing: the", "# asked by: the", "line 8", "two lines for asked by"),
        ("(role IRI)", "(role)", "line 5", "kind of $role"),
        ("(role IRI)", "(rolle IRI)", "line 5", "rolle is no kind"),
        ("$role (role IRI),", "role,", "line 5", "parameters cannot be read"),
        ("$band = band:2", "$bands = band:2", "line 6", "takes and example differ"),
        ("band:2", "skill:2", "line 6", "the example does not work"),
        ("?name ?n, one", "name, one", "line 7", "columns cannot be read"),
        ("?name ?n, one", "?n ?name, one", "line 10", "first at name"),
        ("SELECT DISTINCT $role", "SELECT DISTINCT ?role", "line 10", "needs its $"),
        ("?x ?p", "$x ?p", "line 10", "$x is no parameter"),
        ("SELECT DISTINCT", "CONSTRUCT", "line 10", "no SELECT"),
    ],
)
def test_a_broken_header_names_file_and_line(old: str, new: str, where: str, what: str) -> None:
    assert old in GOOD
    with pytest.raises(SourceError) as error:
        read_question("apprenticeships", GOOD.replace(old, new, 1), "x.rq")
    assert (what in error.value.what, error.value.where) == (True, f"x.rq, {where}"), error.value


def test_one_id_is_answered_by_one_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.rq").write_text(GOOD, "utf-8")
    with pytest.raises(SourceError, match="cq-07 is answered twice"):
        load_questions(tmp_path)
    with pytest.raises(SourceError, match="no questions"):
        load_questions(tmp_path / "empty")


def test_a_question_is_found_by_name_or_id() -> None:
    assert find_question(QUESTIONS, "cq-16") is find_question(QUESTIONS, "requirements_of_a_role")
    with pytest.raises(UnknownThing, match="requirement_of_a_role") as error:
        find_question(QUESTIONS, "requirement_of_a_role")
    assert "requirements_of_a_role" in error.value.mend


# The parameters


@pytest.mark.parametrize(
    "value", ["hcsw", "role:hcsw", BASE + "role/hcsw", f"<{BASE}role/hcsw>", " hcsw ", "role:hcsw"]
)
def test_a_value_may_be_a_key_a_prefixed_name_or_an_iri(value: str) -> None:
    assert bind(QUESTIONS["requirements_of_a_role"], {"role": value}) == {"role": BASE + "role/hcsw"}


def test_a_bare_key_is_of_the_first_kind() -> None:
    question = QUESTIONS["meaning_of_a_job_title"]
    assert bind(question, {"title": "peer-worker"}) == {"title": BASE + "title/peer-worker"}
    assert bind(question, {"title": "role:hcsw"}) == {"title": BASE + "role/hcsw"}


def test_an_optional_parameter_may_be_left_out() -> None:
    assert set(bind(QUESTIONS["gaps_to_the_next_role"], {"role": "hcsw"})) == {"role"}


def test_anything_may_be_named_by_any_iri() -> None:
    question = QUESTIONS["where_a_statement_comes_from"]
    assert bind(question, {"statement": "http://x.example/y"}) == {"statement": "http://x.example/y"}
    assert bind(question, {"statement": "band:3"}) == {"statement": BASE + "vocab/band/3"}


@pytest.mark.parametrize(
    ("name", "values", "what", "mend"),
    [
        ("requirements_of_a_role", {}, "needs a value for role", "such as role:"),
        ("requirements_of_a_role", {"roel": "hcsw"}, "takes no parameter roel", "did you mean role?"),
        ("workforce_planning_tools", {"role": "hcsw"}, "takes no parameter role", "it takes audience"),
        ("where_to_find_vacancies", {"role": "hcsw"}, "takes no parameter role", "it takes none"),
        (
            "requirements_of_a_role",
            {"role": "rol:hcsw"},
            "rol: is not the prefix of a role",
            "did you mean role?",
        ),
        (
            "requirements_of_a_role",
            {"role": "skill:groups"},
            "skill: is not the prefix of a role",
            "such as role:",
        ),
        ("requirements_of_a_role", {"role": BASE + "skill/groups"}, "is not a role", BASE + "role/"),
        ("requirements_of_a_role", {"role": BASE + "role/a/b"}, "is not a role", BASE + "role/"),
        ("requirements_of_a_role", {"role": ""}, "'' is not a key", "such as role:"),
        ("requirements_of_a_role", {"role": "x> } #"}, "is not a key", "such as role:"),
        ("where_a_statement_comes_from", {"statement": "http://x/ y"}, "is not an IRI", "give a thing"),
        ("where_a_statement_comes_from", {"statement": "x"}, "of what kind", "a prefix"),
        ("meaning_of_a_job_title", {"title": "skill:x"}, "prefix of a title or role", "give a title or role"),
    ],
)
def test_a_bad_parameter_is_refused_in_words(name: str, values: dict[str, str], what: str, mend: str) -> None:
    with pytest.raises(BadParameter) as error:
        bind(QUESTIONS[name], values)
    assert what in error.value.what
    assert mend in error.value.mend
    assert error.value.where.startswith("parameter ")
