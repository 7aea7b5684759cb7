"""Figures about the service, for Prometheus.

Labels are bounded: routes are templates, methods are those of HTTP, outcomes are slugs of our errors."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from cmh_graph import __version__

if TYPE_CHECKING:
    from cmh_graph.api.operations.limits import Limits
    from cmh_graph.sparql.pool import QueryPool

PREFIX: Final = "cmh_graph"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Seconds: a page from memory takes about one millisecond, a query ten seconds at most.
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Measures:
    """The figures of one process. They outlive the snapshot that is served."""

    def __init__(self, limits: Limits) -> None:
        # A series for when each figure was first counted: as many again, and nobody asks.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry: Final = CollectorRegistry()
        self._own: Final[dict[str, Counter]] = {}
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests: Final = Counter(
            f"{PREFIX}_requests",
            "Requests answered",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self._seconds: Final = Histogram(
            f"{PREFIX}_request_seconds",
            "Time from a request to the end of its answer",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._queries: Final = Counter(
            f"{PREFIX}_queries",
            "SPARQL queries by how they ended: answered, or the slug of the error; what was stopped was killed",
            ("outcome",),
            registry=self.registry,
        )
        self._query_seconds: Final = Histogram(
            f"{PREFIX}_query_seconds",
            "Time a SPARQL query waited and ran",
            buckets=_SECONDS,
            registry=self.registry,
        )
        # Looking up a series by its labels takes longer than counting; there are as many as in the figures.
        self._series: Final[dict[tuple[str, str, int], tuple[Counter, Histogram]]] = {}
        self._outcomes: Final[dict[str, Counter]] = {}
        self._state: Final = _State(limits)
        self.registry.register(self._state)

    def serving(self, catalogue: str, snapshot: str, pool: QueryPool) -> None:
        """Say what is served from now on."""
        self._state.catalogue, self._state.snapshot, self._state.pool = catalogue, snapshot, pool
        pool.on_end = self.query_ended

    def request_ended(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request. status: 0 if the client left before there was one."""
        ended = (route, method if method in _METHODS else "other", status // 100)
        series = self._series.get(ended)
        if series is None:
            told = f"{ended[2]}xx" if status else "none"
            series = self._requests.labels(route, ended[1], told), self._seconds.labels(route)
            self._series[ended] = series
        series[0].inc()
        series[1].observe(seconds)

    def query_ended(self, outcome: str, seconds: float) -> None:
        """Count a query."""
        series = self._outcomes.get(outcome)
        if series is None:
            series = self._outcomes[outcome] = self._queries.labels(outcome)
        series.inc()
        self._query_seconds.observe(seconds)

    def count(self, name: str, about: str, **labels: str) -> None:
        """Count something that happened, e.g. count("align_runs", "Role lists matched", outcome="done").

        The figure is cmh_graph_{name}_total and begins with its first count. A label has few values, and none is
        what a visitor sent; the same name always comes with the same labels."""
        if name not in self._own:
            self._own[name] = Counter(f"{PREFIX}_{name}", about, tuple(labels), registry=self.registry)
        counter = self._own[name]
        (counter.labels(**labels) if labels else counter).inc()

    def gauge(self, name: str, about: str, value: Callable[[], float]) -> None:
        """Show a value as cmh_graph_{name}, asked for whenever figures are read (in another thread)."""
        self._state.gauges[name] = (about, value)

    def listen(self, host: str, port: int) -> Callable[[], None]:
        """Answer on a port of their own, at every path; gives what ends that. Raises OSError if it is taken."""
        server, thread = start_http_server(port, host, self.registry)

        def end() -> None:
            server.shutdown()
            server.server_close()
            thread.join(5)

        return end


class _State(Collector):
    """What is read when asked for: what is served, the query workers, the memory."""

    def __init__(self, limits: Limits) -> None:
        self._limits: Final = limits
        self._began: Final = time.monotonic()
        self._memory: Final = threading.Lock()
        self.catalogue = ""
        self.snapshot = ""
        self.pool: QueryPool | None = None
        self.gauges: Final[dict[str, tuple[str, Callable[[], float]]]] = {}

    def collect(self) -> Iterable[Metric]:
        """The figures as they are now."""
        yield InfoMetricFamily(
            f"{PREFIX}_served",
            "What is served",
            {"software": __version__, "catalogue": self.catalogue, "snapshot": self.snapshot},
        )
        pool = self.pool
        workers = pool.workers if pool is not None else []
        values = {
            "uptime_seconds": ("Time since the service began", time.monotonic() - self._began),
            "requests_under_way": ("Requests that are not answered yet", self._limits.under_way),
            "clients_under_way": ("Clients that have a request under way", self._limits.clients),
            "query_workers": ("Processes that run queries or wait for one", len(workers)),
            "query_waiting": ("Queries that wait for a worker", pool.waiting if pool is not None else 0),
            "query_memory_bytes": ("Memory of the query workers, what they share counted once", pss(workers)),
        }
        for name, (about, value) in values.items():
            yield GaugeMetricFamily(f"{PREFIX}_{name}", about, value)
        for name, (about, ask) in self.gauges.items():
            yield GaugeMetricFamily(f"{PREFIX}_{name}", about, ask())


def pss(processes: Sequence[int]) -> int:
    """Memory of processes in bytes, each with its share of what it shares with others; those that ended have none."""
    found = 0
    for process in processes:
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{process}/smaps_rollup").read_text("ascii").splitlines()
            found += int(next(line for line in lines if line.startswith("Pss:")).split()[1]) * 1024
    return found
