"""Self-assessment: every step over HTTP and in a browser, files that come back as they went, hostile files refused with
words, nothing kept."""

from __future__ import annotations

import dataclasses
import html
import io
import json
import re
import socket
import threading
import time
import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import uvicorn
from docx import Document
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from browser import Browser
from built import opened_framework
from cmh_graph.api.app import create_app
from cmh_graph.errors import SourceError
from cmh_graph.framework import Framework
from cmh_graph.model import Key
from cmh_graph.namespaces import BASE
from cmh_graph.papers.passport import FORM, RATINGS, passport_of, write
from cmh_graph.papers.policy import policy_of
from cmh_graph.settings import Settings
from cmh_graph.versions.retirement import Retirement
from cmh_graph.web.pages.assess_file import LARGEST, read_file, write_file
from cmh_graph.web.pages.assess_result import gap_of
from cmh_graph.web.pages.assess_state import (
    HAD,
    PART,
    Answer,
    Assessment,
    choices_of,
    entries_of,
    steps_of,
    taken_over,
)

ROOT = Path(__file__).resolve().parent.parent
CASES = tomllib.loads((ROOT / "tests" / "cases" / "assess" / "files.toml").read_text("utf-8"))["case"]
NARROW = 320
ROLE = "peer-support-worker"


@pytest.fixture(scope="module")
def fw() -> Framework:
    return opened_framework()


@pytest.fixture(scope="module")
def client(fw: Framework) -> TestClient:
    return TestClient(create_app(Settings(), fw), raise_server_exceptions=False)


def _hidden(page: str, name: str = "file") -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)">', page)
    assert found is not None, page[:500]
    return html.unescape(found[1])


def _start(client: TestClient, role: str = ROLE) -> str:
    return _hidden(client.get("/assess", params={"role": role}).text)


def _through(client: TestClient, fw: Framework, role: str, rating: str) -> str:
    """Answer every step alike, as a browser without scripts would; gives the result page."""
    file, page = _start(client, role), ""
    for step in steps_of(fw, fw.role(role)):
        fields = {f"r.{entry.key}": rating for entry in step.entries}
        answer = client.post("/assess", data={"file": file, "at": str(step.number), "go": "next", **fields})
        assert answer.status_code == 200
        page = answer.text
        file = _hidden(page)
    return page


# --- the steps ---


def test_every_role_has_steps_that_hold_each_skill_once_essential_first(fw: Framework) -> None:
    for role in fw.roles.values():
        if role.form == "grouping":
            continue
        entries = entries_of(fw, role)
        steps = steps_of(fw, role)
        assert steps, role.key
        assert [one for step in steps for one in step.entries] == list(entries)
        assert all(len(step.entries) <= 5 for step in steps)
        order = [one.is_essential for one in entries]
        assert order == sorted(order, reverse=True)
        asked = {str(choice.key) for choice in choices_of(fw, role)}
        assert not asked & {"lived", "carer", "peer-work", "recovery-college", "none"}


def test_a_way_through_without_scripts_keeps_nothing(client: TestClient, fw: Framework) -> None:
    first = client.get("/assess")
    assert first.status_code == 200 and 'enctype="multipart/form-data"' in first.text
    page = _through(client, fw, ROLE, "on my own")
    assert "What you have" in page and "Where this role leads" in page
    answer = client.post("/assess", data={"file": _hidden(page), "at": "0", "go": "result"})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    saved = client.post("/assess/file", data={"file": _hidden(page), "at": "0"})
    assert saved.headers["content-disposition"] == f'attachment; filename="passport-{ROLE}.json"'
    assert saved.headers["cache-control"] == "no-store"
    # What is saved is what the passport page knows, and what comes back is what went.
    value = saved.json()
    assert value["form"] == FORM and value["passport"] == f"passport-{ROLE}"
    assert {one["rating"] for one in value["entries"]} == {"on my own"}
    opened = client.post("/assess/open", files={"file": ("x.json", saved.content, "application/json")})
    assert opened.status_code == 200 and opened.headers["cache-control"] == "no-store"
    assert (
        client.post("/assess/file", data={"file": _hidden(opened.text), "at": "0"}).content == saved.content
    )


def test_the_result_says_what_was_said_and_scores_no_value(client: TestClient, fw: Framework) -> None:
    for rating, state in (
        ("not yet", "Still to gain"),
        ("with support", "In part"),
        ("on my own", "You have this"),
    ):
        page = _through(client, fw, "hcsw", rating)
        assert f"You said: {rating}." in page and state in page
    page = client.post("/assess", data={"file": _start(client), "at": "0", "go": "result"}).text
    assert "Not said yet" in page and "You said" not in page
    assert "To be talked about, never scored" in page


def test_answers_of_a_step_hold_until_they_are_changed(client: TestClient, fw: Framework) -> None:
    first, second, *_ = steps_of(fw, fw.role(ROLE))
    name = f"r.{first.entries[0].key}"
    page = client.post(
        "/assess", data={"file": _start(client), "at": "1", "go": "next", name: "not yet"}
    ).text
    page = client.post("/assess", data={"file": _hidden(page), "at": "2", "go": "back"}).text
    assert re.search(rf'name="{re.escape(name)}" type="radio" value="not yet" checked', page)
    page = client.post("/assess", data={"file": _hidden(page), "at": "1", "go": "2", name: "on my own"}).text
    assert json.loads(_hidden(page))["entries"][0]["rating"] == "on my own"
    assert second.entries[0].skill.label in html.unescape(page)


def test_boxes_can_be_unticked(client: TestClient, fw: Framework) -> None:
    step = next(one for one in steps_of(fw, fw.role("senior-hcsw")) if one.choices)
    choice = step.choices[0]
    at = {"at": str(step.number), "go": "next"}
    page = client.post(
        "/assess", data={"file": _start(client, "senior-hcsw"), **at, choice.kind: choice.key}
    ).text
    assert json.loads(_hidden(page))["holds"][choice.kind] == [choice.key]
    page = client.post("/assess", data={"file": _hidden(page), **at}).text
    assert json.loads(_hidden(page))["holds"][choice.kind] == []


@pytest.mark.parametrize("form", ["html", "docx", "md"])
def test_the_paper_holds_the_result(client: TestClient, fw: Framework, form: str) -> None:
    file = _hidden(_through(client, fw, ROLE, "not yet"))
    answer = client.post("/assess/paper", data={"file": file, "at": "0", "format": form})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="self-assessment-{ROLE}.')
    assert answer.headers["cache-control"] == "no-store"
    text = answer.text
    if form == "docx":
        document = Document(io.BytesIO(answer.content))
        text = "\n".join(one.text for one in document.paragraphs)
    assert "Self-assessment: Peer support worker" in text and "What to work on" in text


@pytest.mark.parametrize(
    ("address", "fields", "status"),
    [
        ("/assess", {"file": "{}", "go": "1"}, 400),
        ("/assess", {"go": "77"}, 400),
        ("/assess", {"go": "-1"}, 400),
        ("/assess", {"go": "delete"}, 400),
        ("/assess", {"at": "999", "go": "next"}, 400),
        ("/assess", {"at": "1", "go": "next", "r.skill/nothing": "not yet"}, 400),
        ("/assess", {"at": "1", "go": "next", "experience": "lived"}, 400),
        ("/assess", {"at": "0", "go": "carry", "to": "wizard"}, 404),
        ("/assess", {"at": "0", "go": "carry", "to": "regulated-professional"}, 400),
        ("/assess", {"name": "a person"}, 400),
        ("/assess/paper", {"format": "exe"}, 400),
    ],
)
def test_what_no_page_of_ours_sends_is_refused_and_not_repeated(
    client: TestClient, address: str, fields: dict[str, str], status: int
) -> None:
    data = {"file": _start(client), "at": "0", **fields}
    answer = client.post(address, data=data, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert "a person" not in answer.text and "skill/nothing" not in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_bodies_that_are_no_form_of_ours_are_refused(client: TestClient) -> None:
    two = [("file", ("a", b"{}")), ("file", ("b", b"{}"))]
    assert client.post("/assess/open", files=two).status_code == 400
    assert client.post("/assess/open", content=b"x").status_code == 415
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.post("/assess/open", content=b"--x\r\nno end", headers=broken).status_code == 400
    assert client.post("/assess/open", content=b"--x--" * 300_000, headers=broken).status_code == 413
    assert client.post("/assess", content=b"a=" + b"x" * 1_100_000).status_code in (413, 415)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/assess", content=b"a=" + b"x" * 1_100_000, headers=form).status_code == 413
    assert client.post("/assess", json={"file": ""}).status_code == 415


# --- files ---


def _retired(fw: Framework, old: str, new: str) -> Framework:
    gone = Retirement(BASE + old, "", "Old name", (BASE + new,), "", "")
    changed = dataclasses.replace(fw)
    object.__setattr__(changed, "retired", MappingProxyType({gone.thing: gone}))
    return changed


def _made(fw: Framework, case: Mapping[str, Any]) -> tuple[Framework, bytes]:
    def whole(
        entries: list[dict[str, Any]], passport: str = "passport-hcsw", version: str = fw.version
    ) -> bytes:
        return json.dumps(
            {"form": FORM, "passport": passport, "version": version, "entries": entries}
        ).encode()

    rated = {"key": "skill-level/old-listening--support", "rating": "on my own"}
    made: Mapping[str, Any] = {
        "bom": lambda: (fw, b"\xef\xbb\xbf" + whole([])),
        "replaced": lambda: (
            _retired(fw, "skill/old-listening", "skill/active-listening"),
            whole([rated], version="1.0.0"),
        ),
        "replaced role": lambda: (
            _retired(fw, "role/old-hca", "role/hcsw"),
            whole([], "passport-old-hca", "1.0.0"),
        ),
        "deep": lambda: (fw, b"[" * 500_000),
        "deep achievement": lambda: (
            fw,
            whole([{"key": "skill-level/active-listening--support", "achievement": 0}]).replace(
                b"0}]", b"[" * 5000 + b"]" * 5000 + b"}]"
            ),
        ),
        "large": lambda: (fw, b" " * LARGEST + whole([])),
        "word": lambda: (fw, b"PK\x03\x04 and so on"),
        "bytes": lambda: (fw, b"\xff\xfe\x00{"),
        "digits": lambda: (fw, b'{"form":' + b"9" * 10_000 + b"}"),
        "many": lambda: (fw, whole([{"key": f"skill/{n}"} for n in range(2000)])),
        "words": lambda: (
            fw,
            whole(
                [
                    {"key": f"skill-level/{level.key}", "evidence": "x" * 2000}
                    for skill in list(fw.skills.values())[:20]
                    for level in skill.levels[:2]
                ]
            ),
        ),
    }
    if "make" in case:
        found: tuple[Framework, bytes] = made[case["make"]]()
        return found
    text = case["text"].replace("{v}", fw.version).replace("{domain}", str(next(iter(fw.ahp_domains), "")))
    return fw, text.encode()


@pytest.mark.parametrize("case", CASES, ids=[one["why"][:60] for one in CASES])
def test_a_file(fw: Framework, client: TestClient, case: dict[str, Any]) -> None:
    used, data = _made(fw, case)
    if "refused" in case:
        with pytest.raises(SourceError) as refused:
            read_file(used, data)
        assert case["refused"] in refused.value.what and refused.value.mend
    else:
        found = read_file(used, data)
        answers = {key: one.rating for key, one in found.assessment.answers.items()}
        assert case.get("answers", answers) == answers
        assert found.assessment.role == case.get("role", "hcsw")
        assert case.get("notes", "") in " ".join(found.notes)
        assert case.get("lost", "") in " ".join(found.lost)
    if used is not fw:
        return
    answer = client.post("/assess/open", files={"file": ("a.json", data, "application/json")})
    assert answer.headers["cache-control"] == "no-store"
    assert (
        "<script>alert" not in answer.text
        and "<img src=x" not in answer.text
        and "<b>Whistling" not in answer.text
    )
    if "refused" in case:
        assert answer.status_code in (422, 413)
        assert case["refused"][1:] in html.unescape(answer.text) or answer.status_code == 413
    else:
        assert answer.status_code == 200


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_are_a_fault_of_ours(data: bytes) -> None:
    with pytest.raises(SourceError):
        read_file(opened_framework(), data)


_LEVELS = st.deferred(
    lambda: st.sampled_from(
        sorted(
            f"skill-level/{level.key}"
            for skill in opened_framework().skills.values()
            for level in skill.levels
        )
    )
)
_ANSWERS = st.dictionaries(
    _LEVELS,
    st.builds(
        Answer,
        st.sampled_from(RATINGS),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
        st.just(""),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(
    _ANSWERS, st.booleans(), st.sampled_from([None, {"experience": ("health-care",), "qualification": ()}])
)
def test_what_is_written_comes_back(answers: dict[str, Answer], short: bool, held: Any) -> None:
    framework = opened_framework()
    before = Assessment("hcsw", answers, held)
    found = read_file(framework, write_file(framework, before, short=short).encode())
    assert found.assessment == before and found.notes == found.lost == ()


@settings(max_examples=15, deadline=None)
@given(_ANSWERS, st.sampled_from(["hcsw", "senior-hcsw", "peer-support-worker", "mental-health-nurse"]))
def test_who_says_more_of_themselves_never_has_less(answers: dict[str, Answer], role: str) -> None:
    """Requirement by requirement. What was not said counts for nothing, so that sizes alone cannot be compared."""
    framework = opened_framework()
    rank = {"have": 2, "partly": 1, "not known": 0, "missing": 0}
    found = []
    for rating in ("not yet", PART, "I can show others"):
        said = Assessment(role, {key: Answer(rating) for key in answers})
        gap = gap_of(framework, taken_over(framework, said, framework.role(role)))
        found.append([rank[one.state] for one in (*gap.essential, *gap.desirable)])
    for less, more in pairwise(found):
        assert all(low <= high for low, high in zip(less, more, strict=True))


def test_the_gap_is_the_one_that_the_api_shows(fw: Framework, client: TestClient) -> None:
    """A person who says that they can do everything on their own has the gap that the same list has elsewhere."""
    for key in ("hcsw", "senior-hcsw", "str-worker"):
        role = fw.role(key)
        entries = entries_of(fw, role)
        said = Assessment(
            key, {one.key: Answer("on my own") for one in entries}, {"experience": (), "qualification": ()}
        )
        skills = [f"{one.skill.key}:{one.level.level}" for one in entries if one.level]
        elsewhere = client.get("/v1/gap", params={"to": key, "skill": skills}).json()
        here = {one.asks_for.key: one.state for one in gap_of(fw, said).essential if one.asks_for}
        assert here == {
            one["asks_for"]["key"]: one["state"]
            for one in elsewhere["essential"]
            if one["asks_for"] and one["asks_for"]["key"] in here
        }
        assert all(state == "have" for need, state in here.items() if Key(need) in fw.skills)


def test_a_level_below_is_a_hint_and_one_above_counts(fw: Framework) -> None:
    """Of every skill that two roles ask for at two levels: up it is in part, down it is had."""
    seen = 0
    for low_key, high_key in (("hcsw", "senior-hcsw"), ("peer-support-worker", "senior-peer-support-worker")):
        low, high = fw.role(low_key), fw.role(high_key)
        lows = {one.skill.key: one for one in entries_of(fw, low)}
        for entry in entries_of(fw, high):
            below = lows.get(entry.skill.key)
            if below is None or below.key == entry.key:
                continue
            seen += 1
            up = Assessment(high_key, {below.key: Answer("on my own")})
            down = Assessment(low_key, {entry.key: Answer("on my own")})
            states = [
                next(
                    one.state
                    for one in (*found.essential, *found.desirable, *found.gained_in_post)
                    if one.asks_for and one.asks_for.key == entry.skill.key
                )
                for found in (gap_of(fw, up), gap_of(fw, down))
            ]
            assert states == ["partly", "have"]
    assert seen
    assert {"on my own", "I can show others"} == HAD


def test_no_case_of_a_file_is_without_a_reason() -> None:
    assert all(case["why"] for case in CASES) and len(CASES) >= 40


# --- in a browser ---


@pytest.fixture(scope="module")
def site(fw: Framework) -> Iterator[str]:
    app = create_app(Settings(query_workers=1), fw)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        # No query is asked here: the processes that answer them need not start.
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
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
    yield chromium
    chromium.scripts(on=True)


_AXE_RUN = "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]))"


def _judge(browser: Browser, axe: str) -> None:
    """No fault that axe-core finds, one heading of the first level, and nothing wider than a small phone."""
    browser.value(f"{axe}; 0")
    assert browser.value(_AXE_RUN) == []
    assert browser.value("document.querySelectorAll('h1').length") == 1
    browser.resize(NARROW, 640)
    time.sleep(0.2)
    assert browser.value("document.documentElement.scrollWidth") <= NARROW
    browser.resize(1000)


def _press(browser: Browser, selector: str) -> None:
    browser.go(lambda: browser.value(f"document.querySelector({json.dumps(selector)}).click()"))


def _rate(browser: Browser, number: int) -> None:
    browser.value(
        "document.querySelectorAll('.app-rate').forEach(one => {"
        f" one.querySelectorAll('input[type=radio]')[{number}].checked = true; }}); 0"
    )


_NEXT = "main .app-go button[value=next]"


@pytest.mark.outside
def test_every_state_is_sound_and_fits_a_phone(browser: Browser, site: str, axe: str, tmp_path: Path) -> None:
    browser.open(site + "/assess")
    _judge(browser, axe)
    broken = tmp_path / "broken.json"
    broken.write_text('{"skills": []}', "utf-8")
    _choose_file(browser, broken)
    _press(browser, "form[enctype] button")
    assert "no self-assessment" in browser.value("document.querySelector('[role=alert]').textContent")
    assert browser.value("document.title").startswith("Error: ")
    _judge(browser, axe)
    browser.open(f"{site}/assess?role={ROLE}")
    _judge(browser, axe)
    _press(browser, "main button[value='1']")
    _judge(browser, axe)
    browser.value("document.querySelectorAll('details').forEach(one => { one.open = true; }); 0")
    _judge(browser, axe)
    for number in (0, 1, 2, 3):
        _rate(browser, number)
        _press(browser, _NEXT)
    while not browser.value("!!document.querySelector('main input[type=checkbox][name]')"):
        _press(browser, _NEXT)
    _judge(browser, axe)
    _press(browser, _NEXT)
    assert "What to do next" in browser.value("document.querySelector('main').textContent")
    _judge(browser, axe)
    assert browser.value("location.pathname + location.search") == "/assess", (
        "answers are no part of an address"
    )
    assert browser.value("document.cookie") == ""
    assert browser.value("Object.keys(localStorage).length") == 0
    browser.value("document.querySelector('#to').value = 'senior-peer-support-worker'; 0")
    _press(browser, "button[value=carry]")
    assert "What came along" in browser.value("document.querySelector('main').textContent")
    _judge(browser, axe)


def _choose_file(browser: Browser, path: Path) -> None:
    root = browser._page("DOM.getDocument")["root"]["nodeId"]
    field = browser._page("DOM.querySelector", nodeId=root, selector="input[type=file]")["nodeId"]
    browser._page("DOM.setFileInputFiles", nodeId=field, files=[str(path)])


@pytest.mark.outside
def test_a_file_that_was_downloaded_is_uploaded_for_another_role(
    browser: Browser, site: str, tmp_path: Path
) -> None:
    """A real download to a disk and a real upload from it, with scripts off throughout."""
    browser.scripts(on=False)
    browser._call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.open(f"{site}/assess?role={ROLE}", NARROW)
    _press(browser, "main button[value='1']")
    assert browser.value("document.querySelector('[data-assess-keep]').hidden") is True
    _rate(browser, 2)
    _press(browser, _NEXT)
    browser.value("document.querySelector('main button[formaction=\"/assess/file\"]').click()")
    saved = tmp_path / f"passport-{ROLE}.json"
    deadline = time.monotonic() + 60
    while not saved.is_file() or not saved.read_bytes():
        assert time.monotonic() < deadline, "no file is downloaded"
        time.sleep(0.05)
    rated = [one for one in json.loads(saved.read_text("utf-8"))["entries"] if one["rating"] == "on my own"]
    assert rated
    browser.open(site + "/assess", NARROW)
    _choose_file(browser, saved)
    _press(browser, "form[enctype] button")
    assert f"{len(rated)} of" in browser.value("document.querySelector('.app-came').textContent")
    _press(browser, "main button[value=result]")
    browser.value("document.querySelector('#to').value = 'hcsw'; 0")
    _press(browser, "button[value=carry]")
    assert browser.value("document.querySelector('h1').textContent").endswith("Healthcare support worker")
    text = browser.value("document.querySelector('.app-came').textContent")
    assert "answered already" in text and "They stay in your file" in text
    assert browser.value("document.documentElement.scrollWidth") <= NARROW


@pytest.mark.outside
def test_the_keyboard_alone_leads_to_the_result(browser: Browser, site: str) -> None:
    def tab_to(wanted: str) -> None:
        for _ in range(80):
            browser.press("Tab")
            if browser.value(f"document.activeElement.matches({json.dumps(wanted)})"):
                return
        raise AssertionError(f"the tab key does not reach {wanted}")

    browser.open(f"{site}/assess?role=befriender")
    tab_to("main button[value='1']")
    browser.go(lambda: browser.press("Enter"))
    tab_to("input[type=radio]")
    browser.press("Space")
    browser.press("ArrowDown")
    browser.press("ArrowDown")
    assert browser.value("document.querySelector('input[type=radio]:checked').value") == "on my own"
    # Enter in a field goes on, not back.
    browser.go(lambda: browser.press("Enter"))
    assert browser.value("document.querySelector('[name=at]').value") == "2"
    for _ in range(6):
        if browser.value("!!document.querySelector('#take')"):
            break
        tab_to(_NEXT)
        browser.go(lambda: browser.press("Enter"))
    assert "You said: on my own." in browser.value("document.querySelector('main').textContent")


@pytest.mark.outside
def test_answers_stay_in_the_browser_only_where_they_are_asked_to(browser: Browser, site: str) -> None:
    place = "cmh-assess:befriender"
    browser.open(f"{site}/assess?role=befriender")
    assert browser.value("document.querySelector('[data-assess-continue]').hidden") is True
    _press(browser, "main button[value='1']")
    _rate(browser, 3)
    browser.value("document.querySelector('#keep').click()")
    _press(browser, _NEXT)
    assert json.loads(browser.value(f"localStorage.getItem('{place}')"))["entries"]
    browser.open(f"{site}/assess?role=befriender")
    assert browser.value("document.querySelector('[data-assess-continue]').hidden") is False
    _press(browser, "[data-assess-continue] button")
    assert browser.value("document.querySelectorAll('input[type=radio]:checked').length") > 0
    browser.value("document.querySelector('#keep').click()")
    assert browser.value("Object.keys(localStorage).length") == 0
    assert "Forgotten" in browser.value("document.querySelector('#kept').textContent")


_REFUSED = (
    "new Promise(done => { const o = new ReportingObserver(all => done(all.map(one => one.body.blockedURL)),"
    " {types: ['csp-violation'], buffered: true}); o.observe(); setTimeout(() => done([]), 200); })"
)


@pytest.mark.outside
def test_what_a_served_passport_page_saves_is_opened_here(
    browser: Browser, site: str, tmp_path: Path
) -> None:
    browser._call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.open(f"{site}/v1/papers/passport/{ROLE}?format=html")
    assert browser.value("getComputedStyle(document.body).maxWidth") == "800px", "the page has no styles"
    browser.value("document.querySelectorAll('fieldset input[type=radio]')[2].click()")
    browser.value("document.querySelector('textarea').value = 'At the \"day\" centre <b>'; 0")
    browser.value("document.querySelector('#save-json').click()")
    saved = tmp_path / f"passport-{ROLE}.json"
    deadline = time.monotonic() + 60
    while not saved.is_file() or not saved.read_bytes():
        assert time.monotonic() < deadline, "the passport page saves nothing"
        time.sleep(0.05)
    assert browser.value(_REFUSED) == []
    browser.open(site + "/assess")
    _choose_file(browser, saved)
    _press(browser, "form[enctype] button")
    assert "1 of 20 skills" in browser.value("document.querySelector('.app-came').textContent")
    _press(browser, "main button[value='1']")
    held = json.loads(browser.value("document.querySelector('[name=file]').value"))["entries"]
    assert [(one["rating"], one["evidence"]) for one in held] == [("on my own", 'At the "day" centre <b>')]


@pytest.mark.outside
@pytest.mark.parametrize(
    "name", ["job-description/hcsw", "interview-pack/hcsw", "development-plan/senior-hcsw?from=hcsw"]
)
def test_a_served_paper_shows_its_styles_and_breaks_no_policy(browser: Browser, site: str, name: str) -> None:
    browser.open(f"{site}/v1/papers/{name}{'&' if '?' in name else '?'}format=html", NARROW)
    assert browser.value("getComputedStyle(document.body).fontFamily").startswith("Arial")
    assert browser.value(_REFUSED) == []


def test_the_policy_of_a_paper_lets_nothing_else_run(client: TestClient) -> None:
    for name in ("job-description/hcsw", "passport/hcsw"):
        policy = client.get(f"/v1/papers/{name}?format=html").headers["content-security-policy"]
        assert "unsafe-inline" not in policy and "default-src 'none'" in policy
        assert ("script-src" in policy) == name.startswith("passport")
    page = write(passport_of(opened_framework(), "hcsw"))
    hostile = b'<script>alert(1)</script><style>*{display:none}</style><p style="background:url(//x)">'
    assert policy_of(page + hostile) == policy_of(page)
