"""What strangers may send ends as written down, and never in a fault of ours. See docs/decisions/0037."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from built import opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.settings import Settings
from cmh_graph.validate.findings import CANNOT_BE_READ
from hostile_corpus import FOLDER, Case, Places, cases, documents, faults, files, read, send
from hostile_service import SECRET, Service, serving

ROOT = Path(__file__).resolve().parents[1]
#: An address at which nobody answers; test_no_outbound sends the same with a listener there.
_NOBODY = "127.0.0.1:9"
#: Growth of the serving process over the whole corpus, in MiB.
_MOST_GROWTH = 300
_NAMES = [(path.stem, one["name"]) for path in files() for one in read(path)["case"]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("hostile")) as service:
        yield service


@pytest.fixture(scope="module")
def corpus(service: Service) -> dict[tuple[str, str], Case]:
    places = Places(_NOBODY, str(service.secret), service.token)
    return {(path.stem, case.name): case for path in files() for case in cases(path, places)}


@pytest.fixture(scope="module", autouse=True)
def grown(service: Service) -> Iterator[None]:
    before = service.peak()
    yield
    assert service.peak() - before < _MOST_GROWTH, "the service keeps what strangers send"


@pytest.mark.parametrize(("about", "name"), _NAMES, ids=[f"{about}-{name}" for about, name in _NAMES])
def test_a_hostile_request(
    service: Service, corpus: dict[tuple[str, str], Case], about: str, name: str
) -> None:
    case = corpus[about, name]
    for sent in case.sent:
        answer = send(service.port, sent, method=case.method, half=case.half)
        assert not faults(case, answer), f"{case.why} {sent[:200]!r}"


def test_the_service_is_as_well_as_before(service: Service) -> None:
    answer = send(service.port, b"GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer is not None and answer.status == 200
    assert b'"status":"ok"' in answer.body
    assert service.process.poll() is None
    log = "".join(service.said)
    assert "Traceback" not in log, log[-3000:]


def test_hostile_files_are_findings_to_the_command(service: Service, tmp_path: Path) -> None:
    """What is RDF is also given to `cmh-graph validate`, all of it at once: each unreadable file is one finding."""
    places = Places(_NOBODY, str(service.secret), service.token)
    given = {}
    for case, data in documents(FOLDER / "parsers.toml", places):
        given[case["name"]] = case
        (tmp_path / f"{case['name']}{case['ending']}").write_bytes(data)
    command = [sys.executable, "-m", "cmh_graph.cli", "validate", "--format", "json", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT, check=False)
    assert done.returncode == 1, done.stderr[-2000:]
    assert "Traceback" not in done.stderr and SECRET not in done.stdout + done.stderr
    unread = {
        Path(one["file"]).stem: one["message"]
        for one in json.loads(done.stdout)["findings"]
        if one["rule"] == CANNOT_BE_READ
    }
    wrong = {name: unread.get(name) for name, case in given.items() if case["reads"] == (name in unread)}
    assert not wrong
    for name, case in given.items():
        assert case.get("finds", "") in unread.get(name, ""), name


def test_every_address_that_takes_a_body_has_cases() -> None:
    """An address that is added needs cases; this says which has none."""
    document = create_app(Settings(), opened_framework()).openapi()
    taking = {
        path
        for path, operations in document["paths"].items()
        if any("requestBody" in one for one in operations.values())
    }
    sent: set[str] = set()
    for file in files():
        given = read(file)
        for one in given["case"]:
            line = one.get("send", given.get("send", ""))
            sent.add((line if isinstance(line, str) else str(line[0])).partition(" ")[2].partition("?")[0])
    without = {
        path
        for path in taking
        if not any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), one) for one in sent)
    }
    assert without == set()


def test_the_corpus_is_whole() -> None:
    """Names are unique, every case has a reason, and there are no fewer than were promised."""
    assert len(set(_NAMES)) == len(_NAMES) >= 150
    for path in files():
        for one in read(path)["case"]:
            assert one["why"].endswith("."), one["name"]
