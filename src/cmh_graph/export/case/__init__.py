"""1EdTech CASE 1.1: a CFPackage for each of five documents, for competency tools and learning platforms.

plan          which things stand in which document, and what links are called
meaning       what fields say in RDF, and extensions for the rest
nodes         an edition as items
associations  links and statements as associations
packages      an edition -> packages
read          packages -> triples
lookup        packages -> single objects, as the standard's paths answer them
selection     filter, sort and fields of the standard
"""

from __future__ import annotations

import json
from typing import Final

from cmh_graph.export.case.packages import build_packages
from cmh_graph.export.case.read import read_packages
from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Format, Written
from cmh_graph.namespaces import CMH

__all__ = ["FORMAT", "build_packages", "read_packages", "write"]


def write(edition: Edition) -> Written:
    """case/<document>.json for each document."""
    packages, carried = build_packages(edition)
    files = {
        f"case/{name}.json": json.dumps(package, ensure_ascii=False, indent=1).encode() + b"\n"
        for name, package in packages.items()
    }
    return Written(files, carried)


FORMAT: Final = Format(
    name="case",
    title="1EdTech CASE 1.1",
    loaded_by="competency tools and learning platforms",
    write=write,
    read=read_packages,
    why_lost={
        CMH
        + "Mapping": "an association has two ends: that no entry fits, and what a name outside means, have one",
        "": "CASE holds competencies and what they lead to; pay, places, law, pathways and papers have no field there",
    },
)
