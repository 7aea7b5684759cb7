"""The command that serves the graph over HTTP."""

from __future__ import annotations

import gc
import socket
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmh_graph.errors import BadParameter
from cmh_graph.settings import Settings

from .terminal import note

if TYPE_CHECKING:
    from cmh_graph.api.head_start import HeadStart


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    metrics_port: Annotated[int | None, typer.Option(help="Port for figures for Prometheus.")] = None,
    log_format: Annotated[str | None, typer.Option(help="Form of log lines: text or json.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Serve the current snapshot over HTTP: SPARQL and the API. SIGHUP brings a newer one; SIGTERM ends it in order."""
    # Until the app is made: see Starting, which ends it.
    gc.disable()
    given: dict[str, Any] = {
        "host": host,
        "port": port,
        "metrics_port": metrics_port,
        "log_format": log_format,
        "log_level": log_level,
    }
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    from cmh_graph.api.head_start import HeadStart

    begun = HeadStart(settings)
    try:
        _serve(settings, begun)
    finally:
        begun.close()


def _serve(settings: Settings, begun: HeadStart) -> None:
    from cmh_graph.api.operations import logs
    from cmh_graph.api.operations.around import Operations
    from cmh_graph.api.operations.rollout import Rollout
    from cmh_graph.api.operations.server import Server, config
    from cmh_graph.api.starting import Starting
    from cmh_graph.configuration import unknown_variables

    for unknown in unknown_variables():
        note(f"warning: {unknown}")
    logs.set_up(settings.log_format, settings.log_level)
    operations = Operations(settings)
    rollout = Rollout(
        Starting(settings, operations, begun),
        settings.snapshots,
        follow=settings.follow_snapshots,
    )
    with listen(settings.host, settings.port) as listener:
        end_figures = _figures(operations, settings)
        base = f"http://{_in_address(settings.host)}:{listener.getsockname()[1]}"
        note(f"open {base}/              what is here")
        note(f"     {base}/v1/roles      the roles, as JSON")
        note(f"     {base}/sparql        the SPARQL endpoint")
        note(f"     {base}/openapi.json  the API described")
        note("stop with Ctrl-C")
        server = Server(config(rollout, settings, operations), operations, rollout, settings.drain_seconds)
        try:
            server.run(sockets=[listener])
        except SystemExit:
            # That is how uvicorn ends where an app could not start.
            if rollout.why_not is None:
                raise
        finally:
            end_figures()
    if rollout.why_not is not None:
        raise rollout.why_not


def _figures(operations: Any, settings: Settings) -> Any:
    """Give figures on their own port if one is set; what ends that."""
    if settings.metrics_port is None:
        return lambda: None
    try:
        return operations.measures.listen(settings.metrics_host, settings.metrics_port)
    except OSError as error:
        raise BadParameter(
            f"cannot listen on {settings.metrics_host}:{settings.metrics_port}: {error.strerror}",
            where="--metrics-port, CMH_GRAPH_METRICS_PORT",
            mend="choose another port, or leave it out",
        ) from None


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


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
