"""Fixtures that several test modules share, a section for each subject."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import shutil
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from rdflib import Graph

import built
from browser import Browser
from cmh_graph.api import problems, sparql
from cmh_graph.build import Graph as BuiltGraph
from cmh_graph.remote.opening import open_pool
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import QueryPool
from cmh_graph.store import RdfFormat, Store, write_triples

# --- speed ---

#: Files that take longest, which go first: a long one that begins last keeps one of two workers waiting. Measured in
#: processor time; a file that is not named comes after these, by name.
LONG = (
    "test_docs", "test_replicas", "test_versions", "test_clients", "test_web_browser", "test_accessibility",
    "test_partner_space",
    "test_align_pages", "test_hostile_corpus", "test_export", "test_shacl_engines", "test_validate", "test_api",
    "test_export_tables", "test_workbook", "test_cli", "test_notebooks", "test_build", "test_sssom_validator",
    "test_export_rdf", "test_vacancies", "test_versions_api", "test_papers", "test_quality", "test_web",
)  # fmt: skip


def pytest_configure() -> None:
    """Graphs are many objects, and hardly any of them garbage: to look for it often costs a tenth of the time."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first. Workers take files in this order with --no-loadscope-reorder."""
    rank = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


# --- continuous integration ---


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """What a user's machine may lack, CI must have: there a skip is a failure. A known failure (xfail) is none."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI must not: {report.longrepr}"
    return report


# --- SPARQL service ---


@pytest.fixture(scope="session")
def sparql_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """N-Quads: the four graphs of the W3C protocol tests, and 300 roles in two graphs that share some."""
    data = "http://kasei.us/2009/09/sparql/data/data{}.rdf"
    rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    lines = [
        f"<{data.format(n)}> {rdf_type} <http://xmlns.com/foaf/0.1/Document> <{data.format(n)}> .\n"
        for n in range(4)
    ]
    lines += [
        f'<http://x/role/{i}> <http://x/label> "role {i} é \\"quoted\\" }},{{"@en <http://x/graph/{g}> .\n'
        for g in range(2)
        for i in range(300)
    ]
    path = tmp_path_factory.mktemp("sparql") / "snapshot.nq"
    path.write_text("".join(lines), "utf-8")
    return path


@pytest.fixture(scope="session")
def sparql_server(sparql_snapshot: Path) -> Iterator[SparqlServer]:
    """The endpoint on a free port of 127.0.0.1, with limits of one second and 256 MiB."""
    settings = Settings(
        query_workers=2,
        query_seconds=1.0,
        query_memory_mb=256,
        query_rows=5000,
        query_bytes=1_000_000,
        query_queue=4,
        query_text_bytes=20_000,
        query_kept_mb=0,
    )
    with serve_sparql(sparql_snapshot, settings) as server:
        yield server


@dataclass(frozen=True)
class SparqlServer:
    """A running endpoint: its address and its pool (which lives in another thread's event loop)."""

    url: str
    pool: QueryPool


@contextlib.contextmanager
def serve_sparql(snapshot: Path, settings: Settings) -> Iterator[SparqlServer]:
    """Serve the endpoint by a uvicorn thread for as long as the block lasts."""
    # Over a remote store where CMH_STORE names one: make test-stores.
    pool = open_pool(snapshot, settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await pool.start()
        yield
        await pool.close()

    app = FastAPI(lifespan=lifespan)
    app.state.query_pool = pool
    app.include_router(sparql.router)
    problems.install(app)

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("a secret that must not get out")

    @app.get("/typed")
    def typed(top: int) -> int:
        return top

    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        # With the protocol named, asyncio turns Nagle's delay of 40 ms off for what it accepts.
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            for _ in range(1000):
                if server.started or not thread.is_alive():
                    break
                time.sleep(0.02)
            assert server.started
            yield SparqlServer(f"http://127.0.0.1:{listener.getsockname()[1]}/sparql", pool)
        finally:
            server.should_exit = True
            thread.join(20)


# --- framework data ---


@dataclass(frozen=True)
class FrameworkData:
    """The built graph in our store and, without its graph names, in rdflib."""

    store: Store
    rdflib: Graph


@pytest.fixture(scope="session")
def framework_build() -> BuiltGraph:
    """The real graph, built from this checkout."""
    return built.framework_graph()


@pytest.fixture(scope="session")
def framework_snapshots() -> Path:
    """A folder of snapshots whose current one is the real graph. Not to be written to."""
    return built.framework_snapshots()


@pytest.fixture(scope="session")
def framework_data() -> FrameworkData:
    """The real graph in both engines."""
    return framework_dataset()


def framework_dataset() -> FrameworkData:
    """Load the graph of this checkout into both engines."""
    store = built.framework_store()
    lines = io.BytesIO()
    write_triples((quad.triple for quad in store.quads()), lines, RdfFormat.N_TRIPLES)
    return FrameworkData(store, Graph().parse(data=lines.getvalue().decode(), format="nt"))


# --- browser ---


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for the tests of a module."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed, in which pages are judged (Debian: apt-get install chromium)")
    found = Browser(program, tmp_path_factory.mktemp("chromium"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core, which judges accessibility."""
    script = built.ROOT / ".node" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.skip("axe-core is not installed, which judges pages: run make test on a machine with npm")
    return script.read_text(encoding="utf-8")
