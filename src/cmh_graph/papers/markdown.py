"""A paper as Markdown (CommonMark with pipe tables); the table behind a picture stands in its place."""

from __future__ import annotations

import re

from cmh_graph.papers.document import Heading, Illustration, Items, Paper, Paragraph, Said, Table, words


def write(paper: Paper) -> bytes:
    """The paper in UTF-8."""
    lines = [f"# {_text(paper.title)}", "", _text(paper.subtitle), ""]
    for block in paper.blocks:
        if isinstance(block, Heading):
            lines += [f"{'#' * block.level} {_text(block.text)}", ""]
        elif isinstance(block, Paragraph):
            lines += [" ".join(_said(paper, one) for one in block.texts), ""]
        elif isinstance(block, Items):
            lines += [*(f"- {_said(paper, one)}" for one in block.items), ""]
        elif isinstance(block, Table):
            lines += [*_table(paper, block), ""]
        elif not block.in_words:
            lines += [*_table(paper, _behind(block)), ""]
    if paper.cited:
        lines += ["## Sources", ""]
        for one in paper.cited:
            said = ", ".join(_text(part) for part in (one.label, one.publisher) if part)
            lines.append(f"{one.number}. {said}" + (f" <{one.url}>" if _is_web(one.url) else ""))
        lines.append("")
    return "\n".join([*lines, f"*{_text(paper.footer)}*", ""]).encode()


def _table(paper: Paper, table: Table) -> list[str]:
    head = "| " + " | ".join(map(_text, table.columns)) + " |"
    rows = ["| " + " | ".join(_said(paper, cell) or " " for cell in row) + " |" for row in table.rows]
    return [f"**{_text(table.caption)}**", "", head, "|" + "---|" * len(table.columns), *rows]


def _behind(figure: Illustration) -> Table:
    """The table that says what the picture shows."""
    picture = figure.picture
    rows = tuple(tuple(words(cell) for cell in row) for row in picture.rows)
    return Table(picture.name, picture.columns, rows)


def _said(paper: Paper, said: Said) -> str:
    return _text(said.text) + paper.marks(said).replace("[", "\\[").replace("]", "\\]")


def _text(text: str) -> str:
    """Text as text, never as markup, on one line."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://")) and ">" not in url and " " not in url
