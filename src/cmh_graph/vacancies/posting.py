"""A posting as it stands in a feed -> its fields, or a reject that says which field to mend."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from cmh_graph.vacancies.dates import DateFault, read_date
from cmh_graph.vacancies.inert import has_contact, one_line, text_of_html, without_contacts
from cmh_graph.vacancies.item import Item
from cmh_graph.vacancies.places import Place, read_place
from cmh_graph.vacancies.salaries import Salary, read_salary
from cmh_graph.vacancies.shapes import as_list, is_web_address, text, web_address

LONGEST_TITLE: Final = 300
#: Characters of a description that are read.
LONGEST_DESCRIPTION: Final = 50_000
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")
_TYPES: Final = (
    ("FULL_TIME", r"full[\s_-]*time"),
    ("PART_TIME", r"part[\s_-]*time"),
    ("TEMPORARY", r"temporary|\btemp\b|fixed[\s_-]*term"),
    ("CONTRACTOR", r"contractor"),
    ("INTERN", r"\bintern(?:ship)?\b"),
    ("VOLUNTEER", r"volunt"),
    ("PER_DIEM", r"per[\s_-]*diem|\bbank\b"),
    ("PERMANENT", r"permanent"),
    ("APPRENTICESHIP", r"apprentice"),
)
_LEARNING: Final = re.compile(r"learning|training|development|apprentice", re.IGNORECASE)
_SECTIONS: Final = (
    ("responsibilities", "Responsibilities"), ("skills", "Skills"), ("qualifications", "Qualifications"),
    ("educationRequirements", "Education"), ("experienceRequirements", "Experience"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept of a posting. key: stable within its feed. Dates are ISO days, valid_through "" if open-ended.

    employment_types: words of schema.org, and PERMANENT and APPRENTICESHIP. url: http or https, or "".
    mentions_learning: whether the text speaks of learning, training or development; None if there was no text.
    text_digest: of the title and text that findings were made from."""

    key: str
    identifier: str
    title: str
    employer: str
    date_posted: str
    valid_through: str = ""
    place: str = ""
    postcode_area: str = ""
    employment_types: tuple[str, ...] = ()
    salary: Salary | None = None
    work_hours: str = ""
    url: str = ""
    mentions_learning: bool | None = None
    text_digest: str = ""


@dataclass(frozen=True, slots=True)
class Posting:
    """facts: what is kept. description, band, pay: what links are made from, and not kept. notes: what was left out."""

    facts: Facts
    description: str
    band: str
    pay: str
    line: int
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be used. row: its number in the feed from 1. line: 0 if unknown. key: of the vacancy that it
    names, "" if it names none: that vacancy is not closed."""

    row: int
    line: int
    field: str
    reason: str
    mend: str
    raw: str = ""
    key: str = ""


def read_posting(item: Item, row: int, *, employer: str = "", day_first: bool = True) -> Posting | Reject:
    """The fields of an item. employer: of those that name none. day_first: see read_date.

    Refused: no title, no employer, no date posted, a date that cannot be read, and one that closes before it opens."""
    values = item.values
    raw = one_line(text(values.get("title")) or item.raw, 120)
    if item.fault:
        return Reject(
            row, item.line, "", item.fault, "correct this row", raw, _key_of(values, "", "", Place(), "")
        )
    title = one_line(text(values.get("title")), LONGEST_TITLE)
    hiring = one_line(text(values.get("hiringOrganization")), 200) or employer
    place = read_place(values.get("jobLocation"), values.get("postcode"), values.get("jobLocationType"))
    said_posted = text(values.get("datePosted"))
    notes: list[str] = []

    def reject(name: str, reason: str, mend: str) -> Reject:
        return Reject(
            row, item.line, name, reason, mend, raw, _key_of(values, hiring, title, place, said_posted)
        )

    if not title:
        return reject("title", "there is no title", "fill title")
    if not hiring:
        return reject(
            "hiringOrganization", "no employer is named", "fill hiringOrganization, or give --employer"
        )
    days: dict[str, str] = {"validThrough": ""}
    for name in ("datePosted", "validThrough"):
        said = text(values.get(name))
        if not said and name == "datePosted":
            return reject(name, "there is no date on which it was posted", "fill datePosted as YYYY-MM-DD")
        if said:
            try:
                days[name] = read_date(said, day_first=day_first).isoformat()
            except DateFault as fault:
                return reject(name, fault.reason, fault.mend)
    if days["validThrough"] and days["validThrough"] < days["datePosted"]:
        return reject(
            "validThrough",
            f"it closes on {days['validThrough']}, before it was posted on {days['datePosted']}",
            "correct one of the two dates",
        )
    url = web_address(values.get("url"))
    if not url and text(values.get("url")):
        notes.append("address that is not http or https left out")
    if url and has_contact(url):
        url = ""
        notes.append("address with a contact in it left out")
    body = _description(values)
    if len(body) > LONGEST_DESCRIPTION:
        body = body[:LONGEST_DESCRIPTION]
        notes.append(f"description read up to {LONGEST_DESCRIPTION:,} characters")
    clean = without_contacts(body)
    if clean != body:
        notes.append("contact in a description left out")
    pay = one_line(
        " ".join(text(one) for one in as_list(values.get("baseSalary")) if not isinstance(one, dict)), 200
    )
    salary = read_salary(
        values.get("baseSalary"), values.get("salaryMinimum"), values.get("salaryMaximum"),
        values.get("salaryUnit"), values.get("salaryCurrency"),
    )  # fmt: skip
    if salary is None and pay and re.search(r"£|\d{4}", pay):
        notes.append("salary that cannot be read left out")
    identifier = _identifier(values)
    band = one_line(text(values.get("band")), 60)
    facts = Facts(
        key=_key_of(values, hiring, title, place, days["datePosted"]),
        identifier="" if has_contact(identifier) else identifier,
        title=title,
        employer=hiring,
        date_posted=days["datePosted"],
        valid_through=days["validThrough"],
        place=place.name,
        postcode_area=place.area,
        employment_types=_employment_types(values.get("employmentType")),
        salary=salary,
        work_hours=one_line(text(values.get("workHours")), 120),
        url=url,
        mentions_learning=bool(_LEARNING.search(clean)) if clean else None,
        text_digest=hashlib.sha256(f"{title}\n{band}\n{pay}\n{clean}".encode()).hexdigest()[:16],
    )
    return Posting(facts, clean, band, pay, item.line, tuple(notes))


def _description(values: Mapping[str, Any]) -> str:
    """The text of a posting: its description, and what schema.org lets it say under further names."""
    parts = [
        text_of_html(
            " ".join(text(one) for one in as_list(values.get("description")))[: 4 * LONGEST_DESCRIPTION]
        )
    ]
    for name, heading in _SECTIONS:
        said = [text_of_html(_words(one)[:LONGEST_DESCRIPTION]) for one in as_list(values.get(name))[:100]]
        lines = [line for one in said for line in one.split("\n") if line]
        if lines:
            parts.append(
                f"{heading}:\n" + "\n".join(line if line[0] == "•" else f"• {line}" for line in lines)
            )
    return "\n".join(part for part in parts if part)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        said = (text(value.get(name)) for name in ("name", "credentialCategory", "description"))
        return ", ".join(filter(None, said)) or text(value)
    return text(value)


def _identifier(values: Mapping[str, Any]) -> str:
    """The feed's own identifier: text, or the value of a PropertyValue."""
    for one in as_list(values.get("identifier")):
        said = (
            text(one.get("value") or one.get("@value") or one.get("@id"))
            if isinstance(one, dict)
            else text(one)
        )
        if said:
            return _as_it_stands(said)
    return ""


def _as_it_stands(said: str) -> str:
    """An identifier without markup or control characters."""
    return " ".join(text_of_html(said[:2000]).split())[:200]


def _key_of(values: Mapping[str, Any], employer: str, title: str, place: Place, posted: str) -> str:
    """A key that stays: from the identifier, else from the address, else from who, what, where and when.

    "" if there is not even a title. A key that is not the identifier as it stands ends in "~" and a digest, which no
    identifier taken as it stands can."""
    identifier = _identifier(values)
    if identifier:
        if _PLAIN_KEY.fullmatch(identifier) and not has_contact(identifier):
            return identifier
        slug = "" if has_contact(identifier) else _slug(identifier)
        return _with_digest(slug or "id", identifier)
    url = text(values.get("url"))
    if is_web_address(url):
        address = _same_address(url)
        last = urlsplit(address).path.rstrip("/").rpartition("/")[2]
        return _with_digest("" if has_contact(last) else _slug(last) or "url", address)
    if title and posted:
        with_day = posted
        with contextlib.suppress(DateFault):
            with_day = read_date(posted).isoformat()
        known = "\n".join(" ".join(one.casefold().split()) for one in (employer, title, place.name, with_day))
        return _with_digest(_slug(title) or "vacancy", known)
    return ""


def _same_address(url: str) -> str:
    """An address without its fragment and what trackers add."""
    parts = urlsplit(url)
    kept = [
        (k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not k.lower().startswith("utm_")
    ]
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, urlencode(kept), ""))


def _slug(said: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", said.lower()).strip("-")[:40].strip("-")


def _with_digest(slug: str, known: str) -> str:
    return f"{slug}~{hashlib.sha256(known.encode('utf-8', 'replace')).hexdigest()[:10]}"


def _employment_types(value: Any) -> tuple[str, ...]:
    """The words of schema.org that a text means, in the order of their list."""
    said = " ".join(text(one) for one in as_list(value)).replace("https://schema.org/", "")
    return tuple(name for name, pattern in _TYPES if re.search(pattern, said, re.IGNORECASE))
