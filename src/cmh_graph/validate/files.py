"""Files -> graphs, seen together with the framework they refer to -> a report with file and line.

Files come from strangers, so nothing in here fetches: owl:imports is not followed, JSON-LD with a context from
elsewhere and RDF/XML with a document type are refused, and files have a largest size.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.sax import SAXParseException

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeElementTree
from rdflib import Dataset, Graph, URIRef
from rdflib import Literal as RdfLiteral
from rdflib.namespace import RDF
from rdflib.plugins.parsers.notation3 import BadSyntax

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import BASE
from cmh_graph.sources import mapping_file_quads
from cmh_graph.store import write_ntriples
from cmh_graph.validate.findings import CANNOT_BE_READ, IRI_NOT_VALID, Finding, Report, order
from cmh_graph.validate.rules import (
    DEFAULT_ENGINE,
    Check,
    flat,
    quiet,
    read_checks,
    read_shapes,
    text_of_node,
    validate,
)

#: Suffix -> rdflib format of the files we read.
FORMATS: Final = {
    ".ttl": "turtle",
    ".nt": "nt",
    ".nq": "nquads",
    ".trig": "trig",
    ".jsonld": "json-ld",
    ".rdf": "xml",
    ".xml": "xml",
    ".sssom.tsv": "sssom",
}
LARGEST_FILE: Final = 50_000_000


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


def validate_files(
    paths: Sequence[Path], home: Path, *, strict: bool = False, engine: str = DEFAULT_ENGINE
) -> Report:
    """What is wrong in some files, seen together with the framework they refer to.

    paths: files and folders (of which every file in a format we read is taken); none means the framework itself.
    home: the folder that holds ontology/, shapes/ and queries/.
    What a file says about a thing takes the place of what the framework says about it, so that a changed copy of
    one of our own files can be looked at. A file that cannot be read is a finding with line and column.
    engine: which SHACL engine judges, one of ENGINES.
    Raises SourceError if a path does not exist, or shapes, checks or the framework cannot be used."""
    if paths:
        return validate_with(given_files(paths), read_framework(home), strict=strict, engine=engine)
    # Nothing else to see our own files with; if one of them is broken, that is a finding.
    rules = Framework(read_shapes(home / "shapes"), tuple(read_checks(home / "queries" / "checks")), {}, home)
    files = framework_files(home)
    if not files:
        raise SourceError(
            "there is no framework", where=str(home), mend="point home to the folder of ontology/"
        )
    return validate_with(files, rules, strict=strict, engine=engine)


def validate_with(
    files: Sequence[Path], framework: Framework, *, strict: bool = False, engine: str = DEFAULT_ENGINE
) -> Report:
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
    for finding in validate(graph, framework.shapes, framework.checks, about=about, engine=engine):
        place = places.get(finding.entity)
        findings.append(replace(finding, file=place[0], line=place[1]) if place else finding)
    return Report(tuple(sorted(findings, key=order)), tuple(names), len(things), strict)


def framework_files(home: Path) -> list[Path]:
    """Our own ontology, vocabularies, catalogue and mapping sets; sorted."""
    ontology = home / "ontology"
    return sorted([*ontology.rglob("*.ttl"), *(ontology / "matches").glob("*.sssom.tsv")])


def given_files(paths: Iterable[Path]) -> list[Path]:
    """The files that some paths name, each once. Raises SourceError for a path we cannot take."""
    known = ", ".join(FORMATS)
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(f for f in path.rglob("*") if _form(f) and f.is_file())
            if not inside:
                raise SourceError(
                    "this folder holds no file we read", where=str(path), mend=f"we read {known}"
                )
            files += inside
        elif not path.is_file():
            raise SourceError("there is no such file", where=str(path), mend="correct the path")
        elif not _form(path):
            raise SourceError(
                f"we do not read files that end in '{path.suffix}'",
                where=str(path),
                mend=f"give one of {known}",
            )
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def _form(file: Path) -> str:
    """The format of a file by its name; "" if we do not read it."""
    ending = ".sssom.tsv" if file.name.lower().endswith(".sssom.tsv") else file.suffix.lower()
    return FORMATS.get(ending, "")


def _mappings(file: Path) -> Graph:
    """The rows of a mapping set as triples. Raises SourceError where it cannot be read."""
    output = io.BytesIO()
    write_ntriples(mapping_file_quads(file), output)
    return Graph().parse(data=output.getvalue(), format="nt")


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
    form = _form(file)
    if form == "sssom":
        try:
            return _mappings(file), []
        except SourceError as error:
            line = re.search(r"line (\d+)", error.where)
            return Graph(), [unreadable(f"{error.what}.", error.mend, int(line.group(1)) if line else None)]
    data = file.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at_line = data.count(b"\n", 0, error.start) + 1
        return Graph(), [unreadable("This file is not in UTF-8.", "Save it as UTF-8.", at_line)]
    try:
        with quiet():
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
        return flat(dataset)
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
                        text_of_node(triple[0]),
                        str(triple[1]),
                        str(node),
                        what,
                        mend,
                        name,
                    )
                )
    return sorted(found, key=order)


def _lines(file: Path, part: Graph) -> dict[str, int]:
    """Subject -> the line of a file on which it is first stated, as far as a look at the text tells."""
    if not part or file.stat().st_size > LARGEST_FILE:
        return {}
    text = file.read_text(encoding="utf-8-sig", errors="replace")
    prefixes = dict(re.findall(r"(?i)@?prefix\s+([\w.-]*):\s*<([^>]*)>", text))
    subjects = {str(subject) for subject in part.subjects() if isinstance(subject, URIRef)}
    found: dict[str, int] = {}
    form = _form(file)
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
