"""A mapping file with the columns that a review needs, and the rows of each title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from cmh_graph.namespaces import PREFIXES
from cmh_graph.sssom.model import REVIEW_SLOTS, STATES, MappingFile, Row
from cmh_graph.sssom.read import parse_mapping_file
from cmh_graph.sssom.write import text_of_file

#: Columns of a mapping file under review, in the order in which SSSOM lists its slots; ours come last.
COLUMNS: Final = (
    "subject_id", "subject_label", "predicate_id", "predicate_modifier", "object_id", "object_label",
    "mapping_justification", "reviewer_label", "object_source_version", "review_date", "confidence", "match_string",
    "comment", *REVIEW_SLOTS,
)  # fmt: skip
#: Prefixes that rows of a review need.
REVIEW_PREFIXES: Final = ("review-state", "role", "semapv", "skos", "sssom")
SSSOM_VERSION: Final = "1.1"


def head_lines(
    metadata: Mapping[str, str], prefixes: Mapping[str, str], slots: Iterable[str] = REVIEW_SLOTS
) -> tuple[str, ...]:
    """The head of a new mapping file: prefixes, fields in the order given, our slots declared.

    Values are written as quoted YAML, so that no text of a file becomes a field."""
    lines = [f'sssom_version: "{SSSOM_VERSION}"', "curie_map:"]
    lines += [f"  {name}: {quoted(prefixes[name])}" for name in sorted(prefixes)]
    lines += [f"{slot}: {quoted(value)}" for slot, value in metadata.items() if value]
    lines += ["extension_definitions:", *_declared(slots)]
    return tuple(f"#{line}\n" for line in lines)


def quoted(text: str) -> str:
    """A text as a quoted YAML value on one line."""
    inner = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def _declared(slots: Iterable[str]) -> list[str]:
    return [
        line
        for slot in slots
        for line in (
            f"  - slot_name: {slot}",
            f"    property: {quoted(REVIEW_SLOTS[slot][0])}",
            f"    type_hint: {quoted(REVIEW_SLOTS[slot][1])}",
        )
    ]


def for_review(file: MappingFile) -> MappingFile:
    """The file with every column, prefix and slot that a review needs; itself if it has them."""
    missing = [name for name in COLUMNS if name not in file.columns]
    declared = file.metadata.get("extension_definitions")
    known = (
        {one.get("slot_name") for one in declared if isinstance(one, dict)}
        if isinstance(declared, list)
        else set()
    )
    slots = [slot for slot in REVIEW_SLOTS if slot not in known]
    prefixes = [name for name in REVIEW_PREFIXES if name not in file.prefixes]
    if not missing and not slots and not prefixes:
        return file
    head = list(file.head)
    first = next((line for line in head if line.startswith("#")), "#")
    mark = "# " if first.startswith("# ") else "#"

    def add(after: str, lines: Iterable[str]) -> None:
        """Put lines below a field of the head, or the field and the lines at its end."""
        written = [f"{mark}{line}{file.end}" for line in lines]
        pattern = re.compile(rf"#\s?{after}:\s*$")
        place = next((n for n, line in enumerate(head) if pattern.match(line.strip())), None)
        if place is None:
            head.extend([f"{mark}{after}:{file.end}", *written])
        else:
            head[place + 1 : place + 1] = written

    if prefixes:
        add("curie_map", (f"  {name}: {quoted(PREFIXES[name])}" for name in prefixes))
    if slots:
        add("extension_definitions", _declared(slots))
    if "sssom_version" not in file.metadata:
        head.insert(0, f'{mark}sssom_version: "{SSSOM_VERSION}"{file.end}')
    columns = (*file.columns, *missing)
    rows = tuple(replace(row, raw="") if missing else row for row in file.rows)
    made = replace(
        file, head=tuple(head), columns=columns, title_line="" if missing else file.title_line, rows=rows
    )
    # Read again, so that the head that we wrote is the head that counts.
    return parse_mapping_file(text_of_file(made).encode(), file.path)


def rows_by_subject(file: MappingFile) -> dict[str, tuple[Row, ...]]:
    """IRI of each subject -> its rows, both in file order. Rows without a subject are left out."""
    found: dict[str, list[Row]] = {}
    for row in file.rows:
        if row["subject_id"]:
            found.setdefault(file.iri(row, "subject_id"), []).append(row)
    return {subject: tuple(rows) for subject, rows in found.items()}


def with_rows(file: MappingFile, changed: Mapping[str, Sequence[Row]]) -> MappingFile:
    """The file with other rows for some subjects, at the place of their first row; new subjects come last."""
    left = dict(changed)
    done: set[str] = set()
    rows: list[Row] = []
    for row in file.rows:
        subject = file.iri(row, "subject_id") if row["subject_id"] else ""
        if subject in left:
            rows += left.pop(subject)
            done.add(subject)
        elif subject not in done:
            rows.append(row)
    for new in left.values():
        rows += new
    return replace(file, rows=tuple(rows))


#: The order of states within a title: see docs/decisions/0010-review-in-the-mapping-file.md.
_ORDER: Final = ("accepted", "candidate", "rejected", "superseded")


def in_order(file: MappingFile, rows: Iterable[Row]) -> list[Row]:
    """A title's rows by state; within a state as they stood."""
    return sorted(rows, key=lambda row: _ORDER.index(file.state(row) or "candidate"))


assert set(_ORDER) == set(STATES)
