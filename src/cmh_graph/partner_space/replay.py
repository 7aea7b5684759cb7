"""The state that the log tells of, entry by entry: what the records must say if nothing was lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .records import Entry


@dataclass(slots=True)
class Told:
    """What the log says of one organisation. versions: number -> (SHA-256, statements), oldest first."""

    name: str
    namespaces: tuple[str, ...]
    visibility: str = "private"
    shared_with: tuple[str, ...] = ()
    current: int | None = None
    last: int = 0
    versions: dict[int, tuple[str, int]] = field(default_factory=dict)


@dataclass(slots=True)
class ToldToken:
    """What the log says of one token."""

    organisation: str
    may: str
    label: str
    expires: str | None
    revoked: bool = False


@dataclass(slots=True)
class State:
    """What the log says altogether."""

    organisations: dict[str, Told] = field(default_factory=dict)
    tokens: dict[str, ToldToken] = field(default_factory=dict)


def replay(entries: Iterable[Entry]) -> State:
    """The state after the last entry. Raises KeyError, TypeError or ValueError where an entry makes no sense."""
    state = State()
    for entry in entries:
        _apply(state, entry)
    return state


def _apply(state: State, entry: Entry) -> None:
    details: Mapping[str, Any] = entry.details
    match entry.kind:
        case "added":
            state.organisations[entry.organisation] = Told(details["name"], tuple(details["namespaces"]))
        case "token made":
            state.tokens[details["token"]] = ToldToken(
                entry.organisation, details["may"], details["label"], details["expires"]
            )
        case "token revoked":
            state.tokens[details["token"]].revoked = True
        case "landed" | "rolled back":
            told = state.organisations[entry.organisation]
            told.current = told.last = details["number"]
            told.versions[details["number"]] = (details["sha256"], details["statements"])
        case "removed":
            told = state.organisations[entry.organisation]
            told.current = None
            if details["forgotten"]:
                told.versions.clear()
        case "shown":
            told = state.organisations[entry.organisation]
            told.visibility, told.shared_with = details["to"], tuple(details["with"])
        case "restored":
            for token in details["revoked"]:
                state.tokens[token].revoked = True
            for key, (shown, others) in details["shown"].items():
                told = state.organisations[key]
                told.visibility, told.shared_with = shown, tuple(others)
            for key, number in details["last"].items():
                state.organisations[key].last = number
        case _:
            raise ValueError(f"entry {entry.seq} is of no known kind")
