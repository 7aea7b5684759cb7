"""A partner's catalogue as received -> its posts and titles, in a graph of the partner's own.

A catalogue is a folder: source.toml (name, owner, employer_type, licence, date, checksum of each table) and roles.csv
(key, title, band, employer_type, setting, description). Nothing is said yet about which framework roles the titles
mean: that is alignment, and what people accepted of it is in mappings.sssom.tsv beside them.
"""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmh_graph.errors import SourceError
from cmh_graph.namespaces import CMH, GRAPH_PARTNER, PREFIXES, iri
from cmh_graph.store import Literal, NamedNode, Quad

#: The published mapping set of a partner's folder.
MAPPINGS = "mappings.sssom.tsv"
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BANDS = {"1", "2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9"}


@dataclass(frozen=True, slots=True)
class Post:
    """A post as the partner lists it. band: a band of the scheme, or "" for none. line: place in roles.csv."""

    key: str
    title: str
    band: str
    description: str
    line: int


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner and its posts. name: the folder's name, used in IRIs."""

    name: str
    about: Mapping[str, Any]
    posts: tuple[Post, ...]


def read_partner(folder: Path) -> Partner:
    """The catalogue in a folder.

    Raises SourceError, with file, line and column, for a missing field, a key twice, an empty title, a band that is
    not in the scheme, or a table whose checksum differs from the one recorded."""
    about_path = folder / "source.toml"
    try:
        about = tomllib.loads(about_path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"source.toml cannot be read: {error}", where=str(about_path)) from None
    for field in ("name", "owner", "employer_type", "licence", "date"):
        if not about.get(field):
            raise SourceError(
                f"source.toml does not say the {field}", where=str(about_path), mend=f'add {field} = "..."'
            )
    table = folder / "roles.csv"
    raw = table.read_bytes()
    recorded = about.get("sha256", {}).get("roles.csv")
    if recorded and hashlib.sha256(raw).hexdigest() != recorded:
        raise SourceError(
            "roles.csv is not the file that was received: its checksum differs",
            where=str(table),
            mend="restore the file, or record the new checksum and date in source.toml",
        )
    posts: list[Post] = []
    seen: set[str] = set()
    for line, row in enumerate(csv.DictReader(raw.decode("utf-8-sig").splitlines()), 2):
        key, title, band = (str(row.get(name) or "").strip() for name in ("key", "title", "band"))
        at = f"{table}, line {line}"
        if not _KEY.fullmatch(key) or key in seen:
            raise SourceError(
                f"the key '{key}' is empty, doubled or has a character that no IRI can carry",
                where=f"{at}, column key",
                mend="give each post a key of its own from letters, digits, dots and hyphens",
            )
        if not title:
            raise SourceError("this post has no title", where=f"{at}, column title", mend="fill the title")
        if band and band not in _BANDS:
            raise SourceError(
                f"pay band '{band}' is not in the band scheme",
                where=f"{at}, column band",
                mend="use a band listed in ontology/vocab/bands.ttl, or leave it empty for unpaid roles",
            )
        seen.add(key)
        posts.append(Post(key, title, band, str(row.get("description") or "").strip(), line))
    return Partner(folder.resolve().name, about, tuple(posts))


def titles_of(partner: Partner) -> dict[str, str]:
    """IRI of each title of the partner -> its words."""
    return {iri("title", f"{partner.name}-{post.key}"): post.title for post in partner.posts}


def partner_quads(partner: Partner) -> Iterator[Quad]:
    """The partner's organisation, posts, titles and bands, in its own named graph."""
    graph = NamedNode(GRAPH_PARTNER + partner.name)
    rdf_type = NamedNode(PREFIXES["rdf"] + "type")
    label, definition = (NamedNode(PREFIXES["skos"] + name) for name in ("prefLabel", "definition"))
    employer = NamedNode(iri("organisation", partner.name))
    source = NamedNode(iri("source", partner.name))
    status = (NamedNode(CMH + "status"), NamedNode(iri("status", "confirmed")))
    cited = (NamedNode(PREFIXES["dcterms"] + "source"), source)

    def thing(node: NamedNode, kind: str, *pairs: tuple[NamedNode, NamedNode | Literal]) -> Iterator[Quad]:
        yield Quad(node, rdf_type, NamedNode(kind), graph)
        for predicate, value in pairs:
            yield Quad(node, predicate, value, graph)

    about = partner.about
    yield from thing(
        source,
        CMH + "Source",
        (label, Literal(f"Role catalogue of {about['owner']}", language="en")),
        (NamedNode(PREFIXES["dc"] + "publisher"), Literal(about["owner"], language="en")),
        (NamedNode(PREFIXES["dc"] + "date"), Literal(str(about["date"]))),
        (NamedNode(PREFIXES["dc"] + "rights"), Literal(about["licence"], language="en")),
        (NamedNode(CMH + "sourceKind"), NamedNode(iri("status", "confirmed"))),
    )
    yield from thing(
        employer,
        CMH + "Organisation",
        (label, Literal(about["owner"], language="en")),
        (NamedNode(CMH + "employerType"), NamedNode(iri("employer-type", about["employer_type"]))),
        # Who maps its posts to the framework uses it.
        (NamedNode(CMH + "relationToFramework"), NamedNode(iri("use-state", "partner"))),
        status,
        cited,
    )
    for post in partner.posts:
        key = f"{partner.name}-{post.key}"
        title = NamedNode(iri("title", key))
        yield from thing(
            title,
            CMH + "Title",
            (label, Literal(post.title, language="en")),
            (NamedNode(CMH + "belongsTo"), employer),
            status,
            cited,
        )
        node = NamedNode(iri("post", key))
        yield from thing(
            node,
            CMH + "Post",
            (NamedNode(CMH + "hasTitle"), title),
            (NamedNode(PREFIXES["org"] + "postIn"), employer),
            status,
            cited,
        )
        if post.band:
            yield Quad(node, NamedNode(CMH + "band"), NamedNode(iri("band", post.band)), graph)
        if post.description:
            yield Quad(node, definition, Literal(post.description, language="en"), graph)
