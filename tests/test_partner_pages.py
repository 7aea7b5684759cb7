"""The pages of partners: signing in, publishing a reviewed list or a file, taking it back; no scripts needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from align_service import Visitor, service
from cmh_graph.partner_space import PartnerSpace
from partner_service import CHEAP, catalogue

LIST = "Ref,Job Title,Band\nA1,Support Worker,3\nA 2,Peer Support Worker,3\nA3,Chef,2\n"


@dataclass(frozen=True)
class House:
    """A running service: its address, its partner space, and the secrets of tokens."""

    address: str
    space: PartnerSpace
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def house(framework_snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("data")
    space = PartnerSpace.open(data, cost=CHEAP)
    secrets = {}
    for key in ("alder", "birch"):
        space.add_organisation(key, f"{key.capitalize()} <b>Trust</b> (made up)")
        for may in ("write", "read"):
            _, secrets[f"{key} {may}"] = space.add_token(key, may=may, label=f"{key} {may} desk")
    with service(framework_snapshots, data, token_changes=1000, token_requests=1000) as address:
        yield House(address, space, secrets)
    space.close()


def signed_in(house: House, who: str) -> Visitor:
    visitor = Visitor(house.address)
    visitor.get("/partner")
    answer = visitor.post("/partner/sign-in", {"secret": house.secrets[who]})
    assert answer.status_code == 303 and answer.headers["location"] == "/partner", answer.text
    visitor.get("/partner")
    return visitor


def words(answer: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def send_file(visitor: Visitor, name: str, content: bytes, seen: str = "") -> httpx.Response:
    return visitor.http.post(
        "/partner/upload", data={"token": visitor.token, "seen": seen}, files={"file": (name, content)}
    )


def seen_in(answer: httpx.Response) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', answer.text)
    assert found
    return found.group(1)


def test_a_stranger_is_asked_for_a_token(house: House) -> None:
    page = Visitor(house.address).get("/partner")
    assert page.status_code == 200 and 'type="password"' in page.text
    for key in ("Alder", "alder", "Birch"):
        assert key not in page.text, "who the partners are is nobody's business"


@pytest.mark.parametrize("secret", ["", "cmh_nobody_wrong", "x" * 5000, "' OR 1=1 --", "cmh_\x00"])
def test_a_token_that_does_not_hold_signs_nobody_in(house: House, secret: str) -> None:
    visitor = Visitor(house.address)
    visitor.get("/partner")
    cookies = dict(visitor.http.cookies)
    answer = visitor.post("/partner/sign-in", {"secret": secret})
    assert answer.status_code == 401 and "this token does not hold" in answer.text.lower()
    assert not secret or secret not in answer.text
    assert dict(visitor.http.cookies) == cookies


def test_signing_in_gives_the_visit_a_new_number(house: House) -> None:
    """Who planted the old number in somebody's browser must not be signed in with them."""
    visitor = Visitor(house.address)
    visitor.get("/partner")
    planted = dict(visitor.http.cookies)
    visitor.post("/partner/sign-in", {"secret": house.secrets["alder read"]})
    assert dict(visitor.http.cookies) != planted
    other = httpx.Client(base_url=house.address, cookies=planted)
    assert "Sign in with" in other.get("/partner", headers={"Accept": "text/html"}).text


def test_names_of_partners_are_escaped(house: House) -> None:
    page = signed_in(house, "alder read").get("/partner")
    assert "<b>Trust" not in page.text and "&lt;b&gt;Trust" in page.text


def test_a_reviewed_list_becomes_the_graph_and_can_be_taken_back(house: House) -> None:
    visitor = signed_in(house, "alder write")
    visitor.give("list.csv", LIST.encode())
    visitor.matched()
    page = visitor.get("/align/review")
    group = re.search(r'name="group" value="([^"]+)"', page.text)
    choice = re.search(r'name="do" value="(accept:[^"]+)"', page.text)
    assert group and choice
    visitor.post("/align/decide", {"group": group[1], "do": choice[1], "show": "waiting"})

    page = visitor.get("/partner/publish")
    assert "3 posts" in words(page) and "1 title that you matched" in words(page)
    fields = {"seen": seen_in(page), "employer_type": "nhs-trust", "licence": "ogl", "day": "2026-11-01"}
    answer = visitor.post("/partner/publish", fields)
    assert answer.status_code == 303, words(answer)

    current = house.space.current("alder")
    assert current is not None and current.number == 1
    graph = house.space.content(current).decode()
    assert "post/alder-A1>" in graph and "Open Government Licence v3.0" in graph
    assert "post/alder-row-2>" in graph, "a key that no IRI can hold gives way to the row's number"
    assert graph.count("#reviewState>") == 1, "only what a person decided is published"
    assert '"Chef"@en' in graph

    # The same form again: its page showed an empty graph, which it is no longer.
    again = visitor.post("/partner/publish", fields)
    assert again.status_code == 412 and "Nothing was changed" in again.text
    assert house.space.current("alder") == current

    page = visitor.get("/partner")
    answer = visitor.post("/partner/remove", {"seen": seen_in(page)})
    assert answer.status_code == 303 and house.space.current("alder") is None
    page = visitor.get("/partner")
    answer = visitor.post("/partner/rollback", {"version": "1", "seen": seen_in(page)})
    assert answer.status_code == 303, words(answer)
    back = house.space.current("alder")
    assert back is not None and back.sha256 == current.sha256


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"employer_type": "", "licence": "ogl", "day": "2026-11-01"}, "type of employer"),
        ({"employer_type": "nhs-trust", "licence": "mine", "day": "2026-11-01"}, "no licence"),
        ({"employer_type": "nhs-trust", "licence": "ogl", "day": "yesterday"}, "not a day"),
    ],
)
def test_what_the_form_lacks_is_told_beside_it(house: House, fields: dict[str, str], says: str) -> None:
    visitor = signed_in(house, "birch write")
    visitor.give("list.csv", LIST.encode())
    visitor.matched()
    page = visitor.get("/partner/publish")
    answer = visitor.post("/partner/publish", {"seen": seen_in(page), **fields})
    assert answer.status_code == 400 and says in answer.text.lower()
    assert house.space.current("birch") is None


def test_a_file_is_checked_and_published(house: House) -> None:
    visitor = signed_in(house, "birch write")
    faulty = catalogue("birch").replace("post:birch-1 a", "post:alder-1 a").encode()
    answer = send_file(visitor, "ours.ttl", faulty)
    assert answer.status_code == 422 and "post:alder-1" in answer.text
    assert house.space.current("birch") is None
    answer = send_file(visitor, "ours.docx", b"PK")
    assert answer.status_code == 415
    answer = send_file(visitor, "ours.ttl", catalogue("birch").encode())
    assert answer.status_code == 303, words(answer)
    assert house.space.current("birch") is not None
    page = visitor.get("/partner?done=landed")
    assert "Published." in page.text
    visitor.post("/partner/access", {"visibility": "shared", "with": "alder"})
    assert house.space.visibility("birch").with_ == ("alder",)
    answer = visitor.post("/partner/access", {"visibility": "everybody"})
    assert answer.status_code == 400
    assert house.space.visibility("birch").shown == "shared"


@pytest.mark.parametrize("path", ["upload", "publish", "rollback", "access", "remove"])
def test_a_reader_and_a_stranger_change_nothing(house: House, path: str) -> None:
    before = house.space.revision
    fields = {"seen": "", "version": "1", "visibility": "public"}
    for visitor, status in ((signed_in(house, "alder read"), 403), (Visitor(house.address), 401)):
        visitor.get("/partner")
        if path == "upload":
            answer = send_file(visitor, "a.ttl", catalogue("alder").encode())
        else:
            answer = visitor.post(f"/partner/{path}", fields)
        assert answer.status_code == status, words(answer)
    assert house.space.revision == before


@pytest.mark.parametrize("path", ["sign-in", "sign-out", "upload", "publish", "rollback", "access", "remove"])
def test_forms_of_other_sites_do_nothing(house: House, path: str) -> None:
    visitor = signed_in(house, "alder write")
    before = house.space.revision
    for fields, headers in (
        ({"token": visitor.token}, {"Origin": "https://evil.example"}),
        ({"token": visitor.token}, {"Sec-Fetch-Site": "cross-site"}),
        ({"token": "x" * 43}, {}),
        ({}, {}),
    ):
        more = {"seen": "", "version": "1", "visibility": "public", "secret": "x"}
        if path == "upload":
            file = {"file": ("a.ttl", catalogue("alder").encode())}
            answer = visitor.http.post(
                "/partner/upload", data={**more, **fields}, files=file, headers=headers
            )
        else:
            answer = visitor.http.post(f"/partner/{path}", data={**more, **fields}, headers=headers)
        assert answer.status_code == 403, (path, fields, headers, words(answer))
    assert house.space.revision == before
    assert "Signed in as" in visitor.get("/partner").text


def test_a_revoked_token_ends_the_session(house: House) -> None:
    token, secret = house.space.add_token("alder", may="write", label="leaving desk")
    visitor = Visitor(house.address)
    visitor.get("/partner")
    visitor.post("/partner/sign-in", {"secret": secret})
    assert "leaving desk" in visitor.get("/partner").text
    house.space.revoke(token.id)
    assert "Sign in with" in visitor.get("/partner").text
    assert visitor.post("/partner/remove", {"seen": ""}).status_code == 401


def test_signing_out_keeps_the_list_and_ends_the_rest(house: House) -> None:
    visitor = signed_in(house, "alder read")
    visitor.give("list.csv", LIST.encode())
    visitor.matched()
    visitor.get("/partner")
    visitor.post("/partner/sign-out")
    assert "Sign in with" in visitor.get("/partner").text
    assert "list.csv" in visitor.get("/align").text


def test_a_version_can_be_read_by_its_owner_alone(house: House) -> None:
    owner, other = signed_in(house, "alder read"), signed_in(house, "birch write")
    page = owner.get("/partner/versions/1")
    assert (
        page.headers["content-type"].startswith("text/turtle")
        and "alder-1" in page.headers["content-disposition"]
    )
    assert 'filename="alder-1.ttl"' in page.headers["content-disposition"] and "Chef" in page.text
    assert "Chef" not in other.get("/partner/versions/1").text
    assert "Sign in with" in Visitor(house.address).get("/partner/versions/1").text
    assert owner.get("/partner/versions/99").status_code == 404
