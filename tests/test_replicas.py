"""Several processes over one snapshot and one folder, behind nginx, as deploy/ has it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from align_service import Visitor
from built import framework_snapshots, opened_framework
from cmh_graph.api.addresses import every
from cmh_graph.api.app import create_app
from cmh_graph.namespaces import GRAPH_PARTNER
from cmh_graph.partner_space import PartnerSpace
from cmh_graph.partner_space.replicas import Replica
from cmh_graph.settings import Settings
from cmh_graph.visits.holds import hold, is_held
from partner_service import CHEAP, catalogue
from replica_service import (
    MIX,
    NUMBERS,
    PATH,
    Replicas,
    add_snapshot,
    is_alive,
    renamed,
    replicas,
    said,
    wait_for,
    why_not,
    workers_of,
)
from steady_load import Came, Load

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "replicas"
NGINX = ROOT / "deploy" / "nginx"
UPSTREAM = NGINX / "cmh-graph" / "upstream.conf"
FIRST, SECOND = "a" * 16, "c" * 16
#: Requests a second: enough that each moment of a rollout or a kill has some, on a machine that runs other tests too.
RATE = 25.0


# --- what is written in deploy/ ---


def test_every_address_that_takes_more_than_reads_is_listed_with_why() -> None:
    cases = tomllib.loads((CASES / "methods.toml").read_text("utf-8"))["case"]
    assert all(case["why"] for case in cases) and {path.name for path in CASES.iterdir()} == {"methods.toml"}
    app = create_app(Settings(snapshots=framework_snapshots()), opened_framework())
    taking: set[str] = set()

    def look(routes: Any, before: str = "") -> None:
        for route in routes:
            if set(getattr(route, "methods", None) or ()) - {"GET", "HEAD", "OPTIONS"}:
                taking.add("/" + (before + route.path).split("/")[1])
            elif (inner := getattr(route, "original_router", None)) is not None:
                look(inner.routes, before + route.include_context.prefix)

    look(every(app.routes))
    documented = app.openapi()["paths"].items()
    taking |= {"/" + path.split("/")[1] for path, operations in documented if operations.keys() - {"get"}}
    assert taking == {case["path"] for case in cases}
    service = (NGINX / "cmh-graph" / "service.conf").read_text("utf-8")
    again = re.search(r"location ~ (\S+) \{\s+proxy_next_upstream [^;]*non_idempotent;", service)
    assert again and service.count(" non_idempotent;") == 1
    for case in cases:
        assert bool(re.search(again[1], case["path"])) is case["again"], case["why"]


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    """Also that for the internet, with a certificate made here."""
    if why_not():
        pytest.skip(why_not())
    shutil.copytree(NGINX / "cmh-graph", tmp_path / "cmh-graph")
    site = (NGINX / "cmh-graph.conf").read_text("utf-8")
    site = re.sub(r"/etc/letsencrypt/live/graph\.example\.org|/var/log/nginx", str(tmp_path), site)
    site = re.sub(r"listen (\S*?)(80|443)\b", r"listen \g<1>1\2", site)
    (tmp_path / "site.conf").write_text(site, "utf-8")
    temporary = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; events {{}} http {{ {temporary} include site.conf; }}", "utf-8"
    )
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=graph.example.org",
         "-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    for config in (tmp_path / "nginx.conf", NGINX / "one-machine.conf"):
        done = subprocess.run(
            ["nginx", "-t", "-p", tmp_path, "-c", config],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PATH": PATH},
        )
        assert done.returncode == 0, done.stderr
        assert "warn" not in done.stderr


# --- what processes of one folder know of each other ---


def test_a_change_waits_for_replicas_that_live(tmp_path: Path) -> None:
    one, two = Replica(tmp_path), Replica(tmp_path)
    one.tell(5)
    assert one.behind(5) == 1 and two.behind(5) == 0
    two.tell(7)
    two.tell(6)
    assert one.behind(7) == 0 and two.behind(7) == 1, "what was told before stays"
    two.close()
    assert one.behind(10**15) == 0
    # One that is killed leaves its file, which nobody waits for.
    script = (
        "import sys, time; from pathlib import Path; from cmh_graph.partner_space.replicas import Replica;"
        f"held = Replica(Path({str(tmp_path)!r})); print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None and killed.stdout.readline() == b"up\n"
        assert one.behind(1) == 1
        killed.kill()
    assert one.behind(1) == 0 and len(list((tmp_path / "replicas").iterdir())) == 1
    one.close()
    one.close()


def test_what_is_held_is_seen_and_let_go(tmp_path: Path) -> None:
    path = tmp_path / "matching"
    assert not is_held(path)
    held = hold(path)
    assert held is not None and is_held(path) and hold(path) is None
    os.close(held)
    assert not is_held(path)


# --- three processes and nginx ---


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    if why_not():
        pytest.skip(why_not())
    folder = tmp_path_factory.mktemp("replicas")
    (folder / "build").mkdir()
    add_snapshot(folder / "build", current(), FIRST, lambda dataset: dataset)
    with PartnerSpace.open(folder / "data", cost=CHEAP) as space:
        space.add_organisation("eastmere", "Eastmere (made up)")
        _, secret = space.add_token("eastmere", may="write", label="desk")
        (folder / "token").write_text(secret, "ascii")
    settings = {
        "CMH_GRAPH_QUERY_WORKERS": "1",
        "CMH_GRAPH_DRAIN_SECONDS": "1",
        "CMH_GRAPH_TOKEN_CHANGES": "100",
    }
    with replicas(folder, settings) as found:
        yield found


def current() -> Path:
    """The snapshot of the built framework."""
    folder = framework_snapshots()
    return folder / (folder / "current").read_text("utf-8").strip()


def each(example: Replicas) -> dict[int, httpx.Client]:
    """A client of each process, past nginx; of nginx at 0."""
    token = (example.folder / "token").read_text("ascii")
    headers = {"Authorization": f"Bearer {token}"}
    return {
        number: httpx.Client(base_url=example.address(number), headers=headers, timeout=60)
        for number in (0, *NUMBERS)
    }


def titles(client: httpx.Client) -> list[str]:
    """Titles that queries without a token see in the partner's graph."""
    query = (
        f"SELECT ?t {{ GRAPH <{GRAPH_PARTNER}eastmere> {{ ?title a <https://w3id.org/cmh-graph/ns#Title> ; "
        "<http://www.w3.org/2004/02/skos/core#prefLabel> ?t } }"
    )
    found = httpx.get(f"{client.base_url}/sparql", params={"query": query}, timeout=60)
    assert found.status_code == 200, found.text
    return [row["t"]["value"] for row in found.json()["results"]["bindings"]]


def put(client: httpx.Client, title: str, **headers: str) -> httpx.Response:
    text = catalogue("eastmere", title)
    return client.put("/graphs/eastmere", content=text, headers={"Content-Type": "text/turtle", **headers})


def test_what_landed_by_one_process_is_shown_by_all_when_it_is_acknowledged(example: Replicas) -> None:
    clients = each(example)
    shown = clients[1].put("/graphs/eastmere/access", json={"visibility": "public"})
    assert shown.status_code == 200
    for turn, by in enumerate((1, 0)):
        title = f"Night Sitter {turn}"
        landed = put(clients[by], title)
        assert landed.status_code in (200, 201) and "not show it yet" not in landed.text, landed.text
        asked = {number: titles(client) for number, client in clients.items()}
        assert set(map(tuple, asked.values())) == {(title,)}, "queries of the others too, at once"
        read = [client.get("/graphs/eastmere") for client in clients.values()]
        assert len({one.headers["etag"] for one in read}) == 1
        assert all(title in one.text for one in read)
    # Who has not seen the newest changes nothing, wherever they saw the former.
    old = clients[3].get("/graphs/eastmere").headers["etag"]
    assert put(clients[1], "Night Sitter, changed").status_code == 200
    assert put(clients[2], "Night Sitter, lost", **{"If-Match": old}).status_code == 412
    assert put(clients[3], "Night Sitter, first", **{"If-None-Match": "*"}).status_code == 412
    assert titles(clients[2]) == ["Night Sitter, changed"]


def test_two_changes_at_two_processes_both_end(example: Replicas) -> None:
    """Each waits until the other shows it."""
    clients = each(example)
    told: dict[int, int] = {}

    def change(number: int) -> None:
        told[number] = put(clients[number], f"Night Sitter of {number}").status_code

    threads = [threading.Thread(target=change, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert told == {1: 200, 2: 200}
    assert len({tuple(titles(client)) for client in clients.values()}) == 1


def test_what_is_hidden_or_revoked_by_one_process_is_so_in_all(example: Replicas) -> None:
    clients = each(example)
    assert clients[2].put("/graphs/eastmere/access", json={"visibility": "private"}).status_code == 200
    for client in clients.values():
        assert titles(client) == []
        assert httpx.get(f"{client.base_url}/graphs/eastmere", timeout=60).status_code == 404
    with PartnerSpace.open(example.folder / "data", cost=CHEAP) as space:
        (token,) = space.tokens("eastmere")
        space.revoke(token.id)
    for client in clients.values():
        assert client.get("/graphs/eastmere").status_code == 401


def test_a_visitor_is_known_to_every_process(example: Replicas) -> None:
    visitor = Visitor(example.address(1))
    rows = "\n".join(["title", *(f"Support worker {number}" for number in range(600))])
    assert visitor.give("list.csv", rows.encode()).headers["location"] == "/align/progress"
    others = {number: as_seen(visitor, example, number) for number in NUMBERS}
    progress = others[2].http.get("/align/progress.json")
    assert progress.status_code == 200
    if not visitor.http.get("/align/progress.json").json()["next"]:
        # Another process sees that the list is being matched, and begins nothing of its own.
        refused = others[3].give("other.csv", b"title\nNurse\n")
        assert refused.status_code == 412 and "another process" in refused.text
    for number in NUMBERS:
        assert others[number].matched()["next"] == "/align/review"
    # What is decided at one is seen at the others, also where they have read the review before.
    group = re.findall(r'id="g-([0-9a-f]{16})"', others[2].get("/align/review").text)[0]
    assert group in others[3].get("/align/review").text
    assert others[2].post("/align/decide", {"group": group, "do": "none"}).status_code == 303
    assert f'id="g-{group}"' not in others[3].get("/align/review").text
    assert f'id="g-{group}"' not in others[1].get("/align/review").text


def as_seen(visitor: Visitor, example: Replicas, number: int) -> Visitor:
    """The same browser at another process."""
    other = Visitor(example.address(number))
    other.http.cookies = visitor.http.cookies
    other.token = visitor.token
    return other


def test_nginx_sends_a_visitor_to_one_process_and_others_to_any(example: Replicas) -> None:
    def asked(headers: dict[str, str]) -> set[int]:
        """Which processes answered, by their logs."""
        before = {number: example.log(number).count('"/align"') for number in NUMBERS}
        for _ in range(12):
            assert httpx.get(f"{example.address()}/align", headers=headers, timeout=60).status_code == 200
        time.sleep(0.2)
        return {number for number in NUMBERS if example.log(number).count('"/align"') > before[number]}

    for name in ("cmh-visit", "__Host-cmh-visit"):
        cookie = f"other=1; {name}={'Ab_-' * 10}xyz"
        assert len(asked({"Cookie": cookie, "Accept": "text/html"})) == 1
    assert len(asked({"Accept": "text/html"})) > 1
    assert httpx.get(f"{example.address()}/ready").status_code == 404, "that is asked of each process"
    assert httpx.get(f"{example.address()}/metrics").status_code == 404


# --- under load ---


@contextmanager
def under_load(example: Replicas, rate: float = RATE) -> Iterator[Load]:
    """A constant rate of requests to nginx while the block lasts, and until their answers are there."""
    load = Load("127.0.0.1", example.front, MIX, rate)
    thread = threading.Thread(target=lambda: asyncio.run(load.run(120)))
    thread.start()
    try:
        time.sleep(0.5)
        yield load
        time.sleep(0.5)
    finally:
        load.stop()
        thread.join(120)


def as_told(example: Replicas, title: str, numbers: str = "1 2 3") -> None:
    """Run a block of commands of the how-to page, found by its first line, over these processes."""
    text = (ROOT / "docs" / "how-to" / "serve-without-a-break.md").read_text("utf-8")
    (block,) = re.findall(rf"```sh\n# {title}\n(.*?)```", text, re.S)
    block = block.replace("for n in 1 2 3;", f"for n in {numbers};").replace(
        ":800$n", f":{example.base // 10}$n"
    )
    subprocess.run(
        ["sh", "-ec", block], cwd=example.folder, env={**os.environ, "PATH": PATH}, check=True, timeout=300
    )


def test_the_how_to_page_says_what_is_so() -> None:
    """Its table of what nginx sends again is that of its configuration; its files and settings exist."""
    page = ROOT / "docs" / "how-to" / "serve-without-a-break.md"
    text = page.read_text("utf-8")
    (row,) = re.findall(r"^\| POST to (.*?) \|", text, re.M)
    cases = tomllib.loads((CASES / "methods.toml").read_text("utf-8"))["case"]
    assert set(re.findall(r"`(/\w+)`", row)) == {case["path"] for case in cases if case["again"]}
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert (page.parent / link).exists(), link
    known = {f"CMH_GRAPH_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"CMH_GRAPH_\w+", text)) <= known
    assert {"8001", "8002", "8003"} == set(re.findall(r"127\.0\.0\.1:(\d+)", UPSTREAM.read_text("utf-8")))


def test_a_snapshot_rolls_out_without_a_failed_or_mixed_answer(example: Replicas) -> None:
    before = said(example, 1)
    with under_load(example) as load:
        add_snapshot(example.snapshots, current(), SECOND, renamed)
        as_told(example, "a snapshot, under supervisord")
        since = time.monotonic()
        time.sleep(1)
    after = said(example, 2)
    assert not load.failures, [came.failure for came in load.failures[:3]]
    assert [name for name in before if before[name] == after[name]] == ["landing, refused"]
    for came in load.came:
        assert came.digest in (before[came.name], after[came.name]), f"{came.name} is neither"
        if came.snapshot:
            assert came.digest == {FIRST: before, SECOND: after}[came.snapshot][came.name]
    assert all(came.digest == after[came.name] for came in load.came if came.sent > since)


def test_new_software_is_started_without_a_failed_request(example: Replicas) -> None:
    with under_load(example) as load:
        as_told(example, "software, under supervisord", "1")
    assert not load.failures, [came.failure for came in load.failures[:3]]


def test_a_killed_process_costs_at_most_what_was_under_way(example: Replicas) -> None:
    killed: list[tuple[float, float]] = []
    with under_load(example) as load:
        for victims in ([example.pid(2)], workers_of(example.pid(3))):
            begin = time.monotonic()
            for victim in victims:
                os.kill(victim, signal.SIGKILL)
            wait_for(lambda victims=victims: not any(map(is_alive, victims)))  # type: ignore[misc]
            killed.append((begin, time.monotonic() + 0.1))
            time.sleep(1.5)
        wait_for(lambda: bool(example.snapshot(2)))
    assert lost_otherwise(load.came, killed) == []
    assert len({tuple(sorted(said(example, number).items())) for number in NUMBERS}) == 1, "all are back"


def lost_otherwise(came: list[Came], killed: list[tuple[float, float]]) -> list[str]:
    """Failures of requests that were not under way while something was killed."""
    return [
        f"{one.name}: {one.failure}"
        for one in came
        if one.failure and not any(one.sent <= end and one.ended >= begin for begin, end in killed)
    ]
