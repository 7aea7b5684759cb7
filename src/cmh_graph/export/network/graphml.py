"""The network as GraphML 1.1 (graphml.graphdrawing.org), and GraphML back to rows."""

from __future__ import annotations

import re
import xml.etree.ElementTree as xml
from typing import Final

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from cmh_graph.errors import SourceError
from cmh_graph.export.network.attributes import EDGE, NODE, Network, Row

_NAMESPACE: Final = "http://graphml.graphdrawing.org/xmlns"
_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema-instance"
#: Attributes that the format has a place of its own for.
_OWN: Final = frozenset({"id", "source", "target"})
#: What XML 1.0 has no way to write.
_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str | int) -> str:
    """The text with what XML cannot hold replaced by the replacement character."""
    return _UNWRITABLE.sub("�", str(text))


def write(network: Network) -> bytes:
    """One directed graph; empty attributes are left out."""
    root = xml.Element(
        "graphml",
        {
            "xmlns": _NAMESPACE,
            "xmlns:xsi": _SCHEMA,
            "xsi:schemaLocation": f"{_NAMESPACE} {_NAMESPACE}/1.1/graphml.xsd",
        },
    )
    for domain, columns in (("graph", ()), ("node", NODE), ("edge", EDGE)):
        if not columns:
            for name in ("title", "version", "issued"):
                _declare(root, domain, name, "string")
        for one in columns:
            if one.name not in _OWN:
                _declare(root, domain, one.name, one.type, one.says)
    graph = xml.SubElement(root, "graph", {"id": "steps", "edgedefault": "directed"})
    for name in ("title", "version", "issued"):
        _data(graph, "graph", name, getattr(network, name))
    for row in network.nodes:
        _values(xml.SubElement(graph, "node", {"id": clean(row["id"])}), "node", row)
    for row in network.edges:
        ends = {name: clean(row[name]) for name in ("id", "source", "target")}
        _values(xml.SubElement(graph, "edge", ends), "edge", row)
    xml.indent(root, " ")
    written: bytes = xml.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _declare(root: xml.Element, domain: str, name: str, type: str, says: str = "") -> None:
    key = xml.SubElement(
        root, "key", {"id": f"{domain}_{name}", "for": domain, "attr.name": name, "attr.type": type}
    )
    if says:
        xml.SubElement(key, "desc").text = says


def _values(element: xml.Element, domain: str, row: Row) -> None:
    for name, value in row.items():
        if name not in _OWN:
            _data(element, domain, name, value)


def _data(element: xml.Element, domain: str, name: str, value: str | int) -> None:
    if value != "":
        xml.SubElement(element, "data", {"key": f"{domain}_{name}"}).text = clean(value)


def read(data: bytes) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The nodes and edges of a GraphML file, attribute -> text. Entities and outside references are refused.

    Raises SourceError if it is no such file."""
    try:
        root = fromstring(data)
    except (xml.ParseError, DefusedXmlException) as error:
        raise SourceError(
            f"the file is no GraphML that we read: {error}",
            where="steps.graphml",
            mend="export the network again",
        ) from None
    space = f"{{{_NAMESPACE}}}"
    names = {key.get("id", ""): key.get("attr.name", "") for key in root.iter(f"{space}key")}
    found: dict[str, list[dict[str, str]]] = {"node": [], "edge": []}
    for kind, rows in found.items():
        for element in root.iter(f"{space}{kind}"):
            row = {name: element.get(name, "") for name in _OWN}
            for one in element.iter(f"{space}data"):
                row[names.get(one.get("key", ""), "")] = one.text or ""
            rows.append(row)
    return found["node"], found["edge"]
