"""The query pools of those who bring a token: made when they are needed, few, and gone when they are idle."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from cmh_graph.api.audiences import Audiences
from cmh_graph.api.partners import Partners
from cmh_graph.errors import DataDamaged, NotSignedIn, QueueFull, TooMany
from cmh_graph.namespaces import GRAPH_DERIVED, GRAPH_PARTNER
from cmh_graph.partner_space import Holder, Operator, PartnerSpace
from cmh_graph.remote.opening import open_pool
from cmh_graph.settings import Settings
from cmh_graph.sparql.pool import QueryPool, QueryRequest
from partner_service import CHEAP


class NoRules:
    """A judge by whom one statement follows from each graph."""

    asked = 0

    async def derived(self, nquads: bytes, own: Any) -> bytes:
        self.asked += 1
        return f'<http://x/{own.key}> <http://x/derived> "yes" <{GRAPH_DERIVED}> .\n'.encode()


@pytest.fixture
def space(tmp_path: Path) -> Iterator[PartnerSpace]:
    with PartnerSpace.open(tmp_path / "data", cost=CHEAP) as found:
        for key in ("aa", "bb", "cc"):
            found.add_organisation(key, key.upper())
            line = f'<http://x/{key}> <http://x/says> "{key}" <{GRAPH_PARTNER}{key}> .\n'
            found.land(key, line.encode(), by=Operator(), how="test")
        yield found


def token_of(key: str) -> Holder:
    return Holder("t", key, "read", "desk")


async def seen(audiences: Audiences, holder: Holder | None) -> set[str]:
    """The partners' graphs that a query of somebody finds."""
    text = "SELECT DISTINCT ?g { GRAPH ?g { ?s <http://x/says>|<http://x/derived> ?o } }"
    async with audiences.pool_for(holder) as pool:
        answer = await pool.run(QueryRequest(text, "csv", {}))
        found = {line.strip() for line in answer.body.decode().splitlines()[1:]}
        assert found <= pool.graphs
        return {iri.removeprefix(GRAPH_PARTNER) for iri in found if iri.startswith(GRAPH_PARTNER)}


def run(
    tmp_path: Path,
    snapshot: Path,
    work: Callable[[Audiences, QueryPool, NoRules], Awaitable[None]],
    **more: Any,
) -> None:
    """Do something with audiences over a small snapshot, and close them."""
    settings = Settings(data=tmp_path / "data", query_workers=1, query_slow_workers=1, **more)

    async def main() -> None:
        plain, partners, judges = open_pool(snapshot, settings), Partners(settings), NoRules()
        await plain.start()
        audiences = Audiences(plain, partners, judges, settings)  # type: ignore[arg-type]
        try:
            await work(audiences, plain, judges)
        finally:
            await audiences.close()
            await plain.close()
            partners.close()
        assert audiences.kept == ()

    asyncio.run(main())


def test_few_are_kept_and_idle_ones_end(tmp_path: Path, sparql_snapshot: Path, space: PartnerSpace) -> None:
    async def work(audiences: Audiences, plain: QueryPool, judges: NoRules) -> None:
        assert await seen(audiences, None) == set()
        async with audiences.pool_for(None) as pool:
            assert pool is plain
        assert await seen(audiences, token_of("aa")) == {"aa"}
        assert await seen(audiences, token_of("bb")) == {"bb"}
        # There is room for one: the first has gone.
        assert audiences.kept == ("bb",)
        async with audiences.pool_for(token_of("bb")):
            with pytest.raises(QueueFull):
                await seen(audiences, token_of("aa"))
        await asyncio.sleep(1.5)
        assert audiences.kept == ()

    run(tmp_path, sparql_snapshot, work, audiences_kept=1, audience_idle_seconds=0.5)


def test_each_sees_what_it_may_and_nothing_a_moment_longer(
    tmp_path: Path, sparql_snapshot: Path, space: PartnerSpace
) -> None:
    async def work(audiences: Audiences, plain: QueryPool, judges: NoRules) -> None:
        who = {"": None, "aa": token_of("aa"), "bb": token_of("bb")}

        async def all_see(**expected: set[str]) -> None:
            assert {name: await seen(audiences, who[name.strip("_")]) for name in expected} == expected

        space.show_to("aa", "public", by=Operator())
        await all_see(_={"aa"}, aa={"aa"}, bb={"aa", "bb"})
        # Whoever sees what everybody sees needs no pool.
        assert audiences.kept == ("", "bb")
        assert judges.asked == 2
        space.show_to("bb", "shared", ["aa"], by=Operator())
        await all_see(_={"aa"}, aa={"aa", "bb"}, bb={"aa", "bb"})
        space.show_to("aa", "private", by=Operator())
        await all_see(_=set(), aa={"aa", "bb"}, bb={"bb"})
        space.show_to("bb", "private", by=Operator())
        await all_see(_=set(), aa={"aa"}, bb={"bb"})
        # What follows from a graph is found once.
        assert judges.asked == 2
        await audiences.changed()
        assert set(audiences.kept) == {"aa", "bb"}

    run(tmp_path, sparql_snapshot, work)


def test_newer_content_is_shown_when_a_change_is_told_and_the_former_until_then(
    tmp_path: Path, sparql_snapshot: Path, space: PartnerSpace
) -> None:
    text = f"SELECT ?o {{ GRAPH <{GRAPH_PARTNER}aa> {{ ?s <http://x/says> ?o }} }}"

    async def said(audiences: Audiences) -> str:
        async with audiences.pool_for(None) as pool:
            return (await pool.run(QueryRequest(text, "csv", {}))).body.decode().split()[1]

    async def work(audiences: Audiences, plain: QueryPool, judges: NoRules) -> None:
        space.show_to("aa", "public", by=Operator())
        assert await said(audiences) == "aa"
        for word in ("new", "newer"):
            line = f'<http://x/aa> <http://x/says> "{word}" <{GRAPH_PARTNER}aa> .\n'
            space.land("aa", line.encode(), by=Operator(), how="test")
        # Two tell of changes at once, and neither brings the older back.
        asked, *_ = await asyncio.gather(said(audiences), audiences.changed(), audiences.changed())
        assert asked in ("aa", "newer")
        assert await said(audiences) == "newer"

    run(tmp_path, sparql_snapshot, work)


def test_a_damaged_graph_is_left_out_for_others(
    tmp_path: Path, sparql_snapshot: Path, space: PartnerSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = PartnerSpace.content

    def content(self: PartnerSpace, version: Any) -> bytes:
        if version.organisation == "aa":
            raise DataDamaged("the stored content is not what was written")
        return whole(self, version)

    monkeypatch.setattr(PartnerSpace, "content", content)

    async def work(audiences: Audiences, plain: QueryPool, judges: NoRules) -> None:
        for key in ("aa", "bb"):
            space.show_to(key, "public", by=Operator())
        assert await seen(audiences, None) == {"bb"}

    run(tmp_path, sparql_snapshot, work)


def test_a_token_that_asks_too_often_is_told_to_wait(tmp_path: Path, space: PartnerSpace) -> None:
    _, secret = space.add_token("aa", may="read", label="desk")
    partners = Partners(Settings(data=tmp_path / "data", token_requests=0.2, token_changes=0.1))

    def request(*values: str) -> Request:
        headers = [(b"authorization", value.encode()) for value in values]
        return Request({"type": "http", "headers": headers})

    assert partners.holder(request()) is None
    for wrong in (
        ("Basic x",),
        ("Bearer x",),
        (f"Bearer {secret}x",),
        (f"Bearer {secret}", "Bearer y"),
        ("",),
    ):
        with pytest.raises(NotSignedIn):
            partners.holder(request(*wrong))
    holder = partners.holder(request(f"bearer  {secret} "))
    assert holder is not None and holder.organisation == "aa"
    with pytest.raises(TooMany) as told:
        for _ in range(3):
            partners.holder(request(f"Bearer {secret}"))
    assert told.value.seconds >= 1
    for _ in range(20):
        partners.count_change(holder)
    with pytest.raises(TooMany):
        partners.count_change(holder)
    partners.close()
    # A service without a partner space knows no token, and makes no folder.
    elsewhere = Partners(Settings(data=tmp_path / "none"))
    with pytest.raises(NotSignedIn):
        elsewhere.holder(request(f"Bearer {secret}"))
    assert not (tmp_path / "none").exists()
