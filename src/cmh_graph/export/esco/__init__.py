"""ESCO-style tables, for tools that load an ESCO download: roles are occupations, skills are skills.

columns    files and their columns
terms      our properties that have a column
cells      texts in cells
write      an edition -> tables
hierarchy  groups and broader relations -> the table of levels
read       tables -> triples
"""

from __future__ import annotations

from typing import Final

from cmh_graph.export.esco.read import read
from cmh_graph.export.esco.write import write
from cmh_graph.export.format import Format
from cmh_graph.namespaces import CMH

__all__ = ["FORMAT", "read", "write"]

FORMAT: Final = Format(
    name="esco",
    title="ESCO-style CSV",
    loaded_by="matchers, chatbots and HR systems that load an ESCO download",
    write=write,
    read=read,
    why_lost={
        **dict.fromkeys((CMH + "SkillLevel", CMH + "IStatement"), "ESCO has no levels of a skill"),
        **dict.fromkeys(
            (
                CMH + kind
                for kind in (
                    "ValueRequirement",
                    "ExperienceRequirement",
                    "QualificationRequirement",
                    "RegistrationRequirement",
                    "AnyOfRequirement",
                    "NoneRequired",
                )
            ),
            "ESCO's tables relate occupations to skills only, one by one",
        ),
        CMH
        + "Mapping": "a match that fits has a row; that nothing fits, and how a match was found, have no column",
        "": "ESCO has occupations, skills and what holds between them; it has no column for this",
    },
)
