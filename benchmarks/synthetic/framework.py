"""The framework many times over, as N-Quads: the framework itself and copies of its things under new keys and names.

What N times means. Of every kind in COPIED there are N times as many things: roles with their requirements, placements,
legal positions and bands; skills with levels and "I" statements; titles with their meanings; positions, steps, pathways
and their stages; remarks about one of these; mappings; and what was derived of all these. The rest is there once, and
copies point to it: vocabularies, sources, organisations, qualifications, experience, values, routes. What one of these
says of a role (an experience is gained in it, a resource serves it) it says of each copy too.

- Every named graph grows but the ontology's. A copy has about half as many statements as the framework, because
  comparisons are of pairs of roles and a copy keeps only those with the NEAREST roles: all else grows linearly.
- Roles are compared within their own copy only.
- BRIDGES steps lead from a copy to the next, never back, chosen by the seed. So ways run through all the copies, and
  what was derived of a copy by itself (figures of comparisons) is still what the rules would derive of the whole.
- No two graphs share a statement, no blank node is copied, and the same seed gives the same bytes.

A copy is one text with a number in it, so any size is made in the memory of one copy.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cmh_graph.namespaces import BASE, CMH, GRAPH_DERIVED, PREFIXES
from cmh_graph.store import NamedNode, Quad, iter_nquads

SEED = 7
#: Comparisons that a copied role keeps, nearest first.
NEAREST = 8
#: Steps from each copy to the next.
BRIDGES = 6
#: What is copied: things of these kinds.
COPIED = (
    "role", "requirement", "placement", "regulation", "band-assignment", "title", "title-meaning", "position", "step",
    "pathway", "pathway-stage", "skill", "skill-level", "i-statement", "remark", "mapping", "comparison",
)  # fmt: skip

_STARTS = tuple(f"<{BASE}{kind}/" for kind in COPIED)
_COMPARISON = f"<{BASE}comparison/"
_NAMES = frozenset(
    {f"<{PREFIXES['skos']}prefLabel>", f"<{PREFIXES['skos']}altLabel>", f"<{PREFIXES['sssom']}subject_label>"}
)
_TARGET = f"<{PREFIXES['owl']}annotatedTarget>"
_NOTHING = f"<{PREFIXES['sssom']}NoTermFound>"
_FROM, _TO = f"<{CMH}fromPosition>", f"<{CMH}toPosition>"
_LEADS = f"<{CMH}leadsTo>"
_ABOUT = f"<{CMH}about>"
#: Where the number of a copy and the ending of the copy before it come in a text.
_HERE, _BEFORE = "\0", "\1"

Line = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Parts:
    """What any number of copies is made of.

    once: the framework itself. copy: one copy, in which the number is still to be put in. bridges: the same, one for
    each step that may lead from the copy before."""

    once: str
    copy: str
    bridges: tuple[str, ...]

    def statements(self, times: int, seed: int = SEED) -> Iterator[str]:
        """The statements of so many times the framework: a text of many lines for each copy."""
        yield self.once
        randomly = random.Random(seed)
        for number in range(1, times):
            before = f"--copy-{number - 1}" if number > 1 else ""
            chosen = sorted(randomly.sample(range(len(self.bridges)), min(BRIDGES, len(self.bridges))))
            # Two steps between the same two roles lead there once.
            bridges = dict.fromkeys(
                line for one in chosen for line in self.bridges[one].splitlines(keepends=True)
            )
            text = self.copy + "".join(bridges)
            yield text.replace(_HERE, str(number)).replace(_BEFORE, before)


def framework(nquads: bytes, times: int, *, seed: int = SEED, derived: bool = False) -> Iterator[str]:
    """The statements of a built graph so many times over, in texts of many lines; the derived graph too if wanted."""
    return parts_of(nquads, derived=derived).statements(times, seed)


def parts_of(nquads: bytes, *, derived: bool, graphs: Iterable[str] = ()) -> Parts:
    """What copies of a built graph are made of; of some named graphs only, if any are given."""
    wanted = frozenset(f"<{one}>" for one in graphs)
    every = [_line(quad) for quad in iter_nquads(nquads)]
    lines = [
        line
        for line in every
        if line[3] != "DEFAULT"
        and (derived or line[3] != f"<{GRAPH_DERIVED}>")
        and (not wanted or line[3] in wanted)
    ]
    things = {line[0] for line in every if line[0].startswith(_STARTS)}
    # A remark about a class or a scheme is shown with each of its things: there is one of it at any size.
    things -= {line[0] for line in every if line[1] == _ABOUT and line[2] not in things}
    # What a mapping points to elsewhere is renamed with it: two roles do not match one thing exactly.
    things |= {line[2] for line in every if line[1] == _TARGET and line[0] in things and line[2] != _NOTHING}
    far = _far_comparisons(every)
    own = [
        line
        for line in lines
        if line[0] not in far and (line[0] in things or (line[1] != _ABOUT and _is_ours(line[2], things)))
    ]
    return Parts(
        once="".join(_text(*line) for line in lines),
        copy="".join(_copied(line, things) for line in own),
        bridges=tuple(_bridges(every, lines, things)),
    )


def _line(quad: Quad) -> Line:
    graph = str(quad.graph_name) if isinstance(quad.graph_name, NamedNode) else "DEFAULT"
    return str(quad.subject), str(quad.predicate), str(quad.object), graph


def _is_ours(value: str, things: set[str]) -> bool:
    return value in things and value.startswith(_STARTS)


def _text(subject: str, predicate: str, value: str, graph: str) -> str:
    return f"{subject} {predicate} {value} {graph} .\n"


def _renamed(term: str, things: set[str], ending: str = f"--copy-{_HERE}") -> str:
    if term not in things:
        return term
    if term.startswith(_COMPARISON):
        start, end = term[len(_COMPARISON) : -1].split("--")
        return f"{_COMPARISON}{start}{ending}--{end}{ending}>"
    # Codes carry what follows a "#" or "?" in themselves, so the ending is the end of any IRI.
    return f"{term[:-1]}{ending}>"


def _copied(line: Line, things: set[str]) -> str:
    subject, predicate, value, graph = line
    if predicate in _NAMES and subject in things:
        value = _named(value, f", copy {_HERE}")
    return _text(_renamed(subject, things), predicate, _renamed(value, things), graph)


def _named(value: str, more: str) -> str:
    """A literal with more at the end of its text."""
    end = value.rindex('"')
    return f"{value[:end]}{more}{value[end:]}"


def _far_comparisons(lines: list[Line]) -> set[str]:
    """The comparisons of each role but those with its nearest roles: most alike first, then by key."""
    start: dict[str, str] = {}
    alike: dict[str, float] = {}
    for subject, predicate, value, _ in lines:
        if subject.startswith(_COMPARISON):
            if predicate == f"<{CMH}comparesFrom>":
                start[subject] = value
            elif predicate == f"<{CMH}similarity>":
                alike[subject] = float(value.split('"')[1])
    by_role: dict[str, list[str]] = defaultdict(list)
    for one in sorted(start, key=lambda one: (-alike[one], one)):
        by_role[start[one]].append(one)
    return {one for ones in by_role.values() for one in ones[NEAREST:]}


def _bridges(every: list[Line], lines: list[Line], things: set[str]) -> Iterator[str]:
    """For each step between two roles, the text of one that starts in the copy before, with what is derived of it."""
    of: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        of[line[0]].append(line)
    ends: dict[str, dict[str, str]] = defaultdict(dict)
    for subject, predicate, value, _ in every:
        if predicate in (_FROM, _TO) and value.startswith(f"<{BASE}role/"):
            ends[subject][predicate] = value
    derived = any(line[3] == f"<{GRAPH_DERIVED}>" for line in lines)
    for step, roles in sorted(ends.items()):
        if len(roles) < 2 or not of[step]:
            continue
        text = []
        for _, predicate, value, graph in of[step]:
            if predicate in _NAMES:
                value = _named(value, f", bridge {_HERE}")
            value = _renamed(value, things, _BEFORE) if predicate == _FROM else _renamed(value, things)
            text.append(_text(f"{step[:-1]}--bridge-{_HERE}>", predicate, value, graph))
        if derived:
            start, end = _renamed(roles[_FROM], things, _BEFORE), _renamed(roles[_TO], things)
            text.append(_text(start, _LEADS, end, f"<{GRAPH_DERIVED}>"))
        yield "".join(text)
