"""A paper as one HTML page that prints on A4: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from cmh_graph.papers.document import Heading, Illustration, Items, Paper, Paragraph, Table


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
    kinds = {
        Heading: "heading",
        Paragraph: "paragraph",
        Items: "items",
        Table: "table",
        Illustration: "figure",
    }
    blocks = [(kinds[type(block)], block) for block in paper.blocks]
    return _template().render(paper=paper, blocks=blocks, drawn=_drawn).encode()


def _drawn(figure: Illustration, number: int) -> Markup:
    """The picture as part of the page. Its texts are escaped by cmh_graph.pictures.svg."""
    return Markup(figure.picture.markup(f"picture-{number}-"))
