"""Files, seen together with the framework they refer to -> a report with file and line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from rdflib import Graph

from cmh_graph.errors import SourceError
from cmh_graph.validate.columns import TYPE
from cmh_graph.validate.engines import DEFAULT_ENGINE
from cmh_graph.validate.findings import Finding, Report, order
from cmh_graph.validate.places import places_of
from cmh_graph.validate.reading import FORMATS, form_of, read_statements
from cmh_graph.validate.rules import Check, read_checks, read_shapes, validate
from cmh_graph.validate.statements import Statements


@dataclass(frozen=True)
class Framework:
    """What files are judged by and seen together with. Read it once to look at many files.

    parts: file -> its statements."""

    shapes: Graph
    checks: tuple[Check, ...]
    parts: Mapping[Path, Statements]
    home: Path

    def beside(self, files: Collection[Path], things: Collection[bytes]) -> Statements:
        """What the framework says, without these of its files, and without what it says of these things."""
        left_out = {file.resolve() for file in files}
        parts = [part for file, part in self.parts.items() if file.resolve() not in left_out]
        return Statements(tuple(chain.from_iterable(part.texts for part in parts))).without(things)


def read_framework(home: Path) -> Framework:
    """The shapes, checks and content under home, the folder that holds ontology/, shapes/ and queries/.

    Raises SourceError if any of them is missing or broken."""
    parts = {}
    for file in framework_files(home):
        parts[file], problems = read_statements(file)
        if problems:
            raise SourceError(
                f"the framework itself cannot be read: {problems[0].message}",
                where=f"{file}, line {problems[0].line}",
                mend="run cmh-graph validate without files and correct it first",
            )
    if not parts:
        raise SourceError(
            "there is no framework", where=str(home), mend="point home to the folder of ontology/"
        )
    return Framework(
        read_shapes(home / "shapes"), tuple(read_checks(home / "queries" / "checks")), parts, home
    )


def validate_files(
    paths: Sequence[Path], home: Path, *, strict: bool = False, engine: str = DEFAULT_ENGINE
) -> Report:
    """What is wrong in some files, seen together with the framework they refer to.

    paths: files and folders (of which every file in a format we read is taken); none means the framework itself.
    home: the folder that holds ontology/, shapes/ and queries/.
    What a file says about a thing takes the place of what the framework says about it, so that a changed copy of
    one of our own files can be looked at. A file that cannot be read is a finding with line and column.
    engine: which SHACL engine judges, one of ENGINES.
    Raises SourceError if a path does not exist, or shapes, checks or the framework cannot be used."""
    if paths:
        return validate_with(given_files(paths), read_framework(home), strict=strict, engine=engine)
    # Nothing else to see our own files with; if one of them is broken, that is a finding.
    rules = Framework(read_shapes(home / "shapes"), tuple(read_checks(home / "queries" / "checks")), {}, home)
    files = framework_files(home)
    if not files:
        raise SourceError(
            "there is no framework", where=str(home), mend="point home to the folder of ontology/"
        )
    return validate_with(files, rules, strict=strict, engine=engine)


def validate_with(
    files: Sequence[Path], framework: Framework, *, strict: bool = False, engine: str = DEFAULT_ENGINE
) -> Report:
    """validate_files for a framework that is read already; files: no folders."""
    findings: list[Finding] = []
    parts: dict[Path, Statements] = {}
    names = {file: _shown(file, framework.home) for file in files}
    for file, name in names.items():
        parts[file], problems = read_statements(file, name)
        findings += problems
    given = Statements(tuple(chain.from_iterable(part.texts for part in parts.values())))
    things = given.subjects()
    whole = given + framework.beside(files, given.subjects(TYPE))
    found = validate(
        whole, framework.shapes, framework.checks, about=things if framework.parts else None, engine=engine
    )
    places = places_of(names, parts, {f"<{finding.entity}>".encode() for finding in found})
    for finding in found:
        place = places.get(finding.entity)
        findings.append(replace(finding, file=place[0], line=place[1]) if place else finding)
    return Report(tuple(sorted(findings, key=order)), tuple(names.values()), len(things), strict)


def framework_files(home: Path) -> list[Path]:
    """Our own ontology, vocabularies, catalogue and mapping sets; sorted."""
    ontology = home / "ontology"
    return sorted([*ontology.rglob("*.ttl"), *(ontology / "matches").glob("*.sssom.tsv")])


def given_files(paths: Iterable[Path]) -> list[Path]:
    """The files that some paths name, each once. Raises SourceError for a path we cannot take."""
    known = ", ".join(FORMATS)
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(f for f in path.rglob("*") if form_of(f) and f.is_file())
            if not inside:
                raise SourceError(
                    "this folder holds no file we read", where=str(path), mend=f"we read {known}"
                )
            files += inside
        elif not path.is_file():
            raise SourceError("there is no such file", where=str(path), mend="correct the path")
        elif not form_of(path):
            raise SourceError(
                f"we do not read files that end in '{path.suffix}'",
                where=str(path),
                mend=f"give one of {known}",
            )
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def _shown(file: Path, home: Path) -> str:
    """How a report names a file: a framework file from home, another as it was given."""
    try:
        return file.relative_to(home).as_posix()
    except ValueError:
        return file.as_posix()
