"""The machine and what else it does, versions, and the commit: what a figure has to carry to be worth something."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import subprocess
import sys
import threading
import time
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = ROOT / ".peers"
#: The share of all cores that others may take before figures are marked.
BUSY = 0.1
#: How long to wait for a machine to come to rest, in seconds.
REST = 60


class Others:
    """How much of the machine others take: what /proc/stat counts, less this process and all that descends from it.

    Servers under test start processes that nobody waits for; so descendants are looked at every half second, and what
    each has used is remembered. What began and ended in between is known where its parent waited for it."""

    def __init__(self) -> None:
        self._used: dict[tuple[int, float], float] = {}
        self._ended = threading.Event()
        self._before: dict[tuple[int, float], float] = self._descendants()
        self._began = self._look()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @staticmethod
    def _descendants() -> dict[tuple[int, float], float]:
        """Process and when it began -> seconds of processor time that it has used itself."""
        found = {}
        with contextlib.suppress(psutil.Error, OSError):
            for one in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error, OSError):
                    times = one.cpu_times()
                    found[one.pid, one.create_time()] = times.user + times.system
        return found

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            self._used |= self._descendants()

    @staticmethod
    def _look() -> tuple[float, float, float, float, float]:
        """Seconds by the clock; of all cores not idle; of them taken by the host; of us; of children waited for."""
        own = os.times()
        mine, waited = own.user + own.system, own.children_user + own.children_system
        try:
            head = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]
        except OSError:  # not Linux: nothing is known
            return time.monotonic(), 0.0, 0.0, mine, waited
        tick = os.sysconf("SC_CLK_TCK")
        user, nice, system, _, _, irq, softirq, steal, *_ = (int(one) / tick for one in head)
        return time.monotonic(), user + nice + system + irq + softirq + steal, steal, mine, waited

    def shares(self) -> tuple[float, float]:
        """Since the start, as shares of all cores: taken by others, and held back by the host of a virtual machine."""
        self._ended.set()
        self._thread.join()
        self._used |= self._descendants()
        looks = zip(self._look(), self._began, strict=True)
        seconds, busy, steal, mine, waited = (later - before for later, before in looks)
        seen = sum(used - self._before.get(one, 0.0) for one, used in self._used.items())
        whole = max(seconds * (os.cpu_count() or 1), 1e-9)
        return max(busy - mine - max(seen, waited), 0) / whole, steal / whole


def others_now(seconds: float = 1.0) -> float:
    """The share of all cores that others take now; waits for them to end, for up to a minute."""
    until = time.monotonic() + REST
    while True:
        look = Others()
        time.sleep(seconds)
        share, _ = look.shares()
        if share < BUSY or time.monotonic() > until:
            return round(share, 3)
        print(f"others keep {share:.0%} of the cores busy: waiting for rest", file=sys.stderr)
        time.sleep(5)


def machine() -> dict[str, Any]:
    """Cores, processor, memory, kernel and Python of this machine. No name of it, and of nobody."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(memory, 1),
        "kernel": f"{platform.system()} {re.match(r'[0-9.]*', platform.release())[0]}",  # type: ignore[index]
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.machine()

    def of(name: str) -> str:
        found = re.search(rf"^{name}\s*:\s*(.+)$", text, re.MULTILINE)
        return found[1].strip() if found else ""

    model = f" (family {of('cpu family')}, model {of('model')})" if of("model") else ""
    return (of("model name") or platform.machine()) + model


def commit() -> str:
    """The commit, with "dirty" where files differ from it other than results; empty without git."""

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    try:
        changed = git("status", "--porcelain", "--", ".", ":!benchmarks/results")
        return git("rev-parse", "--short=12", "HEAD").strip() + (" dirty" if changed.strip() else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def versions(*packages: str) -> dict[str, str]:
    """Versions of packages, looked for in this environment and then among the peers; "absent" where there is none."""
    found: dict[str, str] = {}
    beside = {
        (one.metadata["Name"] or "").lower().replace("_", "-"): one.version
        for one in (distributions(path=[str(PEERS)]) if PEERS.is_dir() else ())
    }
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = beside.get(name.lower().replace("_", "-"), "absent")
    return found


def version_of_program(*command: str) -> str:
    """The first number with dots that a program says of itself (wrk -v, nginx -v); "absent" without it."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "absent"
    said = re.search(r"\d+\.\d+[\w.-]*", done.stdout + done.stderr)
    return said[0] if said else "unknown"
