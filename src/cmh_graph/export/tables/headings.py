"""Titles and descriptions of tables and columns: the ontology's words, and ours where it has none."""

from __future__ import annotations

import re
from typing import Final

from cmh_graph.export.edition import Edition
from cmh_graph.namespaces import CMH, PREFIXES, key_of

_SKOS: Final = PREFIXES["skos"]
_LABEL: Final = _SKOS + "prefLabel"
_DEFINITION: Final = _SKOS + "definition"

#: Columns that are called other than the last part of their property.
NAMES: Final = {_LABEL: "label"}
#: Properties of other vocabularies -> (title, description).
_OTHERS: Final = {
    _LABEL: ("Name", "The name that people use."),
    _DEFINITION: ("Definition", "What it is, in a sentence or two."),
    _SKOS + "altLabel": ("Other name", "Another name for the same thing."),
    _SKOS + "notation": ("Notation", "The code or number by which it is known."),
    _SKOS + "note": ("Note", "What a reader should know besides."),
    _SKOS + "scopeNote": ("Where it stops", "What the term covers and what it does not."),
    _SKOS + "example": ("Example", "One example of its use."),
    _SKOS + "broader": ("Broader", "The wider thing that this one belongs to."),
    _SKOS + "closeMatch": ("Close match", "A thing that is nearly the same."),
    _SKOS + "inScheme": ("In scheme", "The scheme or set that it belongs to."),
    _SKOS + "topConceptOf": ("Top of", "The scheme at whose top it stands."),
    PREFIXES["rdf"] + "type": ("Type", "What kind of thing it is, where not all rows of the table are alike."),
    PREFIXES["rdfs"] + "domain": ("Domain", "What has the property."),
    PREFIXES["rdfs"] + "range": ("Range", "What the values of the property are."),
    PREFIXES["rdfs"] + "isDefinedBy": ("Defined by", "The ontology that the term belongs to."),
    PREFIXES["rdfs"] + "subClassOf": ("Kind of", "The wider class."),
    PREFIXES["rdfs"] + "subPropertyOf": ("Wider property", "The wider property."),
    PREFIXES["dcterms"] + "source": ("Source", "Who or what says so: the key of a row in the table source."),
    PREFIXES["dc"] + "date": ("Date", "The date or year, as the source gives it."),
    PREFIXES["dc"] + "publisher": ("Publisher", "Who published it."),
    PREFIXES["dc"] + "rights": ("Rights", "On what terms it may be used."),
    PREFIXES["dcterms"] + "title": ("Title", "What it is called."),
    PREFIXES["dcterms"] + "description": ("Description", "What it is, in a sentence or two."),
    PREFIXES["dcterms"] + "license": ("Licence", "The licence under which it may be used."),
    PREFIXES["dcterms"] + "issued": ("Issued", "The day on which it was published."),
    PREFIXES["owl"] + "versionInfo": ("Version", "The version, such as 1.0.0."),
    PREFIXES["sssom"] + "mappings": ("Mapping", "A mapping of the set."),
    PREFIXES["sssom"] + "mapping_justification": ("Justification", "How the match was found."),
    PREFIXES["sssom"] + "subject_label": ("Our name", "The name of our thing when it was matched."),
    PREFIXES["sssom"] + "object_label": ("Their name", "The name of the thing of the other catalogue."),
    PREFIXES["sssom"] + "object_source": ("Other catalogue", "The catalogue that it is matched to."),
    PREFIXES["sssom"] + "object_source_version": ("Their version", "The version of the other catalogue."),
    PREFIXES["schema"] + "domainIncludes": ("Used of", "A class whose things have the property."),
    PREFIXES["schema"] + "rangeIncludes": ("Leads to", "A class that the values are of."),
    PREFIXES["schema"] + "url": ("Address", "Where it is on the web."),
    PREFIXES["owl"] + "annotatedSource": ("Matched", "Our thing, or the wording, that is matched."),
    PREFIXES["owl"] + "annotatedTarget": ("Matched to", "What it is matched to, there or here."),
    PREFIXES["owl"] + "annotatedProperty": ("How matched", "Exact, close, broad, narrow or related."),
}  # fmt: skip


def heading(edition: Edition, iri: str) -> tuple[str, str]:
    """Title and description of a class, property or scheme."""
    if iri in _OTHERS:
        return _OTHERS[iri]
    title = edition.text(iri, _LABEL) or split_words(key_of(iri))
    return title[:1].upper() + title[1:], edition.text(iri, _DEFINITION)


def split_words(name: str) -> str:
    """A name in camel case, or with hyphens, as words: "atSkillLevel" is "at skill level"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[-_/]", " ", name).lower()


def in_a_sentence(title: str) -> str:
    """A title as it stands after a colon: "Met by" is "met by", "AHP stage" stays."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def short_name(property: str) -> str:
    """The name of a column that states a property: its last part, as in the ontology."""
    return NAMES.get(property) or re.sub(r"\W", "_", key_of(property))


def long_name(property: str) -> str:
    """The same with the prefix of another vocabulary, for where the short name is taken."""
    if property.startswith(CMH):
        return short_name(property)
    prefix = next((p for p, namespace in PREFIXES.items() if property.startswith(namespace)), "other")
    return f"{prefix}_{short_name(property)}"
