"""Exports carry what the sources state, can be read by others, and are the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import pytest
import rdflib
from rdflib.compare import isomorphic
from typer.testing import CliRunner

from built import framework_graph, framework_origin
from cmh_graph.cli import app
from cmh_graph.errors import BadParameter, MissingProgram
from cmh_graph.export import (
    FORMATS,
    MANIFEST,
    Edition,
    Format,
    Written,
    compare_export,
    export,
    write_export,
)
from cmh_graph.namespaces import GRAPH_DERIVED
from cmh_graph.store import graph_of, parse_nquads, write_ntriples
from cmh_graph.versions.release import _exports as release_exports

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def nquads() -> bytes:
    return framework_graph().nquads


@pytest.fixture(scope="module")
def files(nquads: bytes) -> dict[str, bytes]:
    return export(nquads, origin=framework_origin())


@pytest.fixture(scope="module")
def stated(nquads: bytes) -> rdflib.Graph:
    output = io.BytesIO()
    write_ntriples((q for q in parse_nquads(nquads) if graph_of(q) != GRAPH_DERIVED), output)
    return rdflib.Graph().parse(data=output.getvalue(), format="nt")


def test_exporting_twice_gives_the_same_bytes(nquads: bytes, files: dict[str, bytes]) -> None:
    assert export(nquads, origin=framework_origin()) == files


def test_the_kept_exports_are_up_to_date(files: dict[str, bytes]) -> None:
    differences = compare_export(files, ROOT / "exports")
    assert differences == [], "run cmh-graph export"


@pytest.mark.parametrize("file", ["cmh.jsonld", "cmh.framed.jsonld"])
def test_an_outside_reader_finds_the_same_graph(
    files: dict[str, bytes], stated: rdflib.Graph, file: str
) -> None:
    """The other syntaxes are read whole by rapper, in test_export_rdf."""
    assert isomorphic(rdflib.Graph().parse(data=files[file], format="json-ld"), stated)


def test_nquads_hold_the_whole_dataset(files: dict[str, bytes], nquads: bytes) -> None:
    assert files["cmh.nq"] == nquads


def test_the_manifest_lists_every_file_with_its_checksum(files: dict[str, bytes]) -> None:
    listed = json.loads(files[MANIFEST])["files"]
    assert {name: one["sha256"] for name, one in listed.items()} == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != MANIFEST
    }


def test_a_folder_out_of_date_is_told(files: dict[str, bytes], tmp_path: Path) -> None:
    write_export(files, tmp_path)
    assert compare_export(files, tmp_path) == []
    (tmp_path / "cmh.ttl").write_text("# edited by hand")
    (tmp_path / "tables" / "old.csv").write_text("")
    (tmp_path / "cmh.jsonld").unlink()
    assert [(d.file, d.state) for d in compare_export(files, tmp_path)] == [
        ("cmh.jsonld", "missing"), ("cmh.ttl", "changed"), ("tables/old.csv", "left over"),
    ]  # fmt: skip


def test_an_unknown_format_is_refused(nquads: bytes) -> None:
    with pytest.raises(BadParameter) as error:
        export(nquads, ("pdf",))
    assert all(name in error.value.mend for name in FORMATS)


def test_the_exported_context_agrees_with_the_services(
    files: dict[str, bytes], nquads: bytes, tmp_path: Path
) -> None:
    """A name means the same in both; the export has a few more, for the lists of the ontology."""
    from cmh_graph import open as open_framework
    from cmh_graph.api.app import create_app
    from cmh_graph.settings import Settings

    path = tmp_path / "dataset.nq"
    path.write_bytes(nquads)
    served = create_app(Settings(), open_framework(path)).state.writer.json_ld.context
    exported = json.loads(files["context.jsonld"])["@context"]
    assert served
    assert {name: exported.get(name) for name in served} == served


def test_a_release_is_never_short_of_a_format(nquads: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a library, an export leaves its format out and says so; a release and a check must stop instead."""

    def refuse(_: Edition) -> Written:
        raise MissingProgram("a library is missing", mend="install it")

    absent = Format(name="absent", title="Absent", loaded_by="nobody", write=refuse, needs="no_such_library")
    monkeypatch.setattr("cmh_graph.export.files.FORMATS", {"turtle": FORMATS["turtle"], "absent": absent})
    monkeypatch.setattr("cmh_graph.export.files.EVERYTHING", ("turtle", "absent"))
    monkeypatch.setattr("cmh_graph.export.files.DESCRIPTIONS", {})
    told: list[str] = []
    assert "cmh.ttl" in export(nquads, tell=told.append)
    assert "absent is left out: it needs no_such_library" in told
    with pytest.raises(MissingProgram):
        release_exports(ROOT, framework_graph())(nquads)
    monkeypatch.setattr("cmh_graph.build.build", lambda *_: framework_graph())
    assert isinstance(CliRunner().invoke(app, ["export", "--check"]).exception, MissingProgram)
