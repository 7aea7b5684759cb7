"""Two versions -> the changes that lead from one to the other, each with its class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from typing import Final

from cmh_graph.namespaces import PREFIXES, compact
from cmh_graph.versions.change import Change, Event, sort_key
from cmh_graph.versions.classify import classify
from cmh_graph.versions.conditions import Case
from cmh_graph.versions.content import VersionContent
from cmh_graph.versions.facts import Facts, Statement
from cmh_graph.versions.names import Names, kind_of
from cmh_graph.versions.view import CHANGE_NOTE, DEPRECATED, REPLACED_BY, RETIRED_ON, View

_OWL: Final = PREFIXES["owl"]
_SOURCE, _PROPERTY, _TARGET = (_OWL + "annotated" + name for name in ("Source", "Property", "Target"))
_MODIFIER: Final = PREFIXES["sssom"] + "predicate_modifier"
_SCHEME: Final = PREFIXES["sssom"] + "object_source"
_NO_MATCH: Final = f"<{PREFIXES['sssom']}NoTermFound>"
#: What is stated when a thing is retired; one change, not four.
_SIGNPOST: Final = (DEPRECATED, REPLACED_BY, RETIRED_ON, CHANGE_NOTE)


def diff(before: VersionContent, after: VersionContent) -> list[Change]:
    """The changes from one version to another, gravest first; empty if they offer the same.

    Only parts that both hold are compared. Each statement that came or went is in exactly one change, so that
    apply(changes, before) gives the statements of after. Statements of the derived graph are no part of a version."""
    graphs = (View(before.graph), View(after.graph))
    changes: list[Change] = []
    for part, facts in before.parts.items():
        if part in after.parts:
            views = graphs if part == "graph" else (View(facts), View(after.parts[part]))
            changes += _Comparison(part, views, graphs).changes()
    return sorted(changes, key=sort_key)


def apply(changes: Iterable[Change], statements: Set[Statement]) -> frozenset[Statement]:
    """The statements after some changes of one part: what they removed taken out, what they added put in."""
    held = list(changes)
    gone = {one for change in held for one in change.removed}
    return frozenset((statements - gone) | {one for change in held for one in change.added})


class _Comparison:
    """One part of two versions."""

    def __init__(self, part: str, views: tuple[View, View], graphs: tuple[View, View]) -> None:
        self.part = part
        self.before, self.after = views
        self.graphs = graphs
        facts = [self.after.facts, self.before.facts]
        #: Things are called as in the graph, also in shapes.
        self.facts = facts if part == "graph" else [*facts, graphs[1].facts, graphs[0].facts]
        self.names = Names(self.facts)

    def changes(self) -> Iterator[Change]:
        old, new = self.before.facts, self.after.facts
        things = {one.subject for one in old.statements ^ new.statements}
        removed = {thing for thing in things if thing not in new.about}
        added = {thing for thing in things if thing not in old.about}
        for gone, come in self._remapped(removed, added):
            removed.discard(gone)
            added.discard(come)
            yield self._mapped_otherwise(gone, come)
        for thing in removed:
            yield self._change(thing, "removed", "", _all(old, thing), ())
        for thing in added:
            yield self._change(thing, "added", "", (), _all(new, thing))
        for thing in things:
            if thing in old.about and thing in new.about:
                yield from self._properties(thing)

    def _properties(self, thing: str) -> Iterator[Change]:
        old, new = self.before.facts.about[thing], self.after.facts.about[thing]
        differing = [p for p in sorted({*old, *new}) if old.get(p) != new.get(p)]
        was, is_now = self.before.is_retired(thing), self.after.is_retired(thing)
        if was != is_now:
            signposts = [p for p in differing if p in _SIGNPOST]
            yield self._change(
                thing,
                "retired" if is_now else "reinstated",
                "",
                [one for p in signposts for one in self._gone(thing, p)],
                [one for p in signposts for one in self._come(thing, p)],
            )
            differing = [p for p in differing if p not in _SIGNPOST]
        for p in differing:
            yield self._change(thing, "changed", p, self._gone(thing, p), self._come(thing, p))

    def _gone(self, thing: str, p: str) -> list[Statement]:
        left = self.before.facts.values(thing, p) - self.after.facts.values(thing, p)
        return [Statement(thing, p, one) for one in left]

    def _come(self, thing: str, p: str) -> list[Statement]:
        right = self.after.facts.values(thing, p) - self.before.facts.values(thing, p)
        return [Statement(thing, p, one) for one in right]

    def _change(
        self, thing: str, event: Event, p: str, removed: Iterable[Statement], added: Iterable[Statement]
    ) -> Change:
        gone, come = tuple(sorted(removed)), tuple(sorted(added))
        kind = kind_of(thing, self.facts)
        case = Case(
            before=self.before, after=self.after, thing=thing, kind=kind, event=event, property=p,
            gone=frozenset(one.object for one in gone), come=frozenset(one.object for one in come),
            graph_before=self.graphs[0], graph_after=self.graphs[1],
        )  # fmt: skip
        rule = classify(case)
        shown = event == "changed"
        return Change(
            class_=rule.class_, part=self.part, event=event, thing=thing, kind=kind, name=self.names.of(thing),
            property=compact(p) if p else "",
            before=self._values(one.object for one in gone) if shown else (),
            after=self._values(one.object for one in come)
            if shown
            else self._values(one.object for one in come if one.predicate == REPLACED_BY),
            rule=rule.name, why=rule.why, removed=gone, added=come,
        )  # fmt: skip

    def _values(self, texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(self.names.value(text) for text in texts))

    def _remapped(self, removed: Set[str], added: Set[str]) -> list[tuple[str, str]]:
        """Mappings that went and came between the same two, or from the same one where there was no match before.

        The IRI of a mapping is made of its row, so a changed row is another thing."""
        pairs: list[tuple[str, str]] = []
        left, right = sorted(self._mappings(self.before, removed)), sorted(self._mappings(self.after, added))
        for properties in ((_SOURCE, _TARGET), (_SOURCE, _SCHEME)):
            waiting: dict[tuple[frozenset[str], ...], list[str]] = defaultdict(list)
            for one in right:
                waiting[tuple(self.after.facts.values(one, p) for p in properties)].append(one)
            for one in list(left):
                if properties[1] == _SCHEME and _NO_MATCH not in self.before.facts.values(one, _TARGET):
                    continue
                found = waiting[tuple(self.before.facts.values(one, p) for p in properties)]
                if found:
                    pairs.append((one, found.pop(0)))
                    left.remove(one)
                    right.remove(pairs[-1][1])
        return pairs

    def _mappings(self, view: View, things: Set[str]) -> list[str]:
        return [one for one in things if view.facts.values(one, _SOURCE) and view.facts.values(one, _TARGET)]

    def _mapped_otherwise(self, gone: str, come: str) -> Change:
        old, new = self.before.facts, self.after.facts
        differing = [p for p in (_TARGET, _MODIFIER, _PROPERTY) if old.values(gone, p) != new.values(come, p)]
        p = differing[0] if differing else _PROPERTY
        left, right = old.values(gone, p) - new.values(come, p), new.values(come, p) - old.values(gone, p)
        case = Case(
            before=self.before, after=self.after, thing=come, kind="mapping", event="mapped otherwise", property=p,
            gone=left, come=right, graph_before=self.graphs[0], graph_after=self.graphs[1],
        )  # fmt: skip
        rule = classify(case)
        return Change(
            class_=rule.class_, part=self.part, event="mapped otherwise", thing=come, kind="mapping",
            name=self.names.of(come), property=compact(p), before=self._values(left), after=self._values(right),
            rule=rule.name, why=rule.why, removed=tuple(sorted(_all(old, gone))), added=tuple(sorted(_all(new, come))),
        )  # fmt: skip


def _all(facts: Facts, thing: str) -> list[Statement]:
    return [Statement(thing, p, o) for p, objects in facts.about[thing].items() for o in objects]
