"""The service manifest: what this service offers and where, as clients read it first."""

from __future__ import annotations

from typing import Any, Final

from cmh_graph import __version__
from cmh_graph.reconcile.entities import IDENTIFIER_SPACE, SCHEMA_SPACE, TYPES
from cmh_graph.reconcile.extend import SETTINGS
from cmh_graph.reconcile.preview import HEIGHT, WIDTH
from cmh_graph.reconcile.queries import MOST_QUERIES

#: The first is the one to rely on. All addresses of 1.0-draft answer as well; but where the two write the manifest
#: differently (view, suggest), it is as 0.2 has it.
VERSIONS: Final = ("0.2", "1.0-draft")
NAME: Final = "Community mental health roles and skills"


def manifest(home: str) -> dict[str, Any]:
    """The manifest of the service at an address such as http://127.0.0.1:8000 (without a final /)."""
    endpoint = f"{home}/reconcile"
    return {
        "versions": list(VERSIONS),
        "name": NAME,
        "identifierSpace": IDENTIFIER_SPACE,
        "schemaSpace": SCHEMA_SPACE,
        "documentation": f"{home}/docs",
        "serviceVersion": __version__,
        "batchSize": MOST_QUERIES,
        "lang": "en",
        "standardizedScore": True,
        "defaultTypes": [{**each.as_json(), "description": each.about} for each in TYPES],
        "view": {"url": f"{endpoint}/view/{{{{id}}}}"},
        "preview": {"url": f"{endpoint}/preview/{{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "suggest": {
            what: {
                "service_url": home,
                "service_path": f"/reconcile/suggest/{what}",
                "flyout_service_url": home,
                "flyout_service_path": f"/reconcile/flyout/{what}/${{id}}",
            }
            for what in ("entity", "type", "property")
        },
        "extend": {
            "propose_properties": {"service_url": home, "service_path": "/reconcile/properties"},
            "proposeProperties": True,
            "property_settings": [dict(each) for each in SETTINGS],
        },
    }
