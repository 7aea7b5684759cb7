"""Which column of a list serves as what, by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from cmh_graph.align.tables.rows import Field
from cmh_graph.align.wording import plain

#: Usual names of each column, the likeliest first, compared without case and punctuation.
NAMES: Final[Mapping[Field, tuple[str, ...]]] = {
    "title": (
        "job title", "post title", "position title", "role title", "preferred label", "pref label",
        "preferred term", "title", "job role", "role name", "job role name", "position", "post", "job name",
        "jobtitle", "display", "job", "role", "occupation", "occupation title", "occupation name",
        "designation", "post name", "position name", "vacancy title", "advert title", "job titles", "titles",
        "job roles", "roles", "posts", "positions", "label", "name of post", "name of role", "title of post",
    ),
    "key": (
        "key", "id", "concept uri", "uri", "iri", "identifier value", "code", "ref", "reference", "post id", "job id",
        "position id", "position number", "post number", "vacancy id", "vacancy reference", "job reference",
        "post reference", "job code", "role code", "occupation code", "role id", "post no", "position no",
        "identifier", "url",
    ),
    "band": (
        "band", "pay band", "afc band", "grade", "pay grade", "bands", "payband", "pay scale", "afc grade",
        "salary band", "agenda for change band", "band grade", "grade band",
    ),
    "employer": (
        "employer", "organisation", "organization", "trust", "employer name", "organisation name",
        "organization name", "hiring organisation", "hiring organization", "hiring organization name",
    ),
    "employer_type": (
        "employer type", "organisation type", "organization type", "sector", "type of employer",
        "type of organisation",
    ),
    "description": (
        "description", "job description", "summary", "job summary", "duties", "details", "definition",
        "main duties", "job purpose", "role summary", "role description",
    ),
    "other_titles": (
        "alt labels", "alternative labels", "alternate labels", "alt label", "alternative label",
        "alternative titles", "alternate titles", "other titles", "also known as", "synonyms", "aliases",
        "previous title", "previous titles",
    ),
    # Not looked for: a list of titles has no use for them.
    "team": (),
    "headcount": (),
}  # fmt: skip

#: Names that mean the title whatever stands after them, or, for these words, before them.
_SURE: Final = ("job title", "post title", "position title", "role title")
_BEFORE: Final = frozenset(
    {
        "advertised", "agreed", "contract", "contractual", "current", "esr", "established", "full", "local", "new",
        "official", "our", "present", "standard", "substantive", "working",
    }
)  # fmt: skip
#: Last parts of a nested name that add nothing: `title.name`, `prefLabel.en`, `title.@value`.
_EMPTY_PARTS: Final = frozenset(
    {"name", "label", "value", "text", "en", "en gb", "title", "display", "pref label"}
)


#: Whose title is Mr or Dr, not a post's.
_PEOPLE: Final = frozenset(
    {"contact", "employee", "holder", "manager", "person", "postholder", "staff", "worker"}
)


@lru_cache(maxsize=10_000)
def spellings(name: str) -> tuple[str, ...]:
    """A column's name as it is compared, the nearest first: `titleText`, `title_text` and `Title text *` are one."""
    without_brackets = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", name)
    found = [_parted(name), plain(name), _parted(without_brackets)]
    # A nested value of JSON: title.name, hiringOrganization.name, prefLabel.en.
    parts = _nested(name)
    while len(parts) > 1 and parts[-1] in _EMPTY_PARTS:
        parts.pop()
        found.append(" ".join(parts))
    return tuple(dict.fromkeys(one for one in found if one))


def _parted(name: str) -> str:
    return plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))


def _nested(name: str) -> list[str]:
    return [_parted(part) for part in re.split(r"\.(?=\S)", name)]


def _last_part(name: str) -> str:
    """`title` for `fields.title` and `schema:title`; nothing for a name in one part, or where a person's title
    is meant."""
    parts = [_parted(part) for part in re.split(r"[.:/#](?=\S)", name)]
    while len(parts) > 1 and parts[-1] in {"value", "en", "en gb"}:
        parts.pop()
    return parts[-1] if len(parts) > 1 and not _PEOPLE & set(" ".join(parts[:-1]).split()) else ""


def is_sure_title(name: str) -> bool:
    """Whether a name can only mean the title of a post, as `Job title (ESR)` and `Current post title` do."""
    for sure in _SURE:
        for one in spellings(name):
            before, found, _ = one.partition(sure)
            if found and set(before.split()) <= _BEFORE:
                return True
    return False


def match_columns(
    header: Sequence[str],
    chosen: Mapping[Field, str],
    filled: Sequence[int] = (),
) -> dict[Field, int]:
    """Our field -> the place of its column. chosen: names given by the caller, which go before the usual ones.

    filled: how many of the first rows have something in each column. Of several columns that would do, an
    empty one goes last; of two with one name the fuller one is taken, where the other is empty."""
    by_name: dict[str, list[int]] = {}
    exact: dict[str, list[int]] = {}
    by_last: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        exact.setdefault(plain(name), []).append(place)
        for one in spellings(name):
            by_name.setdefault(one, []).append(place)
        if last := _last_part(name):
            by_last.setdefault(last, []).append(place)
    found: dict[Field, int] = {}
    for wanted, usual in NAMES.items():
        given = chosen.get(wanted)
        if given is not None:
            same = [n for n, name in enumerate(header) if name == given.strip()]
            options = same or exact.get(plain(given), []) or by_name.get(plain(given), [])
        else:
            options = [place for name in usual for place in by_name.get(name, ())]
            if wanted == "key":
                # identifier.name is who gave the identifier.
                options = [n for n in options if _nested(header[n])[-1] not in {"name", "label", "title"}]
            if wanted == "title":
                options += [place for place, name in enumerate(header) if is_sure_title(name)]
            options += [place for name in usual for place in by_last.get(name, ())]
        options = [place for place in options if place not in found.values()]
        if options:
            full = [place for place in options if place < len(filled) and filled[place]]
            found[wanted] = (full or options)[0]
    return found


def known(cells: Iterable[str], chosen: Mapping[Field, str]) -> int:
    """How many columns of a row we know by name; 0 if none of them is the title."""
    # A cell of several lines or of many words is no name of a column.
    found = match_columns(tuple(cell if len(cell) <= 80 else "" for cell in cells), chosen)
    return len(found) if "title" in found else 0


def name_of(place: int) -> str:
    """A column without a name, as a spreadsheet calls it: 0 -> A, 27 -> AB."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
