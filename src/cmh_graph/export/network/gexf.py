"""The network as GEXF 1.3 (gexf.net), the form of Gephi."""

from __future__ import annotations

import xml.etree.ElementTree as xml
from collections.abc import Sequence
from typing import Final

from cmh_graph.export.network.attributes import EDGE, NODE, Attribute, Network, Row
from cmh_graph.export.network.graphml import clean

_NAMESPACE: Final = "http://gexf.net/1.3"
#: Attributes that the format has a place of its own for.
_OWN: Final = frozenset({"id", "source", "target", "label"})
_TYPES: Final = {"string": "string", "int": "integer"}


def write(network: Network) -> bytes:
    """One static, directed graph; empty attributes are left out."""
    root = xml.Element("gexf", {"xmlns": _NAMESPACE, "version": "1.3"})
    meta = xml.SubElement(root, "meta", {"lastmodifieddate": network.issued})
    xml.SubElement(meta, "creator").text = "cmh_graph"
    xml.SubElement(meta, "description").text = clean(f"{network.title}, version {network.version}")
    graph = xml.SubElement(root, "graph", {"mode": "static", "defaultedgetype": "directed"})
    for domain, columns in (("node", NODE), ("edge", EDGE)):
        declared = xml.SubElement(graph, "attributes", {"class": domain, "mode": "static"})
        for one in columns:
            if one.name not in _OWN:
                named = {"id": one.name, "title": one.name, "type": _TYPES[one.type]}
                xml.SubElement(declared, "attribute", named)
    nodes = xml.SubElement(graph, "nodes")
    for row in network.nodes:
        named = {name: clean(row[name]) for name in ("id", "label")}
        _values(xml.SubElement(nodes, "node", named), NODE, row)
    edges = xml.SubElement(graph, "edges")
    for row in network.edges:
        named = {name: clean(row[name]) for name in ("id", "source", "target", "label")}
        _values(xml.SubElement(edges, "edge", named), EDGE, row)
    xml.indent(root, " ")
    written: bytes = xml.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _values(element: xml.Element, columns: Sequence[Attribute], row: Row) -> None:
    values = xml.SubElement(element, "attvalues")
    for one in columns:
        if one.name not in _OWN and row[one.name] != "":
            xml.SubElement(values, "attvalue", {"for": one.name, "value": clean(row[one.name])})
