"""Settings, read from the environment once at the edge and then passed in."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from cmh_graph.namespaces import BASE


def framework_home() -> Path:
    """The folder that holds ontology/, shapes/ and queries/: the checkout, or the copy in the wheel."""
    package = Path(__file__).resolve().parent
    checkout = package.parent.parent
    return checkout if (checkout / "ontology" / "cmh.ttl").exists() else package / "content"


class Settings(BaseSettings):
    """Every setting; the environment variable is the name in capitals with CMH_GRAPH_ before it."""

    model_config = SettingsConfigDict(env_prefix="CMH_GRAPH_", frozen=True)

    home: Path = Field(default_factory=framework_home, description="folder of ontology/, shapes/, queries/")
    snapshots: Path = Field(default=Path("build"), description="folder that holds the built snapshots")

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
    query_text_bytes: int = Field(
        default=200_000, ge=1000, description="longest query text accepted, in bytes"
    )
