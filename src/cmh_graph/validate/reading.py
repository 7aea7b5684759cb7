"""One file -> its statements, and what kept us from reading it.

Files come from strangers, so nothing in here fetches: owl:imports is not followed, JSON-LD with a context from
elsewhere and RDF/XML with a document type are refused, and files have a largest size.

Turtle, TriG, N-Triples and N-Quads are read by the parser of our store. What it refuses, and the other formats, rdflib
reads, which tolerates more; its messages are what people see.
"""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Final
from xml.etree import ElementTree
from xml.sax import SAXParseException

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeElementTree
from rdflib import Dataset, Graph
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.term import Node

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import BASE
from cmh_graph.sources import mapping_file_quads
from cmh_graph.store import RdfFormat, iter_rdf, rewritten
from cmh_graph.validate.engines import text_of_node
from cmh_graph.validate.findings import CANNOT_BE_READ, IRI_NOT_VALID, Finding, order
from cmh_graph.validate.rules import quiet
from cmh_graph.validate.statements import Statements, term_of

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
LARGEST_FILE: Final = 500_000_000
#: What rdflib reads takes thirty times its size of memory.
LARGEST_FOR_RDFLIB: Final = 50_000_000
#: It looks at a whole line again for every two kilobytes of it.
LONGEST_LINE: Final = 500_000
OURS: Final = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "nt": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
}
# What only the parser of our store understands (RDF 1.2), so that rdflib can say that it is none of RDF 1.1.
_DIRECTION: Final = re.compile(rb"@[A-Za-z-]+--(?:ltr|rtl)")
_VERSION: Final = re.compile(rb"(?i:\bversion\b)")


def form_of(file: Path) -> str:
    """The format of a file by its name; "" if we do not read it."""
    ending = ".sssom.tsv" if file.name.lower().endswith(".sssom.tsv") else file.suffix.lower()
    return FORMATS.get(ending, "")


def read_graph(file: Path, name: str | None = None) -> tuple[Graph, list[Finding]]:
    """read_statements as an rdflib Graph, for those who want to look at it."""
    statements, findings = read_statements(file, name)
    return statements.graph(), findings


def read_statements(file: Path, name: str | None = None) -> tuple[Statements, list[Finding]]:
    """The statements of one file, of all its graphs together, and what kept us from reading it.

    name: how findings call the file. Nothing is fetched. If it cannot be read there are no statements."""
    name = name or file.as_posix()

    def unreadable(
        what: str, mend: str, line: int | None = None, column: int | None = None
    ) -> tuple[Statements, list[Finding]]:
        return Statements(), [
            Finding(CANNOT_BE_READ, "violation", "", "", "", what, mend, name, line, column)
        ]

    form, size = form_of(file), file.stat().st_size
    largest = LARGEST_FILE if form in OURS or form == "sssom" else min(LARGEST_FILE, LARGEST_FOR_RDFLIB)
    if size > largest:
        limit = f"{largest // 1_000_000} MB"
        return unreadable(f"This file has {size:,} bytes; we read up to {limit}.", "Split it.")
    # Nameless nodes of two files are two nodes, and have the same names each time.
    mark = f"f{zlib.crc32(name.encode()):08x}n"
    if form == "sssom":
        try:
            return Statements.of_quads(mapping_file_quads(file), mark), []
        except SourceError as error:
            line = re.search(r"line (\d+)", error.where)
            return unreadable(f"{error.what}.", error.mend, int(line.group(1)) if line else None)
    data = file.read_bytes()
    try:
        data.decode()
    except UnicodeDecodeError as error:
        at_line = data.count(b"\n", 0, error.start) + 1
        return unreadable("This file is not in UTF-8.", "Save it as UTF-8.", at_line)
    data = data.removeprefix(b"\xef\xbb\xbf")
    refused: SourceError | None = None
    if form in OURS and not _is_newer(data):
        try:
            if form == "nt" and b"_:" not in data:
                return Statements((rewritten(data),)), []
            quads = iter_rdf(data, OURS[form], base=BASE)
            return Statements.of_quads(quads, mark), []
        except SourceError as error:
            refused = error
    if refused and size > LARGEST_FOR_RDFLIB:
        place: list[int | None] = [int(found) for found in re.findall(r"\d+", refused.where)] or [None]
        return unreadable(f"{refused.what}.", f"{refused.mend}.", place[0], place[-1])
    text = data.decode()
    try:
        with quiet():
            graph = _parse(text, form)
    except _Refused as error:
        return unreadable(error.what, error.mend)
    except BadSyntax as error:
        # rdflib keeps place and reason in private names only.
        before = error._str[: error._i].decode("utf-8", "replace")
        line_no, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        mend = "Correct this place; often a full stop, a semicolon, a quote or an @prefix line before it is missing."
        return unreadable(f"The Turtle does not parse: {error._why}.", mend, line_no, column)
    except json.JSONDecodeError as error:
        what = f"The JSON does not parse: {error.msg}."
        return unreadable(what, "Correct the JSON at this place.", error.lineno, error.colno)
    except (SAXParseException, ElementTree.ParseError) as error:
        if isinstance(error, SAXParseException):
            at = error.getLineNumber() or 1, error.getColumnNumber() or 0
        else:
            at = error.position
        return unreadable("The XML does not parse.", "Correct the XML at this place.", at[0], at[1] + 1)
    except RecursionError:
        return unreadable("This file is nested too deeply.", "Write it flatter.")
    # Parsers of foreign formats raise what they like; to a user all of it means one thing.
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        what = f"This file does not parse as {form}: {reason}."
        return unreadable(what, "Correct it, or save it as Turtle.", _bad_line(text, form))
    problems = _drop_invalid_iris(graph, name)
    lines = Statements.of_graph(graph)
    return Statements.of_quads(
        iter_rdf(b"".join(lines.texts), RdfFormat.N_TRIPLES, base=BASE), mark
    ), problems


def _is_newer(data: bytes) -> bool:
    # One at a time: together, the search took as long as to parse.
    return (
        b"<<" in data
        or _DIRECTION.search(data) is not None
        or (b"version" in data.lower() and _VERSION.search(data) is not None)
    )


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
    elif form in {"nt", "nquads"} and any(len(line) > LONGEST_LINE for line in text.splitlines()):
        raise _Refused(
            f"This file has a broken line of more than {LONGEST_LINE:,} characters.", "Correct it."
        )
    if form in {"nquads", "trig", "json-ld"}:
        dataset = Dataset()
        dataset.parse(data=text, format=form, publicID=BASE)
        merged = Graph()
        for subject, predicate, thing, _ in dataset.quads():
            merged.add((subject, predicate, thing))
        return merged
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
            # Contexts may stand in lists, and these in lists.
            contexts = [part.get("@context", [])]
            named = []
            while contexts:
                context = contexts.pop()
                if isinstance(context, list):
                    contexts += context
                elif isinstance(context, str):
                    named.append(context)
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
        for node in triple:
            wrong = _wrong_in(node)
            if wrong:
                graph.remove(triple)
                entity, prop = text_of_node(triple[0]), str(triple[1])
                mend = (
                    "Write spaces and brackets as %20 and the like, and start with a scheme such as https:."
                )
                what = f"This is not an IRI: <{wrong}>."
                found.append(Finding(IRI_NOT_VALID, "violation", entity, prop, wrong, what, mend, name))
                break
    return sorted(found, key=order)


def _wrong_in(node: Node) -> str:
    """What in a node no store takes: an IRI, also that of a datatype, or a language; "" if nothing."""
    try:
        term_of(node)
    except ValueError:
        return str(getattr(node, "datatype", None) or getattr(node, "language", None) or node)
    return ""
