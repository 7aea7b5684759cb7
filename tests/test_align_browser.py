"""The pages below /align in a browser: the whole way with scripts, by keyboard alone, on a small phone and with scripts
off; axe-core finds nothing on any of them in any state.

axe-core comes by `make test` (npm), the browser by .ci/run (Debian's chromium); without them the tests are skipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from align_service import Visitor, service
from browser import Browser
from test_web_browser import NARROW, faults, focused, tab_to, too_wide

#: 160 titles of which nothing is known, so that there are pages to turn.
MANY = "Job title\n" + "".join(
    f"{kind} Worker {n}\n" for n in range(80) for kind in ("Zebra", "Aardvark Support")
)
LONG = "Job title\n" + "".join(f"Support worker {n} in team {n * 7919 % 9973}\n" for n in range(9000))
HOSTILE = (
    "Job title,Band\n<img src=x onerror=alert(1)> nurse,5\n"
    + "W" * 400
    + ",5\nHCA (Bank),2\nHCA (Nights),2\n"
)

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def site(framework_snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with service(framework_snapshots, tmp_path_factory.mktemp("data"), visit_bytes=500_000) as address:
        yield address


@pytest.fixture
def browser(chromium: Browser, site: str) -> Iterator[Browser]:
    """The one browser, as a visitor has it who has no list here."""
    chromium.open(site + "/align")
    if chromium.value("!!document.querySelector('form[action=\"/align/remove\"]')"):
        click(chromium, 'form[action="/align/remove"] button')
    yield chromium
    chromium.scripts(on=True)


def click(browser: Browser, selector: str) -> None:
    """Press what leads to another page."""
    browser.go(lambda: browser.value(f"document.querySelector({json.dumps(selector)}).click(); 0"))


def put_file(browser: Browser, name: str, text: str) -> None:
    """Put a file into the field, as choosing or dropping it does."""
    browser.value(
        "(() => { const held = new DataTransfer();"
        f" held.items.add(new File([{json.dumps(text)}], {json.dumps(name)}));"
        " const field = document.querySelector('input[type=file]'); field.files = held.files;"
        " field.dispatchEvent(new Event('change', { bubbles: true })); return 0; })()"
    )


def give(browser: Browser, name: str, text: str) -> None:
    put_file(browser, name, text)
    click(browser, "#give button[type=submit]")


def until(browser: Browser, path: str) -> None:
    browser.wait_for(
        f"location.pathname === {json.dumps(path)} && document.readyState === 'complete'",
        f"{path} does not come",
    )


def count(browser: Browser, selector: str) -> int:
    found: int = browser.value(f"document.querySelectorAll({json.dumps(selector)}).length")
    return found


def text_of(browser: Browser, selector: str) -> str:
    found: str = browser.value(f"document.querySelector({json.dumps(selector)}).textContent.trim()")
    return found


def judge(browser: Browser, axe: str, state: str) -> None:
    """One heading, no fault, nothing wider than a small phone; also with all that folds open."""
    assert count(browser, "h1") == 1, state
    for fold in (False, True):
        if fold:
            browser.value("document.querySelectorAll('details').forEach(one => { one.open = true; }); 0")
        assert faults(browser, axe) == [], state
        browser.resize(NARROW, 640)
        assert too_wide(browser) == [], state
        browser.resize(1280)


def test_every_state_has_no_fault_and_fits_a_small_phone(browser: Browser, site: str, axe: str) -> None:
    judge(browser, axe, "start")
    give(browser, "colours.csv", "Farbe;Stufe\nrot;3\nblau;5\n")
    until(browser, "/align/column")
    judge(browser, axe, "which column")
    click(browser, "form[action='/align/column'] button")
    judge(browser, axe, "no column chosen")
    browser.open(site + "/align")
    judge(browser, axe, "start, with a list")
    give(browser, "header.csv", "Job title\n")
    until(browser, "/align")
    assert "could not be used" in text_of(browser, ".nhsuk-error-summary__title")
    judge(browser, axe, "a list that failed")
    give(browser, "hostile <b>.csv", HOSTILE)
    until(browser, "/align/review")
    judge(browser, axe, "review of hostile titles")
    for show in ("sure", "later", "decided", "none"):
        browser.open(f"{site}/align/review?show={show}")
        judge(browser, axe, f"review, {show}")
    browser.open(site + "/align/sure")
    judge(browser, axe, "sure ones")
    browser.open(site + "/align/review")
    browser.value("document.querySelector('[data-other]').value = 'Space wizard'; 0")
    click(browser, "[data-key-other]")
    judge(browser, axe, "no such role")
    click(browser, "button[value=none]")
    judge(browser, axe, "one decided")
    for show in ("none", "waiting"):
        browser.open(f"{site}/align/review?show={show}")
        judge(browser, axe, f"review after a decision, {show}")
    browser.open(site + "/align/results")
    judge(browser, axe, "results")
    click(browser, "form[action='/align/remove'] button")
    judge(browser, axe, "removed")
    browser.open(site + "/align/review")
    judge(browser, axe, "nothing there any more")


def test_the_page_of_progress_has_no_fault_and_moves_on(browser: Browser, site: str, axe: str) -> None:
    # Another visitor's list is before this one, so that it can be looked at while it waits.
    other = Visitor(site)
    other.give("long.csv", LONG.encode())
    give(browser, "many.csv", MANY)
    assert browser.value("location.pathname") == "/align/progress"
    assert "1 list is before yours" in text_of(browser, "[data-said]")
    judge(browser, axe, "waiting")
    other.get("/align/progress")
    other.post("/align/remove")
    until(browser, "/align/review")
    assert count(browser, "[data-question]") == 10
    assert "page 1 of" in text_of(browser, "#questions")
    click(browser, "a[rel=next]")
    assert "page 2 of" in text_of(browser, "#questions")
    judge(browser, axe, "a page between others")


def test_a_list_is_dropped_reviewed_and_taken_away_on_a_small_phone(browser: Browser, site: str) -> None:
    browser.open(site + "/align", NARROW)
    assert browser.value("document.querySelector('.nhsuk-file-upload__drop-zone') !== null")
    give(browser, "posts.csv", "Job title,Band\nHCA (Bank),2\nPorter,2\nRecovery Practitioner,5\n")
    until(browser, "/align/review")
    browser.resize(NARROW, 640)
    click(browser, "button[data-key='1']")
    assert "Accepted" in text_of(browser, ".app-notice")
    click(browser, "[data-undo]")
    assert "Undone" in text_of(browser, ".app-notice")
    click(browser, "a[href='/align/results']")
    found = browser.value(
        "fetch('/align/results/mappings.sssom.tsv').then(a => a.text()).then(t => t.includes('NoTermFound'))"
    )
    assert found is True
    assert too_wide(browser) == []


def test_the_whole_review_by_keyboard_alone(browser: Browser, site: str) -> None:
    tab_to(browser, "Try it with the made-up list")
    browser.press("Enter")
    until(browser, "/align/review")
    left = count(browser, "[data-question]")
    assert left == 10
    # Keys do nothing before a question has the focus.
    browser.type("a")
    assert "0 of 27" in text_of(browser, ".app-progress-words")
    browser.value("document.querySelector('[data-keys]').open = true; 0")
    tab_to(browser, "Go to the first question", 80)
    browser.press("Enter")
    first = focused(browser)
    assert first.startswith("g-")
    browser.type("j")
    second = focused(browser)
    assert second != first
    browser.type("k")
    assert focused(browser) == first
    browser.go(lambda: browser.type("a"))
    assert "1 of 27" in text_of(browser, ".app-progress-words")
    # The next question has the focus, and what was done stands above it.
    assert focused(browser) == second
    assert "Accepted" in text_of(browser, ".app-notice")
    browser.go(lambda: browser.type("n"))
    browser.go(lambda: browser.type("s"))
    assert "2 of 27" in text_of(browser, ".app-progress-words")
    browser.go(lambda: browser.type("u"))
    assert "1 of 27" in text_of(browser, ".app-progress-words")
    assert focused(browser) == second
    # A reason is typed, letters and all, and goes with the decision.
    browser.type("r")
    browser.type("same jobs")
    browser.press("Enter")
    assert "1 of 27" in text_of(browser, ".app-progress-words")
    browser.go(lambda: browser.type("1"))
    assert "2 of 27" in text_of(browser, ".app-progress-words")
    # Another role by its name; the enter key accepts the role that is named, not the first one.
    browser.type("o")
    browser.type("Befriender")
    browser.go(lambda: browser.press("Enter"))
    assert "is Befriender" in text_of(browser, ".app-notice")
    browser.open(site + "/align/review?show=decided")
    assert "same jobs" in text_of(browser, "main")


def test_the_whole_way_with_scripts_off(browser: Browser, site: str) -> None:
    browser.scripts(on=False)
    browser.open(site + "/align")
    put_file(browser, "posts.csv", "Job title,Band\nHCA (Bank),2\nPorter,2\n")
    click(browser, "#give button[type=submit]")
    # It refreshes itself.
    until(browser, "/align/review")
    porter = browser.value(
        "[...document.querySelectorAll('[data-question]')].find(one => one.textContent.includes('Porter')).id"
    )
    click(browser, f"#{porter} button[value=none]")
    assert "1 of 2 titles" in text_of(browser, ".app-progress-words")
    assert browser.value("document.querySelector('[data-keys]').hidden") is True
    # The enter key in a field presses no button.
    browser.value("document.querySelectorAll('details').forEach(one => { one.open = true; }); 0")
    browser.value("document.querySelector('[data-reason]').focus(); 0")
    browser.press("Enter")
    assert "1 of 2 titles" in text_of(browser, ".app-progress-words")
    click(browser, "button[value^='accept:']")
    assert "All titles are decided" in text_of(browser, "main")
    click(browser, "a[href='/align/results']")
    assert count(browser, "a[download]") == 4
    click(browser, "form[action='/align/remove'] button")
    assert "are gone" in text_of(browser, "main")


def test_a_list_that_is_too_large_is_told_before_it_is_sent(browser: Browser) -> None:
    put_file(browser, "large.csv", "x" * 500_001)
    browser.value("document.querySelector('#give button[type=submit]').click(); 0")
    assert browser.value("location.pathname") == "/align"
    assert "larger than the 0.5 MB" in browser.value(
        "document.querySelector('input[type=file]').validationMessage"
    )
