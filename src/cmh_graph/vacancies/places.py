"""Where a post is -> the name of a town or site, and the letters of its postcode area. No street, no full postcode."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from cmh_graph.vacancies.inert import LEFT_OUT, one_line
from cmh_graph.vacancies.shapes import as_list, text

_WHOLE: Final = re.compile(r"\b([A-Z]{1,2})\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE)
#: The first half of a postcode, standing alone or at the end: "SE15", "London SE1". One letter must stand alone, as
#: "Ward B2" is a ward.
_FIRST_HALF: Final = re.compile(r"^([A-Z]{1,2})\d[A-Z\d]?$|\s([A-Z]{2})\d[A-Z\d]?$")
_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Place:
    """name: a town, district or site; "" if unknown. area: the letters that a UK postcode starts with, or ""."""

    name: str = ""
    area: str = ""


def read_place(location: Any, postcode: Any = None, location_type: Any = None) -> Place:
    """The place of schema.org's jobLocation in any of its shapes, or of a text; several are parted by semicolons."""
    names: dict[str, None] = {}
    areas: dict[str, None] = {}
    for one in as_list(location)[:_MOST]:
        name, area = _one(one)
        names.setdefault(name)
        areas.setdefault(area)
    areas.setdefault(_area(one_line(text(postcode))))
    if "telecommute" in text(location_type).lower():
        names.setdefault("Remote")
    return Place("; ".join(filter(None, names)), "; ".join(filter(None, areas)))


def _one(place: Any) -> tuple[str, str]:
    if not isinstance(place, dict):
        return _of_text(one_line(text(place)))
    address = next(iter(as_list(place.get("address"))), None)
    if address is None and {"addressLocality", "addressRegion", "postalCode"} & place.keys():
        address = place
    if isinstance(address, dict):
        town = (
            text(address.get("addressLocality"))
            or text(address.get("addressRegion"))
            or text(place.get("name"))
        )
        name, area = _of_text(one_line(town))
        return name, _area(one_line(text(address.get("postalCode")))) or area
    return _of_text(one_line(text(address) or text(place)))


def _of_text(said: str) -> tuple[str, str]:
    """A written address without its postcode and without parts that have a number, such as 12 High Street."""
    bare = (_FIRST_HALF.sub("", _WHOLE.sub(" ", part).strip()) for part in _parts(said))
    kept = [" ".join(part.split()).strip(" .-–") for part in bare if not re.search(r"\d", part)]
    return ", ".join(dict.fromkeys(part for part in kept if part and LEFT_OUT not in part)), _area(said)


def _area(said: str) -> str:
    match = _WHOLE.search(said) or next(filter(None, map(_FIRST_HALF.search, _parts(said))), None)
    return next(filter(None, match.groups())).upper() if match else ""


def _parts(said: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;\n|]", said)]
