"""Commands that report on a whole role list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .terminal import as_csv, choose, note, snapshot_store, table

if TYPE_CHECKING:
    from cmh_graph.align.catalogues.posts import Posts
    from cmh_graph.align.labels import RoleLabels

_File = Annotated[
    Path,
    typer.Argument(
        help="Role list in any format that align reads, packed (.gz) or not, or a partner's folder."
    ),
]
_Out = Annotated[Path, typer.Option(help="Where the reports go.")]
_Title = Annotated[str | None, typer.Option(help="Name of the column of titles.")]
_Key = Annotated[str | None, typer.Option(help="Name of the column of keys.")]
_Band = Annotated[str | None, typer.Option(help="Name of the column of pay bands.")]
_Sheet = Annotated[str | None, typer.Option(help="Sheet of a workbook; the first that has titles if none.")]
_Format = Annotated[str, typer.Option(help="table or json, on the terminal")]
#: Most lines of the table on the terminal; the files hold everything.
_SHOWN = 20


def rationalise(
    file: _File,
    out: _Out = Path("out"),
    title_column: _Title = None,
    key_column: _Key = None,
    band_column: _Band = None,
    sheet: _Sheet = None,
    format: _Format = "table",
) -> None:
    """Group the titles of a role list that are one role in disguise, and propose a house title for each."""
    from cmh_graph.align.catalogues.rationalise import csv_lines
    from cmh_graph.align.catalogues.rationalise import rationalise as group_titles
    from cmh_graph.align.framework_labels import framework_labels
    from cmh_graph.align.reports.catalogue import rationalise_page

    choose("--format", format, ("table", "json"))
    labels = framework_labels(snapshot_store())
    posts = _read(file, labels, {"title": title_column, "key": key_column, "band": band_column}, sheet)
    found = group_titles(posts, labels)
    values = found.as_dict()
    header, *lines = csv_lines(found)
    _write(
        out,
        {
            "rationalise.html": rationalise_page(found),
            "rationalise.json": _as_json(values),
            "rationalise.csv": as_csv(header, lines),
        },
    )
    if format == "json":
        print(_as_json(values), end="")
        return
    several = [one for one in found.groups if one.in_disguise > 1]
    print(
        f"{found.counts['titles']} titles in {len(posts.posts)} rows are {len(found.groups)} roles by what we can see;"
        f" {len(several)} of these have several titles"
    )
    if several:
        columns = ("house title", "titles", "rows", "bands", "for a person")
        print(
            table(
                columns,
                [
                    (
                        one.house_title,
                        one.in_disguise,
                        one.rows,
                        ", ".join(one.bands),
                        sum(use.needs_eye for use in one.titles),
                    )
                    for one in several[:_SHOWN]
                ],
            )
        )
    if len(several) > _SHOWN:
        note(f"the {_SHOWN} largest are shown; the report has all")
    print(f"written to {out}: rationalise.html, rationalise.json, rationalise.csv")


def coverage(
    file: _File,
    out: _Out = Path("out"),
    title_column: _Title = None,
    key_column: _Key = None,
    band_column: _Band = None,
    description_column: Annotated[
        str | None, typer.Option(help="Name of the column of descriptions.")
    ] = None,
    sheet: _Sheet = None,
    format: _Format = "table",
) -> None:
    """Hold a role list against the framework: roles, skills, values and bands that either has and the other lacks."""
    from cmh_graph.align.catalogues.coverage import coverage as hold_against
    from cmh_graph.align.framework_labels import framework_labels, framework_names
    from cmh_graph.align.reports.catalogue import coverage_page
    from cmh_graph.align.texts.descriptions import Lexicon
    from cmh_graph.reading import read

    choose("--format", format, ("table", "json"))
    store = snapshot_store()
    labels = framework_labels(store)
    chosen = {
        "title": title_column,
        "key": key_column,
        "band": band_column,
        "description": description_column,
    }
    posts = _read(file, labels, chosen, sheet)
    found = hold_against(posts, read(store), Lexicon(framework_names(store)))
    values = found.as_dict()
    _write(out, {"coverage.html": coverage_page(found), "coverage.json": _as_json(values)})
    if format == "json":
        print(_as_json(values), end="")
        return
    print(
        table(("figure", "count", "of", "basis"), [(o.name, o.count, o.of, o.basis) for o in found.figures])
    )
    print(f"written to {out}: coverage.html, coverage.json")


def _read(file: Path, labels: RoleLabels, chosen: Mapping[str, str | None], sheet: str | None) -> Posts:
    from cmh_graph.align.catalogues.posts import read_posts

    columns: Any = {field: name for field, name in chosen.items() if name}
    posts = read_posts(
        file, labels, columns=columns or None, sheet=sheet, progress=lambda done: note(f"  {done:,} rows")
    )
    for said in posts.notes:
        note(f"note: {said}")
    if posts.rejected:
        note(f"note: {posts.rejected} rows could not be used; the report says which and why")
    return posts


def _as_json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _write(out: Path, texts: Mapping[str, str]) -> None:
    """Write the reports; each appears only when it is whole."""
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        part = out / f".{name}.part"
        try:
            part.write_text(text, encoding="utf-8", newline="")
            part.replace(out / name)
        finally:
            part.unlink(missing_ok=True)


COMMANDS = (rationalise, coverage)
