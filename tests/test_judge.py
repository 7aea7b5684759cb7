"""What an upload must be to land: own names, shapes and checks, limits; and a process that dies in its place."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import built
from cmh_graph.api.graph_store.forms import GRAPH_FORMS, write_graph
from cmh_graph.build import Graph as BuiltGraph
from cmh_graph.errors import CmhGraphError, NoSnapshot, Refused, TooMany
from cmh_graph.namespaces import BASE, GRAPH_DERIVED, KINDS
from cmh_graph.partner_space import judge_process
from cmh_graph.partner_space.consequences import Consequences
from cmh_graph.partner_space.judges import Judges
from cmh_graph.partner_space.own_names import OwnNames
from cmh_graph.partner_space.upload import read_upload
from cmh_graph.partner_space.verdicts import Judged, Limits
from cmh_graph.reason import derive, read_rules
from cmh_graph.store import canonical_nquads, graph_of, parse_nquads
from partner_service import PREFIXES, catalogue, example

CASES = tomllib.loads((Path(__file__).parent / "cases" / "graph_store" / "uploads.toml").read_text("utf-8"))[
    "case"
]
EASTMERE = OwnNames("eastmere", ("https://data.eastmere.example/id/",))


class Court:
    """Judges on an event loop of their own, for tests that are not asynchronous."""

    def __init__(self, **limits: Any) -> None:
        self.loop = asyncio.new_event_loop()
        snapshot = built.opened_framework().path

        async def made() -> Judges:
            return Judges(built.ROOT, snapshot, **limits)

        self.judges = self.loop.run_until_complete(made())

    def judge(self, data: bytes, media_type: str, own: OwnNames = EASTMERE, beside: bytes = b"") -> Judged:
        return self.loop.run_until_complete(self.judges.judge(data, media_type, own, beside=beside))

    def close(self) -> None:
        self.loop.run_until_complete(self.judges.close())
        self.loop.close()


@pytest.fixture(scope="module")
def court() -> Iterator[Court]:
    found = Court(memory_mb=512, seconds=30)
    yield found
    found.close()


# --- names ---


@given(st.sampled_from(KINDS), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,40}", fullmatch=True))
def test_names_that_a_key_gives_are_its_own_and_nobody_elses(kind: str, rest: str) -> None:
    iri = f"{BASE}{kind}/eastmere-{rest}"
    assert OwnNames("eastmere").holds(iri)
    assert OwnNames("eastmere").holds(f"{BASE}{kind}/eastmere")
    for other in ("east", "eastmer", "eastmere1", "mere", "northfield"):
        assert not OwnNames(other).holds(iri)


@given(st.text(max_size=60))
def test_no_text_is_a_name_of_two(text: str) -> None:
    iris = [BASE + text, BASE + "post/" + text, BASE + "graph/source/" + text, text]
    for iri in iris:
        assert sum(OwnNames(key).holds(iri) for key in ("east", "eastmere", "northfield", "a")) <= 1


def test_no_name_of_the_framework_is_a_partners() -> None:
    store = built.framework_store()
    things = {quad.subject.value for quad in store.quads() if hasattr(quad.subject, "value")}
    own = [OwnNames(key) for key in ("eastmere", "northfield", "westbury")]
    assert not [iri for iri in things if any(names.holds(iri) for names in own)]


# --- uploads ---


def written(case: dict[str, Any]) -> bytes:
    """The bytes that a case sends."""
    if "bytes" in case:
        return bytes.fromhex(case["bytes"])
    if "lines" in case:
        line = '<https://data.eastmere.example/id/a> <http://purl.org/dc/terms/title> "{}" .\n'
        return "".join(line.format(number) for number in range(case["lines"])).encode()
    many, count = case.get("many", ("", 0))
    text = case["text"].replace("{many}", many * count).replace("{end}", case.get("end", "") * count)
    return text.replace("{prefixes}", PREFIXES).replace("{catalogue}", catalogue("eastmere")).encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_upload(case: dict[str, Any], court: Court) -> None:
    assert case["why"]
    try:
        judged = court.judge(written(case), case["media_type"])
    except Refused as error:
        told = [(fault["what"], fault.get("where", "")) for fault in error.findings]
        for what, where in case["faults"]:
            wanted = (what, *case.get("or", ()))
            assert any(any(one in said for one in wanted) and where in at for said, at in told), told
        assert len(told) == len(case["faults"]), told
        assert all(set(fault) <= {"what", "where", "mend"} for fault in error.findings)
    except CmhGraphError as error:
        assert error.slug == case.get("error"), error
    else:
        assert case["faults"] == [] and "error" not in case
        assert all(line.endswith(f"<{EASTMERE.graph}> .") for line in judged.nquads.decode().splitlines())
        remarks = [remark["what"] for remark in judged.remarks]
        assert not case.get("remark") or any(case["remark"] in remark for remark in remarks), remarks


@pytest.mark.parametrize("key", ["eastmere", "northfield"])
def test_what_build_writes_lands_unchanged(key: str, court: Court) -> None:
    data = example(key)
    judged = court.judge(data, "application/n-quads", OwnNames(key))
    assert judged.nquads == data
    assert judged.statements == data.count(b"\n")
    assert not judged.remarks


def test_every_format_is_read_as_the_same_graph() -> None:
    wanted = canonical_nquads(read_upload(catalogue("eastmere").encode(), "text/turtle", EASTMERE, Limits()))
    assert wanted.count(b"\n") == 22
    for form in GRAPH_FORMS[1:]:
        quads = read_upload(write_graph(wanted, form), form.media_type, EASTMERE, Limits())
        assert canonical_nquads(quads) == wanted, form


def test_a_merge_is_judged_as_a_whole(court: Court) -> None:
    there = court.judge(catalogue("eastmere").encode(), "text/turtle").nquads
    band = f"{PREFIXES} post:eastmere-1 cmh:band <https://w3id.org/cmh-graph/vocab/band/3> ."
    merged = court.judge(band.encode(), "text/turtle", beside=there)
    assert set(there.splitlines()) < set(merged.nquads.splitlines())
    assert merged.statements == there.count(b"\n") + 1
    second = f"{PREFIXES} post:eastmere-1 org:postIn <https://w3id.org/cmh-graph/organisation/imperial> ."
    with pytest.raises(Refused) as told:
        court.judge(second.encode(), "text/turtle", beside=there)
    assert any("one employer" in fault["what"] for fault in told.value.findings)


def test_rules_add_what_build_adds(framework_build: BuiltGraph) -> None:
    """The part of the framework that the rules are shown is enough: over all of it they find the same."""
    framework = parse_nquads(framework_build.nquads)
    rules = read_rules(built.ROOT / "queries" / "rules")
    near = Consequences(framework, rules)
    given_by = {key: parse_nquads(example(key)) for key in ("eastmere", "northfield")}
    own_role = f"""{PREFIXES}
        role:westbury-1 a cmh:Role ; cmh:hasRequirement <{BASE}requirement/westbury-1> .
        <{BASE}requirement/westbury-1> a cmh:SkillRequirement ; cmh:asksFor <{BASE}skill/active-listening> ;
            cmh:necessity <{BASE}vocab/necessity/essential> .
        <{BASE}pathway/westbury-1> cmh:hasStage <{BASE}pathway-stage/westbury-1> .
        <{BASE}pathway-stage/westbury-1> cmh:usesStep <{BASE}step/westbury-1> ."""
    given_by["westbury"] = _read(own_role, "westbury")
    stated = [quad for quad in framework if graph_of(quad) != GRAPH_DERIVED]
    known = {quad for quad in framework if graph_of(quad) == GRAPH_DERIVED}
    wanted = set(derive([*stated, *(one for quads in given_by.values() for one in quads)], rules)) - known
    found = [near.of_statements(quads, OwnNames(key)) for key, quads in given_by.items()]
    others = {quad for quad in wanted if not any(OwnNames(key).holds(quad.subject.value) for key in given_by)}
    assert {one for quads in found for one in quads} == wanted - others
    # Only what the made-up role says of things that are not its own is left out.
    assert all(quad.subject.value.startswith(BASE) for quad in others)


def _read(turtle: str, key: str) -> list[Any]:
    from cmh_graph.store import NamedNode, Quad, RdfFormat, parse_rdf

    graph = NamedNode(OwnNames(key).graph)
    return [
        Quad(q.subject, q.predicate, q.object, graph) for q in parse_rdf(turtle.encode(), RdfFormat.TURTLE)
    ]


# --- the process ---


def test_an_upload_that_takes_too_long_is_stopped() -> None:
    court = Court(seconds=1)
    try:
        court.loop.run_until_complete(court.judges.start())
        lines = (
            f'<https://data.eastmere.example/id/{n}> <http://purl.org/dc/terms/title> "{n}" .\n'
            for n in range(99_999)
        )
        with pytest.raises(Refused, match="took more than 1 seconds"):
            court.judge("".join(lines).encode(), "application/n-triples")
    finally:
        court.close()


def test_a_judge_that_dies_is_replaced(court: Court) -> None:
    court.judge(b"", "text/turtle")
    process = court.judges._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    # Whether it has been missed before it is asked is a matter of moments.
    with contextlib.suppress(NoSnapshot):
        court.judge(b"", "text/turtle")
    assert court.judge(b"", "text/turtle").statements == 0


def test_more_uploads_than_may_wait_are_told_to_come_back(court: Court) -> None:
    async def rush() -> list[Any]:
        asked = (court.judges.judge(b"", "text/turtle", EASTMERE) for _ in range(12))
        return await asyncio.gather(*asked, return_exceptions=True)

    found = court.loop.run_until_complete(rush())
    assert sum(isinstance(one, Judged) for one in found) == 10
    assert sum(isinstance(one, TooMany) for one in found) == 2
    assert court.judge(b"", "text/turtle").statements == 0


def test_who_judges_can_open_nothing() -> None:
    pid = os.fork()
    if pid == 0:
        opened = 1
        try:
            judge_process._confine(2**28, 10)
            opened = 0
            for attempt in (
                lambda: socket.socket(),
                lambda: socket.create_connection(("127.0.0.1", 9)),
                lambda: os.open("/etc/hosts", os.O_RDONLY),
                lambda: os.memfd_create("x"),
                os.pipe,
            ):
                with contextlib.suppress(OSError):
                    attempt()
                    opened += 1
        finally:
            os._exit(opened)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
