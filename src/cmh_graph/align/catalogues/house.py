"""A group -> the title we propose for it, and why: the framework's name, or the form that is used most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cmh_graph.align.catalogues.groups import Group, Member
from cmh_graph.align.catalogues.kinds import said_in
from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.wording import words

#: Grades that stand before a role's name as they are.
_BEFORE: Final = frozenset(
    {"senior", "advanced", "principal", "specialist", "highly specialist", "consultant", "lead", "deputy"}
)
#: How many other forms are shown beside the proposal.
MOST_CONSIDERED: Final = 8


@dataclass(frozen=True, slots=True)
class Considered:
    """A form of the title that the list uses, and by how many rows."""

    title: str
    rows: int


@dataclass(frozen=True, slots=True)
class HouseTitle:
    """The title proposed for a group: why, and the forms in use, most rows first."""

    title: str
    reason: str
    considered: tuple[Considered, ...]


def house_title(group: Group, labels: RoleLabels) -> HouseTitle:
    """The framework's preferred label if its level and profession are the group's, else the form used most."""
    used = forms_in_use(group.members)
    if group.role:
        label = labels.name(group.role)
        named = _named(group, label, labels)
        if named is not None:
            same = sum(one.rows for one in used if one.title.casefold() == named.casefold())
            says = "the framework's name for this role" + (
                "" if named == label else ", with the grade before it"
            )
            use = f"{same} of {group.rows} rows use it already" if same else "no row uses it yet"
            return HouseTitle(named, f"{says}; {use}", used)
    return most_used(group)


def most_used(group: Group) -> HouseTitle:
    """The form that most rows use; of equals the plainest, well spelt and with the fewest words and short forms."""
    used = forms_in_use(group.members)
    first = used[0]
    equals = sum(1 for one in used if one.rows == first.rows)
    if len(used) == 1:
        reason = "the only form in use, without noise and short forms"
    elif equals > 1:
        reason = f"the plainest of {equals} forms that are used equally"
    else:
        reason = f"used by most: {first.rows} of {group.rows} rows"
    return HouseTitle(first.title, reason, used)


def forms_in_use(members: Iterable[Member]) -> tuple[Considered, ...]:
    """The written-out forms of the titles, most rows first, then the plainest."""
    rows: Counter[str] = Counter()
    spelt: dict[str, Counter[str]] = {}
    short: dict[str, int] = {}
    slips: dict[str, int] = {}
    for one in members:
        key = one.title.shown.casefold()
        rows[key] += 1
        spelt.setdefault(key, Counter())[one.title.shown] += 1
        short[key] = sum(word.isupper() for word in one.title.shown.split())
        slips[key] = one.title.slips
    order = sorted(
        rows,
        key=lambda key: (-rows[key], slips[key], "(" in key, short[key], len(key.split()), len(key), key),
    )
    return tuple(
        Considered(min(spelt[key], key=lambda text: (-spelt[key][text], text)), rows[key])
        for key in order[:MOST_CONSIDERED]
    )


def _named(group: Group, label: str, labels: RoleLabels) -> str | None:
    """The role's label made to say the group's grade; None if it would say too much or too little."""
    kind = group.members[0].title.kind
    said = said_in(words(label))
    label_levels = {one.value for one in said if one.kind == "level"}
    label_professions = {one.value for one in said if one.kind == "profession"}
    facts = labels.facts[group.role]
    professions = kind.professions - ({"nursing"} if facts.family == "support-workforce" else set())
    if any(kind.served) or (professions and not professions <= label_professions):
        return None
    levels = kind.levels - {"assistant"} - label_levels
    missing = label_levels - kind.levels - {"assistant", "specialist", "volunteer", "learner"}
    if missing and kind.levels - {"assistant"}:
        return None
    if not levels:
        return label
    if len(levels) == 1 and levels <= _BEFORE:
        grade = next(iter(levels))
        return f"{grade.capitalize()} {_inside(label)}"
    return None


def _inside(label: str) -> str:
    """A label as it stands inside a sentence: 'Peer support worker' -> 'peer support worker', 'CBT ...' as it is."""
    first = label.split()[0]
    return label if first.isupper() and len(first) > 1 else label[:1].lower() + label[1:]
