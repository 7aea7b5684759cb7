"""Posts -> groups of titles that are one role in disguise; every post is in exactly one.

Two titles share a group only if nothing sets them apart (level, registration, age group, field, therapy, and among
registered posts the profession), and then by framework role, by wording, or by meaning, in this order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from cmh_graph.align.catalogues.forms import TitleForm, misspelt, site_names, title_form
from cmh_graph.align.catalogues.kinds import said_in
from cmh_graph.align.catalogues.likeness import alike_in_meaning
from cmh_graph.align.catalogues.posts import Post
from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.titles.vectors import title_vectors
from cmh_graph.align.wording import plain, rows_of, words

Basis = Literal["framework", "wording", "meaning", "alone"]
_Key = tuple[object, ...]
#: Most unknown words of a list that are looked at as slips of spelling, the most frequent first.
MOST_STRANGE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Member:
    """A post with its title made ready to compare."""

    post: Post
    title: TitleForm


@dataclass(slots=True)
class Group:
    """Posts that are one role by what we can see. role: of the framework, "" for a group outside it.

    basis: what joined its members; `alone` if there is one spelling only. Members are in the order of the list."""

    members: list[Member] = field(default_factory=list)
    role: str = ""
    basis: Basis = "alone"

    @property
    def rows(self) -> int:
        return len(self.members)

    @property
    def levels(self) -> frozenset[str]:
        return self.members[0].title.kind.levels

    @property
    def first_row(self) -> int:
        return self.members[0].post.row


def members_of(posts: Sequence[Post], labels: RoleLabels) -> list[Member]:
    """Each post with its title's form. Slips of spelling and names of sites are read from the list as a whole."""
    field_words, vectors = _field_words(labels), title_vectors()
    names = site_names((post.title for post in posts), field_words.__contains__)
    vocabulary = Counter(word for post in posts for word in set(words(post.title)))
    # A word that the makers of the vectors' word list met as a whole is no slip, whatever it is near to.
    strange = [word for word in vocabulary if word not in field_words and len(vectors.pieces(word)) != 1]
    strangers = set(strange)
    strange = sorted(strange, key=lambda word: (-vocabulary[word], word))[:MOST_STRANGE]
    right = {word: vocabulary[word] for word in (field_words | vocabulary.keys()) - strangers}
    slips = misspelt(strange, right)

    def spell(word: str) -> str:
        return slips.get(word, word)

    held: dict[tuple[str, frozenset[str], str], TitleForm] = {}
    out = []
    for post in posts:
        key = (post.title, post.bands, post.employer_type)
        if key not in held:
            held[key] = title_form(
                post.title, spell, bands=post.bands, employer=post.employer_type, sites=names
            )
        out.append(Member(post, held[key]))
    return out


def _field_words(labels: RoleLabels) -> frozenset[str]:
    """Words of the field: those of our lists and of the roles' names."""
    lists = (
        ("head_words.csv", "word"), ("outside.csv", "words"), ("setting_words.csv", "word"),
        ("abbreviations.csv", "expansion"), ("post_words.csv", "words"), ("field_words.csv", "word"),
    )  # fmt: skip
    cells = [row[column] for name, column in lists for row in rows_of(name)]
    cells += [label.text for label in labels.labels]
    return frozenset(word for cell in cells for word in (*words(cell), *plain(cell).split()))


def group_posts(posts: Sequence[Post], labels: RoleLabels) -> list[Group]:
    """The groups, largest first, then by first row. Same list, same groups."""
    members = members_of(posts, labels)
    parts = _by_framework(members, labels)
    groups = _join_by_wording(members, parts)
    inside = [group for group in groups if group.role]
    outside = [group for group in groups if not group.role]
    for cluster in alike_in_meaning([group.members[0].title for group in outside]):
        first = outside[cluster[0]]
        if len(cluster) > 1:
            every = [member for place in cluster for member in outside[place].members]
            first = Group(sorted(every, key=lambda one: one.post.row), "", "meaning")
        inside.append(first)
    for group in inside:
        if len({one.post.title for one in group.members}) == 1 and group.basis != "framework":
            group.basis = "alone"
    return sorted(inside, key=lambda one: (-one.rows, one.first_row))


def _by_framework(members: Sequence[Member], labels: RoleLabels) -> dict[_Key, Group]:
    """Groups of titles that were accepted for one role and that nothing sets apart."""
    preferred = {key: _levels_named(labels.name(key)) for key in labels.facts}
    found: dict[_Key, Group] = defaultdict(Group)
    for one in members:
        role = one.post.accepted
        if role:
            facts, kind = labels.facts[role], one.title.kind
            registered = facts.registered if kind.registered is None else kind.registered
            # In an unregistered role 'assistant' is the noun of the work; 'specialist' may be part of its name.
            told = kind.levels - ({"assistant"} if not facts.registered else set())
            told -= {"specialist"} & preferred[role]
            # A title that names two posts is settled by a person before it is put with others.
            own = one.title.form if one.title.posts > 1 else None
            # Nursing assistants are healthcare assistants; elsewhere a profession is another post.
            apart = kind.professions - ({"nursing"} if facts.family == "support-workforce" else set())
            group = found[("role", role, frozenset(told), registered, frozenset(apart), kind.served, own)]
            group.role, group.basis = role, "framework"
            group.members.append(one)
    return dict(found)


def _levels_named(label: str) -> frozenset[str]:
    return frozenset(one.value for one in said_in(words(label)) if one.kind == "level")


def _wording(one: Member) -> _Key:
    """What two titles of the same words share."""
    kind = one.title.kind
    if not one.title.named:
        return ("nothing", " ".join(one.post.title.casefold().split()))
    return (one.title.form, kind.levels, kind.registered, kind.served)


def _join_by_wording(members: Sequence[Member], parts: Mapping[_Key, Group]) -> list[Group]:
    """Every other title joins the framework group that has its words, or those that share them.

    Words that stand in several framework groups decide nothing, so they join none."""
    group_of: dict[_Key, set[int]] = defaultdict(set)
    inside = list(parts.values())
    for place, group in enumerate(inside):
        for one in group.members:
            group_of[_wording(one)].add(place)
    outside: dict[_Key, Group] = {}
    for one in members:
        if one.post.accepted:
            continue
        words_of = _wording(one)
        places = group_of.get(words_of, set())
        if len(places) == 1:
            inside[next(iter(places))].members.append(one)
        else:
            outside.setdefault(words_of, Group(basis="wording")).members.append(one)
    for group in inside:
        group.members.sort(key=lambda one: one.post.row)
    return [*inside, *outside.values()]
