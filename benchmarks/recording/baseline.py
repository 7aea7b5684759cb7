"""What was committed, and which ratios moved from it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from recording.lines import figure
from recording.machine import ROOT

#: By how much a ratio may move.
MOVED = 0.25
RESULTS = ROOT / "benchmarks" / "results"


def committed(name: str) -> dict[str, Any]:
    """A part's results as last committed; without git, as they lie there; empty if there are none."""
    path = RESULTS / f"{name}.json"
    try:
        text = subprocess.run(
            ["git", "show", f"HEAD:{path.relative_to(ROOT)}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except subprocess.CalledProcessError:
        return {}
    except OSError:
        text = path.read_text(encoding="utf-8") if path.is_file() else "{}"
    found = json.loads(text)
    # What was committed before this form has no lines.
    return found if isinstance(found, dict) and "lines" in found else {}


def key(line: dict[str, Any]) -> str:
    return " | ".join((line["work"], line["scale"], line["peer"]))


def measured(line: dict[str, Any]) -> float | None:
    """What is compared: the ratio. What has only a bound is told, not compared: its figure is the machine's."""
    return float(line["ratio"][0]) if "ratio" in line else None


def moved(fresh: dict[str, Any], base: dict[str, Any]) -> list[str]:
    """A sentence for each ratio that left the baseline by more than a quarter, or is gone from it."""
    found = []
    before = {key(line): line for line in base.get("lines", ())}
    now = {key(line): line for line in fresh["lines"]}
    for name, line in before.items():
        was = measured(line)
        if was is None:
            continue
        if name not in now:
            found.append(f"{name}: was {figure(was)}, is not measured any more")
            continue
        current = measured(now[name])
        if current is not None and not 1 / (1 + MOVED) <= current / max(was, 1e-9) <= 1 + MOVED:
            way = "better" if current > was else "WORSE"
            found.append(f"{name}: was {figure(was)}, is {figure(current)} ({way})")
    return found
