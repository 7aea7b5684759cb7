"""ETags of graphs, and the conditions under which a request is to be carried out (RFC 9110, 13)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from cmh_graph.errors import BadParameter, Conflict
from cmh_graph.partner_space import Version

_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e]{0,200})"')
_ANY: Final = "*"


def tag_of(version: Version, form: str) -> str:
    """The strong ETag of a graph in one format: the SHA-256 of its canonical N-Quads, and the format's name."""
    return f'"{version.sha256}.{form}"'


@dataclass(frozen=True, slots=True)
class Preconditions:
    """If-Match and If-None-Match as sent: None, "*", or the tags. Any format's tag names the graph."""

    match: str | tuple[str, ...] | None
    none_match: str | tuple[str, ...] | None

    @classmethod
    def of(cls, request: Request) -> Preconditions:
        """Those of a request. Raises BadParameter if one is not well-formed."""
        return cls(
            _read(request.headers.getlist("if-match"), "If-Match", weak=False),
            _read(request.headers.getlist("if-none-match"), "If-None-Match", weak=True),
        )

    @property
    def given(self) -> bool:
        """Whether the request sets any condition."""
        return self.match is not None or self.none_match is not None

    def check(self, current: Version | None) -> None:
        """Raise Conflict unless the graph as it is now fits; current: None where there is none."""
        if self.match is not None and (current is None or not _names(self.match, current)):
            raise Conflict(
                "the graph is not the one you have seen" if current else "there is no graph to match",
                where="header If-Match",
                mend="read it again, then send your change with its ETag",
            )
        if self.none_match is not None and current is not None and _names(self.none_match, current):
            raise Conflict(
                "there is a graph already" if self.none_match == _ANY else "the graph is one that you named",
                where="header If-None-Match",
                mend="leave the header out to replace it, or send its ETag as If-Match",
            )

    def is_fresh(self, tag: str) -> bool:
        """Whether the reader has what the tag names."""
        return self.none_match == _ANY or (self.none_match is not None and tag.strip('"') in self.none_match)


def _names(tags: str | tuple[str, ...], current: Version) -> bool:
    return tags == _ANY or any(tag.partition(".")[0] == current.sha256 for tag in tags)


def _read(fields: Sequence[str], name: str, *, weak: bool) -> str | tuple[str, ...] | None:
    if not fields:
        return None
    joined = ",".join(fields).strip()
    if joined == _ANY:
        return _ANY
    found = list(_TAG.finditer(joined))
    if not found or re.sub(r"[\s,]", "", _TAG.sub("", joined)):
        raise BadParameter(
            f"{name} holds no list of ETags",
            where=f"header {name}",
            mend='send "..." as ETag had it, with its quotes, or *',
        )
    # A weak tag never matches where bytes must be the same.
    return tuple(match[2] for match in found if weak or not match[1])
