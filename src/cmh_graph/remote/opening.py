"""Which pool a service gets: of its own processes, or of the store that CMH_STORE names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from cmh_graph.errors import BadParameter
from cmh_graph.processes.warm import Launched
from cmh_graph.remote.address import VARIABLE, Address, parse_address
from cmh_graph.settings import Settings
from cmh_graph.sparql.places import most_at_once
from cmh_graph.sparql.pool import QueryPool
from cmh_graph.sparql.worker_pool import WorkerPool

if TYPE_CHECKING:
    from cmh_graph.remote.server import Server

#: One server for each address: its connections are shared by all pools of the process.
_SERVERS: Final[dict[Address, Server]] = {}


def open_pool(
    snapshot: Path, settings: Settings, beside: bytes = b"", launched: Launched | None = None
) -> QueryPool:
    """A pool that is not started yet, of processes of its own or of the store that settings name.

    launched: the process that holds the snapshot, if it has begun already; there is none where settings name a store.
    Raises BadParameter where the store's address cannot be used, MissingProgram without SPARQLWrapper."""
    if settings.store is None:
        return WorkerPool(snapshot, settings, beside, launched=launched)
    # Who keeps its graph here needs nothing of this.
    from cmh_graph.remote.pool import RemotePool

    return RemotePool(snapshot, settings, beside, server=server_of(settings))


def server_of(settings: Settings) -> Server:
    """The server that settings name. Raises BadParameter where they name none."""
    from cmh_graph.remote.server import Server

    if settings.store is None:
        raise BadParameter(
            "no remote store is named",
            where=f"the environment variable {VARIABLE}",
            mend="set it to sparql+https://user:password@host/path",
        )
    address = parse_address(settings.store.get_secret_value())
    if address not in _SERVERS:
        _SERVERS[address] = Server(address, kept=most_at_once(settings))
    return _SERVERS[address]
