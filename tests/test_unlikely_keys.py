"""Keys that nothing can have are refused in words, whether all things are read or each when it is asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from built import ROOT
from cmh_graph import framework, opening
from cmh_graph.api.app import create_app
from cmh_graph.framework import ATTRIBUTE_OF, Framework
from cmh_graph.model import Key
from cmh_graph.settings import Settings
from cmh_graph.snapshot import current_snapshot, write_store

#: No IRI may hold the first seven; the next two name something else; the last is a key of nothing.
UNLIKELY = (
    "hcsw\0",
    "a b",
    "<hcsw>",
    '"',
    "{hcsw}",
    "%zz",
    "\\",
    "../../etc/passwd",
    "http://127.0.0.1:9/role",
    "né",
)


@pytest.fixture(scope="module")
def as_asked(framework_snapshots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Framework]:
    """The framework as a graph is served that is too large to be read whole."""
    folder = tmp_path_factory.mktemp("asked") / "build"
    shutil.copytree(framework_snapshots, folder)
    write_store(current_snapshot(folder))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(opening, "MOST_STATEMENTS", 1000)
        found = framework.open(folder, home=ROOT)
        assert found.is_large
        yield found


@pytest.fixture(scope="module")
def client(as_asked: Framework) -> Iterator[TestClient]:
    app = create_app(Settings(home=ROOT, query_workers=1), as_asked)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@hypothesis_settings(max_examples=200, deadline=None)
@given(key=st.text(st.characters(exclude_categories=())) | st.sampled_from(UNLIKELY))
def test_no_key_is_a_fault(as_asked: Framework, key: str) -> None:
    for kind in ATTRIBUTE_OF:
        things = as_asked.things(kind)
        assert (key in things) == (things.get(Key(key)) is not None)
        # No slug of ours has such characters, so it is there only if all letters are those of slugs.
        assert key not in things or key.replace("-", "").replace(".", "").isalnum()
    assert as_asked.labels.get(key) is None and not as_asked.describe_node(key)


@pytest.mark.parametrize("key", UNLIKELY)
def test_every_address_refuses_it_in_words(client: TestClient, key: str) -> None:
    """Each parameter of each address in turn, in its path and behind it."""
    asked = 0
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        given = operations.get("get", {}).get("parameters", ())
        example = {
            one["name"]: one.get("example", one["schema"].get("example", "x"))
            for one in given
            if one["in"] == "path" or one.get("required")
        }
        for one in given:
            if one["in"] not in ("path", "query") or one["schema"].get("type") == "integer":
                continue
            values = {**example, one["name"]: key}
            in_path = {each["name"] for each in given if each["in"] == "path"}
            address = path.format(**{name: quote(str(values[name]), safe="") for name in in_path})
            answer = client.get(address, params={n: v for n, v in values.items() if n not in in_path})
            assert answer.status_code < 500 or answer.status_code in (501, 503), (
                path,
                one["name"],
                answer.text,
            )
            asked += 1
    assert asked > 80


def test_properties_of_what_is_not_there(client: TestClient) -> None:
    asked = {"ids": list(UNLIKELY) + [f"role/{key}" for key in UNLIKELY], "properties": [{"id": "band"}]}
    answer = client.post("/reconcile/extend", json=asked)
    assert answer.status_code == 200 and not any(
        row["properties"][0]["values"] for row in answer.json()["rows"]
    )


@pytest.mark.parametrize("kind", ["role", "skill", "requirement", "step"])
@pytest.mark.parametrize("key", UNLIKELY)
def test_no_page_is_there(client: TestClient, kind: str, key: str) -> None:
    answer = client.get(f"/{kind}/{quote(key, safe='')}", headers={"Accept": "text/html"})
    assert answer.status_code == 404 and "text/html" in answer.headers["content-type"]
