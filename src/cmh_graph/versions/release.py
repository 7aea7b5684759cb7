"""All that a release needs, in order: checks, the bump that changes demand, exports, upgrade, changelog, folder.

Nothing is written before everything is known to be right, and the folder of the release comes last: a release that is
there is whole. All bytes follow from the files below home; there is no clock in here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from cmh_graph import __version__
from cmh_graph.build import Graph, build
from cmh_graph.versions.change import Change
from cmh_graph.versions.changelog import with_release
from cmh_graph.versions.content import VersionContent, content_at, question_texts, shapes_nquads
from cmh_graph.versions.diff import diff
from cmh_graph.versions.headers import Headers, disagreements, read_headers
from cmh_graph.versions.places import FOLDER
from cmh_graph.versions.releases import Releases, release_files
from cmh_graph.versions.report import summary
from cmh_graph.versions.retirement import lost, newly_retired, signpost_faults
from cmh_graph.versions.semver import BUMP_OF, bump_between, demanded_bump, is_enough, read_version
from cmh_graph.versions.upgrade import FOLDER as UPGRADES
from cmh_graph.versions.upgrade import upgrade_name, upgrade_text

#: Says what stands in the way of a release of the files below a folder, one line each; empty if nothing does.
Gate: TypeAlias = Callable[[Path, Graph], Sequence[str]]
CHANGELOG: Final = "CHANGELOG.md"
#: As many changes are named when a bump is too small.
_NAMED: Final = 5
_DRY: Final = "nothing stands in the way of {}; dry run: nothing was written"


@dataclass(frozen=True)
class Outcome:
    """What a release came to.

    findings: what stands in its way; then nothing was written. version: the one to release. changes: since the release
    before. written: paths of files and folders, relative to home. released: False for a dry run, findings, or a release
    that was there already."""

    version: str
    findings: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    written: tuple[str, ...] = ()
    released: bool = False
    notes: tuple[str, ...] = field(default=())


def make_release(
    home: Path,
    *,
    version: str = "",
    gates: Mapping[str, Gate] | None = None,
    export: Callable[[bytes], Mapping[str, bytes]] | None = None,
    software: str = __version__,
    dry_run: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Release the framework below home as the version that its header states.

    version: refused if it is another one. gates: name -> what must find nothing; default_gates() if None. export: the
    graph's N-Quads -> files below exports/; the exporters of cmh_graph.export if None. tell: called with each step.
    Raises SourceError and BuildError where the sources cannot be built."""
    tell("building the graph")
    graph = build(home)
    now = content_at(home, graph.nquads, "current")
    headers = read_headers(home, now.graph)
    releases = Releases(home / FOLDER)
    findings: list[str] = []
    if version and version != headers.version:
        findings.append(
            f"the ontology's header says {headers.version}, not {version[:40]}; write the version in ontology/cmh.ttl"
        )
    if headers.version in releases.versions and releases.release(headers.version).sha256 == graph.sha256:
        earlier = diff(releases.content(headers.version), now)
        if not earlier:
            return Outcome(
                headers.version, tuple(findings), notes=(f"{headers.version} is released already",)
            )
    before = _last_before(releases, headers.version)
    tell(f"comparing with {before}" if before else "this is the first release: nothing to compare with")
    last = releases.content(before) if before else None
    changes = tuple(diff(last, now)) if last else ()
    tell("checking versions, dates and signposts")
    findings += _version_findings(headers, releases, before, changes, now)
    findings += disagreements(home, now.graph, headers, software, _changed_sets(headers, changes, before))
    findings += lost(last.graph, now.graph) if last else signpost_faults(now.graph)
    for name, gate in (default_gates() if gates is None else gates).items():
        tell(f"checking {name}")
        findings += [f"{name}: {one}" for one in gate(home, graph)]
    if findings:
        return Outcome(headers.version, tuple(findings), changes)
    if dry_run:
        return Outcome(headers.version, (), changes, notes=(_DRY.format(headers.version),))
    export = export or _exports(home, graph)
    return _write(home, graph, now, last, headers, releases, before, changes, export, tell)


def _write(
    home: Path,
    graph: Graph,
    now: VersionContent,
    last: VersionContent | None,
    headers: Headers,
    releases: Releases,
    before: str | None,
    changes: tuple[Change, ...],
    export: Callable[[bytes], Mapping[str, bytes]],
    tell: Callable[[str], None],
) -> Outcome:
    version, written = headers.version, []
    tell("writing exports and their manifest")
    files = {f"exports/{name}": data for name, data in export(graph.nquads).items()}
    if last and before:
        update = upgrade_text(before, version, newly_retired(last.graph, now.graph))
        if update:
            files[f"{UPGRADES}/{upgrade_name(before, version)}"] = update.encode()
    log = home / CHANGELOG
    text = log.read_text(encoding="utf-8") if log.is_file() else "# Changelog\n"
    files[CHANGELOG] = with_release(text, version, headers.issued, changes if before else None).encode()
    for name, data in files.items():
        _replace(home / name, data)
        if not name.startswith("exports/"):
            written.append(name)
    written.append("exports/")
    tell(f"writing {FOLDER}/{version}")
    releases.write(
        release_files(
            version=version,
            issued=headers.issued,
            previous=before,
            nquads=graph.nquads,
            shapes=shapes_nquads(home),
            questions=question_texts(home),
            changes=changes,
            graphs=graph.graphs,
            sources=graph.sources,
            version_iris=headers.version_iris(),
        ),
        version,
    )
    return Outcome(version, (), changes, (*sorted(written), f"{FOLDER}/{version}/"), released=True)


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(data)
    draft.replace(path)


def _last_before(releases: Releases, version: str) -> str | None:
    """The release to compare with: the last one before the version; where that version is out already, itself."""
    earlier = [one for one in releases.versions if read_version(one) <= read_version(version)]
    return earlier[-1] if earlier else None


def _version_findings(
    headers: Headers, releases: Releases, before: str | None, changes: Sequence[Change], now: VersionContent
) -> list[str]:
    """What is wrong with the version number itself."""
    version = read_version(headers.version)
    found = []
    latest = releases.latest
    if latest and read_version(latest) > version:
        found.append(f"{latest} is released already, {version} would come before it; write a later version")
    if before is None:
        return found
    old = read_version(before)
    demanded = demanded_bump(one.class_ for one in changes)
    given = bump_between(old, version)
    if demanded and not is_enough(given, demanded):
        grave = [one for one in changes if BUMP_OF[one.class_] == demanded]
        named = "; ".join(
            f"{one.kind} {one.name}{', ' + one.property if one.property else ''}: {one.rule}"
            for one in grave[:_NAMED]
        )
        more = (
            f"; and {len(grave) - _NAMED} more, see cmh-graph diff {before} current"
            if len(grave) > _NAMED
            else ""
        )
        step = (
            f"{before} is released already"
            if old == version
            else f"{before} to {version} is a {given} version"
        )
        found.append(
            f"{step}, but the changes since then ({summary(changes)}) demand {old.next(demanded)} or later: "
            f"{named}{more}; write {old.next(demanded)} in ontology/cmh.ttl, ontology/catalogue/releases.ttl and "
            "src/cmh_graph/__init__.py"
        )
    if now.version and len(now.issued) == 10 and now.issued < releases.release(before).issued:
        found.append(
            f"the date of {version}, {now.issued}, is before that of {before}; "
            "correct dcterms:issued in ontology/cmh.ttl"
        )
    return found


def _changed_sets(headers: Headers, changes: Sequence[Change], before: str | None) -> dict[str, bool]:
    """Mapping file -> whether any of its rows came, went or changed since the release before."""
    if before is None:
        return {}
    keys = {name: set_iri.rsplit("/", 1)[-1] for name, (set_iri, _) in headers.mapping_sets.items()}
    moved = {one.thing.rsplit("/", 1)[-1] for one in changes if one.kind == "mapping"}
    return {name: any(mapping.startswith(f"{key}-") for mapping in moved) for name, key in keys.items()}


def default_gates() -> dict[str, Gate]:
    """The gates of a real release. A further one is a line here: a name, and a function that says what is wrong."""
    return {"validation": _validation, "quality": _quality}


def _validation(home: Path, graph: Graph) -> list[str]:
    from cmh_graph.validate import validate_files  # a large import that a diff does not need

    report = validate_files([], home)
    return [
        f"{one.file or one.entity}{f', line {one.line}' if one.line else ''}: {one.message} {one.mend}".rstrip()
        for one in report.findings
        if one.severity == "violation"
    ]


def _quality(home: Path, graph: Graph) -> list[str]:
    from cmh_graph.quality.gate import quality_gate  # brings the service with it

    return quality_gate(home, graph)


def _exports(home: Path, graph: Graph) -> Callable[[bytes], Mapping[str, bytes]]:
    from cmh_graph.export import EVERYTHING, export  # the formats bring large libraries with them
    from cmh_graph.export.descriptions import origin_of

    # By name: a release without the formats whose libraries are missing here would pass for a whole one.
    return lambda nquads: export(nquads, EVERYTHING, origin=origin_of(graph.sources, home))
