"""The pages of partners in a browser: a list is matched, reviewed and published by form, with scripts and without; by
keyboard; on a small phone; axe-core finds nothing in any state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from align_service import service
from browser import Browser
from cmh_graph.partner_space import PartnerSpace
from partner_service import CHEAP, catalogue
from test_align_browser import click, give, judge, put_file, text_of, until
from test_web_browser import focused, tab_to

LIST = "Ref,Job Title,Band\nA1,Support Worker,3\nA2,Chef,2\n"

pytestmark = pytest.mark.outside


@dataclass(frozen=True)
class House:
    """A running service, its partner space, and a token of each right."""

    address: str
    space: PartnerSpace
    write: str
    read: str


@pytest.fixture(scope="module")
def house(framework_snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("data")
    space = PartnerSpace.open(data, cost=CHEAP)
    space.add_organisation("alder", "Alder Community Trust (made up)")
    secrets = [space.add_token("alder", may=may, label="workforce desk")[1] for may in ("write", "read")]  # type: ignore[arg-type]
    with service(framework_snapshots, data, token_changes=1000) as address:
        yield House(address, space, *secrets)
    space.close()


@pytest.fixture
def browser(chromium: Browser, house: House) -> Iterator[Browser]:
    """The one browser, signed in nowhere."""
    chromium.open(house.address + "/partner")
    if chromium.value("!!document.querySelector('form[action=\"/partner/sign-out\"]')"):
        click(chromium, 'form[action="/partner/sign-out"] button')
    yield chromium
    chromium.scripts(on=True)


def sign_in(browser: Browser, secret: str) -> None:
    browser.value(f"document.getElementById('secret').value = {json.dumps(secret)}; 0")
    click(browser, 'form[action="/partner/sign-in"] button')


def fill(browser: Browser, **fields: str) -> None:
    for name, value in fields.items():
        browser.value(f"document.getElementsByName('{name}')[0].value = {json.dumps(value)}; 0")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_list_is_matched_reviewed_and_published_by_form(
    scripts: bool, browser: Browser, house: House
) -> None:
    browser.scripts(on=scripts)
    browser.open(house.address + "/partner")
    sign_in(browser, house.write)
    browser.open(house.address + "/align")
    give(browser, f"list-{scripts}.csv", LIST)
    for _ in range(200):
        if browser.value("location.pathname") == "/align/review":
            break
        browser.open(house.address + "/align/progress")
    click(browser, 'button[name="do"][value^="accept:"]')
    browser.open(house.address + "/align/results")
    click(browser, 'a[href="/partner/publish"]')
    assert "1 title that you matched" in text_of(browser, "main")
    # The same graph again would be no new version.
    fill(browser, employer_type="nhs-trust", licence="ogl" if scripts else "cc0", day="2026-11-01")
    before = house.space.revision
    click(browser, "#publish button")
    assert text_of(browser, ".nhsuk-notification-banner__heading").startswith("Published.")
    current = house.space.current("alder")
    assert current is not None and house.space.revision > before
    assert house.space.content(current).decode().count("#reviewState>") == 1


def test_the_keyboard_alone_signs_in_and_shows_the_graph(browser: Browser, house: House) -> None:
    tab_to(browser, "secret")
    browser.type(house.write)
    browser.go(lambda: browser.press("Enter"))
    until(browser, "/partner")
    tab_to(browser, "visibility-private")
    browser.press("ArrowDown")
    browser.press("ArrowDown")
    assert focused(browser) == "visibility-public"
    tab_to(browser, "Save who may read it")
    browser.go(lambda: browser.press("Enter"))
    assert house.space.visibility("alder").shown == "public"


def test_every_state_has_no_fault_and_fits_a_small_phone(browser: Browser, house: House, axe: str) -> None:
    judge(browser, axe, "asked for a token")
    sign_in(browser, "nobody's")
    judge(browser, axe, "a token that does not hold")
    sign_in(browser, house.write)
    judge(browser, axe, "signed in")
    put_file(browser, "a.ttl", catalogue("alder").replace("post:alder-1 a", "post:birch-1 a"))
    click(browser, 'form[action="/partner/upload"] button')
    judge(browser, axe, "an upload with faults")
    put_file(browser, "a.ttl", catalogue("alder"))
    click(browser, 'form[action="/partner/upload"] button')
    judge(browser, axe, "published")
    browser.open(house.address + "/align")
    give(browser, "list.csv", LIST)
    until(browser, "/align/review")
    browser.open(house.address + "/partner/publish")
    judge(browser, axe, "before a list is published")
    fill(browser, day="yesterday", employer_type="nhs-trust")
    click(browser, "#publish button")
    judge(browser, axe, "a form that lacks something")
    browser.open(house.address + "/partner")
    click(browser, 'form[action="/partner/remove"] button')
    judge(browser, axe, "removed")
    click(browser, 'form[action="/partner/sign-out"] button')
    judge(browser, axe, "signed out")
    sign_in(browser, house.read)
    judge(browser, axe, "a token that may only read")
