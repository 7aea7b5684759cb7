"""What the partner space keeps, as values. Times are aware, in UTC, in whole seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cmh_graph.errors import DataDamaged
from cmh_graph.namespaces import GRAPH_PARTNER

May = Literal["read", "write"]
Shown = Literal["private", "shared", "public"]

MAY: Final[tuple[May, ...]] = ("read", "write")
SHOWN: Final[tuple[Shown, ...]] = ("private", "shared", "public")

#: Who acts where no token does: a person at the machine that holds the data.
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A partner. namespaces: IRIs below which it may name things, besides the names that its key gives it.

    visibility and shared_with: who may read its graph; shared_with is empty unless it is shared. current: the number
    of the version that is shown, None where nothing is."""

    key: str
    name: str
    namespaces: tuple[str, ...]
    visibility: Shown
    shared_with: tuple[str, ...]
    current: int | None

    @property
    def graph(self) -> str:
        """IRI of the organisation's named graph."""
        return GRAPH_PARTNER + self.key


@dataclass(frozen=True, slots=True)
class Visibility:
    """Who may read a graph besides its owner: nobody, the organisations named in with_, or everybody."""

    shown: Shown
    with_: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret. label: the desk or system that uses it, never a person's name."""

    id: str
    organisation: str
    may: May
    label: str
    made: datetime
    expires: datetime | None
    revoked: datetime | None

    def holds(self, now: datetime) -> bool:
        return self.revoked is None and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who brought a token that holds. A writer may also read."""

    token: str
    organisation: str
    may: May
    label: str


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever may run commands on the machine. label: the desk or job, never a person's name."""

    label: str = OPERATOR


@dataclass(frozen=True, slots=True)
class Version:
    """One landing. sha256: of the canonical N-Quads, and the strong ETag of the graph. size: of the same, in bytes.

    number: counts up for each organisation and is never used again. by: id of the token, or "operator"."""

    organisation: str
    number: int
    sha256: str
    statements: int
    size: int
    when: datetime
    by: str
    label: str
    how: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. digest: SHA-256 over the other fields, of which `before` is the digest of the entry before.

    organisation: "" where the entry concerns the whole space. revision: of the space after this entry."""

    seq: int
    when: datetime
    organisation: str
    kind: str
    by: str
    label: str
    details: Mapping[str, object]
    revision: int
    before: str
    digest: str

    def as_data(self) -> dict[str, object]:
        """The entry as plain data, in the order of its fields."""
        return {name: getattr(self, name) for name in self.__slots__} | {
            "when": written(self.when),
            "details": dict(self.details),
        }


def written(moment: datetime) -> str:
    """A moment as it is stored: 2026-11-22T09:00:00Z. Texts of this form are in order as times are."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: object) -> datetime:
    """The moment that was written. Raises DataDamaged for anything else."""
    try:
        if not isinstance(text, str) or not text.endswith("Z"):
            raise ValueError
        return datetime.fromisoformat(text)
    except ValueError:
        raise DataDamaged("a stored time is not one", mend="run cmh-graph data check") from None
