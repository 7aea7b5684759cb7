"""Releases, and what changed between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from cmh_graph.api.collections import ThingCollection, add_thing
from cmh_graph.api.described import Router
from cmh_graph.api.editions import intact
from cmh_graph.api.filters import STATUS, Filter, word
from cmh_graph.api.lists import Page, describe_parameters, listing, page_of
from cmh_graph.api.openapi import problems
from cmh_graph.api.parameters import LONGEST, one_value, parameter
from cmh_graph.api.representations import Form, refuse_unknown, respond
from cmh_graph.errors import BadParameter
from cmh_graph.framework import Framework
from cmh_graph.model import Key, Release, Remark, Says
from cmh_graph.namespaces import KINDS
from cmh_graph.versions import Change, Releases, count_classes
from cmh_graph.versions.places import CURRENT
from cmh_graph.versions.releases import DATASET
from cmh_graph.versions.releases import Release as Released
from cmh_graph.versions.semver import CLASSES
from cmh_graph.versions.unreleased import unreleased_changes

TAG: Final = "versions"
_ZSTANDARD: Final = Form("zst", "application/zstd")
#: Changes of so many releases are remembered.
_REMEMBERED: Final = 16
_EVENTS: Final = ("added", "removed", "retired", "reinstated", "mapped otherwise", "changed")
_PARTS: Final = ("graph", "shapes", "questions")
#: Kinds of thing beside those of the catalogue.
_KINDS: Final = ("term", "shape", "question", "mapping", "mapping set", "ontology", "scheme", "thing")


class ReleaseRow(BaseModel):
    """A release: what it is, what it changed, and where it can be had."""

    key: str = Field(examples=["1.0.0"])
    iri: str
    label: str = Field(examples=["Version 1.0.0"])
    definition: str | None
    notes: tuple[str, ...]
    says: Says | None
    remarks: tuple[Remark, ...]
    version: str = Field(examples=["1.0.0"], description="give it as version= to any read")
    issued: str = Field(examples=["2026-11-21"])
    previous: str | None = Field(description="the release before; null for the first")
    changes: tuple[str, ...] = Field(description="what changed, in words")
    counts: dict[str, int] = Field(description="class -> number of changes since the release before")
    sha256: str = Field(description="of the dataset as canonical N-Quads: what identifies the version")
    snapshot: str = Field(description="as the header CMH-Snapshot says it")
    statements: int
    graphs: dict[str, int] = Field(description="named graph -> number of statements in it")
    links: dict[str, str] = Field(description="addresses of its changes, its roles, and its dataset")


class ChangeRow(BaseModel):
    """One change between two versions."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    release: str | None = Field(
        examples=["1.1.0"], description="the release that brought it; null: unreleased"
    )
    issued: str | None = Field(examples=["2027-03-01"])
    class_: str = Field(alias="class", examples=["breaking"])
    part: str = Field(examples=["graph"])
    event: str = Field(examples=["changed"])
    thing: str = Field(description="its IRI; a blank node is written out")
    kind: str = Field(examples=["role"])
    name: str = Field(examples=["Peer support worker"])
    property: str = Field(description="prefixed name; empty where the whole thing is concerned")
    before: list[str]
    after: list[str]
    rule: str = Field(description="what decided the class")
    why: str


class ChangePage(Page[ChangeRow]):
    """Changes between two versions, those of the earliest release first, the gravest of each first."""

    since: str = Field(examples=["1.0.0"])
    until: str = Field(examples=["1.1.0"])
    counts: dict[str, int] = Field(description="class -> number of changes in all, before filtering")


RELEASES: Final = ThingCollection(
    path="releases",
    kind="release",
    model=Release,
    tag=TAG,
    about="Versions of the catalogue and what each changed.",
    filters=(STATUS,),
)
_FILTERS: Final = (
    word("class", CLASSES, "whether it breaks who relies on what was there", lambda row: row.class_),
    word("part", _PARTS, "what it concerns", lambda row: row.part),
    word("event", _EVENTS, "what happened", lambda row: row.event),
)


def router(framework: Framework, releases: Releases) -> APIRouter:
    """The addresses of releases and changes. releases: of the home that the framework is from."""
    routes = Router()
    history = _History(framework, releases)

    def list_releases(request: Request) -> Response:
        with intact():
            return listing(request, history.rows(), RELEASES.filters, ReleaseRow, text_kind=RELEASES.kind)

    def dataset(request: Request) -> Response:
        refuse_unknown(request, [])
        with intact():
            release = releases.release(request.path_params["key"])
            headers = {
                "ETag": f'"{release.sha256[:24]}"',
                "Cache-Control": "public, max-age=31536000, immutable",
                "Content-Disposition": f'attachment; filename="cmh-graph-{release.version}.nq.zst"',
            }
            return respond(request, _ZSTANDARD, lambda: _packed(releases, release.version), headers)

    def list_changes(request: Request) -> Response:
        with intact():
            since, until = history.span(one_value(request, "since"), one_value(request, "until"))
            found = history.between(since, until)
            shown = [_row(release, change) for release, change in found]
            counts = count_classes(change for _, change in found)
            filters = (*_FILTERS, _of_kind(row.kind for row in shown))
            says = {"since": since, "until": until, "counts": counts}
            return listing(request, shown, filters, ChangeRow, also=("since", "until"), says=says)

    routes.add_api_route(
        "/releases",
        list_releases,
        methods=["GET"],
        operation_id="list_releases",
        tags=[TAG],
        summary="List the released versions",
        description="Each with its date, checksum and what it changed, the earliest first. Released versions stay "
        "served: give one as `version=` to any read.",
        response_model=page_of(ReleaseRow),
        responses=problems(400, 406),
        openapi_extra={"parameters": describe_parameters(RELEASES.filters, framework, text=True)},
    )
    add_thing(routes, RELEASES, framework)
    routes.add_api_route(
        "/releases/{key}/dataset.nq.zst",
        dataset,
        methods=["GET"],
        operation_id="fetch_release",
        tags=[TAG],
        summary="Fetch the graph of a release",
        description="All named graphs as canonical N-Quads, packed with Zstandard, to load into a store of your own.",
        response_class=Response,
        responses={
            200: {"content": {_ZSTANDARD.media_type: {"schema": {"type": "string", "format": "binary"}}}},
            **problems(400, 404),
        },
        openapi_extra={
            "parameters": [
                {
                    "name": "key",
                    "in": "path",
                    "required": True,
                    "description": "a released version",
                    "schema": {"type": "string"},
                    "example": releases.latest or "1.0.0",
                }
            ]
        },
    )
    routes.add_api_route(
        "/changes",
        list_changes,
        methods=["GET"],
        operation_id="list_changes",
        tags=[TAG],
        summary="List what changed between two versions",
        description="Changes of the releases after `since` up to `until`. `until=current` adds what is served but not "
        "released yet; the first such request takes some seconds.",
        response_model=ChangePage,
        responses=problems(400, 404, 406),
        openapi_extra={
            "parameters": [
                parameter(
                    "since",
                    "the release you have; left out, the first",
                    {"type": "string", "maxLength": LONGEST, "example": releases.latest or "1.0.0"},
                ),
                parameter(
                    "until",
                    f"a release, or {CURRENT}; left out, the last release",
                    {"type": "string", "maxLength": LONGEST},
                ),
                *describe_parameters((*_FILTERS, _of_kind(())), framework),
            ]
        },
    )
    return routes


class _History:
    """The releases of one folder, and what is served but not released."""

    def __init__(self, framework: Framework, releases: Releases) -> None:
        self._framework: Final = framework
        self._releases: Final = releases
        self._changes: Final = lru_cache(maxsize=_REMEMBERED)(releases.changes)
        self._counts: Final[dict[str, dict[str, int]]] = {}
        self._lock: Final = Lock()
        self._unreleased: tuple[Change, ...] | None = None

    def rows(self) -> list[ReleaseRow]:
        """Every release, the earliest first."""
        return [self._row(version) for version in self._releases.versions]

    def _row(self, version: str) -> ReleaseRow:
        release = self._releases.release(version)
        if version not in self._counts:
            self._counts[version] = {str(one): n for one, n in count_classes(self._changes(version)).items()}
        said = self._framework.releases.get(Key(version))
        manifest: Mapping[str, Any] = release.manifest
        place = quote(version)
        links = {
            "release": f"/v1/releases/{place}",
            "roles": f"/v1/roles?version={place}",
            "dataset": f"/v1/releases/{place}/dataset.nq.zst",
            "stream": f"/v1/changes/stream/{place}/1",
        }
        if release.previous:
            links["changes"] = f"/v1/changes?since={quote(release.previous)}&until={place}"
        return ReleaseRow(
            key=version,
            iri=manifest["version_iris"]["catalogue"],
            label=said.label if said else f"Version {version}",
            definition=said.definition if said else None,
            notes=said.notes if said else (),
            says=said.says if said else None,
            remarks=said.remarks if said else (),
            version=version,
            issued=release.issued,
            previous=release.previous,
            changes=said.changes if said else (),
            counts=self._counts[version],
            sha256=release.sha256,
            snapshot=release.id,
            statements=manifest["statements"],
            graphs=manifest["graphs"],
            links=links,
        )

    def span(self, since: str | None, until: str | None) -> tuple[str, str]:
        """Two versions in order. Raises UnknownThing for one that is not released, BadParameter for the wrong order."""
        known = self._releases.versions
        if not known:
            raise BadParameter("nothing has been released yet", where="parameter since")
        first = self._releases.release(since if since is not None else known[0]).version
        last = until if until == CURRENT else self._releases.release(until or known[-1]).version
        if last != CURRENT and known.index(last) < known.index(first):
            raise BadParameter(
                f"{first} came after {last}",
                where="parameters since, until",
                mend="give the earlier one as since",
            )
        return first, last

    def between(self, since: str, until: str) -> list[tuple[Released | None, Change]]:
        """(release, change) of every change after one version up to another; None for what is not released."""
        known = self._releases.versions
        end = len(known) if until == CURRENT else known.index(until) + 1
        found: list[tuple[Released | None, Change]] = []
        for version in known[known.index(since) + 1 : end]:
            release = self._releases.release(version)
            found += [(release, change) for change in self._changes(version)]
        if until == CURRENT:
            found += [(None, change) for change in self._not_released()]
        return found

    def _not_released(self) -> Sequence[Change]:
        latest = self._releases.latest
        assert latest is not None
        with self._lock:
            if self._unreleased is None:
                is_released = self._releases.release(latest).id == self._framework.snapshot
                self._unreleased = (
                    ()
                    if is_released
                    else unreleased_changes(self._releases, self._framework.path, self._framework.home)
                )
            return self._unreleased


def _of_kind(kinds: Iterator[str] | Sequence[str]) -> Filter:
    """A filter by kind of thing. kinds: those that there are beside the ones that are known anyway."""
    known = tuple(dict.fromkeys([*sorted(KINDS), *_KINDS, *kinds]))
    return Filter(
        "kind", "kind of thing, as in its IRI", lambda row, value: row.kind == value, lambda _: known, False
    )


def _packed(releases: Releases, version: str) -> bytes:
    """The dataset of a release as it lies on disk, held against its checksum first."""
    releases.graph(version)
    return (releases.release(version).folder / DATASET).read_bytes()


def _row(release: Released | None, change: Change) -> ChangeRow:
    return ChangeRow(  # type: ignore[call-arg]
        release=release.version if release else None,
        issued=release.issued if release else None,
        class_=change.class_,
        part=change.part,
        event=change.event,
        thing=change.thing,
        kind=change.kind,
        name=change.name,
        property=change.property,
        before=list(change.before),
        after=list(change.after),
        rule=change.rule,
        why=change.why,
    )
