"""What one version offers to others: its stated graph, its shapes, and what its questions take and give."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cmh_graph.namespaces import BASE, GRAPH, GRAPH_DERIVED, PREFIXES
from cmh_graph.queries import Question, read_question
from cmh_graph.store import Literal, Quad, canonical_nquads, graph_of, parse_nquads, read_quads
from cmh_graph.versions.facts import Facts, Statement, facts_of, literal_of

GRAPH_SHAPES: Final = GRAPH + "shapes"
ONTOLOGY: Final = BASE + "ns"
#: A question is no thing of the graph, but its IRI names it in a diff.
QUESTION: Final = BASE + "question/"
#: What a question takes and gives, as properties of it.
ASKS: Final = BASE + "question#"
_COMMENT: Final = re.compile(r"<[^<>\s]*>|\"(?:[^\"\\\n]|\\.)*\"|#[^\n]*")


@dataclass(frozen=True)
class VersionContent:
    """One version, ready to be compared. A part that is not known is None and is then not compared.

    label: how the reader called it. version, issued: by the ontology's header; "" if it has none."""

    label: str
    version: str
    issued: str
    graph: Facts
    shapes: Facts | None = None
    questions: Facts | None = None

    @property
    def parts(self) -> Mapping[str, Facts]:
        """Name of the part -> its facts, of the parts that are known."""
        held = {"graph": self.graph, "shapes": self.shapes, "questions": self.questions}
        return {name: facts for name, facts in held.items() if facts is not None}


def content_of(
    quads: Iterable[Quad],
    label: str,
    shapes: Iterable[Quad] | None = None,
    questions: Mapping[str, str] | None = None,
) -> VersionContent:
    """The content in some quads (the derived graph is left out), some shapes and some questions (name -> text)."""
    graph = facts_of(quad for quad in quads if graph_of(quad) != GRAPH_DERIVED)
    return VersionContent(
        label=label,
        version=_header(graph, PREFIXES["owl"] + "versionInfo"),
        issued=_header(graph, PREFIXES["dcterms"] + "issued"),
        graph=graph,
        shapes=None if shapes is None else facts_of(shapes),
        questions=None if questions is None else question_facts(questions),
    )


def _header(graph: Facts, predicate: str) -> str:
    return min((literal_of(text)[0] for text in graph.values(ONTOLOGY, predicate)), default="")


def shapes_nquads(home: Path) -> bytes:
    """The shapes below home as canonical N-Quads."""
    files = sorted((home / "shapes").glob("*.ttl"))
    return canonical_nquads(quad for file in files for quad in read_quads(file, GRAPH_SHAPES))


def question_texts(home: Path) -> dict[str, str]:
    """The texts of the questions below home, by name."""
    folder = home / "queries" / "questions"
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.rq"))}


def content_at(home: Path, nquads: bytes, label: str) -> VersionContent:
    """The content of a checkout whose graph has been built."""
    return content_of(parse_nquads(nquads), label, parse_nquads(shapes_nquads(home)), question_texts(home))


def question_facts(texts: Mapping[str, str]) -> Facts:
    """What questions take and give, as statements. Raises SourceError if a header cannot be read."""
    found: set[Statement] = set()
    for name, text in texts.items():
        found |= _asked(read_question(name, text, f"{name}.rq"))
    return Facts(frozenset(found))


def _asked(question: Question) -> set[Statement]:
    bare = " ".join(_COMMENT.sub(lambda f: "" if f[0].startswith("#") else f[0], question.text).split())
    said = {
        "id": [question.id],
        "question": [question.question],
        "askedBy": [question.asked_by],
        "columns": [" ".join(question.columns)],
        "rows": [question.gives],
        "missing": [question.missing],
        "parameter": [
            f"{one.name}: {one.kind}, {'optional' if one.optional else 'required'}"
            for one in question.parameters
        ],
        "default": [f"{one.name}: {one.default}" for one in question.parameters if one.default],
        "text": [f"sha256 {hashlib.sha256(bare.encode()).hexdigest()[:16]}"],
    }
    return {
        Statement(QUESTION + question.name, ASKS + field, str(Literal(value)))
        for field, values in said.items()
        for value in values
        if value
    }
