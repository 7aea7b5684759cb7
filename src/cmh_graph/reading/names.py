"""Every name that a thing can be found by: labels, other names, job titles, matches, codes and "I" statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from cmh_graph.kinds import ATTRIBUTE_OF
from cmh_graph.model import Key, Qualification, Role, Skill, Thing
from cmh_graph.search import Name

_CLOSE_ENOUGH: Final = ("exactMatch", "closeMatch")


def names_of(things: Callable[[str], Mapping[Key, Thing]]) -> Iterator[Name]:
    """The names of all things. things: kind -> its things by key."""
    for kind in ATTRIBUTE_OF:
        for thing in things(kind).values():
            texts = [("label", thing.label), ("key", thing.key.replace("-", " "))]
            texts += [("other name", text) for text in getattr(thing, "alternatives", ())]
            if isinstance(thing, Role):
                texts += [("title", meaning.title.label) for meaning in thing.titles]
                texts += [
                    ("match", match.target_label)
                    for match in thing.matches
                    if match.target_label and match.relation in _CLOSE_ENOUGH
                ]
            elif isinstance(thing, Qualification) and thing.code:
                texts.append(("code", thing.code))
            elif isinstance(thing, Skill):
                statements = (said for level in thing.levels for said in level.i_statements)
                texts += [("I statement", said.text) for said in statements]
            for what, text in texts:
                yield Name(kind, thing.key, thing.label, text, what)
