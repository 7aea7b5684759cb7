"""An occupation of another classification -> what may be counted as held, through the matches of our roles.

Rules: docs/decisions/0014-gaps-and-progressions.md."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from cmh_graph.errors import BadParameter, UnknownThing
from cmh_graph.model import Key, Match, Role
from cmh_graph.pathways.holding import Held, Holding, holding_of_role
from cmh_graph.reading import Catalogue
from cmh_graph.search import near_misses

#: Relations of a role to an occupation by which whoever works in the occupation does the role's work, and their words.
SAME_WORK: Final = MappingProxyType(
    {"exactMatch": "an exact match", "closeMatch": "a close match", "narrowMatch": "a special case"}
)
_OTHERS: Final = MappingProxyType({"broadMatch": "wider than", "relatedMatch": "related to"})
#: Kinds of thing that a title of another classification may carry: nobody is registered or qualified here by it.
_CARRIED: Final = frozenset({"skill", "experience"})


def names_occupation(text: str) -> bool:
    """Whether a text has the form of a code (scheme:code, or an IRI), not of a key of ours."""
    return ":" in text


def matches_of(catalogue: Catalogue, code: str) -> tuple[Match, ...]:
    """The matches of job roles with an occupation, those that mean the same work first.

    code: a scheme and its code, such as onet:31-1131.00 or isco:5321, or the occupation's IRI. Raises UnknownThing."""
    wanted = code.casefold()
    scheme, _, local = wanted.partition(":")
    schemes = set()
    found = []
    for role in catalogue.roles.values():
        for match in role.matches if role.form != "grouping" else ():
            if match.target is None:
                continue
            schemes.add(str(match.scheme))
            target = match.target.casefold()
            # ESCO writes the groups of ISCO with a C before the number.
            ends = target.rsplit("/", 1)[-1]
            if target == wanted or (scheme == match.scheme and local in (ends, ends.removeprefix("c"))):
                found.append(match)
    if not found:
        near = near_misses(scheme, sorted(schemes)) if scheme not in schemes | {"http", "https"} else []
        hint = f"did you mean {near[0]}:{local}? " if near else ""
        backgrounds = ", ".join(sorted(catalogue.backgrounds))
        raise UnknownThing(
            f"no role is matched with {code}",
            where=code,
            mend=f"{hint}schemes are {', '.join(sorted(schemes))}; or name a background: {backgrounds}",
        )
    return tuple(sorted(found, key=lambda one: (one.relation not in SAME_WORK, one.role.key, one.key)))


def in_words(match: Match) -> str:
    """A match as people read it, with who says so."""
    label = f"'{match.target_label}' ({match.scheme})"
    said = SAME_WORK.get(match.relation)
    if said:
        return f"{label} is {said} of {match.role.label}; {match.says.status}"
    return f"{label} is {_OTHERS.get(match.relation, match.relation)} {match.role.label}; {match.says.status}"


def holding_of_occupation(catalogue: Catalogue, matches: Sequence[Match]) -> Holding:
    """What people in an occupation may count: the skills and experience of every role that means the same work; perhaps
    what only some of them ask for, what roles ask for that are matched less closely, and qualifications."""
    sure = [one for one in matches if one.relation in SAME_WORK]
    holdings = {one.role.key: holding_of_role(catalogue, catalogue.roles[one.role.key]) for one in matches}
    things: dict[tuple[str, Key], Held] = {}
    for match in matches:
        for place, held in holdings[match.role.key].things.items():
            others = [holdings[one.role.key].get(*place) for one in sure]
            everywhere = bool(sure) and all(one is not None and one.firmness == "held" for one in others)
            firm = match in sure and everywhere and place[0] in _CARRIED
            levels = [one.level for one in others if one is not None and one.level is not None]
            level = min(levels) if firm and levels else held.level
            # The first match that says something of a thing is the closest.
            things.setdefault(
                place, Held("held" if firm else "perhaps", level, f"{held.basis}, and {in_words(match)}")
            )
    name = f"{matches[0].target_label} ({matches[0].scheme})"
    return Holding(name, MappingProxyType(things), absence=f"no role matched with {name} asks for it")


def role_of_occupation(catalogue: Catalogue, matches: Sequence[Match]) -> Role:
    """The one role that means the same work. Raises BadParameter where there is none, or several to choose from."""
    exact = [one.role.key for one in matches if one.relation == "exactMatch"]
    same = [one.role.key for one in matches if one.relation in SAME_WORK]
    keys = sorted(set(exact or same))
    if len(keys) == 1:
        return catalogue.roles[keys[0]]
    known = ", ".join(keys or sorted({one.role.key for one in matches}))
    what = "several roles" if keys else "no role as the same work"
    raise BadParameter(
        f"{matches[0].target_label} ({matches[0].scheme}) is matched with {what}",
        where="from",
        mend=f"choose where you are: {known}",
    )
