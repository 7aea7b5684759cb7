"""The engine for one machine: a process for each core matches, and DuckDB keeps what does not fit in memory."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any, Final

from cmh_graph.align.batch.columns import CANDIDATES, FORMATS, KEPT, POSTS, RESULTS
from cmh_graph.align.batch.matching import candidates_of
from cmh_graph.align.batch.reading import CHARACTERS, Columns, Part, parts_of, rows_of
from cmh_graph.align.batch.steps import Summary, fingerprint, results_folder
from cmh_graph.align.batch.writing import arrow_schema, write_results
from cmh_graph.align.labels import RoleLabels, packed
from cmh_graph.align.tables import Field
from cmh_graph.errors import BadParameter, MissingProgram

#: What is under way: how many rows or posts of how many; the whole is 0 while nobody knows it.
Progress = Callable[[str, int, int], None]

#: Posts that a process matches at once.
_BLOCK: Final = 4_000
#: Lines of a result that are taken from the database at once.
_BATCH: Final = 50_000
#: What the makers of DuckDB advise for each of its threads.
_MB_OF_A_THREAD: Final = 125
#: Characters of descriptions, on average, up to which posts are sorted.
_SHORT: Final = 100
#: Digests of posts that are kept while rows are read.
_MOST_MET: Final = 100_000
#: Megabytes that the command and each process that matches take besides the tables.
_COMMAND_MB, _PROCESS_MB = 300, 250
#: The tables of a run. said: posts as they are read, some more than once; posts: each different one once.
_TABLES: Final = {"read": KEPT, "said": POSTS, "posts": POSTS, "candidates": CANDIDATES}
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

    memory_mb: what the database may hold in memory; `held_at_most` says what all takes together. A run that was
    broken off goes on where it stopped. Raises what read_table raises; MissingProgram without DuckDB and pyarrow;
    BadParameter if memory_mb is too little to sort the tables in."""
    if format not in FORMATS:
        raise BadParameter(f"'{format}' is no format of tables", mend=f"use one of: {', '.join(FORMATS)}")
    say = progress or (lambda what, done, whole: None)
    parts = parts_of(path)
    sent = packed(labels)
    work = results_folder(out) / _WORK
    # What a release before this one left half done has other tables.
    about = fingerprint(parts, columns or {}, sent, top, f"local: {' '.join(_TABLES)}")
    with _Tables(work, about, memory_mb) as tables:
        _read(tables, parts, columns, say)
        _match(tables, sent, top, processes, say)
        summary = tables.summary(len(parts))
        write_results(tables.result, work / "results", format, say)
    for name in RESULTS:
        shutil.rmtree(out / name, ignore_errors=True)
        (work / "results" / name).rename(out / name)
    (out / "summary.json").write_text(summary.as_json(), encoding="utf-8")
    shutil.rmtree(work)
    return summary


def held_at_most(memory_mb: int, processes: int) -> int:
    """Megabytes that a run holds together at most, whatever the size of the list: the tables, the command, and each
    process that matches. Measured: docs/decisions/0049-what-a-list-repeats-is-worked-out-once.md."""
    return memory_mb + _COMMAND_MB + processes * _PROCESS_MB


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
            # What it sorts in too little memory for its threads, it gives up.
            "threads": str(max(1, min(2, memory_mb // _MB_OF_A_THREAD))),
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
            for name, columns in _TABLES.items():
                held = ", ".join(f'"{column}" {_TYPES[kind]}' for column, kind in columns.items())
                self._database.execute(f"CREATE OR REPLACE TABLE {name} ({held})")
            self._database.execute("CREATE OR REPLACE TABLE done (step VARCHAR)")
            kept.write_text(about)

    def __enter__(self) -> _Tables:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._database.close()
        if error is not None and "Out of Memory Error" in str(error):
            raise BadParameter(
                "the tables cannot be sorted in the memory that they may take",
                mend="give the same command with more --memory: it goes on where it stopped",
            ) from error

    def done(self) -> set[str]:
        """The steps that are whole."""
        return {step for (step,) in self._database.execute("SELECT step FROM done").fetchall()}

    def step(self, name: str, pieces: Iterable[tuple[str, Columns]]) -> None:
        """Add pieces to their tables, each whole or not at all, and then the step to those done.

        A transaction for each, because the database holds on to what it is given until one ends."""
        for table, piece in pieces:
            held = self._arrow.table(_clean(piece, _TABLES[table]), schema=arrow_schema(_TABLES[table]))
            self._database.register("piece", held)
            self._database.execute(f"INSERT INTO {table} SELECT * FROM piece")
            self._database.unregister("piece")
            del held, piece
            # Arrow would keep what was freed for later, outside every bound.
            self._arrow.default_memory_pool().release_unused()
        if name:
            self._database.execute("INSERT INTO done VALUES (?)", [name])

    def drop_unfinished(self) -> None:
        """Drop the rows of files that were not read to their end. Their posts may stay: they are read again."""
        self._database.execute("DELETE FROM read WHERE file NOT IN (SELECT step FROM done)")

    def tell_apart(self) -> None:
        """Fill the table of different posts."""
        self._database.begin()
        # By number of line, so that texts go through no table of hashes.
        self._database.execute(
            "INSERT INTO posts SELECT * FROM said WHERE rowid IN (SELECT min(rowid) FROM said GROUP BY post)"
        )
        self._database.execute("DROP TABLE said")
        self._database.execute("INSERT INTO done VALUES ('posts')")
        self._database.commit()

    def count(self, of: str) -> int:
        """How many lines a table or a part of it has."""
        ((found,),) = self._database.execute(f"SELECT count(*) FROM {of}").fetchall()
        return int(found)

    def waiting(self) -> Iterator[Columns]:
        """The different posts that have no candidates yet, in blocks: in order of their titles, so that those which
        differ only in capitals or hours come together and are scored once.

        Posts with long descriptions are hardly ever alike in all but noise, and to sort them takes memory: they come
        as they stand."""
        names = ", ".join(f'"{name}"' for name in POSTS)
        ((long,),) = self._database.execute("SELECT avg(length(description)) FROM posts").fetchall()
        long = long or 0.0
        order = " ORDER BY lower(title), post" if long <= _SHORT else ""
        reader = self._database.cursor().execute(
            f"SELECT {names} FROM posts ANTI JOIN (SELECT DISTINCT post FROM candidates) USING (post){order}"
        )
        block = max(_BLOCK // 10, min(_BLOCK, int(CHARACTERS / (1 + long))))
        while lines := reader.fetchmany(block):
            yield dict(zip(POSTS, map(list, zip(*lines, strict=True)), strict=True))

    def result(self, name: str) -> Iterator[Any]:
        """The lines of a result in their order, as batches of Arrow with up to _BATCH lines."""
        columns, order = RESULTS[name]
        source = {
            "rows": "(SELECT r.*, c.zone, c.role, c.rolls_up_to, c.confidence FROM read r"
            " JOIN candidates c ON c.post = r.post AND c.rank <= 1)",
            "candidates": "candidates",
            "rejects": "(SELECT * FROM read WHERE post = '')",
        }[name]
        names = ", ".join(f'"{column}"' for column in columns)
        reader = self._database.cursor()
        found = reader.sql(f"SELECT {names} FROM {source} ORDER BY {', '.join(order)}")
        yield from found.to_arrow_reader(_BATCH)

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


def _clean(piece: Columns, columns: Mapping[str, str]) -> Columns:
    """Some columns with texts that UTF-8 can hold: half a surrogate pair becomes a question mark."""
    return {
        name: [
            value if value.isascii() else value.encode("utf-8", "replace").decode() for value in piece[name]
        ]
        if kind == "string"
        else piece[name]
        for name, kind in columns.items()
    }


class _MetLately:
    """Tells posts that were not met among the last many: most rows of a feed name a post that was."""

    def __init__(self) -> None:
        self._met: dict[str, None] = {}

    def others(self, piece: Columns) -> Columns:
        """The posts (columns.POSTS) of a piece of rows that were not met lately, each once."""
        places = []
        for place, post in enumerate(piece["post"]):
            if post and post not in self._met:
                self._met[post] = None
                places.append(place)
        if len(self._met) > _MOST_MET:
            self._met = dict.fromkeys(list(self._met)[-_MOST_MET // 2 :])
        return {name: [piece[name][place] for place in places] for name in POSTS}


def _read(tables: _Tables, parts: Sequence[Part], columns: Mapping[Field, str] | None, say: Progress) -> None:
    done, rows, met = tables.done(), 0, _MetLately()
    tables.drop_unfinished()
    for part in parts:
        if part.name in done:
            continue

        def pieces(part: Part = part) -> Iterator[tuple[str, Columns]]:
            nonlocal rows
            for piece in rows_of(part, columns):
                rows += len(piece["file"])
                say("rows read", rows, 0)
                yield "read", piece
                yield "said", met.others(piece)

        tables.step(part.name, pieces())
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
    tables.step("", (("candidates", one) for one in found))
    done += sum(1 for one in found for rank in one["rank"] if rank <= 1)
    say("different posts matched", done, whole)
    return done
