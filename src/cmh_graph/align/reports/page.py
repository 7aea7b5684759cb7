"""The surroundings of every page: templates that escape all they are given, and one style inside each page."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cmh_graph import __version__

_FIELDS = {"employer_type": "employer type", "other_titles": "other titles"}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("cmh_graph.align.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        thousands=thousands,
        count_of=count_of,
        plain_field=lambda name: _FIELDS.get(name, name),
        share=share,
        sure=lambda confidence: f"{confidence:.2f}",
    )
    # The style is our own file; nothing else is ever marked as safe.
    style = resources.files("cmh_graph.align.reports").joinpath("templates", "style.css").read_text("utf-8")
    made.globals.update(style=Markup(style), version=__version__)
    return made


def page(template: str, **values: Any) -> str:
    """A page as one HTML document. Text among the values is shown as text, never as markup; an unknown name in the
    template is an error."""
    text = _environment().get_template(template).render(**values)
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"


def thousands(number: int) -> str:
    """12345 -> '12,345'."""
    return f"{number:,}"


def count_of(number: int, noun: str) -> str:
    """1 -> '1 row', 2 -> '2 rows', 1000 -> '1,000 rows'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def share(count: int, of: int) -> str:
    """3 of 12 -> '25%'; a dash where there is nothing to have a share of."""
    return f"{100 * count / of:.0f}%" if of else "–"
