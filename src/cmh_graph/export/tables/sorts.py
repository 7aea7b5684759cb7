"""Sorts of values: each needs a column of its own, because a column has one language or datatype."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from cmh_graph.export.tables.literals import can_hold
from cmh_graph.namespaces import key_of
from cmh_graph.store import Literal, NamedNode, Term

#: subject IRI -> values of one property
Values: TypeAlias = Mapping[str, Sequence[Term]]
#: IRIs that a URI template ("{+iri}" in CSVW) leaves as they are.
PLAIN_IRI: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
)


def fits_a_cell(term: Term) -> bool:
    if isinstance(term, Literal):
        return can_hold(term)
    return isinstance(term, NamedNode) and PLAIN_IRI.fullmatch(term.value) is not None


def sort_of(term: Term) -> str:
    """What sort of value it is: "" for a link, else its language or datatype; each needs a column of its own."""
    if not isinstance(term, Literal):
        return ""
    return re.sub(r"\W", "_", term.language or key_of(term.datatype.value))


def sorts_of(values: Values) -> dict[str, dict[str, list[Term]]]:
    """Suffix of the column -> subject -> values. Links, or else English or the first sort of text, have none."""
    parts: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for subject, terms in values.items():
        for term in terms:
            parts[sort_of(term)][subject].append(term)
    order = sorted(parts, key=lambda sort: (sort != "", sort != "en", sort))
    return {f"_{sort}" if number else "": parts[sort] for number, sort in enumerate(order)}
