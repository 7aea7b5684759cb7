"""Judges RO-Crates with the validator of its makers, without the network: run by the Python of .venv-crate.

Takes folders, prints {folder: [[severity, check, message], ...]} as JSON in its last line. The JSON-LD context that
crates name is answered from the copy inside the rocrate package; any other request is refused.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import rdflib.plugins.parsers.jsonld as parser
import rdflib.plugins.shared.jsonld.context as contexts
import requests
import rocrate
from rocrate_validator import models, services

CONTEXT = "https://w3id.org/ro/crate/"


def known_context() -> dict[str, Any]:
    text = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_text(encoding="utf-8")
    held = json.loads(text)["@context"]
    parts = held if isinstance(held, list) else [held]
    return {"@context": next(one for one in parts if isinstance(one, dict))}


def stay_here() -> None:
    known = known_context()
    ask = contexts.source_to_json

    def source_to_json(source: Any, *rest: Any, **named: Any) -> Any:
        if isinstance(source, str) and source.startswith(CONTEXT):
            return known, None
        if isinstance(source, str) and "://" in source:
            raise OSError(f"no network here: {source}")
        return ask(source, *rest, **named)

    def request(_: Any, method: str, url: str, *rest: Any, **named: Any) -> requests.Response:
        if not url.startswith(CONTEXT):
            raise requests.ConnectionError(f"no network here: {url}")
        answer = requests.Response()
        answer.status_code = 200
        answer.headers["Content-Type"] = "application/ld+json"
        answer._content = json.dumps(known).encode()
        return answer

    contexts.source_to_json = source_to_json
    parser.source_to_json = source_to_json
    requests.Session.request = request  # type: ignore[method-assign]


def judge(folder: str) -> list[list[str]]:
    """What the crate must have and has not; the first finding is enough."""
    settings = services.ValidationSettings(
        rocrate_uri=folder,
        profile_identifier="ro-crate-1.2",
        requirement_severity=models.Severity.REQUIRED,
        abort_on_first=True,
    )
    issues = services.validate(settings).get_issues()
    return sorted([one.severity.name, one.check.identifier, str(one.message)] for one in issues)


if __name__ == "__main__":
    stay_here()
    said = io.StringIO()
    with redirect_stdout(said):
        found = {folder: judge(folder) for folder in sys.argv[1:]}
    print(json.dumps(found))
