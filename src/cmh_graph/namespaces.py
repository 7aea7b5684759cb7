"""Every prefix and IRI pattern, written once."""

from __future__ import annotations

from typing import Final

BASE: Final = "https://w3id.org/cmh-graph/"

#: Things that have a key: the IRI is BASE + kind + "/" + key.
KINDS: Final = (
    "role",
    "title",
    "title-meaning",
    "requirement",
    "band-assignment",
    "regulation",
    "placement",
    "skill",
    "skill-group",
    "skill-level",
    "i-statement",
    "background",
    "value",
    "value-set",
    "experience",
    "qualification",
    "route",
    "pathway",
    "pathway-stage",
    "step",
    "position",
    "organisation",
    "framework-use",
    "case-study",
    "resource",
    "audience",
    "theme",
    "user-task",
    "evidence",
    "figure",
    "remark",
    "source",
    "read-across",
    "pay-points",
    "pay-equivalent",
    "job-profile",
    "register",
    "profession",
    "rung",
    "ahp-domain",
    "framework",
    "release",
    "scheme",
    "mapping",
    "post",
    "vacancy",
    "vacancy-link",
    "comparison",
)

PREFIXES: Final[dict[str, str]] = {
    "cmh": BASE + "ns#",
    "cmhsh": BASE + "shapes#",
    "cmhf": BASE + "function#",
    **{kind: f"{BASE}{kind}/" for kind in KINDS},
    "graph": BASE + "graph/",
    "band": BASE + "vocab/band/",
    "career-level": BASE + "vocab/career-level/",
    "education-level": BASE + "vocab/education-level/",
    "framework-level": BASE + "vocab/framework-level/",
    "ahp-stage": BASE + "vocab/ahp-stage/",
    "status": BASE + "vocab/status/",
    "necessity": BASE + "vocab/necessity/",
    "step-kind": BASE + "vocab/step-kind/",
    "employer-type": BASE + "vocab/employer-type/",
    "setting": BASE + "vocab/setting/",
    "qualification-kind": BASE + "vocab/qualification-kind/",
    "register-kind": BASE + "vocab/register-kind/",
    "clinical": BASE + "vocab/clinical/",
    "country": BASE + "vocab/country/",
    "use-state": BASE + "vocab/use-state/",
    "remark-kind": BASE + "vocab/remark-kind/",
    "review-state": BASE + "vocab/review-state/",
    "family": BASE + "vocab/family/",
    "vocab": BASE + "vocab/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "prov": "http://www.w3.org/ns/prov#",
    "org": "http://www.w3.org/ns/org#",
    "schema": "https://schema.org/",
    "vann": "http://purl.org/vocab/vann/",
    "sh": "http://www.w3.org/ns/shacl#",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sssom": "https://w3id.org/sssom/",
    "semapv": "https://w3id.org/semapv/vocab/",
    "esco": "http://data.europa.eu/esco/model#",
}

#: Vocabularies that only descriptions of an export use; queries do not know them without a PREFIX line.
DESCRIPTION_PREFIXES: Final[dict[str, str]] = {
    "adms": "http://www.w3.org/ns/adms#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "void": "http://rdfs.org/ns/void#",
}

CMH: Final = PREFIXES["cmh"]

#: Named graphs: one per source. A partner's graph is GRAPH_PARTNER + its folder name.
GRAPH: Final = PREFIXES["graph"]
GRAPH_ONTOLOGY: Final = GRAPH + "ontology"
GRAPH_CATALOGUE: Final = GRAPH + "catalogue"
GRAPH_MATCHES: Final = GRAPH + "matches"
GRAPH_DERIVED: Final = GRAPH + "derived"
GRAPH_PARTNER: Final = GRAPH + "source/"

PROBLEM: Final = BASE + "problem/"


def iri(prefix: str, key: str) -> str:
    """The full IRI of a key under one of PREFIXES; KeyError if the prefix is not ours to use."""
    return PREFIXES[prefix] + key


def key_of(thing: str) -> str:
    """The key at the end of one of our IRIs: what follows the last "/" or "#"."""
    return thing.rsplit("#", 1)[-1].rsplit("/", 1)[-1]


def compact(thing: str) -> str:
    """The prefixed name of an IRI if a prefix fits, otherwise the IRI itself."""
    best = max((p for p in PREFIXES.items() if thing.startswith(p[1])), key=lambda p: len(p[1]), default=None)
    return f"{best[0]}:{thing[len(best[1]) :]}" if best else thing
