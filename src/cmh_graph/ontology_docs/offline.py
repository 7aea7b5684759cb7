"""The documentation as one file that needs no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def offline_page(values: Mapping[str, Any]) -> str:
    """One HTML page of what documentation() gives; every text in it is escaped."""
    look = Environment(
        loader=PackageLoader("cmh_graph.web"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return look.get_template("ontology_offline.html").render(values)
