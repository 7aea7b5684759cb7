"""Every mapping set in the repository, and what `cmh-graph align` writes, passes the validator of the sssom package."""

from __future__ import annotations

import json
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.align.pipeline import run
from conftest import FrameworkData

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-sssom" / "bin" / "python"
MEND = "the sssom package has an environment of its own, and it is not there; run: make sssom-validator"
KEPT = ("ontology", "examples", "exports", "docs", "tests/cases")
SETS = sorted(path for folder in KEPT for path in (ROOT / folder).rglob("*.sssom.tsv"))
TABLES = sorted([*(ROOT / "examples").glob("*/roles.csv"), *(ROOT / "examples").glob("*.xlsx")])
BROKEN: list[dict[str, str]] = tomllib.loads(
    (ROOT / "tests" / "cases" / "sssom" / "broken.toml").read_text(encoding="utf-8")
)["case"]

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(not PYTHON.exists(), reason=MEND),
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory, framework_data: FrameworkData) -> dict[str, Any]:
    """Verdicts of the validator by name: sets that are kept, proposed for a table, or broken."""
    folder = tmp_path_factory.mktemp("sets")
    files = {name_of(path): path for path in SETS}
    labels = framework_labels(framework_data.store)
    for table in TABLES:
        out = folder / name_of(table).replace("/", "-")
        run(table, out, labels)
        files[name_of(table)] = out / "mappings.sssom.tsv"
    good = (ROOT / "ontology" / "matches" / "esco.sssom.tsv").read_text(encoding="utf-8")
    for number, case in enumerate(BROKEN):
        assert case["find"] in good, case
        path = folder / f"broken-{number}.sssom.tsv"
        path.write_text(good.replace(case["find"], case["put"], 1), encoding="utf-8")
        files[case["why"]] = path
    done = subprocess.run(
        [PYTHON, ROOT / "tests" / "sssom_validator.py", *files.values()],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return {name: {**found[str(path)], "lines": lines_of(path)} for name, path in files.items()}


def lines_of(path: Path) -> int:
    """The lines of the table, without header and metadata."""
    return sum(bool(line) and not line.startswith("#") for line in path.read_text("utf-8").splitlines()) - 1


def test_there_are_sets_and_tables_to_judge() -> None:
    assert len(SETS) >= 7
    assert TABLES


@pytest.mark.parametrize("name", [name_of(path) for path in [*SETS, *TABLES]])
def test_a_mapping_set_is_valid(verdicts: dict[str, Any], name: str) -> None:
    assert verdicts[name]["wrong"] == []
    assert verdicts[name]["rows"] == verdicts[name]["lines"] > 0


@pytest.mark.parametrize("case", BROKEN, ids=[case["why"] for case in BROKEN])
def test_a_broken_mapping_set_fails(verdicts: dict[str, Any], case: dict[str, str]) -> None:
    verdict = verdicts[case["why"]]
    assert verdict["wrong"] or verdict["rows"] < verdict["lines"]
