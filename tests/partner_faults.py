"""Faults done to a partner space, and what must hold afterwards. The tests run a few, `make faults` runs hundreds.

Each fault gives the sentences that turned out false; an empty list is a pass. A driver decides how actors reach the
space: in their own processes (InProcess), or over HTTP, where the service is what gets killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import select
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cmh_graph.errors import CmhGraphError, Conflict, DataDamaged, DataFailed, UnknownThing
from cmh_graph.namespaces import GRAPH_PARTNER
from cmh_graph.partner_space import Operator, PartnerSpace
from cmh_graph.partner_space.backup import back_up, restore
from cmh_graph.partner_space.check import check_file, check_folder
from cmh_graph.partner_space.tokens import Cost

KEYS = ("alpha", "beta")
CHEAP = Cost(passes=1, memory_kib=64)
KEEP = 5
WRITERS = 3
#: No digits: ten in a row would look like an NHS number, which no upload may hold.
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def content_of(organisation: str, attempt: str, most: int = 2500) -> bytes:
    """N-Quads that follow from the attempt's name; one line to thousands, so that writes are hit in their middle."""
    chance = random.Random(f"{organisation} {attempt}")
    lines = min(most, chance.choice((1, 20, 300, 2500)))
    return b"".join(
        (
            f"<https://{organisation}.example/id/{n:05}> "
            f"<http://www.w3.org/2004/02/skos/core#prefLabel> "
            f'"{attempt} {"".join(chance.choices(LETTERS, k=40))}"@en <{GRAPH_PARTNER}{organisation}> .\n'
        ).encode()
        for n in range(lines)
    )


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Actor(Protocol):
    """What an actor does to one organisation's graph. Each returns what was acknowledged: SHA-256."""

    def land(self, organisation: str, nquads: bytes) -> str: ...

    def bring_back(self, organisation: str, chance: random.Random) -> str | None: ...

    def read(self, organisation: str) -> tuple[str, bytes] | None: ...


class Driver(Protocol):
    """folder: of the space. seconds: within which to kill; lines: of the largest content.

    prepare: before a round, gives what it did to the space; actor: called in a process of its own; victims: to be
    killed; after: when they are, gives what is wrong."""

    folder: Path
    seconds: float
    lines: int

    def prepare(self, name: str) -> list[tuple[str, str, str]]: ...

    def actor(self) -> Actor: ...

    def victims(self, actors: list[int]) -> list[int]: ...

    def after(self) -> list[str]: ...


class InProcess:
    """Actors open the space themselves, and are killed."""

    seconds = 0.35
    lines = 2500

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self, name: str) -> list[tuple[str, str, str]]:
        return []

    def actor(self) -> Actor:
        return _Direct(PartnerSpace.open(self.folder, keep=KEEP, cost=CHEAP))

    def victims(self, actors: list[int]) -> list[int]:
        return actors

    def after(self) -> list[str]:
        return []


@dataclass
class _Direct:
    space: PartnerSpace

    def land(self, organisation: str, nquads: bytes) -> str:
        return self.space.land(organisation, nquads, by=Operator("faults"), how="PUT").sha256

    def bring_back(self, organisation: str, chance: random.Random) -> str | None:
        versions = self.space.versions(organisation)
        if not versions:
            return None
        with contextlib.suppress(UnknownThing):  # dropped meanwhile by a landing
            number = chance.choice(versions).number
            return self.space.roll_back(organisation, number, by=Operator("faults")).sha256
        return None

    def read(self, organisation: str) -> tuple[str, bytes] | None:
        version = self.space.current(organisation)
        if version is None:
            return None
        with contextlib.suppress(UnknownThing):
            return version.sha256, self.space.content(version)
        return None


@dataclass
class Record:
    """What the actors of all rounds said. tried: SHA-256 of every content that was sent."""

    tried: set[str] = field(default_factory=set)
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    reads: int = 0
    backups: int = 0
    wrong: list[str] = field(default_factory=list)

    def hear(self, line: bytes) -> None:
        kind, organisation, said = json.loads(line)
        if kind == "try":
            self.tried.add(said)
        elif kind == "ack":
            self.acknowledged.append((organisation, said))
        elif kind == "read":
            self.reads += 1
        elif kind == "backup":
            self.backups += 1
        else:
            self.wrong.append(f"{organisation}: {said}")


def make(folder: Path) -> None:
    """A space with two organisations that show nothing yet."""
    with PartnerSpace.open(folder, keep=KEEP, cost=CHEAP) as space:
        for key in KEYS:
            space.add_organisation(key, key.title(), namespaces=[f"https://{key}.example/id/"])


# --- killed while working ---


def kills(driver: Driver, rounds: int, seed: int, backup: Path | None = None) -> tuple[list[str], Record]:
    """Kill concurrent landings, roll-backs, reads and backups at random moments; look at everything after each."""
    chance = random.Random(seed)
    record = Record()
    wrong: list[str] = []
    for number in range(rounds):
        for said in driver.prepare(f"{seed}-{number}-first"):
            record.hear(json.dumps(said).encode())
        _round(driver, f"{seed}-{number}", chance, record, backup)
        wrong += [f"round {number}: {sentence}" for sentence in driver.after()]
        for sentence in _after_kill(driver.folder, record, WRITERS * (number + 1), backup):
            wrong.append(f"round {number}: {sentence}")
    return wrong + record.wrong, record


def _round(driver: Driver, name: str, chance: random.Random, record: Record, backup: Path | None) -> None:
    # Two writers of one organisation, one of the other, so that they meet; a reader; someone who backs up.
    work: list[Callable[[int], None]] = [
        lambda pipe, who=who, key=key: _write(driver, pipe, key, f"{name}-{who}")  # type: ignore[misc]
        for who, key in enumerate((KEYS[0], KEYS[0], KEYS[1]))
    ]
    work.append(lambda pipe: _read(driver, pipe))
    if backup:
        work.append(lambda pipe: _back_up(driver.folder, backup, pipe))
    _play(driver, work, chance, record)


def _play(driver: Driver, work: list[Callable[[int], None]], chance: random.Random, record: Record) -> None:
    """Start the actors, kill the victims at a random moment, and hear what was said until then."""
    children: dict[int, int] = {}
    for job in work:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            code = 1
            try:
                job(writing)
                code = 0
            except BaseException as error:
                with contextlib.suppress(OSError):
                    _say(writing, "wrong", "actor", repr(error))
            finally:
                os._exit(code)
        os.close(writing)
        children[child] = reading
    heard: dict[int, bytes] = dict.fromkeys(children.values(), b"")
    moment = time.monotonic() + chance.uniform(0.02, driver.seconds)
    killed = False
    open_pipes = set(children.values())
    while open_pipes:
        if not killed and time.monotonic() >= moment:
            for victim in driver.victims(list(children)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
            killed = True
        ready, _, _ = select.select(
            list(open_pipes), [], [], max(0.0, moment - time.monotonic()) if not killed else 5.0
        )
        for pipe in ready:
            data = os.read(pipe, 1 << 16)
            heard[pipe] += data
            if not data:
                open_pipes.discard(pipe)
    for child, pipe in children.items():
        os.close(pipe)
        os.waitpid(child, 0)
    for said in heard.values():
        # A line that was cut off was never heard by whoever waited for it.
        for line in said.split(b"\n")[:-1]:
            record.hear(line)


def one_writer_killed(folder: Path, name: str, chance: random.Random, record: Record) -> None:
    """A process that lands alone is killed at a random moment; what it said is heard."""
    _play(InProcess(folder), [lambda pipe: _write(InProcess(folder), pipe, KEYS[0], name)], chance, record)


def lost(folder: Path, record: Record) -> list[str]:
    """Acknowledged landings that the log does not have."""
    with PartnerSpace.open(folder, keep=KEEP, cost=CHEAP) as space:
        logged = [str(entry.details["sha256"]) for entry in space.log(KEYS[0]) if "how" in entry.details]
    missing = _missing([sha for key, sha in record.acknowledged if key == KEYS[0]], logged)
    return [f"{len(missing)} acknowledged landings are lost"] if missing else []


def _say(pipe: int, kind: str, organisation: str, said: str) -> None:
    os.write(pipe, json.dumps([kind, organisation, said]).encode() + b"\n")


def _write(driver: Driver, pipe: int, key: str, name: str) -> None:
    actor = driver.actor()
    chance = random.Random(name)
    for turn in range(10_000):
        with _gone_or_busy():
            if chance.random() < 0.25:
                said = actor.bring_back(key, chance)
            else:
                content = content_of(key, f"{name}-{turn}", driver.lines)
                _say(pipe, "try", key, sha256(content))
                said = actor.land(key, content)
            if said:
                _say(pipe, "ack", key, said)


def _read(driver: Driver, pipe: int) -> None:
    actor = driver.actor()
    for turn in range(10_000):
        with _gone_or_busy():
            key = KEYS[turn % 2]
            found = actor.read(key)
            if found and sha256(found[1]) != found[0]:
                _say(pipe, "wrong", key, "bytes were read that are not those of the version")
            _say(pipe, "read", key, "")


def _back_up(folder: Path, to: Path, pipe: int) -> None:
    for _ in range(10_000):
        back_up(folder, to)
        _say(pipe, "backup", "", "")


@contextlib.contextmanager
def _gone_or_busy() -> Iterator[None]:
    """A client of a service that was killed stops; a conflict is an answer like any other."""
    try:
        yield
    except Conflict:
        pass
    except ConnectionError:
        os._exit(0)


def _after_kill(folder: Path, record: Record, in_flight: int, backup: Path | None) -> Iterator[str]:
    for fault in check_folder(folder).faults:
        yield f"check: {fault.what} ({fault.where})"
    with PartnerSpace.open(folder, keep=KEEP, cost=CHEAP) as space:
        for key in KEYS:
            logged = [str(entry.details["sha256"]) for entry in space.log(key) if "how" in entry.details]
            said = [sha for organisation, sha in record.acknowledged if organisation == key]
            missing = _missing(said, logged)
            if missing:
                yield f"{key}: {len(missing)} acknowledged landings are lost"
            if len(logged) - len(said) > in_flight:
                yield f"{key}: more landed than was sent"
            versions = space.versions(key)
            for version in versions:
                content = space.content(version)
                if sha256(content) not in record.tried:
                    yield f"{key}: version {version.number} holds what nobody sent"
            if [version.sha256 for version in versions] != logged[len(logged) - len(versions) :]:
                yield f"{key}: the versions are not the newest of the log"
            if len(versions) != min(KEEP, len(logged)):
                yield f"{key}: {len(versions)} versions are kept of {len(logged)}"
            current = space.current(key)
            if (current.sha256 if current else None) != (logged[-1] if logged else None):
                yield f"{key}: the current version is not the last that landed"
    if backup and backup.exists() and check_file(backup).faults:
        yield "a backup is not whole"


def _missing(said: list[str], logged: list[str]) -> list[str]:
    left = list(logged)
    missing = []
    for sha in said:
        if sha in left:
            left.remove(sha)
        else:
            missing.append(sha)
    return missing


def kills_of_restore(folder: Path, rounds: int, seed: int) -> list[str]:
    """Kill a restore at random moments: afterwards the space is as before or as restored, and whole."""
    chance = random.Random(seed)
    make(folder)
    backup = folder.with_name("restore.backup")
    old, new = content_of("alpha", "old"), content_of("alpha", "new")
    with PartnerSpace.open(folder, cost=CHEAP) as space:
        space.land("alpha", old, by=Operator(), how="PUT")
        back_up(folder, backup)
        space.land("alpha", new, by=Operator(), how="PUT")
    begun = time.monotonic()
    restore(folder, backup)
    usual = time.monotonic() - begun
    wrong: list[str] = []
    seen = {"restored": 0, "as before": 0}
    for number in range(rounds):
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                restore(folder, backup)
            os._exit(0)
        time.sleep(chance.uniform(0.0, 2 * usual))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        wrong += [f"restore {number}: {fault.what}" for fault in check_folder(folder).faults]
        with PartnerSpace.open(folder, cost=CHEAP) as space:
            current = space.current("alpha")
            content = space.content(current) if current else b""
            if content not in (old, new):
                wrong.append(f"restore {number}: neither the former nor the restored content")
            if content == old:
                seen["restored"] += 1
                space.land("alpha", new, by=Operator(), how="PUT")
            else:
                seen["as before"] += 1
    if min(seen.values()) == 0 and rounds >= 20:
        wrong.append(f"the kills did not hit both sides: {seen}")
    return wrong


# --- damaged files ---


@dataclass(frozen=True)
class Seen:
    """Everything that callers can learn of a space, or the sort of error instead of it."""

    facts: tuple[tuple[str, object], ...]


def everything(folder: Path) -> Seen:
    """What a space says, thing by thing. An error is one of ours or the law is broken: nothing else is caught."""
    facts: list[tuple[str, object]] = []

    def ask(name: str, question: Callable[[], object]) -> None:
        try:
            facts.append((name, question()))
        except DataFailed as error:
            facts.append((name, type(error)))

    try:
        space = PartnerSpace.open(folder, keep=KEEP, cost=CHEAP)
    except DataFailed as error:
        return Seen((("open", type(error)),))
    with space:
        ask("organisations", space.organisations)
        ask("seen by all", lambda: space.seen_by(None))
        ask("log", lambda: tuple(space.log()))
        ask("revision", lambda: space.revision)
        for key in KEYS:
            ask(f"{key}", lambda key=key: space.organisation(key))  # type: ignore[misc]
            ask(f"{key} tokens", lambda key=key: space.tokens(key))  # type: ignore[misc]
            ask(f"{key} versions", lambda key=key: space.versions(key))  # type: ignore[misc]
            ask(f"{key} current", lambda key=key: space.current(key))  # type: ignore[misc]
            ask(f"{key} content", lambda key=key: _content(space, key))  # type: ignore[misc]
    return Seen(tuple(facts))


def _content(space: PartnerSpace, key: str) -> bytes | None:
    current = space.current(key)
    return space.content(current) if current else None


def differences(right: Seen, found: Seen) -> list[str]:
    """What a damaged space says that is neither right nor one of our errors."""
    expected = dict(right.facts)
    return [
        f"{name} is told wrongly"
        for name, fact in found.facts
        if not (isinstance(fact, type) and issubclass(fact, DataFailed)) and fact != expected[name]
    ]


def damaged(folder: Path, scratch: Path, harm: Callable[[Path], None], right: Seen) -> list[str]:
    """Harm a copy of a space that is not open. What it says then is right or an error, and a check finds the harm.

    An organisation may be left out of the list of all, and a graph of what all see: others go on with theirs, and the
    check and whoever asks for that one are told."""
    copy = scratch / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    harm(copy)
    wrong: list[str] = []
    try:
        faults = check_folder(copy).faults
    except DataFailed:
        faults = ("it cannot be read at all",)  # type: ignore[assignment]
    try:
        found = everything(copy)
    except CmhGraphError as error:
        return [f"another error than damage: {error!r}"]
    except (sqlite3.Error, ValueError, TypeError, KeyError) as error:
        return [f"an error without words: {error!r}"]
    for sentence in differences(right, found):
        name = sentence.removesuffix(" is told wrongly")
        if name in ("organisations", "seen by all") and set(dict(found.facts)[name]) <= set(
            dict(right.facts)[name]
        ):  # type: ignore[call-overload]
            continue
        wrong.append(sentence)
    if found != right and not faults:
        wrong.append("the check found nothing")
    return wrong


def flip(path: Path, place: int, bit: int) -> None:
    """Turn one bit of a file."""
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 1 << bit
    path.write_bytes(data)


def truncate(path: Path, share: float) -> None:
    """Cut a file to a share of its length."""
    os.truncate(path, int(path.stat().st_size * share))


def filled(folder: Path) -> Seen:
    """A space with everything in it, closed; and what it says."""
    make(folder)
    with PartnerSpace.open(folder, keep=KEEP, cost=CHEAP) as space:
        for key in KEYS:
            _, secret = space.add_token(key, may="write", label="desk", days=30)
            holder = space.holder(secret)
            for turn in range(4):
                space.land(key, content_of(key, f"filled-{turn}"), by=holder, how="PUT")
        space.roll_back("alpha", 2, by=Operator())
        space.show_to("alpha", "public", by=Operator())
        space.show_to("beta", "shared", ["alpha"], by=Operator())
    return everything(folder)


__all__ = ["DataDamaged", "damaged", "everything", "filled", "flip", "kills", "kills_of_restore", "truncate"]
