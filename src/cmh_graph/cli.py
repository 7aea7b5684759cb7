"""The command line: one short function per command; the thinking is in the modules it calls.

Results go to stdout, notes to stderr. Exit 0: all well; 1: findings; 2: it could not run.
"""

from __future__ import annotations

import csv
import io
import json
import socket
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cmh_graph import __version__
from cmh_graph.align.cells import inert
from cmh_graph.errors import BadParameter, CmhGraphError
from cmh_graph.namespaces import compact
from cmh_graph.settings import Settings

if TYPE_CHECKING:
    from cmh_graph.store import Store

app = typer.Typer(
    name="cmh-graph",
    help="Community mental health roles, skills, values, pay bands and pathways as linked data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command line; an error is told in our words and ends with its exit code."""
    try:
        app()
    except CmhGraphError as error:
        note(f"error: {error}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        sys.stderr.close()
        sys.exit(0)


def note(text: str) -> None:
    """Tell the user something that is no result."""
    print(text, file=sys.stderr, flush=True)


def choose(name: str, value: str, allowed: Sequence[str]) -> str:
    """The value if it is allowed; otherwise BadParameter that lists what is."""
    if value not in allowed:
        raise BadParameter(f"'{value}' is not known", where=name, mend=f"choose from {', '.join(allowed)}")
    return value


@app.command()
def build(
    partner: Annotated[
        list[Path] | None, typer.Option(help="Folder of a partner's catalogue; repeatable.")
    ] = None,
) -> None:
    """Read the sources, apply the rules and write a snapshot."""
    from cmh_graph.build import build as build_graph
    from cmh_graph.snapshot import write_snapshot

    settings = Settings()
    note("reading sources and applying rules ...")
    graph = build_graph(settings.home, partner or ())
    folder = write_snapshot(graph, settings.snapshots)
    for name, count in graph.graphs.items():
        note(f"  {count:>7,} statements  {name}")
    print(f"{folder.name}  {sum(graph.graphs.values())} statements  {folder}")


@app.command()
def validate(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files to check; the framework itself if none.")
    ] = None,
    format: Annotated[str, typer.Option(help="text, json, sarif or junit")] = "text",
    strict: Annotated[bool, typer.Option(help="Let warnings fail too.")] = False,
) -> None:
    """Check files against the shapes and the quality checks, together with the framework they refer to."""
    import cmh_graph.validate as stage

    write = stage.REPORTS[choose("--format", format, tuple(stage.REPORTS))]
    note("validating ...")
    report = stage.validate_files(files or [], Settings().home, strict=strict)
    print(write(report), end="")
    raise typer.Exit(report.exit_code)


@app.command()
def reason(check: Annotated[bool, typer.Option("--check", help="Run HermiT as a gate.")] = False) -> None:
    """Show what the rules derive, or with --check let HermiT look for contradictions."""
    from cmh_graph.reason import check_consistency, derive, read_rules
    from cmh_graph.sources import framework_files
    from cmh_graph.store import Store

    settings = Settings()
    quads = [quad for file in framework_files(settings.home) for quad in file.quads()]
    rules = read_rules(settings.home / "queries" / "rules")
    if not check:
        known = {(q.subject, q.predicate, q.object) for q in quads}
        store = Store.from_quads([*quads, *derive(quads, rules)])
        rows = []
        for rule in rules:
            made = store.construct(rule.construct)
            rows.append(
                [rule.name, sum((t.subject, t.predicate, t.object) not in known for t in made), rule.says]
            )
        print(table(["rule", "adds", "says"], rows))
        return
    note(f"running HermiT over {len(quads):,} statements ...")
    found = check_consistency(quads)
    if found.consistent and not found.unsatisfiable:
        print("consistent: no contradiction, and every class can have members")
        return
    if not found.consistent:
        print("inconsistent: the statements contradict the ontology")
    for name in found.unsatisfiable:
        print(f"unsatisfiable: {name} can have no member")
    raise typer.Exit(1)


@app.command()
def export(
    format: Annotated[list[str] | None, typer.Option(help="A format; repeatable; all if none.")] = None,
    to: Annotated[Path, typer.Option(help="Where the files go.")] = Path("exports"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if the files are out of date.")
    ] = False,
) -> None:
    """Write the framework in its exchange formats, with a manifest of checksums."""
    from cmh_graph.build import build as build_graph
    from cmh_graph.export import compare_export, write_export
    from cmh_graph.export import export as make

    files = make(build_graph(Settings().home).nquads, tuple(format or ()))
    if not check:
        write_export(files, to)
        print(f"{len(files)} files in {to}")
        return
    differences = compare_export(files, to)
    for one in differences:
        print(f"{one.state}: {to / one.file}")
    if differences:
        note("run cmh-graph export to bring them up to date")
        raise typer.Exit(1)
    print(f"{to} is up to date")


@app.command()
def questions() -> None:
    """List the questions that the graph answers."""
    from cmh_graph.queries import load_questions

    found = load_questions(Settings().home / "queries" / "questions")
    rows = [
        [q.id, q.asked_by, q.name, " ".join(f"${p.name}" + ("?" if p.optional else "") for p in q.parameters)]
        for q in sorted(found.values(), key=lambda q: q.id)
    ]
    print(table(["id", "asked by", "name", "takes"], rows))


@app.command()
def ask(
    name: Annotated[str, typer.Argument(help="Name of the question, or its id such as cq-07.")],
    param: Annotated[list[str] | None, typer.Option(help="A parameter as name=value; repeatable.")] = None,
    format: Annotated[str, typer.Option(help="table, json or csv")] = "table",
) -> None:
    """Answer one of the questions from the built graph."""
    from cmh_graph.framework import open as open_framework

    choose("--format", format, ("table", "json", "csv"))
    values = {}
    for pair in param or ():
        key, equals, value = pair.partition("=")
        if not equals:
            raise BadParameter(f"'{pair}' is no name=value", where="--param", mend="write --param role=hcsw")
        values[key.lstrip("$")] = value
    answer = open_framework().ask(name, **values)
    columns, rows = list(answer.columns), [list(row) for row in answer.rows]
    if format == "json":
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        print(
            json.dumps({"question": answer.question.name, "rows": found, "missing": answer.missing}, indent=2)
        )
    elif format == "csv":
        print(as_csv(columns, rows), end="")
    else:
        print(answer.question.question)
        shown = [
            [compact(cell) if isinstance(cell, str) else "" if cell is None else cell for cell in r]
            for r in rows
        ]
        print(table(columns, shown) if rows else "no rows")
        print("1 row" if len(rows) == 1 else f"{len(rows)} rows")
    if answer.missing and format != "json":
        note(f"missing: {answer.missing}")


@app.command()
def align(
    file: Annotated[Path, typer.Argument(help="CSV, TSV or XLSX with a column of job titles.")],
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
) -> None:
    """Match the job titles of a table to the framework's roles."""
    from cmh_graph.align.framework_labels import framework_labels
    from cmh_graph.align.pipeline import run

    chosen = {
        "title": title_column,
        "key": key_column,
        "band": band_column,
        "employer": employer_column,
        "employer_type": employer_type_column,
        "description": description_column,
    }
    columns: Any = {field: name for field, name in chosen.items() if name}
    labels = framework_labels(_snapshot_store())
    summary = run(
        file,
        out,
        labels,
        columns=columns or None,
        sheet=sheet,
        top=top,
        progress=lambda done: note(f"  {done:,} rows"),
    )
    for said in summary.notes:
        note(f"note: {said}")
    zones = summary.zones
    print(
        f"{summary.rows} rows: {zones['accept']} accepted, {zones['review']} for review, {zones['none']} without a role"
    )
    if summary.rejected:
        print(f"{summary.rejected} rows could not be read: see {out / 'rejects.csv'}")
    print(f"written to {out}: candidates.csv, mappings.sssom.tsv, report.md, report.json")


@app.command()
def describe(
    file: Annotated[Path, typer.Argument(help="Job description or advert: .docx, .txt or .md.")],
    format: Annotated[str, typer.Option(help="table, json or csv")] = "table",
) -> None:
    """Find the skills, values, experience, qualifications and bands that a description asks for."""
    from cmh_graph.align.descriptions import Lexicon, read_description
    from cmh_graph.align.framework_labels import framework_names
    from cmh_graph.align.read_text import read_text

    choose("--format", format, ("table", "json", "csv"))
    found = read_description(read_text(file), Lexicon(framework_names(_snapshot_store())))
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


@app.command()
def compare(
    advert: Annotated[Path, typer.Argument(help="The advert: .docx, .txt or .md.")],
    description: Annotated[Path, typer.Argument(help="The job description of the same post.")],
    role: Annotated[str | None, typer.Option(help="Key of the role, to see what it does not need.")] = None,
    format: Annotated[str, typer.Option(help="table, json or csv")] = "table",
) -> None:
    """Show what an advert and a job description of one post say differently."""
    from cmh_graph.align.advert import compare as compare_texts
    from cmh_graph.align.descriptions import Lexicon, read_description
    from cmh_graph.align.framework_labels import framework_names, unneeded_qualifications
    from cmh_graph.align.read_text import read_text
    from cmh_graph.framework import open as open_framework

    choose("--format", format, ("table", "json", "csv"))
    store = _snapshot_store()
    if role is not None:
        role = open_framework().role(role).key
    lexicon = Lexicon(framework_names(store))
    first, second = read_text(advert), read_text(description)
    unneeded = unneeded_qualifications(store, role) if role else None
    found = compare_texts(
        first, read_description(first, lexicon), second, read_description(second, lexicon), unneeded
    )
    columns = ["about", "key", "label", "only_in", "text", "why"]
    rows = [[inert(getattr(one, c)) for c in columns] for one in found]
    if format == "json":
        print(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    elif format == "csv":
        print(as_csv(columns, rows), end="")
    else:
        print(table(columns, rows) if rows else "no differences found")


def _snapshot_store() -> Store:
    from cmh_graph.snapshot import DATASET, current_snapshot
    from cmh_graph.store import Store

    return Store.load(current_snapshot(Settings().snapshots) / DATASET)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the current snapshot over HTTP: SPARQL and the API."""
    import uvicorn

    from cmh_graph.api.app import create_app
    from cmh_graph.api.patience import Patience
    from cmh_graph.snapshot import current_snapshot

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = Settings(**given)  # type: ignore[arg-type]
    current_snapshot(settings.snapshots)
    service = create_app(settings)
    with listen(settings.host, settings.port) as listener:
        base = f"http://{settings.host}:{listener.getsockname()[1]}"
        note(f"open {base}/              what is here")
        note(f"     {base}/v1/roles      the roles, as JSON")
        note(f"     {base}/sparql        the SPARQL endpoint")
        note(f"     {base}/openapi.json  the API described")
        note("stop with Ctrl-C")
        uvicorn.Server(uvicorn.Config(service, log_level="warning", http=Patience)).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises BadParameter where it is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, the event loop switches Nagle's delay off; without it small answers take 40 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadParameter(
            f"cannot listen on {host}:{port}: {error.strerror}",
            where="--host, --port",
            mend="choose another port with --port, or stop the program that uses this one",
        ) from None
    return listener


@app.command()
def docs(
    to: Annotated[Path, typer.Option(help="Where the pages go.")] = Path("docs/reference"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if a page is out of date.")
    ] = False,
) -> None:
    """Write the reference pages from the ontology, queries, settings, commands and API."""
    from cmh_graph.reference import pages

    made = pages(Settings().home)
    stale = [
        n
        for n, text in made.items()
        if not (to / n).is_file() or (to / n).read_text(encoding="utf-8") != text
    ]
    if check:
        for name in stale:
            print(f"out of date: {to / name}")
        if stale:
            note("run cmh-graph docs to bring them up to date")
            raise typer.Exit(1)
        print(f"{to} is up to date")
        return
    to.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (to / name).write_text(text, encoding="utf-8")
    print(f"{len(made)} pages in {to}")


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as aligned text; long cells are cut at 60 characters and end in "…"."""
    cells = [[_cut(str(cell)) for cell in row] for row in [list(columns), *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    return "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _cut(text: str, width: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Rows as CSV with a header line."""
    output = io.StringIO(newline="")
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return output.getvalue()


if __name__ == "__main__":
    main()
