"""The command that serves the graph over HTTP."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from cmh_graph.errors import BadParameter
from cmh_graph.settings import Settings

from .terminal import note


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the current snapshot over HTTP: SPARQL and the API."""
    import uvicorn

    from cmh_graph.api.app import create_app
    from cmh_graph.api.patience import Patience
    from cmh_graph.snapshot import current_snapshot

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = Settings(**given)  # type: ignore[arg-type]
    current_snapshot(settings.snapshots)
    service = create_app(settings)
    with listen(settings.host, settings.port) as listener:
        base = f"http://{settings.host}:{listener.getsockname()[1]}"
        note(f"open {base}/              what is here")
        note(f"     {base}/v1/roles      the roles, as JSON")
        note(f"     {base}/sparql        the SPARQL endpoint")
        note(f"     {base}/openapi.json  the API described")
        note("stop with Ctrl-C")
        uvicorn.Server(uvicorn.Config(service, log_level="warning", http=Patience)).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises BadParameter where it is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, the event loop switches Nagle's delay off; without it small answers take 40 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadParameter(
            f"cannot listen on {host}:{port}: {error.strerror}",
            where="--host, --port",
            mend="choose another port with --port, or stop the program that uses this one",
        ) from None
    return listener


COMMANDS = (serve,)
