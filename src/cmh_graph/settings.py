"""Settings, read from the environment once at the edge and then passed in."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from cmh_graph.errors import BadParameter
from cmh_graph.namespaces import BASE
from cmh_graph.remote.address import parse_address

#: What the names of our environment variables begin with.
PREFIX: Final = "CMH_GRAPH_"
#: What the names of secrets end with.
_SECRET: Final = ("password", "secret", "token", "credentials", "key")


def framework_home() -> Path:
    """The folder that holds ontology/, shapes/ and queries/: the checkout, or the copy in the wheel."""
    package = Path(__file__).resolve().parent
    checkout = package.parent.parent
    return checkout if (checkout / "ontology" / "cmh.ttl").exists() else package / "content"


class Settings(BaseSettings):
    """Every setting; the environment variable is the name in capitals with CMH_GRAPH_ before it, but for CMH_STORE."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, populate_by_name=True
    )

    home: Path = Field(default_factory=framework_home, description="folder of ontology/, shapes/, queries/")
    snapshots: Path = Field(default=Path("build"), description="folder that holds the built snapshots")
    store_in: Literal["auto", "memory"] = Field(
        default="auto",
        description="where a snapshot is answered from: auto takes its store on disk if it has one; memory loads it",
    )
    data: Path = Field(default=Path("data"), description="folder of the partner space")
    versions_kept: int = Field(
        default=20, ge=1, le=10_000, description="versions of each partner's graph that can be brought back"
    )
    upload_bytes: int = Field(
        default=20_000_000, ge=1000, description="largest upload of a partner, in bytes"
    )
    upload_statements: int = Field(
        default=100_000, ge=1, description="most statements that one partner's graph may have"
    )
    upload_seconds: int = Field(
        default=60, ge=1, description="processor time that judging one upload may take; twice that in all"
    )
    upload_memory_mb: int = Field(
        default=1024, ge=64, description="memory that judging one upload may add, in MiB"
    )
    token_requests: float = Field(
        default=10.0, gt=0, description="requests a second with one token, ten times as many in a burst"
    )
    token_changes: float = Field(
        default=0.5, gt=0, description="uploads and other changes a second with one token, 20 in a burst"
    )
    audiences_kept: int = Field(
        default=4,
        ge=1,
        le=64,
        description="partners whose SPARQL has query processes of its own at the same time",
    )
    audience_idle_seconds: float = Field(
        default=300.0, gt=0, description="those processes end when nobody has asked them for so long"
    )

    store: SecretStr | None = Field(
        default=None,
        validation_alias="CMH_STORE",
        description="SPARQL server that holds the graph, sparql+https://user:password@host/path; none: held here",
    )

    host: str = Field(default="127.0.0.1", description="address the service listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="port the service listens on")

    public_address: str = Field(
        default=BASE,
        pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$",
        description="address at which people see the service, for sitemap.xml and robots.txt",
    )

    releases_kept: int = Field(
        default=3, ge=1, le=64, description="released versions kept in memory for those who ask by version="
    )

    https: bool = Field(
        default=False,
        description="whether people reach the service by https, so that cookies are marked Secure",
    )
    visit_minutes: float = Field(
        default=60.0, gt=0, le=480, description="a visitor's list is removed this long after its last use"
    )
    visit_bytes: int = Field(
        default=10_000_000, ge=1000, description="largest list a visitor may send, in bytes"
    )
    visit_rows: int = Field(default=10_000, ge=1, le=100_000, description="most rows of a visitor's list")
    visit_runs: int = Field(
        default=1, ge=1, le=64, description="visitors' lists that are matched at the same time"
    )
    visit_seconds: float = Field(
        default=120.0, gt=0, description="the matching of one list is stopped after this"
    )
    visit_memory_mb: int = Field(
        default=512, ge=256, description="memory the matching of one list may take, in MiB"
    )
    visits: int = Field(default=200, ge=1, le=100_000, description="visitors with a list at the same time")
    visits_mb: int = Field(
        default=4096, ge=1, description="disk space of all visitors' lists and results, in MiB"
    )

    query_workers: int = Field(
        default=2, ge=1, le=64, description="processes kept for queries that have just begun"
    )
    query_light_seconds: float = Field(
        default=0.5, gt=0, description="a query that runs longer needs a place among the slow ones"
    )
    query_slow_workers: int = Field(
        default=2, ge=1, le=64, description="queries that may run longer than that at the same time"
    )
    query_seconds: float = Field(default=10.0, gt=0, description="a query is stopped after this many seconds")
    query_memory_mb: int = Field(default=1024, ge=64, description="memory one query may add, in MiB")
    query_rows: int = Field(
        default=100_000, ge=1, description="largest number of solutions or triples in an answer"
    )
    query_bytes: int = Field(default=64_000_000, ge=1000, description="largest answer in bytes")
    query_queue: int = Field(
        default=64, ge=0, description="queries that may wait for a worker; more are refused"
    )
    query_kept_mb: int = Field(
        default=64, ge=0, description="memory for answers that are kept until the content changes, in MiB"
    )
    reads_kept_mb: int = Field(
        default=64,
        ge=0,
        description="memory for pages and things as they were sent, until the content changes, in MiB; 0 keeps none",
    )
    query_text_bytes: int = Field(
        default=200_000, ge=1000, description="longest query text accepted, in bytes"
    )

    client_requests: int = Field(
        default=40, ge=1, description="requests that one client may have under way; more are answered 429"
    )
    requests_at_once: int = Field(
        default=400,
        ge=1,
        description="requests that all clients together may have under way; more are answered 503",
    )
    connections: int = Field(
        default=1000, ge=16, description="connections at once; then the one that has waited longest is closed"
    )
    client_connections: int = Field(default=200, ge=1, description="connections of one client at once")
    request_seconds: float = Field(
        default=30.0, gt=0, description="a request must have arrived whole after this many seconds"
    )
    keep_alive_seconds: float = Field(
        default=75.0, ge=1, description="a connection without a request is kept for this many seconds"
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="addresses and networks of proxies whose X-Forwarded-For names the visitor, with commas",
    )

    log_format: Literal["text", "json"] = Field(default="text", description="form of log lines: text or json")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level of our log lines; each request is told at info"
    )
    log_clients: Literal["none", "network", "full"] = Field(
        default="none", description="whether log lines name visitors: none, network (/24 or /48) or full"
    )
    metrics_host: str = Field(
        default="127.0.0.1", description="address where figures for Prometheus are given"
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="port where figures for Prometheus are given; none if not set",
    )

    drain_seconds: float = Field(
        default=0.0,
        ge=0,
        description="at SIGTERM, new connections are taken for so long while /ready answers 503",
    )
    shutdown_seconds: float = Field(
        default=20.0, gt=0, description="at the end, requests under way have so long to be answered"
    )
    follow_snapshots: bool = Field(
        default=False, description="serve a new snapshot as soon as it is current, without SIGHUP"
    )

    def __init__(self, **given: Any) -> None:
        """Read what is not given from the environment. Raises BadParameter that names each setting to mend."""
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise _told(error, given) from None

    @field_validator("store")
    @classmethod
    def _is_store(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_address(value.get_secret_value())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for one in filter(None, (part.strip() for part in value.split(","))):
            try:
                ipaddress.ip_network(one)
            except ValueError:
                raise ValueError(
                    f"{one[:60]!r} is no address and no network, such as 127.0.0.1, ::1 or 10.0.0.0/8"
                ) from None
        return value


def variable_of(name: str) -> str:
    """The environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias if name in Settings.model_fields else None
    return alias if isinstance(alias, str) else PREFIX + name.upper()


def is_secret(name: str) -> bool:
    """Whether the value of a setting must not be shown."""
    return name.lower().endswith(_SECRET)


def _told(error: ValidationError, given: dict[str, Any]) -> BadParameter:
    """What is wrong with settings, in our words, without the values of secrets."""
    parts, places = [], []
    for one in error.errors():
        name = str(one["loc"][0]) if one["loc"] else ""
        variable = variable_of(name)
        text = "what it holds" if is_secret(name) else repr(str(one.get("input", ""))[:80])
        why = str(one["msg"]).removeprefix("Value error, ")
        parts.append(f"{text} cannot be {variable}: {why[:1].lower()}{why[1:]}")
        option = f"--{name.replace('_', '-')}"
        places.append(option if name in given else f"the environment variable {variable}")
    return BadParameter(
        "; ".join(parts),
        where=", ".join(places),
        mend="give another value or leave it out; cmh-graph settings tells what each one means",
    )
