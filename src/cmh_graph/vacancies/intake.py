"""A feed and the folder it is kept in -> the folder brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cmh_graph.align.framework_labels import framework_labels, framework_names
from cmh_graph.align.texts.descriptions import Lexicon
from cmh_graph.store import Store
from cmh_graph.vacancies.feed import Feed, read_feed
from cmh_graph.vacancies.folder import new_about, read_about, read_register, write_folder
from cmh_graph.vacancies.linking import Linker
from cmh_graph.vacancies.register import Merged, Vacancy, merge


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What was read and what it did."""

    feed: Feed
    merged: Merged


def take_in(
    path: Path,
    folder: Path,
    store: Store,
    *,
    as_of: str = "",
    owner: str = "",
    licence: str = "",
    employer: str = "",
) -> TakenIn:
    """Read a feed into its folder. store: the built graph, for the names of roles, skills and the rest.

    owner, licence, employer: for a folder that has no source.toml yet; in one that has, that file decides.
    Raises what read_feed, read_register and merge raise; then nothing is written."""
    about = read_about(folder) or new_about(folder, owner, licence, employer)
    known = read_register(folder)
    feed = read_feed(path, about.employer)
    linker = Linker(framework_labels(store), Lexicon(framework_names(store)), about.employer_type)
    read = [Vacancy(one.facts, linker.links(one)) for one in feed.postings]
    merged = merge(known, read, as_of=as_of, named_by_rejects={one.key for one in feed.rejects if one.key})
    write_folder(folder, about, merged.register, feed.rejects)
    return TakenIn(feed, merged)
