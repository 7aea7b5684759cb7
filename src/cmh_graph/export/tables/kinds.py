"""The kinds of things that get a table, and names that are free."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.namespaces import BASE, key_of

THING: Final = "thing"
STATEMENT: Final = "statement"
TERMS: Final = BASE + "ns#"
#: Keys and kinds that stand in an IRI, a URI template and a file name as they are, and start no formula.
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
_KIND: Final = re.compile(r"[a-z][a-z0-9-]*(/[a-z0-9-]+)*")


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of thing: its table's name, what stands before its keys, and its subjects."""

    table: str
    base: str
    subjects: Sequence[str]


def kinds_of(edition: Edition) -> list[Kind]:
    """The kinds of things that have a key, by table name; subjects by key."""
    subjects: dict[str, list[str]] = defaultdict(list)
    for subject in edition.about:
        if not subject.startswith(BASE):
            continue
        base, key = subject[: -len(key_of(subject))], key_of(subject)
        kind = "ns" if base == TERMS else base.removeprefix(BASE).removesuffix("/")
        if _KEY.fullmatch(key) and _KIND.fullmatch(kind) and (base == TERMS or base == f"{BASE}{kind}/"):
            subjects[base].append(subject)
    names: set[str] = {THING, STATEMENT}
    kinds = []
    for base, found in sorted(subjects.items()):
        name = "term" if base == TERMS else re.sub(r"[-/]", "_", base.removeprefix(BASE).rstrip("/"))
        kinds.append(Kind(free_name(names, name, f"{name}_things"), base, sorted(found)))
    return kinds


def free_name(taken: set[str], *wanted: str) -> str:
    """The first wanted name that is not taken, whatever its case; it then is."""
    names = [*wanted, *(f"{wanted[-1]}_{number}" for number in range(2, 1000))]
    lower = {name.lower() for name in taken}
    name = next(name for name in names if name.lower() not in lower)
    taken.add(name)
    return name
