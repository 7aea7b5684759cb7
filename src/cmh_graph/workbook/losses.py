"""What the workbook does not carry of the catalogue: as data, so that a test can hold it against the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cmh_graph.namespaces import compact
from cmh_graph.workbook.cells import Cells
from cmh_graph.workbook.content import TYPE, Content, sheets_by_class


@dataclass(frozen=True, slots=True)
class Loss:
    """what: a class, or class and property, prefixed. why: why the workbook leaves it out."""

    what: str
    why: str


_OUTSIDE: Final = "kept in the Turtle: few people change it, or it follows from other things"
#: Classes of the catalogue without a sheet.
CLASSES: Final = tuple(
    Loss(name, _OUTSIDE)
    for name in (
        "cmh:AhpDomain",
        "cmh:Audience",
        "cmh:Background",
        "cmh:CaseStudy",
        "cmh:CodeScheme",
        "cmh:Evidence",
        "cmh:Figure",
        "cmh:Framework",
        "cmh:FrameworkUse",
        "cmh:JobProfile",
        "cmh:LadderRung",
        "cmh:Organisation",
        "cmh:OwnWork",
        "cmh:PathwayStage",
        "cmh:PayEquivalent",
        "cmh:PayPoints",
        "cmh:PayScheme",
        "cmh:Profession",
        "cmh:ReadAcross",
        "cmh:Register",
        "cmh:Release",
        "cmh:Remark",
        "cmh:Resource",
        "cmh:Theme",
        "cmh:TitleCollection",
        "cmh:UserTask",
    )
)
#: Properties without a column.
PROPERTIES: Final = (
    Loss("cmh:Role skos:inScheme", "the same for every role"),
    Loss("cmh:Skill skos:inScheme", "the same for every skill"),
    Loss("cmh:SkillGroup skos:inScheme", "the same for every group"),
    Loss("cmh:SkillGroup skos:topConceptOf", "the same for every group"),
    Loss("cmh:Pathway cmh:hasStage", "the order of steps is kept in the Turtle"),
)
#: Stated by one thing, shown in the row of the other.
_TURNED: Final = frozenset(
    {
        "cmh:hasRequirement",
        "cmh:anyOf",
        "cmh:hasIStatement",
        "cmh:hasBandAssignment",
        "cmh:hasPlacement",
        "cmh:hasRegulation",
    }
)


def lost(content: Content) -> list[tuple[str, str, str]]:
    """(thing, property, value) of every statement of the catalogue that neither the workbook carries nor CLASSES and
    PROPERTIES name; it should be empty."""
    sheets, cells = sheets_by_class(), Cells(content)
    classes = {one.what for one in CLASSES}
    properties = {tuple(one.what.split()) for one in PROPERTIES}
    found = []
    for thing in content.files:
        of = content.classes(thing)
        sheet = next((sheets[name] for name in of if name in sheets), None)
        if sheet is None:
            if not of & classes:
                found.append((thing, compact(TYPE), ", ".join(sorted(of))))
            continue
        carried = {
            (one.property, str(value))
            for one in sheet.columns
            if not one.inverse
            for value in cells.stated(one, thing)
        }
        for name, values in content.things[thing].items():
            short = compact(name)
            if any((kind, short) in properties for kind in of) or short in _TURNED:
                continue
            if name == TYPE and sheet.type_column is None and of == set(sheet.classes):
                continue
            found += [(thing, short, str(value)) for value in values if (name, str(value)) not in carried]
    return found
