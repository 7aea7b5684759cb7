"""What CMH_STORE says: the addresses of one server and the account there. No visitor's input comes near it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final, NoReturn
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from cmh_graph.errors import BadParameter

VARIABLE: Final = "CMH_STORE"
_EXAMPLE: Final = (
    "write it as sparql+https://user:password@host/path, see docs/how-to/run-over-a-sparql-store.md"
)
_OPTIONS: Final = ("engine", "update", "graphs", "unencrypted")
_ENGINES: Final = ("oxigraph", "virtuoso", "fuseki", "graphdb", "neptune", "qlever", "generic")
_NO_CREDENTIALS: Final = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True)
class Address:
    """query: the address of queries. update, graphs: those of SPARQL Update and of the Graph Store Protocol where they
    were stated. engine: the kind of server where it was stated, else "". user, password: may be empty; a
    password without a user is a token."""

    query: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    engine: str = ""
    update: str = ""
    graphs: str = ""

    @property
    def host(self) -> str:
        """Host and port, as they may be shown."""
        return urlsplit(self.query).netloc


def parse_address(text: str) -> Address:
    """The address in a value of CMH_STORE. Raises BadParameter, whose words never hold user or password."""
    scheme, _, rest = text.partition("+")
    if scheme != "sparql" or not rest.startswith(("https://", "http://")):
        _refuse("it does not begin with sparql+https:// or sparql+http://")
    try:
        parts = urlsplit(rest)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        _refuse("it is no address")
    if not host or _NO_CREDENTIALS.search(rest) or parts.fragment:
        _refuse("it is no address of a server" if not parts.fragment else "it has a part after #")
    if not parts.path:
        _refuse("it has no path: the server answers queries at one, such as /query or /sparql")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in options:
        if name not in _OPTIONS:
            _refuse(f"it has an option {name[:40]!r}; there are {', '.join(_OPTIONS)}")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if (
        (user or password)
        and parts.scheme == "http"
        and not _is_near(host)
        and options.get("unencrypted") != "yes"
    ):
        _refuse(
            "it would send the password unencrypted to another machine",
            "use sparql+https://, or add ?unencrypted=yes where the network between is yours",
        )
    engine = options.get("engine", "")
    if engine and engine not in _ENGINES:
        _refuse(f"it names an engine that is not known; there are {', '.join(_ENGINES)}")
    shown = f"[{host}]" if ":" in host else host
    base = f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path}"
    others = {}
    for name in ("update", "graphs"):
        stated = options.get(name, "")
        if stated and not stated.startswith("/"):
            _refuse(f"its option {name} is no path on the same server, such as /{name}")
        others[name] = urljoin(base, stated) if stated else ""
        if others[name] and urlsplit(others[name]).netloc != urlsplit(base).netloc:
            _refuse(f"its option {name} leads to another server")
    return Address(base, user, password, engine, **others)


def _is_near(host: str) -> bool:
    """Whether a host is this machine by its name: other names may lead anywhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse(why: str, mend: str = _EXAMPLE) -> NoReturn:
    raise BadParameter(
        f"{VARIABLE} cannot be used: {why}", where=f"the environment variable {VARIABLE}", mend=mend
    )
