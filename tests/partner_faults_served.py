"""Faults done to a service that is asked over HTTP: the service is killed, its clients hear what it acknowledged."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from cmh_graph.errors import Conflict
from cmh_graph.partner_space import PartnerSpace
from partner_faults import CHEAP, KEEP, KEYS, Actor, content_of, make, sha256

_QUERY = "SELECT (COUNT(*) AS ?n) { GRAPH <https://w3id.org/cmh-graph/graph/source/%s> { ?s ?p ?o } }"


class Served:
    """The service as `cmh-graph serve` starts it, over a built snapshot. seconds: within which it is killed.

    Raises RuntimeError if it does not start."""

    seconds = 6.0
    lines = 300

    def __init__(self, folder: Path, snapshots: Path, home: Path) -> None:
        self.folder = folder
        make(folder)
        with PartnerSpace.open(folder, keep=KEEP, cost=CHEAP) as space:
            self._secrets = {key: space.add_token(key, may="write", label="faults")[1] for key in KEYS}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._environment = {
            **os.environ,
            "CMH_GRAPH_DATA": str(folder),
            "CMH_GRAPH_SNAPSHOTS": str(snapshots),
            "CMH_GRAPH_HOME": str(home),
            "CMH_GRAPH_VERSIONS_KEPT": str(KEEP),
            "CMH_GRAPH_TOKEN_CHANGES": "1000",
            "CMH_GRAPH_TOKEN_REQUESTS": "1000",
        }
        self._service: subprocess.Popen[bytes] | None = None

    def prepare(self, name: str) -> list[tuple[str, str, str]]:
        command = [sys.executable, "-m", "cmh_graph.cli", "serve", "--port", str(self._port)]
        self._service = subprocess.Popen(
            command,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(600):
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{self._port}/v1/health", timeout=5).status_code == 200:
                    return self._first_landing(name)
            if self._service.poll() is not None:
                break
            time.sleep(0.1)
        self.after()
        raise RuntimeError("the service does not start")

    def _first_landing(self, name: str) -> list[tuple[str, str, str]]:
        """A landing that waits for all that a service starts late, so that kills meet one at work."""
        key = KEYS[0]
        content = content_of(key, name, self.lines)
        acknowledged = self.actor().land(key, content)
        return [("try", key, sha256(content)), ("ack", key, acknowledged)]

    def actor(self) -> Actor:
        return _Client(f"http://127.0.0.1:{self._port}", self._secrets)

    def victims(self, actors: list[int]) -> list[int]:
        # The service alone is killed hard; its helper processes must notice and end by themselves.
        assert self._service
        return [self._service.pid, *actors]

    def after(self) -> list[str]:
        assert self._service
        group = self._service.pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(group, signal.SIGKILL)
        self._service.wait(30)
        for _ in range(150):
            try:
                os.killpg(group, 0)
            except (ProcessLookupError, PermissionError):
                return []
            time.sleep(0.1)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
        return ["helper processes of the killed service were still there 15 s later"]


class _Client:
    def __init__(self, address: str, secrets: Mapping[str, str]) -> None:
        self._client = httpx.Client(base_url=address, timeout=180)
        self._secrets = secrets
        self._turn = 0

    def land(self, organisation: str, nquads: bytes) -> str:
        headers = {"Content-Type": "application/n-quads"}
        told = self._ask("PUT", f"/graphs/{organisation}", organisation, content=nquads, headers=headers)
        return str(told.json()["sha256"])

    def bring_back(self, organisation: str, chance: random.Random) -> str | None:
        kept = self._ask("GET", f"/graphs/{organisation}/versions", organisation).json()
        if not kept:
            return None
        body = {"version": chance.choice(kept)["version"]}
        told = self._ask("POST", f"/graphs/{organisation}/rollback", organisation, json=body)
        return str(told.json()["sha256"])

    def read(self, organisation: str) -> tuple[str, bytes] | None:
        self._turn += 1
        if self._turn % 3 == 0:
            self._ask("GET", "/sparql", organisation, params={"query": _QUERY % organisation})
            return None
        headers = {"Accept": "application/n-quads"}
        told = self._ask("GET", f"/graphs/{organisation}", organisation, headers=headers)
        return told.headers["ETag"].strip('"').split("-")[0].split(".")[0], told.content

    def _ask(
        self,
        verb: str,
        path: str,
        organisation: str,
        *,
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> httpx.Response:
        """The answer. Raises Conflict for "not now" and "not there", ConnectionError when the service is gone."""
        bearer = {"Authorization": f"Bearer {self._secrets[organisation]}"}
        try:
            told = self._client.request(verb, path, headers={**bearer, **(headers or {})}, **more)  # type: ignore[arg-type]
        except httpx.TransportError as error:
            raise ConnectionError(str(error)) from None
        if told.status_code in (404, 412, 429, 503):
            time.sleep(0.05)
            raise Conflict(told.text)
        if not told.is_success:
            raise RuntimeError(f"{verb} {path}: {told.status_code} {told.text[:300]}")
        return told
