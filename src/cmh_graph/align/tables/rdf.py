"""RDF in any syntax -> records: posts, roles, occupations, titles or concepts with their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cmh_graph.align.files.confined import confined
from cmh_graph.align.files.limits import LARGEST_RDF, RDF_MEMORY, RDF_SECONDS
from cmh_graph.align.tables.rows import Field, Record, Records, Table
from cmh_graph.align.tables.title_rows import make_table
from cmh_graph.errors import SourceError

_SCRIPT: Final = Path(__file__).with_name("rdf_reader.py")
_NAMES: Final = ("title", "key", "band", "employer", "description", "other titles")
#: What relative IRIs in a file are completed with; it names no place that exists.
_BASE: Final = "https://w3id.org/cmh-graph/local/"


def read_rdf(path: Path, columns: Mapping[Field, str], given: Mapping[Field, str]) -> Table:
    """The rows of an RDF file, each with its IRI as key; lines are not known and are 0. Nothing is fetched.

    Rows are cmh:Post, org:Post and schema:JobPosting; in a file without these cmh:Role, org:Role, esco:Occupation
    and schema:Occupation; then cmh:Title, skos:Concept, and last whatever has a label.
    Raises SourceError if the file is broken, too large, or names nothing."""
    size = path.stat().st_size
    if size > LARGEST_RDF:
        raise SourceError(
            f"the file is larger than the {LARGEST_RDF >> 20} MB of RDF that we read",
            where=str(path), mend="keep only the posts or occupations",
        )  # fmt: skip
    suffix = path.suffix.lower().lstrip(".")
    found = confined(
        _SCRIPT, [str(path.absolute()), suffix, _BASE],
        memory=RDF_MEMORY, seconds=RDF_SECONDS, path=path, mend="keep only the posts or occupations and try again",
    )  # fmt: skip
    about = next(found, {"kind": "", "rows": 0})
    if not about["rows"]:
        found.close()
        raise SourceError(
            "the RDF describes nothing that has a title",
            where=str(path),
            mend="describe posts, roles or concepts, each with a title or a label",
        )
    note = f"what the rows are: {about['kind']}, {about['rows']:,} of them"
    return make_table(path.name, str(path), _records(found), columns, [note], named=True, given=given)


def _records(found: Iterator[dict[str, Any]]) -> Records:
    yield Record(0, _NAMES)
    for one in found:
        cells = (
            one["title"],
            one["key"],
            one["band"],
            one["employer"],
            one["description"],
            "\n".join(one["other"]),
        )
        # A thing without any text is still a row.
        yield Record(0, cells, "" if any(cells) else "the title is empty")
