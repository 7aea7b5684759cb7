"""The kind of a file by the end of its name: media type, the EU's code for file types, the standard it follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_IANA: Final = "https://www.iana.org/assignments/media-types/"
_EU: Final = "http://publications.europa.eu/resource/authority/file-type/"
UNKNOWN: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file; "" stands for what it has not.

    media_type: of what is in it, once unpacked. file_type: a code of the EU's authority table. follows: IRI of its
    standard. packing: media type of its packing."""

    media_type: str
    file_type: str = ""
    follows: str = ""
    packing: str = ""

    @property
    def outer(self) -> str:
        """The media type of the bytes as they are."""
        return self.packing or self.media_type


#: The first end that fits counts.
_KINDS: Final[dict[str, Kind]] = {
    ".sssom.tsv": Kind("text/tab-separated-values", "TSV", "https://w3id.org/sssom/"),
    ".sssom.ttl": Kind("text/turtle", "RDF_TURTLE", "https://w3id.org/sssom/"),
    ".ttl": Kind("text/turtle", "RDF_TURTLE"),
    ".nt": Kind("application/n-triples", "RDF_N_TRIPLES"),
    ".nq": Kind("application/n-quads", "RDF_N_QUADS"),
    ".trig": Kind("application/trig", "RDF_TRIG"),
    ".rdf": Kind("application/rdf+xml", "RDF_XML"),
    ".jsonld": Kind("application/ld+json", "JSON_LD"),
    "csv-metadata.json": Kind("application/csvm+json", "JSON_LD", "https://www.w3.org/TR/tabular-metadata/"),
    "datapackage.json": Kind("application/json", "JSON", "https://datapackage.org/"),
    ".json": Kind("application/json", "JSON"),
    ".csv": Kind("text/csv", "CSV"),
    ".parquet": Kind("application/vnd.apache.parquet", "PARQUET", "https://parquet.apache.org/"),
    ".sqlite": Kind("application/vnd.sqlite3", "", "https://www.sqlite.org/fileformat.html"),
    ".xlsx": Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "XLSX"),
    ".graphml": Kind("application/xml", "XML", "http://graphml.graphdrawing.org/xmlns"),
    ".gexf": Kind("application/xml", "XML", "http://gexf.net/1.3"),
    ".md": Kind("text/markdown"),
    "LICENSE-CONTENT": Kind("text/plain", "TXT"),
}
_PACKED: Final = {".gz": "application/gzip", ".zst": "application/zstd"}


def kind_of(name: str) -> Kind:
    """The kind of a file; UNKNOWN bytes if its ending is none that we write."""
    for end, packing in _PACKED.items():
        if name.endswith(end):
            inner = kind_of(name.removesuffix(end))
            return Kind(inner.media_type, inner.file_type, inner.follows, packing)
    return next((kind for end, kind in _KINDS.items() if name.endswith(end)), Kind(UNKNOWN))


def media_type_iri(media_type: str) -> str:
    """The IRI of a media type at IANA."""
    return _IANA + media_type


def file_type_iri(code: str) -> str:
    """The IRI of a file type in the EU's authority table; "" for none."""
    return _EU + code if code else ""
