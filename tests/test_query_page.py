"""The query page and the API reference: what they show, over HTTP; in a browser, with and without scripts.

The browser comes by .ci/run (Debian's chromium), axe-core by `make test` (npm); without them its tests are skipped."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import socket
import threading
import time
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from browser import Browser
from built import ROOT, opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.errors import QueueFull
from cmh_graph.namespaces import compact
from cmh_graph.settings import Settings
from cmh_graph.sparql.guard import Form
from cmh_graph.store import Literal
from cmh_graph.web import vendor
from cmh_graph.web.assets import STATIC, Assets
from cmh_graph.web.completion import completion
from cmh_graph.web.pages import query_picture
from cmh_graph.web.pages.query import problem_values
from cmh_graph.web.pages.query_answer import LONGEST_ADDRESS, answer_values, cell
from cmh_graph.web.pages.query_examples import OWN, examples, filled
from cmh_graph.web.site import Site

CASES = tomllib.loads((ROOT / "tests" / "cases" / "query_page" / "answers.toml").read_text("utf-8"))["case"]
PAGE = {"Accept": "text/html"}
NARROW = 320
_AXE_RUN = "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]))"
_REFUSED = (
    "new Promise(done => { const o = new ReportingObserver(all => done(all.map(one => one.body.blockedURL)),"
    " {types: ['csp-violation'], buffered: true}); o.observe(); setTimeout(() => done([]), 100); })"
)
_LOADED = "performance.getEntriesByType('resource').map(one => one.name)"
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def site(framework_snapshots: Path) -> Iterator[str]:
    """The address of the whole service on a free port, with small limits."""
    settings = Settings(
        snapshots=framework_snapshots,
        query_workers=2,
        query_seconds=3.0,
        query_rows=5_000,
        public_address="https://graph.example/",
    )
    app = create_app(settings, opened_framework())
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.02)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture(scope="module")
def client(site: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site, timeout=60) as found:
        yield found


class _Read(HTMLParser):
    """Headings, the rows of the first table, ids and links of a page, as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.heading = ""
        self._into: str = ""
        self._tables = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given_ = dict(attributes)
        if given_.get("id"):
            self.ids.append(str(given_["id"]))
        if given_.get("href"):
            self.links.append(str(given_["href"]))
        if given_.get("id") == "answer-heading":
            self._into = "heading"
        elif tag == "table":
            self._tables += 1
        elif tag == "tr" and self._tables == 1:
            self.rows.append([])
        elif tag in ("td", "th") and self._tables == 1:
            self.rows[-1].append("")
            self._into = "cell"
        elif tag == "span" and given_.get("class") == "app-result__note":
            self._into = "note"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "h2"):
            self._into = ""

    def handle_data(self, data: str) -> None:
        if self._into == "heading":
            self.heading += data
        elif self._into == "cell":
            self.rows[-1][-1] += data


def answer_of(page: str) -> str:
    """The part of a page that holds the answer."""
    return page[page.index('<section id="answer"') :].partition("</section>")[0]


# --- answers ---


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_answer_is_shown_as_its_case_says(case: dict[str, Any], client: httpx.Client) -> None:
    told = client.post("/query", data={"query": case["query"]}, headers=PAGE)
    assert told.status_code == case.get("status", 200)
    assert told.headers["content-type"].startswith("text/html")
    assert told.headers["cache-control"] == "no-store"
    answer = answer_of(told.text)
    assert _Read(answer).heading.strip() == case["heading"]
    assert [text for text in case.get("shows", ()) if text not in answer] == []
    assert [text for text in case.get("hides", ()) if text in answer] == []
    assert "<textarea" in told.text, "the query stays where it can be mended"


def test_every_case_has_a_reason_and_a_name_of_its_own() -> None:
    assert all(case["why"] for case in CASES)
    assert len({case["name"] for case in CASES}) == len(CASES) >= 30


@pytest.mark.parametrize("name", [*(one.name for one in OWN), *opened_framework().questions])
def test_an_example_shows_what_the_endpoint_answers(name: str, client: httpx.Client) -> None:
    """The table of each example holds what the endpoint answers as CSV, row by row."""
    example = examples(opened_framework())[name]
    page = client.post("/query", data={"query": example.text, "question": name}, headers=PAGE)
    assert page.status_code == 200
    read = _Read(answer_of(page.text))
    if re.search(r"^(ASK|CONSTRUCT|DESCRIBE)", example.text, re.MULTILINE):
        assert read.heading.strip() not in ("", "No statements", "No")
        return
    told = client.post("/sparql", data={"query": example.text}, headers={"Accept": "text/csv"}).text
    head, *rows = csv.reader(io.StringIO(told))
    assert rows or example.missing, "an example finds something, or says what the content cannot tell"
    if not rows:
        assert read.heading == "No rows"
        return
    shown = [["" if text == "–nothing" else text.strip() for text in row] for row in read.rows[1:]]
    expected = [[_as_cell(text) for text in row] for row in rows[:300]]
    assert read.rows[0] == head
    assert shown == expected


def _as_cell(text: str) -> str:
    """A value of CSV as a cell shows it."""
    text = compact(text) if text.startswith("http") and " " not in text else text
    return (text[:1000] + "…" if len(text) > 1000 else text).replace("\r\n", "\n").strip()


def test_a_filled_question_answers_what_the_named_question_does() -> None:
    framework = opened_framework()
    for question in framework.questions.values():
        given_ = {name: value for name, value in question.examples().items() if value}
        asked = [tuple(row) for row in framework.ask(question.name, **given_)]
        assert [tuple(row) for row in framework.sparql(filled(question))] == asked, question.name


_SITE = Site(opened_framework(), Assets())


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=60))
def test_a_literal_is_read_as_it_was_written(text: str) -> None:
    """Whatever a literal holds, a browser reads that text in its cell, and nothing else on the page changes."""
    body = "?x\n" + str(Literal(text)) + "\n"
    values = answer_values("SELECT", Form.SELECT, body.encode(), 1, lambda _: "")
    page = _SITE.write("answer.html", {"answer": values}).decode()
    assert _Read(page).rows == [["x"], [text]]
    assert page.count("<td") == 1


def test_a_long_value_is_cut_and_says_how_long_it_is() -> None:
    shown = cell(Literal("x" * 5000))
    assert shown["text"] == "x" * 1000 + "…" and shown["cut"] == "5,000 letters in all"


def test_a_wide_answer_stays_bounded() -> None:
    row = "\t".join([f'"{"x" * 999}"'] * 20)
    body = "\t".join(f"?c{n}" for n in range(20)) + "\n" + f"{row}\n" * 400
    values = answer_values("SELECT", Form.SELECT, body.encode(), 400, lambda _: "")
    page = _SITE.write("answer.html", {"answer": values})
    assert 0 < values["shown"] < 300 and len(page) < 1_500_000


def test_a_query_too_long_for_an_address_is_downloaded_by_a_form(client: httpx.Client) -> None:
    query = "SELECT (1 AS ?n) {}" + "\n# padding" * 800
    page = client.post("/query", data={"query": query}, headers=PAGE).text
    assert 'action="/sparql" method="post"' in page and "too long for an address" in page
    assert all(len(link) <= LONGEST_ADDRESS for link in _Read(page).links)
    told = client.post("/sparql", data={"query": query, "format": "csv"})
    assert told.text.splitlines() == ["n", "1"]


def test_downloads_are_addresses_that_answer(client: httpx.Client) -> None:
    for query in ("SELECT ?s { ?s a cmh:Role }", "DESCRIBE role:hcsw", "ASK {}"):
        page = client.post("/query", data={"query": query}, headers=PAGE).text
        links = [link for link in _Read(page).links if link.startswith("/sparql?")]
        assert len(links) == len(set(links)) == (2 if query == "ASK {}" else 4)
        for link in links:
            told = client.get(link, headers=PAGE)
            assert told.status_code == 200 and told.content


def test_a_busy_service_says_so() -> None:
    values = problem_values(QueueFull("too many queries are waiting already", mend="try again"), "ASK {}")
    assert values["heading"] == "The service is busy"
    assert "Too many queries are waiting" in _SITE.write("answer.html", {"problem": values}).decode()


def test_a_picture_takes_bounded_work() -> None:
    """However many statements there are, and however they cross, so many boxes and lines are drawn."""
    nodes = [query_picture.NamedNode(f"http://x/{n}") for n in range(60)]
    prop = query_picture.NamedNode("http://x/p")
    said = [(one, prop, other) for one in nodes for other in nodes if one != other]
    drawn, left_out = query_picture.picture(said, lambda _: "")
    boxes = sum(shape.startswith("<g><title>http://x/") for shape in drawn.shapes)
    assert 2 <= boxes <= query_picture.MOST_BOXES
    assert left_out > len(said) - 200


# --- addresses ---


def test_addresses_fill_the_editor_and_run_nothing(client: httpx.Client) -> None:
    page = client.get("/query", params={"query": "ASK { <a:b> ?p '</textarea><script>' }"}, headers=PAGE)
    assert "ASK { &lt;a:b&gt; ?p &#39;&lt;/textarea&gt;&lt;script&gt;&#39; }</textarea>" in page.text
    assert "answer-heading" not in page.text
    chosen = client.get("/query?question=requirements_of_a_role", headers=PAGE).text
    assert "VALUES $role" in chosen and 'aria-current="true"' in chosen
    assert client.get("/query?question=cq-16", headers=PAGE).text.count('aria-current="true"') >= 1


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/query?question=none", 404),
        ("/query?question=cq-99", 404),
        ("/query?queri=ASK", 400),
        ("/query?query=ASK&query=ASK", 400),
        ("/docs/none", 404),
        ("/docs/roles?x=1", 400),
    ],
)
def test_wrong_addresses_are_pages_that_say_so(address: str, status: int, client: httpx.Client) -> None:
    told = client.get(address, headers=PAGE)
    assert told.status_code == status and told.headers["content-type"].startswith("text/html")


def test_every_example_is_listed_with_its_address(client: httpx.Client) -> None:
    page = _Read(client.get("/query", headers=PAGE).text)
    listed = [link for link in page.links if link.startswith("/query?question=")]
    assert len(listed) >= 48
    assert {f"/query?question={name}" for name in opened_framework().questions} <= set(listed)


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("*/*", False),
        ("", False),
        ("text/turtle", False),
        ("application/rdf+xml, text/html;q=0.5", False),
        ("text/turtle, text/html;q=0", False),
    ],
)
def test_the_endpoint_sends_people_to_the_page(accept: str, is_page: bool, client: httpx.Client) -> None:
    told = client.get("/sparql", headers={"Accept": accept})
    if is_page:
        assert (told.status_code, told.headers["location"]) == (303, "/query")
    else:
        assert told.status_code == 200 and "Service" in told.text
    assert "Accept" in told.headers["vary"]


def test_a_description_asked_for_by_name_is_given_to_browsers_too(client: httpx.Client) -> None:
    told = client.get("/sparql?format=ttl", headers=PAGE)
    assert told.headers["content-type"].startswith("text/turtle")


def test_a_form_that_is_none_is_refused(client: httpx.Client) -> None:
    assert client.post("/query", content=b"ASK {}", headers=PAGE).status_code == 415
    long = client.post("/query", data={"query": "#" * 1_000_000}, headers=PAGE)
    assert long.status_code == 413


# --- completion ---


def test_completion_counts_what_the_graph_holds(client: httpx.Client) -> None:
    """Judged by counting in Python: the terms of the merged graph, each statement once."""
    found = client.get("/query/terms.json").json()
    framework = opened_framework()
    triples = {quad.triple for quad in framework.store.quads()}
    kinds: dict[str, set[str]] = {}
    used: dict[str, int] = {}
    for triple in triples:
        used[triple.predicate.value] = used.get(triple.predicate.value, 0) + 1
        if triple.predicate.value.endswith("22-rdf-syntax-ns#type"):
            kinds.setdefault(triple.object.value, set()).add(str(triple.subject))

    def named(iri: str) -> str:
        return compact(iri) if compact(iri) != iri else f"<{iri}>"

    assert {one[0]: one[2] for one in found["properties"]} == {named(iri): n for iri, n in used.items()}
    assert {one[0]: one[2] for one in found["classes"]} == {named(iri): len(s) for iri, s in kinds.items()}
    assert found == json.loads(json.dumps(completion(framework)))
    assert found["prefixes"]["cmh"].endswith("/ns#")
    described = [one for one in found["properties"] if one[0].startswith("cmh:")]
    assert all(one[1] and one[3] for one in described), "our own terms have a label and a definition"


# --- what is vendored ---


def test_the_vendored_editor_knows_no_other_host() -> None:
    script = (STATIC / "yasqe.js").read_text("utf-8")
    assert not re.search(r"lov\.linkeddata|dbpedia\.org/sparql|sourceMappingURL|<[a-z]+ style=", script)
    assert "url(" not in (STATIC / "yasqe.css").read_text("utf-8")
    licences = (STATIC / "yasqe.licences.txt").read_text("utf-8")
    for name in ("Yasqe", "CodeMirror", "DOMPurify", "lodash", "query-string", "store.js"):
        assert name in licences


def test_an_editor_that_has_changed_is_not_vendored_unseen(tmp_path: Path) -> None:
    built = tmp_path / "package" / "build"
    built.mkdir(parents=True)
    (tmp_path / "package" / "package.json").write_text(json.dumps({"name": vendor.EDITOR}), "utf-8")
    (built / "yasqe.min.js").write_text("fetch(`https://lov.example/`)", "utf-8")
    (built / "yasqe.min.css").write_text("a{}", "utf-8")
    with pytest.raises(ValueError, match="replaced once"):
        vendor.vendor(tmp_path / "package", tmp_path)


# --- the API reference ---


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


@pytest.fixture(scope="module")
def reference(client: httpx.Client, document: dict[str, Any]) -> dict[str, _Read]:
    addresses = ["/docs", "/docs/schemas", *(f"/docs/{tag['name']}" for tag in document["tags"])]
    return {one: _Read(client.get(one, headers=PAGE).text) for one in addresses}


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def test_every_operation_is_described_once(document: dict[str, Any], reference: dict[str, _Read]) -> None:
    tags = [tag["name"] for tag in document["tags"]]
    for _, _, operation in _operations(document):
        assert len(operation["tags"]) == 1 and operation["tags"][0] in tags, operation["operationId"]
        address = f"/docs/{operation['tags'][0]}"
        assert reference[address].ids.count(f"op-{operation['operationId']}") == 1
        assert f"{address}#op-{operation['operationId']}" in reference["/docs"].links


def test_links_within_the_reference_lead_somewhere(reference: dict[str, _Read]) -> None:
    for address, page in reference.items():
        for link in page.links:
            place, _, part = link.partition("#")
            if link.startswith(("#", "/docs")):
                target = reference[place or address]
                assert not part or part in target.ids, f"{link} on {address}"


def test_what_can_be_tried_answers(client: httpx.Client, document: dict[str, Any]) -> None:
    """Every address that a page offers to try is one that answers."""
    tried = 0
    for tag in document["tags"]:
        page = client.get(f"/docs/{tag['name']}", headers=PAGE).text
        for link in re.findall(r'<a href="([^"]+)" rel="nofollow" aria-label="See what it answers', page):
            told = client.get(link.replace("&amp;", "&"), headers={"Accept": "*/*"})
            assert told.status_code == 200, link
            tried += 1
    assert tried > 100


def test_lines_for_curl_are_whole(client: httpx.Client, document: dict[str, Any]) -> None:
    for tag in document["tags"]:
        page = client.get(f"/docs/{tag['name']}", headers=PAGE).text
        for line in re.findall(r'<code class="app-curl">([^<]+)</code>', page):
            words = shlex.split(line.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&"))
            assert words[0] == "curl" and words[-1].startswith("https://graph.example/"), line
            assert "{" not in urlsplit(words[-1]).path, line


def test_examples_are_answers_of_this_service(client: httpx.Client) -> None:
    page = client.get("/docs/roles", headers=PAGE).text
    assert page.count("Example of an answer") >= 6
    assert "&#34;label&#34;: &#34;Advanced clinical practitioner&#34;" in page


def test_the_document_has_what_linters_ask_for(document: dict[str, Any]) -> None:
    """The small version of `make lint-api`: what Redocly and Spectral would find first."""
    assert document["info"]["contact"]["name"]
    assert [op["operationId"] for _, _, op in _operations(document) if not op.get("description")] == []
    lacking: list[Any] = []

    def look(node: Any) -> None:
        if isinstance(node, dict):
            kind = node.get("type")
            if (kind == "array" or (isinstance(kind, list) and "array" in kind)) and "items" not in node:
                lacking.append(node)
            required, known = node.get("required"), node.get("properties")
            if isinstance(required, list) and not set(required) <= set(known or ()):
                lacking.append(node)
            for value in node.values():
                look(value)
        elif isinstance(node, list):
            for value in node:
                look(value)

    look(document["paths"])
    look(document["components"])
    assert lacking == []


# --- in a browser ---


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    yield chromium
    chromium.scripts(on=True)


_EDITOR = "document.querySelector('.CodeMirror').CodeMirror"


def opened(browser: Browser, address: str) -> None:
    """Open the query page and wait for its editor."""
    browser.open(address)
    browser.wait_for("!!document.querySelector('.CodeMirror')", "no editor comes")
    browser.value("fetch('/query/terms.json').then(answer => answer.text()).then(() => 0)")


def write(browser: Browser, query: str) -> None:
    browser.value(
        f"{_EDITOR}.setValue({json.dumps(query)}); {_EDITOR}.focus(); {_EDITOR}.execCommand('goDocEnd')"
    )


def written(browser: Browser) -> str:
    found: str = browser.value(f"{_EDITOR}.getValue()")
    return found


def ask(browser: Browser, query: str | None = None) -> str:
    """Run a query by the form; gives the heading of the answer."""
    if query is not None:
        write(browser, query)
    browser.value(
        "document.querySelector('#answer').dataset.old = 1; document.querySelector('#query-form').requestSubmit()"
    )
    return arrived(browser)


def arrived(browser: Browser) -> str:
    browser.wait_for(
        "!document.querySelector('#answer').dataset.old && !!document.querySelector('#answer-heading')",
        "no answer comes",
    )
    found: str = browser.value("document.querySelector('#answer-heading').textContent")
    return found


def faults(browser: Browser, axe: str) -> list[Any]:
    """What axe-core finds, what our policy refused, what came from another host."""
    browser.value(f"{axe}; 0")
    found: list[Any] = browser.value(_AXE_RUN)
    found += [["refused", one] for one in browser.value(_REFUSED)]
    host = browser.value("location.origin")
    found += [["loaded", one] for one in browser.value(_LOADED) if not one.startswith((host, "data:"))]
    return found


#: State of the page -> what brings it about, and the tab that is looked at.
STATES = {
    "rows": ("SELECT ?role ?name { ?role a cmh:Role ; skos:prefLabel ?name }", "table"),
    "many rows": ("SELECT ?s { ?s a ?t } LIMIT 400", "table"),
    "text": ("SELECT ?role { ?role a cmh:Role } LIMIT 5", "text"),
    "downloads": ("SELECT ?role { ?role a cmh:Role } LIMIT 5", "downloads"),
    "picture": ("DESCRIBE skill:active-listening", "picture"),
    "full picture": ("CONSTRUCT { ?s cmh:status ?o } WHERE { ?s cmh:status ?o } LIMIT 90", "picture"),
    "yes": ("ASK {}", ""),
    "none": ("SELECT ?x { ?x a cmh:None }", ""),
    "mistake": ("SELECT * {\n  ?s ?p }", ""),
    "stopped": ("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", ""),
    "too large": ("SELECT * { ?s ?p ?o }", ""),
    "too long for an address": ("ASK {}" + "\n# padding" * 800, ""),
}


@pytest.mark.outside
def test_no_state_of_the_page_has_a_fault(browser: Browser, site: str, axe: str) -> None:
    """Each state: no fault, nothing refused or loaded from elsewhere, nothing wider than a small phone."""
    opened(browser, site + "/query")
    assert faults(browser, axe) == []
    for name, (query, tab) in STATES.items():
        ask(browser, query)
        if tab:
            browser.value(f"document.querySelector('.nhsuk-tabs__tab[href=\"#answer-{tab}\"]').click()")
            assert browser.value(
                f"document.querySelector('#answer-{tab}').getBoundingClientRect().height > 0"
            )
        assert faults(browser, axe) == [], name
        browser.resize(NARROW, 640)
        browser.wait_for(f"{_WIDE} <= 0", f"{name} is wider than a small phone")
        browser.resize(1000)
    assert browser.value("document.cookie") == ""
    assert browser.value("localStorage.length") == 0


@pytest.mark.outside
@pytest.mark.parametrize(
    "address", ["/docs", "/docs/roles", "/docs/sparql", "/docs/workforce", "/docs/schemas"]
)
def test_no_page_of_the_reference_has_a_fault(address: str, browser: Browser, site: str, axe: str) -> None:
    browser.open(site + address)
    browser.value("document.querySelectorAll('details').forEach(one => { one.open = true; }); 0")
    # All of a hundred schemas look alike.
    browser.value(
        "[...document.querySelectorAll('.app-operation-full')].slice(25).forEach(one => one.remove())"
    )
    assert faults(browser, axe) == []
    browser.resize(NARROW, 640)
    browser.wait_for(f"{_WIDE} <= 0", f"{address} is wider than a small phone")
    if address == "/docs/search":
        assert browser.value("document.querySelector('.app-curl').textContent").startswith(f"curl {site}/v1/")


@pytest.mark.outside
def test_a_question_is_run_and_seen_by_keyboard_alone(browser: Browser, site: str) -> None:
    opened(browser, site + "/query?question=requirements_of_a_role")
    browser.value("document.querySelector('main a, main textarea, main button')?.blur(); 0")
    for _ in range(80):
        browser.press("Tab")
        if browser.value("!!document.activeElement.closest('.CodeMirror')"):
            break
    else:
        raise AssertionError("the tab key does not reach the editor")
    browser.press("Tab")
    assert browser.value("document.activeElement.textContent").strip() == "Run the query", "no trap"
    browser.value("document.querySelector('#answer').dataset.old = 1")
    browser.press("Enter")
    assert re.fullmatch(r"\d+ rows", arrived(browser))
    assert browser.value("document.activeElement.id") == "answer-heading", (
        "the answer is where reading goes on"
    )
    browser.press("Tab")
    assert browser.value("document.activeElement.textContent").strip() == "Table"
    browser.press("ArrowRight")
    assert browser.value("document.querySelector('#answer-text').getBoundingClientRect().height > 0")
    assert browser.value("location.search") == "?question=requirements_of_a_role"


@pytest.mark.outside
def test_an_answer_is_downloaded_and_its_address_shared(browser: Browser, site: str) -> None:
    opened(browser, site + "/query")
    query = "SELECT ?role { ?role a <https://w3id.org/cmh-graph/ns#Role> } ORDER BY ?role LIMIT 2"
    assert ask(browser, query) == "2 rows"
    told = browser.value(
        "fetch(document.querySelector('a[download=\"answer.csv\"]').href).then(answer => answer.text())"
    )
    assert told.splitlines()[0] == "role" and len(told.splitlines()) == 3
    shared = browser.value("document.querySelector('#permalink').href")
    assert shared == browser.value("location.href")
    opened(browser, shared)
    assert written(browser).strip() == query
    assert browser.value("document.querySelector('#answer-heading')") is None, "an address runs nothing"


@pytest.mark.outside
def test_a_mistake_is_marked_at_its_place(browser: Browser, site: str) -> None:
    opened(browser, site + "/query")
    assert ask(browser, "SELECT * {\n  ?s ?p }") == "The query cannot be read"
    assert browser.value("document.querySelector('.app-wrong-place').textContent") == "}"
    browser.value("document.querySelector('#go-there').click()")
    assert browser.value(f"{_EDITOR}.getCursor().line") == 1
    assert browser.value("!!document.activeElement.closest('.CodeMirror')")
    browser.type("x")
    assert browser.value("document.querySelector('.app-wrong-place')") is None


@pytest.mark.outside
@pytest.mark.parametrize(
    ("before", "typed", "first"),
    [
        ("SELECT * {\n  ?role a ", "cmh:Ro", "cmh:RoleComparison"),
        ("SELECT * {\n  ?role ", "cmh:hasR", "cmh:hasRequirement"),
        ("SELECT * {\n  ?role ", "requir", "cmh:requiresSkill"),
        ("SELECT * {\n  ?role cmh:hasRequirement/", "asks", "cmh:asksFor"),
        ("PREFIX ", "sko", "skos: <http://www.w3.org/2004/02/skos/core#>"),
        ("SELECT ?name {\n  ?role skos:prefLabel ", "?n", "?name"),
    ],
)
def test_names_are_completed(
    before: str, typed: str, first: str, browser: Browser, site: str, axe: str
) -> None:
    opened(browser, site + "/query")
    write(browser, before)
    browser.type(typed)
    browser.wait_for(
        "(document.querySelector('.CodeMirror-hint')?.textContent ?? '').replace(/^[\\d,]+/, '')"
        f".startsWith({json.dumps(first)})",
        "no completion comes",
    )
    assert faults(browser, axe) == []
    browser.press("Enter")
    browser.wait_for(f"{_EDITOR}.getValue().trimEnd().endsWith({json.dumps(first)})", "nothing is written")
    if first.startswith("cmh:"):
        browser.wait_for(f"{_EDITOR}.getValue().startsWith('PREFIX ')", "the prefix is not declared")


@pytest.mark.outside
def test_a_running_query_can_be_stopped(browser: Browser, site: str) -> None:
    opened(browser, site + "/query")
    write(browser, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    browser.value("document.querySelector('#query-form').requestSubmit()")
    browser.wait_for("!document.querySelector('#stop').hidden", "no button to stop it comes")
    browser.value("document.querySelector('#stop').click()")
    browser.wait_for(
        "document.querySelector('#answer').textContent.includes('You stopped the query')", "it runs on"
    )
    assert ask(browser, "ASK {}") == "Yes"


@pytest.mark.outside
def test_a_plain_text_box_takes_the_place_of_the_editor(browser: Browser, site: str, axe: str) -> None:
    browser.open(site + "/query")
    browser.wait_for("!document.querySelector('#switch').hidden", "no editor comes")
    browser.value("document.querySelector('#switch').click()")
    assert browser.value("document.activeElement.id") == "query"
    browser.value("document.querySelector('#query').select()")
    browser.type("ASK { role:hcsw a cmh:Role }")
    assert ask(browser) == "Yes"
    assert faults(browser, axe) == []


@pytest.mark.outside
def test_a_service_that_is_gone_is_told(browser: Browser, site: str) -> None:
    opened(browser, site + "/query")
    browser.value("window.fetch = async () => { throw new Error('gone') }; 0")
    browser.value("document.querySelector('#query-form').requestSubmit()")
    browser.wait_for("!!document.querySelector('#answer-heading')", "nothing is told")
    assert browser.value("document.activeElement.textContent") == "No answer came"


@pytest.mark.outside
def test_hostile_literals_run_nothing(browser: Browser, site: str) -> None:
    """Not in the table, the JSON, the picture, the editor or the mark of a mistake."""
    hostile = "<img src=x onerror='window.hit=1'><script>window.hit=1</script>"
    opened(browser, site + "/query")
    ask(browser, f'SELECT (<http://x/s> AS ?subject) ("{hostile}" AS ?object) {{}}')
    ask(browser, f'SELECT ("{hostile}" AS ?x) {{ }} }}')
    assert browser.value("window.hit") is None
    assert browser.value("document.querySelectorAll('#answer img, #answer script').length") == 0


@pytest.mark.outside
def test_everything_is_there_with_scripts_off(browser: Browser, site: str) -> None:
    browser.scripts(on=False)
    browser.open(site + "/query", NARROW)
    assert browser.value("document.querySelectorAll('.CodeMirror').length") == 0
    browser.open(site + "/query?question=steps_around_a_role", NARROW)
    browser.go(lambda: browser.value("document.querySelector('#query-form [type=submit]').click()"))
    assert browser.value("location.pathname + location.hash") == "/query#answer"
    assert re.fullmatch(
        r"\d+ statements", browser.value("document.querySelector('#answer-heading').textContent")
    )
    # Without scripts the ways to see the answer stand below each other.
    for part in ("table", "picture", "text", "downloads"):
        assert browser.value(
            f"document.querySelector('#answer-{part}').getBoundingClientRect().height > 0"
        ), part
    assert browser.value(_WIDE) <= 0
    browser.value("document.querySelector('#query').value = 'SELECT * {'")
    browser.go(lambda: browser.value("document.querySelector('#query-form [type=submit]').click()"))
    assert (
        browser.value("document.querySelector('[role=alert] h2').textContent") == "The query cannot be read"
    )
    assert browser.value("document.querySelector('#query').value").strip() == "SELECT * {"
