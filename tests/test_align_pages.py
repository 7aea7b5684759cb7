"""A visitor's list over HTTP, without scripts: given, matched, reviewed, taken away; and what strangers try."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import itertools
import json
import re
import stat
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from starlette.requests import Request
from starlette.responses import Response

import hostile
from align_service import Visitor, service
from built import framework_store
from cmh_graph.align.cells import FORMULA_STARTS
from cmh_graph.align.framework_labels import framework_labels
from cmh_graph.align.labels import RoleLabels
from cmh_graph.align.review.work import Work
from cmh_graph.errors import BadParameter, BodyTooLarge, TooMany
from cmh_graph.namespaces import key_of
from cmh_graph.sssom.read import read_mapping_file
from cmh_graph.sssom.targets import Targets, targets_of
from cmh_graph.visits.gate import Gate
from cmh_graph.visits.register import LONGEST, Visits
from cmh_graph.visits.runs import Run, Runs
from cmh_graph.visits.tokens import fits, folder_name, form_token, new_id
from cmh_graph.visits.upload import receive, shown_name, stored_name
from cmh_graph.visits.visit import Visit
from cmh_graph.web.align.journal import Before, Journal
from cmh_graph.web.align.lists import GIVEN, MAPPINGS, OUT, list_of
from cmh_graph.web.align.matching import match, outcome_of
from cmh_graph.web.align.reviewing import REVIEWER, TOGETHER
from cmh_graph.web.assets import STATIC
from cmh_graph.web.pages.align import SAMPLE
from cmh_graph.web.pages.align_review import PER_PAGE

CASES = Path(__file__).parent / "cases" / "align_pages"
UPLOADS = tomllib.loads((CASES / "uploads.toml").read_text("utf-8"))["case"]
REQUESTS = tomllib.loads((CASES / "requests.toml").read_text("utf-8"))["case"]
MOST_ROWS = 200
MOST_BYTES = 1_000_000
SAMPLE_LIST = (STATIC / SAMPLE).read_bytes()


def made(case: dict[str, Any], folder: Path) -> bytes:
    """The bytes of a case."""
    if case.get("made"):
        path = folder / case["name"]
        next(one for one in hostile.TABLES if one.name == case["name"]).make(path)
        return path.read_bytes()
    if "repeat" in case:
        start, part, times = case["repeat"]
        return (start + part * times).encode()
    text: str = case["text"]
    return text.encode(case.get("encoding", "utf-8"))


def test_every_case_file_is_used() -> None:
    assert {path.name for path in CASES.iterdir()} == {"uploads.toml", "requests.toml"}
    assert all(case["why"] for case in (*UPLOADS, *REQUESTS))


@pytest.fixture(scope="module")
def labels() -> RoleLabels:
    return framework_labels(framework_store())


@pytest.fixture(scope="module")
def targets() -> Targets:
    return targets_of(framework_store().quads())


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def site(framework_snapshots: Path, data: Path) -> Iterator[str]:
    with service(
        framework_snapshots, data, visit_rows=MOST_ROWS, visit_bytes=MOST_BYTES, visit_runs=2
    ) as address:
        yield address


@pytest.fixture(scope="module")
def matched(site: str) -> Visitor:
    """A visitor whose sample list is matched; tests put back what they decide."""
    visitor = Visitor(site)
    assert visitor.give(SAMPLE, SAMPLE_LIST, "nhs-trust").headers["location"] == "/align/progress"
    assert visitor.matched()["next"] == "/align/review"
    return visitor


def folder_of(visitor: Visitor, data: Path) -> Path:
    return data / "visits" / folder_name(visitor.http.cookies["cmh-visit"])  # type: ignore[arg-type]


def questions(page: str) -> list[str]:
    return re.findall(r'<article class="app-question" id="g-([0-9a-f]{16})"', page)


def titles(page: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'id="t-[0-9a-f]{16}"><bdi>(.*?)</bdi>', page)]


def group_of(visitor: Visitor, title: str, show: str = "waiting") -> str:
    for number in range(1, 20):
        page = visitor.get(f"/align/review?show={show}&page={number}").text
        for name, found in zip(questions(page), titles(page), strict=True):
            if found == title:
                return name
        if f"page={number + 1}" not in page:
            break
    raise AssertionError(f"{title} is not asked")


def mapping_rows(visitor: Visitor, tmp_path: Path) -> dict[str, list[tuple[str, str, str]]]:
    """Title -> state, key of the role, reviewer, of each row of the mapping set as it is downloaded."""
    path = tmp_path / "mappings.sssom.tsv"
    path.write_bytes(visitor.http.get("/align/results/mappings.sssom.tsv").content)
    file = read_mapping_file(path)
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in file.rows:
        one = (str(file.state(row)), key_of(file.iri(row, "object_id")), row["reviewer_label"])
        found.setdefault(row["subject_label"], []).append(one)
    return found


# --- the whole way ---


def test_the_questions_are_those_of_the_command_in_its_order_and_words(
    matched: Visitor, data: Path, targets: Targets
) -> None:
    waiting = Work(folder_of(matched, data) / OUT / MAPPINGS, targets).waiting()
    seen: list[str] = []
    for number in range(1, -(-len(waiting) // PER_PAGE) + 1):
        page = matched.get(f"/align/review?page={number}").text
        seen += titles(page)
        for one in waiting[(number - 1) * PER_PAGE : number * PER_PAGE]:
            for choice in one.choices:
                reason = choice.why.partition(": ")[2]
                assert html.escape(reason[1:], quote=False).replace("'", "&#39;") in page
                assert f"{choice.confidence:.0%} sure" in page
    assert seen == [one.titles[0][1] for one in waiting]


def test_decisions_are_kept_at_once_and_can_be_taken_back(
    matched: Visitor, tmp_path: Path, data: Path
) -> None:
    group = group_of(matched, "Nursing Asst N/Q")
    answer = matched.post("/align/decide", {"group": group, "do": "accept:hcsw", "reason": "=1+1 same work"})
    assert answer.status_code == 303
    page = matched.get(answer.headers["location"]).text
    assert "Accepted: “Nursing Asst N/Q” is Healthcare support worker" in page
    assert mapping_rows(matched, tmp_path)["Nursing Asst N/Q"] == [("accepted", "hcsw", REVIEWER)]
    assert b"'=1+1 same work" in matched.http.get("/align/results/mappings.sssom.tsv").content
    assert "=1+1 same work" in html.unescape(matched.get("/align/review?show=decided").text)
    # Told once.
    assert "app-notice" not in matched.get("/align/review").text

    group = group_of(matched, "Support Worker - Community Rehab")
    matched.post("/align/decide", {"group": group, "do": "reject:carer-support-worker"})
    assert ("rejected", "carer-support-worker", REVIEWER) in mapping_rows(matched, tmp_path)[
        "Support Worker - Community Rehab"
    ]
    assert group_of(matched, "Support Worker - Community Rehab") == group

    matched.post("/align/decide", {"group": group_of(matched, "Ward Clerk"), "do": "none"})
    assert mapping_rows(matched, tmp_path)["Ward Clerk"][0] == ("accepted", "NoTermFound", REVIEWER)
    assert "Ward Clerk" in matched.get("/align/review?show=none").text

    for _ in range(3):
        assert "Undo the last decision" in matched.get("/align/review").text
        matched.post("/align/undo")
    assert {state for rows in mapping_rows(matched, tmp_path).values() for state, *_ in rows} == {"candidate"}
    assert "Undo the last decision" not in matched.get("/align/review").text
    out = folder_of(matched, data) / OUT
    assert (out / MAPPINGS).read_bytes() == (out / "proposed.sssom.tsv").read_bytes()


def test_another_role_is_accepted_by_name_and_an_unknown_one_is_told(
    matched: Visitor, tmp_path: Path
) -> None:
    group = group_of(matched, "Recovery Practitioner")
    fields = {"group": group, "do": "other", "other": "Recovery wizard", "relation": ""}
    page = matched.get(matched.post("/align/decide", fields).headers["location"]).text
    assert "There is no role called &#39;Recovery wizard&#39;" in page
    assert 'class="nhsuk-error-summary"' in page
    assert 'value="Recovery wizard"' in page
    fields = {**fields, "other": "Peer support worker", "relation": "narrow"}
    matched.post("/align/decide", fields)
    assert mapping_rows(matched, tmp_path)["Recovery Practitioner"][0][:2] == (
        "accepted",
        "peer-support-worker",
    )
    page = matched.get("/align/review?show=decided").text
    assert "the role is narrower than the job" in page
    # Asked again: as it was proposed.
    name = re.search(r'id="g-([0-9a-f]{16})"', page)
    assert name
    matched.post("/align/ask-again", {"group": name.group(1), "show": "decided"})
    assert mapping_rows(matched, tmp_path)["Recovery Practitioner"] == [("candidate", "NoTermFound", "")]
    matched.post("/align/undo")
    matched.post("/align/undo")
    assert group_of(matched, "Recovery Practitioner") == group


def test_questions_are_put_off_and_parted(matched: Visitor) -> None:
    group = group_of(matched, "Carers Lead")
    matched.post("/align/decide", {"group": group, "do": "later"})
    assert group_of(matched, "Carers Lead", "later") == group
    with pytest.raises(AssertionError, match="not asked"):
        group_of(matched, "Carers Lead")
    matched.get("/align/review?show=later")
    matched.post("/align/take-up")
    assert group_of(matched, "Carers Lead") == group

    both = group_of(matched, "HCA (Bank) Days/Nights")
    matched.post("/align/decide", {"group": both, "do": "part"})
    first, second = group_of(matched, "HCA (Bank) Days/Nights"), group_of(matched, "HCA - Willow Ward")
    assert len({both, first, second}) == 3


def test_sure_ones_are_accepted_together_and_say_so(matched: Visitor, tmp_path: Path) -> None:
    page = matched.get("/align/sure").text
    assert "about 3 of 100 are wrong" in page
    names = re.findall(r'name="group" type="checkbox" value="([0-9a-f]{16})" checked', page)
    assert len(names) > 5
    answer = matched.post("/align/sure", {"group": [*names[1:], "0123456789abcdef"]})
    assert f"Accepted together: {len(names) - 1} questions" in matched.get(answer.headers["location"]).text
    rows = [row for rows in mapping_rows(matched, tmp_path).values() for row in rows]
    assert sum(state == "accepted" for state, *_ in rows) >= len(names) - 1
    assert TOGETHER in matched.http.get("/align/results/mappings.sssom.tsv").text
    assert group_of(matched, titles(matched.get("/align/review?show=sure").text)[0], "sure") == names[0]
    # One step back for all of them.
    matched.post("/align/undo")
    assert {state for rows in mapping_rows(matched, tmp_path).values() for state, *_ in rows} == {"candidate"}
    assert (
        "nothing was accepted"
        in html.unescape(matched.get(matched.post("/align/sure").headers["location"]).text).lower()
    )


def test_results_are_downloads_whose_cells_are_inert(matched: Visitor, tmp_path: Path) -> None:
    matched.post("/align/decide", {"group": group_of(matched, "Porter"), "do": "none"})
    page = matched.get("/align/results").text
    names = re.findall(r'href="/align/results/([^"]+)" download', page)
    assert names == ["reviewed.xlsx", "mappings.sssom.tsv", "report.html", "candidates.csv", "rejects.csv"]
    for name in names:
        answer = matched.http.get(f"/align/results/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="sample-job-titles-{name}"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "sandbox" in answer.headers["content-security-policy"]
        if name.endswith(".csv"):
            for line in csv.reader(io.StringIO(answer.text)):
                assert not any(cell.startswith(FORMULA_STARTS) for cell in line)
    assert matched.get("/align/results/list.json").status_code == 404
    assert matched.get("/align/results/..%2flist.json").status_code == 404

    path = tmp_path / "reviewed.xlsx"
    path.write_bytes(matched.http.get("/align/results/reviewed.xlsx").content)
    assert path.read_bytes() == matched.http.get("/align/results/reviewed.xlsx").content
    # Read by a reader that has nothing to do with the writer.
    lines = CalamineWorkbook.from_path(path).get_sheet_by_name("Titles").to_python()
    head, *body = lines
    found = {line[2]: dict(zip(head, line, strict=True)) for line in body}
    assert len(body) == 27
    assert found["Porter"]["Result"] == "Reviewed: no role fits"
    assert str(found["Porter"]["Who says so"]).startswith(f"{REVIEWER}, 20")
    assert found["Porter"]["Row in your list"] == 22
    assert found["Porter"]["Your key"] == "S022"
    proposed = found["Nursing Asst N/Q"]
    assert (proposed["Result"], proposed["Role key"]) == ("Proposed, not reviewed", "hcsw")
    assert "inferred" in str(proposed["Who says so"])
    book = load_workbook(path)
    assert not any(cell.data_type == "f" for sheet in book for row in sheet for cell in row)
    with zipfile.ZipFile(path) as packed:
        assert not [name for name in packed.namelist() if "external" in name.lower()]
    matched.post("/align/undo")


def test_pages_work_without_scripts_and_are_kept_by_nobody(matched: Visitor) -> None:
    for address in ("/align", "/align/review", "/align/sure", "/align/results", "/align/column"):
        answer = matched.get(address)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        # A stricter policy would make browsers send forms with the origin "null".
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "cmh-visit" not in answer.headers.get("set-cookie", "")
        assert answer.text.count("<h1") == 1


def test_the_column_can_be_chosen_anew(site: str) -> None:
    visitor = Visitor(site)
    visitor.give(
        "two.csv", b"Job title,Former title\nPorter,Peer support worker\nDriver,Healthcare assistant\n"
    )
    assert visitor.matched()["next"] == "/align/review"
    page = visitor.get("/align/column").text
    value = re.search(r'value="([\d-]+)"[^>]*><label[^>]*><bdi>Former title', page)
    assert value
    assert visitor.post("/align/column").status_code == 422
    assert visitor.post("/align/column", {"column": value.group(1)}).headers["location"] == "/align/progress"
    assert visitor.matched()["next"] == "/align/review"
    assert "Peer support worker" in titles(visitor.get("/align/review").text)


# --- lists of strangers ---


@pytest.mark.parametrize("case", UPLOADS, ids=lambda case: ascii(case["name"]))
def test_a_list_ends_as_stated(case: dict[str, Any], labels: RoleLabels, tmp_path: Path) -> None:
    stored = stored_name(case["name"])
    visit = Visit(tmp_path / "visit")
    (visit.folder / GIVEN).mkdir(parents=True)
    (visit.folder / GIVEN / stored).write_bytes(made(case, tmp_path))
    name = shown_name(case["name"])
    chosen = {
        "stored": stored,
        "name": name,
        "column": "",
        "sheet": "",
        "employer_type": "",
        "most_rows": MOST_ROWS,
    }
    outcome = outcome_of(
        lambda: match(visit.folder, chosen, labels), visit.folder, {**chosen, "memory": 1 << 30}
    )
    assert outcome["step"] == case["step"], outcome
    if case["step"] == "done":
        assert [outcome["aligned"], outcome["rejected"]] == case["rows"]
    elif case["step"] == "asking":
        columns = outcome["choices"][0]["columns"]
        assert [one["name"] for one in columns] == case["columns"]
        assert [one["name"] for one in columns if one["likely"]] == case.get("likely", [])
    else:
        assert case["says"] in outcome["what"]
        told = json.dumps(outcome)
        assert str(tmp_path) not in told
        assert "--" not in told.replace("'--'", "")
        assert "cmh-graph" not in told
    assert name == case.get("shown", name)
    assert {one.name for one in visit.folder.iterdir()} <= {"list", "out", "progress.json"}


def test_lists_of_strangers_over_http(site: str, tmp_path: Path) -> None:
    """The same by the service, in its confined processes; all are sent before the first is looked at."""
    served = [case for case in UPLOADS if case.get("served")]
    visitors = [Visitor(site) for _ in served]
    for case, visitor in zip(served, visitors, strict=True):
        answer = visitor.give(case["name"], made(case, tmp_path))
        if answer.status_code != 303:
            assert case["name"] == "empty.csv"
            assert answer.status_code == 400
            assert case["says"] in answer.text.replace("The file", "the file")
    for case, visitor in zip(served, visitors, strict=True):
        if case["name"] == "empty.csv":
            continue
        told = visitor.matched()
        assert told["step"] == case["step"], case["name"]
        page = visitor.get(told["next"]).text
        if case["step"] == "failed":
            assert case["says"].lower() in html.unescape(page).lower()
            assert "Nothing of it is kept" in page
        if case["name"] == "markup.csv":
            assert "<script>alert" not in page
            assert "&lt;script&gt;alert(1)&lt;/script&gt; nurse" in page
            assert "\u202e" not in page
            assert "{{ 7*7 }}" in page
            path = tmp_path / "markup.xlsx"
            path.write_bytes(visitor.http.get("/align/results/reviewed.xlsx").content)
            cells = [cell for row in load_workbook(path)["Titles"] for cell in row]
            assert not any(cell.data_type == "f" for cell in cells)
            assert any(str(cell.value).startswith("'=HYPERLINK") for cell in cells)
            report = visitor.http.get("/align/results/report.html").text
            assert "<script>alert" not in report


def test_a_list_that_is_too_large_is_refused_as_a_page_and_leaves_nothing(site: str, data: Path) -> None:
    visitor = Visitor(site)
    for size in (MOST_BYTES + 1, 3 * MOST_BYTES):
        answer = visitor.give("large.csv", b"x" * size)
        assert answer.status_code == 413
        assert "larger than the 1 MB" in answer.text
        assert 'class="nhsuk-error-summary"' in answer.text
    assert {one.name for one in folder_of(visitor, data).iterdir()} == {"visit.json", "seen"}
    assert visitor.give("fits.csv", b"Job title\nPorter\n".ljust(MOST_BYTES, b" ")).status_code == 303
    folder = folder_of(visitor, data)
    visitor.post("/align/remove")
    assert not folder.exists()


# --- requests of strangers ---


@pytest.mark.parametrize("case", REQUESTS, ids=lambda case: case["why"][:60])
def test_a_request_that_is_not_ours_changes_nothing(
    case: dict[str, Any], matched: Visitor, site: str, data: Path
) -> None:
    other = Visitor(site)
    other.get("/align")
    matched.get("/align/review")
    visitor = {"own": matched, "new": other, "none": Visitor(site)}[case["visitor"]]
    own = visitor.token or other.token
    token = {"own": own, "other": other.token}.get(case["token"], case["token"])
    before = (folder_of(matched, data) / OUT / MAPPINGS).read_bytes()
    fields = {"x": "", **case.get("fields", {}), **({"token": token} if token else {})}
    answer = visitor.http.post(case["address"], data=fields, headers=case.get("headers", {}))
    assert answer.status_code == case["status"], answer.text[-2000:]
    assert case.get("says", "") in html.unescape(answer.text)
    assert (folder_of(matched, data) / OUT / MAPPINGS).read_bytes() == before
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/align/")


def test_an_upload_is_checked_before_its_file_is_taken(site: str, matched: Visitor, data: Path) -> None:
    matched.get("/align")
    before = sorted(folder_of(matched, data).rglob("*"))
    files = {"file": ("x.csv", b"Job title\nPorter\n")}
    for fields, headers in (
        ({}, {}),
        ({"token": form_token(new_id())}, {}),
        ({"token": matched.token}, {"Sec-Fetch-Site": "cross-site"}),
    ):
        assert matched.http.post("/align", data=fields, files=files, headers=headers).status_code == 403
    # A token that comes after the file comes too late.
    late = [("file", ("x.csv", b"Job title\nPorter\n")), ("token", (None, matched.token.encode()))]
    assert matched.http.post("/align", files=late).status_code == 403
    assert (
        matched.http.post("/align", data={"token": matched.token}, files={"other": files["file"]}).status_code
        == 400
    )
    bad = {"token": matched.token, "employer_type": "nhs-trust'"}
    assert matched.http.post("/align", data=bad, files=files).status_code == 400
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert matched.http.post("/align", content=b"--x\r\nbroken", headers=broken).status_code == 400
    no_file = matched.http.post("/align", files={"token": (None, matched.token), "file": ("", b"")})
    assert no_file.status_code == 400
    assert "No file was chosen" in no_file.text
    assert sorted(folder_of(matched, data).rglob("*")) == before


def test_a_visit_is_its_visitors_alone(site: str, matched: Visitor, data: Path) -> None:
    stranger = Visitor(site)
    for address in (
        "/align/review",
        "/align/results",
        "/align/results/reviewed.xlsx",
        "/align/column",
        "/align/sure",
    ):
        answer = stranger.get(address)
        assert "There is no list of yours here" in answer.text
        assert SAMPLE not in answer.text.partition("<h2>Try it first")[0]
    assert stranger.http.get("/align/progress.json").json()["step"] == "none"
    folder = folder_of(matched, data)
    # What opens the visit is nowhere on the disk, and only we may look.
    secret = matched.http.cookies["cmh-visit"].encode()
    for path in (data / "visits", *(data / "visits").rglob("*")):
        assert secret not in str(path).encode()
        if path.is_file():
            assert secret not in path.read_bytes()
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE((data / "visits").stat().st_mode) == 0o700
    # The name of the folder, which a backup or a log may tell, opens nothing.
    stranger.http.cookies.set("cmh-visit", folder.name)
    assert stranger.http.get("/align/progress.json").json()["step"] == "none"


def test_the_cookie_is_strict_and_a_link_from_elsewhere_goes_round_once(site: str) -> None:
    visitor = Visitor(site)
    cookie = visitor.get("/align").headers["set-cookie"]
    assert re.fullmatch(r"cmh-visit=[\w-]{43}; HttpOnly; Path=/; SameSite=strict", cookie)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    answer = Visitor(site).http.get("/align/review?page=2", headers=elsewhere)
    assert answer.headers["refresh"] == "0; url=/align/review?page=2"
    assert "set-cookie" not in answer.headers
    assert "refresh" not in visitor.get("/align", headers=elsewhere).headers


@pytest.mark.parametrize(
    ("https", "scheme"), [(True, "http"), (False, "https")], ids=["by setting", "as seen"]
)
def test_by_https_the_cookie_is_secure_and_for_this_host(https: bool, scheme: str) -> None:
    gate, visit = Gate(https=https), new_id()
    asked = {"type": "http", "scheme": scheme, "server": ("host", 443), "path": "/align", "query_string": b""}
    answer = Response()
    gate.give(Request({**asked, "headers": []}), answer, visit)
    assert (
        answer.headers["set-cookie"] == f"__Host-cmh-visit={visit}; HttpOnly; Path=/; SameSite=strict; Secure"
    )
    again = [(b"cookie", f"__Host-cmh-visit={visit}".encode()), (b"host", b"host")]
    assert gate.visit(Request({**asked, "headers": again})) == visit
    # A cookie that a neighbouring host could have planted counts for nothing.
    planted = [(b"cookie", f"cmh-visit={visit}".encode())]
    assert gate.visit(Request({**asked, "headers": planted})) is None


# --- twice, at once, interrupted ---


def test_two_windows_decide_once(matched: Visitor, tmp_path: Path) -> None:
    group = group_of(matched, "Family Worker")
    first = matched.post("/align/decide", {"group": group, "do": "none"})
    second = matched.post("/align/decide", {"group": group, "do": "other", "other": "hcsw"})
    assert first.status_code == second.status_code == 303
    assert "decided already, perhaps in another window" in matched.get(second.headers["location"]).text
    assert mapping_rows(matched, tmp_path)["Family Worker"] == [("accepted", "NoTermFound", REVIEWER)]
    matched.post("/align/undo")


def processes(folder: Path) -> list[int]:
    """Processes that work on a visit."""
    out = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"cmh_graph.web.align.matching" in words and str(folder.resolve()).encode() in words:
            out.append(int(path.parent.name))
    return out


def gone(found: list[int]) -> bool:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{one}").exists() for one in found):
            return True
        time.sleep(0.02)
    return False


def test_a_list_waits_its_turn_ends_with_its_visit_and_outlives_a_restart(
    framework_snapshots: Path, tmp_path: Path
) -> None:
    many = b"Job title\n" + b"".join(
        b"Support worker %d in team %d\n" % (n, n * 7919 % 9973) for n in range(6000)
    )
    with service(framework_snapshots, tmp_path, visit_runs=1) as address:
        first, second, third = Visitor(address), Visitor(address), Visitor(address)
        assert first.give("many.csv", many).status_code == 303
        # Sent twice, as by a second click: one list, one run.
        assert first.give("many.csv", many).status_code == 303
        second.give(SAMPLE, SAMPLE_LIST)
        told = second.http.get("/align/progress.json").json()
        assert (told["step"], told["ahead"], told["said"]) == ("waiting", 1, "1 list is before yours.")
        page = second.get("/align/progress").text
        assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
        assert "1 list is before yours." in page
        folder = folder_of(first, tmp_path)
        deadline = time.monotonic() + 60
        while len(found := processes(folder)) != 1:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert len(list(folder.glob("list*/*.csv"))) == 1
        first.get("/align/progress")
        answer = first.post("/align/remove")
        assert answer.headers["location"] == "/align?removed"
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert not folder.exists()
        assert gone(found)
        assert "are gone" in first.get("/align?removed").text
        assert second.matched()["next"] == "/align/review"
        second.post("/align/decide", {"group": group_of(second, "Ward Clerk"), "do": "none"})
        third.give("many.csv", many)
    assert processes(folder_of(third, tmp_path)) == []
    with service(framework_snapshots, tmp_path) as address:
        second.http.base_url = third.http.base_url = address  # type: ignore[assignment]
        assert "Ward Clerk" in second.get("/align/review?show=none").text
        second.post("/align/undo")
        assert group_of(second, "Ward Clerk")
        assert "was restarted" in third.get("/align/progress").text
        third.give("few.csv", b"Job title\nPorter\n")
        assert third.matched()["step"] == "done"
        # As a restart leaves it.
        (folder_of(third, tmp_path) / "outcome.json").unlink()
        third.get("/align/progress")
        assert third.post("/align/again").headers["location"] == "/align/progress"
        assert third.matched()["step"] == "done"


# --- the parts ---


def test_a_confined_process_makes_no_socket_and_keeps_its_limits() -> None:
    script = """
import os, socket, subprocess, sys
from cmh_graph.visits.confine import confine
confine(os.getppid(), memory=600 << 20, seconds=5, file_bytes=1000)
for make in (socket.socket, socket.socketpair):
    try:
        make(); print("MADE")
    except PermissionError:
        print("refused")
child = "import socket\\ntry: socket.socket(socket.AF_UNIX); print('MADE')\\nexcept PermissionError: print('refused')"
print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout.strip())
try:
    bytearray(700 << 20); print("MADE")
except MemoryError:
    print("refused")
try:
    with open(sys.argv[1], "wb") as out: out.write(b"x" * 5000)
    print("MADE")
except OSError:
    print("refused")
"""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", script, f"{folder}/out"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.stdout.split() == ["refused"] * 5, done.stderr


def test_runs_begin_in_order_few_at_once_and_end_in_time() -> None:
    told: list[tuple[str, bool]] = []

    def run(key: str, seconds: float, script: str = "import time; time.sleep(60)") -> Run:
        return Run(
            key, [sys.executable, "-c", script], b"", seconds, lambda _, late: told.append((key, late)), {}
        )

    async def all_of_them() -> None:
        runs = Runs(at_once=1, waiting=3)
        runs.start(run("late", 0.3))
        await asyncio.sleep(0)
        runs.start(run("quick", 60, "pass"))
        runs.start(run("stopped", 60))
        runs.start(run("last", 60, "pass"))
        assert [runs.ahead(one) for one in ("late", "quick", "stopped", "last", "none")] == [0, 1, 2, 3, None]
        with pytest.raises(TooMany):
            runs.start(run("one more", 60))
        while runs.ahead("stopped") != 0:
            await asyncio.sleep(0.01)
        runs.stop("stopped")
        while runs.ahead("last") is not None:
            await asyncio.sleep(0.01)
        runs.start(run("closed", 60))
        await runs.close()

    asyncio.run(all_of_them())
    assert told == [("late", True), ("quick", False), ("last", False)]


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


def visits(folder: Path, clock: Clock, **more: Any) -> Visits:
    return Visits(
        folder / "visits", **{"minutes": 60, "most": 3, "most_bytes": 10**6, "clock": clock, **more}
    )


def test_a_visit_goes_after_its_time_and_not_before(tmp_path: Path) -> None:
    clock, left = Clock(), []
    house = visits(tmp_path, clock, leaving=left.append)
    one = new_id()
    visit = house.begin(one)
    clock.now += 3599
    assert house.find(one) == visit
    clock.now += 3599
    assert house.sweep() == 0
    clock.now += 2
    assert house.find(one) is None
    assert not visit.folder.exists()
    assert left == [visit]
    # However busy, not longer than the longest.
    visit = house.begin(one)
    began = clock.now
    while house.find(one):
        clock.now += 3000
    assert began + LONGEST <= clock.now < began + LONGEST + 3000


def test_a_clock_that_was_moved_back_keeps_nothing_for_ever(tmp_path: Path) -> None:
    clock = Clock()
    house = visits(tmp_path, clock)
    one = new_id()
    house.begin(one)
    clock.now -= 10**8
    assert house.find(one)
    clock.now += 3601
    assert house.find(one) is None


def test_the_house_is_full_at_its_bounds_and_what_is_over_makes_room(tmp_path: Path) -> None:
    clock = Clock()
    house = visits(tmp_path, clock)
    for _ in range(3):
        house.begin(new_id())
    with pytest.raises(TooMany) as told:
        house.begin(new_id())
    assert told.value.seconds > 0
    clock.now += 3601
    big = house.begin(new_id())
    (big.folder / "x").write_bytes(b"x" * 10**6)
    with pytest.raises(TooMany):
        house.begin(new_id())
    house.remove(big)
    house.begin(new_id())
    # What a stop in the middle of a removal left behind.
    (tmp_path / "visits" / ".going-1").mkdir()
    house.sweep()
    assert len(list((tmp_path / "visits").iterdir())) == 1


def test_signing_in_moves_the_visit_to_a_new_number(tmp_path: Path) -> None:
    """A number that somebody planted before is worth nothing after."""
    house = visits(tmp_path, Clock())
    planted = new_id()
    visit = house.begin(planted)
    visit.write("list.json", {"name": "x"})
    renewed, moved = house.sign_in(planted, "northfield")
    assert house.find(planted) is None
    found = house.find(renewed)
    assert found == moved
    assert moved.holder == "northfield"
    assert moved.read("list.json") == {"name": "x"}
    assert not fits(renewed, form_token(planted))
    _, out = house.sign_in(renewed, "")
    assert out.holder == ""


def test_nothing_is_made_where_nobody_has_a_visit(tmp_path: Path) -> None:
    house = visits(tmp_path, Clock())
    assert house.find(new_id()) is None
    assert house.sweep() == 0
    assert list(tmp_path.iterdir()) == []


class Sent:
    """A request as the reader of uploads needs it: its headers, and its body in pieces."""

    def __init__(self, pieces: list[bytes], boundary: str) -> None:
        self.headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
        self._pieces = pieces

    async def stream(self) -> Any:
        for piece in self._pieces:
            yield piece


def form(fields: dict[str, str], name: str, data: bytes) -> bytes:
    out = b""
    for key, value in fields.items():
        out += f'--bound\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    out += f'--bound\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return out + data + b"\r\n--bound--\r\n"


@given(
    data=st.binary(max_size=300),
    cuts=st.lists(st.integers(0, 600), max_size=8),
    value=st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20),
)
def test_a_form_is_read_the_same_however_it_is_cut(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cuts: list[int], value: str
) -> None:
    body = form({"token": value}, "a.csv", data)
    places = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    pieces = [body[a:b] for a, b in itertools.pairwise(places)]
    path = tmp_path_factory.getbasetemp() / "form.bin"
    seen: list[dict[str, str]] = []

    def place(fields: dict[str, str], name: str) -> Path:
        seen.append(dict(fields))
        return path

    found = asyncio.run(receive(Sent(pieces, "bound"), place, most=300))  # type: ignore[arg-type]
    assert seen == [{"token": value}]
    assert path.read_bytes() == data
    assert (found.fields, found.name, found.size) == ({"token": value}, "a.csv", len(data))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (form({}, "a.csv", b"x" * 301), BodyTooLarge),
        (form({"token": "x" * 2001}, "a.csv", b"x"), BadParameter),
        (form({f"f{n}": "x" for n in range(30)}, "a.csv", b"x"), BadParameter),
        (form({}, "a.csv", b"x")[:-20], BadParameter),
        (form({}, "a.csv", b"x").replace(b"--bound--\r\n", b"") + form({}, "b.csv", b"y"), BadParameter),
    ],
    ids=["too large", "long field", "many fields", "cut off", "two files"],
)
def test_a_form_that_is_refused_leaves_no_file(body: bytes, error: type[Exception], tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(error):
        asyncio.run(receive(Sent([body], "bound"), lambda *_: path, most=300))  # type: ignore[arg-type]
    assert not path.exists()


@given(st.text(max_size=200))
def test_stored_names_are_harmless(name: str) -> None:
    stored = stored_name(name)
    assert re.fullmatch(r"[A-Za-z0-9-]+(\.[a-z0-9]+)?", stored)
    assert shown_name(name).isprintable()
    assert not {"/", "\\"} & set(shown_name(name))


def test_undo_keeps_as_much_as_there_is_room_for(tmp_path: Path) -> None:
    journal = Journal(Visit(tmp_path))
    for number in range(250):
        journal.add(Before(str(number), {"s": [["x"]]}))
    journal.add(Before("large", {"s": [["x" * 9_000_000]]}))
    journal.add(Before("last", {}))
    titles = []
    while last := journal.last():
        titles.append(last.title)
        journal.drop_last()
    # The large one left no room for those before it, and the last found none beside it.
    assert titles == ["last"]
    for number in range(250):
        journal.add(Before(str(number), {}))
    assert journal.last() == Before("249", {})
    assert len((tmp_path / "undo.jsonl").read_text("utf-8").splitlines()) == 200


def test_a_visit_without_a_list_has_none(tmp_path: Path) -> None:
    assert list_of(Visit(tmp_path), None).step == "none"
