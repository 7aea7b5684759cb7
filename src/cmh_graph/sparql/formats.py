"""The formats answers are written in, and which of them a request gets (RFC 9110, section 12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cmh_graph.errors import BadParameter, NotAcceptable
from cmh_graph.sparql.guard import Form, quoted

_W3C_FORMATS: Final = "http://www.w3.org/ns/formats/"


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write an answer.

    name: what `?format=` takes and a file ends in; media_types: its own first, then what else it is asked as;
    aliases: further values of `?format=`; iri: its name in a service description.
    """

    name: str
    media_types: tuple[str, ...]
    iri: str
    aliases: tuple[str, ...] = ()


JSON: Final = Format(
    "json",
    ("application/sparql-results+json", "application/json"),
    _W3C_FORMATS + "SPARQL_Results_JSON",
    ("srj",),
)
XML: Final = Format(
    "xml",
    ("application/sparql-results+xml", "application/xml", "text/xml"),
    _W3C_FORMATS + "SPARQL_Results_XML",
    ("srx",),
)
CSV: Final = Format("csv", ("text/csv",), _W3C_FORMATS + "SPARQL_Results_CSV")
TSV: Final = Format("tsv", ("text/tab-separated-values",), _W3C_FORMATS + "SPARQL_Results_TSV")

TURTLE: Final = Format(
    "ttl",
    ("text/turtle", "application/turtle", "application/x-turtle"),
    _W3C_FORMATS + "Turtle",
    ("turtle", "n3"),
)
NTRIPLES: Final = Format(
    "nt", ("application/n-triples",), _W3C_FORMATS + "N-Triples", ("ntriples", "n-triples")
)
RDFXML: Final = Format(
    "rdf",
    ("application/rdf+xml", "application/xml", "text/xml"),
    _W3C_FORMATS + "RDF_XML",
    ("rdfxml", "rdf+xml", "xml"),
)
JSONLD: Final = Format(
    "jsonld", ("application/ld+json", "application/json"), _W3C_FORMATS + "JSON-LD", ("json-ld", "json")
)

SOLUTIONS: Final = (JSON, XML, CSV, TSV)
BOOLEAN: Final = (JSON, XML)
GRAPH: Final = (TURTLE, NTRIPLES, RDFXML, JSONLD)
ALL: Final = (*SOLUTIONS, *GRAPH)

#: Browsers ask for these first. They get a format that people can read, labelled as plain text.
_FOR_READING: Final = ("text/html", "application/xhtml+xml", "text/plain")
_READABLE: Final[dict[Form, Format]] = {
    Form.SELECT: TSV,
    Form.ASK: JSON,
    Form.CONSTRUCT: TURTLE,
    Form.DESCRIBE: TURTLE,
}


def offered(form: Form) -> tuple[Format, ...]:
    """The formats a query form can be written in, the one we send by default first."""
    return {Form.SELECT: SOLUTIONS, Form.ASK: BOOLEAN}.get(form, GRAPH)


def choose(form: Form, accept: str | None, wanted: str | None = None) -> tuple[Format, str]:
    """The format to write an answer in, and the Content-Type to send it with.

    accept: the Accept header; None or empty accepts everything. wanted: the format= parameter, which wins.
    Raises NotAcceptable, or BadParameter for a format name that we don't know at all."""
    if len(accept or "") + len(wanted or "") <= _SHORT:
        return _remembered(form, accept, wanted)
    return _chosen(form, accept, wanted)


def _chosen(form: Form, accept: str | None, wanted: str | None) -> tuple[Format, str]:
    formats = offered(form)
    names = ", ".join(f"{known.name} ({known.media_types[0]})" for known in formats)
    if wanted:
        asked = wanted.strip().lower()
        for known in formats:
            if asked in (known.name, *known.aliases, *known.media_types):
                return known, content_type(known.media_types[0])
        if any(asked in (known.name, *known.aliases, *known.media_types) for known in ALL):
            raise NotAcceptable(
                f"a {form.value} cannot be answered as {quoted(asked)}",
                where="parameter format",
                mend=f"ask for {names}",
            )
        raise BadParameter(
            f"there is no format {quoted(asked)!r}", where="parameter format", mend=f"ask for {names}"
        )
    candidates = [(media_type, known) for known in formats for media_type in known.media_types]
    # Own media types first, so that a wildcard picks the default and not an alias.
    candidates.sort(key=lambda pair: pair[0] != pair[1].media_types[0])
    candidates += [(media_type, _READABLE[form]) for media_type in _FOR_READING]
    best = negotiate(accept, [media_type for media_type, _ in candidates])
    if best is None:
        raise NotAcceptable(
            f"none of the accepted media types is one a {form.value} can be answered in",
            where=f"header Accept: {quoted(accept or '')}",
            mend=f"accept {names}",
        )
    media_type, known = candidates[best]
    return known, content_type("text/plain" if media_type in _FOR_READING else media_type)


#: A handful of headers is what nearly all programs send; long ones, which nobody sends twice, must not fill memory.
_SHORT: Final = 300
_remembered: Final = lru_cache(maxsize=512)(_chosen)


def content_type(media_type: str) -> str:
    """The header value: text types say that they are UTF-8, the others are by definition."""
    if media_type == "text/csv":
        return "text/csv; charset=utf-8; header=present"
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


@dataclass(frozen=True, slots=True)
class _Range:
    kind: str
    subtype: str
    parameters: frozenset[tuple[str, str]]
    quality: float

    def specificity(self, media_type: str) -> int:
        """How closely this range fits: -1 not at all, 0 for */*, 1 for text/*, 2 and up for exact."""
        kind, _, subtype = media_type.partition("/")
        if self.kind == "*":
            return 0 if self.subtype == "*" else -1
        if self.kind != kind:
            return -1
        if self.subtype == "*":
            return 1
        return 2 + len(self.parameters) if self.subtype == subtype else -1


def negotiate(accept: str | None, media_types: Sequence[str]) -> int | None:
    """The index of the media type the Accept header likes best; the first offered wins among equals.

    The most specific range that fits decides a type's quality, and q=0 rules it out. Parts of the header that
    are not media ranges are passed over. None: nothing offered is acceptable."""
    ranges = list(_ranges(accept or ""))
    if not ranges:
        return 0
    best: int | None = None
    best_rank = (0.0, -1)
    for index, media_type in enumerate(media_types):
        fits = [(part.specificity(media_type), part.quality) for part in ranges]
        specificity, quality = max(fits)
        if specificity < 0 or quality <= 0:
            continue
        # Between types of equal quality, one that is named is meant more than one under a wildcard.
        if (quality, specificity) > best_rank:
            best, best_rank = index, (quality, specificity)
    return best


def _ranges(accept: str) -> Iterable[_Range]:
    for part in _split(accept, ","):
        media_range, *settings = _split(part, ";")
        kind, slash, subtype = media_range.strip().lower().partition("/")
        if not slash or not kind or not subtype:
            continue
        quality = 1.0
        parameters: set[tuple[str, str]] = set()
        for setting in settings:
            name, _, value = setting.strip().partition("=")
            name = name.strip().lower()
            value = value.strip().strip('"').lower()
            if name == "q":
                try:
                    quality = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    quality = 0.0
                break  # what follows q are extensions of Accept, not of the media type
            # Everything is sent as UTF-8: asking for that by name is no further condition.
            if name and (name, value) != ("charset", "utf-8"):
                parameters.add((name, value))
        yield _Range(kind, subtype, frozenset(parameters), quality)


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that are not inside a quoted string."""
    parts, start, quoted = [], 0, False
    for index, character in enumerate(text):
        if character == '"' and text[index - 1 : index] != "\\":
            quoted = not quoted
        elif character == separator and not quoted:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]
