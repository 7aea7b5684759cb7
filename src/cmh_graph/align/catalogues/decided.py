"""Answers that people gave to a catalogue's titles earlier: they go before what the machine says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from cmh_graph.align.catalogues.posts import Post
from cmh_graph.align.mapping_set import catalogue_name, set_id, slug, subject_base
from cmh_graph.align.review.kept import Kept, kept_decisions
from cmh_graph.namespaces import key_of
from cmh_graph.partner import MAPPINGS

#: Relations by which a title means the role; a related role is not what the post is.
_MEANS: Final = ("closeMatch", "exactMatch", "broadMatch")


def with_decisions(posts: Sequence[Post], folder: Path) -> list[Post]:
    """The posts, each with the answer of the folder's mapping file where people gave one for these very words.

    Raises SourceError as kept_decisions does."""
    kept = kept_decisions([folder / MAPPINGS], set_id(catalogue_name(folder)))
    if not kept.rows:
        return list(posts)
    base, seen, out = subject_base(folder, None), dict[str, int](), []
    for one in posts:
        name = one.key or str(one.row)
        first = seen.setdefault(name, one.row)
        subject = base + slug(name if first == one.row else f"{name}-row{one.row}")
        out.append(_answered(one, kept, subject) if kept.settled(subject, one.title) else one)
    return out


def _answered(post: Post, kept: Kept, subject: str) -> Post:
    rows = [row for row in kept.rows[subject] if row["cmh_review_state"].endswith("accepted")]
    means = [
        row for row in rows if row["predicate_id"].endswith(_MEANS) and "NoTermFound" not in row["object_id"]
    ]
    settled = replace(post, doubts=(), extra=(), level_clash=False, decided=True)
    if means:
        role = key_of(means[0]["object_id"])
        return replace(settled, zone="accept", role=role, confidence=1.0, why="decided by people")
    related = ", ".join(key_of(row["object_id"]) for row in rows if "NoTermFound" not in row["object_id"])
    why = f"people decided: only related to {related}" if related else "people decided: no framework role"
    return replace(settled, zone="none", role="", why=why, candidates=())
