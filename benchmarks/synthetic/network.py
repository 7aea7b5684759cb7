"""The network of steps of `synthetic.framework`, so many times over, without reading so many statements.

Two copies with every bridge there may be are read and priced as any catalogue is; further copies have the same prices,
and their bridges are those that the maker of statements chooses by the same seed. tests/test_pathways_sizes.py reads
three copies and finds the same network."""

from __future__ import annotations

import random
import tempfile
from dataclasses import replace
from pathlib import Path

from cmh_graph.model import Iri, Key, Ref, Step
from cmh_graph.pathways.costs import StepCost
from cmh_graph.pathways.network import Network, network_of
from cmh_graph.reading import read
from cmh_graph.store import Store

from . import framework

_FIRST = "--copy-1"
Priced = tuple[Step, StepCost]


def network(nquads: bytes, times: int, seed: int = framework.SEED) -> Network:
    """The network of a built graph so many times over; the same as network_of gives for the statements."""
    parts = framework.parts_of(nquads, derived=False)
    if times == 1:
        return network_of(_read([parts.once]))
    made = network_of(
        _read([parts.once, _numbered(parts.copy, 1), *(_numbered(one, 1) for one in parts.bridges)])
    )
    places = {place.key: place for place in made.places}
    own, copy, bridge = [], [], {}
    for edge in made.edges:
        priced = edge.step, edge.cost
        key = edge.step.key
        if key.endswith("--bridge-1"):
            bridge[key.removesuffix("--bridge-1")] = priced
        elif key.endswith(_FIRST):
            copy.append(priced)
        else:
            own.append(priced)
    copied = [place for place in places.values() if place.key.endswith(_FIRST)]
    # The maker of statements chooses among the bridges in order of the steps that they are copies of.
    bridges = [bridge[key] for key in sorted(bridge)]
    everywhere = list(made.places)
    edges = [*own, *copy]
    randomly = random.Random(seed)
    for number in range(1, times):
        if number > 1:
            everywhere += [_place(place, number) for place in copied]
            edges += [(_step(step, number, number), cost) for step, cost in copy]
        chosen = sorted(randomly.sample(range(len(bridges)), min(framework.BRIDGES, len(bridges))))
        edges += [(_step(bridges[one][0], number - 1, number), bridges[one][1]) for one in chosen]
    return Network(everywhere, edges)


def _numbered(text: str, number: int) -> str:
    return text.replace(framework._HERE, str(number)).replace(framework._BEFORE, "")


def _read(texts: list[str]):  # type: ignore[no-untyped-def]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "graph.nq"
        file.write_text("".join(texts), encoding="utf-8")
        return read(Store.load(file))


def _place(place: Ref, number: int) -> Ref:
    return Ref(place.kind, Key(_key(place.key, number)), place.label.replace(", copy 1", f", copy {number}"))


def _key(key: str, number: int) -> str:
    base = key.removesuffix(_FIRST)
    return f"{base}--copy-{number}" if number else base


def _step(step: Step, start: int, end: int) -> Step:
    """A step of the first copy as one of another; of a bridge, the copy that it starts in is the one before."""
    kind = "--bridge-1" if step.key.endswith("--bridge-1") else _FIRST
    key = f"{step.key.removesuffix(kind)}{kind[:-1]}{end}"
    return replace(
        step,
        key=Key(key),
        iri=Iri(step.iri.removesuffix(step.key) + key),
        from_position=_place(step.from_position, start),
        to_position=_place(step.to_position, end),
    )
