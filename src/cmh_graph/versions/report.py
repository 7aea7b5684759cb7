"""Changes as people and programs read them: text, JSON, Markdown."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from cmh_graph.versions.change import Change, count_classes
from cmh_graph.versions.content import VersionContent
from cmh_graph.versions.releases import changes_json
from cmh_graph.versions.semver import CLASSES, demanded_bump

_WIDTH: Final = 300
#: As many values of one property are shown on a terminal; JSON has all.
_VALUES: Final = 8
_MARKS: Final = re.compile(r"([\\`*_\[\]<>|~&#])")
_HEADINGS: Final = {"breaking": "Breaking", "additive": "New", "editorial": "Wording and sources"}
#: Kinds whose members are named one by one in a changelog; of the others, statements about these, the number is given.
_NAMED: Final = frozenset(
    [
        "role",
        "skill",
        "skill-group",
        "value",
        "value-set",
        "experience",
        "qualification",
        "route",
        "pathway",
        "position",
        "organisation",
        "resource",
        "register",
        "profession",
        "framework",
        "term",
        "scheme",
        "question",
        "shape",
        "title",
        "evidence",
        "case-study",
        "theme",
        "audience",
    ]
)


def report_text(before: VersionContent, after: VersionContent, changes: Sequence[Change]) -> str:
    """What changed, for a terminal: a line that sums it up, then each change with what was and what is."""
    lines = [f"{_plain(before.label)} -> {_plain(after.label)}: {summary(changes)}"]
    for class_ in CLASSES:
        held = [one for one in changes if one.class_ == class_]
        if not held:
            continue
        lines += ["", f"{class_} ({len(held)})"]
        for one in held:
            what = one.event if not one.property else f"{one.property}, {one.event}"
            lines.append(f"  {one.kind}: {_plain(one.name)} [{what}]")
            lines += _values("-", one.before) + _values("+", one.after)
            if class_ == "breaking":
                lines.append(f"    {one.rule}: {one.why}")
    return "\n".join(lines) + "\n"


def _values(mark: str, texts: Sequence[str]) -> list[str]:
    shown = [f"    {mark} {_plain(text)}" for text in texts[:_VALUES]]
    return [*shown, f"    {mark} and {len(texts) - _VALUES} more"] if len(texts) > _VALUES else shown


def summary(changes: Sequence[Change]) -> str:
    """The counts by class and the version that they demand, in one line."""
    if not changes:
        return "nothing changed"
    counts = ", ".join(f"{n} {class_}" for class_, n in count_classes(changes).items() if n)
    bump = demanded_bump(one.class_ for one in changes)
    return f"{counts}; a {bump} version"


def report_json(before: VersionContent, after: VersionContent, changes: Sequence[Change]) -> str:
    """The changes as {"from", "to", "changes"}, one change to a line."""
    return changes_json(changes, before.label, after.label).decode()


def report_markdown(before: VersionContent, after: VersionContent, changes: Sequence[Change]) -> str:
    """The changes as sections of Markdown by class, as a changelog has them."""
    head = f"From {escape(before.label)} to {escape(after.label)}: {summary(changes)}.\n"
    body = changes_markdown(changes)
    return f"{head}\n{body}" if body else head


def changes_markdown(changes: Sequence[Change]) -> str:
    """Sections by class. Breaking changes stand one by one; what is new or reworded is put together by kind."""
    sections = []
    for class_ in CLASSES:
        held = [one for one in changes if one.class_ == class_]
        if held:
            lines = [_breaking(one) for one in held] if class_ == "breaking" else _by_kind(held)
            sections.append(f"**{_HEADINGS[class_]}**\n" + "".join(f"- {line}\n" for line in lines))
    return "\n".join(sections)


def _breaking(one: Change) -> str:
    what = f", {escape(one.property)}" if one.property else ""
    moved = ""
    if one.before or one.after:
        was, is_now = "; ".join(map(escape, one.before)), "; ".join(map(escape, one.after))
        moved = f" Was: {was or 'nothing'}. Now: {is_now or 'nothing'}."
    return f"{escape(one.kind)} **{escape(one.name)}**{what}: {one.rule}; {one.why}.{moved}"


def _by_kind(changes: Sequence[Change]) -> list[str]:
    groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for one in changes:
        what = one.rule if one.event == "changed" else one.event
        groups[what, one.kind].append(one)
    lines = []
    for (what, kind), held in sorted(groups.items()):
        names = list(dict.fromkeys(escape(_named(one)) for one in held))
        many = f"{len(names)} " + (kind if len(names) == 1 else _plural(kind))
        lines.append(f"{what}: {many}" + (f": {', '.join(names)}" if kind in _NAMED else ""))
    return lines


def _named(one: Change) -> str:
    if one.event == "retired" and one.after:
        return f"{one.name} (now {'; '.join(one.after)})"
    return one.name


def _plural(kind: str) -> str:
    if kind.endswith(("s", "ing")):
        return kind
    return f"{kind[:-1]}ies" if kind.endswith("y") and kind[-2:-1] not in "aeiou" else f"{kind}s"


def escape(text: str) -> str:
    """Text of a file as plain words in Markdown: no mark-up of its own, on one line."""
    return _MARKS.sub(r"\\\1", _plain(text))


def _plain(text: str) -> str:
    """Text on one line, without control characters that a terminal would obey, cut at 300 characters."""
    shown = "".join(
        " " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c for c in text[: 2 * _WIDTH]
    )
    shown = " ".join(shown.split())
    return shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + "…"


REPORTS: Final[dict[str, Callable[[VersionContent, VersionContent, Sequence[Change]], str]]] = {
    "text": report_text,
    "json": report_json,
    "markdown": report_markdown,
}
