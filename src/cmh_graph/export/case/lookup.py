"""CASE packages -> single objects by identifier, as the paths of the standard answer them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from cmh_graph.export.case.meaning import Json
from cmh_graph.export.case.nodes import document_link
from cmh_graph.export.case.plan import PLANS

#: Definitions that are answered with those below them in the order of their codes.
_CODED: Final = ("CFConcepts", "CFSubjects", "CFItemTypes")
_ALONE: Final = ("CFLicenses", "CFAssociationGroupings")
#: What can be asked for by identifier.
KINDS: Final = (
    "CFDocuments",
    "CFPackages",
    "CFItems",
    "CFItemAssociations",
    "CFAssociations",
    *_CODED,
    *_ALONE,
    "CFRubrics",
)


class CaseObjects:
    """Every object of some packages by kind and identifier. packages: document name -> CFPackage."""

    def __init__(self, packages: Mapping[str, Json]) -> None:
        self._found: dict[str, dict[str, Json]] = {kind: {} for kind in KINDS}
        self._ends: dict[str, list[Json]] = defaultdict(list)
        for plan in PLANS:
            if plan.name in packages:
                self._add(packages[plan.name], document_link(plan), document_link(plan, "CFPackages"))

    @property
    def documents(self) -> list[Json]:
        """The CFDocuments, in our order."""
        return list(self._found["CFDocuments"].values())

    def find(self, kind: str, identifier: str) -> Json | None:
        """What is answered for an identifier; None if there is no such object.

        kind: one of KINDS. For CFItemAssociations it is the item with all associations that it is an end of."""
        if kind == "CFItemAssociations":
            item = self._found["CFItems"].get(identifier)
            return {"CFItem": item, "CFAssociations": self._ends[identifier]} if item else None
        found = self._found[kind].get(identifier)
        if found is None or kind not in _CODED:
            return found
        code = found["hierarchyCode"] + "."
        below = [one for one in self._found[kind].values() if one["hierarchyCode"].startswith(code)]
        return {kind: [found, *sorted(below, key=lambda one: str(one["hierarchyCode"]))]}

    def example(self, kind: str) -> str:
        """The identifier of one object of a kind; "" if there is none."""
        return next(iter(self._found["CFItems" if kind == "CFItemAssociations" else kind]), "")

    def _add(self, package: Json, document: Json, whole: Json) -> None:
        identifier = package["CFDocument"]["identifier"]
        self._found["CFPackages"][identifier] = package
        self._found["CFDocuments"][identifier] = {**package["CFDocument"], "CFPackageURI": whole}
        for one in package["CFItems"]:
            self._found["CFItems"][one["identifier"]] = {**one, "CFDocumentURI": document}
        for one in package["CFAssociations"]:
            self._found["CFAssociations"][one["identifier"]] = {**one, "CFDocumentURI": document}
            ends = {one[end]["identifier"] for end in ("originNodeURI", "destinationNodeURI")}
            for end in sorted(ends):
                self._ends[end].append(one)
        for kind in (*_CODED, *_ALONE):
            for one in package["CFDefinitions"][kind]:
                self._found[kind].setdefault(one["identifier"], one)
