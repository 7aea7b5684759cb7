"""Every kind of address, every form, and what readers say that they accept: RFC 9110, 12."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from cmh_graph import framework
from cmh_graph.api.app import create_app
from cmh_graph.namespaces import BASE
from cmh_graph.settings import Settings
from cmh_graph.sparql.formats import negotiate

CASES = Path(__file__).parent / "cases" / "negotiation"
KINDS = tomllib.loads((CASES / "kinds.toml").read_text("utf-8"))["kind"]
ACCEPTS = tomllib.loads((CASES / "accepts.toml").read_text("utf-8"))["case"]


@dataclass(frozen=True)
class Kind:
    """One kind of address. offered: (what is accepted, what is then answered), in the order of the offer.

    suffixes, formats: a name -> the type that it chooses."""

    name: str
    path: str
    offered: tuple[tuple[str, str], ...]
    suffixes: dict[str, str]
    formats: dict[str, str]
    tagged: bool

    @property
    def separator(self) -> str:
        return "&" if "?" in self.path else "?"


def kind_of(given: dict[str, Any]) -> Kind:
    offered = tuple(
        (one, one) if isinstance(one, str) else (str(one[0]), str(one[1])) for one in given["types"]
    )
    types = [one[1] for one in offered]
    suffixes = dict(zip(given.get("suffixes", ()), types, strict=False))
    formats = dict(zip(given.get("format", ()), types, strict=False)) or suffixes
    return Kind(given["name"], given["path"], offered, suffixes, formats, "untagged" not in given)


ALL = tuple(kind_of(given) for given in KINDS)
TAGGED = tuple(kind for kind in ALL if kind.tagged)


@pytest.fixture(scope="module")
def client(framework_snapshots: Path) -> Iterator[TestClient]:
    served = framework.open(framework_snapshots)
    with TestClient(create_app(Settings(), served), raise_server_exceptions=False) as client:
        client.headers.pop("accept")
        yield client


def ask(client: TestClient, path: str, fields: Sequence[str], method: str = "GET", **more: str) -> Response:
    headers = [
        *(("Accept", one) for one in fields),
        *((name.replace("_", "-"), v) for name, v in more.items()),
    ]
    return client.request(method, path, headers=headers, follow_redirects=False)


def media_type(answer: Response) -> str:
    return answer.headers.get("content-type", "").partition(";")[0]


def fits(media_range: str, media_type: str) -> bool:
    start = media_range.removesuffix("*")
    return (
        media_range == "*/*"
        or media_type == media_range
        or (start != media_range and media_type.startswith(start))
    )


def wanted(case: dict[str, Any], kind: Kind) -> str | None:
    """What a case gets at an address, by the words of the case; None if nothing is acceptable."""
    never, apart = case.get("never", []), case.get("apart", [])
    for like in case["likes"]:
        ranges = like if isinstance(like, list) else [like]
        for accepted, answered in kind.offered:
            ruled_out = any(fits(one, accepted) for one in never)
            # A type that a more specific range speaks of waits for its turn.
            later = like not in apart and any(fits(one, accepted) for one in apart)
            if not ruled_out and not later and any(fits(one, accepted) for one in ranges):
                return answered
    return None


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_what_is_accepted_decides(client: TestClient, kind: Kind) -> None:
    wrong = []
    for case in ACCEPTS:
        fields = case.get("fields", [case.get("accept", "")])
        answer = ask(client, kind.path, fields)
        expected = wanted(case, kind)
        found = media_type(answer) if answer.status_code == 200 else None
        if (answer.status_code, found) != ((200, expected) if expected else (406, None)):
            wrong.append(
                (fields, f"wanted {expected}", f"{answer.status_code} {media_type(answer)}", case["why"])
            )
        # Also who is refused depends on what they accept.
        if "accept" not in answer.headers.get("vary", "").lower():
            wrong.append((fields, f"{answer.status_code} without Vary: Accept"))
        if answer.status_code == 406 and media_type(answer) == "application/problem+json":
            missing = [
                one for one, other in kind.offered if one == other and one not in answer.json()["mend"]
            ]
            if len(missing) == len(kind.offered):
                wrong.append((fields, "the refusal names no type that would do"))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_a_name_in_the_address_wins(client: TestClient, kind: Kind) -> None:
    """A suffix or format= is a decision; the header may be what a library sends by itself."""
    for name, expected in kind.formats.items():
        for fields in ([], ["image/png"], ["*/*;q=0"], ["text/html"]):
            answer = ask(client, f"{kind.path}{kind.separator}format={name}", fields)
            assert (answer.status_code, media_type(answer)) == (200, expected), (name, fields)
    for name, expected in kind.suffixes.items():
        for fields in ([], ["image/png"], ["*/*;q=0"], ["text/html"]):
            answer = ask(client, f"{kind.path}.{name}", fields)
            assert (answer.status_code, media_type(answer)) == (200, expected), (name, fields)
        other = next(one for one in kind.suffixes if one != name)
        both = ask(client, f"{kind.path}.{name}?format={other}", [])
        assert (both.status_code, media_type(both)) == (200, expected), "the suffix names a document"
    for name in ("exe", "xml2", "..", "html%00"):
        assert ask(client, f"{kind.path}{kind.separator}format={name}", ["*/*"]).status_code == 400, name
        if kind.suffixes:
            assert ask(client, f"{kind.path}.{name}", ["*/*"]).status_code in (400, 404), name


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_head_says_what_get_says(client: TestClient, kind: Kind) -> None:
    for accepted, _ in kind.offered:
        got, head = (ask(client, kind.path, [accepted], method) for method in ("GET", "HEAD"))
        assert head.status_code == got.status_code == 200
        assert head.content == b""
        for name in ("content-type", "etag", "vary", "link", "content-location", "cache-control"):
            assert head.headers.get(name) == got.headers.get(name), name


@pytest.mark.parametrize("kind", TAGGED, ids=lambda kind: kind.name)
def test_each_form_has_its_own_tag(client: TestClient, kind: Kind) -> None:
    tags = {}
    for accepted, _ in kind.offered:
        first = ask(client, kind.path, [accepted])
        tags[accepted] = first.headers["etag"]
        for value in (tags[accepted], f"W/{tags[accepted]}", f'"x", {tags[accepted]}', "*"):
            again = ask(client, kind.path, [accepted], If_None_Match=value)
            assert (again.status_code, again.content) == (304, b""), value
            # What a cache needs to renew what it has (RFC 9110, 15.4.5).
            for name in ("etag", "vary", "cache-control", "content-location"):
                assert again.headers.get(name) == first.headers.get(name), name
    assert len(set(tags.values())) == len(tags), "two forms under one tag would be mixed up by caches"
    for accepted, tag in tags.items():
        for other in tags:
            answer = ask(client, kind.path, [other], If_None_Match=tag)
            assert answer.status_code == (304 if other == accepted else 200)


@pytest.mark.parametrize("kind", TAGGED, ids=lambda kind: kind.name)
def test_links_lead_to_the_other_forms(client: TestClient, kind: Kind) -> None:
    for accepted, answered in kind.offered:
        answer = ask(client, kind.path, [accepted])
        place = answer.headers.get("content-location")
        if kind.suffixes:
            assert place, "which of the forms this is has an address of its own"
            same = ask(client, place, [])
            assert (media_type(same), same.content) == (answered, answer.content)
        for href, rest in re.findall(r"<([^>]*)>([^,<]*)", answer.headers.get("link", "")):
            if 'rel="alternate"' in rest:
                declared = re.search(r'type="([^"]*)"', rest)
                assert declared and not href.startswith("//")
                other = ask(client, href, [])
                assert (other.status_code, media_type(other)) == (200, declared[1])
            if 'rel="canonical"' in rest:
                assert href.startswith(BASE)


def test_the_tables_are_whole() -> None:
    assert len({kind.name for kind in ALL}) == len(ALL) >= 20
    for case in ACCEPTS:
        assert case["why"].endswith((".", ")")), case


# --- beside another implementation ---

_TYPES = (
    "text/html",
    "text/turtle",
    "application/ld+json",
    "application/json",
    "application/n-triples",
    "image/svg+xml",
)
_RANGES = (*_TYPES, "text/*", "application/*", "image/*", "*/*")
_QUALITIES = st.sampled_from(["", ";q=1", ";q=0", ";q=0.5", ";q=0.25", ";q=0.001", "; q=0.999", ";Q=0.75"])
_FIELD = st.lists(
    st.tuples(st.sampled_from(_RANGES), _QUALITIES), min_size=1, max_size=6, unique_by=lambda one: one[0]
)


@settings(max_examples=400, deadline=None)
@given(_FIELD, st.lists(st.sampled_from(_TYPES), min_size=1, max_size=5, unique=True))
def test_what_is_chosen_is_liked_best(ranges: list[tuple[str, str]], offered: list[str]) -> None:
    """Werkzeug's reading of the field gives no offered type a higher quality than the one that we choose."""
    field = ", ".join(f"{one}{quality}" for one, quality in ranges)
    judge = parse_accept_header(field, MIMEAccept)
    chosen = negotiate(field, offered)
    best = max(judge.quality(one) for one in offered)
    assert (judge.quality(offered[chosen]) if chosen is not None else 0) == best
