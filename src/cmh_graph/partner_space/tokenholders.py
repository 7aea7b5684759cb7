"""The tokens of organisations, and who brings one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from cmh_graph.errors import BadParameter, Conflict, NotSignedIn, UnknownThing

from . import log, rows, tokens
from .allowance import Allowance
from .database import Database
from .records import MAY, Holder, May, Operator, Token, written
from .transactions import Details, Transactions, one_line

_LABEL_LENGTH: Final = 100
_MOST_DAYS: Final = 3660
_MOST_TOKENS: Final = 100
#: A stand-in for an id that no token has: the same work is done for it, and nothing fits.
_NOBODY: Final = tokens.Kept("", -1)


class TokenHolders(Transactions):
    """The part of the space that makes, ends and recognises tokens. cost: of hashing a secret."""

    def __init__(self, database: Database, clock: Callable[[], datetime], cost: tokens.Cost) -> None:
        super().__init__(database, clock)
        self._verifier = tokens.Verifier(cost)
        self._wrong_for_one = Allowance(1 / 6, 10)
        self._wrong_for_all = Allowance(50, 500)

    def add_token(
        self,
        organisation: str,
        *,
        may: May,
        label: str,
        days: int | None = 365,
        by: Operator | None = None,
    ) -> tuple[Token, str]:
        """A new token and its secret, which is not kept and cannot be shown again.

        label: the desk or system that will use it; days: None for one that does not expire."""
        if may not in MAY:
            raise BadParameter(f"'{may}' is no right", where="may", mend="choose from read, write")
        label = one_line(label, "label", _LABEL_LENGTH)
        if days is not None and not 1 <= days <= _MOST_DAYS:
            raise BadParameter(
                "a token cannot hold that long", where="days", mend=f"give 1 to {_MOST_DAYS} days"
            )
        token_id = tokens.new_id()
        secret = tokens.new_secret(token_id)
        kept = self._verifier.keep(secret)
        with self._database.writing() as connection:
            owner, counts = rows.organisation(connection, organisation)
            now = self._now(connection)
            expires = now + timedelta(days=days) if days is not None else None
            token = Token(token_id, organisation, may, label, now, expires, None)
            there = rows.tokens_of(connection, organisation)
            if sum(one.holds(now) for one in there) >= _MOST_TOKENS:
                raise Conflict(
                    f"'{organisation}' has {_MOST_TOKENS} tokens that hold",
                    where="organisation",
                    mend="revoke those that nobody uses",
                )
            rows.put_token(connection, token, kept)
            rows.put_organisation(connection, owner, replace(counts, tokens=counts.tokens + 1))
            details: Details = {
                "token": token_id,
                "may": may,
                "label": label,
                "expires": expires and written(expires),
            }
            self._append(connection, "token made", organisation, by or Operator(), details, now)
        return token, secret

    def tokens(self, organisation: str) -> tuple[Token, ...]:
        """The tokens of an organisation, also those that do not hold any more, in the order they were made."""
        with self._database.reading() as connection:
            rows.organisation(connection, organisation)
            return rows.tokens_of(connection, organisation)

    def token_holds(self, token: Token) -> bool:
        """Whether a token, as it was read, holds now."""
        with self._database.reading() as connection:
            return token.holds(self._now(connection))

    def revoke(self, token_id: str, *, by: Operator | None = None) -> Token:
        """The token, which holds no more from now on. One that was revoked stays so. Raises UnknownThing."""
        with self._database.writing() as connection:
            found = rows.token(connection, token_id)
            if found is None:
                raise UnknownThing(
                    f"no token has the id '{token_id[:40]}'",
                    where="token",
                    mend="list tokens with cmh-graph partner token list",
                )
            token, kept = found
            if token.revoked is None:
                now = self._now(connection)
                token = Token(
                    token.id, token.organisation, token.may, token.label, token.made, token.expires, now
                )
                rows.put_token(connection, token, kept)
                details: Details = {"token": token.id, "label": token.label}
                self._append(connection, "token revoked", token.organisation, by or Operator(), details, now)
        return token

    def holder(self, secret: str) -> Holder:
        """Who brings this token. Revocation and expiry are read each time.

        Raises NotSignedIn, in the same words and after the same work, for what is no token and for one that is unknown,
        wrong, revoked or expired; TooMany after many of those."""
        token_id = tokens.id_of(secret)
        with self._database.reading() as connection:
            found = rows.token(connection, token_id or "")
            now = self._now(connection)
            noted = log.time_now(connection, datetime.min.replace(tzinfo=UTC))
        token, kept = found or (None, _NOBODY)
        holds = token is not None and token.holds(now)
        if self._verifier.recognises(secret, kept if holds else _NOBODY) and token is not None:
            self._note_time(now, noted)
            return Holder(token.id, token.organisation, token.may, token.label)
        self._wrong_for_all.take("")
        self._wrong_for_one.take(token_id or "")
        raise not_signed_in()

    def holder_of(self, token_id: str) -> Holder:
        """Whom a token belongs to that was recognised before. Raises NotSignedIn if it does not hold any more."""
        with self._database.reading() as connection:
            found = rows.token(connection, token_id)
            if found is None or not found[0].holds(self._now(connection)):
                raise not_signed_in()
        token = found[0]
        return Holder(token.id, token.organisation, token.may, token.label)


def not_signed_in() -> NotSignedIn:
    """The one answer to every token that does not hold."""
    return NotSignedIn(
        "this token does not hold",
        where="Authorization",
        mend="ask the operator of this service for a new token",
    )
