"""What Schemathesis is told beside the OpenAPI document: keys that there are, and what no schema can say.

Loaded by Schemathesis itself (SCHEMATHESIS_HOOKS), see openapi_fuzz."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import schemathesis
from schemathesis.specs.openapi.checks import RejectedPositiveData, positive_data_acceptance

#: Requests that the document allows and the service refuses, with the reason for each.
BEYOND = tomllib.loads(
    (Path(__file__).parent / "cases" / "openapi" / "beyond_the_schema.toml").read_text("utf-8")
)["case"]
_TITLES = re.compile("|".join(f"(?:{case['title']})" for case in BEYOND))
#: Parameter -> the collection whose keys it takes.
_COLLECTION_OF = {
    "about": "roles", "audience": "audiences", "avoid": "roles", "background": "backgrounds", "band": "bands",
    "employer": "employers", "entry_route": "entry-routes", "experience": "experiences", "from": "roles",
    "group": "skill-groups", "offered_by": "employers", "pathway": "pathways", "qualification": "qualifications",
    "register": "registers", "role": "roles", "set": "value-sets", "skill": "skills", "supply": "roles",
    "theme": "themes", "to": "roles", "value": "values", "wider": "entry-routes", "within": "ahp-domains",
}  # fmt: skip
#: Parameter -> the vocabulary whose concepts it takes, where the document does not list them.
_VOCABULARY_OF = {
    "employer_type": "employer-type", "setting": "setting", "family": "family", "level": "framework-level",
}  # fmt: skip
_MOST_KEYS = 6


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Name keys that there are wherever the document only says that one is to be given."""
    for path, operations in raw_schema["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                item = parameter["schema"].get("items", parameter["schema"])
                if item.get("type") == "string" and "enum" not in item:
                    keys = _keys_for(path, parameter["name"])
                    if keys:
                        item["enum"] = keys
                        item.pop("maxLength", None)


@schemathesis.serializer("application/sparql-query")
def as_query(context: Any, value: Any) -> Any:
    """A body that is the query itself."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@schemathesis.check
def right_data_is_taken(ctx: Any, response: Any, case: Any) -> None:
    """What the document allows is not refused, but for what no schema can say."""
    try:
        positive_data_acceptance(ctx, response, case)
    except RejectedPositiveData:
        told = _problem(response)
        if response.status_code in (400, 406, 412, 415, 422) and _TITLES.match(
            told.get("title", told.get("imsx_description", ""))
        ):
            return
        raise


def _problem(response: Any) -> dict[str, Any]:
    try:
        told = json.loads(response.content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


_known: dict[str, list[str]] = {}


def _keys_for(path: str, name: str) -> list[str]:
    if name in ("since", "until", "release"):
        return _listed("releases")
    if name == "key" and (found := re.fullmatch(r"/v1/([a-z-]+)/\{key\}.*", path)):
        return _listed(found[1])
    if name in _COLLECTION_OF:
        return _listed(_COLLECTION_OF[name])
    if name in _VOCABULARY_OF:
        concepts = _read(f"/v1/vocabularies/{_VOCABULARY_OF[name]}").get("concepts", [])
        return [concept["key"] for concept in concepts][:_MOST_KEYS]
    return []


def _listed(collection: str) -> list[str]:
    return [item["key"] for item in _read(f"/v1/{collection}").get("items", []) if "key" in item][:_MOST_KEYS]


def _read(path: str) -> dict[str, Any]:
    if path not in _known:
        with urlopen(os.environ["FUZZED"] + path) as answer:
            _known[path] = json.load(answer)
    found: dict[str, Any] = _known[path]
    return found
