"""The network of steps between roles and other places, for researchers: GraphML, GEXF, node-link JSON and CSV.

attributes  the rows: what every node and edge is told to be
graphml     written, and read back
gexf        written
parquet     written, and read back; a format by itself, because it needs the extra "parquet"
"""

from __future__ import annotations

import io
from collections.abc import Sequence, Set
from typing import Final

from cmh_graph.align.cells import inert
from cmh_graph.delimited import RowWriter
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.network import attributes, gexf, graphml, parquet
from cmh_graph.export.network.attributes import EDGE, NODE, Attribute, Network, Row
from cmh_graph.export.statements import Statements, as_written, carried, load_bytes, write_json
from cmh_graph.namespaces import BASE, CMH
from cmh_graph.store import Triple

FOLDER: Final = "network/"


def write(edition: Edition) -> Written:
    """network/steps.graphml, .gexf and .json, nodes.csv and edges.csv: the same nodes, edges and attributes in each."""
    network = attributes.network_of(edition)
    files = {
        f"{FOLDER}steps.graphml": graphml.write(network),
        f"{FOLDER}steps.gexf": gexf.write(network),
        f"{FOLDER}steps.json": write_json(_node_link(network)),
        f"{FOLDER}nodes.csv": _table(NODE, network.nodes),
        f"{FOLDER}edges.csv": _table(EDGE, network.edges),
    }
    return Written(files, carried(edition, read(files)))


def _node_link(network: Network) -> dict[str, object]:
    """As networkx and d3 read it; the list of edges is "edges", and "key" tells parallel edges apart."""
    return {
        "directed": True,
        "multigraph": True,
        "graph": {"name": network.title, "version": network.version, "issued": network.issued},
        "nodes": [{name: value for name, value in row.items() if value != ""} for row in network.nodes],
        "edges": [
            {
                "source": row["source"],
                "target": row["target"],
                "key": row["id"],
                **{name: value for name, value in row.items() if value != "" and name not in _ENDS},
            }
            for row in network.edges
        ],
    }


_ENDS: Final = frozenset({"source", "target"})


def _table(columns: Sequence[Attribute], rows: Sequence[Row]) -> bytes:
    output = io.StringIO(newline="")
    writer = RowWriter(output)
    writer.writerow([one.name for one in columns])
    for row in rows:
        cells = [row[one.name] for one in columns]
        writer.writerow([inert(cell) if isinstance(cell, str) else cell for cell in cells])
    return output.getvalue().encode()


def write_parquet(edition: Edition) -> Written:
    """network/nodes.parquet and edges.parquet. Raises MissingProgram where pyarrow is not installed."""
    network = attributes.network_of(edition)
    files = {
        f"{FOLDER}nodes.parquet": parquet.write(NODE, network.nodes),
        f"{FOLDER}edges.parquet": parquet.write(EDGE, network.edges),
    }
    return Written(files, carried(edition, read_parquet(files)))


def read(files: Files) -> Set[Triple]:
    """The statements in steps.graphml. Raises SourceError if it is missing or no GraphML."""
    name = f"{FOLDER}steps.graphml"
    nodes, edges = graphml.read(load_bytes(files, name))
    with as_written(name):
        return _statements(nodes, edges)


def read_parquet(files: Files) -> Set[Triple]:
    """The statements in the two Parquet files. Raises SourceError if one is missing or no Parquet."""
    nodes, edges = (
        parquet.read(load_bytes(files, name), name)
        for name in (f"{FOLDER}nodes.parquet", f"{FOLDER}edges.parquet")
    )
    with as_written(f"{FOLDER}edges.parquet"):
        return _statements(nodes, edges)


def _statements(nodes: Sequence[dict[str, str]], edges: Sequence[dict[str, str]]) -> Set[Triple]:
    found = Statements()
    places = {node["id"]: node.get("iri", "") for node in nodes}
    for node in nodes:
        iri = node.get("iri", "")
        for name in _parts(node, "classes"):
            found.type(iri, CMH + name)
        found.text(iri, "skos:prefLabel", node.get("label"))
        found.link(iri, "cmh:family", *(f"family:{key}" for key in _parts(node, "family")))
        found.link(iri, "cmh:frameworkLevel", *(f"framework-level:{key}" for key in _parts(node, "level")))
        _read_says(found, node)
    for edge in edges:
        iri = edge.get("iri", "")
        found.type(iri, "cmh:Step")
        found.link(iri, "cmh:fromPosition", places.get(edge["source"], ""))
        found.link(iri, "cmh:toPosition", places.get(edge["target"], ""))
        found.link(iri, "cmh:stepKind", *(f"step-kind:{key}" for key in _parts(edge, "step_kind")))
        found.link(iri, "cmh:viaRoute", *(f"route:{key}" for key in _parts(edge, "routes")))
        found.link(iri, "cmh:offeredBy", *(f"organisation:{key}" for key in _parts(edge, "offered_by")))
        found.link(iri, "cmh:needs", *(BASE + path for path in _parts(edge, "needs")))
        found.link(iri, "cmh:needsOneOf", *(BASE + path for path in _parts(edge, "needs_one_of")))
        if edge.get("months_basis") == "step":
            found.number(iri, "cmh:minimumMonths", edge.get("months_minimum", ""))
            found.number(iri, "cmh:maximumMonths", edge.get("months_maximum", ""))
            found.link(iri, "cmh:durationFrom", *(BASE + path for path in _parts(edge, "months_from")))
        found.text(iri, "skos:note", edge.get("note"))
        found.link(iri, "cmh:inferredField", *(CMH + name for name in _parts(edge, "inferred_fields")))
        _read_says(found, edge)
    return found.found


def _read_says(found: Statements, row: dict[str, str]) -> None:
    iri = row.get("iri", "")
    found.link(iri, "cmh:status", *(f"status:{key}" for key in _parts(row, "status")))
    found.link(iri, "dcterms:source", *(f"source:{key}" for key in _parts(row, "sources")))


def _parts(row: dict[str, str], name: str) -> list[str]:
    text = row.get(name, "")
    return text.split(attributes.SEPARATOR) if text else []


_WHY_LOST: Final = {
    "": "the network holds roles, positions and the steps between them, nothing else",
    CMH
    + "Role": "a node has its names, family, level and bands; the role's other statements are in the tables",
    CMH + "FunctionRole": "a node has its names, family, level and bands, like every role",
    CMH + "Step": "an edge has one note at most",
}

FORMAT: Final = Format(
    name="network",
    title="Network of steps (GraphML, GEXF, node-link JSON, CSV)",
    loaded_by="researchers, into networkx, igraph, Gephi, Cytoscape or a notebook",
    write=write,
    read=read,
    why_lost=_WHY_LOST,
)

PARQUET_FORMAT: Final = Format(
    needs="pyarrow",
    name="network-parquet",
    title="Network of steps (Parquet)",
    loaded_by="researchers, into DuckDB, Polars, Spark or a notebook",
    write=write_parquet,
    read=read_parquet,
    why_lost=_WHY_LOST,
)
