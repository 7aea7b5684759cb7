"""The start page: by who you are, and what there is."""

from __future__ import annotations

from typing import Any, Final

from cmh_graph.framework import Framework

#: Who comes -> what they can do here.
_DOORS: Final = (
    (
        "New to mental health",
        "See which roles you can start in, what they ask for, and what you bring already.",
        (
            ("Find roles by what you have", "/have"),
            ("The map of all roles", "/map"),
            ("Find your way to a role", "/find"),
        ),
    ),
    (
        "Working in mental health",
        "See where your role can lead, what stands between you and the next one, and what closes the gap.",
        (
            ("Find your next step", "/find"),
            ("See where you are against a role", "/assess"),
            ("Compare two roles", "/compare"),
        ),
    ),
    (
        "Manager or HR",
        "Get a job description, a person specification or an interview pack, and match your own job titles.",
        (
            ("Roles and their papers", "/roles"),
            ("Match your job titles", "/align"),
            ("For employers", "/employers"),
        ),
    ),
    (
        "Leader or planner",
        "See which roles can supply a hard-to-fill one, and how much of your workforce needs no degree.",
        (("For employers", "/employers"), ("The questions we answer", "/data#questions")),
    ),
    (
        "Integrator or researcher",
        "Load the graph, ask it with SPARQL, or call the API. Every statement has a source and a status.",
        (("Data and downloads", "/data"), ("API", "/docs")),
    ),
)


def start_page(framework: Framework) -> dict[str, Any]:
    """What start.html shows."""
    return {
        "title": "Find your way in community mental health work",
        "counts": [
            (len(framework.roles), "roles", "/roles"),
            (len(framework.skills), "skills", "/skills"),
            (len(framework.steps), "steps from one role to the next", ""),
            (len(framework.sources), "sources", "/sources"),
        ],
        "doors": [{"name": name, "text": text, "links": links} for name, text, links in _DOORS],
    }
