"""What a paper is made of: headings, paragraphs, lists, tables, pictures. Texts know their status and sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from cmh_graph.framework import Framework
from cmh_graph.model import Says, SourceKey, Status
from cmh_graph.pictures.svg import Picture


@dataclass(frozen=True, slots=True)
class Said:
    """A text. status is None for words of the paper itself; sources are those that its statement cites."""

    text: str
    status: Status | None = None
    sources: tuple[SourceKey, ...] = ()

    @property
    def is_inferred(self) -> bool:
        return self.status == "inferred"


@dataclass(frozen=True, slots=True)
class Heading:
    """level: 2 for a part of the paper, 3 within a part. The title is level 1. new_page: starts one, as forms do."""

    text: str
    level: int = 2
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Texts set one after another."""

    texts: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A bulleted list."""

    items: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """caption: what the table shows. Every row has a cell for each column; the first cell names the row. An empty cell
    is for people to fill in. widths: share of the page for each column, in any unit; empty leaves it to the format.
    to_fill: rows are tall enough to write in."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Said, ...], ...]
    widths: tuple[int, ...] = ()
    to_fill: bool = False

    @property
    def shares(self) -> tuple[float, ...]:
        """The widths as percentages."""
        total = sum(self.widths)
        return tuple(round(100 * width / total, 1) for width in self.widths)


@dataclass(frozen=True, slots=True)
class Illustration:
    """A picture. in_words: the paper says the same in words beside it, so that plain text can do without; elsewhere
    the table behind the picture stands for it."""

    picture: Picture
    in_words: bool = False


Block: TypeAlias = Heading | Paragraph | Items | Table | Illustration


@dataclass(frozen=True, slots=True)
class Cited:
    """A source as a paper lists it, with its number there."""

    number: int
    key: SourceKey
    label: str
    publisher: str
    url: str


@dataclass(frozen=True, slots=True)
class Paper:
    """name: which paper of what, as part of a file name. cited: its sources in the order they come up."""

    name: str
    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    cited: tuple[Cited, ...]
    footer: str
    numbers: Mapping[SourceKey, int] = field(default_factory=dict)

    def marks(self, said: Said) -> str:
        """What stands behind a text: that it is inferred, and the numbers of its sources."""
        numbers = sorted(self.numbers[key] for key in said.sources if key in self.numbers)
        found = " (inferred)" if said.is_inferred else ""
        return found + (f" [{', '.join(map(str, numbers))}]" if numbers else "")


def words(text: str) -> Said:
    """A text of the paper itself."""
    return Said(text)


def stated(text: str, says: Says | None, *fields: str) -> Said:
    """A text of the graph. fields: those of the statement that it shows; it is inferred if one of them is."""
    if says is None:
        return Said(text)
    inferred = says.is_inferred or any(one in says.inferred_fields for one in fields)
    # "inference" says how we came to it and is no document to look up.
    sources = tuple(one for one in says.sources if one != "inference")
    return Said(text, "inferred" if inferred else says.status, sources)


def paragraph(*texts: Said | str) -> Paragraph:
    return Paragraph(tuple(one if isinstance(one, Said) else Said(one) for one in texts))


def make_paper(framework: Framework, name: str, title: str, subtitle: str, blocks: Iterable[Block]) -> Paper:
    """A paper whose sources are numbered in the order in which they come up."""
    held = tuple(blocks)
    numbers: dict[SourceKey, int] = {}
    for said in _texts(held):
        for key in said.sources:
            numbers.setdefault(key, len(numbers) + 1)
    cited = []
    for key, number in numbers.items():
        source = framework.sources.get(key)  # type: ignore[call-overload]  # a source's key is its key
        label = source.label if source else key
        cited.append(
            Cited(
                number,
                key,
                label,
                (source.publisher or "") if source else "",
                (source.url or "") if source else "",
            )
        )
    footer = (
        f"Made from version {framework.version} of the framework. Statements marked (inferred) are our judgement, not "
        "their owners' words. This paper is no statement of any employer and carries no endorsement."
    )
    return Paper(name, title, subtitle, held, tuple(cited), footer, numbers)


def _texts(blocks: Iterable[Block]) -> Iterator[Said]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from block.texts
        elif isinstance(block, Items):
            yield from block.items
        elif isinstance(block, Table):
            for row in block.rows:
                yield from row
