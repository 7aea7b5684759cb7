"""What the fields of a CASE object say in RDF, and how an extension says the rest.

An extension is a map from prefixed names to lists of JSON-LD values, such as {"cmh:status": [{"@id": "..."}]}. Where it
names a property it says all of it, an empty list nothing; what it does not name is what the fields mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from cmh_graph.namespaces import CMH, PREFIXES, compact
from cmh_graph.store import BlankNode, Literal, NamedNode, Term, Triple

#: A JSON object as it is in a file.
Json: TypeAlias = dict[str, Any]
#: predicate IRI -> what it leads to
Properties: TypeAlias = Mapping[str, Sequence[Term]]

LANGUAGE: Final = "en"
TYPE: Final = PREFIXES["rdf"] + "type"
PREDICATE: Final = PREFIXES["rdf"] + "predicate"
LABEL: Final = PREFIXES["skos"] + "prefLabel"
DEFINITION: Final = PREFIXES["skos"] + "definition"
ALTERNATIVE: Final = PREFIXES["skos"] + "altLabel"
TEXT: Final = CMH + "text"
SAME_AS: Final = PREFIXES["owl"] + "sameAs"
I_STATEMENT: Final = CMH + "IStatement"
SKILL_LEVEL: Final = CMH + "SkillLevel"
_STRING: Final = PREFIXES["xsd"] + "string"
#: Class -> the property that leads to its level, which CASE shows as educationLevel and conceptKeywordsURI.
LEVELS: Final[Mapping[str, str]] = {
    SKILL_LEVEL: CMH + "atFrameworkLevel",
    CMH + "Qualification": CMH + "educationLevel",
    CMH + "ApprenticeshipStandard": CMH + "educationLevel",
}


def item_meaning(item: Json) -> dict[str, list[Term]]:
    """What the fields of a CFItem say, whatever its extension adds."""
    said: dict[str, list[Term]] = {LABEL: [], DEFINITION: [], ALTERNATIVE: []}
    kind = item.get("CFItemTypeURI", {}).get("uri", "")
    if kind:
        said[TYPE] = [NamedNode(kind)]
    full, short = item["fullStatement"], item.get("abbreviatedStatement")
    if kind == I_STATEMENT:
        said[TEXT] = [_text(full)]
    elif short is None:
        said[LABEL] = [_text(full)]
    else:
        said[LABEL], said[DEFINITION] = [_text(short)], [_text(full)]
    said[ALTERNATIVE] = [_text(one) for one in item.get("conceptKeywords", ())]
    if kind in LEVELS:
        level = item.get("conceptKeywordsURI")
        said[LEVELS[kind]] = [NamedNode(level["uri"])] if level else []
    return said


def name_in(extension: Json, iri: str) -> Json:
    """The extension with the IRI of the thing that it is about: tools put an address of their own into `uri`."""
    same = compact(SAME_AS)
    return {same: [{"@id": iri}, *extension.pop(same, [])], **extension}


def named_in(thing: Json) -> str:
    """The IRI that name_in wrote, otherwise the uri of the object itself."""
    same = thing.get("extensions", {}).get(compact(SAME_AS))
    iri: str = same[0]["@id"] if same else thing["uri"]
    return iri


def without_name(extension: Json) -> Json:
    """What name_in was given."""
    same = compact(SAME_AS)
    rest = {name: values for name, values in extension.items() if name != same}
    return {**rest, same: extension[same][1:]} if len(extension.get(same, ())) > 1 else rest


def titled_meaning(thing: Json) -> dict[str, list[Term]]:
    """What the title and description of a CFDocument say."""
    description = thing.get("description")
    return {
        LABEL: [_text(thing["title"])],
        DEFINITION: [_text(description)] if description is not None else [],
    }


def one_line(text: str) -> str:
    """A text as the standard's NormalizedString: without line breaks and tabs, spaces single."""
    return " ".join(text.split())


def write_extension(said: Properties, stated: Properties) -> Json:
    """What an extension must say so that fields and extension together say what is stated.

    Statements about blank nodes are left out: they have no name that a file could give."""
    extension: Json = {}
    for predicate in sorted({*said, *stated}):
        wanted = [term for term in stated.get(predicate, ()) if not isinstance(term, BlankNode | Triple)]
        if set(wanted) != set(said.get(predicate, ())):
            extension[compact(predicate)] = [_value(term) for term in wanted]
    return extension


def read_extension(said: Properties, extension: Json) -> dict[str, list[Term]]:
    """Fields and extension put together; ValueError if the extension has a name or value that we do not know."""
    found = {predicate: list(terms) for predicate, terms in said.items()}
    for name, values in extension.items():
        found[expand(name)] = [_term(value) for value in values]
    return found


def triples_of(subject: str, properties: Properties) -> set[Triple]:
    """The triples of a subject with these properties."""
    node = NamedNode(subject)
    return {
        Triple(node, NamedNode(predicate), term) for predicate, terms in properties.items() for term in terms
    }


def expand(name: str) -> str:
    """The IRI of a prefixed name; ValueError if the prefix is none of ours."""
    prefix, colon, rest = name.partition(":")
    if rest.startswith("//"):
        return name
    if not colon or prefix not in PREFIXES:
        raise ValueError(f"'{name[:60]}' has no prefix that we know")
    return PREFIXES[prefix] + rest


def used_prefixes(extensions: Iterable[Json]) -> Json:
    """prefix -> namespace of every name in some extensions."""
    names = {name.partition(":")[0] for extension in extensions for name in extension}
    return {prefix: PREFIXES[prefix] for prefix in sorted(names) if prefix in PREFIXES}


def _text(text: str) -> Literal:
    return Literal(text, language=LANGUAGE)


def _value(term: Term) -> Json:
    if isinstance(term, Literal):
        if term.language:
            return {"@value": term.value, "@language": term.language}
        if term.datatype.value == _STRING:
            return {"@value": term.value}
        return {"@value": term.value, "@type": term.datatype.value}
    assert isinstance(term, NamedNode)
    return {"@id": term.value}


def _term(value: Any) -> Term:
    if not isinstance(value, dict):
        raise ValueError("a value of an extension is a JSON-LD object")
    if "@id" in value:
        return NamedNode(value["@id"])
    if "@value" not in value:
        raise ValueError("a value of an extension has neither @id nor @value")
    if "@language" in value:
        return Literal(value["@value"], language=value["@language"])
    if "@type" in value:
        return Literal(value["@value"], datatype=NamedNode(value["@type"]))
    return Literal(value["@value"])
