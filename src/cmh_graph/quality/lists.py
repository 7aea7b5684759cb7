"""queries/quality/*.toml: the published lists, and what we accept."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cmh_graph.errors import SourceError
from cmh_graph.validate.rules import Check, read_check

FOLDER: Final = Path("queries", "quality")
ACCEPTED: Final = "accepted.toml"
#: The lists in the order of reports.
NAMES: Final = ("foops", "oops", "qskos")
#: Stands for every thing that a check finds.
ALL: Final = "*"


@dataclass(frozen=True, slots=True)
class Published:
    """One check as its list publishes it.

    kind: its importance (OOPS!), principle (FOOPS!) or kind (qSKOS). criterion: in our words. decided_by: "query",
    "metadata", "function:NAME" or "service:NAME"; "" if it is not decided here, and reason says why; could_fail if it
    may fail where it is decided. parts, optional:
    what the header must and may state -> properties as prefixed names, any of which will do."""

    id: str
    name: str
    kind: str
    criterion: str
    decided_by: str = ""
    reason: str = ""
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    optional: Mapping[str, Sequence[str]] = field(default_factory=dict)
    query: Check | None = None
    could_fail: bool = False


@dataclass(frozen=True, slots=True)
class CheckList:
    """A published list. key: its name in commands. source: where it is published."""

    key: str
    name: str
    about: str
    source: str
    checks: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Findings that follow from a decision of ours. entities: IRIs, or ALL. reason: a sentence for the report."""

    list: str
    id: str
    entities: frozenset[str]
    reason: str

    def covers(self, list_: str, id_: str, entity: str) -> bool:
        """Whether it is about a finding."""
        return (self.list, self.id) == (list_, id_) and (ALL in self.entities or entity in self.entities)


def read_lists(home: Path) -> tuple[CheckList, ...]:
    """The lists below a framework's folder, with their queries. Raises SourceError where one is not complete."""
    return tuple(_read_list(home / FOLDER, key) for key in NAMES)


def read_accepted(home: Path) -> tuple[Accepted, ...]:
    """What we accept, with reasons. Raises SourceError where a reason or an id is missing."""
    file = home / FOLDER / ACCEPTED
    found = []
    for row in _toml(file).get("accepted", []):
        if not all(row.get(name) for name in ("list", "id", "entities", "reason")):
            raise SourceError(
                "an acceptance lacks its list, id, entities or reason",
                where=str(file),
                mend="write all four; entities is a list of IRIs, or ['*']",
            )
        found.append(Accepted(row["list"], row["id"], frozenset(row["entities"]), row["reason"]))
    return tuple(found)


def _read_list(folder: Path, key: str) -> CheckList:
    file = folder / f"{key}.toml"
    data = _toml(file)
    try:
        checks = tuple(_published(folder / key, row) for row in data["check"])
        return CheckList(key, data["name"], data["about"], data["source"], checks)
    except (KeyError, TypeError) as error:
        raise SourceError(
            f"a list of checks is not complete: {error}",
            where=str(file),
            mend="give each check id, name, kind, criterion, and either decided_by or reason",
        ) from error


def _published(queries: Path, row: dict[str, Any]) -> Published:
    decided = row.get("decided_by", "")
    reason = "" if decided else row["reason"]
    query = read_check(queries / f"{row['id']}.rq") if decided == "query" else None
    return Published(
        row["id"], row["name"], row["kind"], row["criterion"], decided, reason,
        row.get("parts", {}), row.get("optional", {}), query, row.get("could_fail", False),
    )  # fmt: skip


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SourceError(
            f"a list of checks cannot be read: {error}",
            where=str(file),
            mend="correct the TOML, or install the framework again",
        ) from error
