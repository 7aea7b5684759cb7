"""A small share of `make fuzz-api`: requests from the OpenAPI document, each answered as it describes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

from built import opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.settings import Settings
from hostile_service import serving
from openapi_fuzz import as_partner, fuzz

BEYOND = Path(__file__).parent / "cases" / "openapi" / "beyond_the_schema.toml"
#: One operation of each kind: a list, a thing, a search, a body, a query. `make fuzz-api` takes all.
_SHARE = (
    "list_bands", "show_skills", "search", "draft_extend", "sparql_get",
)  # fmt: skip


def test_answers_are_as_the_document_says(tmp_path: Path) -> None:
    chosen = [option for name in _SHARE for option in ("--include-operation-id", name)]
    with serving(tmp_path) as service:
        found = fuzz(
            service.address,
            2,
            tmp_path,
            "--phases",
            "examples,coverage,fuzzing",
            *as_partner(service.token),
            *chosen,
        )
    assert not found.faults, found.report[-6000:]
    assert found.cases >= 300
    assert f"Tested: {len(_SHARE)}" in found.report


def test_the_document_is_one() -> None:
    document = create_app(Settings(), opened_framework()).openapi()
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))


def test_what_no_schema_can_say_is_written_down() -> None:
    for case in tomllib.loads(BEYOND.read_text("utf-8"))["case"]:
        re.compile(case["title"])
        assert case["why"].endswith("."), case
