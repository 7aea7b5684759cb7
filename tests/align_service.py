"""A running service and its visitors, for the tests of the pages below /align."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from built import opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.settings import Settings

PAGE = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
#: Longest wait for a list to be matched; a busy machine is slow.
_SECONDS = 120.0


@contextmanager
def service(snapshots: Path, data: Path, **settings: Any) -> Iterator[str]:
    """The address of the whole service on a free port, over a folder of visits."""
    app = create_app(
        Settings(snapshots=snapshots, data=data, query_workers=1, **settings), opened_framework()
    )
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(60)


class Visitor:
    """A browser without scripts."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=address, headers=PAGE, timeout=60)
        self.token = ""

    def get(self, address: str, **more: Any) -> httpx.Response:
        """A page, after redirects; its token is kept for the next form."""
        answer = self.http.get(address, follow_redirects=True, **more)
        found = re.search(r'name="token" value="([^"]+)"', answer.text)
        self.token = found.group(1) if found else self.token
        return answer

    def post(self, address: str, fields: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """The answer to a form, before redirects."""
        return self.http.post(address, data={"token": self.token, **(fields or {})}, headers=headers)

    def give(self, name: str, data: bytes, employer_type: str = "") -> httpx.Response:
        """The answer to a list that is sent."""
        if not self.token:
            self.get("/align")
        fields = {"token": self.token, "employer_type": employer_type}
        return self.http.post("/align", data=fields, files={"file": (name, data)})

    def matched(self) -> dict[str, Any]:
        """What is told of the list when there is nothing more to watch."""
        deadline = time.monotonic() + _SECONDS
        while True:
            found: dict[str, Any] = self.http.get("/align/progress.json").json()
            if found["next"]:
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
