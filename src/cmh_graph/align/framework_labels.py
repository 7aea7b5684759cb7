"""The names of the framework's roles, and the facts that decide between them, read from the built graph."""

from __future__ import annotations

from collections import defaultdict

from cmh_graph.align.labels import RoleFacts, RoleLabel, RoleLabels
from cmh_graph.namespaces import BASE, iri, key_of
from cmh_graph.store import NamedNode, Store, text_of

_FACTS = """
SELECT ?role ?name ?target ?rolls ?regulated ?family ?grouping WHERE {
  ?role a cmh:Role ; skos:prefLabel ?name ; cmh:hasRegulation/cmh:isRegulated ?regulated ; cmh:family ?family .
  OPTIONAL { ?role cmh:isMatchTarget ?target }
  OPTIONAL { ?role cmh:rollsUpTo ?rolls }
  BIND (EXISTS { ?role a cmh:RoleGrouping } AS ?grouping)
} ORDER BY ?role"""
_BANDS = "SELECT DISTINCT ?role ?band WHERE { ?role cmh:hasBandAssignment/cmh:band ?band }"
_NAMES = """
SELECT ?thing ?name WHERE {
  VALUES ?kind { cmh:Skill cmh:Value cmh:Experience cmh:Qualification }
  ?thing a ?kind ; skos:prefLabel ?name .
} ORDER BY ?thing"""
_ASKED = """
SELECT DISTINCT $role ?qualification WHERE {
  $role cmh:hasRequirement ?r .
  { ?r cmh:asksFor ?qualification } UNION { ?r cmh:anyOf/cmh:asksFor ?qualification }
  ?qualification a cmh:Qualification .
}"""
_FORMAL = """
SELECT ?qualification WHERE {
  ?qualification a cmh:Qualification ; cmh:qualificationKind ?kind .
  FILTER (?kind NOT IN (qualification-kind:none, qualification-kind:check, qualification-kind:induction-standard))
} ORDER BY ?qualification"""
_TITLES = """
SELECT ?role ?label ?status WHERE {
  ?meaning cmh:meansRole ?role ; cmh:title ?title ; cmh:status ?status .
  ?title skos:prefLabel ?label ; cmh:belongsTo scheme:gathered-titles .
} ORDER BY ?role ?label"""


def framework_labels(store: Store) -> RoleLabels:
    """Preferred labels and gathered titles of every role, with its bands, registration, family and roll-up."""
    bands: dict[str, set[str]] = defaultdict(set)
    for row in store.select(_BANDS):
        bands[key_of(text_of(row["role"]))].add(key_of(text_of(row["band"])))
    labels, facts = [], []
    for row in store.select(_FACTS):
        key = key_of(text_of(row["role"]))
        labels.append(RoleLabel(key, text_of(row["name"]), "preferred"))
        target = key if text_of(row.get("target")) == "true" else key_of(text_of(row.get("rolls"))) or None
        facts.append(
            RoleFacts(
                key=key,
                rolls_up_to=target,
                bands=frozenset(bands[key]),
                registered=text_of(row["regulated"]) == "true",
                family=key_of(text_of(row["family"])),
                offered=text_of(row["grouping"]) != "true",
            )
        )
    for row in store.select(_TITLES):
        role, label = key_of(text_of(row["role"])), text_of(row["label"])
        labels.append(RoleLabel(role, label, "title", key_of(text_of(row["status"]))))
    return RoleLabels(labels, facts)


def framework_names(store: Store) -> dict[str, dict[str, str]]:
    """Kind -> key -> name, of the skills, values, experiences and qualifications."""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for row in store.select(_NAMES):
        kind, _, key = text_of(row["thing"]).removeprefix(BASE).partition("/")
        names[kind][key] = text_of(row["name"])
    return dict(names)


def unneeded_qualifications(store: Store, role: str) -> dict[str, str]:
    """Formal qualifications that a role does not ask for -> why, in words; checks and inductions are left out.

    role: its key. An unknown role asks for nothing."""
    asked = {
        key_of(text_of(row["qualification"]))
        for row in store.select(_ASKED, role=NamedNode(iri("role", role)))
    }
    why = "the role needs no formal qualification" if "none" in asked else "the role does not ask for it"
    formal = [key_of(text_of(row["qualification"])) for row in store.select(_FORMAL)]
    return {key: why for key in formal if key not in asked}
