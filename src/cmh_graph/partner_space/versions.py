"""The versions of organisations' graphs: landings, roll-backs, removals, and what is kept of them."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Final

from cmh_graph.errors import BadParameter, Conflict, DataDamaged, NotAllowed, UnknownThing

from . import rows
from .contents import digest, pack, unpack
from .records import OPERATOR, Holder, Operator, Organisation, Version
from .tokenholders import not_signed_in
from .transactions import Details, Transactions, one_line

_HOW_LENGTH: Final = 200


class Versions(Transactions):
    """The part of the space that keeps contents."""

    _keep: int

    def land(
        self,
        organisation: str,
        nquads: bytes,
        *,
        by: Holder | Operator,
        how: str,
        expected: str | None = None,
    ) -> Version:
        """The new current version of an organisation's graph, on disk when this returns.

        nquads: canonical N-Quads that were judged before; empty for an empty graph. how: a few words for the log.
        expected: the SHA-256 that the current version must have, "" for none yet. The content that is current already
        makes no new version and no entry. Raises Conflict, NotAllowed, UnknownThing, and NotSignedIn where the token
        was revoked meanwhile."""
        if nquads and not nquads.endswith(b"\n"):
            raise BadParameter(
                "the last statement has no line end", where="nquads", mend="write N-Quads whole"
            )
        how = one_line(how, "how", _HOW_LENGTH)
        sha256, packed = digest(nquads), pack(nquads)
        statements = nquads.count(b"\n")
        with self._database.writing() as connection:
            owner, current, counts = self._to_write(connection, organisation, by, expected)
            if current and current.sha256 == sha256 and self._is_whole(connection, current):
                return current
            return self._put(
                connection, owner, counts, (sha256, statements, len(nquads)), packed, "landed", by, how, {}
            )

    def roll_back(
        self, organisation: str, number: int, *, by: Holder | Operator, expected: str | None = None
    ) -> Version:
        """A new version whose content is that of an old one. Raises what `land` does, and DataDamaged."""
        with self._database.writing() as connection:
            owner, _, counts = self._to_write(connection, organisation, by, expected)
            old = rows.version(connection, organisation, number)
            packed = rows.packed(connection, old)
            unpack(packed, size=old.size, sha256=old.sha256, where=_place(old))
            return self._put(
                connection,
                owner,
                counts,
                (old.sha256, old.statements, old.size),
                packed,
                "rolled back",
                by,
                f"version {number} again",
                {"from": number},
            )

    def remove(
        self,
        organisation: str,
        *,
        by: Holder | Operator,
        expected: str | None = None,
        forget: bool = False,
    ) -> Version:
        """The version that was shown until now. Old versions stay and can be brought back, unless forget is true.

        Raises UnknownThing where nothing is shown, and what `land` raises."""
        with self._database.writing() as connection:
            owner, current, counts = self._to_write(connection, organisation, by, expected)
            if current is None and not (forget and rows.versions(connection, organisation)):
                raise nothing_there(organisation)
            gone = current or rows.versions(connection, organisation)[-1]
            if forget:
                counts = replace(counts, versions=rows.forget_versions(connection, organisation, keep=0))
            rows.put_organisation(connection, rows.with_current(owner, None), counts)
            details: Details = {"number": gone.number, "sha256": gone.sha256, "forgotten": forget}
            self._append(connection, "removed", organisation, by, details)
        return gone

    def versions(self, organisation: str) -> tuple[Version, ...]:
        """The versions that are kept, oldest first."""
        with self._database.reading() as connection:
            rows.organisation(connection, organisation)
            return rows.versions(connection, organisation)

    def version(self, organisation: str, number: int) -> Version:
        """One version that is kept. Raises UnknownThing."""
        with self._database.reading() as connection:
            rows.organisation(connection, organisation)
            return rows.version(connection, organisation, number)

    def current(self, organisation: str) -> Version | None:
        """The version that is shown; None where nothing is."""
        with self._database.reading() as connection:
            return rows.current(connection, rows.organisation(connection, organisation)[0])

    def content(self, version: Version) -> bytes:
        """The canonical N-Quads of a version. Raises DataDamaged rather than give a byte that was not written."""
        with self._database.reading() as connection:
            packed = rows.packed(connection, version)
        return unpack(packed, size=version.size, sha256=version.sha256, where=_place(version))

    def may_write(self, holder: Holder | None, organisation: str) -> bool:
        """Whether this visitor may change the organisation's graph."""
        return holder is not None and holder.may == "write" and holder.organisation == organisation

    def _is_whole(self, connection: sqlite3.Connection, version: Version) -> bool:
        """Whether the stored content is what was written; if not, landing the same again mends it."""
        try:
            packed = rows.packed(connection, version)
            unpack(packed, size=version.size, sha256=version.sha256, where=_place(version))
        except DataDamaged:
            return False
        return True

    def _to_write(
        self,
        connection: sqlite3.Connection,
        organisation: str,
        by: Holder | Operator,
        expected: str | None,
    ) -> tuple[Organisation, Version | None, rows.Counts]:
        """The organisation, its current version and what its row counts, for one who may change them now."""
        if isinstance(by, Holder):
            if not self.may_write(by, organisation):
                raise NotAllowed(
                    "this token may not change this graph",
                    where=organisation if organisation == by.organisation else "",
                    mend="use a token of the organisation that may write",
                )
            found = rows.token(connection, by.token)
            if found is None or not found[0].holds(self._now(connection)):
                raise not_signed_in()
        owner, counts = rows.organisation(connection, organisation)
        current = rows.current(connection, owner)
        if expected is not None and expected != (current.sha256 if current else ""):
            raise Conflict(
                f"the graph of '{organisation}' is not the one you have seen",
                where=organisation,
                mend="read it again, then send your change with its ETag",
            )
        return owner, current, counts

    def _put(
        self,
        connection: sqlite3.Connection,
        owner: Organisation,
        counts: rows.Counts,
        content: tuple[str, int, int],
        packed: bytes,
        kind: str,
        by: Holder | Operator,
        how: str,
        details: Details,
    ) -> Version:
        sha256, statements, size = content
        now = self._now(connection)
        actor = by.token if isinstance(by, Holder) else OPERATOR
        version = Version(owner.key, counts.last + 1, sha256, statements, size, now, actor, by.label, how)
        rows.put_version(connection, version, packed)
        kept = rows.forget_versions(connection, owner.key, keep=self._keep)
        counts = replace(counts, last=version.number, versions=kept)
        rows.put_organisation(connection, rows.with_current(owner, version.number), counts)
        told = {"number": version.number, "sha256": sha256, "statements": statements, "how": how, **details}
        self._append(connection, kind, owner.key, by, told, now)
        return version


def _place(version: Version) -> str:
    return f"{version.organisation}, version {version.number}"


def nothing_there(organisation: str) -> UnknownThing:
    """The answer where an organisation shows no graph."""
    return UnknownThing(f"'{organisation}' has no graph now", where=organisation, mend="put one there first")
