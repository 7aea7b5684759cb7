"""uvicorn with our signals and our end: SIGTERM ends the service in order, SIGHUP brings the current snapshot."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from cmh_graph.api.operations.around import Operations
from cmh_graph.api.operations.clients import listed
from cmh_graph.api.operations.connections import Connections, room_for
from cmh_graph.api.operations.rollout import Rollout
from cmh_graph.api.patience import Patience
from cmh_graph.settings import Settings

_BACKLOG: Final = 512
#: How long a request may take that was sent on a new connection just before no more were taken.
_ON_ITS_WAY_SECONDS: Final = 0.25
_log = logging.getLogger(__name__)


def config(app: ASGIApp, settings: Settings, operations: Operations) -> uvicorn.Config:
    """How uvicorn serves the app: whose word about addresses counts, how long it waits, how many connections."""
    trusted = listed(settings.trusted_proxies)
    connections = Connections(room_for(settings.connections), settings.client_connections)
    operations.measures.gauge("connections", "Connections that are open", lambda: connections.open)
    operations.measures.gauge(
        "connections_let_go", "Connections closed to make room", lambda: connections.let_go
    )
    patience = type(
        "Patience",
        (Patience,),
        {
            "seconds_for_request": settings.request_seconds,
            "counted": connections,
            "trusted": trusted,
        },
    )
    return uvicorn.Config(
        app,
        http=patience,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=bool(trusted),
        forwarded_allow_ips=list(trusted),
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=int(settings.keep_alive_seconds),
        timeout_graceful_shutdown=max(1, round(settings.shutdown_seconds)),
    )


class Server(uvicorn.Server):
    """Serves until SIGTERM or SIGINT. exit code: 0 unless it could not start."""

    def __init__(
        self, config: uvicorn.Config, operations: Operations, rollout: Rollout, drain: float
    ) -> None:
        super().__init__(config)
        self._operations: Final = operations
        self._rollout: Final = rollout
        self._drain: Final = drain
        self._tasks: Final[set[asyncio.Task[Any]]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Load the app and listen; then tell systemd."""
        await super().startup(sockets)
        if self.started:
            tell_systemd("READY=1")
            _log.info("the service takes requests")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and then answer what has come on those that were taken.

        Closed at once, what a proxy has just sent would be lost, and what may change something is not sent again."""
        # The kernel resets connections that still wait to be taken when the listener is closed.
        waiting = list(_accepted(sockets or []))
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for connection in waiting:
            await loop.connect_accepted_socket(self._protocol, connection)
        if not self.force_exit:
            await asyncio.sleep(_ON_ITS_WAY_SECONDS)
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        """What uvicorn makes for each connection."""
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals for as long as the service lasts. They are not raised again: an end in order is exit code 0."""
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as taken:
            for number, what in (
                (signal.SIGTERM, self._end_in_order),
                (signal.SIGINT, self._interrupted),
                (signal.SIGHUP, self._renew),
            ):
                loop.add_signal_handler(number, what)
                taken.callback(loop.remove_signal_handler, number)
            yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Part of uvicorn's server; ours takes signals through the event loop."""
        self._end_in_order()

    def _end_in_order(self) -> None:
        if self._operations.ending:
            # A second word means now.
            self.should_exit = True
            return
        self._operations.ending = True
        tell_systemd("STOPPING=1")
        _log.info(
            "the service is ending: /ready says so, and new connections are taken for %g s", self._drain
        )
        asyncio.get_running_loop().call_later(self._drain, self._stop)

    def _interrupted(self) -> None:
        """Ctrl-C: somebody sits there and waits. A second one does not wait for requests under way either."""
        self.force_exit = self.should_exit
        self._operations.ending = True
        self.should_exit = True

    def _stop(self) -> None:
        self.should_exit = True

    def _renew(self) -> None:
        task = asyncio.get_running_loop().create_task(self._renewed())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _renewed(self) -> None:
        renewed = await self._rollout.renew()
        self._operations.measures.count(
            "rollouts", "Snapshots asked for by SIGHUP", outcome="served" if renewed else "not"
        )


def _accepted(listeners: Iterable[socket.socket]) -> Iterator[socket.socket]:
    """The connections that wait to be taken now."""
    for listener in listeners:
        listener.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                connection, _ = listener.accept()
                connection.setblocking(False)
                yield connection


def tell_systemd(state: str) -> None:
    """Tell the manager that started us, if one wants to hear (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel, contextlib.suppress(OSError):
        channel.connect("\0" + address[1:] if address.startswith("@") else address)
        channel.sendall(state.encode())
