"""Commands that match an employer's titles and texts to the framework."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cmh_graph.align.cells import inert
from cmh_graph.align.labels import RoleLabels
from cmh_graph.errors import BadParameter

from .terminal import as_csv, choose, note, progress_bar, snapshot_store, table


def align(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A list of job titles: spreadsheet, CSV, JSON, RDF, or a folder."
        ),
    ],
    out: Annotated[str, typer.Option(metavar="FOLDER", help="Where the results go.")] = "out",
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
    engine: Annotated[
        str | None, typer.Option(help="For lists of millions: local (all cores) or spark. Writes tables.")
    ] = None,
    format: Annotated[str, typer.Option(help="With --engine: parquet or csv.")] = "parquet",
    processes: Annotated[
        int | None, typer.Option(help="With --engine local: processes; one for each core if none.", min=1)
    ] = None,
    memory: Annotated[
        int, typer.Option(help="With --engine local: MB that tables may take in memory.", min=128)
    ] = 1024,
    master: Annotated[
        str | None, typer.Option(help="With --engine spark: the cluster, if not that of spark-submit.")
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
    if engine is not None:
        if learn or sheet:
            raise BadParameter(
                "--learn and --sheet are for one list", mend="leave them out, or leave out --engine"
            )
        _align_long_list(engine, file, out, labels, columns, top, format, processes, memory, master)
        return
    learned = learn_from(learn, labels) if learn else None
    if learned:
        note(
            f"learned from {learned.titles} decided titles: {len(learned.labels)} names of roles,"
            f" {len(learned.nowhere)} wordings without a role"
        )
    folder = Path(out)
    summary = run(
        Path(file),
        folder,
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
        print(f"{rows} could not be read: see {folder / 'rejects.csv'}")
    print(f"written to {folder}: candidates.csv, mappings.sssom.tsv, report.html, report.md, report.json")


def _align_long_list(
    engine: str,
    file: str,
    out: str,
    labels: RoleLabels,
    columns: Any,
    top: int,
    format: str,
    processes: int | None,
    memory: int,
    master: str | None,
) -> None:
    """Align by one of the engines for long lists, with a bar of progress where people look on."""
    choose("--engine", engine, ("local", "spark"))
    choose("--format", format, ("parquet", "csv"))
    with progress_bar() as say:
        if engine == "local":
            from cmh_graph.align.batch.local import align_locally

            found = align_locally(
                Path(file), Path(out), labels, columns=columns, top=top, format=format, memory_mb=memory,
                progress=say, processes=processes or len(os.sched_getaffinity(0)),
            )  # fmt: skip
        else:
            from cmh_graph.align.batch.spark import align_on_spark, session_for

            session = session_for(master)
            try:
                # Addresses such as s3a://... go to Spark as they were typed.
                found = align_on_spark(
                    file, out, labels, session=session, columns=columns, top=top, format=format, progress=say
                )
            finally:
                session.stop()
    zones = found.zones
    print(
        f"{found.rows:,} rows, {found.posts:,} different posts: {zones['accept']:,} accepted, "
        f"{zones['review']:,} for review, {zones['none']:,} without a role"
    )
    if found.rejected:
        print(f"{found.rejected:,} rows could not be read: see {out}/rejects")
    print(f"written to {out}: rows, candidates, rejects, summary.json")


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
