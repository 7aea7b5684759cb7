"""The served pages in a browser: axe-core finds nothing on any of them, nothing is wider than a small phone, and the
ways through them work by keyboard alone, with suggestions, and with scripts off.

axe-core comes by `make test` (npm), the browser by .ci/run (Debian's chromium); without them the tests are skipped."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from browser import Browser
from built import opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
#: Narrowest window that a page must fit (WCAG 2.2, 1.4.10), in CSS pixels.
NARROW = 320
#: One page of every template in every state that its address can bring about, and of several kinds of thing.
PAGES = {
    "start": "/",
    "role": "/role/hcsw",
    "role of registered professionals": "/role/mental-health-nurse",
    "role that is a grouping": "/role/regulated-professional",
    "skill": "/skill/active-listening",
    "value": "/value/compassion",
    "band": "/vocab/band/3",
    "pathway": "/pathways",
    "qualification": "/qualification/nmc",
    "experience": "/experience/lived",
    "background": "/background/retail",
    "statement": "/vocab/status/inferred",
    "ontology": "/ns",
    "listing in groups": "/skills",
    "listing": "/sources",
    "search, nothing typed": "/search",
    "search, found": "/search?q=hca",
    "search, nothing found": "/search?q=zzzzqqqq",
    "find, nothing chosen": "/find",
    "find, only a goal": "/find?to=peer-support-worker",
    "find, ways": "/find?from=hcsw&to=mental-health-nurse",
    "find, no way": "/find?from=psychiatrist&to=befriender",
    "compare, nothing chosen": "/compare",
    "compare": "/compare?one=hcsw&other=peer-support-worker",
    "what I have": "/have",
    "match titles": "/align",
    "data": "/data",
    "about": "/about",
    "employers": "/employers",
    "API": "/docs",
    "nothing there": "/nowhere",
    "no such role": "/role/hcsv",
    "bad choice": "/find?from=hcsw&to=none",
}
_AXE_RUN = "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]))"
#: What stands out of the window to the right, outside frames that scroll by themselves.
_TOO_WIDE = """
(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("main *, header *, footer *")]
    .filter(e => e.getBoundingClientRect().right > width + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120));
})()
"""

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def site(framework_snapshots: Path) -> Iterator[str]:
    """The address of the whole service on a free port."""
    app = create_app(Settings(snapshots=framework_snapshots, query_workers=1), opened_framework())
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


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The one browser, as a visitor has it who changed nothing."""
    yield chromium
    chromium.scripts(on=True)


def faults(browser: Browser, axe: str) -> list[Any]:
    browser.value(f"{axe}; 0")
    found: list[Any] = browser.value(_AXE_RUN)
    return found


def too_wide(browser: Browser) -> list[Any]:
    """What stands out of the window once the menu has folded, which it does a moment after the window changes."""
    found: list[Any] = []
    for _ in range(30):
        found = browser.value(_TOO_WIDE)
        if not found:
            break
        time.sleep(0.05)
    return found


def path(browser: Browser) -> str:
    found: str = browser.value("location.pathname + location.search")
    return found


def focused(browser: Browser) -> str:
    """What has the focus: its id, else its address, else its text."""
    found: str = browser.value(
        "(e => e.id || e.getAttribute('href') || e.textContent.trim())(document.activeElement)"
    )
    return found


def tab_to(browser: Browser, wanted: str, most: int = 60) -> None:
    """Press the tab key until something has the focus."""
    for _ in range(most):
        browser.press("Tab")
        if focused(browser) == wanted:
            return
    raise AssertionError(f"the tab key does not reach {wanted}")


def choose(browser: Browser, **chosen: str) -> None:
    for name, value in chosen.items():
        browser.value(f"document.querySelector('[name={name}]').value = {json.dumps(value)}; 0")


# --- every page ---


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_fault_and_the_page_fits_a_small_phone(
    name: str, browser: Browser, site: str, axe: str
) -> None:
    browser.open(site + PAGES[name])
    assert browser.value("document.querySelectorAll('h1').length") == 1
    assert faults(browser, axe) == []
    browser.resize(NARROW, 640)
    assert too_wide(browser) == []


def test_axe_is_awake_under_our_policy(browser: Browser, site: str, axe: str) -> None:
    """The policy of our pages does not keep the judge from seeing: a fault that is put in is found."""
    browser.open(site + "/about")
    browser.value("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/x.png\">'); 0")
    assert "image-alt" in {one[0] for one in faults(browser, axe)}


def test_folded_parts_and_the_menu_have_no_fault_when_open(browser: Browser, site: str, axe: str) -> None:
    for address in ("/role/hcsw", "/have", "/skill/active-listening", "/docs"):
        browser.open(site + address, NARROW)
        browser.value("document.querySelectorAll('details').forEach(one => { one.open = true; }); 0")
        browser.value("document.querySelector('#toggle-menu').click(); 0")
        assert browser.value("document.querySelector('#toggle-menu').getAttribute('aria-expanded')") == "true"
        assert faults(browser, axe) == [], address
        assert too_wide(browser) == [], address


def test_no_page_breaks_its_own_policy(browser: Browser, site: str) -> None:
    """What the policy refuses, a browser reports; pages with pictures, forms and suggestions give it nothing."""
    for address in ("/", "/role/hcsw", "/find?from=hcsw&to=mental-health-nurse", "/have"):
        browser.open(site + address)
        refused = browser.value(
            "new Promise(done => { const o = new ReportingObserver(all => done(all.map(one => one.body.blockedURL)),"
            " {types: ['csp-violation'], buffered: true}); o.observe(); setTimeout(() => done([]), 100); })"
        )
        assert refused == [], address


# --- suggestions ---


def test_suggestions_come_as_one_types(browser: Browser, site: str, axe: str) -> None:
    browser.open(site + "/about")
    browser.value("document.querySelector('#search-field').focus()")
    field = "document.querySelector('#search-field')"
    assert browser.value(f"{field}.getAttribute('role')") == "combobox"
    browser.type("hca")
    browser.wait_for("document.querySelectorAll('[role=option]').length > 1", "no suggestion comes")
    assert browser.value(f"{field}.getAttribute('aria-expanded')") == "true"
    assert "Healthcare support worker" in browser.value("document.querySelector('[role=option]').textContent")
    assert faults(browser, axe) == []
    browser.press("ArrowDown")
    assert browser.value("document.querySelector('[role=option]').getAttribute('aria-selected')") == "true"
    assert faults(browser, axe) == []
    browser.go(lambda: browser.press("Enter"))
    assert path(browser) == "/role/hcsw"


@pytest.mark.parametrize("text", ["active list", "STR worker", "comm"])
def test_skills_and_titles_are_suggested_too(browser: Browser, site: str, text: str) -> None:
    browser.open(site + "/search", NARROW)
    browser.value("document.querySelector('#search-field').focus()")
    browser.type(text)
    browser.wait_for("document.querySelectorAll('[role=option]').length > 0", "no suggestion comes")
    assert too_wide(browser) == []
    browser.press("Escape")
    browser.wait_for("!document.querySelector('.autocomplete__menu--visible')", "the menu stays open")
    browser.go(lambda: browser.press("Enter"))
    assert path(browser) == f"/search?q={text.replace(' ', '+')}"


def test_a_suggestion_is_text_whatever_it_holds(browser: Browser, site: str) -> None:
    """Labels come from the catalogue, which partners will add to: none of them is ever read as markup."""
    browser.open(site + "/search")
    hostile = '<img src=x onerror="document.title=1">'
    answer = {"items": [{"kind": "role", "key": "x", "label": hostile, "matched": hostile + "2"}]}
    browser.value(f"window.fetch = async () => new Response({json.dumps(json.dumps(answer))}); 0")
    browser.value("document.querySelector('#search-field').focus()")
    browser.type("any")
    browser.wait_for("document.querySelectorAll('[role=option]').length > 0", "no suggestion comes")
    assert browser.value("document.querySelectorAll('[role=option] img').length") == 0
    assert hostile in browser.value("document.querySelector('[role=option]').textContent")


def test_the_form_still_searches_when_suggestions_fail(browser: Browser, site: str) -> None:
    browser.open(site + "/")
    browser.value("window.fetch = async () => { throw new Error('slow') }; 0")
    browser.value("document.querySelector('#search-field').focus()")
    browser.type("hca")
    browser.go(lambda: browser.press("Enter"))
    assert path(browser) == "/search?q=hca"
    assert "Healthcare support worker" in browser.value("document.querySelector('main').textContent")


# --- ways through ---


def test_keyboard_alone_leads_from_search_to_a_role_and_on(browser: Browser, site: str) -> None:
    browser.open(site + "/about")
    browser.press("Tab")
    assert browser.value("document.activeElement.textContent.trim()") == "Skip to main content"
    browser.press("Enter")
    assert browser.value("location.hash") == "#maincontent"
    browser.open(site + "/about")
    tab_to(browser, "search-field", 5)
    browser.type("peer support worker")
    browser.go(lambda: browser.press("Enter"))
    assert path(browser) == "/search?q=peer+support+worker"
    tab_to(browser, "/role/peer-support-worker")
    browser.go(lambda: browser.press("Enter"))
    assert path(browser) == "/role/peer-support-worker"
    tab_to(browser, "/find?to=peer-support-worker")
    browser.go(lambda: browser.press("Enter"))
    tab_to(browser, "from")
    for _ in range(5):
        browser.type("Peer men")
        if browser.value("document.activeElement.value") == "peer-mentor":
            break
        # A list takes letters that come late as a new word: on a busy machine, once more after a pause.
        time.sleep(1.5)
    tab_to(browser, "Show the way")
    browser.go(lambda: browser.press("Enter"))
    assert path(browser) == "/find?from=peer-mentor&to=peer-support-worker&by=fewest-steps"
    assert "Way 1" in browser.value("document.querySelector('main').textContent")


def test_what_has_the_focus_is_seen(browser: Browser, site: str) -> None:
    """Every stop of the tab key on a role page shows that it has the focus."""
    browser.open(site + "/role/hcsw")
    unseen = []
    for _ in range(40):
        browser.press("Tab")
        shown = browser.value(
            "(s => s.outlineStyle !== 'none' || s.boxShadow !== 'none')(getComputedStyle(document.activeElement))"
        )
        if not shown:
            unseen.append(focused(browser))
    assert unseen == []


def test_a_role_is_found_by_what_one_has(browser: Browser, site: str, axe: str) -> None:
    browser.open(site + "/have")
    for box in ("background-retail", "experience-public-facing", "skill-active-listening"):
        browser.value(f"document.getElementById('{box}').closest('details')?.setAttribute('open', ''); 0")
        browser.value(f"document.getElementById('{box}').focus()")
        browser.press("Space")
        assert browser.value(f"document.getElementById('{box}').checked") is True
    browser.go(lambda: browser.value("document.querySelector('main form[method=post] button').click()"))
    assert path(browser) == "/have", "answers are no part of an address"
    assert browser.value("document.cookie") == ""
    assert browser.value("document.querySelectorAll('.app-fit').length") > 30
    assert browser.value("document.getElementById('background-retail').checked") is True
    assert faults(browser, axe) == []
    browser.resize(NARROW, 640)
    assert too_wide(browser) == []


def test_ticking_nothing_says_what_to_do(browser: Browser, site: str, axe: str) -> None:
    browser.open(site + "/have")
    browser.go(lambda: browser.value("document.querySelector('main form[method=post] button').click()"))
    assert "Tick at least one" in browser.value("document.querySelector('[role=alert]').textContent")
    assert faults(browser, axe) == []


def test_everything_is_there_with_scripts_off(browser: Browser, site: str) -> None:
    browser.scripts(on=False)
    browser.open(site + "/")
    # The menu shows every part of the site, since nothing can unfold it.
    assert browser.value(
        "[...document.querySelectorAll('nav[aria-label=Menu] a')].every(a => a.getBoundingClientRect().height > 0)"
    )
    browser.value("document.querySelector('#search-field').focus()")
    browser.type("hca")
    browser.go(lambda: browser.press("Enter"))
    assert path(browser) == "/search?q=hca"
    browser.open(site + "/compare")
    choose(browser, one="hcsw", other="peer-support-worker")
    browser.go(lambda: browser.value("document.querySelector('main form button').click()"))
    assert path(browser) == "/compare?one=hcsw&other=peer-support-worker"
    assert "Asked for by both" in browser.value("document.querySelector('main').textContent")
    browser.open(site + "/role/hcsw", NARROW)
    browser.value("document.querySelector('summary').click()")
    assert browser.value("document.querySelector('details').open") is True
    assert too_wide(browser) == []


def test_a_printed_role_has_no_menu_and_no_form(browser: Browser, site: str) -> None:
    browser.open(site + "/role/hcsw")
    browser.media("print")
    try:
        shown = browser.value(
            "[...document.querySelectorAll('nav, form')].filter(e => e.getBoundingClientRect().height > 0).length"
        )
    finally:
        browser.media("")
    assert shown == 0
