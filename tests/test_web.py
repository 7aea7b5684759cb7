"""Pages: every IRI answers in every form, pages load nothing from elsewhere, and hostile texts stay texts."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import html5rdf
import pytest
import rdflib
from fastapi.testclient import TestClient
from rdflib.compare import isomorphic

from cmh_graph import framework
from cmh_graph.api.app import create_app
from cmh_graph.errors import BadParameter
from cmh_graph.export.schema_org import find_faults, occupation
from cmh_graph.framework import ATTRIBUTE_OF, Framework
from cmh_graph.namespaces import BASE
from cmh_graph.settings import Settings
from cmh_graph.web.assets import Assets
from cmh_graph.web.headers import POLICY
from cmh_graph.web.pages.have import LONGEST
from cmh_graph.web.pages.listing import LISTINGS
from cmh_graph.web.site import Site
from cmh_graph.web.sitemap import addresses

ROOT = Path(__file__).parent
#: What a reader accepts -> what is answered, with the reason for each; "" where nothing is acceptable.
ACCEPTS = tomllib.loads((ROOT / "cases" / "web" / "negotiation.toml").read_text("utf-8"))["case"]
PAGE = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
BESIDE = ("/", "/search", "/find", "/have", "/compare", "/data", "/about", "/employers", "/docs", "/ns")


@pytest.fixture(scope="module")
def fw(framework_snapshots: Path) -> Framework:
    return framework.open(framework_snapshots)


@pytest.fixture(scope="module")
def client(fw: Framework) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), fw), raise_server_exceptions=False) as client:
        yield client


def path(iri: str) -> str:
    return "/" + iri.removeprefix(BASE)


def check_page(text: str) -> ElementTree.Element:
    """The page as a tree. It has one heading of the first level, a language, and nothing that the policy refuses."""
    tree = html5rdf.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    assert tree.get("lang") == "en-GB"
    assert len(list(tree.iter("h1"))) == 1
    assert not [each for each in tree.iter() if each.get("style")], "style attributes are refused by browsers"
    for each in tree.iter("script"):
        assert (each.get("src") or "").startswith("/assets/") or each.get("type") == "application/ld+json"
    for each in tree.iter():
        for name in ("src", "data", "action"):
            assert not (each.get(name) or "").startswith(("http:", "https:", "//")), "loaded from elsewhere"
        assert not [name for name in each.attrib if name.startswith("on")], "scripts in attributes"
    ids = [each.get("id") for each in tree.iter() if each.get("id")]
    assert len(ids) == len(set(ids)), "an id stands twice"
    return tree


def test_every_thing_has_a_page(client: TestClient, fw: Framework) -> None:
    for kind in ATTRIBUTE_OF:
        for thing in fw.things(kind).values():
            answer = client.get(path(thing.iri), headers=PAGE)
            assert answer.status_code == 200, thing.iri
            assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("kind", sorted(ATTRIBUTE_OF))
def test_a_page_of_each_kind_is_sound(client: TestClient, fw: Framework, kind: str) -> None:
    things = list(fw.things(kind).values())
    for thing in things[:2]:
        tree = check_page(client.get(path(thing.iri), headers=PAGE).text)
        assert thing.label in " ".join("".join(one.itertext()) for one in tree.iter("h1"))


@pytest.mark.parametrize("address", [*BESIDE, *(f"/{one}" for one in LISTINGS)])
def test_a_page_beside_the_things_is_sound(client: TestClient, address: str) -> None:
    answer = client.get(address, headers=PAGE)
    assert answer.status_code == 200
    check_page(answer.text)


def test_every_link_on_the_main_pages_leads_somewhere(client: TestClient) -> None:
    seen: set[str] = set()
    for address in (
        *BESIDE,
        "/roles",
        "/role/hcsw",
        "/skill/active-listening",
        "/find?from=hcsw&to=senior-hcsw",
    ):
        for each in check_page(client.get(address, headers=PAGE).text).iter("a"):
            link = (each.get("href") or "").partition("#")[0]
            if link.startswith("/") and not link.startswith(("/sparql", "/reconcile")):
                seen.add(link)
    assert len(seen) > 100
    broken = {link for link in seen if client.get(link, headers=PAGE).status_code != 200}
    assert broken == set()


@pytest.mark.parametrize("kind", sorted(ATTRIBUTE_OF))
def test_the_data_of_a_thing_are_the_same_in_every_form(client: TestClient, fw: Framework, kind: str) -> None:
    thing = next(iter(fw.things(kind).values()), None)
    if thing is None:
        return
    graphs = []
    for suffix, media_type, syntax in (
        ("ttl", "text/turtle", "turtle"), ("nt", "application/n-triples", "nt"),
        ("jsonld", "application/ld+json", "json-ld"),
    ):  # fmt: skip
        by_suffix = client.get(f"{path(thing.iri)}.{suffix}")
        by_header = client.get(path(thing.iri), headers={"Accept": media_type})
        assert by_suffix.content == by_header.content
        assert by_header.headers["content-type"].startswith(media_type)
        assert by_header.headers["vary"].startswith("Accept")
        graphs.append(rdflib.Graph().parse(data=by_header.text, format=syntax))
    assert isomorphic(graphs[0], graphs[1]) and isomorphic(graphs[0], graphs[2])
    assert (rdflib.URIRef(thing.iri), None, None) in graphs[0]


def test_statements_answer_too(client: TestClient, fw: Framework) -> None:
    """A finding, an export or a query names requirements and the like; their IRIs must not lead nowhere."""
    need = fw.role("hcsw").requirements[0]
    assert need.iri.startswith(BASE + "requirement/")
    check_page(client.get(path(need.iri), headers=PAGE).text)
    assert client.get(path(need.iri) + ".ttl").status_code == 200
    check_page(client.get("/vocab/status/inferred", headers=PAGE).text)


def test_the_ontology_answers(client: TestClient) -> None:
    graphs = [
        rdflib.Graph().parse(data=client.get(f"/ns.{suffix}").text, format=syntax)
        for suffix, syntax in (("ttl", "turtle"), ("nt", "nt"), ("jsonld", "json-ld"))
    ]
    assert len(graphs[0]) > 1500
    assert isomorphic(graphs[0], graphs[1]) and isomorphic(graphs[0], graphs[2])


@pytest.mark.parametrize(
    "address", ["/role/hcsv", "/requirement/none", "/nowhere", "/vocab/band/99", "/find?to=none"]
)
def test_what_is_not_there_is_told_as_a_page_to_people_only(client: TestClient, address: str) -> None:
    page = client.get(address, headers=PAGE)
    assert page.status_code == 404
    check_page(page.text)
    program = client.get(address, headers={"Accept": "application/json"})
    assert program.status_code in (404, 406)
    assert program.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7*7 }}",
        "%00",
        "é" * 300,
        "' OR 1=1 --",
    ],
)
def test_a_hostile_text_stays_a_text(client: TestClient, text: str) -> None:
    for address, name in (("/search", "q"), ("/find", "to"), ("/compare", "one")):
        answer = client.get(address, params={name: text}, headers=PAGE)
        assert answer.status_code in (200, 400, 404)
        check_page(answer.text)
        assert "alert(1)</script>" not in answer.text and ">49<" not in answer.text


def test_pages_say_what_browsers_may_do(client: TestClient) -> None:
    answer = client.get("/role/hcsw", headers=PAGE)
    assert answer.headers["content-security-policy"] == POLICY and "unsafe" not in POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "accept-encoding" in answer.headers["vary"].lower()


def test_a_page_is_asked_after_again_by_its_tag(client: TestClient) -> None:
    for packing in ("gzip", "identity"):
        headers = {**PAGE, "Accept-Encoding": packing}
        first = client.get("/role/hcsw", headers=headers)
        again = client.get("/role/hcsw", headers={**headers, "If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    whole = client.get("/role/hcsw", headers={**PAGE, "Accept-Encoding": "identity"})
    assert whole.headers["etag"] != client.get("/role/hcsw", headers=PAGE).headers["etag"]
    assert client.head("/role/hcsw", headers=PAGE).content == b""


def test_a_role_page_is_small(client: TestClient) -> None:
    """What a browser loads for a role, packed and without fonts, stays below 150 kB."""
    packed = {**PAGE, "Accept-Encoding": "gzip"}
    page = client.get("/role/peer-support-worker", headers=packed)
    assets = Assets()
    files = set(re.findall(r"/assets/[0-9a-f]+/([\w./-]+)", page.text)) | {"nhsuk-frontend.js"}
    sent = len(page.text.encode()) + sum(
        len(assets.files[name].packed or assets.files[name].data) for name in files
    )
    assert sent < 150_000


def test_assets_have_a_name_of_their_content(client: TestClient) -> None:
    assets = Assets()
    for name, file in assets.files.items():
        answer = client.get(assets.path(name))
        assert answer.content == file.data and "immutable" in answer.headers["cache-control"], name
    old = client.get("/assets/000000000000/app.css")
    assert old.status_code == 200 and old.headers["cache-control"] == "no-store"
    assert client.get(f"/assets/{assets.version}/../site.py").status_code == 404
    for text in (file.data.decode() for name, file in assets.files.items() if name.endswith((".css", ".js"))):
        assert not re.search(r"(?:url\(|from\s*|import\()[\"']?(?:https?:)?//", text), "loads from elsewhere"


def test_no_logo_is_shown(client: TestClient) -> None:
    """We speak for nobody: neither the logo nor the typeface of the NHS is used."""
    page = client.get("/", headers=PAGE).text
    assert "nhsuk-header__logo" not in page and "not an NHS service" in page
    assert b"frutiger" not in Assets().files["nhsuk-frontend.css"].data.lower()


# --- what a reader accepts ---

TYPES = {
    "html": "text/html", "jsonld": "application/ld+json", "ttl": "text/turtle", "nt": "application/n-triples",
    "json": "application/json",
}  # fmt: skip


def one_of_each_kind(fw: Framework) -> list[str]:
    found = [path(next(iter(fw.things(kind).values())).iri) for kind in ATTRIBUTE_OF if fw.things(kind)]
    return [*found, path(fw.role("hcsw").requirements[0].iri), "/vocab/status/inferred", "/ns"]


def test_every_kind_answers_in_every_form_that_it_has(client: TestClient, fw: Framework) -> None:
    """By the header and by the suffix, with HEAD as with GET; the form that was not asked for is another ETag."""
    for address in one_of_each_kind(fw):
        tags = set()
        for suffix, media_type in TYPES.items():
            answer = client.get(address, headers={"Accept": media_type})
            if suffix == "json" and answer.status_code == 406:
                # Statements and terms have no JSON of their own, only JSON-LD.
                assert address.startswith(("/requirement/", "/vocab/status/", "/ns")), address
                continue
            assert answer.status_code == 200, (address, suffix)
            assert answer.headers["content-type"].startswith(media_type), (address, suffix)
            assert "accept" in answer.headers["vary"].lower()
            tags.add(answer.headers["etag"])
            assert f'<{BASE}{address[1:]}>; rel="canonical"' in answer.headers["link"]
            for other in ("jsonld", "ttl", "nt"):
                assert (
                    f'<{address}.{other}>; rel="alternate"; type="{TYPES[other]}"' in answer.headers["link"]
                )
            head = client.head(address, headers={"Accept": media_type})
            assert (head.status_code, head.content) == (200, b"")
            for name in ("etag", "content-type", "vary", "link", "cache-control"):
                assert head.headers[name] == answer.headers[name], (address, suffix, name)
            if suffix != "html":
                named = client.get(f"{address}.{suffix}", headers={"Accept": "image/png"})
                assert named.content == answer.content, "a suffix counts for more than what is accepted"
            fresh = client.get(
                address, headers={"Accept": media_type, "If-None-Match": answer.headers["etag"]}
            )
            assert (fresh.status_code, fresh.content) == (304, b"")
            assert fresh.headers["vary"] == answer.headers["vary"]
        assert len(tags) >= 4, address


@pytest.mark.parametrize("case", ACCEPTS, ids=lambda case: str(case["accept"]))
def test_what_is_accepted_decides(client: TestClient, fw: Framework, case: dict[str, object]) -> None:
    given = case["accept"]
    fields = given if isinstance(given, list) else [given]
    headers = [("Accept", field) for field in fields]
    for address in one_of_each_kind(fw):
        answer = client.get(address, headers=headers)
        if not case["answers"] or (case["answers"] == "json" and answer.status_code == 406):
            assert answer.status_code == 406, (address, case["why"])
            assert answer.headers["content-type"] == "application/problem+json"
            continue
        assert answer.status_code == 200, (address, case["why"])
        assert answer.headers["content-type"].partition(";")[0] == TYPES[str(case["answers"])], (
            address,
            case["why"],
        )


@pytest.mark.parametrize(
    "sent, packed",
    [("gzip", True), ("GZIP", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("gzip; q=0.000", False),
     ("identity", False), ("notgzip", False), ("", False)],
)  # fmt: skip
def test_what_is_packed_is_only_for_those_who_take_it(client: TestClient, sent: str, packed: bool) -> None:
    for address in ("/role/hcsw", Assets().path("app.css")):
        answer = client.get(address, headers={**PAGE, "Accept-Encoding": sent})
        assert ("content-encoding" in answer.headers) == packed
        assert "accept-encoding" in answer.headers["vary"].lower()


@pytest.mark.parametrize("accept", ["text/html;q=0, */*", "*/*", "application/json, text/html;q=0.1;level=1"])
def test_a_problem_is_a_page_only_for_who_prefers_pages(client: TestClient, accept: str) -> None:
    answer = client.get("/role/hcsv", headers={"Accept": accept})
    page = answer.headers["content-type"].startswith("text/html")
    assert answer.status_code == 404 and page == accept.startswith("application/json")


# --- search engines ---


def test_the_sitemap_names_every_page_once(client: TestClient, fw: Framework) -> None:
    answer = client.get("/sitemap.xml")
    assert answer.headers["content-type"].startswith("application/xml") and answer.headers["etag"]
    found = [
        one.text or ""
        for one in ElementTree.fromstring(answer.content).iter(
            "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
        )
    ]
    assert len(found) == len(set(found)) and all(one.startswith(BASE) for one in found)
    assert {thing.iri for kind in ATTRIBUTE_OF for thing in fw.things(kind).values()} <= set(found)
    for one in [one for one in found if one.count("/") <= BASE.count("/")]:
        reached = client.get(path(one), headers=PAGE, follow_redirects=False)
        assert reached.status_code == 200, one


def test_a_page_that_the_sitemap_names_is_not_ruled_out(client: TestClient, fw: Framework) -> None:
    robots = client.get("/robots.txt")
    assert robots.headers["content-type"].startswith("text/plain")
    ruled_out = re.findall(r"^Disallow: (.+)$", robots.text, re.MULTILINE)
    assert ruled_out and not [one for one in addresses(fw) if f"/{one}".startswith(tuple(ruled_out))]
    assert f"Sitemap: {BASE}sitemap.xml" in robots.text.splitlines()


def test_the_public_address_is_a_setting(fw: Framework) -> None:
    with TestClient(create_app(Settings(public_address="https://careers.example/cmh"), fw)) as other:
        assert "Sitemap: https://careers.example/cmh/sitemap.xml" in other.get("/robots.txt").text
        assert b"<loc>https://careers.example/cmh/role/hcsw</loc>" in other.get("/sitemap.xml").content
    for bad in ("careers.example", "https://careers.example/?a=1", "javascript:alert(1)"):
        with pytest.raises(BadParameter, match="PUBLIC_ADDRESS"):
            Settings(public_address=bad)


def test_a_role_page_tells_search_engines_what_it_is(client: TestClient, fw: Framework) -> None:
    for role in fw.roles.values():
        page = client.get(path(role.iri), headers=PAGE).text
        scripts = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
        if role.form == "grouping":
            assert scripts == [], "a grouping is nobody's job"
            continue
        document = json.loads(scripts[0])
        assert document == occupation(fw, role) and not find_faults(document)


# --- roles by what one has ---


def test_answers_are_kept_by_nobody(client: TestClient) -> None:
    ticked = {"background": "retail", "skill": ["active-listening", "teamwork"]}
    answer = client.post("/have", data=ticked, headers=PAGE)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store" and "set-cookie" not in answer.headers
    assert answer.headers["referrer-policy"] == "no-referrer" and "etag" not in answer.headers
    tree = check_page(answer.text)
    form = next(one for one in tree.iter("form") if one.get("action") == "/have")
    assert form.get("method") == "post", "answers in an address would stand in logs"
    empty = client.get("/have", headers=PAGE)
    assert " checked" not in empty.text, "the next visitor sees nothing of it"
    assert client.get("/have", params={"skill": "teamwork"}, headers=PAGE).status_code == 400


def test_lived_experience_is_never_asked_for(client: TestClient, fw: Framework) -> None:
    offered = {
        (one.get("name"), one.get("value"))
        for one in check_page(client.get("/have", headers=PAGE).text).iter("input") if one.get("type") == "checkbox"
    }  # fmt: skip
    lived = {("experience", one.key) for one in fw.experiences.values() if one.is_lived_experience}
    lived |= {("background", "lived-experience"), ("skill", "share-lived")}
    assert len(lived) == 4 and not lived & offered and ("background", "retail") in offered
    for field, key in lived:
        assert client.post("/have", data={field: key}, headers=PAGE).status_code == 400


def fits(client: TestClient, **ticked: object) -> list[tuple[str, int, int]]:
    """Role, essentials had and essentials asked for, in the order of the page."""
    answer = client.post("/have", data=ticked, headers=PAGE)
    assert answer.status_code == 200
    found = []
    for item in check_page(answer.text).iter("li"):
        if item.get("class") == "app-fit":
            bar = next(item.iter("progress"))
            found.append(
                (next(item.iter("a")).get("href", ""), int(bar.get("value", "")), int(bar.get("max", "")))
            )
    return found


def test_the_role_that_one_could_have_comes_first(client: TestClient, fw: Framework) -> None:
    """Who ticks all that a role asks for and can be ticked lacks nothing of it; more ticks never widen a gap."""
    for key in ("hcsw", "peer-support-worker", "employment-specialist"):
        needs = [one for one in fw.role(key).requirements if one.necessity == "essential"]
        members = [
            member for need in needs for member in (need.any_of or (need,)) if member.asks_for is not None
        ]
        offered = {
            (one.get("name"), one.get("value"))
            for one in check_page(client.get("/have", headers=PAGE).text).iter("input")
        }
        ticked: dict[str, list[str]] = {}
        for one in members:
            if one.asks_for and (one.asks_for.kind, one.asks_for.key) in offered:
                ticked.setdefault(one.asks_for.kind, []).append(one.asks_for.key)
        full = fits(client, **ticked, level="supervisory")
        had = {role: (have, asked) for role, have, asked in full}
        assert had[f"/role/{key}"][0] == had[f"/role/{key}"][1]
        fewer = {
            role: have for role, have, _ in fits(client, **{name: keys[:2] for name, keys in ticked.items()})
        }
        assert all(have <= had[role][0] for role, have in fewer.items())


@pytest.mark.parametrize(
    "body, kind, status",
    [(b"", "application/x-www-form-urlencoded", 422),
     (b"level=senior", "application/x-www-form-urlencoded", 422),
     (b"skill=none-such", "application/x-www-form-urlencoded", 400),
     (b"name=Jo", "application/x-www-form-urlencoded", 400),
     (b"level=regulated&skill=teamwork", "application/x-www-form-urlencoded", 400),
     (b"skill=%ff%fe", "application/x-www-form-urlencoded", 400),
     ("skill=\u00e9".encode(), "application/x-www-form-urlencoded", 400),
     (b"skill=teamwork&" * 500, "application/x-www-form-urlencoded", 400),
     (b"a" * (LONGEST + 1), "application/x-www-form-urlencoded", 413),
     (b"{}", "application/json", 415), (b"skill=teamwork", "", 415)],
)  # fmt: skip
def test_a_form_that_nobody_can_fill_in_is_refused(
    client: TestClient, body: bytes, kind: str, status: int
) -> None:
    answer = client.post("/have", content=body, headers={**PAGE, "Content-Type": kind})
    assert answer.status_code == status
    check_page(answer.text)
    assert (
        "none-such" not in answer.text
        and "Jo" not in answer.text.split("<main")[1].split("</main")[0].split()
    )
    assert answer.headers["cache-control"] == "no-store"


def test_what_visitors_type_is_not_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's searches neither stay in memory nor push out the pages that all read."""
    kept: list[str] = []
    keep = Site._kept

    def noting(site: Site, address: str, write: Callable[[], bytes]) -> bytes:
        kept.append(address)
        return keep(site, address, write)

    monkeypatch.setattr(Site, "_kept", noting)
    for address in ("/search", "/search?q=my+name", "/find?from=hcsw&to=senior-hcsw", "/role/hcsw"):
        assert client.get(address, headers=PAGE).status_code == 200
    assert kept == ["/search", "/role/hcsw"]
