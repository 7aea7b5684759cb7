"""Question files -> questions with a name: read their headers, find one, bind its parameters.

A question file opens with its question in comment lines; a line that starts with "#   " continues the one above.

    # cq-09
    # question: Which skills and experience am I missing for a role one step above mine?
    # asked by: existing employee
    # takes: $role (role IRI), $next (role IRI, optional, default: every role one step on)
    # example: $role = role:hcsw, $next = role:senior-hcsw
    # gives: ?role_name ?next_name ?asked, one row per thing asked for, by next role
    # missing: what the present content cannot tell, and who could supply it

Parameters are $name and stand in SELECT, for only columns can be bound. Without a binding the same text lists every
value of its parameters, so the rows that a binding gives are those of the unbound query with that value in the column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import zip_longest
from pathlib import Path
from typing import Final, NewType, TypeAlias

from cmh_graph.errors import BadParameter, SourceError, UnknownThing
from cmh_graph.namespaces import PREFIXES

Iri = NewType("Iri", str)

_FIELDS: Final = ("question", "asked by", "takes", "example", "gives", "missing")
_NEEDED: Final = ("question", "asked by", "gives")
_ID: Final = re.compile(r"# (cq-\d{2})")
_FIELD: Final = re.compile(r"# ([a-z ]+): (\S.*)")
_CONTINUED: Final = re.compile(r"#   (\S.*)")
_TAKEN: Final = re.compile(r"\$(\w+) \(([^()]+)\)(?:, (?=\$)|$)")
_KIND: Final = re.compile(r"(?:(IRI of anything)|([a-z -]+) IRI)(, optional(?:, default: (.+))?)?")
_EXAMPLE: Final = re.compile(r"\$(\w+) = (\S+?)(?:, (?=\$)|$)")
_GIVEN: Final = re.compile(r"((?:\?\w+\s*)+)(?:[,;.]\s*(.*))?", re.DOTALL)
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
_IRI: Final = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_NOISE: Final = re.compile(r'#[^\n]*|<[^<>\s]*>|"(?:[^"\\\n]|\\.)*"')
_SELECT: Final = re.compile(r"\bSELECT\b(?:\s+(?:DISTINCT|REDUCED)\b)?(.*?)(?:\bWHERE\b|\{)", re.DOTALL)
_EXPRESSION: Final = re.compile(r"\((?:[^()]|\([^()]*\))*\bAS\s+\?(\w+)\s*\)")
_VARIABLE: Final = re.compile(r"([$?])(\w+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a question takes.

    kinds: prefixes of namespaces.PREFIXES that its IRI may have; empty if an IRI of anything will do.
    default: in words, what stands in for it if it is left out; only for an optional one.
    example: a value for which there are rows, as a prefixed name."""

    name: str
    kinds: tuple[str, ...]
    optional: bool
    default: str
    example: str

    @property
    def kind(self) -> str:
        """The kinds in words: "role", "role or skill", "thing"."""
        return " or ".join(self.kinds) or "thing"


@dataclass(frozen=True, slots=True)
class Question:
    """A question with a name, and the SPARQL text that answers it.

    columns: every column in its order, the parameters first. gives: in words, what a row is and how rows are ordered.
    missing: what the present content cannot tell and who could supply it; empty if nothing is missing."""

    name: str
    id: str
    question: str
    asked_by: str
    parameters: tuple[Parameter, ...]
    columns: tuple[str, ...]
    gives: str
    missing: str
    text: str

    def examples(self) -> dict[str, str]:
        """A value for each parameter, as it could be typed."""
        return {parameter.name: parameter.example for parameter in self.parameters}


def load_questions(folder: Path) -> dict[str, Question]:
    """The questions of a folder by name, in the order of their ids.

    Raises SourceError if a header cannot be read, does not match its SELECT, or repeats an id."""
    questions = [
        read_question(path.stem, path.read_text("utf-8"), str(path)) for path in sorted(folder.glob("*.rq"))
    ]
    if not questions:
        raise SourceError(
            "there are no questions", where=str(folder), mend="name a folder that holds .rq files"
        )
    first: dict[str, str] = {}
    for question in questions:
        if question.id in first:
            raise SourceError(
                f"{question.id} is answered twice, also by {first[question.id]}.rq",
                where=f"{folder / question.name}.rq, line 1",
                mend="give each question an id of its own",
            )
        first[question.id] = question.name
    return {question.name: question for question in sorted(questions, key=lambda each: each.id)}


def find_question(questions: Mapping[str, Question], name: str) -> Question:
    """The question with a name, or with an id such as cq-09. Raises UnknownThing."""
    found = questions.get(name) or {each.id: each for each in questions.values()}.get(name)
    if found is None:
        near = _did_you_mean(name, [*questions, *(each.id for each in questions.values())])
        raise UnknownThing(
            f"there is no question called {name[:100]}",
            where=name[:100],
            mend=f"{near}cmh-graph questions lists them all",
        )
    return found


def bind(question: Question, values: Mapping[str, str]) -> dict[str, Iri]:
    """The IRI that each parameter is bound to; an optional one that is not given is left out.

    values: a key (peer-support-worker, of the first kind that the parameter takes), a prefixed name
    (role:peer-support-worker) or a full IRI.
    Raises BadParameter if one is missing, not known, or of another kind. Whether the thing exists isn't asked here."""
    known = {parameter.name: parameter for parameter in question.parameters}
    for name in values:
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise BadParameter(
                f"the question {question.name} takes no parameter {name[:100]}",
                where=f"parameter {name[:100]}",
                mend=f"{_did_you_mean(name, known)}{takes}",
            )
    for parameter in known.values():
        if parameter.name not in values and not parameter.optional:
            raise BadParameter(
                f"the question {question.name} needs a value for {parameter.name}",
                where=f"parameter {parameter.name}",
                mend=_such_as(parameter),
            )
    return {name: to_iri(known[name], value) for name, value in values.items()}


def to_iri(parameter: Parameter, value: str) -> Iri:
    """The full IRI that a value means for a parameter. Raises BadParameter if it is not of a kind that it takes."""
    value = value.strip()
    if value.startswith("<") and value.endswith(">"):
        value = value[1:-1]
    if value.startswith(("http://", "https://")):
        return _checked_iri(parameter, value)
    prefix, colon, key = value.partition(":")
    if not colon:
        if not parameter.kinds:
            raise _refused(
                parameter,
                f"'{value[:100]}' does not say of what kind it is",
                "write a prefix and a colon before it",
            )
        prefix, key = parameter.kinds[0], value
    if prefix not in PREFIXES or (parameter.kinds and prefix not in parameter.kinds):
        near = _did_you_mean(prefix, parameter.kinds or PREFIXES)
        raise _refused(parameter, f"{prefix[:60]}: is not the prefix of {_a(parameter.kind)}", near)
    if not _KEY.fullmatch(key):
        raise _refused(parameter, f"'{key[:100]}' is not a key")
    return Iri(PREFIXES[prefix] + key)


def _checked_iri(parameter: Parameter, value: str) -> Iri:
    if not _IRI.fullmatch(value):
        raise _refused(parameter, f"'{value[:100]}' is not an IRI")
    namespaces = [PREFIXES[kind] for kind in parameter.kinds]
    if namespaces and not any(
        value.startswith(each) and _KEY.fullmatch(value[len(each) :]) for each in namespaces
    ):
        raise _refused(
            parameter, f"{value[:200]} is not {_a(parameter.kind)}", f"it starts with {namespaces[0]} "
        )
    return Iri(value)


def _refused(parameter: Parameter, what: str, hint: str = "") -> BadParameter:
    mend = f"{hint.strip()}; {_such_as(parameter)}" if hint else _such_as(parameter)
    return BadParameter(what, where=f"parameter {parameter.name}", mend=mend)


def _such_as(parameter: Parameter) -> str:
    return f"give {_a(parameter.kind)}, such as {parameter.example}"


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}? " if near else ""


# Reading one file


#: The error for a line of the file: its number, what is wrong there and how to mend it.
_Wrong: TypeAlias = Callable[[int, str, str], SourceError]


@dataclass(frozen=True, slots=True)
class _Field:
    text: str
    line: int


def read_question(name: str, text: str, where: str) -> Question:
    """A question from the text of its file. where: what errors call the file. Raises SourceError."""

    def wrong(line: int, what: str, mend: str) -> SourceError:
        return SourceError(what, where=f"{where}, line {line}", mend=mend)

    if not _NAME.fullmatch(name):
        raise wrong(1, f"'{name}' is no name of a question", "name the file in lower case, with underscores")
    lines = text.splitlines()
    opening = _ID.fullmatch(lines[0]) if lines else None
    if opening is None:
        raise wrong(1, "the file does not open with the id of its question", "write a line such as # cq-07")
    fields: dict[str, _Field] = {}
    last = ""
    for number, line in enumerate(lines[1:], start=2):
        if not line.startswith("#"):
            break
        if (more := _CONTINUED.fullmatch(line)) and last:
            fields[last] = _Field(f"{fields[last].text} {more[1]}", fields[last].line)
            continue
        match = _FIELD.fullmatch(line)
        if match is None or match[1] not in _FIELDS:
            raise wrong(
                number,
                "this line of the header is none we know",
                f"start it with one of: {', '.join(_FIELDS)}",
            )
        last = match[1]
        if last in fields and last != "takes":
            raise wrong(number, f"there are two lines for {last}", "continue a line with '#   '")
        before = f"{fields[last].text}, " if last in fields else ""
        fields[last] = _Field(before + match[2], fields[last].line if before else number)
    for needed in _NEEDED:
        if needed not in fields:
            raise wrong(1, f"the header has no line for {needed}", f"add # {needed}: ...")

    examples = _examples(fields, wrong)
    parameters = _parameters(fields, examples, wrong)
    given = _GIVEN.fullmatch(fields["gives"].text)
    if given is None:
        raise wrong(
            fields["gives"].line,
            "the columns cannot be read",
            "write # gives: ?role ?name, one row per role, by name",
        )
    columns = (*(each.name for each in parameters), *_names(given[1]))
    _match_select(text, columns, {each.name for each in parameters}, wrong)
    question = Question(
        name=name,
        id=opening[1],
        question=fields["question"].text,
        asked_by=fields["asked by"].text,
        parameters=parameters,
        columns=columns,
        gives=given[2] or "",
        missing=fields["missing"].text if "missing" in fields else "",
        text=text,
    )
    try:
        bind(question, question.examples())
    except BadParameter as error:
        raise wrong(fields["example"].line, f"the example does not work: {error.what}", error.mend) from None
    return question


def _names(text: str) -> list[str]:
    return [name for _, name in _VARIABLE.findall(text)]


def _examples(fields: Mapping[str, _Field], wrong: _Wrong) -> dict[str, str]:
    field = fields.get("example")
    if field is None:
        return {}
    found = list(_EXAMPLE.finditer(field.text))
    if "".join(match[0] for match in found) != field.text:
        raise wrong(
            field.line, "the example cannot be read", "write # example: $role = role:hcsw, $next = role:..."
        )
    return {match[1]: match[2] for match in found}


def _parameters(
    fields: Mapping[str, _Field], examples: Mapping[str, str], wrong: _Wrong
) -> tuple[Parameter, ...]:
    field = fields.get("takes")
    parameters: list[Parameter] = []
    if field is not None:
        found = list(_TAKEN.finditer(field.text))
        if "".join(match[0] for match in found) != field.text:
            raise wrong(
                field.line,
                "the parameters cannot be read",
                "write # takes: $role (role IRI), $skill (skill IRI)",
            )
        for match in found:
            kind = _KIND.fullmatch(match[2])
            if kind is None:
                raise wrong(
                    field.line,
                    f"the kind of ${match[1]} cannot be read",
                    "write (role IRI) or (role or skill IRI)",
                )
            kinds = tuple(kind[2].split(" or ")) if kind[2] else ()
            for each in kinds:
                if each not in PREFIXES:
                    raise wrong(
                        field.line,
                        f"{each} is no kind of thing",
                        f"{_did_you_mean(each, PREFIXES)}use a prefix",
                    )
            parameters.append(
                Parameter(match[1], kinds, bool(kind[3]), kind[4] or "", examples.get(match[1], ""))
            )
    names = [each.name for each in parameters]
    if set(examples) != set(names):
        raise wrong(
            fields["example"].line if "example" in fields else 1,
            "the parameters of takes and example differ",
            "give an example for each parameter and for nothing else",
        )
    return tuple(parameters)


def _match_select(text: str, columns: tuple[str, ...], parameters: set[str], wrong: _Wrong) -> None:
    """Raise SourceError if the SELECT clause has not these columns, or writes a parameter without its $."""
    bare = _NOISE.sub(lambda found: " " * len(found[0]), text)
    select = _SELECT.search(bare)
    if select is None:
        raise wrong(len(text.splitlines()), "there is no SELECT", "a question is a SELECT query")
    line = text.count("\n", 0, select.start()) + 1
    selected = tuple(_names(_EXPRESSION.sub(r"?\1", select[1])))
    if selected != columns:
        odd = next((a or b for a, b in zip_longest(selected, columns) if a != b), "")
        raise wrong(
            line,
            f"the columns of SELECT are not those of the header, first at {odd}",
            "select the parameters of takes, then the columns of gives, in the same order",
        )
    for mark, name in _VARIABLE.findall(bare[select.start() :]):
        if (mark == "$") != (name in parameters):
            where = "is no parameter of takes" if mark == "$" else "is a parameter and needs its $"
            raise wrong(
                line, f"{mark}{name} {where}", "write parameters as $name and everything else as ?name"
            )
