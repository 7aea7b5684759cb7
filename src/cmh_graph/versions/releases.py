"""Released versions on disk: immutable folders, each holding all that answers about that version need.

    releases/1.0.0/manifest.json      version, date, checksums, sources, graphs, version IRIs
    releases/1.0.0/dataset.nq.zst     the graph as canonical N-Quads, derived graph included
    releases/1.0.0/shapes.nq.zst      the shapes as canonical N-Quads
    releases/1.0.0/questions.json     the questions: name -> text
    releases/1.0.0/changes.json       what changed since the release before

Checksums are of the unpacked bytes. A folder is written whole beside the others and moved into place; one that is
there is never written again. Everything that is read is held against its checksum first.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import zstandard

from cmh_graph.errors import SourceError, UnknownThing
from cmh_graph.search import near_misses
from cmh_graph.snapshot import DATASET as SNAPSHOT_DATASET
from cmh_graph.snapshot import MANIFEST
from cmh_graph.store import parse_nquads
from cmh_graph.versions.change import Change, change_from_json
from cmh_graph.versions.content import VersionContent, content_of
from cmh_graph.versions.semver import is_version, read_version

DATASET: Final = "dataset.nq.zst"
SHAPES: Final = "shapes.nq.zst"
QUESTIONS: Final = "questions.json"
CHANGES: Final = "changes.json"
_FILES: Final = (DATASET, SHAPES, QUESTIONS, CHANGES)
#: No file of a release may unpack to more than this.
_LARGEST: Final = 2_000_000_000
_LEVEL: Final = 12


@dataclass(frozen=True, slots=True)
class Release:
    """What a release says about itself. issued: its date, YYYY-MM-DD, from the ontology's header.

    previous: the release before it, None for the first. sha256: of the dataset's canonical N-Quads."""

    version: str
    issued: str
    previous: str | None
    sha256: str
    folder: Path
    manifest: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The snapshot's id: the first 16 digits of the checksum."""
        return self.sha256[:16]


class Releases:
    """The releases below one folder, which need not exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """The released versions, earliest first, in the order of semantic versioning."""
        found = [
            path.name
            for path in self.folder.glob("*.*.*")
            if is_version(path.name) and (path / MANIFEST).is_file()
        ]
        return tuple(sorted(found, key=read_version))

    @property
    def latest(self) -> str | None:
        """The last version; None if there is no release."""
        return self.versions[-1] if self.versions else None

    def release(self, version: str) -> Release:
        """What a release says about itself. Raises UnknownThing, and SourceError if its manifest is broken."""
        if version not in self.versions:
            near = near_misses(version, self.versions)
            raise UnknownThing(
                f"there is no release {version[:40]}",
                where=version[:40],
                mend=(f"did you mean {' or '.join(near)}? " if near else "")
                + f"released are {', '.join(self.versions) or 'none'}",
            )
        path = self.folder / version / MANIFEST
        try:
            said = json.loads(path.read_bytes())
            if said["version"] != version:
                raise _broken(
                    path, f"the folder is called {version}, its manifest says {str(said['version'])[:40]}"
                )
            previous = said["previous"]
            return Release(version, said["issued"], previous, said["sha256"], path.parent, said)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _broken(path, f"the manifest of release {version} cannot be read: {error!r}") from None

    def name_of(self, version: str, snapshot: str) -> str:
        """What an answer should say that it came from.

        The version, if the snapshot with this id is that release; else the version with the snapshot's id as build
        metadata (1.0.0+f3a9ab2a373d1798), as its content was not released."""
        released = version in self.versions and self.release(version).id == snapshot
        return version if released else f"{version}+{snapshot}"

    def graph(self, version: str) -> bytes:
        """The canonical N-Quads of a release, derived graph included. Raises as release does, and SourceError if they
        are not what was released."""
        return self._read(self.release(version), DATASET)

    def shapes(self, version: str) -> bytes:
        """The shapes of a release as canonical N-Quads. Raises as graph does."""
        return self._read(self.release(version), SHAPES)

    def questions(self, version: str) -> dict[str, str]:
        """The questions of a release: name -> text. Raises as graph does."""
        return dict(self._json(self.release(version), QUESTIONS)["questions"])

    def content(self, version: str) -> VersionContent:
        """A release, ready to be compared. Raises as graph does."""
        return content_of(
            parse_nquads(self.graph(version)),
            version,
            parse_nquads(self.shapes(version)),
            self.questions(version),
        )

    def changes(self, version: str) -> tuple[Change, ...]:
        """What changed in a release since the one before; empty for the first. Raises as graph does."""
        release = self.release(version)
        where = str(release.folder / CHANGES)
        return tuple(change_from_json(one, where) for one in self._json(release, CHANGES)["changes"])

    def since(self, version: str) -> tuple[tuple[Release, tuple[Change, ...]], ...]:
        """The releases after a version, earliest first, each with its changes. The version itself must be one."""
        at = self.versions.index(self.release(version).version)
        return tuple((self.release(one), self.changes(one)) for one in self.versions[at + 1 :])

    def unpack(self, version: str, to: Path) -> Path:
        """A folder below `to` that framework.open and QueryPool take, with the questions of that version.

        framework.open(folder, home=folder) answers as the release does. Unpacking again changes nothing."""
        release = self.release(version)
        target = to / f"{version}-{release.id}"
        dataset = target / SNAPSHOT_DATASET
        if dataset.is_file() and _sha256(dataset.read_bytes()) == release.sha256:
            return target
        files = {SNAPSHOT_DATASET: self.graph(version)}
        manifest = {
            "id": release.id,
            **{
                name: release.manifest[name]
                for name in ("sha256", "version", "statements", "graphs", "sources")
            },
        }
        files[MANIFEST] = _json_bytes(manifest)
        for name, text in self.questions(version).items():
            files[f"queries/questions/{name}.rq"] = text.encode()
        shutil.rmtree(target, ignore_errors=True)
        _write_folder(files, target)
        return target

    def write(self, files: Mapping[str, bytes], version: str) -> Path:
        """Store the files of a release (made by release_files); gives its folder.

        A release that is there already stays as it is: with the same content nothing happens, otherwise SourceError."""
        target = self.folder / version
        if target.exists():
            kept = json.loads((target / MANIFEST).read_bytes()) if (target / MANIFEST).is_file() else None
            if kept != json.loads(files[MANIFEST]):
                raise SourceError(
                    f"release {version} exists and says something else: a release is never rewritten",
                    where=str(target),
                    mend="give this content a version of its own in ontology/cmh.ttl",
                )
            for name in _FILES:
                self._read(self.release(version), name)
            return target
        _write_folder(files, target)
        self.__dict__.pop("versions", None)
        return target

    def _json(self, release: Release, name: str) -> Any:
        return json.loads(self._read(release, name))

    def _read(self, release: Release, name: str) -> bytes:
        """A file of a release, unpacked and held against its checksum."""
        path = release.folder / name
        try:
            said = release.manifest["files"][name]
            size, checksum = int(said["bytes"]), str(said["sha256"])
        except (KeyError, TypeError, ValueError) as error:
            raise _broken(path, f"the manifest says nothing of {name}: {error!r}") from None
        try:
            data = path.read_bytes()
            if name.endswith(".zst"):
                data = _unpacked(data, min(size, _LARGEST))
        except (OSError, zstandard.ZstdError) as error:
            raise _broken(path, f"the file cannot be read: {error}") from None
        if len(data) != size or _sha256(data) != checksum:
            raise _broken(path, f"this is not what was released as {release.version}: the checksum differs")
        if name == DATASET and checksum != release.sha256:
            raise _broken(path, f"the manifest of {release.version} gives two checksums for its dataset")
        return data


def release_files(
    *,
    version: str,
    issued: str,
    previous: str | None,
    nquads: bytes,
    shapes: bytes,
    questions: Mapping[str, str],
    changes: Sequence[Change],
    graphs: Mapping[str, int],
    sources: Mapping[str, str],
    version_iris: Mapping[str, Any],
) -> dict[str, bytes]:
    """The files of a release: name -> bytes, the same for the same content."""
    unpacked = {
        DATASET: nquads,
        SHAPES: shapes,
        QUESTIONS: _json_bytes({"questions": dict(sorted(questions.items()))}),
        CHANGES: changes_json(changes, previous, version),
    }
    manifest = {
        "version": version,
        "issued": issued,
        "previous": previous,
        "sha256": _sha256(nquads),
        "statements": sum(graphs.values()),
        "graphs": dict(sorted(graphs.items())),
        "version_iris": version_iris,
        "files": {
            name: {"bytes": len(data), "sha256": _sha256(data)} for name, data in sorted(unpacked.items())
        },
        "sources": dict(sorted(sources.items())),
    }
    files = {name: _packed(data) if name.endswith(".zst") else data for name, data in unpacked.items()}
    return {**files, MANIFEST: _json_bytes(manifest)}


def changes_json(changes: Sequence[Change], before: str | None, after: str) -> bytes:
    """Changes as a JSON document, one change to a line: {"from", "to", "changes"}."""
    lines = ",\n".join(json.dumps(one.as_json(), ensure_ascii=False) for one in changes)
    head = f'"from": {json.dumps(before)}, "to": {json.dumps(after)}'
    return f'{{{head}, "changes": [\n{lines}\n]}}\n'.encode()


def _write_folder(files: Mapping[str, bytes], target: Path) -> None:
    """Write files into a draft and move it into place, so that no half a folder is ever seen."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
    try:
        for name, data in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        draft.chmod(0o755)
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        # Another process may have been first: what it wrote is the same.
        if not (target / MANIFEST).is_file():
            raise


def _packed(data: bytes) -> bytes:
    # One thread and a fixed level: the bytes follow from the data and the pinned package.
    return zstandard.ZstdCompressor(level=_LEVEL, threads=0, write_checksum=True).compress(data)


def _unpacked(data: bytes, size: int) -> bytes:
    with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(data) as reader:
        return reader.read(size + 1)


def _json_bytes(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _broken(path: Path, what: str) -> SourceError:
    return SourceError(
        what,
        where=str(path),
        mend=f"take it from the repository again: git checkout -- releases/{path.parent.name}",
    )
