"""The 43 questions, asked of the served endpoint by the clients that people use: all get the same rows."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import rdflib
import uvicorn

from cmh_graph.api.app import create_app
from cmh_graph.framework import Framework
from cmh_graph.framework import open as open_framework
from cmh_graph.queries import load_questions
from cmh_graph.settings import Settings

ROOT = Path(__file__).parent.parent
QUESTIONS = sorted(load_questions(ROOT / "queries" / "questions").values(), key=lambda question: question.id)

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def served(framework_snapshots: Path) -> Iterator[tuple[str, Framework]]:
    """The address of the whole service over the real graph, and the same graph in this process."""
    framework = open_framework(framework_snapshots)
    app = create_app(Settings(snapshots=framework_snapshots), framework)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            for _ in range(1000):
                if server.started or not thread.is_alive():
                    break
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", framework
        finally:
            server.should_exit = True
            thread.join(20)


def plain(bindings: list[dict[str, Any]]) -> Rows:
    """SPARQL results in JSON as rows of texts."""
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


def outside(program: str) -> str:
    found = shutil.which(program)
    if found is None and os.environ.get("CI"):
        pytest.fail(f"CI must have {program}")
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


@pytest.fixture(scope="module")
def by_curl(served: tuple[str, Framework], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """Question -> its rows, unbound, as curl gets them by form POST; what the other clients are held against."""
    curl, folder = outside("curl"), tmp_path_factory.mktemp("queries")
    answers = {}
    for question in QUESTIONS:
        path = folder / f"{question.name}.rq"
        path.write_text(question.text, encoding="utf-8")
        command = [curl, "-sf", f"{served[0]}/sparql", "-H", "Accept: application/sparql-results+json"]
        done = subprocess.run(
            [*command, "--data-urlencode", f"query@{path}"], capture_output=True, timeout=60, check=True
        )
        answers[question.name] = plain(json.loads(done.stdout)["results"]["bindings"])
    return answers


@pytest.mark.outside
def test_all_questions_but_those_of_employers_and_adverts_have_rows(by_curl: dict[str, Rows]) -> None:
    assert len(by_curl) == 43
    # Adverts and employers' posts come with partners' folders, which the framework alone does not have.
    without = {"documents_that_mention_learning", "posts_of_one_role_with_two_employers"}
    assert {name for name, rows in by_curl.items() if not rows} == without


@pytest.mark.outside
def test_sparqlwrapper_gets_the_same(served: tuple[str, Framework], by_curl: dict[str, Rows]) -> None:
    wrapper = pytest.importorskip("SPARQLWrapper", reason="an extra").SPARQLWrapper(f"{served[0]}/sparql")
    wrapper.setReturnFormat("json")
    for number, question in enumerate(QUESTIONS):
        wrapper.setMethod("POST" if number % 2 else "GET")
        wrapper.setQuery(question.text)
        assert plain(wrapper.queryAndConvert()["results"]["bindings"]) == by_curl[question.name], (
            question.name
        )


@pytest.mark.outside
def test_rdflibs_sparqlstore_gets_the_same(served: tuple[str, Framework], by_curl: dict[str, Rows]) -> None:
    from rdflib.plugins.stores.sparqlstore import SPARQLStore

    store = SPARQLStore(f"{served[0]}/sparql", method="POST", returnFormat="json")
    for question in QUESTIONS:
        result = store.query(question.text)
        rows = [
            {
                str(name): str(term)
                for name, term in zip(result.vars or (), row, strict=True)
                if term is not None
            }
            for row in result
        ]
        # rdflib normalises numbers and booleans; the texts of all other terms are as sent.
        assert len(rows) == len(by_curl[question.name]), question.name
        for row, sent in zip(rows, by_curl[question.name], strict=True):
            assert {n: v.lower() for n, v in row.items()} == {n: v.lower() for n, v in sent.items()}, (
                question.name
            )


@pytest.mark.outside
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_roqet_reads_the_answer(
    question: Any, served: tuple[str, Framework], by_curl: dict[str, Rows], tmp_path: Path
) -> None:
    roqet = outside("roqet")
    path = tmp_path / "answer.xml"
    path.write_bytes(
        httpx.post(f"{served[0]}/sparql", data={"query": question.text, "format": "xml"}, timeout=60).content
    )
    command = [roqet, "-q", "-t", str(path), "-R", "xml", "-r", "csv"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert len(rows) - 1 == len(by_curl[question.name])


@pytest.mark.outside
def test_rapper_reads_what_describes_a_role(served: tuple[str, Framework], tmp_path: Path) -> None:
    rapper = outside("rapper")
    path = tmp_path / "role.ttl"
    path.write_bytes(httpx.get(f"{served[0]}/v1/roles/hcsw", headers={"Accept": "text/turtle"}).content)
    done = subprocess.run([rapper, "-q", "-c", "-i", "turtle", str(path)], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(rdflib.Graph().parse(path)) > 100


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_api_and_library_give_the_same_rows(question: Any, served: tuple[str, Framework]) -> None:
    """With its header's example; the command line prints what the library gives."""
    address, framework = served
    example = {one.name: one.example for one in question.parameters}
    answer = httpx.get(f"{address}/v1/questions/{question.name}", params=example, timeout=60)
    assert answer.status_code == 200, answer.text
    asked = framework.ask(question.name, **example)
    rows = json.loads(json.dumps([list(row) for row in asked.rows], default=str))
    assert [list(row.values()) for row in answer.json()["rows"]] == rows
    assert answer.json()["missing"] == asked.missing
