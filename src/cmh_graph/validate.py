"""Dataset + shapes + checks -> findings.

Two kinds of rule: SHACL shapes (shapes/*.ttl, judged by pySHACL) say what one thing looks like; checks
(queries/checks/*.rq, run in our store) look at things together. Each row that a check returns is one finding.

    validate         a graph, shapes and checks -> findings; pure: nothing is read, printed or fetched
    validate_files   files + the framework they refer to -> Report, with file and line
    report_text, report_json, report_sarif, report_junit
                     a Report as text for people, or in the formats that other programs read; same input, same bytes

Files come from strangers, so nothing in here fetches: owl:imports is not followed, JSON-LD with a context from
elsewhere and RDF/XML with a document type are refused, and files have a largest size.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax import SAXParseException

import pyshacl
from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeElementTree
from rdflib import BNode, Dataset, Graph, URIRef
from rdflib import Literal as RdfLiteral
from rdflib.namespace import RDF, SH
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.term import Node

from cmh_graph.errors import QueryRefused, SourceError
from cmh_graph.namespaces import BASE, GRAPH_CATALOGUE, compact
from cmh_graph.store import BlankNode, NamedNode, Quad, Store, text_of
from cmh_graph.store import Literal as StoreLiteral

Severity: TypeAlias = Literal["violation", "warning", "info"]

#: Suffix -> rdflib format of the files we read.
FORMATS: Final = {
    ".ttl": "turtle",
    ".nt": "nt",
    ".nq": "nquads",
    ".trig": "trig",
    ".jsonld": "json-ld",
    ".rdf": "xml",
    ".xml": "xml",
}
LARGEST_FILE: Final = 50_000_000

#: Rules that are neither a shape nor a check: they are about the file itself.
CANNOT_BE_READ: Final = "file_cannot_be_read"
IRI_NOT_VALID: Final = "iri_not_valid"

_SEVERITIES: Final[dict[Node | None, Severity]] = {
    SH.Violation: "violation",
    SH.Warning: "warning",
    SH.Info: "info",
}
_RANK: Final = {"violation": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, in words for the person who owns the catalogue.

    rule: name of the shape (cmhsh:Role-prefLabel), of the check (role_without_step) or of the reader's own rules.
    entity, property, value: IRIs in full, or the text of a literal; "" where there is none.
    message: what is wrong. mend: what to do; "" if the message says it.
    file, line, column: where the entity is stated, counted from 1; None where that is not known."""

    rule: str
    severity: Severity
    entity: str
    property: str
    value: str
    message: str
    mend: str = ""
    file: str | None = None
    line: int | None = None
    column: int | None = None


def _order(finding: Finding) -> tuple[object, ...]:
    """The order of a report: by place, then the gravest first, then by name."""
    place = (finding.file or "", finding.line or 0, finding.column or 0)
    return (*place, _RANK[finding.severity], finding.entity, finding.rule, finding.property, finding.value)


@dataclass(frozen=True)
class Check:
    """A quality rule written as a query that returns ?entity ?property ?value."""

    name: str
    problem: str
    severity: Severity
    mend: str
    query: str


@dataclass(frozen=True)
class Report:
    """What validate_files found. files: those that were looked at, as they were named. things: subjects in them."""

    findings: tuple[Finding, ...]
    files: tuple[str, ...]
    things: int
    strict: bool = False

    @property
    def exit_code(self) -> int:
        """1 if there is a violation, or when strict a warning; otherwise 0. Notes never count."""
        grave = {"violation", "warning"} if self.strict else {"violation"}
        return int(any(finding.severity in grave for finding in self.findings))

    def count(self, severity: Severity) -> int:
        """How many findings are of one severity."""
        return sum(finding.severity == severity for finding in self.findings)


# Rules -----------------------------------------------------------------------------------------------------------


def read_shapes(folder: Path) -> Graph:
    """The union of the shapes in a folder. Raises SourceError if there are none or one cannot be read."""
    files = sorted(folder.glob("*.ttl"))
    if not files:
        raise SourceError(
            "there are no shapes", where=str(folder), mend="point to a folder with shapes/*.ttl"
        )
    shapes = Graph()
    for file in files:
        try:
            shapes.parse(file, format="turtle")
        except (SyntaxError, ValueError) as error:
            raise SourceError(
                f"a shapes file is broken: {error}", where=str(file), mend="correct the Turtle"
            ) from error
    return shapes


def read_checks(folder: Path) -> list[Check]:
    """The checks in a folder, by name. Raises SourceError if there are none or one lacks its header."""
    checks = [read_check(file) for file in sorted(folder.glob("*.rq"))]
    if not checks:
        raise SourceError(
            "there are no checks", where=str(folder), mend="point to a folder with queries/checks/*.rq"
        )
    return checks


def read_check(file: Path) -> Check:
    """One check with the two lines of its header. Raises SourceError if the header is not complete."""
    text = file.read_text(encoding="utf-8")
    problem = re.search(r"^# problem: (.+) \((violation|warning|info)\)$", text, re.MULTILINE)
    mend = re.search(r"^# mend: (.+)$", text, re.MULTILINE)
    if not problem or not mend:
        raise SourceError(
            "a check lacks its header",
            where=str(file),
            mend="open it with '# problem: What is wrong. (violation|warning|info)' and '# mend: What to do.'",
        )
    severity: Severity = {"violation": "violation", "warning": "warning"}.get(problem[2], "info")  # type: ignore[assignment]
    return Check(file.stem, problem[1], severity, mend[1], text)


# The stage -------------------------------------------------------------------------------------------------------


def validate(
    dataset: Graph, shapes: Graph, checks: Sequence[Check], *, about: Collection[Node] | None = None
) -> list[Finding]:
    """What is wrong with a dataset, sorted; file and line are not known here.

    dataset: a Graph, or a Dataset whose graphs are looked at as one. It must hold the ontology, because rules for
        a class hold for its subclasses too.
    about: only findings whose entity is one of these; None for all."""
    if about is not None and not about:
        return []
    graph = _flat(dataset)
    found = _shape_findings(graph, shapes, about) + _check_findings(graph, checks, about)
    return sorted(set(found), key=_order)


def _flat(dataset: Graph) -> Graph:
    """One graph of all triples. Dataset.triples would give the default graph only."""
    if not isinstance(dataset, Dataset):
        return dataset
    merged = Graph()
    for subject, predicate, thing, _ in dataset.quads():
        merged.add((subject, predicate, thing))
    return merged


def _shape_findings(graph: Graph, shapes: Graph, about: Collection[Node] | None) -> list[Finding]:
    focus: list[str | URIRef] | None = None
    if about is not None:
        # pySHACL can be told what to look at, which is faster, but takes IRIs only and then skips shapes within
        # property shapes. Otherwise it looks at everything and we choose.
        iris: list[str | URIRef] = [n for n in about if isinstance(n, URIRef) and re.match("https?:|urn:", n)]
        if len(iris) == len(about) and not _nests(shapes):
            focus = sorted(iris)
    _, report, text = pyshacl.validate(
        graph,
        shacl_graph=shapes,
        inference="none",
        inplace=True,
        advanced=False,
        do_owl_imports=False,
        focus_nodes=focus,
    )
    if not isinstance(report, Graph):
        raise SourceError(
            f"the shapes could not be applied: {text}", where="shapes/", mend="correct the shapes"
        )
    findings = []
    for result in report.subjects(RDF.type, SH.ValidationResult):
        entity = report.value(result, SH.focusNode)
        if about is not None and entity not in about:
            continue
        path = report.value(result, SH.resultPath)
        message, mend = _split(str(report.value(result, SH.resultMessage) or ""))
        findings.append(
            Finding(
                rule=compact(str(report.value(result, SH.sourceShape))),
                severity=_SEVERITIES.get(report.value(result, SH.resultSeverity), "violation"),
                entity=_text(entity),
                property=str(path) if isinstance(path, URIRef) else "",
                value=_text(report.value(result, SH.value)),
                message=message,
                mend=mend,
            )
        )
    return findings


def _nests(shapes: Graph) -> bool:
    """Whether a property shape with a name of its own holds other shapes for its values."""
    inner = (SH["not"], SH["or"], SH["and"], SH.xone, SH.node, SH.property, SH.qualifiedValueShape)
    named = (shape for shape in shapes.subjects(SH.path) if isinstance(shape, URIRef))
    return any((shape, link, None) in shapes for shape in named for link in inner)


def _split(text: str) -> tuple[str, str]:
    """A shape's message as problem and mend: its first sentence, and the rest."""
    first, *rest = re.split(r"(?<=[.!?])\s+(?=[A-Z])", text.strip(), maxsplit=1)
    return first, rest[0] if rest else ""


def _text(node: Node | None) -> str:
    if node is None:
        return ""
    return f"_:{node}" if isinstance(node, BNode) else str(node)


def _check_findings(graph: Graph, checks: Sequence[Check], about: Collection[Node] | None) -> list[Finding]:
    with _quiet():
        store = Store.from_quads(_quads(graph))
    wanted = None if about is None else {_text(node) for node in about}
    findings = []
    for check in checks:
        try:
            rows = store.select(check.query)
        except QueryRefused as error:
            raise SourceError(
                f"the check {check.name} cannot run: {error.what}",
                where=error.where,
                mend="correct the query",
            ) from error
        for row in rows:
            entity = text_of(row.get("entity"))
            if wanted is None or entity in wanted:
                findings.append(
                    Finding(
                        rule=check.name,
                        severity=check.severity,
                        entity=entity,
                        property=text_of(row.get("property")),
                        value=text_of(row.get("value")),
                        message=check.problem,
                        mend=check.mend,
                    )
                )
    return findings


def _quads(graph: Graph) -> Iterator[Quad]:
    name = NamedNode(GRAPH_CATALOGUE)
    for subject, predicate, thing in graph:
        s, p, o = _term(subject), _term(predicate), _term(thing)
        if not isinstance(s, StoreLiteral) and isinstance(p, NamedNode):
            yield Quad(s, p, o, name)


def _term(node: Node) -> NamedNode | BlankNode | StoreLiteral:
    if isinstance(node, RdfLiteral):
        if node.language:
            return StoreLiteral(str(node), language=node.language)
        return StoreLiteral(str(node), datatype=NamedNode(str(node.datatype)) if node.datatype else None)
    return BlankNode(str(node)) if isinstance(node, BNode) else NamedNode(str(node))


# Files -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Framework:
    """What files are judged by and seen together with. Read it once to look at many files.

    parts: file -> its triples."""

    shapes: Graph
    checks: tuple[Check, ...]
    parts: Mapping[Path, Graph]
    home: Path


def read_framework(home: Path) -> Framework:
    """The shapes, checks and content under home, the folder that holds ontology/, shapes/ and queries/.

    Raises SourceError if any of them is missing or broken."""
    parts = {}
    for file in framework_files(home):
        parts[file], problems = read_graph(file)
        if problems:
            raise SourceError(
                f"the framework itself cannot be read: {problems[0].message}",
                where=f"{file}, line {problems[0].line}",
                mend="run cmh-graph validate without files and correct it first",
            )
    if not parts:
        raise SourceError(
            "there is no framework", where=str(home), mend="point home to the folder of ontology/"
        )
    return Framework(
        read_shapes(home / "shapes"), tuple(read_checks(home / "queries" / "checks")), parts, home
    )


def validate_files(paths: Sequence[Path], home: Path, *, strict: bool = False) -> Report:
    """What is wrong in some files, seen together with the framework they refer to.

    paths: files and folders (of which every file in a format we read is taken); none means the framework itself.
    home: the folder that holds ontology/, shapes/ and queries/.
    What a file says about a thing takes the place of what the framework says about it, so that a changed copy of
    one of our own files can be looked at. A file that cannot be read is a finding with line and column.
    Raises SourceError if a path does not exist, or shapes, checks or the framework cannot be used."""
    if paths:
        return validate_with(given_files(paths), read_framework(home), strict=strict)
    # Nothing else to see our own files with; if one of them is broken, that is a finding.
    rules = Framework(read_shapes(home / "shapes"), tuple(read_checks(home / "queries" / "checks")), {}, home)
    files = framework_files(home)
    if not files:
        raise SourceError(
            "there is no framework", where=str(home), mend="point home to the folder of ontology/"
        )
    return validate_with(files, rules, strict=strict)


def validate_with(files: Sequence[Path], framework: Framework, *, strict: bool = False) -> Report:
    """validate_files for a framework that is read already; files: no folders."""
    findings: list[Finding] = []
    graph = Graph()
    places: dict[str, tuple[str, int]] = {}
    names = []
    for file in files:
        name = _shown(file, framework.home)
        names.append(name)
        part, problems = read_graph(file, name)
        findings += problems
        graph += part
        for entity, line in _lines(file, part).items():
            places.setdefault(entity, (name, line))
    things = set(graph.subjects())
    stated = set(graph.subjects(RDF.type))
    ours = {file.resolve() for file in files}
    for file, part in framework.parts.items():
        if file.resolve() not in ours:
            for triple in part:
                if triple[0] not in stated:
                    graph.add(triple)
    about = things if framework.parts else None
    for finding in validate(graph, framework.shapes, framework.checks, about=about):
        place = places.get(finding.entity)
        findings.append(replace(finding, file=place[0], line=place[1]) if place else finding)
    return Report(tuple(sorted(findings, key=_order)), tuple(names), len(things), strict)


def framework_files(home: Path) -> list[Path]:
    """Our own ontology, vocabularies and catalogue, and matches where they are in Turtle; sorted."""
    return sorted((home / "ontology").rglob("*.ttl"))


def given_files(paths: Iterable[Path]) -> list[Path]:
    """The files that some paths name, each once. Raises SourceError for a path we cannot take."""
    known = ", ".join(FORMATS)
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(f for f in path.rglob("*") if f.suffix.lower() in FORMATS and f.is_file())
            if not inside:
                raise SourceError(
                    "this folder holds no file we read", where=str(path), mend=f"we read {known}"
                )
            files += inside
        elif not path.is_file():
            raise SourceError("there is no such file", where=str(path), mend="correct the path")
        elif path.suffix.lower() not in FORMATS:
            raise SourceError(
                f"we do not read files that end in '{path.suffix}'",
                where=str(path),
                mend=f"give one of {known}",
            )
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def read_graph(file: Path, name: str | None = None) -> tuple[Graph, list[Finding]]:
    """The triples of one file, of all its graphs together, and what kept us from reading it.

    name: how findings call the file. Nothing is fetched. If it cannot be read the graph is empty."""
    name = name or file.as_posix()

    def unreadable(what: str, mend: str, line: int | None = None, column: int | None = None) -> Finding:
        return Finding(CANNOT_BE_READ, "violation", "", "", "", what, mend, name, line, column)

    size = file.stat().st_size
    if size > LARGEST_FILE:
        limit = f"{LARGEST_FILE // 1_000_000} MB"
        return Graph(), [unreadable(f"This file has {size:,} bytes; we read up to {limit}.", "Split it.")]
    data = file.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at_line = data.count(b"\n", 0, error.start) + 1
        return Graph(), [unreadable("This file is not in UTF-8.", "Save it as UTF-8.", at_line)]
    form = FORMATS[file.suffix.lower()]
    try:
        with _quiet():
            graph = _parse(text, form)
    except _Refused as error:
        return Graph(), [unreadable(error.what, error.mend)]
    except BadSyntax as error:
        # rdflib keeps place and reason in private names only.
        before = error._str[: error._i].decode("utf-8", "replace")
        line_no, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        mend = "Correct this place; often a full stop, a semicolon, a quote or an @prefix line before it is missing."
        return Graph(), [unreadable(f"The Turtle does not parse: {error._why}.", mend, line_no, column)]
    except json.JSONDecodeError as error:
        what = f"The JSON does not parse: {error.msg}."
        return Graph(), [unreadable(what, "Correct the JSON at this place.", error.lineno, error.colno)]
    except (SAXParseException, ElementTree.ParseError) as error:
        if isinstance(error, SAXParseException):
            at = error.getLineNumber() or 1, error.getColumnNumber() or 0
        else:
            at = error.position
        return Graph(), [
            unreadable("The XML does not parse.", "Correct the XML at this place.", at[0], at[1] + 1)
        ]
    except RecursionError:
        return Graph(), [unreadable("This file is nested too deeply.", "Write it flatter.")]
    # Parsers of foreign formats raise what they like; to a user all of it means one thing.
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        what = f"This file does not parse as {form}: {reason}."
        return Graph(), [unreadable(what, "Correct it, or save it as Turtle.", _bad_line(text, form))]
    return graph, _drop_invalid_iris(graph, name)


class _Refused(Exception):
    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


def _parse(text: str, form: str) -> Graph:
    if form == "json-ld":
        document = json.loads(text)
        _refuse_remote_contexts(document)
        # Written again, so that the parser sees what we looked at.
        text = json.dumps(document)
    elif form == "xml":
        try:
            SafeElementTree.fromstring(text.encode(), forbid_dtd=True)
        except DefusedXmlException:
            raise _Refused(
                "This file has a document type (<!DOCTYPE>), which can hide entity bombs and fetch from elsewhere.",
                "Save it without a document type, or as Turtle.",
            ) from None
    if form in {"nquads", "trig", "json-ld"}:
        dataset = Dataset()
        dataset.parse(data=text, format=form, publicID=BASE)
        return _flat(dataset)
    graph = Graph()
    graph.parse(data=text, format=form, publicID=BASE)
    return graph


def _refuse_remote_contexts(document: object) -> None:
    """Raise _Refused if any context, at any depth, is named by an address instead of written out."""
    waiting: list[object] = [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            contexts = part.get("@context", [])
            named = [
                c for c in (contexts if isinstance(contexts, list) else [contexts]) if isinstance(c, str)
            ]
            if "@import" in part:
                named.append(str(part["@import"]))
            if named:
                raise _Refused(
                    f"This JSON-LD takes its context from elsewhere ({named[0]}); we fetch nothing.",
                    "Write the context itself in the place of its address, or save the data as Turtle.",
                )
            waiting += part.values()


def _bad_line(text: str, form: str) -> int | None:
    """The first line of an N-Triples or N-Quads file that does not parse; rdflib does not say."""
    if form not in {"nt", "nquads"}:
        return None
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            Dataset().parse(data=line + "\n", format="nquads")
        except Exception:
            return number
    return None


def _drop_invalid_iris(graph: Graph, name: str) -> list[Finding]:
    """Take triples with an IRI that is none out of the graph: rdflib lets them pass, no store does."""
    found = []
    for triple in list(graph):
        for node in (*triple, *(t.datatype for t in triple if isinstance(t, RdfLiteral))):
            if isinstance(node, URIRef) and not re.fullmatch(
                r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*", node
            ):
                graph.remove(triple)
                what = f"This is not an IRI: <{node}>."
                mend = (
                    "Write spaces and brackets as %20 and the like, and start with a scheme such as https:."
                )
                found.append(
                    Finding(
                        IRI_NOT_VALID,
                        "violation",
                        _text(triple[0]),
                        str(triple[1]),
                        str(node),
                        what,
                        mend,
                        name,
                    )
                )
    return sorted(found, key=_order)


def _lines(file: Path, part: Graph) -> dict[str, int]:
    """Subject -> the line of a file on which it is first stated, as far as a look at the text tells."""
    if not part or file.stat().st_size > LARGEST_FILE:
        return {}
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    prefixes = dict(re.findall(r"(?i)@?prefix\s+([\w.-]*):\s*<([^>]*)>", text))
    subjects = {str(subject) for subject in part.subjects() if isinstance(subject, URIRef)}
    found: dict[str, int] = {}
    form = FORMATS[file.suffix.lower()]
    if form in {"turtle", "trig", "nt", "nquads"}:
        token = r"^[ \t{]*(?:<([^>\s]*)>|([\w.-]*):([^\s;,{}\[\]()\"<>]*))(?=\s)"
    else:
        token = r"(?:\"@id\"\s*:\s*\"|rdf:(?:about|ID)\s*=\s*[\"'])([^\"']*)[\"']()()"
    for number, line in enumerate(text.splitlines(), start=1):
        for match in re.finditer(token, line):
            full, prefix, local = match.groups()
            iri = full if full is not None else prefixes.get(prefix, f"{prefix}:") + local.replace("\\", "")
            for candidate in (iri, BASE + iri):
                if candidate in subjects:
                    found.setdefault(candidate, number)
    return found


def _shown(file: Path, home: Path) -> str:
    """How a report names a file: a framework file from home, another as it was given."""
    try:
        return file.relative_to(home).as_posix()
    except ValueError:
        return file.as_posix()


@contextmanager
def _quiet() -> Iterator[None]:
    """rdflib logs what it tolerates; we say it in findings."""
    logger = logging.getLogger("rdflib")
    level = logger.level
    logger.setLevel(logging.ERROR + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


# Reports ---------------------------------------------------------------------------------------------------------


def report_text(report: Report) -> str:
    """The report for people: a line of place, a line of what, a line of how to mend it; then the sum."""
    lines = []
    for finding in report.findings:
        place = ":".join(
            str(part) for part in (finding.file, finding.line, finding.column) if part is not None
        )
        about = compact(finding.entity) if finding.entity else ""
        lines.append(
            f"{place or '(place not known)'}: {finding.severity}: {about or 'file'} [{finding.rule}]"
        )
        lines.append(f"    {finding.message}")
        if finding.value and finding.value != finding.entity:
            named = compact(finding.property) or "value"
            lines.append(f"    {named}: {_short(compact(finding.value))}")
        if finding.mend:
            lines.append(f"    {finding.mend}")
    files = f"{len(report.files)} file{'' if len(report.files) == 1 else 's'}"
    counts = ", ".join(
        f"{report.count(s)} {s}{'' if report.count(s) == 1 else 's'}" for s in ("violation", "warning")
    )
    lines.append(f"{files}, {report.things:,} things: {counts}, {report.count('info')} notes")
    return "\n".join(lines) + "\n"


def _short(text: str, width: int = 120) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def report_json(report: Report) -> str:
    """The report as one JSON object: exit_code, counts, files, things, findings."""
    body = {
        "exit_code": report.exit_code,
        "counts": {severity: report.count(severity) for severity in ("violation", "warning", "info")},
        "files": list(report.files),
        "things": report.things,
        "findings": [asdict(finding) for finding in report.findings],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def report_sarif(report: Report) -> str:
    """The report in SARIF 2.1.0, which code hosts show beside the lines of a change."""
    level = {"violation": "error", "warning": "warning", "info": "note"}
    rules: dict[str, Finding] = {}
    for finding in report.findings:
        rules.setdefault(finding.rule, finding)
    ids = sorted(rules)
    results: list[dict[str, Any]] = []
    for finding in report.findings:
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": ids.index(finding.rule),
            "level": level[finding.severity],
            "message": {"text": " ".join(part for part in (finding.message, finding.mend) if part)},
        }
        location: dict[str, Any] = {}
        if finding.file:
            location["physicalLocation"] = {"artifactLocation": {"uri": quote(finding.file)}}
            if finding.line:
                region = {"startLine": finding.line}
                if finding.column:
                    region["startColumn"] = finding.column
                location["physicalLocation"]["region"] = region
        if finding.entity:
            location["logicalLocations"] = [{"fullyQualifiedName": finding.entity, "kind": "resource"}]
        if location:
            result["locations"] = [location]
        results.append(result)
    body = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "cmh-graph validate",
                        "informationUri": BASE,
                        "rules": [
                            {
                                "id": rule,
                                "shortDescription": {"text": rules[rule].message},
                                "help": {"text": rules[rule].mend or rules[rule].message},
                                "defaultConfiguration": {"level": level[rules[rule].severity]},
                            }
                            for rule in ids
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def report_junit(report: Report) -> str:
    """The report in JUnit XML: a file is a test case; each of its violations is a failure in it.

    Warnings and notes are in the case's output, unless the report is strict: then warnings fail too."""
    grave = {"violation", "warning"} if report.strict else {"violation"}
    by_file: dict[str, list[Finding]] = {name: [] for name in report.files}
    for finding in report.findings:
        by_file.setdefault(finding.file or "(place not known)", []).append(finding)
    failing = Counter(name for name, found in by_file.items() if any(f.severity in grave for f in found))
    totals = {"tests": str(len(by_file)), "failures": str(len(failing)), "errors": "0"}
    top = ElementTree.Element("testsuites", {"name": "cmh-graph validate", **totals})
    suite = ElementTree.SubElement(top, "testsuite", {"name": "cmh-graph validate", **totals})
    for name in sorted(by_file):
        case = ElementTree.SubElement(
            suite, "testcase", {"classname": "cmh_graph.validate", "name": _xml(name)}
        )
        hard = [f for f in by_file[name] if f.severity in grave]
        soft = [f for f in by_file[name] if f.severity not in grave]
        if hard:
            failure = ElementTree.SubElement(
                case,
                "failure",
                {"type": hard[0].rule, "message": _xml(f"{len(hard)} findings; {hard[0].message}")},
            )
            failure.text = _xml("\n".join(map(_one_line, hard)))
        if soft:
            ElementTree.SubElement(case, "system-out").text = _xml("\n".join(map(_one_line, soft)))
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"


def _one_line(finding: Finding) -> str:
    place = f"line {finding.line}: " if finding.line else ""
    about = f"{compact(finding.entity)}: " if finding.entity else ""
    return (
        f"{place}{finding.severity}: {about}{finding.message} {finding.mend}".rstrip() + f" [{finding.rule}]"
    )


def _xml(text: str) -> str:
    """Text without the control characters that XML cannot hold."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


#: Name of a report's form -> what writes it.
REPORTS: Final[dict[str, Callable[[Report], str]]] = {
    "text": report_text,
    "json": report_json,
    "sarif": report_sarif,
    "junit": report_junit,
}
