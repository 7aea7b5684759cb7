"""An error, as one process tells it to another: by its slug, in its words."""

from __future__ import annotations

from collections.abc import Mapping

from cmh_graph import errors
from cmh_graph.errors import CmhGraphError, QueryRefused


def words_of(error: CmhGraphError) -> dict[str, str]:
    """What error_of makes the error of again."""
    return {"slug": error.slug, "what": error.what, "where": error.where, "mend": error.mend}


def error_of(words: Mapping[str, str]) -> CmhGraphError:
    """The error that another process tells of."""
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CmhGraphError)
    ]
    kind = next((kind for kind in kinds if kind.slug == words["slug"]), QueryRefused)
    return kind(words["what"], where=words.get("where", ""), mend=words.get("mend", ""))
