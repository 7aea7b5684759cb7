"""Commands that match an employer's titles and texts to the framework."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cmh_graph.align.cells import inert

from .terminal import as_csv, choose, note, snapshot_store, table


def align(
    file: Annotated[
        Path, typer.Argument(help="A list of job titles: spreadsheet, CSV, JSON, RDF, or a folder.")
    ],
    out: Annotated[Path, typer.Option(help="Where the results go.")] = Path("out"),
    title_column: Annotated[str | None, typer.Option(help="Name of the column of titles.")] = None,
    key_column: Annotated[str | None, typer.Option(help="Name of the column of keys.")] = None,
    band_column: Annotated[str | None, typer.Option(help="Name of the column of pay bands.")] = None,
    employer_column: Annotated[str | None, typer.Option(help="Name of the column of employers.")] = None,
    employer_type_column: Annotated[
        str | None, typer.Option(help="Name of the column of employer types.")
    ] = None,
    description_column: Annotated[
        str | None, typer.Option(help="Name of the column of descriptions.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(help="Sheet of a workbook; the first that has titles if none.")
    ] = None,
    top: Annotated[int, typer.Option(help="Most candidates per title.", min=1, max=20)] = 5,
    learn: Annotated[
        list[Path] | None, typer.Option(help="Mapping file whose decisions teach the matching; repeatable.")
    ] = None,
) -> None:
    """Match the job titles of a table to the framework's roles."""
    from cmh_graph.align.framework_labels import framework_labels
    from cmh_graph.align.pipeline import run
    from cmh_graph.align.review.learn import learn_from

    chosen = {
        "title": title_column,
        "key": key_column,
        "band": band_column,
        "employer": employer_column,
        "employer_type": employer_type_column,
        "description": description_column,
    }
    columns: Any = {field: name for field, name in chosen.items() if name}
    labels = framework_labels(snapshot_store())
    learned = learn_from(learn, labels) if learn else None
    if learned:
        note(
            f"learned from {learned.titles} decided titles: {len(learned.labels)} names of roles,"
            f" {len(learned.nowhere)} wordings without a role"
        )
    summary = run(
        file,
        out,
        labels,
        columns=columns or None,
        sheet=sheet,
        top=top,
        progress=lambda done: note(f"  {done:,} rows"),
        learned=learned,
    )
    for said in summary.notes:
        note(f"note: {said}")
    zones, decided = summary.zones, sum(summary.decided.values())
    print(
        f"{summary.rows} rows: {zones['accept']} accepted, {zones['review']} for review, {zones['none']} without a role"
    )
    if decided:
        print(f"{decided} of them were decided by people earlier, which stands")
    if summary.rejected:
        rows = "1 row" if summary.rejected == 1 else f"{summary.rejected} rows"
        print(f"{rows} could not be read: see {out / 'rejects.csv'}")
    print(f"written to {out}: candidates.csv, mappings.sssom.tsv, report.html, report.md, report.json")


def describe(
    file: Annotated[
        Path, typer.Argument(help="Job description or advert: .docx, .txt, .md or a PDF with text.")
    ],
    format: Annotated[str, typer.Option(help="table, json or csv")] = "table",
) -> None:
    """Find the skills, values, experience, qualifications and bands that a description asks for."""
    from cmh_graph.align.framework_labels import framework_names
    from cmh_graph.align.texts.descriptions import Lexicon, read_description
    from cmh_graph.align.texts.read_text import read_text

    choose("--format", format, ("table", "json", "csv"))
    found = read_description(read_text(file), Lexicon(framework_names(snapshot_store())))
    if format == "json":
        print(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    columns = ["kind", "key", "label", "necessity", "confidence", "start", "end", "text", "why"]
    rows = [
        [inert(getattr(one, c)) if c == "text" else getattr(one, c) for c in columns]
        for one in found.findings
    ]
    if format == "csv":
        print(as_csv(columns, rows), end="")
    else:
        shown = ["kind", "key", "necessity", "confidence", "text"]
        print(table(shown, [[getattr(one, c) for c in shown] for one in found.findings]))
    for one in found.unlinked:
        note(f"not linked: {one.text}")


def compare(
    advert: Annotated[Path, typer.Argument(help="The advert: .docx, .txt, .md or a PDF with text.")],
    description: Annotated[Path, typer.Argument(help="The job description of the same post.")],
    role: Annotated[str | None, typer.Option(help="Key of the role, to see what it does not need.")] = None,
    format: Annotated[str, typer.Option(help="table, json, csv or html")] = "table",
) -> None:
    """Show what an advert and a job description of one post say differently."""
    from cmh_graph.align.framework_labels import framework_names, unneeded_qualifications
    from cmh_graph.align.texts.advert import compare as compare_texts
    from cmh_graph.align.texts.descriptions import Lexicon, read_description
    from cmh_graph.align.texts.read_text import read_text
    from cmh_graph.framework import open as open_framework

    choose("--format", format, ("table", "json", "csv", "html"))
    store = snapshot_store()
    role_label = ""
    if role is not None:
        known = open_framework().role(role)
        role, role_label = known.key, known.label
    lexicon = Lexicon(framework_names(store))
    first, second = read_text(advert), read_text(description)
    unneeded = unneeded_qualifications(store, role) if role else None
    in_first, in_second = read_description(first, lexicon), read_description(second, lexicon)
    found = compare_texts(first, in_first, second, in_second, unneeded)
    if format == "html":
        from cmh_graph.align.reports.comparison import TextOfPost, comparison_page

        texts = TextOfPost(advert.name, first, in_first), TextOfPost(description.name, second, in_second)
        print(comparison_page(found, *texts, role_label), end="")
        return
    columns = ["about", "key", "label", "only_in", "text", "why"]
    rows = [[inert(getattr(one, c)) for c in columns] for one in found]
    if format == "json":
        print(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    elif format == "csv":
        print(as_csv(columns, rows), end="")
    else:
        print(table(columns, rows) if rows else "no differences found")


COMMANDS = (align, describe, compare)
