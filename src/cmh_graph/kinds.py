"""The kinds of things that the framework has, and which of them a search looks through."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Kind, as in an IRI -> the attribute of the Framework that holds its things.
ATTRIBUTE_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "role": "roles", "title": "titles", "skill": "skills", "skill-group": "skill_groups",
        "background": "backgrounds", "value": "values", "value-set": "value_sets",
        "experience": "experiences", "qualification": "qualifications", "band": "bands",
        "job-profile": "job_profiles",
        "register": "registers", "profession": "professions", "route": "routes", "position": "positions",
        "step": "steps", "pathway": "pathways", "organisation": "organisations", "case-study": "case_studies",
        "resource": "resources", "audience": "audiences", "theme": "themes", "user-task": "user_tasks",
        "evidence": "evidence", "remark": "remarks", "source": "sources", "vocab": "vocabularies",
        "release": "releases", "scheme": "schemes", "framework": "frameworks",
        "pay-equivalent": "pay_equivalents", "ahp-domain": "ahp_domains",
    }
)  # fmt: skip
#: Kinds that a search for anything looks through. Steps, titles and the like are searched only when asked for:
#: their names repeat those of roles.
SEARCHED: Final = (
    "role", "skill", "skill-group", "value", "value-set", "experience", "qualification", "band", "route",
    "pathway", "organisation", "resource", "register", "profession", "background", "theme", "audience",
    "evidence",
)  # fmt: skip
