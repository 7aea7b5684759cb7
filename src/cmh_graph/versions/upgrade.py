"""The SPARQL update that carries others' data from one version to the next: what was retired gives way to what
replaces it, as subject, predicate or object, in the default graph and in named graphs.

The framework's own blocks of retired things stay: a graph that says of a thing that it is deprecated keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cmh_graph.namespaces import PREFIXES, compact
from cmh_graph.versions.retirement import Retirement
from cmh_graph.versions.semver import read_version

FOLDER: Final = "queries/upgrade"
_HEAD: Final = """\
# Carries data from {before} to {after}: what was retired gives way to what replaces it.
# Run it on your own data, in the store that holds it. Running it twice changes nothing.
"""
_PATTERNS: Final = (
    ("?thing ?property ?old", "?thing ?property ?new", "FILTER(?property != dcterms:isReplacedBy)"),
    ("?thing ?old ?value", "?thing ?new ?value", ""),
    (
        "?old ?property ?value",
        "?new ?property ?value",
        "FILTER NOT EXISTS {{ {open}?old owl:deprecated true{close} }}",
    ),
)


def upgrade_name(before: str, after: str) -> str:
    """The name of the file: 1.0_to_1.1.ru. A patch retires nothing, so it needs none."""
    old, new = read_version(before), read_version(after)
    return f"{old.major}.{old.minor}_to_{new.major}.{new.minor}.ru"


def upgrade_text(before: str, after: str, retired: Mapping[str, Retirement]) -> str:
    """The update for what was retired between two versions; "" if nothing of it has a replacement.

    A thing with several replacements is listed for people: no program can tell which of them is meant."""
    pairs = [
        (thing, one.replaced_by[0]) for thing, one in sorted(retired.items()) if len(one.replaced_by) == 1
    ]
    split = [(thing, one.replaced_by) for thing, one in sorted(retired.items()) if len(one.replaced_by) > 1]
    if not pairs and not split:
        return ""
    lines = [_HEAD.format(before=before, after=after)]
    for thing, targets in split:
        lines.append(
            f"# By hand: {compact(thing)} became {', '.join(map(compact, targets))}. Choose one in each place.\n"
        )
    if pairs:
        lines += [f"PREFIX {prefix}: <{PREFIXES[prefix]}>\n" for prefix in ("dcterms", "owl")]
        values = "".join(f"    (<{old}> <{new}>)\n" for old, new in pairs)
        operations = [
            _operation(pattern, values, opening, closing)
            for opening, closing in (("", ""), ("GRAPH ?graph { ", " }"))
            for pattern in _PATTERNS
        ]
        lines.append(" ;\n".join(operations) + "\n")
    return "".join(lines)


def _operation(pattern: tuple[str, str, str], values: str, opening: str, closing: str) -> str:
    old, new, condition = pattern
    test = condition.format(open=opening, close=closing)
    return (
        f"DELETE {{ {opening}{old}{closing} }}\nINSERT {{ {opening}{new}{closing} }}\nWHERE {{\n"
        f"  VALUES (?old ?new) {{\n{values}  }}\n  {opening}{old}{closing}\n"
        + (f"  {test}\n" if test else "")
        + "}"
    )
