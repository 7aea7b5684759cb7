"""A paper as one HTML page that prints on A4: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from cmh_graph.papers.document import Heading, Items, Paper, Paragraph, Table


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("cmh_graph.papers", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("paper.html")


def write(paper: Paper) -> bytes:
    """The page in UTF-8."""
    kinds = {Heading: "heading", Paragraph: "paragraph", Items: "items", Table: "table"}
    blocks = [(kinds[type(block)], block) for block in paper.blocks]
    return _template().render(paper=paper, blocks=blocks).encode()
