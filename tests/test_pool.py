"""Queries run in processes that are stopped, replaced, kept apart and closed without a trace."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from cmh_graph.errors import (
    AnswerTooLarge,
    BodyTooLarge,
    CmhGraphError,
    NoSnapshot,
    QueryRefused,
    QuerySyntax,
    QueryTooLong,
    QueueFull,
)
from cmh_graph.settings import Settings
from cmh_graph.sparql import guard, tokens
from cmh_graph.sparql import worker as worker_module
from cmh_graph.sparql.pool import QueryRequest
from cmh_graph.sparql.worker_pool import WorkerPool
from conftest import SparqlServer, serve_sparql

T = TypeVar("T")
LIGHT = QueryRequest("SELECT ?o { <http://x/role/1> ?p ?o }", "json", {})
RUNAWAY = QueryRequest("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }", "json", {})
SORT = QueryRequest("SELECT ?a { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i", "json", {})


def in_pool(snapshot: Path, work: Callable[[WorkerPool], Awaitable[T]], **changed: Any) -> T:
    """Run a test in a pool of its own; whatever happens, afterwards no process of it is left."""

    async def run() -> T:
        # Nothing is kept: these tests ask the same again and again to see it run.
        settings = Settings(**{"query_seconds": 1.0, "query_memory_mb": 256, "query_kept_mb": 0, **changed})
        pool = WorkerPool(snapshot, settings)
        await pool.start()
        try:
            return await work(pool)
        finally:
            pids = pool.workers
            await pool.close()
            await gone(*pids)

    return asyncio.run(run())


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def gone(*pids: int) -> None:
    for _ in range(300):
        if not any(running(pid) for pid in pids):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("processes are left over")


async def refilled(pool: WorkerPool, without: set[int], count: int = 2) -> None:
    for _ in range(300):
        if len(pool.workers) == count and not without & set(pool.workers):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("no replacement came")


def test_a_runaway_is_stopped_and_replaced_while_others_go_on(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        before = set(pool.workers)
        began = time.monotonic()
        runaway = asyncio.create_task(pool.run(RUNAWAY))
        await asyncio.sleep(0.05)
        light = 0
        while not runaway.done():
            assert (await pool.run(LIGHT)).rows == 1
            light += 1
        with pytest.raises(QueryTooLong, match="1 seconds"):
            runaway.result()
        assert 0.9 < time.monotonic() - began < 2
        assert light > 50
        await asyncio.sleep(0.3)
        after = set(pool.workers)
        assert len(after) == 2
        assert len(before & after) == 1
        await gone(*(before - after))

    in_pool(sparql_snapshot, work)


def test_short_queries_go_on_beside_many_runaways(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        runaways = [asyncio.create_task(pool.run(RUNAWAY)) for _ in range(8)]
        await asyncio.sleep(0)
        # Those that would hold the workers may run for a minute: what answers sooner did not wait for them.
        async with asyncio.timeout(20):
            for _ in range(50):
                assert (await pool.run(LIGHT)).rows == 1
        assert sum(not runaway.done() for runaway in runaways) >= 2
        assert len(pool.workers) <= 2 * 5 + 2
        for runaway in runaways:
            runaway.cancel()
        results = await asyncio.gather(*runaways, return_exceptions=True)
        assert {type(result) for result in results} <= {asyncio.CancelledError, QueueFull}
        await refilled(pool, set())

    in_pool(sparql_snapshot, work, query_seconds=60)


#: Takes more than the 20 ms after which a query gives way, and far less than it may.
LONG = QueryRequest(
    "SELECT (COUNT(*) AS ?n) { { SELECT ?a { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } LIMIT 700000 } }", "json", {}
)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('ASK { ?s ?p "x" }', "ASK { ?s ?p  'yy' } # again", True),
        ("SELECT * { ?s ?p ?o } LIMIT 10", "SELECT * {\n?s ?p ?o\n} LIMIT 200", True),
        (r'ASK { ?s ?p "a \" b" }', 'ASK { ?s ?p "" }', True),
        # What an IRI names decides how long it takes; "#" begins no comment in it.
        ("ASK { ?s <http://x/#one> ?o }", "ASK { ?s <http://x/#two> ?o }", False),
        ("ASK { ?s x:p1 ?o }", "ASK { ?s x:p2 ?o }", False),
        ("ASK { ?s ?p ?o }", "ASK { ?s ?p ?o . ?a ?b ?c }", False),
        # A literal may hold what would be a comment, an IRI or the end of another.
        ('ASK { ?s ?p "# <x> \'" . ?s ?p ?q }', 'ASK { ?s ?p "y" . ?s ?p ?q }', True),
        ('ASK { ?s ?p "# <x>" . ?s ?p ?q }', 'ASK { ?s ?p "y" . ?s ?p ?o }', False),
    ],
)
def test_two_askings_of_one_question_have_one_shape(one: str, other: str, same: bool) -> None:
    shapes = {QueryRequest(text, "json", {}).shape for text in (one, other)}
    assert (len(shapes) == 1) is same


def test_a_long_text_has_no_shape() -> None:
    assert QueryRequest("ASK { ?s ?p ?o " + ". ?s ?p ?o " * 1000 + "}", "json", {}).shape == ""


def test_a_query_known_to_be_long_costs_no_new_process_and_leaves_the_fresh_ones(
    sparql_snapshot: Path,
) -> None:
    async def work(pool: WorkerPool) -> None:
        at_first = set(pool.workers)
        rows = (await pool.run(LONG)).body
        await refilled(pool, set(), count=3)
        # The one that gave way is there still, and another is fresh in its place.
        after = set(pool.workers)
        assert at_first < after
        for number in range(5):
            # It is known by its shape: in another comment or literal it is the same question.
            again = replace(LONG, text=f"{LONG.text} # {number}")
            assert (await pool.run(again)).body == rows
            assert set(pool.workers) == after
        # It ends when nobody has asked for it for a moment.
        await refilled(pool, set(), count=2)

    in_pool(sparql_snapshot, work, query_seconds=60, query_light_seconds=30)


def test_a_crowd_of_queries_that_end_by_themselves_is_not_stopped(sparql_snapshot: Path) -> None:
    """More at once than there may be processes, none of them endless: each waits its turn."""

    async def work(pool: WorkerPool) -> None:
        for request in (LONG, *(QueryRequest(f"{LONG.text} # {n}", "json", {}) for n in range(2))):
            answers = await asyncio.gather(*(pool.run(request) for _ in range(24)))
            assert len({answer.body for answer in answers}) == 1
            assert len(pool.workers) <= 2 * 5 + 2

    in_pool(sparql_snapshot, work, query_seconds=60, query_light_seconds=10)


def test_a_short_query_goes_first_where_long_ones_wait(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        await pool.run(LONG)
        crowd = [asyncio.create_task(pool.run(LONG)) for _ in range(24)]
        await asyncio.sleep(0)
        assert (await pool.run(LIGHT)).rows == 1
        assert sum(not task.done() for task in crowd) > 12
        await asyncio.gather(*crowd)

    in_pool(sparql_snapshot, work, query_seconds=60, query_light_seconds=30)


def test_a_long_query_without_a_place_is_stopped_and_told(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        runaways = {asyncio.create_task(pool.run(RUNAWAY)) for _ in range(3)}
        async with asyncio.timeout(30):
            stopped, going = await asyncio.wait(runaways, return_when=asyncio.FIRST_COMPLETED)
            if len(going) == 2:
                more, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
                stopped |= more
        for task in stopped:
            with pytest.raises(QueueFull, match="busy with long queries") as caught:
                task.result()
            assert "0.1 seconds" in caught.value.mend
        (last,) = going
        assert not last.done()
        # The place is free again once the one that holds it has gone.
        last.cancel()
        await asyncio.gather(last, return_exceptions=True)
        next_one = asyncio.create_task(pool.run(RUNAWAY))
        await asyncio.sleep(0.5)
        assert not next_one.done()
        next_one.cancel()
        await refilled(pool, set())

    in_pool(sparql_snapshot, work, query_seconds=60, query_light_seconds=0.1, query_slow_workers=1)


def test_a_dead_worker_is_noticed_before_it_gets_a_query(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        await asyncio.gather(pool.run(LIGHT), pool.run(LIGHT))
        for pid in pool.workers:
            os.kill(pid, signal.SIGKILL)
            while running(pid):
                time.sleep(0.001)  # not asyncio's: the pool shall not hear of it before the query comes
        assert (await pool.run(LIGHT)).rows == 1

    in_pool(sparql_snapshot, work, query_seconds=20)


def test_a_worker_that_dies_on_the_way_is_made_up_for(
    sparql_snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module.Worker, "has_ended", lambda worker: False)

    async def work(pool: WorkerPool) -> None:
        await asyncio.gather(pool.run(LIGHT), pool.run(LIGHT))
        os.kill(pool.workers[0], signal.SIGKILL)
        while running(pool.workers[0]):
            time.sleep(0.001)
        answers = await asyncio.gather(pool.run(LIGHT), pool.run(LIGHT))
        assert [answer.rows for answer in answers] == [1, 1]

    in_pool(sparql_snapshot, work, query_seconds=20)


def test_long_texts_are_checked_beside_the_event_loop(
    sparql_snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    check = guard.check

    def noted(text: str, **rest: Any) -> guard.Checked:
        threads.append(threading.get_ident())
        return check(text, **rest)

    monkeypatch.setattr(guard, "check", noted)

    async def work(pool: WorkerPool) -> None:
        assert (await pool.check("ASK {}")).form is guard.Form.ASK
        assert (await pool.check("ASK { " + "?s ?p ?o . " * 1000 + "}")).form is guard.Form.ASK
        assert [thread == threading.get_ident() for thread in threads] == [True, False]
        with pytest.raises(BodyTooLarge):
            await pool.check("SELECT * {?s ?p " + "." * 199_900 + "}")

    in_pool(sparql_snapshot, work)


def test_memory_is_bounded_and_said_to_be(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        with pytest.raises(QueryTooLong, match="memory"):
            await pool.run(SORT)
        assert (await pool.run(LIGHT)).rows == 1

    in_pool(sparql_snapshot, work, query_seconds=20, query_memory_mb=64)


def test_a_crash_of_the_parser_is_an_answer(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        # The guard refuses such depth; a worker must survive for the pool even if it did not.
        deep = QueryRequest("ASK {FILTER(" + "(" * 10**6 + "1" + ")" * 10**6 + ")}", "json", {})
        with pytest.raises(QueryRefused, match="nested") as caught:
            await pool.run(deep)
        assert caught.value.status == 400
        assert (await pool.run(LIGHT)).rows == 1

    in_pool(sparql_snapshot, work, query_seconds=20)


def test_long_chains_do_not_overflow_a_worker(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        chain = "ASK {FILTER(" + "!" * (tokens.MAX_TOKENS - 10) + "true)}"
        assert (await pool.run(QueryRequest((await pool.check(chain)).text, "json", {}))).rows == 1

    in_pool(sparql_snapshot, work, query_seconds=20)


def test_refusals_leave_the_worker_in_place(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        before = pool.workers
        with pytest.raises(QuerySyntax) as caught:
            await pool.run(QueryRequest("ASK { ?s ?p }", "json", {}))
        assert caught.value.where
        with pytest.raises(AnswerTooLarge):
            await pool.run(QueryRequest("SELECT * { ?s ?p ?o }", "json", {}))
        assert pool.workers == before

    in_pool(sparql_snapshot, work, query_rows=10)


def test_a_worker_can_open_nothing(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        await asyncio.gather(pool.run(LIGHT), pool.run(LIGHT))  # each has answered, so each is set up
        for pid in pool.workers:
            limits = Path(f"/proc/{pid}/limits").read_text()
            line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
            assert line.split()[3:5] == ["0", "0"]
            held = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
            assert sum(name.startswith("socket:") for name in held) == 1
        with pytest.raises(CmhGraphError):
            await pool.run(QueryRequest("ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "json", {}))

    in_pool(sparql_snapshot, work)


def test_cancelling_stops_the_query(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        before = set(pool.workers)
        task = asyncio.create_task(pool.run(RUNAWAY))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await refilled(pool, set(), 2)
        await asyncio.sleep(0.05)
        await gone(*(before - set(pool.workers)))
        assert len(before - set(pool.workers)) == 1
        assert time.monotonic() - began < 1

    in_pool(sparql_snapshot, work, query_seconds=30)


def test_a_full_queue_refuses_and_a_cancelled_wait_leaves_it(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        # A zygote that stands still forks nobody, so the queries that come now have to wait.
        zygote = parent(pool.workers[0])
        os.kill(zygote, signal.SIGSTOP)
        busy = [asyncio.create_task(pool.run(RUNAWAY)) for _ in range(2)]
        await asyncio.sleep(0.05)
        waits = [asyncio.create_task(pool.run(LIGHT)) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert pool.waiting == 3
        with pytest.raises(QueueFull):
            await pool.run(LIGHT)
        waits.pop().cancel()
        await asyncio.sleep(0.02)
        assert pool.waiting == 2
        os.kill(zygote, signal.SIGCONT)
        assert [(await wait).rows for wait in waits] == [1, 1]
        for task in busy:
            with pytest.raises(QueryTooLong):
                await task
        assert (await pool.run(LIGHT)).rows == 1

    in_pool(sparql_snapshot, work, query_queue=3)


def test_every_answer_goes_to_who_asked(sparql_snapshot: Path) -> None:
    async def one(pool: WorkerPool, number: int) -> None:
        request = QueryRequest(f"SELECT ({number} AS ?n) {{}}", "csv", {})
        try:
            # Some give up in the middle: their answers must not reach the next in line.
            async with asyncio.timeout(0.002 if number % 7 == 0 else 20):
                assert (await pool.run(request)).body == f"n\r\n{number}\r\n".encode()
        except TimeoutError:
            assert number % 7 == 0

    async def work(pool: WorkerPool) -> None:
        await asyncio.gather(*(one(pool, number) for number in range(600)))
        await refilled(pool, set(), 3)
        assert pool.waiting == 0

    in_pool(sparql_snapshot, work, query_workers=3, query_queue=1000, query_seconds=20)


def test_a_hundred_kills_leak_nothing(sparql_snapshot: Path) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    async def work(pool: WorkerPool) -> None:
        async def kill_some(count: int) -> None:
            for _ in range(count):
                with pytest.raises(QueryTooLong):
                    await pool.run(RUNAWAY)
            await asyncio.sleep(0.2)

        await kill_some(3)
        before, zygote = descriptors(), parent(pool.workers[0])
        theirs = len(list(Path(f"/proc/{zygote}/fd").iterdir()))
        await kill_some(100)
        assert descriptors() == before
        assert len(list(Path(f"/proc/{zygote}/fd").iterdir())) == theirs
        assert len(pool.workers) == 2

    in_pool(sparql_snapshot, work, query_seconds=0.03)


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_pool_and_zygote_that_die_are_replaced(sparql_snapshot: Path) -> None:
    async def work(pool: WorkerPool) -> None:
        victim = pool.workers[0]
        os.kill(victim, signal.SIGKILL)
        await refilled(pool, {victim})
        assert (await pool.run(LIGHT)).rows == 1
        lost = set(pool.workers)
        os.kill(parent(pool.workers[0]), signal.SIGKILL)
        await gone(*lost)
        for _ in range(100):
            try:
                assert (await pool.run(LIGHT)).rows == 1
                break
            except (NoSnapshot, QueryTooLong):
                await asyncio.sleep(0.05)
        await refilled(pool, lost)

    in_pool(sparql_snapshot, work, query_seconds=5)


def test_reloading_swaps_and_lets_the_running_finish(sparql_snapshot: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.nq"
    fresh.write_text('<http://x/role/1> <http://x/label> "new" <http://x/graph/new> .\n')

    async def work(pool: WorkerPool) -> None:
        slow = asyncio.create_task(pool.run(RUNAWAY))
        await asyncio.sleep(0.02)
        old = set(pool.workers)
        await pool.reload(fresh)
        assert pool.graphs == {"http://x/graph/new"}
        assert b'"new"' in (await pool.run(LIGHT)).body
        assert not slow.done()
        with pytest.raises(QueryTooLong):
            await slow
        await gone(*old)
        with pytest.raises(NoSnapshot):
            await pool.reload(tmp_path / "none.nq")
        assert b'"new"' in (await pool.run(LIGHT)).body

    in_pool(sparql_snapshot, work, query_seconds=8)


def test_no_snapshot_no_service(tmp_path: Path) -> None:
    async def run() -> None:
        pool = WorkerPool(tmp_path / "none.nq", Settings())
        with pytest.raises(NoSnapshot):
            await pool.start()
        await pool.close()
        with pytest.raises(NoSnapshot):
            await pool.run(LIGHT)

    asyncio.run(run())


def test_nothing_survives_the_serving_process(sparql_snapshot: Path) -> None:
    text = """
import asyncio, sys
from pathlib import Path
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import QueryRequest
from cmh_graph.sparql.worker_pool import WorkerPool
async def main():
    pool = WorkerPool(Path(sys.argv[1]), Settings(query_seconds=60))
    await pool.start()
    task = asyncio.create_task(pool.run(QueryRequest(sys.argv[2], "json", {})))
    await asyncio.sleep(0.2)
    print(*pool.workers, flush=True)
    await task
asyncio.run(main())
"""
    with subprocess.Popen(
        [sys.executable, "-c", text, str(sparql_snapshot), RUNAWAY.text], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) >= 2
        pids.append(parent(pids[0]))
        process.kill()
    asyncio.run(gone(*pids))


def test_a_client_that_hangs_up_stops_its_query(sparql_snapshot: Path) -> None:
    with serve_sparql(sparql_snapshot, Settings(query_seconds=30, query_workers=1)) as server:
        before = server.pool.workers
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(server.url, params={"query": RUNAWAY.text}, timeout=0.3)
        began = time.monotonic()
        response = httpx.get(server.url, params={"query": "ASK {}"}, timeout=10)
        assert response.json()["boolean"] is True
        assert time.monotonic() - began < 2
        assert server.pool.workers != before


def test_too_many_at_once_get_429(sparql_server: SparqlServer) -> None:
    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(timeout=20) as client:
            slow = [client.get(sparql_server.url, params={"query": RUNAWAY.text}) for _ in range(10)]
            return await asyncio.gather(*slow)

    responses = asyncio.run(run())
    refused = [response for response in responses if response.status_code == 429]
    assert len(refused) >= 4
    assert all(response.headers["retry-after"].isdigit() for response in refused)
    assert {response.status_code for response in responses} <= {429, 503}
