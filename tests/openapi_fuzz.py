"""Requests made from the OpenAPI document, right and wrong ones, against a running service: `make fuzz-api`.

Schemathesis makes them and compares each answer with the document, with all its checks. Same version, same requests."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent
#: Checks that are set aside, with the reason.
WITHOUT = {
    "positive_data_acceptance": "replaced by right_data_is_taken, which knows what no schema can say",
    "missing_required_header": "a graph that may not be seen is as if it were not there: 404, not 401",
}


@dataclass(frozen=True)
class Fuzzed:
    """cases: requests that were sent. report: what Schemathesis printed. faults: whether it found any."""

    cases: int
    report: str
    faults: bool


def fuzz(address: str, examples: int, folder: Path, *options: str) -> Fuzzed:
    """Fuzz the service at an address. examples: how many requests of each kind an operation gets at most."""
    program = Path(sys.executable).with_name("st")
    command = [
        str(program), "run", f"{address}/openapi.json", "--checks", "all", "--exclude-checks", ",".join(WITHOUT),
        "--max-examples", str(examples), "--generation-deterministic",
        "--no-color", "--workers", "1", "--request-timeout", "60",
        # How fast answers are is measured elsewhere; a busy machine is slow.
        "--max-response-time", "60", "--warnings", "off", *options,
    ]  # fmt: skip
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "openapi_hooks",
        "PYTHONPATH": str(TESTS),
        "FUZZED": address,
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=3600, check=False
    )
    told = done.stdout + done.stderr
    counted = re.search(r"(\d+) generated", told)
    return Fuzzed(int(counted[1]) if counted else 0, told, done.returncode != 0)


def as_partner(token: str) -> tuple[str, str]:
    """The options that send a token with every request, so that partners' graphs are reached."""
    return "--header", f"Authorization: Bearer {token}"


def main() -> int:
    """Serve what was built, fuzz it, print the summary; 1 if anything was found."""
    import tempfile

    from hostile_service import serving

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=2)
    parser.add_argument("--at-least", type=int, default=5000, help="fewer requests than that are a failure")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as service:
        found = fuzz(service.address, given.examples, Path(folder), *as_partner(service.token))
    print(found.report if found.faults else found.report[found.report.rfind("= SUMMARY") :])
    print(f"{found.cases} requests")
    return int(found.faults or found.cases < given.at_least)


if __name__ == "__main__":
    sys.exit(main())
