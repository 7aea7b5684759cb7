"""The names of the framework's roles, and the facts that decide between them, read from the built graph."""

from __future__ import annotations

from collections import defaultdict

from cmh_graph.align.labels import RoleFacts, RoleLabel, RoleLabels
from cmh_graph.namespaces import key_of
from cmh_graph.store import Store, text_of

_FACTS = """
SELECT ?role ?name ?target ?rolls ?regulated ?family ?grouping WHERE {
  ?role a cmh:Role ; skos:prefLabel ?name ; cmh:hasRegulation/cmh:isRegulated ?regulated ; cmh:family ?family .
  OPTIONAL { ?role cmh:isMatchTarget ?target }
  OPTIONAL { ?role cmh:rollsUpTo ?rolls }
  BIND (EXISTS { ?role a cmh:RoleGrouping } AS ?grouping)
} ORDER BY ?role"""
_BANDS = "SELECT DISTINCT ?role ?band WHERE { ?role cmh:hasBandAssignment/cmh:band ?band }"
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
