"""Community mental health roles, skills, values, pay bands and pathways as linked data."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cmh_graph.framework import open as open

__version__ = "1.1.0"


def __getattr__(name: str) -> object:
    # Importing cmh_graph reads no file and loads no store: cmh_graph.open brings those in when it is used.
    if name == "open":
        from cmh_graph import framework

        return framework.open
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
