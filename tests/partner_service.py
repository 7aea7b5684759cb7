"""The whole service over the built framework and a partner space, started once for all tests of a process."""

from __future__ import annotations

import atexit
import logging
import shutil
import socket
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

import built
from cmh_graph.api.app import create_app
from cmh_graph.partner_space import Allowance, PartnerSpace
from cmh_graph.partner_space.tokens import Cost
from cmh_graph.settings import Settings
from cmh_graph.store import canonical_nquads

#: Hashing that takes no time: these secrets protect nothing.
CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
PREFIXES = """\
@prefix cmh: <https://w3id.org/cmh-graph/ns#> .
@prefix dc: <http://purl.org/dc/elements/1.1/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix org: <http://www.w3.org/ns/org#> .
@prefix organisation: <https://w3id.org/cmh-graph/organisation/> .
@prefix post: <https://w3id.org/cmh-graph/post/> .
@prefix role: <https://w3id.org/cmh-graph/role/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix source: <https://w3id.org/cmh-graph/source/> .
@prefix status: <https://w3id.org/cmh-graph/vocab/status/> .
@prefix title: <https://w3id.org/cmh-graph/title/> .
"""


def catalogue(key: str, title: str = "Night Sitter", *, name: str = "") -> str:
    """A small catalogue in Turtle that nothing is wrong with: an organisation with one post and its title."""
    said = f"cmh:status status:confirmed ; dcterms:source source:{key}"
    name = name or f"{key.capitalize()} (made up)"
    return f"""{PREFIXES}
source:{key} a cmh:Source ; skos:prefLabel "Role catalogue of {name}"@en ; dc:publisher "{name}"@en ;
    dc:date "2026-11-01" ; dc:rights "CC-BY-4.0"@en ; cmh:sourceKind status:confirmed .
organisation:{key} a cmh:Organisation ; skos:prefLabel "{name}"@en ;
    cmh:employerType <https://w3id.org/cmh-graph/vocab/employer-type/nhs-trust> ;
    cmh:relationToFramework <https://w3id.org/cmh-graph/vocab/use-state/partner> ; {said} .
title:{key}-1 a cmh:Title ; skos:prefLabel "{title}"@en ; cmh:belongsTo organisation:{key} ; {said} .
post:{key}-1 a cmh:Post ; cmh:hasTitle title:{key}-1 ; org:postIn organisation:{key} ; {said} .
"""


def example(key: str) -> bytes:
    """What build writes as the graph of one of the examples, as canonical N-Quads."""
    from cmh_graph.sources import partner_files

    files = partner_files(built.ROOT / "examples" / key)
    return canonical_nquads(quad for file in files for quad in file.quads())


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@dataclass
class PartnerService:
    """A running service. lines: all that was logged.

    tokens: "{organisation} {read|write|expired|revoked}" -> secret."""

    url: str
    app: FastAPI
    space: PartnerSpace
    lines: list[str]
    tokens: dict[str, str] = field(default_factory=dict)

    def client(self, token: str = "") -> httpx.Client:
        """A client with one of the tokens, by name, or without."""
        headers = {"Authorization": f"Bearer {self.tokens[token]}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=120)


@cache
def partner_service() -> PartnerService:
    """The service with organisations northfield, eastmere and westbury, which have no graphs yet."""
    folder = Path(tempfile.mkdtemp(prefix="cmh-graph-partners-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    tokens = _fill(folder)
    settings = Settings(
        snapshots=built.framework_snapshots(),
        home=built.ROOT,
        data=folder,
        query_workers=1,
        query_slow_workers=1,
        token_requests=10_000,
        token_changes=10_000,
        client_requests=400,
    )
    kept = _Kept()
    logging.getLogger().addHandler(kept)
    logging.getLogger("cmh_graph").setLevel(logging.DEBUG)
    app = create_app(settings, built.opened_framework())
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()

    def end() -> None:
        server.should_exit = True
        thread.join(30)

    atexit.register(end)
    deadline = time.monotonic() + 120
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert server.started
    served = app.state.partners.space
    # Wrong tokens come by the hundred in these tests; that a flood of them is stopped is tested elsewhere.
    served._wrong_for_one = served._wrong_for_all = Allowance(1e6, 10**6)
    space = PartnerSpace.open(folder, cost=CHEAP)
    return PartnerService(f"http://127.0.0.1:{listener.getsockname()[1]}", app, space, kept.lines, tokens)


def _fill(folder: Path) -> dict[str, str]:
    """Three organisations with tokens that hold, and one each that has expired or was revoked."""
    tokens = {}
    past = datetime.now(UTC) - timedelta(days=3)
    with PartnerSpace.open(folder, clock=lambda: past, cost=CHEAP) as space:
        for key in ("northfield", "eastmere", "westbury"):
            space.add_organisation(key, f"{key.capitalize()} (made up)")
            _, tokens[f"{key} expired"] = space.add_token(key, may="write", label="old desk", days=1)
    with PartnerSpace.open(folder, cost=CHEAP) as space:
        for key in ("northfield", "eastmere", "westbury"):
            for may in ("read", "write"):
                _, tokens[f"{key} {may}"] = space.add_token(key, may=may, label=f"{may} desk")  # type: ignore[arg-type]
            token, tokens[f"{key} revoked"] = space.add_token(key, may="write", label="lost desk")
            space.revoke(token.id)
    return tokens
