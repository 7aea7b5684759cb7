"""schema.org JSON-LD: occupations, and the sets of terms that they use; and back to statements.

occupation  a role as an Occupation, for a file or for a page
term_sets   skills, values and bands as DefinedTermSets
terms       schema.org's own list of names, and what in a document is not on it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any, Final

from cmh_graph.export.edition import Edition
from cmh_graph.export.format import Files, Format, Written
from cmh_graph.export.schema_org.occupation import CONTEXT, occupation, occupation_script
from cmh_graph.export.schema_org.term_sets import term_sets
from cmh_graph.export.schema_org.terms import Fault, find_faults
from cmh_graph.export.statements import Statements, as_written, carried, load_json, write_json
from cmh_graph.namespaces import BASE, CMH, PREFIXES
from cmh_graph.store import Triple

__all__ = ["FILE", "FORMAT", "Fault", "find_faults", "occupation", "occupation_script", "read", "write"]

FILE: Final = "schema-org/occupations.jsonld"
#: Things of ours that are named without their class being certain.
_NAMED: Final = frozenset({"experience", "qualification", "register", "scheme"})
#: Where our things begin -> their class. A set of values is no concept scheme.
_CLASSES: Final = {
    "role": "cmh:Role",
    "skill": "cmh:Skill",
    "skill-level": "cmh:SkillLevel",
    "value": "cmh:Value",
    "value-set": "cmh:ValueSet",
    "band": "cmh:PayBand",
    "vocab": "skos:ConceptScheme",
}


def write(edition: Edition) -> Written:
    """schema-org/occupations.jsonld: an Occupation for each role that people can hold, and the sets of terms."""
    catalogue = edition.catalogue
    occupations = [
        {name: value for name, value in occupation(catalogue, role).items() if name != "@context"}
        for role in sorted(catalogue.roles.values(), key=lambda one: one.key)
        if role.form != "grouping"
    ]
    files = {FILE: write_json({"@context": CONTEXT, "@graph": [*occupations, *term_sets(catalogue)]})}
    return Written(files, carried(edition, read(files)))


def read(files: Files) -> Set[Triple]:
    """The statements in the file. Raises SourceError if it is missing or no JSON."""
    found = Statements()
    document = load_json(files, FILE)
    with as_written(FILE):
        for node in document["@graph"]:
            _read_node(found, node)
    return found.found


def _read_node(found: Statements, node: Mapping[str, Any]) -> None:
    iri = node.get("@id", "")
    kind = kind_of(iri)
    if len(node) > 1 and iri.startswith(BASE) and (kind in _CLASSES or kind in _NAMED):
        if kind in _CLASSES:
            found.type(iri, _CLASSES[kind])
        found.text(iri, "skos:prefLabel", node.get("name"))
        if kind != "skill-level":
            found.text(iri, "skos:definition", node.get("description"))
        for one in _values(node.get("inDefinedTermSet")):
            found.link(iri, "skos:inScheme", one["@id"])
        for one in _values(node.get("about")):
            found.link(iri, "cmh:ofSkill", one["@id"])
        if kind in {"skill", "band"}:
            found.text(iri, "skos:altLabel", *_values(node.get("alternateName")))
        if kind == "band":
            found.plain(iri, "skos:notation", node.get("termCode"))
    for value in node.values():
        for one in _values(value):
            if isinstance(one, Mapping):
                _read_node(found, one)


def kind_of(iri: str) -> str:
    """The kind of one of our things by its IRI: the part before its key, or "vocab" for a scheme."""
    path = iri.removeprefix(BASE).split("/")
    return path[-2] if len(path) > 1 else ""


def _values(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)


FORMAT: Final = Format(
    name="schema-org",
    title="schema.org Occupation and DefinedTermSet (JSON-LD)",
    loaded_by="job boards, search engines and career sites",
    write=write,
    read=read,
    why_lost={
        "": "schema.org has no name for it, or it is no part of an occupation",
        CMH + "RoleGrouping": "a grouping is nobody's job, so it is no occupation",
        CMH
        + "IStatement": "the words describe a skill at a level; they have no identifier of their own there",
        CMH + "necessity": "schema.org has no name for how firmly something is asked for",
        CMH
        + "amountGBP": "only the lowest and highest point of the latest year are given, as an estimated salary",
        PREFIXES["owl"]
        + "annotatedTarget": "codes are given without the row of the mapping that states them",
    },
)
