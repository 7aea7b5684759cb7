"""The page, the JSON and the Turtle of a role over HTTP: ours, ours without anything kept, and Datasette.

Every server is one process and is asked for all roles in turn, over kept connections, by wrk with one thread. Datasette
(PyPI) serves our SQLite export: the row of the role, as a page and as JSON; it has no Turtle, so ours stands beside its
JSON. "Without snapshot caching" is the same service with CMH_GRAPH_READS_KEPT_MB=0: each answer is made anew. The limit
is uvicorn on the same event loop, answering the same bytes to everything and doing nothing else.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from record import PEERS, Line, Record, arguments, in_turn, missing, note, version_of_program, versions
from recording.servers import free_port, get, need_wrk, requests_a_second, running

from cmh_graph import framework
from cmh_graph.settings import Settings

CLIENTS = (1, 8, 32)
FORMS = {"page": "text/html", "JSON": "application/json", "Turtle": "text/turtle"}
#: Form -> where Datasette has its likeness.
THEIRS = {"page": "/cmh/role/{}", "JSON": "/cmh/role/{}.json", "Turtle": "/cmh/role/{}.json"}
OURS = {"page": "/role/{}", "JSON": "/v1/roles/{}.json", "Turtle": "/v1/roles/{}.ttl"}
FRESH, DATASETTE = "ours, nothing kept", "Datasette"
#: The least ratio that is wanted against each.
WANTED = {FRESH: 3.0, DATASETTE: 1.5}
_BARE = """
import sys, pathlib, uvicorn
body = pathlib.Path(sys.argv[1]).read_bytes()
start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]}
async def app(scope, receive, send):
    await send(start)
    await send({"type": "http.response.body", "body": body})
uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="critical", lifespan="off")
"""


@contextmanager
def serving(database: Path) -> Iterator[dict[str, str]]:
    """Who -> the address of their server, all of them up; they rest while another is asked."""
    ports = {who: free_port() for who in ("ours", FRESH, DATASETTE)}
    at = {who: f"http://127.0.0.1:{port}" for who, port in ports.items()}
    own = [sys.executable, "-m", "cmh_graph.cli", "serve", "--log-level", "error", "--port"]
    datasette = [sys.executable, "-m", "datasette", "serve", str(database), "--host", "127.0.0.1", "--port"]
    settings = {"CMH_GRAPH_CLIENT_REQUESTS": "400"}
    with ExitStack() as up:
        up.enter_context(running([*own, str(ports["ours"])], f"{at['ours']}/ready", **settings))
        settings["CMH_GRAPH_READS_KEPT_MB"] = "0"
        up.enter_context(running([*own, str(ports[FRESH])], f"{at[FRESH]}/ready", **settings))
        up.enter_context(running([*datasette, str(ports[DATASETTE])], at[DATASETTE], PYTHONPATH=str(PEERS)))
        yield at


def limit(body: bytes, seconds: float, rounds: int) -> list[float]:
    """Requests a second of uvicorn that answers these bytes to 8 clients."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "body"
        file.write_bytes(body)
        with running([sys.executable, "-c", _BARE, str(file), str(port)], f"http://127.0.0.1:{port}/"):
            return [requests_a_second(f"http://127.0.0.1:{port}", ["/"], 8, seconds) for _ in range(rounds)]


def main() -> int:
    parser = arguments(__doc__, minutes=8)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.rounds = 1, 1
    need_wrk()
    if not (PEERS / "datasette").is_dir():
        missing("Datasette is not among the peers", "run `make bench-pages`, which installs it into .peers")
    with_ = versions("datasette", "uvicorn", "uvloop") | {"wrk": version_of_program("wrk", "-v")}
    with (
        Record("pages", "Page, JSON and Turtle of a role", options, with_) as record,
        tempfile.TemporaryDirectory() as folder,
    ):
        measure(record, options, Path(folder))
    return record.code


def asked(
    options: argparse.Namespace, form: str, clients: int, who: str, address: str, paths: list[str]
) -> float:
    """Requests a second of one server for one form."""
    headers = {} if who == DATASETTE else {"Accept": FORMS[form]}
    found = requests_a_second(address, paths, clients, options.seconds, headers)
    note(f"{form}, {clients} clients, {who}: {found:,.0f}/s")
    return found


def measure(record: Record, options: argparse.Namespace, folder: Path) -> None:
    """All forms at all numbers of clients; ours against each peer."""
    from cmh_graph.export import export
    from cmh_graph.snapshot import DATASET, current_snapshot

    database = folder / "cmh.sqlite"
    nquads = (current_snapshot(Settings().snapshots) / DATASET).read_bytes()
    database.write_bytes(
        next(data for name, data in export(nquads, ["sqlite"]).items() if name.endswith(".sqlite"))
    )
    keys = [key for key, role in framework.open().roles.items() if role.form != "grouping"]
    with serving(database) as at:
        for form, accept in FORMS.items():
            ours, theirs = ([place.format(key) for key in keys] for place in (OURS[form], THEIRS[form]))
            same = all(
                get(at["ours"] + path, accept=accept) == get(at[FRESH] + path, accept=accept) for path in ours
            )
            body = get(at["ours"] + ours[0], accept=accept)
            most = statistics.median(limit(body, options.seconds, options.rounds))
            for clients in CLIENTS[1:2] if options.quick else CLIENTS:
                ask = partial(asked, options, form, clients)
                found = in_turn(
                    options.rounds,
                    ours=partial(ask, "ours", at["ours"], ours),
                    fresh=partial(ask, FRESH, at[FRESH], ours),
                    datasette=partial(ask, DATASETTE, at[DATASETTE], theirs),
                )
                for peer, figures in ((FRESH, found["fresh"]), (DATASETTE, found["datasette"])):
                    record.line(
                        Line(
                            f"{form} of a role", f"{clients} clients", "requests/s", found["ours"], figures, peer,
                            better="higher", wanted=WANTED[peer], equal=same if peer == FRESH else None,
                            limit=most if clients == 8 and peer == FRESH else None,
                            limit_is="uvicorn with nothing behind it" if clients == 8 and peer == FRESH else "",
                            note="it has no Turtle: its JSON" if form == "Turtle" and peer == DATASETTE else "",
                        )
                    )  # fmt: skip
    record.text(
        f"{len(keys)} roles are asked for in turn; {len(os.sched_getaffinity(0))} cores carry server and wrk."
    )


if __name__ == "__main__":
    sys.exit(main())
