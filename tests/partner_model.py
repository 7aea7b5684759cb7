"""What a plain dictionary would say of a partner space, whatever is done to both in whatever order."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

import partner_faults as faults
from cmh_graph.errors import BadParameter, Conflict, NotAllowed, NotSignedIn, UnknownThing
from cmh_graph.partner_space import Allowance, Holder, Operator, PartnerSpace
from cmh_graph.partner_space.backup import back_up, restore

ADMIN = Operator("test desk")
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that is set by hand, and may go back."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def graph(text: str) -> bytes:
    return f'<https://x.example/a> <https://x.example/b> "{text}" <https://x.example/g> .\n'.encode()


class Model(RuleBasedStateMachine):
    """Whatever is done in whatever order, through two handles on one folder and with a clock that jumps, the space says
    what a plain dictionary says."""

    folder: ClassVar[Path]
    tokens = Bundle("tokens")
    KEYS = ("north", "river", "hill")
    KEEP = 3

    @initialize()
    def begin(self) -> None:
        self.root = Path(tempfile.mkdtemp(dir=self.folder))
        self.clock = Clock()
        self.handles = [self._open(), self._open()]
        self.shown: dict[str, tuple[str, tuple[str, ...]]] = {}
        self.kept: dict[str, list[tuple[int, bytes]]] = {}
        self.current: dict[str, int | None] = {}
        self.last: dict[str, int] = {}
        self.holders: dict[str, tuple[str, str, bool, datetime]] = {}
        self.latest = self.earliest = datetime.min.replace(tzinfo=UTC)
        self.revision = 0
        self.saved: tuple[Any, ...] | None = None

    def _open(self) -> PartnerSpace:
        return PartnerSpace.open(self.root / "data", keep=self.KEEP, clock=self.clock, cost=faults.CHEAP)

    def _saw(self) -> datetime:
        """The latest time that any handle can know of."""
        self.latest = max(self.latest, self.clock.now)
        return self.latest

    def _wrote(self) -> None:
        """What was written has the time, so no handle is earlier from now on."""
        self.earliest = max(self.earliest, self.clock.now)
        self._saw()

    def teardown(self) -> None:
        for handle in getattr(self, "handles", ()):
            handle.close()

    @rule(handle=st.integers(0, 1), key=st.sampled_from(KEYS))
    def add(self, handle: int, key: str) -> None:
        if key in self.shown:
            with pytest.raises(Conflict):
                self.handles[handle].add_organisation(key, key)
            return
        self.handles[handle].add_organisation(key, key)
        self._wrote()
        self.shown[key], self.kept[key], self.current[key], self.last[key] = ("private", ()), [], None, 0

    @rule(
        target=tokens, handle=st.integers(0, 1), key=st.sampled_from(KEYS), may=st.sampled_from(["read", "write"]),
        days=st.integers(1, 3),
    )  # fmt: skip
    def token(self, handle: int, key: str, may: Any, days: int) -> str:
        if key not in self.shown:
            with pytest.raises(UnknownThing):
                self.handles[handle].add_token(key, may=may, label="desk", days=days)
            return ""
        made, secret = self.handles[handle].add_token(key, may=may, label="desk", days=days)
        self._wrote()
        assert self.earliest <= made.made <= self.latest
        assert made.expires
        self.holders[secret] = (key, may, True, made.expires)
        return secret

    @rule(handle=st.integers(0, 1), secret=tokens)
    def revoke(self, handle: int, secret: str) -> None:
        if secret in self.holders:
            self.handles[handle].revoke(secret.split("_")[1])
            key, may, held, expires = self.holders[secret]
            if held:
                self._wrote()
            self.holders[secret] = (key, may, False, expires)

    def _who(self, handle: int, secret: str) -> Holder | None:
        """The holder, compared with the model; None if the token does not hold."""
        for one in self.handles:
            one._wrong_for_one = Allowance(1000, 1000)
        key, may, holds, expires = self.holders.get(secret, ("", "", False, START))
        try:
            holder = self.handles[handle].holder(secret)
        except NotSignedIn:
            # A handle may know a later time than the other noted, never an earlier one.
            assert not holds or self._saw() >= expires
            return None
        assert holds
        assert max(self.clock.now, self.earliest) < expires
        self._saw()
        assert (holder.organisation, holder.may) == (key, may)
        return holder

    @rule(
        handle=st.integers(0, 1),
        secret=tokens,
        key=st.sampled_from(KEYS),
        text=st.integers(0, 5),
        seen=st.booleans(),
    )
    def land(self, handle: int, secret: str, key: str, text: int, seen: bool) -> None:
        holder = self._who(handle, secret)
        if holder is None:
            return
        space, content = self.handles[handle], graph(str(text)) * (text + 1)
        expected = self._sha(key) if seen else None
        if holder.organisation != key or holder.may != "write":
            with pytest.raises(NotAllowed):
                space.land(key, content, by=holder, how="PUT", expected=expected)
            return
        version = space.land(key, content, by=holder, how="PUT", expected=expected)
        if self._content(key) != content:
            self._landed(key, content)
        assert version.number == self.current[key]

    @rule(handle=st.integers(0, 1), key=st.sampled_from(KEYS), text=st.integers(0, 5))
    def land_by_operator(self, handle: int, key: str, text: int) -> None:
        content = graph(str(text)) * (text + 1)
        if key not in self.shown:
            with pytest.raises(UnknownThing):
                self.handles[handle].land(key, content, by=ADMIN, how="file")
            return
        version = self.handles[handle].land(key, content, by=ADMIN, how="file", expected=self._sha(key))
        if self._content(key) != content:
            self._landed(key, content)
        assert version.number == self.current[key]

    def _landed(self, key: str, content: bytes) -> None:
        self.last[key] += 1
        self.current[key] = self.last[key]
        self.kept[key] = [*self.kept[key], (self.last[key], content)][-self.KEEP :]
        self._wrote()

    def _content(self, key: str) -> bytes | None:
        return dict(self.kept.get(key, [])).get(self.current.get(key) or 0)

    def _sha(self, key: str) -> str:
        content = self._content(key)
        return "" if content is None else faults.sha256(content)

    @rule(handle=st.integers(0, 1), key=st.sampled_from(KEYS), back=st.integers(0, 4))
    def roll_back(self, handle: int, key: str, back: int) -> None:
        number = self.last.get(key, 0) - back
        old = dict(self.kept.get(key, [])).get(number)
        if old is None:
            with pytest.raises(UnknownThing):
                self.handles[handle].roll_back(key, number, by=ADMIN)
            return
        self.handles[handle].roll_back(key, number, by=ADMIN)
        self._landed(key, old)

    @rule(handle=st.integers(0, 1), key=st.sampled_from(KEYS), forget=st.booleans())
    def remove(self, handle: int, key: str, forget: bool) -> None:
        if self.current.get(key) is None and not (forget and self.kept.get(key)):
            with pytest.raises(UnknownThing):
                self.handles[handle].remove(key, by=ADMIN, forget=forget)
            return
        self.handles[handle].remove(key, by=ADMIN, forget=forget)
        self.current[key] = None
        if forget:
            self.kept[key] = []
        self._wrote()

    @rule(
        handle=st.integers(0, 1), key=st.sampled_from(KEYS), shown=st.sampled_from(["private", "shared", "public"]),
        others=st.sets(st.sampled_from(KEYS)),
    )  # fmt: skip
    def show(self, handle: int, key: str, shown: Any, others: set[str]) -> None:
        fits = (shown == "shared") == bool(others) and key not in others
        if not fits or key not in self.shown or not others <= self.shown.keys():
            with pytest.raises((BadParameter, UnknownThing)):
                self.handles[handle].show_to(key, shown, sorted(others), by=ADMIN)
            return
        self.handles[handle].show_to(key, shown, sorted(others), by=ADMIN)
        if self.shown[key] != (shown, tuple(sorted(others))):
            self._wrote()
        self.shown[key] = (shown, tuple(sorted(others)))

    @rule(hours=st.integers(-50, 30))
    def move_clock(self, hours: int) -> None:
        self.clock.now += timedelta(hours=hours)

    @rule(handle=st.integers(0, 1))
    def reopen(self, handle: int) -> None:
        self.handles[handle].close()
        self.handles[handle] = self._open()

    @rule()
    def backup(self) -> None:
        back_up(self.root / "data", self.root / "saved" / "backup")
        self.saved = (
            set(self.shown),
            {k: list(v) for k, v in self.kept.items()},
            dict(self.current),
            set(self.holders),
        )

    @rule()
    def restored(self) -> None:
        if self.saved is None:
            return
        restore(self.root / "data", self.root / "saved" / "backup", clock=self.clock)
        self._wrote()
        there, kept, current, secrets = self.saved
        self.shown = {
            key: (shown, others) if shown != "shared" or others else ("private", ())
            for key, (shown, others) in (
                (key, (shown, tuple(other for other in others if other in there)))
                for key, (shown, others) in self.shown.items()
                if key in there
            )
        }
        self.kept = {key: list(versions) for key, versions in kept.items()}
        self.current = dict(current)
        self.last = {key: self.last[key] for key in there}
        self.holders = {secret: held for secret, held in self.holders.items() if secret in secrets}

    @rule(handle=st.integers(0, 1), secret=tokens)
    def look(self, handle: int, secret: str) -> None:
        self._compare(self.handles[handle], self._who(handle, secret))

    @invariant()
    def says_what_the_model_says(self) -> None:
        for space in getattr(self, "handles", ()):
            self._compare(space, None)
            assert space.revision >= self.revision
        if getattr(self, "handles", None):
            self.revision = self.handles[0].revision

    def _compare(self, space: PartnerSpace, holder: Holder | None) -> None:
        assert [one.key for one in space.organisations()] == sorted(self.shown)
        seen = {version.organisation: space.content(version) for version in space.seen_by(holder)}
        me = holder.organisation if holder else ""
        assert seen == {
            key: self._content(key)
            for key, (shown, others) in self.shown.items()
            if self.current[key] is not None and (shown == "public" or key == me or (me and me in others))
        }
        for key in self.shown:
            assert [(v.number, space.content(v)) for v in space.versions(key)] == self.kept[key]
            assert space.may_read(holder, key) == (
                self.shown[key][0] == "public" or key == me or bool(me and me in self.shown[key][1])
            )
