"""Where a new thing goes: its file below the catalogue, and the block that it follows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cmh_graph.namespaces import PREFIXES, key_of
from cmh_graph.store import NamedNode
from cmh_graph.workbook.columns import Sheet
from cmh_graph.workbook.content import Content, Statements, kind_of, sheets_by_class
from cmh_graph.workbook.layout import sheet_of
from cmh_graph.workbook.proposals import Proposal

#: Sheet -> the file that holds all its things.
_ONE_FILE: Final = {
    "values": "values.ttl",
    "value-sets": "values.ttl",
    "titles": "titles.ttl",
    "experience": "experience.ttl",
    "routes": "routes.ttl",
    "waypoints": "positions.ttl",
    "sources": "sources.ttl",
    "steps": "pathways/other-steps.ttl",
}
#: Kinds of a role's file, in the order of their blocks.
_ROLE_FILE: Final = ("role", "title-meaning", "regulation", "placement", "band-assignment", "requirement")
_OWN_FILE: Final = {"roles": "roles", "skill-groups": "skills", "pathways": "pathways"}
#: The first line of a file that is made for one thing.
HEADERS: Final = {
    "roles": "# {name}: the role, its titles, where it is found, its bands, its legal position and what it asks for.",
    "skill-groups": "# Skills: {name}. Each skill, its levels, and the I statement at each level.",
    "pathways": "# Pathway: {name}.",
}


def file_of(content: Content, proposal: Proposal, said: Statements, files: dict[str, Path]) -> Path:
    """The file of a new thing. files: of the new things that were placed before it."""
    catalogue = content.home / "ontology" / "catalogue"
    sheet = proposal.sheet
    if sheet.id in _OWN_FILE:
        return catalogue / _OWN_FILE[sheet.id] / f"{key_of(proposal.thing)}.ttl"
    if sheet.id in _ONE_FILE:
        return catalogue / _ONE_FILE[sheet.id]
    if sheet.id == "qualifications":
        apprenticeship = (
            NamedNode(PREFIXES["cmh"] + "ApprenticeshipStandard") in said[PREFIXES["rdf"] + "type"]
        )
        return catalogue / ("apprenticeships.ttl" if apprenticeship else "qualifications.ttl")
    owner = _owner(proposal, said)
    return files.get(owner) or content.files[owner]


def _owner(proposal: Proposal, said: Statements) -> str:
    """The thing in whose file a new one is kept."""
    if proposal.links:
        return proposal.links[0][0]
    property = {"skills": "skos:broader", "skill-levels": "cmh:ofSkill", "title-meanings": "cmh:meansRole"}[
        proposal.sheet.id
    ]
    prefix, _, name = property.partition(":")
    return next(one.value for one in said[PREFIXES[prefix] + name] if isinstance(one, NamedNode))


def place_in(sequence: list[str], proposal: Proposal, said: Statements) -> int:
    """The place of a new thing among the subjects of its file."""
    sheet, thing = proposal.sheet, proposal.thing
    if sheet.id == "i-statements":
        return sequence.index(_owner(proposal, said)) + 1
    if sheet.id == "skill-levels":
        return _end_of_skill(sequence, sequence.index(_owner(proposal, said)))
    if (
        sheet.id == "requirements"
        and proposal.links[0][0] in sequence
        and kind_of(proposal.links[0][0]) == "requirement"
    ):
        group = sequence.index(proposal.links[0][0])
        return _last_like(sequence, thing, group) + 1
    kinds = [kind_of(one) for one in sequence]
    same = [place for place, kind in enumerate(kinds) if kind == sheet.prefix]
    if same:
        keys = [key_of(sequence[place]) for place in same]
        if sheet.prefix not in _ROLE_FILE and len(keys) > 2 and keys == sorted(keys):
            before = [place for place in same if key_of(sequence[place]) < key_of(thing)]
            if not before:
                return same[0]
            return _end_of_skill(sequence, before[-1]) if sheet.id == "skills" else before[-1] + 1
        return _end_of_skill(sequence, same[-1]) if sheet.id == "skills" else same[-1] + 1
    if sheet.prefix in _ROLE_FILE:
        earlier = _ROLE_FILE[: _ROLE_FILE.index(sheet.prefix)]
        return max((place + 1 for place, kind in enumerate(kinds) if kind in earlier), default=len(sequence))
    return len(sequence)


def _end_of_skill(sequence: Sequence[str], start: int) -> int:
    """The place behind a skill's levels and their statements."""
    place = start + 1
    while place < len(sequence) and kind_of(sequence[place]) in {"skill-level", "i-statement"}:
        place += 1
    return place


def _last_like(sequence: Sequence[str], thing: str, group: int) -> int:
    """The last of the members that follow a group."""
    place = group
    while (
        place + 1 < len(sequence)
        and kind_of(sequence[place + 1]) == "requirement"
        and "--any-of-" not in sequence[place + 1]
    ):
        place += 1
    return place


def order_of(content: Content, sheet: Sheet) -> list[str]:
    """The properties of a sheet's things in the order in which our blocks state them, most often.

    What no block states yet stands before the status, in the order of the columns; what retires a thing stands last."""
    before: dict[tuple[str, str], int] = {}
    names: dict[str, int] = {}
    for thing in content.of_sheet(sheet):
        said = list(content.things[thing])
        for number, name in enumerate(said):
            names[name] = max(names.get(name, 0), number)
            for later in said[number + 1 :]:
                before[name, later] = before.get((name, later), 0) + 1
    seen: list[str] = []
    while left := [name for name in names if name not in seen]:
        # The one that fewest of the others usually precede; of equals, the one that stands further up.
        seen.append(
            min(
                left,
                key=lambda name: (
                    sum(before.get((one, name), 0) > before.get((name, one), 0) for one in left),
                    names[name],
                    name,
                ),
            )
        )
    status = PREFIXES["cmh"] + "status"
    for column in sheet.columns:
        if column.property and not column.inverse and column.property not in seen:
            late = column.part == "retire" or column.id == "skos:note" or status not in seen
            seen.insert(len(seen) if late else seen.index(status), column.property)
    tail = [
        PREFIXES["cmh"] + "status",
        PREFIXES["dcterms"] + "source",
        PREFIXES["cmh"] + "inferredField",
        PREFIXES["skos"] + "note",
    ]
    retire = [
        PREFIXES["owl"] + "deprecated",
        PREFIXES["dcterms"] + "isReplacedBy",
        PREFIXES["cmh"] + "retiredOn",
        PREFIXES["skos"] + "changeNote",
    ]
    last = [name for name in [*tail, *retire] if name in seen]
    return [name for name in seen if name not in last] + last


def sheet_of_thing(content: Content, thing: str) -> Sheet:
    """The sheet that lists a thing of the catalogue."""
    by_class = sheets_by_class()
    return next((by_class[name] for name in content.classes(thing) if name in by_class), sheet_of("roles"))
