"""The folder of a feed: source.toml says whose it is, vacancies.jsonl holds the register, rejects.csv what failed.

Files are written whole and only if their bytes change, so that reading a feed again leaves git silent.
"""

from __future__ import annotations

import io
import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from cmh_graph.delimited import RowWriter
from cmh_graph.errors import BadParameter, SourceError
from cmh_graph.vacancies.dates import DateFault, read_date
from cmh_graph.vacancies.links import KINDS, Link
from cmh_graph.vacancies.posting import Facts, Reject
from cmh_graph.vacancies.register import Register, Vacancy
from cmh_graph.vacancies.salaries import Salary
from cmh_graph.vacancies.shapes import is_web_address

ABOUT: Final = "source.toml"
REGISTER: Final = "vacancies.jsonl"
REJECTS: Final = "rejects.csv"
#: What `kind` says in the source.toml of a feed.
KIND: Final = "vacancies"
LARGEST: Final = 500_000_000
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?")
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_~-]{0,79}")
_STATUSES: Final = ("public", "confirmed")
_REJECT_COLUMNS: Final = ("row", "line", "field", "reason", "mend", "starts")


@dataclass(frozen=True, slots=True)
class About:
    """Whose feed it is. name: the folder's, used in IRIs. status: "confirmed" if the employer itself gives the feed,
    else "public". employer: the name of the employer of postings that name none. employers: name as the feed writes it
    -> key of an organisation that the graph has."""

    name: str
    owner: str
    licence: str
    status: str = "public"
    employer: str = ""
    employer_type: str = ""
    employers: Mapping[str, str] = field(default_factory=dict)


def is_feed(folder: Path) -> bool:
    """Whether a folder with a source.toml is that of a feed of vacancies."""
    try:
        return bool(tomllib.loads((folder / ABOUT).read_text(encoding="utf-8")).get("kind") == KIND)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False


def read_about(folder: Path) -> About | None:
    """What source.toml says, None if there is none. Raises SourceError where it is of another kind or incomplete."""
    path = folder / ABOUT
    if not path.exists():
        return None
    try:
        about = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"source.toml cannot be read: {error}", where=str(path)) from None
    if about.get("kind") != KIND:
        raise SourceError(
            'this folder belongs to something else: its source.toml has no kind = "vacancies"',
            where=str(path),
            mend="give another folder with --to",
        )
    for name in ("owner", "licence"):
        if not about.get(name) or not isinstance(about[name], str):
            raise SourceError(
                f"source.toml does not say the {name}", where=str(path), mend=f'add {name} = "..."'
            )
    status, employers = about.get("status", "public"), about.get("employers", {})
    if status not in _STATUSES:
        raise SourceError(
            f"the status of a feed cannot be '{status}'",
            where=str(path),
            mend=f"use {' or '.join(_STATUSES)}",
        )
    if not isinstance(employers, dict) or not all(
        isinstance(key, str) and _NAME.fullmatch(key) for key in employers.values()
    ):
        raise SourceError(
            "[employers] in source.toml does not lead from names to keys",
            where=str(path),
            mend='write "Name as in the feed" = "key-of-the-organisation"',
        )
    return About(
        feed_name(folder),
        about["owner"],
        about["licence"],
        status,
        str(about.get("employer", "")),
        str(about.get("employer_type", "")),
        MappingProxyType(dict(employers)),
    )


def feed_name(folder: Path) -> str:
    """The name of a feed: its folder's. Raises BadParameter where no IRI can carry it."""
    name = folder.resolve().name
    if not _NAME.fullmatch(name):
        raise BadParameter(
            f"'{name}' cannot be the name of a feed",
            where="--to",
            mend="name the folder with small letters, digits and hyphens: it becomes part of every identifier",
        )
    return name


def new_about(folder: Path, owner: str, licence: str, employer: str) -> About:
    """What is said of a feed that has no source.toml yet."""
    name = feed_name(folder)
    return About(name, owner or employer or name, licence or "not stated", employer=employer)


def write_about(folder: Path, about: About) -> None:
    """Write source.toml for a person to complete; one that is there is left alone."""
    if (folder / ABOUT).exists():
        return
    lines = [
        "# A feed of vacancies. cmh-graph vacancies keeps vacancies.jsonl beside this file; this one is yours to edit.",
        f'kind = "{KIND}"',
        f"owner = {_toml(about.owner)}",
        f"licence = {_toml(about.licence)}",
        '# "confirmed" if the employer itself gives the feed, else "public".',
        f"status = {_toml(about.status)}",
        "# Employer of postings that name none, and its type, such as nhs-trust.",
        f"employer = {_toml(about.employer)}",
        f"employer_type = {_toml(about.employer_type)}",
        "",
        '# Employers that the graph knows already: "Name as in the feed" = "key-of-the-organisation"',
        "[employers]",
    ]
    write_whole(folder / ABOUT, ("\n".join(lines) + "\n").encode())


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "")


# --- the register ---


def read_register(folder: Path) -> Register:
    """The register of a feed, empty if there is none yet. Raises SourceError with the line of what cannot be used."""
    path = folder / REGISTER
    found: dict[str, Vacancy] = {}
    if not path.exists():
        return MappingProxyType(found)
    try:
        if path.stat().st_size > LARGEST:
            raise SourceError(
                f"the register has more than {LARGEST:,} bytes", where=str(path), mend="split the feed"
            )
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"the register cannot be read: {error}", where=str(path)) from None
    for number, line in enumerate(lines, start=1):
        if line:
            try:
                one = _vacancy(json.loads(line))
            except (ValueError, TypeError, KeyError, RecursionError, AttributeError, DateFault) as error:
                raise SourceError(
                    f"this line is no vacancy of a register: {error}",
                    where=f"{path}, line {number}",
                    mend="restore the file from git, or remove it and read the feed again",
                ) from None
            found[one.facts.key] = one
    return MappingProxyType({key: found[key] for key in sorted(found)})


def register_bytes(register: Register) -> bytes:
    """One line of JSON for each vacancy, in order of keys; what is empty is left out."""
    return "".join(
        json.dumps(_line(register[key]), ensure_ascii=False, separators=(", ", ": ")) + "\n"
        for key in sorted(register)
    ).encode()


def _line(one: Vacancy) -> dict[str, Any]:
    said: dict[str, Any] = {
        name: value for name, value in asdict(one.facts).items() if value not in ("", None, (), [])
    }
    if one.closed:
        said["closed"] = one.closed
    said["links"] = [
        {name: value for name, value in asdict(link).items() if value != ""} for link in one.links
    ]
    return said


def _vacancy(said: dict[str, Any]) -> Vacancy:
    known = {"identifier": "", **said}
    links = tuple(Link(**{**one, "confidence": float(one["confidence"])}) for one in known.pop("links", ()))
    closed = known.pop("closed", "")
    salary = Salary(**known.pop("salary")) if "salary" in known else None
    types = tuple(known.pop("employment_types", ()))
    facts = Facts(**known, salary=salary, employment_types=types)
    if not _KEY.fullmatch(facts.key):
        raise ValueError(f"the key {facts.key[:80]!r} cannot be part of an IRI")
    if facts.url and not is_web_address(facts.url):
        raise ValueError("its url is no http or https address")
    for day in (facts.date_posted, *filter(None, (facts.valid_through, closed))):
        if read_date(day).isoformat() != day:
            raise ValueError(f"{day[:40]!r} is not written YYYY-MM-DD")
    for link in links:
        if link.kind not in KINDS or not _KEY.fullmatch(link.key) or not 0 <= link.confidence <= 1:
            raise ValueError(f"a link to {link.kind} {link.key[:80]!r} cannot be used")
    return Vacancy(facts, links, closed)


# --- files ---


def rejects_bytes(rejects: Iterable[Reject]) -> bytes:
    """The rejects as a table whose cells no spreadsheet takes for formulas; empty if there are none."""
    # The builder reads registers too, and need not load the aligner for it.
    from cmh_graph.align.cells import inert

    output = io.StringIO(newline="")
    writer = RowWriter(output)
    rows = [
        (one.row, one.line or "", one.field, inert(one.reason), inert(one.mend), inert(one.raw))
        for one in rejects
    ]
    if rows:
        writer.writerow(_REJECT_COLUMNS)
        writer.writerows(rows)
    return output.getvalue().encode()


def write_folder(folder: Path, about: About, register: Register, rejects: Iterable[Reject]) -> None:
    """Write a register, its rejects and, if it is not there, source.toml. Each file is replaced whole."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_about(folder, about)
        failed = rejects_bytes(rejects)
        if failed:
            write_whole(folder / REJECTS, failed)
        else:
            (folder / REJECTS).unlink(missing_ok=True)
        write_whole(folder / REGISTER, register_bytes(register))
    except OSError as error:
        raise SourceError(f"the folder cannot be written: {error.strerror}", where=str(folder)) from None


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file in one step; one that has these bytes already is not touched."""
    try:
        if not path.is_symlink() and path.read_bytes() == data:
            return
    except OSError:
        pass
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with half.open("wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
