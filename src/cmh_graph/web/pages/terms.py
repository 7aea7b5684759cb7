"""The terms of the ontology: classes and properties, with what they mean, where they stop and what valid data keep."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from cmh_graph import ontology_docs
from cmh_graph.errors import UnknownThing
from cmh_graph.framework import Framework
from cmh_graph.namespaces import GRAPH_ONTOLOGY, PREFIXES
from cmh_graph.store import Triple, parse_nquads, text_of
from cmh_graph.versions.releases import Releases

_VERSION_IRI: Final = PREFIXES["owl"] + "versionIRI"


def ontology_triples(framework: Framework) -> list[Triple]:
    """What the ontology states of itself and its terms, the blank nodes of its lists included, sorted."""
    return ontology_docs.ontology_triples(framework.store.quads(GRAPH_ONTOLOGY))


def terms_page(framework: Framework) -> dict[str, Any]:
    """What terms.html shows of the ontology that is served, with the shapes beside it."""
    return page_of(ontology_triples(framework), ontology_docs.shape_triples(framework.home / "shapes"))


def served_ontology(framework: Framework, version: str) -> tuple[list[Triple], list[Triple]]:
    """The ontology that is served, with its shapes, if that is its version. Raises UnknownThing if it is another."""
    triples = ontology_triples(framework)
    named = {text_of(one.object) for one in triples if one.predicate.value == _VERSION_IRI}
    if f"{ontology_docs.ONTOLOGY}/{version}" not in named:
        raise UnknownThing(
            f"there is no version {version[:40]} of the ontology",
            where=version[:40],
            mend="released versions are listed at /v1/releases; the ontology of now is at /ns",
        )
    return triples, ontology_docs.shape_triples(framework.home / "shapes")


def released_ontology(folder: Path, version: str) -> tuple[list[Triple], list[Triple]] | None:
    """The ontology of a release and its shapes, as they were released; None if there is no such release.

    Raises SourceError if a release is not what was released."""
    return _released(folder, version) if version in Releases(folder).versions else None


@lru_cache(maxsize=8)
def _released(folder: Path, version: str) -> tuple[list[Triple], list[Triple]]:
    # Reading a release takes a second or two, so the last few are kept.
    releases = Releases(folder)
    shapes = [quad.triple for quad in parse_nquads(releases.shapes(version))]
    return ontology_docs.ontology_triples(parse_nquads(releases.graph(version))), shapes


def page_of(ontology: Iterable[Triple], shapes: Iterable[Triple]) -> dict[str, Any]:
    """What terms.html shows of an ontology and its shapes."""
    return {
        **ontology_docs.documentation(ontology, shapes),
        "section": "/data",
        "crumbs": [{"text": "Home", "href": "/"}, {"text": "Data", "href": "/data"}],
        "title": "Terms of the ontology",
    }
