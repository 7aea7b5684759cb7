"""The pages on which a visitor decides what job titles mean, in the order and words of `cmh-graph review`."""

from __future__ import annotations

from typing import Any, Final

from cmh_graph.align.review.decide import RELATIONS
from cmh_graph.namespaces import key_of
from cmh_graph.settings import Settings
from cmh_graph.web.align.lists import ListOf
from cmh_graph.web.align.reviewing import SHOWN_CHOICES, Decided, Group, Review, Which, reason_of
from cmh_graph.web.pages.align import SECTION, about_keeping

PER_PAGE: Final = 10
#: Groups that are accepted together at a time; a person must be able to look at them.
SURE_AT_ONCE: Final = 100
_SHOWN_TITLES: Final = 5
_CRUMBS: Final = [{"text": "Home", "href": "/"}, {"text": "Match your job titles", "href": "/align"}]
#: What can be looked at -> its name.
SHOWS: Final[dict[Which, str]] = {
    "waiting": "To decide",
    "sure": "Sure ones",
    "later": "For later",
    "decided": "Decided",
    "none": "No role fits",
}
_RELATIONS: Final = {
    "": "As proposed",
    "exact": "The very same job",
    "close": "The same kind of job",
    "broad": "The role is broader than the job",
    "narrow": "The role is narrower than the job",
    "related": "Only related",
}
assert set(_RELATIONS) - {""} == set(RELATIONS)
#: Keys of `cmh-graph review`, and those of a list.
KEYS: Final = (
    ("1 to 5", "accept this role"),
    ("a", "accept the first role"),
    ("e", "accept the first role as the very same job"),
    ("c", "accept the first role as the same kind of job"),
    ("n", "none of these: no role fits"),
    ("x", "reject the first role, and decide the title later"),
    ("o", "another role, by its name"),
    ("r", "write a reason"),
    ("s", "skip: decide later"),
    ("p", "part these titles: ask each by itself"),
    ("u", "undo the last decision"),
    ("j and k", "next and previous question"),
)


def review_values(
    settings: Settings, held: ListOf, review: Review, show: Which, page: int, notice: dict[str, Any] | None
) -> dict[str, Any]:
    """What align_review.html shows. page: from 1; the last if there are fewer. notice: what came of the last form."""
    counts = review.counts()
    found: list[Any] = (
        list(review.decided(none=show == "none"))
        if show in ("decided", "none")
        else list(review.groups(show))
    )
    pages = max(1, -(-len(found) // PER_PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    decided = show in ("decided", "none")
    return {
        **about_keeping(settings),
        "section": SECTION,
        "crumbs": _CRUMBS,
        "title": "Review the proposals",
        "held": held,
        "counts": counts,
        "show": show,
        "shows": [
            {"key": key, "name": name, "count": getattr(counts, key), "current": key == show}
            for key, name in SHOWS.items()
        ],
        "show_name": SHOWS[show],
        "page": page,
        "pages": pages,
        "is_decided": decided,
        "groups": [] if decided else [_group(one) for one in shown],
        "answers": [_answer(one) for one in shown] if decided else [],
        "relations": _RELATIONS,
        "roles": [
            one.name for one in sorted(review.held.work.targets.roles(), key=lambda one: one.name.casefold())
        ],
        "undo": review.can_undo(),
        "keys": KEYS,
        "notice": notice,
    }


def sure_values(settings: Settings, held: ListOf, review: Review) -> dict[str, Any]:
    """What align_sure.html shows: the first SURE_AT_ONCE groups of which the machine is sure."""
    groups = review.groups("sure")
    return {
        **about_keeping(settings),
        "section": SECTION,
        "crumbs": [*_CRUMBS, {"text": "Review", "href": "/align/review"}],
        "title": "Accept the sure ones together",
        "held": held,
        "groups": [_group(one) for one in groups[:SURE_AT_ONCE]],
        "all": len(groups),
        "titles": sum(len(one.waiting.titles) for one in groups[:SURE_AT_ONCE]),
    }


def _group(one: Group) -> dict[str, Any]:
    waiting = one.waiting
    titles = [{"title": title, "key": key_of(subject)} for subject, title in waiting.titles]
    return {
        "name": one.name,
        "title": waiting.titles[0][1],
        "titles": titles,
        "first": titles[:_SHOWN_TITLES],
        "rest": titles[_SHOWN_TITLES:],
        "choices": [
            {
                "key": key_of(choice.target),
                "name": choice.name,
                "sure": "" if choice.confidence is None else f"{choice.confidence:.0%} sure",
                "related": choice.predicate.endswith("relatedMatch"),
                "why": reason_of(choice),
            }
            for choice in waiting.choices[:SHOWN_CHOICES]
        ],
        "why_none": waiting.why_none,
        "stale": waiting.stale,
        "sure": one.sure,
    }


def _answer(one: Decided) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.titles[0][1],
        "titles": [{"title": title, "key": key_of(subject)} for subject, title in one.titles],
        "role": one.role,
        "label": one.label,
        "relation": _RELATIONS[one.relation].lower(),
        "reason": one.reason,
        "others": one.others,
    }
