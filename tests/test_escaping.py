"""Hostile titles, labels and typed texts stay texts: on every page and in every form, no element comes of one.

The same pages are made twice, over a framework whose every text ends in markup and over one whose texts end in plain
words. A parser reads both. What the hostile one has and the plain one has not was made by a text."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import html5rdf
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import built
from cmh_graph import framework
from cmh_graph.api.app import create_app
from cmh_graph.build import Graph
from cmh_graph.framework import ATTRIBUTE_OF
from cmh_graph.namespaces import BASE
from cmh_graph.papers.catalogue import FORMATS
from cmh_graph.settings import Settings
from cmh_graph.snapshot import write_snapshot
from cmh_graph.web.pages.listing import LISTINGS

EVIL = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;b&gt;&#60;i&#62;{{7*7}}{%raw%}${7*7}"
    "]]>--><svg onload=alert(1)></title></textarea></style></script><base href=//x><![CDATA[`[a](javascript:alert(1))"
)
PLAIN = "script alert 1 img src x onerror alert lt b gt i 7 svg onload title textarea style base cdata"
PAGE = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
Shape = set[tuple[str, tuple[str, ...]]]


def serving(text: str, folder: Path) -> TestClient:
    """The service over a framework whose English texts all end in a text."""
    graph = built.framework_graph()
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    lines = re.sub(r'"@en(?= )', lambda _: f' {escaped}"@en', graph.nquads.decode())
    write_snapshot(Graph(lines.encode(), graph.graphs, graph.sources), folder)
    opened = framework.open(folder, home=built.ROOT)
    chosen = Settings(snapshots=folder, data=folder / "data")
    return TestClient(create_app(chosen, opened), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with serving(EVIL, tmp_path_factory.mktemp("evil")) as client:
        yield client


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with serving(PLAIN, tmp_path_factory.mktemp("plain")) as client:
        yield client


def tree_of(text: str) -> ElementTree.Element:
    return html5rdf.parse(text, treebuilder="etree", namespaceHTMLElements=False)


def shape_of(text: str) -> Shape:
    """Which elements a page has, with the names of their attributes; and what may be in some of these."""
    found: Shape = set()
    for each in tree_of(text).iter():
        if not isinstance(each.tag, str):
            # A comment: its text is not shown, but one that a text made would hide what follows.
            assert "alert" not in (each.text or ""), "a text is in a comment"
            continue
        names = tuple(sorted(map(str, each.attrib)))
        assert not [name for name in names if name.startswith("on")], (each.tag, names)
        for name in ("href", "src", "action", "formaction", "data", "xlink:href"):
            value = (each.get(name) or "").strip().lower()
            assert not value.startswith(("javascript:", "data:text", "vbscript:", "//")), value
        if each.tag == "script":
            check_script(each)
        found.add((each.tag, names))
    return found


def check_script(script: ElementTree.Element) -> None:
    if script.get("src"):
        assert (script.get("src") or "").startswith("/assets/")
        return
    assert script.get("type") == "application/ld+json", ElementTree.tostring(script)[:200]
    json.loads(script.text or "")
    assert "<" not in (script.text or ""), "in JSON within a page, < is written as an escape"


def addresses() -> list[str]:
    """A page of each kind, and those beside them."""
    fw = built.opened_framework()
    things = [
        "/" + next(iter(fw.things(kind).values())).iri.removeprefix(BASE)
        for kind in ATTRIBUTE_OF
        if fw.things(kind)
    ]
    need = "/" + fw.role("hcsw").requirements[0].iri.removeprefix(BASE)
    return [
        *things, need, "/role/peer-support-worker", "/vocab/status/inferred", "/", *(f"/{one}" for one in LISTINGS),
        "/search?q=support", "/search?q=nothing-like-it", "/find", "/find?from=hcsw&to=mental-health-nurse",
        "/compare?one=hcsw&other=senior-hcsw", "/have", "/data", "/about", "/employers", "/ns", "/ns/1.0.0", "/docs",
        "/assess", "/assess?role=hcsw", "/query", "/map", "/align",
        "/reconcile/preview?id=role/hcsw", "/reconcile/view/role/hcsw",
        "/role/none", "/v1/papers/job-description/hcsw?format=html", "/v1/papers/interview-pack/hcsw?format=html",
        "/v1/papers/development-plan/senior-hcsw?from=hcsw&format=html",
    ]  # fmt: skip


def test_texts_of_the_catalogue_make_nothing_on_any_page(evil: TestClient, plain: TestClient) -> None:
    shown = 0
    for address in addresses():
        hostile, harmless = (client.get(address, headers=PAGE) for client in (evil, plain))
        assert hostile.status_code == harmless.status_code, (address, hostile.text[:300])
        made = shape_of(hostile.text) - shape_of(harmless.text)
        assert not made, f"{address}: {sorted(made)[:5]}"
        shown += "&lt;script&gt;alert(1)" in hostile.text
    # So that the test is not empty: most pages do show such texts.
    assert shown >= 25


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_papers_hold_texts_as_texts(evil: TestClient, plain: TestClient, name: str) -> None:
    address = f"/v1/papers/job-description/hcsw?format={name}"
    hostile, harmless = (client.get(address).content for client in (evil, plain))
    if hostile.startswith(b"PK"):
        assert parts_of(hostile) == parts_of(harmless)
    elif name == "html":
        assert not shape_of(hostile.decode()) - shape_of(harmless.decode())
    else:
        # Markdown and the like: what a reader of it makes of a tag is not ours to say, so there is none.
        assert not re.search(rb"(?<!\\)<(script|img|svg|base|/)", hostile), name


def parts_of(packed: bytes) -> dict[str, set[tuple[str, tuple[str, ...]]]]:
    """Part of a Word file -> its elements with the names of their attributes."""
    with zipfile.ZipFile(io.BytesIO(packed)) as parts:
        return {
            name: {
                (each.tag, tuple(sorted(each.attrib)))
                for each in ElementTree.fromstring(parts.read(name)).iter()
            }
            for name in parts.namelist()
            if name.endswith((".xml", ".rels"))
        }


def test_other_forms_hold_the_very_text(evil: TestClient) -> None:
    """Data are not pages: they hold a text as it is, in their own escapes."""
    label = f"Healthcare support worker {EVIL}"
    assert evil.get("/v1/roles/hcsw").json()["label"] == label
    query = "SELECT ?x { <https://w3id.org/cmh-graph/role/hcsw> skos:prefLabel ?x }"
    for accept in ("application/sparql-results+xml", "application/sparql-results+json", "text/csv"):
        answer = evil.get("/sparql", params={"query": query}, headers={"Accept": accept})
        assert answer.status_code == 200
        if accept.endswith("xml"):
            found = [
                each.text
                for each in ElementTree.fromstring(answer.content).iter()
                if each.tag.endswith("literal")
            ]
            assert found == [label]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not answer.headers["content-type"].startswith("text/html")
    xml = evil.get(
        "/sparql",
        params={"query": "CONSTRUCT WHERE { <https://w3id.org/cmh-graph/role/hcsw> skos:prefLabel ?x }"},
        headers={"Accept": "application/rdf+xml"},
    )
    assert label in [each.text for each in ElementTree.fromstring(xml.content).iter()]
    flyout = evil.get("/reconcile/flyout/entity/role/hcsw").json()["html"]
    assert not {tag for tag, _ in shape_of(flyout)} & {"script", "img", "svg", "base"}


def test_pictures_hold_texts_as_texts(evil: TestClient, plain: TestClient) -> None:
    rows = {"rows": [{"title": "HCA", "team": "x", "headcount": 9}]}
    for name in ("bands.svg", "families.svg", "titles.svg", "gaps.svg"):
        hostile, harmless = (
            client.post("/v1/workforce", params={"format": name}, json=rows) for client in (evil, plain)
        )
        assert hostile.status_code == harmless.status_code
        if hostile.status_code == 200:
            elements = [
                {
                    (each.tag, tuple(sorted(each.attrib)))
                    for each in ElementTree.fromstring(one.content).iter()
                }
                for one in (hostile, harmless)
            ]
            assert not elements[0] - elements[1], name


# --- what visitors type ---

_PIECES = st.sampled_from(
    [
        EVIL, "<b>", "</h1>", '"', "'", "&lt;", "&#x3c;script>", "{{1}}", "{%if%}", "\u2028", "\x00", "\\", "<!--",
        "]]>", "javascript:alert(1)", " onload=x ", "ﬁ", "\U0001f600", "%3Cb%3E", "+",
    ]
)  # fmt: skip
_TYPED = st.lists(st.one_of(_PIECES, st.text(max_size=6)), min_size=1, max_size=5).map(
    lambda parts: "".join(parts)[:180]
)


@pytest.fixture(scope="module")
def usual(plain: TestClient) -> Shape:
    """All that these pages have when nobody means harm."""
    found: Shape = set()
    for address in (
        "/find", "/have", "/compare", "/assess", "/query", "/search?q=support", "/search?q=zzzz", "/search",
        "/find?to=none", "/find?from=x&to=hcsw", "/nowhere",
        "/compare?one=none", "/query?query=ASK%7B%7D", "/query?query=x", "/assess?role=none", "/search?q=", "/role/x.y",
        "/search?q=script", "/search?q=1", "/search?q=a", "/find?from=hcsw&to=hcsw&by=x", "/search?x=1",
    ):  # fmt: skip
        found |= shape_of(plain.get(address, headers=PAGE).text)
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(_TYPED)
def test_what_visitors_type_makes_nothing(plain: TestClient, usual: Shape, text: str) -> None:
    for address, name in (
        ("/search", "q"), ("/find", "to"), ("/find", "by"), ("/compare", "one"), ("/assess", "role"),
        ("/query", "query"), ("/search", "x" + text.replace("\x00", "")[:20]),
    ):  # fmt: skip
        answer = plain.get(address, params={name: text}, headers=PAGE)
        assert answer.status_code < 500, (address, text)
        if answer.headers["content-type"].startswith("text/html"):
            made = shape_of(answer.text) - usual
            assert not made, (address, text, sorted(made)[:5])
