"""The engine for one machine: a process for each core matches, and DuckDB keeps what does not fit in memory."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any, Final

from cmh_graph.align.batch.columns import CANDIDATES, FORMATS, POSTS, READ, RESULTS
from cmh_graph.align.batch.matching import candidates_of
from cmh_graph.align.batch.reading import Columns, Part, parts_of, rows_of
from cmh_graph.align.batch.steps import Summary, fingerprint, results_folder
from cmh_graph.align.cells import inert
from cmh_graph.align.labels import RoleLabels, packed
from cmh_graph.align.tables import Field
from cmh_graph.delimited import RowWriter
from cmh_graph.errors import BadParameter, MissingProgram

#: What is under way: how many rows or posts of how many; the whole is 0 while nobody knows it.
Progress = Callable[[str, int, int], None]

#: Posts that a process matches at once, and lines of one written file.
_BLOCK: Final = 4_000
_LINES: Final = 1_000_000
_TYPES: Final = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER", "double": "DOUBLE"}
_WORK: Final = ".work"


def align_locally(
    path: Path,
    out: Path,
    labels: RoleLabels,
    *,
    columns: Mapping[Field, str] | None = None,
    top: int = 5,
    format: str = "parquet",
    processes: int = 1,
    memory_mb: int = 1024,
    progress: Progress | None = None,
) -> Summary:
    """Align a file or a folder of files; the tables of columns.RESULTS appear in out when all are whole.

    memory_mb: what the database may hold in memory; each process takes about 200 MB besides. A run that was broken
    off goes on where it stopped. Raises what read_table raises, and MissingProgram without DuckDB and pyarrow."""
    if format not in FORMATS:
        raise BadParameter(f"'{format}' is no format of tables", mend=f"use one of: {', '.join(FORMATS)}")
    say = progress or (lambda what, done, whole: None)
    parts = parts_of(path)
    sent = packed(labels)
    work = results_folder(out) / _WORK
    with _Tables(work, fingerprint(parts, columns or {}, sent, top, "local"), memory_mb) as tables:
        _read(tables, parts, columns, say)
        _match(tables, sent, top, processes, say)
        summary = tables.summary(len(parts))
        _write(tables, work / "results", format, say)
    for name in RESULTS:
        shutil.rmtree(out / name, ignore_errors=True)
        (work / "results" / name).rename(out / name)
    (out / "summary.json").write_text(summary.as_json(), encoding="utf-8")
    shutil.rmtree(work)
    return summary


class _Tables:
    """The tables of one run, in one file. What is committed is kept if the run is broken off."""

    def __init__(self, work: Path, about: str, memory_mb: int) -> None:
        try:
            import duckdb
            import pyarrow
        except ImportError as error:
            raise MissingProgram(
                f"the local engine needs {error.name}", mend="pip install 'cmh-graph[batch]'"
            ) from None
        self._arrow = pyarrow
        kept = work / "about"
        if not kept.exists() or kept.read_text() != about:
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(work / "spilled"),
            "enable_external_access": "true",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "threads": "2",
        }
        try:
            self._database = duckdb.connect(str(work / "tables.duckdb"), config=settings)
        except duckdb.Error as error:
            raise BadParameter(
                f"the unfinished run cannot be taken up: {str(error).splitlines()[0][:200]}",
                where=str(work),
                mend="wait for the other run to end, or remove this folder to begin anew",
            ) from None
        if not kept.exists():
            for name, columns in {"read": READ, "posts": POSTS, "candidates": CANDIDATES}.items():
                held = ", ".join(f'"{column}" {_TYPES[kind]}' for column, kind in columns.items())
                self._database.execute(f"CREATE OR REPLACE TABLE {name} ({held})")
            self._database.execute("CREATE OR REPLACE TABLE done (step VARCHAR)")
            kept.write_text(about)

    def __enter__(self) -> _Tables:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def done(self) -> set[str]:
        """The steps that are whole."""
        return {step for (step,) in self._database.execute("SELECT step FROM done").fetchall()}

    def step(self, name: str, table: str, pieces: Iterator[Columns]) -> None:
        """Add pieces to a table and the step to those done, all or nothing."""
        schema = _arrow_schema({"read": READ, "candidates": CANDIDATES}[table])
        self._database.begin()
        try:
            for piece in pieces:
                self._database.register("piece", self._arrow.table(_clean(piece), schema=schema))
                self._database.execute(f"INSERT INTO {table} SELECT * FROM piece")
                self._database.unregister("piece")
            if name:
                self._database.execute("INSERT INTO done VALUES (?)", [name])
            self._database.commit()
        except BaseException:
            self._database.rollback()
            raise

    def tell_apart(self) -> None:
        """Fill the table of different posts."""
        held = ", ".join(f'any_value("{name}")' for name in POSTS if name != "post")
        self._database.begin()
        self._database.execute(
            f"INSERT INTO posts SELECT post, {held} FROM read WHERE post <> '' GROUP BY post"
        )
        self._database.execute("INSERT INTO done VALUES ('posts')")
        self._database.commit()

    def count(self, of: str) -> int:
        """How many lines a table or a part of it has."""
        found = self._database.execute(f"SELECT count(*) FROM {of}").fetchone()
        return int(found[0]) if found else 0

    def waiting(self) -> Iterator[Columns]:
        """The different posts that have no candidates yet, in blocks. In order of their titles, so that those which
        differ only in capitals or hours come together and are scored once."""
        names = ", ".join(f'"{name}"' for name in POSTS)
        reader = self._database.cursor().execute(
            f"SELECT {names} FROM posts ANTI JOIN (SELECT DISTINCT post FROM candidates) USING (post)"
            " ORDER BY lower(title), post"
        )
        while lines := reader.fetchmany(_BLOCK):
            yield dict(zip(POSTS, map(list, zip(*lines, strict=True)), strict=True))

    def result(self, name: str) -> Iterator[list[tuple[Any, ...]]]:
        """The lines of a result in their order, up to _LINES at a time."""
        columns, order = RESULTS[name]
        source = {
            "rows": "(SELECT r.*, c.zone, c.role, c.rolls_up_to, c.confidence FROM read r"
            " JOIN candidates c ON c.post = r.post AND c.rank <= 1)",
            "candidates": "candidates",
            "rejects": "(SELECT * FROM read WHERE post = '')",
        }[name]
        names = ", ".join(f'"{column}"' for column in columns)
        reader = self._database.execute(f"SELECT {names} FROM {source} ORDER BY {', '.join(order)}")
        while lines := reader.fetchmany(_LINES // 10):
            yield lines

    def summary(self, files: int) -> Summary:
        """What came of the run so far."""
        zones = dict.fromkeys(("accept", "review", "none"), 0)
        counted = self._database.execute(
            "SELECT c.zone, count(*) FROM read r JOIN candidates c ON c.post = r.post AND c.rank <= 1 GROUP BY 1"
        )
        zones |= dict(counted.fetchall())
        return Summary(
            "local", files, self.count("read"), self.count("read WHERE post = ''"), self.count("posts"), zones
        )


def _arrow_schema(columns: Mapping[str, str]) -> Any:
    """The columns as Arrow knows them."""
    import pyarrow

    types = {
        "string": pyarrow.string(),
        "bigint": pyarrow.int64(),
        "int": pyarrow.int32(),
        "double": pyarrow.float64(),
    }
    return pyarrow.schema([(name, types[kind]) for name, kind in columns.items()])


def _clean(piece: Columns) -> Columns:
    """The same with texts that UTF-8 can hold: half a surrogate pair becomes a question mark."""
    return {
        name: [
            value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for value in values
        ]
        for name, values in piece.items()
    }


def _read(tables: _Tables, parts: Sequence[Part], columns: Mapping[Field, str] | None, say: Progress) -> None:
    done, rows = tables.done(), 0
    for part in parts:
        if part.name in done:
            continue

        def pieces(part: Part = part) -> Iterator[Columns]:
            nonlocal rows
            for piece in rows_of(part, columns):
                rows += len(piece["file"])
                say("rows read", rows, 0)
                yield piece

        tables.step(part.name, "read", pieces())
    if "posts" not in done:
        tables.tell_apart()


def _match(tables: _Tables, labels: bytes, top: int, processes: int, say: Progress) -> None:
    whole = tables.count("posts")
    done = whole - tables.count("posts ANTI JOIN candidates USING (post)")
    say("different posts matched", done, whole)
    # Fresh processes: the database's threads must not be forked.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        running: set[Future[Columns]] = set()
        try:
            for block in tables.waiting():
                running.add(pool.submit(candidates_of, block, labels, top))
                if len(running) > 2 * processes:
                    ended, running = wait(running, return_when=FIRST_COMPLETED)
                    done = _keep(tables, ended, done, whole, say)
            while running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                done = _keep(tables, ended, done, whole, say)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _keep(tables: _Tables, ended: set[Future[Columns]], done: int, whole: int, say: Progress) -> int:
    found = [one.result() for one in ended]
    tables.step("", "candidates", iter(found))
    done += sum(1 for one in found for rank in one["rank"] if rank <= 1)
    say("different posts matched", done, whole)
    return done


def _write(tables: _Tables, folder: Path, format: str, say: Progress) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, (columns, _) in RESULTS.items():
        (folder / name).mkdir(parents=True)
        writer = (
            _CsvParts(folder / name, columns) if format == "csv" else _ParquetParts(folder / name, columns)
        )
        written = 0
        with writer:
            for lines in tables.result(name):
                writer.add(lines)
                written += len(lines)
                say(f"lines of {name} written", written, 0)


class _CsvParts:
    """Lines -> part-00000.csv and so on, at most _LINES in each; cells start no formula in a spreadsheet."""

    def __init__(self, folder: Path, columns: Mapping[str, str]) -> None:
        self._folder, self._columns = folder, columns
        self._number = self._lines = 0
        self._file = self._begin()

    def __enter__(self) -> _CsvParts:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _begin(self) -> Any:
        file = (self._folder / f"part-{self._number:05}.csv").open("w", encoding="utf-8", newline="")
        self._rows = RowWriter(file)
        self._rows.writerow(list(self._columns))
        return file

    def add(self, lines: Sequence[tuple[Any, ...]]) -> None:
        """Write some lines."""
        if self._lines >= _LINES:
            self._file.close()
            self._number, self._lines = self._number + 1, 0
            self._file = self._begin()
        self._lines += len(lines)
        self._rows.writerows(as_cells(line) for line in lines)


def as_cells(line: Sequence[Any]) -> tuple[str, ...]:
    """The values of a line as cells of CSV; confidences have three digits, as in candidates.csv."""
    return tuple(
        inert(value) if isinstance(value, str) else f"{value:.3f}" if isinstance(value, float) else str(value)
        for value in line
    )


class _ParquetParts:
    """Lines -> part-00000.parquet and so on."""

    def __init__(self, folder: Path, columns: Mapping[str, str]) -> None:
        import pyarrow
        from pyarrow import parquet

        self._arrow, self._parquet = pyarrow, parquet
        self._schema = _arrow_schema(columns)
        self._folder = folder
        self._number = self._lines = 0
        self._file = self._begin()

    def __enter__(self) -> _ParquetParts:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _begin(self) -> Any:
        path = self._folder / f"part-{self._number:05}.parquet"
        return self._parquet.ParquetWriter(path, self._schema, compression="zstd")

    def add(self, lines: Sequence[tuple[Any, ...]]) -> None:
        """Write some lines."""
        if self._lines >= _LINES:
            self._file.close()
            self._number, self._lines = self._number + 1, 0
            self._file = self._begin()
        self._lines += len(lines)
        held = dict(zip(self._schema.names, map(list, zip(*lines, strict=True)), strict=True))
        self._file.write_table(self._arrow.table(held, schema=self._schema))
