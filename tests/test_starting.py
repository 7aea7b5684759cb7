"""A service answers as early as it can, and what it answers before everything is read is what it answers after."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from starlette.responses import Response

from built import ROOT, opened_framework
from cmh_graph import cli, framework
from cmh_graph.api.addresses import addresses
from cmh_graph.api.app import _addresses, _example, create_app
from cmh_graph.api.described import Router, described
from cmh_graph.api.head_start import HeadStart
from cmh_graph.api.later import Later, add_later, load_all, running
from cmh_graph.api.operations import readiness
from cmh_graph.api.operations.around import Operations
from cmh_graph.api.starting import Starting
from cmh_graph.errors import NoSnapshot, UnknownThing
from cmh_graph.framework import ATTRIBUTE_OF, Framework
from cmh_graph.reading import Catalogue, meanwhile
from cmh_graph.settings import Settings
from cmh_graph.store import Store


@pytest.fixture(scope="module")
def whole() -> Framework:
    return opened_framework()


@pytest.fixture
def unread(framework_snapshots: Path, whole: Framework) -> Framework:
    """A framework of which nothing has been read yet."""
    return framework.open(framework_snapshots, home=ROOT, store=whole.store, at_once=True)


# Things that are asked for while they are read ------------------------------------------------------------------


def test_things_are_the_same_before_all_are_read(unread: Framework, whole: Framework) -> None:
    for kind in ATTRIBUTE_OF:
        ours, theirs = unread.things(kind), whole.things(kind)
        assert len(ours) == len(theirs), kind
        assert all(ours[key] == thing and key in ours for key, thing in theirs.items()), kind
        assert "nothing-has-this-key" not in ours
    for role in list(whole.roles.values())[::7]:
        assert unread.steps_from(role) == whole.steps_from(role)
        assert unread.steps_to(role) == whole.steps_to(role)
        assert unread.describe(role) == whole.describe(role)
    for skill in list(whole.skills.values())[::7]:
        assert unread.roles_asking_for(skill) == whole.roles_asking_for(skill)
    assert unread.version == whole.version and unread.snapshot == whole.snapshot
    assert not unread.is_read


@pytest.mark.parametrize(
    "need",
    [
        lambda found: list(found.roles),
        lambda found: list(found.skills.values()),
        lambda found: dict(found.bands.items()),
        lambda found: found.roles.keys() & {"hcsw"},
        lambda found: found.search("peer"),
        lambda found: found.finish(),
    ],
)
def test_who_needs_all_gets_all(unread: Framework, whole: Framework, need: Any) -> None:
    need(unread)
    assert unread.is_read
    assert all(list(unread.things(kind).items()) == list(whole.things(kind).items()) for kind in ATTRIBUTE_OF)
    assert [one.key for one in unread.search("support")] == [one.key for one in whole.search("support")]


def test_a_key_that_is_not_there_says_what_is_near(unread: Framework, whole: Framework) -> None:
    told = []
    for one in (unread, whole):
        with pytest.raises(UnknownThing) as error:
            one.role("hcsv")
        told.append(str(error.value))
    assert told[0] == told[1]


def test_all_are_read_once_whoever_asks_first(whole: Framework, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[bool] = []

    def read(store: Store, *, as_asked: bool = False) -> Catalogue:
        begun.append(as_asked)
        return Catalogue(**{each.name: {} for each in fields(Catalogue)})

    monkeypatch.setattr(meanwhile, "read", read)
    reading = meanwhile.Reading(whole.store)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: reading.finish(), range(4)))
    assert begun == [True, False] and all(one is found[0] for one in found)


# The service -----------------------------------------------------------------------------------------------------


def test_neither_making_the_app_nor_one_role_reads_all(unread: Framework) -> None:
    client = TestClient(create_app(Settings(home=ROOT), unread))
    role = client.get("/v1/roles/hcsw")
    turtle = client.get("/v1/roles/hcsw.ttl")
    assert role.json()["label"] and turtle.status_code == 200
    assert client.get("/v1/health").json()["roles"] > 50
    assert not unread.is_read
    with pytest.raises(NoSnapshot, match="still being read"):
        asyncio.run(readiness.are_read(unread))
    assert client.get("/v1/roles").json()["total"] > 50
    assert unread.is_read
    asyncio.run(readiness.are_read(unread))
    again = create_app(Settings(home=ROOT), unread)
    assert TestClient(again).get("/v1/roles/hcsw").content == role.content
    assert TestClient(again).get("/v1/roles/hcsw.ttl").content == turtle.content


#: What the very first visitor may ask for: one of each make.
FIRST = (
    "/", "/role/hcsw.html", "/role/hcsw.jsonld", "/skill/active-listening.html", "/requirement/hcsw--compassion",
    "/vocab/band/3.html", "/roles", "/search?q=peer", "/have", "/about", "/sitemap.xml", "/ns.ttl",
    "/v1/roles?band=3&skill=active-listening", "/v1/roles/hcsw/steps", "/v1/search?q=hca", "/v1/roles/hcsv",
    "/v1/vacancies", "/v1/bands/3.ttl", "/v1/values", "/v1/gap?from=hcsw&to=senior-hcsw", "/v1/vocabularies/status",
    "/v1/workforce", "/nonsense",
)  # fmt: skip


@pytest.fixture(scope="module")
def later_client(whole: Framework) -> TestClient:
    return TestClient(create_app(Settings(home=ROOT), whole), raise_server_exceptions=False)


@pytest.mark.parametrize("path", FIRST)
def test_the_first_answer_is_the_one_that_is_given_later(
    unread: Framework, later_client: TestClient, path: str
) -> None:
    first = TestClient(create_app(Settings(home=ROOT), unread), raise_server_exceptions=False)
    sent = {"Accept": "text/html, */*", "X-Request-ID": "5f0c9a1be2d34c77"}
    ours, theirs = (one.get(path, headers=sent) for one in (first, later_client))
    assert ours.status_code == theirs.status_code < 500
    assert ours.content == theirs.content
    assert ours.headers == theirs.headers


def test_the_first_app_is_early_and_the_next_is_whole(framework_snapshots: Path) -> None:
    settings = Settings(snapshots=framework_snapshots, home=ROOT, query_workers=1)

    async def run() -> list[tuple[bool, bool]]:
        found = []
        starting = Starting(settings, Operations(settings), HeadStart(settings))
        for _ in range(2):
            app = await starting()
            early = app.state.framework.is_read
            async with app.router.lifespan_context(app):
                found.append((early, bool(app.state.query_pool.workers)))
        return found

    assert asyncio.run(run()) == [(False, True), (True, True)]


def test_what_was_begun_and_nobody_took_ends(framework_snapshots: Path) -> None:
    begun = HeadStart(Settings(snapshots=framework_snapshots))
    assert (launched := begun._queries) is not None
    begun.close()
    assert launched.process.poll() is not None and begun.take_queries() is None
    assert begun.store().graphs()


def test_nothing_begins_without_a_snapshot(tmp_path: Path) -> None:
    with pytest.raises(NoSnapshot):
        HeadStart(Settings(snapshots=tmp_path))


# Routes that answer and routes that are described ----------------------------------------------------------------


def test_the_list_of_addresses_is_that_of_the_description(whole: Framework) -> None:
    app = create_app(Settings(home=ROOT), whole)
    listed = _addresses(app)
    expected = {
        path + _example(operations["get"].get("parameters", ())): operations["get"]["summary"]
        for path, operations in app.openapi()["paths"].items()
        if "{" not in path and "get" in operations
    }
    assert list(listed.items())[2:] == list(expected.items())
    assert any("?" in one for one in listed)


def test_what_is_left_for_later_is_found_by_the_beginnings_it_names(whole: Framework) -> None:
    app = create_app(Settings(home=ROOT), whole)
    left = [route for route in app.router.routes if isinstance(route, Later)]
    assert len(left) > 10 and not any(route._made for route in left)
    client = TestClient(app)
    assert client.get("/v1/roles/hcsw").status_code == client.get("/role/hcsw").status_code == 200
    assert not any(route._made for route in left), "a role and its page need nothing of these"
    assert client.get("/v1/gap?to=hcsw&from=peer-support-worker").status_code == 200
    assert client.delete("/v1/gap").headers["allow"] == "GET"
    assert [bool(route._made) for route in left].count(True) == 1
    load_all(app)
    for route in left:
        paths = [one.path for one in iter_route_contexts(route.routes)]
        assert paths and all(path is not None and path.startswith(route.starts) for path in paths), paths


async def _asked_while_it_is_made(app: FastAPI, release: threading.Event, paths: list[str]) -> list[int]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        waiting = [asyncio.create_task(client.get(path)) for path in paths]
        # If making them kept the event loop, this would not be answered, and nothing would end that.
        assert (await client.get("/now")).status_code == 200
        assert not any(one.done() for one in waiting)
        release.set()
        return [(await one).status_code for one in waiting]


def test_others_are_answered_while_routes_of_later_are_made() -> None:
    release, made = threading.Event(), []

    def make(path: str) -> Router:
        assert release.wait(30)
        made.append(path)
        router = Router()
        router.add_api_route(path, lambda request: Response(), methods=["GET"])
        return router

    app = FastAPI()
    app.add_api_route("/now", lambda: 1)
    # Two that begin alike: which of them answers is known when they are there.
    for path in ("/later/a", "/later/b"):
        add_later(app, ["/later"], lambda path=path: make(path))  # type: ignore[misc]
    found = asyncio.run(
        _asked_while_it_is_made(app, release, ["/later/b", "/later/a", "/later/c", "/later/b"])
    )
    assert found == [200, 200, 404, 200]
    assert sorted(made) == ["/later/a", "/later/b"], "each is made once"


async def _runs_beside(events: list[str]) -> None:
    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        events.append("begun")
        yield
        events.append("ended")

    app = FastAPI()
    add_later(app, ["/a"], lambda: Router(lifespan=lifespan))
    load_all(app)
    async with running(app):
        assert events == ["begun"]


def test_what_runs_beside_routes_of_later_begins_and_ends() -> None:
    events: list[str] = []
    asyncio.run(_runs_beside(events))
    assert events == ["begun", "ended"]


async def _awaited(request: Any, key: str) -> None: ...


def _called(request: Any) -> None: ...


@pytest.mark.parametrize("endpoint", [_awaited, _called])
def test_a_route_answers_by_the_function_that_is_described(endpoint: Any) -> None:
    def made() -> Router:
        router = Router(prefix="/a")
        router.add_api_route("/{key}", endpoint, methods=["GET"], summary="of a key")
        router.add_api_route("/b", endpoint, methods=["GET"], summary="plain", include_in_schema=False)
        router.add_api_route("/c", endpoint, methods=["GET"], summary="third")
        return router

    answering = made()
    assert [path for path, _, _ in addresses(answering.routes)] == ["/a/c"]
    plain = answering.routes[0].endpoint  # type: ignore[attr-defined]
    assert inspect.iscoroutinefunction(plain) == inspect.iscoroutinefunction(endpoint)
    assert inspect.unwrap(plain) is endpoint
    with described():
        assert made().routes[0].endpoint is endpoint  # type: ignore[attr-defined]


# The command line ------------------------------------------------------------------------------------------------


def _commands(app: Any) -> Iterator[str]:
    yield from (one.callback.__name__ for one in app.registered_commands)
    yield from (one.typer_instance.info.name for one in app.registered_groups)


def test_every_command_is_found_by_its_name_alone() -> None:
    every = [name.replace("_", "-") for name in _commands(cli.app)]
    assert len(every) > 30
    for name in every:
        assert name in [one.replace("_", "-") for one in _commands(cli._app_for([name]))], name
    assert [*_commands(cli._app_for(["serve", "--port", "1"]))] == ["serve"]
    for other in ([], ["--help"], ["nonsense"], ["graph"]):
        assert len([*_commands(cli._app_for(other))]) == len(every)
