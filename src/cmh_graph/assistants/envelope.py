"""What every answer carries beside itself: the release, who says it, the sources, and what was left out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from cmh_graph.assistants.tool import Found, Page, list_of, obj, text
from cmh_graph.errors import AnswerTooLarge
from cmh_graph.framework import Framework
from cmh_graph.model import Key
from cmh_graph.namespaces import CMH, PREFIXES, compact, key_of
from cmh_graph.store import NamedNode

#: Most characters of an answer as JSON, envelope included: about a fifth of what a small model can read at once.
MOST_CHARACTERS: Final = 48_000
#: Room in it for sources, statuses and the list of what was left out.
_BESIDE: Final = 9_000
_MOST_BESIDE: Final = 12_000
#: What may stand beside an answer -> how to get what was left out of it.
_MORE: Final = {
    "named": "show_thing tells it of any one",
    "sources": "show_thing with the kind source tells the others by their keys",
}
#: Longest text in an answer; where many long ones are too many, the next of these.
_LONGEST_TEXTS: Final = (4_000, 800, 160)
_SOURCE: Final = PREFIXES["dcterms"] + "source"
_STATUSES: Final = ("seed", "public", "inferred", "confirmed")

SCHEMA: Final = {
    "release": text("which content answered; with +digits it was not released"),
    "statuses": obj(
        "how many of the statements shown have each status",
        **{name: {"type": "integer"} for name in _STATUSES},
    ),
    "note": text("what is our judgement and not said by any source: repeat it to the person who reads"),
    "named": list_of(
        obj("a thing named in the rows", thing=text("kind:key"), status=text(), sources=list_of(text())),
        "status and sources of the things that rows name",
    ),
    "sources": list_of(
        obj("a source", key=text(), label=text(), publisher=text(), url=text()), "every source that is named"
    ),
    "left_out": list_of(text(), "what was left out for length, and how to get it; empty if nothing was"),
}


def output_schema(gives: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a whole answer. gives: the schema of what the tool itself gives."""
    gives = dict(gives)
    shared = gives.pop("$defs", {})
    return {
        "type": "object",
        "properties": {"answer": gives, **SCHEMA},
        "required": ["release", "answer", "statuses", "sources", "left_out"],
        "additionalProperties": False,
        **({"$defs": shared} if shared else {}),
    }


def enclose(framework: Framework, release: str, found: Found) -> dict[str, Any]:
    """An answer with all that it carries, at most MOST_CHARACTERS long as JSON."""
    left_out: list[str] = []
    answer = fit(found.answer, MOST_CHARACTERS - _BESIDE, left_out, found.more, found.page)
    named = list(_named(framework, found.named))
    said = [*_said(answer), *_said(named)]
    counts = Counter(status for status, _, _ in said)
    keys = dict.fromkeys(key for _, sources, _ in said for key in sources)
    sources = [source for key in keys if (source := _source(framework, key))]
    note = _note(said)
    whole = {
        "release": release,
        "answer": answer,
        "statuses": {name: counts[name] for name in _STATUSES if counts[name]},
        **({"note": note} if note else {}),
        **({"named": named} if named else {}),
        "sources": sources,
        "left_out": left_out,
    }
    return _within(whole, left_out)


def _within(whole: dict[str, Any], left_out: list[str]) -> dict[str, Any]:
    """The envelope within its length: what stands beside the answer loses its ends, the longer list first.

    A list of many things names so many sources that they would hide it: they have a length of their own."""
    full = {name: len(whole[name]) for name in _MORE if name in whole}
    for name in full:
        while _length(whole[name]) > _MOST_BESIDE and len(whole[name]) > 1:
            whole[name] = whole[name][: len(whole[name]) // 2]
    while _length(whole) > MOST_CHARACTERS and any(len(whole[name]) > 1 for name in full):
        name = max(full, key=lambda one: _length(whole[one]))
        whole[name] = whole[name][: len(whole[name]) // 2]
    for name, count in full.items():
        if len(whole[name]) < count:
            left_out.append(f"{name}: {len(whole[name])} of {count} are listed; {_MORE[name]}")
    if _length(whole) > MOST_CHARACTERS:
        raise AnswerTooLarge(
            f"the answer is longer than {MOST_CHARACTERS} characters", mend="ask for less at once"
        )
    return whole


def _length(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False))


def _note(said: list[tuple[str, tuple[str, ...], tuple[str, ...]]]) -> str:
    inferred = sum(status == "inferred" for status, _, _ in said)
    partly = sorted({name for status, _, fields in said if status != "inferred" for name in fields})
    parts = []
    if inferred:
        parts.append(
            f"{inferred} of the {len(said)} statements shown have the status inferred: they are this "
            f"project's judgement, "
            "and no source that it read says them. Say so where you repeat them."
        )
    if partly:
        parts.append(
            f"Of others these fields are its judgement: {', '.join(partly)} (see inferred_fields of each)."
        )
    return " ".join(parts)


def _said(value: Any) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Status, sources and inferred fields of every statement in an answer."""
    if isinstance(value, dict):
        status = value.get("status")
        if status in _STATUSES:
            yield status, tuple(value.get("sources", ())), tuple(value.get("inferred_fields", ()))
        for one in value.values():
            yield from _said(one)
    elif isinstance(value, list):
        for one in value:
            yield from _said(one)


def _source(framework: Framework, key: str) -> dict[str, str] | None:
    """A source in short; None for keys such as "inference" that no source has."""
    source: Any = framework.sources.get(Key(key))
    if source is None:
        return None
    short = {"key": key, "label": source.label, "publisher": source.publisher, "url": source.url}
    return {name: value for name, value in short.items() if value}


def _named(framework: Framework, iris: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Status and sources of things named in rows; of those that state one."""
    for iri in dict.fromkeys(iris):
        status, sources = "", []
        for triple in framework.describe_node(iri):
            if not isinstance(triple.object, NamedNode):
                continue
            if triple.predicate.value == CMH + "status":
                status = key_of(triple.object.value)
            elif triple.predicate.value == _SOURCE:
                sources.append(key_of(triple.object.value))
        if status:
            yield {"thing": compact(iri), "status": status, "sources": sources}


def fit(
    answer: dict[str, Any], most: int, left_out: list[str], more: str, page: Page | None = None
) -> dict[str, Any]:
    """The answer within a length: long texts lose their ends, then the longest lists theirs, half at a time.

    What was lost is added to left_out, a line for each list. Changes nothing that it was given. Raises
    AnswerTooLarge if nothing is left to cut."""
    copy: dict[str, Any] = json.loads(json.dumps(answer))
    full: dict[str, int] = {}
    cut: dict[str, int] = {}
    for longest in _LONGEST_TEXTS:
        _shorten(copy, "answer", longest, cut)
        _halve(copy, most, full)
        if _length(copy) <= most:
            break
    else:
        raise AnswerTooLarge(f"the answer is longer than {most} characters", mend=more)
    if page is not None:
        left_out += _rest(page, len(copy[page.name]))
    for _, path, one in _lists(copy, "answer"):
        if path in full and (page is None or path != f"answer.{page.name}"):
            left_out.append(f"{path}: {len(one)} of {full[path]} are shown; {more}")
    if cut:
        left_out.append(f"the ends of long texts ({len(cut)}), such as {next(iter(cut))}")
    return copy


def _rest(page: Page, shown: int) -> Iterator[str]:
    """What of a longer list is not shown, in words."""
    offset = page.offset or 0
    end = min(offset + shown, page.total)
    if end - offset < page.total:
        first = f"from number {offset + 1} " if offset else ""
        said = f"{page.name}: {shown} of {page.total} are shown {first}".rstrip()
        if end < page.total:
            said += (
                "; ask with a larger limit or more narrowly"
                if page.offset is None
                else f"; ask with offset={end}"
            )
        yield said


def _halve(copy: dict[str, Any], most: int, full: dict[str, int]) -> None:
    """Take the ends from the longest lists until the whole is short enough or no list has two items."""
    while _length(copy) > most:
        lists = [(size, path, one) for size, path, one in _lists(copy, "answer") if len(one) > 1]
        if not lists:
            return
        _, path, longest = max(lists, key=lambda each: (each[0], each[1]))
        full.setdefault(path, len(longest))
        del longest[(len(longest) + 1) // 2 :]


def _shorten(value: Any, path: str, longest: int, cut: dict[str, int]) -> None:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in pairs:
        where = f"{path}.{name}" if isinstance(value, dict) else f"{path}[{name}]"
        if isinstance(one, str) and len(one) > longest:
            value[name] = one[: longest - 1] + "…"
            cut[where] = longest
        else:
            _shorten(one, where, longest, cut)


def _lists(value: Any, path: str) -> Iterator[tuple[int, str, list[Any]]]:
    """Size, path and value of every list within an answer."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _lists(one, f"{path}.{name}")
    elif isinstance(value, list):
        yield _length(value), path, value
        for number, one in enumerate(value):
            yield from _lists(one, f"{path}[{number}]")
