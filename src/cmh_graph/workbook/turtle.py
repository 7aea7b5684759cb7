"""Changes of the text of a Turtle file, in the form that people wrote it; unchanged lines keep their bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from cmh_graph.namespaces import PREFIXES
from cmh_graph.store import Literal, NamedNode, Term
from cmh_graph.workbook.blocks import Block, File, Said

_INDENT: Final = "    "
#: Objects stand on one line up to this many characters, as everywhere in the catalogue.
_ONE_LINE: Final = 91
_LOCAL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_XSD: Final = PREFIXES["xsd"]


class Writer:
    """Writes values with the prefixes of a file, and remembers which of them the file lacks."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._by_namespace = {iri: name for name, iri in prefixes.items()}
        self.lacking: dict[str, str] = {}

    def iri(self, iri: str) -> str:
        """An IRI by prefix where one fits, otherwise in full."""
        namespace = iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
        local = iri[len(namespace) :]
        if _LOCAL.fullmatch(local):
            name = self._by_namespace.get(namespace)
            if name is None:
                name = next((one for one, start in PREFIXES.items() if start == namespace), None)
                if name is not None:
                    self.lacking[name] = namespace
            if name is not None:
                return f"{name}:{local}"
        return f"<{iri}>"

    def value(self, term: Term) -> str:
        """A value as Turtle, in the short forms that the catalogue uses."""
        if isinstance(term, NamedNode):
            return self.iri(term.value)
        assert isinstance(term, Literal)
        kind = term.datatype.value
        if kind == _XSD + "boolean" and term.value in {"true", "false"}:
            return term.value
        if kind == _XSD + "integer" and re.fullmatch("[+-]?[0-9]+", term.value):
            return term.value
        quoted = '"' + _escaped(term.value) + '"'
        if term.language:
            return f"{quoted}@{term.language}"
        return quoted if kind == _XSD + "string" else f"{quoted}^^{self.iri(kind)}"

    def said(self, property: str, objects: Sequence[str]) -> str:
        """A predicate with its objects, on one line or one object a line."""
        predicate = "a" if property == PREFIXES["rdf"] + "type" else self.iri(property)
        line = " , ".join(objects)
        between = " , " if len(line) <= _ONE_LINE else f" ,\n{_INDENT}{_INDENT}"
        return f"{predicate} " + between.join(objects)

    def block(self, subject: str, statements: Iterable[tuple[str, Sequence[Term]]]) -> str:
        """A whole block, from the subject to the full stop; no line break after it."""
        said = [self.said(property, [self.value(one) for one in values]) for property, values in statements]
        return f"{self.iri(subject)} " + f" ;\n{_INDENT}".join(said) + " ."


def _escaped(text: str) -> str:
    text = (
        text.replace("\\", "\\\\")
        .replace('"', '\\"')
        .replace("\n", "\\n")
        .replace("\r", "\\r")
        .replace("\t", "\\t")
    )
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04X}", text)


def edited(
    file: File, subject: str, wanted: Mapping[str, Sequence[Term]], order: Sequence[str], writer: Writer
) -> list[tuple[int, int, str]]:
    """The cuts (start, end, new text) that make a file say of a subject what is wanted, and not more.

    order: properties in the order of our blocks, for those that are new. What two blocks say of one
    subject is edited in the
    block that says it; a new property goes into the first."""
    cuts: list[tuple[int, int, str]] = []
    blocks = file.of(subject)
    left = {property: list(values) for property, values in wanted.items()}
    for block in blocks:
        cuts += _edit_block(file, block, left, block is blocks[0], order, writer)
    return cuts


def _edit_block(
    file: File, block: Block, left: dict[str, list[Term]], first: bool, order: Sequence[str], writer: Writer
) -> list[tuple[int, int, str]]:
    cuts: list[tuple[int, int, str]] = []
    kept: list[Said] = []
    for said in block.said:
        values = left.get(said.property, [])
        stay = [one for one in said.objects if one.term in values]
        for one in stay:
            if one.term in values:
                values.remove(one.term)
        # What no other statement about it can take is added here.
        add = values if _last_of(file, block.subject, said) else []
        if add:
            left[said.property] = []
        if not stay and not add:
            continue
        kept.append(said)
        if len(stay) == len(said.objects) and not add:
            continue
        gone = [one for one in said.objects if one not in stay]
        if len(gone) == 1 and len(add) == 1:
            cuts.append((gone[0].start, gone[0].end, writer.value(add[0])))
            continue
        objects = [one.text for one in stay] + [writer.value(one) for one in add]
        comments = re.findall(r"#[^\r\n]*", _outside(file, said))
        text = "".join(f"{comment}\n{_INDENT}" for comment in comments) + writer.said(said.property, objects)
        cuts.append((said.start, said.end, text))
    if not kept:
        # Nothing is left to say here; what is new goes into the first block, which keeps its class.
        end = re.compile(r"[ \t]*\r?\n?").match(file.text, block.end)
        return [(block.start, end.end() if end else block.end, "")]
    cuts += _dropped(file, block, kept)
    if not first:
        return cuts
    new = [(property, values) for property, values in left.items() if values]
    rank = {property: number for number, property in enumerate(order)}
    for property, values in sorted(new, key=lambda one: rank.get(one[0], len(rank))):
        text = writer.said(property, [writer.value(one) for one in values])
        before = [one for one in kept if rank.get(one.property, len(rank)) <= rank.get(property, len(rank))]
        after = before[-1] if before else kept[-1]
        place = block.said.index(after) + 1
        if place < len(block.said) and block.said[place] in kept:
            # Before the next statement, so that a comment behind this one stays behind it.
            start = block.said[place].start
            cuts.append((start, start, f"{text} ;\n{_INDENT}"))
        else:
            cuts.append((after.end, after.end, f" ;\n{_INDENT}{text}"))
        left[property] = []
    return cuts


def _last_of(file: File, subject: str, said: Said) -> bool:
    """Whether no later statement of the subject has the same property."""
    return not any(
        other.property == said.property and other.start > said.start
        for block in file.of(subject)
        for other in block.said
    )


def _outside(file: File, said: Said) -> str:
    """The text between the objects of a statement, where comments may stand."""
    places = [said.start, *(place for one in said.objects for place in (one.start, one.end))]
    return "".join(file.text[start:end] for start, end in zip(places[:-1:2], places[1::2], strict=False))


def _dropped(file: File, block: Block, kept: Sequence[Said]) -> list[tuple[int, int, str]]:
    """The cuts that take out the statements that are not kept, with the semicolons that belong to them;
    comments stay."""
    cuts = []
    end = kept[-1].end
    for said, after in pairwise(block.said):
        if said not in kept and said.start < end:
            cuts.append((said.start, after.start, _comments(file.text[said.end : after.start])))
    if block.said[-1] not in kept:
        between = "".join(
            file.text[one.end : after.start] for one, after in pairwise(block.said) if after.start > end
        )
        comments = _comments(between)
        cuts.append((end, block.said[-1].end, f"\n{_INDENT}{comments}" if comments else ""))
    return cuts


def _comments(text: str) -> str:
    found = re.findall(r"#[^\r\n]*", text)
    return "".join(f"{comment}\n{_INDENT}" for comment in found)


def apply(text: str, cuts: Sequence[tuple[int, int, str]]) -> str:
    """The text with the cuts made; of cuts at one place the first stands first. Cuts must not overlap."""
    parts: list[str] = []
    place = 0
    for start, end, new in sorted(cuts, key=lambda cut: (cut[0], cut[1])):
        if start < place:
            raise ValueError("two edits overlap")
        parts += [text[place:start], new]
        place = end
    return "".join([*parts, text[place:]])


def with_prefixes(text: str, file: File, lacking: Mapping[str, str], line_end: str = "\n") -> str:
    """The text with the @prefix lines that it lacks, in the order of their names.

    Only edits behind the prefixes may have been made to the text."""
    if not lacking:
        return text
    known = sorted(file.prefixes.items(), key=lambda one: one[1][1])
    cuts = []
    for name, namespace in sorted(lacking.items()):
        line = f"@prefix {name}: <{namespace}> ."
        after = [place for other, (_, _, place) in known if other < name]
        if after:
            cuts.append((max(after), max(after), line_end + line))
        else:
            start = min((place for _, (_, place, _) in known), default=0)
            cuts.append((start, start, line + line_end))
    return apply(text, cuts)
