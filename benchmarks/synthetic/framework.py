"""The framework many times over, as N-Quads: its roles, skills and steps with their parts under new keys and names.

A copy points to its own copies and else to the framework, so every shape that the framework keeps is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.store import NamedNode, Quad, iter_nquads

#: What is copied: things of these kinds.
COPIED = (
    "role", "requirement", "placement", "regulation", "band-assignment", "title", "title-meaning", "step", "skill",
    "skill-level", "i-statement",
)  # fmt: skip
_STARTS = tuple(f"<{BASE}{kind}/" for kind in COPIED)
_NAME = f"<{PREFIXES['skos']}prefLabel>"


def framework(nquads: bytes, times: int) -> Iterator[str]:
    """The stated statements of a built graph, then times - 1 copies of the things of COPIED, a line each."""
    lines = [
        (str(quad.subject), str(quad.predicate), str(quad.object), str(quad.graph_name))
        for quad in iter_nquads(nquads)
        if _stated(quad)
    ]
    for subject, predicate, value, graph in lines:
        yield f"{subject} {predicate} {value} {graph} .\n"
    own = [line for line in lines if line[0].startswith(_STARTS)]
    copied = {line[0] for line in own}
    for number in range(1, times):
        key = f"--copy-{number}>"
        for subject, predicate, value, graph in own:
            if value in copied:
                value = value[:-1] + key
            elif predicate == _NAME and value.endswith('"@en'):
                value = f'{value[:-4]}, copy {number}"@en'
            yield f"{subject[:-1]}{key} {predicate} {value} {graph} .\n"


def _stated(quad: Quad) -> bool:
    return isinstance(quad.graph_name, NamedNode) and not quad.graph_name.value.endswith("graph/derived")
