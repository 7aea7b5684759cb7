"""Decisions -> an SSSOM mapping set (https://mapping-commons.github.io/sssom/), as TSV with its header."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from cmh_graph.align.cells import inert
from cmh_graph.namespaces import BASE, PREFIXES

COLUMNS = (
    "subject_id", "subject_label", "predicate_id", "object_id", "object_label",
    "mapping_justification", "confidence", "match_string", "comment",
)  # fmt: skip
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def slug(text: str) -> str:
    """A text as part of an IRI: letters, digits, dot, underscore and hyphen; the rest percent-encoded."""
    return quote(re.sub(r"\s+", "-", text.strip()), safe="-._~") or "x"


class MappingSetWriter:
    """Writes one mapping per call. Machine rows are never skos:exactMatch: that needs a person.

    base: what subject IRIs start with; mapping_date: only if the caller gives one, as a clock would make the
    same input give other bytes."""

    def __init__(
        self, out: TextIO, *, name: str, base: str, version: str, tool_version: str, mapping_date: str = ""
    ) -> None:
        self._out = out
        self._base = base
        prefixes = {key: PREFIXES[key] for key in ("role", "skos", "semapv", "sssom")} | {"title": base}
        header = [
            "curie_map:",
            *(f"  {key}: {prefixes[key]}" for key in sorted(prefixes)),
            f"mapping_set_id: {BASE}mappings/{slug(name)}",
            f"mapping_set_version: {_quoted(version)}",
            f"mapping_set_title: {_quoted(f'Titles of {name} and framework roles, proposed by machine')}",
            f"license: {LICENCE}",
            f"subject_source: {base.rstrip('-/#')}",
            "object_source: " + BASE + "role/",
            "mapping_tool: cmh-graph align",
            f"mapping_tool_version: {_quoted(tool_version)}",
            *([f"mapping_date: {mapping_date}"] if mapping_date else []),
            "comment: Proposed by machine and not reviewed. A cell that would start a formula in a"
            " spreadsheet has an apostrophe before it.",
        ]
        for line in header:
            out.write(f"#{line}\n")
        self._rows = csv.writer(out, delimiter="\t", lineterminator="\n")
        self._rows.writerow(COLUMNS)

    def subject(self, key: str) -> str:
        return f"title:{slug(key)}"

    def match(
        self, subject: str, title: str, role: str, label: str, *, alike: bool, exact: bool, confidence: float,
        matched: str, why: str,
    ) -> None:  # fmt: skip
        """alike: same function and level (closeMatch); otherwise only related."""
        self._rows.writerow(
            (
                subject, _cell(title), "skos:closeMatch" if alike else "skos:relatedMatch", f"role:{role}",
                _cell(label),
                "semapv:LexicalMatching" if exact else "semapv:LexicalSimilarityThresholdMatching",
                f"{confidence:.3f}", _cell(matched), _cell(why),
            )
        )  # fmt: skip

    def no_match(self, subject: str, title: str, *, confidence: float, why: str) -> None:
        """confidence: how sure we are that the framework has no role for the title."""
        self._rows.writerow(
            (
                subject, _cell(title), "skos:closeMatch", "sssom:NoTermFound", "",
                "semapv:LexicalSimilarityThresholdMatching", f"{confidence:.3f}", "", _cell(why),
            )
        )  # fmt: skip


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _cell(text: str) -> str:
    return inert(" ".join(text.split()))


def subject_base(path: Path, base: str | None) -> str:
    """What subject IRIs start with: the caller's base, or ours with the file's name."""
    return base or f"{PREFIXES['title']}{slug(path.stem)}-"
