"""How often each may do something: a bucket of permits for each, refilled at a steady pace (token bucket)."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from cmh_graph.errors import TooMany


class Allowance:
    """Permits in memory, for at most `kept` names; the least used are forgotten and begin with a full bucket.

    per_second: permits that come back; burst: the most that a bucket holds. Safe to use from several threads.
    clock: seconds that never go back."""

    def __init__(
        self,
        per_second: float,
        burst: int,
        *,
        kept: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._kept = kept
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, permits: float = 1.0) -> None:
        """Use permits of this name, at most a full bucket.

        Raises TooMany, which says how many seconds to wait; nothing is used then."""
        permits = min(permits, self._burst)
        with self._lock:
            now = self._clock()
            left, since = self._buckets.get(name, (float(self._burst), now))
            left = min(self._burst, left + max(0.0, now - since) * self._per_second)
            # Who waits as long as told must not fail by a rounding.
            enough = left >= permits - 1e-6
            self._buckets[name] = (max(0.0, left - permits) if enough else left, now)
            self._buckets.move_to_end(name)
            while len(self._buckets) > self._kept:
                self._buckets.popitem(last=False)
        if not enough:
            seconds = max(1, math.ceil((permits - left) / self._per_second))
            error = TooMany("too many requests in a short time", mend=f"try again in {seconds} s")
            error.seconds = seconds
            raise error
