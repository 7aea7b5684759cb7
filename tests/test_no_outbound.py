"""Nothing that a stranger sends makes the service call anybody: a listener hears nothing, nor do ears inside it."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import hostile
from align_service import Visitor
from hostile_corpus import Places, bytes_of, cases, documents, files, read, send
from hostile_service import EARS, Listener, Service, listening, serving

ROOT = Path(__file__).resolve().parents[1]
#: What the service itself connects to: nothing. Its processes speak through sockets that they inherit.
QUIET: list[str] = []


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("silent")) as service:
        yield service


def test_every_input_that_names_an_address_is_met_with_silence(service: Service, listener: Listener) -> None:
    service.noticed()
    places = Places(listener.place, str(service.secret), service.token)
    sent = 0
    for path in files():
        for case in cases(path, places):
            if not case.calls:
                continue
            for request in case.sent:
                sent += 1
                send(service.port, request, method=case.method, half=case.half)
                noticed = service.noticed()
                assert noticed == QUIET, f"{path.stem} {case.name}: {case.why}"
                assert listener.heard == [], f"{path.stem} {case.name}: {case.why}"
    assert sent >= 60


def test_names_are_not_looked_up_either(service: Service, listener: Listener) -> None:
    """The same inputs with a name instead of a number, where they are few bytes."""
    service.noticed()
    port = listener.place.partition(":")[2]
    places = Places(f"localhost:{port}", str(service.secret), service.token)
    for path in files():
        for case in cases(path, places):
            if case.calls and 503 not in case.status and sum(map(len, case.sent)) < 5_000:
                for request in case.sent:
                    send(service.port, request, method=case.method, half=case.half)
    assert service.noticed() == QUIET
    assert listener.heard == []


def test_commands_call_nobody(service: Service, listener: Listener, tmp_path: Path) -> None:
    """Files that name an address, given to the commands that read files of strangers."""
    places = Places(listener.place, str(service.secret), service.token)
    folder = tmp_path / "rdf"
    folder.mkdir()
    for path in files():
        for case, data in documents(path, places):
            if b"127.0.0.1" in data:
                (folder / f"{case['name']}{case['ending']}").write_bytes(data)
    lists = tmp_path / "lists"
    lists.mkdir()
    for one in hostile.TABLES:
        if one.name in ("context.jsonld", "imports.ttl", "elsewhere.xlsx"):
            one.make(lists / one.name)
    ears = tmp_path / "ears"
    ears.mkdir()
    (ears / "sitecustomize.py").write_text(EARS, "utf-8")
    noticed = tmp_path / "noticed"
    noticed.touch()
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ears), "EARS": str(noticed)}
    runs = [["validate", str(folder)]]
    runs += [
        ["align", str(one), "--out", str(tmp_path / "out" / one.name)] for one in sorted(lists.iterdir())
    ]
    for arguments in runs:
        command = [sys.executable, "-m", "cmh_graph.cli", *arguments]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, cwd=ROOT, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr[-2000:]
    calls = [line for line in noticed.read_text("utf-8").splitlines() if not line.startswith("open")]
    assert calls == []
    assert listener.heard == []


@pytest.mark.parametrize(
    "name", ["context.jsonld", "import.jsonld", "imports.ttl", "elsewhere.xlsx", "formula.csv"]
)
def test_lists_of_visitors_call_nobody(
    service: Service, listener: Listener, tmp_path: Path, name: str
) -> None:
    """The same lists on the align pages, matched to the end or refused."""
    next(one for one in hostile.TABLES if one.name == name).make(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    visitor = Visitor(service.address)
    answer = visitor.give(name, data.replace(b"127.0.0.1:9/", f"{listener.place}/".encode()))
    assert answer.status_code < 500
    if answer.status_code == 303:
        visitor.matched()
    assert service.noticed() == QUIET
    assert listener.heard == []


# --- that silence is not deafness ---

_LOOSE = """
import rdflib, pyoxigraph, urllib.request
place = {place!r}
for call in (
    lambda: rdflib.Graph().parse(
        data='{{"@context": "http://' + place + '/context", "@id": "a:a", "a:b": 1}}', format="json-ld"),
    lambda: list(pyoxigraph.Store().query("SELECT * {{ SERVICE <http://" + place + "/service> {{ ?s ?p ?o }} }}")),
    lambda: urllib.request.urlopen("http://" + place + "/plain"),
):
    try:
        call()
    except Exception:
        pass
"""


def test_the_listener_and_the_ears_can_hear(tmp_path: Path) -> None:
    """The same parser and the same engine, let loose, are heard: the engine by the listener, as it asks no Python."""
    ears = tmp_path / "ears"
    ears.mkdir()
    (ears / "sitecustomize.py").write_text(EARS, "utf-8")
    noticed = tmp_path / "noticed"
    noticed.touch()
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ears), "EARS": str(noticed)}
    with listening() as listener:
        script = _LOOSE.format(place=listener.place)
        subprocess.run([sys.executable, "-c", script], env=environment, timeout=120, check=True)
        heard = b"".join(listener.heard)
    for path in (b"/context", b"/service", b"/plain"):
        assert path in heard
    told = noticed.read_text("utf-8")
    assert "socket.connect" in told and "urllib.Request" in told


def test_the_ears_reach_the_service_and_its_query_processes(service: Service) -> None:
    """They are told of an opening of the secret by a process that the service starts in the same way."""
    assert service.noticed() == QUIET
    environment = {"PATH": "/usr/bin:/bin", **_ears_of(service)}
    subprocess.run(
        [sys.executable, "-c", f"open({str(service.secret)!r})"], env=environment, timeout=60, check=True
    )
    assert any(line.startswith("open ") for line in service.noticed())
    # Every process of Python below the service has been told where to tell.
    for pid in _family(service.process.pid):
        environment = _environment(pid)
        assert environment.get("EARS") == _ears_of(service)["EARS"], pid


def _ears_of(service: Service) -> dict[str, str]:
    environment = _environment(service.process.pid)
    return {name: environment[name] for name in ("EARS", "PYTHONPATH")}


def _environment(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "replace").split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def _family(pid: int) -> list[int]:
    """The children of a process, and theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            found += [int(child), *_family(int(child))]
    return found


def test_every_kind_of_outbound_request_is_among_the_inputs() -> None:
    """The list of the ways by which services have been made to call, each with an input."""
    texts = "\n".join(path.read_text("utf-8") for path in files())
    for way in (
        "SERVICE", "LOAD", "FROM <http://{listener}", "FROM NAMED", "@context", "@import", "<!ENTITY",
        "<!DOCTYPE rdf:RDF SYSTEM", "owl#imports", "seeAlso", "XInclude", "schemaLocation", "xml-stylesheet",
        "HYPERLINK", "<img src=http", "X-Forwarded-Host", "CONNECT {listener}", "GET http://{listener}",
        "default-graph-uri", "jsLibraryURL", '"service":',
    ):  # fmt: skip
        assert way in texts, way
    assert all("case" in read(path) for path in files())
    assert bytes_of("x", Places("", "", "")) == b"x"
    assert socket.gethostbyname("localhost").startswith("127.")
