"""A script: the posts, roles or occupations of an RDF file, one JSON object a line, for files.confined.

It runs in a process of its own and imports nothing of ours, so that a hostile file ends this process only. It reads
the file statement by statement and keeps in memory what can belong to a row."""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Iterator
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SKOSXL = "http://www.w3.org/2008/05/skos-xl#"
ORG = "http://www.w3.org/ns/org#"
ESCO = "http://data.europa.eu/esco/model#"
CMH = "https://w3id.org/cmh-graph/ns#"
DCTERMS = "http://purl.org/dc/terms/"
DC = "http://purl.org/dc/elements/1.1/"
FOAF = "http://xmlns.com/foaf/0.1/"
SCHEMA = ("http://schema.org/", "https://schema.org/")

#: What is taken as a row; of these kinds the first in a file, then whatever is a concept, then whatever has a name.
KINDS = (
    ("posts", (CMH + "Post", ORG + "Post", *(base + "JobPosting" for base in SCHEMA))),
    ("roles", (CMH + "Role", ORG + "Role", ESCO + "Occupation", *(base + "Occupation" for base in SCHEMA))),
    ("titles", (CMH + "Title",)),
    ("concepts", (SKOS + "Concept",)),
)
#: Properties that hold a title, the likeliest first. A thing that they point to is asked for its own name.
TITLE = (
    CMH + "hasTitle", *(base + "title" for base in SCHEMA), SKOS + "prefLabel", SKOSXL + "prefLabel",
    DCTERMS + "title", *(base + "name" for base in SCHEMA), RDFS + "label", DC + "title", FOAF + "name",
    *(base + "occupationalCategory" for base in SCHEMA), ORG + "role",
)  # fmt: skip
OTHER = (SKOS + "altLabel", SKOSXL + "altLabel", *(base + "alternateName" for base in SCHEMA))
DESCRIPTION = (
    SKOS + "definition", DCTERMS + "description", *(base + "description" for base in SCHEMA), RDFS + "comment",
    DC + "description", SKOS + "scopeNote",
)  # fmt: skip
EMPLOYER = (
    *(base + "hiringOrganization" for base in SCHEMA),
    CMH + "employer",
    ORG + "postIn",
    CMH + "withEmployer",
)
BAND = (CMH + "hasBand", CMH + "band", CMH + "payBand")
NAME = (SKOSXL + "literalForm", SKOS + "prefLabel", *(base + "name" for base in SCHEMA), RDFS + "label", FOAF + "name",
        DCTERMS + "title", SKOS + "notation", RDF + "value")  # fmt: skip
KEY = (
    DCTERMS + "identifier", *(base + one for base in SCHEMA for one in ("identifier", "url")), SKOS + "notation",
)  # fmt: skip
VALUE = (*(base + "value" for base in SCHEMA), RDF + "value")
WANTED = frozenset((*KEY, *VALUE, *TITLE, *OTHER, *DESCRIPTION, *EMPLOYER, *BAND, *NAME))

MOST_VALUES = 200  # of one property of one thing
LONGEST = 100_000  # characters
MOST_THINGS = 1_000_000

SCHEMA_CONTEXT = re.compile(
    rb'("@context"\s*:\s*(?:\[\s*)?)"https?://(?:www\.)?schema\.org(?:/(?:docs/jsonldcontext\.jsonl?d?)?)?"'
)

Term = Any


class Refused(Exception):
    def __init__(self, what: str, where: str = "", mend: str = "") -> None:
        super().__init__(what)
        self.said = {"refused": what, "where": where, "mend": mend}


def statements(path: str, name: str, base: str) -> Iterator[Quad]:
    """The statements of the file, in its order. No context is loaded: schema.org's is known, others are refused."""
    form = {
        "ttl": RdfFormat.TURTLE, "n3": RdfFormat.N3, "nt": RdfFormat.N_TRIPLES, "nq": RdfFormat.N_QUADS,
        "trig": RdfFormat.TRIG, "jsonld": RdfFormat.JSON_LD,
    }.get(name, RdfFormat.RDF_XML)  # fmt: skip
    if form == RdfFormat.JSON_LD:
        # Small enough to be held whole, and only then is it known which contexts it names.
        with open(path, "rb") as opened:  # noqa: PTH123
            data = opened.read(64 << 20)
            if opened.read(1):
                raise Refused("the JSON-LD has more than 64 MB", mend="save it as Turtle or N-Triples")
        data = SCHEMA_CONTEXT.sub(rb'\1{"@vocab": "http://schema.org/"}', data)
        yield from parse(data, form, base_iri=base)
        return
    if form == RdfFormat.RDF_XML:
        with open(path, "rb") as opened:  # noqa: PTH123
            start = opened.read(1 << 20)
            if re.search(rb"<!ENTITY\s+\S+\s+(SYSTEM|PUBLIC)|<!ENTITY\s+[^>]*&", start):
                raise Refused(
                    "the XML declares entities that grow or point outside, which we refuse",
                    mend="save the file as Turtle",
                )
    yield from parse(path=path, format=form, base_iri=base)


def label(values: list[Term]) -> str:
    """The English text among literals, otherwise one without a language, otherwise the first."""
    literals = [one for one in values if isinstance(one, Literal)]

    def order(one: Literal) -> tuple[int, int]:
        language = (one.language or "").lower()
        return (0 if language == "en" else 1 if language.startswith("en") else 2 if not language else 3, 0)

    return str(min(literals, key=order).value) if literals else ""


def _may_be_english(literal: Literal) -> bool:
    return not literal.language or literal.language.lower().startswith("en")


class Things:
    """What is said of each thing, as far as we ask for it: property -> values, within limits.

    Statements are read once: a thing without an IRI has another name each time that a file is read."""

    def __init__(self) -> None:
        self.said: dict[Term, dict[str, list[Term]]] = {}

    def hear(self, quad: Quad) -> None:
        if len(self.said) > 2 * MOST_THINGS:
            raise Refused(f"the file describes more than {2 * MOST_THINGS:,} things", mend="split it")
        values = self.said.setdefault(quad.subject, {}).setdefault(quad.predicate.value, [])
        value = quad.object
        if isinstance(value, Literal):
            if not _may_be_english(value) and values:
                return  # one text in another language is enough where there is no English one
            if len(value.value) > LONGEST:
                value = Literal(value.value[:LONGEST], language=value.language)
            if values and isinstance(values[0], Literal) and not _may_be_english(values[0]):
                values.clear()
        if len(values) < MOST_VALUES and value not in values:
            values.append(value)

    def values(self, thing: Term, properties: tuple[str, ...]) -> Iterator[list[Term]]:
        for one in properties:
            found = self.said.get(thing, {}).get(one)
            if found:
                yield found

    def name(self, thing: Term) -> str:
        """A thing's own name; for one that is not described, the end of its IRI."""
        for found in self.values(thing, NAME):
            if text := label(found):
                return text
        if isinstance(thing, NamedNode):
            return re.split(r"[/#:]", thing.value.rstrip("/#"))[-1].replace("-", " ").replace("_", " ")
        return ""

    def text(self, thing: Term, properties: tuple[str, ...], *, named: bool) -> str:
        """The first property that gives a text. named: things pointed to may be named by their IRI."""
        for found in self.values(thing, properties):
            if text := label(found):
                return text
            for one in found:
                followed = isinstance(one, (NamedNode, BlankNode)) and (named or self.said.get(one))
                if followed and (text := self.name(one)):
                    return text
        return ""

    def identifier(self, thing: Term) -> str:
        """What tells apart a thing without an IRI: its number, or its address."""
        for found in self.values(thing, KEY):
            for one in found:
                if isinstance(one, NamedNode):
                    return str(one.value)
                inner = next(self.values(one, VALUE), []) if isinstance(one, BlankNode) else [one]
                if text := label(inner):
                    return text
        return ""

    def texts(self, thing: Term, properties: tuple[str, ...]) -> list[str]:
        """All texts, English ones only if there are any."""
        texts: list[str] = []
        english: list[str] = []
        for found in self.values(thing, properties):
            for one in found:
                text = one.value if isinstance(one, Literal) else self.name(one)
                language = (one.language or "") if isinstance(one, Literal) else ""
                (english if language.lower().startswith("en") else texts).append(str(text))
        return english or texts


def read(path: str, name: str, base: str) -> Iterator[dict[str, Any]]:
    """First {"kind": what the rows are, "rows": how many}, then a row for each."""
    kind_of = {iri: number for number, (_, iris) in enumerate(KINDS) for iri in iris}
    kinds: list[dict[Term, None]] = [{} for _ in KINDS]
    things = Things()
    for quad in statements(path, name, base):
        if quad.predicate.value == RDF + "type" and isinstance(quad.object, NamedNode):
            number = kind_of.get(quad.object.value)
            if number is not None:
                kinds[number][quad.subject] = None
        elif quad.predicate.value in WANTED:
            things.hear(quad)
        if max(map(len, kinds)) > MOST_THINGS:
            raise Refused(f"the file has more than {MOST_THINGS:,} rows", mend="split it")
    chosen = next((number for number, found in enumerate(kinds) if found), None)
    names = (*NAME, *TITLE)
    rows = (
        list(kinds[chosen])
        if chosen is not None
        else [thing for thing, said in things.said.items() if any(one in said for one in names)]
    )
    if len(rows) > MOST_THINGS:
        raise Refused(f"the file has more than {MOST_THINGS:,} rows", mend="split it")
    yield {"kind": KINDS[chosen][0] if chosen is not None else "things with a name", "rows": len(rows)}
    for row in rows:
        yield {
            "key": row.value if isinstance(row, NamedNode) else things.identifier(row),
            "title": things.text(row, TITLE, named=False),
            "other": things.texts(row, OTHER),
            "band": things.text(row, BAND, named=True),
            "employer": things.text(row, EMPLOYER, named=True),
            "description": things.text(row, DESCRIPTION, named=False),
        }


def main(memory: str, seconds: str, path: str, name: str, base: str) -> None:
    for limit, most in ((resource.RLIMIT_AS, int(memory)), (resource.RLIMIT_CPU, int(seconds))):
        # Whoever starts this process may have narrower limits, which nobody can widen.
        _, ceiling = resource.getrlimit(limit)
        most = ceiling if 0 <= ceiling < most else most
        resource.setrlimit(limit, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        for said in read(path, name, base):
            print(json.dumps(said))
    except Refused as refused:
        print(json.dumps(refused.said))
    except SyntaxError as error:
        place = f", line {error.lineno}" if error.lineno else ""
        place += f", column {error.offset}" if error.lineno and error.offset else ""
        # The parser repeats the place within its words.
        words = re.sub(r"^Parser error at .*?: ", "", str(error.msg or error)).partition(" (line ")[0][:300]
        if "LoadDocumentCallback" in words:
            print(json.dumps({
                "refused": "the JSON-LD names a context on the web, and we fetch nothing",
                "mend": "write the context into the file, or save it as Turtle",
            }))  # fmt: skip
        else:
            print(json.dumps({"refused": f"the RDF is broken: {words}", "where": place}))
    except (ValueError, OSError) as error:
        print(json.dumps({"refused": f"the RDF is broken: {str(error)[:300]}"}))
    except MemoryError:
        print(json.dumps({"refused": f"reading the file takes more than {int(memory) >> 20} MB of memory"}))


if __name__ == "__main__":
    main(*sys.argv[1:])
