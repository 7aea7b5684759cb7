"""Assistants: every tool called by the official client over the standard streams of a process of its own, with good,
wrong and hostile arguments; every answer within its length, of its schema, with its sources; and nothing goes out."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import jsonschema
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp import Client, MCPError, StdioServerParameters, stdio_client

from built import opened_framework
from cmh_graph import cli
from cmh_graph.api.app import create_app
from cmh_graph.assistants.envelope import MOST_CHARACTERS, enclose, fit, output_schema
from cmh_graph.assistants.reading import PROMPTS, ROLE, write_prompt
from cmh_graph.assistants.server import MOST_AT_ONCE, Assistants, tools_over
from cmh_graph.assistants.tool import Arguments, Found, Tool
from cmh_graph.errors import MissingProgram, TooMany
from cmh_graph.settings import Settings

CASES = tomllib.loads((Path(__file__).parent / "cases" / "assistants" / "calls.toml").read_text("utf-8"))[
    "case"
]
#: What is too long to write into a file of cases.
LARGE: Mapping[str, Any] = {
    "LONG": "x" * 100_000,
    "MANY": [f"skill-{n}" for n in range(5000)],
    "DEEP": "SELECT * " + "{" * 5000 + "}" * 5000,
}
#: Runs before anything else in the process and its workers: notes whoever tries to reach another machine or port.
EAR = """
import os, sys
def hear(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        with open(os.environ["EAR"], "a") as heard:
            heard.write(f"{event} {args!r}\\n")
sys.addaudithook(hear)
"""


@dataclass(frozen=True)
class Session:
    """An open conversation, from a thread that is not its own."""

    portal: BlockingPortal
    client: Client
    heard: Path

    def ask(self, method: str, *given: Any) -> Any:
        return self.portal.call(getattr(self.client, method), *given)


@pytest.fixture(scope="module")
def ears(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which connections are noted."""
    folder = tmp_path_factory.mktemp("ear")
    (folder / "sitecustomize.py").write_text(EAR, "utf-8")
    return {"PYTHONPATH": str(folder), "EAR": str(folder / "heard.txt")}


@pytest.fixture(scope="module")
def session(framework_snapshots: Path, ears: dict[str, str]) -> Iterator[Session]:
    limits = {
        "CMH_GRAPH_SNAPSHOTS": str(framework_snapshots),
        "CMH_GRAPH_QUERY_SECONDS": "2",
        "CMH_GRAPH_QUERY_SLOW_WORKERS": "1",
        "CMH_GRAPH_QUERY_MEMORY_MB": "512",
    }
    program = StdioServerParameters(
        command=sys.executable, args=["-m", "cmh_graph.cli", "mcp"], env={**limits, **ears}
    )
    with start_blocking_portal() as portal:
        opened: AbstractContextManager[Client] = portal.wrap_async_context_manager(
            Client(stdio_client(program))
        )
        with opened as client:
            yield Session(portal, client, Path(ears["EAR"]))


@pytest.fixture(scope="module")
def schemas(session: Session) -> dict[str, Any]:
    return {one.name: one.output_schema for one in session.ask("list_tools").tools}


def _large(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _large(one) for name, one in value.items()}
    return LARGE.get(value, value) if isinstance(value, str) else value


def _at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        answer = answer[int(part)] if isinstance(answer, list) else answer.get(part, [])
    return answer


def _cited(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("status") in ("seed", "public", "inferred", "confirmed"):
            yield from value.get("sources", ())
        for one in value.values():
            yield from _cited(one)
    elif isinstance(value, list):
        for one in value:
            yield from _cited(one)


# --- what there is ---


def test_every_tool_is_read_only_and_says_what_it_takes_and_gives(session: Session) -> None:
    tools = session.ask("list_tools").tools
    assert [one.name for one in tools] == list(tools_over(opened_framework(), None))
    for one in tools:
        hints = one.annotations
        assert (hints.read_only_hint, hints.destructive_hint, hints.open_world_hint) == (True, False, False)
        assert one.title and len(one.description) > 60
        for schema in (one.input_schema, one.output_schema):
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object" and schema["additionalProperties"] is False
        for name, about in one.input_schema["properties"].items():
            assert about.get("description"), f"{one.name}.{name}"


def test_the_parameters_of_every_question_are_typed(session: Session) -> None:
    tools = {one.name: one for one in session.ask("list_tools").tools}
    taken = tools["ask_question"].input_schema["properties"]["parameters"]["properties"]
    asked = {each.name for one in opened_framework().questions.values() for each in one.parameters}
    assert set(taken) == asked
    assert "role" in taken["role"]["description"]


def test_no_tool_lacks_a_case() -> None:
    assert {case["tool"] for case in CASES} == set(tools_over(opened_framework(), None))
    assert all(case["why"] for case in CASES)


# --- calls ---


@pytest.mark.parametrize("case", CASES, ids=[f"{one['tool']}: {one['why'][:50]}" for one in CASES])
def test_a_call(session: Session, schemas: dict[str, Any], case: dict[str, Any]) -> None:
    found = session.ask("call_tool", case["tool"], _large(case["arguments"]))
    written = found.content[0].text
    assert len(written) <= MOST_CHARACTERS + 1000
    if "problem" in case:
        assert found.is_error is True
        body = json.loads(written)
        assert body["type"].rpartition("/")[2] in case["problem"].split("|")
        assert len(written) < 1500, "a hostile argument is not sent back"
        assert any(part in written for part in case.get("says", "").split("|"))
        return
    assert not found.is_error, written
    whole = found.structured_content
    assert json.loads(written) == whole
    jsonschema.validate(whole, schemas[case["tool"]])
    for path, value in case.get("holds", {}).items():
        assert _at(whole["answer"], path) == value
    for path, least in case.get("least", {}).items():
        assert len(_at(whole["answer"], path)) >= least
    assert case.get("left_out", "") in " ".join(whole["left_out"])
    listed = {one["key"] for one in whole["sources"]}
    unlisted = set(_cited([whole["answer"], whole.get("named", [])])) - listed - {"inference"}
    assert not unlisted or any(one.startswith("sources:") for one in whole["left_out"])
    inferred = whole["statuses"].get("inferred", 0)
    assert not inferred or f"{inferred} of the" in whole["note"]


def test_every_question_gives_the_rows_it_gives_elsewhere(session: Session, schemas: dict[str, Any]) -> None:
    framework = opened_framework()
    for question in framework.questions.values():
        values = question.examples()
        known = framework.ask(question.name, **values)
        whole = session.ask(
            "call_tool", "ask_question", {"name": question.name, "parameters": values, "limit": 200}
        ).structured_content
        jsonschema.validate(whole, schemas["ask_question"])
        assert whole["answer"]["row_count"] == len(known), question.name
        assert whole["answer"]["columns"] == list(known.columns)
        shown = len(whole["answer"]["rows"])
        assert shown == len(known) or any(one.startswith(f"rows: {shown} of") for one in whole["left_out"])
        assert not known or "status" not in known.columns or whole["statuses"], question.name


def test_a_long_answer_comes_whole_in_parts(session: Session) -> None:
    # A short one: a long query may run into its limit where the machine has much else to do.
    query = "SELECT ?s ?p ?o { ?s a cmh:Requirement ; ?p ?o FILTER(isIRI(?o)) } ORDER BY ?s ?p ?o LIMIT 300"
    rows: list[Any] = []
    for _ in range(50):
        told = session.ask("call_tool", "sparql", {"query": query, "limit": 200, "offset": len(rows)})
        whole = told.structured_content
        assert whole is not None, told.content
        rows += whole["answer"]["rows"]
        if not any("offset=" in one for one in whole["left_out"]):
            break
        assert any(f"offset={len(rows)}" in one for one in whole["left_out"])
    assert len(rows) == 300 and len({json.dumps(row) for row in rows}) == 300


def test_a_call_that_is_cancelled_gives_its_place_free(session: Session) -> None:
    """There is one place for long queries: were the first still running, the second would be refused at once."""
    runaway = {"query": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"}

    async def leave_early() -> bool:
        with anyio.move_on_after(1.2) as waiting:
            await session.client.call_tool("sparql", runaway)
        return waiting.cancelled_caught

    assert session.portal.call(leave_early)
    second = session.ask("call_tool", "sparql", runaway)
    assert json.loads(second.content[0].text)["type"].endswith("query-too-long")


@pytest.mark.parametrize(
    ("address", "tool", "arguments"),
    [
        ("/v1/roles/hcsv", "show_thing", {"kind": "role", "key": "hcsv"}),
        ("/v1/gap?to=hcsw", "show_gap", {"to": "hcsw"}),
        ("/v1/gap?to=nobody&from=hcsw", "show_gap", {"to": "nobody", "from": "hcsw"}),
        ("/v1/progressions?from=hcsw", "list_progressions", {"from": "hcsw"}),
        ("/v1/questions/cq-99", "ask_question", {"name": "cq-99"}),
        ("/v1/questions/cq-16", "ask_question", {"name": "cq-16"}),
        (
            "/v1/questions/cq-16?role=nobody",
            "ask_question",
            {"name": "cq-16", "parameters": {"role": "nobody"}},
        ),
    ],
)
def test_errors_have_the_words_of_the_api(
    session: Session, api: TestClient, address: str, tool: str, arguments: dict[str, Any]
) -> None:
    told = api.get(address, headers={"Accept": "application/json"}).json()
    # What names one request is no word of the error.
    told.pop("request_id", None)
    assert json.loads(session.ask("call_tool", tool, arguments).content[0].text) == told


@pytest.fixture(scope="module")
def api() -> TestClient:
    return TestClient(create_app(Settings(), opened_framework()))


def test_what_is_no_tool_text_or_prompt_is_refused(session: Session) -> None:
    for method, given_ in (
        ("call_tool", ("delete_everything", {})),
        ("read_resource", ("file:///etc/passwd",)),
        ("read_resource", ("cmh-graph://role/../../x",)),
        ("read_resource", ("https://w3id.org/cmh-graph/role/hcsw",)),
        ("get_prompt", ("no_such_prompt", {})),
        ("get_prompt", ("explain_role", {"role": "x" * 5000})),
        ("get_prompt", ("explain_role", {})),
    ):
        with pytest.raises(MCPError) as refused:
            session.ask(method, *given_)
        assert len(str(refused.value)) < 700


# --- texts and prompts ---


def test_every_role_can_be_read_and_the_ontology_too(session: Session) -> None:
    listed = {one.uri: one for one in session.ask("list_resources").resources}
    roles = [role for role in opened_framework().roles.values() if role.form != "grouping"]
    assert {uri for uri in listed if uri.startswith(ROLE)} == {ROLE + role.key for role in roles}
    text = session.ask("read_resource", ROLE + "peer-support-worker").contents[0]
    assert text.mime_type == "text/markdown"
    assert (
        text.text.startswith("# Peer support worker")
        and "(inferred)" in text.text
        and "## Sources" in text.text
    )
    ontology = session.ask("read_resource", "cmh-graph://ontology").contents[0].text
    assert "owl:Ontology" in ontology and "requiresSkill" not in ontology[:20]
    assert "inferred" in session.ask("read_resource", "cmh-graph://statuses").contents[0].text
    assert session.ask("list_resource_templates").resource_templates[0].uri_template == ROLE + "{key}"


def test_a_prompt_holds_what_was_given_once_and_as_it_is(session: Session) -> None:
    assert {one.name for one in session.ask("list_prompts").prompts} == set(PROMPTS)
    found = session.ask("get_prompt", "next_step", {"place": "HCA {goal} {0}", "goal": "nurse"})
    text = found.messages[0].content.text
    assert text == write_prompt("next_step", {"place": "HCA {goal} {0}", "goal": "nurse"})
    assert "HCA {goal} {0}" in text and text.count("nurse") == 1


# --- nothing goes out ---


def test_the_process_and_its_workers_reach_out_to_nobody(session: Session, ears: dict[str, str]) -> None:
    query = {"query": "SELECT * { SERVICE SILENT <http://127.0.0.1:9/> { ?a ?b ?c } }"}
    session.ask("call_tool", "sparql", query)
    assert not session.heard.exists() or session.heard.read_text() == ""
    # The ear is awake: it hears who does reach out.
    awake = "import socket\ntry: socket.create_connection(('127.0.0.1', 9), 1)\nexcept OSError: pass"
    subprocess.run([sys.executable, "-c", awake], env={**os.environ, **ears}, check=True, timeout=60)
    assert "socket.connect" in session.heard.read_text()
    session.heard.unlink()


# --- lengths ---

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=200,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("abc"), _JSON), st.integers(2_000, 6_000))
def test_an_answer_is_cut_to_its_length_and_says_so(answer: dict[str, Any], most: int) -> None:
    before, left_out = copy.deepcopy(answer), []
    try:
        found = fit(answer, most, left_out, "ask for less")
    except Exception as error:
        assert len(json.dumps(answer)) > most, error
        return
    assert answer == before
    assert len(json.dumps(found, ensure_ascii=False)) <= most
    assert bool(left_out) == (found != answer)


def test_every_thing_of_every_kind_fits(framework_snapshots: Path) -> None:
    """Of each kind the thing with most said of it, which stands for the rest; and every role and skill."""
    framework = opened_framework()
    tool = tools_over(framework, None)["show_thing"]
    schema = jsonschema.Draft202012Validator(output_schema(tool.gives))
    for kind in ("role", "skill", "vocab", "source", "band", "step", "pathway", "organisation", "resource"):
        things = list(framework.things(kind))
        for key in things if kind == "role" else things[:5]:
            found: Any = tool.run(tool.read({"kind": kind, "key": key}))
            whole = enclose(framework, "x", found)
            assert len(json.dumps(whole, ensure_ascii=False)) <= MOST_CHARACTERS
            schema.validate(whole)
            if kind == "role":
                assert whole["left_out"] == [], f"{key} does not come whole"


# --- faults ---


class _Nothing(Arguments):
    pass


def _tool(run: Any) -> Tool:
    return Tool("probe", "Probe", "a tool of this test", _Nothing, {"type": "object"}, run)


def test_more_calls_than_may_wait_are_told_to_come_back() -> None:
    made = Assistants(opened_framework(), Settings())

    async def crowd() -> list[str]:
        made._threads = anyio.CapacityLimiter(1)
        over = anyio.Event()
        told = []

        async def wait(_: Any) -> Found:
            await over.wait()
            return Found({})

        async def one() -> None:
            try:
                await made.call(_tool(wait), {})
            except TooMany as error:
                told.append(error.what)

        async with anyio.create_task_group() as crowd_:
            for _ in range(MOST_AT_ONCE + 4):
                crowd_.start_soon(one)
            await anyio.sleep(0.05)
            over.set()
        # Places are free again.
        await made.call(_tool(lambda _: Found({})), {})
        return told

    assert anyio.run(crowd) == [f"{MOST_AT_ONCE} calls wait already"] * 4


def test_a_fault_of_ours_tells_nothing_of_itself() -> None:
    made = Assistants(opened_framework(), Settings())

    def fail(_: Any) -> Found:
        raise RuntimeError("a secret that must not get out")

    made.tools["probe"] = _tool(fail)

    async def ask() -> Any:
        made._threads = anyio.CapacityLimiter(1)
        asked = type("Asked", (), {"name": "probe", "arguments": {}})
        return await made._call_tool(None, asked)  # type: ignore[arg-type]

    found = anyio.run(ask)
    assert found.is_error and "secret" not in found.content[0].text


def test_without_the_package_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "cmh_graph.assistants.server", raising=False)
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(MissingProgram) as told:
        cli.mcp.mcp()
    assert "pip install 'cmh-graph[assistants]'" in told.value.mend


def test_an_interrupt_ends_the_program_and_its_workers(framework_snapshots: Path) -> None:
    """Though the other side keeps its end open, as a terminal does."""
    environment = {**os.environ, "CMH_GRAPH_SNAPSHOTS": str(framework_snapshots)}
    program = subprocess.Popen(
        [sys.executable, "-m", "cmh_graph.cli", "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )
    assert program.stdin is not None and program.stdout is not None
    try:
        hello = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        }
        # What is no message of the protocol does no harm.
        program.stdin.write(json.dumps(hello).encode() + b"\nno json\n" + b"[" * 100_000 + b"\n")
        program.stdin.flush()
        assert json.loads(program.stdout.readline())["result"]["serverInfo"]["name"] == "cmh-graph"
        children = Path(f"/proc/{program.pid}/task/{program.pid}/children")
        workers = children.read_text().split() if children.exists() else []
        program.send_signal(signal.SIGINT)
        assert program.wait(30) == 130
        for _ in range(200):
            if not any(Path(f"/proc/{one}").exists() for one in workers):
                break
            time.sleep(0.05)
        assert not any(Path(f"/proc/{one}").exists() for one in workers)
    finally:
        program.kill()
        program.wait()
