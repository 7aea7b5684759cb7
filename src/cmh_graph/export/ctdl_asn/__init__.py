"""CTDL-ASN and CTDL JSON-LD: competencies, concept schemes, pathways and occupations; and back to statements.

competencies, occupations, pathways  the nodes of each kind
read                                 the statements in the files
sayings                              texts, status and notes as CTDL has them
terms                                the names that CTDL has, and what in a document is not among them
"""

from __future__ import annotations

from typing import Any, Final

from cmh_graph.export.ctdl_asn.competencies import competency_nodes
from cmh_graph.export.ctdl_asn.occupations import occupation_nodes
from cmh_graph.export.ctdl_asn.pathways import pathway_nodes
from cmh_graph.export.ctdl_asn.read import COMPETENCIES, PATHWAYS, read
from cmh_graph.export.ctdl_asn.sayings import english, node
from cmh_graph.export.ctdl_asn.terms import Fault, find_faults, properties_of
from cmh_graph.export.edition import ONTOLOGY, Edition
from cmh_graph.export.format import Format, Written
from cmh_graph.export.statements import carried, write_json
from cmh_graph.namespaces import BASE, CMH, PREFIXES

__all__ = ["COMPETENCIES", "FORMAT", "PATHWAYS", "Fault", "find_faults", "properties_of", "read", "write"]

#: The contexts that the registry's schemas want, to the letter. Neither is fetched here.
_ASN_CONTEXT: Final = "http://credreg.net/ctdlasn/schema/context/json"
_CTDL_CONTEXT: Final = "http://credreg.net/ctdl/schema/context/json"


def write(edition: Edition) -> Written:
    """ctdl-asn/competencies.jsonld and ctdl-asn/pathways.jsonld, each with one @graph."""
    pathways = [
        _owner(edition),
        *pathway_nodes(edition, BASE),
        *occupation_nodes(edition.catalogue),
    ]
    files = {
        COMPETENCIES: write_json({"@context": _ASN_CONTEXT, "@graph": competency_nodes(edition)}),
        PATHWAYS: write_json({"@context": _CTDL_CONTEXT, "@graph": pathways}),
    }
    return Written(files, carried(edition, read(files)))


def _owner(edition: Edition) -> dict[str, Any]:
    """Who keeps the pathways: the publisher that the ontology's header names. CTDL wants an organisation."""
    publisher = edition.text(ONTOLOGY, PREFIXES["dcterms"] + "publisher")
    return node(
        "ceterms:Organization",
        BASE,
        ceterms__name=english(publisher),
        ceterms__description=english(edition.text(ONTOLOGY, PREFIXES["dcterms"] + "abstract") or publisher),
        ceterms__subjectWebpage=BASE,
    )


_REQUIREMENT: Final = "a requirement is told with what it asks for, how firmly and its status, no more"

FORMAT: Final = Format(
    name="ctdl-asn",
    title="CTDL-ASN competencies and CTDL pathways and occupations (JSON-LD)",
    loaded_by="competency and credential registries that read CTDL, and learning platforms",
    write=write,
    read=read,
    why_lost={
        "": "CTDL has no class or property for it that we use",
        CMH
        + "IStatement": "an I statement is a line of the competency's text, which has no place for its source",
        CMH + "Step": "a step is a condition of a component, named by its stage; its parts are told in words",
        CMH + "PathwayStage": "the order is that of the components, and the step is told in words",
        PREFIXES["skos"]
        + "Concept": "a concept has names, notation, notes, status and sources; no order or example",
        CMH + "amountGBP": "CTDL has earnings of people who hold a credential, not pay scales",
        CMH
        + "hasRequirement": "only requirements of skills and values are named; conditions are told in words",
        CMH
        + "Mapping": "a code is told with its relation and label; rows that say that nothing fits are left out",
        CMH + "SkillRequirement": _REQUIREMENT,
        CMH + "ValueRequirement": _REQUIREMENT,
    },
)
