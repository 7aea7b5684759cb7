"""Prints how well descriptions are read, on labelled texts (tests/cases/align/texts, its README has the rules).

python benchmarks/describe_accuracy.py [--wrong]

Precision, recall and F1 by kind for the development half and the half held out, with 95% intervals (bootstrap over
texts, 1,000 draws); then how often the necessity and the place are right, and what a confidence is worth.
--wrong: list the mistakes of the development half. Those of the other half are not to be looked at."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from cmh_graph.align.framework_labels import framework_names
from cmh_graph.align.texts.descriptions import Description, Lexicon, read_description
from cmh_graph.align.texts.evaluate import (
    Half,
    LabelledText,
    Tally,
    half,
    interval,
    listed,
    read_labelled,
    reliability,
    tally,
)
from cmh_graph.build import build
from cmh_graph.store import Store, parse_nquads

ROOT = Path(__file__).resolve().parent.parent
TEXTS = ROOT / "tests" / "cases" / "align" / "texts"
KINDS = ("skill", "value", "experience", "qualification", "band", "")


def figure(tallies: list[Tally], of: Callable[[Tally], float | None]) -> str:
    value, spread = of(sum(tallies, Tally())), interval(tallies, of)
    return "-" if value is None or spread is None else f"{value:.2f} [{spread[0]:.2f}, {spread[1]:.2f}]"


def print_half(name: Half, texts: list[LabelledText], found: list[Description]) -> None:
    labels = sum(len(text.labels) for text in texts)
    print(f"\n{name}: {len(texts)} texts, {labels} labels")
    print(f"  {'kind':16}{'labels':>7}  {'precision':20}{'recall':20}{'F1':20}")
    for kind in KINDS:
        tallies = [tally(text, one, kind) for text, one in zip(texts, found, strict=True)]
        whole = sum(tallies, Tally())
        columns = (
            figure(tallies, lambda one: one.precision),
            figure(tallies, lambda one: one.recall),
            figure(tallies, lambda one: one.f1),
        )
        print(f"  {kind or 'all':16}{whole.right + whole.missed:>7}  " + "".join(f"{c:20}" for c in columns))
    print(f"  necessity right: {whole.necessity_right} of {whole.necessity_judged} found and judged")
    print(f"  in the labelled words: {whole.placed} of {whole.right}")
    shown, missed = map(
        sum, zip(*(listed(text, one) for text, one in zip(texts, found, strict=True)), strict=True)
    )
    print(f"  not found: {missed}, of these {shown} in a phrase listed as unlinked")
    for level, count, right in reliability(texts, found):
        print(f"  confidence {level:.2f}: {right:.2f} right of {count}")


def print_wrong(texts: list[LabelledText], found: list[Description]) -> None:
    for text, description in zip(texts, found, strict=True):
        labels = {(one.kind, one.key): one for one in text.labels}
        keys = {(one.kind, one.key): one for one in description.findings}
        print(f"\n{text.id}")
        for key, label in labels.items():
            if key not in keys:
                print(f"  missed  {key[0]} {key[1]}: {label.words!r}")
            elif label.necessity not in (
                "*",
                *(o.necessity for o in description.findings if o.key == key[1]),
            ):
                print(f"  necessity {key[1]}: {label.necessity!r}, found {keys[key].necessity!r}")
        for key, one in keys.items():
            if key not in labels and key not in text.also:
                print(f"  wrong   {key[0]} {key[1]}: {one.text!r} ({one.why})")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--wrong", action="store_true", help="list the mistakes of the development half")
    wanted = options.parse_args()
    lexicon = Lexicon(framework_names(Store.from_quads(parse_nquads(build(ROOT).nquads))))
    texts = read_labelled(TEXTS)
    names: tuple[Half, ...] = ("development", "held out")
    for name in names:
        chosen = half(texts, name)
        found = [read_description(text.text, lexicon) for text in chosen]
        print_half(name, chosen, found)
        if wanted.wrong and name == "development":
            print_wrong(chosen, found)


if __name__ == "__main__":
    main()
