"""The log in the words of PROV (W3C, PROV-O): activities, what they made, and the token that was used.

    <.../graph/source/northfield/activity/7> a prov:Activity ; prov:generated <.../northfield/version/3> ;
        prov:wasAssociatedWith <.../northfield/token/k2…> ; prov:endedAtTime "2026-11-22T09:00:00Z"^^xsd:dateTime .

No person is named: an agent is a token with its label, which is for a desk or a system, or the operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

from cmh_graph.namespaces import GRAPH, GRAPH_PARTNER, PREFIXES, iri
from cmh_graph.store import Literal, NamedNode, Triple

from .records import OPERATOR, Entry, written

#: The space itself, for what concerns no single organisation.
_SPACE: Final = GRAPH + "partners"
_RDF_TYPE: Final = NamedNode(PREFIXES["rdf"] + "type")
_LABEL: Final = NamedNode(PREFIXES["rdfs"] + "label")
_TIME: Final = NamedNode(PREFIXES["xsd"] + "dateTime")
_SHOWN: Final = {"private": "nobody else", "public": "everybody"}


def version_iri(organisation: str, number: int) -> str:
    """The IRI of one version of an organisation's graph."""
    return f"{GRAPH_PARTNER}{organisation}/version/{number}"


def provenance(entries: Iterable[Entry]) -> Iterator[Triple]:
    """What the entries say as PROV. entries: in the order of the log, of one organisation or all."""
    shown: dict[str, int] = {}
    for entry in entries:
        activity = NamedNode(f"{_place(entry)}/activity/{entry.seq}")
        agent = NamedNode(_agent(entry))
        yield Triple(activity, _RDF_TYPE, _prov("Activity"))
        yield Triple(activity, _LABEL, Literal(words(entry), language="en"))
        yield Triple(activity, _prov("endedAtTime"), Literal(written(entry.when), datatype=_TIME))
        yield Triple(activity, _prov("wasAssociatedWith"), agent)
        yield Triple(activity, _dcterms("identifier"), Literal(f"sha256:{entry.digest}"))
        if entry.before:
            yield Triple(activity, _dcterms("relation"), Literal(f"follows sha256:{entry.before}"))
        yield Triple(agent, _RDF_TYPE, _prov("Agent" if entry.by == OPERATOR else "SoftwareAgent"))
        yield Triple(agent, _LABEL, Literal(entry.label))
        if entry.organisation:
            owner = NamedNode(iri("organisation", entry.organisation))
            yield Triple(owner, _RDF_TYPE, _prov("Organization"))
            if entry.by != OPERATOR:
                yield Triple(agent, _prov("actedOnBehalfOf"), owner)
        yield from _effect(entry, activity, shown)


def _effect(entry: Entry, activity: NamedNode, shown: dict[str, int]) -> Iterator[Triple]:
    graph = NamedNode(_place(entry))
    if entry.kind in ("landed", "rolled back"):
        number = int(str(entry.details["number"]))
        made = NamedNode(version_iri(entry.organisation, number))
        yield Triple(graph, _RDF_TYPE, _prov("Entity"))
        yield Triple(made, _RDF_TYPE, _prov("Entity"))
        yield Triple(activity, _prov("generated"), made)
        yield Triple(made, _prov("wasGeneratedBy"), activity)
        yield Triple(made, _prov("generatedAtTime"), Literal(written(entry.when), datatype=_TIME))
        yield Triple(made, _prov("specializationOf"), graph)
        yield Triple(made, _dcterms("identifier"), Literal(f"sha256:{entry.details['sha256']}"))
        if before := shown.get(entry.organisation):
            yield Triple(made, _prov("wasRevisionOf"), NamedNode(version_iri(entry.organisation, before)))
        if entry.kind == "rolled back":
            old = NamedNode(version_iri(entry.organisation, int(str(entry.details["from"]))))
            yield Triple(activity, _prov("used"), old)
            yield Triple(made, _prov("wasDerivedFrom"), old)
        shown[entry.organisation] = number
    elif entry.kind == "removed":
        gone = NamedNode(version_iri(entry.organisation, int(str(entry.details["number"]))))
        yield Triple(activity, _prov("invalidated"), gone)
        yield Triple(gone, _prov("wasInvalidatedBy"), activity)
        yield Triple(gone, _prov("invalidatedAtTime"), Literal(written(entry.when), datatype=_TIME))
        shown.pop(entry.organisation, None)
    else:
        yield Triple(graph, _RDF_TYPE, _prov("Entity"))
        yield Triple(activity, _prov("used"), graph)


def _place(entry: Entry) -> str:
    return GRAPH_PARTNER + entry.organisation if entry.organisation else _SPACE


def _agent(entry: Entry) -> str:
    if entry.by != OPERATOR:
        return f"{_place(entry)}/token/{entry.by}"
    desk = "" if entry.label == OPERATOR else f"/{quote(entry.label, safe='')}"
    return f"{_place(entry)}/{OPERATOR}{desk}"


def words(entry: Entry) -> str:
    """The entry in a few words, for people."""
    details = entry.details
    match entry.kind:
        case "landed" | "rolled back":
            return f"{entry.kind}: version {details['number']}, {details['statements']} statements ({details['how']})"
        case "removed":
            return f"removed: version {details['number']}" + (
                ", all versions forgotten" if details["forgotten"] else ""
            )
        case "shown":
            others = details["with"]
            whom = _SHOWN.get(str(details["to"])) or ", ".join(others if isinstance(others, list) else [])
            return f"shown to {whom}"
        case "token made":
            return f"token made: {details['token']} may {details['may']} ({details['label']})"
        case "token revoked":
            return f"token revoked: {details['token']} ({details['label']})"
        case _:
            return entry.kind


def _prov(name: str) -> NamedNode:
    return NamedNode(PREFIXES["prov"] + name)


def _dcterms(name: str) -> NamedNode:
    return NamedNode(PREFIXES["dcterms"] + name)
