"""The graph is made of its sources, the same every time, and a build that fails leaves the last one in place."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from built import framework_graph
from cmh_graph import snapshot
from cmh_graph.build import Graph, build
from cmh_graph.errors import BuildError, NoSnapshot, SourceError
from cmh_graph.namespaces import GRAPH_CATALOGUE, GRAPH_DERIVED, GRAPH_MATCHES, GRAPH_ONTOLOGY, GRAPH_PARTNER
from cmh_graph.snapshot import DATASET, current_snapshot, read_manifest, write_snapshot
from cmh_graph.store import Store, canonical_nquads, parse_nquads

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def graph() -> Graph:
    return framework_graph()


@pytest.fixture
def small_home(tmp_path: Path) -> Path:
    """A framework of one role, so that a test can break it."""
    home = tmp_path / "home"
    (home / "ontology" / "catalogue").mkdir(parents=True)
    shutil.copytree(ROOT / "queries" / "rules", home / "queries" / "rules")
    shutil.copy(ROOT / "ontology" / "role.ttl", home / "ontology")
    (home / "ontology" / "catalogue" / "roles.ttl").write_text(
        "@prefix cmh: <https://w3id.org/cmh-graph/ns#> . <https://w3id.org/cmh-graph/role/x> a cmh:TraineeRole .\n"
    )
    return home


def test_building_twice_gives_the_same_bytes(graph: Graph) -> None:
    assert build(ROOT).sha256 == graph.sha256


def test_every_source_has_a_graph_of_its_own(graph: Graph) -> None:
    assert set(graph.graphs) == {GRAPH_ONTOLOGY, GRAPH_CATALOGUE, GRAPH_MATCHES, GRAPH_DERIVED}
    with_partner = build(ROOT, [ROOT / "examples" / "northfield"])
    assert set(with_partner.graphs) - set(graph.graphs) == {GRAPH_PARTNER + "northfield"}


def test_our_data_has_no_blank_nodes_but_the_ontologys_lists(graph: Graph) -> None:
    blank = {line.rsplit(" ", 2)[1] for line in graph.nquads.decode().splitlines() if "_:" in line}
    assert blank <= {f"<{GRAPH_ONTOLOGY}>"}, "blank nodes would not survive a round trip"


def test_load_then_dump_is_the_identity(graph: Graph, tmp_path: Path) -> None:
    """A store rewrites 1.50 to 1.5 and xsd:int to xsd:integer; our data uses forms that it leaves alone."""
    path = tmp_path / DATASET
    path.write_bytes(graph.nquads)
    assert canonical_nquads(Store.load(path).quads()) == graph.nquads


def test_canonical_nquads_do_not_depend_on_order(graph: Graph) -> None:
    assert canonical_nquads(reversed(parse_nquads(graph.nquads))) == graph.nquads


def test_a_snapshot_is_found_again(graph: Graph, tmp_path: Path) -> None:
    folder = write_snapshot(graph, tmp_path)
    assert current_snapshot(tmp_path) == folder
    manifest = read_manifest(folder)
    assert (manifest["id"], manifest["sha256"]) == (folder.name, graph.sha256)
    assert "ontology/cmh.ttl" in manifest["sources"]
    assert write_snapshot(graph, tmp_path) == folder, "the same graph is the same snapshot"


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (
            "ontology/catalogue/broken.ttl",
            "@prefix cmh: <https://w3id.org/cmh-graph/ns#> .\n<x> a cmh:Role",
            "line",
        ),
        ("queries/rules/99_silent.rq", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", "rule"),
    ],
)
def test_a_failed_build_leaves_the_last_snapshot(
    small_home: Path, tmp_path: Path, file: str, text: str, says: str
) -> None:
    snapshots = tmp_path / "snapshots"
    good = write_snapshot(build(small_home), snapshots)
    (small_home / file).write_text(text)
    with pytest.raises((SourceError, BuildError)) as error:
        write_snapshot(build(small_home), snapshots)
    assert says in str(error.value) and Path(file).name in error.value.where
    assert current_snapshot(snapshots) == good


def test_a_rule_that_feeds_itself_is_refused(small_home: Path) -> None:
    (small_home / "queries" / "rules" / "99_endless.rq").write_text(
        "# rule: makes a new thing of every thing\n"
        "CONSTRUCT { ?new a ?c } WHERE { ?s a ?c . BIND (IRI(CONCAT(STR(?s), 'x')) AS ?new) }"
    )
    with pytest.raises(BuildError, match="rounds"):
        build(small_home)


def test_a_build_that_is_killed_leaves_the_last_snapshot(graph: Graph, tmp_path: Path) -> None:
    """Killed at many moments, the pointer always leads to a whole snapshot."""
    snapshots = tmp_path / "snapshots"
    good = write_snapshot(graph, snapshots)
    command = [
        sys.executable,
        "-m",
        "cmh_graph.cli",
        "build",
        "--partner",
        str(ROOT / "examples" / "northfield"),
    ]
    environment = {**os.environ, "CMH_GRAPH_SNAPSHOTS": str(snapshots), "CMH_GRAPH_HOME": str(ROOT)}
    for delay in (0.3, 1.5, 2.5, 3.2):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        now = current_snapshot(snapshots)
        assert read_manifest(now)["id"] == now.name
        assert len((now / DATASET).read_bytes()) > 0
        if now != good:
            break


@pytest.mark.parametrize("survived", range(3))
def test_a_write_that_breaks_off_leaves_the_last_snapshot(
    small_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    """Broken off at the dataset, the manifest or the pointer: the pointer still leads to the old, whole snapshot."""
    snapshots = tmp_path / "snapshots"
    good = write_snapshot(build(small_home), snapshots)
    (small_home / "ontology" / "catalogue" / "more.ttl").write_text(
        "<https://x/a> <https://x/b> <https://x/c> .\n"
    )
    changed, written = build(small_home), []
    write = snapshot._write

    def breaks_off(path: Path, data: bytes) -> None:
        if len(written) == survived:
            path.write_bytes(data[: len(data) // 2])
            raise KeyboardInterrupt
        written.append(path)
        write(path, data)

    monkeypatch.setattr(snapshot, "_write", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        write_snapshot(changed, snapshots)
    monkeypatch.undo()
    assert current_snapshot(snapshots) == good
    assert write_snapshot(changed, snapshots) != good, "and the next build goes through"
    assert (current_snapshot(snapshots) / DATASET).read_bytes() == changed.nquads


@pytest.mark.parametrize("pointer", [None, "", "0123456789abcdef"])
def test_a_missing_snapshot_is_told(tmp_path: Path, pointer: str | None) -> None:
    if pointer is not None:
        (tmp_path / "current").write_text(pointer)
    with pytest.raises(NoSnapshot, match=r"run cmh-graph build|not there|nothing"):
        current_snapshot(tmp_path)
