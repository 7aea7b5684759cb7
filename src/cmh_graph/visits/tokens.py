"""The number that opens a visit, and what is made of it. Only a digest of it is ever stored."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final, NewType

#: 256 random bits in 43 letters; who knows it owns the visit.
VisitId = NewType("VisitId", str)

_ID: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def new_id() -> VisitId:
    """A number that nobody can guess."""
    return VisitId(secrets.token_urlsafe(32))


def visit_id(text: str) -> VisitId | None:
    """The number in a cookie; None if it is none of ours."""
    return VisitId(text) if _ID.fullmatch(text) else None


def folder_name(visit: VisitId) -> str:
    """64 hexadecimal digits, from which nobody finds the number."""
    return hashlib.sha256(b"cmh-graph visit\0" + visit.encode()).hexdigest()


def form_token(visit: VisitId) -> str:
    """What each form of a visit carries: nobody can make it who does not know the number."""
    digest = hmac.digest(visit.encode(), b"cmh-graph form", "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def fits(visit: VisitId, token: str) -> bool:
    """Whether a token is the one of this visit. Takes as long for a wrong one as for the right one."""
    return hmac.compare_digest(form_token(visit).encode(), token.encode())
