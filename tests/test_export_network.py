"""The network of steps is the same in every file and in every program that reads it."""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import igraph
import networkx as nx
import pytest
from lxml import etree

from built import framework_edition, framework_written
from cmh_graph.errors import SourceError
from cmh_graph.export import Edition
from cmh_graph.export.network import FORMAT, PARQUET_FORMAT, read
from cmh_graph.export.network.attributes import EDGE, NODE
from cmh_graph.pathways.network import network_of

ROOT = Path(__file__).parent.parent
CASES = tomllib.loads(
    (ROOT / "tests" / "cases" / "export" / "network_defects.toml").read_text(encoding="utf-8")
)["case"]


@pytest.fixture(scope="module")
def edition() -> Edition:
    return framework_edition()


@pytest.fixture(scope="module")
def files(edition: Edition) -> Mapping[str, bytes]:
    return {
        name.removeprefix("network/"): data for name, data in framework_written(FORMAT.name).files.items()
    }


def with_igraph(data: bytes, folder: Path) -> igraph.Graph:
    path = folder / "steps.graphml"
    path.write_bytes(data)
    return igraph.Graph.Read_GraphML(str(path))


#: How each outside reader is called: bytes and a folder to write to -> its graph.
READERS: dict[str, Callable[[bytes, Path], Any]] = {
    "networkx": lambda data, _: nx.read_graphml(io.BytesIO(data), force_multigraph=True),
    "gexf": lambda data, _: nx.read_gexf(io.BytesIO(data), version="1.3"),
    "node-link": lambda data, _: nx.node_link_graph(json.loads(data), edges="edges"),
    "igraph": with_igraph,
    "ours": lambda data, _: read({"network/steps.graphml": data}),
}


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_every_program_counts_the_same(edition: Edition, files: Mapping[str, bytes], tmp_path: Path) -> None:
    places = len(edition.catalogue.roles) + len(edition.catalogue.positions)
    steps = len(edition.catalogue.steps)
    for reader, file in (("networkx", "steps.graphml"), ("gexf", "steps.gexf"), ("node-link", "steps.json")):
        graph = READERS[reader](files[file], tmp_path)
        assert graph.is_directed()
        assert (graph.number_of_nodes(), graph.number_of_edges()) == (places, steps), reader
    other = with_igraph(files["steps.graphml"], tmp_path)
    assert other.is_directed()
    assert (other.vcount(), other.ecount()) == (places, steps)
    assert (len(table(files["nodes.csv"])), len(table(files["edges.csv"]))) == (places, steps)


def test_programs_agree_on_what_leads_where(
    edition: Edition, files: Mapping[str, bytes], tmp_path: Path
) -> None:
    """Degrees by networkx and igraph, and the steps that our own network leaves each place by."""
    graph = READERS["networkx"](files["steps.graphml"], tmp_path)
    other = with_igraph(files["steps.graphml"], tmp_path)
    assert dict(graph.in_degree()) == dict(zip(other.vs["id"], other.indegree(), strict=True))
    ours = network_of(edition.catalogue)
    leaving = {f"{one.kind}:{one.key}": len(ours.leaving[n]) for n, one in enumerate(ours.places)}
    assert {node: count for node, count in graph.out_degree() if node in leaving} == leaving


def test_every_file_says_the_same_of_each_node_and_edge(files: Mapping[str, bytes], tmp_path: Path) -> None:
    rows = {one["id"]: one for name in ("nodes.csv", "edges.csv") for one in table(files[name])}
    read_in: dict[str, dict[str, dict[str, str]]] = {}
    for reader, file in (("networkx", "steps.graphml"), ("gexf", "steps.gexf"), ("node-link", "steps.json")):
        graph = READERS[reader](files[file], tmp_path)
        found = {str(node): dict(said) for node, said in graph.nodes(data=True)}
        for start, end, key, said in graph.edges(keys=True, data=True):
            found[str(said.get("id", key))] = {**said, "source": start, "target": end}
        read_in[reader] = {
            iri: {name: str(value) for name, value in said.items()} for iri, said in found.items()
        }
    for reader, found in read_in.items():
        assert set(found) == set(rows), reader
        for name, row in rows.items():
            for column, value in row.items():
                if column != "id" and value:
                    assert found[name][column] == value.removeprefix("'"), (reader, name, column)


def test_parquet_holds_the_rows_of_the_csv(
    edition: Edition, files: Mapping[str, bytes], tmp_path: Path
) -> None:
    duckdb = pytest.importorskip("duckdb")
    for name, data in framework_written(PARQUET_FORMAT.name).files.items():
        path = tmp_path / Path(name).name
        path.write_bytes(data)
        answer = duckdb.execute("SELECT * FROM read_parquet(?) ORDER BY id", [str(path)])
        columns = [one[0] for one in answer.description]
        held = [
            {column: "" if value is None else str(value) for column, value in zip(columns, row, strict=True)}
            for row in answer.fetchall()
        ]
        assert held == sorted(table(files[f"{path.stem}.csv"]), key=lambda row: row["id"])


def test_assumed_times_are_marked(edition: Edition, files: Mapping[str, bytes]) -> None:
    steps = {one.iri: one for one in edition.catalogue.steps.values()}
    basis = Counter()
    for row in table(files["edges.csv"]):
        stated = steps[row["iri"]].minimum_months
        assert (row["months_basis"] == "step") == (stated is not None)
        assert (row["months_basis"] == "assumed") == (row["months_from"] == "")
        assert int(row["months_minimum"]) > 0
        basis[row["months_basis"]] += 1
    assert set(basis) == {"step", "route", "standard", "assumed"}


def test_the_xml_is_well_formed_and_its_names_fit_the_schema(files: Mapping[str, bytes]) -> None:
    """GraphML's schema wants name tokens as identifiers and names of attributes."""
    root = etree.fromstring(files["steps.graphml"])
    for element in root.iter("{*}node", "{*}edge", "{*}key"):
        for name in ("id", "source", "target", "attr.name"):
            assert re.fullmatch(r"[\w.:-]+", element.get(name, "x")), element.attrib
    etree.fromstring(files["steps.gexf"])


def test_columns_are_those_that_are_described(files: Mapping[str, bytes]) -> None:
    assert list(table(files["nodes.csv"])[0]) == [one.name for one in NODE]
    assert list(table(files["edges.csv"])[0]) == [one.name for one in EDGE]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['reader']}-{case['why'][:20]}")
def test_a_defect_is_found(files: Mapping[str, bytes], tmp_path: Path, case: Mapping[str, Any]) -> None:
    before, after = (one.encode() for one in case["replace"])
    data = files[case["file"]]
    assert before in data
    with pytest.raises(Exception) as error:
        READERS[case["reader"]](data.replace(before, after), tmp_path)
    if case["reader"] == "ours":
        assert error.type is SourceError, case["why"]
