"""A reviewed list of job titles -> the graph of an organisation: its catalogue, and what people decided about it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cmh_graph.align.mapping_set import set_id, slug, subject_base
from cmh_graph.errors import Conflict
from cmh_graph.namespaces import GRAPH_PARTNER, iri
from cmh_graph.partner import Partner, Post, partner_quads
from cmh_graph.partner_space import Organisation
from cmh_graph.sssom.rdf import mapping_quads
from cmh_graph.sssom.read import mapping_set, read_mapping_file
from cmh_graph.store import RdfFormat, write_quads
from cmh_graph.visits.visit import Visit
from cmh_graph.web.align.lists import MAPPINGS, OUT, POSTS, ListOf

MEDIA_TYPE: Final = "application/n-quads"
#: A key that an IRI holds as it stands.
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
#: Licences that can be chosen -> what the graph says.
LICENCES: Final = {
    "cc-by": "CC BY 4.0",
    "ogl": "Open Government Licence v3.0",
    "cc0": "CC0 1.0",
    "own": "All rights reserved by the organisation",
}


@dataclass(frozen=True, slots=True)
class Publication:
    """What a list would be as a graph.

    posts: of the list; decided: titles that people decided; mapped: of those to a role. data: N-Quads."""

    posts: int
    decided: int
    mapped: int
    data: bytes

    @property
    def undecided(self) -> int:
        return self.posts - self.decided


def publication(
    visit: Visit, held: ListOf, organisation: Organisation, *, employer_type: str, licence: str, day: str
) -> Publication:
    """The graph of a reviewed list. licence: a key of LICENCES; day: of the list, as 2026-11-22.

    Raises Conflict where the list is not there any more. Nothing is judged here: that is for who lands it."""
    try:
        listed: list[dict[str, Any]] = json.loads((visit.folder / OUT / POSTS).read_bytes())
        file = read_mapping_file(visit.folder / OUT / MAPPINGS)
    except (OSError, ValueError):
        raise Conflict(
            "your list is not here any more, or was sent before this service could publish lists",
            mend="send it again on Match your job titles",
        ) from None
    base = subject_base(visit.folder / held.path, None)
    keys = _keys(listed)
    posts = tuple(
        Post(keys[one["key"]], one["title"], one["band"], "", line) for line, one in enumerate(listed, 1)
    )
    about = {
        "name": organisation.name,
        "owner": organisation.name,
        "employer_type": employer_type,
        "licence": LICENCES[licence],
        "date": day,
    }
    names = {f"{base}{slug(old)}": iri("title", f"{organisation.key}-{new}") for old, new in keys.items()}
    found = mapping_set(file)
    decided = [
        replace(row, subject=names[row.subject])
        for row in found.rows
        if row.state not in (None, "candidate") and row.subject in names
    ]
    mine = replace(
        found,
        path=Path(organisation.key),
        metadata={**found.metadata, "mapping_set_id": set_id(organisation.key)},
        rows=tuple(decided),
    )
    quads = [
        *partner_quads(Partner(organisation.key, about, posts)),
        *mapping_quads(mine, GRAPH_PARTNER + organisation.key, organisation.key),
    ]
    out = io.BytesIO()
    write_quads(list(dict.fromkeys(quads)), out, RdfFormat.N_QUADS)
    accepted = [row for row in decided if row.state == "accepted"]
    return Publication(
        posts=len(posts),
        decided=len({row.subject for row in accepted}),
        mapped=len({row.subject for row in accepted if not row.is_no_match}),
        data=out.getvalue(),
    )


def is_day(text: str) -> bool:
    """Whether a text can be a day: 2026-11-22."""
    return _DAY.fullmatch(text) is not None


def _keys(listed: list[dict[str, Any]]) -> Mapping[str, str]:
    """The key of each post in the list -> the key it is published under: the same where an IRI can hold it."""
    found: dict[str, str] = {}
    taken = {one["key"] for one in listed if _KEY.fullmatch(one["key"])}
    for number, one in enumerate(listed, 1):
        key = one["key"]
        if not _KEY.fullmatch(key):
            key = f"row-{number}"
            while key in taken:
                key += "x"
            taken.add(key)
        found[one["key"]] = key
    return found
