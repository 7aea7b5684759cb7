"""Versions over HTTP: version= on reads, releases and changes, the feeds, and what retired keys answer."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import shutil
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from xml.etree import ElementTree

import feedparser
import httpx
import pyoxigraph
import pytest
import rdflib
import zstandard
from hypothesis import given, settings

from cmh_graph.api.app import create_app
from cmh_graph.api.editions import Editions
from cmh_graph.api.parameters import takes_version
from cmh_graph.build import build
from cmh_graph.errors import NoSnapshot, QueueFull
from cmh_graph.framework import open as open_framework
from cmh_graph.namespaces import BASE, GRAPH_DERIVED
from cmh_graph.settings import Settings
from cmh_graph.snapshot import write_snapshot
from cmh_graph.store import BlankNode, NamedNode, Quad, RdfFormat, parse_nquads
from cmh_graph.versions import Releases, diff
from cmh_graph.versions.change import count_classes
from cmh_graph.versions.content import content_at, content_of
from cmh_graph.versions.facts import facts_of
from cmh_graph.versions.feeds import event_stream
from cmh_graph.versions.feeds.members import Members, states
from test_versions import _QUADS as QUADS
from test_versions import PLANTED, SMALL, edit, release, set_version

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

# rdflib uses what it has itself deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib")
ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases" / "versions_api"
RELEASED = ("1.0.0", "1.0.1", "1.1.0", "2.0.0", "3.0.0")


def read_cases(name: str) -> list[dict[str, Any]]:
    return tomllib.loads((CASES / name).read_text("utf-8"))["case"]


@dataclass(frozen=True)
class Home:
    """A small framework with five releases and unreleased edits, which are its current snapshot."""

    folder: Path
    snapshots: Path

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder, snapshots=self.snapshots, query_workers=1, releases_kept=2)

    @property
    def releases(self) -> Releases:
        return Releases(self.folder / "releases")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    place = tmp_path_factory.mktemp("versions")
    folder = place / "framework"
    shutil.copytree(SMALL, folder)
    assert release(folder, gates={}).released
    later = tomllib.loads((CASES / "later.toml").read_text("utf-8"))
    for step in (*PLANTED["release"], later["release"]):
        edit(folder, step["edits"])
        set_version(folder, step["version"], step.get("sets", []))
        assert release(folder, gates={}).findings == ()
    edit(folder, later["unreleased"]["edits"])
    snapshot = write_snapshot(build(folder), place / "build")
    # A build says the version of the software; a release demands that the header says the same.
    manifest = snapshot / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text("utf-8")), "version": "3.0.0"}), "utf-8")
    found = Home(folder, place / "build")
    assert found.releases.versions == RELEASED
    return found


@pytest.fixture(scope="module")
def client(home: Home) -> Iterator[TestClient]:
    with TestClient(create_app(home.settings), raise_server_exceptions=False) as client:
        yield client


def test_every_case_file_is_used() -> None:
    assert {path.name for path in CASES.iterdir()} == {"later.toml", "answers.toml", "refusals.toml"}


# version=


def asked_of(address: str, version: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}version={version}"


def walk(value: Any, path: list[str]) -> Any:
    for name in path:
        value = [one[name] for one in value] if isinstance(value, list) else value[name]
    return value


@pytest.mark.parametrize("case", read_cases("answers.toml"), ids=lambda case: case["get"])
def test_a_version_answers_as_it_did(client: TestClient, home: Home, case: dict[str, Any]) -> None:
    for version, expected in case["says"].items():
        answer = client.get(asked_of(case["get"], version))
        assert answer.status_code == 200, answer.text
        assert walk(answer.json(), case["at"]) == expected, (version, case["why"])
        if version != "current":
            assert answer.headers["cmh-version"] == version
            assert answer.headers["cmh-snapshot"] == home.releases.release(version).id
        else:
            plain = client.get(case["get"])
            assert walk(plain.json(), case["at"]) == expected
            assert plain.headers["cmh-snapshot"] == answer.headers["cmh-snapshot"]


@pytest.mark.parametrize("case", read_cases("refusals.toml"), ids=lambda case: case["get"])
def test_what_names_no_version_is_refused(client: TestClient, case: dict[str, Any]) -> None:
    headers = {"Accept": case["accept"]} if "accept" in case else {}
    answer = client.get(case["get"], headers=headers)
    assert answer.status_code == case["status"], (case["why"], answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"https://w3id.org/cmh-graph/problem/{case['type']}"
    assert "x-evil" not in answer.headers and str(ROOT.parent) not in answer.text
    if "/v1/roles?version=" in case["get"] and case["type"] == "not-found":
        assert all(version in body["mend"] for version in RELEASED)


def test_a_very_long_version_is_refused_in_few_words(client: TestClient) -> None:
    for version in ("1" * 10_000, "1.0.0" + "%20" * 5_000, "../" * 3_000):
        answer = client.get(f"/v1/roles?version={version}")
        assert answer.status_code == 400 and len(answer.content) < 1000
        assert client.get(f"/v1/changes?since={version}").status_code in (400, 404)


def test_no_path_outside_the_releases_is_read(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    for name in ("read_bytes", "read_text", "open"):
        real = getattr(Path, name)

        def spy(self: Path, *given: Any, _real: Any = real, **more: Any) -> Any:
            opened.append(str(self))
            return _real(self, *given, **more)

        monkeypatch.setattr(Path, name, spy)
    # A whole release beside the folder, which a careless join of names would find.
    shutil.copytree(home.folder / "releases", tmp_path / "home" / "releases")
    shutil.copytree(home.folder / "releases" / "1.0.0", tmp_path / "home" / "9.9.9")
    framework = open_framework(home.snapshots, home=home.folder)
    settings = Settings(home=tmp_path / "home", snapshots=home.snapshots)
    client = TestClient(create_app(settings, framework))
    opened.clear()
    for wrong in (
        "../9.9.9",
        "..%2F9.9.9",
        "9.9.9",
        "%2e%2e/9.9.9",
        str(tmp_path / "home" / "9.9.9"),
        "/etc/passwd",
    ):
        assert client.get(f"/v1/roles?version={wrong}").status_code in (400, 404)
        assert client.get(f"/v1/changes?since={wrong}").status_code in (400, 404)
        assert client.get(f"/v1/releases/{wrong}/dataset.nq.zst").status_code == 404
        assert client.get(f"/v1/changes/stream/{wrong}/1").status_code == 404
    assert [one for one in opened if "9.9.9" in one or "passwd" in one] == []


def test_answers_are_kept_and_asked_after(client: TestClient) -> None:
    tags = set()
    for version in (None, "current", *RELEASED):
        address = asked_of("/v1/roles/helper", version) if version else "/v1/roles/helper"
        answer = client.get(address, headers={"X-Request-ID": "one-and-the-same"})
        tags.add(answer.headers["etag"])
        released = version in RELEASED
        assert answer.headers["cache-control"] == f"public, max-age={604_800 if released else 300}"
        fresh = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (fresh.status_code, fresh.content) == (304, b"")
        assert fresh.headers["cmh-version"] == answer.headers["cmh-version"]
        head = client.head(address, headers={"X-Request-ID": "one-and-the-same"})
        assert (head.status_code, head.content, head.headers) == (200, b"", answer.headers)
    assert len(tags) == 2 + len(RELEASED), "no tag serves for two versions"
    stale = client.get(
        "/v1/roles/helper?version=1.0.1",
        headers={"If-None-Match": ", ".join(tags - {answer.headers["etag"]})},
    )
    assert stale.status_code == 304


def test_an_answer_names_its_version_and_leads_to_others(client: TestClient) -> None:
    old = client.get("/v1/roles?limit=1&version=1.0.0")
    assert old.links["version-history"]["url"] == "/v1/releases"
    assert old.links["latest-version"]["url"] == "/v1/roles?limit=1"
    following = client.get(old.links["next"]["url"])
    assert following.headers["cmh-version"] == "1.0.0" and following.json()["items"][0]["key"] == "helper"
    unreleased = client.get("/v1/roles").headers
    assert unreleased["cmh-version"] == f"3.0.0+{unreleased['cmh-snapshot']}"
    for said in (unreleased["cmh-version"], unreleased["cmh-version"].replace("+", "%2B")):
        assert client.get(f"/v1/roles?version={said}").headers["cmh-version"] == unreleased["cmh-version"]
    for address in ("/v1/roles/nobody", "/sparql?query=ASK%7B%7D", "/", "/v1/health", "/v1/changes.atom"):
        assert client.get(address).headers["cmh-version"] == unreleased["cmh-version"]
    refused = client.get("/v1/roles/nobody?version=1.0.0")
    assert (refused.status_code, refused.headers["cmh-version"]) == (404, "1.0.0")
    exposed = client.get("/v1/roles", headers={"Origin": "https://x.example"}).headers
    assert "CMH-Version" in exposed["access-control-expose-headers"]


def test_every_kind_of_read_takes_a_version_of_the_framework_itself(framework_snapshots: Path) -> None:
    with TestClient(create_app(Settings(snapshots=framework_snapshots))) as client:
        for address in (
            "/v1/roles/hcsw.ttl", "/v1/roles/hcsw.jsonld", "/v1/roles/hcsw?format=nt",
            "/v1/skills/active-listening/roles",
            "/v1/network", "/v1/similar", "/v1/similar?role=hcsw", "/v1/progressions?from=hcsw&to=mental-health-nurse",
            "/v1/gap?to=senior-hcsw&from=hcsw", "/v1/context.jsonld", "/v1/search?q=hca", "/v1/version",
            "/v1/papers/job-description/hcsw?format=docx", "/v1/papers/passport/hcsw", "/v1/vacancies",
            "/v1/roles/hcsw/vacancies", "/v1/roles/hcsw/steps", "/v1/bands/3/roles", "/v1/titles", "/v1/evidence",
            "/v1/questions/requirements_of_a_role?role=hcsw&format=csv", "/ims/case/v1p1/CFDocuments",
        ):  # fmt: skip
            answer = client.get(asked_of(address, "1.0.0"))
            told = (answer.status_code, answer.headers["cmh-version"], answer.headers["cmh-snapshot"])
            assert told == (200, "1.0.0", "b505eee72c8cedb0"), (address, answer.text)
        version = client.get("/v1/version?version=1.0.0").json()
        assert (version["catalogue"], version["statements"]) == ("1.0.0", 53334)


def test_what_is_no_read_has_no_version(client: TestClient) -> None:
    assert client.post("/v1/roles?version=1.0.0").status_code == 405
    sent = client.post(
        "/v1/workforce?version=1.0.0", content="Job title\nAide\n", headers={"Content-Type": "text/csv"}
    )
    assert sent.status_code == 400
    asked = client.post("/sparql", data={"query": "ASK {}", "version": "1.0.0"})
    assert (asked.status_code, asked.json()["where"]) == (400, "parameter version")


def test_the_number_of_what_is_served_but_never_released_means_it(home: Home, tmp_path: Path) -> None:
    snapshots = home.snapshots
    bare = tmp_path / "bare"
    shutil.copytree(home.folder, bare, ignore=shutil.ignore_patterns("releases"))
    client = TestClient(create_app(Settings(home=bare, snapshots=snapshots)))
    answer = client.get("/v1/roles?version=3.0.0")
    assert answer.status_code == 200 and answer.headers["cmh-version"].startswith("3.0.0+")
    assert client.get("/v1/roles?version=1.0.0").json()["mend"].startswith("released are none")
    assert client.get("/v1/releases").json()["items"] == []
    assert client.get("/v1/changes").status_code == 400
    assert feedparser.parse(client.get("/v1/changes.atom").content).bozo == 0
    root = client.get("/v1/changes/stream")
    assert root.status_code == 200 and b"tree:relation" not in root.content


def test_a_release_that_is_served_is_not_loaded_again(home: Home, tmp_path: Path) -> None:
    folder = home.releases.unpack("2.0.0", tmp_path)
    framework = open_framework(folder, home=folder)
    app = create_app(Settings(home=home.folder, snapshots=tmp_path), framework)
    client = TestClient(app)
    plain = client.get("/v1/roles")
    assert plain.headers["cmh-version"] == "2.0.0"
    assert client.get("/v1/roles?version=2.0.0").json()["items"] == plain.json()["items"]
    assert client.get("/v1/changes?since=2.0.0&until=2.0.0").json()["total"] == 0


def test_openapi_names_the_parameter_once_where_it_is_taken(client: TestClient) -> None:
    # That the document as a whole is valid is judged in test_api.
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            named = [one["name"] for one in operation.get("parameters", ())].count("version")
            assert named == (1 if method == "get" and takes_version(path) else 0), path
    assert takes_version("/v1/roles") and not takes_version("/v1/changes") and not takes_version("/v1")


# Releases in memory


@dataclass
class Made:
    """What an edition is made of here: nothing but its version. made: in which order."""

    made: list[str]

    def __call__(self, framework: Any, served: Any, pool: Any) -> Any:
        self.made.append(served.version)
        return served.version


def test_few_releases_are_kept_and_each_is_loaded_once_for_all_who_wait(home: Home) -> None:
    made = Made([])
    editions = Editions(home.releases, made, home.settings)

    async def read(version: str) -> None:
        async with editions.reading(version) as edition:
            assert edition.app == version
            await asyncio.sleep(0.01)
            assert version in editions.kept, "what is being read is not dropped"
            assert len(editions.kept) <= 2

    async def all_of_it() -> None:
        await asyncio.gather(*(read("1.0.0") for _ in range(100)))
        assert made.made == ["1.0.0"]
        await asyncio.gather(*(read(version) for version in RELEASED * 4))
        assert len(made.made) >= len(RELEASED) and len(editions.kept) == 2
        kept = editions.kept
        await read(kept[0])
        await read(next(one for one in RELEASED if one not in kept))
        assert kept[0] in editions.kept and kept[1] not in editions.kept, "the least used goes"
        await editions.close()
        assert editions.kept == ()

    asyncio.run(all_of_it())


def test_who_comes_when_too_many_wait_is_told_to_come_back(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cmh_graph.api.editions.MOST_WAITING", 2)
    monkeypatch.setattr("cmh_graph.api.editions._SECONDS_FOR_ROOM", 0.05)
    editions = Editions(home.releases, Made([]), home.settings)

    async def read(version: str) -> None:
        async with editions.reading(version):
            pass

    async def all_of_it() -> None:
        told = await asyncio.gather(*(read(version) for version in RELEASED), return_exceptions=True)
        assert [isinstance(one, QueueFull) for one in told] == [False, False, True, True, True]
        async with editions.reading("1.0.0"), editions.reading("1.0.1"):
            with pytest.raises(QueueFull):
                await read("2.0.0")
        await read("2.0.0")
        await editions.close()

    asyncio.run(all_of_it())


def test_a_visitor_who_leaves_does_not_stop_the_load_for_others(home: Home) -> None:
    made = Made([])
    editions = Editions(home.releases, made, home.settings)

    async def read() -> str:
        async with editions.reading("1.0.0") as edition:
            return str(edition.app)

    async def all_of_it() -> None:
        leaving, staying = asyncio.create_task(read()), asyncio.create_task(read())
        await asyncio.sleep(0)
        leaving.cancel()
        assert await staying == "1.0.0"
        assert leaving.cancelled() and made.made == ["1.0.0"]
        await editions.close()

    asyncio.run(all_of_it())


def test_a_broken_release_is_our_fault_and_harms_no_other(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "home"
    shutil.copytree(home.folder, folder)
    for name in ("dataset.nq.zst", "changes.json"):
        (folder / "releases" / "1.0.1" / name).write_bytes(b"not what was released")
    client = TestClient(create_app(Settings(home=folder, snapshots=home.snapshots)))
    for address in (
        "/v1/roles?version=1.0.1", "/v1/releases", "/v1/changes?since=1.0.0", "/v1/changes.atom",
        "/v1/changes/stream/1.0.1/1", "/v1/releases/1.0.1/dataset.nq.zst",
    ):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code == 503 and answer.headers["retry-after"], address
        assert str(tmp_path) not in answer.text and "git" not in answer.text
    assert client.get("/v1/roles?version=1.0.0").status_code == 200
    assert client.get("/v1/roles").status_code == 200
    with pytest.raises(NoSnapshot):
        editions = Editions(Releases(folder / "releases"), Made([]), home.settings)
        asyncio.run(editions.reading("1.0.1").__aenter__())


# What is retired


def test_the_key_of_a_retired_thing_is_never_unknown(client: TestClient) -> None:
    moved = client.get("/v1/roles/aide?format=ttl", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (301, "/v1/roles/helper?format=ttl")
    assert moved.links["successor-version"]["url"] == BASE + "role/helper"
    assert "helper takes its place" in moved.json()["title"]
    for address, there in (
        ("/v1/roles/aide/requirements?limit=1", "/v1/roles/helper/requirements?limit=1"),
        ("/v1/roles/aide.ttl", "/v1/roles/helper.ttl"),
        ("/v1/roles/aide?version=1.1.0", "/v1/roles/helper?version=1.1.0"),
        ("/v1/roles/aide/steps?version=2.0.0", "/v1/roles/helper/steps?version=2.0.0"),
    ):
        sent = client.get(address, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (301, there)
        assert client.head(address, follow_redirects=False).headers["location"] == there
        assert client.get(address).status_code == 200
    assert client.get("/v1/roles/aide?version=1.0.1", follow_redirects=False).status_code == 200
    split = client.get("/v1/roles/guide")
    assert (split.status_code, split.json()["type"].rpartition("/")[2]) == (410, "retired")
    assert split.json()["mend"] == "use role:helper or role:mentor. Split in two."
    assert split.headers["link"].count('rel="successor-version"') == 2
    assert client.get("/v1/roles/guide/steps").status_code == 410
    assert client.get("/v1/roles/guide?version=3.0.0").status_code == 200
    assert client.get("/v1/roles/nobody").status_code == 404


def test_a_question_about_a_retired_thing_is_answered_about_its_replacement(client: TestClient) -> None:
    old, new = (client.get(f"/v1/questions/skills_of_a_role?role={key}").json() for key in ("aide", "helper"))
    assert old["rows"] == new["rows"] != []
    before = client.get("/v1/questions/skills_of_a_role?role=aide&version=1.0.0").json()
    assert before["rows"] == []


# Releases and changes as lists


def test_the_list_of_releases_says_what_each_is(client: TestClient, home: Home) -> None:
    body = client.get("/v1/releases").json()
    assert [one["version"] for one in body["items"]] == list(RELEASED)
    for row in body["items"]:
        found = home.releases.release(row["version"])
        assert (row["sha256"], row["snapshot"], row["issued"]) == (found.sha256, found.id, found.issued)
        assert row["counts"] == count_classes(home.releases.changes(row["version"]))
        for link in row["links"].values():
            assert client.get(link).status_code == 200, link
        packed = client.get(row["links"]["dataset"])
        assert (
            packed.headers["content-type"] == "application/zstd"
            and "immutable" in packed.headers["cache-control"]
        )
        nquads = zstandard.ZstdDecompressor().stream_reader(packed.content).read()
        assert hashlib.sha256(nquads).hexdigest() == row["sha256"]
    assert body["items"][0]["previous"] is None and "changes" not in body["items"][0]["links"]
    alone = client.get("/v1/releases/1.0.0").json()
    assert alone["version"] == "1.0.0" and alone.keys() <= body["items"][0].keys()
    assert [one["key"] for one in client.get("/v1/releases?q=2.0.0").json()["items"]] == ["2.0.0"]


def every_change(client: TestClient, address: str) -> list[dict[str, Any]]:
    items, following = [], address
    while following:
        page = client.get(following).json()
        items += page["items"]
        following = page["next"]
    return items


def test_changes_are_those_of_the_releases_between(client: TestClient, home: Home) -> None:
    for first, last in itertools.combinations_with_replacement(range(len(RELEASED)), 2):
        since, until = RELEASED[first], RELEASED[last]
        items = every_change(client, f"/v1/changes?since={since}&until={until}&limit=7")
        expected = [
            (version, one.class_, one.thing, one.property, one.why, list(one.before), list(one.after))
            for version in RELEASED[first + 1 : last + 1]
            for one in home.releases.changes(version)
        ]
        fields = ("release", "class", "thing", "property", "why", "before", "after")
        assert [tuple(one[name] for name in fields) for one in items] == expected
    assert every_change(client, "/v1/changes") == every_change(client, "/v1/changes?since=1.0.0&until=3.0.0")


def test_changes_can_be_asked_for_by_class_and_kind(client: TestClient) -> None:
    items = every_change(client, "/v1/changes")
    for name, value in (
        ("class", "breaking"),
        ("kind", "role"),
        ("kind", "question"),
        ("part", "shapes"),
        ("event", "retired"),
    ):
        found = every_change(client, f"/v1/changes?{name}={value}")
        assert found == [one for one in items if one[name] == value] != []
    body = client.get("/v1/changes?since=1.1.0&until=2.0.0&class=breaking").json()
    assert body["counts"]["breaking"] == body["total"] == 3
    assert {one["rule"] for one in body["items"]} == {
        "shape made stricter",
        "question removed",
        "asked for more firmly",
    }
    assert client.get("/v1/changes?kind=pathway").json()["items"] == []


def test_what_is_not_released_yet_is_told_on_request(client: TestClient, home: Home) -> None:
    items = every_change(client, "/v1/changes?since=3.0.0&until=current")
    now = content_at(home.folder, next(home.snapshots.glob("*/dataset.nq")).read_bytes(), "now")
    expected = diff(home.releases.content("3.0.0"), now)
    assert [(one["thing"], one["class"], one["release"]) for one in items] == [
        (one.thing, one.class_, None) for one in expected
    ]
    assert {one["thing"] for one in items} == {BASE + "role/guide", BASE + "role/mentor"}
    assert len(every_change(client, "/v1/changes?until=current")) == len(
        every_change(client, "/v1/changes")
    ) + len(items)


# Atom

_ATOM = "{http://www.w3.org/2005/Atom}"


def test_the_feed_is_valid_and_tells_each_release(client: TestClient, home: Home) -> None:
    answer = client.get("/v1/changes.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = feedparser.parse(
        answer.content,
        response_headers={
            "content-location": "https://x.example/v1/changes.atom",
            "content-type": "application/atom+xml",
        },
    )
    assert (feed.bozo, feed.version) == (0, "atom10")
    assert feed.feed.id == BASE + "changes" and feed.feed.updated == "2026-01-01T00:00:00Z"
    assert [one.id for one in feed.entries] == [f"{BASE}release/{version}" for version in reversed(RELEASED)]
    for entry, version in zip(feed.entries, reversed(RELEASED), strict=True):
        assert entry.updated == f"{home.releases.release(version).issued}T00:00:00Z"
        assert entry.title.startswith(f"{version}: ")
        kinds = {one.class_ for one in home.releases.changes(version)}
        assert {tag.term for tag in entry.get("tags", ())} == kinds
        for link in entry.links:
            assert client.get(link.href.removeprefix("https://x.example")).status_code == 200
    breaking = next(one for one in feed.entries if one.title.startswith("2.0.0"))
    assert "3 breaking" in breaking.title and "asked for more firmly" not in breaking.title
    assert "papers and gaps made from the earlier version" in breaking.content[0].value


def test_the_feed_has_what_the_standard_demands_and_obeys_no_text(client: TestClient) -> None:
    raw = client.get("/v1/changes.atom").content
    assert b"<script" not in raw and b"\x01" not in raw
    feed = ElementTree.fromstring(raw)
    assert feed.find(f"{_ATOM}author/{_ATOM}name") is not None
    for one in (feed, *feed.findall(f"{_ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(one.findall(_ATOM + name)) == 1, "RFC 4287, 4.1.1 and 4.1.2"
    ids = [one.findtext(f"{_ATOM}id") for one in (feed, *feed.findall(f"{_ATOM}entry"))]
    assert len(set(ids)) == len(ids)
    html = next(
        e.findtext(f"{_ATOM}content")
        for e in feed.findall(f"{_ATOM}entry")
        if "3.0.0" in e.findtext(f"{_ATOM}id")
    )
    assert "&lt;/li&gt;&lt;script&gt;alert(" in html and "<script" not in html and "🙂" in html
    assert client.get("/v1/changes.atom").content == raw
    tag = client.get("/v1/changes.atom").headers["etag"]
    assert client.get("/v1/changes.atom", headers={"If-None-Match": tag}).status_code == 304


# The event stream

LDES, TREE, AS = (
    rdflib.Namespace(iri)
    for iri in ("https://w3id.org/ldes#", "https://w3id.org/tree#", "https://www.w3.org/ns/activitystreams#")
)
SCHEMA = rdflib.Namespace("https://schema.org/")
#: Terms of the vocabularies, as published with the specifications.
KNOWN_TERMS = {
    LDES: {
        "EventStream", "timestampPath", "sequencePath", "versionOfPath", "versionCreateObject", "versionUpdateObject",
        "versionDeleteObject", "pollingInterval", "immutable",
    },
    TREE: {
        "Node", "view", "member", "relation", "node", "path", "value", "shape", "GreaterThanOrEqualToRelation",
        "LessThanOrEqualToRelation",
    },
    AS: {"Create", "Update", "Delete"},
}  # fmt: skip
_HOST = "http://replica.example"


class Replica:
    """A client of the specification, in ordered mode: members are applied by date, then by position.

    Each thing's statements are kept apart, so that an update takes the place of what was there."""

    def __init__(self, client: TestClient, accept: str) -> None:
        self.client, self.accept = client, accept
        self.things: dict[str, list[tuple[Any, Any, Any]]] = {}
        self.seen: set[str] = set()
        self.finished: set[str] = set()
        self.terms: set[str] = set()

    def fetch(self, address: str) -> rdflib.Dataset:
        answer = self.client.get(address.removeprefix(_HOST), headers={"Accept": self.accept})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith(self.accept)
        form = {"application/trig": "trig", "application/ld+json": "json-ld"}[self.accept]
        found = rdflib.Dataset()
        found.parse(data=answer.content, format=form, publicID=address)
        self.terms |= {
            str(term) for s, p, o, _ in found.quads() for term in (s, p, o) if isinstance(term, rdflib.URIRef)
        }
        if "immutable" in answer.headers["cache-control"]:
            assert (rdflib.URIRef(address), LDES.immutable, rdflib.Literal(True)) in found
            self.finished.add(address)
        return found

    def run(self, until: str = "9") -> None:
        """Follow the stream to its end. until: only pages of releases up to this one, as if there were no later."""
        start = f"{_HOST}/v1/changes/stream"
        root = self.fetch(start)
        (stream,) = root.subjects(TREE.view, rdflib.URIRef(start))
        paths = [root.value(stream, path) for path in (LDES.timestampPath, LDES.sequencePath)]
        version_of = root.value(stream, LDES.versionOfPath)
        deleted = root.value(stream, LDES.versionDeleteObject)
        members: list[tuple[Any, str, Any, rdflib.Dataset]] = []
        ahead, known = [(start, root)], {start}
        while ahead:
            address, page = ahead.pop()
            for member in page.objects(stream, TREE.member):
                order = tuple(page.value(member, path).toPython() for path in paths)
                members.append((order, str(member), page.value(member, version_of), page))
            for relation in page.objects(rdflib.URIRef(address), TREE.relation):
                node = str(page.value(relation, TREE.node))
                of = node.split("/")[-2]
                if node not in known | self.finished and of <= until:
                    known.add(node)
                    ahead.append((node, self.fetch(node)))
        for _, member, thing, page in sorted(members, key=lambda one: one[0]):
            if member in self.seen:
                continue
            self.seen.add(member)
            self.things.pop(str(thing), None)
            if (rdflib.URIRef(member), rdflib.RDF.type, deleted) not in page:
                self.things[str(thing)] = list(page.graph(rdflib.URIRef(member)))

    def statements(self) -> frozenset[Any]:
        """What the replica holds, to be compared with a release."""
        graph = rdflib.Graph()
        for triples in self.things.values():
            for triple in triples:
                graph.add(triple)
        quads = pyoxigraph.parse(
            input=graph.serialize(format="nt", encoding="utf-8"), format=RdfFormat.N_TRIPLES
        )
        return facts_of(quads).statements


@pytest.mark.parametrize("accept", ["application/trig", "application/ld+json"])
def test_a_replica_that_follows_the_stream_holds_each_release_exactly(
    client: TestClient, home: Home, accept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "PAGE_SIZE", 5)
    replica = Replica(client, accept)
    for version in RELEASED:
        replica.run(until=version)
        assert replica.statements() == home.releases.content(version).graph.statements, version
    assert len(replica.finished) > len(RELEASED), "pages have followers"
    before = dict(replica.things)
    replica.run()
    assert replica.things == before, "nothing new, nothing done"
    for vocabulary, known in KNOWN_TERMS.items():
        names = {term.removeprefix(str(vocabulary)) for term in replica.terms}
        assert names & known == known, "terms are those of the specification"
        assert {name for name in names if "://" not in name} == known


def test_the_stream_has_one_member_for_each_changed_thing(client: TestClient, home: Home) -> None:
    members = Members(home.releases)
    positions = []
    for version in RELEASED[1:]:
        found = {one.thing: one for one in members.of(version)}
        assert len(found) == len(members.of(version)) == len({one.iri for one in found.values()})
        changed = {
            statement.subject if statement.subject.startswith("http") else BASE + "ns"
            for change in home.releases.changes(version)
            if change.part == "graph"
            for statement in (*change.removed, *change.added)
        }
        assert set(found) == changed
        positions += [one.position for one in members.of(version)]
    assert positions == sorted(set(positions))
    events = {one.thing: one.event for one in members.of("1.1.0")}
    assert (events[BASE + "role/guide"], events[BASE + "role/aide"]) == ("Create", "Update")
    assert sorted(event for thing, event in events.items() if "/mapping/" in thing) == ["Create", "Delete"]


def test_pages_never_change_and_the_root_may(client: TestClient, home: Home, tmp_path: Path) -> None:
    page = client.get("/v1/changes/stream/1.0.0/1")
    assert page.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/v1/changes/stream").headers["cache-control"] == "public, max-age=300"
    assert (
        client.get("/v1/changes/stream/1.0.0/1", headers={"If-None-Match": page.headers["etag"]}).status_code
        == 304
    )
    # A service that knows fewer releases says the same on the pages of those it knows.
    earlier = tmp_path / "earlier"
    for version in RELEASED[:2]:
        shutil.copytree(home.folder / "releases" / version, earlier / "releases" / version)
    other = TestClient(
        create_app(
            Settings(home=earlier, snapshots=home.snapshots), open_framework(home.snapshots, home=home.folder)
        )
    )
    for address in ("/v1/changes/stream/1.0.0/1", "/v1/changes/stream/1.0.1/1"):
        for form in ("trig", "jsonld"):
            asked = f"{address}?format={form}"
            assert other.get(asked).content == client.get(asked).content
    assert other.get("/v1/changes/stream").content != client.get("/v1/changes/stream").content
    turtle = rdflib.Graph().parse(
        data=client.get("/v1/changes/stream?format=ttl").content, format="turtle", publicID=_HOST
    )
    assert len(list(turtle.objects(None, TREE.node))) == 2 * len(RELEASED)


@settings(max_examples=200, deadline=None)
@given(QUADS)
def test_law_the_states_of_all_things_are_the_whole_graph(quads: list[Quad]) -> None:
    apart = []
    for number, triples in enumerate(states(quads).values()):
        # Each state is read by itself, so its blank nodes are nobody else's.
        for triple in triples:
            ends = [
                BlankNode(f"m{number}{end.value}") if isinstance(end, BlankNode) else end
                for end in (triple.subject, triple.object)
            ]
            apart.append(Quad(ends[0], triple.predicate, ends[1]))
    assert facts_of(apart).statements == facts_of(quads).statements


def test_the_derived_graph_is_in_no_state() -> None:
    terms = [NamedNode(f"http://x/{name}") for name in "spo"]
    assert states([Quad(*terms, NamedNode(GRAPH_DERIVED))]) == {}


def test_releases_are_read_at_the_same_time_by_many(home: Home) -> None:
    app = create_app(home.settings, open_framework(home.snapshots, home=home.folder))

    async def all_of_it() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=_HOST) as visitor:
            return await asyncio.gather(
                *(visitor.get(f"/v1/roles/helper?version={version}") for version in RELEASED * 6)
            )

    for answer, version in zip(asyncio.run(all_of_it()), RELEASED * 6, strict=True):
        assert (answer.status_code, answer.headers["cmh-version"]) == (200, version)


def test_the_stream_of_the_framework_itself_is_whole() -> None:
    releases = Releases(ROOT / "releases")
    last = releases.versions[-1]
    members, things = Members(releases), {}
    for version in releases.versions:
        for one in members.of(version):
            things[one.thing] = one.lines
    lines = "".join(
        text.replace("_:", f"_:m{number}x") if "_:" in text else text
        for number, text in enumerate(things.values())
    )
    quads = pyoxigraph.parse(input=lines.encode(), format=RdfFormat.N_TRIPLES)
    assert facts_of(quads).statements == content_of(parse_nquads(releases.graph(last)), last).graph.statements


def test_the_iri_of_the_stream_leads_to_it(client: TestClient) -> None:
    for accept, place in (
        ("application/trig", "/v1/changes/stream"),
        ("*/*", "/v1/changes/stream"),
        ("application/atom+xml", "/v1/changes.atom"),
    ):
        sent = client.get("/changes", headers={"Accept": accept}, follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, place)
        assert client.get("/changes", headers={"Accept": accept}).status_code == 200
    assert client.get("/changes?version=1.0.0").status_code == 400


def test_json_and_addresses_of_pages_hold_no_host(client: TestClient) -> None:
    page = json.loads(
        client.get("/v1/changes/stream?format=jsonld", headers={"Host": "evil.example"}).content
    )
    assert "evil" not in json.dumps(page)
    nodes = [one["tree:node"]["@id"] for node in page["@graph"] for one in node.get("tree:relation", ())]
    assert all(urljoin(_HOST, one).startswith(f"{_HOST}/v1/changes/stream/") for one in nodes) and nodes
