"""Accepted mappings and the framework as it is now -> those that no longer say what was accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cmh_graph.errors import StaleMappings
from cmh_graph.namespaces import BASE, key_of
from cmh_graph.sssom.model import MappingRow, MappingSet
from cmh_graph.sssom.targets import Target, Targets

Kind = Literal["deprecated", "gone", "changed", "unrecorded", "post gone", "title changed"]


@dataclass(frozen=True, slots=True)
class Stale:
    """An accepted mapping that needs a person. replacement: IRIs of what the framework offers instead."""

    path: Path
    line: int
    subject: str
    title: str
    target: str
    kind: Kind
    why: str
    replacement: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        return f"{self.path}, line {self.line}"


def stale_mappings(
    found: MappingSet, targets: Targets, posts: Mapping[str, str] | None = None
) -> list[Stale]:
    """The accepted rows that are stale, in file order, each by its first reason.

    posts: IRI of each title of the employer's catalogue -> its words, where the catalogue is at hand. Rows that deny a
    match, that point outside the framework or that are not accepted are never stale."""
    return [
        one for row in found.rows if row.state == "accepted" for one in _stale(found, row, targets, posts)
    ]


def _stale(
    found: MappingSet, row: MappingRow, targets: Targets, posts: Mapping[str, str] | None
) -> Iterator[Stale]:
    def stale(kind: Kind, why: str, replacement: tuple[str, ...] = ()) -> Stale:
        return Stale(found.path, row.line, row.subject, row.subject_label, row.object, kind, why, replacement)

    if posts is not None:
        if row.subject not in posts:
            yield stale("post gone", "the employer's catalogue has no such post any more")
            return
        if not same_title(posts[row.subject], row.subject_label):
            yield stale("title changed", f"the post is now called '{posts[row.subject]}'")
            return
    if row.is_no_match or not row.object.startswith(BASE):
        return
    target = targets.get(row.object)
    if target is None:
        yield stale("gone", "the framework has no such role any more")
    elif target.deprecated:
        names = " or ".join(f"'{targets.name(one)}'" for one in target.replaced_by)
        yield stale(
            "deprecated",
            f"'{target.name}' is retired" + (f"; use {names}" if names else ", and nothing replaces it"),
            target.replaced_by,
        )
    elif not row.digest:
        yield stale("unrecorded", "it does not say what the role was when it was accepted")
    elif row.digest != target.digest:
        yield stale("changed", _what_changed(row, target))


def _what_changed(row: MappingRow, target: Target) -> str:
    since = f" since {row.object_version}" if row.object_version else ""
    if row.object_label and row.object_label != target.name:
        return f"the role was called '{row.object_label}' and is now called '{target.name}'"
    return f"the definition of '{target.name}' has changed{since}"


def same_title(one: str, other: str) -> bool:
    """Whether two titles have the same words, blanks, case and the apostrophe of an inert cell aside."""
    return _plain(one) == _plain(other)


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold().removeprefix("'")


MEND = "run cmh-graph review {file} --stale, then cmh-graph publish"


def refuse_stale(found: Iterable[Stale]) -> None:
    """Raises StaleMappings, with each in words and how to mend it, if there are any."""
    every = list(found)
    if not every:
        return
    shown = "\n".join(
        f"    line {one.line}: {one.title} -> {key_of(one.target)}: {one.why}" for one in every[:20]
    )
    more = f"\n    and {len(every) - 20} more: cmh-graph stale lists them" if len(every) > 20 else ""
    count = "1 accepted mapping is" if len(every) == 1 else f"{len(every)} accepted mappings are"
    files = list(dict.fromkeys(str(one.path) for one in every))
    raise StaleMappings(
        f"{count} stale:\n{shown}{more}",
        where=", ".join(files),
        mend=MEND.format(file=files[0]),
    )
