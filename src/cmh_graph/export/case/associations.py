"""CFAssociations and their groupings: the tree, other links, and statements with a name of their own."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from cmh_graph.export.case.meaning import (
    LEVELS,
    PREDICATE,
    SKILL_LEVEL,
    Json,
    name_in,
    one_line,
    write_extension,
)
from cmh_graph.export.case.nodes import Nodes, document_link
from cmh_graph.export.case.plan import (
    ANY_OF,
    DEFAULT_PREDICATES,
    FRAMES,
    LINKS,
    PLANS,
    Frame,
    Plan,
    minted,
)
from cmh_graph.export.identifiers import uuid_of
from cmh_graph.namespaces import CMH, PREFIXES, compact, key_of
from cmh_graph.store import NamedNode

_SKOS: Final = PREFIXES["skos"]
_SSSOM: Final = PREFIXES["sssom"]
_NO_TERM: Final = _SSSOM + "NoTermFound"
_AT_LEVEL: Final = CMH + "atSkillLevel"


@dataclass
class Associations:
    """The associations and groupings of one document; groupings by their uri."""

    of: list[Json] = field(default_factory=list)
    groupings: dict[str, Json] = field(default_factory=dict)


class Linking:
    """Writes the associations of all documents, and notes in nodes.said what they say."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.made: dict[str, Associations] = {plan.name: Associations() for plan in PLANS}
        self._parents: dict[str, list[str]] = defaultdict(list)

    def write(self) -> dict[str, Associations]:
        """Document name -> its associations, sorted by their address."""
        for subject in self.nodes.items:
            for predicate in LINKS:
                for target in self.nodes.links(subject, predicate):
                    self._link(subject, predicate, target)
        for subject, kind in self.nodes.statements(FRAMES):
            if not self._is_group(subject):
                self._statement(subject, kind)
        for subject, (plan, _) in self.nodes.items.items():
            if subject not in self._parents:
                self._root(subject, plan)
        for made in self.made.values():
            self._number(made.of)
            made.of.sort(key=lambda one: str(one["uri"]))
        return self.made

    def _link(self, subject: str, predicate: str, target: str) -> None:
        link, items = LINKS[predicate], self.nodes.items
        origin, destination = (target, subject) if link.reversed else (subject, target)
        if origin not in items or (link.type == "isChildOf" and destination not in items):
            return
        plan = items[origin][0]
        if link.type == "isChildOf":
            if items[destination][0] is not plan:
                return
            self._parents[origin].append(destination)
        said = DEFAULT_PREDICATES.get(link.type) == predicate
        extension = {} if said else {compact(PREDICATE): [{"@id": predicate}]}
        association = self._association(
            *minted("CFAssociations", f"association/{subject} {predicate} {target}"),
            link.type,
            self._end(origin),
            self._end(destination),
            extension,
        )
        if link.group:
            self._group(plan, association, f"{plan.name} {link.group}", link.group)
        self.nodes.say(subject, predicate, NamedNode(target))
        self.made[plan.name].of.append(association)

    def _root(self, subject: str, plan: Plan) -> None:
        """Place an item directly below its document, by whichever property says that it belongs there."""
        document = document_link(plan)
        predicates = (_SKOS + "topConceptOf", _SKOS + "inScheme")
        stated = [one for one in predicates if document["uri"] in self.nodes.links(subject, one)]
        for predicate in stated[:1]:
            self.nodes.say(subject, predicate, NamedNode(document["uri"]))
        association = self._association(
            *minted("CFAssociations", f"association/{subject} root"),
            "isChildOf",
            self._end(subject),
            {**document, "targetType": "CASE"},
            {compact(PREDICATE): [{"@id": predicate} for predicate in stated[:1]]},
        )
        self.made[plan.name].of.append(association)

    def _statement(self, subject: str, kind: str) -> None:
        """Write a requirement, step or match; one that has no two ends is left out."""
        frame, nodes = FRAMES[kind], self.nodes
        owners = (
            nodes.pointing[frame.origin].get(subject, [])
            if frame.reversed
            else nodes.links(subject, frame.origin)
        )
        owners = [owner for owner in owners if owner in nodes.items]
        group = ""
        if not owners and frame.reversed:
            group = self._group_around(subject)
            owners = self._owners_of_group(group)
        target, predicate = self._target(subject, frame)
        if not owners or not target or target == _NO_TERM:
            return
        origin = owners[0]
        plan = nodes.items[origin][0]
        if group:
            nodes.say(group, CMH + "anyOf", NamedNode(subject))
        elif frame.reversed:
            nodes.say(origin, frame.origin, NamedNode(subject))
        else:
            nodes.say(subject, frame.origin, NamedNode(origin))
        nodes.say(subject, predicate, NamedNode(target))
        extension = {} if predicate == frame.destination else {compact(PREDICATE): [{"@id": predicate}]}
        extension |= name_in(write_extension({}, nodes.left(subject)), subject)
        nodes.say_rest(subject)
        association = self._association(
            uuid_of(subject), subject, self._type(subject, frame), self._end(origin), self._outside(subject, target),
            extension,
        )  # fmt: skip
        if notes := nodes.who_says(subject):
            association["notes"] = notes
        if group:
            self._any_of(plan, association, group, origin)
        else:
            self._group(plan, association, *self._grouping_of(subject, kind))
        self.made[plan.name].of.append(association)

    def _owners_of_group(self, group: str) -> list[str]:
        """The roles that ask for one of a group, which may stand in another group."""
        seen: set[str] = set()
        while group and group not in seen:
            seen.add(group)
            owners = self.nodes.pointing[CMH + "hasRequirement"].get(group, [])
            if any(owner in self.nodes.items for owner in owners):
                return [owner for owner in owners if owner in self.nodes.items]
            group = self._group_around(group)
        return []

    def _group_around(self, subject: str) -> str:
        """The group of alternatives that a requirement is a member of; "" if none."""
        groups = self.nodes.pointing[CMH + "anyOf"].get(subject, [])
        return next((one for one in groups if self._is_group(one)), "")

    def _is_group(self, subject: str) -> bool:
        return subject.startswith("http") and ANY_OF in self.nodes.edition.types(subject)

    def _target(self, subject: str, frame: Frame) -> tuple[str, str]:
        """What a statement leads to and by which property: for skills the level at which they are asked."""
        nodes = self.nodes
        levels = [
            one for one in nodes.links(subject, _AT_LEVEL) if nodes.items.get(one, ("", ""))[1] == SKILL_LEVEL
        ]
        if frame.destination == CMH + "asksFor" and levels:
            return levels[0], _AT_LEVEL
        return next(iter(nodes.links(subject, frame.destination)), ""), frame.destination

    def _type(self, subject: str, frame: Frame) -> str:
        exact = _SKOS + "exactMatch" in self.nodes.links(subject, PREFIXES["owl"] + "annotatedProperty")
        return "exactMatchOf" if exact else frame.type

    def _grouping_of(self, subject: str, kind: str) -> tuple[str, str]:
        """Name and title of the grouping of a statement: kind and necessity, kind of step, or scheme of the match."""
        by = (CMH + "necessity", CMH + "stepKind", _SSSOM + "object_source")
        found = [one for predicate in by for one in self.nodes.links(subject, predicate)][:1]
        title = ": ".join(self.nodes.label(one) for one in (kind, *found))
        return " ".join([key_of(kind), *found]), title[:1].upper() + title[1:]

    def _group(self, plan: Plan, association: Json, name: str, title: str) -> None:
        identifier, uri = minted("CFAssociationGroupings", f"grouping/{name}")
        self._add_grouping(plan, association, {"identifier": identifier, "uri": uri, "title": title})

    def _any_of(self, plan: Plan, association: Json, group: str, origin: str) -> None:
        """Put a member into the grouping that is the group itself, whose statements its extension holds."""
        title = f"Any one of these, for {self.nodes.label(origin)}"
        grouping: Json = {"identifier": uuid_of(group), "uri": group, "title": title}
        if notes := self.nodes.who_says(group):
            grouping["description"] = notes
        self._add_grouping(plan, association, grouping)

    def _add_grouping(self, plan: Plan, association: Json, grouping: Json) -> None:
        known = self.made[plan.name].groupings
        known.setdefault(grouping["uri"], {**grouping, "lastChangeDateTime": self.nodes.changed})
        association["CFAssociationGroupingURI"] = {
            key: grouping[key] for key in ("title", "identifier", "uri")
        }

    def close_groups(self) -> None:
        """Write into each group of alternatives what is stated about it, once all members are in."""
        for made in self.made.values():
            for uri, grouping in made.groupings.items():
                if self._is_group(uri):
                    grouping["extensions"] = name_in(write_extension({}, self.nodes.left(uri)), uri)
                    self.nodes.say_rest(uri)

    def _association(
        self, identifier: str, uri: str, kind: str, origin: Json, destination: Json, extension: Json
    ) -> Json:
        association: Json = {
            "identifier": identifier,
            "associationType": kind,
            "uri": uri,
            "originNodeURI": origin,
            "destinationNodeURI": destination,
            "lastChangeDateTime": self.nodes.changed,
        }
        if extension:
            association["extensions"] = extension
        return association

    def _end(self, iri: str) -> Json:
        inside = iri in self.nodes.items
        return {**self.nodes.link(iri), "targetType": "CASE" if inside else "ext:other"}

    def _outside(self, statement: str, target: str) -> Json:
        """The end of a statement: an item, or an entry of another scheme with the name that the match gives."""
        end = self._end(target)
        scheme = next(iter(self.nodes.links(statement, _SSSOM + "object_source")), "")
        if end["targetType"] != "CASE" and scheme:
            end["targetType"] = f"ext:{key_of(scheme)}"
            end["title"] = (
                one_line(self.nodes.edition.text(statement, _SSSOM + "object_label")) or end["title"]
            )
        return end

    def _number(self, associations: list[Json]) -> None:
        """Number the children of each parent in the order in which people read them."""
        children: dict[str, list[Json]] = defaultdict(list)
        for one in associations:
            if one["associationType"] == "isChildOf":
                children[one["destinationNodeURI"]["uri"]].append(one)
        for siblings in children.values():
            siblings.sort(key=lambda one: self._place(one["originNodeURI"]["uri"]))
            for number, one in enumerate(siblings, 1):
                one["sequenceNumber"] = number

    def _place(self, iri: str) -> tuple[float, str, str]:
        levels = self.nodes.links(iri, LEVELS[SKILL_LEVEL])
        order = self.nodes.edition.text(levels[0] if levels else iri, CMH + "order")
        return (float(order) if order.isdecimal() else 0.0, self.nodes.label(iri).casefold(), iri)
