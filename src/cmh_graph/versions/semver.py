"""Semantic versions (https://semver.org, 2.0.0): MAJOR.MINOR.PATCH, without labels, as releases are called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from cmh_graph.errors import BadParameter

Class = Literal["breaking", "additive", "editorial"]
Bump = Literal["major", "minor", "patch"]

#: Gravest first.
CLASSES: Final[tuple[Class, ...]] = ("breaking", "additive", "editorial")
BUMP_OF: Final[dict[Class, Bump]] = {"breaking": "major", "additive": "minor", "editorial": "patch"}
_BUMPS: Final[tuple[Bump, ...]] = ("major", "minor", "patch")
_VERSION: Final = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")


class Version(NamedTuple):
    """A version; sorts in the order of semantic versioning."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    def next(self, bump: Bump) -> Version:
        """The lowest version that a bump leads to."""
        if bump == "major":
            return Version(self.major + 1, 0, 0)
        if bump == "minor":
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)


def is_version(text: str) -> bool:
    """Whether a text is a version as read_version takes it."""
    return _VERSION.fullmatch(text) is not None


def read_version(text: str, where: str = "version") -> Version:
    """The version that a text names. Raises BadParameter."""
    found = _VERSION.fullmatch(text)
    if found is None:
        raise BadParameter(
            f"'{text[:40]}' is no version", where=where, mend="write three numbers with dots, such as 1.2.0"
        )
    return Version(int(found[1]), int(found[2]), int(found[3]))


def bump_between(before: Version, after: Version) -> Bump | None:
    """What kind of step leads from one version to a later one; None if it is not later.

    A version that skips numbers (1.2.0 -> 3.0.1) counts by the first number that differs."""
    if after <= before:
        return None
    if after.major != before.major:
        return "major"
    return "minor" if after.minor != before.minor else "patch"


def demanded_bump(classes: Iterable[Class]) -> Bump | None:
    """The bump that changes of these classes demand; None if there are none."""
    held = set(classes)
    return next((BUMP_OF[one] for one in CLASSES if one in held), None)


def is_enough(given: Bump | None, demanded: Bump | None) -> bool:
    """Whether a step is as large as what is demanded."""
    if demanded is None:
        return True
    return given is not None and _BUMPS.index(given) <= _BUMPS.index(demanded)
