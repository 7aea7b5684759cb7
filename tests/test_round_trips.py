"""Files come back: reading what a format wrote gives the very statements that it is said to carry."""

from __future__ import annotations

import pytest

from built import framework_edition, framework_written
from cmh_graph.export import FORMATS, Edition
from cmh_graph.export.losses import find_losses
from cmh_graph.store import DefaultGraph, Quad, Triple, canonical_nquads

READ_BACK = [name for name, format in FORMATS.items() if format.read]


@pytest.fixture(scope="module")
def edition() -> Edition:
    return framework_edition()


def canonical(triples: object) -> bytes:
    """Blank nodes take other names in files, so graphs are compared in canonical form."""
    assert isinstance(triples, set | frozenset | tuple)
    return canonical_nquads(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in triples)


@pytest.mark.parametrize("name", READ_BACK)
def test_reading_back_gives_what_is_carried(edition: Edition, name: str) -> None:
    format = FORMATS[name]
    assert format.read is not None
    written = framework_written(name)
    carried = edition.stated if written.carried is None else frozenset[Triple](written.carried)
    assert canonical(frozenset(format.read(written.files))) == canonical(carried)


def test_what_a_format_leaves_out_is_counted(edition: Edition) -> None:
    """losses.csv and the carried statements add up to all that is stated, whatever the format."""
    for name, format in FORMATS.items():
        carried = framework_written(name).carried
        lost = find_losses(edition, format, carried)
        stated = frozenset(edition.stated)
        assert carried is None or carried <= stated, f"{name} says it carries what nobody stated"
        assert sum(one.lost for one in lost) == (0 if carried is None else len(stated - carried))
        assert all(one.why for one in lost), f"{name} does not say why it leaves {lost[:1]} out"
