"""The requests that OpenRefine 3.8 and later sends, step by step, and what it needs to find in the replies.

Its own steps are followed in our words: add the service, guess the type, match in batches, show candidates, search by
hand, fetch properties. OpenRefine itself is a Java program with a browser in front, and is not run here."""

from __future__ import annotations

import json
import tomllib
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from cmh_graph.api.app import create_app
from cmh_graph.framework import open as open_framework
from cmh_graph.settings import Settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ROOT = Path(__file__).resolve().parents[1]
CASES: list[dict[str, Any]] = tomllib.loads(
    (ROOT / "tests" / "cases" / "reconcile" / "openrefine.toml").read_text(encoding="utf-8")
)["case"]
ORIGIN = {"Origin": "http://127.0.0.1:3333"}
LONG = "Provides support to people who use services, and keeps records. " * 80
#: What its search boxes send along with every prefix.
NOISE = {"prefixed": "true", "scoring": "schema", "type_strict": "any", "_": "1732260000000"}


class OpenRefine:
    """What OpenRefine does with a service, as far as the service can tell."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        got = client.get("/reconcile", headers=ORIGIN)
        assert got.headers["access-control-allow-origin"] == "*", "else it would try JSONP"
        self.service = got.json()
        # Without these it falls back to made-up spaces, and projects cannot be shared.
        assert self.service["identifierSpace"] and self.service["schemaSpace"]

    def post(self, name: str, value: Any) -> dict[str, Any]:
        """One field in a form, written as its HTTP client does. A status from 400 loses all that was asked."""
        body = urlencode({name: json.dumps(value)})
        form = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
        answer = self.client.post("/reconcile", content=body, headers=form)
        assert answer.status_code < 400, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def guess_types(self, cells: list[str]) -> list[str]:
        """The types to offer, best first: of three candidates for each of the first ten different cells."""
        sample = list(dict.fromkeys(cell.strip() for cell in cells if cell))[:10]
        answer = self.post("queries", {f"q{n}": {"query": cell, "limit": 3} for n, cell in enumerate(sample)})
        count: dict[str, int] = defaultdict(int)
        score: dict[str, float] = defaultdict(float)
        for result in answer.values():
            for rank, candidate in enumerate(result["result"]):
                for type_ in candidate["type"]:
                    count[type_["id"]] += 1
                    score[type_["id"]] += 1 / (1 + rank)
        guessed = sorted(count, key=lambda each: (-min(10, count[each]), -score[each] / count[each]))
        offered = [each["id"] for each in self.service["defaultTypes"]]
        return guessed + [each for each in offered if each not in guessed]

    def match(self, cells: list[str], type_: str, other: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Cell -> its candidates by score, and the identifier that it is matched to unseen."""
        size = min(max(len(cells) // 10, 10), self.service["batchSize"])
        jobs = []
        for row, cell in enumerate(cells):
            if cell == "":
                continue
            query: dict[str, Any] = {"query": cell, "type": type_, "type_strict": "should"}
            details = [
                {"pid": column["property"], "v": column["values"][row]}
                for column in other
                if column["values"][row] not in ("", None)
            ]
            jobs.append((cell, {**query, "properties": details} if details else query))
        found = {}
        for start in range(0, len(jobs), size):
            part = jobs[start : start + size]
            answer = self.post("queries", {f"q{n}": query for n, (_, query) in enumerate(part)})
            for n, (cell, _) in enumerate(part):
                candidates = sorted(answer[f"q{n}"]["result"], key=lambda one: -float(one["score"]))
                first = candidates[0] if candidates else None
                found[cell] = {
                    "candidates": candidates,
                    "matched": first["id"] if first and first["match"] else None,
                }
        return found

    def search(self, what: str, prefix: str, **more: str) -> list[dict[str, Any]]:
        service = self.service["suggest"][what]
        address = service["service_url"] + service["service_path"]
        answer = self.client.get(address, params={"prefix": prefix, **NOISE, **more}, headers=ORIGIN)
        assert answer.status_code == 200, answer.text
        assert answer.headers["access-control-allow-origin"] == "*"
        found: list[dict[str, Any]] = answer.json()["result"]
        for each in found:
            fly = service["flyout_service_url"] + service["flyout_service_path"]
            shown = self.client.get(fly.replace("${id}", quote(each["id"], safe="!'()*~-._")))
            assert shown.json()["html"]
        return found

    def address(self, part: str, given: str) -> str:
        """The page of a thing as its links and frames write it: a slash stays, all else is encoded."""
        return quote(self.service[part]["url"].replace("{{id}}", given), safe=";/?:@&=+$,#!'()*~-._")

    def fetch(
        self, ids: list[str], properties: list[dict[str, Any]]
    ) -> tuple[list[Any], dict[str, list[list[Any]]]]:
        """Column heads, and for each identifier its rows of cells; a cell is what it would store."""
        answer = self.post("extend", {"ids": ids, "properties": properties})
        heads = [(each["name"], each["id"], each.get("type", {}).get("id")) for each in answer["meta"]]
        tables = {}
        for given in ids:
            columns = [[self.stored(value) for value in answer["rows"][given][pid]] for _, pid, _ in heads]
            height = max(map(len, columns))
            tables[given] = [[c[n] if n < len(c) else None for c in columns] for n in range(height)]
        return heads, tables

    @staticmethod
    def stored(value: dict[str, Any]) -> Any:
        for kind in ("id", "str", "float", "int", "date", "bool"):
            if kind in value:
                return (value["id"], value["name"]) if kind == "id" else value[kind]
        raise AssertionError(f"it would store nothing of {value}")


@pytest.fixture(scope="module")
def refine(framework_snapshots: Path) -> OpenRefine:
    app = create_app(Settings(), open_framework(framework_snapshots, home=ROOT))
    return OpenRefine(TestClient(app, raise_server_exceptions=False))


def filled(value: Any) -> Any:
    return LONG if value == "LONG" else value


@pytest.mark.parametrize("case", CASES, ids=[case["why"][:50] for case in CASES])
def test_a_column_is_matched(refine: OpenRefine, case: dict[str, Any]) -> None:
    cells = [filled(cell) for cell in case["cells"]]
    other = [
        {**column, "values": [filled(value) for value in column["values"]]}
        for column in case.get("other", [])
    ]
    assert refine.guess_types(cells)[0] == case["first_type"], case["why"]
    found = refine.match(cells, case["first_type"], other)
    matched = {cell: one["matched"] for cell, one in found.items() if one["matched"]}
    assert matched.items() >= case["matched"].items(), case["why"]
    assert not {filled(cell) for cell in case.get("left", [])} & matched.keys(), case["why"]
    without = {cell for cell, one in found.items() if not one["candidates"]}
    assert without == {filled(cell) for cell in case.get("without", [])}
    for one in found.values():
        for candidate in one["candidates"]:
            assert candidate["name"] and [each["id"] for each in candidate["type"]]
            for part in ("view", "preview"):
                page = refine.client.get(refine.address(part, candidate["id"]))
                assert page.status_code == 200
                # Previews stand in a frame of another origin, without scripts.
                assert "x-frame-options" not in page.headers
                assert "frame-ancestors" not in page.headers["content-security-policy"]


def test_many_rows_go_in_larger_batches(refine: OpenRefine) -> None:
    cells = [f"Support worker, house {n}" for n in range(150)]
    found = refine.match(cells, "Role", [])
    assert len(found) == 150
    assert all(one["candidates"] for one in found.values())


def test_things_are_searched_by_hand(refine: OpenRefine) -> None:
    assert "role/peer-support-worker" in [each["id"] for each in refine.search("entity", "peer supp")]
    # What it parses out of "name:value" leaves an empty prefix behind.
    assert refine.search("entity", "", filter="(all role:hcsw)") == []
    assert [each["id"] for each in refine.search("type", "jo")] == ["Title"]
    assert "band" in [each["id"] for each in refine.search("property", "pay")]


def test_columns_are_added_from_matches(refine: OpenRefine) -> None:
    proposing = refine.service["extend"]["propose_properties"]
    address = proposing["service_url"] + proposing["service_path"]
    offered = {}
    for type_ in ("Role", ""):
        answer = refine.client.get(f"{address}?type={type_}", headers=ORIGIN)
        assert answer.status_code == 200
        offered[type_] = [each["id"] for each in answer.json()["properties"]]
        assert all(each["name"] for each in answer.json()["properties"])
    assert set(offered["Role"]) < set(offered[""]), "a column without a type is offered all properties"
    # Its dialog turns each setting into text, and leaves out those of properties that nobody configured.
    settings = {each["name"]: str(each["default"]) for each in refine.service["extend"]["property_settings"]}
    heads, tables = refine.fetch(
        ["role/hcsw", "role/peer-support-worker"],
        [{"id": "band"}, {"id": "skill", "settings": {**settings, "limit": "2"}}, {"id": "regulated"}],
    )
    assert heads == [
        ("Pay bands", "band", None),
        ("Skills asked for", "skill", "Skill"),
        ("Regulated by law", "regulated", None),
    ]
    for table in tables.values():
        assert table[0][0].startswith("Band") and table[0][2] == "false"
        assert all(row[1] is None or row[1][0].startswith("skill/") for row in table)
        assert sum(row[1] is not None for row in table) == 2


def test_nothing_matched_yet_gives_only_heads(refine: OpenRefine) -> None:
    heads, tables = refine.fetch([], [{"id": "band"}])
    assert heads and tables == {}
