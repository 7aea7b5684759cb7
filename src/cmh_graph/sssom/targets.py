"""What mappings point to: the framework's own things as they are now, and a digest that shows when one has changed."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cmh_graph.namespaces import BASE, CMH, PREFIXES, key_of
from cmh_graph.store import Literal, NamedNode, Quad

_ROLE = PREFIXES["role"]


@dataclass(frozen=True, slots=True)
class Target:
    """A thing that a mapping may point to. replaced_by: IRIs. grouping: a role that is no job of its own."""

    iri: str
    name: str
    definition: str
    deprecated: bool = False
    replaced_by: tuple[str, ...] = ()
    grouping: bool = False

    @property
    def key(self) -> str:
        """The end of its IRI."""
        return key_of(self.iri)

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of the SHA-256 of name, definition and deprecation.

        Who confirmed a statement (cmh:status) is left out: it changes without the meaning changing."""
        said = json.dumps([self.name, self.definition, self.deprecated], ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Targets:
    """Every target by IRI. version: of the framework release that they are from."""

    version: str
    things: Mapping[str, Target]

    def get(self, iri: str) -> Target | None:
        """The target with this IRI."""
        return self.things.get(iri)

    def name(self, iri: str) -> str:
        """Its name, or its key if there is no such thing."""
        found = self.things.get(iri)
        return found.name if found else key_of(iri)

    def role(self, said: str) -> Target | None:
        """The role with this key, prefixed name, IRI or name (in any case); None if there is none to map to."""
        said = " ".join(said.split())
        key = said.removeprefix(_ROLE).removeprefix("role:")
        found = self.things.get(_ROLE + key)
        if found is None:
            named = [one for one in self.roles() if one.name.casefold() == said.casefold()]
            found = named[0] if len(named) == 1 else None
        return found if found and not found.grouping else None

    def roles(self) -> list[Target]:
        """The roles that may be mapped to: no groupings, none deprecated; by key."""
        return [
            one
            for iri, one in sorted(self.things.items())
            if iri.startswith(_ROLE) and not one.grouping and not one.deprecated
        ]


def targets_of(quads: Iterable[Quad]) -> Targets:
    """The targets that some statements define: what of ours has a preferred label in English."""
    label, definition = PREFIXES["skos"] + "prefLabel", PREFIXES["skos"] + "definition"
    deprecated, replaced = PREFIXES["owl"] + "deprecated", PREFIXES["dcterms"] + "isReplacedBy"
    rdf_type, version_info = PREFIXES["rdf"] + "type", PREFIXES["owl"] + "versionInfo"
    wanted = {label, definition, deprecated, replaced, rdf_type, version_info}
    held: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in quads:
        said = quad.predicate.value
        if said not in wanted or not isinstance(quad.subject, NamedNode):
            continue
        if not quad.subject.value.startswith(BASE):
            continue
        value = quad.object
        if (isinstance(value, Literal) and value.language in (None, "en")) or isinstance(value, NamedNode):
            held[quad.subject.value][said].append(value.value)
    version = next(iter(held[CMH.rstrip("#")][version_info]), "")
    return Targets(
        version,
        {
            iri: Target(
                iri,
                min(facts[label]),
                min(facts[definition], default=""),
                "true" in facts[deprecated],
                tuple(sorted(facts[replaced])),
                CMH + "RoleGrouping" in facts[rdf_type],
            )
            for iri, facts in held.items()
            if facts[label]
        },
    )


def framework_targets(home: Path) -> Targets:
    """The targets of the framework below home. Raises SourceError if there is none."""
    from cmh_graph.sources import framework_files

    return targets_of(
        quad for file in framework_files(home) if file.path.suffix == ".ttl" for quad in file.quads()
    )
