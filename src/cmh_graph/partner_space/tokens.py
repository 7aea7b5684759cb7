"""Tokens: `cmh_<id>_<secret>`, of which only a hash is kept.

The secret has 256 random bits. Its hash is argon2id (RFC 9106). Sixteen bits of its SHA-256 are kept beside: they tell
65,535 of 65,536 wrong secrets for the price of a lookup, so that a flood of wrong tokens cannot make the service
run argon2, and they help nobody to guess the other 240. A secret that was right once is remembered in memory by a
digest whose key lives and dies with the process; whether its token still holds is read each time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from base64 import b32encode
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import argon2

from cmh_graph.errors import DataDamaged, TooMany

_TOKEN: Final = re.compile(r"cmh_([a-z2-7]{10})_([a-z2-7]{52})")
_WAIT_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash costs. The default is the least that OWASP's cheat sheet on password storage names."""

    passes: int = 2
    memory_kib: int = 19_456
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a secret. check: 16 bits of its SHA-256."""

    hash: str
    check: int


def new_id() -> str:
    """An id of 50 random bits."""
    return b32encode(secrets.token_bytes(7)).decode().lower()[:10]


def new_secret(token_id: str) -> str:
    """The whole token that its holder gets to see once."""
    return f"cmh_{token_id}_{b32encode(secrets.token_bytes(32)).decode().lower().rstrip('=')}"


def id_of(secret: str) -> str | None:
    """The id that a token states; None if this is no token."""
    match = _TOKEN.fullmatch(secret) if len(secret) < 100 else None
    return match[1] if match else None


def check_of(secret: str) -> int:
    """The 16 bits that tell most wrong secrets."""
    return int.from_bytes(hashlib.sha256(secret.encode()).digest()[:2], "big")


class Verifier:
    """Hashes and recognises secrets; at most `at_once` argon2 runs at the same time, `remembered` secrets known."""

    def __init__(self, cost: Cost, *, at_once: int = 2, remembered: int = 1024) -> None:
        self._hasher = argon2.PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes
        )
        self._places = threading.BoundedSemaphore(at_once)
        self._key = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, str] = OrderedDict()
        self._most = remembered
        self._lock = threading.Lock()

    def keep(self, secret: str) -> Kept:
        """What to store of a new secret."""
        return Kept(self._hasher.hash(secret), check_of(secret))

    def recognises(self, secret: str, kept: Kept) -> bool:
        """Whether this is the secret. Raises TooMany if argon2 stays busy, DataDamaged if the hash is none."""
        if check_of(secret) != kept.check:
            return False
        digest = hmac.digest(self._key, secret.encode(), "sha256")
        with self._lock:
            if self._remembered.get(digest) == kept.hash:
                self._remembered.move_to_end(digest)
                return True
        if not self._places.acquire(timeout=_WAIT_SECONDS):
            raise TooMany("too many sign in at once", mend="try again in a moment")
        try:
            self._hasher.verify(kept.hash, secret)
        except argon2.exceptions.VerifyMismatchError:
            return False
        except (argon2.exceptions.InvalidHashError, argon2.exceptions.VerificationError):
            raise DataDamaged("the stored hash of a token is none", mend="run cmh-graph data check") from None
        finally:
            self._places.release()
        with self._lock:
            self._remembered[digest] = kept.hash
            while len(self._remembered) > self._most:
                self._remembered.popitem(last=False)
        return True
