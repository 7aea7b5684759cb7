"""The file of a self-assessment: the skills passport's, read strictly, for it may come from anywhere.

What is refused, and why, is in tests/cases/assess/files.toml."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cmh_graph.errors import SourceError
from cmh_graph.framework import Framework
from cmh_graph.model import Key
from cmh_graph.namespaces import BASE, PREFIXES
from cmh_graph.papers.passport import FORM, RATINGS
from cmh_graph.versions.semver import is_version, read_version
from cmh_graph.web.pages.assess_state import TICKED, Answer, Assessment, can_be_held, levels_of

#: Largest file in bytes, and the most words of a person's own that travel along, in characters.
LARGEST: Final = 1_000_000
_MOST_WRITTEN: Final = 60_000
_DEEPEST: Final = 16
_MOST_ENTRIES: Final = 1_000
_FIELDS: Final = frozenset({"form", "passport", "version", "entries", "holds"})
_ENTRY_FIELDS: Final = frozenset({"key", "label", "rating", "evidence", "badge", "achievement"})
#: Field of an entry -> its longest text; what a passport page lets people write.
_LONGEST: Final = {"key": 200, "label": 400, "rating": 40, "evidence": 2_000, "badge": 500}
_NAME: Final = "passport-"
_STAGES: Final = "ahp-"
_ROLE_OF_STAGES: Final = "ahp-support-worker"
_WHERE: Final = "the file"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a file held. notes: what was followed to other names. lost: labels of what is no longer in the framework."""

    assessment: Assessment
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def write_file(framework: Framework, assessment: Assessment, *, short: bool = False) -> str:
    """The file as JSON, the same for the same answers. short: without what follows from the keys, for forms."""
    levels = levels_of(framework)
    entries = []
    for key, answer in sorted(assessment.answers.items()):
        if not (answer.rating or answer.evidence or answer.badge):
            continue
        one: dict[str, Any] = {"key": key}
        if not short:
            kind, _, name = key.partition("/")
            found = levels.get(name) if kind == "skill-level" else None
            thing = found[1] if found else framework.things(kind).get(Key(name)) if kind in _KINDS else None
            one["label"] = thing.label if thing else name
            if thing and kind != "ahp-domain":
                one["achievement"] = {"id": thing.iri, "type": ["Achievement"]}
        one["rating"] = answer.rating
        if answer.evidence or not short:
            one["evidence"] = answer.evidence
        if answer.badge:
            one["badge"] = answer.badge
        entries.append(one)
    whole: dict[str, Any] = {
        "form": FORM,
        "passport": _NAME + assessment.role,
        "version": framework.version,
        "entries": entries,
    }
    if assessment.held is not None:
        whole["holds"] = {kind: sorted(keys) for kind, keys in sorted(assessment.held.items())}
    if short:
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


_KINDS: Final = ("skill", "ahp-domain")


def read_file(framework: Framework, data: bytes) -> Opened:
    """The self-assessment in a file. Raises SourceError, which says what is wrong and what to do; it repeats nothing of
    the file but names of fields."""
    whole = _parsed(data)
    if not isinstance(whole, dict) or whole.get("form") != FORM:
        raise _refused(
            "this file is no self-assessment and no skills passport",
            "choose the .json file that you saved here or from a passport page",
        )
    _known(whole, _FIELDS, "")
    version = _version(framework, whole.get("version"))
    role = _role(framework, whole.get("passport"))
    reader = _Reader(framework, version == framework.version)
    answers = reader.answers(whole.get("entries"))
    held = reader.held(whole["holds"]) if "holds" in whole else None
    return Opened(
        Assessment(role, answers, held), tuple(dict.fromkeys(reader.notes)), tuple(dict.fromkeys(reader.lost))
    )


def _refused(what: str, mend: str, where: str = _WHERE) -> SourceError:
    return SourceError(what, where=where, mend=mend)


def _parsed(data: bytes) -> Any:
    again = "choose the .json file as it was saved, or begin anew"
    if len(data) > LARGEST:
        raise _refused(f"this file is larger than the {LARGEST // 1_000_000} MB that one can have", again)
    if not data.strip():
        raise _refused("there is no file, or it is empty", "choose the .json file that you saved")
    if data.startswith(b"PK"):
        raise _refused(
            "this is a Word file or another packed one",
            "open it on the passport page, and save it there as a file (.json)",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("this file is no text in UTF-8", again) from None
    if _depth(text) > _DEEPEST:
        raise _refused("this file is nested more deeply than one can be", again)
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _refused("this file is no JSON, or it was changed so that it is none any more", again) from None


def _depth(text: str) -> int:
    """How deep brackets go, outside strings."""
    depth = deepest = 0
    inside = escaped = False
    for sign in text:
        if inside:
            inside = escaped or sign != '"'
            escaped = sign == "\\" and not escaped
        elif sign == '"':
            inside = True
        elif sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > _DEEPEST:
                break
        elif sign in "]}":
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field twice")
    return found


def _no_number(_: str) -> Any:
    raise ValueError("no number")


def _known(value: Mapping[str, Any], fields: frozenset[str], of: str) -> None:
    strange = sorted(name for name in value if name not in fields)
    if strange:
        raise _refused(
            f"this file holds a field that no such file has{of}: {strange[0][:50]}",
            "take it out, or save the file again from the page where it was made",
        )


def _version(framework: Framework, version: Any) -> str:
    if not isinstance(version, str) or not is_version(version):
        raise _refused(
            "this file does not say which release it was made with", "save it again where it was made"
        )
    if read_version(version) > read_version(framework.version):
        raise _refused(
            f"this file was made with release {version}, and here is release {framework.version}",
            "open it where it was made, or ask whoever runs this service to bring it up to date",
        )
    return version


def _role(framework: Framework, name: Any) -> str:
    text = name.removeprefix(_NAME) if isinstance(name, str) and name.startswith(_NAME) else ""
    if text in framework.roles:
        return text
    if text.startswith(_STAGES) and text not in framework.roles:
        return _ROLE_OF_STAGES
    gone = framework.retired.get(PREFIXES["role"] + text)
    if gone is not None and len(gone.replaced_by) == 1:
        return gone.replaced_by[0].rpartition("/")[2]
    # The passport of a post has its band, its kind of employer and its setting behind the role.
    roles = [str(key) for key in framework.roles if text.startswith(f"{key}-")]
    if roles:
        return max(roles, key=len)
    raise _refused(
        "this file is of a role that is not in the framework",
        "begin anew with a role from the list",
        "passport",
    )


def _parts(key: str) -> tuple[str, str]:
    kind, _, name = key.partition("/")
    return kind, name


class _Reader:
    """Reads entries and holdings; notes what was followed and what was lost."""

    def __init__(self, framework: Framework, is_of_this_release: bool) -> None:
        self._framework = framework
        self._strict = is_of_this_release
        self._levels = levels_of(framework)
        self._written = 0
        self.notes: list[str] = []
        self.lost: list[str] = []

    def answers(self, entries: Any) -> dict[str, Answer]:
        if not isinstance(entries, list) or len(entries) > _MOST_ENTRIES:
            raise _refused(
                "this file has no list of entries, or one that is too long", "save it again", "entries"
            )
        found: dict[str, Answer] = {}
        seen = set()
        for number, entry in enumerate(entries, 1):
            place = f"entry {number}"
            if not isinstance(entry, dict):
                raise _refused("an entry is none", "save the file again", place)
            _known(entry, _ENTRY_FIELDS, " in its entries")
            texts = {name: self._text(entry, name, place) for name in _LONGEST}
            if texts["rating"] not in ("", *RATINGS):
                raise _refused(
                    "an entry has a rating that there is not", f"use one of {', '.join(RATINGS)}", place
                )
            if texts["badge"] and not texts["badge"].startswith(("https://", "http://")):
                raise _refused(
                    "a badge is no address on the web", "give one that begins with https://", place
                )
            if texts["key"] in seen:
                raise _refused("a skill stands in this file twice", "keep one of the two entries", place)
            seen.add(texts["key"])
            self._written += len(texts["evidence"]) + len(texts["badge"])
            if self._written > _MOST_WRITTEN:
                raise _refused(
                    f"this file holds more than {_MOST_WRITTEN} characters of your own words",
                    "shorten the examples in the passport page, and save it again",
                )
            for key in self._followed(texts["key"], texts["label"], place):
                found.setdefault(key, Answer(texts["rating"], texts["evidence"], texts["badge"]))
        return found

    def _text(self, entry: Mapping[str, Any], name: str, place: str) -> str:
        value = entry.get(name, "")
        if not isinstance(value, str) or len(value) > _LONGEST[name]:
            raise _refused(
                f"{name} is no text, or too long", f"use at most {_LONGEST[name]} characters", place
            )
        if any(0xD800 <= ord(sign) <= 0xDFFF for sign in value):
            raise _refused(f"{name} holds half a character", "type it again", place)
        return value

    def _followed(self, key: str, label: str, place: str) -> Iterator[str]:
        """The key of an entry as it is now; what takes its place; nothing where it is lost."""
        kind, _, name = key.partition("/")
        if self._is(kind, name):
            yield key
            return
        for successor in self._successors(kind, name):
            self.notes.append(
                f"{self._label(kind, name, label)} is now {self._label(*_parts(successor), '')}."
            )
            yield successor
            return
        if self._strict or kind not in ("skill", "skill-level", "ahp-domain"):
            raise _refused(
                "an entry is of something that is not in the framework",
                "take it out, or save the file again",
                place,
            )
        self.lost.append(label or name[:60])

    def _is(self, kind: str, name: str) -> bool:
        if kind == "skill-level":
            return name in self._levels
        return kind in _KINDS and Key(name) in self._framework.things(kind)

    def _successors(self, kind: str, name: str) -> Iterator[str]:
        """What takes the place of something retired; a level goes with its skill."""
        gone = self._framework.retired.get(f"{BASE}{kind}/{name}")
        for iri in gone.replaced_by if gone is not None else ():
            found = iri.removeprefix(BASE)
            if self._is(*_parts(found)):
                yield found
        if kind == "skill-level":
            skill, _, level = name.partition("--")
            for successor in self._successors("skill", skill):
                moved = f"{successor.removeprefix('skill/')}--{level}"
                if moved in self._levels:
                    yield f"skill-level/{moved}"

    def _label(self, kind: str, name: str, otherwise: str) -> str:
        if kind == "skill-level" and name in self._levels:
            return self._levels[name][1].label
        thing = self._framework.things(kind).get(Key(name)) if kind in _KINDS else None
        return thing.label if thing else otherwise or name[:60]

    def held(self, holds: Any) -> dict[str, tuple[str, ...]]:
        if not isinstance(holds, dict):
            raise _refused("holds is no object", "save the file again", "holds")
        _known(holds, frozenset(TICKED), " in holds")
        found: dict[str, tuple[str, ...]] = {}
        for kind, keys in holds.items():
            if not isinstance(keys, list) or len(keys) > _MOST_ENTRIES:
                raise _refused(
                    "holds has no list, or one that is too long", "save the file again", f"holds, {kind}"
                )
            found[kind] = tuple(dict.fromkeys(self._held(kind, keys)))
        return found

    def _held(self, kind: str, keys: list[Any]) -> Iterator[str]:
        for key in keys:
            if not isinstance(key, str) or not 0 < len(key) <= 200:
                raise _refused("holds names something by no key", "save the file again", f"holds, {kind}")
            if can_be_held(self._framework, kind, key):
                yield key
                continue
            gone = self._framework.retired.get(f"{BASE}{kind}/{key}")
            places = [iri.rpartition("/")[2] for iri in (gone.replaced_by if gone is not None else ())]
            kept = [one for one in places if can_be_held(self._framework, kind, one)]
            if kept:
                self.notes.append(f"{key[:60]} is now {self._framework.find(kind, kept[0]).label}.")
                yield kept[0]
            elif self._strict or key in self._framework.things(kind):
                raise _refused(
                    "holds names something that is not asked for there",
                    "take it out of the file",
                    f"holds, {kind}",
                )
            else:
                self.lost.append(key[:60].replace("-", " "))
