"""Releases -> pages of a Linked Data Event Stream (https://w3id.org/ldes/specification), as TriG and JSON-LD.

The root leads to the first page of every release, each page to the next of its release. Addresses are relative, so that
a page is the same wherever it is served from, and a page of a release never changes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any, Final

from cmh_graph.errors import UnknownThing
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.store import NamedNode, Quad, RdfFormat, parse_nquads, write_quads
from cmh_graph.versions.feeds.atom import CHANGES
from cmh_graph.versions.feeds.members import Member, Members
from cmh_graph.versions.releases import Release

#: Members on a page. Never to be changed: pages are kept for ever by those who read them.
PAGE_SIZE: Final = 500
ROOT: Final = "/v1/changes/stream"
#: Seconds after which it is worth looking for a new release.
_POLLING: Final = 86_400
_CONTEXT: Final = {
    "ldes": "https://w3id.org/ldes#",
    "tree": "https://w3id.org/tree#",
    "as": "https://www.w3.org/ns/activitystreams#",
    **{name: PREFIXES[name] for name in ("dcterms", "schema", "sh", "xsd", "rdf")},
}
_PREFIXES: Final = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in _CONTEXT.items())
_PATHS: Final = (("dcterms:issued", "xsd:dateTime"), ("schema:position", "xsd:integer"))

Node = dict[str, Any]


class EventStream:
    """The stream of one folder of releases. Its pages are bytes, the same for the same releases."""

    def __init__(self, members: Members) -> None:
        self._members: Final = members
        self._releases: Final = members.releases

    def root(self, *, as_json: bool) -> bytes:
        """What the stream is, and where its pages begin. It has no members; its Turtle is its TriG."""
        firsts = [self._releases.release(version) for version in self._releases.versions]
        relations = [
            relation
            for one in firsts
            for relation in (
                _relation("GreaterThanOrEqualTo", _page_address(one.version, 1), _PATHS[0], _instant(one)),
                _relation("LessThanOrEqualTo", _page_address(one.version, 1), _PATHS[0], _instant(one)),
            )
        ]
        stream: Node = {
            "@id": CHANGES,
            "@type": "ldes:EventStream",
            "dcterms:title": "What releases of the graph changed, each changed thing whole",
            "dcterms:license": {"@id": "https://creativecommons.org/licenses/by/4.0/"},
            "ldes:timestampPath": {"@id": _PATHS[0][0]},
            "ldes:sequencePath": {"@id": _PATHS[1][0]},
            "ldes:versionOfPath": {"@id": "dcterms:isVersionOf"},
            "ldes:versionCreateObject": {"@id": "as:Create"},
            "ldes:versionUpdateObject": {"@id": "as:Update"},
            "ldes:versionDeleteObject": {"@id": "as:Delete"},
            "ldes:pollingInterval": _typed(str(_POLLING), "xsd:integer"),
            "tree:shape": _SHAPE,
            "tree:view": {"@id": ""},
        }
        node: Node = {"@id": "", "@type": "tree:Node"}
        if relations:
            node["tree:relation"] = relations
        return _written([stream, node], (), as_json=as_json)

    def page(self, version: str, number: int, *, as_json: bool) -> bytes:
        """A page of a release, from 1. Raises UnknownThing, and SourceError for a broken release."""
        release = self._releases.release(version)
        members = self._members.of(version)
        pages = max(1, -(-len(members) // PAGE_SIZE))
        if not 1 <= number <= pages:
            raise UnknownThing(
                f"release {version} has no page {number}",
                where=str(number),
                mend=f"its pages are 1 to {pages}",
            )
        start = (number - 1) * PAGE_SIZE
        shown = members[start : start + PAGE_SIZE]
        node: Node = {"@id": "", "@type": "tree:Node", "ldes:immutable": _typed("true", "xsd:boolean")}
        if number < pages:
            following = _page_address(version, number + 1)
            node["tree:relation"] = [
                _relation("GreaterThanOrEqualTo", following, _PATHS[0], _instant(release)),
                _relation(
                    "GreaterThanOrEqualTo", following, _PATHS[1], str(members[start + PAGE_SIZE].position)
                ),
            ]
        stream: Node = {"@id": CHANGES, "@type": "ldes:EventStream"}
        if shown:
            stream["tree:member"] = [{"@id": one.iri} for one in shown]
        heads: list[Node] = [
            {
                "@id": one.iri,
                "@type": f"as:{one.event}",
                "dcterms:isVersionOf": {"@id": one.thing},
                "dcterms:isPartOf": {"@id": f"{BASE}release/{version}"},
                "dcterms:issued": _typed(_instant(release), "xsd:dateTime"),
                "schema:position": _typed(str(one.position), "xsd:integer"),
            }
            for one in shown
        ]
        return _written([stream, node, *heads], shown, as_json=as_json)


def _typed(value: str, datatype: str) -> Node:
    return {"@value": value, "@type": datatype}


def _exactly_one(path: str, **more: Node) -> Node:
    """A property shape: the path leads to one value."""
    count = _typed("1", "xsd:integer")
    said = {f"sh:{name}": value for name, value in more.items()}
    return {"sh:path": {"@id": path}, "sh:minCount": count, "sh:maxCount": count, **said}


_SHAPE: Final[Node] = {
    "@type": "sh:NodeShape",
    "sh:property": [
        _exactly_one("dcterms:isVersionOf", nodeKind={"@id": "sh:IRI"}),
        *(_exactly_one(path, datatype={"@id": datatype}) for path, datatype in _PATHS),
    ],
}


def _page_address(version: str, number: int) -> str:
    return f"{ROOT}/{version}/{number}"


def _instant(release: Release) -> str:
    return f"{release.issued}T00:00:00Z"


def _relation(kind: str, address: str, path: tuple[str, str], value: str) -> Node:
    return {
        "@type": f"tree:{kind}Relation",
        "tree:node": {"@id": address},
        "tree:path": {"@id": path[0]},
        "tree:value": _typed(value, path[1]),
    }


def _written(nodes: Sequence[Node], members: Sequence[Member], *, as_json: bool) -> bytes:
    if as_json:
        return json.dumps(
            {"@context": _CONTEXT, "@graph": [*nodes, *_graphs(members)]}, ensure_ascii=False
        ).encode()
    blocks = [f"{_term({'@id': node['@id']})} {_said(node)} .\n" for node in nodes]
    blocks += [f"<{one.iri}> {{\n{one.lines}}}\n" for one in members if one.lines]
    return (_PREFIXES + "\n" + "\n".join(blocks)).encode()


def _graphs(members: Sequence[Member]) -> list[Node]:
    """The named graphs of members in expanded JSON-LD."""
    quads = [
        Quad(quad.subject, quad.predicate, quad.object, NamedNode(one.iri))
        for one in members
        for quad in parse_nquads(one.lines.encode())
    ]
    output = io.BytesIO()
    write_quads(quads, output, RdfFormat.JSON_LD)
    found: list[Node] = json.loads(output.getvalue())
    return found


def _said(node: Node) -> str:
    """What a node says, in Turtle."""
    said = []
    for name, values in node.items():
        if name == "@id":
            continue
        several = values if isinstance(values, list) else [values]
        predicate = "a" if name == "@type" else name
        objects = [one if name == "@type" else _term(one) for one in several]
        said.append(f"{predicate} {', '.join(objects)}")
    return " ;\n    ".join(said)


def _term(value: Any) -> str:
    """An object in Turtle. Texts here are ours and hold nothing to be escaped."""
    if isinstance(value, str):
        return f'"{value}"'
    if "@value" in value:
        return f'"{value["@value"]}"^^{value["@type"]}'
    if "@id" not in value:
        return f"[ {_said(value)} ]"
    name = value["@id"]
    return name if name.partition(":")[0] in _CONTEXT else f"<{name}>"
