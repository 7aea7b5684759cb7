"""Which pool a service gets: of its own processes, or of the store that CMH_STORE names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from cmh_graph.errors import BadParameter
from cmh_graph.remote.address import VARIABLE, Address, parse_address
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import QueryPool

if TYPE_CHECKING:
    from cmh_graph.remote.server import Server

#: One server for each address: its connections are shared by all pools of the process.
_SERVERS: Final[dict[Address, Server]] = {}


def open_pool(snapshot: Path, settings: Settings, beside: bytes = b"") -> QueryPool:
    """A pool that is not started yet: a QueryPool, or what answers in its place where settings name a store.

    Raises BadParameter where the store's address cannot be used, MissingProgram without SPARQLWrapper."""
    if settings.store is None:
        return QueryPool(snapshot, settings, beside)
    # Who keeps its graph here needs nothing of this.
    from cmh_graph.remote.pool import RemotePool

    made = RemotePool(snapshot, settings, beside, server=server_of(settings))
    # The same methods by the same names (a test compares them); nobody asks for the class.
    return cast("QueryPool", made)


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
        most = settings.query_workers * 5 + settings.query_slow_workers
        _SERVERS[address] = Server(address, kept=most)
    return _SERVERS[address]
