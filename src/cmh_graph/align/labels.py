"""What titles are matched to: the labels of roles, and the facts that decide between them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

from cmh_graph.errors import SourceError

#: `reviewed`: a title that an employer's reviewers accepted for the role; it holds for that employer only.
LabelKind = Literal["preferred", "alternative", "title", "reviewed"]

#: Pay bands in order of pay; the place in this tuple measures how far two bands are apart.
BANDS = ("1", "2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "8d", "9")


@dataclass(frozen=True, slots=True)
class RoleLabel:
    """One name of a role. kind `title` is a title some employer uses for it."""

    role: str
    text: str
    kind: LabelKind = "preferred"
    source: str = ""


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """What the framework says of a role.

    rolls_up_to: the target role that titles count towards: its own key for a target role, None for a role
    that has no target and so is only ever sent to review. offered: False for groupings, which are no job."""

    key: str
    rolls_up_to: str | None
    bands: frozenset[str] = frozenset()
    registered: bool = False
    family: str = ""
    offered: bool = True

    @property
    def target(self) -> str:
        """The key that two roles share when a title may mean either: the target, else the role itself."""
        return self.rolls_up_to or self.key


class RoleLabels:
    """Labels with the facts of their roles. Labels of groupings are left out.

    Raises SourceError if a label names a role without facts, or if there is no label at all."""

    def __init__(self, labels: Iterable[RoleLabel], facts: Iterable[RoleFacts]) -> None:
        self.facts: Mapping[str, RoleFacts] = MappingProxyType({fact.key: fact for fact in facts})
        every = tuple(labels)
        unknown = sorted({label.role for label in every} - self.facts.keys())
        if unknown:
            raise SourceError(
                f"labels name roles that have no facts: {', '.join(unknown[:5])}",
                mend="give RoleFacts for each role that has a label",
            )
        self.labels: tuple[RoleLabel, ...] = tuple(
            label for label in every if self.facts[label.role].offered and label.text.strip()
        )
        if not self.labels:
            raise SourceError("there is no role label to match to", mend="build the graph, then align")
        preferred = {label.role: label.text for label in reversed(self.labels)}
        preferred |= {label.role: label.text for label in reversed(self.labels) if label.kind == "preferred"}
        self._names = preferred

    def name(self, role: str) -> str:
        """The preferred label of a role."""
        return self._names.get(role, role)


def packed(labels: RoleLabels) -> bytes:
    """Labels as they are sent to other processes: the same labels give the same bytes."""
    facts = [{**asdict(one), "bands": sorted(one.bands)} for one in labels.facts.values()]
    return json.dumps({"labels": [asdict(one) for one in labels.labels], "facts": facts}).encode()


def unpacked(sent: bytes) -> RoleLabels:
    """The labels that were packed."""
    told = json.loads(sent)
    facts = [RoleFacts(**{**one, "bands": frozenset(one["bands"])}) for one in told["facts"]]
    return RoleLabels([RoleLabel(**one) for one in told["labels"]], facts)


def read_labels(path: Path) -> RoleLabels:
    """Labels from a CSV with the columns role, rolls_up_to, label, kind, bands, registered, family, offered.

    `bands` are parted by spaces; `rolls_up_to` is empty for a role that is only sent to review."""
    labels: list[RoleLabel] = []
    facts: dict[str, RoleFacts] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for line, row in enumerate(csv.DictReader(lines), start=2):
            if row["kind"] not in get_args(LabelKind):
                raise SourceError(
                    f"label kind '{row['kind']}' is unknown",
                    where=f"{path}, line {line}, column kind",
                    mend=f"use one of {', '.join(get_args(LabelKind))}",
                )
            kind: LabelKind = row["kind"]  # type: ignore[assignment]  # checked above
            labels.append(RoleLabel(row["role"], row["label"], kind, path.name))
            facts.setdefault(
                row["role"],
                RoleFacts(
                    row["role"],
                    row["rolls_up_to"] or None,
                    frozenset(row["bands"].split()),
                    row["registered"] == "yes",
                    row["family"],
                    row["offered"] != "no",
                ),
            )
    return RoleLabels(labels, facts.values())
