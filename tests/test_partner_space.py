"""The partner space: what is acknowledged stays, damage is told, and nobody sees or changes what is another's."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from rdflib import Graph
from typer.testing import CliRunner

import partner_faults as faults
from cmh_graph.cli import app
from cmh_graph.errors import (
    BadParameter,
    CmhGraphError,
    Conflict,
    DataDamaged,
    DataFailed,
    NotAllowed,
    NotSignedIn,
    TooMany,
    UnknownThing,
)
from cmh_graph.partner_space import Allowance, Holder, PartnerSpace, Version, framework_keys
from cmh_graph.partner_space.backup import back_up, restore
from cmh_graph.partner_space.check import check_file, check_folder
from cmh_graph.partner_space.keys import check_key, check_namespaces
from cmh_graph.partner_space.provenance import provenance
from cmh_graph.partner_space.tokens import Cost, Verifier
from cmh_graph.store import RdfFormat, write_triples
from partner_model import ADMIN, START, Clock, Model, graph

CASES = Path(__file__).parent / "cases" / "partner_space"
CHEAP = faults.CHEAP
#: Runs of the model; `make faults` asks for more.
EXAMPLES = int(os.environ.get("CMH_GRAPH_TEST_EXAMPLES", "25"))


def cases(name: str) -> list[dict[str, Any]]:
    return tomllib.loads((CASES / f"{name}.toml").read_text("utf-8"))["case"]


def why(case: dict[str, Any]) -> str:
    return str(case["why"])[:60]


def test_every_case_file_is_used() -> None:
    assert {path.stem for path in CASES.glob("*.toml")} == {"harms", "keys", "namespaces"}
    for path in CASES.glob("*.toml"):
        assert all(case["why"] for case in cases(path.stem))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder to be. In memory where there is such a place: none of these tests is about the disk."""
    place = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=place if os.access(place, os.W_OK) else None) as name:
        yield Path(name) / "data"


@pytest.fixture
def space(folder: Path, clock: Clock) -> Iterator[PartnerSpace]:
    with PartnerSpace.open(folder, keep=3, clock=clock, cost=CHEAP) as opened:
        opened.add_organisation("north", "North Trust")
        opened.add_organisation("river", "River Trust")
        yield opened


def signed_in(space: PartnerSpace, key: str, may: Any = "write") -> Holder:
    return space.holder(space.add_token(key, may=may, label="desk")[1])


# --- keys and namespaces ---


@pytest.mark.parametrize("case", cases("keys"), ids=why)
def test_a_key_is_nobody_elses(case: dict[str, Any]) -> None:
    taken = framework_keys(case.get("iris", ()))
    if case["allowed"]:
        assert check_key(case["key"], taken) == case["key"]
    else:
        with pytest.raises(BadParameter):
            check_key(case["key"], taken)


@pytest.mark.parametrize("case", cases("namespaces"), ids=why)
def test_a_namespace_is_nobody_elses(case: dict[str, Any]) -> None:
    others = [("riverside", other) for other in case.get("others", ())]
    if case["allowed"]:
        assert check_namespaces([case["namespace"]], others) == (case["namespace"],)
    else:
        with pytest.raises(BadParameter):
            check_namespaces([case["namespace"]], others)


@given(
    st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True), st.from_regex(r"[a-z][a-z0-9]{1,8}", fullmatch=True)
)
def test_no_key_owns_a_name_of_another(one: str, other: str) -> None:
    from cmh_graph.partner_space.own_names import OwnNames

    mine, theirs = OwnNames(one), OwnNames(other)
    assert mine.holds(theirs.example()) == (one == other)
    assert framework_keys([theirs.example()])(one) == (one == other)


def test_two_organisations_cannot_have_one_key(space: PartnerSpace) -> None:
    with pytest.raises(Conflict):
        space.add_organisation("north", "Another")


def test_namespaces_of_organisations_are_held_apart(space: PartnerSpace) -> None:
    space.add_organisation("hill", "Hill", namespaces=["https://hill.example/"])
    with pytest.raises(BadParameter):
        space.add_organisation("dale", "Dale", namespaces=["https://hill.example/dale/"])
    assert [one.key for one in space.organisations()] == ["hill", "north", "river"]


# --- tokens ---


def test_a_token_is_kept_as_a_hash_only(space: PartnerSpace, folder: Path) -> None:
    token, secret = space.add_token("north", may="write", label="desk")
    assert space.holder(secret) == Holder(token.id, "north", "write", "desk")
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"$argon2id$" in stored
    assert secret.rsplit("_", 1)[1].encode() not in stored


def test_a_token_that_does_not_hold_is_told_in_the_same_words(space: PartnerSpace, clock: Clock) -> None:
    _, good = space.add_token("north", may="read", label="desk", days=2)
    revoked, gone = space.add_token("north", may="read", label="desk")
    space.revoke(revoked.id)
    _, expired = space.add_token("north", may="read", label="desk", days=1)
    clock.now += timedelta(days=1)
    unknown = f"cmh_{'a' * 10}_{good[-52:]}"
    wrong = good[:-1] + ("a" if good[-1] != "a" else "q")
    told = set()
    for secret in (
        unknown,
        wrong,
        gone,
        expired,
        "",
        "cmh_",
        "x" * 10_000,
        good.upper(),
        f"{good}\n",
        "cmh_é_ü",
    ):
        with pytest.raises(NotSignedIn) as error:
            space.holder(secret)
        told.add(str(error.value))
    assert len(told) == 1
    assert space.holder(good).may == "read"


def test_wrong_tokens_do_not_run_argon2(space: PartnerSpace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood costs look-ups only: the 16 bits beside the hash tell wrong ones, but for one in 65,536."""
    token, good = space.add_token("north", may="read", label="desk")
    revoked, gone = space.add_token("north", may="read", label="desk")
    space.revoke(revoked.id)
    ran: list[str] = []
    monkeypatch.setattr("argon2.PasswordHasher.verify", lambda *_: ran.append("argon2") or True)
    for wrong in (f"cmh_{token.id}_{'a' * 52}", f"cmh_{'b' * 10}_{'a' * 52}", gone):
        with pytest.raises(NotSignedIn):
            space.holder(wrong)
    assert not ran
    space.holder(good)
    space.holder(good)
    assert len(ran) == 1, "the second time it is remembered"


def test_many_wrong_tokens_are_slowed_down_and_good_ones_are_not(space: PartnerSpace) -> None:
    token, good = space.add_token("north", may="read", label="desk")
    wrong = f"cmh_{token.id}_{'a' * 52}"
    for _ in range(10):
        with pytest.raises(NotSignedIn):
            space.holder(wrong)
    with pytest.raises(TooMany) as error:
        space.holder(wrong)
    assert error.value.seconds >= 1
    assert space.holder(good).token == token.id


def test_argon2_runs_are_few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = Verifier(CHEAP, at_once=2)
    secrets = [f"cmh_{'a' * 10}_{n:052}" for n in range(8)]
    kept = [verifier.keep(secret) for secret in secrets]
    running, most, lock = 0, 0, threading.Lock()

    def slow(*_: object) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.02)
        with lock:
            running -= 1
        return True

    monkeypatch.setattr("argon2.PasswordHasher.verify", slow)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(verifier.recognises, secrets, kept))
    assert most <= 2


def test_a_revoked_token_ends_at_once_also_in_another_process(space: PartnerSpace, folder: Path) -> None:
    token, secret = space.add_token("north", may="write", label="desk")
    holder = space.holder(secret)
    with PartnerSpace.open(folder, cost=CHEAP) as other:
        other.revoke(token.id)
    with pytest.raises(NotSignedIn):
        space.holder(secret)
    with pytest.raises(NotSignedIn):
        space.land("north", graph("late"), by=holder, how="PUT")
    assert space.current("north") is None


def test_an_expired_token_stays_so_when_the_clock_is_moved_back(folder: Path) -> None:
    clock = Clock()
    with PartnerSpace.open(folder, clock=clock, cost=CHEAP) as space:
        space.add_organisation("north", "North")
        _, short = space.add_token("north", may="read", label="desk", days=1)
        _, long = space.add_token("north", may="read", label="desk", days=30)
        clock.now += timedelta(days=2)
        space.holder(long)  # no landing tells the time, a sign-in does
        with pytest.raises(NotSignedIn):
            space.holder(short)
        clock.now = START
        with pytest.raises(NotSignedIn):
            space.holder(short)
    with PartnerSpace.open(folder, clock=clock, cost=CHEAP) as space:
        with pytest.raises(NotSignedIn):
            space.holder(short)
        assert space.holder(long)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 4)), max_size=40), st.integers(1, 6))
def test_an_allowance_never_gives_more_than_its_pace(asked: list[tuple[float, int]], burst: int) -> None:
    now, granted = 0.0, []
    allowance = Allowance(0.5, burst, clock=lambda: now)
    for wait, times in asked:
        now += wait
        for _ in range(times):
            try:
                allowance.take("one")
                granted.append(now)
            except TooMany as error:
                assert error.seconds >= 1
                now += error.seconds
                allowance.take("one")  # who waits as told is let in
                granted.append(now)
    for start in granted:
        within = [moment for moment in granted if start <= moment]
        assert len(within) <= burst + 0.5 * (max(within) - start) + 1e-3


def test_an_allowance_forgets_rather_than_grow() -> None:
    allowance = Allowance(1, 1, kept=3)
    for name in "abcdef":
        allowance.take(name)
    assert len(allowance._buckets) == 3


# --- versions ---


def test_a_landing_is_numbered_recorded_and_read_back(space: PartnerSpace) -> None:
    holder = signed_in(space, "north")
    before = space.revision
    version = space.land("north", graph("one") + graph("two"), by=holder, how="PUT")
    assert (version.number, version.statements, version.by) == (1, 2, holder.token)
    assert space.content(version) == graph("one") + graph("two")
    assert space.revision > before
    assert [entry.kind for entry in space.log("north")] == ["added", "token made", "landed"]


def test_the_same_content_again_makes_no_version(space: PartnerSpace) -> None:
    first = space.land("north", graph("one"), by=ADMIN, how="PUT")
    before = space.revision
    assert space.land("north", graph("one"), by=ADMIN, how="PUT") == first
    assert space.revision == before


def test_an_empty_graph_is_not_no_graph(space: PartnerSpace) -> None:
    version = space.land("north", b"", by=ADMIN, how="PUT", expected="")
    assert space.content(version) == b""
    assert space.current("north") == version
    with pytest.raises(Conflict):
        space.land("north", graph("one"), by=ADMIN, how="PUT", expected="")


def test_half_a_line_does_not_land(space: PartnerSpace) -> None:
    with pytest.raises(BadParameter):
        space.land("north", graph("one")[:-1], by=ADMIN, how="PUT")


def test_a_change_of_what_was_not_seen_is_a_conflict(space: PartnerSpace) -> None:
    first = space.land("north", graph("one"), by=ADMIN, how="PUT", expected="")
    second = space.land("north", graph("two"), by=ADMIN, how="PUT", expected=first.sha256)
    for change in (
        lambda: space.land("north", graph("three"), by=ADMIN, how="PUT", expected=first.sha256),
        lambda: space.roll_back("north", 1, by=ADMIN, expected=first.sha256),
        lambda: space.remove("north", by=ADMIN, expected=first.sha256),
    ):
        with pytest.raises(Conflict):
            change()
    assert space.current("north") == second


def test_only_a_writer_of_the_organisation_changes_it(space: PartnerSpace) -> None:
    reader, other = signed_in(space, "north", "read"), signed_in(space, "river")
    for holder in (reader, other):
        for change in (
            lambda holder=holder: space.land("north", graph("x"), by=holder, how="PUT"),
            lambda holder=holder: space.roll_back("north", 1, by=holder),
            lambda holder=holder: space.remove("north", by=holder),
            lambda holder=holder: space.show_to("north", "public", by=holder),
        ):
            with pytest.raises(NotAllowed):
                change()
    assert not space.may_write(reader, "north")
    assert not space.may_write(None, "north")
    assert space.versions("north") == ()


def test_forgetting_leaves_no_byte_of_a_content(space: PartnerSpace, folder: Path) -> None:
    """Contents are packed, so the needle is looked for as it is stored."""
    space.land("north", graph("secret ward"), by=ADMIN, how="PUT")
    with contextlib.closing(sqlite3.connect(folder / "partners-1.sqlite")) as database:
        (needle,) = database.execute("SELECT packed FROM contents").fetchone()
    space.remove("north", by=ADMIN, forget=True)
    assert space.versions("north") == ()
    space.close()
    assert all(needle not in path.read_bytes() for path in folder.iterdir())


def test_two_spaces_made_at_once_are_one(folder: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        spaces = list(pool.map(lambda _: PartnerSpace.open(folder, cost=CHEAP), range(6)))
    spaces[0].add_organisation("north", "North")
    assert all(one.organisation("north") for one in spaces)
    assert len(list(folder.glob("partners-*.sqlite"))) == 1
    for one in spaces:
        one.close()


def test_threads_that_land_at_once_leave_one_order(space: PartnerSpace, folder: Path) -> None:
    def land(n: int) -> Version:
        return space.land("north" if n % 2 else "river", graph(str(n)), by=ADMIN, how="PUT")

    with ThreadPoolExecutor(8) as pool:
        landed = list(pool.map(land, range(40)))
    for key in ("north", "river"):
        assert sorted(one.number for one in landed if one.organisation == key) == list(range(1, 21))
        assert space.current(key) == max(
            (one for one in landed if one.organisation == key), key=lambda v: v.number
        )
    assert check_folder(folder).faults == ()


def test_after_close_every_call_is_refused_in_words(space: PartnerSpace) -> None:
    space.close()
    with pytest.raises(DataFailed, match="closed"):
        space.current("north")


# --- the law: a space is what a dictionary says ---


def test_a_space_says_what_a_dictionary_says(folder: Path) -> None:
    folder.mkdir()
    Model.folder = folder
    run_state_machine_as_test(
        Model, settings=settings(max_examples=EXAMPLES, stateful_step_count=30, deadline=None)
    )
    for one in folder.iterdir():
        assert check_folder(one / "data").faults == ()


# --- the log ---


def test_the_log_cannot_be_changed_by_sql(space: PartnerSpace, folder: Path) -> None:
    space.land("north", graph("one"), by=ADMIN, how="PUT")
    with contextlib.closing(sqlite3.connect(folder / "partners-1.sqlite", isolation_level=None)) as database:
        database.execute("PRAGMA recursive_triggers=ON")
        row = database.execute("SELECT * FROM log ORDER BY seq DESC LIMIT 1").fetchone()
        marks = ",".join("?" * len(row))
        for statement, values in (
            ("UPDATE log SET label = 'x'", ()),
            ("DELETE FROM log", ()),
            (f"INSERT INTO log VALUES ({marks})", (row[0] + 2, *row[1:])),
            (f"INSERT INTO log VALUES ({marks})", (row[0] + 1, *row[1:8], "", row[9])),
            (f"INSERT OR REPLACE INTO log VALUES ({marks})", row),
        ):
            with pytest.raises(sqlite3.IntegrityError, match="the log only grows"):
                database.execute(statement, values)
    assert check_folder(folder).faults == ()


def test_order_survives_a_clock_moved_back(space: PartnerSpace, clock: Clock) -> None:
    for hours in (5, -100, 1, -3):
        clock.now += timedelta(hours=hours)
        space.land("north", graph(f"{hours}"), by=ADMIN, how="PUT")
    times = [entry.when for entry in space.log()]
    assert times == sorted(times)
    assert space.versions("north")[-1].when == START + timedelta(hours=5)


def test_the_log_as_prov_is_what_prov_asks_for(space: PartnerSpace) -> None:
    """Judged by rdflib: each version has the activity that made it, its agent and time; a roll-back derives."""
    holder = signed_in(space, "north")
    space.land("north", graph("one"), by=holder, how="PUT")
    space.land("north", graph("two"), by=holder, how="align page")
    space.roll_back("north", 1, by=ADMIN)
    space.remove("north", by=ADMIN)
    space.show_to("north", "shared", ["river"], by=ADMIN)
    path = Path(tempfile.mkstemp(suffix=".ttl")[1])
    with path.open("wb") as output:
        write_triples(list(provenance(space.log("north"))), output, RdfFormat.TURTLE)
    read = Graph().parse(path)
    path.unlink()
    rows = read.query(
        """SELECT ?version ?label ?before ?old ?ended WHERE {
          ?version a prov:Entity ; prov:wasGeneratedBy ?act ; prov:specializationOf ?graph ;
            prov:generatedAtTime ?time ; dcterms:identifier ?sha .
          ?act a prov:Activity ; prov:endedAtTime ?time ; prov:wasAssociatedWith [ a ?kind ; rdfs:label ?label ] .
          OPTIONAL { ?version prov:wasRevisionOf ?before } OPTIONAL { ?version prov:wasDerivedFrom ?old }
          OPTIONAL { ?version prov:wasInvalidatedBy/prov:endedAtTime ?ended }
        } ORDER BY ?version""",
        initNs={"prov": "http://www.w3.org/ns/prov#", "dcterms": "http://purl.org/dc/terms/"},
    )
    found = [[str(value).rsplit("/", 1)[-1] if value else "" for value in row] for row in rows]
    assert [row[:4] for row in found] == [
        ["1", "desk", "", ""], ["2", "desk", "1", ""], ["3", "test desk", "2", "1"],
    ]  # fmt: skip
    assert [bool(row[4]) for row in found] == [False, False, True]


def test_the_log_of_one_names_no_other(space: PartnerSpace) -> None:
    space.land("river", graph("private"), by=ADMIN, how="PUT")
    assert {entry.organisation for entry in space.log("north")} == {"north"}
    with pytest.raises(UnknownThing):
        list(space.log("nobody"))


# --- damage ---


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, faults.Seen]:
    """A closed space with everything in it, and what it says. Not to be written to."""
    folder = tmp_path_factory.mktemp("whole") / "data"
    return folder, faults.filled(folder)


def harm(folder: Path, case: dict[str, Any]) -> None:
    if "write" in case:
        (folder / case["write"]["file"]).write_text(case["write"]["text"], "utf-8")
    if "remove" in case:
        (folder / case["remove"]).unlink()
    if "truncate" in case:
        faults.truncate(folder / case["truncate"]["file"], case["truncate"]["share"])
    if "sql" in case:
        with contextlib.closing(
            sqlite3.connect(folder / "partners-1.sqlite", isolation_level=None)
        ) as database:
            database.executescript(case["sql"])


@pytest.mark.parametrize("case", cases("harms"), ids=why)
def test_damage_is_told_and_never_served(
    whole: tuple[Path, faults.Seen], tmp_path: Path, case: dict[str, Any]
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(whole[0], folder)
    harm(folder, case)
    if case["opens"] is False:
        kind = DataFailed if case.get("failed") else DataDamaged
        with pytest.raises(kind) as error:
            PartnerSpace.open(folder)
        assert error.value.mend
        if not case.get("failed"):
            assert case["finds"] in " ".join(fault.what for fault in check_folder(folder).faults)
        return
    if not case.get("checks_after_opening"):
        found = check_folder(folder).faults
        assert bool(found) == bool(case.get("finds"))
        assert case.get("finds", "") in " / ".join(fault.what for fault in found)
    right = dict(whole[1].facts)
    with PartnerSpace.open(folder, cost=CHEAP) as space:
        for key in faults.KEYS:
            if case.get(key) == "damaged":
                with pytest.raises(DataDamaged):
                    current = space.current(key)
                    assert current is None or space.content(current)
                assert key != "beta" or key not in {version.organisation for version in space.seen_by(None)}
            else:
                current = space.current(key)
                assert current
                assert space.content(current) == right[f"{key} content"]
    if not case.get("finds"):
        assert check_folder(folder).faults == ()


@pytest.mark.parametrize("place", range(0, 1000, 13))
def test_a_flipped_bit_is_never_believed(whole: tuple[Path, faults.Seen], tmp_path: Path, place: int) -> None:
    size = (whole[0] / "partners-1.sqlite").stat().st_size
    where = place * size // 1000 + place % 7

    def turn(folder: Path) -> None:
        faults.flip(folder / "partners-1.sqlite", where, place % 8)

    assert faults.damaged(whole[0], tmp_path, turn, whole[1]) == []


def test_landing_the_same_again_mends_a_damaged_content(folder: Path) -> None:
    faults.make(folder)
    with PartnerSpace.open(folder, cost=CHEAP) as space:
        space.land("alpha", graph("one"), by=ADMIN, how="PUT")
        with contextlib.closing(
            sqlite3.connect(folder / "partners-1.sqlite", isolation_level=None)
        ) as database:
            database.execute("UPDATE contents SET packed = x'00'")
        current = space.current("alpha")
        assert current
        with pytest.raises(DataDamaged):
            space.content(current)
        space.land("beta", graph("two"), by=ADMIN, how="PUT")
        space.land("alpha", graph("one"), by=ADMIN, how="PUT")
        assert check_folder(folder).faults == ()


# --- faults of the machine ---


def test_killed_at_random_moments_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """`make faults` does this 200 times."""
    faults.make(tmp_path / "data")
    wrong, record = faults.kills(faults.InProcess(tmp_path / "data"), 8, seed=6, backup=tmp_path / "backup")
    assert wrong == []
    assert record.acknowledged
    assert record.reads
    assert faults.kills_of_restore(tmp_path / "restore" / "data", 5, seed=6) == []


@pytest.mark.parametrize("left", [None, 0, 100, 5000], ids=lambda left: f"wal={left}")
def test_a_lost_log_of_writes_loses_nothing_acknowledged(folder: Path, left: int | None) -> None:
    faults.make(folder)
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from cmh_graph.partner_space import PartnerSpace, Operator\n"
        "space = PartnerSpace.open(Path(sys.argv[1]))\n"
        "for n in range(5):\n"
        "    space.land('alpha', b'<x:a> <x:b> \"%d\" <x:g> .\\n' % n, by=Operator(), how='PUT')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=False, timeout=60)
    wal = folder / "partners-1.sqlite-wal"
    assert wal.stat().st_size
    if left is None:
        wal.unlink()
    else:
        os.truncate(wal, min(left, wal.stat().st_size))
    assert check_folder(folder).faults == ()
    with PartnerSpace.open(folder, cost=CHEAP) as space:
        current = space.current("alpha")
        assert current
        assert (current.number, space.content(current)) == (5, b'<x:a> <x:b> "4" <x:g> .\n')


def in_child(job: Callable[[], str]) -> str:
    """What a job says in a process of its own, whose limits and rights it may give up."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = job()
        except BaseException as error:
            said = f"another error: {error!r}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


def test_a_full_disk_changes_nothing(folder: Path) -> None:
    """The system refuses to let files grow, as a full disk does."""
    faults.make(folder)
    with PartnerSpace.open(folder, cost=CHEAP) as space:
        before = space.land("alpha", graph("before"), by=ADMIN, how="PUT")

    def job() -> str:
        space = PartnerSpace.open(folder, cost=CHEAP)
        largest = (folder / "partners-1.sqlite").stat().st_size + 20_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        try:
            space.land("alpha", os.urandom(400_000).hex().encode() + b"\n", by=ADMIN, how="PUT")
        except DataFailed as error:
            current = space.current("alpha")
            assert current == before
            assert space.content(current) == graph("before")
            return f"{error.what} | {error.mend}"
        return "it landed"

    said = in_child(job)
    assert "nothing was changed" in said
    assert "room" in said
    assert check_folder(folder).faults == ()
    with PartnerSpace.open(folder, cost=CHEAP) as space:
        assert space.current("alpha") == before
        space.land("alpha", graph("after"), by=ADMIN, how="PUT")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """As another user, because root may write everywhere."""
    folder = tmp_path / "data"
    faults.make(folder)
    with PartnerSpace.open(folder, cost=CHEAP) as space:
        space.land("alpha", graph("before"), by=ADMIN, how="PUT")
    for path in (folder, *folder.iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o444)
    # Each folder on the way, of which there are more where tests run side by side.
    for path in (tmp_path, *tmp_path.parents):
        if path == Path(tempfile.gettempdir()):
            break
        path.chmod(path.stat().st_mode | 0o055)

    def job() -> str:
        if os.getuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        said = []
        for action in (
            lambda: PartnerSpace.open(folder, cost=CHEAP).land("alpha", graph("x"), by=ADMIN, how="PUT"),
            lambda: PartnerSpace.open(folder / "new", cost=CHEAP),
            lambda: restore(folder, folder / "partners-1.sqlite"),
        ):
            try:
                action()
                said.append("it went")
            except CmhGraphError as error:
                said.append(f"{type(error).__name__}: {error.what}")
        return json.dumps(said)

    said = json.loads(in_child(job))
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)
    assert [one.split(":")[0] for one in said] == ["DataFailed", "DataFailed", "BadParameter"], said
    assert check_folder(folder).faults == ()


# --- backup and restore ---


def test_a_running_service_goes_on_with_what_was_restored(
    space: PartnerSpace, folder: Path, tmp_path: Path
) -> None:
    token, secret = space.add_token("north", may="write", label="desk")
    holder = space.holder(secret)
    space.land("north", graph("old"), by=holder, how="PUT")
    space.show_to("north", "public", by=ADMIN)
    back_up(folder, tmp_path / "backup")
    space.land("north", graph("new"), by=holder, how="PUT")
    space.show_to("north", "private", by=ADMIN)
    space.revoke(token.id)
    space.add_organisation("hill", "Hill")
    revision = space.revision
    done = restore(folder, tmp_path / "backup")
    assert (done.revoked, done.shown, done.missing) == ((token.id,), ("north",), ("hill",))
    assert space.revision > revision
    current = space.current("north")
    assert current
    assert space.content(current) == graph("old")
    assert space.seen_by(None) == (), "who may see it was decided after the backup"
    with pytest.raises(NotSignedIn):
        space.holder(secret)
    assert space.land("north", graph("newer"), by=ADMIN, how="PUT").number == 3, "numbers are not used again"
    assert check_folder(folder).faults == ()
    assert done.former
    assert check_file(done.former).faults == ()
    with pytest.raises(BadParameter):
        restore(folder, done.current)
    again = restore(folder, done.former)
    assert again.former == done.current
    assert space.organisation("hill").name == "Hill", "what was restored by mistake can be undone"
    assert check_folder(folder).faults == ()


def test_a_restore_waits_for_a_landing_and_the_next_goes_to_the_restored(
    space: PartnerSpace, folder: Path, tmp_path: Path
) -> None:
    back_up(folder, tmp_path / "backup")
    with ThreadPoolExecutor(5) as pool:
        landings = [pool.submit(space.land, "north", graph(str(n)), by=ADMIN, how="PUT") for n in range(30)]
        restored = [pool.submit(restore, folder, tmp_path / "backup") for _ in range(3)]
        landed = [one.result() for one in landings]
        for one in restored:
            one.result()
    assert len({version.number for version in landed}) == 30, "no number is given twice, also over restores"
    assert check_folder(folder).faults == ()
    assert (folder / "current").read_text() == "partners-4.sqlite\n"


def test_a_backup_of_damaged_data_leaves_the_earlier_one(folder: Path, tmp_path: Path) -> None:
    faults.filled(folder)
    backup = tmp_path / "backup"
    back_up(folder, backup)
    before = backup.read_bytes()
    with contextlib.closing(sqlite3.connect(folder / "partners-1.sqlite", isolation_level=None)) as database:
        database.execute("UPDATE contents SET packed = x'00'")
    with pytest.raises(DataDamaged):
        back_up(folder, backup)
    assert backup.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]
    done = restore(folder, backup)
    assert done.former_read
    assert check_folder(folder).faults == ()


def test_a_database_that_is_no_more_is_replaced_all_the_same(folder: Path, tmp_path: Path) -> None:
    right = faults.filled(folder)
    back_up(folder, tmp_path / "backup")
    (folder / "partners-1.sqlite").write_bytes(b"x" * 10_000)
    assert not restore(folder, tmp_path / "backup").former_read
    assert check_folder(folder).faults == ()
    assert dict(faults.everything(folder).facts)["alpha content"] == dict(right.facts)["alpha content"]


def test_a_backup_can_be_restored_on_a_new_machine(folder: Path, tmp_path: Path) -> None:
    faults.filled(folder)
    back_up(folder, tmp_path / "backup")
    restore(tmp_path / "new" / "data", tmp_path / "backup")
    assert check_folder(tmp_path / "new" / "data").faults == ()


@pytest.mark.parametrize(
    ("name", "change", "kind"),
    [
        ("cut", lambda path: faults.truncate(path, 0.7), DataDamaged),
        (
            "flipped",
            lambda path: faults.flip(path, path.read_bytes().index(b"\x28\xb5\x2f\xfd") + 20, 3),
            DataDamaged,
        ),
        ("other", lambda path: path.write_text("no database"), DataDamaged),
        ("gone", lambda path: path.unlink(), DataFailed),
    ],
)
def test_a_backup_that_is_not_whole_is_not_restored(
    folder: Path, tmp_path: Path, name: str, change: Callable[[Path], object], kind: type[CmhGraphError]
) -> None:
    faults.filled(folder)
    backup = tmp_path / name
    back_up(folder, backup)
    change(backup)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(kind):
        restore(folder, backup)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


def test_a_backup_replaces_nothing_but_a_backup(folder: Path, tmp_path: Path) -> None:
    faults.make(folder)
    (tmp_path / "letter").write_text("keep me")
    for place in (tmp_path / "letter", folder / "partners-1.sqlite", folder / "backup"):
        with pytest.raises(BadParameter):
            back_up(folder, place)
    assert (tmp_path / "letter").read_text() == "keep me"
    back_up(folder, tmp_path / "backup")
    back_up(folder, tmp_path / "backup")
    assert oct((tmp_path / "backup").stat().st_mode)[-3:] == "600", "it holds private graphs"


# --- commands ---


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    monkeypatch.setenv("CMH_GRAPH_DATA", str(folder))
    snapshot = folder.parent / "build" / "one"
    snapshot.mkdir(parents=True)
    (snapshot.parent / "current").write_text("one\n")
    (snapshot / "manifest.json").write_text("{}")
    (snapshot / "dataset.nq").write_text(
        "<https://w3id.org/cmh-graph/role/hcsw> <https://x.example/b> <https://x.example/c> <https://x.example/g> .\n"
    )
    monkeypatch.setenv("CMH_GRAPH_SNAPSHOTS", str(snapshot.parent))

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, list(words))
        if isinstance(result.exception, CmhGraphError):
            return result.exception.exit_code, str(result.exception)
        return result.exit_code, result.stdout

    return run


def test_an_operator_runs_a_space_by_commands(
    run: Callable[..., tuple[int, str]], folder: Path, tmp_path: Path
) -> None:
    code, secret = run(
        "partner", "add", "westbrook", "--name", "Westbrook Trust", "--namespace", "https://w.example/"
    )
    assert code == 0
    with PartnerSpace.open(folder) as space:
        holder = space.holder(secret.strip())
        assert holder.may == "write"
        space.land("westbrook", graph("one"), by=holder, how="PUT")
        space.land("westbrook", graph("two"), by=holder, how="PUT")
    assert run("partner", "add", "hcsw", "--name", "Taken")[0] == 2, "a role of the framework has this key"
    assert run("partner", "add", "eastfield", "--name", "Eastfield", "--no-token") == (0, "")
    assert "westbrook" in run("partner", "list")[1]
    assert run("partner", "share", "westbrook", "shared", "--with", "eastfield") == (
        0, "westbrook is shown to eastfield\n",
    )  # fmt: skip
    assert run("partner", "share", "westbrook", "everyone")[0] == 2
    facts = json.loads(run("partner", "show", "westbrook", "--format", "json")[1])
    assert facts["shown to"] == "eastfield"
    assert facts["versions kept"] == [1, 2]
    assert run("partner", "rollback", "westbrook", "1")[0] == 0
    assert run("partner", "rollback", "westbrook", "9")[0] == 2
    assert [one["version"] for one in json.loads(run("partner", "versions", "westbrook", "--format", "json")[1])] == [
        1, 2, 3,
    ]  # fmt: skip
    assert run("partner", "content", "westbrook")[1].encode() == graph("one")
    code, other = run("partner", "token", "add", "eastfield", "--label", "planning desk", "--days", "0")
    token = other.strip().split("_")[1]
    assert "never" in run("partner", "token", "list", "eastfield")[1]
    assert run("partner", "token", "revoke", token)[0] == 0
    assert "revoked" in run("partner", "token", "list", "eastfield")[1]
    assert run("data", "backup", str(tmp_path / "backup"))[0] == 0
    assert run("partner", "remove", "westbrook")[0] == 0
    assert run("partner", "content", "westbrook")[0] == 2
    assert run("data", "restore", str(tmp_path / "backup"))[0] == 0
    assert run("partner", "content", "westbrook")[1].encode() == graph("one")
    assert run("data", "check")[0] == 0
    assert run("data", "check", str(tmp_path / "backup"))[0] == 0
    everything = run("partner", "log")[1] + run("partner", "log", "--format", "json")[1]
    assert secret.strip() not in everything
    assert "restored" in everything
    assert Graph().parse(data=run("partner", "log", "westbrook", "--format", "turtle")[1], format="turtle")


def test_a_check_of_damaged_data_ends_with_one(run: Callable[..., tuple[int, str]], folder: Path) -> None:
    faults.filled(folder)
    with contextlib.closing(sqlite3.connect(folder / "partners-1.sqlite", isolation_level=None)) as database:
        database.execute("UPDATE contents SET packed = x'00'")
    code, said = run("data", "check")
    assert code == 1
    assert "alpha, version" in said
    faults.truncate(folder / "partners-1.sqlite", 0.5)
    assert run("data", "check")[0] == 1
    shutil.rmtree(folder)
    assert run("data", "check")[0] == 2
    assert "there is no partner space" in run("partner", "list")[1]
    assert not folder.exists(), "a question makes no folder"
    assert run("data", "backup", "x")[0] == 2


def test_hashing_costs_what_is_recommended() -> None:
    """OWASP's cheat sheet on password storage: argon2id with 19 MiB, 2 passes, 1 lane at least."""
    assert Cost() == Cost(passes=2, memory_kib=19_456, lanes=1)
    assert Verifier(Cost()).keep("x").hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_how_to_is_true_from_its_first_to_its_last_command(
    run: Callable[..., tuple[int, str]], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one folder and in their order, as an operator would; the partner sends two versions meanwhile."""
    page = (Path(__file__).parent.parent / "docs" / "how-to" / "run-a-partner-space.md").read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    lines = [line for block in re.findall(r"```shell\n(.*?)```", page, re.S) for line in block.splitlines()]
    assert lines[0].startswith("$ cmh-graph partner add")
    said: list[str] = []
    for number, line in enumerate(lines):
        if not line.startswith("$ "):
            assert line in said, f"the page shows another output: {said}"
            continue
        code, output = run(*shlex.split(line)[2:])
        assert code == 0, output
        said = output.splitlines()
        if number == 0:
            with PartnerSpace.open(folder) as space:
                holder = space.holder(output.strip())
                for text in ("one", "two"):
                    space.land("westbrook", graph(text), by=holder, how="PUT")
