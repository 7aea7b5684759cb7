"""An edition -> the CFPackages of its five documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cmh_graph.export.case.associations import Associations, Linking
from cmh_graph.export.case.meaning import (
    ALTERNATIVE,
    DEFINITION,
    I_STATEMENT,
    LABEL,
    LANGUAGE,
    LEVELS,
    TEXT,
    Json,
    item_meaning,
    name_in,
    one_line,
    titled_meaning,
    used_prefixes,
    write_extension,
)
from cmh_graph.export.case.nodes import Nodes, document_link
from cmh_graph.export.case.plan import PLANS, Plan, minted
from cmh_graph.export.edition import ONTOLOGY, Edition
from cmh_graph.export.identifiers import uuid_of
from cmh_graph.namespaces import BASE, CMH, PREFIXES, compact, key_of
from cmh_graph.store import Triple

_DCTERMS: Final = PREFIXES["dcterms"]
_SUBJECT: Final = "Community mental health"


def build_packages(edition: Edition) -> tuple[dict[str, Json], frozenset[Triple]]:
    """Document name -> its CFPackage, and the stated triples that all of them say together."""
    nodes = Nodes(edition)
    linking = Linking(nodes)
    associations = linking.write()
    linking.close_groups()
    packages = {plan.name: _package(nodes, plan, associations[plan.name]) for plan in PLANS}
    return packages, frozenset(nodes.said) & frozenset(edition.stated)


def _package(nodes: Nodes, plan: Plan, associations: Associations) -> Json:
    items = [_item(nodes, iri, kind) for iri, (mine, kind) in nodes.items.items() if mine is plan]
    document = _document(nodes, plan)
    extensions = [
        one.get("extensions", {})
        for one in (document, *items, *associations.of, *associations.groupings.values())
    ]
    return {
        "CFDocument": document,
        "CFItems": items,
        "CFAssociations": associations.of,
        "CFDefinitions": {
            "CFConcepts": _levels(nodes, items),
            "CFSubjects": [_subject(nodes), *_families(nodes, plan)],
            "CFLicenses": [_license(nodes)],
            "CFItemTypes": _item_types(nodes, plan, items),
            "CFAssociationGroupings": [one for _, one in sorted(associations.groupings.items())],
        },
        "extensions": {"cmh:prefixes": used_prefixes(extensions)},
    }


def _document(nodes: Nodes, plan: Plan) -> Json:
    edition, link = nodes.edition, document_link(plan)
    subject = _subject(nodes)
    stated = nodes.left(plan.iri) if plan.iri else {}
    document: Json = {
        "identifier": link["identifier"],
        "uri": link["uri"],
        "frameworkType": plan.framework_type,
        "caseVersion": "1.1",
        "creator": _header(edition, "creator"),
        "title": one_line(edition.text(plan.iri, LABEL)) or plan.title,
        "lastChangeDateTime": nodes.changed,
        "officialSourceURL": BASE,
        "publisher": _header(edition, "publisher"),
        "description": edition.text(plan.iri, DEFINITION) or plan.about,
        "subject": [subject["title"]],
        "subjectURI": [_link_to(subject)],
        "language": LANGUAGE,
        "version": edition.version,
        # Nobody has adopted it: most of its wording is ours, to be confirmed.
        "adoptionStatus": "Draft",
        "statusStartDate": edition.issued,
        "licenseURI": _link_to(_license(nodes)),
        "notes": _header(edition, "rights"),
    }
    if plan.iri:
        document["extensions"] = name_in(write_extension(titled_meaning(document), stated), plan.iri)
        nodes.say_rest(plan.iri)
    return document


def _item(nodes: Nodes, iri: str, kind: str) -> Json:
    edition = nodes.edition
    label, definition = edition.text(iri, LABEL), edition.text(iri, DEFINITION)
    full = edition.text(iri, TEXT) if kind == I_STATEMENT else definition or label
    item: Json = {
        "identifier": uuid_of(iri),
        "fullStatement": full or label or key_of(iri),
        "CFItemType": _kind_name(nodes, kind),
        "uri": iri,
        "humanCodingScheme": one_line(edition.text(iri, PREFIXES["skos"] + "notation")) or key_of(iri),
    }
    if definition and label and kind != I_STATEMENT:
        item["abbreviatedStatement"] = one_line(label)
    if names := _other_names(nodes, iri):
        item["conceptKeywords"] = names
    levels = nodes.links(iri, LEVELS.get(kind, ""))
    if kind in LEVELS and len(levels) == 1:
        item["conceptKeywordsURI"] = nodes.link(levels[0])
    if notes := nodes.who_says(iri):
        item["notes"] = notes
    if families := nodes.links(iri, CMH + "family"):
        item["subject"] = [nodes.label(family) for family in families]
        item["subjectURI"] = [nodes.link(family) for family in families]
    item["language"] = LANGUAGE
    if levels := levels or _levels_of_statement(nodes, iri):
        item["educationLevel"] = sorted(nodes.label(level) for level in levels)
    item["CFItemTypeURI"] = {**nodes.link(kind), "title": item["CFItemType"]}
    item["lastChangeDateTime"] = nodes.changed
    item["extensions"] = name_in(write_extension(item_meaning(item), nodes.left(iri)), iri)
    nodes.say_rest(iri)
    return item


def _other_names(nodes: Nodes, iri: str) -> list[str]:
    """Alternative labels, and for roles the job titles that mean them; the extension tells which are which."""
    edition = nodes.edition
    names = [term.value for term in edition.objects(iri, ALTERNATIVE) if not isinstance(term, Triple)]
    for meaning in nodes.pointing[CMH + "meansRole"].get(iri, ()):
        names += [nodes.label(title) for title in nodes.links(meaning, CMH + "title")]
    return sorted({name for name in map(one_line, names) if name})


def _levels_of_statement(nodes: Nodes, iri: str) -> list[str]:
    """The framework level of the skill level that an I statement belongs to."""
    owners = nodes.pointing[CMH + "hasIStatement"].get(iri, ())
    return [level for owner in owners for level in nodes.links(owner, CMH + "atFrameworkLevel")]


def _item_types(nodes: Nodes, plan: Plan, items: Iterable[Json]) -> list[Json]:
    used = {item["CFItemTypeURI"]["uri"] for item in items}
    ordered = [kind for kind in plan.classes if kind in used] + sorted(used - set(plan.classes))
    return [
        {
            **nodes.link(kind),
            "title": _kind_name(nodes, kind),
            "description": nodes.edition.text(kind, DEFINITION) or _kind_name(nodes, kind),
            "hierarchyCode": str(number),
            "typeCode": compact(kind),
            "lastChangeDateTime": nodes.changed,
        }
        for number, kind in enumerate(ordered, 1)
    ]


def _kind_name(nodes: Nodes, kind: str) -> str:
    """What items of a class are called; concepts that are items are headings."""
    name = "heading" if kind == PREFIXES["skos"] + "Concept" else nodes.label(kind)
    return name[:1].upper() + name[1:]


def _levels(nodes: Nodes, items: Iterable[Json]) -> list[Json]:
    """The levels that items are at, as CFConcepts."""
    used = {item["conceptKeywordsURI"]["uri"] for item in items if "conceptKeywordsURI" in item}
    return [_coded(nodes, level) for level in sorted(used)]


def _families(nodes: Nodes, plan: Plan) -> list[Json]:
    """The role families as CFSubjects, which roles name as their subjects."""
    if not plan.scheme:
        return []
    mine = [iri for iri, (its, kind) in nodes.items.items() if its is plan and kind not in plan.classes]
    return [_coded(nodes, family) for family in mine]


def _coded(nodes: Nodes, concept: str) -> Json:
    notation = nodes.edition.text(concept, PREFIXES["skos"] + "notation") or key_of(concept)
    made = {**nodes.link(concept), "hierarchyCode": one_line(notation), "lastChangeDateTime": nodes.changed}
    if definition := nodes.edition.text(concept, DEFINITION):
        made["description"] = definition
    return made


def _subject(nodes: Nodes) -> Json:
    identifier, uri = minted("CFSubjects", "subject/community-mental-health")
    return {
        "identifier": identifier,
        "uri": uri,
        "title": _SUBJECT,
        "hierarchyCode": "1",
        "lastChangeDateTime": nodes.changed,
    }


def _license(nodes: Nodes) -> Json:
    iri = next(iter(nodes.links(ONTOLOGY, _DCTERMS + "license")), BASE)
    title = "CC BY 4.0" if iri == "https://creativecommons.org/licenses/by/4.0/" else iri
    return {
        "identifier": uuid_of(iri),
        "uri": iri,
        "title": title,
        "licenseText": iri,
        "lastChangeDateTime": nodes.changed,
    }


def _link_to(thing: Json) -> Json:
    return {"title": thing["title"], "identifier": thing["identifier"], "uri": thing["uri"]}


def _header(edition: Edition, name: str) -> str:
    return one_line(edition.text(ONTOLOGY, _DCTERMS + name)) or "The cmh_graph project"
