"""What is retired and what takes its place; what was lost without a signpost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cmh_graph.namespaces import BASE, CMH
from cmh_graph.store import Store, text_of
from cmh_graph.versions.facts import Facts, Statement, literal_of
from cmh_graph.versions.names import Names, kind_of
from cmh_graph.versions.view import CHANGE_NOTE, DEPRECATED, REPLACED_BY, RETIRED_ON, View

#: Their IRIs are made of rows and headers of SSSOM files, which have no way to say that they are retired.
_UNNAMED: Final = ("mapping", "mapping set")


@dataclass(frozen=True, slots=True)
class Retirement:
    """A retired thing. replaced_by: IRIs in use, chains followed, sorted; empty if nothing takes its place.

    on: the day, YYYY-MM-DD, "" if none is stated. note: why, and what to do."""

    thing: str
    kind: str
    name: str
    replaced_by: tuple[str, ...]
    on: str
    note: str


def retirements(facts: Facts) -> dict[str, Retirement]:
    """IRI -> how it was retired, of everything that is deprecated, sorted by IRI."""
    view, names = View(facts), Names([facts])
    found = {}
    for thing in sorted(
        one for one, said in facts.about.items() if DEPRECATED in said and view.is_retired(one)
    ):
        found[thing] = Retirement(
            thing,
            kind_of(thing, [facts]),
            names.of(thing),
            tuple(sorted(view.replacements(thing))),
            min((literal_of(text)[0] for text in facts.values(thing, RETIRED_ON)), default=""),
            min((literal_of(text)[0] for text in facts.values(thing, CHANGE_NOTE)), default=""),
        )
    return found


def retirements_in(store: Store) -> dict[str, Retirement]:
    """The same of a store's statements; quick, as only what is retired is looked at."""
    rows = store.select("SELECT ?thing ?p ?o { ?thing owl:deprecated true ; ?p ?o . FILTER(isIRI(?thing)) }")
    return retirements(
        Facts(frozenset(Statement(text_of(r["thing"]), text_of(r["p"]), str(r["o"])) for r in rows))
    )


def newly_retired(before: Facts, after: Facts) -> dict[str, Retirement]:
    """Those retired in the later of two versions."""
    earlier = View(before)
    return {thing: one for thing, one in retirements(after).items() if not earlier.is_retired(thing)}


def lost(before: Facts, after: Facts) -> list[str]:
    """What was deleted that had to be retired, and what was retired without its signpost; one line each, with the mend.

    Mappings are not meant. Of two versions, only IRIs of ours are looked at."""
    names = Names([before, after])
    found = [
        f"{names.of(thing)} ({kind_of(thing, [before])} {thing}) was in the last release and is gone; put it back, "
        "with owl:deprecated true, cmh:retiredOn, skos:changeNote and dcterms:isReplacedBy"
        for thing in sorted(before.about)
        if thing.startswith(BASE) and thing not in after.about and kind_of(thing, [before]) not in _UNNAMED
    ]
    return found + signpost_faults(after)


def signpost_faults(facts: Facts) -> list[str]:
    """What is wrong with retired things, one line each with the mend; empty if every one has its signpost."""
    view, found = View(facts), []
    for thing, one in retirements(facts).items():
        where = f"{one.name} ({one.kind} {thing})"
        if not one.on:
            found.append(f"{where} is retired without a date; add cmh:retiredOn")
        if not one.note:
            found.append(
                f"{where} is retired without a note; add skos:changeNote that says why and what to do"
            )
        stated = facts.values(thing, REPLACED_BY)
        if stated and not one.replaced_by:
            found.append(f"{where} is replaced by itself or by what is retired too; point to what is in use")
        elif not stated and not view.has_type(thing, CMH + "Statement"):
            found.append(f"{where} is retired and nothing takes its place; add dcterms:isReplacedBy")
        for target in one.replaced_by:
            if target.startswith(BASE) and not view.has(target):
                found.append(f"{where} is replaced by {target}, which nothing defines; correct the IRI")
    return found


def replacement_of(thing: str, retired: Mapping[str, Retirement]) -> str:
    """What an address of a retired thing should answer with: its one replacement; "" if it has none or several."""
    one = retired.get(thing)
    return one.replaced_by[0] if one and len(one.replaced_by) == 1 else ""
