"""A folder given as a list: a partner's catalogue, or an ESCO download -> the file that holds the titles."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from cmh_graph.align.tables.rows import Field
from cmh_graph.errors import SourceError

_ENDINGS: Final = (
    ".csv",
    ".tsv",
    ".xlsx",
    ".ods",
    ".json",
    ".jsonl",
    ".ttl",
    ".rdf",
    ".jsonld",
    ".nt",
    ".nq",
    ".trig",
)


def list_in(folder: Path) -> tuple[Path, dict[Field, str]]:
    """The list in a folder, and what holds for all its rows.

    roles.* beside source.toml (a partner's catalogue, whose employer type is taken from there); occupations_en.csv
    (ESCO); otherwise the only list in the folder. Raises SourceError if there is none, or more than one."""
    try:
        names = sorted(one.name for one in folder.iterdir() if one.is_file())
    except OSError as error:
        raise SourceError(
            f"the folder cannot be opened: {(error.strerror or '').lower()}",
            where=str(folder),
            mend="check that you may read it",
        ) from None
    lower = {name.lower(): name for name in names}
    esco = [name for name in lower if name.startswith("occupations_") and name.endswith(".csv")]
    for name in ("occupations_en.csv", *esco[:1]):
        if name in lower:
            return folder / lower[name], {}
    given = _about(folder / "source.toml") if "source.toml" in names else {}
    for ending in _ENDINGS:
        if "source.toml" in names and f"roles{ending}" in lower:
            return folder / lower[f"roles{ending}"], given
    lists = [name for name in names if Path(name).suffix.lower() in _ENDINGS]
    if len(lists) == 1:
        return folder / lists[0], given
    if not lists:
        raise SourceError(
            "the folder holds no list that we read",
            where=str(folder),
            mend="give a file, a catalogue's folder with roles.csv, or an ESCO folder with occupations_en.csv",
        )
    raise SourceError(
        f"the folder holds {len(lists)} lists",
        where=str(folder),
        mend="give one of them: " + ", ".join(lists[:20]),
    )


def _about(source: Path) -> dict[Field, str]:
    """What source.toml says of every row: the employer's type."""
    try:
        if source.stat().st_size > 1_000_000:
            return {}
        about = tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(
            f"source.toml cannot be read: {str(error)[:200]}",
            where=str(source),
            mend="examples/northfield shows one",
        ) from None
    kind = about.get("employer_type")
    return {"employer_type": kind} if isinstance(kind, str) and kind else {}
