"""Settings: listed with their origin, refused in words, typos found, secrets masked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cmh_graph import configuration
from cmh_graph.cli import app
from cmh_graph.errors import BadParameter
from cmh_graph.settings import PREFIX, Settings, is_secret, variable_of

CASES = Path(__file__).parent / "cases" / "operations" / "settings.toml"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    "case", tomllib.loads(CASES.read_text("utf-8"))["case"], ids=lambda case: case["why"][:30]
)
def test_a_wrong_value_is_refused_in_words(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(case["variable"], case["value"])
    with pytest.raises(BadParameter) as refused:
        Settings()
    told = str(refused.value)
    assert all(word in told for word in case["told"]), told
    assert case["variable"] in refused.value.where and refused.value.mend


def test_every_wrong_value_is_told_at_once_and_serve_does_not_start() -> None:
    environment = {**os.environ, "CMH_GRAPH_PORT": "x", "CMH_GRAPH_QUERY_ROWS": "-1"}
    done = subprocess.run(
        [sys.executable, "-m", "cmh_graph.cli", "serve"], env=environment, capture_output=True, text=True, timeout=120
    )  # fmt: skip
    assert done.returncode == 2
    assert "CMH_GRAPH_PORT" in done.stderr and "CMH_GRAPH_QUERY_ROWS" in done.stderr
    assert "Traceback" not in done.stderr and "pydantic" not in done.stderr


def test_an_option_that_is_wrong_is_named_as_an_option() -> None:
    with pytest.raises(BadParameter) as refused:
        Settings(port=-1)
    assert refused.value.where == "--port"


def test_every_setting_is_listed_with_its_origin_and_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMH_GRAPH_PORT", "8123")
    monkeypatch.setenv("CMH_GRAPH_HOST", "")
    result = CliRunner().invoke(app, ["settings", "--json"])
    assert result.exit_code == 0
    rows = {row["variable"]: row for row in json.loads(result.stdout)}
    assert set(rows) == {variable_of(name) for name in Settings.model_fields}
    assert all(row["meaning"] for row in rows.values())
    assert (rows["CMH_GRAPH_PORT"]["value"], rows["CMH_GRAPH_PORT"]["origin"]) == (8123, "environment")
    assert rows["CMH_GRAPH_HOST"]["origin"] == "default", "set to nothing is not set"
    table = CliRunner().invoke(app, ["settings"]).stdout
    assert all(name in table for name in rows)


def test_a_typo_is_found_and_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMH_GRAPH_QUERY_SECOND", "5")
    result = CliRunner().invoke(app, ["settings"])
    assert result.exit_code == 1
    assert "CMH_GRAPH_QUERY_SECOND is no setting; did you mean CMH_GRAPH_QUERY_SECONDS?" in result.stderr


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("store_password", "hunter2", "********"),
        ("admin_token", "abc", "********"),
        ("store", "https://ann:hunter2@store.example/sparql", "https://********@store.example/sparql"),
        ("public_address", "https://example.org/a@b", "https://example.org/a@b"),
        ("port", 8000, 8000),
        ("store_password", "", ""),
    ],
)
def test_secrets_are_masked(name: str, value: object, shown: object) -> None:
    assert configuration.shown(name, value) == shown
    assert is_secret("STORE_PASSWORD")
